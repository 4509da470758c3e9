"""Results looked up by address, and set as table cells that carry their keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from calliper.blocks import Cell, Footnote
from calliper.displays import labels
from calliper.displays.numbers import Form, Forms
from calliper.results import Method, Results, Row

DASH = "—"
NOTHING = Cell("")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The results of one analysis and one part of its patients, whichever population the study limits it to."""

    results: Results
    analysis: str
    population: str

    def row(self, group: str, variable: str, level: str, stat: str, at: float | None = None) -> Row | None:
        """The row at this address, or None."""
        population = self.results.population(self.analysis, self.population)
        wanted = Row(self.analysis, population, group, variable, level, stat, None, at)
        return self.results.get(wanted.key)

    def where(self, stat: str, *, group: str, variable: str) -> list[Row]:
        """Every row of this stat, group and variable (a curve), ordered by `at`."""
        population = self.results.population(self.analysis, self.population)
        found = [
            row
            for row in self.results.of(self.analysis)
            if row.stat == stat
            and row.group == group
            and row.variable == variable
            and row.population == population
        ]
        return sorted(found, key=lambda row: (row.level, -1.0 if row.at is None else row.at))

    def groups(self) -> list[str]:
        """The groups that have rows, in order of appearance, without `overall`, `between` and contrasts."""
        seen = dict.fromkeys(row.group for row in self.results.of(self.analysis))
        return [name for name in seen if name not in {"overall", "between"} and " vs " not in name]

    def contrasts(self) -> list[tuple[str, str]]:
        """The pairs (group, reference) that were compared."""
        seen = dict.fromkeys(row.group for row in self.results.of(self.analysis) if " vs " in row.group)
        return [(name.split(" vs ", 1)[0], name.split(" vs ", 1)[1]) for name in seen]

    def failure(self, *subjects: str) -> str:
        """The sentence that stands where a number would, for the first method that failed on a subject."""
        for method in self.results.methods_of(self.analysis):
            if method.failure and method.subject in subjects:
                return method.failure
        return ""

    def failure_of(self, name: str) -> str:
        """The sentence of the method of this name, if it failed."""
        failed = (m.failure for m in self.results.methods_of(self.analysis) if m.name == name and m.failure)
        return next(failed, "")

    def method(self, name: str, subject: str = "") -> Method | None:
        """The method of this name (on this subject), if there is one."""
        for method in self.results.methods_of(self.analysis):
            if method.name == name and (not subject or method.subject == subject):
                return method
        return None


@dataclass(slots=True)
class Notes:
    """Footnotes in the making: the same text twice gets the same mark. `forms` are those of the numbers in them."""

    forms: Forms
    _marks: dict[str, str] = field(default_factory=dict)
    _general: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def mark(self, text: str) -> str:
        """The superscript of a footnote, `a` to `z`, then `aa`."""
        text = labels.ended(text[:1].upper() + text[1:])
        if text not in self._marks:
            place = len(self._marks)
            self._marks[text] = chr(97 + place % 26) * (place // 26 + 1)
        return self._marks[text]

    def add(self, text: str, *quoted: Row) -> None:
        """A general note, printed first and once; `quoted` are the results it shows."""
        if text:
            self._general[text] = tuple(row.key for row in quoted)

    def all(self) -> tuple[Footnote, ...]:
        """General notes, then the marked ones."""
        general = tuple(Footnote("", text, keys) for text, keys in self._general.items())
        return general + tuple(Footnote(mark, text) for text, mark in self._marks.items())


def shown(form: Callable[..., str], *rows: Row | None, notes: tuple[str, ...] = ()) -> Cell:
    """A cell that prints `form` of the rows' values and carries their keys; a dash if any row is absent."""
    present = [row for row in rows if row is not None]
    if len(present) < len(rows):
        return Cell(DASH, notes=notes)
    return Cell(form(*(row.value for row in present)), tuple(row.key for row in present), notes)


def fraction(
    forms: Forms, number: Row | None, total: Row | None, proportion: Row | None, *, header: Row | None
) -> Cell:
    """`count (percent)`, or `count/n (percent)` where the n divided by is not the n of the column's
    header.
    """
    if number is None or total is None:
        return Cell(DASH)
    if proportion is None:
        return shown(lambda k, n: f"{forms.count(k)}/{forms.count(n)}", number, total)
    if header is not None and header.value == total.value:
        return shown(forms.count_percent, number, proportion)
    return shown(forms.fraction_percent, number, total, proportion)


def estimated(forms: Forms, value: Row | None, lower: Row | None, upper: Row | None, form: Form) -> Cell:
    """`estimate (lower to upper)`; the estimate alone where no interval was made."""
    if value is not None and (lower is None or upper is None):
        return shown(form, value)
    return shown(lambda v, low, high: forms.estimate(v, low, high, form), value, lower, upper)


def limits(forms: Forms, lower: Row | None, upper: Row | None, form: Form) -> Cell:
    """`lower to upper`."""
    return shown(lambda low, high: forms.interval(low, high, form), lower, upper)


def p_cell(row: Row | None, notes: Notes, *, test: str = "", failure: str = "") -> Cell:
    """A P value whose footnote names the test; a dash whose footnote says why where there is none."""
    if row is None:
        return Cell(DASH, notes=(notes.mark(failure),) if failure else ())
    return shown(notes.forms.p_value, row, notes=(notes.mark(test),) if test else ())
