"""The table of competing risks: each event's patients, incidence at fixed times, Gray's test and hazard ratios."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels
from calliper.displays.cells import DASH, NOTHING, Notes, shown
from calliper.displays.competing import RATIOS, Competing, read_competing
from calliper.displays.effects import firth_note
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol
from calliper.results import Results, Row

NOTES = {
    "cause_specific": "Cox regression of this event, in which the other events censor.",
    "fine_gray": "Fine and Gray's model: which way the cumulative incidence differs; no ratio of risks.",
}


def competing_risks_table(spec: CompetingRisksAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: statistics, event by event. Columns: arms (or the levels of `by`) and all patients together."""
    writer = _Writer(read_competing(spec, protocol, results))
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title
        or labels.divided(writer.held.endpoint.label, protocol, spec.by) + ": competing risks",
        columns=writer.columns(),
        rows=tuple(writer.rows()),
        footnotes=writer.footnotes(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, held: Competing) -> None:
        self.held, self.protocol, self.forms = held, held.protocol, held.forms
        self.columns_of = [*held.groups, "overall"] if len(held.groups) > 1 else list(held.groups)
        self.level = labels.confidence(held.protocol)
        self.notes = Notes(self.forms)

    def columns(self) -> tuple[Column, ...]:
        """Statistic, then the groups."""
        by = self.held.spec.by
        spanner = "" if by in (None, "arm") else labels.variable(self.protocol, by or "")
        groups = (
            Column(labels.heading(self.protocol, group), "right", "" if group == "overall" else spanner)
            for group in self.columns_of
        )
        return (Column("", "left"), *groups)

    def rows(self) -> list[TableRow]:
        """Everyone, then each event, then those free of them all."""
        rows = [self._plain("Patients, n", "", "n"), self._plain("Censored, n", "", "censored")]
        for cause, title in self.held.causes.items():
            rows += [
                self._head(title),
                self._plain("Patients with the event first, n", cause, "events", role="level"),
                *self._incidences(cause),
                *self._comparison(cause),
            ]
        if self.held.spec.at:
            rows.append(self._head("Free of every event"))
            rows += [
                self._at(f"{self._when(at)}, % ({self.level} CI)", "", "event_free", at)
                for at in self._times()
            ]
        return rows

    def _times(self) -> list[float]:
        return sorted(self.held.spec.at)

    def _when(self, at: float) -> str:
        return f"At {at:g} {self.held.endpoint.unit}"

    def _head(self, label: str) -> TableRow:
        return TableRow((Cell(label), *[NOTHING] * len(self.columns_of)), "group")

    def _plain(self, label: str, cause: str, stat: str, *, role: str = "body") -> TableRow:
        cells = (shown(self.forms.count, self.held.row(group, cause, stat)) for group in self.columns_of)
        return TableRow((Cell(label), *cells), "level" if role == "level" else "body")

    def _incidences(self, cause: str) -> list[TableRow]:
        return [
            self._at(
                f"Cumulative incidence at {at:g} {self.held.endpoint.unit}, % ({self.level} CI)",
                cause,
                "incidence",
                at,
            )
            for at in self._times()
        ]

    def _at(self, label: str, cause: str, stat: str, at: float) -> TableRow:
        cells = []
        for group in self.columns_of:
            rows = [
                self.held.row(group, cause, name, at) for name in (stat, f"{stat}_lower", f"{stat}_upper")
            ]
            cells.append(self._share(group, rows, at))
        return TableRow((Cell(label), *cells), "level")

    def _share(self, group: str, rows: list[Row | None], at: float) -> Cell:
        if rows[0] is None:
            sentence = self.held.shelf.failure(f"{self.held.spec.endpoint} {group} at {at:g}")
            return Cell(DASH, notes=(self.notes.mark(sentence),) if sentence else ())
        numbers_of = [None if row is None else row.value for row in rows]
        if numbers_of[1:] == [None, None] or len(set(numbers_of)) == 1:
            note = self.notes.mark("Nobody, or everybody, had an event by then: there is no interval.")
            return shown(self.forms.percent, rows[0], notes=(note,))
        return shown(self.held.share, *rows)

    def _comparison(self, cause: str) -> list[TableRow]:
        if len(self.held.groups) < 2:
            return []
        rows = [self._gray(cause)]
        for method, label in RATIOS.items():
            pairs = [self._against(group, cause, method) for group in self.columns_of]
            head = Cell(f"{label} ({self.level} CI)", notes=(self.notes.mark(NOTES[method]),))
            rows.append(TableRow((head, *(ratio for ratio, _ in pairs)), "level"))
            rows.append(TableRow((Cell("P value, Wald"), *(wald for _, wald in pairs)), "level"))
        return rows

    def _gray(self, cause: str) -> TableRow:
        cell = shown(
            self.forms.chi_square,
            *(self.held.row("between", cause, f"{stat}.gray") for stat in ("statistic", "df", "p")),
        )
        if not cell.keys:
            sentence = self.held.shelf.failure(f"gray {cause}") or self.held.shelf.failure_of("gray")
            cell = Cell(DASH, notes=(self.notes.mark(sentence),) if sentence else ())
        blank = [NOTHING] * (len(self.columns_of) - 1)
        return TableRow((Cell("Gray's test, two-sided"), *blank, cell), "level")

    def _against(self, group: str, cause: str, method: str) -> tuple[Cell, Cell]:
        """The group's hazard ratio and its P value."""
        if group == "overall":
            return NOTHING, NOTHING
        if group == self.held.reference:
            return Cell("reference"), NOTHING
        found = self.held.ratio(group, cause, method)
        refusals = self.held.refusals(method, cause)
        if found is None:
            dash = Cell(DASH, notes=tuple(self.notes.mark(sentence) for sentence in refusals))
            return dash, dash
        notes = (self.notes.mark(firth_note(refusals[0])),) if found.is_firth else ()
        return found.ratio_cell(self.forms, notes), found.p_cell(self.forms, notes)

    def footnotes(self) -> tuple[Footnote, ...]:
        """What the estimates and the hazard ratios are, and who was left out."""
        summary, cox = self.held.shelf.method("summary"), self.held.shelf.method("cause_specific")
        scale = "" if summary is None else str(summary.parameters.get("survival_ci", ""))
        ties = "" if cox is None else str(cox.parameters.get("ties", ""))
        self.notes.add(
            f"Cumulative incidence: Aalen-Johansen. CI: {self.level} confidence interval"
            f"{f', that of an incidence on the {scale} scale' if scale and scale != 'plain' else ''}. Hazard ratios "
            f"are unadjusted; P values are two-sided.{f' Tied times: {ties.capitalize()}.' if ties else ''}"
        )
        if summary is not None and summary.n_excluded:
            left_out = labels.counted_patients(summary.n_excluded)
            self.notes.add(f"Left out: {left_out} ({summary.why_excluded}).")
        self.notes.add(labels.abbreviations(self.protocol, self.columns_of))
        return self.notes.all()
