"""The table of an endpoint's definitions: the comparison under each, and whether the main one's conclusion holds."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels
from calliper.displays.cells import DASH, NOTHING, Notes, shown
from calliper.displays.definition_words import times_in_words
from calliper.displays.definitions import Grid
from calliper.displays.effects import firth_note
from calliper.protocol.definitions import Definition, time_definitions, times_of
from calliper.protocol.specs import DefinitionsAnalysis, Protocol
from calliper.results import Results

NO_MEDIAN = "No median: with competing events a curve in which they censor is not given."
CENSORS = "Cause-specific: in the test and the hazard ratio the competing events censor."
INCIDENCE = "Gray's test, and Fine and Gray's subdistribution hazard ratio, which is no ratio of risks."


def definitions_table(spec: DefinitionsAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """The table of the times to events; None where the analysis has none."""
    definitions = time_definitions(spec, protocol)
    return _Writer(Grid(spec, protocol, results), definitions).table() if definitions else None


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, grid: Grid, definitions: tuple[Definition, ...]) -> None:
        self.grid, self.definitions, self.forms = grid, definitions, grid.forms
        self.notes = Notes(grid.forms)
        self.times = times_of(grid.spec, grid.protocol)
        self.words = times_in_words(grid.spec, grid.protocol)

    def table(self) -> Table:
        """Rows: definitions. Columns: events and medians by arm, the comparison, the verdict."""
        grid = self.grid
        unit = next(iter(self.times.values())).unit
        heads = [labels.heading(grid.protocol, arm) for arm in grid.arms]
        columns = (
            Column("Definition", "left"),
            *(Column(head, "right", "Events/patients") for head in heads),
            *(Column(head, "right", f"Median, {unit}") for head in heads),
            Column(f"Hazard ratio ({grid.level} CI)", "right"),
            Column("P value", "right"),
            Column("Conclusion", "left"),
        )
        rows = tuple(row for definition in self.definitions for row in self._rows(definition))
        return Table(f"table-{grid.spec.id}", "", grid.caption, columns, rows, self._footnotes())

    def _rows(self, definition: Definition) -> list[TableRow]:
        arms = self.grid.arms
        if definition.reading == "incidence":
            head = Cell(
                f"{self.words[definition.endpoint]}: cumulative incidence",
                notes=(self.notes.mark(INCIDENCE),),
            )
            counts = [NOTHING] * (2 * len(arms))
        else:
            notes = (self.notes.mark(CENSORS),) if definition.level else ()
            head = Cell(self.words[definition.endpoint], notes=notes)
            counts = [
                *(self._events(definition, arm) for arm in arms),
                *(self._median(definition, arm) for arm in arms),
            ]
        return self.grid.lines([head, *counts], definition, self._compared, self.notes)

    def _events(self, definition: Definition, arm: str) -> Cell:
        n = self.grid.shelf(definition).row(arm, definition.variable, "", "n")
        return shown(
            lambda k, of: f"{self.forms.count(k)}/{self.forms.count(of)}",
            self.grid.row(definition, arm, "events"),
            n,
        )

    def _median(self, definition: Definition, arm: str) -> Cell:
        row = self.grid.row(definition, arm, "median")
        competes = bool(self.times[definition.endpoint].competing_causes)
        if row is None:
            return Cell(DASH, notes=(self.notes.mark(NO_MEDIAN),) if competes else ())
        return shown(self.forms.duration, row)

    def _compared(self, definition: Definition, arm: str) -> tuple[Cell, ...]:
        """Of two arms P is that of the test, of more that of the contrast."""
        grid = self.grid
        ordinary, found = grid.ratio(definition, arm)
        reasons = self._reasons(definition, ordinary)
        verdict = grid.verdict(definition, arm, is_main=definition is self.definitions[0])
        if found is None:
            ratio = Cell(DASH, notes=tuple(self.notes.mark(reason) for reason in reasons))
            return ratio, grid.test(definition, self.notes) if grid.by_test else ratio, verdict
        notes = (self.notes.mark(firth_note(reasons[0])),) if found.is_firth and reasons else ()
        p = grid.test(definition, self.notes) if grid.by_test else found.p_cell(self.forms, notes)
        return found.ratio_cell(self.forms, notes), p, verdict

    def _reasons(self, definition: Definition, ordinary: str) -> list[str]:
        """Why there is no ordinary fit, and why none of Firth's."""
        names = [ordinary] if definition.reading == "incidence" else [ordinary, "firth"]
        subjects = [
            f"{definition.endpoint} {name} {definition.level}" if definition.level else definition.endpoint
            for name in names
        ]
        found = (self.grid.why(name, subject) for name, subject in zip(names, subjects, strict=True))
        return [reason for reason in found if reason]

    def _footnotes(self) -> tuple[Footnote, ...]:
        grid, main = self.grid, next(iter(self.times.values()))
        test = (
            "the log-rank test"
            if grid.by_test
            else "the log-rank test of all arms, and Wald's of each contrast"
        )
        pairs = labels.listed([labels.contrast(grid.protocol, arm, grid.reference) for arm in grid.others])
        self.notes.add(
            f"Hazard ratios, {pairs}, are unadjusted; CI: {grid.level} confidence interval. P values are two-sided, "
            f"of {test}. NR: not reached. {DASH}: not estimated."
        )
        self.notes.add(f"Main definition: {labels.in_sentence(main.label)}. {grid.holding('1')}")
        for name, words in self.words.items():
            summary = grid.shelf(self.definitions[0]).method("summary", name)
            if summary is not None and summary.n_excluded:
                patients = labels.counted_patients(summary.n_excluded)
                self.notes.add(f"Left out, {labels.in_sentence(words)}: {patients} ({summary.why_excluded}).")
        self.notes.add(labels.abbreviations(grid.protocol, grid.arms))
        return self.notes.all()
