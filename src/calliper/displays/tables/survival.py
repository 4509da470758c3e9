"""The table of one time-to-event endpoint: events, medians, survival at fixed times, and the comparison."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import DASH, NOTHING, Notes, Shelf, estimated, limits, shown
from calliper.displays.effects import effect, firth_note
from calliper.displays.numbers import Form
from calliper.protocol.specs import Protocol, SurvivalAnalysis, TimeToEvent
from calliper.results import Results


def survival_table(spec: SurvivalAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: statistics. Columns: arms (or the levels of `by`) and all patients together."""
    writer = _Writer(spec, protocol, results)
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title or labels.divided(writer.endpoint.label, protocol, spec.by),
        columns=writer.columns(),
        rows=tuple(writer.rows()),
        footnotes=writer.footnotes(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, spec: SurvivalAnalysis, protocol: Protocol, results: Results) -> None:
        endpoint = protocol.endpoints[spec.endpoint]
        if not isinstance(endpoint, TimeToEvent):
            raise TypeError(f"{spec.endpoint} is not a time-to-event endpoint")
        self.spec, self.protocol, self.endpoint = spec, protocol, endpoint
        self.forms = numbers.forms(protocol)
        self.shelf = Shelf(results, spec.id, "included")
        groups = labels.ordered(protocol, self.shelf.groups(), spec.by)
        self.groups = [*groups, "overall"] if len(groups) > 1 else groups
        self.notes = Notes(self.forms)

    def columns(self) -> tuple[Column, ...]:
        """Statistic, then the groups."""
        by = self.spec.by
        spanner = "" if by in (None, "arm") else labels.variable(self.protocol, by or "")
        groups = (
            Column(labels.heading(self.protocol, group), "right", "" if group == "overall" else spanner)
            for group in self.groups
        )
        return (Column("", "left"), *groups)

    def rows(self) -> list[TableRow]:
        """From counts to comparison."""
        unit, level = self.endpoint.unit, labels.confidence(self.protocol)
        events = labels.in_sentence(self.endpoint.event_label)
        rows = [
            self._plain("Patients, n", "n", self.forms.count),
            self._plain(f"{events[0].upper()}{events[1:]}, n", "events", self.forms.count),
            *self._reasons("events"),
            self._plain("Censored, n", "censored", self.forms.count),
            *self._reasons("censored"),
            self._plain(f"Person-time, {unit}", "person_time", self.forms.duration),
            self._range(f"Observed times, {unit}, range"),
            self._interval(f"Follow-up, {unit}, median ({level} CI)", "follow_up", note=self._follow_up()),
            self._head(f"{self.endpoint.label}, {unit}"),
            self._interval(f"Median ({level} CI)", "median", role="level"),
            self._interval(f"First quartile ({level} CI)", "q1", role="level"),
            self._interval(f"Third quartile ({level} CI)", "q3", role="level"),
        ]
        if self.spec.at:
            rows.append(self._head(f"{self._probability()}, % ({level} CI)"))
            rows += [self._at(f"{at:g} {unit}", at) for at in sorted(self.spec.at)]
        return rows + self._restricted() + self._comparison()

    def _probability(self) -> str:
        return f"{labels.curve(self.endpoint)} at"

    def _follow_up(self) -> str:
        return (
            "Median follow-up by the reverse Kaplan-Meier method (events censored, censorings counted as "
            "events)."
        )

    def _cells(self, stat: str, form: Form) -> list[Cell]:
        return [shown(form, self.shelf.row(group, self.spec.endpoint, "", stat)) for group in self.groups]

    def _plain(self, label: str, stat: str, form: Form) -> TableRow:
        return TableRow((Cell(label), *self._cells(stat, form)))

    def _reasons(self, stat: str) -> list[TableRow]:
        """A line for each reason, where there are several."""
        name = self.spec.endpoint
        held = [row for row in self.shelf.where(stat, group="overall", variable=name) if row.level]
        if len(held) < 2:
            return []
        lines = []
        for reason in (row.level for row in held):
            cells = [
                shown(self.forms.count, self.shelf.row(group, name, reason, stat)) for group in self.groups
            ]
            lines.append(TableRow((Cell(f"{reason[0].upper()}{reason[1:]}"), *cells), "level"))
        return lines

    def _head(self, label: str, *, notes: tuple[str, ...] = ()) -> TableRow:
        return TableRow((Cell(label, notes=notes), *[NOTHING] * len(self.groups)), "group")

    def _range(self, label: str) -> TableRow:
        name = self.spec.endpoint
        cells = [
            limits(
                self.forms,
                self.shelf.row(g, name, "", "min_time"),
                self.shelf.row(g, name, "", "max_time"),
                self.forms.duration,
            )
            for g in self.groups
        ]
        return TableRow((Cell(label), *cells))

    def _interval(self, label: str, stat: str, *, role: str = "body", note: str = "") -> TableRow:
        name, shelf = self.spec.endpoint, self.shelf
        cells = [
            estimated(
                self.forms,
                shelf.row(g, name, "", stat),
                shelf.row(g, name, "", f"{stat}_lower"),
                shelf.row(g, name, "", f"{stat}_upper"),
                self.forms.duration,
            )
            for g in self.groups
        ]
        head = Cell(label, notes=(self.notes.mark(note),) if note else ())
        return TableRow((head, *cells), "level" if role == "level" else "body")

    def _at(self, label: str, at: float) -> TableRow:
        cells = [NOTHING if group == "overall" else self._survival(group, at) for group in self.groups]
        return TableRow((Cell(label), *cells), "level")

    def _survival(self, group: str, at: float) -> Cell:
        name, shelf = self.spec.endpoint, self.shelf
        value = shelf.row(group, name, "", "survival", at)
        if value is None:
            sentence = shelf.failure(f"{name} {group} at {at:g}")
            return Cell(DASH, notes=(self.notes.mark(sentence),) if sentence else ())
        lower = shelf.row(group, name, "", "survival_lower", at)
        upper = shelf.row(group, name, "", "survival_upper", at)
        if lower is not None and upper is not None and value.value == lower.value == upper.value:
            note = "No event so far: Greenwood's standard error is zero, and there is no interval."
            return shown(self.forms.percent, value, notes=(self.notes.mark(note),))
        return estimated(self.forms, value, lower, upper, self.forms.percent)

    def _restricted(self) -> list[TableRow]:
        """The restricted means, their differences and ratios, each with its interval and P value."""
        tau = self.spec.rmst
        if tau is None:
            return []
        level, unit = labels.confidence(self.protocol), self.endpoint.unit
        refusal = self.shelf.failure_of("rmst")
        how = (
            "Area under the Kaplan-Meier curve; P values two-sided, by the normal distribution, of the ratio on "
            "the scale of its logarithm."
        )
        notes = (self.notes.mark(how if self._has_means(tau) else refusal),)
        lines = [
            self._head(f"Mean restricted to {tau:g} {unit}", notes=notes),
            self._restricted_line(f"Mean, {unit} ({level} CI)", "mean", "rmst", self.forms.duration),
        ]
        if len(self.groups) < 2:
            return lines
        return [
            *lines,
            self._restricted_line(
                f"Difference, {unit} ({level} CI)", "difference", "rmst", self.forms.duration
            ),
            self._restricted_line("P value, difference", "p", "rmst", self.forms.p_value),
            self._restricted_line(f"Ratio ({level} CI)", "ratio", "rmst_ratio", self.forms.ratio),
            self._restricted_line("P value, ratio", "p", "rmst_ratio", self.forms.p_value),
        ]

    def _has_means(self, tau: float) -> bool:
        return any(self.shelf.row(g, self.spec.endpoint, "", "mean.rmst", tau) for g in self.groups)

    def _restricted_line(self, label: str, stat: str, method: str, form: Form) -> TableRow:
        reference = labels.reference(self.protocol, self.spec.by)
        cells = []
        for group in self.groups:
            if group == "overall" or (group == reference and stat != "mean"):
                is_named = group == reference and stat in ("difference", "ratio")
                cells.append(Cell("reference") if is_named else NOTHING)
                continue
            whose = group if stat == "mean" else f"{group} vs {reference}"
            value, lower, upper = (
                self.shelf.row(whose, self.spec.endpoint, "", f"{name}.{method}", self.spec.rmst)
                for name in (stat, "lower", "upper")
            )
            cells.append(
                shown(form, value) if stat == "p" else estimated(self.forms, value, lower, upper, form)
            )
        return TableRow((Cell(label), *cells), "level")

    def _comparison(self) -> list[TableRow]:
        if len(self.groups) < 2:
            return []
        level = labels.confidence(self.protocol)
        head = Cell(f"Hazard ratio ({level} CI)", notes=self._cox_note())
        pairs = [self._against(group) for group in self.groups]
        return [
            self._head("Comparison"),
            TableRow((head, *(ratio for ratio, _ in pairs)), "level"),
            TableRow((Cell(self._test_of_ratios()), *(p for _, p in pairs)), "level"),
            self._logrank(),
        ]

    def _test_of_ratios(self) -> str:
        """Wald's test, unless a ratio is penalised: its footnote then names the test."""
        shelf, name, reference = self.shelf, self.spec.endpoint, labels.reference(self.protocol, self.spec.by)
        found = [effect(shelf, f"{group} vs {reference}", name, "", ordinary=".cox") for group in self.groups]
        is_penalised = any(held is not None and held.is_firth for held in found)
        return "P value, two-sided" if is_penalised else "P value, Wald"

    def _cox_note(self) -> tuple[str, ...]:
        text = "Cox regression with the group as the only covariate; unadjusted."
        method = self.shelf.method("cox")
        ties = "" if method is None else str(method.parameters.get("ties", ""))
        return (self.notes.mark(f"{text} Ties: {ties.capitalize()}." if ties else text),)

    def _against(self, group: str) -> tuple[Cell, Cell]:
        """The group's hazard ratio and its P value."""
        if group == "overall":
            return NOTHING, NOTHING
        reference = labels.reference(self.protocol, self.spec.by)
        if group == reference:
            return Cell("reference"), NOTHING
        refusal = self.shelf.failure_of("cox")
        found = effect(self.shelf, f"{group} vs {reference}", self.spec.endpoint, "", ordinary=".cox")
        if found is None:
            sentences = [held for held in (refusal, self.shelf.failure_of("firth")) if held]
            dash = Cell(DASH, notes=tuple(self.notes.mark(sentence) for sentence in sentences))
            return dash, dash
        notes = (self.notes.mark(firth_note(refusal)),) if found.is_firth else ()
        return found.ratio_cell(self.forms, notes), found.p_cell(self.forms, notes)

    def _logrank(self) -> TableRow:
        name = self.spec.endpoint
        rows = [self.shelf.row("between", name, "", f"{stat}.logrank") for stat in ("statistic", "df", "p")]
        cell = shown(self.forms.chi_square, *rows)
        if not cell.keys:
            sentence = self.shelf.failure_of("logrank")
            cell = Cell(DASH, notes=(self.notes.mark(sentence),) if sentence else ())
        blank = [NOTHING] * (len(self.groups) - 1)
        return TableRow((Cell("Log-rank test, two-sided"), *blank, cell), "level")

    def footnotes(self) -> tuple[Footnote, ...]:
        """What NR means and how the intervals were made."""
        self.notes.add(f"NR: not reached. CI: {labels.confidence(self.protocol)} confidence interval.")
        summary = self.shelf.method("summary")
        if summary is not None and summary.n_excluded:
            self.notes.add(
                f"Left out: {labels.counted_patients(summary.n_excluded)} ({summary.why_excluded})."
            )
        self.notes.add(labels.abbreviations(self.protocol, self.groups))
        return self.notes.all()
