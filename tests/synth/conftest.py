"""The demonstration, written once and read back for every test of this folder."""

from __future__ import annotations

import pytest

from calliper.synth.demo import write_demo
from synth.by_hand import Demo, read_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return read_demo(folder)
