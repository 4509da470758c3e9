"""The comparison as blocks for the report, and as a few lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from ..blocks import Block, Cell, Column, Footnote, Section, Table, TableRow, Text
from ..displays import numbers
from .claims import Claim, Published
from .compare import VERDICTS, Comparison, compared_decimals
from .printed import exact

INVENTED = (
    "The records of this run are invented and were built to resemble the published tables. Agreement shows "
    "that the same arithmetic was done; it says nothing about the patients of the paper."
)
MEANINGS = (
    "match: equal after rounding half away from zero to the printed decimals. rounding: equal when the "
    "digits are cut off instead, or at most one unit apart in the last printed digit. Counts match exactly "
    "or differ. This run is shown with one decimal more than the print."
)
LONGEST_SHORT_TABLE = 24


def page(comparisons: Sequence[Comparison], published: Published, *, invented: bool) -> Section:
    """The report's section on the published numbers: how many agree, place by place, then every number."""
    blocks: list[Block] = [
        Text(f"Published numbers: {published.citation}"),
        Text(" ".join(summary_lines(comparisons))),
    ]
    if invented:
        blocks.append(Text(INVENTED, role="warning"))
    blocks.append(_counts(comparisons))
    blocks.append(_every_number(comparisons))
    blocks.extend(Text(remark, role="note") for remark in published.remarks)
    return Section("published", "The published numbers and this run", tuple(blocks))


def summary_lines(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """How many printed numbers there are, and how many got each verdict; the counts add up."""
    count = Counter(made.verdict for made in comparisons)
    return (
        f"{len(comparisons)} printed numbers: {count['match']} match, "
        f"{count['rounding']} agree up to rounding, {count['differs']} differ, "
        f"{count['not checkable']} cannot be checked.",
    )


def short_table(comparisons: Sequence[Comparison]) -> str:
    """The headline numbers as aligned lines of plain text, the summary below; empty without comparisons.

    Where no claim is marked as a headline, the first ones stand.
    """
    if not comparisons:
        return ""
    chosen = [made for made in comparisons if made.claim.headline] or list(comparisons)
    lines = [("Printed number", "Paper", "This run", "Verdict")]
    lines += [
        (
            _one_line(f"{made.claim.what} ({made.claim.where})"),
            _one_line(made.claim.printed),
            _ours(made),
            made.verdict,
        )
        for made in chosen[:LONGEST_SHORT_TABLE]
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    body = [
        f"{what:<{widths[0]}}  {paper:>{widths[1]}}  {ours:>{widths[2]}}  {verdict}"
        for what, paper, ours, verdict in lines
    ]
    body.insert(1, "-" * max(len(line) for line in body))
    return "\n".join([*body, "", *summary_lines(comparisons)])


def _counts(comparisons: Sequence[Comparison]) -> Table:
    """One row a place of the paper, one column a verdict, and the total."""
    count = Counter((made.claim.where, made.verdict) for made in comparisons)
    places = dict.fromkeys(made.claim.where for made in comparisons)

    def row(name: str, members: Sequence[str]) -> tuple[Cell, ...]:
        numbers = [sum(count[place, verdict] for place in members) for verdict in VERDICTS]
        return (Cell(name), Cell(str(sum(numbers))), *(Cell(str(number)) for number in numbers))

    return Table(
        id="published-verdicts",
        number="Comparison 1",
        caption="Verdicts by place in the paper",
        columns=(
            Column("Place", align="left"),
            Column("Numbers"),
            *(Column(verdict.capitalize()) for verdict in VERDICTS),
        ),
        rows=(
            *(TableRow(row(place, [place])) for place in places),
            TableRow(row("All", list(places)), role="total"),
        ),
    )


def _every_number(comparisons: Sequence[Comparison]) -> Table:
    """Every printed number under its place, in the order of the file."""
    rows: list[TableRow] = []
    for place in dict.fromkeys(made.claim.where for made in comparisons):
        rows.append(TableRow((Cell(place), *(Cell("") for _ in range(4))), role="group"))
        rows.extend(_number(made) for made in comparisons if made.claim.where == place)
    return Table(
        id="published-numbers",
        number="Comparison 2",
        caption="Paper and this run",
        columns=(
            Column("Printed number", align="left"),
            Column("Paper"),
            Column("This run"),
            Column("Verdict", align="left"),
            Column("Reason", align="left"),
        ),
        rows=tuple(rows),
        footnotes=(Footnote("", MEANINGS),),
    )


def _number(made: Comparison) -> TableRow:
    keys = () if made.row is None else (made.row.key,)
    ours = Cell(_ours(made), keys=keys)
    cells = (Cell(made.claim.what), Cell(made.claim.printed), ours, Cell(made.verdict), Cell(made.reason))
    return TableRow(cells, role="level")


def _ours(made: Comparison) -> str:
    """The result at one decimal more than the print; a count as it is."""
    if made.row is None:
        return "-"
    if made.row.value is None:
        return numbers.NOT_REACHED
    return shown(made.claim, made.row.value)


def shown(claim: Claim, value: float) -> str:
    """A result in the unit and with one decimal more than its printed number; P values never as 0 or 1."""
    if claim.kind == "count":
        return numbers.count(value) if float(value).is_integer() else numbers.fixed(value, 3)
    places = compared_decimals(claim.kind, claim.number) + 1
    if claim.kind == "percent":
        return numbers.percent(value, places)
    if claim.kind == "p":
        least = Decimal(1).scaleb(-places)
        if exact(value) < least:
            return f"<{least}"
        if exact(value) > 1 - least:
            return f">{1 - least}"
    return numbers.fixed(value, places)


def _one_line(text: str) -> str:
    """Text safe on a terminal: one line, and no character that moves the cursor."""
    return "".join(
        mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in " ".join(text.split())
    )
