"""The tables of who is in and what was wrong with the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import numbers
from calliper.displays.cells import Shelf, shown
from calliper.protocol.specs import Protocol
from calliper.records.tables import Problem
from calliper.results import Results

PROBLEM_LINES = "table-problem-lines"
MOST_LINES = 50


def eligibility_table(protocol: Protocol, results: Results) -> Table | None:
    """Each criterion: how many of the screened pass, fail or cannot be told, and how many leave by it."""
    forms = numbers.forms(protocol)
    if not protocol.eligibility:
        return None
    flow = Shelf(results, "flow", "screened")
    rows = []
    for criterion in protocol.eligibility:
        found = [
            flow.row("overall", criterion.id, "", stat)
            for stat in ("pass", "fail", "unknown", "left", "pending")
        ]
        cells = [shown(forms.count, row) for row in found]
        kind = Cell(criterion.kind.capitalize())
        rows.append(TableRow((Cell(f"{criterion.id}. {criterion.text}"), kind, *cells)))
    columns = (
        Column("Criterion", "left"),
        Column("Kind", "left"),
        *map(Column, ("Pass", "Fail", "Unknown", "Excluded", "Pending")),
    )
    note = Footnote(
        "",
        "Pass, fail and unknown count every screened patient. Excluded: patients whose first criterion not met it is. "
        "Pending: patients excluded by none, whose first unknown criterion it is.",
    )
    return Table("table-eligibility", "", "Eligibility by criterion", columns, tuple(rows), (note,))


def problem_counts(protocol: Protocol, problems: Sequence[Problem]) -> Table:
    """Errors and queries by centre."""
    forms = numbers.forms(protocol)
    counts = Counter((problem.centre, problem.severity) for problem in problems)
    names = [*protocol.centres, *sorted({problem.centre for problem in problems} - set(protocol.centres))]
    rows = [
        TableRow(
            (
                Cell(_centre(protocol, name)),
                Cell(forms.count(counts[name, "error"])),
                Cell(forms.count(counts[name, "query"])),
            )
        )
        for name in names
    ]
    columns = (Column("Centre", "left"), Column("Errors"), Column("Queries"))
    imputed = sum(problem.rule == "imputed_date" for problem in problems)
    altered = (
        f"Partial dates completed by rule: {forms.count(imputed)}. No other value was altered."
        if imputed
        else "No value was altered."
    )
    note = Footnote("", f"An error cannot be used as it stands; a query is used as it stands. {altered}")
    return Table("table-problems", "", "Problems found in the records", columns, tuple(rows), (note,))


def problem_lines(problems: Sequence[Problem]) -> Table:
    """The first problems, one line each."""
    rows = [
        TableRow(
            (
                Cell(problem.severity.capitalize()),
                Cell(_place(problem)),
                Cell(problem.message),
                Cell(problem.action),
            )
        )
        for problem in problems[:MOST_LINES]
    ]
    heads = ("Kind", "Where", "What was found", "What to do")
    left = len(problems) - len(rows)
    more = (
        (Footnote("", f"The first {len(rows)} of {len(problems)}; the data files of the report list all."),)
        if left
        else ()
    )
    columns = tuple(Column(head, "left") for head in heads)
    return Table(PROBLEM_LINES, "", "Problems, line by line", columns, tuple(rows), more)


def version_table(versions: Mapping[str, str]) -> Table:
    """What made this report."""
    rows = tuple(TableRow((Cell(name), Cell(version))) for name, version in versions.items())
    columns = (Column("Item", "left"), Column("Version or fingerprint", "left"))
    return Table("table-versions", "", "What made this report", columns, rows)


def _centre(protocol: Protocol, name: str) -> str:
    return protocol.centres[name].label if name in protocol.centres else name or "Not stated"


def _place(problem: Problem) -> str:
    parts = [problem.file]
    if problem.sheet:
        parts.append(f"sheet {problem.sheet}")
    if problem.row is not None:
        parts.append(f"row {problem.row}")
    if problem.column:
        parts.append(f"column {problem.column}")
    return ", ".join(part for part in parts if part) or "Study"
