"""What the texts of SDTM's tumour domains mean: the standard's own words, and those a study file adds.

Source: CDISC controlled terminology for SDTM, oncology code lists (TUTESTCD, TUIDRS, TRTESTCD, TUMSTATE, METHOD, LOC).
A region of the body (BODY, CHEST) and a method that may or may not measure (PET/CT) are not here: the study file says
what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from calliper.protocol.specs import Tumours

NODE = "LYMPH NODE"

ORGANS: Mapping[str, str] = {
    "LIVER": "LIVER",
    "LUNG": "LUNG",
    NODE: "LN",
    "LYMPH NODES": "LN",
    "ADRENAL GLAND": "ADRENAL",
    "BONE": "BONE",
    "PERITONEUM": "PERITONEUM",
    **dict.fromkeys(
        ("PORTAL VEIN", "HEPATIC VEIN", "INFERIOR VENA CAVA", "VENA CAVA", "HEPATIC ARTERY"), "VESSEL"
    ),
    **dict.fromkeys(
        (
            "ANUS", "APPENDIX", "BILE DUCT", "BLADDER", "BRAIN", "BREAST", "COLON", "DUODENUM", "ESOPHAGUS",
            "GALLBLADDER", "HEART", "KIDNEY", "LARYNX", "MUSCLE", "OVARY", "PANCREAS", "PERICARDIUM", "PHARYNX",
            "PLEURA", "PROSTATE GLAND", "RECTUM", "SKIN", "SMALL INTESTINE", "SPLEEN", "STOMACH", "THYROID GLAND",
            "URINARY BLADDER", "UTERUS",
        ),
        "OTHER",
    ),
}  # fmt: skip

MODALITIES: Mapping[str, str] = {
    **dict.fromkeys(("CT", "CT SCAN", "SPIRAL CT", "CONTRAST ENHANCED CT SCAN"), "CT"),
    **dict.fromkeys(("MRI", "MRI SCAN", "CONTRAST ENHANCED MRI"), "MRI"),
    **dict.fromkeys(("PET", "PET SCAN"), "PET"),
    **dict.fromkeys(("ULTRASOUND", "ENDOSCOPIC ULTRASOUND"), "US"),
    **dict.fromkeys(("X-RAY", "XRAY", "CHEST X-RAY"), "XRAY"),
    **dict.fromkeys(
        ("PHYSICAL EXAMINATION", "PHOTOGRAPHY", "BONE SCAN", "SCINTIGRAPHY", "ENDOSCOPY", "CALIPER"), "OTHER"
    ),
}

ROLES: Mapping[str, str] = {"TARGET": "target", "NON-TARGET": "non_target", "NEW": "new"}

IDENTIFICATIONS = ("TUMIDENT", "LESIDENT")
"""Tests of TU that identify a lesion; a split or a merger of lesions is another test, and is not read."""

TESTS: Mapping[str, str] = {
    "LDIAM": "longest",
    "LPERP": "short_axis",
    "DIAMETER": "diameter",
    "TUMSTATE": "state",
    "LNSTATE": "state",
    "SUMDIAM": "sum",
    **dict.fromkeys(
        ("ACNSD", "PCBSD", "PCNSD", "ACPSD", "PCPSD", "SUMNLNLD", "SUMNPF", "AREA", "VOLUME"), "ignored"
    ),
}

STATES: Mapping[str, str] = {
    "PRESENT": "present",
    "ABSENT": "absent",
    "TOO SMALL TO MEASURE": "too_small",
    "NOT EVALUABLE": "not_assessed",
    "NE": "not_assessed",
    "NOT ASSESSED": "not_assessed",
    "NOT DONE": "not_assessed",
    "UNEQUIVOCAL PROGRESSION": "progressed",
    "EQUIVOCAL": "equivocal",
    "UNEQUIVOCAL": "unequivocal",
}

OVERALL = "OVRLRESP"
NOT_DONE = "NOT DONE"


@lru_cache(maxsize=4096)
def plain(text: str | None) -> str:
    """A text as it is compared: capitals, one space between words.

    >>> plain(" Lymph  node ")
    'LYMPH NODE'
    """
    return " ".join((text or "").upper().split())


@dataclass(frozen=True, slots=True)
class Words:
    """The meaning of each text of a study's domains, by the text as `plain` gives it.

    The fields have the names of the keys of the study file that add to them.
    """

    locations: Mapping[str, str]
    methods: Mapping[str, str]
    roles: Mapping[str, str]
    tests: Mapping[str, str]
    states: Mapping[str, str]

    def known(self, key: str) -> list[str]:
        """The texts under a key."""
        held: Mapping[str, str] = getattr(self, key)
        return list(held)

    def organ(self, location: str) -> str | None:
        """The organ of a location; of one not in the list that names a lymph node, LN; else None."""
        found = self.locations.get(plain(location))
        return "LN" if found is None and NODE in plain(location) else found


def words_of(tumours: Tumours) -> Words:
    """The standard's words, and over them the study's own."""
    pairs: tuple[tuple[Mapping[str, str], Mapping[str, str]], ...] = (
        (ORGANS, dict(tumours.locations)),
        (MODALITIES, dict(tumours.methods)),
        (ROLES, dict(tumours.roles)),
        (TESTS, dict(tumours.tests)),
        (STATES, dict(tumours.states)),
    )
    return Words(*({**known, **{plain(text): to for text, to in own.items()}} for known, own in pairs))
