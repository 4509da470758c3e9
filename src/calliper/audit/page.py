"""The comparison as blocks for the report, and as a few lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from calliper.audit.claims import Claim, Published
from calliper.audit.compare import VERDICTS, Comparison, Verdict, compared_decimals
from calliper.audit.printed import exact
from calliper.blocks import Block, Cell, Column, Footnote, Section, Table, TableRow, Text
from calliper.displays import numbers

INVENTED = (
    "The records of this run are invented and were built to resemble the published tables. Agreement shows "
    "that the same arithmetic was done; it says nothing about the patients of the paper."
)
MEANINGS = (
    "match: equal after rounding half away from zero to the printed decimals. rounding: equal when the "
    "digits are cut off instead, or at most one unit apart in the last printed digit. Counts match exactly "
    "or differ. This run is shown with one decimal more than the print."
)
NUMBERS = (Column("Printed number", align="left"), Column("Paper"), Column("This run"))
SAME_REASON = "As above."
LONGEST_SHORT_TABLE = 24


def page(comparisons: Sequence[Comparison], published: Published, *, invented: bool) -> Section:
    """The report's section on the published numbers: how many agree, what does not and why, then what matches."""
    blocks: list[Block] = [
        Text(f"Published numbers: {published.citation}"),
        Text(" ".join(summary_lines(comparisons))),
    ]
    if invented:
        blocks.append(Text(INVENTED, role="warning"))
    blocks.append(_counts(comparisons))
    blocks.extend(Text(remark, role="note") for remark in published.remarks)
    others = [made for made in comparisons if made.verdict != "match"]
    matches = [made for made in comparisons if made.verdict == "match"]
    if others:
        blocks.append(_others(others))
    if matches:
        blocks.append(_matches(matches))
    return Section("published", "Paper and this run", tuple(blocks))


def summary_lines(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """How many printed numbers there are, and how many got each verdict; the counts add up."""
    count = Counter(made.verdict for made in comparisons)

    def said(verdict: Verdict, one: str, several: str) -> str:
        return f"{count[verdict]} {one if count[verdict] == 1 else several}"

    return (
        f"{len(comparisons)} printed number{'' if len(comparisons) == 1 else 's'}: "
        f"{said('match', 'matches', 'match')}, "
        f"{said('rounding', 'agrees', 'agree')} up to rounding, "
        f"{said('differs', 'differs', 'differ')}, "
        f"{said('not checkable', 'cannot', 'cannot')} be checked.",
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


def _others(comparisons: Sequence[Comparison]) -> Table:
    """The numbers that do not match, with the reasons; a reason given in the line above is not said again."""
    columns = (*NUMBERS, Column("Verdict", align="left"), Column("Reason", align="left"))
    rows: list[TableRow] = []
    for place, members in _by_place(comparisons).items():
        rows.append(_heading(place, columns))
        above = ""
        for made in members:
            reason = SAME_REASON if made.reason == above else made.reason
            rows.append(TableRow((*_number(made), Cell(made.verdict), Cell(reason)), role="level"))
            above = made.reason
    return Table(
        id="published-others",
        number="Comparison 2",
        caption="Printed numbers that do not match this run, and why",
        columns=columns,
        rows=tuple(rows),
        footnotes=(Footnote("", MEANINGS),),
    )


def _matches(comparisons: Sequence[Comparison]) -> Table:
    rows: list[TableRow] = []
    for place, members in _by_place(comparisons).items():
        rows.append(_heading(place, NUMBERS))
        rows.extend(TableRow(_number(made), role="level") for made in members)
    return Table(
        id="published-matches",
        number="Comparison 3",
        caption="Printed numbers that match this run",
        columns=NUMBERS,
        rows=tuple(rows),
    )


def _by_place(comparisons: Sequence[Comparison]) -> dict[str, list[Comparison]]:
    """The comparisons of each place of the paper, both in the order of the file."""
    places: dict[str, list[Comparison]] = {}
    for made in comparisons:
        places.setdefault(made.claim.where, []).append(made)
    return places


def _heading(place: str, columns: Sequence[Column]) -> TableRow:
    return TableRow((Cell(place), *(Cell("") for _ in columns[1:])), role="group")


def _number(made: Comparison) -> tuple[Cell, Cell, Cell]:
    keys = () if made.row is None else (made.row.key,)
    return Cell(made.claim.what), Cell(made.claim.printed), Cell(_ours(made), keys=keys)


def _ours(made: Comparison) -> str:
    """The result at one decimal more than the print; a count as it is."""
    if made.row is None:
        return "-"
    if made.row.value is None:
        return numbers.NOT_REACHED
    return shown(made.claim, made.row.value)


def shown(claim: Claim, value: float) -> str:
    """A result in the unit and with one decimal more than its printed number, in the plain style; P never as 0 or 1."""
    if claim.kind == "count":
        return numbers.PLAIN.count(value) if float(value).is_integer() else numbers.PLAIN.fixed(value, 3)
    places = compared_decimals(claim.kind, claim.number) + 1
    if claim.kind == "percent":
        return numbers.PLAIN.percent(value, places)
    if claim.kind == "p":
        least = Decimal(1).scaleb(-places)
        if exact(value) < least:
            return f"<{least}"
        if exact(value) > 1 - least:
            return f">{1 - least}"
    return numbers.PLAIN.fixed(value, places)


def _one_line(text: str) -> str:
    """Text safe on a terminal: one line, and no character that moves the cursor."""
    return "".join(
        mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in " ".join(text.split())
    )
