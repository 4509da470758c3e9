"""docs/proof.md: what was compared with what, written from the ledger.

Run from tests: python -m proof.page
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping
from functools import reduce
from operator import add

from proof import random_cohorts
from proof.ledger import Compared, Ledger, Remark
from proof.sources import SOURCES, tally
from shared import DATA, ROOT

PAGE = ROOT / "docs" / "proof.md"
Bounds = Mapping[tuple[str, str], float]

_INTRODUCTION = """# Proof

What Calliper computes, held against numbers that others computed from the same data, and against a slow twin in plain
loops. The tests compare every number counted here. `make proof` writes this page from what they compared, and a test
fails when the page says something else.

A difference is a share of the reference number or, where the tolerance is absolute, the distance from it. It is rounded
up to a power of ten with room to spare, so that machines whose last bits differ agree on the page. A reference that is
printed with few digits must be right within half a unit of its last place, which is all that rounding allows. A number
that is not there (a median not reached) counts as compared where both sides say so. The data are public and no part of
the project.
"""


def ledgers() -> dict[str, Ledger]:
    """The ledger of each source, all its cases together."""
    return {
        name: reduce(add, (tally(name, case) for case in s.cases), Ledger()) for name, s in SOURCES.items()
    }


def page(found: Mapping[str, Ledger], bounds: Bounds) -> str:
    """The page, with the differences that are given for each source and kind of number."""
    numbers = {name: sum(c.numbers for c in ledger.compared.values()) for name, ledger in found.items()}
    twin = numbers[random_cohorts.SOURCE.name]
    others = f"{sum(numbers.values()) - twin:,} numbers of {len(found) - 1} sources"
    lines = [_INTRODUCTION, f"{others}, and {twin:,} of the slow twin, are compared.", ""]
    for name, ledger in found.items():
        source = SOURCES[name]
        lines += [f"## {name}", "", f"{source.what}.", f"Reference: {source.reference}."]
        lines += [f"{numbers[name]:,} numbers in {len(source.cases)} cases.", ""]
        lines += ["| what | numbers compared | largest difference | tolerance |", "|---|---:|---:|---:|"]
        lines += [
            f"| {what} | {c.numbers:,} | {_difference(c, bounds[name, what])} | {_tolerance(c)} |"
            for what, c in ledger.compared.items()
        ]
        lines += [""]
        lines += [f"{textwrap.fill(sentence, 120)}\n" for sentence in ledger.notes]
        lines += _remarks("Printed, and not what its data give", ledger.disagreed)
        lines += _remarks("Not compared", ledger.left_out)
    return "\n".join(lines).rstrip() + "\n"


def upper_bounds(found: Mapping[str, Ledger]) -> Bounds:
    """A power of ten above every difference seen, with room for another machine's rounding, within the tolerance."""
    return {(name, what): _bound(c) for name, ledger in found.items() for what, c in ledger.compared.items()}


def read_bounds(text: str) -> Bounds:
    """The differences that a written page allows."""
    bounds, source = {}, ""
    for line in text.splitlines():
        if heading := re.fullmatch(r"## (.*)", line):
            source = heading[1]
        elif row := re.fullmatch(r"\| (.*) \| [\d,]+ \| (?:< |up to )?(\S+).* \| .* \|", line):
            bounds[source, row[1]] = 0.0 if row[2] == "none" else float(row[2])
    return bounds


def _bound(compared: Compared) -> float:
    if compared.kind in {"exact", "printed"}:
        return compared.tolerance
    room = max(10 * compared.largest, 1e-14)
    return min(float(f"1e{math.ceil(math.log10(room))}"), compared.tolerance)


def _difference(compared: Compared, bound: float) -> str:
    match compared.kind:
        case "exact":
            return "none"
        case "printed":
            return f"up to {bound} of the last place"
        case _:
            return f"< {bound:.2g}"


def _tolerance(compared: Compared) -> str:
    match compared.kind:
        case "exact":
            return "equal"
        case "printed":
            return "rounding"
        case "absolute":
            return f"{compared.tolerance:.2g} absolute"
        case _:
            return f"{compared.tolerance:.2g} relative"


def _remarks(heading: str, remarks: list[Remark]) -> list[str]:
    if not remarks:
        return []
    return [
        f"{heading}:",
        "",
        *(f"- {r.what} ({r.numbers} number{'s' * (r.numbers > 1)})." for r in remarks),
        "",
    ]


if __name__ == "__main__":
    if not DATA.exists():
        raise SystemExit(f"The page cannot be written: the third-party data are not at {DATA}.")
    compared = ledgers()
    PAGE.write_text(page(compared, upper_bounds(compared)), encoding="utf-8")
