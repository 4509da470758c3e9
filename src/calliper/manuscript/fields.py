"""Fields of a manuscript, `{{ADDRESS | FORM}}`, and the result that an address means.

An address is a key of results.csv, or some of its parts in any order, joined by dots and enough to tell the result from
every other: the analysis first, then words that are each its population, group, variable, level, measure or method,
and `@12` at the end for a time. Where several results have the words, the one with the fewest parts
left unsaid (a level, a time, a method) is meant, if there is one such.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nsmallest

from calliper.manuscript.held import Held
from calliper.manuscript.measures import is_quotable, measure_of, method_of
from calliper.manuscript.paper import Paragraph
from calliper.results import Row

OPEN, CLOSE = "{{", "}}"
NEAR = 3
"""Keys that are shown as near to an address that has no result."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a paragraph, letters `start` to `end`; `address` is None where it is not closed."""

    start: int
    end: int
    inside: str
    is_closed: bool = True


def fields_of(paragraph: Paragraph) -> Iterator[Field]:
    """The fields of a paragraph, in order."""
    text, start = paragraph.text, paragraph.text.find(OPEN)
    while start >= 0:
        end = text.find(CLOSE, start)
        another = text.find(OPEN, start + len(OPEN))
        if end < 0 or 0 <= another < end:
            yield Field(start, start + len(OPEN), " ".join(text[start : start + 40].split()), is_closed=False)
        else:
            yield Field(start, end + len(CLOSE), " ".join(text[start + len(OPEN) : end].split()))
        start = another if end < 0 or another < end else text.find(OPEN, end + len(CLOSE))


def divided(held: Held, inside: str) -> tuple[str, str]:
    """Address and form of a field; a key may itself hold the bar that divides them."""
    if inside in held.by_key:
        return inside, ""
    address, bar, form = inside.rpartition("|")
    return (address.strip(), form.strip()) if bar else (inside, "")


def resolve(held: Held, address: str) -> Row:
    """The result that an address means.

    Raises ValueError, with near or fitting keys, when there is none or more than one.
    """
    if address in held.by_key:
        return held.by_key[address]
    if not address:
        raise ValueError("the field is empty; write {{key}} with a key of results.csv")
    found = [] if "/" in address else _having(held, address)
    if not found:
        near = _near(held, address)
        raise ValueError(f"no result {address!r}" + (f"; near it: {', '.join(near)}" if near else ""))
    least = min(_unsaid(row, address) for row in found)
    meant = [row for row in found if _unsaid(row, address) == least]
    if len(meant) > 1:
        shown = ", ".join(row.key for row in meant[:NEAR])
        more = f" and {len(meant) - NEAR} more" if len(meant) > NEAR else ""
        raise ValueError(f"{address!r} means {len(meant)} results: {shown}{more}; name more of its parts")
    return meant[0]


def _having(held: Held, address: str) -> list[Row]:
    """The results with every word of the address, each word another part of the result's own."""
    words, at = _words(address)
    wanted = Counter(words[1:])
    return [
        row
        for row in held.rows
        if row.analysis == words[0]
        and (at is None or (row.at is not None and f"{row.at:.12g}" == at))
        and not wanted - Counter(_parts(row))
    ]


def _words(address: str) -> tuple[list[str], str | None]:
    plain, sign, at = address.rpartition("@")
    if not sign:
        plain, at = address, ""
    return [word.strip() for word in plain.split(".")], at.strip() if sign else None


def _parts(row: Row) -> list[str]:
    """The parts of an address that a word may name."""
    named = [
        row.population,
        row.group,
        row.variable,
        row.level,
        measure_of(row.stat),
        *method_of(row.stat).split("."),
    ]
    return [part for part in named if part]


def _unsaid(row: Row, address: str) -> int:
    """How many of level, time and method the address leaves unsaid."""
    words, at = _words(address)
    said = set(words[1:])
    return (
        (bool(row.level) and row.level not in said)
        + (row.at is not None and at is None)
        + (bool(method_of(row.stat)) and method_of(row.stat) not in said)
    )


def _near(held: Held, address: str) -> Sequence[str]:
    """The keys whose parts are likest to the words in spelling, those with the fewest parts first."""
    words = [word for word in address.lower().replace("/", ".").replace("@", ".").split(".") if word]
    alike: dict[str, tuple[float, ...]] = {}

    def likeness(row: Row) -> float:
        parts = [part.lower() for part in (row.analysis, *_parts(row))]
        for part in parts:
            if part not in alike:
                alike[part] = tuple(SequenceMatcher(None, part, word).ratio() for word in words)
        return sum(max(alike[part][place] for part in parts) for place in range(len(words)))

    quotable = (row for row in held.rows if is_quotable(row))
    return [row.key for row in nsmallest(NEAR, quotable, key=lambda row: (-likeness(row), len(_parts(row))))]
