"""The one place that rounds: a result at full precision in, the text that is printed out.

Rounding is decimal, half away from zero, on the shortest decimal that reads back as the same float: 0.145
prints as 0.15 at two decimals although the nearest binary fraction lies below it. A value that is not reached
(None) prints `NR`. Formats follow Lang & Altman, SAMPL (2013): P to three decimals, never 0.000 or 1;
intervals with `to`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

Form = Callable[[float | None], str]

MINUS = "−"
NOT_REACHED = "NR"
TO = "to"
"""The word between the limits of an interval: a dash before a negative limit reads as a minus sign."""


def rounded(value: float, decimals: int) -> Decimal:
    """`value` at `decimals` places, halves away from zero; zero has no sign.

    >>> rounded(0.145, 2), rounded(-2.5, 0), rounded(-0.04, 1)
    (Decimal('0.15'), Decimal('-3'), Decimal('0.0'))
    """
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(exact) if exact == 0 else exact


def _text(number: Decimal) -> str:
    grouped = f"{abs(number):,f}" if abs(number) >= 10_000 else f"{abs(number):f}"
    return MINUS + grouped if number < 0 else grouped


def fixed(value: float | None, decimals: int) -> str:
    """A number at fixed decimals; thousands are grouped from 10,000.

    >>> fixed(60.25, 1), fixed(-0.0064, 3), fixed(12345.6, 0), fixed(None, 1)
    ('60.3', '−0.006', '12,346', 'NR')
    """
    return NOT_REACHED if value is None else _text(rounded(value, decimals))


def count(value: float | None) -> str:
    """A whole number; raises ValueError if `value` is not whole (a count is never rounded).

    >>> count(42.0)
    '42'
    """
    if value is not None and value != int(value):
        raise ValueError(f"{value!r} is not a count")
    return fixed(value, 0)


def percent(proportion: float | None, decimals: int = 1) -> str:
    """A proportion as a percentage, without the sign; the shift by 100 is decimal, so 0.0375 prints 3.8.

    >>> percent(32 / 42), percent(0.0375), percent(1.0)
    ('76.2', '3.8', '100.0')
    """
    if proportion is None:
        return NOT_REACHED
    shifted = (Decimal(repr(float(proportion))) * 100).quantize(
        Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP
    )
    return _text(abs(shifted) if shifted == 0 else shifted)


def count_percent(number: float | None, proportion: float | None) -> str:
    """A count and its percentage.

    >>> count_percent(32, 32 / 42)
    '32 (76.2)'
    """
    return f"{count(number)} ({percent(proportion)})"


def fraction_percent(number: float | None, total: float | None, proportion: float | None) -> str:
    """A count, what it was divided by, and the percentage.

    >>> fraction_percent(32, 42, 32 / 42)
    '32/42 (76.2)'
    """
    return f"{count(number)}/{count(total)} ({percent(proportion)})"


def fraction_interval(
    number: float | None,
    total: float | None,
    proportion: float | None,
    lower: float | None,
    upper: float | None,
) -> str:
    """A count, what it was divided by, the percentage and its limits.

    >>> fraction_interval(32, 40, 0.8, 0.6435, 0.9095)
    '32/40 (80.0; 64.4 to 91.0)'
    """
    limits = interval(lower, upper, percent)
    return f"{count(number)}/{count(total)} ({percent(proportion)}; {limits})"


def kappa(value: float | None) -> str:
    """Agreement beyond chance: two decimals.

    >>> kappa(0.676)
    '0.68'
    """
    return fixed(value, 2)


def p_value(value: float | None) -> str:
    """A P value: three decimals, `<0.001` below 0.001, `>0.999` above 0.999.

    >>> p_value(0.0004), p_value(0.9757), p_value(0.99996), p_value(0.0281)
    ('<0.001', '0.976', '>0.999', '0.028')
    """
    if value is None:
        return NOT_REACHED
    if not 0.0 <= value <= 1.0 + 1e-9:
        raise ValueError(f"P = {value!r} lies outside 0 to 1")
    if value < 0.001:
        return "<0.001"
    return ">0.999" if value > 0.999 else fixed(value, 3)


def p_equation(value: float | None) -> str:
    """A P value in running text.

    >>> p_equation(0.0004), p_equation(0.0281)
    ('P < 0.001', 'P = 0.028')
    """
    text = p_value(value)
    return f"P {text[0]} {text[1:]}" if text[0] in "<>" else f"P = {text}"


def ratio(value: float | None) -> str:
    """A hazard, odds or rate ratio: two decimals, three below 0.10, and 0 only where it is 0.

    >>> ratio(0.561), ratio(0.0432), ratio(0.0004), ratio(12.0), ratio(0.0)
    ('0.56', '0.043', '<0.001', '12.00', '0')
    """
    if value is None:
        return NOT_REACHED
    if value == 0:
        return "0"
    if value >= 0.10:
        return fixed(value, 2)
    return "<0.001" if 0.0 < value < 0.001 else fixed(value, 3)


def sharper(form: Form, lower: float | None, upper: float | None) -> Form:
    """`ratio` with the decimals that its limits need: they print apart, and as 1 only if 1 is between them.

    >>> sharper(ratio, 1.0002, 1.0006)(1.0004), sharper(ratio, 0.33, 0.998)(0.57)
    ('1.0004', '0.570')
    """
    if form is not ratio or lower is None or upper is None:
        return form
    beside = (lower - 1) * (upper - 1) > 0
    for decimals in range(2, MOST_DECIMALS + 1):
        printed = {fixed(lower, decimals), fixed(upper, decimals)}
        if len(printed) == 2 and not (beside and fixed(1, decimals) in printed):
            break
    return ratio if decimals == 2 or upper < 0.10 else partial(fixed, decimals=decimals)


MOST_DECIMALS = 5


def duration(value: float | None) -> str:
    """A time in the endpoint's unit: one decimal.

    >>> duration(18.64), duration(None)
    ('18.6', 'NR')
    """
    return fixed(value, 1)


def person_years(value: float | None) -> str:
    """Years at risk: one decimal, and below one year two significant digits, as rates are divided by them.

    >>> person_years(18.64), person_years(0.208), person_years(3 / 365.25), person_years(None)
    ('18.6', '0.21', '0.0082', 'NR')
    """
    if value is None or not 0 < value < 1:
        return fixed(value, 1)
    return fixed(value, min(1 - math.floor(math.log10(value)), MOST_DECIMALS))


def statistic(value: float | None) -> str:
    """A test statistic: three decimals.

    >>> statistic(6.4701)
    '6.470'
    """
    return fixed(value, 3)


def chi_square(value: float | None, df: float | None, p: float | None) -> str:
    """A chi-square test in one line.

    >>> chi_square(6.4701, 1.0, 0.0110)
    'χ² = 6.470, df = 1, P = 0.011'
    """
    return f"χ² = {statistic(value)}, df = {degrees(df)}, {p_equation(p)}"


def coefficient(value: float | None) -> str:
    """A regression coefficient or a standardised difference: three decimals.

    >>> coefficient(-0.5779)
    '−0.578'
    """
    return fixed(value, 3)


def degrees(value: float | None) -> str:
    """Degrees of freedom: whole where they are whole, else one decimal (Welch).

    >>> degrees(1.0), degrees(86.31)
    ('1', '86.3')
    """
    return fixed(value, 0 if value is not None and value == int(value) else 1)


def interval(lower: float | None, upper: float | None, limit: Form) -> str:
    """Two limits in the format of their estimate.

    >>> interval(0.327, 0.965, ratio), interval(14.2, None, duration)
    ('0.33 to 0.97', '14.2 to NR')
    """
    limit = sharper(limit, lower, upper)
    return f"{limit(lower)} {TO} {limit(upper)}"


def estimate(value: float | None, lower: float | None, upper: float | None, form: Form) -> str:
    """An estimate and its interval; the estimate alone where it has no limit at all, `NR` where it is not reached.

    A limit that is not there says nothing of where it would lie, so two of them are no interval.

    >>> estimate(0.561, 0.327, 0.965, ratio), estimate(12.5, None, None, duration), estimate(None, None, None, duration)
    ('0.56 (0.33 to 0.97)', '12.5', 'NR')
    """
    if lower is None and upper is None:
        return form(value)
    return f"{sharper(form, lower, upper)(value)} ({interval(lower, upper, form)})"


def mean_sd(mean: float | None, sd: float | None, decimals: int = 1) -> str:
    """Mean (standard deviation).

    >>> mean_sd(60.26, 13.96)
    '60.3 (14.0)'
    """
    return f"{fixed(mean, decimals)} ({fixed(sd, decimals)})"


def whole_or_tenth(value: float | None) -> str:
    """A number of days, sessions or mg: whole where it is whole, else one decimal.

    >>> whole_or_tenth(75.0), whole_or_tenth(75.5)
    ('75', '75.5')
    """
    return fixed(value, 0 if value is not None and value == int(value) else 1)


def median_range(median: float | None, low: float | None, high: float | None, form: Form) -> str:
    """Median (range).

    >>> median_range(75.5, 3, 412, whole_or_tenth)
    '75.5 (3 to 412)'
    """
    return f"{form(median)} ({form(low)} {TO} {form(high)})"


def median_iqr(median: float | None, q1: float | None, q3: float | None, decimals: int = 1) -> str:
    """Median [interquartile range].

    >>> median_iqr(11.25, 9, 13.5)
    '11.3 [9.0 to 13.5]'
    """
    return f"{fixed(median, decimals)} [{fixed(q1, decimals)} {TO} {fixed(q3, decimals)}]"
