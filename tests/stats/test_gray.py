from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.gray import gray_test, stratified_gray_test
from calliper.summaries.cause_table import CauseTable, cause_table, cause_tables
from stats.competing_cases import CASES, causes, columns

ARM = st.lists(
    st.tuples(st.integers(1, 15).map(float), st.sampled_from(["pd", "death", "censored"])),
    min_size=3,
    max_size=25,
)


def table_of(patients: list[tuple[float, str]]) -> CauseTable:
    time = np.array([t for t, _ in patients])
    return cause_table(time, np.array([c for _, c in patients], dtype=object), causes=["pd", "death"])


@pytest.mark.parametrize("case", CASES)
def test_cmprsk(case):
    data, names = columns(case), causes(case)
    groups = sorted(set(data["group"].tolist()))

    def tables(keep: np.ndarray) -> dict[str, CauseTable]:
        kept = {name: column[keep] for name, column in data.items()}
        return cause_tables(kept["time"], kept["cause"], kept["group"], causes=names, groups=groups)

    whole = tables(np.ones(data["time"].size, dtype=bool))
    strata = [tables(data["stratum"] == name) for name in sorted(set(data["stratum"].tolist()))]
    for row, cause in enumerate(names):
        for theirs, ours in (
            (case["gray"], gray_test(whole, cause)),
            (case["gray_rho"], gray_test(whole, cause, rho=1)),
            (case["gray_strata"], stratified_gray_test(strata, cause)),
        ):
            assert (ours.chi2, ours.df, ours.p) == pytest.approx(
                (theirs["stat"][row], theirs["df"][row], theirs["p"][row]), rel=1e-10
            )


def test_the_score_by_hand():
    # a: pd 1, death 2, pd 4. b: death 1, pd 3, pd 4+. At 1: one event, 3 of 6. At 3 a has 1 left of S = 1/3 and
    # F = 1/3, so R = 1 x (2/3) / (1/3) = 2; b has 2 left of S = 2/3 and F = 0, so R = 3. At 4 a has R = 2 again;
    # b, with S = 1/3 and F = 1/3, has R = 1 x (2/3) / (1/3) = 2.
    a, b = (
        table_of([(1, "pd"), (2, "death"), (4, "pd")]),
        table_of([(1, "death"), (3, "pd"), (4, "censored")]),
    )
    test = gray_test({"a": a, "b": b}, "pd")
    assert test.observed == (2, 1)
    assert test.expected == pytest.approx((1 / 2 + 2 / 5 + 1 / 2, 1 / 2 + 3 / 5 + 1 / 2), rel=1e-14)


@given(ARM, ARM, ARM)
def test_the_names_and_order_of_arms_do_not_matter(a, b, c):
    arms = [table_of(arm) for arm in (a, b, c)]
    try:
        one = gray_test(dict(zip("xyz", arms)), "pd")
    except CannotEstimate:
        return
    assert sum(one.observed) == pytest.approx(sum(one.expected))
    if np.linalg.cond(np.array(one.variance)[:2, :2]) > 1e6:
        return
    two = gray_test(dict(zip("pqr", arms[::-1])), "pd")
    assert (one.chi2, one.df) == pytest.approx((two.chi2, two.df), rel=1e-6, abs=1e-9)


@given(ARM, ARM)
def test_strata_of_one_cohort_twice_add_up(a, b):
    tables = {"a": table_of(a), "b": table_of(b)}
    try:
        one = gray_test(tables, "pd")
    except CannotEstimate:
        return
    assert stratified_gray_test([tables, tables], "pd").chi2 == pytest.approx(2 * one.chi2, abs=1e-12)


def test_an_arm_without_anybody_is_left_out():
    a, b = (
        table_of([(1, "pd"), (2, "death"), (4, "pd")]),
        table_of([(1, "death"), (3, "pd"), (4, "censored")]),
    )
    nobody = CauseTable(("pd", "death"), (), ((), ()), ())
    three, two = gray_test({"a": a, "b": b, "c": nobody}, "pd"), gray_test({"a": a, "b": b}, "pd")
    assert (three.chi2, three.df) == (pytest.approx(two.chi2), 1)


def test_a_stratum_without_event_adds_nothing():
    a, b = (
        table_of([(1, "pd"), (2, "death"), (4, "pd")]),
        table_of([(1, "death"), (3, "pd"), (4, "censored")]),
    )
    left = table_of([(2, "censored"), (5, "censored")])
    assert stratified_gray_test([{"a": left, "b": left}, {"a": a, "b": b}], "pd") == gray_test(
        {"a": a, "b": b}, "pd"
    )


def test_gray_tests_that_cannot_be_made():
    a = table_of([(1, "pd"), (2, "death"), (4, "pd")])
    died = table_of([(1, "death"), (3, "censored")])
    with pytest.raises(CannotEstimate, match="no event of cause 'pd' in any group"):
        gray_test({"a": died, "b": died}, "pd")
    with pytest.raises(CannotEstimate, match="no event of cause 'pd' in any group"):
        gray_test({"a": table_of([(1, "censored")]), "b": table_of([(3, "censored")])}, "pd")
    with pytest.raises(CannotEstimate, match="too few events of cause 'pd' with two groups at risk"):
        gray_test({"a": a, "b": table_of([(0.5, "censored")])}, "pd")
    with pytest.raises(ValueError, match="same two or more groups"):
        gray_test({"a": a}, "pd")
    with pytest.raises(ValueError, match="cause is 'relapse'"):
        gray_test({"a": a, "b": died}, "relapse")
