"""The demonstration never overwrites what a person changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.errors import OutputError
from calliper.synth.demo import write_demo


def test_a_second_run_into_the_same_folder_changes_nothing(tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in write_demo(tmp_path / "demo")}
    assert {path: path.read_bytes() for path in write_demo(tmp_path / "demo")} == before


def test_an_edited_study_is_kept_and_named(tmp_path: Path) -> None:
    write_demo(tmp_path)
    edited = tmp_path / "study.yaml"
    edited.write_text("my work", encoding="utf-8")
    with pytest.raises(
        OutputError, match=r"holds a changed study.yaml, which would be lost; choose another folder"
    ):
        write_demo(tmp_path)
    assert edited.read_text(encoding="utf-8") == "my work"
