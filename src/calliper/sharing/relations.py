"""The sums that hold between counts, as whoever reads a report knows them or can guess them.

A sum is looked for wherever arms, levels, stats or margins could add up, and kept where the numbers do add up: one
that holds by chance only hides more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from calliper.results import RATES, Row

STATS = (
    ("n", ("events", "censored")),
    ("n", ("patients", "unknown")),
    ("screened", ("excluded", "pending", "included")),
    ("screened", ("pass", "fail", "unknown")),
)
"""Stats at one place that add up to another there."""

LEVELS = (
    *RATES.items(),
    ("grade >=3", ("grade 3", "grade 4", "grade 5")),
    ("any grade", ("grade 1", "grade 2", "grade 3", "grade 4", "grade 5", "grade unknown")),
    ("due", ("on time", "late", "after missed", "missed")),
    ("attended", ("on time", "late", "after missed", "early")),
)
"""Levels of a variable that add up to another."""

LEFT = {"left": "excluded", "pending": "pending"}
"""Of patients who left by criterion, the stat of all who did."""

PAIRS = (" to ", ", ")
"""What stands between the two levels of a cell of a square table."""


@dataclass(frozen=True, slots=True)
class Sum:
    """The counts `parts` add up to the count `total`; keys of rows."""

    total: str
    parts: tuple[str, ...]


def sums(counts: Sequence[Row]) -> tuple[Sum, ...]:
    """Every sum that holds between these counts, each once."""
    held = [row for row in counts if row.value is not None]
    found = (*_groups(held), *_stats(held), *_levels(held), *_variables(held), *_margins(held))
    return tuple(dict.fromkeys(found))


def _holds(total: Row, parts: Sequence[Row]) -> bool:
    return len(parts) > 0 and total not in parts and sum(part.value or 0 for part in parts) == total.value


def _sum(total: Row, parts: Sequence[Row]) -> Iterator[Sum]:
    if _holds(total, parts):
        yield Sum(total.key, tuple(part.key for part in parts))


def _groups(rows: Iterable[Row]) -> Iterator[Sum]:
    """Arms, and centres, add up to all."""
    places: dict[tuple[object, ...], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        place = (row.analysis, row.population, row.variable, row.level, row.stat, row.at)
        places[place][row.group] = row
    for held in places.values():
        total = held.get("overall")
        if total is None:
            continue
        centres = [row for name, row in held.items() if name.startswith("centre:")]
        arms = [row for name, row in held.items() if name != "overall" and not name.startswith("centre:")]
        yield from _sum(total, arms)
        yield from _sum(total, centres)


def _stats(rows: Iterable[Row]) -> Iterator[Sum]:
    """Stats at one place, and stats at a place whose total stands at the place of the whole group."""
    places: dict[tuple[object, ...], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        places[row.analysis, row.population, row.group, row.variable, row.level, row.at][row.stat] = row
    for (analysis, population, group, *_), held in places.items():
        whole = places.get((analysis, population, group, "", "", None), {})
        for total, names in STATS:
            parts = [held[name] for name in names if name in held]
            for found in (held.get(total), whole.get(total)):
                if found is not None and len(parts) > 1:
                    yield from _sum(found, parts)


def _levels(rows: Iterable[Row]) -> Iterator[Sum]:
    """Levels of a variable: they may add up to a count of the variable or of the group, or to another level."""
    families: dict[tuple[object, ...], dict[str, Row]] = defaultdict(dict)
    totals: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if row.level:
            place = (row.analysis, row.population, row.group, row.variable, row.stat, row.at)
            families[place][row.level] = row
        else:
            totals[row.analysis, row.population, row.group, row.variable].append(row)
    for (analysis, population, group, variable, *_), held in families.items():
        parts = list(held.values())
        of_part = {total: names for total, names in LEVELS if total in held}
        for level, names in of_part.items():
            yield from _sum(held[level], [held[name] for name in names if name in held])
        plain = [row for level, row in held.items() if level not in of_part]
        for total in (
            *totals[analysis, population, group, variable],
            *totals[analysis, population, group, ""],
        ):
            yield from _sum(total, plain)
            yield from _sum(total, parts)


def _variables(rows: Iterable[Row]) -> Iterator[Sum]:
    """Variables, as criteria or rules, may add up to `any` or to the whole."""
    places: dict[tuple[object, ...], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        places[row.analysis, row.population, row.group, row.level, row.stat, row.at][row.variable] = row
    for (analysis, population, group, level, stat, at), held in places.items():
        parts = [row for name, row in held.items() if name not in ("", "any")]
        left = places.get((analysis, population, group, level, LEFT.get(str(stat)), at), {})
        for total in (held.get("any"), held.get(""), left.get("")):
            if total is not None:
                yield from _sum(total, parts)


def _margins(rows: Iterable[Row]) -> Iterator[Sum]:
    """Rows, columns and the diagonal of a square table, what is above it, and all of it, may add up to other counts."""
    tables: dict[tuple[str, str, str, str], dict[tuple[str, str], Row]] = defaultdict(dict)
    single: dict[tuple[str, str], list[Row]] = defaultdict(list)
    beside: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        pair = _pair(row.level)
        if pair is not None:
            tables[row.analysis, row.population, row.group, row.variable][pair] = row
            continue
        beside[row.analysis, row.population, row.group, row.variable].append(row)
        if row.level:
            single[row.analysis, row.level].append(row)
    for place, cells in tables.items():
        analysis = place[0]
        alike = [row for (one, other), row in cells.items() if one == other]
        rises = [
            row for (one, other), row in cells.items() if one.isdigit() and other.isdigit() and other > one
        ]
        for total in beside[place]:
            for parts in (list(cells.values()), alike, rises):
                yield from _sum(total, parts)
        for side in (0, 1):
            for level in dict.fromkeys(pair[side] for pair in cells):
                parts = [row for pair, row in cells.items() if pair[side] == level]
                for total in single[analysis, level]:
                    yield from _sum(total, parts)


def _pair(level: str) -> tuple[str, str] | None:
    for between in PAIRS:
        one, found, other = level.partition(between)
        if found and one and other:
            return one, other
    return None
