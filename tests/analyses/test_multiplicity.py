"""Secondary tests adjusted for their number, against Holm's and Hochberg's steps by hand."""

from __future__ import annotations

import itertools

import pytest

from calliper.analyses.multiplicity import analyse_multiplicity
from calliper.protocol.specs import Multiplicity, Protocol
from calliper.results import Results, Row
from displays import hand_results

P = {"month_1 ORR": 0.8085, "month_1 DCR": 0.4953, "month_3 ORR": 0.0364, "month_3 DCR": 0.0612}
"""Fisher's P values of the rates of a published table of 42 and 48 patients."""
HOLM = {"month_1 ORR": 0.9906, "month_1 DCR": 0.9906, "month_3 ORR": 0.1456, "month_3 DCR": 0.1836}
"""4 x 0.0364; 3 x 0.0612; 2 x 0.4953; and 0.8085 below that one, which it takes."""
HOCHBERG = {"month_1 ORR": 0.8085, "month_1 DCR": 0.8085, "month_3 ORR": 0.1456, "month_3 DCR": 0.1836}


def _study(secondary: list[str], method: str = "holm") -> Protocol:
    held = {"primary": "os", "secondary": secondary, "method": method}
    return hand_results.protocol().model_copy(update={"multiplicity": Multiplicity.model_validate(held)})


def _made(lost: str = "") -> Results:
    rows = [
        Row("response", "evaluable", "between", *name.split(), "p", p)
        for name, p in P.items()
        if name != lost
    ]
    return Results((*rows, Row("os", "included", "between", "os", "", "p.logrank", 0.02)), ())


def _adjusted(secondary: list[str], made: Results, method: str = "holm") -> dict[str, float | None]:
    found = analyse_multiplicity(_study(secondary, method), made)
    assert all(row.stat == f"p.{method}" and row.group == "secondary" for row in found)
    return {row.level: row.value for row in found}


@pytest.mark.parametrize(("method", "expected"), [("holm", HOLM), ("hochberg", HOCHBERG)])
def test_the_family_is_adjusted_in_any_order(method: str, expected: dict[str, float]) -> None:
    for order in itertools.permutations(P):
        found = _adjusted([f"response {name}" for name in order], _made(), method)
        assert list(found) == list(order)
        assert found == pytest.approx(expected)


def test_a_test_that_could_not_be_made_counts_as_one() -> None:
    names = [f"response {name}" for name in P]
    found = analyse_multiplicity(_study(names), _made(lost="month_3 DCR"))
    # without the second: 4 x 0.0364, then 3 x 0.4953 = 1.4859 and whatever follows are 1
    assert {row.level: row.value for row in found} == pytest.approx(
        {"month_1 ORR": 1.0, "month_1 DCR": 1.0, "month_3 ORR": 0.1456}
    )
    (method,) = found.methods
    assert method.warnings == (
        "The test of 'response month_3 DCR' could not be made; among the secondary tests it counts as P = 1.",
    )


def test_the_primary_test_is_not_adjusted_and_nothing_is_without_the_key() -> None:
    assert len(analyse_multiplicity(_study([]), _made())) == 0
    assert len(analyse_multiplicity(hand_results.protocol(), _made())) == 0
    assert len(analyse_multiplicity(_study([]), _made()).methods) == 0
