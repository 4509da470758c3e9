"""The table of baseline characteristics by arm."""

from __future__ import annotations

from functools import partial
from typing import Literal

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import NOTHING, Notes, Shelf, fraction, p_cell, shown
from calliper.displays.populations import size_of
from calliper.protocol.report_specs import Journal
from calliper.protocol.specs import BaselineAnalysis, Protocol
from calliper.results import Results, Row

Role = Literal["body", "group", "level"]


def baseline_table(spec: BaselineAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: variables and their levels. Columns: arms, overall, standardised differences, P."""
    writer = _Writer(spec, protocol, results)
    rows = tuple(row for name in spec.variables for row in writer.variable(name))
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title or "Baseline characteristics of the patients",
        columns=writer.columns(),
        rows=rows,
        footnotes=writer.footnotes(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, spec: BaselineAnalysis, protocol: Protocol, results: Results) -> None:
        self.spec, self.protocol = spec, protocol
        self.forms = numbers.forms(protocol)
        self.shelf = Shelf(results, spec.id, "included")
        arms = labels.ordered(protocol, self.shelf.groups())
        self.groups = _with_overall(arms, protocol.report.held)
        self.contrasts = self.shelf.contrasts()
        self.tests = len(arms) > 1 and spec.tests == "all" and protocol.report.held.baseline_p
        self.header = {group: size_of(results, spec, group) for group in self.groups}
        self.notes = Notes(self.forms)

    def columns(self) -> tuple[Column, ...]:
        """Characteristic, a column a group with the n its percentages are divided by, SMD, P."""
        described = []
        for group in self.groups:
            n = self.header[group]
            size = "" if n is None else f" (n = {self.forms.count(n.value)})"
            described.append(Column(labels.heading(self.protocol, group) + size, "right"))
        differences = [
            Column("SMD", "right", labels.contrast(self.protocol, *pair) if len(self.contrasts) > 1 else "")
            for pair in self.contrasts
        ]
        tests = [Column("P value", "right")] if self.tests else []
        return (Column("Characteristic", "left"), *described, *differences, *tests)

    def variable(self, name: str) -> list[TableRow]:
        """The rows of one variable."""
        rows = self._category(name) if labels.levels(self.protocol, name) else self._number(name)
        return rows + self._missing(name)

    def _category(self, name: str) -> list[TableRow]:
        label, levels = labels.variable_with_unit(self.protocol, name), labels.levels(self.protocol, name)
        if {level.casefold() for level in levels} == {"yes", "no"}:
            yes = next(level for level in levels if level.casefold() == "yes")
            return [self._row(f"{label}, yes", self._counts(name, yes), self._compared(name), "body")]
        blank = [NOTHING] * len(self.groups)
        nothing = [NOTHING] * len(self._compared(name))
        head = self._row(label, blank, self._compared(name), "group")
        return [head] + [self._row(level, self._counts(name, level), nothing, "level") for level in levels]

    def _counts(self, name: str, level: str) -> list[Cell]:
        return [
            fraction(
                self.forms,
                self.shelf.row(group, name, level, "count"),
                self.shelf.row(group, name, "", "n"),
                self.shelf.row(group, name, level, "proportion"),
                header=self.header[group],
            )
            for group in self.groups
        ]

    def _number(self, name: str) -> list[TableRow]:
        show = self.spec.show.get(name, self.spec.default_show)
        label, decimals = labels.variable_with_unit(self.protocol, name), labels.decimals(self.protocol, name)
        mean = self._summaries(name, ("mean", "sd"), partial(self.forms.mean_sd, decimals=decimals))
        median = self._summaries(
            name, ("median", "q1", "q3"), partial(self.forms.median_iqr, decimals=decimals)
        )
        compared = self._compared(name)
        if show == "mean":
            return [self._row(f"{label}, mean (SD)", mean, compared, "body")]
        if show == "median":
            return [self._row(f"{label}, median [IQR]", median, compared, "body")]
        blank = [NOTHING] * len(self.groups)
        nothing = [NOTHING] * len(compared)
        return [
            self._row(label, blank, compared, "group"),
            self._row("Mean (SD)", mean, nothing, "level"),
            self._row("Median [IQR]", median, nothing, "level"),
        ]

    def _summaries(self, name: str, stats: tuple[str, ...], form: partial[str]) -> list[Cell]:
        return [shown(form, *(self.shelf.row(g, name, "", stat) for stat in stats)) for g in self.groups]

    def _missing(self, name: str) -> list[TableRow]:
        found = [self.shelf.row(group, name, "", "missing") for group in self.groups]
        if not any(row is not None and row.value for row in found):
            return []
        counts = [shown(self.forms.count, row) for row in found]
        return [self._row("Missing, n", counts, [NOTHING] * len(self._compared(name)), "level")]

    def _compared(self, name: str) -> list[Cell]:
        cells = [
            shown(self.forms.coefficient, self.shelf.row(f"{group} vs {reference}", name, "", "smd"))
            for group, reference in self.contrasts
        ]
        return [*cells, self._p(name)] if self.tests else cells

    def _p(self, name: str) -> Cell:
        row: Row | None = self.shelf.row("between", name, "", "p")
        method = self.shelf.method("headline", name)
        test = str(method.parameters.get("test", "")) if method is not None else ""
        failure = self.shelf.failure(name, "")
        return p_cell(row, self.notes, test=labels.TEST_WORDS.get(test, ""), failure=failure)

    @staticmethod
    def _row(label: str, cells: list[Cell], compared: list[Cell], role: Role) -> TableRow:
        return TableRow((Cell(label), *cells, *compared), role)

    def footnotes(self) -> tuple[Footnote, ...]:
        """What the columns hold, then the tests."""
        self.notes.add(
            "Values are n (%) unless the row says otherwise; percentages are of patients with a known value."
        )
        if self.contrasts:
            self.notes.add(
                "SMD: standardised mean difference, "
                + labels.listed([labels.contrast(self.protocol, *pair) for pair in self.contrasts])
                + "; without sign for categories. Below 0.1 in size it is commonly read as balance."
            )
        if self.tests:
            self.notes.add(
                "P values are two-sided, unadjusted, and no proof of balance where they are large."
            )
        self.notes.add(labels.abbreviations(self.protocol, self.groups))
        self.notes.add("SD: standard deviation. IQR: interquartile range.")
        return self.notes.all()


def _with_overall(arms: list[str], journal: Journal) -> list[str]:
    """The columns of the arms, and that of all patients where the journal has it."""
    if len(arms) < 2 or journal.overall == "none":
        return arms
    return ["overall", *arms] if journal.overall == "first" else [*arms, "overall"]
