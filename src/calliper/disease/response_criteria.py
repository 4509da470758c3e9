"""Response criteria as data: every threshold by which a scan is judged, a named field with its unit.

`MRECIST_2010` is Lencioni and Llovet, Semin Liver Dis 2010;30:52-60. `RECIST_1_1` is Eisenhauer et al., Eur J Cancer
2009;45:228-247. A field that neither paper fixes (windows, minimum duration of stable disease, small re-enhancement)
is a choice of ours; docs/methods/response.md says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Literal

TARGET = ("CR", "PR", "SD", "PD", "NE", "NOTL")
"""What the target lesions of a scan show; NOTL: there was none at baseline."""

NON_TARGET = ("CR", "NONCR_NONPD", "PD", "NE", "NONE")
"""What the other lesions of baseline show; NONE: there was none."""

NEW = ("NO", "EQUIVOCAL", "YES", "NE")
"""Whether a scan shows a new lesion."""

NO_TUMOUR = ("bland_thrombus", "effusion", "cystic")
"""Kinds of lesion that are none, and count for nothing."""

SITES = ("liver", "vessel", "node", "effusion", "extrahepatic")
"""Where a new lesion lies, in the order in which several are named."""

OVERALL = ("CR", "PR", "SD", "NONCR_NONPD", "PD", "NE")
"""What a scan shows as a whole."""


@dataclass(frozen=True, slots=True)
class ResponseCriteria:
    """The rules by which lesions become a response. Sizes are millimetres, exact decimals; ages and spans days.

    Args:
        name: as a study file writes it.
        measures: hepatic lesions count by their `viable` (arterially enhancing) or by their `whole` diameter.
            Nodes always count by their short axis, lesions outside the liver by the whole diameter.
        needs_arterial_phase: a hepatic lesion is not assessed on a scan without one.
        reads_prior_treatment: a lesion treated before is no target unless it progressed since.
        pr_decrease_percent: partial response: the sum is at least so much below baseline.
        pd_increase_percent: progression: the sum is at least so much above the nadir.
        pd_absolute_mm: progression: and at least so much above it.
        reappear_mm: where the nadir is 0 (or, if this is 0, after a complete response) progression is a sum of at
            least so much; a smaller one is PR and flagged REENH_SMALL.
        target_min_mm: the smallest target lesion.
        too_small_mm: the diameter of a target lesion that is there and too small to measure.
        node_normal_mm: a node with a shorter short axis is normal.
        node_target_mm: the smallest node that is a target, or is new.
        porta_hepatis_node_mm: the same at the porta hepatis.
        new_lesion_mm: the smallest new hepatic lesion that is progression.
        new_lesion_growth_mm: the growth which makes an atypical new hepatic lesion progression.
        is_new_by_pattern: a new hepatic lesion must also have the typical pattern.
        max_targets: targets of a patient; `max_targets_per_organ`: of one organ.
        baseline_max_age_days: the oldest baseline scan before the start.
        baseline_oldest_days: the oldest that is still taken, flagged BL_OLD.
        assessment_days: scans of one visit within so many days are one assessment.
        confirm_days: a response is confirmed by another so many days later.
        max_ne_between: scans not evaluable that may lie between the two.
        takes_sd_between: whether one SD may lie between two PR.
        sd_min_days: stable disease counts from this day on.
        counts_nn_as_sd: disease neither gone nor progressed, without target lesions, counts as stable.
        pd_sum_date: the day of progression by the sum: the last or first of an assessment of several days.
        modalities: with which lesions can be assessed.
    """

    name: str
    measures: Literal["viable", "whole"]
    needs_arterial_phase: bool
    reads_prior_treatment: bool
    pd_absolute_mm: Decimal
    reappear_mm: Decimal
    porta_hepatis_node_mm: Decimal
    new_lesion_mm: Decimal
    is_new_by_pattern: bool
    pr_decrease_percent: Decimal = Decimal(30)
    pd_increase_percent: Decimal = Decimal(20)
    target_min_mm: Decimal = Decimal(10)
    too_small_mm: Decimal = Decimal(5)
    node_normal_mm: Decimal = Decimal(10)
    node_target_mm: Decimal = Decimal(15)
    new_lesion_growth_mm: Decimal = Decimal(10)
    max_targets: int = 5
    max_targets_per_organ: int = 2
    baseline_max_age_days: int = 28
    baseline_oldest_days: int = 42
    assessment_days: int = 14
    confirm_days: int = 28
    max_ne_between: int = 1
    takes_sd_between: bool = True
    sd_min_days: int = 28
    counts_nn_as_sd: bool = True
    pd_sum_date: Literal["last", "first"] = "last"
    modalities: tuple[str, ...] = ("CT", "MRI")


MRECIST_2010 = ResponseCriteria(
    name="mRECIST_2010",
    measures="viable",
    needs_arterial_phase=True,
    reads_prior_treatment=False,
    pd_absolute_mm=Decimal(0),
    reappear_mm=Decimal(10),
    porta_hepatis_node_mm=Decimal(20),
    new_lesion_mm=Decimal(10),
    is_new_by_pattern=True,
)

RECIST_1_1 = ResponseCriteria(
    name="RECIST_1_1",
    measures="whole",
    needs_arterial_phase=False,
    reads_prior_treatment=True,
    pd_absolute_mm=Decimal(5),
    reappear_mm=Decimal(0),
    porta_hepatis_node_mm=Decimal(15),
    new_lesion_mm=Decimal(0),
    is_new_by_pattern=False,
)

CRITERIA: Mapping[str, ResponseCriteria] = {held.name: held for held in (MRECIST_2010, RECIST_1_1)}

REFUSED: Mapping[str, str] = {
    "mRECIST_2020": "its points (Llovet and Lencioni, J Hepatol 2020) are not yet checked against the source; "
    "use mRECIST_2010, and change single fields where your charter says so",
    "mRECIST1.1": "there are no criteria of this name; mRECIST (2010) measures the viable tumour "
    "(mRECIST_2010), RECIST 1.1 the whole lesion (RECIST_1_1)",
}
"""Names that are met and not taken, each with the reason."""


def refused(name: str) -> str | None:
    """The refused name that this one writes, whatever its capitals, spaces, hyphens and underscores; else None.

    >>> refused("mRECIST 1.1"), refused("mRECIST (2010)")
    ('mRECIST1.1', None)
    """

    def plain(text: str) -> str:
        return "".join(letter for letter in text.casefold() if letter not in " _-\t")

    return next((held for held in REFUSED if plain(held) == plain(name)), None)


def criteria(name: str, changes: Mapping[str, object] | None = None) -> ResponseCriteria:
    """The criteria of a name, with single fields changed; a number is taken as the exact decimal it is written as.

    Raises:
        ValueError: a name that is not known, or known and refused, with the reason; a field that is not one.

    >>> criteria("RECIST_1_1").pd_absolute_mm, criteria("mRECIST_2010", {"pd_absolute_mm": 5}).pd_absolute_mm
    (Decimal('5'), Decimal('5'))
    """
    if (known_as := refused(name)) is not None:
        raise ValueError(f"found the criteria '{name}': {REFUSED[known_as]}")
    if name not in CRITERIA:
        raise ValueError(f"found the criteria '{name}'; expected one of {', '.join(CRITERIA)}")
    preset = CRITERIA[name]
    known = {field.name for field in fields(preset)} - {"name"}
    changed: dict[str, object] = {}
    for field, value in (changes or {}).items():
        if field not in known:
            raise ValueError(f"found the field '{field}'; expected one of {', '.join(sorted(known))}")
        is_decimal = isinstance(getattr(preset, field), Decimal)
        changed[field] = Decimal(str(value)) if is_decimal else value
    return replace(preset, **changed)  # type: ignore[arg-type]  # the study file's model has typed the values
