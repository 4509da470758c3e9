"""Adverse events of a real trial from SDTM alone: the published table, and every event that counts, patient by patient.

The study reads DM, EX and AE; ADaM's ADAE, which another study reads, is the answer: its TRTEMFL marks the events that
begin on or after the first dose, ASTDT is the completed date (where only the year is known, ADaM leaves it open).
"""

from __future__ import annotations

import csv
from datetime import date

import pytest

import calliper
from calliper.blocks import Text
from calliper.study import Study
from shared import ROOT, shared_data
from studies.cdisc_tables import check_event_table


@pytest.fixture(scope="module")
def study() -> Study:
    shared_data("01_cdisc_pilot/sdtm/ae.csv")
    return calliper.load(ROOT / "studies" / "cdisc_pilot_sdtm.yaml")


def rows_of(name: str) -> list[dict[str, str]]:
    with shared_data(f"01_cdisc_pilot/{name}").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answers() -> dict[int, dict[str, str]]:
    """The row of ADAE for each row of AE, which a spreadsheet numbers so."""
    held = {(row["USUBJID"], float(row["AESEQ"])): row for row in rows_of("adam/adae.csv")}
    return {
        at: held[row["USUBJID"], float(row["AESEQ"])]
        for at, row in enumerate(rows_of("sdtm/ae.csv"), start=2)
    }


def test_every_cell_of_the_published_table(study: Study) -> None:
    check_event_table(study.outcome.results)


@pytest.mark.parametrize("endpoint", ["adverse_events", "body_systems"])
def test_the_events_that_count_are_those_flagged(study: Study, endpoint: str) -> None:
    events = study.outcome.derived.endpoints[endpoint].events
    assert events is not None
    found = {int(place.rsplit(" ", 1)[1]): day for place, day in events.select("source", "day").iter_rows()}
    flagged = {at: row for at, row in answers().items() if row["TRTEMFL"] == "Y"}
    assert len(flagged) == 1126
    assert len(found) == events.height
    # ASTDY counts the day of the first dose as 1
    assert found == {at: int(float(row["ASTDY"])) - 1 for at, row in flagged.items()}


def test_the_methods_say_what_the_first_dose_is_and_when_an_event_counts(study: Study) -> None:
    (section,) = (held for held in study.outcome.document.sections if held.title == "Methods")
    told = " ".join(block.text for block in section.blocks if isinstance(block, Text))
    assert "First dose is the first date among exposure." in told
    assert "Events that began no earlier than day 0 from first dose count." in told
    assert "recorded by MedDRA preferred terms, version as recorded; each" in told


def test_completed_dates_are_those_of_the_analysis_data(study: Study) -> None:
    starts = dict(study.outcome.records.tables["adverse_events"].select("_row", "start").iter_rows())
    known = {at: date.fromisoformat(row["ASTDT"]) for at, row in answers().items() if row["ASTDT"]}
    assert {at: starts[at] for at in known} == known
    years_alone = {at for at, row in answers().items() if not row["ASTDT"]}
    recorded = dict(enumerate((row["AESTDTC"] for row in rows_of("sdtm/ae.csv")), start=2))
    assert {recorded[at] for at in years_alone} == {
        "1977",
        "1982",
        "1986",
        "1992",
        "2001",
        "2002",
        "2003",
        "2007",
    }
    assert all(starts[at] == date(int(recorded[at]), 1, 1) for at in years_alone)


def test_the_first_dose_is_taken_from_ex(study: Study) -> None:
    patients = study.outcome.derived.cohort.patients
    assert patients.height == 254
    firsts = {row["USUBJID"]: date.fromisoformat(row["TRTSDT"]) for row in rows_of("adam/adsl.csv")}
    assert dict(patients.select("patient", "first_dose").iter_rows()) == firsts
