"""Does a run give back what the paper prints? One verdict a printed number.

    match          equal after correct rounding (half away from zero) to the printed decimals
    rounding       equal after truncation, or at most one unit apart in the last printed digit
    differs        neither
    not checkable  the run has no such result, or the claim says why it cannot have one

Counts match exactly or differ. All arithmetic is in decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from calliper.audit.claims import Claim, Kind, Published
from calliper.audit.printed import P_DECIMALS, Printed, exact, rounded, truncated
from calliper.results import Results, Row

Verdict = Literal["match", "rounding", "differs", "not checkable"]
VERDICTS: tuple[Verdict, ...] = ("match", "rounding", "differs", "not checkable")

NO_NOTE = "No reason is on file."


@dataclass(frozen=True, slots=True)
class Comparison:
    """A claim and the result it speaks of. `row` is None when the verdict is `not checkable`."""

    claim: Claim
    row: Row | None
    verdict: Verdict
    reason: str = ""


def compare(published: Published, results: Results) -> tuple[Comparison, ...]:
    """Hold every published number against the results, in the order of the file."""
    return tuple(_compared(claim, results) for claim in published.claims)


def judge(kind: Kind, printed: Printed, value: float | None) -> Verdict:
    """The verdict on one printed number; `value` is None where the result is not reached.

    A bound (`<0.001`) matches a value inside it; a value that rounds to the bound itself is `rounding`.
    """
    if value is None or printed.number is None:
        return "match" if value is None and printed.number is None else "differs"
    ours = comparable(kind, value)
    if kind == "count":
        return "match" if ours == printed.number else "differs"
    places = compared_decimals(kind, printed)
    if printed.bound:
        inside = ours < printed.number if printed.bound == "<" else ours > printed.number
        if inside:
            return "match"
        return "rounding" if rounded(ours, places) == printed.number else "differs"
    if rounded(ours, places) == printed.number:
        return "match"
    near = abs(ours - printed.number) <= Decimal(1).scaleb(-places)
    return "rounding" if near or truncated(ours, places) == printed.number else "differs"


def comparable(kind: Kind, value: float) -> Decimal:
    """A result in the unit of print: a proportion as a percent, all else as it is."""
    return exact(value) * 100 if kind == "percent" else exact(value)


def compared_decimals(kind: Kind, printed: Printed) -> int:
    """The decimals a number is compared at: those printed, but three for a P value printed as 0 or 1."""
    return P_DECIMALS if kind == "p" and printed.decimals == 0 else printed.decimals


def _compared(claim: Claim, results: Results) -> Comparison:
    if claim.key is None:
        return Comparison(claim, None, "not checkable", claim.not_checkable or "")
    row = results.get(claim.key)
    if row is None:
        return Comparison(claim, None, "not checkable", _why_absent(claim.key, results))
    verdict = judge(claim.kind, claim.number, row.value)
    return Comparison(claim, row, verdict, _reason(claim, row, verdict))


def _reason(claim: Claim, row: Row, verdict: Verdict) -> str:
    if verdict == "match":
        return ""
    if verdict == "differs":
        return claim.note or NO_NOTE
    if claim.number.bound or row.value is None:
        return "The value rounds to the printed bound."
    places = compared_decimals(claim.kind, claim.number)
    if truncated(comparable(claim.kind, row.value), places) == claim.number.number:
        return "The print is cut off after its last digit, not rounded."
    return "At most one unit apart in the last printed digit."


def _why_absent(key: str, results: Results) -> str:
    """The failure of the method that would have made the result, or that the run has no such result."""
    parts = key.split("/")
    analysis, group, variable, level, stat = parts[0], parts[2], parts[3], "/".join(parts[4:-1]), parts[-1]
    if not results.of(analysis) and not results.methods_of(analysis):
        return f"This run has no analysis {analysis!r}."
    method = stat.partition("@")[0].partition(".")[2] or ("headline" if stat == "p" else "summary")
    # The subjects docs/results.md gives to methods that speak for one variable, comparison or model.
    named = ((variable, level, group), (variable, level), (variable, group), (group, variable))
    subjects = {" ".join(words) for words in (*named, (variable,), (group,)) if all(words)}
    failed = [made for made in results.methods_of(analysis) if made.failure]
    about = [made for made in failed if made.subject in subjects]
    about.sort(key=lambda made: made.name != method)
    about += [made for made in failed if not made.subject and (made.name == method or group == "between")]
    return about[0].failure if about else f"This run has no result {key}."
