"""What the target lesions of one scan show, from sums of diameters in exact decimals, and why in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from calliper.disease.response_criteria import ResponseCriteria


class Verdict(NamedTuple):
    """A response, the reason in words, and flags by name."""

    response: str
    reason: str
    flags: tuple[str, ...] = ()


class Sums(NamedTuple):
    """The sums of diameters of one scan, in millimetres.

    `nadir` is the smallest sum of baseline and of the scans before this one, never of this one; `nadir_date` is its
    scan (None: no date). `current` is the sum of the targets that were assessed, `beyond_nodes` that of those which
    are no nodes, `largest_node` the longest short axis. `n_missing` targets were not assessed; `came_complete` tells
    whether an earlier scan showed a complete response of the targets.
    """

    baseline: Decimal
    nadir: Decimal
    current: Decimal
    beyond_nodes: Decimal
    largest_node: Decimal = Decimal(0)
    nadir_date: date | None = None
    n_missing: int = 0
    came_complete: bool = False


def target_response(criteria: ResponseCriteria, sums: Sums) -> Verdict:
    """NE, CR, PD, PR or SD of the target lesions, tested in this order; what was assessed alone can already be PD.

    >>> from calliper.disease.response_criteria import MRECIST_2010
    >>> b, c = Decimal("28.0"), Decimal("19.6")
    >>> target_response(MRECIST_2010, Sums(baseline=b, nadir=b, current=c, beyond_nodes=c)).response
    'PR'
    """
    if sums.n_missing:
        verdict = _progression(criteria, sums)
        were = "target lesion was" if sums.n_missing == 1 else "target lesions were"
        lack = f"{sums.n_missing} {were} not assessed"
        if verdict is None:
            return Verdict("NE", lack)
        return Verdict("PD", f"{verdict.reason}, although {lack}", ("SUM_PARTIAL",))
    if sums.beyond_nodes == 0 and sums.largest_node < criteria.node_normal_mm:
        return Verdict("CR", _gone(criteria, sums))
    verdict = _progression(criteria, sums)
    if verdict is not None:
        return verdict
    if sums.nadir == 0:
        small = f"{mm(sums.current)} after a sum of 0 mm, less than {mm(criteria.reappear_mm)}"
        return Verdict("PR", small, ("REENH_SMALL",))
    is_partial = 100 * sums.current <= (100 - criteria.pr_decrease_percent) * sums.baseline
    from_baseline = (
        f"sum {mm(sums.current)} is {percent(criteria, sums.current, sums.baseline)} from the baseline of "
        f"{mm(sums.baseline)}"
    )
    if is_partial:
        return Verdict("PR", from_baseline + _short_of_absolute(criteria, sums))
    on_nadir = "" if sums.nadir_date is None else f" and {_on_nadir(criteria, sums)}"
    return Verdict("SD", from_baseline + on_nadir + _short_of_absolute(criteria, sums))


def is_progression(criteria: ResponseCriteria, sums: Sums) -> bool:
    """Whether what was assessed is progression on the nadir, or reappearance after nothing was left."""
    current, nadir = sums.current, sums.nadir
    if _reappeared(criteria, sums):
        return True
    if nadir == 0:
        return current > 0 and current >= criteria.reappear_mm
    is_above = 100 * current >= (100 + criteria.pd_increase_percent) * nadir
    return is_above and current - nadir >= criteria.pd_absolute_mm


def _reappeared(criteria: ResponseCriteria, sums: Sums) -> bool:
    return criteria.reappear_mm == 0 and sums.came_complete and sums.beyond_nodes > 0


def _progression(criteria: ResponseCriteria, sums: Sums) -> Verdict | None:
    if not is_progression(criteria, sums):
        return None
    if sums.nadir == 0 or _reappeared(criteria, sums):
        least = f", at least {mm(criteria.reappear_mm)}" if criteria.reappear_mm else ""
        return Verdict("PD", f"{mm(sums.current)} after a complete response of the targets{least}")
    more = f", +{mm(sums.current - sums.nadir)}" if criteria.pd_absolute_mm else ""
    return Verdict("PD", f"sum {mm(sums.current)} is {_on_nadir(criteria, sums)}{more}")


def _gone(criteria: ResponseCriteria, sums: Sums) -> str:
    what = "enhancement" if criteria.measures == "viable" else "target lesion"
    if sums.current == 0:
        return f"no {what} is left"
    return f"no {what} is left beyond nodes, the largest {mm(sums.largest_node)}"


def _on_nadir(criteria: ResponseCriteria, sums: Sums) -> str:
    scan = "" if sums.nadir_date is None else f" (scan {sums.nadir_date})"
    return f"{percent(criteria, sums.current, sums.nadir)} on the nadir of {mm(sums.nadir)}{scan}"


def _short_of_absolute(criteria: ResponseCriteria, sums: Sums) -> str:
    """That the sum would be progression by the percentage alone."""
    is_below = 100 * sums.current < (100 + criteria.pd_increase_percent) * sums.nadir
    if not criteria.pd_absolute_mm or is_below:
        return ""
    growth = f"+{mm(sums.current - sums.nadir)} on the nadir of {mm(sums.nadir)}"
    return f"; {growth} is less than {mm(criteria.pd_absolute_mm)}"


def mm(size: Decimal) -> str:
    """A size in words.

    >>> mm(Decimal("48.00")), mm(Decimal("19.60"))
    ('48 mm', '19.6 mm')
    """
    text = f"{size:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} mm"


def percent(criteria: ResponseCriteria, current: Decimal, reference: Decimal) -> str:
    """The change from a reference above 0, with its sign; with more decimals where one would read as a threshold.

    >>> from calliper.disease.response_criteria import RECIST_1_1
    >>> percent(RECIST_1_1, Decimal(48), Decimal(40)), percent(RECIST_1_1, Decimal("70.01"), Decimal(100))
    ('+20.0%', '-29.99%')
    """
    change = 100 * (current - reference) / reference
    thresholds = (-criteria.pr_decrease_percent, criteria.pd_increase_percent)
    for decimals in (1, 2, 3):
        shown = round(change, decimals)
        if shown not in thresholds or shown == change:
            break
    return f"{shown:+f}%" if shown else "0.0%"
