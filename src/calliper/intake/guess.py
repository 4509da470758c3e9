"""What a column holds, as far as its cells tell: numbers, dates, a category, text; each guess says what it rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from calliper.records.slips import MISSING_WORDS

Kind = Literal["number", "integer", "date", "category", "text", "blank"]
MOST_LEVELS = 12
ODD_SHARE = 0.1
"""Of a column's different cells, how many may be none of its kind: slips of the hand."""
FIRST_SHORT_YEAR = 1930

_POINT = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?")
_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")
_LIMIT = re.compile(r"[<>≤≥]=?\s*[0-9]+(?:[.,][0-9]+)?")
_YEAR_FIRST = re.compile(r"(?:19|20)[0-9]{2}(?:年|[-/.])[0-9]{1,2}(?:月|[-/.])[0-9]{1,2}日?(?:[ T].*)?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4}|[0-9]{2})(?:[ T].*)?")
_PARTIAL = re.compile(r"(?:19|20)[0-9]{2}(?:[-/.年][0-9]{1,2}月?)?|[0-9]{1,2}[-/.](?:19|20)[0-9]{2}")
_SERIAL = re.compile(r"[2-5][0-9]{4}(?:\.0+)?")


@dataclass(frozen=True, slots=True)
class Guess:
    """What the cells of a column are. `evidence` is in words; `missing` are texts that say there is no value."""

    kind: Kind
    n: int
    filled: int
    values: tuple[str, ...]
    missing: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    order: Literal["iso", "day_first", "month_first", "excel_serial"] | None = None
    has_short_years: bool = False
    has_signs: bool = False
    has_comma: bool = False
    low: str = ""
    high: str = ""
    evidence: tuple[str, ...] = field(default_factory=tuple)

    @property
    def is_odd(self) -> bool:
        """Whether dates are written otherwise than year-month-day in digits: with short years, or signs (年月日)."""
        return self.has_short_years or self.has_signs

    @property
    def seen(self) -> str:
        """`88 of 90 filled (2 % missing); 29 values, 23 to 81`."""
        share = f"{100 * (self.n - self.filled) / self.n:.0f} % missing" if self.n else "no rows"
        ends = f", {self.low} to {self.high}" if self.low else ""
        return f"{self.filled} of {self.n} filled ({share}); {len(self.values)} different{ends}"


def guess(texts: Sequence[str | None], *, is_date: bool = False, missing: Sequence[str] = ()) -> Guess:
    """What a column's cells are; `is_date`: its header says that they are dates, so that serials may be meant.

    `missing` are texts that the file itself calls missing.

    >>> found = guess(["61", "48", None, "不详"])
    >>> found.kind, found.missing, found.seen
    ('integer', ('不详',), '2 of 4 filled (50 % missing); 2 different, 48 to 61')
    """
    filled = [text for text in texts if text]
    called = tuple(text for text in missing if text in filled)
    words = tuple(
        dict.fromkeys(text for text in filled if text.casefold() in MISSING_WORDS and text not in called)
    )
    held = [text for text in filled if text not in words and text not in called]
    values = tuple(dict.fromkeys(held))
    made = _kind(held, values, len(texts), (*called, *words), is_date=is_date)
    if called:
        return replace(made, evidence=(*made.evidence, f"the file calls {' and '.join(called)} missing"))
    missing = words
    if made.kind == "text" and missing and len(dict.fromkeys(filled)) <= MOST_LEVELS:
        # "none" among words is a level as likely as no value
        values = tuple(dict.fromkeys(filled))
        return Guess(
            "category", len(texts), len(filled), values, evidence=(f"{len(values)} different texts",)
        )
    if made.kind == "category" and any(word in ("none", "unknown", "无", "-") for word in missing):
        values = tuple(dict.fromkeys(filled))
        return Guess(
            "category", len(texts), len(filled), values, evidence=(f"{len(values)} different texts",)
        )
    return made


def _kind(
    held: Sequence[str], values: tuple[str, ...], n: int, missing: tuple[str, ...], *, is_date: bool
) -> Guess:
    filled = len(held)
    if not held:
        return Guess("blank", n, 0, (), missing, evidence=("no cell holds a value",))
    if found := _dates(held, values, n, missing, is_date=is_date):
        return found
    limits = tuple(value for value in values if _LIMIT.fullmatch(value))
    rest = [value for value in values if value not in limits]
    numbers = [value for value in rest if _POINT.fullmatch(value) or _COMMA.fullmatch(value)]
    odd = [value for value in rest if value not in numbers]
    if numbers and len(odd) <= ODD_SHARE * len(rest):
        has_comma = any(_COMMA.fullmatch(value) for value in rest)
        read = sorted((float(value.replace(",", ".")), value) for value in numbers)
        is_whole = all(value.is_integer() and "." not in text and "," not in text for value, text in read)
        what = "whole numbers" if is_whole else "numbers"
        evidence = [f"all {filled} values are {what}" if not odd else f"all but {_shown(odd)} are {what}"]
        evidence += [f"limits such as {limits[0]}"] if limits else []
        evidence += ["a comma is the decimal mark"] if has_comma else []
        if (
            not limits
            and not odd
            and len(values) <= 2
            and filled > 2
            and all(value.is_integer() for value, _ in read)
        ):
            return Guess(
                "category",
                n,
                filled,
                tuple(sorted(values)),
                missing,
                evidence=(f"only {' and '.join(sorted(values))}",),
            )
        return Guess(
            "integer" if is_whole and not limits else "number", n, filled, values, missing, limits,
            has_comma=has_comma, low=read[0][1], high=read[-1][1], evidence=tuple(evidence),
        )  # fmt: skip
    if len(values) <= MOST_LEVELS and (len(values) <= max(2, filled // 2)):
        return Guess("category", n, filled, values, missing, evidence=(f"{len(values)} different texts",))
    return Guess("text", n, filled, values, missing, evidence=(f"{len(values)} different texts",))


def _shown(texts: Sequence[str]) -> str:
    shown = ", ".join(f"'{text[:30]}'" for text in texts[:3])
    return shown if len(texts) <= 3 else f"{shown} and {len(texts) - 3} more"


def _dates(
    held: Sequence[str], values: tuple[str, ...], n: int, missing: tuple[str, ...], *, is_date: bool
) -> Guess | None:
    """The cells as dates, where most of them are."""
    first = [text for text in held if _YEAR_FIRST.fullmatch(text)]
    last = [match for text in held if (match := _YEAR_LAST.fullmatch(text))]
    serial = [text for text in held if _SERIAL.fullmatch(text)] if is_date else []
    partial = [text for text in held if _PARTIAL.fullmatch(text)] if is_date or first or last else []
    if len(first) + len(last) + len(serial) + len(partial) < 0.8 * len(held) or not (first or last or serial):
        return None
    odd = len(held) - len(first) - len(last) - len(serial) - len(partial)
    evidence = [f"{len(first) + len(last) + len(serial)} of {len(held)} cells are dates"]
    evidence += [f"{odd} are none"] if odd else []
    evidence += [f"{len(partial)} are partial"] if partial else []
    order: Literal["iso", "day_first", "month_first", "excel_serial"] = "iso"
    if serial and not last:
        order = "excel_serial"
        evidence.append(f"{len(serial)} look like Excel's serial numbers")
    if last:
        days = any(int(match[1]) > 12 for match in last)
        months = any(int(match[2]) > 12 for match in last)
        order = "month_first" if months and not days else "day_first"
        if days and months:
            evidence.append(
                "some can only be day first and others only month first: the order must be found out"
            )
        elif days or months:
            evidence.append(
                f"the order is {'day' if days else 'month'} first: another would give months above 12"
            )
        else:
            evidence.append("whether the day or the month stands first cannot be told from the cells")
    has_short = any(len(match[3]) == 2 for match in last)
    if has_short:
        evidence.append(f"years of two digits: from {FIRST_SHORT_YEAR} on unless another year is given")
    plain = sorted(text for text in first if "年" not in text)
    return Guess(
        "date", n, len(held), values, missing, order=order, has_short_years=has_short,
        has_signs=any("年" in text for text in first), low=plain[0] if len(plain) == len(held) else "",
        high=plain[-1] if len(plain) == len(held) else "", evidence=tuple(evidence),
    )  # fmt: skip
