"""The one place that rounds: a result at full precision in, the text that is printed out.

Rounding is decimal, half away from zero, on the shortest decimal that reads back as the same float: 0.145
prints as 0.15 at two decimals although the nearest binary fraction lies below it. A value that is not reached
(None) prints `NR`. The plain style follows Lang & Altman, SAMPL (2013): P to three decimals, never 0.000 or 1;
intervals with `to`. Other styles are data, the journals of protocol/report_specs.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from calliper.protocol.report_specs import Journal
from calliper.protocol.specs import Protocol

Form = Callable[[float | None], str]

MINUS = "−"
NOT_REACHED = "NR"
MOST_DECIMALS = 5
THIN_SPACE = "\u2009"
TO = {"en": "to", "zh": "至"}
"""The word between two limits, by language: a dash before a negative limit reads as a minus sign."""


def rounded(value: float, decimals: int) -> Decimal:
    """`value` at `decimals` places, halves away from zero; zero has no sign.

    >>> rounded(0.145, 2), rounded(-2.5, 0), rounded(-0.04, 1)
    (Decimal('0.15'), Decimal('-3'), Decimal('0.0'))
    """
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(exact) if exact == 0 else exact


def forms(protocol: Protocol) -> Forms:
    """The forms of the journal and the language that a study file names."""
    return Forms(protocol.report.held, TO[protocol.report.language])


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of numbers in the style of a journal; the examples are those of the plain style, `PLAIN`.

    `to` is the word between two limits.
    """

    journal: Journal
    to: str = "to"

    def _text(self, number: Decimal) -> str:
        text = f"{abs(number):,f}" if abs(number) >= 10_000 else f"{abs(number):f}"
        if self.journal.thousands == "space":
            text = text.replace(",", THIN_SPACE)
        text = text.replace(".", self.journal.decimal)
        return MINUS + text if number < 0 else text

    def fixed(self, value: float | None, decimals: int) -> str:
        """A number at fixed decimals; thousands are parted from 10,000 on.

        >>> PLAIN.fixed(60.25, 1), PLAIN.fixed(-0.0064, 3), PLAIN.fixed(12345.6, 0), PLAIN.fixed(None, 1)
        ('60.3', '−0.006', '12,346', 'NR')
        """
        return NOT_REACHED if value is None else self._text(rounded(value, decimals))

    def tick(self, value: float) -> str:
        """The number at a tick of an axis, with the decimals it has.

        >>> PLAIN.tick(2.5), Forms(Journal(decimal="·")).tick(0.25)
        ('2.5', '0·25')
        """
        return f"{value:g}".replace(".", self.journal.decimal)

    def count(self, value: float | None) -> str:
        """A whole number; raises ValueError if `value` is not whole (a count is never rounded).

        >>> PLAIN.count(42.0)
        '42'
        """
        if value is not None and value != int(value):
            raise ValueError(f"{value!r} is not a count")
        return self.fixed(value, 0)

    def percent(self, proportion: float | None, decimals: int | None = None) -> str:
        """A proportion as a percentage, without the sign; the shift by 100 is decimal, so 0.0375 prints 3.8.

        >>> PLAIN.percent(32 / 42), PLAIN.percent(0.0375), PLAIN.percent(1.0)
        ('76.2', '3.8', '100.0')
        """
        if proportion is None:
            return NOT_REACHED
        decimals = self.journal.percent_decimals if decimals is None else decimals
        shifted = (Decimal(repr(float(proportion))) * 100).quantize(
            Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP
        )
        return self._text(abs(shifted) if shifted == 0 else shifted)

    def count_percent(self, number: float | None, proportion: float | None) -> str:
        """A count and its percentage.

        >>> PLAIN.count_percent(32, 32 / 42)
        '32 (76.2)'
        """
        return f"{self.count(number)} ({self.percent(proportion)})"

    def fraction_percent(self, number: float | None, total: float | None, proportion: float | None) -> str:
        """A count, what it was divided by, and the percentage.

        >>> PLAIN.fraction_percent(32, 42, 32 / 42)
        '32/42 (76.2)'
        """
        return f"{self.count(number)}/{self.count(total)} ({self.percent(proportion)})"

    def fraction_interval(
        self,
        number: float | None,
        total: float | None,
        proportion: float | None,
        lower: float | None,
        upper: float | None,
    ) -> str:
        """A count, what it was divided by, the percentage and its limits.

        >>> PLAIN.fraction_interval(32, 40, 0.8, 0.6435, 0.9095)
        '32/40 (80.0; 64.4 to 91.0)'
        """
        limits = self.interval(lower, upper, self.percent)
        return f"{self.count(number)}/{self.count(total)} ({self.percent(proportion)}; {limits})"

    def kappa(self, value: float | None) -> str:
        """Agreement beyond chance: two decimals.

        >>> PLAIN.kappa(0.676)
        '0.68'
        """
        return self.fixed(value, 2)

    def p_value(self, value: float | None) -> str:
        """A P value: three decimals, `<0.001` below 0.001, `>0.999` above 0.999.

        >>> PLAIN.p_value(0.0004), PLAIN.p_value(0.9757), PLAIN.p_value(0.99996), PLAIN.p_value(0.0281)
        ('<0.001', '0.976', '>0.999', '0.028')
        """
        if value is None:
            return NOT_REACHED
        if not 0.0 <= value <= 1.0 + 1e-9:
            raise ValueError(f"P = {value!r} lies outside 0 to 1")
        least = self.journal.p_least
        if value < least:
            return "<" + self._probability(Decimal(repr(least)))
        decimals = self._p_decimals(value)
        most = 1 - Decimal(1).scaleb(-decimals)
        if Decimal(repr(float(value))) > most:
            return ">" + self._probability(most)
        return self._probability(rounded(value, decimals))

    def _p_decimals(self, value: float) -> int:
        """The decimals of a P value: the journal's, or the fewer it asks for unless these bring it up to 0.05."""
        most = fewest = self.journal.p_decimals
        if self.journal.p_above is not None and value >= self.journal.p_above:
            fewest = self.journal.p_decimals_above
        if self.journal.p_digits is not None:
            place = 1 - Decimal(repr(float(value))).adjusted()  # two digits of 0.028 are three decimals
            fewest = min(max(place + self.journal.p_digits - 2, 2), fewest)
        return most if value < 0.05 and rounded(value, fewest) >= Decimal("0.05") else fewest

    def _probability(self, number: Decimal) -> str:
        text = self._text(number)
        return text if self.journal.p_zero else text.removeprefix("0")

    def p_equation(self, value: float | None) -> str:
        """A P value in running text.

        >>> PLAIN.p_equation(0.0004), PLAIN.p_equation(0.0281)
        ('P < 0.001', 'P = 0.028')
        """
        text = self.p_value(value)
        return f"P {text[0]} {text[1:]}" if text[0] in "<>" else f"P = {text}"

    def ratio(self, value: float | None) -> str:
        """A hazard, odds or rate ratio: two decimals, three below 0.10, and 0 only where it is 0.

        >>> PLAIN.ratio(0.561), PLAIN.ratio(0.0432), PLAIN.ratio(0.0004), PLAIN.ratio(12.0), PLAIN.ratio(0.0)
        ('0.56', '0.043', '<0.001', '12.00', '0')
        """
        if value is None:
            return NOT_REACHED
        if value == 0:
            return "0"
        if value >= 0.10:
            return self.fixed(value, self.journal.ratio_decimals)
        return f"<{self.fixed(0.001, 3)}" if 0.0 < value < 0.001 else self.fixed(value, 3)

    def sharper(self, form: Form, lower: float | None, upper: float | None) -> Form:
        """`ratio` with the decimals that its limits need: they print apart, and as 1 only if 1 is between them.

        >>> PLAIN.sharper(PLAIN.ratio, 1.0002, 1.0006)(1.0004), PLAIN.sharper(PLAIN.ratio, 0.33, 0.998)(0.57)
        ('1.0004', '0.570')
        """
        if form != self.ratio or lower is None or upper is None:
            return form
        beside = (lower - 1) * (upper - 1) > 0
        fewest = self.journal.ratio_decimals
        for decimals in range(fewest, MOST_DECIMALS + 1):
            printed = {rounded(lower, decimals), rounded(upper, decimals)}
            if len(printed) == 2 and not (beside and 1 in printed):
                break
        return form if decimals == fewest or upper < 0.10 else partial(self._beside_one, decimals=decimals)

    def _beside_one(self, value: float | None, decimals: int) -> str:
        """A ratio that prints as 1 only where it is 1.

        >>> PLAIN._beside_one(0.9999969, 5), PLAIN._beside_one(1.0000031, 5), PLAIN._beside_one(1.0, 5)
        ('>0.99999', '<1.00001', '1.00000')
        """
        if value is None or value == 1 or rounded(value, decimals) != 1:
            return self.fixed(value, decimals)
        least = Decimal(1).scaleb(-decimals)
        return f">{self._text(1 - least)}" if value < 1 else f"<{self._text(1 + least)}"

    def duration(self, value: float | None) -> str:
        """A time in the endpoint's unit: one decimal.

        >>> PLAIN.duration(18.64), PLAIN.duration(None)
        ('18.6', 'NR')
        """
        return self.fixed(value, 1)

    def person_years(self, value: float | None) -> str:
        """Years at risk: one decimal, and below one year two significant digits, as rates are divided by them.

        >>> [PLAIN.person_years(years) for years in (18.64, 0.208, 3 / 365.25, None)]
        ['18.6', '0.21', '0.0082', 'NR']
        """
        if value is None or not 0 < value < 1:
            return self.fixed(value, 1)
        return self.fixed(value, min(1 - math.floor(math.log10(value)), MOST_DECIMALS))

    def statistic(self, value: float | None) -> str:
        """A test statistic: three decimals.

        >>> PLAIN.statistic(6.4701)
        '6.470'
        """
        return self.fixed(value, 3)

    def chi_square(self, value: float | None, df: float | None, p: float | None) -> str:
        """A chi-square test in one line.

        >>> PLAIN.chi_square(6.4701, 1.0, 0.0110)
        'χ² = 6.470, df = 1, P = 0.011'
        """
        return f"χ² = {self.statistic(value)}, df = {self.degrees(df)}, {self.p_equation(p)}"

    def coefficient(self, value: float | None) -> str:
        """A regression coefficient or a standardised difference: three decimals.

        >>> PLAIN.coefficient(-0.5779)
        '−0.578'
        """
        return self.fixed(value, 3)

    def degrees(self, value: float | None) -> str:
        """Degrees of freedom: whole where they are whole, else one decimal (Welch).

        >>> PLAIN.degrees(1.0), PLAIN.degrees(86.31)
        ('1', '86.3')
        """
        return self.fixed(value, 0 if value is not None and value == int(value) else 1)

    def between(self, low: str, high: str) -> str:
        """Two printed limits; `to` where a dash before a negative limit would read as a minus sign.

        >>> PLAIN.between("0.33", "0.97"), Forms(Journal(limits="–")).between("0.33", "0.97")
        ('0.33 to 0.97', '0.33–0.97')
        >>> Forms(Journal(limits="–")).between("−0.33", "0.97")
        '−0.33 to 0.97'
        """
        dash = self.journal.limits
        return f"{low} {self.to} {high}" if dash == "to" or MINUS in low + high else f"{low}{dash}{high}"

    def interval(self, lower: float | None, upper: float | None, limit: Form) -> str:
        """Two limits in the format of their estimate.

        >>> PLAIN.interval(0.327, 0.965, PLAIN.ratio), PLAIN.interval(14.2, None, PLAIN.duration)
        ('0.33 to 0.97', '14.2 to NR')
        """
        limit = self.sharper(limit, lower, upper)
        return self.between(limit(lower), limit(upper))

    def estimate(self, value: float | None, lower: float | None, upper: float | None, form: Form) -> str:
        """An estimate and its interval; the estimate alone where it has no limit at all, `NR` where it is not reached.

        A limit that is not there says nothing of where it would lie, so two of them are no interval.

        >>> PLAIN.estimate(0.561, 0.327, 0.965, PLAIN.ratio), PLAIN.estimate(12.5, None, None, PLAIN.duration)
        ('0.56 (0.33 to 0.97)', '12.5')
        >>> PLAIN.estimate(None, None, None, PLAIN.duration)
        'NR'
        """
        if lower is None and upper is None:
            return form(value)
        return f"{self.sharper(form, lower, upper)(value)} ({self.interval(lower, upper, form)})"

    def mean_sd(self, mean: float | None, sd: float | None, decimals: int = 1) -> str:
        """Mean (standard deviation).

        >>> PLAIN.mean_sd(60.26, 13.96)
        '60.3 (14.0)'
        """
        return f"{self.fixed(mean, decimals)} ({self.fixed(sd, decimals)})"

    def whole_or_tenth(self, value: float | None) -> str:
        """A number of days, sessions or mg: whole where it is whole, else one decimal.

        >>> PLAIN.whole_or_tenth(75.0), PLAIN.whole_or_tenth(75.5)
        ('75', '75.5')
        """
        return self.fixed(value, 0 if value is not None and value == int(value) else 1)

    def median_range(self, median: float | None, low: float | None, high: float | None, form: Form) -> str:
        """Median (range).

        >>> PLAIN.median_range(75.5, 3, 412, PLAIN.whole_or_tenth)
        '75.5 (3 to 412)'
        """
        return f"{form(median)} ({self.between(form(low), form(high))})"

    def median_iqr(self, median: float | None, q1: float | None, q3: float | None, decimals: int = 1) -> str:
        """Median [interquartile range].

        >>> PLAIN.median_iqr(11.25, 9, 13.5)
        '11.3 [9.0 to 13.5]'
        """
        quartiles = self.between(self.fixed(q1, decimals), self.fixed(q3, decimals))
        return f"{self.fixed(median, decimals)} [{quartiles}]"


PLAIN = Forms(Journal())
"""The forms of the plain style."""
