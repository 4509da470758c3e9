"""The declared tests: what the key `multiplicity` takes and refuses, with the line of the study file."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.errors import ProtocolError
from calliper.protocol.load import load
from small_study import STUDY, write_study

LINE = STUDY.count("\n") + 1
"""The line after the small study's last."""


def _load(folder: Path, text: str) -> list[str]:
    path = write_study(folder, study=STUDY + text)
    try:
        load(path)
    except ProtocolError as error:
        return str(error).splitlines()
    return []


def test_a_hierarchy_is_read(tmp_path: Path) -> None:
    path = write_study(tmp_path, study=STUDY + "multiplicity: {primary: os}\n")
    held = load(path).protocol.multiplicity
    assert held is not None
    assert (held.primary, held.secondary, held.method) == ("os", (), "holm")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("multiplicity: {primary: cox}", "found 'cox'; expected the id of an analysis of survival"),
        ("multiplicity: {primary: pfs}", "found 'pfs'; expected the id of an analysis"),
        ("multiplicity: {primary: os month_3 ORR}", "found 'os month_3 ORR'; expected 'os' alone"),
        ("multiplicity: {primary: os, secondary: [os]}", "found 'os' a second time"),
        ("multiplicity: {secondary: [os]}", "primary"),
        ("multiplicity: {primary: os, method: bonferroni}", "bonferroni"),
        ("multiplicity: {primary: OS!}", "OS!"),
    ],
)
def test_a_test_that_is_not_there_is_told_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    told = _load(tmp_path, f"{text}\n")
    assert any(expected in line and f"study.yaml:{LINE}:" in line for line in told), told


def test_one_arm_has_no_hierarchy(tmp_path: Path) -> None:
    study = STUDY.replace("    old: {label: Old treatment, values: [OLD]}\n", "").replace(
        "reference: old", "reference: new"
    )
    path = write_study(tmp_path, study=study + "multiplicity: {primary: os}\n")
    with pytest.raises(ProtocolError, match="found it with one arm"):
        load(path)
