"""Adverse events per 100 patient-years and per session of treatment, by arm."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.displays import labels, numbers, safety_words
from calliper.displays.cells import DASH, Notes, Shelf, estimated, shown
from calliper.protocol.specs import Protocol, SafetyAnalysis
from calliper.results import Results

FIRST, SESSION = "first event", "session"


def rates_table(spec: SafetyAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """Rows: events. Columns: of each arm its rate and its sessions, then ratios and differences of rates.

    None where neither patient-years nor sessions were asked for.
    """
    if not spec.patient_years and spec.sessions is None:
        return None
    writer = _Writer(spec, protocol, results)
    endpoint = safety_words.toxicity(protocol, spec)
    return Table(
        id=f"table-{spec.id}-rates",
        number="",
        caption=safety_words.caption(protocol, spec, writer.what()),
        columns=(Column("Adverse event", "left"), *writer.columns()),
        rows=tuple(
            TableRow((Cell(safety_words.event(endpoint, term)), *writer.cells(term))) for term in writer.terms
        ),
        footnotes=writer.footnotes().all(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, spec: SafetyAnalysis, protocol: Protocol, results: Results) -> None:
        self.spec, self.protocol, self.forms = spec, protocol, numbers.forms(protocol)
        self.notes = Notes(self.forms)
        self.shelf = Shelf(results, spec.id, "included")
        self.groups = labels.ordered(protocol, self.shelf.groups())
        self.contrasts = self.shelf.contrasts() if spec.patient_years else []
        held = (row.variable for row in results.of(spec.id) if row.level in (FIRST, SESSION))
        self.terms = list(dict.fromkeys(held))

    def what(self) -> str:
        """What is counted, for the caption."""
        parts = ["rates"] * self.spec.patient_years + ["by session"] * (self.spec.sessions is not None)
        return labels.listed(parts)

    def columns(self) -> Iterator[Column]:
        """Of each arm, then of each contrast."""
        level = labels.confidence(self.protocol)
        for group in self.groups:
            arm = labels.heading(self.protocol, group)
            if self.spec.patient_years:
                yield Column("Patients/years", "right", arm)
                yield Column(f"Rate ({level} CI)", "right", arm)
            if self.spec.sessions is not None:
                yield Column("Sessions, n/m (%)", "right", arm)
        for pair in self.contrasts:
            over = labels.contrast(self.protocol, *pair)
            yield Column(f"Ratio ({level} CI)", "right", over)
            yield Column(f"Difference ({level} CI)", "right", over)

    def cells(self, term: str) -> Iterator[Cell]:
        """The cells of one event, in the order of the columns."""
        for group in self.groups:
            if self.spec.patient_years:
                yield self._years(group, term)
                yield self._rate(group, term)
            if self.spec.sessions is not None:
                n, count, part = (
                    self.shelf.row(group, term, SESSION, stat) for stat in ("n", "count", "proportion")
                )
                yield shown(self.forms.fraction_percent, count, n, part)
        for group, reference in self.contrasts:
            yield self._estimate(f"{group} vs {reference}", term, "rate_ratio", self.forms.ratio)
            yield self._estimate(f"{group} vs {reference}", term, "rate_difference", self.forms.duration)

    def _years(self, group: str, term: str) -> Cell:
        """Patients with the event over the years at risk."""
        events, years, unknown = (
            self.shelf.row(group, term, FIRST, stat) for stat in ("events", "person_time", "unknown")
        )
        why = "Leaves out patients of whom the event or the time at risk is not known."
        mark = (self.notes.mark(why),) if unknown is not None and unknown.value else ()
        return shown(
            lambda x, t: f"{self.forms.count(x)}/{self.forms.person_years(t)}", events, years, notes=mark
        )

    def _rate(self, group: str, term: str) -> Cell:
        rate, lower, upper = (
            self.shelf.row(group, term, FIRST, stat)
            for stat in ("rate", "lower.exact_poisson", "upper.exact_poisson")
        )
        failure = self.shelf.failure(f"{term} {FIRST} {group}")
        if rate is None and failure:
            return Cell(DASH, notes=(self.notes.mark(failure),))
        return estimated(self.forms, rate, lower, upper, self.forms.duration)

    def _estimate(self, contrast: str, term: str, stat: str, form: numbers.Form) -> Cell:
        value, lower, upper = (
            self.shelf.row(contrast, term, FIRST, f"{part}{stat}") for part in ("", "lower.", "upper.")
        )
        failure = self.shelf.failure(f"{term} {FIRST} {contrast}")
        if value is None and failure:
            return Cell(DASH, notes=(self.notes.mark(failure),))
        return estimated(self.forms, value, lower, upper, form)

    def footnotes(self) -> Notes:
        """What a rate is, and why sessions have no interval."""
        level = labels.confidence(self.protocol)
        if self.spec.patient_years:
            compared = (
                f" Ratios: exact conditional, differences: Wald {level} confidence intervals."
                if self.contrasts
                else ""
            )
            self.notes.add(
                "Patients with the event over the patient-years at risk up to it or to the end of the window. Rates "
                f"and their differences: per 100 patient-years; exact Poisson {level} confidence intervals.{compared} "
                "No test was made."
            )
        if self.spec.sessions is not None:
            self.notes.add(
                "Sessions with the event, of all sessions. Sessions of one patient are not independent, so that there "
                "is no interval."
            )
        self.notes.add(labels.abbreviations(self.protocol, self.groups))
        return self.notes
