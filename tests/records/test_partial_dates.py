"""Partial dates: the table of imputation of docs/methods/endpoints.md, row by row, worked by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

import calliper
from calliper.protocol.specs import Impute
from calliper.records.partial_dates import COMPLETIONS, read_partial
from calliper.records.tables import Records

STUDY = """\
calliper: 1
study: {{title: Partial dates, design: retrospective cohort, cutoff: 2020-06-10}}
data:
  patients:
    files: [{{path: patients.csv}}]
    columns: {{patient: ID}}
variables:
  index: {{type: date, column: Index, label: Index}}
  alive: {{type: date, column: Alive, label: Last known alive}}
  day: {{type: date, column: Day, label: Day, {more}}}
arms: {{column: Arm, groups: {{a: {{label: A, values: [a]}}}}, reference: a}}
endpoints:
  os:
    kind: time_to_event
    label: Overall survival
    short: OS
    unit: months
    start: index
    events: [{{date: day, reason: death}}]
    censor: [{{date: alive, reason: last known alive}}]
analyses: [{{id: os, kind: survival, endpoint: os, figure: false}}]
"""


def study(
    folder: Path, written: str, more: str, *, index: str = "2018-01-10", alive: str = ""
) -> calliper.Study:
    (folder / "study.yaml").write_text(STUDY.format(more=more), encoding="utf-8")
    (folder / "patients.csv").write_text(
        f"ID,Arm,Index,Alive,Day\nP,a,{index},{alive},{written}\n", encoding="utf-8"
    )
    return calliper.load(folder / "study.yaml")


def read(
    folder: Path, written: str, more: str, *, index: str = "2018-01-10", alive: str = ""
) -> tuple[date | None, str | None, list[str]]:
    """The date as read, its flag, and the lines of the problems."""
    records = study(folder, written, more, index=index, alive=alive).check()
    row = records.patients.row(0, named=True)
    return row["day"], row["_imputed.day"], [problem.line for problem in records.problems]


def rule(field: str, *limits: str) -> str:
    return f"impute: {{field: {field}, not_before: [{', '.join(limits)}]}}"


DEATH = rule("death", "index", "alive")
CASES: list[tuple[str, str, str, date, str]] = [
    # what is written, the last day known alive, the rule; the date, its flag
    ("2018-11", "", DEATH, date(2018, 11, 15), "D"),
    ("2018-11", "2018-11-14", DEATH, date(2018, 11, 15), "D"),
    ("2018-11", "2018-11-20", DEATH, date(2018, 11, 20), "D"),  # TE09
    ("2018-11", "2018-11-30", DEATH, date(2018, 11, 30), "D"),
    ("11/2018", "", DEATH, date(2018, 11, 15), "D"),
    ("2018", "", DEATH, date(2018, 7, 1), "M"),
    ("2018", "2018-09-03", DEATH, date(2018, 9, 3), "M"),
    ("2018-01", "", DEATH, date(2018, 1, 15), "D"),
    (
        "2020-06",
        "",
        DEATH,
        date(2020, 6, 10),
        "D",
    ),  # by the cut-off of 10 June, as the status was recorded by then
    ("2020", "", DEATH, date(2020, 6, 10), "M"),
    ("2020-06", "", f"may_follow_cutoff: true, {DEATH}", date(2020, 6, 15), "D"),
    ("2018-11", "", rule("last_contact", "index"), date(2018, 11, 1), "D"),
    ("2019", "", rule("last_contact", "index"), date(2019, 1, 1), "M"),
    ("2018-01", "", rule("last_contact", "index"), date(2018, 1, 10), "D"),
    ("2018", "", rule("last_contact", "index"), date(2018, 1, 10), "M"),
    ("2018-11", "", rule("progression", "index"), date(2018, 11, 15), "D"),
    ("2020-06", "", rule("progression", "index"), date(2020, 6, 10), "D"),
    ("2018-11", "", rule("new_therapy", "index"), date(2018, 11, 1), "D"),
    ("2018-01", "", rule("new_therapy", "index"), date(2018, 1, 10), "D"),
    ("2018", "", rule("new_therapy", "index"), date(2018, 1, 10), "M"),
    ("2019", "", rule("new_therapy", "index"), date(2019, 1, 1), "M"),
    ("2018-03", "", rule("ae_start", "index"), date(2018, 3, 1), "D"),
    ("2018-01", "", rule("ae_start", "index"), date(2018, 1, 10), "D"),
    ("2018", "", rule("ae_start", "index"), date(2018, 1, 10), "M"),
    ("2017-12", "", rule("ae_start", "index"), date(2017, 12, 1), "D"),  # before the treatment, and may be
    ("2017", "", rule("ae_start", "index"), date(2017, 1, 1), "M"),
    ("2018-02", "", rule("ae_end", "index"), date(2018, 2, 28), "D"),
    ("2020-02", "", rule("ae_end", "index"), date(2020, 2, 29), "D"),
    ("2018", "", rule("ae_end", "index"), date(2018, 12, 31), "M"),
    ("2020-06", "", rule("ae_end", "index"), date(2020, 6, 10), "D"),
    ("2019-03", "2019-03-07", "impute: {field: ae_end, not_after: [alive]}", date(2019, 3, 7), "D"),
    ("1960", "", "impute: {field: birth}", date(1960, 7, 1), "M"),
    ("1960-02", "", "impute: {field: birth}", date(1960, 2, 15), "D"),
]


@pytest.mark.parametrize(("written", "alive", "more", "day", "flag"), CASES)
def test_the_table(*, tmp_path: Path, written: str, alive: str, more: str, day: date, flag: str) -> None:
    found, kept, lines = read(tmp_path, written, more, alive=alive)
    assert (found, kept) == (day, flag)
    missing = "no day" if flag == "D" else "no month and day"
    (line,) = lines
    assert f"'{written}' has {missing}; it is read as {day}, by the rule for" in line


def test_every_field_is_in_the_table() -> None:
    fields = {more.split("field: ")[1].split(",")[0].rstrip("}") for _, _, more, _, _ in CASES}
    assert fields == set(COMPLETIONS) == set(Impute.model_fields["field"].annotation.__args__)  # type: ignore[union-attr]


IMPOSSIBLE: list[tuple[str, str, str, str]] = [
    ("2017-12", "", DEATH, "'2017-12' lies before 'Index' (2018-01-10); correct one of the two dates"),
    ("2018-11", "2018-12-03", DEATH, "'2018-11' lies before 'Alive' (2018-12-03); correct one of the two dates"),
    ("2017", "", rule("new_therapy", "index"), "'2017' lies before 'Index' (2018-01-10)"),
    ("2020-07", "", DEATH, "'2020-07' lies after the data cut-off (2020-06-10)"),
    ("2019-03", "2019-02-27", "impute: {field: ae_end, not_after: [alive]}", "'2019-03' lies after 'Alive'"),
    (
        "2018-11",
        "2018-11-20",
        f"range: [null, 2018-11-10], {DEATH}",
        "'2018-11' lies both after 'Alive' (2018-11-20) and before the range (2018-11-10)",
    ),
    (
        "2018-11",
        "2018-11-20",
        f"range: [null, 2018-11-10], {rule('ae_start', 'alive')}",
        "'2018-11' lies both after 'Alive' (2018-11-20) and before the range (2018-11-10)",
    ),
    ("2019-03", "", "range: [2019-04-01, null], impute: {field: death}", "lies before the range (2019-04-01)"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "alive", "more", "words"), IMPOSSIBLE)
def test_a_period_beyond_a_limit_is_an_error(
    tmp_path: Path, written: str, alive: str, more: str, words: str
) -> None:
    made = study(tmp_path, written, more, alive=alive)
    (problem,) = made.check().problems
    assert problem.severity == "error"
    assert words in problem.line
    with pytest.raises(calliper.DataError):
        made.run()


def test_a_progression_is_not_guessed_from_a_year(tmp_path: Path) -> None:
    day, flag, lines = read(tmp_path, "2018", rule("progression", "index"))
    assert (day, flag) == (None, None)
    assert lines == [
        "patients.csv, row 2, column 'Day': '2018' has no month, and the date of a progression is not guessed "
        "from a year; give the month; until then the date is missing"
    ]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2018-13", "'2018-13'"),
        ("2018-00", "'2018-00'"),
        ("0218", "'0218'"),
        ("2018-02-30", "'2018-02-30' is a day that does not exist"),
        ("soon", "'soon' is not a date"),
    ],
)
def test_other_text_is_refused_as_before(tmp_path: Path, written: str, words: str) -> None:
    day, flag, lines = read(tmp_path, written, DEATH)
    assert (day, flag) == (None, None)
    (line,) = lines
    assert words in line


def test_without_the_key_a_partial_date_is_refused(tmp_path: Path) -> None:
    (problem,) = study(tmp_path, "2018-11", "range: [1900-01-01, null]").check().problems
    assert (problem.severity, problem.rule) == ("error", "partial_date")


def test_a_full_date_is_never_moved(tmp_path: Path) -> None:
    assert read(tmp_path, "2018-11-03", DEATH, alive="2018-11-02") == (date(2018, 11, 3), None, [])


def test_survival_to_a_completed_death(tmp_path: Path) -> None:
    """TE09: 314 days, 10.32 months, and the reason says that the day was completed."""
    made = study(tmp_path, "2018-11", DEATH, alive="2018-11-20")
    (row,) = made.outcome.derived.endpoints["os"].frame.to_dicts()
    assert row["time"] == 314 / 30.4375
    assert round(row["time"], 2) == 10.32
    assert (row["event"], row["reason"], row["detail"]) == (1, "death", "day of the month imputed")
    text = (made.report(tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    assert "was completed: day, the 15th of its month or 1 July of its year" in text
    assert "Partial dates completed by rule: 1. No other value was altered." in text


LONG = STUDY.replace(
    "    columns: {{patient: ID}}\n",
    "    columns: {{patient: ID}}\n"
    "  adverse_events:\n"
    "    files: [{{path: events.csv}}]\n"
    "    columns: {{patient: ID, term: Term, start: Start, end: End}}\n"
    "    impute:\n"
    "      start: {{field: ae_start, not_before: [index]}}\n"
    "      end: {{field: ae_end, not_after: [alive]}}\n",
    1,
)


def test_dates_of_long_tables(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(LONG.format(more="range: [null, null]"), encoding="utf-8")
    (tmp_path / "patients.csv").write_text(
        "ID,Arm,Index,Alive,Day\nP,a,2018-01-10,2018-03-20,\nQ,a,2018-02-10,2019-01-01,\n", encoding="utf-8"
    )
    (tmp_path / "events.csv").write_text(
        "ID,Term,Start,End\nQ,Fever,2018-02,2018-02\nP,Fever,2018-02,2018-03\nP,Pain,2018-01-20,2018-01-21\n",
        encoding="utf-8",
    )
    records: Records = calliper.load(tmp_path / "study.yaml").check()
    events = records.tables["adverse_events"]
    assert events.select("patient", "start", "end", "_imputed.start", "_imputed.end").rows() == [
        ("Q", date(2018, 2, 10), date(2018, 2, 28), "D", "D"),
        ("P", date(2018, 2, 1), date(2018, 3, 20), "D", "D"),
        ("P", date(2018, 1, 20), date(2018, 1, 21), None, None),
    ]
    assert [problem.rule for problem in records.problems] == ["imputed_date"] * 4


def test_periods() -> None:
    texts = pl.Series(["2018", "2018-02", "2/2020", "2018.12", "2018-13", "1899", "2018-02-01", "x", None])
    assert read_partial(texts).rows() == [
        (date(2018, 1, 1), date(2018, 12, 31), "M"),
        (date(2018, 2, 1), date(2018, 2, 28), "D"),
        (date(2020, 2, 1), date(2020, 2, 29), "D"),
        (date(2018, 12, 1), date(2018, 12, 31), "D"),
        *([(None, None, None)] * 5),
    ]


CONTACTS = STUDY.replace(
    "    columns: {{patient: ID}}\n",
    "    columns: {{patient: ID}}\n"
    "  contacts: {{files: [{{path: contacts.csv}}], columns: {{patient: ID, date: Date, status: Status}}}}\n",
    1,
)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("{{contacts: {{status: [alive]}}}}", date(2018, 11, 20)),  # TE09, from the table of contacts
        ("{{contacts: {{}}}}", date(2018, 11, 27)),  # the relatives' call told of the death
    ],
)
def test_the_last_contact_in_a_table_is_a_limit(tmp_path: Path, limit: str, expected: date) -> None:
    more = f"not_before: index, not_before_last: {limit.format()}, impute: {{field: death}}"
    (tmp_path / "study.yaml").write_text(CONTACTS.format(more=more), encoding="utf-8")
    (tmp_path / "patients.csv").write_text(
        "ID,Arm,Index,Alive,Day\nP,a,2018-01-10,,2018-11\nQ,a,2018-01-10,,2018-11\n", encoding="utf-8"
    )
    (tmp_path / "contacts.csv").write_text(
        "ID,Date,Status\nP,2018-11-20,alive\nP,2018-11-27,dead\nP,2018-03-01,alive\nR,2018-11-29,alive\n",
        encoding="utf-8",
    )
    frame = calliper.load(tmp_path / "study.yaml").check().patients
    assert frame["day"].to_list() == [expected, date(2018, 11, 15)]


@pytest.mark.parametrize("written", ["2018-11", "2018-11-15"])
def test_a_contact_after_death_is_an_error(tmp_path: Path, written: str) -> None:
    more = "not_before_last: {contacts: {}}, impute: {field: death}"
    (tmp_path / "study.yaml").write_text(CONTACTS.format(more=more), encoding="utf-8")
    (tmp_path / "patients.csv").write_text(
        f"ID,Arm,Index,Alive,Day\nP,a,2018-01-10,,{written}\n", encoding="utf-8"
    )
    (tmp_path / "contacts.csv").write_text("ID,Date,Status\nP,2018-12-03,alive\n", encoding="utf-8")
    (problem,) = calliper.load(tmp_path / "study.yaml").check().problems
    assert f"'{written}' lies before the last date in contacts (2018-12-03)" in problem.line


@pytest.mark.parametrize(
    ("more", "mistake"),
    [
        ("impute: {field: deth}", "variables.day.impute.field: found 'deth'; expected death, last_contact"),
        (
            "impute: {field: death, not_before: [indx]}",
            "variables.day.impute.not_before[1]: found 'indx'; expected the name of a date variable",
        ),
        (
            "impute: {field: death, not_after: [day]}",
            "variables.day.impute.not_after[1]: found 'day' itself; expected the name of another date variable",
        ),
        (
            "not_before_last: {exposure: {}}",
            "variables.day.not_before_last.exposure: found 'exposure'; expected a table of the study that "
            "holds dates: contacts",
        ),
        (
            "not_before_last: {contacts: {kind: [a]}}",
            "variables.day.not_before_last.contacts.kind: found 'kind'; expected a role of "
            "data.contacts.columns: patient, date or status",
        ),
    ],
)
def test_rules_that_name_nothing(tmp_path: Path, more: str, mistake: str) -> None:
    (tmp_path / "study.yaml").write_text(CONTACTS.format(more=more), encoding="utf-8")
    with pytest.raises(calliper.ProtocolError) as caught:
        calliper.load(tmp_path / "study.yaml")
    assert any(mistake in line for line in caught.value.mistakes), caught.value.mistakes


def test_roles_of_tables_that_hold_no_dates(tmp_path: Path) -> None:
    text = LONG.replace(
        "      start: {{field: ae_start, not_before: [index]}}", "      term: {{field: ae_start}}"
    )
    (tmp_path / "study.yaml").write_text(text.format(more="required: false"), encoding="utf-8")
    with pytest.raises(calliper.ProtocolError) as caught:
        calliper.load(tmp_path / "study.yaml")
    (line,) = caught.value.mistakes
    assert (
        "data.adverse_events.impute.term: found 'term'; expected a role of this table that holds dates"
        in line
    )
