"""A result in the words of print. Every form is one of displays/numbers.py, the only place that rounds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from calliper.displays import numbers
from calliper.manuscript.held import Held
from calliper.manuscript.measures import (
    Kind,
    intervals,
    kind_of,
    measure_of,
    spreads,
    total_of,
)
from calliper.results import Row

Printed = tuple[str, tuple[Row, ...]]
"""What is printed, and the results in it, in reading order."""

Form = Callable[[Held, Row, str], Printed]

T = TypeVar("T")

OF_KIND: dict[Kind, str] = {
    "p": "p_value",
    "percent": "percent",
    "ratio": "ratio",
    "count": "count",
    "statistic": "statistic",
    "coefficient": "coefficient",
    "degrees": "degrees",
    "kappa": "kappa",
    "number": "duration",
}
"""How a result is printed where the field names no form: a form of displays/numbers.py by its name."""


def _alone(name: str, held: Held, row: Row, word: str) -> Printed:
    _none(word)
    return _called(held, name)(row.value), (row,)


def _called(held: Held, name: str) -> numbers.Form:
    form: numbers.Form = getattr(held.forms, name)
    return form


def _fixed(held: Held, row: Row, word: str) -> Printed:
    if not word.isdecimal() or int(word) > numbers.MOST_DECIMALS:
        raise ValueError(f"fixed takes a number of decimals from 0 to {numbers.MOST_DECIMALS}, as fixed 1")
    return held.forms.fixed(row.value, int(word)), (row,)


def _estimate(held: Held, row: Row, word: str) -> Printed:
    low, high = _limits(held, row, word)
    return held.forms.estimate(row.value, low.value, high.value, own_form(held, row)), (row, low, high)


def _interval(held: Held, row: Row, word: str) -> Printed:
    low, high = _limits(held, row, word)
    return held.forms.interval(low.value, high.value, own_form(held, row)), (low, high)


def _count_percent(held: Held, row: Row, word: str) -> Printed:
    _none(word)
    number, share = _counted(held, row)
    return held.forms.count_percent(number.value, share.value), (number, share)


def _fraction_percent(held: Held, row: Row, word: str) -> Printed:
    _none(word)
    number, share = _counted(held, row)
    total = _needed(total_of(held, number), "no total (n) at its place")
    return held.forms.fraction_percent(number.value, total.value, share.value), (number, total, share)


def _fraction_interval(held: Held, row: Row, word: str) -> Printed:
    number, share = _counted(held, row)
    total = _needed(total_of(held, number), "no total (n) at its place")
    low, high = _limits(held, share, word)
    text = held.forms.fraction_interval(number.value, total.value, share.value, low.value, high.value)
    return text, (number, total, share, low, high)


def _mean_sd(held: Held, row: Row, word: str) -> Printed:
    decimals = _decimals(word)
    mean = _needed(held.beside(row, "mean"), "no mean at its place")
    sd = _needed(held.beside(row, "sd"), "no standard deviation (sd) at its place")
    return held.forms.mean_sd(mean.value, sd.value, decimals), (mean, sd)


def _median_iqr(held: Held, row: Row, word: str) -> Printed:
    decimals = _decimals(word)
    median = _needed(held.beside(row, "median"), "no median at its place")
    low, high = _needed(spreads(held, median).get("iqr"), "no quartiles (q1, q3) at its place")
    return held.forms.median_iqr(median.value, low.value, high.value, decimals), (median, low, high)


def _median_range(held: Held, row: Row, word: str) -> Printed:
    _none(word)
    median = _needed(held.beside(row, "median"), "no median at its place")
    low, high = _needed(spreads(held, median).get("range"), "no range (min, max) at its place")
    text = held.forms.median_range(median.value, low.value, high.value, held.forms.whole_or_tenth)
    return text, (median, low, high)


FORMS: dict[str, Form] = {
    "p": partial(_alone, "p_value"),
    "p_equation": partial(_alone, "p_equation"),
    "percent": partial(_alone, "percent"),
    "ratio": partial(_alone, "ratio"),
    "duration": partial(_alone, "duration"),
    "count": partial(_alone, "count"),
    "statistic": partial(_alone, "statistic"),
    "coefficient": partial(_alone, "coefficient"),
    "degrees": partial(_alone, "degrees"),
    "kappa": partial(_alone, "kappa"),
    "whole_or_tenth": partial(_alone, "whole_or_tenth"),
    "fixed": _fixed,
    "estimate": _estimate,
    "interval": _interval,
    "count_percent": _count_percent,
    "fraction_percent": _fraction_percent,
    "fraction_interval": _fraction_interval,
    "mean_sd": _mean_sd,
    "median_iqr": _median_iqr,
    "median_range": _median_range,
}
"""The forms a field may name: the functions of displays/numbers.py by their names."""


def printed(held: Held, row: Row, form: str) -> Printed:
    """The result in this form (`estimate wilson`, `fixed 2`), or in its own where none is named.

    Raises ValueError when there is no such form, or the result cannot be printed in it.
    """
    name, _, word = form.partition(" ")
    if not name:
        return own_form(held, row)(row.value), (row,)
    if name not in FORMS:
        raise ValueError(f"no form is called {name!r}; the forms are {', '.join(FORMS)}")
    proportions = {"percent": "percent", "p": "p", "p_equation": "p"}
    if name in proportions and kind_of(held, row) != proportions[name]:
        what = "a proportion" if name == "percent" else "a P value"
        raise ValueError(f"the result is not {what}, so it has no form {name}")
    return FORMS[name](held, row, word.strip())


def own_form(held: Held, row: Row) -> numbers.Form:
    """How this result is printed by default. Raises ValueError for a measure without one."""
    kind = kind_of(held, row)
    if kind is None:
        raise ValueError(
            f"{measure_of(row.stat)!r} has no form of its own; name one, as {{{{... | fixed 1}}}}"
        )
    return _called(held, OF_KIND[kind])


def _limits(held: Held, row: Row, method: str) -> tuple[Row, Row]:
    found = intervals(held, row)
    if method:
        if method not in found:
            raise ValueError(f"no interval by {method!r} at its place; there is {_named(found)}")
        return found[method]
    if len(found) != 1:
        raise ValueError(
            f"several intervals stand at its place: name one of {_named(found)}, as estimate {min(found)}"
            if found
            else "no interval stands at its place"
        )
    return next(iter(found.values()))


def _named(found: dict[str, tuple[Row, Row]]) -> str:
    return ", ".join(name or "one without a method" for name in found) or "none"


def _counted(held: Held, row: Row) -> tuple[Row, Row]:
    number = _needed(held.beside(row, "count"), "no count at its place")
    return number, _needed(held.beside(row, "proportion"), "no proportion at its place")


def _needed(found: T | None, missing: str) -> T:
    if found is None:
        raise ValueError(missing)
    return found


def _none(word: str) -> None:
    if word:
        raise ValueError(f"{word!r} after the form means nothing here")


def _decimals(word: str) -> int:
    if word and (not word.isdecimal() or int(word) > numbers.MOST_DECIMALS):
        raise ValueError(f"found {word!r}; expected a number of decimals from 0 to {numbers.MOST_DECIMALS}")
    return int(word or "1")
