"""The table of tumour response by arm at each landmark: categories, objective response, disease control."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import NOTHING, Notes, Shelf, limits, p_cell, shown
from calliper.protocol.specs import RESPONSE_CATEGORIES, Protocol, ResponseAnalysis
from calliper.protocol.specs import Response as ResponseSpec
from calliper.results import Results

REPEATED = "after repeated treatment"
"""The level of responses on a scan that followed a repeated treatment."""

DENOMINATORS = {"evaluable": "evaluable patients", "all": "all patients"}


def response_table(spec: ResponseAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: landmarks, categories and rates under both denominators. Columns: arms, differences, P."""
    writer = _Writer(spec, protocol, results)
    endpoint = writer.endpoint
    landmarks = spec.landmarks or tuple(endpoint.landmarks)
    rows = tuple(row for landmark in landmarks for row in writer.landmark(landmark))
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title or f"{endpoint.label} {labels.criteria(endpoint.criteria)}",
        columns=writer.columns(),
        rows=rows,
        footnotes=writer.footnotes(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, spec: ResponseAnalysis, protocol: Protocol, results: Results) -> None:
        self.protocol = protocol
        self.forms = numbers.forms(protocol)
        endpoint = protocol.endpoints[spec.endpoint]
        if not isinstance(endpoint, ResponseSpec):
            raise TypeError(f"{spec.endpoint} is not a response endpoint")
        self.endpoint = endpoint
        self.shelves = {name: Shelf(results, spec.id, name) for name in DENOMINATORS}
        self.groups = labels.ordered(protocol, self.shelves["all"].groups())
        self.contrasts = self.shelves["all"].contrasts()
        self.notes = Notes(self.forms)
        self.has_bounds = self.has_repeats = False

    def columns(self) -> tuple[Column, ...]:
        """Response, a column an arm, a difference a contrast, P."""
        arms = [Column(labels.heading(self.protocol, group), "right") for group in self.groups]
        differences = [
            Column(
                "Difference, points",
                "right",
                labels.contrast(self.protocol, *pair) if len(self.contrasts) > 1 else "",
            )
            for pair in self.contrasts
        ]
        tests = [Column("P value", "right")] if len(self.groups) > 1 else []
        return (Column("Response, n/N (%)", "left"), *arms, *differences, *tests)

    def landmark(self, landmark: str) -> list[TableRow]:
        """The rows of one landmark: categories, not evaluable, then each rate under each denominator."""
        rows = [self._whole_row(self.endpoint.landmarks[landmark].label)]
        for category in RESPONSE_CATEGORIES:
            population = "all" if category == "NE" else "evaluable"
            rows.append(
                self._row(labels.RESPONSE_WORDS[category], self._counts(population, landmark, category))
            )
        for rate in ("ORR", "DCR"):
            for population, words in DENOMINATORS.items():
                rows += self._rate(landmark, rate, population, words)
        return [*rows, *self._after_repeats(landmark)]

    def _after_repeats(self, landmark: str) -> list[TableRow]:
        """Responses read after a repeated treatment, of all patients; where that is known."""
        if self.shelves["all"].row("overall", landmark, REPEATED, "count") is None:
            return []
        self.has_repeats = True
        return [self._row("Read after a repeated treatment", self._counts("all", landmark, REPEATED))]

    def _rate(self, landmark: str, rate: str, population: str, words: str) -> list[TableRow]:
        shelf = self.shelves[population]
        intervals = [
            shown(
                lambda low, high: self.forms.interval(low, high, self.forms.percent),
                shelf.row(group, landmark, rate, "lower.clopper_pearson"),
                shelf.row(group, landmark, rate, "upper.clopper_pearson"),
            )
            for group in self.groups
        ]
        counts = self._row(
            f"{labels.RESPONSE_WORDS[rate]}, {words}",
            self._counts(population, landmark, rate),
            [*self._differences(shelf, landmark, rate, value=True), *self._p(shelf, landmark, rate)],
        )
        under = self._row(
            f"{labels.confidence(self.protocol)} CI",
            intervals,
            [
                *self._differences(shelf, landmark, rate, value=False),
                *([NOTHING] if len(self.groups) > 1 else []),
            ],
        )
        return [counts, under, *self._bounds(shelf, landmark, rate)]

    def _bounds(self, shelf: Shelf, landmark: str, rate: str) -> list[TableRow]:
        """The rate, and the difference, if those not evaluable had all failed or all succeeded; where there are any."""
        not_evaluable = [shelf.row(group, landmark, "NE", "count") for group in self.groups]
        if shelf.population != "all" or not any(row is not None and row.value for row in not_evaluable):
            return []
        pairs = [f"{group} vs {reference}" for group, reference in self.contrasts]
        found = [
            [shelf.row(group, landmark, rate, f"{end}.unknown") for end in ("lower", "upper")]
            for group in (*self.groups, *pairs)
        ]
        if not any(row is not None for pair in found for row in pair):
            return []
        self.has_bounds = True
        cells = [limits(self.forms, low, high, self.forms.percent) for low, high in found]
        arms = len(self.groups)
        tests = [NOTHING] if arms > 1 else []
        return [self._row("Bounds for those not evaluable", cells[:arms], [*cells[arms:], *tests])]

    def _counts(self, population: str, landmark: str, level: str) -> list[Cell]:
        shelf = self.shelves[population]
        return [
            shown(
                self.forms.fraction_percent,
                shelf.row(group, landmark, level, "count"),
                shelf.row(group, landmark, "", "n"),
                shelf.row(group, landmark, level, "proportion"),
            )
            for group in self.groups
        ]

    def _differences(self, shelf: Shelf, landmark: str, rate: str, *, value: bool) -> list[Cell]:
        cells = []
        for group, reference in self.contrasts:
            pair = f"{group} vs {reference}"
            if value:
                cells.append(shown(self.forms.percent, shelf.row(pair, landmark, rate, "difference")))
                continue
            lower = shelf.row(pair, landmark, rate, "lower.newcombe")
            upper = shelf.row(pair, landmark, rate, "upper.newcombe")
            cells.append(
                shown(lambda low, high: self.forms.interval(low, high, self.forms.percent), lower, upper)
            )
        return cells

    def _p(self, shelf: Shelf, landmark: str, rate: str) -> list[Cell]:
        if len(self.groups) < 2:
            return []
        subject = f"{landmark} {rate}" + (" all" if shelf.population == "all" else "")
        row = shelf.row("between", landmark, rate, "p")
        method = shelf.method("headline", subject)
        test = str(method.parameters.get("test", "")) if method is not None else ""
        failure = shelf.failure(subject, "")
        return [p_cell(row, self.notes, test=labels.TEST_WORDS.get(test, ""), failure=failure)]

    def _row(self, label: str, cells: list[Cell], compared: list[Cell] | None = None) -> TableRow:
        blank = [NOTHING] * (len(self.columns()) - 1 - len(cells))
        return TableRow((Cell(label), *cells, *(compared if compared is not None else blank)), "level")

    def _whole_row(self, label: str) -> TableRow:
        return TableRow((Cell(label), *[NOTHING] * (len(self.columns()) - 1)), "group")

    def footnotes(self) -> tuple[Footnote, ...]:
        """Denominators, intervals, tests."""
        level = labels.confidence(self.protocol)
        self.notes.add(
            "Evaluable patients have a known response at the landmark. All patients: every included "
            "patient, those not evaluable counted as without response and without control."
        )
        self.notes.add(labels.abbreviations(self.protocol, self.groups))
        self.notes.add(f"CI: {level} confidence interval, exact (Clopper-Pearson) for proportions.")
        if self.has_bounds:
            pairs = " (of differences, if all of them had gone against the first arm, or in its favour)"
            self.notes.add(
                "Bounds for those not evaluable: the rate if all of them had failed, and if all had succeeded"
                f"{pairs if self.contrasts else ''}."
            )
        if self.has_repeats:
            self.notes.add(
                "Read after a repeated treatment: of all patients, those whose response was read on a scan after one; "
                "it is the response to the whole strategy."
            )
        if self.contrasts:
            pairs = labels.listed([labels.contrast(self.protocol, *pair) for pair in self.contrasts])
            self.notes.add(
                f"Differences, {pairs}, are in percentage points with Newcombe's {level} interval."
            )
        return self.notes.all()
