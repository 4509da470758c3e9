"""Schedules of visits in the study file: what loads, and each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.protocol.specs import Schedule, ScheduleAnalysis
from protocol.study_text import changed, load_text, mistakes_of

TABLE = """\
  visits:
    files: [{path: visits.csv}]
    columns: {patient: ID, date: Date, kind: Kind, afp_measured: AFP, abdomen: Scan}
variables:
"""
ENTRIES = """\
  plan:
    kind: schedule
    label: Imaging follow-up
    start: first_tace
    visits: visits
    where: {kind: [imaging]}
    due: [28, 42]
    on_time: [21, 49]
    late_until: 98
    until: [{first: responses, where: {response: [PD]}, reason: progression}, {date: death, reason: death}]
    content: [afp_measured, abdomen]
analyses:
  - {id: follow_up, kind: follow_up_schedule, endpoint: plan}
"""


def study(old: str = "", new: str = "", *, table: str = TABLE) -> str:
    assert ENTRIES.count(old) >= 1
    text = changed("analyses:\n", ENTRIES.replace(old, new, 1))
    assert text.count("variables:\n") == 1
    return text.replace("variables:\n", table)


def test_it_loads(tmp_path: Path) -> None:
    protocol = load_text(tmp_path, study()).protocol
    spec, analysis = protocol.endpoints["plan"], protocol.analyses[0]
    assert isinstance(spec, Schedule)
    assert (spec.due, spec.on_time, spec.late_until, spec.anchor) == ((28, 42), (21, 49), 98, "previous")
    assert (spec.visit, spec.content) == ("visit", ("afp_measured", "abdomen"))
    assert isinstance(analysis, ScheduleAnalysis)
    assert analysis.figure


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("on_time: [21, 49]", "on_time: [30, 49]",
         "endpoints.plan: found due [28, 42], on_time [30, 49] and late_until 98; expected the days due inside"),
        ("late_until: 98", "late_until: 40", "endpoints.plan: found due [28, 42], on_time [21, 49] and late_until 40"),
        ("due: [28, 42]", "due: [42, 28]", "endpoints.plan: found due [42, 28]"),
        ("on_time: [21, 49]", "on_time: [0, 49]", "endpoints.plan: found due [28, 42], on_time [0, 49]"),
        ("    start: first_tace\n", "    start: age\n",
         "endpoints.plan.start: found the number 'age'; expected the name of a date variable"),
        ("    start: first_tace\n", "", "endpoints.plan.start: found nothing"),
        ("visits: visits", "visits: labs",
         "endpoints.plan.visits: found 'labs'; expected imaging, visits, responses or contacts"),
        ("kind: [imaging]", "kind: [scan]", "endpoints.plan.where.kind[1]: found 'scan'; expected a value of 'kind'"),
        ("where: {kind:", "where: {sort:", "endpoints.plan.where.sort: found 'sort'; expected a role of data.visits"),
        ("    content: [afp_measured, abdomen]", "    anchor: first",
         "endpoints.plan.anchor: found 'first'; expected previous or start"),
        ("[afp_measured, abdomen]", "[abdomen, abdomen]", "endpoints.plan.content[2]: found 'abdomen' a second time"),
        ("[afp_measured, abdomen]", "[ecog]",
         "endpoints.plan.content[1]: found 'ecog'; expected a role of visits that says whether something was done"),
        ("[afp_measured, abdomen]", "[chest_ct]",
         "endpoints.plan.content[1]: found no role 'chest_ct' in data.visits.columns; expected it"),
        ("date: death, reason", "date: age, reason", "endpoints.plan.until[2].date: found the number 'age'; expected"),
        ("response: [PD]", "reply: [PD]", "endpoints.plan.until[1].where.reply: found 'reply'; expected a role of"),
        ("late_until: 98", "late_until: 98\n    response: os",
         "endpoints.plan.response: found 'os'; expected the name of a response endpoint that is derived from lesions"),
        ("endpoint: plan", "endpoint: os",
         "analyses.follow_up.endpoint: found the time_to_event endpoint 'os'; expected a schedule endpoint"),
    ],
)  # fmt: skip
def test_each_mistake_is_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    (mistake,) = mistakes_of(tmp_path, study(old, new))
    assert says in mistake


def test_the_table_must_be_there(tmp_path: Path) -> None:
    told = [line for line in mistakes_of(tmp_path, study(table="variables:\n")) if "endpoints.plan" in line]
    assert len(told) == 1
    assert (
        "endpoints.plan.visits: found no table data.visits; expected it, as this endpoint reads it" in told[0]
    )


def test_something_must_end_follow_up(tmp_path: Path) -> None:
    text = study(
        "    until: [{first: responses, where: {response: [PD]}, reason: progression}, {date: death, reason: death}]\n"
    )
    text = text.replace("  cutoff: 2020-06-30\n", "")
    told = [line for line in mistakes_of(tmp_path, text) if "endpoints.plan" in line]
    assert len(told) == 1
    assert "endpoints.plan: found no until and no study.cutoff; expected one of them" in told[0]
