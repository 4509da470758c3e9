"""Doses of a drug: worked examples, what must not depend on how periods are cut, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.derivations.doses import Doses, Period, sum_doses

START = date(2018, 1, 4)
PLANNED = Decimal(800)


def periods(*stretches: tuple[int, int], start: date = START) -> list[Period]:
    """Periods one after the other: (days, mg a day)."""
    held = []
    for days, mg in stretches:
        held.append(Period(start, start + timedelta(days=days - 1), Decimal(mg)))
        start += timedelta(days=days)
    return held


def doses(*stretches: tuple[int, int]) -> Doses:
    found = sum_doses(periods(*stretches), planned_mg_per_day=PLANNED)
    assert found is not None
    return found


D1 = ((60, 800),)
D2 = ((30, 800), (7, 0), (20, 400), (33, 800))
D3 = ((30, 800), (30, 400))
D4 = ((21, 800), (7, 0), (62, 800))
D5 = ((10, 800), (50, 0), (30, 400))


WORKED = [
    (D1, 60, 48000, 60, ("100.00", "800.00", "800.00")),
    (D2, 90, 58400, 83, ("81.11", "648.89", "703.61")),
    (D3, 60, 36000, 60, ("75.00", "600.00", "600.00")),
    (D4, 90, 66400, 83, ("92.22", "737.78", "800.00")),
    (D5, 90, 20000, 40, ("27.78", "222.22", "500.00")),
]
"""Periods; duration, mg in all, days on the drug; relative intensity, mg a day, mg a day without pauses."""


@pytest.mark.parametrize(("stretches", "duration", "cumulative", "on_drug", "rates"), WORKED)
def test_worked_examples(stretches, duration, cumulative, on_drug, rates) -> None:
    found = doses(*stretches)
    assert (found.duration_days, found.cumulative_mg, found.on_drug_days) == (duration, cumulative, on_drug)
    told = (found.rdi_percent, found.mean_daily_mg, found.mean_daily_mg_without_pauses)
    assert tuple(f"{value:.2f}" for value in told) == rates


def test_reductions_and_interruptions() -> None:
    second = doses(*D2)
    assert second.reductions == (START + timedelta(days=37),)  # to 400 after the pause; back to 800 is none
    assert second.interruptions == ((START + timedelta(days=30), 7),)
    assert doses(*D3).reductions == (START + timedelta(days=30),)
    assert doses(*D4).reductions == ()
    assert doses(*D5).longest_interruption_days == 50
    twice = doses((10, 800), (10, 400), (10, 200))
    assert len(twice.reductions) == 2


def test_a_pause_at_either_end_is_no_part_of_the_duration() -> None:
    assert doses((5, 0), *D2, (12, 0)).duration_days == 90
    assert doses(*D1, (12, 0)).interruptions == ()


def test_days_without_a_row_are_counted_and_take_no_dose() -> None:
    first, second = periods((30, 800)), periods((60, 800), start=START + timedelta(days=37))
    found = sum_doses([*second, *first], planned_mg_per_day=PLANNED)
    assert found is not None
    assert (found.duration_days, found.on_drug_days, found.days_unrecorded) == (97, 90, 7)
    assert found.interruptions == ((START + timedelta(days=30), 7),)


def test_nothing_taken() -> None:
    assert sum_doses([], planned_mg_per_day=PLANNED) is None
    assert sum_doses(periods((10, 0)), planned_mg_per_day=PLANNED) is None


STRETCHES = st.lists(st.tuples(st.integers(1, 40), st.sampled_from([0, 200, 400, 600, 800])), min_size=1)


@given(STRETCHES, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_how_they_are_cut_change_nothing(stretches, random) -> None:
    whole = periods(*stretches)
    days = [Period(day, day, p.mg_per_day) for p in whole for day in _days(p)]
    random.shuffle(days)
    cut = sum_doses(days, planned_mg_per_day=PLANNED)
    assert cut == sum_doses(whole, planned_mg_per_day=PLANNED)


@given(STRETCHES)
def test_a_slow_count_day_by_day_agrees(stretches) -> None:
    by_day = [mg for days, mg in stretches for _ in range(days)]
    found = sum_doses(periods(*stretches), planned_mg_per_day=PLANNED)
    if not any(by_day):
        assert found is None
        return
    assert found is not None
    on = [at for at, mg in enumerate(by_day) if mg]
    inside = by_day[on[0] : on[-1] + 1]
    assert found.duration_days == len(inside)
    assert found.cumulative_mg == sum(inside)
    assert found.on_drug_days == sum(mg > 0 for mg in inside)
    assert found.rdi_percent == 100 * Decimal(sum(inside)) / (800 * len(inside))
    assert found.rdi_percent <= 100
    positive = [mg for mg in inside if mg]
    assert len(found.reductions) == sum(b < a for a, b in pairwise(positive))
    pauses = "".join("x" if mg else "." for mg in inside).split("x")
    assert sorted(days for _, days in found.interruptions) == sorted(len(p) for p in pauses if p)


def _days(period: Period) -> list[date]:
    return [period.first + timedelta(days=day) for day in range(period.days)]


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (
            [*periods((30, 800)), *periods((10, 400), start=START + timedelta(days=29))],
            "the periods from 2018-01-04 to 2018-02-02 and from 2018-02-02 to 2018-02-11 share days",
        ),
        ([Period(START, START - timedelta(days=1), PLANNED)], "a period from 2018-01-04 ends on 2018-01-03"),
        ([Period(START, START, Decimal(-1))], "-1 mg a day from 2018-01-04; expected 0 or more"),
        ([Period(START, START, Decimal(1000))], "1000 mg a day from 2018-01-04; expected at most the 800 mg"),
    ],
)
def test_what_is_refused(held: list[Period], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sum_doses(held, planned_mg_per_day=PLANNED)
