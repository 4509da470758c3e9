"""The table of the best change of the sum of diameters by arm."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import DASH, Shelf, fraction, shown
from calliper.protocol.specs import CoursesAnalysis, Protocol
from calliper.protocol.specs import Response as ResponseSpec
from calliper.results import Results


def courses_table(spec: CoursesAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: patients, those measured, those whose tumour fell enough, the spread of the best change. Columns: arms."""
    included, measured = (Shelf(results, spec.id, name) for name in ("included", "measured"))
    response = protocol.endpoints[spec.response]
    if not isinstance(response, ResponseSpec):
        raise TypeError(f"{spec.response} is not a response endpoint")
    arms = labels.ordered(protocol, included.groups())
    groups = [*arms, "overall"] if len(arms) > 1 else arms

    def row(words: str, *cells: Cell) -> TableRow:
        return TableRow((Cell(words), *cells))

    def changes(*stats: str) -> list[list[object]]:
        return [[measured.row(group, "best_change", "", stat) for stat in stats] for group in groups]

    least = numbers.fixed(float(response.rules.pr_decrease_percent), 0)
    rows = (row("Patients", *(shown(numbers.count, included.row(group, "", "", "n")) for group in groups)),)
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title or "x",
        columns=(Column("", "left"), *(Column(labels.heading(protocol, group)) for group in groups)),
        rows=rows,
    )
