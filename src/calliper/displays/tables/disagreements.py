"""Scans on which two readings differ, or the recorded category and the derived one: the first lines; a file has all."""

from __future__ import annotations

from collections.abc import Mapping

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels
from calliper.displays.readings import heading, readings
from calliper.protocol.specs import AgreementAnalysis, Protocol, ResponseAnalysis
from calliper.results import Listing, Results

MOST_LINES = 50
MOST_APART = 10
"""Two criteria differ on many scans, and are meant to: of these a few are enough to see why."""


def disagreement_lines(spec: ResponseAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """Each scan with another category recorded than derived, and the arithmetic; None where there is none."""
    endpoint = protocol.endpoints[spec.endpoint]
    columns = {"Recorded": ("recorded",), "Derived, and why": ("derived", "reason")}
    caption = f"{spec.title or endpoint.label}: scans whose recorded category is not the derived one"
    note = " Recorded: what the centres wrote on the days of the scan, by whatever criteria they read it."
    listing = results.listing(spec.id, "disagreements")
    return _lines(listing, caption, columns, protocol, most=MOST_LINES, note=note)


def scans_apart_lines(spec: AgreementAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """Each scan on which the two readings differ, with both reasons; None where there is none."""
    held = readings(spec, protocol, results)
    columns = {held.first: ("first", "first_reason"), held.second: ("second", "second_reason")}
    caption = f"{heading(protocol, spec)}: scans on which they differ"
    listing = results.listing(spec.id, "scans_apart")
    is_long = listing is not None and len(listing.rows) > MOST_LINES
    return _lines(listing, caption, columns, protocol, most=MOST_APART if is_long else MOST_LINES)


def _lines(
    listing: Listing | None,
    caption: str,
    columns: Mapping[str, tuple[str, ...]],
    protocol: Protocol,
    *,
    most: int,
    note: str = "",
) -> Table | None:
    """A line a scan: which, then under each head the values of these columns, as `PD: a new lesion`."""
    if listing is None or not listing.rows:
        return None
    lines = [dict(zip(listing.columns, row, strict=True)) for row in listing.rows[:most]]
    rows = [
        TableRow(
            (
                Cell(_scan(protocol, line)),
                *(Cell(": ".join(str(line[name] or "") for name in names)) for names in columns.values()),
            )
        )
        for line in lines
    ]
    left = len(listing.rows) - len(lines)
    more = f"The first {len(lines)} of {len(listing.rows)}; {listing.name}.csv lists all. " if left else ""
    return Table(
        id=f"table-{listing.analysis}-{listing.name.replace('_', '-')}",
        number="",
        caption=caption,
        columns=(Column("Scan", "left"), *(Column(head, "left") for head in columns)),
        rows=tuple(rows),
        footnotes=(Footnote("", f"{more}The date is the day on which the response counts.{note}"),),
    )


def _scan(protocol: Protocol, line: dict[str, str | int | float | None]) -> str:
    """Patient, date, and the centre where there are several."""
    centre = [labels.centre(protocol, str(line["centre"] or ""))] if len(protocol.centres) > 1 else []
    return ", ".join([str(line["patient"]), str(line["date"]), *centre])
