"""Treatment-emergent events of 254 patients from their dates and doses, equal to the flags of the pharmaverse's ADAE.

ADAE's flag TRTEMFL is an event that begins from the first dose to 30 days after the last; AOCCIFL marks a patient's
first event of the highest severity among them. Both are derived here from the dates as collected (AESTDTC, some of them
a month or a year) and from the rows of EX; the flags, and the dates of treatment that ADAE holds, are not read.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from calliper import pipeline
from calliper.endpoints import Endpoint
from calliper.protocol.load import load
from shared import shared_data

EX, OPEN = "02_pharmaverse_onco/sdtm/ex.csv", "01-705-1303"

STUDY = """\
calliper: 1
study: {{title: Oncology data of the pharmaverse, design: randomised trial}}
data:
  patients:
    files: [{{path: {adsl}, keep: {{SAFFL: [Y]}}}}]
    columns: {{patient: USUBJID}}
  adverse_events:
    files: [{{path: {adae}}}]
    columns:
      {{patient: USUBJID, term: AEDECOD, category: AESOC, grade: ASEVN, start: AESTDTC, end: AEENDTC, related: AREL}}
    impute: {{start: {{field: ae_start, not_before: [first_dose]}}}}
  exposure:
    # no dose is mapped: that of placebo is 0
    files: [{{path: {ex}}}]
    columns: {{patient: USUBJID, drug: EXTRT, start: EXSTDTC, end: EXENDTC}}
variables:
  first_dose: {{type: date, column: TRTSDT, label: first dose}}
arms:
  column: ARM
  groups:
    placebo: {{label: Placebo, values: [Placebo]}}
    active: {{label: Xanomeline, values: [Xanomeline Low Dose, Xanomeline High Dose]}}
  reference: placebo
endpoints:
  emergent:
    kind: toxicity
    label: Treatment-emergent events
    dictionary: mild, moderate and severe
    version: as recorded
    terms: as recorded
    on_drug: {{drugs: [PLACEBO, XANOMELINE], days_after: 30}}
  worsened: {{like: emergent, label: Worsened, baseline: {{compare: true}}}}
  related: {{like: emergent, label: Related, related: [PROBABLE, POSSIBLE]}}
analyses:
  - {{id: emergent, kind: safety, endpoint: emergent, any_event: true}}
"""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as held:
        return list(csv.DictReader(held))


@pytest.fixture(scope="module")
def adae() -> list[dict[str, str]]:
    return rows(shared_data("02_pharmaverse_onco/adam/adae.csv"))


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Endpoint]:
    at = {
        "adsl": shared_data("02_pharmaverse_onco/adam/adsl.csv"),
        "adae": shared_data("02_pharmaverse_onco/adam/adae.csv"),
        "ex": shared_data(EX),
    }
    path = tmp_path_factory.mktemp("events") / "study.yaml"
    path.write_text(STUDY.format(**at), encoding="utf-8")
    return dict(pipeline.run(load(path)).derived.endpoints)


def lines_of(endpoint: Endpoint) -> set[int]:
    """The rows of ADAE that count, numbered as a spreadsheet does."""
    assert endpoint.events is not None
    return {int(place.rsplit(" ", 1)[1]) for place in endpoint.events["source"]}


def test_treatment_emergent_events_are_those_flagged(
    derived: dict[str, Endpoint], adae: list[dict[str, str]]
) -> None:
    flagged = {at for at, row in enumerate(adae, start=2) if row["TRTEMFL"] == "Y"}
    assert len(adae) == 1191
    assert len(flagged) == 1122
    more = lines_of(derived["emergent"]) - flagged
    assert flagged <= lines_of(derived["emergent"])
    # the last row of one patient's doses has no end: ADAE takes the end of the row before for the last dose, Calliper
    # a drug without an end for one that goes on
    assert {(adae[at - 2]["USUBJID"], adae[at - 2]["TRTEDT"]) for at in more} == {(OPEN, "2013-12-30")}
    (last,) = (
        row for row in rows(shared_data(EX)) if row["USUBJID"] == OPEN and row["EXSTDTC"] > "2013-12-30"
    )
    assert last["EXENDTC"] == ""
    assert len(more) == 4


def test_days_on_the_drug_are_those_of_the_analysis_data(
    derived: dict[str, Endpoint], adae: list[dict[str, str]]
) -> None:
    """ASTDY counts from day 1; events completed to a month or a year are compared too."""
    events = derived["emergent"].events
    assert events is not None
    days = {int(place.rsplit(" ", 1)[1]): day for place, day in events.select("source", "day").iter_rows()}
    assert days == {at: int(float(adae[at - 2]["ASTDY"])) - 1 for at in days}


def test_the_worst_severity_of_each_patient_is_that_of_the_flagged_event(
    derived: dict[str, Endpoint], adae: list[dict[str, str]]
) -> None:
    events = derived["emergent"].events
    assert events is not None
    worst = dict(events.group_by("patient").agg(pl.col("grade").max()).iter_rows())
    assert worst.pop(OPEN) == 2
    assert worst == {row["USUBJID"]: int(row["ASEVN"]) for row in adae if row["AOCCIFL"] == "Y"}
    assert len(worst) == 217


def test_what_was_there_before_the_first_dose_at_the_same_grade_is_left_out(
    derived: dict[str, Endpoint], adae: list[dict[str, str]]
) -> None:
    """In plain loops: an earlier row of the term that had not ended the day before, of a grade not lower."""
    left_out = set()
    for at in lines_of(derived["emergent"]):
        row = adae[at - 2]
        begun = row["TRTSDT"]
        before = [
            int(other["ASEVN"])
            for other in adae
            if other["USUBJID"] == row["USUBJID"]
            and other["AEDECOD"] == row["AEDECOD"]
            and other["ASTDT"] < begun
            and (not other["AEENDTC"] or _is_after(other["AEENDTC"], begun))
        ]
        if before and int(row["ASEVN"]) <= max(before):
            left_out.add(at)
    assert lines_of(derived["worsened"]) == lines_of(derived["emergent"]) - left_out
    assert left_out


def _is_after(end: str, begun: str) -> bool:
    """Whether an event that ended on this day was still there on the day before treatment began."""
    return date.fromisoformat(end) >= date.fromisoformat(begun) - timedelta(days=1)


def test_related_events_are_those_flagged_that_are_probably_or_possibly_related(
    derived: dict[str, Endpoint], adae: list[dict[str, str]]
) -> None:
    wanted = {at for at in lines_of(derived["emergent"]) if adae[at - 2]["AREL"] in ("PROBABLE", "POSSIBLE")}
    assert lines_of(derived["related"]) == wanted
