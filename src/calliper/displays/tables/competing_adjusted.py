"""The table of adjusted models of competing risks: each factor's hazard ratios for each event."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.displays import labels
from calliper.displays.cells import DASH, NOTHING, Notes
from calliper.displays.competing import ADJUSTED, RATIOS, Competing, read_competing
from calliper.displays.effects import effect, firth_note
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol
from calliper.results import Results


def adjusted_table(spec: CompetingRisksAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """Rows: the group and the factors beside it. Columns: both hazard ratios of each event.

    None where there is nothing to adjust: no factor, or a single group.
    """
    writer = _Writer(read_competing(spec, protocol, results))
    if not spec.adjust or len(writer.held.groups) < 2:
        return None
    title = spec.title or labels.divided(writer.held.endpoint.label, protocol, spec.by)
    rows = tuple(row for factor in (spec.by or "arm", *spec.adjust) for row in writer.factor(factor))
    writer.note()
    return Table(
        id=f"table-{spec.id}-adjusted",
        number="",
        caption=f"{title}: competing risks, adjusted",
        columns=writer.columns(),
        rows=rows,
        footnotes=writer.notes.all(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, held: Competing) -> None:
        self.held, self.protocol, self.forms = held, held.protocol, held.forms
        self.notes = Notes(held.forms)

    def columns(self) -> tuple[Column, ...]:
        """Factor; each event: both hazard ratios with P."""
        columns = [Column("Factor", "left")]
        for title in self.held.causes.values():
            for name in ("Cause-specific HR", "Subdistribution HR"):
                columns += [Column(name, "right", title), Column("P", "right", title)]
        return tuple(columns)

    def factor(self, factor: str) -> list[TableRow]:
        """A number is one row; a category heads its levels, the reference among them."""
        levels = labels.levels(self.protocol, factor)
        label = labels.variable_with_unit(self.protocol, factor)
        if not levels:
            return [TableRow((Cell(label), *self._line(factor, "")))]
        fits = {f"{ADJUSTED} {cause}" for cause in self.held.causes}
        rows = self.held.shelf.results.of(self.held.spec.id)
        fitted = {row.level for row in rows if row.group in fits and row.variable == factor}
        head = TableRow((Cell(label), *[NOTHING] * (4 * len(fits))), "group")
        return [head] + [
            TableRow((Cell(labels.level(self.protocol, factor, level)), *self._line(factor, level)), "level")
            for level in levels
            if level in fitted
        ]

    def _line(self, factor: str, level: str) -> list[Cell]:
        return [
            cell
            for cause in self.held.causes
            for method in RATIOS
            for cell in self._effect(cause, method, factor, level)
        ]

    def _effect(self, cause: str, method: str, factor: str, level: str) -> list[Cell]:
        """A hazard ratio and its P value."""
        shelf, group = self.held.shelf, f"{ADJUSTED} {cause}"
        penalised = ("firth",) if method == "cause_specific" else ()
        if any(shelf.row(group, factor, level, f"reference.{name}") for name in (method, *penalised)):
            return [Cell("reference"), NOTHING]
        found = effect(shelf, group, factor, level, ordinary=f".{method}")
        refusals = self.held.refusals(method, cause, model=ADJUSTED)
        if found is None or (found.is_firth and not penalised):
            dash = Cell(DASH, notes=tuple(self.notes.mark(sentence) for sentence in refusals))
            return [dash, dash]
        marks = (self.notes.mark(firth_note(refusals[0])),) if found.is_firth else ()
        return [found.ratio_cell(self.forms, marks), found.p_cell(self.forms, marks)]

    def note(self) -> None:
        """What the hazard ratios are, and how many patients each event's models have."""
        self.notes.add(
            f"HR: hazard ratio with its {labels.confidence(self.protocol)} confidence interval, adjusted for the other "
            "factors of the table. P: Wald test, two-sided. Subdistribution hazard ratios (Fine and Gray) are a "
            "secondary analysis."
        )
        for cause, title in self.held.causes.items():
            stats = ("n.fine_gray", "events.fine_gray", "competing.fine_gray")
            rows = [self.held.shelf.row(f"{ADJUSTED} {cause}", "", "", stat) for stat in stats]
            found = [row for row in rows if row is not None]
            if len(found) == len(stats):
                n, events, competing = (self.forms.count(row.value) for row in found)
                words = f"{n} patients, {events} with this event first and {competing} with another"
                self.notes.add(f"{title}: {words}.", *found)
