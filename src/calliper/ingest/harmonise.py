"""A centre's cells in the study's words: answers first, then what the centre's mapping says of each column.

Texts in, texts out, with a line for every cell that became another. What fits no declared rule stands as it is: the
checks of the records name it. Numbers are converted as exact decimals (disease/units.py).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal, localcontext
from hashlib import sha256

import polars as pl

from calliper.disease.units import FACTORS
from calliper.ingest.cells import Cells, Fault
from calliper.protocol.answers import Answer
from calliper.protocol.mapping_specs import Conversion, MappedColumn, MappedSheet
from calliper.records.dates import SERIAL_DAY_0
from calliper.records.slips import plain
from calliper.records.tables import CONVERSIONS

_LIMIT = re.compile(r"([<>≤≥]=?)\s*([0-9]+(?:[.,][0-9]+)?)")
_NUMBERS = {
    "point": re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"),
    "comma": re.compile(r"[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?"),
}
_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_YEAR_FIRST = re.compile(
    r"(?P<year>[0-9]{4})(?:年|[-/.])(?P<month>[0-9]{1,2})(?:月|[-/.])(?P<day>[0-9]{1,2})日?" + _TIME
)
_YEAR_LAST = {
    "day_first": re.compile(
        r"(?P<day>[0-9]{1,2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<year>[0-9]{4}|[0-9]{2})" + _TIME
    ),
    "month_first": re.compile(
        r"(?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})[-/.](?P<year>[0-9]{4}|[0-9]{2})" + _TIME
    ),
}
_SHORT_FIRST = re.compile(r"(?P<year>[0-9]{2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})" + _TIME)
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")
_LETTERS = 16

Converted = tuple[str | None, str]
"""What a text became (None: missing), and why; why is '' where it stands as it is."""


@dataclass(frozen=True, slots=True)
class Harmonised:
    """Cells under the study's headers, and what became of which: `CONVERSIONS` without the file and sheet."""

    cells: Cells
    conversions: pl.DataFrame


def headers_of(mapped: MappedSheet | None, columns: Sequence[str]) -> dict[str, str]:
    """By the study's header of a column, the file's own."""
    held = {} if mapped is None else {column.meant: column.header for column in mapped.columns}
    return {name: held.get(name, name) for name in columns}


def harmonise(
    cells: Cells,
    mapped: MappedSheet | None,
    answers: Sequence[Answer],
    headers: dict[str, str],
    *,
    decimal: str,
    key: bytes,
) -> Harmonised:
    """Cells read under the file's `headers` (study's header to the file's) in the study's words.

    An answer about a cell that is not there, or that holds another text than the one it was given for, is a fault.
    """
    made: list[pl.DataFrame] = []
    faults: list[Fault] = []
    frame = cells.frame
    by_header: dict[str, list[Answer]] = {}
    for answer in answers:
        by_header.setdefault(answer.column, []).append(answer)
    texts = []
    for name, header in headers.items():
        column = frame[header]
        corrected, lines, wrong = _answered(column, frame["_row"], by_header.get(header, []))
        faults += wrong
        spec = mapped.column(name) if mapped is not None else None
        if mapped is not None:
            converted, more = _column(corrected, spec, mapped, decimal, key)
            lines = _joined(lines, more)
            corrected = converted
        # a ledger with identifiers would undo their pseudonyms
        if lines and not (spec is not None and spec.pseudonym):
            made.append(_listed(lines, column, frame["_row"], header))
        texts.append(corrected.alias(name))
    table = pl.DataFrame([frame["_row"], *texts])
    ledger = pl.concat(made) if made else _listed({}, frame["_row"].cast(pl.String), frame["_row"], "")
    return Harmonised(replace(cells, frame=table, faults=(*cells.faults, *faults)), ledger)


def _listed(lines: dict[int, Converted], column: pl.Series, rows: pl.Series, header: str) -> pl.DataFrame:
    at = sorted(lines)
    return pl.DataFrame(
        {
            "row": [rows[place] for place in at],
            "column": [header] * len(at),
            "found": [column[place] or "" for place in at],
            "value": [lines[place][0] or "" for place in at],
            "why": [lines[place][1] for place in at],
        },
        schema={name: kind for name, kind in CONVERSIONS.items() if name not in ("file", "sheet")},
    )


def _joined(first: dict[int, Converted], then: dict[int, Converted]) -> dict[int, Converted]:
    """Two steps of one cell as one line."""
    both = {
        at: (value, f"{first[at][1]}; {why}" if at in first else why) for at, (value, why) in then.items()
    }
    return {**first, **both}


def _answered(
    column: pl.Series, rows: pl.Series, answers: Sequence[Answer]
) -> tuple[pl.Series, dict[int, Converted], list[Fault]]:
    """A column with the centres' corrections in their cells."""
    if not answers:
        return column, {}, []
    place = {int(row): at for at, row in enumerate(rows)}
    lines: dict[int, Converted] = {}
    faults = []
    for answer in answers:
        at = place.get(answer.row)
        held = "" if at is None else column[at] or ""
        if at is None or held.strip() != answer.found:
            now = "there is no such row" if at is None else f"the cell now holds '{held}'"
            faults.append(
                Fault(
                    "answer",
                    f"{answer.who} answered on {answer.when} of a cell with '{answer.found}', and {now}",
                    "ask again, and take the answer out of the file of answers",
                    row=answer.row,
                    column=answer.column,
                    value=answer.found,
                )
            )
        elif answer.verdict != "right":
            lines[at] = (answer.value if answer.verdict == "corrected" else None, answer.told)
    if not lines:
        return column, lines, faults
    return column.clone().scatter(list(lines), [value for value, _ in lines.values()]), lines, faults


def _column(
    column: pl.Series, spec: MappedColumn | None, sheet: MappedSheet, decimal: str, key: bytes
) -> tuple[pl.Series, dict[int, Converted]]:
    """A column as its mapping reads it, and what became another text: by position."""
    mark = sheet.decimal or decimal
    become = {}
    for text in column.drop_nulls().unique().to_list():
        converted = convert(text, spec, missing=sheet.missing, mark=mark, decimal=decimal, key=key)
        if converted[1]:
            become[text] = converted
    if not become:
        return column, {}
    lines = {at: become[text] for at, text in enumerate(column.to_list()) if text in become}
    return column.clone().scatter(list(lines), [value for value, _ in lines.values()]), lines


def convert(
    text: str,
    spec: MappedColumn | None,
    *,
    missing: Sequence[str] = (),
    mark: str = "point",
    decimal: str = "point",
    key: bytes = b"",
) -> Converted:
    """What a cell's text is in the study's words, and why; a text that fits no declared rule stands as it is.

    `mark` is the decimal mark of the sheet, `decimal` that of the study.

    >>> column = MappedColumn.model_validate(
    ...     {"header": "径", "as": "D", "unit": {"of": "diameter", "from": "mm", "to": "cm"}, "limits": "at_limit"})
    >>> convert("105", column), convert(">205", column)
    (('10.5', '105 mm is 10.5 cm'), ('20.5', '>205 is read as 205; 205 mm is 20.5 cm'))
    """
    bare = text.strip()
    if bare in missing or (spec is not None and bare in spec.missing):
        return None, "declared as missing"
    value, why = bare, []
    for step in _steps(spec, mark, decimal, key):
        made, said = step(value)
        value = made
        if said:
            why.append(said)
    return (value, "; ".join(why)) if why and value != bare else (text, "")


Step = Callable[[str], tuple[str, str]]


def _steps(spec: MappedColumn | None, mark: str, decimal: str, key: bytes) -> Iterator[Step]:
    """What is done with a text, in this order."""
    if spec is None:
        if mark != decimal:
            yield lambda text: _mark(text, mark, decimal)
        return
    if spec.codes:
        yield (
            lambda text: (
                (spec.codes[text], f"'{text}' is '{spec.codes[text]}'") if text in spec.codes else (text, "")
            )
        )
    if spec.limits is not None:
        is_half = spec.limits == "half"
        yield lambda text: _limit(text, is_half=is_half)
    if spec.dates or spec.short_years:
        order, pivot = spec.dates or "iso", spec.short_years
        yield lambda text: _date(text, order, pivot)
    if spec.unit is not None:
        unit = spec.unit
        yield lambda text: _unit(text, unit, mark, decimal)
    elif mark != decimal:
        yield lambda text: _mark(text, mark, decimal)
    if spec.pseudonym:
        yield lambda text: (pseudonym(text, key), "a pseudonym")


def pseudonym(text: str, key: bytes) -> str:
    """A keyed pseudonym (HMAC-SHA-256, its first 16 hexadecimal digits): the same identifier gives the same one.

    Width of letters, white space and capitals are no part of an identifier.
    """
    bare = "".join(plain(text).casefold().split())
    return hmac.new(key, bare.encode(), sha256).hexdigest()[:_LETTERS]


def _limit(text: str, *, is_half: bool) -> tuple[str, str]:
    found = _LIMIT.fullmatch(text)
    if found is None:
        return text, ""
    value = found[2]
    if is_half and found[1][0] in "<≤":
        mark = "," if "," in value else "."
        value = _written(Decimal(value.replace(",", ".")) / 2).replace(".", mark)
        return value, f"{text} is read as {value}, half the limit"
    return value, f"{text} is read as {value}"


def _date(text: str, order: str, pivot: int | None) -> tuple[str, str]:
    """A date as year-month-day; one that cannot be is written so too, for the checks to name."""
    if order == "excel_serial" and (serial := _SERIAL.fullmatch(text)):
        day = SERIAL_DAY_0 + timedelta(days=int(serial[1]))
        return day.isoformat(), f"{text} is the serial of {day.isoformat()}"
    found = _YEAR_FIRST.fullmatch(text) or (
        _YEAR_LAST[order].fullmatch(text) if order in _YEAR_LAST else None
    )
    if found is None and pivot is not None and order == "iso":
        found = _SHORT_FIRST.fullmatch(text)
    if found is None:
        return text, ""
    year = int(found["year"])
    if len(found["year"]) == 2:
        if pivot is None:
            return text, ""
        year = pivot + (year - pivot) % 100
    made = f"{year:04}-{int(found['month']):02}-{int(found['day']):02}"
    return (made, f"{text} is {made}") if made != text else (text, "")


def _number(text: str, mark: str) -> Decimal | None:
    return Decimal(text.replace(",", ".")) if _NUMBERS[mark].fullmatch(text) else None


def _written(value: Decimal) -> str:
    shown = format(value.normalize(), "f")
    return shown if shown != "-0" else "0"


def _unit(text: str, unit: Conversion, mark: str, decimal: str) -> tuple[str, str]:
    value = _number(text, mark)
    if value is None:
        return text, ""
    factors = FACTORS[unit.of]
    with localcontext() as context:
        context.prec = 15
        made = _written(value * factors[unit.unit] / factors[unit.to])
    shown = made.replace(".", ",") if decimal == "comma" else made
    return shown, f"{text} {unit.unit} is {shown} {unit.to}"


def _mark(text: str, mark: str, decimal: str) -> tuple[str, str]:
    if _number(text, mark) is None:
        return text, ""
    made = text.replace(",", ".") if decimal == "point" else text.replace(".", ",")
    return made, f"{text} is {made}" if made != text else ""
