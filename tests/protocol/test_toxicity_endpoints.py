"""A toxicity endpoint in the study file: windows, relation, laboratory terms; what loads, and each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.protocol.specs import Toxicity
from protocol.study_text import changed, load_text, mistakes_of

EVENTS = "columns: {patient: ID, term: Term, grade: Grade, start: Start}"
TABLES = """\
  exposure: {files: [{path: drugs.csv}], columns: {patient: ID, drug: Drug, start: Start, end: End}}
  labs:
    files: [{path: labs.csv}]
    columns: {patient: ID, date: Day, test: Test, value: Value, unit: Unit, upper_limit: ULN}
variables:
"""
ENDPOINTS = """\
  syndrome:
    kind: toxicity
    label: Events after TACE
    dictionary: CTCAE
    version: 4.03
    start: first_tace
    after_each: {drugs: [DEB-TACE], days: [0, 7]}
    baseline: {compare: true}
    related: [probable]
    arms: [control]
    followed_to: [{date: death, reason: death}, {last: contacts, reason: contact}]
    terms:
      fever: {label: Fever, values: [Fever]}
      alt: {label: ALT, lab: alt, compare_with: [ALT increased]}
  first: {like: syndrome, label: First TACE, after_each: null, until_next: {drugs: [DEB-TACE], days: [0, 30]}}
  on_drug: {like: syndrome, label: On, after_each: null, on_drug: {drugs: [Sorafenib], days_after: 30}}
  version_5: {like: syndrome, label: Version 5, version: 5.0}
analyses:
"""


def study(old: str = "", new: str = "") -> str:
    whole = changed(EVENTS, EVENTS.replace("start: Start", "start: Start, related: Relation"))
    whole = whole.replace("analyses:\n", ENDPOINTS).replace("variables:\n", TABLES, 1)
    assert whole.count(old) >= 1
    return whole.replace(old, new, 1)


def test_it_loads(tmp_path: Path) -> None:
    endpoints = load_text(tmp_path, study()).protocol.endpoints
    held = {name: spec for name, spec in endpoints.items() if isinstance(spec, Toxicity)}
    assert {name: (spec.window, spec.version) for name, spec in held.items()} == {
        "harm": ("window_days", "3.0"),
        "syndrome": ("after_each", "4.03"),
        "first": ("until_next", "4.03"),
        "on_drug": ("on_drug", "4.03"),
        "version_5": ("after_each", "5.0"),
    }
    assert held["first"].until_next is not None
    assert held["first"].until_next.days == (0, 30)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("days: [0, 7]", "days: [7, 0]", "after_each: found days [7, 0]; expected the lower end first"),
        ("days: [0, 30]}}", "days: [30, 0]}}", "until_next: found days [30, 0]; expected the lower end first"),
        ("days: [0, 7]", "days: [0, 7], arm: control", "after_each.arm: found the key 'arm'; expected drugs or days"),
        ("{drugs: [DEB-TACE], days: [0, 7]}", "{days: [0, 7]}", "after_each.drugs: found nothing"),
        ("after_each: {drugs: [DEB-TACE]", "after_each: {drugs: []", "after_each.drugs: found an empty list"),
        ("{drugs: [Sorafenib], days_after: 30}", "{drugs: [Sorafenib]}", "on_drug.days_after: found nothing"),
        ("days_after: 30", "days_after: -1", "on_drug.days_after: found -1"),
        ("compare: true", "compare: maybe", "baseline.compare: found 'maybe'"),
        ("arms: [control]\n    f", "arms: [contrl]\n    f", "arms[1]: found 'contrl'; expected the name of an arm"),
        ("{date: death, reason: death}, {", "{date: age, reason: death}, {", "followed_to[1].date: found the number"),
        (
            "lab: alt",
            "lab: alt, default_limits: {unit: mg/dL, upper: 40}",
            "terms.alt.default_limits.unit: found 'mg/dL'; expected a unit of alt: U/L, IU/L",
        ),
        ("lab: alt", "lab: alt, default_limits: {unit: U/L}", "default_limits: found none of its keys; expected lower"),
        (
            "lab: alt",
            "lab: alt, default_limits: {unit: U/L, lower: 50, upper: 40}",
            "default_limits: found lower 50 and upper 40; expected the lower limit below",
        ),
        (
            "values: [Fever]}\n      alt",
            "values: [Fever], default_limits: {unit: U/L, upper: 40}}\n      alt",
            "terms.fever: found default_limits without lab; expected lab:, the test whose limits they are",
        ),
        ("lab: alt", "lab: alat", "terms.alt.lab: found 'alat'; expected a test that is graded"),
        (
            "label: ALT, lab: alt",
            "label: ALT, values: [ALT], lab: alt",
            "terms.alt: found values and lab; expected one of values (of the adverse_events table), variable (a grade "
            "in the patients table) and lab (a test of the labs table)",
        ),
        (
            "values: [Fever]}\n      alt",
            "values: [Fever], compare_with: [Pyrexia]}\n      alt",
            "terms.fever: found compare_with without lab; expected lab:, whose grades it is held against",
        ),
        (
            "version: 4.03",
            "version: 4.0",
            "endpoints.syndrome.version: found '4.0'; expected one of 3.0, 4.03, 5.0, the versions whose laboratory "
            "rules are known",
        ),
        (
            ", related: Relation",
            "",
            "endpoints.syndrome.related: found no role 'related' in data.adverse_events.columns",
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_told_once(tmp_path: Path, old: str, new: str, says: str) -> None:
    # the endpoints that are like this one have its mistakes, which one line tells of
    mistakes = mistakes_of(tmp_path, study(old, new))
    assert len(mistakes) == 1, mistakes
    assert says in mistakes[0]


def test_one_key_says_when_an_event_counts(tmp_path: Path) -> None:
    two = study(
        "    baseline: {compare: true}\n", "    baseline: {compare: true}\n    window_days: [0, 30]\n"
    )
    assert [line.split(": ", 1)[1] for line in mistakes_of(tmp_path, two)] == [
        f"endpoints.{name}: found window_days and {key}; expected one of window_days, after_each, until_next, on_drug"
        for name, key in (
            ("syndrome", "after_each"),
            ("first", "until_next"),
            ("on_drug", "on_drug"),
            ("version_5", "after_each"),
        )
    ]


def test_what_a_window_reads_must_be_there(tmp_path: Path) -> None:
    no_drugs = study(TABLES.splitlines(keepends=True)[0], "")
    assert all("found no table data.exposure" in line for line in mistakes_of(tmp_path, no_drugs))
    no_end = mistakes_of(tmp_path, study(", end: End}}", "}}"))
    assert [line.split(": ", 1)[1][:34] for line in no_end] == ["endpoints.on_drug.on_drug.drugs: fo"[:34]]
    no_labs = mistakes_of(tmp_path, study("".join(TABLES.splitlines(keepends=True)[1:4]), ""))
    assert any("endpoints.syndrome.terms.alt.lab: found no table data.labs" in line for line in no_labs)


def test_a_comparison_needs_the_first_day_of_a_window(tmp_path: Path) -> None:
    text = study("    after_each: {drugs: [DEB-TACE], days: [0, 7]}\n", "    window_days: [null, 7]\n")
    text = text[: text.index("  first: {like")] + text[text.index("analyses:\n") :]
    (mistake,) = mistakes_of(tmp_path, text)
    assert "endpoints.syndrome.baseline: found no window with a first day; expected one" in mistake


def test_a_laboratory_term_needs_a_day_of_its_baseline(tmp_path: Path) -> None:
    text = study("    after_each: {drugs: [DEB-TACE], days: [0, 7]}\n    baseline: {compare: true}\n", "")
    text = text[: text.index("  first: {like")] + text[text.index("analyses:\n") :]
    text = text.replace("    version: 4.03\n    start: first_tace\n", "    version: 4.03\n")
    (mistake,) = mistakes_of(tmp_path, text)
    assert "endpoints.syndrome.terms.alt.lab: found no start in this endpoint; expected start:" in mistake


def test_rows_are_chosen_by_columns_that_are_there(tmp_path: Path) -> None:
    text = study(
        "    related: [probable]\n", "    related: [probable]\n    where: {grade: [6], serious: [yes]}\n"
    )
    mistakes = mistakes_of(tmp_path, text)
    assert "endpoints.syndrome.where.serious: found 'serious'; expected a role of" in "\n".join(mistakes)
    assert "endpoints.syndrome.where.grade[1]: found '6'; expected a value of 'grade'" in "\n".join(mistakes)
    twice = study("    related: [probable]\n", "    related: [probable]\n    where: {related: [probable]}\n")
    (mistake,) = mistakes_of(tmp_path, twice)
    assert "endpoints.syndrome.where.related: found related: beside it; expected one of the two" in mistake
