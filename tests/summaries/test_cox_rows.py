"""The rows of a Cox model: held compactly, added, sorted into runs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.kernels import KERNELS
from calliper.summaries.cox_rows import CoxRows, cox_rows, gathered
from calliper.summaries.risk_set_sums import risk_set_sums
from calliper.summaries.sorted_rows import _compared, _counted, sorted_rows

NAMES = ["arm", "age", "score"]
TIMES = st.one_of(
    st.integers(0, 30).map(float),
    st.integers(0, 30).map(lambda k: k * 0.1),
    st.integers(0, 30).map(lambda k: k / 10),
)
PATIENTS = st.lists(
    st.tuples(
        TIMES,
        st.integers(0, 1),
        st.integers(0, 1),
        st.integers(-40, 90),
        st.sampled_from([0.0, 1.0, 2.0, 7.0]),
        st.sampled_from("ab"),
    ),
    max_size=25,
)


def frame(patients, **changes):
    held = pl.DataFrame(
        patients,
        schema={
            "time": pl.Float64,
            "event": pl.Int8,
            "arm": pl.UInt8,
            "age": pl.Int32,
            "score": pl.Float64,
            "centre": pl.String,
        },
        orient="row",
    )
    return held.with_columns(**changes)


def rows_of(held: pl.DataFrame, **options) -> CoxRows:
    return cox_rows(held, time="time", event="event", covariates=NAMES, **options)


def by_centre(held: pl.DataFrame) -> CoxRows:
    return rows_of(held, stratum="centre", strata=["a", "b"])


@given(PATIENTS, PATIENTS, st.randoms(use_true_random=False))
def test_rows_add(a, b, random):
    both = a + b
    random.shuffle(both)
    for made in (rows_of, by_centre):
        assert made(frame(a)) + made(frame(b)) == made(frame(both)) == made(frame(b)) + made(frame(a))


@given(PATIENTS)
def test_covariates_come_back(patients):
    held = frame(patients)
    assert np.array_equal(rows_of(held).matrix(), held.select(NAMES).to_numpy().astype(float))


def test_values_that_are_not_whole_or_too_many_are_kept_as_they_are():
    held = frame([(3, 1, 0, 5, 1, "a"), (4, 0, 1, 7, 2, "b")])
    coded = rows_of(held)
    assert coded.values is None
    assert coded.pattern is not None
    for change in (pl.lit(0.5), pl.Series([0, 1_000_000])):
        other = rows_of(held.with_columns(score=change))
        assert other.pattern is None
        assert (other + coded).matrix()[2:].tolist() == coded.matrix().tolist()
        assert other + coded == coded + other


@given(PATIENTS.filter(bool))
def test_runs_go_by_stratum_then_from_the_last_time(patients):
    held = by_centre(frame(patients))
    found = sorted_rows(held)
    sizes = np.diff(found.starts).reshape(-1, 2)
    cell = {round(time * 10) for time, *_ in patients}
    assert len(sizes) <= 2 * len(cell)
    expected = sorted(
        ((centre, -round(time * 10), -event) for time, event, *_, centre in patients),
    )
    blocks = sorted({key[:2] for key in expected})
    assert sizes.tolist() == [[expected.count((*block, -1)), expected.count((*block, 0))] for block in blocks]
    assert found.events.tolist() == sizes[:, 0].tolist()
    assert found.fresh.tolist() == [i == 0 or blocks[i - 1][0] != block[0] for i, block in enumerate(blocks)]
    # Each row's entries add up to its covariates.
    matrix = found.high[found.rows >> 16] + found.low[found.rows & 0xFFFF]
    assert sorted(matrix.tolist()) == sorted(held.matrix().tolist())
    middle = np.array([0.5, 40.0, 2.0])
    high, low = found.less(middle)
    assert np.allclose(high[found.rows >> 16] + low[found.rows & 0xFFFF], matrix - middle)


def test_sorting_and_counting_agree():
    rng = np.random.default_rng(5)
    held = pl.DataFrame(
        {"time": rng.integers(0, 40, 300), "event": rng.integers(0, 2, 300), "x": rng.integers(0, 3, 300)}
    )
    rows = cox_rows(held, time="time", event="event", covariates=["x"])
    order, sizes, fresh = _counted(rows, KERNELS)
    again, same_sizes, same_fresh = _compared(rows)
    assert (sizes == same_sizes).all()
    assert (fresh == same_fresh).all()
    starts = np.concatenate([[0], np.cumsum(sizes.ravel())])
    for first, last in pairwise(starts):
        assert sorted(order[first:last]) == sorted(again[first:last])


def test_times_too_far_apart_for_one_number_are_sorted_all_the_same():
    rng = np.random.default_rng(2)
    time = np.concatenate([rng.random(40) * 1e-300, rng.random(40), rng.random(40) * 1e300, [0.0, 0.0]])
    held = pl.DataFrame({"time": time, "event": rng.integers(0, 2, 122), "x": rng.integers(0, 3, 122)})
    rows = cox_rows(
        held.sample(fraction=1, shuffle=True, seed=1), time="time", event="event", covariates=["x"]
    )
    _, sizes, _ = _compared(rows)
    counts = {t: [0, 0] for t in sorted(time, reverse=True)}
    for t, event in held.select("time", "event").iter_rows():
        counts[t][1 - event] += 1
    assert sizes.tolist() == list(counts.values())


def test_counts_stand_for_as_many_patients():
    held = frame(
        [(3, 1, 0, 5, 1, "a"), (4, 0, 1, 7, 2, "b"), (9, 1, 1, 6, 0, "b")], many=pl.Series([2, 0, 3])
    )
    again = frame([(3, 1, 0, 5, 1, "a")] * 2 + [(9, 1, 1, 6, 0, "b")] * 3)
    assert rows_of(held, count="many") == rows_of(again)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": pl.Series([1.0, -2.0])}, r"time\[1\] is -2"),
        ({"time": pl.Series([1, -2])}, r"time\[1\] is -2"),
        ({"time": pl.Series([1.0, None])}, r"time\[1\] is nan"),
        ({"event": pl.Series([1, 2])}, r"event\[1\] is 2; .* subtract 1"),
        ({"time": pl.Series([1, 0]), "event": pl.Series([30, 20])}, "time and event look swapped"),
        ({"age": pl.Series([None, 3])}, r"age\[0\] is null"),
        ({"score": pl.Series([1.0, float("nan")])}, r"score\[1\] is nan"),
        ({"arm": pl.Series(["x", "y"])}, "arm is String; expected numbers or flags"),
        ({"centre": pl.Series(["a", "c"])}, r"centre\[1\] is 'c'; expected one of 'a', 'b'"),
    ],
)
def test_what_is_no_row_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        by_centre(frame([(3, 1, 0, 5, 1, "a"), (4, 0, 1, 7, 2, "b")], **change))


def test_rows_of_other_models_do_not_add():
    held = frame([(3, 1, 0, 5, 1, "a"), (4, 0, 1, 7, 2, "b")])
    with pytest.raises(ValueError, match="covariates or strata differ"):
        rows_of(held) + cox_rows(held, time="time", event="event", covariates=["arm"])
    with pytest.raises(ValueError, match="covariates or strata differ"):
        rows_of(held) + by_centre(held)
    with pytest.raises(ValueError, match="no rows to gather"):
        gathered([])
    with pytest.raises(ValueError, match="no covariate"):
        cox_rows(held, time="time", event="event", covariates=[])


@given(PATIENTS.filter(bool), PATIENTS.filter(bool))
def test_risk_set_sums_add_to_rounding(a, b):
    at, centre = [0.3, -0.02, 0.1], [0.5, 40.0, 2.0]
    parts, whole = (
        [risk_set_sums(by_centre(frame(held)), at, centre=centre) for held in cohort]
        for cohort in ([a, b], [a + b])
    )
    added, whole = parts[0] + parts[1], whole[0]
    for name in ("stratum", "times", "events", "low", "high"):
        assert np.array_equal(getattr(added, name), getattr(whole, name)), name
    for name in ("left", "died", "event_sum"):
        assert getattr(added, name) == pytest.approx(getattr(whole, name), rel=1e-10, abs=1e-9), name


def test_risk_set_sums_by_hand():
    # At b = log 2 of one covariate: patients (2, event, x = 1), (2, censored, x = 0), (5, event, x = 3).
    held = pl.DataFrame({"t": [2, 2, 5], "e": [1, 0, 1], "x": [1, 0, 3]})
    sums = risk_set_sums(cox_rows(held, time="t", event="e", covariates=["x"]), [np.log(2)])
    assert sums.times.tolist() == [5.0, 2.0]
    assert sums.events.tolist() == [1, 1]
    # r = 2^x is 2, 1 and 8: sums of r, r x and r x^2.
    assert sums.left == pytest.approx(np.array([[8, 24, 72], [2 + 1, 2, 2]]), rel=1e-14)
    assert sums.died == pytest.approx(np.array([[8, 24, 72], [2, 2, 2]]), rel=1e-14)
    assert sums.event_sum == pytest.approx([4.0])
    with pytest.raises(ValueError, match="b differ"):
        sums + risk_set_sums(cox_rows(held, time="t", event="e", covariates=["x"]), [0.0])
    with pytest.raises(ValueError, match="expected 1 finite numbers"):
        risk_set_sums(cox_rows(held, time="t", event="e", covariates=["x"]), [np.nan])
