"""The shift table: patients by the grade before treatment and the worst grade after, a block a term and arm."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.displays import labels, numbers, safety_words
from calliper.displays.cells import NOTHING, Notes, Shelf, fraction, shown
from calliper.displays.numbers import Forms
from calliper.protocol.specs import Protocol, SafetyAnalysis
from calliper.results import Results

GRADES = ("0", "1", "2", "3", "4", "5", "unknown")
ALWAYS = ("0", "1", "2", "3", "4")
"""Worst grades that have a column even where nobody had them."""


def shift_table(spec: SafetyAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """Rows: grades before that anybody had, within terms and arms. Columns: worst grades. None without `shifts`."""
    forms = numbers.forms(protocol)
    if not spec.shifts:
        return None
    endpoint, shelf = safety_words.toxicity(protocol, spec), Shelf(results, spec.id, "included")
    groups = labels.ordered(protocol, shelf.groups())
    worst = [grade for grade in GRADES if grade in ALWAYS or _anybody(shelf, spec, groups, worst=grade)]
    columns = [Column("Grade before", "left")]
    columns += [Column(words(grade), "right", "Worst grade, n") for grade in worst]
    columns.append(Column("Worse than before, n (%)", "right"))
    notes = Notes(forms)
    notes.add(
        "Patients by grade before treatment (lines) and worst grade after (columns). Worse than before: of the "
        "patients of whom both grades are known. Descriptive: no test was made."
    )
    return Table(
        id=f"table-{spec.id}-shifts",
        number="",
        caption=safety_words.caption(protocol, spec, "worst grade by the grade before treatment"),
        columns=tuple(columns),
        rows=tuple(
            row
            for term in spec.shifts
            for group in groups
            for row in _block(
                shelf,
                term,
                group,
                worst,
                label=f"{safety_words.event(endpoint, term)}, {labels.arm(protocol, group)}",
                forms=forms,
            )
        ),
        footnotes=notes.all(),
    )


def words(grade: str) -> str:
    """A grade as a heading.

    >>> words("3"), words("unknown")
    ('3', 'Unknown')
    """
    return grade.capitalize()


def _block(
    shelf: Shelf, term: str, group: str, worst: list[str], *, label: str, forms: Forms
) -> Iterator[TableRow]:
    """A term in an arm: how many got worse, then a line for each grade before that somebody had."""
    total = shelf.row(group, term, "shift", "n")
    n, count, part = (shelf.row(group, term, "worsened", stat) for stat in ("n", "count", "proportion"))
    head = shown(lambda k: f"{label} (n = {forms.count(k)})", total)
    yield TableRow(
        (head, *[NOTHING] * len(worst), fraction(forms, count, n, part, header=total)),
        "group",
    )
    for before in GRADES:
        cells = [
            shown(forms.count, shelf.row(group, term, f"{before} to {grade}", "count")) for grade in worst
        ]
        if any(cell.text not in ("0", "—") for cell in cells):
            yield TableRow((Cell(words(before)), *cells, NOTHING), "level")


def _anybody(shelf: Shelf, spec: SafetyAnalysis, groups: list[str], *, worst: str) -> bool:
    rows = (
        shelf.row(group, term, f"{before} to {worst}", "count")
        for term in spec.shifts
        for group in groups
        for before in GRADES
    )
    return any(row is not None and row.value for row in rows)
