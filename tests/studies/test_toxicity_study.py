"""From files of events, drugs and laboratory values to worst grades, the queries on them, the Methods and explain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import calliper
from calliper import pipeline
from calliper.blocks import Text
from calliper.protocol.load import load
from small_study import STUDY, write_csv, write_study

TABLES = """\
  adverse_events:
    files: [{path: ae.csv, centre: north}]
    columns: {patient: ID, term: Term, grade: Grade, start: From, end: To, related: Relation, dictionary_version: CTCAE}
    impute: {start: {field: ae_start, not_before: [start]}}
  exposure:
    files: [{path: drugs.csv, centre: north}]
    columns: {patient: ID, drug: Drug, start: From, end: To}
  labs:
    files: [{path: labs.csv, centre: north}]
    columns: {patient: ID, date: Day, test: Test, value: Value, unit: Unit, upper_limit: ULN}
variables:
"""
ENDPOINTS = """\
  harm:
    kind: toxicity
    label: Events after a session
    dictionary: CTCAE
    version: 4.03
    start: start
    after_each: {drugs: [DEB-TACE], days: [0, 30]}
    baseline: {compare: true}
    terms:
      pain: {label: Pain, values: [Pain]}
      alt: {label: ALT increased, lab: alt, compare_with: [ALT increased]}
  probable: {like: harm, label: Related events, related: [probable], arms: [new], terms: {alt: null}}
  version_5: {like: harm, label: Events by 5.0, version: 5.0, terms: {pain: null}}
  on_drug:
    {kind: toxicity, label: On sorafenib, dictionary: CTCAE, version: 4.03, terms: as recorded, start: start,
     on_drug: {drugs: [Sorafenib], days_after: 1}, not_listed: unknown}
  first: {like: on_drug, label: After the first, on_drug: null, until_next: {drugs: [DEB-TACE], days: [0, 30]}}
analyses:
"""
AE = [
    ["ID", "Term", "Grade", "From", "To", "Relation", "CTCAE"],
    # first session on 2018-01-10: a start known to its month is that day
    ["N1", "Pain", "2", "2018-01", "", "probable", "v4.03"],
    ["N1", "ALT increased", "2", "2018-01-20", "", "", "v4.03"],
    # 2018-02-01: grade 1 was there before and is not worse
    ["N2", "Pain", "1", "2018-01-15", "", "", "v4.03"],
    ["N2", "Pain", "1", "2018-02-05", "", "none", "v4.03"],
]
DRUGS = [
    ["ID", "Drug", "From", "To"],
    ["N1", "DEB-TACE", "2018-01-10", ""],
    ["N1", "DEB-TACE", "2018-03-01", ""],
    ["N2", "DEB-TACE", "2018-02-01", ""],
    ["N1", "Sorafenib", "2018-01-14", "2018-04-30"],
]
LABS = [
    ["ID", "Day", "Test", "Value", "Unit", "ULN"],
    ["N1", "2018-01-09", "ALT", "80", "U/L", "40"],
    ["N1", "2018-01-20", "ALT", "250", "U/L", "40"],
    ["N2", "2018-01-31", "ALT", "30", "U/L", "40"],
    ["N2", "2018-02-03", "ALT", "900", "U/L", "40"],
]


def write(folder: Path, *, ae: list[list[str]] | None = None) -> Path:
    head, tail = STUDY.split("  adverse_events:\n")
    text = head + TABLES + tail.split("variables:\n")[1]
    old = text[text.index("  harm:\n") : text.index("analyses:\n")]
    path = write_study(folder, study=text.replace(old + "analyses:\n", ENDPOINTS))
    for name, rows in (("ae", AE if ae is None else ae), ("drugs", DRUGS), ("labs", LABS)):
        write_csv(folder / f"{name}.csv", rows)
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Run:
    return pipeline.run(load(write(tmp_path_factory.mktemp("harm"))))


def facts(run: pipeline.Run, name: str, *columns: str) -> list[tuple[object, ...]]:
    """Of N1 and N2, whose treatment is on file."""
    frame = run.derived.endpoints[name].frame
    return [row for row in frame.select("patient", *columns).rows() if row[0] in ("N1", "N2")]


def test_worst_grades_of_recorded_and_measured_terms(run: pipeline.Run) -> None:
    assert facts(run, "harm", "term", "grade", "baseline_grade", "reason") == [
        ("N1", "pain", 2, 0, "1 record"),
        ("N1", "alt", 3, 1, "1 value"),
        ("N2", "pain", 0, 1, "no worse than before, grade 1"),
        ("N2", "alt", 4, 0, "1 value"),
    ]


def test_another_version_grades_by_the_baseline(run: pipeline.Run) -> None:
    # 250 is 3.125 times the baseline of 80, which lay above its limit: grade 2 in version 5.0, 3 in 4.03
    assert facts(run, "version_5", "term", "grade")[0] == ("N1", "alt", 2)


def test_related_events_of_one_arm(run: pipeline.Run) -> None:
    assert facts(run, "probable", "grade", "reason") == [
        ("N1", 2, "1 record"),
        ("N2", 0, "no record; 1 not of the words asked for, not counted"),
    ]
    old = run.derived.endpoints["probable"].frame.filter(patient="N3")
    assert old["reason"].to_list() == ["not asked for in this arm"]
    none = run.derived.endpoints["harm"].frame.filter(patient="N5")
    assert set(none["reason"]) == {"no session of DEB-TACE recorded"}


def test_what_differs_or_is_missing_is_a_query_with_its_place(run: pipeline.Run) -> None:
    lines = [problem.line for problem in run.records.problems if problem.rule != "imputed_date"]
    missed = (
        "labs.csv, row 5, column 'Value': ALT increased: the values give grade 4 by CTCAE version {} (900 U/L: above "
        "20 times the upper limit of 40 U/L, on 2018-02-03, labs.csv, row 5), and no such event is recorded; record "
        "the event, or confirm the value; the value is used"
    )
    assert [line for line in lines if "ALT" in line] == [
        "ae.csv, row 3, column 'Grade': ALT increased: recorded as grade 2, the values give grade 3 by CTCAE version "
        "4.03 (250 U/L: above 5 times the upper limit of 40 U/L, on 2018-01-20, labs.csv, row 3); confirm the recorded "
        "grade and the values; the values are used",
        missed.format("4.03"),
        # by 5.0 the values of N1 give the recorded grade
        missed.format("5.0"),
    ]


def test_no_relation_is_a_query(run: pipeline.Run) -> None:
    lines = [problem.line for problem in run.records.problems]
    assert [line for line in lines if "by which events are chosen" in line] == [
        "ae.csv, row 4, column 'Relation': 'related' is not recorded, by which events are chosen; fill it in; until "
        "then the event does not count where it is asked for"
    ]


def test_words_that_no_row_writes_so_are_queries(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(
        path.read_text(encoding="utf-8")
        .replace("[probable]", "[Probable]")
        .replace("drugs: [DEB-TACE]", "drugs: [DEBTACE]"),
        encoding="utf-8",
    )
    wanted = [
        problem.value for problem in pipeline.read(load(path)).problems if problem.rule == "wanted_word"
    ]
    assert set(wanted) == {"Probable", "DEBTACE"}


def test_the_methods_say_when_an_event_counts(run: pipeline.Run) -> None:
    blocks = [block for section in run.document.sections for block in section.blocks]
    text = " ".join(block.text for block in blocks if isinstance(block, Text))
    for sentence in (
        "Events that began on day 0 to 30 from a session of DEB-TACE count, each with the latest session.",
        "An event that a patient already had before counts only once its grade is higher.",
        "Laboratory values (ALT increased) were graded by the limits of the laboratory that measured them",
        "Only patients with New treatment were asked about them.",
        "Only events recorded with these words count (related: probable).",
        "Events that began from the first dose of Sorafenib to 1 day after the last count.",
        "Patients without a dose are left out of the denominators.",
        "Events that began on day 0 to 30 from first treatment, and before the next session of DEB-TACE, count.",
    ):
        assert sentence in text, sentence
    # by another version all the rules are the same; related events lack one, that of the values, and so tell theirs
    assert (
        "Events by 5.0 were recorded by CTCAE version 5.0; each patient counts once for each event. The other rules"
        in text
    )
    assert text.count("The other rules are those of events after a session.") == 1
    assert text.count("An event that a patient already had before counts only once its grade is higher.") == 2


def test_explain_lists_the_events_that_count(tmp_path: Path) -> None:
    text = re.sub(r" {2,}", " | ", calliper.load(write(tmp_path)).explain("N1"))
    assert "Events after a session, the events that count" in text
    assert "1. Pain | grade 2, day 0, session 1 day 0; ae.csv, row 2" in text
    assert (
        "2. ALT increased | grade 3 (before 1), day 10, session 1 day 10, from values; labs.csv, row 3"
        in text
    )
