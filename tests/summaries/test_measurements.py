from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from calliper.errors import CannotEstimate
from calliper.summaries.crosstab import Crosstab, crosstab
from calliper.summaries.moments import Moments, ValueCounts, moments, value_counts
from stats.r_fixture import R


def test_a_crosstab_by_hand():
    response = pl.Series(["CR", "CR", "PD", None, "SD"])
    arm = pl.Series(["a", "b", "b", "a", None], dtype=pl.Categorical)
    table = crosstab(response, arm, rows=["CR", "SD", "PD"], columns=["a", "b"])
    assert table == Crosstab(("CR", "SD", "PD"), ("a", "b"), ((1, 1), (0, 0), (0, 1)))
    assert (table.row_totals, table.column_totals, table.total) == ((2, 0, 1), (1, 2), 3)
    assert table.array().shape == (3, 2)


def test_an_undeclared_level_is_refused():
    with pytest.raises(ValueError, match="'NE' is not one of the levels 'CR', 'PD'"):
        crosstab(pl.Series(["NE"]), pl.Series(["a"]), rows=["CR", "PD"], columns=["a"])
    with pytest.raises(ValueError, match="declared twice"):
        crosstab(pl.Series(["CR"]), pl.Series(["a"]), rows=["CR", "CR"], columns=["a"])
    with pytest.raises(ValueError, match="1 row values but 2 column values"):
        crosstab(pl.Series(["CR"]), pl.Series(["a", "a"]), rows=["CR"], columns=["a"])


def test_null_is_left_out_and_nan_refused():
    assert moments(pl.Series([1.0, None, 3.0])) == Moments(2, 2.0, 2.0)
    assert value_counts(pl.Series([1.0, None, 3.0])).n == 2
    with pytest.raises(ValueError, match=r"values\[1\] is nan"):
        moments(pl.Series([1.0, float("nan")]))


def test_one_value_has_no_deviation():
    with pytest.raises(CannotEstimate, match="1 known value, two are needed"):
        _ = moments(pl.Series([5.0])).sd


@pytest.mark.parametrize("case", R["two_groups"])
@pytest.mark.parametrize("kind", [6, 7])
def test_quantiles_of_r(case, kind):
    counts = value_counts(pl.Series(case["a"], dtype=pl.Float64))
    found = [counts.quantile(p, kind=kind) for p in (0.1, 0.25, 0.5, 0.75, 0.9)]
    assert found == pytest.approx(case[f"quantiles_{kind}"], rel=1e-13)
    assert (counts.minimum, counts.maximum) == (min(case["a"]), max(case["a"]))


def test_quantiles_that_do_not_exist():
    with pytest.raises(CannotEstimate, match="no value is known"):
        value_counts(pl.Series([], dtype=pl.Float64)).quantile(0.5)
    with pytest.raises(ValueError, match="p is 50"):
        value_counts(pl.Series([1.0])).quantile(50)


def test_values_too_large_to_square_are_refused():
    for values in ([1e200, -1e200], [1e308, 1e308, 1e308]):
        with pytest.raises(ValueError, match="change the unit"):
            moments(np.array(values))


def test_counts_of_values_are_in_order():
    with pytest.raises(ValueError, match="each above the last"):
        ValueCounts([2.0, 1.0], [1, 1])
    with pytest.raises(ValueError, match="expected zero or more"):
        ValueCounts([1.0, 2.0], [1, -1])
