"""The hand-made report folder of these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.manuscript.held import Held, read_held
from manuscript_results import write_results


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_results(tmp_path / "report")


@pytest.fixture
def held(folder: Path) -> Held:
    return read_held(folder)
