"""What must not change results: the order of rows, the names of arms, every patient counted twice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from analyses.hand_cohort import (
    OS,
    analyse,
    category,
    number,
    patients,
    protocol,
    responses,
    times,
    toxicities,
    value,
)
from calliper.results import Results

VARIABLES = {"age": number("Age", "years"), "stage": category("Stage", "I", "II", "III")}
ENDPOINTS: Mapping[str, Any] = {
    "os": OS,
    "best": {
        "kind": "response",
        "label": "Response",
        "criteria": "RECIST 1.1",
        "landmarks": {"m1": {"label": "1 month", "only_record": True}},
    },
    "events": {
        "kind": "toxicity",
        "label": "Adverse events",
        "dictionary": "CTCAE",
        "version": "5.0",
        "terms": {"fever": {"label": "Fever", "values": ["Fever"]}},
    },
}
SPECS: dict[str, dict[str, Any]] = {
    "baseline": {"kind": "baseline", "variables": ["age", "stage"]},
    "response": {"kind": "response", "endpoint": "best"},
    "survival": {"kind": "survival", "endpoint": "os", "at": [6, 12]},
    "cox": {
        "kind": "cox",
        "endpoint": "os",
        "factors": ["arm", "age", "stage"],
        "models": [{"id": "full", "label": "All", "factors": ["arm", "age", "stage"]}],
    },
    "safety": {"kind": "safety", "endpoint": "events", "any_event": True},
}


def _draw(n: int = 60) -> dict[str, list[Any]]:
    """A cohort of `n` with missing values, ties and censoring."""
    draw = np.random.default_rng(20210214)
    age = draw.normal(60, 10, n).round(1)
    # Whole months make ties; beyond 30 nobody is followed.
    time = np.minimum(np.ceil(draw.exponential(14, n)), 30)
    return {
        "arm": draw.choice(["test", "control"], n).tolist(),
        "age": [None if missing else value for value, missing in zip(age.tolist(), draw.random(n) < 0.1)],
        "stage": draw.choice(np.array(["I", "II", "III", None], dtype=object), n).tolist(),
        "time": [None if missing else value for value, missing in zip(time.tolist(), draw.random(n) < 0.05)],
        "event": ((time < 30) & (draw.random(n) < 0.7)).astype(int).tolist(),
        "response": draw.choice(["CR", "PR", "SD", "PD", "NE"], n).tolist(),
        "grade": draw.choice([0, 0, 1, 2, 3], n).tolist(),
    }


def _results(
    kind: str, columns: Mapping[str, Sequence[Any]], names: Mapping[str, str] | None = None
) -> Results:
    names = names or {"test": "test", "control": "control"}
    frame = patients(
        arm=[names[arm] for arm in columns["arm"]],
        age=pl.Series(columns["age"], dtype=pl.Float64).to_list(),
        stage=columns["stage"],
    )
    ids = frame["patient"].to_list()
    events = [
        None if time is None else event for time, event in zip(columns["time"], columns["event"], strict=True)
    ]
    study = protocol(
        {"id": kind, **SPECS[kind]},
        arms=tuple(names.values()),
        reference=names["control"],
        variables=VARIABLES,
        endpoints=ENDPOINTS,
        convention="sas",
    )
    graded = [
        (patient, "fever", grade, grade > 0, 2) for patient, grade in zip(ids, columns["grade"], strict=True)
    ]
    return analyse(
        study,
        frame,
        times("os", ids, columns["time"], events),
        responses("best", ids, {"m1": columns["response"]}),
        toxicities("events", graded),
    )


def _same(found: Results, expected: Mapping[str, float | None]) -> None:
    assert {row.key for row in found} == set(expected)
    for row in found:
        if expected[row.key] is None:
            assert row.value is None, row.key
        else:
            assert row.value == pytest.approx(expected[row.key], rel=1e-9, abs=1e-12), row.key


@pytest.mark.parametrize("kind", SPECS)
def test_order_of_rows(kind: str) -> None:
    columns = _draw()
    order = np.random.default_rng(7).permutation(len(columns["arm"]))
    shuffled = {name: [held[i] for i in order] for name, held in columns.items()}
    _same(_results(kind, shuffled), {row.key: row.value for row in _results(kind, columns)})


@pytest.mark.parametrize("kind", SPECS)
def test_names_of_arms(kind: str) -> None:
    columns = _draw()
    renamed = {"test": "zeta", "control": "alpha"}
    expected = {
        row.key.replace("test", "zeta").replace("control", "alpha"): row.value
        for row in _results(kind, columns)
    }
    _same(_results(kind, columns, renamed), expected)


@pytest.mark.parametrize("kind", SPECS)
def test_everyone_twice(kind: str) -> None:
    """Counts and chi-square double; proportions, means, curves and Breslow's hazard ratios stay."""
    columns = _draw()
    once = _results(kind, columns)
    twice = _results(kind, {name: [*held, *held] for name, held in columns.items()})
    doubled = {
        "n",
        "missing",
        "count",
        "events",
        "censored",
        "unknown",
        "at_risk",
        "person_time",
        "censored_here",
    }
    doubled |= {
        "cumulative_events",
        "cumulative_censored",
        "statistic.pearson",
        "min_expected",
        "observed.logrank",
    }
    kept = {"proportion", "mean", "median", "min", "max", "curve", "survival", "hr", "coefficient", "hr.cox"}
    kept |= {"concordance", "difference", "smd"}
    compared = 0
    for row in once:
        if row.value is None or row.stat not in doubled | kept:
            continue
        # The sample variance divides by n - 1, so that a mean difference changes a little in its units.
        if row.stat == "smd" and row.variable == "age":
            continue
        factor = 2 if row.stat in doubled else 1
        found = value(twice, row.key)
        rel = 1e-6 if row.stat in {"hr", "coefficient", "hr.cox"} else 1e-9
        assert found == pytest.approx(factor * row.value, rel=rel, abs=1e-12), row.key
        compared += 1
    assert compared > 10


@pytest.mark.parametrize("kind", SPECS)
def test_keys_are_unique_and_values_are_numbers(kind: str) -> None:
    found = _results(kind, _draw())
    assert len({row.key for row in found}) == len(found)
    assert all(row.value is None or math.isfinite(row.value) for row in found)
    assert all(method.sentence.endswith((".", ":")) for method in found.methods)


def test_parts_add_up() -> None:
    columns = _draw()
    sizes = {arm: columns["arm"].count(arm) for arm in ("test", "control")} | {"overall": 60}
    found = _results("baseline", columns)
    for group, size in sizes.items():
        for variable in ("age", "stage"):
            here = f"baseline/included/{group}/{variable}//"
            assert value(found, here + "n") + value(found, here + "missing") == size
        levels = [f"baseline/included/{group}/stage/{level}/count" for level in ("I", "II", "III")]
        assert sum(value(found, key) for key in levels) == value(found, f"baseline/included/{group}/stage//n")
    found = _results("survival", columns)
    for group in sizes:
        n, events, censored = (
            value(found, f"survival/included/{group}/os//{stat}") for stat in ("n", "events", "censored")
        )
        assert n == events + censored
        if group != "overall":
            at_risk, happened, left = (
                value(found, f"survival/included/{group}/os//{stat}@12")
                for stat in ("at_risk", "cumulative_events", "cumulative_censored")
            )
            # Those whose time is exactly 12 are both at risk at 12 and gone by 12.
            own = [t for t, arm in zip(columns["time"], columns["arm"], strict=True) if arm == group]
            assert at_risk + happened + left == n + own.count(12)
    found = _results("cox", columns)
    levels = [f"cox/included/univariable/stage/{level}/n" for level in ("I", "II", "III")]
    assert sum(value(found, key) for key in levels) == value(found, "cox/included/univariable/stage//n")


def test_baseline_of_two_centres_is_the_sum_of_theirs() -> None:
    """Counts of a cohort are the sums of the counts of its halves."""
    columns = _draw()
    halves = [{name: held[part] for name, held in columns.items()} for part in (slice(0, 30), slice(30, 60))]
    whole, *parts = (_results("baseline", held) for held in (columns, *halves))
    for row in whole:
        if row.stat in {"n", "missing", "count"}:
            assert row.value == sum(value(part, row.key) for part in parts), row.key
