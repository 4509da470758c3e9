"""Scans on which two readings differ, or the recorded category and the derived one: the first lines; a file has all."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels
from calliper.displays.readings import heading, readings
from calliper.protocol.specs import AgreementAnalysis, Protocol, ResponseAnalysis
from calliper.results import Listing, Results

MOST_LINES = 50


def disagreement_lines(spec: ResponseAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """Each scan with another category recorded than derived, and the arithmetic; None where there is none."""
    listing = results.listing(spec.id, "disagreements")
    endpoint = protocol.endpoints[spec.endpoint]
    columns = {"recorded": "Recorded", "derived": "Derived", "reason": "Why it is derived so"}
    caption = f"{spec.title or endpoint.label}: scans whose recorded category is not the derived one"
    return _lines(listing, caption, columns, protocol, "disagreements.csv")


def scans_apart_lines(spec: AgreementAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """Each scan on which the two readings differ, with both reasons; None where there is none."""
    held = readings(spec, protocol, results)
    columns = {
        "first": held.first,
        "second": held.second,
        "first_reason": f"Why, {labels.in_sentence(held.first)}",
        "second_reason": f"Why, {labels.in_sentence(held.second)}",
    }
    caption = f"{heading(protocol, spec)}: scans on which they differ"
    return _lines(results.listing(spec.id, "scans_apart"), caption, columns, protocol, "scans_apart.csv")


def _lines(
    listing: Listing | None, caption: str, columns: dict[str, str], protocol: Protocol, file: str
) -> Table | None:
    """Patient, centre where there are several, date, and the columns wanted under their heads."""
    if listing is None or not listing.rows:
        return None
    centre = {"centre": "Centre"} if len(protocol.centres) > 1 else {}
    heads = {"patient": "Patient", **centre, "date": "Date", **columns}
    lines = [dict(zip(listing.columns, row, strict=True)) for row in listing.rows[:MOST_LINES]]
    for line in lines:
        line["centre"] = labels.centre(protocol, str(line["centre"] or ""))
    left = len(listing.rows) - len(lines)
    more = f"The first {len(lines)} of {len(listing.rows)}; {file} lists all. " if left else ""
    return Table(
        id=f"table-{listing.analysis}-{listing.name.replace('_', '-')}",
        number="",
        caption=caption,
        columns=tuple(Column(head, "left") for head in heads.values()),
        rows=tuple(TableRow(tuple(Cell(str(line[name] or "")) for name in heads)) for line in lines),
        footnotes=(Footnote("", f"{more}Date: the day on which the response counts."),),
    )
