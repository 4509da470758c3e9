"""The scores that a study file can name: what each is made from, and what it gives.

    derived:
      child_class: {stage: child_pugh, items: {bilirubin: bili, albumin: alb, ...}, label: Child-Pugh class}
      child_points: {score: child_pugh, items: {...}, label: Child-Pugh points}

An item is a number, whose unit must be one of `units` where it has any, or a category, whose levels must be
among `words` (small and capital letters are one). Nothing else is read into a level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from calliper.disease.hcc import afp, albi, bclc, burden, child_pugh, hap, pvtt
from calliper.disease.scheme import Item, Scheme
from calliper.disease.units import FACTORS


def _spelled(words: Iterable[str]) -> Mapping[str, object]:
    return {word.casefold(): word for word in words}


ALBUMIN = Item(tuple(FACTORS["albumin"]))
BILIRUBIN = Item(tuple(FACTORS["bilirubin"]))
AFP = Item(tuple(FACTORS["afp"]))
DIAMETER = Item(tuple(FACTORS["diameter"]))
NODULES = Item(is_whole=True)
YES_NO = Item(words={"yes": True, "no": False}, is_number=False)
ECOG = Item(words={str(status): status for status in range(6)}, is_whole=True)

SCHEMES: Mapping[str, Scheme] = {
    "child_pugh": Scheme(
        {
            "bilirubin": BILIRUBIN,
            "albumin": ALBUMIN,
            "inr": Item(),
            "ascites": Item(words=_spelled(child_pugh.ASCITES), is_number=False),
            "encephalopathy": Item(words=_spelled(child_pugh.ENCEPHALOPATHY), is_number=False),
        },
        ("A", "B", "C"),
        child_pugh.child_pugh,
        versions=tuple(child_pugh.INR),
        default="INR_2.3",
    ),
    "bclc": Scheme(
        {
            "ecog": ECOG,
            "child_pugh": Item(words=_spelled("ABC"), is_number=False),
            "macrovascular": YES_NO,
            "spread": YES_NO,
            "nodules": NODULES,
            "diameter": DIAMETER,
        },
        bclc.STAGES,
        bclc.bclc,
        has_score=False,
        versions=tuple(bclc.VERSIONS),
    ),
    "macrovascular": Scheme(
        {
            "portal_vein": Item(words=_spelled(pvtt.VP), is_number=False),
            "hepatic_vein": Item(words=_spelled(pvtt.VV), is_number=False),
        },
        ("Yes", "No"),
        pvtt.macrovascular,
        has_score=False,
    ),
    "afp_400": Scheme(
        {"afp": Item(is_number=False, is_text=True)},
        afp.GROUPS,
        afp.afp_400,
        has_score=False,
        versions=("ng/mL", "IU/mL"),
    ),
    "albi": Scheme({"bilirubin": BILIRUBIN, "albumin": ALBUMIN}, ("1", "2", "3"), albi.albi),
    "malbi": Scheme({"bilirubin": BILIRUBIN, "albumin": ALBUMIN}, ("1", "2a", "2b", "3"), albi.malbi),
    "up_to_seven": Scheme(
        {"diameter": DIAMETER, "nodules": NODULES, "macrovascular": YES_NO}, ("in", "out"), burden.up_to_seven
    ),
    "six_and_twelve": Scheme(
        {"diameter": DIAMETER, "nodules": NODULES}, burden.GROUPS, burden.six_and_twelve
    ),
    "seven_eleven": Scheme({"diameter": DIAMETER, "nodules": NODULES}, burden.GROUPS, burden.seven_eleven),
    "tumour_burden": Scheme(
        {"diameter": DIAMETER, "nodules": NODULES}, burden.GROUPS, burden.tumour_burden_score
    ),
    "hap": Scheme(
        {"albumin": ALBUMIN, "bilirubin": BILIRUBIN, "afp": AFP, "diameter": DIAMETER},
        hap.CLASSES,
        hap.hap,
        versions=tuple(hap.BILIRUBIN_ABOVE_UMOL_L),
        default="BILIRUBIN_17",
    ),
    "mhap": Scheme({"albumin": ALBUMIN, "afp": AFP, "diameter": DIAMETER}, hap.CLASSES, hap.mhap),
    "mhap_ii": Scheme(
        {
            "albumin": ALBUMIN,
            "bilirubin": BILIRUBIN,
            "afp": AFP,
            "diameter": DIAMETER,
            "nodules": NODULES,
        },
        hap.CLASSES,
        hap.mhap_ii,
        versions=tuple(hap.BILIRUBIN_ABOVE_UMOL_L),
        default="BILIRUBIN_17",
    ),
}
"""By the name that a study file gives."""
