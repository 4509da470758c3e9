"""Two readings of the same patients: one by the other in square tables, and what the tables come to by landmark."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import NOTHING, Notes, Shelf, estimated, p_cell, shown
from calliper.displays.numbers import Forms
from calliper.displays.readings import Readings, heading, readings
from calliper.protocol.specs import RESPONSE_CATEGORIES, AgreementAnalysis, Protocol
from calliper.results import Results

RATES = {"ORR": "Objective response", "DCR": "Disease control"}


def square_table(spec: AgreementAnalysis, protocol: Protocol, results: Results) -> Table:
    """The first reading in rows, the second in columns: a block a landmark, and one of scans where both have them."""
    held = readings(spec, protocol, results)
    blocks = [(label, held.everyone, name) for name, label in held.landmarks.items()]
    if held.scans.row("overall", "", "", "n") is not None:
        blocks.append(("Scan by scan", held.scans, ""))
    spanned = [Column(category, "right", held.second) for category in RESPONSE_CATEGORIES]
    total = Column("Total", "right")
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=f"{heading(protocol, spec)}: one by the other",
        columns=(Column(held.first, "left"), *spanned, total),
        rows=tuple(row for block in blocks for row in _block(*block, numbers.forms(protocol))),
        footnotes=(
            Footnote(
                "",
                f"Patients (or scans), in rows by {_inside(held.first)}, in columns by {_inside(held.second)}; those "
                "on the diagonal are categorised alike. NE: not evaluable.",
            ),
        ),
    )


def _block(label: str, shelf: Shelf, variable: str, forms: Forms) -> Iterator[TableRow]:
    width = len(RESPONSE_CATEGORIES) + 1
    yield TableRow((Cell(label), *[NOTHING] * width), "group")
    for first in RESPONSE_CATEGORIES:
        found = [
            shelf.row("overall", variable, f"{first}, {second}", "count") for second in RESPONSE_CATEGORIES
        ]
        cells = [shown(forms.count, row) for row in found]
        total = shown(forms.count, shelf.row("first", variable, first, "count"))
        yield TableRow((Cell(labels.RESPONSE_WORDS[first]), *cells, total), "level")
    totals = [shelf.row("second", variable, category, "count") for category in RESPONSE_CATEGORIES]
    n = shelf.row("overall", variable, "", "n")
    yield TableRow((Cell("Total"), *(shown(forms.count, row) for row in (*totals, n))), "level")


def agreement_table(spec: AgreementAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: a block a landmark of how many are alike, kappa, the rates by each; columns: evaluable by both, all."""
    held = readings(spec, protocol, results)
    writer = _Writer(held, protocol, is_adjudicated=spec.adjudicated is not None)
    return Table(
        id=f"table-{spec.id}-measures",
        number="",
        caption=f"{heading(protocol, spec)}: agreement, and response by each",
        columns=(Column("Measure", "left"), Column("Evaluable by both"), Column("All patients")),
        rows=tuple(row for name, label in held.landmarks.items() for row in writer.landmark(name, label)),
        footnotes=writer.footnotes(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, held: Readings, protocol: Protocol, *, is_adjudicated: bool) -> None:
        self.held, self.forms = held, numbers.forms(protocol)
        self.is_adjudicated = is_adjudicated
        self.level = labels.confidence(protocol)
        self.notes = Notes(self.forms)

    def landmark(self, at: str, label: str) -> Iterator[TableRow]:
        """The rows of one landmark."""
        yield TableRow((Cell(label), NOTHING, NOTHING), "group")
        yield self._row("Patients", lambda shelf: shown(self.forms.count, shelf.row("overall", at, "", "n")))
        yield self._row("Categorised alike", lambda shelf: _share(self.forms, shelf, "overall", at, "alike"))
        yield self._row(f"Kappa ({self.level} CI)", lambda shelf: self._kappa(shelf, at, "unweighted"))
        linear = self._kappa(self.held.evaluable, at, "linear")
        yield _level(f"Kappa, linear weights ({self.level} CI)", linear, NOTHING)
        for rate in RATES:
            yield from self._rate(at, rate)
        if self.is_adjudicated:
            yield from self._adjudicated(at)

    def _rate(self, at: str, rate: str) -> Iterator[TableRow]:
        for group, name in (("first", self.held.first), ("second", self.held.second)):
            shelves = (self.held.evaluable, self.held.everyone)
            cells = (_share(self.forms, shelf, group, at, rate) for shelf in shelves)
            yield _level(f"{RATES[rate]}, {_inside(name)}", *cells)
        only = f"{RATES[rate]} by the first only, the second only"
        yield self._row(only, lambda shelf: _one_only(self.forms, shelf, at, rate))
        if rate == "ORR":
            yield self._row("P value (McNemar, exact, two-sided)", lambda shelf: self._p(shelf, at))

    def _kappa(self, shelf: Shelf, at: str, name: str) -> Cell:
        value, lower, upper = (
            shelf.row("overall", at, "", f"{stat}.{name}") for stat in ("kappa", "lower", "upper")
        )
        if value is None:
            return p_cell(None, self.notes, failure=shelf.failure(f"{at} {shelf.population}"))
        return estimated(self.forms, value, lower, upper, self.forms.kappa)

    def _p(self, shelf: Shelf, at: str) -> Cell:
        row = shelf.row("between", at, "ORR", "p.mcnemar")
        nobody = "No patient responded by one of the two only"
        return p_cell(row, self.notes, failure=nobody)

    def _adjudicated(self, at: str) -> Iterator[TableRow]:
        """Of the patients on whom the two differ, whom the third followed."""
        shelf = self.held.everyone
        differ = shown(self.forms.count, shelf.row("adjudicated", at, "", "n"))
        yield _level("Patients on whom the two differ", NOTHING, differ)
        taken = {"first": _inside(self.held.first), "second": _inside(self.held.second), "neither": "neither"}
        for level, name in taken.items():
            number, share = (shelf.row("adjudicated", at, level, stat) for stat in ("count", "proportion"))
            followed = (
                shown(self.forms.count, number)
                if share is None
                else shown(self.forms.count_percent, number, share)
            )
            yield _level(f"Adjudicated as {name}, n (%)", NOTHING, followed)

    def _row(self, label: str, cell: Callable[[Shelf], Cell]) -> TableRow:
        return _level(label, cell(self.held.evaluable), cell(self.held.everyone))

    def footnotes(self) -> tuple[Footnote, ...]:
        """What alike and kappa are, whose rates, and that it is a description."""
        self.notes.add(f"Shares are n/N (%; {self.level} CI).")
        self.notes.add(
            "Evaluable by both: CR, PR, SD or PD by each reading. All patients: every included patient; not "
            "evaluable is a category of its own, and counts as without response and without control."
        )
        self.notes.add(
            "Kappa: Cohen's, agreement beyond chance. Linear weights take CR, PR, SD and PD as an ordered scale. CI: "
            f"{self.level} confidence interval, exact (Clopper-Pearson) for shares; kappa has none where its standard "
            "error is 0, as in full agreement."
        )
        self.notes.add("The comparison is descriptive: neither reading is taken to be true.")
        return self.notes.all()


def _level(label: str, *cells: Cell) -> TableRow:
    return TableRow((Cell(label), *cells), "level")


def _share(forms: Forms, shelf: Shelf, group: str, landmark: str, level: str) -> Cell:
    """`count/n (percent; lower to upper)`, or `0/0` where nobody is."""
    count, share = (shelf.row(group, landmark, level, stat) for stat in ("count", "proportion"))
    n = shelf.row(group, landmark, "", "n")
    if share is None:
        return shown(lambda k, total: f"{forms.count(k)}/{forms.count(total)}", count, n)
    limits = (shelf.row(group, landmark, level, f"{end}.clopper_pearson") for end in ("lower", "upper"))
    return shown(forms.fraction_interval, count, n, share, *limits)


def _one_only(forms: Forms, shelf: Shelf, landmark: str, rate: str) -> Cell:
    return shown(
        lambda first, second: f"{forms.count(first)}, {forms.count(second)}",
        shelf.row("overall", landmark, rate, "first_only"),
        shelf.row("overall", landmark, rate, "second_only"),
    )


def _inside(name: str) -> str:
    return labels.in_sentence(name)
