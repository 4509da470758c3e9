"""The summary of two cohorts is the sum of their summaries, in whatever order their patients come."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.summaries.crosstab import Crosstab, crosstab
from calliper.summaries.moments import Moments, ValueCounts, moments, value_counts
from calliper.summaries.risk_table import RiskTable, risk_table, risk_tables

# Days, tenths made by multiplication, and months: the times that cohorts have, near-ties included.
TIMES = st.one_of(
    st.integers(0, 40).map(float),
    st.integers(0, 40).map(lambda k: k * 0.1),
    st.integers(0, 40).map(lambda k: k / 10),
    st.integers(0, 900).map(lambda days: days / 30.4375),
    st.floats(0, 1e6, allow_subnormal=False),
)
PATIENTS = st.lists(st.tuples(TIMES, st.integers(0, 1)), max_size=30)
VALUES = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), max_size=30)
LEVELS = ("CR", "PR", "SD")
PAIRS = st.lists(st.tuples(st.sampled_from([*LEVELS, None]), st.sampled_from(["a", "b", None])), max_size=30)


def table_of(patients: list[tuple[float, int]]) -> RiskTable:
    return risk_table(np.array([t for t, _ in patients]), np.array([e for _, e in patients]))


def crosstab_of(pairs: list[tuple[str | None, str | None]]) -> Crosstab:
    rows, columns = ([pair[i] for pair in pairs] for i in range(2))
    return crosstab(
        pl.Series(rows, dtype=pl.String),
        pl.Series(columns, dtype=pl.String),
        rows=LEVELS,
        columns=["a", "b"],
    )


@given(PATIENTS, PATIENTS, st.randoms(use_true_random=False))
def test_risk_tables_add(a, b, random):
    both = a + b
    random.shuffle(both)
    assert table_of(a) + table_of(b) == table_of(both) == table_of(b) + table_of(a)


@given(PATIENTS)
def test_the_empty_risk_table_changes_nothing(a):
    assert RiskTable() + table_of(a) == table_of(a) == table_of(a) + RiskTable()


@given(VALUES, VALUES)
def test_value_counts_add(a, b):
    assert value_counts(np.array(a)) + value_counts(np.array(b)) == value_counts(np.array(b + a))


@given(PAIRS, PAIRS)
def test_crosstabs_add(a, b):
    assert crosstab_of(a) + crosstab_of(b) == crosstab_of(b + a)


@given(VALUES, VALUES)
def test_moments_add_to_rounding(a, b):
    added, whole = moments(np.array(a)) + moments(np.array(b)), moments(np.array(a + b))
    spread = max((abs(x) for x in a + b), default=0.0)
    assert added.n == whole.n
    assert added.mean == pytest.approx(whole.mean, rel=1e-12, abs=1e-12 * spread)
    assert added.m2 == pytest.approx(whole.m2, rel=1e-10, abs=1e-12 * spread**2)


@given(PATIENTS)
def test_groups_add_up_to_the_cohort(a):
    time, event = np.array([t for t, _ in a]), np.array([e for _, e in a])
    group = np.array(["x" if i % 3 else "y" for i in range(len(a))], dtype=object)
    tables = risk_tables(time, event, group, groups=["y", "x", "nobody"])
    assert list(tables) == ["y", "x", "nobody"]
    assert sum(tables.values(), RiskTable()) == risk_table(time, event)
    assert tables["nobody"] == RiskTable()


def test_sums_of_unlike_crosstabs_are_refused():
    a = Crosstab(("CR",), ("a",), ((1,),))
    with pytest.raises(ValueError, match="levels differ"):
        a + Crosstab(("PR",), ("a",), ((1,),))


def test_moments_and_counts_of_nothing():
    assert moments(np.array([])) == Moments()
    assert value_counts(np.array([])) == ValueCounts()
