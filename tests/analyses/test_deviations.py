"""Deviations counted by rule and arm, against hand counts; what adds up, what no order changes, what is unknown."""

from __future__ import annotations

import copy
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import calliper
import lesion_study
from calliper import pipeline
from calliper.derivations.baseline import derive_baseline
from calliper.results import Results
from deviation_study import BEADS, PATIENTS, SESSIONS, STUDY, load_study

COMBINATION, TACE, OVERALL = "combination", "tace", "overall"

BY_HAND = {
    # rule: combination, tace; each judged, deviations, major, not recorded, patients
    "B01": ((3, 1, 1, 0, 1), (1, 0, 0, 1, 0)),
    "B05": ((3, 1, 0, 0, 1), (1, 0, 0, 0, 0)),
    "B08": ((2, 1, 0, 1, 1), (1, 0, 0, 0, 0)),
    "S02": ((3, 2, 1, 0, 2), (0, 0, 0, 0, 0)),
    "R02": ((3, 0, 0, 0, 0), (3, 1, 0, 0, 1)),
    "any": ((14, 5, 2, 1, 2), (6, 1, 0, 1, 1)),
}


def counts(results: Results, group: str, rule: str) -> tuple[float | None, ...]:
    keys = ("/judged", "/deviations", "major/deviations", "/not_recorded", "/patients")
    rows = [results.get(f"kept/included/{group}/{rule}/{key}") for key in keys]
    return tuple(None if row is None else row.value for row in rows)


@pytest.mark.parametrize("rule", BY_HAND)
def test_counts_of_a_rule(rule: str, tmp_path: Path) -> None:
    results = load_study(tmp_path).run()
    for arm, expected in zip((COMBINATION, TACE), BY_HAND[rule]):
        assert counts(results, arm, rule) == expected
    both = zip(*BY_HAND[rule])
    assert counts(results, OVERALL, rule) == tuple(sum(pair) for pair in both)


def test_patients_with_any_and_with_a_major_deviation(tmp_path: Path) -> None:
    """P2 and P3 of three, both major; P4 of two, minor."""
    results = load_study(tmp_path).run()
    held = {
        group: [
            results.by_key[f"kept/included/{group}/any/{level}/count"].value for level in ("any", "major")
        ]
        for group in (COMBINATION, TACE, OVERALL)
    }
    assert held == {COMBINATION: [2, 2], TACE: [1, 0], OVERALL: [3, 2]}
    assert results.by_key["kept/included/overall/any//n"].value == 5
    assert results.by_key["kept/included/overall/any/any/proportion"].value == pytest.approx(0.6)


def test_the_register_has_each_deviation_with_what_was_expected_and_observed(tmp_path: Path) -> None:
    listing = load_study(tmp_path).run().listing("kept", "deviations")
    assert listing is not None
    lines = [dict(zip(listing.columns, row)) for row in listing.rows]
    told = [
        (line["patient"], line["rule"], line["date"], line["severity"], line["observed"]) for line in lines
    ]
    assert told == [
        ("P2", "B01", "2018-02-01", "major", "session S1: bead_size_min_um = 100, bead_size_max_um = 300"),
        ("P2", "B05", "2018-02-01", "minor", "session S1: drug_mg = 50"),
        ("P2", "B08", "2018-02-01", "minor", "session S1: load_min = 25"),
        ("P2", "S02", None, "minor", "sorafenib_delay = 2"),
        ("P3", "S02", None, "major", "sorafenib_delay = 45"),
        ("P4", "R02", "2018-02-15", "minor", "session S2: nth = 2, days_since_previous = 14"),
    ]
    assert lines[0]["source"] == "beads.csv, row 3"
    assert (lines[0]["expected"], lines[0]["affects"]) == ("Beads of 300 to 500 µm", "response")


def test_no_order_of_the_rows_changes_anything(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    plain = load_study(tmp_path / "plain").run()
    for seed in range(3):
        folder = tmp_path / str(seed)
        folder.mkdir()
        rng = np.random.default_rng(seed)
        tables = {
            name: [rows[0], *(rows[1:][at] for at in rng.permutation(len(rows) - 1))]
            for name, rows in (("patients", PATIENTS), ("sessions", SESSIONS), ("beads", BEADS))
        }
        shuffled = load_study(folder, **tables).run()
        assert shuffled.rows == plain.rows
        mine, theirs = (held.listing("kept", "deviations") for held in (shuffled, plain))
        assert mine is not None
        assert theirs is not None
        assert [row[:-1] for row in mine.rows] == [row[:-1] for row in theirs.rows]


def test_parts_of_the_patients_put_together_are_the_whole(tmp_path: Path) -> None:
    loaded = load_study(tmp_path).loaded
    records = pipeline.read(loaded)
    patients = derive_baseline(loaded.protocol, records)

    def frame(part: pl.DataFrame) -> pl.DataFrame:
        return pipeline.derive(loaded.protocol, records, part).endpoints["protocol"].frame

    assert pl.concat([frame(patients[:2]), frame(patients[2:])]).equals(frame(patients))


def test_a_week_later_nothing_else_is_said(tmp_path: Path) -> None:
    def later(rows: list[list[str]]) -> list[list[str]]:
        return [[_later(cell) for cell in row] for row in rows]

    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = load_study(tmp_path / "one").run()
    two = load_study(tmp_path / "two", patients=later(PATIENTS), sessions=later(SESSIONS)).run()
    assert two.rows == one.rows
    mine, theirs = (held.listing("kept", "deviations") for held in (one, two))
    assert mine is not None
    assert theirs is not None
    assert [row[-2:] for row in mine.rows] == [row[-2:] for row in theirs.rows]


def _later(cell: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
        return cell
    return (date.fromisoformat(cell) + timedelta(days=7)).isoformat()


def test_what_is_said_of_one_patient(tmp_path: Path) -> None:
    text = re.sub(r" {2,}", " | ", load_study(tmp_path).explain("P3"))
    assert "Protocol deviations, S02" in text
    assert "Status | deviation" in text
    assert "Observed | sorafenib_delay = 45" in text
    assert "Status | not recorded" in text
    assert "Met | 3 judgements" in text


DERIVED = """\
  kept:
    kind: deviations
    label: Scans
    start: first_tace
    response: response
    dates: {first_pd: {first: responses, where: {response: [PD]}, reason: progression}}
    preceding: {partial: {table: responses, where: {response: [PR]}}}
    rules:
      - {id: X, table: imaging, text: No scan from progression on, rule: first_pd is missing or date < first_pd}
      - {id: Y, table: imaging, text: A response before, where: scan = "S2", rule: days_after_partial = 35}
"""


def test_dates_of_responses_that_are_derived_from_lesions(tmp_path: Path) -> None:
    """P1: 100 mm, then 60 (PR) on 12 February, then 75, a quarter more than 60 (PD), on 19 March, 35 days later."""
    text = lesion_study.STUDY.replace("analyses:", f"{DERIVED}analyses:")
    path = lesion_study.write_study(tmp_path, text=text, **lesion_study.lesion(4, Viable=75))
    frame = calliper.load(path).outcome.derived.endpoints["kept"].frame
    told = frame.filter(pl.col("status") != "met").select("patient", "rule", "date", "observed")
    assert told.rows() == [("P1", "X", date(2018, 3, 19), "first_pd = 2018-03-19, date = 2018-03-19")]
    assert frame.filter(rule="Y").select("patient", "status").rows() == [("P1", "met")]


def judge(drug_mg: float | None, load_min: float | None) -> bool | None:
    """`drug_mg = 60 and load_min >= 30`, in words of None: false as soon as one part is."""
    parts = [None if drug_mg is None else drug_mg == 60, None if load_min is None else load_min >= 30]
    if False in parts:
        return False
    return None if None in parts else True


def test_three_values_of_a_rule_against_a_slow_twin(tmp_path: Path) -> None:
    """Every combination of a value that keeps the rule, one that breaks it and none, and one more of each by chance."""
    values = [("60", 60.0), ("50", 50.0), ("", None)], [("30", 30.0), ("25", 25.0), ("", None)]
    cells = [(drug, load) for drug in values[0] for load in values[1]]
    cells += [cells[at] for at in np.random.default_rng(1).integers(len(cells), size=9)]
    patients = [PATIENTS[0], *([f"P{at:02}", "C", "2018-02-01", "12", ""] for at in range(len(cells)))]
    sessions = [
        SESSIONS[0],
        *([f"P{at:02}", "S1", "1", "2018-02-01", "DEB_TACE"] for at in range(len(cells))),
    ]
    beads = [
        BEADS[0],
        *([f"P{at:02}", "S1", "300", "500", "epirubicin", drug[0], load[0], "1:1", "5"]
          for at, (drug, load) in enumerate(cells)),
    ]  # fmt: skip
    endpoints = copy.deepcopy(STUDY["endpoints"])
    endpoints["protocol"]["rules"] = [
        {"id": "X", "table": "bead_preparation", "text": "Both", "rule": "drug_mg = 60 and load_min >= 30"}
    ]
    study = load_study(tmp_path, {"endpoints": endpoints}, patients=patients, sessions=sessions, beads=beads)
    frame = study.outcome.derived.endpoints["protocol"].frame
    expected = [judge(drug[1], load[1]) for drug, load in cells]
    words = {True: "met", False: "deviation", None: "not_recorded"}
    assert frame["status"].to_list() == [words[verdict] for verdict in expected]
    assert {words[verdict] for verdict in expected} == set(words.values())


def test_where_that_is_unknown_is_not_recorded_and_where_that_is_false_is_not_judged(tmp_path: Path) -> None:
    """Sizes are 12, 8, 5, 11 and not known."""
    rule = {"id": "X", "table": "patients", "text": "Large", "where": "size > 6", "rule": "size > 10"}
    frame = only(tmp_path, rule)
    assert dict(frame.select("patient", "status").iter_rows()) == {
        "P1": "met", "P2": "deviation", "P4": "met", "P5": "not_recorded",
    }  # fmt: skip
    assert frame.filter(patient="P5")["observed"].to_list() == ["size not recorded"]


def test_major_unless_is_major_where_it_is_unknown(tmp_path: Path) -> None:
    """P3 and P5 break the rule; P3's tumour of 5 cm makes it minor, the size of P5 is not known."""
    rule = {
        "id": "X", "table": "patients", "text": "Not these", "major_unless": "size < 6",
        "rule": "size is not missing and size > 5",
    }  # fmt: skip
    frame = only(tmp_path, rule).filter(status="deviation")
    assert dict(frame.select("patient", "severity").iter_rows()) == {"P3": "minor", "P5": "major"}


def only(folder: Path, rule: dict[str, Any]) -> pl.DataFrame:
    endpoints = copy.deepcopy(STUDY["endpoints"])
    endpoints["protocol"]["rules"] = [rule]
    return load_study(folder, {"endpoints": endpoints}).outcome.derived.endpoints["protocol"].frame


def test_the_report_prints_counts_rules_and_register(tmp_path: Path) -> None:
    document = load_study(tmp_path).document()
    (section,) = [section for section in document.sections if section.title == "Protocol deviations"]
    text, table, rules, register = section.blocks
    assert text.text.startswith(  # type: ignore[union-attr]
        "At least one protocol deviation was found in 3 of 5 patients (60.0%): 2 of 3 (66.7%) in Combination and 1 of "
        "2 (50.0%) in TACE. A major one was found in 2 of 5 patients (40.0%): 2 of 3 (66.7%) in Combination and 0 of 2 "
        "(0.0%) in TACE. 20 judgements were made; 2 could not be made"
    )
    assert [cell.text for cell in table.rows[2].cells] == [  # type: ignore[union-attr]
        "B01. Beads of 300 to 500 µm", "1/3", "1", "0", "0/1", "0", "1", "1/4", "1", "1",
    ]  # fmt: skip
    assert len(rules.rows) == 5  # type: ignore[union-attr]
    assert len(register.rows) == 6  # type: ignore[union-attr]


def test_a_long_register_is_cut_and_the_file_has_all(tmp_path: Path) -> None:
    patients = [PATIENTS[0], *([f"P{at:02}", "C", "2018-02-01", "12", "2018-02-03"] for at in range(60))]
    study = load_study(tmp_path, patients=patients, sessions=SESSIONS[:1], beads=BEADS[:1])
    (section,) = [held for held in study.document().sections if held.title == "Protocol deviations"]
    register = section.blocks[-1]
    assert len(register.rows) == 10  # type: ignore[union-attr]
    assert "The first 10 of 60 are printed." in register.footnotes[0].text  # type: ignore[union-attr]
    study.report(tmp_path / "out")
    lines = (tmp_path / "out" / "deviations.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 61
