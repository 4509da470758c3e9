"""The study under the conventions of R, SAS and SPSS: changed conclusions, headline numbers, the choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from calliper.blocks import Align, Cell, Column, Table, TableRow
from calliper.displays import addresses, labels, numbers
from calliper.displays.cells import DASH, NOTHING, Notes, Shelf, shown
from calliper.displays.numbers import Form, Forms
from calliper.protocol import specs
from calliper.protocol.specs import Protocol
from calliper.results import CONVENTIONS, NOT_ESTIMATED, STUDY, Flip, Results, Row

PROGRAMS = {"r": "R", "sas": "SAS", "spss": "SPSS"}
CHANGES = {
    "p": "P across the level",
    "interval": "Interval across no effect",
    "quantile": "Reached, or not",
    "limit": "Limit reached, or not",
    "estimate": "Estimated, or not",
    "factors": "Other factors chosen",
}
Printed = Callable[..., str]

HAZARD_RATIOS = ("hr", "hr.cox", "hr.firth", "hr.cause_specific")

CHOICES = {
    "ties": "Tied times in Cox regression",
    "survival_ci": "Scale of survival intervals",
    "median_ci": "Intervals of medians",
    "median_flat": "Median where the curve is level at it",
    "means": "Test of two means",
    "rank_p": "P value of the Mann-Whitney test",
    "rank_continuity": "Its normal approximation",
    "chi_square": "Chi-square test of a two by two table",
    "quantile": "Quantiles of a measurement (Hyndman and Fan)",
}
VALUES = {
    "efron": "Efron",
    "breslow": "Breslow",
    "brookmeyer-crowley": "Brookmeyer-Crowley",
    "spss": "from the standard error",
    "first": "first time",
    "welch": "Welch",
    "pooled": "pooled variance",
    "exact": "exact where small",
    "corrected": "with correction",
    "uncorrected": "without correction",
    "pearson": "without correction",
    "yates": "Yates's correction",
    "2": "type 2",
    "6": "type 6",
    "7": "type 7",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """The results under each convention: `study` first, then the programs whose choices are not the study's."""

    results: Results
    own: str | None
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The study, then the other conventions."""
        return (STUDY, *self.others)

    def columns(self, align: Align = "right") -> list[Column]:
        """A column a convention."""
        mine = f"{PROGRAMS[self.own]} (this study)" if self.own else "This study"
        return [Column(head, align) for head in (mine, *(PROGRAMS[name] for name in self.others))]

    def cell(self, name: str, keys: tuple[str, ...], form: Printed) -> Cell:
        """A number, or an estimate with its limits, under a convention."""
        return shown(form, *(self.results.under(name, key) for key in keys))


def compared(results: Results) -> Compared | None:
    """What the analyses under the conventions left in the results; None where there is nothing."""
    summary = Shelf(results, CONVENTIONS, STUDY).method("summary")
    if summary is None:
        return None
    own = summary.parameters["own"]
    return Compared(results, None if own is None else str(own), results.conventions)


def flips_table(protocol: Protocol, held: Compared) -> Table | None:
    """A row a changed conclusion; None where none changes."""
    forms = numbers.forms(protocol)
    notes = Notes(forms)
    notes.add(
        f"Level of significance: {protocol.alpha:g}. No effect: a ratio of 1, a difference of 0. NR: not "
        f"reached. {DASH}: not estimated. CI: {labels.confidence(protocol)} confidence interval."
    )
    rows: list[TableRow] = []
    above = ""
    for flip in held.results.flips:
        title = addresses.heading(protocol, addresses.spec_of(protocol, flip.row))
        if title != above:
            rows.append(TableRow((Cell(title), *[NOTHING] * (len(held.names) + 1)), "group"))
            above = title
        rows.append(_flip(protocol, held, flip, notes))
    if not rows:
        return None
    columns = (Column("Result", "left"), *held.columns(), Column("What changes", "left"))
    caption = "Conclusions that depend on the software convention"
    return Table("table-flips", "", caption, columns, tuple(rows), notes.all())


def _flip(protocol: Protocol, held: Compared, flip: Flip, notes: Notes) -> TableRow:
    cells = []
    for name in held.names:
        cell = _conclusion(protocol, held, flip, name)
        if flip.conclusions[name] != flip.conclusions[STUDY]:
            mark = notes.mark("Another conclusion than that of this study.")
            cell = Cell(cell.text, cell.keys, (mark,))
        cells.append(cell)
    return TableRow(
        (Cell(addresses.described(protocol, flip.row)), *cells, Cell(CHANGES[flip.kind])), "level"
    )


def _conclusion(protocol: Protocol, held: Compared, flip: Flip, name: str) -> Cell:
    words = flip.conclusions[name]
    if flip.kind == "factors":
        return Cell(_factors(protocol, words))
    if words == NOT_ESTIMATED:
        return Cell(DASH)
    return held.cell(name, flip.keys, _form(numbers.forms(protocol), flip.row.stat.partition(".")[0]))


def _form(forms: Forms, measure: str) -> Printed:
    """How a measure and its limits are printed; what is not named is a time."""
    if measure == "p":
        return forms.p_value
    of: dict[str, Form] = {"hr": forms.ratio, "survival": forms.percent, "difference": forms.percent}
    return partial(forms.estimate, form=of.get(measure, forms.duration))


def _factors(protocol: Protocol, names: str) -> str:
    if names == "none":
        return names
    return labels.listed([labels.in_sentence(labels.variable(protocol, name)) for name in names.split(", ")])


def headline_table(protocol: Protocol, held: Compared) -> Table | None:
    """Medians, hazard ratios and the P values of Table 1 that do not print alike; None where all do."""
    forms = numbers.forms(protocol)
    rows: list[TableRow] = []
    for spec in protocol.analyses:
        lines = [
            (words, [held.cell(name, keys, form) for name in held.names])
            for words, keys, form in _headlines(protocol, held.results, spec)
        ]
        unlike = [
            TableRow((Cell(words), *cells), "level")
            for words, cells in lines
            if len({cell.text for cell in cells}) > 1
        ]
        if unlike:
            rows.append(
                TableRow((Cell(addresses.heading(protocol, spec)), *[NOTHING] * len(held.names)), "group")
            )
            rows += unlike
    if not rows:
        return None
    notes = Notes(forms)
    notes.add(
        f"Headline numbers that print alike under every convention are left out. NR: not reached. {DASH}: not "
        f"estimated. CI: {labels.confidence(protocol)} confidence interval. IQR: interquartile range."
    )
    columns = (Column("Result", "left"), *held.columns())
    return Table("table-conventions", "", "Headline numbers by convention", columns, tuple(rows), notes.all())


Headline = tuple[str, tuple[str, ...], Printed]


def _headlines(protocol: Protocol, results: Results, spec: specs.AnalysisSpec) -> Iterator[Headline]:
    """The numbers a reader holds against another program's output: words, keys, form."""
    for row in results.of(spec.id):
        found = _headline(protocol, row, spec)
        if found is not None:
            yield addresses.described(protocol, row), *found


def _headline(
    protocol: Protocol, row: Row, spec: specs.AnalysisSpec
) -> tuple[tuple[str, ...], Printed] | None:
    """The keys of a headline number and how it is printed; None for a number that is none."""
    forms = numbers.forms(protocol)
    place = row.key.removesuffix(row.stat)
    if isinstance(spec, specs.SubgroupsAnalysis):
        # its many hazard ratios are exploratory; that of all patients is the survival analysis'
        return ((row.key,), forms.p_value) if row.stat == "p.interaction" else None
    if isinstance(spec, specs.SurvivalAnalysis) and row.stat == "median":
        return (row.key, f"{row.key}_lower", f"{row.key}_upper"), _form(forms, "median")
    if row.stat in HAZARD_RATIOS and row.group != "univariable":
        method = row.stat.removeprefix("hr")
        return (row.key, f"{place}lower{method}", f"{place}upper{method}"), _form(forms, "hr")
    if isinstance(spec, specs.BaselineAnalysis) and row.stat == "median" and _is_median(spec, row):
        decimals = labels.decimals(protocol, row.variable)
        return (row.key, f"{place}q1", f"{place}q3"), partial(forms.median_iqr, decimals=decimals)
    if isinstance(spec, specs.CoursesAnalysis) and row.stat == "median":
        return (row.key, f"{place}q1", f"{place}q3"), forms.median_iqr
    if row.stat in ("p", "p.cox", "p.firth") and not isinstance(spec, specs.CoxAnalysis):
        return (row.key,), forms.p_value
    return None


def _is_median(spec: specs.BaselineAnalysis, row: Row) -> bool:
    return spec.show.get(row.variable, spec.default_show) in {"median", "both"}


def choices_table(held: Compared) -> Table:
    """The choices themselves, by convention."""
    chosen = [
        {name: str(value) for name, value in method.parameters.items()}
        for method in held.results.methods_of(CONVENTIONS)
        if method.name == "choices"
    ]
    rows = tuple(
        TableRow((Cell(words), *(Cell(VALUES.get(by[name], by[name])) for by in chosen)))
        for name, words in CHOICES.items()
    )
    columns = (Column("Choice", "left"), *held.columns("left"))
    return Table("table-choices", "", "The choices of each convention", columns, rows)
