"""Tumour thrombus of the portal vein (Vp0 to Vp4), the hepatic veins (Vv0 to Vv3), and Cheng's types.

Vp1 lies beyond the second-order branches, Vp2 in them, Vp3 in a first-order branch, Vp4 in the trunk or the
first-order branch of the other side; Vv3 reaches the inferior vena cava. Cheng: I is Vp1 and Vp2, II is Vp3, III the
trunk, IV the superior mesenteric vein, I0 microscopic (World J Gastroenterol 2022;28:704).
"""

from __future__ import annotations

from calliper.disease.staged import Staged, not_recorded

VP = ("Vp0", "Vp1", "Vp2", "Vp3", "Vp4")
VV = ("Vv0", "Vv1", "Vv2", "Vv3")
CHENG = ("none", "I", "II", "III", "IV")


def is_macrovascular(vp: str | None, vv: str | None) -> bool | None:
    """Whether tumour is in a portal or hepatic vein: True from Vp1 or Vv1 on, False at Vp0 and Vv0, else None.

    Microscopic invasion is neither. Raises ValueError for another word.

    >>> is_macrovascular("Vp0", None) is None
    True
    """
    for found, known in ((vp, VP), (vv, VV)):
        if found is not None and found not in known:
            raise ValueError(f"found '{found}'; expected {', '.join(known)}")
    if (vp is not None and vp != "Vp0") or (vv is not None and vv != "Vv0"):
        return True
    return None if vp is None or vv is None else False


def macrovascular(portal_vein: str | None, hepatic_vein: str | None) -> Staged:
    """`is_macrovascular` as a stage, Yes or No, of a level of VP and one of VV."""
    holds = is_macrovascular(portal_vein, hepatic_vein)
    if holds is None:
        return not_recorded({"portal vein": portal_vein, "hepatic vein": hepatic_vein})
    levels = [level for level in (portal_vein, hepatic_vein) if level is not None]
    return Staged(None, "Yes" if holds else "No", ", ".join(levels))


def cheng(
    vp: str | None, *, trunk: bool | None = None, superior_mesenteric: bool | None = None
) -> str | None:
    """Cheng's type of a portal vein thrombus.

    Vp4 is III only where it lies in the trunk (`trunk`): in the other side's first-order branch alone it is II. It is
    IV where it reaches the superior mesenteric vein. None where that is not recorded and decides.

    Raises ValueError for a word that is no Vp level, and for a thrombus of the superior mesenteric vein below Vp4.
    """
    if vp is not None and vp not in VP:
        raise ValueError(f"found '{vp}'; expected {', '.join(VP)}")
    if superior_mesenteric and vp not in ("Vp4", None):
        raise ValueError(f"found a thrombus of the superior mesenteric vein with {vp}; expected Vp4")
    if superior_mesenteric:
        return "IV"
    if vp is None:
        return None
    if vp == "Vp4":
        if trunk is None or (trunk and superior_mesenteric is None):
            return None
        return "III" if trunk else "II"
    return {"Vp0": "none", "Vp1": "I", "Vp2": "I", "Vp3": "II"}[vp]
