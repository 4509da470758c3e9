"""The claims file as a table: a line a printed number, for people who keep tables and write no YAML.

    id,place,what,kind,key,printed
    paper,,,,citation,"Author A. Title. Journal 2021."
    new,,New treatment,group,n,42
    age,Table 1,Age,means,groups.new.mean,60.3
    men,Results,Men,sum,parts.1,37

Lines of one id are one claim; place, what and kind stand on its first. A key is the way through the claim, steps parted
by points, list places counted from 1. It is read as text, as a spreadsheet shows it when it saves CSV: so zeros count.
"""

from __future__ import annotations

import csv
import io
import re

from calliper.errors import ProtocolError
from calliper.protocol.mistakes import Mistake, one_of
from calliper.protocol.written import Written

COLUMNS = ("id", "place", "what", "kind", "key", "printed")
LISTS = ("parts", "statements", "events", "steps", "at_risk")
"""Keys whose values are lists: a number after one is a place, after any other a name, as of a grade."""
SUFFIXES = {".csv": ",", ".tsv": "\t"}


def parse_sheet(text: str, *, file: str) -> tuple[Written, tuple[Mistake, ...]]:
    """The same values as of a YAML file, each with its line. Raises ProtocolError where the columns are not these."""
    separator = SUFFIXES[file[file.rfind(".") :].lower()]
    lines = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    try:
        rows = [(lines.line_num, [cell.strip() for cell in row]) for row in lines if any(map(str.strip, row))]
    except csv.Error as error:
        raise ProtocolError(
            [f"{file}:{lines.line_num}: {error}; expected a table in {separator!r}"]
        ) from None
    if not rows or tuple(name.lower() for name in rows[0][1][: len(COLUMNS)]) != COLUMNS:
        found = one_of(rows[0][1]) if rows else "nothing"
        raise ProtocolError([f"{file}:1: found the columns {found}; expected {', '.join(COLUMNS)}"])
    whole = _mapping(1)
    _put(whole, ("calliper",), "1", 1)
    mistakes: list[Mistake] = []
    places: dict[str, int] = {}
    for line, cells in rows[1:]:
        held = dict(zip(COLUMNS, [*cells, *[""] * len(COLUMNS)], strict=False))
        mistakes += _line(whole, places, held, line)
    return whole, tuple(mistakes)


def _line(whole: Written, places: dict[str, int], held: dict[str, str], line: int) -> list[Mistake]:
    """Put one line where it belongs."""
    name, key, printed = held["id"], held["key"], held["printed"]
    if not name or not key:
        return [Mistake(line, "found no id or no key; expected both on every line")]
    if name == "paper":
        return _told(_put(whole, (key,), printed, line), line, held)
    if held["kind"] == "group":
        way: tuple[str | int, ...] = ("groups", name)
        mistakes = _told(_put(whole, (*way, key), printed, line), line, held)
        if held["what"]:
            mistakes += _told(_put(whole, (*way, "label"), held["what"], line), line, held)
        return mistakes
    is_new = name not in places
    way = ("claims", places.setdefault(name, len(places)))
    mistakes = []
    if is_new:
        for each in ("id", "place", "what", "kind"):
            if held[each]:
                _put(whole, (*way, each), held[each], line)
    steps = _steps(key)
    return mistakes + _told(_put(whole, (*way, *steps), printed, line), line, held)


def _steps(key: str) -> list[str | int]:
    """The way that a key names: a step in brackets may hold points, a number in a list counts its places.

    >>> _steps("levels.[>= 1.5 cm].new"), _steps("grades.1"), _steps("groups.new.steps.3.2")
    (['levels', '>= 1.5 cm', 'new'], ['grades', '1'], ['groups', 'new', 'steps', 2, 1])
    """
    steps: list[str | int] = []
    for step in re.findall(r"\[[^\]]*\]|[^.]+", key):
        is_place = bool(steps) and (steps[-1] in LISTS or isinstance(steps[-1], int))
        if step.isdigit() and is_place:
            steps.append(int(step) - 1)
        else:
            steps.append(step[1:-1] if step.startswith("[") else step)
    return steps


def _told(is_put: bool, line: int, held: dict[str, str]) -> list[Mistake]:
    if is_put:
        return []
    return [
        Mistake(
            line,
            f"found the key '{held['key']}' of '{held['id']}' again, or where it cannot stand; expected once",
        )
    ]


def _mapping(line: int) -> Written:
    return Written({}, line, "", 1, {})


def _put(whole: Written, way: tuple[str | int, ...], text: str, line: int) -> bool:
    """Put a text at the end of a way, making what is not there; False where something else stands in it."""
    here = whole
    for at, step in enumerate(way):
        is_last = at == len(way) - 1
        inside = here.value
        below = Written(text, line, text) if is_last else _empty(way[at + 1], line)
        if isinstance(inside, dict) and isinstance(step, str):
            if step in inside and is_last:
                return False
            below = inside.setdefault(step, below)
            if here.key_lines is not None:
                here.key_lines.setdefault(step, line)
        elif isinstance(inside, list) and isinstance(step, int):
            if step > len(inside) or (step < len(inside) and is_last):
                return False
            if step == len(inside):
                inside.append(below)
            below = inside[step]
        else:
            return False
        here = below
    return True


def _empty(step: str | int, line: int) -> Written:
    """A list where the next step counts, else a mapping."""
    return Written([], line) if isinstance(step, int) else _mapping(line)
