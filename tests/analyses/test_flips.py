"""Each kind of flip on results typed in: what is concluded, what is told once, and what is no conclusion."""

from __future__ import annotations

import pytest

from calliper.analyses.flips import find_flips
from calliper.results import Flip, Method, Results, Row

Stats = dict[str, float | None]


def results(stats: Stats, *methods: Method, analysis: str = "os", group: str = "new vs old") -> Results:
    return Results(
        tuple(Row(analysis, "included", group, "os", "", stat, value) for stat, value in stats.items()),
        methods,
    )


def flips(study: Stats, sas: Stats, spss: Stats | None = None, *, alpha: float = 0.05) -> tuple[Flip, ...]:
    by_convention = {
        "study": results(study),
        "sas": results(sas),
        "spss": results(sas if spss is None else spss),
    }
    return find_flips(by_convention, alpha=alpha)


def told(*found: Flip) -> list[tuple[str, str, dict[str, str]]]:
    return [(flip.kind, flip.row.stat, dict(flip.conclusions)) for flip in found]


def test_a_p_value_on_the_other_side_of_the_level() -> None:
    assert told(*flips({"p.cox": 0.049}, {"p.cox": 0.051}, {"p.cox": 0.048})) == [
        ("p", "p.cox", {"study": "P < 0.05", "sas": "P >= 0.05", "spss": "P < 0.05"})
    ]
    assert flips({"p.cox": 0.04}, {"p.cox": 0.001}) == ()
    assert told(*flips({"p.cox": 0.04}, {"p.cox": 0.001}, alpha=0.01))[0][2]["sas"] == "P < 0.01"


def test_a_p_value_equal_to_the_level_is_not_below_it() -> None:
    assert flips({"p": 0.05}, {"p": 0.06}) == ()
    assert len(flips({"p": 0.05}, {"p": 0.0499})) == 1


@pytest.mark.parametrize(
    ("limits", "conclusion"),
    [
        ((0.4, 0.9), "interval below 1"), ((0.4, 1.0), "interval holds 1"), ((0.4, 1.1), "interval holds 1"),
        ((1.0, 1.1), "interval holds 1"), ((1.01, 1.1), "interval above 1"), ((0.4, None), "interval holds 1"),
        ((None, 0.9), "interval below 1"), ((1.2, None), "interval above 1"),
    ],
)  # fmt: skip
def test_a_ratio_whose_interval_holds_one_or_does_not(
    limits: tuple[float | None, float | None], conclusion: str
) -> None:
    """Against an interval of the other side of 1, so that each conclusion but its own flips."""
    other = (0.2, 0.3) if conclusion != "interval below 1" else (2.0, 3.0)
    for method in ("", ".cox", ".firth"):
        stats = [f"{stat}{method}" for stat in ("hr", "lower", "upper")]
        study = dict(zip(stats, (0.7, *limits), strict=True))
        (flip,) = flips(study, dict(zip(stats, (0.7, *other), strict=True)))
        assert (flip.kind, flip.conclusions["study"]) == ("interval", conclusion)
        assert flip.keys == tuple(f"os/included/new vs old/os//{stat}" for stat in stats)


def test_a_difference_whose_interval_holds_nought_or_does_not() -> None:
    study = {"difference": 0.2, "lower.newcombe": 0.01, "upper.newcombe": 0.4}
    (flip,) = flips(study, study | {"lower.newcombe": -0.01})
    assert told(flip)[0][2] == {
        "study": "interval above 0",
        "sas": "interval holds 0",
        "spss": "interval holds 0",
    }


def test_a_quantile_or_its_limit_that_is_reached_or_not() -> None:
    reached: Stats = {"median": 9.0, "median_lower": 4.0, "median_upper": 20.0}
    (flip,) = flips(reached, reached | {"median_upper": None})
    assert (flip.kind, flip.conclusions["sas"]) == ("limit", "not reached: upper limit")
    (flip,) = flips(reached, dict.fromkeys(reached))
    assert (flip.kind, flip.conclusions["sas"]) == (
        "quantile",
        "not reached: estimate, lower limit, upper limit",
    )
    # that they are elsewhere is no conclusion
    assert flips(reached, {"median": 8.0, "median_lower": 5.0, "median_upper": 30.0}) == ()


def test_before_the_first_event_limits_at_the_estimate_are_no_limits() -> None:
    """R gives 1 and 1 on the log scale, SAS nothing on that of the log of minus the log: neither is an interval."""
    at_one: Stats = {"survival": 1.0, "survival_lower": 1.0, "survival_upper": 1.0}
    assert flips(at_one, at_one | {"survival_lower": None, "survival_upper": None}) == ()
    (flip,) = flips(
        at_one | {"survival_lower": 0.6}, at_one | {"survival_lower": None, "survival_upper": None}
    )
    assert flip.kind == "limit"


def test_a_number_that_only_one_convention_can_estimate() -> None:
    (flip,) = flips({}, {"p.cox": 0.2})
    assert told(flip) == [
        ("estimate", "p.cox", {"study": "not estimated", "sas": "P >= 0.05", "spss": "P >= 0.05"})
    ]
    (flip,) = flips({"hr": 0.5, "lower": 0.2, "upper": 0.9}, {"hr": 0.5})
    assert flip.conclusions["sas"] == "not estimated"  # an effect without its interval


def test_what_no_conclusion_is_drawn_from_does_not_flip() -> None:
    study: Stats = {"mean": 1.0, "curve_lower": 0.4, "coefficient": -0.5, "median": 3.0, "statistic.cox": 4.0}
    assert flips(study, {"mean": 2.0, "curve_lower": None, "coefficient": 0.5, "median": 4.0}) == ()


def test_the_headline_and_its_test_are_told_once() -> None:
    study, sas = (
        {"p.welch": 0.06, "p.pooled": 0.04, "p": 0.06},
        {"p.welch": 0.06, "p.pooled": 0.04, "p": 0.04},
    )
    (flip,) = flips(study, sas)
    assert flip.row.stat == "p"
    # a rank test that flips beside a headline that does not is told itself
    (flip,) = flips({"p": 0.3, "p.mann_whitney": 0.06}, {"p": 0.3, "p.mann_whitney": 0.04})
    assert flip.row.stat == "p.mann_whitney"
    # the same number under the study alone is not the same number
    both = flips({"p": 0.06, "p.mann_whitney": 0.06}, {"p": 0.04, "p.mann_whitney": 0.03})
    assert [flip.row.stat for flip in both] == ["p", "p.mann_whitney"]


def test_the_overall_p_of_one_coefficient_is_told_once_and_of_several_by_itself() -> None:
    for df, stats in ((1.0, ["p"]), (2.0, ["p", "p.factor"])):
        found = flips(
            {"p": 0.06, "p.factor": 0.06, "df.factor": df}, {"p": 0.04, "p.factor": 0.03, "df.factor": df}
        )
        assert [flip.row.stat for flip in found] == stats


def model(*factors: str, method: str = "") -> Results:
    """A screened model with these factors, each of P = 0.01."""
    size = f"parameters{method}"
    rows = [Row("cox", "included", "screened", "", "", size, float(len(factors)))] if factors else []
    rows += [Row("cox", "included", "screened", name, "", f"p{method}", 0.01) for name in factors]
    chosen = Method("cox", "summary", "", subject="screened", parameters={"factors": ", ".join(factors)})
    return Results(tuple(rows), (chosen,))


def test_other_factors_are_told_once_and_not_for_each_of_their_numbers() -> None:
    (flip,) = find_flips({"study": model("arm", "age"), "spss": model("arm")}, alpha=0.05)
    assert (flip.kind, flip.row.key) == ("factors", "cox/included/screened///parameters")
    assert flip.conclusions == {"study": "arm, age", "spss": "arm"}
    (flip,) = find_flips({"study": model(), "spss": model("arm")}, alpha=0.05)
    assert flip.conclusions == {"study": "none", "spss": "arm"}
    assert find_flips({"study": model("arm"), "spss": model("arm")}, alpha=0.05) == ()


def test_other_factors_of_penalised_models_are_told_once_too() -> None:
    held = {"study": model("arm", "age", method=".firth"), "spss": model("arm", method=".firth")}
    (flip,) = find_flips(held, alpha=0.05)
    assert (flip.kind, flip.row.key) == ("factors", "cox/included/screened///parameters.firth")


def test_flips_stand_in_the_order_of_the_results() -> None:
    study = {"study": model("arm"), "spss": model("arm", "age")}
    os = {"study": results({"p.cox": 0.04}), "spss": results({"p.cox": 0.06})}
    joined = {
        name: Results(os[name].rows + study[name].rows, study[name].methods) for name in ("study", "spss")
    }
    assert [flip.kind for flip in find_flips(joined, alpha=0.05)] == ["p", "factors"]
