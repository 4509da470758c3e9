"""The findings of a paper as a document, as data, and as lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace

from calliper.audit.paper.findings import ACCUSING, VERDICTS, Finding
from calliper.audit.paper.redrawn import MARK, redrawn
from calliper.audit.paper.specs import Paper
from calliper.blocks import Block, Cell, Column, Document, Footnote, Section, Table, TableRow, Text

MEANINGS = {
    "match": "some value that prints so follows from the other printed numbers",
    "rounding": "it would follow with digits cut off, or one unit off in the last printed digit",
    "inconsistent": "no value that prints so follows from the other printed numbers",
    "impossible": "no records can give it, whatever the method",
    "not checkable": "the printed numbers do not determine it",
}
READING = (
    "Each printed number stands for all the values that round to it, and a verdict is against it only where none of "
    "them would do. A verdict is about printed numbers: it does not say which of them is at fault, nor why."
)
LONGEST = 40
"""Findings printed on a terminal before the rest are counted."""


def document(paper: Paper, findings: Sequence[Finding]) -> Document:
    """The report: a page that sums up, every number by its place in the paper, and questions for the authors."""
    against = [each for each in findings if each.verdict in ACCUSING]
    facts = (
        ("Paper", paper.citation),
        ("Groups", "; ".join(f"{group.label}, n = {group.n}" for group in paper.groups.values())),
        ("Claims", str(len(paper.claims))),
        ("Numbers checked", str(len(findings))),
    )
    sections = [Section("summary", "Summary", _summary(findings))]
    if against:
        sections.append(Section("questions", "Questions for the authors", _questions(against)))
    number = 1
    for at, (place, of) in enumerate(_by_place(findings).items(), start=1):
        tables = [*redrawn(paper, place, of), _table(place, of)]
        named = [
            replace(table, id=f"table-{number + 1 + part}", number=f"Table {number + 1 + part}")
            for part, table in enumerate(tables)
        ]
        number += len(tables)
        sections.append(Section(f"place-{at}", place, tuple(named)))
    return Document("Audit of printed numbers", "", facts, tuple(sections))


def summary(findings: Sequence[Finding]) -> str:
    """How many checks there were, and how many had each verdict."""
    count = Counter(each.verdict for each in findings)
    said = ", ".join(f"{count[verdict]} {verdict}" for verdict in VERDICTS)
    return f"{len(findings)} checks: {said}."


def text(findings: Sequence[Finding]) -> str:
    """What is not a match, a line or two each, and the summary."""
    lines = []
    shown = [each for each in findings if each.verdict not in ("match", "not checkable")]
    for each in shown[:LONGEST]:
        lines.append(
            f"{each.verdict}: {each.place}, {each.what}: {each.check}: printed {each.printed}{_but(each)}"
        )
        lines += [f"    {words}" for words in (each.how, each.explanation) if words]
    if len(shown) > LONGEST:
        lines.append(f"and {len(shown) - LONGEST} more; --out writes all of them")
    return "\n".join([*lines, *([""] if lines else []), summary(findings)]) + "\n"


def as_data(paper: Paper, findings: Sequence[Finding]) -> dict[str, object]:
    """The findings for a script."""
    count = Counter(each.verdict for each in findings)
    return {
        "citation": paper.citation,
        "verdicts": {verdict: count[verdict] for verdict in VERDICTS},
        "findings": [asdict(each) for each in findings],
    }


def _but(each: Finding) -> str:
    return f", found {each.found}" if each.found else ""


def _by_place(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    held: dict[str, list[Finding]] = {}
    for each in findings:
        held.setdefault(each.place, []).append(each)
    return held


def _summary(findings: Sequence[Finding]) -> tuple[Block, ...]:
    places = _by_place(findings)
    columns = (
        Column("Place", "left"),
        Column("Checks"),
        *(Column(verdict.capitalize()) for verdict in VERDICTS),
    )

    def row(name: str, of: Sequence[Finding]) -> tuple[Cell, ...]:
        count = Counter(each.verdict for each in of)
        return (Cell(name), Cell(str(len(of))), *(Cell(str(count[verdict])) for verdict in VERDICTS))

    rows = [TableRow(row(place, of)) for place, of in places.items()]
    rows.append(TableRow(row("All", findings), "total"))
    notes = tuple(Footnote("", f"{verdict}: {meaning}.") for verdict, meaning in MEANINGS.items())
    table = Table("verdicts", "Table 1", "Verdicts by place in the paper", columns, tuple(rows), notes)
    return Text(summary(findings)), Text(READING, "note"), table


def _questions(against: Sequence[Finding]) -> tuple[Block, ...]:
    """One question a finding, in words that accuse nobody."""
    lead = (
        "The following printed numbers do not follow from the others. Each may be a slip of the pen, of the layout or "
        "of the software; we would be grateful for the numbers as they should stand."
    )
    return (Text(lead), *(Text(_question(each), "item") for each in against))


def _question(each: Finding) -> str:
    found = f" From the other printed numbers we find {each.found}." if each.found else ""
    return (
        f"{each.place}, {each.what} ({each.check}): {each.printed} is printed.{found} {each.how} "
        f"{each.explanation}".strip()
        + " Could you confirm the number?"
    )


def _table(place: str, findings: Sequence[Finding]) -> Table:
    columns = (
        Column("Number", "left"), Column("Printed"), Column("Found"), Column("Verdict", "left"), Column("How", "left"),
    )  # fmt: skip
    rows: list[TableRow] = []
    about = ""
    for each in findings:
        if each.what != about:
            rows.append(TableRow((Cell(each.what), *(Cell("") for _ in columns[1:])), "group"))
            about = each.what
        mark = f"{MARK} {each.verdict}" if each.verdict in ACCUSING else each.verdict
        how = f"{each.how} {each.explanation}".strip()
        cells = (Cell(each.check), Cell(each.printed), Cell(each.found), Cell(mark), Cell(how))
        rows.append(TableRow(cells, "level"))
    return Table("", "", f"{place}, number by number", columns, tuple(rows))
