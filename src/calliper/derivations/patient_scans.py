"""One patient's scans in order: baseline, nadir, what each assessment shows, and why.

Pure: values in, values out. lesions.py reads them from the tables. Diameters are whole steps of 0.0001 mm.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from calliper.derivations.overall_response import NewLesion, new_lesion, non_target_response, overall_response
from calliper.derivations.target_response import Sums, target_response
from calliper.disease.response_criteria import ResponseCriteria
from calliper.records.measured import PER_MM


class ScanRow(NamedTuple):
    """A row of the table of scans; `row` is its position there."""

    row: int
    scan: str
    date: datetime.date
    visit: str | None
    modality: str | None
    has_arterial: bool
    is_baseline: bool


class LesionRow(NamedTuple):
    """A lesion at a scan. `counted` is the diameter that counts (None: not assessed), `longest` the one recorded."""

    scan: str
    lesion: str
    role: str
    organ: str
    kind: str | None
    status: str | None
    pattern: str | None
    is_assessable: bool
    counted: int | None
    longest: int | None


class Assessed(NamedTuple):
    """What one assessment shows. Sums are None where nothing was measured, or without a baseline."""

    scans: tuple[ScanRow, ...]
    date: datetime.date
    target: str
    non_target: str
    new: str
    overall: str
    rule: str
    reason: str
    flags: tuple[str, ...]
    current: Decimal | None = None
    baseline: Decimal | None = None
    nadir: Decimal | None = None
    nadir_date: datetime.date | None = None

    @property
    def first_day(self) -> datetime.date:
        """The day of its first scan; `date` is the day on which the response counts."""
        return self.scans[0].date

    @property
    def last_day(self) -> datetime.date:
        """The day of its last scan."""
        return self.scans[-1].date


def follow(
    scans: Sequence[ScanRow], lesions: Iterable[LesionRow], rules: ResponseCriteria, *, no_baseline: str
) -> list[Assessed]:
    """Each assessment after the start, in the order of days.

    Args:
        scans: of one patient, by date: baseline, and those after the start.
        lesions: at these scans.
        rules: the criteria.
        no_baseline: the reason where no scan is a baseline.
    """
    at_scan: dict[str, list[LesionRow]] = {}
    for row in lesions:
        at_scan.setdefault(row.scan, []).append(row)
    first = [scan for scan in scans if scan.is_baseline]
    modality = first[-1].modality if first else None
    groups = _together([scan for scan in scans if not scan.is_baseline], rules)
    if not first:
        return [
            Assessed(group, group[-1].date, "NE", "NE", "NE", "NE", "O4", no_baseline, ()) for group in groups
        ]
    baseline = _Baseline(_lesions_of(first, at_scan, modality), first[-1].date)
    seen = [_lesions_of(group, at_scan, modality) for group in groups]
    findings = _new_lesions(groups, seen, baseline, rules)
    assessed = []
    nadir, nadir_date, came_complete = baseline.sum, baseline.date, False
    removed: set[str] = set()
    for group, held, finding in zip(groups, seen, findings, strict=True):
        removed |= {name for name, (_, row) in held.items() if row.status == "removed"}
        sizes = [_size(held, name, removed) for name in baseline.targets]
        known = [size for size in sizes if size is not None]
        current = _mm(sum(known))
        n_missing = len(sizes) - len(known)
        target, why, flags = "NOTL", "no target lesion at baseline", tuple[str, ...]()
        if baseline.targets and baseline.fault:
            target, why = "NE", baseline.fault
        elif baseline.targets:
            sums = Sums(
                baseline=baseline.sum,
                nadir=nadir,
                current=current,
                beyond_nodes=_beyond_nodes(sizes, baseline.is_node),
                largest_node=_largest(sizes, baseline.is_node),
                nadir_date=nadir_date,
                n_missing=n_missing,
                came_complete=came_complete,
            )
            target, why, flags = _verdict(rules, sums)
        states = {name: _state(held.get(name), rules, removed) for name in baseline.others}
        non_target = non_target_response(states.values())
        overall, rule = overall_response(target, non_target, finding.new)
        is_measured = bool(baseline.targets) and not baseline.fault
        assessed.append(
            Assessed(
                scans=group,
                date=_date(
                    group, held, finding, states, rules=rules, target=target, is_progression=overall == "PD"
                ),
                target=target,
                non_target=non_target,
                new=finding.new,
                overall=overall,
                rule=rule,
                reason=_reason(rule, why, states, finding),
                flags=(*flags, *_flags(group, modality, finding)),
                current=current if is_measured and target != "NE" else None,
                baseline=baseline.sum if is_measured else None,
                nadir=nadir if is_measured else None,
                nadir_date=nadir_date if is_measured else None,
            )
        )
        if is_measured and not n_missing:
            came_complete = came_complete or target == "CR"
            if current < nadir:
                nadir, nadir_date = current, group[-1].date
    return assessed


Held = Mapping[str, tuple[ScanRow, LesionRow]]
"""Each lesion of an assessment with the scan that measured it."""

IGNORED_KINDS = ("bland_thrombus", "effusion", "cystic")
"""What is no tumour."""


class _Baseline:
    """The lesions of baseline: targets with their sum, the others, and what keeps the sum from being a baseline."""

    def __init__(self, held: Held, day: datetime.date) -> None:
        self.date = day
        targets = {name: row for name, (_, row) in held.items() if row.role == "target"}
        self.targets = tuple(targets)
        self.is_node = [row.organ == "LN" for row in targets.values()]
        self.others = tuple(
            name
            for name, (_, row) in held.items()
            if row.role == "non_target" and row.kind not in IGNORED_KINDS
        )
        self.all = frozenset(held)
        sizes = [row.counted for row in targets.values()]
        self.sum = _mm(sum(size for size in sizes if size is not None))
        lost = [name for name, row in targets.items() if row.counted is None]
        self.fault = ""
        if lost:
            self.fault = f"target lesion {lost[0]} was not measured at baseline"
        elif targets and self.sum == 0:
            self.fault = "the target lesions add up to 0 mm at baseline"


def _together(scans: Sequence[ScanRow], rules: ResponseCriteria) -> list[tuple[ScanRow, ...]]:
    """Scans of one day, or of one visit within some days, are one assessment."""
    groups: list[list[ScanRow]] = []
    for scan in scans:
        if groups:
            first = groups[-1][0]
            is_of_visit = scan.visit is not None and scan.visit == first.visit
            within = (scan.date - first.date).days
            if (
                within == 0
                or scan.date == groups[-1][-1].date
                or (is_of_visit and within <= rules.assessment_days)
            ):
                groups[-1].append(scan)
                continue
        groups.append([scan])
    return [tuple(group) for group in groups]


def _lesions_of(
    scans: Sequence[ScanRow], at_scan: Mapping[str, list[LesionRow]], modality: str | None
) -> dict[str, tuple[ScanRow, LesionRow]]:
    """Each lesion as the best of the scans measured it: of baseline's modality, with arterial phase, in file order."""
    ranked = scans
    if len(scans) > 1:
        ranked = sorted(scans, key=lambda scan: (scan.modality != modality, not scan.has_arterial, scan.row))
    held: dict[str, tuple[ScanRow, LesionRow]] = {}
    for scan in ranked:
        for row in at_scan.get(scan.scan, ()):
            before = held.get(row.lesion)
            if before is None or (before[1].counted is None and row.counted is not None):
                held[row.lesion] = (scan, row)
    return held


def _mm(steps: int) -> Decimal:
    return Decimal(steps) / PER_MM


def _size(held: Held, name: str, removed: set[str]) -> int | None:
    found = held.get(name)
    return None if found is None or name in removed else found[1].counted


def _beyond_nodes(sizes: Sequence[int | None], is_node: Sequence[bool]) -> Decimal:
    return _mm(sum(size or 0 for size, at in zip(sizes, is_node, strict=True) if not at))


def _largest(sizes: Sequence[int | None], is_node: Sequence[bool]) -> Decimal:
    return _mm(max((size or 0 for size, at in zip(sizes, is_node, strict=True) if at), default=0))


def _verdict(rules: ResponseCriteria, sums: Sums) -> tuple[str, str, tuple[str, ...]]:
    verdict = target_response(rules, sums)
    return verdict.response, verdict.reason, verdict.flags


def _state(found: tuple[ScanRow, LesionRow] | None, rules: ResponseCriteria, removed: set[str]) -> str:
    """A non-target lesion: absent, present, progressed or not_assessed."""
    if found is None or found[1].lesion in removed:
        return "not_assessed"
    row = found[1]
    if row.status == "progressed":
        return "progressed"
    if not row.is_assessable or row.status == "not_assessed":
        return "not_assessed"
    if row.status in ("absent", "merged"):
        return "absent"
    if row.counted is not None:
        normal = int(rules.node_normal_mm * PER_MM) if row.organ == "LN" else 1
        return "absent" if row.counted < normal else "present"
    return "present" if row.status in ("present", "too_small", "fragment") else "not_assessed"


class _Finding(NamedTuple):
    """The new lesions of an assessment: YES, EQUIVOCAL, NO or NE, the day of the first that counts, and why."""

    new: str
    day: datetime.date | None
    reason: str


def _new_lesions(
    groups: Sequence[tuple[ScanRow, ...]], seen: Sequence[Held], baseline: _Baseline, rules: ResponseCriteria
) -> list[_Finding]:
    """What each assessment shows that baseline did not; one confirmed later counts from the day it was first seen."""
    first_seen: dict[str, tuple[int, datetime.date, Decimal | None]] = {}
    found: list[dict[str, tuple[str, datetime.date, str]]] = []
    for at, held in enumerate(seen):
        here: dict[str, tuple[str, datetime.date, str]] = {}
        for name, (scan, row) in held.items():
            # one that was once new stays so, under whatever role it is followed
            if name in baseline.all or (row.role != "new" and name not in first_seen):
                continue
            size = None if row.longest is None else _mm(row.longest)
            _, first_day, first_size = first_seen.setdefault(name, (at, scan.date, size))
            finding = new_lesion(
                rules, NewLesion(row.organ, row.kind, row.status, row.pattern, size, first_size)
            )
            here[name] = (finding.new, scan.date, finding.reason)
            earlier, _, _ = first_seen[name]
            if finding.new == "YES" and earlier < at and found[earlier][name][0] == "EQUIVOCAL":
                confirmed = f"{finding.reason}, confirmed on {scan.date}"
                found[earlier][name] = ("YES", first_day, confirmed)
        found.append(here)
    return [_finding(group, here, held) for group, here, held in zip(groups, found, seen, strict=True)]


def _finding(
    group: tuple[ScanRow, ...], here: Mapping[str, tuple[str, datetime.date, str]], held: Held
) -> _Finding:
    for wanted in ("YES", "EQUIVOCAL"):
        days = [(day, name, why) for name, (new, day, why) in here.items() if new == wanted]
        if days:
            day, name, why = min(days)
            return _Finding(wanted, day, f"new lesion {name}: {why}")
    is_read = any(row.is_assessable for _, row in held.values())
    return _Finding("NO" if is_read or not held else "NE", None, "")


def _date(
    group: tuple[ScanRow, ...],
    held: Held,
    finding: _Finding,
    states: Mapping[str, str],
    *,
    rules: ResponseCriteria,
    target: str,
    is_progression: bool,
) -> datetime.date:
    """The day on which the response of an assessment counts; of progression the earliest that shows it."""
    last = group[-1].date
    if not is_progression or group[0].date == last:
        return last
    days = [finding.day] if finding.new == "YES" and finding.day is not None else []
    days += [held[name][0].date for name, state in states.items() if state == "progressed"]
    if target == "PD":
        days.append(last if rules.pd_sum_date == "last" else group[0].date)
    return min(days)


def _reason(rule: str, target: str, states: Mapping[str, str], finding: _Finding) -> str:
    if rule == "O1":
        return finding.reason
    if rule == "O3":
        name = next(name for name, state in states.items() if state == "progressed")
        return f"non-target lesion {name} progressed"
    others = _of_others(states)
    words = [target, *([others] if rule in ("O6", "O9", "O10", "O11") else [])]
    if finding.new == "EQUIVOCAL":
        words.append(f"{finding.reason} (equivocal)")
    return "; ".join(words)


def _of_others(states: Mapping[str, str]) -> str:
    for state, words in (("present", "persists"), ("not_assessed", "was not assessed")):
        names = [name for name, held in states.items() if held == state]
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            return f"non-target lesion {names[0]}{more} {words}"
    return "no non-target lesion is left"


def _flags(group: tuple[ScanRow, ...], modality: str | None, finding: _Finding) -> tuple[str, ...]:
    flags = []
    if modality is not None and all(scan.modality not in (None, modality) for scan in group):
        flags.append("MODALITY_SWITCH")
    if finding.new in ("EQUIVOCAL", "NE"):
        flags.append(f"NEW_{finding.new}")
    return tuple(flags)
