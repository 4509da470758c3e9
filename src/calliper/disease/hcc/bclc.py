"""The Barcelona (BCLC) stage: 0, A, B, C or D; its versions are data.

2018: Forner et al., Lancet 2018;391:1301. 2022: Reig et al., J Hepatol 2022;76:681. LEGACY_LARGE: the older reading,
still usual in Asian practice, in which a single tumour above 5 cm is B.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from calliper.disease.staged import Staged, not_recorded
from calliper.disease.units import convert

STAGES = ("0", "A", "B", "C", "D")


@dataclass(frozen=True, slots=True)
class Version:
    """What a version of BCLC says. `largest_single_a_cm` None: a single tumour of any size is A."""

    largest_single_0_cm: Decimal = Decimal(2)
    largest_few_a_cm: Decimal = Decimal(3)
    most_few_a: int = 3
    largest_single_a_cm: Decimal | None = None


VERSIONS: Mapping[str, Version] = {
    "2022": Version(),
    "2018": Version(),
    "LEGACY_LARGE": Version(largest_single_a_cm=Decimal(5)),
}
"""2018 and 2022 have the same letters; what 2022 adds, groups within B, is treatment and not staged here."""


def bclc(
    *,
    ecog: int | None,
    child_pugh: str | None,
    macrovascular: bool | None,
    spread: bool | None,
    nodules: int | None,
    diameter: float | None,
    diameter_unit: str,
    version: str,
) -> Staged:
    """The stage of one patient: that of the first rule that holds, from D over C, 0 and A to B.

    Unknown where a rule before the first true one could still hold: with Child-Pugh not recorded, ECOG 1 may be
    stage C or D. `score` is always None.

    Args:
        ecog: performance status that the tumour causes, 0 to 4.
        child_pugh: class A, B or C. Class C counts as not transplantable.
        macrovascular: True for tumour in a portal or hepatic vein or the inferior vena cava.
        spread: True for spread outside the liver, nodes among it.
        nodules: how many, exactly; 0 has no stage 0, A or B.
        diameter: of the largest, whole, in `diameter_unit`.
        version: a key of VERSIONS.

    Raises ValueError for a unit, a class or a version that is not known.
    """
    if version not in VERSIONS:
        raise ValueError(f"found the version '{version}'; expected {', '.join(VERSIONS)}")
    if child_pugh not in ("A", "B", "C", None):
        raise ValueError(f"found the Child-Pugh class '{child_pugh}'; expected A, B or C")
    if ecog is not None and ecog not in (0, 1, 2, 3, 4):
        return Staged(None, None, f"ECOG {ecog} is no status of a patient alive (0 to 4)")
    says = VERSIONS[version]

    def verdict(stage: str, why: str) -> Staged:
        return Staged(None, stage, f"{why}: stage {stage}")

    if child_pugh == "C" or (ecog is not None and ecog >= 3):
        return verdict("D", f"ECOG {ecog}" if ecog is not None and ecog >= 3 else "Child-Pugh C")
    if ecog is None or child_pugh is None:
        return not_recorded({"ECOG": ecog, "Child-Pugh class": child_pugh})
    if macrovascular or spread or ecog >= 1:
        found = [
            *["macrovascular invasion"] * (macrovascular is True),
            *["spread outside the liver"] * (spread is True),
            *[f"ECOG {ecog}"] * (ecog >= 1),
        ]
        return verdict("C", ", ".join(found))
    if macrovascular is None or spread is None or nodules is None:
        return not_recorded(
            {
                "macrovascular invasion": macrovascular,
                "spread outside the liver": spread,
                "number of nodules": nodules,
            }
        )
    if nodules < 1:
        return Staged(None, None, f"{nodules} nodules without invasion or spread: nothing to stage")
    if nodules > says.most_few_a:
        return verdict("B", f"ECOG 0, {nodules} nodules")
    if diameter is None:
        return not_recorded({"diameter": diameter})
    cm = convert("diameter", diameter, diameter_unit)
    size = f"{diameter:g} {diameter_unit}"
    if nodules == 1:
        single = f"ECOG 0, a single nodule of {size}"
        if cm <= says.largest_single_0_cm:
            return verdict("0", single)
        limit = says.largest_single_a_cm
        return verdict("A" if limit is None or cm <= limit else "B", single)
    return verdict(
        "A" if cm <= says.largest_few_a_cm else "B", f"ECOG 0, {nodules} nodules, the largest of {size}"
    )
