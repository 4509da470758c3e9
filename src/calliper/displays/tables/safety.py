"""The table of adverse events: patients by worst grade, arms one under the other."""

from __future__ import annotations

from ...blocks import Cell, Column, Footnote, Table, TableRow
from ...protocol.specs import Protocol, SafetyAnalysis, Toxicity
from ...results import Results, Row
from .. import labels, numbers
from ..cells import NOTHING, Notes, Shelf, fraction, limits, p_cell, shown

SUMMED = {"any grade": "Any grade", "grade >=3": "Grade ≥3"}


def safety_table(spec: SafetyAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: terms, arms within them. Columns: N, grades, any grade and grade 3 or more with intervals, P."""
    writer = _Writer(spec, protocol, results)
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=f"{spec.title or writer.endpoint.label} ({writer.dictionary})",
        columns=writer.columns(),
        rows=tuple(row for term in writer.terms for row in writer.term(term)),
        footnotes=writer.footnotes(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, spec: SafetyAnalysis, protocol: Protocol, results: Results) -> None:
        endpoint = protocol.endpoints[spec.endpoint]
        if not isinstance(endpoint, Toxicity):
            raise TypeError(f"{spec.endpoint} is not a toxicity endpoint")
        self.spec, self.protocol, self.endpoint = spec, protocol, endpoint
        self.shelf = Shelf(results, spec.id, "included")
        self.groups = labels.ordered(protocol, self.shelf.groups())
        rows = results.of(spec.id)
        self.terms = list(dict.fromkeys(row.variable for row in rows))
        found = {row.level for row in rows if row.stat == "count" and row.value}
        self.grades = [f"grade {g}" for g in range(1, 6) if f"grade {g}" in found] if spec.grades else []
        self.unknown = "grade unknown" in found
        self.sums = [level for level in SUMMED if any(row.level == level for row in rows)] or list(SUMMED)
        self.tested = spec.test and len(self.groups) > 1
        self.compared = [
            level for level in SUMMED if any(r.stat == "p" and r.level == level for r in rows)
        ] or list(SUMMED)
        self.notes = Notes()

    @property
    def dictionary(self) -> str:
        """The dictionary and its version, `CTCAE version 3.0`."""
        return f"{self.endpoint.dictionary} version {self.endpoint.version}"

    def columns(self) -> tuple[Column, ...]:
        """The event, N, each grade seen, the sums with intervals, P."""
        level = labels.confidence(self.protocol)
        grades = [
            Column(grade.removeprefix("grade "), "right", "Worst grade, n (%)") for grade in self.grades
        ]
        unknown = [Column("Unknown", "right", "Worst grade, n (%)")] if self.unknown else []
        sums = [
            column
            for words in (SUMMED[held] for held in self.sums)
            for column in (Column("n (%)", "right", words), Column(f"{level} CI, %", "right", words))
        ]
        tests = [Column(SUMMED[level], "right", "P value") for level in self.compared] if self.tested else []
        return (Column("Adverse event", "left"), Column("N", "right"), *grades, *unknown, *sums, *tests)

    def term(self, term: str) -> list[TableRow]:
        """One arm: a row. More: the term with its P values, and a row an arm."""
        label = self._label(term)
        if len(self.groups) == 1:
            return [TableRow((Cell(label), *self._counts(self.groups[0], term)), "body")]
        tests = [self._p(term, level) for level in self.compared] if self.tested else []
        blank = [NOTHING] * (len(self.columns()) - 1 - len(tests))
        rows = [TableRow((Cell(label), *blank, *tests), "group")]
        for group in self.groups:
            cells = (*self._counts(group, term), *[NOTHING] * len(tests))
            rows.append(TableRow((Cell(labels.arm(self.protocol, group)), *cells), "level"))
        return rows

    def _label(self, term: str) -> str:
        if term == "any":
            return "Any adverse event"
        declared = self.endpoint.terms
        return declared[term].label if isinstance(declared, dict) and term in declared else term

    def _counts(self, group: str, term: str) -> list[Cell]:
        shelf, total = self.shelf, self.shelf.row(group, term, "", "n")
        levels = [*self.grades, *(["grade unknown"] if self.unknown else [])]
        cells = [
            shown(numbers.count, total, notes=self._unknown(group, term)),
            *(self._count(group, term, level, total) for level in levels),
        ]
        for level in self.sums:
            cells.append(self._count(group, term, level, total))
            lower = shelf.row(group, term, level, "lower.clopper_pearson")
            upper = shelf.row(group, term, level, "upper.clopper_pearson")
            cells.append(limits(lower, upper, numbers.percent))
        return cells

    def _count(self, group: str, term: str, level: str, total: Row | None) -> Cell:
        number = self.shelf.row(group, term, level, "count")
        return fraction(number, total, self.shelf.row(group, term, level, "proportion"), header=total)

    def _unknown(self, group: str, term: str) -> tuple[str, ...]:
        row = self.shelf.row(group, term, "", "unknown")
        if row is None or not row.value:
            return ()
        return (self.notes.mark("N leaves out patients whose occurrence of the event is not known."),)

    def _p(self, term: str, level: str) -> Cell:
        row = self.shelf.row("between", term, level, "p")
        failure = self.shelf.failure(f"{term} {level}", term)
        return p_cell(row, self.notes, test=labels.TEST_WORDS["fisher"], failure=failure)

    def footnotes(self) -> tuple[Footnote, ...]:
        """The arm if there is one, how patients are counted, the dictionary, intervals."""
        if len(self.groups) == 1:
            self.notes.add(f"Patients of one arm: {labels.arm(self.protocol, self.groups[0])}.")
        self.notes.add(
            f"Each patient counts once for each event, at the worst grade ({self.dictionary}). "
            "N: patients whose occurrence is known, the denominator of every percentage in the row."
        )
        self.notes.add(f"CI: exact (Clopper-Pearson) {labels.confidence(self.protocol)} confidence interval.")
        return self.notes.all()
