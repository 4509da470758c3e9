"""The same person at two centres: rows that share a national number, a telephone, or name and date of birth.

Looked for before identifiers are left out, since afterwards nobody can. Findings name rows, never values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from calliper.intake.seen import Seen
from calliper.intake.words import bare

_ALONE = ("national_id", "phone", "email")
_TOGETHER = (
    ("name", "birth_date"),
    ("birth_date", "sex", "first_tace"),
    ("age", "sex", "admission", "first_tace"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet of patients, and what it holds: a kind of identifier, or the name of a variable."""

    sheet: Seen
    header: str
    kind: str


def same_people(columns: Iterable[Column]) -> list[str]:
    """A line for each pair of rows of two sheets that share what two people rarely do."""
    held: dict[int, tuple[Seen, dict[str, Sequence[str | None]]]] = {}
    for column in columns:
        _, kinds = held.setdefault(id(column.sheet), (column.sheet, {}))
        kinds.setdefault(column.kind, column.sheet.columns[column.header])
    lines: list[str] = []
    told: set[tuple[str, int, str, int]] = set()
    for wanted in (*((kind,) for kind in _ALONE), *_TOGETHER):
        seen: dict[tuple[str, ...], list[tuple[Seen, int]]] = {}
        for sheet, known in held.values():
            if all(kind in known for kind in wanted):
                for at, row in enumerate(sheet.rows):
                    key = tuple(bare(known[kind][at] or "") for kind in wanted)
                    if all(key):
                        seen.setdefault(key, []).append((sheet, row))
        for places in seen.values():
            lines += _pairs(places, wanted, told)
    return lines


def _pairs(
    places: Sequence[tuple[Seen, int]], kinds: Sequence[str], told: set[tuple[str, int, str, int]]
) -> Iterable[str]:
    words = " and ".join(kind.replace("_", " ") for kind in kinds)
    for at, (sheet, row) in enumerate(places):
        for other, number in places[at + 1 :]:
            pair = (sheet.place, row, other.place, number)
            if sheet.file != other.file and pair not in told:
                told.add(pair)
                yield f"{sheet.place}, row {row} and {other.place}, row {number} have the same {words}: one person?"
