"""Where the data cannot support a method, its failure is a sentence and no number stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from analyses.hand_cohort import OS, analyse, category, failures, number, patients, protocol, times, value
from calliper.results import Results

SURVIVAL = {"id": "os", "kind": "survival", "endpoint": "os"}


def _survival(arm: Sequence[str], time: Sequence[Any], event: Sequence[Any], **spec: Any) -> Results:
    frame = patients(arm=arm)
    endpoint = times("os", frame["patient"].to_list(), time, event)
    return analyse(protocol({**SURVIVAL, **spec}, endpoints={"os": OS}), frame, endpoint)


def _cox(
    factors: Sequence[str],
    variables: dict[str, Any],
    *,
    models: Sequence[dict[str, Any]] = (),
    references: dict[str, str] | None = None,
    **columns: Any,
) -> Results:
    """Twelve patients, nine events."""
    frame = patients(arm=["test", "control"] * 6, **columns)
    time, event = [5, 3, 8, 9, 2, 12, 7, 15, 11, 20, 14, 1], [1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1]
    endpoint = times("os", frame["patient"].to_list(), time, event)
    spec: dict[str, Any] = {"id": "cox", "kind": "cox", "endpoint": "os", "factors": list(factors)}
    spec |= {"models": list(models), "references": references or {}}
    return analyse(protocol(spec, variables=variables, endpoints={"os": OS}), frame, endpoint)


X = [1.0, 4.0, 2.0, 2.0, 5.0, 1.0, 3.0, 2.0, 2.0, 1.0, 3.0, 4.0]


def test_one_arm_only() -> None:
    found = _survival(["test"] * 4, [1, 2, 3, 4], [1, 1, 0, 1])
    assert failures(found)["logrank", ""] == "no log-rank test: fewer than two groups have patients"
    assert failures(found)["cox", ""].startswith("no hazard ratio for the arm")
    # S is 0.5 from 2 to 4; its midpoint is the median.
    assert value(found, "os/included/test/os//median") == 3
    assert value(found, "os/included/control/os//n") == 0
    assert not [row for row in found if row.group in {"between", "test vs control"}]

    study = protocol(
        {"id": "baseline", "kind": "baseline", "variables": ["x"]},
        variables={"x": number("x")},
        arms=("control",),
    )
    found = analyse(study, patients(arm=["control"] * 3, x=[1.0, 2.0, 3.0]))
    assert failures(found) == {("headline", ""): "no test between arms: only one arm has patients"}


def test_no_events() -> None:
    found = _survival(["test"] * 2 + ["control"] * 2, [1, 2, 3, 4], [0, 0, 0, 0])
    sentences = failures(found)
    assert sentences["summary", "os test"] == "no median: no deaths among the 2 patients of TEST"
    assert "no event" in sentences["logrank", ""]
    assert "no event" in sentences["cox", ""]
    row = found.get("os/included/test/os//median")
    assert row is not None
    assert row.value is None


def test_nobody_has_a_time() -> None:
    found = _survival(["test", "control"], [None, None], [None, None])
    assert value(found, "os/included/overall/os//n") == 0
    (summary, *_) = found.methods
    assert (summary.n_used, summary.n_excluded) == (0, 2)
    assert summary.why_excluded == "no time: time not recorded (2)"


def test_patients_without_a_time_are_left_out_and_counted() -> None:
    found = _survival(["test", "test", "control", "control"], [3, None, 5, 4], [1, None, 1, 0])
    (summary, *_) = found.methods
    assert (summary.n_used, summary.n_excluded, summary.why_excluded) == (
        3,
        1,
        "no time: time not recorded (1)",
    )
    assert value(found, "os/included/test/os//n") == 1


def test_survival_after_the_last_follow_up() -> None:
    found = _survival(["test", "test", "control", "control"], [3, 6, 5, 14], [1, 0, 1, 0], at=[4, 12])
    assert (
        failures(found)["summary", "os test at 12"]
        == "no survival at 12 months: the follow-up of TEST ends before"
    )
    assert found.get("os/included/test/os//survival@12") is None
    assert value(found, "os/included/test/os//survival@4") == 0.5


def test_separation_names_the_factor() -> None:
    """Every event is in the test arm."""
    found = _survival(["test"] * 3 + ["control"] * 3, [1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0])
    assert failures(found)["cox", ""].startswith("no finite hazard ratio for the arm: TEST")
    assert not [row for row in found if row.stat == "hr.cox"]


def test_constant_covariate() -> None:
    found = _cox(["x"], {"x": number("Platelets")}, x=[3.0] * 12)
    assert "Platelets" in failures(found)["summary", "univariable x"]
    found = _cox(["c"], {"c": category("Cirrhosis", "Y", "N")}, c=["N"] * 12)
    assert failures(found)["summary", "univariable c"] == (
        "no hazard ratio for Cirrhosis: every patient has the same level, N"
    )
    assert not found.of("cox")


def test_collinear_covariates() -> None:
    model = {"id": "both", "label": "Both", "factors": ["x", "y"]}
    variables = {"x": number("Platelets"), "y": number("Twice platelets")}
    found = _cox(["x", "y"], variables, models=[model], x=X, y=[2 * x for x in X])
    assert failures(found) == {
        ("summary", "both"): (
            "no Cox model: Twice platelets is determined by Platelets; leave one of them out"
        )
    }
    assert value(found, "cox/included/univariable/x//coefficient") == pytest.approx(
        2 * value(found, "cox/included/univariable/y//coefficient")
    )


def test_reference_level_without_patients() -> None:
    """A declared reference must have patients; the default is the first level that has."""
    columns: dict[str, Any] = {
        "variables": {"c": category("Child-Pugh class", "A", "B", "C")},
        "c": ["B", "C", "C", "B"] * 3,
    }
    found = _cox(["c"], **columns)
    assert value(found, "cox/included/univariable/c/B/reference") == 1
    assert not failures(found)
    found = _cox(["c"], references={"c": "A"}, **columns)
    assert failures(found)["summary", "univariable c"] == (
        "no hazard ratio for Child-Pugh class: no patient has its reference level, A"
    )


def test_unused_level_is_left_out_with_a_warning() -> None:
    levels = ["A", "B", "A", "A", "B", "B", "A", "B", "A", "B", "A", "A"]
    found = _cox(["c"], {"c": category("Child-Pugh class", "A", "B", "C")}, c=levels)
    (method,) = [method for method in found.methods if method.subject == "univariable c"]
    assert "Child-Pugh class: levels without patients were left out: C." in method.warnings
    assert value(found, "cox/included/univariable/c/C/n") == 0
    assert value(found, "cox/included/univariable/c/A/reference") == 1
    assert value(found, "cox/included/univariable/c//df.factor") == 1


def test_no_factor_passes_the_screen() -> None:
    screen = {"id": "screened", "label": "Screened", "p_below": 0.0001}
    found = _cox(["x"], {"x": number("Platelets")}, models=[screen], x=X)
    assert failures(found)["summary", "screened"] == "no model: no factor had P < 0.0001 alone"
    assert not [row for row in found if row.group == "screened"]


def test_screen_keeps_the_factors_below_its_bound() -> None:
    screen = {"id": "screened", "label": "Screened", "p_below": 0.5}
    noise = [2.0, 2.1, 2.0, 2.1, 2.1, 2.0, 2.0, 2.1, 2.1, 2.0, 2.1, 2.0]
    variables = {"x": number("Platelets"), "noise": number("Noise"), "same": number("Same")}
    found = _cox(["x", "noise", "same"], variables, models=[screen], x=X, noise=noise, same=[1.0] * 12)
    alone = {name: value(found, f"cox/included/univariable/{name}//p.factor") for name in ("x", "noise")}
    kept = {name for name, p in alone.items() if p < 0.5}
    assert kept == {row.variable for row in found if row.group == "screened"} - {""}
    assert 0 < len(kept) < 2
    (method,) = [method for method in found.methods if method.subject == "screened"]
    assert "Not considered, because no univariable fit was possible: Same." in method.warnings
    few = "9 events for 1 parameter, fewer than 10 for each: estimates may be unstable."
    assert few in method.warnings


def test_complete_cases_are_counted_fit_by_fit() -> None:
    model = {"id": "both", "label": "Both", "factors": ["x", "arm"]}
    found = _cox(["x", "arm"], {"x": number("Platelets")}, models=[model], x=[None, *X[1:]])
    assert value(found, "cox/included/univariable/arm//n") == 12
    assert value(found, "cox/included/both///n") == 11
    methods = {method.subject: method for method in found.methods}
    assert methods["both"].why_excluded == "not recorded: Platelets (1)"
    assert methods["univariable arm"].n_excluded == 0
    assert value(found, "cox/included/univariable/arm/control/reference") == 1
    assert found.get("cox/included/univariable/arm/test/hr") is not None
