"""The roles of the tables of treatment and laboratory: sessions, what was prepared, given and seen, other therapy."""

from __future__ import annotations

from collections.abc import Mapping

from calliper.disease.hcc.procedure import STEPS
from calliper.disease.lab_tests import UNIT_WORDS, WORDS
from calliper.protocol.role import AMOUNT, DAY, ORDINAL, TEXT, YES_OR_NO, Role, needed, words

PATIENT, SESSION = needed(TEXT), needed(TEXT)

STAIN = words("none", "partial", "complete")
"""How much of the tumour's stain is still shown."""

VESSELS = {
    **{
        vessel: vessel
        for vessel in (
            "coeliac", "common_hepatic", "proper_hepatic", "right_hepatic", "left_hepatic", "phrenic",
            "superior_mesenteric", "left_gastric", "right_renal", "other",
        )
    },
    "celiac": "coeliac",
    "r_hepatic": "right_hepatic",
    "l_hepatic": "left_hepatic",
    "sma": "superior_mesenteric",
    "l_gastric": "left_gastric",
    "r_renal": "right_renal",
}  # fmt: skip

TREATMENT: Mapping[str, Mapping[str, Role]] = {
    "sessions": {
        "patient": PATIENT,
        "session": SESSION,
        "number": ORDINAL,
        "date": needed(DAY),
        "study_treatment": YES_OR_NO,
        "technique": words("DEB_TACE", "C_TACE", "TAE", "HAIC", ctace="C_TACE"),
        "indication": words("first", "residual", "progression", "staged", "other"),
        "access": words(
            "right_femoral", "left_femoral", "radial", r_femoral="right_femoral", l_femoral="left_femoral"
        ),
        "puncture": words("seldinger", "other"),
        "selectivity": words("lobar", "segmental", "subsegmental", "superselective"),
        "microcatheter": YES_OR_NO,
        "duration_min": AMOUNT,
        "ended_by": words("stasis", "near_stasis", "planned_dose", "stopped_early", "unknown"),
        "success": YES_OR_NO,
        "complication": TEXT,
    },
    "bead_preparation": {
        "patient": PATIENT,
        "session": SESSION,
        "product": words("callispheres", "dc_bead", "hepasphere", "other"),
        "bead_size_min_um": AMOUNT,
        "bead_size_max_um": AMOUNT,
        "vials": ORDINAL,
        "mass_g_per_vial": AMOUNT,
        "lot": TEXT,
        "syringe_beads_ml": AMOUNT,
        "settle_min": AMOUNT,
        "drug": words("epirubicin", "doxorubicin", "irinotecan", "other", "none"),
        "drug_mg": AMOUNT,
        "solvent": words("sterile_water", "saline"),
        "solvent_ml": AMOUNT,
        "syringe_drug_ml": AMOUNT,
        "connector": words("three_way", "other"),
        "shake_every_min": AMOUNT,
        "load_min": AMOUNT,
        "contrast": words("iodixanol", "other_nonionic"),
        "ratio_beads_to_contrast": Role("ratio"),
        "wait_min": AMOUNT,
    },
    "arterial_drugs": {
        "patient": PATIENT,
        "session": SESSION,
        "drug": needed(TEXT),
        "dose_mg": AMOUNT,
        "before_beads": YES_OR_NO,
    },
    "embolisation": {
        "patient": PATIENT,
        "session": SESSION,
        "step": needed(ORDINAL),
        "action": words(*STEPS),
        "material": words("deb", "plain_microsphere", "lipiodol", "gelfoam", "coil"),
        "size_um": AMOUNT,
        "volume_ml": AMOUNT,
        "rate_ml_per_min": AMOUNT,
        "mode": words("pulse", "continuous"),
        "reason": words("initial", "additional_stain", "supplement"),
        "stain": STAIN,
    },
    "angiography": {
        "patient": PATIENT,
        "session": SESSION,
        "phase": needed(words("pre", "after_pause", "final")),
        "vessels": Role("set", words=VESSELS),
        "feeders": TEXT,
        "extrahepatic_feeder": YES_OR_NO,
        "stain": STAIN,
        "vessel_change": words(
            "unchanged", "reduced", "slender", "absent", "not_applicable", na="not_applicable"
        ),
        "pause_min": AMOUNT,
    },
    "other_therapy": {
        "patient": PATIENT,
        "type": needed(
            words(
                "RFA", "RT", "chemotherapy", "surgery", "TKI", "ICI", "C_TACE", "HAIC", "LT", "other",
                chemo="chemotherapy", ctace="C_TACE",
            )
        ),
        "start": needed(DAY, blank="query"),
        "end": DAY,
        "line": ORDINAL,
        "before_index": YES_OR_NO,
    },
}  # fmt: skip
"""RFA radiofrequency ablation, RT radiotherapy, TKI and ICI systemic drugs by their kind, LT liver transplantation."""

LABORATORY: Mapping[str, Mapping[str, Role]] = {
    "labs": {
        "patient": PATIENT,
        "date": needed(DAY, blank="query"),
        "test": needed(Role("text", words=WORDS, takes_any=True)),
        "value": needed(AMOUNT, blank="query"),
        "unit": needed(Role("text", words=UNIT_WORDS, takes_any=True), blank=""),
        "lower_limit": AMOUNT,
        "upper_limit": AMOUNT,
    },
}
"""A test or unit that is not known is read as it stands."""
