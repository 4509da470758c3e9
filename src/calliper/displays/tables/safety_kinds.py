"""Adverse events at a glance, as papers print them; and of each term how many were serious, related and so on."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.displays import labels, numbers, safety_words
from calliper.displays.cells import NOTHING, Notes, Shelf, fraction, limits, p_cell, shown
from calliper.protocol.specs import Protocol, SafetyAnalysis
from calliper.results import Results

ANY = "any"


def overview_table(spec: SafetyAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """Rows: any event, grade 3 or worse, each of `kinds`, and events. Columns: arms, P. None without `kinds`."""
    forms = numbers.forms(protocol)
    if not spec.kinds:
        return None
    shelf, notes = Shelf(results, spec.id, "included"), Notes(forms)
    groups = labels.ordered(protocol, shelf.groups())
    is_tested = spec.test and len(groups) > 1
    rows = {"any grade": "Any adverse event", **({"grade >=3": "Grade ≥3"} if spec.grades else {})}
    rows |= {kind: safety_words.KINDS[kind] for kind in spec.kinds}
    interval = f"{labels.confidence(protocol)} CI, %"
    columns = [Column("Patients with", "left")]
    for group in groups:
        columns += [Column(head, "right", labels.heading(protocol, group)) for head in ("n/N (%)", interval)]
    body = [
        TableRow((Cell(words), *_arms(shelf, groups, level, notes), *_p(shelf, level, notes, is_tested)))
        for level, words in rows.items()
    ]
    events = [
        cell
        for group in groups
        for cell in (shown(forms.count, shelf.row(group, ANY, "any grade", "events")), NOTHING)
    ]
    body.append(TableRow((Cell("Events, n"), *events, *([NOTHING] if is_tested else [])), "total"))
    notes.add(
        "Each patient counts once in each line. N: patients of whom it is known, the denominator of the percentages."
    )
    notes.add(safety_words.counted_once(protocol))
    notes.add(labels.abbreviations(protocol, groups))
    return Table(
        id=f"table-{spec.id}-overview",
        number="",
        caption=safety_words.caption(protocol, spec, "overview"),
        columns=(*columns, *([Column("P value", "right")] if is_tested else [])),
        rows=tuple(body),
        footnotes=notes.all(),
    )


def _arms(shelf: Shelf, groups: list[str], level: str, notes: Notes) -> Iterator[Cell]:
    """Of each arm the share of patients and its interval."""
    # the patients of whom a term and its grades are known are one number
    own = "" if level.endswith(("grade", ">=3")) else level
    for group in groups:
        unknown = shelf.row(group, ANY, own, "unknown")
        has_unknown = unknown is not None and unknown.value
        mark = (notes.mark("N leaves out patients of whom it is not known."),) if has_unknown else ()
        yield shown(
            notes.forms.fraction_percent,
            shelf.row(group, ANY, level, "count"),
            shelf.row(group, ANY, own, "n"),
            shelf.row(group, ANY, level, "proportion"),
            notes=mark,
        )
        lower, upper = (shelf.row(group, ANY, level, f"{end}.clopper_pearson") for end in ("lower", "upper"))
        yield limits(notes.forms, lower, upper, notes.forms.percent)


def _p(shelf: Shelf, level: str, notes: Notes, is_tested: bool) -> tuple[Cell, ...]:
    if not is_tested:
        return ()
    row, failure = shelf.row("between", ANY, level, "p"), shelf.failure(f"{ANY} {level}")
    return (p_cell(row, notes, test=labels.TEST_WORDS["fisher"], failure=failure),)


def kinds_table(spec: SafetyAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """Rows: terms, and arms within them. Columns: patients, events, and each of `kinds`. None without `kinds`.

    A term none of whose events is of any of the kinds has no line; None also where there is no other.
    """
    forms = numbers.forms(protocol)
    if not spec.kinds:
        return None
    endpoint, shelf, notes = (
        safety_words.toxicity(protocol, spec),
        Shelf(results, spec.id, "included"),
        Notes(forms),
    )
    groups = labels.ordered(protocol, shelf.groups())
    held = [row for row in results.of(spec.id) if row.level in spec.kinds and row.variable != ANY]
    every = dict.fromkeys(row.variable for row in held)
    happened = {row.variable for row in held if row.stat == "count" and row.value}
    terms = [name for name in every if name in happened]
    if not terms:
        return None
    heads = ["N", "n (%)", "Events", *(safety_words.KINDS[kind] for kind in spec.kinds)]
    spanners = ["", "Any", "Any", *("Patients, n (%)" for _ in spec.kinds)]
    body: list[TableRow] = []
    for term in terms:
        label = Cell(safety_words.event(endpoint, term))
        if len(groups) == 1:
            body.append(TableRow((label, *_cells(shelf, groups[0], term, spec, notes))))
            continue
        body.append(TableRow((label, *[NOTHING] * len(heads)), "group"))
        body += [
            TableRow((Cell(labels.arm(protocol, group)), *_cells(shelf, group, term, spec, notes)), "level")
            for group in groups
        ]
    if len(groups) == 1:
        notes.add(f"Patients of one arm: {labels.arm(protocol, groups[0])}.")
    notes.add(
        "Each patient counts once in each column. N: patients of whom it is known whether the event occurred; where "
        "fewer are known, their number follows the count. No test was made."
    )
    if len(terms) < len(every):
        notes.add("Adverse events that were nothing of this in any patient are left out.")
    return Table(
        id=f"table-{spec.id}-kinds",
        number="",
        caption=safety_words.caption(protocol, spec, "what the events were, and what followed"),
        columns=(
            Column("Adverse event", "left"),
            *(Column(head, "right", over) for head, over in zip(heads, spanners, strict=True)),
        ),
        rows=tuple(body),
        footnotes=notes.all(),
    )


def _cells(shelf: Shelf, group: str, term: str, spec: SafetyAnalysis, notes: Notes) -> Iterator[Cell]:
    total = shelf.row(group, term, "", "n")
    unknown = shelf.row(group, term, "", "unknown")
    has_unknown = unknown is not None and unknown.value
    why = "N leaves out patients whose occurrence of the event is not known."
    yield shown(notes.forms.count, total, notes=(notes.mark(why),) if has_unknown else ())
    count, part = (shelf.row(group, term, "any grade", stat) for stat in ("count", "proportion"))
    yield fraction(notes.forms, count, total, part, header=total)
    yield shown(notes.forms.count, shelf.row(group, term, "any grade", "events"))
    for kind in spec.kinds:
        n, count, part = (shelf.row(group, term, kind, stat) for stat in ("n", "count", "proportion"))
        yield fraction(notes.forms, count, n, part, header=total)
