"""The table of subgroups: events and patients by arm, hazard ratios, and a P value of interaction a factor."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import DASH, NOTHING, Notes, p_cell, shown
from calliper.displays.subgroups import EXPLORATORY, Subgroups, firth_note, read_subgroups
from calliper.protocol.specs import Protocol, SubgroupsAnalysis
from calliper.results import Results


def subgroups_table(spec: SubgroupsAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: all patients, then each factor and its levels. Columns: events/n of each arm, hazard ratios, P."""
    forms = numbers.forms(protocol)
    held, notes = read_subgroups(spec, protocol, results), Notes(forms)
    rows = [TableRow(_line(held, notes, "All patients", "", ""))]
    for factor in spec.factors:
        p = p_cell(held.p(factor), notes, failure=held.shelf.failure(factor))
        blank = [NOTHING] * (len(held.arms) + len(held.compared))
        rows.append(TableRow((Cell(held.label(factor)), *blank, p), "group"))
        rows += [TableRow(_line(held, notes, level, factor, level), "level") for level in held.levels(factor)]
    _general(held, notes)
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title or f"{held.endpoint.label} in subgroups",
        columns=_columns(held),
        rows=tuple(rows),
        footnotes=notes.all(),
    )


def _columns(held: Subgroups) -> tuple[Column, ...]:
    counts, ratio = f"{_capital(held.endpoint.event_label)}/n", f"HR ({labels.confidence(held.protocol)} CI)"
    arms = [Column(labels.heading(held.protocol, arm), "right", counts) for arm in held.arms]
    if len(held.compared) == 1:
        ratios = [Column(ratio)]
    else:
        ratios = [Column(held.contrast(arm), "right", ratio) for arm in held.compared]
    return (Column("Subgroup", "left"), *arms, *ratios, Column("P, interaction"))


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _line(held: Subgroups, notes: Notes, label: str, factor: str, level: str) -> tuple[Cell, ...]:
    counts = [
        shown(
            lambda events, n: f"{notes.forms.count(events)}/{notes.forms.count(n)}",
            *held.counts(arm, factor, level),
        )
        for arm in held.arms
    ]
    return (
        Cell(label),
        *counts,
        *(_ratio(held, notes, arm, factor, level) for arm in held.compared),
        NOTHING,
    )


def _ratio(held: Subgroups, notes: Notes, arm: str, factor: str, level: str) -> Cell:
    found, refusals = held.ratio(arm, factor, level), held.refusals(factor, level)
    if found is None:
        said = refusals or ["nobody is in the subgroup"]
        return Cell(DASH, notes=tuple(notes.mark(sentence) for sentence in said))
    marks = (notes.mark(firth_note(refusals)),) if found.is_firth else ()
    return Cell(found.text(notes.forms), tuple(row.key for row in found.rows), marks)


def _general(held: Subgroups, notes: Notes) -> None:
    """What the columns are, who is left out, and what subgroups cannot show."""
    reference, level = (
        labels.arm(held.protocol, held.protocol.arms.reference),
        labels.confidence(held.protocol),
    )
    method = held.shelf.method("cox")
    ties = "" if method is None else f" Ties: {str(method.parameters['ties']).capitalize()}."
    notes.add(
        f"HR: hazard ratio compared with {reference}, from a Cox model of the subgroup with the arm as its only "
        f"covariate; unadjusted.{ties} CI: {level} confidence interval (Wald). P, interaction: two-sided likelihood "
        "ratio test of the interaction of arm and factor."
    )
    notes.add(EXPLORATORY)
    summary = held.shelf.method("summary")
    if summary is not None and summary.n_excluded:
        notes.add(f"Left out: {labels.counted_patients(summary.n_excluded)} ({summary.why_excluded}).")
    for factor in held.spec.factors:
        missing = held.shelf.row("overall", factor, "", "missing")
        if missing is not None and missing.value:
            patients = "patient" if missing.value == 1 else "patients"
            count = f"{notes.forms.count(missing.value)} {patients}"
            words = f"{held.label(factor)}: not recorded in {count}, left out of it."
            notes.add(words, missing)
    notes.add(labels.abbreviations(held.protocol, list(held.arms)))
