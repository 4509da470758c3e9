from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from calliper.errors import CannotEstimate
from calliper.stats.cox import fit_cox, wald_test
from calliper.stats.design import design_matrix

R = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "r" / "design.json").read_text())

PATIENTS = pl.DataFrame(
    {
        "stage": ["II", "I", "III", None, "II", "I"],
        "age": [61.0, 45.0, 70.0, 52.0, float("nan"), 58.0],
        "treated": [True, False, True, True, False, True],
    }
)
REFERENCES = {"stage": "II", "treated": "false"}


def test_the_columns_of_a_design():
    design = design_matrix(PATIENTS, references=REFERENCES, interactions=[("stage", "age")])
    assert design.used.tolist() == [True, True, True, False, False, True]
    assert design.unknown == {"stage": 1, "age": 1, "treated": 0}
    assert design.names == (
        "stage: I",
        "stage: III",
        "age",
        "treated: true",
        "stage: I × age",
        "stage: III × age",
    )
    assert design.matrix.tolist() == [
        [0, 0, 61, 1, 0, 0],
        [1, 0, 45, 0, 45, 0],
        [0, 1, 70, 1, 0, 70],
        [1, 0, 58, 1, 58, 0],
    ]
    assert design.places == {"stage": [0, 1], "age": [2], "treated": [3], "stage × age": [4, 5]}
    assert design.columns[0].factor.levels == ("II", "I", "III")


def test_levels_in_order_and_patients_to_use():
    grade = pl.DataFrame({"grade": [3, 1, 2, 3, 1, None, 2]})
    used = np.array([True, True, False, True, True, True, False])
    design = design_matrix(
        grade, references={"grade": "1"}, levels={"grade": ["1", "2", "3", "4"]}, used=used
    )
    (columns,) = design.columns
    assert (columns.levels, columns.unused, columns.names) == (("3",), ("2", "4"), ("grade: 3",))
    assert design.matrix.tolist() == [[1], [0], [1], [0]]
    assert design.unknown == {"grade": 1}
    number = design_matrix(grade, references={})
    assert number.matrix[:, 0].tolist() == [3, 1, 2, 3, 1, 2]


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical, pl.Enum(["I", "II", "III", "IV"])])
def test_every_kind_of_category(kind):
    column = PATIENTS.select(pl.col("stage").cast(kind))
    design = design_matrix(column, references={"stage": "I"})
    assert design.names == ("stage: II", "stage: III")
    assert design.matrix[:, 0].tolist() == [1, 0, 0, 1, 0]
    assert design.columns[0].unused == (("IV",) if isinstance(kind, pl.Enum) else ())


def test_a_formula_of_r():
    frame = pl.DataFrame(
        {name: R["data"][name] for name in ("stage", "age", "cirrhosis", "grade")}, strict=False
    )
    design = design_matrix(
        frame,
        references={"stage": "II", "cirrhosis": "false", "grade": "1"},
        interactions=[("stage", "age"), ("cirrhosis", "grade")],
    )
    assert design.used.sum() == R["n"]
    time, event = np.array(R["data"]["time"]), np.array(R["data"]["event"])
    fit = fit_cox(time[design.used], event[design.used], design.matrix, names=design.names)
    assert fit.coefficients / R["se"] == pytest.approx(np.array(R["coef"]) / R["se"], abs=1e-8)
    assert fit.standard_errors == pytest.approx(R["se"], rel=1e-8)
    assert [title.replace(" × ", ":") for title in design.places] == R["terms"]
    for places, expected in zip(design.places.values(), R["wald"]):
        test = wald_test(fit, places)
        assert (test.chi2, test.df) == pytest.approx(tuple(expected), rel=1e-7)


def refused(frame, **how):
    with pytest.raises(ValueError, match=r".") as refusal:
        design_matrix(frame, **how)
    return type(refusal.value), str(refusal.value)


def test_wrong_declarations_are_refused():
    stage, age = PATIENTS.select("stage"), PATIENTS.select("age")
    wrong = [
        refused(stage, references={}),
        refused(stage, references={"stage": "IV"}),
        refused(stage, references={"stage": "I"}, levels={"stage": ["I", "II"]}),
        refused(stage, references={"stge": "I"}),
        refused(age, references={"age": "61.0"}),
        refused(age.with_columns(age=pl.lit(float("inf"))), references={}),
        refused(age, references={}, interactions=[("age", "stage")]),
        refused(PATIENTS, references=REFERENCES, interactions=[("age", "stage"), ("stage", "age")]),
        refused(age.with_columns(age=pl.date(2021, 4, 15)), references={}),
        refused(age.select(), references={}),
        refused(age, references={}, used=np.array([True])),
    ]
    assert wrong == [
        (ValueError, "no reference level for stage; name one in references"),
        (ValueError, "the reference 'IV' is not a level of stage: ['I', 'II', 'III']"),
        (ValueError, "stage[2] is 'III'; expected one of 'I', 'II'"),
        (ValueError, "'stge' is no column; expected one of 'stage'"),
        (
            ValueError,
            "column age holds Float64 and has a reference level; expected texts, flags or whole numbers",
        ),
        (ValueError, "age[0] is inf; expected a finite number, or none"),
        (ValueError, "interaction ('age', 'stage'); expected two of age, each pair once"),
        (ValueError, "interaction ('age', 'stage'); expected two of stage, age, treated, each pair once"),
        (ValueError, "column age holds Date; expected numbers, texts or flags"),
        (ValueError, "no column; expected one or more"),
        (ValueError, "used has shape (1,); expected one flag for each of 6 patients"),
    ]


def test_what_the_patients_cannot_support_is_refused():
    arm = pl.DataFrame({"arm": ["A", "A", None], "age": [50.0, 50.0, 60.0], "site": ["x", None, "y"]})
    unable = [
        refused(arm.select("arm"), references={"arm": "A"}),
        refused(arm.select("arm"), references={"arm": "B"}, levels={"arm": ["A", "B", "C"]}),
        refused(arm.select("age"), references={}, used=np.array([True, True, False])),
        refused(arm.select("arm"), references={"arm": "A"}, used=np.array([False, False, True])),
        refused(
            pl.DataFrame({"a": ["n", "y", "n"], "b": ["n", "n", "y"]}),
            references={"a": "n", "b": "n"},
            interactions=[("a", "b")],
        ),
    ]
    assert unable == [
        (CannotEstimate, "no hazard ratio for arm: every patient has the same level, A"),
        (CannotEstimate, "no hazard ratio for arm: every patient has the same level, A"),
        (CannotEstimate, "no hazard ratio for age: every patient has the same value, 50"),
        (CannotEstimate, "no Cox model: no patient has all known of arm"),
        (CannotEstimate, "no hazard ratio for a: y × b: y: it is zero for every patient"),
    ]
    nobody = pl.DataFrame({"arm": ["A", "C", "A"]})
    assert refused(nobody, references={"arm": "B"}, levels={"arm": ["A", "B", "C"]}) == (
        CannotEstimate,
        "no hazard ratio for arm: no patient has its reference level, B",
    )
