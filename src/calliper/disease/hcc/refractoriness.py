"""When transarterial chemoembolisation has failed: JSH-LCSGJ 2014 (Kudo et al., Oncology 2014;87 Suppl 1:22).

    R1  two consecutive insufficient responses: more than half of the treated lesion viable 1 to 3 months after
    R2  two consecutive progressions in the liver: more nodules than before the session before, twice
    R3  tumour markers that keep rising right after a session
    R4  new vascular invasion
    R5  new spread outside the liver

A patient is refractory from the earliest date at which one of them holds. What is not recorded proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

FIRST_DAY, LAST_DAY = 28, 92
"""Days after a session, both inside, in which a scan says how the session did and a marker counts for R3."""

VIABLE_PERCENT = 50.0
"""More than this left viable is insufficient."""

MARKER_FALL_PERCENT = 10.0
"""R3 allows "a brief small drop"; the paper gives no size. One fall of at most this much is ours, not verified."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session of chemoembolisation. `nodules` were counted in the liver before it; None if not."""

    on: date
    nodules: int | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan. `viable_percent` is of the treated lesion, the worst of several; None where not assessed."""

    on: date
    viable_percent: float | None = None
    has_new_vascular_invasion: bool | None = None
    has_new_spread: bool | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """One value of a tumour marker, always in the same unit."""

    on: date
    value: float


@dataclass(frozen=True, slots=True)
class Refractory:
    """A rule that holds, from which date, and why."""

    rule: str
    on: date
    reason: str


def refractoriness(
    sessions: Sequence[Session], scans: Sequence[Scan], markers: Sequence[Marker] = ()
) -> Refractory | None:
    """The rule that holds at the earliest date (of one date, the first in the order R1 to R5); None where none does.

    The order of the records does not matter. Scans and markers before the first session count for nothing, but that
    the last marker before a session is the one its rise is measured from.
    """
    ordered = sorted(sessions, key=lambda session: session.on)
    if not ordered:
        return None
    later = [scan for scan in sorted(scans, key=lambda scan: scan.on) if scan.on > ordered[0].on]
    found = [
        *_insufficient(ordered, later),
        *_progressions(ordered),
        *_rising(ordered, sorted(markers, key=lambda marker: marker.on)),
        *(
            Refractory("R4", scan.on, "new vascular invasion")
            for scan in later
            if scan.has_new_vascular_invasion
        ),
        *(Refractory("R5", scan.on, "new spread outside the liver") for scan in later if scan.has_new_spread),
    ]
    return min(found, key=lambda held: (held.on, held.rule), default=None)


def _ends(sessions: Sequence[Session]) -> Iterator[tuple[Session, date | None]]:
    """Each session with the date of the next."""
    for at, session in enumerate(sessions):
        yield session, sessions[at + 1].on if at + 1 < len(sessions) else None


def _insufficient(sessions: Sequence[Session], scans: Sequence[Scan]) -> Iterator[Refractory]:
    """R1. The scan of a session is the first usable one: in the window, before or on the day of the next."""
    assessed = [
        next(
            (
                scan
                for scan in scans
                if scan.viable_percent is not None
                and FIRST_DAY <= (scan.on - session.on).days <= LAST_DAY
                and (end is None or scan.on <= end)
            ),
            None,
        )
        for session, end in _ends(sessions)
    ]
    for before, after in pairwise(assessed):
        if before is None or after is None or before.viable_percent is None or after.viable_percent is None:
            continue
        if before.viable_percent > VIABLE_PERCENT and after.viable_percent > VIABLE_PERCENT:
            shown = f"{before.viable_percent:g}% and {after.viable_percent:g}%"
            yield Refractory(
                "R1", after.on, f"{shown} of the treated lesion viable after two sessions in a row"
            )


def _progressions(sessions: Sequence[Session]) -> Iterator[Refractory]:
    """R2, on the day of the second rise."""
    for first, second, third in zip(sessions, sessions[1:], sessions[2:]):
        if first.nodules is None or second.nodules is None or third.nodules is None:
            continue
        if first.nodules < second.nodules < third.nodules:
            counts = f"{first.nodules}, {second.nodules} and {third.nodules}"
            yield Refractory("R2", third.on, f"{counts} nodules before three sessions in a row")


def _rising(sessions: Sequence[Session], markers: Sequence[Marker]) -> Iterator[Refractory]:
    """R3, on the day of the last of at least two values after the session."""
    for session, end in _ends(sessions):
        before = [marker for marker in markers if marker.on <= session.on]
        after = [
            marker
            for marker in markers
            if 0 < (marker.on - session.on).days <= LAST_DAY and (end is None or marker.on <= end)
        ]
        if not before or len(after) < 2:
            continue
        series = [before[-1].value, *(marker.value for marker in after)]
        falls = [(high - low) / high * 100 for high, low in pairwise(series) if low < high]
        is_at_its_highest = all(series[-1] > value for value in series[:-1])
        if is_at_its_highest and len(falls) <= 1 and all(fall <= MARKER_FALL_PERCENT for fall in falls):
            shown = ", ".join(f"{value:g}" for value in series)
            yield Refractory("R3", after[-1].on, f"marker {shown}: still rising after the session")
