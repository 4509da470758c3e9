"""Every name that must exist elsewhere in the file: one broken at a time, its line found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.protocol.check_data import ROLES
from calliper.records.tables import TABLES
from protocol.study_text import STUDY, changed, load_text, mistakes_of

CASES: dict[str, tuple[str, str, list[str]]] = {
    # --- data, centres, arms
    "role of another table": (
        "columns: {patient: ID, date: Date, status: Status}",
        "columns: {patient: ID, date: Date, grade: Status, status: S}",
        ["data.contacts.columns.grade: found the role 'grade'; expected patient, date or status"],
    ),
    "role missing": (
        "columns: {patient: ID, endpoint: Name, time: Time, event: Event}",
        "columns: {patient: ID, endpoint: Name, time: Time, evnt: Event}",
        [
            "data.times.columns.evnt: found the role 'evnt'; expected patient, endpoint, time or event (did "
            "you mean 'event'?)",
            "data.times.columns: found no role 'event'; expected the header of its column",
        ],
    ),
    "arm as a role": (
        "centre: south, keep: {Phase: [2, III]}}\n    columns: {patient: ID}",
        "centre: south, keep: {Phase: [2, III]}}\n    columns: {patient: ID, arm: Arm}",
        [
            "data.patients.columns.arm: found the role 'arm'; expected patient or centre (arms.column "
            "names it)"
        ],
    ),
    "centre of a file": (
        "{path: north.csv, centre: north}",
        "{path: north.csv, centre: norht}",
        [
            "data.patients.files[1].centre: found 'norht'; expected the name of a centre: north or south "
            "(did you mean 'north'?)"
        ],
    ),
    "no centre": (
        "{path: north.csv, centre: north}",
        "{path: north.csv}",
        ["data.patients.files[1]: found no centre; expected centre: here, or a column for the role centre"],
    ),
    "address": (
        "path: scans.csv",
        'path: "https://example.org/scans.csv"',
        [
            "data.responses.files[1].path: found the address 'https://example.org/scans.csv'; "
            "expected the path of a file"
        ],
    ),
    "absolute path": (
        "published: published.yaml",
        "published: Z:/published.yaml",
        ["published: found the absolute path 'Z:/published.yaml'; expected one relative to the study file"],
    ),
    "Windows path": (
        "path: scans.csv",
        r"path: C:\data\scans.csv",
        [
            r"data.responses.files[1].path: found 'C:\data\scans.csv'; "
            "expected / between folders ('C:/data/scans.csv')"
        ],
    ),
    "backslash": (
        "published: published.yaml",
        r"published: old\published.yaml",
        [r"published: found 'old\published.yaml'; expected / between folders ('old/published.yaml')"],
    ),
    "one file twice": (
        "files: [{path: events.csv}]",
        "files: [{path: events.csv}, {path: events.csv}]",
        [
            "data.adverse_events.files[2].path: found 'events.csv' a second time in this table; "
            "expected it once"
        ],
    ),
    "alias of two centres": (
        "aliases: [S]",
        "aliases: [S, north]",
        ["centres.south.aliases[2]: found 'north', which means centre 'north'; expected another name"],
    ),
    "value of two arms": (
        "values: [2, X]",
        "values: [2, 1]",
        [
            "arms.groups.control.values[2]: found '1', which means arm 'combination'; expected each value "
            "in one arm"
        ],
    ),
    "value of an arm that is missing": (
        "values: [2, X]",
        "values: [2, NA]",
        [
            "arms.groups.control.values[2]: found 'NA', which reading.missing calls missing; expected "
            "one meaning"
        ],
    ),
    # --- variables, derived, eligibility
    "variable named like a column of every table": (
        "  note: {type",
        "  patient: {type",
        [
            "variables.patient: found the name 'patient', which has a meaning of its own; expected "
            "another name"
        ],
    ),
    "variable named like a word of rules": (
        "  note: {type",
        "  missing: {type",
        [
            "variables.missing: found the name 'missing', which has a meaning of its own; expected "
            "another name"
        ],
    ),
    "range upside down": (
        "range: [18, 110]",
        "range: [110, 18]",
        ["variables.age.range: found 110.0 before 18.0; expected the lower end first"],
    ),
    "code that is missing": (
        "codes: {A: A, B: B, C: C}",
        "codes: {A: A, B: B, C: C, NA: D}",
        [
            "variables.stage.codes.NA: found 'NA', which reading.missing calls missing; expected one meaning",
            "derived.stage_group.groups: found no group for 'D'; expected every level of 'stage'",
        ],
    ),
    "empty level": (
        "codes: {1: Male, 2: Female}",
        'codes: {1: Male, 2: ""}',
        ["variables.sex: found an empty level; expected words for every level"],
    ),
    "date before a number": (
        "not_before: first_tace",
        "not_before: age",
        ["variables.death.not_before: found the number 'age'; expected the name of a date variable"],
    ),
    "date before itself": (
        "not_before: first_tace",
        "not_before: death",
        ["variables.death.not_before: found 'death' itself; expected the name of another date variable"],
    ),
    "derived name of a variable": (
        "  risk:\n",
        "  note:\n",
        [
            "derived.note: found the name 'note', which a variable has; expected another name",
            "analyses.prognosis.factors[4]: found 'risk'; expected the name of a number or category variable",
        ],
    ),
    "cut of a category": (
        "{cut: size,",
        "{cut: sex,",
        ["derived.size_group.cut: found the category 'sex'; expected the name of a number variable"],
    ),
    "regrouped number": (
        "{regroup: stage,",
        "{regroup: size,",
        ["derived.stage_group.regroup: found the number 'size'; expected the name of a category variable"],
    ),
    "level of no variable": (
        "groups: {early: [A, B], late: [C]}",
        "groups: {early: [A, B], late: [D]}",
        [
            "derived.stage_group.groups.late[1]: found 'D'; expected a level of 'stage': A, B or C",
            "derived.stage_group.groups: found no group for 'C'; expected every level of 'stage'",
        ],
    ),
    "level in two groups": (
        "groups: {early: [A, B], late: [C]}",
        "groups: {early: [A, B], late: [B, C]}",
        ["derived.stage_group.groups.late[1]: found 'B', which is in group 'early'; expected it once"],
    ),
    "rule that looks below": (
        'rule: stage = "C" or size > 10',
        'rule: risk = "high"',
        [
            "derived.advanced.rule: found 'risk', which is derived here or below; expected variables "
            "from above"
        ],
    ),
    "rule of a case": (
        "when: age < 70",
        "when: age < first_tace",
        [
            "derived.risk.cases[2].when: column 7: found date 'first_tace'; expected a number, as 'age' is",
        ],
    ),
    "span to a number": (
        "to_date: death",
        "to_date: months",
        ["derived.survived.to_date: found the number 'months'; expected the name of a date variable"],
    ),
    "criterion twice": (
        "{id: E1,",
        "{id: I1,",
        ["eligibility.I1.id: found the id 'I1' a second time; expected it once"],
    ),
    # --- endpoints
    "event that is a date": (
        "event: dead",
        "event: death",
        ["endpoints.recorded.recorded.event: found the date 'death'; expected the name of a number variable"],
    ),
    "date source": (
        "{date: death, reason: death}",
        "{date: dead, reason: death}",
        ["endpoints.os.events[1].date: found the number 'dead'; expected the name of a date variable"],
    ),
    "where names no role": (
        "where: {status: [alive]}",
        "where: {stat: [alive]}",
        [
            "endpoints.os.censor[1].where.stat: found 'stat'; expected a role of data.contacts.columns: "
            "patient, date or status (did you mean 'status'?)"
        ],
    ),
    "table that is not there": (
        "  contacts:\n    files: [{path: contacts.csv}]\n    columns: {patient: ID, date: Date, status: "
        "Status}\n",
        "",
        ["endpoints.os.censor[1].last: found no table data.contacts; expected it, as this endpoint reads it"],
    ),
    "visit without a column": (
        "date: Date, visit: Visit,",
        "date: Date,",
        [
            "endpoints.response.landmarks.month_3.visit: found no role 'visit' in data.responses.columns; "
            "expected it, as this endpoint reads it"
        ],
    ),
    "landmark of a number": (
        "variable: best}",
        "variable: age}",
        [
            "endpoints.response.landmarks.best.variable: found the number 'age'; expected the name of a "
            "category variable"
        ],
    ),
    "landmark whose levels are no responses": (
        "variable: best}",
        "variable: stage}",
        [
            "endpoints.response.landmarks.best.variable: found 'A', 'B', 'C' among the levels of 'stage'; "
            "expected each in the endpoint's codes"
        ],
    ),
    "days from nowhere": (
        "criteria: mRECIST\n    start: first_tace",
        "criteria: mRECIST",
        [
            "endpoints.response.landmarks.week_4.day: found no start in this endpoint; expected start:, to "
            "count days from"
        ],
    ),
    "grade that is no integer": (
        "variable: pain}",
        "variable: size}",
        [
            "endpoints.harm.terms.pain.variable: found the number 'size'; expected a variable of type "
            "integer, as grades are"
        ],
    ),
    "term any": (
        "      fever: {",
        "      any: {",
        [
            "endpoints.harm.terms.any: found the name 'any', which results use; expected another name",
            "analyses.safety.terms[1]: found 'fever'; expected a term of 'harm': any or pain",
        ],
    ),
    # --- analyses
    "id flow": (
        "{id: baseline,",
        "{id: flow,",
        ["analyses.flow.id: found the id 'flow', which the patient flow has; expected another"],
    ),
    "id twice": (
        "{id: safety,",
        "{id: os,",
        ["analyses.os.id: found the id 'os', which an analysis above has; expected another"],
    ),
    "endpoint of another kind": (
        "kind: survival, endpoint: os,",
        "kind: survival, endpoint: response,",
        ["analyses.os.endpoint: found the response endpoint 'response'; expected a time_to_event endpoint"],
    ),
    "endpoint that is not there": (
        "kind: survival, endpoint: os,",
        "kind: survival, endpoint: oss,",
        [
            "analyses.os.endpoint: found 'oss'; expected the name of a time_to_event endpoint: os, recorded, "
            "listed, caused or progression "
            "(did you mean 'os'?)"
        ],
    ),
    "baseline of text and dates": (
        "variables: [age, sex,",
        "variables: [age, note, death,",
        [
            "analyses.baseline.variables[2]: found the free text 'note'; expected the name of a number or "
            "category variable",
            "analyses.baseline.variables[3]: found the date 'death'; expected the name of a number or "
            "category variable",
        ],
    ),
    "variable twice": (
        "variables: [age, sex,",
        "variables: [age, sex, age,",
        ["analyses.baseline.variables[3]: found 'age' a second time; expected it once"],
    ),
    "show of a category": (
        "show: {age: median}",
        "show: {sex: median}",
        ["analyses.baseline.show.sex: found the category 'sex'; expected the name of a number variable"],
    ),
    "landmark": (
        "landmarks: [week_4, best]",
        "landmarks: [week_8, best]",
        [
            "analyses.response.landmarks[1]: found 'week_8'; expected a landmark of 'response': "
            "week_4, month_3 or best (did you mean 'week_4'?)"
        ],
    ),
    "times": (
        "at: [6, 12], ticks: [0, 6, 12]",
        "at: [6, 6.0], ticks: [-1, 6, 12]",
        [
            "analyses.os.at[2]: found 6 a second time; expected it once",
            "analyses.os.ticks[1]: found -1; expected a time of at least 0",
        ],
    ),
    "by a number": (
        "by: stage_group}",
        "by: age}",
        ["analyses.os.by: found the number 'age'; expected the name of a category variable"],
    ),
    "by arm": (
        "by: stage_group}",
        "by: arm}",
        ["analyses.os.by: found 'arm'; expected no by: at all, which compares the arms"],
    ),
    "arm of a table": (
        "arms: [combination]",
        "arms: [combined]",
        [
            "analyses.safety.arms[1]: found 'combined'; expected the name of an arm: combination or control "
            "(did you mean 'combination'?)"
        ],
    ),
    "reference level": (
        "references: {arm: control, stage: B}",
        "references: {arm: old, stage: D, age: 60, sex: Male}",
        [
            "analyses.prognosis.references.arm: found 'old'; expected the name of an arm: combination "
            "or control",
            "analyses.prognosis.references.stage: found 'D'; expected a level of 'stage': A, B or C",
            "analyses.prognosis.references.age: found a reference for the number 'age'; expected one only "
            "for a category",
            "analyses.prognosis.references.sex: found 'sex'; expected one of this analysis' factors: arm, "
            "age, stage or risk",
        ],
    ),
    "factor of a model": (
        "factors: [arm, age]}",
        "factors: [arm, sex]}",
        [
            "analyses.prognosis.models.full.factors[2]: found 'sex'; expected one of this analysis' factors: "
            "arm, age, stage or risk"
        ],
    ),
    "model id": (
        "{id: full,",
        "{id: univariable,",
        [
            "analyses.prognosis.models.univariable.id: found the id 'univariable', which is taken; "
            "expected another"
        ],
    ),
}


ELSEWHERE = {"table that is not there", "visit without a column", "days from nowhere"}
"""Mistakes that are told where a name is used, not where the text was changed."""


@pytest.mark.parametrize("name", CASES)
def test_mistake_and_its_line(name: str, tmp_path: Path) -> None:
    old, new, expected = CASES[name]
    text = changed(old, new)
    found = mistakes_of(tmp_path, text)
    assert {line.split(": ", 1)[1] for line in found} == set(expected)
    assert len(found) == len(expected)
    numbers = [int(line.split(":")[1]) for line in found]
    assert numbers == sorted(numbers)
    first = STUDY[: STUDY.index(old)].count("\n") + 1
    assert name in ELSEWHERE or any(first <= number <= first + new.count("\n") for number in numbers)


def test_terms_as_recorded_have_no_names(tmp_path: Path) -> None:
    terms = (
        "terms:\n      fever: {label: Fever, values: [Fever]}\n      pain: {label: Pain, variable: pain}\n"
    )
    assert mistakes_of(tmp_path, changed(terms, "terms: as recorded\n")) == [
        "study.yaml:113: analyses.safety.terms: found terms, but 'harm' takes its terms as recorded; "
        "expected no terms here"
    ]


def test_a_study_without_centres_is_one_centre(tmp_path: Path) -> None:
    text = changed(
        "centres:\n  north: {label: North, aliases: [N]}\n  south: {label: South, aliases: [S]}\n", ""
    )
    text = text.replace(", centre: north", "").replace(", centre: south", "")
    assert load_text(tmp_path, text).protocol.centres == {}


def test_a_column_for_the_centre_is_enough(tmp_path: Path) -> None:
    text = STUDY.replace(", centre: north", "").replace(", centre: south", "")
    text = text.replace("columns: {patient: ID}\n", "columns: {patient: ID, centre: Hospital}\n")
    assert load_text(tmp_path, text).protocol.data.patients.columns["centre"] == "Hospital"


def test_roles_are_those_of_the_tables() -> None:
    assert set(ROLES) == set(TABLES)
    for table, (required, optional) in ROLES.items():
        assert {*required, *optional} == set(TABLES[table]) - ({"arm"} if table == "patients" else set())
