"""Files of statistics programs: SPSS (.sav, .zsav), SAS (.xpt, .sas7bdat), Stata (.dta), by pyreadstat.

Every cell is the value as stored, not its label: `1`, not `Male`. Values that the file calls missing by its user's word
(SPSS's 99, SAS's .A) stand as they are, for the study file to declare; a system-missing value is blank. Labels, and
which values are called missing, are in `FileLabels`, from which a mapping is drafted.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from calliper.ingest.cells import Cells, Fault, arrange, as_text, locate, refused

KINDS = (".sav", ".zsav", ".xpt", ".sas7bdat", ".dta")
_PROGRAM = {".sav": "SPSS", ".zsav": "SPSS", ".xpt": "SAS", ".sas7bdat": "SAS", ".dta": "Stata"}


@dataclass(frozen=True, slots=True)
class FileLabels:
    """What such a file says of its columns: label, labels of values (by the cell's text), values called missing."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_statistical(content: bytes, columns: Sequence[str], *, extension: str, decimal: str) -> Cells:
    """Read the named columns; rows are numbered from 2, as if the columns' names were row 1 of a spreadsheet."""
    held = _read(content, extension)
    if isinstance(held, Fault):
        return refused(columns, held)
    data, _ = held
    names = list(data)
    positions, faults = locate(names, columns)
    texts = {name: [as_text(value, decimal) for value in data[names[at]]] for name, at in positions.items()}
    height = len(data[names[0]]) if names else 0
    rows = pl.Series("_row", range(2, height + 2), dtype=pl.Int64)
    frame = pl.DataFrame([rows, *(pl.Series(name, text, dtype=pl.String) for name, text in texts.items())])
    return Cells(arrange(frame, columns), height, faults, positions)


def names_of(content: bytes, extension: str) -> list[str] | Fault:
    """The columns' names."""
    held = _read(content, extension, rows=1)
    return held if isinstance(held, Fault) else list(held[0])


def labels_of(content: bytes, extension: str) -> FileLabels:
    """The labels of a file that can be read."""
    held = _read(content, extension, rows=1)
    if isinstance(held, Fault):
        return FileLabels()
    meta = held[1]
    values = {
        name: {as_text(value, "point") or "": str(label) for value, label in labels.items()}
        for name, labels in meta.variable_value_labels.items()
    }
    missing = {
        name: _missing(ranges, values.get(name, {})) for name, ranges in (meta.missing_ranges or {}).items()
    }
    user = {name: tuple(map(str, held)) for name, held in (meta.missing_user_values or {}).items()}
    named = {name: label for name, label in (meta.column_names_to_labels or {}).items() if label}
    return FileLabels(named, values, {**missing, **user})


def _missing(ranges: Sequence[Mapping[str, Any]], labelled: Mapping[str, str]) -> tuple[str, ...]:
    """The values of ranges: a range of one value, and the labelled values that lie in a wider one."""
    found: list[str] = []
    for held in ranges:
        low, high = held["lo"], held["hi"]
        if low == high:
            found.append(as_text(low, "point") or "")
        else:
            found += [text for text in labelled if _lies(text, low, high)]
    return tuple(dict.fromkeys(found))


def _lies(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high
    except (ValueError, TypeError):
        return False


def _read(content: bytes, extension: str, rows: int = 0) -> tuple[dict[str, Sequence[Any]], Any] | Fault:
    # imported here: no other kind of file needs it, and it takes a moment
    import pyreadstat
    from pyreadstat import PyreadstatError, ReadstatError

    program = _PROGRAM[extension]
    if not content:
        return Fault("empty", "the file is empty", f"export it again from {program}")
    options: dict[str, Any] = {"output_format": "dict", "row_limit": rows}
    reader = {
        "SPSS": pyreadstat.read_sav,
        "Stata": pyreadstat.read_dta,
        "SAS": pyreadstat.read_xport if extension == ".xpt" else pyreadstat.read_sas7bdat,
    }[program]
    if extension != ".xpt":
        options["user_missing"] = True
    try:
        data, meta = reader(io.BytesIO(content), **options)
    except (
        PyreadstatError,
        ReadstatError,
        ValueError,
        OverflowError,
        UnicodeDecodeError,
        MemoryError,
    ) as error:
        why = (str(error).splitlines() or ["no reason given"])[0]
        return Fault(
            "unreadable",
            f"not a file of {program} that can be read ({why})",
            f"export it again from {program}",
        )
    if not data:
        return Fault("empty", "the file has no columns", f"export it again from {program}")
    return data, meta
