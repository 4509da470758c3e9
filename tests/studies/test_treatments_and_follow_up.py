"""From files of drugs and scans to the courses of patients, their figure, the Methods and the words of explain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import calliper
from calliper.blocks import Figure, Label, Text
from calliper.errors import DataError
from calliper.results import Treated
from calliper.study import Study
from small_study import STUDY, write_csv, write_study

TABLES = """\
  exposure:
    files: [{path: drugs.csv, centre: north}]
    columns: {patient: ID, drug: Drug, start: From, end: To}
  responses:
    files: [{path: scans.csv, centre: north}]
    columns: {patient: ID, date: Day, response: Response}
variables:
"""
ENDPOINTS = """\
endpoints:
  seen:
    kind: response
    label: Tumour response
    criteria: mRECIST (2010)
    start: start
    landmarks:
      month_1: {label: 1 month, day: 30, window: [20, 40]}
      month_3: {label: 3 months, day: 90, window: [70, 110]}
  given:
    kind: treatments
    label: Treatments
    start: start
    items:
      tace: {label: DEB-TACE, drugs: [TACE], as: session}
      sorafenib: {label: Sorafenib, drugs: [SOR], as: period}
  alive:
    kind: time_to_event
    label: Survival from dates
    short: OSd
    unit: months
    event_label: deaths
    start: start
    events: [{date: death, reason: death}]
    censor: [{last: responses, reason: last scan}]
"""
ANALYSES = """\
analyses:
  - {id: seen, kind: response, endpoint: seen}
  - {id: courses, kind: courses, response: seen, follow_up: alive, treatments: given}
"""
DRUGS = [
    ["ID", "Drug", "From", "To"],
    ["N1", "TACE", "2018-01-10", ""],
    ["N1", "TACE", "2018-03-11", "2018-03-11"],
    ["N1", "SOR", "2018-01-13", "2018-02-12"],
    ["N1", "SOR", "2017-12-01", "2017-12-20"],
    ["N2", "SOR", "2018-02-03", ""],
    ["N3", "Aspirin", "2018-03-05", ""],
]
SCANS = [
    ["ID", "Day", "Response"],
    ["N1", "2018-02-09", "PR"],
    ["N1", "2018-04-10", "PD"],
    ["N2", "2018-03-03", "SD"],
    ["N2", "2018-05-02", "PR"],
    ["N4", "2018-04-14", "CR"],
]
TEXT = (
    STUDY.replace("variables:\n", TABLES).replace("endpoints:\n", ENDPOINTS).replace("analyses:\n", ANALYSES)
)


def study(folder: Path, *, drugs: list[list[str]] = DRUGS) -> Study:
    path = write_study(folder, study=TEXT)
    write_csv(folder / "drugs.csv", drugs)
    write_csv(folder / "scans.csv", SCANS)
    return calliper.load(path)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(tmp_path_factory.mktemp("small"))


def test_courses_by_hand(small: Study) -> None:
    """N1 died on 2018-10-01, 264 days after 2018-01-10; N2 was last scanned 90 days after the start."""
    held = {course.patient: course for course in small.run().courses_of("courses")}
    assert len(held) == 10
    n1, n2, n3, n4 = (held[name] for name in ("N1", "N2", "N3", "N4"))
    assert n1.treatments == (Treated("tace", 0, 0), Treated("sorafenib", 3, 33), Treated("tace", 60, 60))
    assert [(seen.day, seen.response) for seen in n1.scans] == [(30, "PR"), (90, "PD")]
    assert (n1.last_day, n1.ending) == (264, "event")
    assert n2.treatments == (Treated("sorafenib", 2, None),)
    assert (n2.last_day, n2.ending) == (90, "censored")
    assert (n3.treatments, n3.last_day, n3.ending) == ((), 199, "event")
    assert (n4.last_day, n4.ending) == (30, "censored")
    assert (held["S4"].last_day, held["S4"].ending) == (None, "")


def test_who_has_a_follow_up_and_why_the_others_have_none(small: Study) -> None:
    """N1, N3, N5, S1, S2, S3 and S5 died, N2 and N4 were scanned; of S4 there is neither."""
    results = small.run()
    found = {group: results.get(f"courses/followed/{group}///n") for group in ("new", "old", "overall")}
    assert {group: row.value for group, row in found.items() if row is not None} == {
        "new": 4,
        "old": 5,
        "overall": 9,
    }
    (method,) = [held for held in results.methods_of("courses") if held.name == "follow_up"]
    assert (method.n_used, method.n_excluded) == (9, 1)
    assert method.why_excluded == "no time: no event and no date of follow-up (1)"


def test_flows_of_a_study_from_files(small: Study) -> None:
    results = small.run()
    pair = "seen/all/new/month_1 to month_3"
    counts = {
        level: results.by_key[f"{pair}/{level}/count"].value for level in ("PR to PD", "SD to PR", "NE to NE")
    }
    assert counts == {"PR to PD": 1, "SD to PR": 1, "NE to NE": 3}
    assert results.by_key["seen/all/old/month_1 to month_3/CR to NE/count"].value == 1


def figures(made: Study) -> dict[str, Figure]:
    blocks = [block for section in made.document().sections for block in section.blocks]
    return {block.id: block for block in blocks if isinstance(block, Figure)}


def test_the_report_has_both_figures_and_names_nobody(small: Study) -> None:
    found = figures(small)
    assert "figure-seen-flow" in found
    swimmer = found["figure-courses-swimmer"]
    words = [shape.text for shape in swimmer.scene.shapes if isinstance(shape, Label)]
    assert "New treatment (4 of 5 patients)" in words
    assert "Months since first treatment" in words
    assert not re.search(
        r"\b[NS]\d\b", " ".join((*words, swimmer.alt, *(note.text for note in swimmer.footnotes)))
    )


def test_the_methods_say_what_was_read_of_treatments(small: Study) -> None:
    methods = next(section for section in small.document().sections if section.id == "methods")
    told = [block.text for block in methods.blocks if isinstance(block, Text)]
    assert (
        "Treatments: sessions of DEB-TACE and periods on sorafenib from first treatment to the data cut-off; treatment "
        "that began before first treatment is not counted."
    ) in told


def test_explain_lists_sessions_and_periods_with_their_records(small: Study) -> None:
    text = re.sub(r" {2,}", " | ", "\n".join(line.strip() for line in small.explain("N1").splitlines()))
    assert (
        "Treatments, DEB-TACE\nStart | First treatment, 2018-01-10\nFirst day | 60\nLast day | 60\nReason | session\n"
        "Record | drugs.csv, row 3\n"
    ) in text
    assert (
        "Treatments, Sorafenib\nStart | First treatment, 2018-01-10\nFirst day | 3\nLast day | 33\n" in text
    )
    other = re.sub(r" {2,}", " | ", "\n".join(line.strip() for line in small.explain("N3").splitlines()))
    assert "Treatments\nStart | First treatment, 2018-03-05\nTreatments | none from then on" in other


def test_overlapping_periods_stop_the_run_with_both_rows(tmp_path: Path) -> None:
    twice = [*DRUGS, ["N1", "SOR", "2018-02-01", "2018-02-20"]]
    with pytest.raises(DataError) as raised:
        study(tmp_path, drugs=twice).run()
    assert list(raised.value.problems) == [
        "drugs.csv, row 8, column 'From': '2018-02-01' lies before the end (2018-02-12) of the period of drugs.csv, "
        "row 4; correct one of the dates"
    ]
