"""Best overall response of one patient, unconfirmed and confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from calliper.disease.response_criteria import ResponseCriteria


class Scan(NamedTuple):
    """A scan after the start: its day, and CR, PR, SD, PD or NE (NONCR_NONPD counts as SD)."""

    day: int
    response: str


class Best(NamedTuple):
    """The best response, the position of the scan that gave it (None: no scan did), and why."""

    response: str
    at: int | None
    reason: str


def best_unconfirmed(scans: Sequence[Scan], criteria: ResponseCriteria) -> Best:
    """The best of the scans up to the first progression: CR, PR, SD (from `sd_min_days` on), PD, else NE.

    `scans` are in the order of their days; those after new anticancer therapy or the cut-off are left out before.
    """
    read = _to_progression(scans)
    for wanted in ("CR", "PR"):
        for at, scan in enumerate(read):
            if scan.response == wanted:
                return Best(wanted, at, f"scan on day {scan.day}")
    for at, scan in enumerate(read):
        if scan.response == "SD" and scan.day >= criteria.sd_min_days:
            return Best("SD", at, f"scan on day {scan.day}")
    return _without_response(read, criteria)


def best_confirmed(scans: Sequence[Scan], criteria: ResponseCriteria) -> Best:
    """As `best_unconfirmed`, but a CR or PR counts only when a later scan confirms it.

    CR is confirmed by CR, PR by PR or CR, at least `confirm_days` later; between the two may lie `max_ne_between`
    scans not evaluable, and before the confirmation of a PR one SD. A response that is not confirmed is SD where any
    response or stable disease was seen on or after `sd_min_days`. Else it is PD where progression followed, or
    regrowth after a CR; else NE.
    """
    read = _to_progression(scans)
    for wanted, confirming in (("CR", ("CR",)), ("PR", ("PR", "CR"))):
        for at, first in enumerate(read):
            if first.response == wanted:
                later = _confirmed_at(read, at, confirming, criteria)
                if later is not None:
                    return Best(wanted, at, f"scan on day {first.day}, confirmed on day {read[later].day}")
    for at, scan in enumerate(read):
        if scan.response in ("CR", "PR", "SD") and scan.day >= criteria.sd_min_days:
            what = "" if scan.response == "SD" else f"{scan.response} not confirmed, "
            return Best("SD", at, f"{what}scan on day {scan.day}")
    complete = next((at for at, scan in enumerate(read) if scan.response == "CR"), None)
    if complete is not None:
        for at, scan in enumerate(read[complete + 1 :], start=complete + 1):
            if scan.response in ("PR", "SD"):
                return Best("PD", at, f"{scan.response} on day {scan.day} after CR")
    return _without_response(read, criteria)


def _to_progression(scans: Sequence[Scan]) -> Sequence[Scan]:
    """The scans up to the first progression, which is the last of them."""
    for at, scan in enumerate(scans):
        if scan.response == "PD":
            return scans[: at + 1]
    return scans


def _confirmed_at(
    scans: Sequence[Scan], first: int, confirming: tuple[str, ...], criteria: ResponseCriteria
) -> int | None:
    """The position of the first scan that confirms the one at `first`; what regrows after a CR confirms nothing."""
    is_of_cr = "PR" not in confirming
    not_evaluable = stable = 0
    came_complete = False
    for at in range(first + 1, len(scans)):
        scan = scans[at]
        if came_complete and scan.response in ("PR", "SD"):
            return None
        if scan.response in confirming and scan.day - scans[first].day >= criteria.confirm_days:
            return at
        if scan.response == "NE":
            not_evaluable += 1
        elif scan.response == "SD" and criteria.takes_sd_between and not is_of_cr:
            stable += 1
        elif scan.response not in confirming:
            return None
        came_complete = came_complete or scan.response == "CR"
        if not_evaluable > criteria.max_ne_between or stable > 1:
            return None
    return None


def _without_response(scans: Sequence[Scan], criteria: ResponseCriteria) -> Best:
    if scans and scans[-1].response == "PD":
        return Best("PD", len(scans) - 1, f"scan on day {scans[-1].day}")
    if not scans:
        return Best("NE", None, "no scan")
    seen = [scan for scan in scans if scan.response != "NE"]
    if not seen:
        return Best("NE", len(scans) - 1, "no evaluable scan")
    early = f"{seen[0].response} on day {seen[0].day}, and nothing from day {criteria.sd_min_days} on"
    return Best("NE", scans.index(seen[0]), early)
