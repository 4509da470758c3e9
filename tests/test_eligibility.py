"""Eligibility: three-valued rules, the order of leaving, and that nobody is lost or counted twice."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from calliper.eligibility import select
from calliper.endpoints import SCREENED, VERDICTS, Cohort
from hand_records import patient_rows, study

ADULT = {"id": "I1", "kind": "inclusion", "text": "Age 18 to 80 years", "rule": "age between 18 and 80"}
NO_CHILD_C = {"id": "E1", "kind": "exclusion", "text": "Child-Pugh class C", "rule": 'child = "C"'}


def judge(rows: list[dict[str, Any]], *criteria: dict[str, Any]) -> Cohort:
    return select(study(eligibility=criteria), patient_rows(rows))


def decisions(cohort: Cohort) -> list[tuple[str, str, str | None]]:
    return cohort.screened.select("patient", "decision", "left_at").rows()


def reasons(cohort: Cohort) -> list[str]:
    return cohort.screened["reason"].to_list()


def test_an_inclusion_rule_must_be_true_and_an_exclusion_rule_false() -> None:
    cohort = judge(
        [
            {"patient": "P1", "age": 80, "child": "A"},
            {"patient": "P2", "age": 81, "child": "A"},
            {"patient": "P3", "age": 18, "child": "C"},
        ],
        ADULT,
        NO_CHILD_C,
    )
    assert decisions(cohort) == [("P1", "included", None), ("P2", "excluded", "I1"), ("P3", "excluded", "E1")]
    assert reasons(cohort) == [
        "meets every criterion",
        "Age 18 to 80 years: not met; age = 81; rule: age between 18 and 80",
        'Child-Pugh class C: applies; child = C; rule: child = "C"',
    ]
    assert cohort.patients["patient"].to_list() == ["P1"]
    assert cohort.verdicts.rows() == [
        ("P1", "I1", "pass", "one.csv, row 2"),
        ("P1", "E1", "pass", "one.csv, row 2"),
        ("P2", "I1", "fail", "one.csv, row 3"),
        ("P2", "E1", "pass", "one.csv, row 3"),
        ("P3", "I1", "pass", "one.csv, row 4"),
        ("P3", "E1", "fail", "one.csv, row 4"),
    ]


@pytest.mark.parametrize("kind", ["inclusion", "exclusion"])
@pytest.mark.parametrize(
    ("unknown", "decision", "left_at"),
    [("pending", "pending", "X"), ("include", "included", None), ("exclude", "excluded", "X")],
)
def test_an_unknown_rule_does_what_the_study_file_says(
    kind: str, unknown: str, decision: str, left_at: str | None
) -> None:
    criterion = {"id": "X", "kind": kind, "text": "Over 50", "rule": "age > 50", "unknown": unknown}
    cohort = judge([{"patient": "P", "age": None}], criterion)
    assert decisions(cohort) == [("P", decision, left_at)]
    assert cohort.verdicts["verdict"].to_list() == ["unknown"]
    assert reasons(cohort) == [
        "meets every known criterion; unknown and included by protocol: X"
        if unknown == "include"
        else "Over 50: not known; age = not recorded; rule: age > 50"
    ]


def test_a_failed_criterion_outweighs_an_earlier_unknown_one() -> None:
    cohort = judge([{"patient": "P", "age": None, "child": "C"}], ADULT, NO_CHILD_C)
    assert decisions(cohort) == [("P", "excluded", "E1")]


def test_the_first_failed_criterion_in_protocol_order_is_where_the_patient_leaves() -> None:
    patient = {"patient": "P", "age": 90, "child": "C"}
    assert decisions(judge([patient], ADULT, NO_CHILD_C)) == [("P", "excluded", "I1")]
    assert decisions(judge([patient], NO_CHILD_C, ADULT)) == [("P", "excluded", "E1")]


def test_a_rule_decided_by_what_is_known_is_not_unknown() -> None:
    either = {"id": "I2", "kind": "inclusion", "text": "Old or A", "rule": 'age > 60 or child = "A"'}
    assert decisions(judge([{"patient": "P", "age": 70, "child": None}], either)) == [("P", "included", None)]


def test_the_reason_quotes_every_variable_of_the_rule() -> None:
    rule = {"id": "I2", "kind": "inclusion", "text": "Fit", "rule": 'age < 60 and child = "A" and afp < 400'}
    cohort = judge([{"patient": "P", "age": 61, "child": None, "afp": 12.5}], rule)
    assert reasons(cohort) == [
        "Fit: not met; age = 61, child = not recorded, afp = 12.5; "
        'rule: age < 60 and child = "A" and afp < 400'
    ]


def test_a_patient_without_an_arm_cannot_be_included() -> None:
    cohort = judge(
        [
            {"patient": "P1", "arm": None, "age": 50},
            {"patient": "P2", "arm": None, "age": None},
            {"patient": "P3", "arm": None, "age": 90},
        ],
        ADULT,
    )
    assert decisions(cohort) == [
        ("P1", "excluded", "arm"),
        ("P2", "excluded", "arm"),
        ("P3", "excluded", "I1"),
    ]
    assert reasons(cohort)[0] == "the arm is not recorded"
    assert cohort.patients.height == 0


def test_without_criteria_everyone_with_an_arm_is_in() -> None:
    cohort = judge([{"patient": "P1"}, {"patient": "P2", "arm": None}])
    assert decisions(cohort) == [("P1", "included", None), ("P2", "excluded", "arm")]
    assert dict(cohort.verdicts.schema) == VERDICTS
    assert cohort.verdicts.height == 0


PATIENTS = st.lists(
    st.fixed_dictionaries(
        {
            "arm": st.sampled_from(["a", "b", None]),
            "age": st.sampled_from([17, 18, 50, 80, 81, None]),
            "child": st.sampled_from(["A", "B", "C", None]),
        }
    ),
    max_size=12,
)
POLICIES = st.tuples(*[st.sampled_from(["pending", "include", "exclude"])] * 2)


def slow_decision(patient: dict[str, Any], policies: tuple[str, str]) -> tuple[str, str | None]:
    """The same judgement, read aloud: one patient, one criterion at a time."""
    age, child = patient["age"], patient["child"]
    findings = {
        "I1": None if age is None else 18 <= age <= 80,
        "E1": None if child is None else child != "C",
    }
    unknown = dict(zip(findings, policies, strict=True))
    for criterion, passes in findings.items():
        if passes is False or (passes is None and unknown[criterion] == "exclude"):
            return "excluded", criterion
    if patient["arm"] is None:
        return "excluded", "arm"
    for criterion, passes in findings.items():
        if passes is None and unknown[criterion] == "pending":
            return "pending", criterion
    return "included", None


@given(rows=PATIENTS, policies=POLICIES, seed=st.integers(0, 99))
def test_everyone_screened_is_included_excluded_or_pending(
    rows: list[dict[str, Any]], policies: tuple[str, str], seed: int
) -> None:
    named = [{"patient": f"P{at:02}", **row} for at, row in enumerate(rows)]
    criteria = [{**ADULT, "unknown": policies[0]}, {**NO_CHILD_C, "unknown": policies[1]}]
    protocol = study(eligibility=criteria)
    patients = patient_rows(named)
    cohort = select(protocol, patients)

    assert dict(cohort.screened.schema) == SCREENED
    assert dict(cohort.verdicts.schema) == VERDICTS
    assert cohort.screened.height == len(rows)
    assert decisions(cohort) == [(row["patient"], *slow_decision(row, policies)) for row in named]
    included = cohort.screened.filter(pl.col("decision") == "included")
    assert cohort.patients["patient"].to_list() == included["patient"].to_list()
    assert cohort.screened["reason"].null_count() == 0
    assert cohort.verdicts.height == 2 * len(rows)

    again = select(protocol, patients.sample(fraction=1.0, shuffle=True, seed=seed))
    for made, expected in zip(
        (again.patients, again.screened, again.verdicts),
        (cohort.patients, cohort.screened, cohort.verdicts),
        strict=True,
    ):
        assert_frame_equal(made, expected)
