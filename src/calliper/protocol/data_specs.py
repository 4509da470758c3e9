"""Where the data are and how cells are written: the keys `data` and `reading` of the study file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from calliper.protocol.spec import Name, Spec, Words
from calliper.protocol.variable_specs import Impute


class SourceFile(Spec):
    """One file (or one sheet of a workbook). `path` is relative to the study file, or absolute.

    `header_row` is the header's row as a spreadsheet numbers it; the rows above it are not read. Unless said, the
    header is the first row that holds a value.
    `keep` lists, per column, the raw values of the rows that belong to the table; other rows are counted and
    left.
    """

    path: Words
    sheet: str | None = None
    centre: Name | None = None
    header_row: int | None = Field(default=None, ge=1, le=1000)
    keep: dict[str, tuple[str, ...]] = {}


class TableSource(Spec):
    """One table, stacked from one or many files.

    `columns` maps a role to the column's header in the files. `impute` says of roles that hold dates how partial
    ones are completed.
    """

    files: tuple[SourceFile, ...] = Field(min_length=1)
    columns: dict[Name, str]
    impute: dict[Name, Impute] = {}


class Tables(Spec):
    """The tables of a study; only `patients` is required.

    Column roles: patients: patient, [centre]. responses: patient, response, [date], [visit]. adverse_events:
    patient, term, [category], [grade], [start], [end], [related], [serious]. times: patient, endpoint, time, event.
    contacts: patient, date, [status]. exposure: patient, [drug], start, end, dose. imaging: patient, scan, date,
    [visit], [modality], [arterial_phase], [reader], [slice_mm]. lesions: patient, scan, lesion, organ, role, [kind],
    [status], [pattern], [delineated], [prior_treatment], [treated], [whole_mm], [viable_mm], [short_axis_mm].
    """

    patients: TableSource
    responses: TableSource | None = None
    adverse_events: TableSource | None = None
    times: TableSource | None = None
    contacts: TableSource | None = None
    exposure: TableSource | None = None
    imaging: TableSource | None = None
    lesions: TableSource | None = None


class Reading(Spec):
    """How cells are written. Nothing is guessed: text that does not fit is a problem, not a missing value."""

    dates: Literal["iso", "day_first", "month_first", "excel_serial"] = "iso"
    decimal: Literal["point", "comma"] = "point"
    missing: tuple[str, ...] = ()
    event_codes: dict[str, Literal[0, 1]] = {"0": 0, "1": 1}
    on_error: Literal["stop", "exclude_record"] = "stop"
