"""Each choice of a convention is settable alone, reaches the numbers it is about, and no others."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, get_args

import pytest

from analyses.hand_cohort import (
    OS,
    category,
    cohort,
    number,
    patients,
    protocol,
    responses,
    times,
    toxicities,
)
from calliper.analyses import ANALYSE
from calliper.analyses.convention import READS, resolve, under
from calliper.endpoints import Derived
from calliper.protocol import specs
from calliper.protocol.specs import Conventions, Protocol
from calliper.results import Results
from calliper.stats.conventions import CONVENTIONS

ANALYSES = (
    {"id": "baseline", "kind": "baseline", "variables": ["age", "size", "sex"], "show": {"size": "median"}},
    {"id": "response", "kind": "response", "endpoint": "response"},
    {"id": "os", "kind": "survival", "endpoint": "os", "at": [3]},
    {"id": "cox", "kind": "cox", "endpoint": "os", "factors": ["arm", "age"]},
    {"id": "harm", "kind": "safety", "endpoint": "harm"},
)
ENDPOINTS = {
    "os": OS,
    "response": {
        "kind": "response", "label": "Response", "criteria": "RECIST 1.1",
        "landmarks": {"best": {"label": "best", "only_record": True}},
    },
    "harm": {"kind": "toxicity", "label": "Harm", "dictionary": "CTCAE", "version": "5.0", "terms": "as recorded"},
}  # fmt: skip
ARMS = ["test"] * 6 + ["control"] * 6
IDS = [f"p{place}" for place in range(12)]
FRAME = patients(
    arm=ARMS,
    age=[50, 61, 72, 43, 54, 65, 40, 41, 42, 44, 43, 60],
    size=[2.5, 3.1, 4.7, 5.9, 6.2, 7.3, 1.1, 1.2, 3.3, 2.4, 2.6, 4.8],
    sex=["m", "m", "m", "m", "m", "f", "f", "f", "f", "f", "m", "f"],
)
DERIVED = Derived(
    cohort(FRAME),
    {
        "os": times("os", IDS, [5, 6, 6, 7, 9, 9, 2, 2, 3, 4, 5, 5], [1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 0]),
        "response": responses(
            "response", IDS, {"best": ["CR", "PR", "PR", "SD", "PD", "CR"] + ["PD"] * 5 + ["PR"]}
        ),
        "harm": toxicities("harm", [(name, "rash", 2, place < 5, 1) for place, name in enumerate(IDS)]),
    },
)


def study(convention: str = "r", **conventions: Any) -> Protocol:
    return protocol(
        *ANALYSES,
        variables={"age": number("Age"), "size": number("Size"), "sex": category("Sex", "m", "f")},
        endpoints=ENDPOINTS,
        convention=convention,
        conventions=conventions,
    )


def analysed(made: Protocol) -> dict[type[specs.AnalysisSpec], Results]:
    return {type(spec): ANALYSE[type(spec)](spec, made, DERIVED) for spec in made.analyses}


def values(choice: str) -> list[Any]:
    """Every value that the study file can give a choice."""
    literal, _ = get_args(Conventions.model_fields[choice].annotation)
    return list(get_args(literal))


BY_R = analysed(study())
OTHERS = [
    (choice, value)
    for choice in Conventions.model_fields
    for value in values(choice)
    if value != asdict(CONVENTIONS["r"])[choice]
]


@pytest.mark.parametrize(("choice", "value"), OTHERS)
def test_a_choice_set_alone_is_in_force_and_the_others_stay(choice: str, value: Any) -> None:
    made = study(**{choice: value})
    assert asdict(resolve(made)) == {**asdict(CONVENTIONS["r"]), choice: value}
    assert resolve(under(made, "spss")) == CONVENTIONS["spss"]


@pytest.mark.parametrize(("choice", "value"), OTHERS)
def test_a_choice_changes_the_analyses_that_read_it_and_no_other(choice: str, value: Any) -> None:
    """Of every analysis that is said to read it something changes, or its method says otherwise; of others nothing."""
    for kind, results in analysed(study(**{choice: value})).items():
        is_changed = results.rows != BY_R[kind].rows or results.methods != BY_R[kind].methods
        assert is_changed == (choice in READS[kind]), kind


WHERE = {
    "ties": {"hr.cox", "hr", "p.cox"},
    "survival_ci": {"survival_lower", "curve_upper", "median_lower"},
    "median_ci": {"median_lower", "median_upper", "q1_lower"},
    "means": {"p"},
    "rank_p": {"p.mann_whitney"},
    "quantile": {"q1", "q3"},
}


@pytest.mark.parametrize(("choice", "value"), [pair for pair in OTHERS if pair[0] in WHERE])
def test_a_choice_changes_the_numbers_it_is_about(choice: str, value: Any) -> None:
    changed = {
        row.stat
        for kind, results in analysed(study(**{choice: value})).items()
        for row in results
        if (own := BY_R[kind].get(row.key)) is not None and own.value != row.value
    }
    assert WHERE[choice] & changed
    assert not changed & {
        "n",
        "events",
        "count",
        "mean",
        "p.logrank",
        "curve",
        "survival",
        "median",
        "at_risk",
    }


def test_the_headline_of_a_two_by_two_table_is_the_one_named() -> None:
    """Ten men and ten women, arms of ten: 7 and 3 of 10. Pearson 3.2; Yates (0.5 less) 10 (3 / 5)^2 / 2.5 = 1.8."""
    frame = patients(arm=["test"] * 10 + ["control"] * 10, sex=["m"] * 7 + ["f"] * 3 + ["m"] * 3 + ["f"] * 7)
    spec = {"id": "baseline", "kind": "baseline", "variables": ["sex"]}
    for test, chi2 in (("pearson", 3.2), ("yates", 1.8)):
        made = protocol(spec, variables={"sex": category("Sex", "m", "f")}, conventions={"chi_square": test})
        results = ANALYSE[specs.BaselineAnalysis](made.analyses[0], made, Derived(cohort(frame), {}))
        stats = {row.stat: row.value for row in results if row.group == "between"}
        assert stats[f"statistic.{test}"] == pytest.approx(chi2, rel=1e-12)
        assert stats["p"] == stats[f"p.{test}"]
        (headline,) = [method for method in results.methods if method.subject == "sex"]
        assert headline.parameters["test"] == test


def test_a_larger_table_has_no_yates_and_keeps_pearson() -> None:
    levels = ["a", "b", "c"] * 10
    frame = patients(arm=(["test"] * 15 + ["control"] * 15), grade=levels)
    spec = {"id": "baseline", "kind": "baseline", "variables": ["grade"]}
    made = protocol(
        spec, variables={"grade": category("Grade", "a", "b", "c")}, conventions={"chi_square": "yates"}
    )
    results = ANALYSE[specs.BaselineAnalysis](made.analyses[0], made, Derived(cohort(frame), {}))
    stats = {row.stat: row.value for row in results if row.group == "between"}
    assert "p.yates" not in stats
    assert stats["p"] == stats["p.pearson"]


def test_the_flat_rule_moves_a_median_alone() -> None:
    """Deaths at 2, 4, 6 and 8: S = 0.5 from 4 to 6, so the median is 5 in the middle and 4 at first."""
    frame = patients(arm=["test"] * 4)
    endpoint = times("os", IDS[:4], [2, 4, 6, 8], [1, 1, 1, 1])
    for rule, median in (("midpoint", 5.0), ("first", 4.0)):
        made = protocol(
            {"id": "os", "kind": "survival", "endpoint": "os"},
            arms=("test",),
            reference="test",
            endpoints={"os": OS},
            conventions={"median_flat": rule},
        )
        derived = Derived(cohort(frame), {"os": endpoint})
        row = ANALYSE[specs.SurvivalAnalysis](made.analyses[0], made, derived).get(
            "os/included/test/os//median"
        )
        assert row is not None
        assert row.value == median


def test_discrete_and_marginal_ties_say_that_proportional_hazards_were_not_tested() -> None:
    for ties in ("discrete", "marginal"):
        results = analysed(study(ties=ties))[specs.CoxAnalysis]
        assert not [row for row in results if row.stat == "p.zph"]
        warnings = [text for method in results.methods for text in method.warnings]
        assert f"Proportional hazards were not tested: the test is not defined for {ties} ties." in warnings
