"""Refractoriness to chemoembolisation, R1 to R5, by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from calliper.disease.hcc.refractoriness import Marker, Refractory, Scan, Session, refractoriness

START = date(2018, 1, 10)


def day(number: int) -> date:
    return START + timedelta(days=number)


def after_two(
    first: float | None, second: float | None, *, days: tuple[int, int] = (40, 100)
) -> Refractory | None:
    """Sessions on days 0 and 60, a scan of each."""
    scans = [Scan(day(days[0]), first), Scan(day(days[1]), second)]
    return refractoriness([Session(day(0)), Session(day(60))], scans)


def test_two_insufficient_responses_in_a_row() -> None:
    held = after_two(60, 55)
    assert held == Refractory(
        "R1", day(100), "60% and 55% of the treated lesion viable after two sessions in a row"
    )


@pytest.mark.parametrize(
    ("first", "second"), [(60, 40), (40, 60), (60, 50), (50, 60), (60, None), (None, 60)]
)
def test_one_insufficient_response_is_not_enough(first: float | None, second: float | None) -> None:
    assert after_two(first, second) is None


@pytest.mark.parametrize(
    ("days", "is_refractory"),
    [
        ((28, 60 + 28), True),
        ((27, 100), False),
        ((20, 100), False),
        ((40, 60 + 92), True),
        ((40, 60 + 93), False),
        ((40, 60 + 100), False),
    ],
)
def test_a_scan_outside_days_28_to_92_says_nothing(days: tuple[int, int], is_refractory: bool) -> None:
    assert (after_two(60, 55, days=days) is not None) is is_refractory


def test_a_scan_after_the_next_session_is_not_the_earlier_one_s() -> None:
    sessions = [Session(day(0)), Session(day(35)), Session(day(70))]
    # day 63 is day 28 of the second session; the first has no scan before day 35
    scans = [Scan(day(63), 80), Scan(day(100), 30)]
    assert refractoriness(sessions, scans) is None


def test_nodules_that_rise_twice() -> None:
    sessions = [Session(day(0), 3), Session(day(60), 5), Session(day(120), 7)]
    assert refractoriness(sessions, []) == Refractory(
        "R2", day(120), "3, 5 and 7 nodules before three sessions in a row"
    )
    assert refractoriness(sessions[:2], []) is None
    assert refractoriness([*sessions[:2], Session(day(120), 5)], []) is None
    assert refractoriness([sessions[0], Session(day(60)), sessions[2]], []) is None
    assert refractoriness(list(reversed(sessions)), []) is not None


def markers(*values: tuple[int, float]) -> list[Marker]:
    return [Marker(day(number), value) for number, value in values]


@pytest.mark.parametrize(
    ("values", "is_refractory"),
    [
        ([(-5, 400), (30, 500), (60, 700)], True),
        ([(-5, 400), (30, 500)], False),  # one value after is no series
        ([(30, 500), (60, 700)], False),  # nothing to rise from
        ([(-5, 400), (20, 380), (60, 700)], True),  # a fall of 5%
        ([(-5, 400), (20, 300), (60, 700)], False),  # a fall of 25%
        ([(-5, 400), (30, 500), (60, 480)], False),  # not at its highest
        ([(-5, 400), (10, 380), (30, 500), (40, 480), (60, 700)], False),  # two falls
        ([(-5, 400), (30, 500), (100, 700)], False),  # the last on day 100
    ],
)
def test_markers_that_keep_rising(values: list[tuple[int, float]], is_refractory: bool) -> None:
    held = refractoriness([Session(day(0))], [], markers(*values))
    assert (held is not None) is is_refractory
    if held is not None:
        assert (held.rule, held.on) == ("R3", day(60))


def test_new_invasion_and_new_spread() -> None:
    sessions = [Session(day(0))]
    scan = Scan(day(33), has_new_vascular_invasion=True, has_new_spread=True)
    assert refractoriness(sessions, [scan]) == Refractory("R4", day(33), "new vascular invasion")
    scan = Scan(day(33), has_new_vascular_invasion=False, has_new_spread=True)
    assert refractoriness(sessions, [scan]) == Refractory("R5", day(33), "new spread outside the liver")
    before = Scan(day(-3), has_new_vascular_invasion=True)
    assert refractoriness(sessions, [before]) is None
    assert refractoriness([], [scan]) is None


def test_the_earliest_date_decides() -> None:
    sessions = [Session(day(0), 3), Session(day(60), 5), Session(day(120), 7)]
    scans = [Scan(day(40), 60), Scan(day(100), 55), Scan(day(90), has_new_spread=True)]
    held = refractoriness(sessions, scans)
    assert held is not None
    assert (held.rule, held.on) == ("R5", day(90))
