"""The tables of a paper drawn again from its claims, the numbers that do not follow marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calliper.audit.paper.findings import ACCUSING, Finding
from calliper.audit.paper.specs import Claim, Counts, Means, Paper, Rates, Ratio, Response
from calliper.blocks import Cell, Column, Footnote, Table, TableRow

MARK = "■"
NOTE = Footnote(
    "", f"{MARK}: the number, or one it is made of, does not follow from the others; why is said below."
)


def redrawn(paper: Paper, place: str, findings: Sequence[Finding]) -> Iterator[Table]:
    """The tables of one place: of the groups, and of ratios; none where no claim of the place has either."""
    marks = _Marks(findings)
    claims = [claim for claim in paper.claims if claim.place == place]
    rows = [row for claim in claims for row in _of_groups(paper, claim, marks)]
    if rows:
        heads = (Column(f"{group.label} (n = {group.n})") for group in paper.groups.values())
        columns = (Column("", "left"), *heads, Column("P"))
        yield Table("", "", f"{place}, as printed", columns, tuple(rows), (NOTE,))
    rows = [_of_ratio(claim, marks) for claim in claims if isinstance(claim, Ratio)]
    if rows:
        columns = (Column("", "left"), Column("Coefficient"), Column("Ratio"), Column("Limits"), Column("P"))
        yield Table("", "", f"{place}, ratios as printed", columns, tuple(rows), (NOTE,))


class _Marks:
    """Which numbers are spoken against: by claim, what was asked and the print."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.against = [
            (each.claim, each.check, each.printed) for each in findings if each.verdict in ACCUSING
        ]

    def cell(self, claim: Claim, text: str | None, *about: str) -> Cell:
        """A printed text, marked where a finding of its claim is about all of these words."""
        if not text:
            return Cell("")
        is_marked = any(
            name == claim.id and all(word in check or word == printed for word in about)
            for name, check, printed in self.against
        )
        return Cell(f"{text} {MARK}" if is_marked else text)


def _of_groups(paper: Paper, claim: Claim, marks: _Marks) -> Iterator[TableRow]:
    """The rows of a claim about groups."""
    labels = {name: group.label for name, group in paper.groups.items()}

    def row(head: str, cells: dict[str, Cell], p: Cell, *, is_level: bool = False) -> TableRow:
        held = (cells.get(name, Cell("")) for name in labels)
        return TableRow((Cell(head), *held, p), "level" if is_level else "body")

    match claim:
        case Means():
            texts = {
                name: f"{held.mean} ± {held.sd}" if held.sd else held.mean
                for name, held in claim.groups.items()
            }
            cells = {name: marks.cell(claim, text, f", {labels[name]}") for name, text in texts.items()}
            yield row(claim.what, cells, marks.cell(claim, claim.p, "test of", claim.p or ""))
        case Rates():
            texts = {name: _share(count, claim.percents.get(name)) for name, count in claim.counts.items()}
            cells = {
                name: marks.cell(claim, text, labels[name], "percentage") for name, text in texts.items()
            }
            yield row(claim.what, cells, marks.cell(claim, claim.p, "test of", claim.p or ""))
        case Counts():
            sums = {name: marks.cell(claim, " ", f"sum, {label}") for name, label in labels.items()}
            yield row(claim.what, sums, marks.cell(claim, claim.p, "test of", claim.p or ""))
            for level, counts in claim.levels.items():
                percents = claim.percents.get(level, {})
                cells = {
                    name: marks.cell(claim, _share(count, percents.get(name)), f"{level}, {labels[name]}")
                    for name, count in counts.items()
                }
                yield row(level, cells, Cell(""), is_level=True)
        case Response():
            sums = {name: marks.cell(claim, " ", f"sum, {label}") for name, label in labels.items()}
            yield row(claim.what, sums, Cell(""))
            for category, counts in claim.categories.items():
                yield row(
                    category, {name: Cell(count) for name, count in counts.items()}, Cell(""), is_level=True
                )
            for rate, percents, test in (
                ("ORR", claim.orr, claim.orr_test),
                ("DCR", claim.dcr, claim.dcr_test),
            ):
                cells = {
                    name: marks.cell(claim, f"{text}%", f"{rate}, {labels[name]}")
                    for name, text in percents.items()
                }
                p = marks.cell(
                    claim, test.p if test else None, f"test of {rate}", (test.p if test else None) or ""
                )
                if percents:
                    yield row(rate, cells, p, is_level=True)


def _share(count: str, percent: str | None) -> str:
    return f"{count} ({percent}%)" if percent else count


def _of_ratio(claim: Ratio, marks: _Marks) -> TableRow:
    limits = f"{claim.lower} to {claim.upper}" if claim.lower and claim.upper else None
    return TableRow(
        (
            Cell(claim.what),
            marks.cell(claim, claim.coefficient, "coefficient"),
            marks.cell(claim, claim.ratio, claim.ratio),
            marks.cell(claim, limits, "interval", claim.ratio),
            marks.cell(claim, claim.p, "P from", claim.p or ""),
        )
    )
