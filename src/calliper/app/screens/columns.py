"""Step 2: what each centre's columns are, guessed with evidence, for a person to confirm or correct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from calliper.app import edit
from calliper.app.screens.common import drafted_of, form_of, go, page, study_of, tried
from calliper.app.studies import Place
from calliper.disease.units import FACTORS
from calliper.errors import CalliperError
from calliper.ingest.stack import columns_of
from calliper.intake.new import FOUND
from calliper.protocol.layers import parse_mapping
from calliper.protocol.mapping_specs import LEFT_OUT, MappedColumn, Mapping
from calliper.protocol.specs import Protocol

router = APIRouter(prefix="/s/{study}/columns")


@dataclass(frozen=True, slots=True)
class Row:
    """A column of a mapping as its form shows it; `at` is its place, as `linyi-0-3`."""

    at: str
    column: MappedColumn
    targets: tuple[str, ...]

    @property
    def codes(self) -> str:
        """A line a code."""
        return "\n".join(f"{text} = {meaning}" for text, meaning in self.column.codes.items())

    @property
    def unit(self) -> str:
        """The unit as its choice has it."""
        held = self.column.unit
        return "" if held is None else f"{held.of}|{held.unit}|{held.to}"

    @property
    def is_read(self) -> bool:
        """Whether the study reads it."""
        return self.column.meant != LEFT_OUT

    @property
    def has_more(self) -> bool:
        """Whether anything is said of its cells."""
        column = self.column
        return bool(
            column.codes
            or column.missing
            or column.unit
            or column.limits
            or column.dates
            or column.short_years
            or column.pseudonym
        )


@dataclass(frozen=True, slots=True)
class SheetView:
    """A sheet of a mapping."""

    at: str
    name: str
    rows: tuple[Row, ...]

    @property
    def waiting(self) -> int:
        """How many guesses wait."""
        return sum(not row.column.confirm for row in self.rows)


UNITS = tuple(
    f"{of}|{one}|{other}" for of, units in FACTORS.items() for one in units for other in units if one != other
)


@router.get("")
def shown(request: Request, centre: str = "") -> Response:
    """The columns of a centre."""
    session, place = drafted_of(request)
    names = [path.stem for path in place.mappings]
    chosen = centre if centre in names else next(iter(names), "")
    sheets: tuple[SheetView, ...] = ()
    wrong = request.query_params.get("wrong", "")
    counts: dict[str, int] = {}
    try:
        protocol = place.loaded().protocol
        for name in names:
            mapping = _mapping(place, name)
            counts[name] = sum(not column.confirm for sheet in mapping.sheets for column in sheet.columns)
            if name == chosen:
                sheets = _sheets(name, mapping, protocol)
    except CalliperError as error:
        wrong = wrong or str(error)
    found = place.folder / FOUND
    notes = found.read_text(encoding="utf-8").splitlines() if found.is_file() else []
    return page(
        request, "columns.html", session, study=place, step="columns", centres=counts, chosen=chosen, sheets=sheets,
        notes=notes, units=UNITS, wrong=wrong,
    )  # fmt: skip


@router.post("/{centre}/{sheet}/{column}")
async def change(request: Request, centre: str, sheet: int, column: int) -> Response:
    """One column as its form has it; htmx gets the row back, a plain form the page."""
    session, place = study_of(request)
    form = (await form_of(request, session)).texts
    path = _path(place, centre)

    def work() -> str:
        with place.changing():
            edit.change(
                path,
                lambda document: edit.set_column(document, sheet, column, form),
                lambda: parse_mapping(path.read_text(encoding="utf-8"), file=path.name),
            )
        return ""

    wrong = ""
    try:
        await run_in_threadpool(work)
    except (CalliperError, edit.EditError) as error:
        wrong = str(error)
    if request.headers.get("hx-request"):
        view = _sheets(centre, _mapping(place, centre), place.loaded().protocol)[sheet]
        return page(
            request, "column.html", session, study=place, row=view.rows[column], units=UNITS, wrong=wrong
        )
    return go(f"/s/{place.id}/columns?centre={centre}#{centre}-{sheet}-{column}", wrong=wrong)


@router.post("/{centre}")
async def confirm_centre(request: Request, centre: str) -> Response:
    """Every guess of a centre confirmed."""
    return await _confirmed(request, centre, None)


@router.post("/{centre}/{sheet}")
async def confirm(request: Request, centre: str, sheet: int) -> Response:
    """Every guess of a sheet confirmed."""
    return await _confirmed(request, centre, sheet)


async def _confirmed(request: Request, centre: str, sheet: int | None) -> Response:
    session, place = study_of(request)
    await form_of(request, session)
    path = _path(place, centre)

    def confirm_in(document: Any) -> None:
        for at in range(len(document["sheets"])) if sheet is None else [sheet]:
            edit.confirm_sheet(document, at)

    def work() -> str:
        with place.changing():
            edit.change(path, confirm_in)
        return ""

    return await run_in_threadpool(tried, work, f"/s/{place.id}/columns?centre={centre}")


def _path(place: Place, centre: str) -> Any:
    """A centre's mapping. Raises HTTPException 404 where there is none."""
    found = next((path for path in place.mappings if path.stem == centre), None)
    if found is None:
        raise HTTPException(404)
    return found


def _mapping(place: Place, centre: str) -> Mapping:
    path = _path(place, centre)
    return parse_mapping(path.read_text(encoding="utf-8"), file=path.name)


def _sheets(centre: str, mapping: Mapping, protocol: Protocol) -> tuple[SheetView, ...]:
    """The sheets of a mapping with what their columns may be."""
    made = []
    for at, sheet in enumerate(mapping.sheets):
        targets = targets_of_sheet(protocol, sheet.file, sheet.sheet)
        rows = tuple(
            Row(
                f"{centre}-{at}-{position}",
                column,
                targets if column.meant in (*targets, LEFT_OUT) else (*targets, column.meant),
            )
            for position, column in enumerate(sheet.columns)
        )
        made.append(SheetView(f"{centre}-{at}", sheet.sheet or sheet.file, rows))
    return tuple(made)


def targets_of_sheet(protocol: Protocol, file: str, sheet: str | None) -> tuple[str, ...]:
    """The headers by which the study names columns of the tables that a sheet holds."""
    found: list[str] = []
    for table in type(protocol.data).model_fields:
        source = getattr(protocol.data, table)
        if table == "tumours" or source is None:
            continue
        for held in source.files:
            if held.path == file and (held.sheet or None) == (sheet or None):
                found += columns_of(protocol, table, held)
    return tuple(sorted(dict.fromkeys(found), key=str.casefold))
