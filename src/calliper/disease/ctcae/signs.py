"""Grades of clinical signs, by version, from what was measured or seen; None where that does not tell the grade.

NCI CTCAE v3.0 (2003), v4.03 (2010), v5.0 (2017), put in fields. What calls a sign life-threatening or fatal
(grades 4 and 5) is the record's own to say, and is not derived here, but for fever.
"""

from __future__ import annotations

from dataclasses import dataclass

from calliper.disease.ctcae.versions import Version


def fever(celsius: float, *, hours_above_40: float | None = None) -> int | None:
    """Fever without neutropenia, the same in every version: 38.0, over 39.0, over 40.0, that for more than 24 hours.

    Over 40.0 without its duration cannot be graded.

    >>> fever(39.0), fever(39.1), fever(40.1, hours_above_40=30)
    (1, 2, 4)
    """
    if celsius > 40:
        if hours_above_40 is None:
            return None
        return 4 if hours_above_40 > 24 else 3
    return 2 if celsius > 39 else int(celsius >= 38)


def diarrhoea(stools_over_baseline: int) -> int:
    """Stools a day over baseline, the same in every version: up to 3, 4 to 6, 7 or more.

    >>> [diarrhoea(stools) for stools in (0, 3, 4, 6, 7)]
    [0, 1, 2, 2, 3]
    """
    if stools_over_baseline >= 7:
        return 3
    return 2 if stools_over_baseline >= 4 else int(stools_over_baseline >= 1)


def vomiting(episodes: int, *, version: Version) -> int | None:
    """Episodes in 24 hours; version 5.0 grades by what was done, so episodes do not tell.

    >>> [vomiting(2, version=version) for version in ("3.0", "4.03", "5.0")]
    [2, 1, None]
    """
    if episodes == 0:
        return 0
    if version == "5.0":
        return None
    if episodes >= 6:
        return 3
    return 2 if episodes >= (2 if version == "3.0" else 3) else 1


@dataclass(frozen=True, slots=True)
class Pressure:
    """Blood pressure in mmHg."""

    systolic: float
    diastolic: float


def hypertension(
    found: Pressure,
    baseline: Pressure,
    *,
    is_persistent: bool,
    has_symptoms: bool = False,
    drugs: int = 0,
    is_more_intensive: bool = False,
    version: Version,
) -> int:
    """Hypertension of an adult.

    Args:
        found: the highest pressure.
        baseline: before treatment.
        is_persistent: for 24 hours or more, or again.
        has_symptoms: counts in version 3.0 alone.
        drugs: against high pressure, given for this.
        is_more_intensive: treatment beyond that before.
        version: of the criteria.
    """
    if drugs > 1 or is_more_intensive:
        return 3
    rise = found.diastolic - baseline.diastolic > 20
    if version == "3.0":
        was_normal = baseline.systolic <= 150 and baseline.diastolic <= 100
        is_high = was_normal and (found.systolic > 150 or found.diastolic > 100)
        if not (rise or is_high):
            return 2 if drugs else 0
        return 2 if is_persistent or has_symptoms or drugs else 1
    if found.systolic >= 160 or found.diastolic >= 100:
        return 3
    was_normal = baseline.systolic <= 140 and baseline.diastolic <= 90
    is_high = was_normal and (found.systolic > 140 or found.diastolic > 90)
    by_level = found.systolic >= 140 or found.diastolic >= 90
    if by_level or drugs or (is_persistent and (rise or is_high)):
        return 2
    return int(found.systolic >= 120 or found.diastolic >= 80)


def rash(
    surface_percent: float,
    *,
    has_symptoms: bool,
    version: Version,
    desquamation_percent: float | None = None,
    limits_instrumental: bool = False,
    limits_self_care: bool = False,
    is_severe: bool = False,
) -> int | None:
    """Maculo-papular rash over a share of the body's surface, grades 0 to 3.

    Args:
        surface_percent: of the body's surface with the rash.
        has_symptoms: itch or others.
        version: of the criteria.
        desquamation_percent: of the surface that peels; version 3.0 asks for it where there are no symptoms.
        limits_instrumental: shopping, cooking.
        limits_self_care: washing, dressing, eating.
        is_severe: moderate or severe symptoms; of version 5.0 above 30 percent.
    """
    if surface_percent == 0:
        return 0
    if version == "3.0":
        return _rash_of_version_3(surface_percent, desquamation_percent, has_symptoms=has_symptoms)
    if limits_self_care:
        return 3
    if surface_percent > 30:
        return 3 if version == "4.03" or is_severe else 2
    return 2 if surface_percent >= 10 or limits_instrumental else 1


def _rash_of_version_3(surface: float, desquamation: float | None, *, has_symptoms: bool) -> int | None:
    if surface >= 100 or (desquamation is not None and desquamation >= 50):
        return 3
    if has_symptoms or desquamation:
        return 2
    return 1 if desquamation is not None else None


def hand_foot(
    *,
    has_changes: bool,
    is_painful: bool,
    version: Version,
    has_blisters: bool = False,
    loses_function: bool = False,
    limits_self_care: bool = False,
) -> int:
    """Hand-foot skin reaction (palmar-plantar erythrodysaesthesia in 4.03 and 5.0), which has no grade 4 or 5.

    Args:
        has_changes: of the skin.
        is_painful: with pain.
        version: of the criteria.
        has_blisters: peeling, blisters, bleeding or oedema; grade 2 without pain in version 3.0 alone.
        loses_function: ulcers, or pain that keeps from the use of hands or feet.
        limits_self_care: washing, dressing, eating.
    """
    if not has_changes:
        return 0
    if limits_self_care or (loses_function and version == "3.0"):
        return 3
    if version == "3.0":
        return 2 if is_painful or has_blisters else 1
    return 2 if is_painful else 1
