"""A study whose new arm has no event, as R's penalised likelihood has it: from files to report and flips.

The cohort and the numbers are those of tests/fixtures/r/make_cox.R; the new arm is its level `rare`.
"""

from __future__ import annotations

import csv
import json
import math
from typing import Any

import pytest

import calliper
from calliper.blocks import Table, Text
from displays.printed import NUMBER, cells, is_rounding, values
from shared import ROOT

R: dict[str, Any] = json.loads((ROOT / "tests/fixtures/r/cox.json").read_text())
STUDY = """\
calliper: 1
study: {title: A study with separation, design: retrospective cohort}
data: {patients: {files: [{path: patients.csv}], columns: {patient: id}}}
variables:
  x: {type: number, column: x, label: Marker}
  months: {type: number, column: time, label: Months}
  dead: {type: integer, column: event, label: Death}
arms: {column: arm, groups: {new: {label: New, values: [new]}, old: {label: Old, values: [old]}}, reference: old}
endpoints: {os: {kind: time_to_event, label: Survival, short: OS, unit: months, recorded: {time: months, event: dead}}}
analyses:
  - {id: os, kind: survival, endpoint: os}
  - id: cox
    kind: cox
    endpoint: os
    factors: [x, arm]
    models: [{id: main, label: Main model, factors: [x, arm]}]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> calliper.Study:
    folder = tmp_path_factory.mktemp("firth")
    time, event, x = (R["cohort"][name] for name in ("time", "event", "x"))
    rare = [place for place, flag in enumerate(event) if not flag][:4]
    with (folder / "patients.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "time", "event", "x", "arm"])
        for place, row in enumerate(zip(time, event, x, strict=True)):
            writer.writerow([f"P{place:02}", *row, "new" if place in rare else "old"])
    path = folder / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return calliper.load(path)


def _case(ties: str) -> dict[str, Any]:
    (case,) = [c for c in R["firth"] if (c["ties"], c["entry"], c["strata"]) == (ties, False, False)]
    return case


PLACES = ("cox/included/main/x/", "cox/included/main/arm/new")


@pytest.mark.parametrize(
    ("convention", "ties"), [("study", "efron"), ("sas", "breslow"), ("spss", "breslow")]
)
def test_the_model_under_each_convention_as_in_r(study: calliper.Study, convention: str, ties: str) -> None:
    case = _case(ties)
    for place, coefficient, (lower, upper, chi2) in zip(PLACES, case["coef"], case["limits"], strict=True):
        expected = {
            "hr": math.exp(coefficient),
            "lower": math.exp(lower),
            "upper": math.exp(upper),
            "statistic": chi2,
            "p": math.erfc(math.sqrt(chi2 / 2)),
        }
        for stat, number in expected.items():
            row = study.run().under(convention, f"{place}/{stat}.firth")
            assert row is not None
            assert row.value == pytest.approx(number, rel=3e-6)


def test_printed_where_the_dash_stood_with_the_reason(study: calliper.Study) -> None:
    # exp(-1.652), exp(-6.493) and exp(0.2995); P of chi-square 2.4436.
    (table,) = [
        block
        for section in study.outcome.document.sections
        for block in section.blocks
        if isinstance(block, Table) and block.id == "table-cox"
    ]
    (line,) = [row.cells for row in table.rows if row.cells[0].text == "New"]
    assert [cell.text for cell in line[-2:]] == ["0.19 (0.002 to 1.35)", "0.118"]
    notes = {note.mark: note.text for note in table.footnotes}
    for cell in line[-3:]:
        (note,) = [notes[mark] for mark in cell.notes]
        assert note.startswith("Firth's penalised likelihood")
        assert (
            "no finite hazard ratio for Treatment arm: New: every patient with the event had its lowest"
            in note
        )


def test_no_printed_ratio_is_without_its_key_or_its_words(study: calliper.Study) -> None:
    document, results = study.outcome.document, study.run()
    seen = 0
    for table, cell in cells(document):
        found = values(results, cell.keys)
        assert all(any(is_rounding(token, v) for v in found) for token in NUMBER.findall(cell.text)), cell
        if table.id in {"table-os", "table-cox"} and any(key.endswith("hr.firth") for key in cell.keys):
            texts = [note.text for note in table.footnotes if note.mark in cell.notes]
            assert [text for text in texts if text.startswith("Firth's penalised likelihood")]
            seen += 1
    assert seen == 4
    text = " ".join(
        block.text for section in document.sections for block in section.blocks if isinstance(block, Text)
    )
    assert "Firth 1993; Heinze and Schemper 2001" in text


def test_its_conclusions_are_compared_like_others(study: calliper.Study) -> None:
    """The marker's interval is above 1 and the arm's holds it, under Efron's and Breslow's ties alike."""
    for ties in ("efron", "breslow"):
        (low, high, _), (lower, upper, _) = _case(ties)["limits"]
        assert 0 < low < high
        assert lower < 0 < upper
    assert not [flip for flip in study.run().flips if flip.row.stat.endswith(".firth")]
    assert not [flip for flip in study.run().flips if flip.row.analysis == "cox"]
    differing = {row.stat for row in study.run().of("conventions")}
    assert {"hr.firth", "lower.firth", "upper.firth", "p.firth"} <= differing
