"""How many P values a report prints, and those of the declared tests with their adjustment."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.blocks import Cell, Column, Figure, Footnote, Section, Table, TableRow
from calliper.displays import numbers
from calliper.displays.cells import NOTHING, Notes, Shelf, p_cell
from calliper.displays.narrative.hypotheses import hypothesis
from calliper.protocol.multiplicity_specs import parts
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol, ResponseAnalysis
from calliper.results import MULTIPLICITY, Results, Row


def shown_keys(sections: Sequence[Section]) -> frozenset[str]:
    """The keys of all results that the tables and figures of these sections print."""
    blocks = (block for section in sections for block in section.blocks if isinstance(block, Table | Figure))
    return frozenset(key for block in blocks for key in block.keys)


def printed_p_values(results: Results, sections: Sequence[Section]) -> int:
    """How many distinct P values the tables and figures of these sections print."""
    rows = (results.get(key) for key in shown_keys(sections))
    return sum(1 for row in rows if row is not None and row.stat.split(".")[0] == "p")


def counts_table(protocol: Protocol, results: Results, sections: Sequence[Section]) -> Table | None:
    """P values by section, each counted where it is printed first, and how many would lie below alpha by chance.

    None where the sections print no P value.
    """
    rows, before = [], 0
    for end, section in enumerate(sections, start=1):
        until = printed_p_values(results, sections[:end])
        if until > before:
            rows.append(_counted(section.title, until - before, protocol))
        before = until
    if not rows:
        return None
    rows.append(TableRow(_counted("All", before, protocol).cells, "total"))
    columns = (
        Column("Section", "left"),
        Column("P values"),
        Column(f"Expected below {protocol.alpha:g} if nothing differed"),
    )
    note = Footnote(
        "",
        "Each P value counts once, where a table or figure prints it first; adjusted P values are not counted again. "
        f"Expected: the number times {protocol.alpha:g}, at most, whether or not the tests depend on each other.",
    )
    return Table("table-p-counts", "", "P values in this report", columns, tuple(rows), (note,))


def _counted(name: str, count: int, protocol: Protocol) -> TableRow:
    forms = numbers.forms(protocol)
    expected = forms.fixed(count * protocol.alpha, 2)
    return TableRow((Cell(name), Cell(forms.count(count)), Cell(expected)))


def tests_table(protocol: Protocol, results: Results) -> Table | None:
    """The declared tests in their order, P values as printed elsewhere and adjusted; None where none is declared."""
    forms = numbers.forms(protocol)
    held = protocol.multiplicity
    if held is None:
        return None
    notes = Notes(forms)
    lost = "The test could not be made"
    rows = [
        TableRow(
            (
                Cell(_capital(hypothesis(protocol, held.primary))),
                Cell("Primary"),
                p_cell(p_of(protocol, results, held.primary), notes, failure=lost),
                NOTHING,
            )
        )
    ]
    for name in held.secondary:
        cells = (
            p_cell(p_of(protocol, results, name), notes, failure=lost),
            p_cell(adjusted(protocol, results, name), notes),
        )
        rows.append(TableRow((Cell(_capital(hypothesis(protocol, name))), Cell("Secondary"), *cells)))
    method = {"holm": "Holm", "hochberg": "Hochberg"}[held.method]
    columns = (Column("Test", "left"), Column("Rank", "left"), Column("P"), Column(f"Adjusted P ({method})"))
    caption = "The declared tests, and their P values adjusted for the number of secondary tests"
    return Table("table-declared-tests", "", caption, columns, tuple(rows), notes.all())


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def p_of(protocol: Protocol, results: Results, name: str) -> Row | None:
    """The P value of a declared test, of all arms together."""
    analysis, landmark, rate = parts(name)
    spec = next(held for held in protocol.analyses if held.id == analysis)
    if isinstance(spec, ResponseAnalysis):
        return Shelf(results, analysis, "evaluable").row("between", landmark, rate, "p")
    endpoint, shelf = getattr(spec, "endpoint", ""), Shelf(results, analysis, "included")
    if isinstance(spec, CompetingRisksAnalysis):
        return shelf.row("between", endpoint, "event", "p.gray")
    return shelf.row("between", endpoint, "", "p.logrank")


def adjusted(protocol: Protocol, results: Results, name: str) -> Row | None:
    """The adjusted P value of a secondary test."""
    held = protocol.multiplicity
    if held is None:
        return None
    analysis, landmark, rate = parts(name)
    shelf = Shelf(results, MULTIPLICITY, "included")
    return shelf.row("secondary", analysis, f"{landmark} {rate}".strip(), f"p.{held.method}")
