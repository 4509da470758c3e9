"""One patient's scans in order: baseline, nadir, what each assessment shows, and why.

Pure: values in, values out. lesions.py reads them from the tables.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from calliper.derivations.overall_response import non_target_response, overall_response
from calliper.disease.response_criteria import ResponseCriteria
from calliper.records.measured import PER_MM
from derivations.slow_twin.new_lesions import Finding, find_new
from derivations.slow_twin.patient_rows import Held, LesionRow, ScanRow, lesions_of, together
from derivations.slow_twin.target_response import Sums, Verdict, target_response

IGNORED_KINDS = ("bland_thrombus", "effusion", "cystic")
"""What is no tumour."""


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
    new_site: str | None = None
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
    groups = together([scan for scan in scans if not scan.is_baseline], rules)
    if not first:
        return [
            Assessed(group, group[-1].date, "NE", "NE", "NE", "NE", "O4", no_baseline, ()) for group in groups
        ]
    modality = first[-1].modality
    baseline = _Baseline(lesions_of(first, at_scan, modality), first[-1])
    seen = [lesions_of(group, at_scan, modality) for group in groups]
    findings = find_new(groups, seen, baseline.all, rules)
    course = _Course(baseline, rules)
    return [course.assess(*found) for found in zip(groups, seen, findings, strict=True)]


class _Baseline:
    """The lesions of baseline: targets with their sum, the others, and what keeps the sum from being a baseline."""

    def __init__(self, held: Held, last: ScanRow) -> None:
        self.date = last.date
        self.modality = last.modality
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
        self.is_measured = bool(targets) and not self.fault


class _Course:
    """What the scans before the next one leave to it: the nadir, whether the targets were gone, lesions removed."""

    def __init__(self, baseline: _Baseline, rules: ResponseCriteria) -> None:
        self.baseline = baseline
        self.rules = rules
        self.nadir, self.nadir_date = baseline.sum, baseline.date
        self.came_complete = False
        self.removed: set[str] = set()

    def assess(self, group: tuple[ScanRow, ...], held: Held, finding: Finding) -> Assessed:
        """What this assessment shows; the next one is held against it as well."""
        baseline, rules = self.baseline, self.rules
        self.removed |= {name for name, (_, row) in held.items() if row.status == "removed"}
        sums = self._sums(held)
        verdict = self._targets(sums)
        states = {name: _state(held.get(name), rules, self.removed) for name in baseline.others}
        non_target = non_target_response(states.values())
        overall, rule = overall_response(verdict.response, non_target, finding.new)
        day = group[-1].date
        if overall == "PD" and group[0].date != day:
            day = _day_of_progression(group, held, finding, states, rules, by_sum=verdict.response == "PD")
        assessed = Assessed(
            scans=group,
            date=day,
            target=verdict.response,
            non_target=non_target,
            new=finding.new,
            overall=overall,
            rule=rule,
            reason=_reason(rule, verdict.reason, states, finding),
            flags=(*verdict.flags, *_flags(group, baseline.modality, finding)),
            new_site=finding.site,
        )
        if not baseline.is_measured:
            return assessed
        assessed = assessed._replace(
            current=None if verdict.response == "NE" else sums.current,
            baseline=baseline.sum,
            nadir=self.nadir,
            nadir_date=self.nadir_date,
        )
        if not sums.n_missing:
            self.came_complete = self.came_complete or verdict.response == "CR"
            if sums.current < self.nadir:
                self.nadir, self.nadir_date = sums.current, group[-1].date
        return assessed

    def _sums(self, held: Held) -> Sums:
        baseline = self.baseline
        sizes = [_size(held, name, self.removed) for name in baseline.targets]
        nodes = [size or 0 for size, is_node in zip(sizes, baseline.is_node, strict=True) if is_node]
        total = sum(size for size in sizes if size is not None)
        return Sums(
            baseline=baseline.sum,
            nadir=self.nadir,
            current=_mm(total),
            beyond_nodes=_mm(total - sum(nodes)),
            largest_node=_mm(max(nodes, default=0)),
            nadir_date=self.nadir_date,
            n_missing=sizes.count(None),
            came_complete=self.came_complete,
        )

    def _targets(self, sums: Sums) -> Verdict:
        if not self.baseline.targets:
            return Verdict("NOTL", "no target lesion at baseline")
        if self.baseline.fault:
            return Verdict("NE", self.baseline.fault)
        return target_response(self.rules, sums)


def _mm(steps: int) -> Decimal:
    return Decimal(steps) / PER_MM


def _size(held: Held, name: str, removed: set[str]) -> int | None:
    found = held.get(name)
    return None if found is None or name in removed else found[1].counted


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
        normal = rules.node_normal_mm * PER_MM if row.organ == "LN" else 1
        return "absent" if row.counted < normal else "present"
    return "present" if row.status in ("present", "too_small", "fragment") else "not_assessed"


def _day_of_progression(
    group: tuple[ScanRow, ...],
    held: Held,
    finding: Finding,
    states: Mapping[str, str],
    rules: ResponseCriteria,
    *,
    by_sum: bool,
) -> datetime.date:
    """The earliest day that shows it: of a new lesion, of one that progressed, or by the sum."""
    days = [finding.day] if finding.new == "YES" and finding.day is not None else []
    days += [held[name][0].date for name, state in states.items() if state == "progressed"]
    if by_sum:
        days.append(group[-1 if rules.pd_sum_date == "last" else 0].date)
    return min(days)


def _reason(rule: str, target: str, states: Mapping[str, str], finding: Finding) -> str:
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


def _flags(group: tuple[ScanRow, ...], modality: str | None, finding: Finding) -> tuple[str, ...]:
    flags = []
    if modality is not None and all(scan.modality not in (None, modality) for scan in group):
        flags.append("MODALITY_SWITCH")
    if finding.new in ("EQUIVOCAL", "NE"):
        flags.append(f"NEW_{finding.new}")
    return tuple(flags)
