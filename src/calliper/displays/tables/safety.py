"""The table of adverse events: by worst grade, arms one under the other; without grades, arms side by side."""

from __future__ import annotations

from typing import Literal

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels, numbers, safety_words
from calliper.displays.cells import NOTHING, Notes, Shelf, fraction, limits, p_cell, shown
from calliper.protocol.specs import Protocol, SafetyAnalysis
from calliper.results import Results, Row

Role = Literal["body", "group", "level", "total"]
SUMMED = {"any grade": "Any grade", "grade >=3": "Grade ≥3"}


def safety_table(spec: SafetyAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: terms, under their categories where asked for, and arms within them where grades are shown.

    Columns: see `_Writer.columns`.
    """
    writer = _Writer(spec, protocol, results)
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=safety_words.caption(protocol, spec),
        columns=writer.columns(),
        rows=tuple(row for term in writer.terms for row in writer.term(term)),
        footnotes=writer.footnotes(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, spec: SafetyAnalysis, protocol: Protocol, results: Results) -> None:
        self.spec, self.protocol = spec, protocol
        self.forms = numbers.forms(protocol)
        self.endpoint = safety_words.toxicity(protocol, spec)
        self.shelf = Shelf(results, spec.id, "included")
        self.groups = labels.ordered(protocol, self.shelf.groups())
        rows = results.of(spec.id)
        self.terms = [
            name
            for name in dict.fromkeys(row.variable for row in rows if row.level == "any grade")
            if name != "any" or spec.any_event
        ]
        found = {row.level for row in rows if row.stat == "count" and row.value}
        self.grades = [f"grade {g}" for g in range(1, 6)] if spec.grades else []
        self.unknown = spec.grades and "grade unknown" in found
        self.sums = list(SUMMED) if spec.grades else ["any grade"]
        self.tested = spec.test and len(self.groups) > 1
        self.compared = [
            level for level in self.sums if any(r.stat == "p" and r.level == level for r in rows)
        ] or self.sums
        self.notes = Notes(self.forms)

    def columns(self) -> tuple[Column, ...]:
        """With grades: the event, N, every grade (a zero tells as much as a count), the sums with intervals, P.

        Without: the event, each arm with its interval, P.
        """
        interval = f"{labels.confidence(self.protocol)} CI, %"
        event = Column(safety_words.head(self.endpoint), "left")
        if not self.spec.grades:
            arms = [labels.heading(self.protocol, group) for group in self.groups]
            tests = [Column("P value", "right")] if self.tested else []
            heads = [Column(head, "right", arm) for arm in arms for head in ("n/N (%)", interval)]
            return (event, *heads, *tests)
        grades = [
            Column(grade.removeprefix("grade "), "right", "Worst grade, n (%)") for grade in self.grades
        ]
        unknown = [Column("Unknown", "right", "Worst grade, n (%)")] if self.unknown else []
        sums = [Column(head, "right", SUMMED[held]) for held in self.sums for head in ("n (%)", interval)]
        tests = [Column(SUMMED[held], "right", "P value") for held in self.compared] if self.tested else []
        return (event, Column("N", "right"), *grades, *unknown, *sums, *tests)

    def term(self, term: str) -> list[TableRow]:
        """One arm, or no grades: a row. Else the term with its P values, and a row an arm."""
        label = safety_words.event(self.endpoint, term)
        tests = [self._p(term, level) for level in self.compared] if self.tested else []
        if not self.spec.grades:
            arms = [cell for group in self.groups for cell in self._share(group, term)]
            return [TableRow((Cell(label), *arms, *tests), self._role(term))]
        if len(self.groups) == 1:
            return [TableRow((Cell(label), *self._counts(self.groups[0], term)), self._role(term))]
        blank = [NOTHING] * (len(self.columns()) - 1 - len(tests))
        # a category stands out among the terms, each of which heads its arms
        role: Role = "total" if safety_words.is_category(term) else "group"
        rows = [TableRow((Cell(label), *blank, *tests), role)]
        for group in self.groups:
            cells = (*self._counts(group, term), *[NOTHING] * len(tests))
            rows.append(TableRow((Cell(labels.arm(self.protocol, group)), *cells), "level"))
        return rows

    def _role(self, term: str) -> Role:
        """A category heads the terms under it; any event stands on its own."""
        if not self.spec.categories or term == "any":
            return "body"
        return "group" if safety_words.is_category(term) else "level"

    def _share(self, group: str, term: str) -> tuple[Cell, Cell]:
        """Of one arm, who had the event at all, out of whom, and the interval."""
        shelf, level = self.shelf, "any grade"
        counts = shown(
            self.forms.fraction_percent,
            shelf.row(group, term, level, "count"),
            shelf.row(group, term, "", "n"),
            shelf.row(group, term, level, "proportion"),
            notes=self._unknown(group, term),
        )
        lower = shelf.row(group, term, level, "lower.clopper_pearson")
        upper = shelf.row(group, term, level, "upper.clopper_pearson")
        return counts, limits(self.forms, lower, upper, self.forms.percent)

    def _counts(self, group: str, term: str) -> list[Cell]:
        shelf, total = self.shelf, self.shelf.row(group, term, "", "n")
        levels = [*self.grades, *(["grade unknown"] if self.unknown else [])]
        cells = [
            shown(self.forms.count, total, notes=self._unknown(group, term)),
            *(self._count(group, term, level, total) for level in levels),
        ]
        for level in self.sums:
            cells.append(self._count(group, term, level, total))
            lower = shelf.row(group, term, level, "lower.clopper_pearson")
            upper = shelf.row(group, term, level, "upper.clopper_pearson")
            cells.append(limits(self.forms, lower, upper, self.forms.percent))
        return cells

    def _count(self, group: str, term: str, level: str, total: Row | None) -> Cell:
        number = self.shelf.row(group, term, level, "count")
        return fraction(
            self.forms, number, total, self.shelf.row(group, term, level, "proportion"), header=total
        )

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
        if len(self.groups) == 1 and self.spec.grades:
            self.notes.add(f"Patients of one arm: {labels.arm(self.protocol, self.groups[0])}.")
        if not self.spec.grades:
            self.notes.add(labels.abbreviations(self.protocol, self.groups))
        worst = ", at the worst grade" if self.spec.grades else ""
        under = " and each category" if self.spec.categories else ""
        self.notes.add(
            f"Each patient counts once for each event{under}{worst} ({safety_words.dictionary(self.endpoint)}). "
            "N: patients of whom it is known whether the event occurred, the denominator of the percentages."
        )
        self.notes.add(safety_words.counted_once(self.protocol))
        return self.notes.all()
