"""The kernels, in NumPy and in C, against loops a reader can check."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.kernels import CompiledKernels, NumpyKernels, Table, is_built

BUILT = pytest.mark.skipif(
    not is_built(), reason="no compiler was found at set-up: the C kernels are not built"
)
KERNELS = [
    pytest.param(NumpyKernels(), id="numpy"),
    pytest.param(CompiledKernels(), id="compiled", marks=BUILT),
]

PATIENTS = st.lists(
    st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 2), st.integers(0, 4)), max_size=40
)
TIMES = [np.float64, np.float32, np.int64, np.int32, np.uint8]


def columns(patients, kind=np.float64):
    time, event, group, pattern = (np.array([row[i] for row in patients]) for i in range(4))
    return time.astype(kind), event.astype(bool), group.astype(np.uint8), pattern.astype(np.int32)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("kind", TIMES)
@given(patients=PATIENTS)
def test_runs_are_counted_and_sorted(kernels, kind, patients):
    time, event, group, pattern = columns(patients, kind)
    counts, rows = kernels.sort_rows(time, event, group, pattern, groups=3, slots=7)
    # Groups in order; in each, from the last time to the first; events before censorings.
    expected = sorted(patients, key=lambda row: (row[2], -row[0], not row[1]))
    assert rows.tolist() == [row[3] for row in expected]
    for g in range(3):
        for t in range(7):
            for e in (True, False):
                held = sum(row[:3] == (t, e, g) for row in patients)
                assert counts[g, 6 - t, 0 if e else 1] == held
    assert (kernels.count_runs(time, event, group, groups=3, slots=7) == counts).all()
    order = kernels.sort_rows(time, event, group, None, groups=3, slots=7)[1]
    assert pattern[order].tolist() == rows.tolist()
    assert order.tolist() == sorted(order, key=lambda i: (group[i], -float(time[i]), not event[i], i))


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("time", [0.5, -1.0, 7.0, math.nan, math.inf])
def test_a_time_that_is_no_slot_is_told(kernels, time):
    times, event = np.array([1.0, time, 2.0]), np.array([True, False, True])
    assert kernels.count_runs(times, event, None, groups=1, slots=7) is None
    assert kernels.sort_rows(times, event, None, None, groups=1, slots=7) is None


def rows_and_table(rng, n, width, form):
    """Rows and their table in one of three forms, and what each row stands for, as weight and entry."""
    if form == "own":
        high = rng.normal(size=(n, width))
        return None, Table(high), np.ones(n), high
    if form == "own, weighted":
        high, weight = rng.normal(size=(n, width)), rng.random(n) + 0.1
        return None, Table(high, weight_high=weight), weight, high
    high, low = rng.normal(size=(5, width)), rng.normal(size=(3, width))
    weights = rng.random(5) + 0.1, rng.random(3) + 0.1
    a, b = rng.integers(0, 5, n), rng.integers(0, 3, n)
    rows = ((a << 16) | b).astype(np.int32)
    return rows, Table(high, low, *weights), weights[0][a] * weights[1][b], high[a] + low[b]


FORMS = ["own", "own, weighted", "named"]


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("width", [1, 3, 4, 11, 12, 17, 24, 25, 40])
@pytest.mark.parametrize("form", FORMS)
def test_entries_are_summed_over_runs(kernels, width, form):
    rng = np.random.default_rng(width)
    starts = np.concatenate([[0], np.cumsum(rng.integers(0, 4, 30))])
    n, value = int(starts[-1]), rng.normal(size=30)
    rows, table, weight, entry = rows_and_table(rng, n, width, form)
    sums, squares, spread = np.zeros((30, width)), np.zeros((30, width, width)), {}
    for run in range(30):
        for i in range(starts[run], starts[run + 1]):
            sums[run] += weight[i] * entry[i]
            squares[run] += weight[i] * np.outer(entry[i], entry[i])
            place = i if rows is None else (rows[i] >> 16) * 3 + (rows[i] & 0xFFFF)
            spread[place] = spread.get(place, 0.0) + value[run]
    assert kernels.gather(rows, starts, table) == pytest.approx(sums, rel=1e-12, abs=1e-13)
    assert kernels.squares(rows, starts, table) == pytest.approx(squares, rel=1e-12, abs=1e-12)
    high, low = (n, 1) if rows is None else (5, 3)
    found = kernels.spread(rows, starts, value, high=high, low=low)
    assert found == pytest.approx(
        [spread.get(place, 0.0) for place in range(high * low)], rel=1e-12, abs=1e-14
    )


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("efron", [True, False])
@pytest.mark.parametrize("width", [2, 4, 12, 26])
@pytest.mark.parametrize("form", FORMS)
def test_one_pass_sums_up_everyone_at_risk(kernels, efron, width, form):
    rng = np.random.default_rng(width)
    sizes = rng.integers(0, 3, 40)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    n, events = int(starts[-1]), np.ascontiguousarray(sizes[::2])
    fresh = np.zeros(20, dtype=bool)
    fresh[[0, 11]] = True
    rows, table, weight, entries = rows_and_table(rng, n, width, form)
    table.high[:, 0] = 1
    if table.low is not None:
        table.low[:, 0] = 0
    entries[:, 0] = 1
    found = kernels.risk_pass(rows, starts, table, events=events, fresh=fresh, efron=efron)

    entry = weight[:, None] * entries
    log_sum, first, second, terms = 0.0, np.zeros(width), np.zeros((width, width)), []
    at_risk = np.zeros(width)
    for block in range(20):
        died = sum(entry[starts[2 * block] : starts[2 * block + 1]], np.zeros(width))
        left = sum(entry[starts[2 * block + 1] : starts[2 * block + 2]], np.zeros(width))
        at_risk = died + left + (0 if fresh[block] else at_risk)
        a = c = 0.0
        for k in range(events[block]):
            f = k / events[block] if efron else 0.0
            total = at_risk - f * died
            log_sum += math.log(total[0])
            a, c = a + 1 / total[0], c + f / total[0]
            first += total / total[0]
            second += np.outer(total, total) / total[0] ** 2
        terms.append((a, c))
    assert found.log_sum == pytest.approx(log_sum, rel=1e-12)
    for block in range(20):
        # From the first time, the last block, of its stratum to its own.
        stratum = range(block, 11 if block < 11 else 20)
        hazard = sum(terms[other][0] for other in stratum)
        mine = found.experienced[2 * block : 2 * block + 2]
        assert mine == pytest.approx([hazard - terms[block][1], hazard], rel=1e-12, abs=1e-14)
    assert found.first == pytest.approx(first, rel=1e-11, abs=1e-12)
    assert found.second == pytest.approx(second, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("width", [1, 4, 12, 24, 26])
def test_squares_of_the_whole_table(kernels, width):
    rng = np.random.default_rng(width)
    high, low, weight = rng.normal(size=(6, width)), rng.normal(size=(5, width)), rng.normal(size=30)
    both = (high[:, None, :] + low[None, :, :]).reshape(30, width)
    square = sum(w * np.outer(row, row) for w, row in zip(weight, both))
    for table in (Table(high, low), Table(both)):
        assert kernels.gram(table, weight) == pytest.approx(square, rel=1e-12, abs=1e-12)


@BUILT
@pytest.mark.parametrize("fresh", [[0], [0, 5], [0, 30_000], [0, 9, 20_000, 70_000, 99_999]])
def test_a_pass_in_threads_is_one_pass(fresh):
    rng = np.random.default_rng(1)
    blocks = 100_000
    sizes = rng.integers(0, 5, 2 * blocks)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    begins = np.isin(np.arange(blocks), fresh)
    rows = (rng.integers(0, 50, int(starts[-1])) << 16 | rng.integers(0, 9, int(starts[-1]))).astype(np.int32)
    table = Table(rng.normal(size=(50, 4)), rng.normal(size=(9, 4)), rng.random(50), rng.random(9))
    table.high[:, 0], table.low[:, 0] = 1, 0
    one, three = (
        CompiledKernels(threads=threads).risk_pass(
            rows, starts, table, events=sizes[::2].copy(), fresh=begins, efron=True
        )
        for threads in (1, 3)
    )
    assert three.log_sum == pytest.approx(one.log_sum, rel=1e-12)
    for name in ("experienced", "first", "second"):
        assert getattr(three, name) == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-9), name


@BUILT
def test_threads_share_the_rows_and_change_nothing():
    rng = np.random.default_rng(3)
    n = 450_000
    time, event = rng.integers(0, 900, n).astype(np.int32), rng.random(n) < 0.6
    group, pattern = rng.integers(0, 2, n).astype(np.uint8), rng.integers(0, 500, n).astype(np.int32)
    one, four = CompiledKernels(threads=1), CompiledKernels(threads=4)
    counts, rows = one.sort_rows(time, event, group, pattern, groups=2, slots=900)
    for other in (four, NumpyKernels()):
        again = other.sort_rows(time, event, group, pattern, groups=2, slots=900)
        assert (again[0] == counts).all()
        assert (again[1] == rows).all()
        assert (other.count_runs(time, event, group, groups=2, slots=900) == counts).all()
    starts = np.concatenate([[0], np.cumsum(counts.ravel())])
    rows, value = ((rows % 40) << 16 | rows % 9).astype(np.int32), rng.normal(size=counts.size)
    table = Table(rng.normal(size=(40, 12)), rng.normal(size=(9, 12)), rng.random(40), rng.random(9))
    sums, squares = one.gather(rows, starts, table), one.squares(rows, starts, table)
    spread = one.spread(rows, starts, value, high=40, low=9)
    for other in (four, NumpyKernels()):
        assert other.gather(rows, starts, table) == pytest.approx(sums, rel=1e-10, abs=1e-9)
        assert other.squares(rows, starts, table) == pytest.approx(squares, rel=1e-10, abs=1e-9)
        assert other.spread(rows, starts, value, high=40, low=9) == pytest.approx(spread, rel=1e-10, abs=1e-9)


@BUILT
def test_arrays_that_do_not_fit_are_refused_not_read():
    from calliper.kernels import _compiled

    rows, starts = np.zeros(3, dtype=np.int32), np.array([0, 3])
    out, entry, weight = np.zeros(4), np.zeros((1, 4)), np.zeros(1)
    lists = (entry, entry, weight, weight)
    with pytest.raises(TypeError, match="rows has element kind 'd'"):
        _compiled.gather(np.zeros(3), starts, *lists, 4, out, 0, 1)
    for wrong in (
        (rows, starts, *lists, 4, out, 0, 2),
        (rows, starts, *lists, 5, out, 0, 1),
        (rows, starts, entry, None, weight, None, 4, out, 0, 1),
        (rows, starts, entry, entry, weight, np.zeros(2), 4, out, 0, 1),
    ):
        with pytest.raises(ValueError, match="do not fit the runs"):
            _compiled.gather(*wrong)
    with pytest.raises(ValueError, match="do not fit the runs"):
        _compiled.squares(rows, starts, *lists, 4, out, 0, 1)
    with pytest.raises(ValueError, match="does not hold the runs"):
        _compiled.spread(rows, starts, np.zeros(1), 1, np.zeros(1), 0, 2)
    with pytest.raises(ValueError, match="differ in length"):
        _compiled.count_runs(np.zeros(3), np.zeros(2, np.uint8), None, 1, 1, np.zeros(2, np.int64), 0, 3)
    with pytest.raises(ValueError, match="another size"):
        _compiled.count_runs(np.zeros(3), np.zeros(3, np.uint8), None, 1, 5, np.zeros(2, np.int64), 0, 3)
    with pytest.raises(ValueError, match="do not fit the blocks"):
        _compiled.risk_pass(
            *(rows, starts, *lists, 4, np.zeros(1, np.int64), np.ones(1, np.uint8), True),
            *(np.zeros(4), np.zeros(2), np.zeros(4), np.zeros(16), 0, 1),
        )
    with pytest.raises(ValueError, match="does not fit the blocks"):
        _compiled.up_to(np.zeros(3), np.ones(1, np.uint8))
    with pytest.raises(ValueError, match="do not fit the table"):
        _compiled.gram(entry, np.zeros(1), 8, np.zeros(64), 0, 1)
