"""The table of response by landmark and denominator: each beside the main one, and whether its conclusion holds."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels
from calliper.displays.cells import NOTHING, Notes, shown
from calliper.displays.definition_words import rate_in_words
from calliper.displays.definitions import Grid
from calliper.protocol.definitions import Definition, rate_definitions
from calliper.protocol.specs import DefinitionsAnalysis, Protocol
from calliper.results import Results


def definition_rates_table(spec: DefinitionsAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """The table of the rates of response; None where the analysis has none."""
    grids: dict[str, tuple[Definition, ...]]
    grids = {rate: rate_definitions(spec, protocol, rate) for rate in spec.rates}
    return _Writer(Grid(spec, protocol, results), grids).table() if any(grids.values()) else None


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, grid: Grid, grids: dict[str, tuple[Definition, ...]]) -> None:
        self.grid, self.grids, self.forms = grid, grids, grid.forms
        self.notes = Notes(grid.forms)

    def table(self) -> Table:
        """Rows: landmarks and denominators, rate by rate. Columns: the rate by arm, the comparison, the verdict."""
        grid = self.grid
        columns = (
            Column("Response, n/N (%)", "left"),
            *(Column(labels.heading(grid.protocol, arm), "right") for arm in grid.arms),
            Column(f"Difference, points ({grid.level} CI)", "right"),
            Column("P value", "right"),
            Column("Conclusion", "left"),
        )
        rows: list[TableRow] = []
        for rate, definitions in self.grids.items():
            blank = [NOTHING] * (len(columns) - 1)
            rows.append(TableRow((Cell(labels.RESPONSE_WORDS[rate]), *blank), "group"))
            rows += [row for definition in definitions for row in self._rows(definition)]
        caption = f"{grid.caption}: response"
        return Table(f"table-{grid.spec.id}-rates", "", caption, columns, tuple(rows), self._footnotes())

    def _rows(self, definition: Definition) -> list[TableRow]:
        grid = self.grid
        head = Cell(rate_in_words(grid.spec, grid.protocol, definition))
        counts = [self._count(definition, arm) for arm in grid.arms]
        return grid.lines([head, *counts], definition, self._compared, self.notes)

    def _count(self, definition: Definition, arm: str) -> Cell:
        grid = self.grid
        n = grid.shelf(definition).row(arm, definition.variable, "", "n")
        rows = grid.row(definition, arm, "count"), n, grid.row(definition, arm, "proportion")
        return shown(self.forms.fraction_percent, *rows)

    def _compared(self, definition: Definition, arm: str) -> tuple[Cell, ...]:
        grid = self.grid
        difference = shown(
            lambda v, low, high: self.forms.estimate(v, low, high, self.forms.percent),
            *grid.difference(definition, arm),
        )
        test = grid.test(definition, self.notes) if grid.by_test else NOTHING
        is_main = definition is self.grids[definition.level][0]
        return difference, test, grid.verdict(definition, arm, is_main=is_main)

    def _footnotes(self) -> tuple[Footnote, ...]:
        grid = self.grid
        pairs = labels.listed([labels.contrast(grid.protocol, arm, grid.reference) for arm in grid.others])
        self.notes.add(
            f"Differences, {pairs}, are in percentage points with Newcombe's {grid.level} confidence interval (CI). "
            "Evaluable patients have a known response; among all patients one that is not known counts as none."
        )
        self.notes.add(f"Main definition: the first of each rate. {grid.holding('0')}")
        self.notes.add(labels.abbreviations(grid.protocol, grid.arms))
        return self.notes.all()
