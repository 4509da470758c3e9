"""The grade of a laboratory value, by version, from the centre's own limits and the patient's baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from calliper.disease.ctcae.lab_rules import LAB_RULES, Band, LabRule, Reference
from calliper.disease.ctcae.versions import Version
from calliper.disease.units import convert


@dataclass(frozen=True, slots=True)
class LabValue:
    """A measured value with its unit and the limits of the laboratory that measured it, in the same unit."""

    value: float
    unit: str
    lower_limit: float | None = None
    upper_limit: float | None = None


@dataclass(frozen=True, slots=True)
class LabGrade:
    """The grade (None: cannot be told), why, and flags: BASELINE_MISSING where one should have been held against it."""

    grade: int | None
    reason: str
    flags: tuple[str, ...] = ()


def grade_lab(test: str, value: LabValue, *, version: Version, baseline: LabValue | None = None) -> LabGrade:
    """Grade one value of `test`, a name of LAB_RULES.

    Without a limit that the grade depends on there is no grade, which is not grade 0; a threshold in absolute terms
    needs none. Without a baseline, the value is graded as if the baseline had been normal, and flagged, where the
    version compares with it; where that leaves grade 0 and the version counts any rise, there is no grade.

    Raises:
        KeyError: the version has no rule of this test.
        ValueError: a unit that is not known, or a value that is negative or not finite.
    """
    rule = LAB_RULES[version][test]
    held = _References(rule, value, baseline)
    bands = rule.bands
    if rule.if_high_at_baseline and held.is_high_at_baseline:
        bands = rule.if_high_at_baseline
    reached = [band for band in bands if held.is_beyond(band)]
    worst = max(reached, key=lambda band: band.grade, default=None)
    missing = held.missing(bands)
    flags = ("BASELINE_MISSING",) if baseline is None and _compares_with_baseline(rule) else ()
    lacking = [name for name, grade in missing.items() if worst is None or grade > worst.grade]
    lacking = [name for name in lacking if name != "baseline" or (worst is None and rule.needs_baseline)]
    if lacking:
        return LabGrade(None, f"the {lacking[0]} is not recorded", flags)
    if worst is None:
        return LabGrade(0, f"{_number(held.value)} {rule.unit}: reaches no grade", flags)
    return LabGrade(worst.grade, held.words(worst), flags)


class _References:
    """The value and what it is held against, in the rule's own unit."""

    def __init__(self, rule: LabRule, value: LabValue, baseline: LabValue | None) -> None:
        if value.value < 0 or (baseline is not None and baseline.value < 0):
            raise ValueError(f"found {value.value} {value.unit}; expected a value of at least 0")
        self.rule = rule
        self.value = convert(rule.quantity, value.value, value.unit)
        lower, upper = (_limit(rule, value, limit) for limit in (value.lower_limit, value.upper_limit))
        before = None if baseline is None else convert(rule.quantity, baseline.value, baseline.unit)
        self.of: dict[Reference, Decimal | None] = {
            "1": Decimal(1),
            "lower limit": lower,
            "upper limit": upper,
            "baseline": before,
        }
        own = None if baseline is None else _limit(rule, baseline, baseline.upper_limit)
        limit = upper if own is None else own
        self.is_high_at_baseline = before is not None and limit is not None and before > limit

    def is_beyond(self, band: Band) -> bool:
        """Whether the value reaches the band; False where its reference is missing."""
        reference = self.of[band.of]
        if reference is None:
            return False
        threshold = band.times * reference
        if band.from_on and self.value == threshold:
            return True
        return self.value > threshold if self.rule.is_high else self.value < threshold

    def missing(self, bands: Iterable[Band]) -> dict[str, int]:
        """The references that are not recorded, each with the highest grade that depends on it."""
        found: dict[str, int] = {}
        for band in bands:
            if self.of[band.of] is None:
                found[band.of] = max(band.grade, found.get(band.of, 0))
        return found

    def words(self, band: Band) -> str:
        """The threshold that the value is beyond."""
        unit, side = self.rule.unit, "above" if self.rule.is_high else "below"
        if band.from_on:
            side = "at least"
        if band.of == "1":
            return f"{_number(self.value)} {unit}: {side} {_number(band.times)} {unit}"
        reference = f"the {band.of} of {_number(self.of[band.of] or Decimal(0))} {unit}"
        times = "" if band.times == 1 else f"{_number(band.times)} times "
        return f"{_number(self.value)} {unit}: {side} {times}{reference}"


def _limit(rule: LabRule, value: LabValue, limit: float | None) -> Decimal | None:
    return None if limit is None else convert(rule.quantity, limit, value.unit)


def _compares_with_baseline(rule: LabRule) -> bool:
    return bool(rule.if_high_at_baseline) or any(band.of == "baseline" for band in rule.bands)


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
