"""The results that a printed number, or numbers printed together, may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from calliper.audit.printed import Printed, exact, rounded
from calliper.manuscript.held import Held, place
from calliper.manuscript.measures import (
    intervals,
    is_percent,
    is_quotable,
    kind_of,
    measure_of,
    spreads,
    total_of,
)
from calliper.manuscript.printed import Number, Shape
from calliper.results import Row

Statement = Mapping[str, Row]
"""Results that are printed together, by part: k, n, share, est, low, high, p, sd."""

BOUNDS = {"<": (Decimal("0.001"), Decimal("0.0001")), ">": (Decimal("0.999"), Decimal("0.99"))}
"""The bounds by which a P value is printed; by others, almost any result would be within them."""


@dataclass(frozen=True)
class Candidates:
    """The quotable results of a report folder, by what they print as."""

    held: Held

    @cached_property
    def _values(self) -> dict[str, Decimal]:
        """Every quotable result in the unit of print: a proportion as a percentage."""
        values = {}
        for row in self.held.rows:
            if row.value is not None and is_quotable(row):
                scale = 100 if is_percent(self.held, row) else 1
                values[row.key] = exact(row.value) * scale
        return values

    @cached_property
    def _by_print(self) -> dict[int, dict[Decimal, list[Row]]]:
        return {}

    def _printed_at(self, decimals: int) -> dict[Decimal, list[Row]]:
        """The results by what they round to at these decimals."""
        if decimals not in self._by_print:
            found: dict[Decimal, list[Row]] = {}
            for key, value in self._values.items():
                found.setdefault(rounded(value, decimals), []).append(self.held.by_key[key])
            self._by_print[decimals] = found
        return self._by_print[decimals]

    def equals(self, printed: Printed, row: Row) -> bool:
        """True where the result prints as this number, or lies within this bound."""
        value = self._values.get(row.key)
        if value is None or printed.number is None:
            return False
        if printed.bound:
            return value < printed.number if printed.bound == "<" else value > printed.number
        return rounded(value, printed.decimals) == printed.number

    def alone(self, number: Number, *, in_table: bool) -> list[Row]:
        """The results that a number by itself prints: P values of a P, percentages of a percentage.

        In a table, whose columns say what a number is of, all of them.
        """
        bound = number.printed.bound
        if bound and number.printed.number not in BOUNDS[bound]:
            return []
        if number.is_p or bound:
            rows = [row for row in self._p_values if self.equals(number.printed, row)]
        else:
            same = self._printed_at(number.printed.decimals).get(number.printed.number or Decimal(0), [])
            fitting = self._percents if number.is_percent else self._others
            rows = [row for row in same if (in_table and not number.is_percent) or id(row) in fitting]
        return rows

    @cached_property
    def _percents(self) -> frozenset[int]:
        """The identities of the rows that print as percentages."""
        return frozenset(id(row) for row in self.held.rows if row.unit == "%" or is_percent(self.held, row))

    @cached_property
    def _others(self) -> frozenset[int]:
        """The identities of the rows that print as numbers in a sentence, without a sign."""
        percents = (id(row) for row in self.held.rows if is_percent(self.held, row))
        return frozenset(map(id, self.held.rows)) - frozenset(percents) - frozenset(map(id, self._p_values))

    @cached_property
    def _p_values(self) -> list[Row]:
        return [row for row in self.held.rows if measure_of(row.stat) == "p" and row.key in self._values]

    def statements(self, shape: Shape) -> Sequence[Statement]:
        """Every set of results that is printed in this shape."""
        return self._statements[shape]

    @cached_property
    def _statements(self) -> dict[Shape, list[Statement]]:
        found: dict[Shape, list[Statement]] = {
            "fraction": [], "estimate": [], "count": [], "spread": [], "pair": []
        }  # fmt: skip
        for row in self.held.rows:
            if not is_quotable(row):
                continue
            limits = list({**intervals(self.held, row), **spreads(self.held, row)}.values())
            found["estimate"] += [{"est": row, "low": low, "high": high} for low, high in limits]
            found["estimate"] += [{"est": row, "low": low} for low, high in limits if high.value is None]
            found["estimate"] += [
                {"est": row, "low": low, "high": high, "p": p}
                for low, high in limits
                for p in self._tests(row)
            ]
            sd = self.held.beside(row, "sd") if row.stat == "mean" else None
            if sd is not None:
                found["spread"].append({"est": row, "sd": sd})
            for number, total in self._counted(row):
                found["pair"].append({"k": number, "n": total})
            if row.stat == "proportion":
                self._shared(row, limits, found)
        return found

    def _tests(self, row: Row) -> list[Row]:
        """The P values of a contrast: at its place, and of the test between the groups."""
        if " vs " not in row.group and measure_of(row.stat) != "hr":
            return []
        beside = replace(row, group="between")
        places = (self.held.at[place(row)], self.held.at.get(place(beside), {}))
        return [one for here in places for stat, one in here.items() if measure_of(stat) == "p"]

    def _shared(
        self, share: Row, limits: Sequence[tuple[Row, Row]], found: dict[Shape, list[Statement]]
    ) -> None:
        """A proportion with its count, what that was divided by, and its limits."""
        for stat in ("count", "events", "patients", "n", "deviations", "missing", "held"):
            number = self.held.beside(share, stat)
            if number is None or not self._makes(share, number):
                continue
            found["count"].append({"k": number, "share": share})
            total = total_of(self.held, number)
            if total is not None:
                one = {"k": number, "n": total, "share": share}
                found["fraction"] += [one, *({**one, "low": low, "high": high} for low, high in limits)]

    def _makes(self, share: Row, number: Row) -> bool:
        """False for a number at the same place that the proportion is not of, as its denominator."""
        return not (number.stat in ("n", "patients") and self.held.beside(share, "count") is not None)

    def _counted(self, row: Row) -> Iterator[tuple[Row, Row]]:
        """A count with every count that it may be said to be out of."""
        if kind_of(self.held, row) == "count":
            total = total_of(self.held, row)
            if total is not None:
                yield row, total
