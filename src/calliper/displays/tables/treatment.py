"""The table of sessions and periods of treatment by arm."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import NOTHING, Notes, Shelf, fraction, shown
from calliper.displays.numbers import Forms
from calliper.protocol.specs import Protocol, TreatmentAnalysis, Treatments
from calliper.results import Results

CellOf = Callable[[str], Cell]
"""The cell of a group."""


def treatment_table(spec: TreatmentAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: patients, then of each treatment how many had it, how often, when. Columns: arms, and all.

    Raises TypeError when the endpoint is none of treatments.
    """
    forms = numbers.forms(protocol)
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Treatments):
        raise TypeError(f"{spec.endpoint} is not an endpoint of treatments")
    shelf = Shelf(results, spec.id, "included")
    arms = labels.ordered(protocol, shelf.groups())
    writer = _Writer(forms, shelf, tuple([*arms, "overall"] if len(arms) > 1 else arms))
    rows = [writer.row("Patients", lambda group: shown(forms.count, shelf.row(group, "", "", "n")), "body")]
    for name in spec.items or endpoint.items:
        item = endpoint.items[name]
        rows.append(TableRow((Cell(item.label), *(NOTHING for _ in writer.groups)), "group"))
        rows += writer.sessions(name) if item.taken == "session" else writer.periods(name)
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title or endpoint.label,
        columns=(Column("", "left"), *(Column(labels.heading(protocol, group)) for group in writer.groups)),
        rows=tuple(rows),
        footnotes=_notes(endpoint, protocol, shelf, arms).all(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, forms: Forms, shelf: Shelf, groups: tuple[str, ...]) -> None:
        self.forms, self.shelf, self.groups = forms, shelf, groups

    def row(self, words: str, cell: CellOf, role: str = "level") -> TableRow:
        cells = (Cell(words), *(cell(group) for group in self.groups))
        return TableRow(cells, "level" if role == "level" else "body")

    def sessions(self, name: str) -> Iterator[TableRow]:
        """How many had a session, how many sessions in all and a patient, when the first, how far apart."""
        yield self.row("Patients with a session, n (%)", self._share(name))
        yield self.row(
            "Sessions", lambda group: shown(self.forms.count, self.shelf.row(group, name, "", "sessions"))
        )
        yield self.row("Sessions a patient, median (range)", self._median(name, "a patient"))
        for many in ("0", "1", "2", "3 or more"):
            if many != "0" or any(self._count(group, name, many) for group in self.groups):
                words = {"0": "No session", "1": "1 session"}.get(many, f"{many} sessions")
                yield self.row(f"{words}, n (%)", self._share(name, many))
        yield self.row("Day of the first, median (range)", self._median(name, "first day"))
        yield self.row("Days between sessions, median (range)", self._median(name, "interval"))

    def periods(self, name: str) -> Iterator[TableRow]:
        """How many had a period, from which day on, and how many of them have one without an end."""
        yield self.row("Patients treated, n (%)", self._share(name))
        yield self.row("First day, median (range)", self._median(name, "first day"))
        yield self.row("No end recorded, n (%)", self._share(name, "no end"))

    def _count(self, group: str, name: str, level: str) -> float:
        row = self.shelf.row(group, name, level, "count")
        return 0.0 if row is None or row.value is None else row.value

    def _share(self, name: str, level: str = "") -> CellOf:
        def cell(group: str) -> Cell:
            count, part = (self.shelf.row(group, name, level, stat) for stat in ("count", "proportion"))
            total = self.shelf.row(group, "", "", "n")
            return fraction(self.forms, count, total, part, header=total)

        return cell

    def _median(self, name: str, level: str) -> CellOf:
        def cell(group: str) -> Cell:
            rows = (self.shelf.row(group, name, level, stat) for stat in ("median", "min", "max"))
            return shown(
                lambda m, low, high: self.forms.median_range(m, low, high, self.forms.whole_or_tenth), *rows
            )

        return cell


def _notes(endpoint: Treatments, protocol: Protocol, shelf: Shelf, arms: list[str]) -> Notes:
    forms = numbers.forms(protocol)
    notes = Notes(forms)
    start = labels.in_sentence(labels.variable(protocol, endpoint.start))
    notes.add(
        f"Days are counted from {start}. Sessions a patient: of all patients, those without one too. Descriptive: no "
        "test was made, and who is followed for longer can have more."
    )
    method = shelf.method("summary")
    if method is not None and method.n_excluded:
        notes.add(f"Left out: {labels.counted_patients(method.n_excluded)} ({method.why_excluded}).")
    notes.add(labels.abbreviations(protocol, arms))
    return notes
