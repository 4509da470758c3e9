"""The table of follow-up against its schedule by arm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import DASH, NOTHING, Notes, Shelf, estimated, shown
from calliper.protocol.specs import Protocol, Schedule, ScheduleAnalysis
from calliper.results import Results, Row

CellOf = Callable[[str], Cell]
"""The cell of a group."""

ITEMS = {
    "blood_count": "Blood count",
    "liver_function": "Liver function",
    "kidney_function": "Kidney function",
    "afp_measured": "AFP",
    "chest_ct": "Chest CT",
    "abdomen": "CT or MRI of the abdomen",
    "contrast": "Contrast medium",
    "arterial_phase": "Arterial phase",
}
"""The roles that say whether something was done."""


def schedule_of(spec: ScheduleAnalysis, protocol: Protocol) -> Schedule:
    """The endpoint of the analysis; raises TypeError when it is another kind."""
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Schedule):
        raise TypeError(f"{spec.endpoint} is not a schedule")
    return endpoint


def schedule_table(spec: ScheduleAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: patients, visits due and what became of them, intervals, content, how often, endings. Columns: arms."""
    endpoint = schedule_of(spec, protocol)
    writer = _Writer(spec, protocol, results, endpoint)
    heads = (Column(labels.heading(protocol, group)) for group in writer.groups)
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title or endpoint.label,
        columns=(Column("", "left"), *heads),
        rows=tuple(writer.rows()),
        footnotes=writer.notes().all(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(
        self, spec: ScheduleAnalysis, protocol: Protocol, results: Results, endpoint: Schedule
    ) -> None:
        self.protocol, self.endpoint = protocol, endpoint
        self.forms = numbers.forms(protocol)
        self.shelf = Shelf(results, spec.id, "included")
        self.arms = labels.ordered(protocol, self.shelf.groups())
        self.groups = [*self.arms, "overall"] if len(self.arms) > 1 else self.arms
        self.contrasts = {arm: f"{arm} vs {base}" for arm, base in self.shelf.contrasts()}
        held = (row.level for row in results.of(spec.id) if row.variable == "ending")
        self.endings = tuple(dict.fromkeys(held))

    def rows(self) -> Iterator[TableRow]:
        """Every row of the table."""
        one, many = self.endpoint.visit, f"{self.endpoint.visit}s"
        yield self._row("Patients", lambda group: shown(self.forms.count, self._of(group, "", "", "n")))
        yield self._row("Days followed, median (range)", self._range("followed"))
        yield self._row(f"{many.capitalize()} due", self._count("visits", "due"))
        for level, words in (
            ("on time", "On time, n (%)"),
            ("late", "Late, n (%)"),
            ("after missed", f"After missed {many}, n (%)"),
            ("missed", "Missed, n (%)"),
        ):
            yield self._row(words, self._share("visits", level), is_level=True)
        yield self._row(f"{many.capitalize()} attended", self._count("visits", "attended"))
        yield self._row("Early, not due yet", self._count("visits", "early"), is_level=True)
        yield self._row(f"Per patient-year ({self._ci} CI)", self._rate, is_level=True)
        if self.contrasts:
            yield self._row(f"Ratio of the rates ({self._ci} CI)", self._ratio, is_level=True)
        yield self._row(f"Days between {many}, median (IQR)", self._quartiles("interval"))
        yield self._row(f"Days from the last {one} to the end, median (IQR)", self._quartiles("since_last"))
        yield self._row("Completeness a patient, %, median (range)", self._range("completeness"))
        yield self._row(f"Every {one} on time, n/N (%)", self._of_asked("all on time"), is_level=True)
        yield self._row(f"No {one} at all, n/N (%)", self._of_asked("no visit"), is_level=True)
        yield from self._content()
        yield self._head("Follow-up ended by, n (%)")
        for ending in self.endings:
            words = ending[:1].upper() + ending[1:]
            yield self._row(words, self._share("ending", ending), is_level=True)

    def _content(self) -> Iterator[TableRow]:
        """Of the visits attended, how many were complete, and at how many each item was done."""
        if not self.endpoint.content:
            return
        yield self._head(f"Done at the {self.endpoint.visit}s attended, n (%)")
        yield self._row("All of these", self._share("content", "complete"), is_level=True)
        for item in self.endpoint.content:
            yield self._row(ITEMS[item], self._share("item", item), is_level=True)

    @property
    def _ci(self) -> str:
        return labels.confidence(self.protocol)

    def _of(self, group: str, variable: str, level: str, stat: str) -> Row | None:
        return self.shelf.row(group, variable, level, stat)

    def _row(self, words: str, cell: CellOf, *, is_level: bool = False) -> TableRow:
        cells = (Cell(words), *(cell(group) for group in self.groups))
        return TableRow(cells, "level" if is_level else "body")

    def _head(self, words: str) -> TableRow:
        return TableRow((Cell(words), *(NOTHING for _ in self.groups)), "group")

    def _count(self, variable: str, level: str) -> CellOf:
        return lambda group: shown(self.forms.count, self._of(group, variable, level, "count"))

    def _share(self, variable: str, level: str) -> CellOf:
        stats = ("count", "proportion")
        return lambda group: shown(
            self.forms.count_percent, *(self._of(group, variable, level, stat) for stat in stats)
        )

    def _of_asked(self, level: str) -> CellOf:
        def cell(group: str) -> Cell:
            count, part = (self._of(group, "patients", level, stat) for stat in ("count", "proportion"))
            return shown(self.forms.fraction_percent, count, self._of(group, "patients", "", "n"), part)

        return cell

    def _range(self, variable: str) -> CellOf:
        form = partial(self.forms.median_range, form=self.forms.whole_or_tenth)
        stats = ("median", "min", "max")
        return lambda group: shown(form, *(self._of(group, variable, "", stat) for stat in stats))

    def _quartiles(self, variable: str) -> CellOf:
        stats = ("median", "q1", "q3")
        form = partial(self.forms.median_range, form=self.forms.whole_or_tenth)
        return lambda group: shown(form, *(self._of(group, variable, "", stat) for stat in stats))

    def _rate(self, group: str) -> Cell:
        return self._with_limits(group, "rate", "exact_poisson")

    def _with_limits(self, group: str, stat: str, method: str) -> Cell:
        """A rate or a ratio of rates with its interval; a dash where it could not be told."""
        value, lower, upper = (
            self._of(group, "rate", "", name) for name in (stat, f"lower.{method}", f"upper.{method}")
        )
        return Cell(DASH) if value is None else estimated(self.forms, value, lower, upper, self.forms.ratio)

    def _ratio(self, group: str) -> Cell:
        if group == self.protocol.arms.reference:
            return Cell("Reference")
        if group not in self.contrasts:
            return NOTHING
        return self._with_limits(self.contrasts[group], "rate_ratio", "rate_ratio")

    def notes(self) -> Notes:
        """What the percentages are of, who is left out."""
        notes, many = Notes(self.forms), f"{self.endpoint.visit}s"
        of_content = ", what was done: of those attended" if self.endpoint.content else ""
        notes.add(
            f"Percentages of {many}: of those due{of_content}. Missed: nobody came by the last day on time. "
            "Completeness: on time, of those due. IQR: interquartile range. CI: confidence interval."
        )
        blank = [
            row
            for item in self.endpoint.content
            if (row := self._of(self.groups[-1], "item", item, "not_recorded")) is not None and row.value
        ]
        if blank:
            told = [f"{ITEMS[row.level]} {self.forms.count(row.value)}" for row in blank]
            notes.add(f"Not recorded, of all {many} attended: {', '.join(told)}.", *blank)
        if any(cell.text == DASH for line in self.rows() for cell in line.cells[1:]):
            notes.add(f"{DASH}: nothing of which it could be told.")
        method = self.shelf.method("summary")
        if method is not None and method.why_excluded:
            notes.add(f"Patients left out: {method.why_excluded}.")
        notes.add(labels.abbreviations(self.protocol, self.arms))
        return notes
