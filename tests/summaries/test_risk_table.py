from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from calliper.summaries.risk_table import RiskTable, risk_table, risk_tables
from calliper.summaries.tied_times import time_cells

A = risk_table(pl.Series([6, 9, 13, 18, 22, 30]), pl.Series([1, 0, 1, 1, 0, 1]))


def test_counts_by_hand():
    assert RiskTable((6.0, 9.0, 13.0, 18.0, 22.0, 30.0), (1, 0, 1, 1, 0, 1), (0, 1, 0, 0, 1, 0)) == A
    assert (A.n, A.n_events, A.person_time) == (6, 4, 98.0)
    assert A.at_risk.tolist() == [6, 5, 4, 3, 2, 1]


def test_at_risk_counts_times_at_or_after():
    assert [A.at_risk_at(t) for t in (0, 6, 6.5, 12, 18, 24, 30, 31)] == [6, 6, 5, 4, 3, 1, 1, 0]
    assert [A.events_by(t) for t in (0, 6, 12, 18, 30, 99)] == [0, 1, 1, 3, 4, 4]


def test_near_equal_times_are_one_time():
    table = risk_table(np.array([0.1 * 3, 0.3, 0.7, 0.1 * 7]), np.array([1, 1, 0, 1]))
    assert table == RiskTable((0.3, 0.7), (2, 1), (0, 1))
    assert table.at_risk_at(0.1 * 3) == 4


def test_days_and_months_stay_apart():
    days = np.arange(0, 40_000, dtype=float)
    for unit in (1.0, 7.0, 30.4375, 365.25):
        assert np.unique(time_cells(days / unit)).size == days.size


def test_a_cell_is_kept_under_rounding_of_the_last_digits():
    days = np.arange(1, 20_000, dtype=float)
    for unit in (30.4375, 365.25, 7.0, 12.0):
        months = days / unit
        assert (time_cells(months * (1 + 4e-16)) == time_cells(months)).all()


@pytest.mark.parametrize(
    ("time", "event", "message"),
    [
        ([1, -1], [0, 1], r"time\[1\] is -1"),
        ([1, float("inf")], [0, 1], r"time\[1\] is inf"),
        ([1, None], [0, 1], r"time\[1\] is nan"),
        ([1, 2], [0, 2], r"event\[1\] is 2"),
        ([1, 2], [0, None], r"event\[1\] is nan"),
        ([1, 2], [0], "2 times but 1 event"),
    ],
)
def test_what_is_no_follow_up_is_refused(time, event, message):
    with pytest.raises(ValueError, match=message):
        risk_table(pl.Series(time, dtype=pl.Float64), pl.Series(event, dtype=pl.Int64))


def test_a_patient_of_no_known_group_is_refused():
    with pytest.raises(ValueError, match=r"group\[1\] is 'c'; expected one of 'a', 'b'"):
        risk_tables(pl.Series([1, 2]), pl.Series([1, 1]), pl.Series(["a", "c"]), groups=["a", "b"])
    with pytest.raises(ValueError, match=r"group\[1\] is None; expected one of"):
        risk_tables(pl.Series([1, 2]), pl.Series([1, 1]), pl.Series(["a", None]), groups=["a", "b"])


def test_equal_tables_have_equal_hashes():
    minus, plus = (RiskTable(np.array([zero]), np.array([1]), np.array([0])) for zero in (-0.0, 0.0))
    assert minus == plus
    assert hash(minus) == hash(plus)


@pytest.mark.parametrize(
    "time",
    [
        pl.Series(["2020-01-01", "2021-01-01"]).str.to_date(),
        pl.Series([1, 2]).cast(pl.Duration("ms")),
        pl.Series(["1", "2"]),
        np.array(["1", "2"]),
        np.array([1 + 2j, 2]),
    ],
)
def test_dates_spans_and_texts_are_no_times(time):
    with pytest.raises(ValueError, match=r"time holds .*, not numbers"):
        risk_table(time, np.array([1, 0]))


@pytest.mark.parametrize("count", [[1e19, 1.0], [2**62, 2**62]])
def test_more_patients_than_can_be_counted_are_refused(count):
    with pytest.raises(ValueError, match="count adds up to"):
        risk_table(np.array([5, 6]), np.array([1, 0]), count=np.array(count))


def test_a_table_holds_counts_in_order_and_nobody_can_write_to_it():
    for times, events in (([2.0, 1.0], [1, 1]), ([1.0, 1.0], [1, 1]), ([1.0, float("nan")], [1, 1])):
        with pytest.raises(ValueError, match="expected finite ones, each later than the last"):
            RiskTable(times, events, [0, 0])
    with pytest.raises(ValueError, match="below zero"):
        RiskTable([1.0, 2.0], [1, -1], [0, 0])
    times = np.array([1.0, 2.0])
    table = RiskTable(times, [1, 1], [0, 0])
    times[0] = 9.0
    assert table == RiskTable([1.0, 2.0], [1, 1], [0, 0])
    with pytest.raises(ValueError, match="read-only"):
        table.times[0] = 9.0


def test_levels_are_a_list_that_has_each_once():
    for groups in (["a", "a", "b"], "ab"):
        with pytest.raises(ValueError, match="expected a list that has each once"):
            risk_tables(np.array([1, 2]), np.array([1, 1]), pl.Series(["a", "b"]), groups=groups)
