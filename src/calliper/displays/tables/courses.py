"""The table of the best change of the sum of diameters by arm."""

from __future__ import annotations

from collections.abc import Callable

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import Notes, Shelf, shown
from calliper.protocol.specs import CoursesAnalysis, Protocol, Response
from calliper.results import Results


def courses_table(spec: CoursesAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: patients, those measured, those whose tumour fell enough, the spread of the change. Columns: arms.

    Raises TypeError when `response` is no response endpoint.
    """
    forms = numbers.forms(protocol)
    response = protocol.endpoints[spec.response]
    if not isinstance(response, Response):
        raise TypeError(f"{spec.response} is not a response endpoint")
    included, measured = (Shelf(results, spec.id, name) for name in ("included", "measured"))
    arms = labels.ordered(protocol, included.groups())
    groups = [*arms, "overall"] if len(arms) > 1 else arms

    def row(words: str, cell: Callable[[str], Cell]) -> TableRow:
        return TableRow((Cell(words), *(cell(group) for group in groups)))

    def change(form: Callable[..., str], *stats: str) -> Callable[[str], Cell]:
        return lambda group: shown(form, *(measured.row(group, "best_change", "", stat) for stat in stats))

    def fell(group: str) -> Cell:
        n = measured.row(group, "", "", "n")
        found = (measured.row(group, "best_change", "fall", stat) for stat in ("count", "proportion"))
        return shown(lambda k, share, of: forms.fraction_percent(k, of, share), *found, n)

    rows = (
        row("Patients", lambda group: shown(forms.count, included.row(group, "", "", "n"))),
        row("With a measured change", lambda group: shown(forms.count, measured.row(group, "", "", "n"))),
        row(f"Fall of at least {response.rules.pr_decrease_percent}%, n/N (%)", fell),
        row("Median [IQR], %", change(forms.median_iqr, "median", "q1", "q3")),
        row(
            "Largest fall to largest growth, %",
            change(lambda a, b: forms.interval(a, b, forms.duration), "min", "max"),
        ),
    )
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=f"{spec.title or response.label}: best change of the sum of diameters of target lesions from baseline",
        columns=(Column("", "left"), *(Column(labels.heading(protocol, group)) for group in groups)),
        rows=rows,
        footnotes=_notes(protocol, measured, arms).all(),
    )


def _notes(protocol: Protocol, measured: Shelf, arms: list[str]) -> Notes:
    """What is described, and who has no change."""
    forms = numbers.forms(protocol)
    notes = Notes(forms)
    notes.add(
        "Best change: the largest fall, or else the smallest rise, up to the first progression. Descriptive: no test "
        "was made. IQR: interquartile range."
    )
    method = measured.method("best_change")
    if method is not None and method.failure:
        notes.add(labels.ended(method.failure[:1].upper() + method.failure[1:]))
    elif method is not None and method.n_excluded:
        left = labels.counted_patients(method.n_excluded)
        notes.add(f"Without a measured change: {left} ({method.why_excluded}).")
    notes.add(labels.abbreviations(protocol, arms))
    return notes
