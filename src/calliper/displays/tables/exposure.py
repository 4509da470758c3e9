"""The table of exposure to a drug by arm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import DASH, NOTHING, Notes, Shelf, estimated, fraction, shown
from calliper.protocol.specs import Exposure, ExposureAnalysis, Protocol
from calliper.results import Results

MEASURES = {
    "duration_days": "Duration, days",
    "on_drug_days": "Days with a dose",
    "cumulative_mg": "Cumulative dose, mg",
    "mean_daily_mg": "Mean daily dose, mg",
    "mean_daily_mg_without_pauses": "Mean daily dose without pauses, mg",
    "rdi_percent": "Relative dose intensity, %",
}

WHOLE = {"cumulative_mg"}
"""Printed without decimals."""

CellOf = Callable[[str], Cell]
"""The cell of a group."""


def exposure_table(spec: ExposureAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: patients, each measure, changes of the dose, what ended it, the delay, the first reduction. Columns: arms.

    Raises TypeError when the endpoint is none of exposure.
    """
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Exposure):
        raise TypeError(f"{spec.endpoint} is not an exposure endpoint")
    writer = _Writer(spec, protocol, results)
    heads = (Column(labels.heading(protocol, group)) for group in writer.groups)
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title or f"Exposure to {labels.in_sentence(endpoint.label)}",
        columns=(Column("", "left"), *heads),
        rows=tuple(writer.rows()),
        footnotes=writer.notes(endpoint).all(),
    )


class _Writer:
    """Holds what every row of one table needs."""

    def __init__(self, spec: ExposureAnalysis, protocol: Protocol, results: Results) -> None:
        self.spec, self.protocol = spec, protocol
        self.forms = numbers.forms(protocol)
        self.included, self.started = (Shelf(results, spec.id, name) for name in ("included", "started"))
        self.arms = labels.ordered(protocol, self.included.groups())
        self.groups = [*self.arms, "overall"] if len(self.arms) > 1 else self.arms
        self.endings = list(
            dict.fromkeys(row.level for row in results.of(spec.id) if row.variable == "ending")
        )

    def rows(self) -> Iterator[TableRow]:
        """Every row of the table."""
        yield self._row(
            "Patients", lambda group: shown(self.forms.count, self.included.row(group, "", "", "n"))
        )
        yield self._row("Started, n (%)", self._share("started", shelf=self.included))
        for name, words in MEASURES.items():
            whole = name in WHOLE
            mean = partial(self.forms.mean_sd, decimals=0) if whole else self.forms.mean_sd
            yield TableRow((Cell(words), *(NOTHING for _ in self.groups)), "group")
            yield self._row("Mean (SD)", self._shown(mean, name, "mean", "sd"), is_level=True)
            yield self._row("Median (range)", self._median(name), is_level=True)
        yield self._row("Dose reduced, n (%)", self._share("reduced"))
        yield from self._first_reduction()
        yield self._row("Interrupted, n (%)", self._share("interrupted"))
        yield self._row(
            "Longest, days, median (range)", self._median("longest_interruption_days"), is_level=True
        )
        yield self._row("Still on the drug when last known, n (%)", self._share("ongoing"))
        yield from self._endings(is_ongoing=True)
        yield self._row("Ended, n (%)", self._share("stopped"))
        yield from self._endings(is_ongoing=False)
        yield self._row("Days to the first dose, median (range)", self._median("delay"))
        if self.spec.delay_days is not None:
            low, high = self.spec.delay_days
            due = f"On day {low} to {high}, n/N (%)" if low < high else f"On day {low}, n/N (%)"
            yield self._row(due, self._in_time, is_level=True)

    def _row(self, words: str, cell: CellOf, *, is_level: bool = False) -> TableRow:
        cells = (Cell(words), *(cell(group) for group in self.groups))
        return TableRow(cells, "level" if is_level else "body")

    def _shown(self, form: Callable[..., str], name: str, *stats: str) -> CellOf:
        return lambda group: shown(form, *(self.started.row(group, name, "", stat) for stat in stats))

    def _median(self, name: str) -> CellOf:
        form = self._to_the_mg if name in WHOLE else self.forms.whole_or_tenth
        return self._shown(partial(self.forms.median_range, form=form), name, "median", "min", "max")

    def _share(self, name: str, level: str = "", *, shelf: Shelf | None = None) -> CellOf:
        held = shelf or self.started

        def cell(group: str) -> Cell:
            count, part = (held.row(group, name, level, stat) for stat in ("count", "proportion"))
            total = held.row(group, "", "", "n")
            return Cell(DASH) if part is None else fraction(self.forms, count, total, part, header=total)

        return cell

    def _endings(self, *, is_ongoing: bool) -> Iterator[TableRow]:
        """What it was that ended the drug, or until when it is known to have been taken."""
        for ending in self.endings:
            if ending.startswith("ongoing") == is_ongoing:
                words = "Stopped, no reason recorded" if ending == "stopped" else ending
                yield self._row(words[:1].upper() + words[1:], self._share("ending", ending), is_level=True)

    def _in_time(self, group: str) -> Cell:
        held = self.started
        count, part = (held.row(group, "delay", "in time", stat) for stat in ("count", "proportion"))
        return shown(self.forms.fraction_percent, count, held.row(group, "delay", "", "n"), part)

    def _first_reduction(self) -> Iterator[TableRow]:
        """The median time to it, and the share by each of `at`; nothing where nobody's dose was reduced."""
        place = ("first_reduction", "")
        rows = [self.started.row(group, *place, "events") for group in self.groups]
        if not any(row is not None and row.value for row in rows):
            return
        ci = labels.confidence(self.protocol)

        def median(group: str) -> Cell:
            value, low, high = (
                self.started.row(group, *place, stat) for stat in ("median", "median_lower", "median_upper")
            )
            return estimated(self.forms, value, low, high, self.forms.whole_or_tenth)

        yield self._row(f"Days to the first reduction, median ({ci} CI)", median, is_level=True)
        for t in self.spec.at:
            words = f"Reduced by {t:g} days, % ({ci} CI)"
            yield self._row(words, lambda group, t=t: self._by(group, t), is_level=True)  # type: ignore[misc]

    def _by(self, group: str, t: float) -> Cell:
        value, low, high = (
            self.started.row(group, "first_reduction", "", stat, t)
            for stat in ("share", "share_lower", "share_upper")
        )
        if value is None:
            return Cell(DASH)
        # where all have had one there are no limits
        limits = [row.value for row in (low, high) if row is not None and row.value is not None]
        # while nobody has, Greenwood's standard error is 0: limits of 0 and 0 would claim a certainty there is not
        is_limited = len(limits) == 2 and limits != [value.value] * 2
        return estimated(
            self.forms, value, low if is_limited else None, high if is_limited else None, self.forms.percent
        )

    def notes(self, endpoint: Exposure) -> Notes:
        """What the percentages are of, what each measure is, who is left out."""
        notes = Notes(self.forms)
        notes.add(
            "What stands below the second line is of the patients who started. Relative dose intensity: taken, of "
            f"{endpoint.planned_mg_per_day:g} mg on every day from the first to the last dose. SD: standard "
            "deviation."
        )
        notes.add(
            "Descriptive: no arms are compared, and no measure here is a baseline factor of survival, as who lives "
            "longer can take a drug for longer."
        )
        if any(row.text.endswith("CI)") for line in self.rows() for row in line.cells[:1]):
            notes.add(
                "Days from the first dose, by Kaplan-Meier; a patient without a reduction is censored on the last day "
                "with a dose. CI: confidence interval; a share of 0 or 100% has none. "
                f"{numbers.NOT_REACHED}: not reached."
            )
        if any(cell.text == DASH for line in self.rows() for cell in line.cells[1:]):
            notes.add(f"{DASH}: no patient of whom it could be told.")
        method = self.started.method("summary")
        if method is not None and method.why_excluded:
            notes.add(f"Not among those who started: {method.why_excluded}.")
        for warning in method.warnings if method is not None else ():
            notes.add(labels.ended(warning))
        notes.add(labels.abbreviations(self.protocol, self.arms))
        return notes

    def _to_the_mg(self, value: float | None) -> str:
        return self.forms.fixed(value, 0)
