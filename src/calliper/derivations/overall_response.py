"""What one scan shows: lesions that are no targets, new lesions, and the whole by the table of rules O1-O11."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from calliper.derivations.sizes import mm
from calliper.disease.response_criteria import NO_TUMOUR, ResponseCriteria


def non_target_response(states: Iterable[str]) -> str:
    """What the non-target lesions of baseline show, one state each: absent, present, progressed or not_assessed.

    One that progressed is PD; else one that persists is NONCR_NONPD; else, where one was not assessed, NE.

    >>> non_target_response(["absent", "present"]), non_target_response([])
    ('NONCR_NONPD', 'NONE')
    """
    held = set(states)
    if "progressed" in held:
        return "PD"
    if "present" in held:
        return "NONCR_NONPD"
    if "not_assessed" in held:
        return "NE"
    return "CR" if held else "NONE"


class NewLesion(NamedTuple):
    """A lesion that was not there at baseline, as one scan shows it. None is what was not recorded.

    `size` is the longest diameter (of a node the short axis), `first_size` that of the scan which showed it first.
    """

    organ: str
    kind: str | None = None
    status: str | None = None
    pattern: str | None = None
    size: Decimal | None = None
    first_size: Decimal | None = None


class Finding(NamedTuple):
    """YES, EQUIVOCAL or NO, and why."""

    new: str
    reason: str


def new_lesion(criteria: ResponseCriteria, lesion: NewLesion) -> Finding:
    """Whether a lesion not seen at baseline is progression (YES), may become it (EQUIVOCAL), or is nothing (NO).

    Where a new hepatic lesion must have the typical pattern, one without a recorded pattern counts only when the
    reader called it unequivocal. What the reader called equivocal stays so.
    """
    size, kind = lesion.size, lesion.kind
    if kind in NO_TUMOUR or lesion.status == "absent":
        return Finding("NO", "no tumour")
    if lesion.status == "equivocal":
        return Finding("EQUIVOCAL", "called equivocal")
    if lesion.organ == "LN":
        needed = criteria.porta_hepatis_node_mm if kind == "porta_hepatis_node" else criteria.node_target_mm
        if criteria.is_new_by_pattern and (size is None or size < needed):
            return Finding("EQUIVOCAL", _below("short axis", size, needed))
        return Finding("YES", "a new node" + ("" if size is None else f" of {mm(size)}"))
    if kind in ("thrombus", "malignant_effusion") or lesion.organ != "LIVER":
        return Finding("YES", _named(kind, lesion.organ))
    if not criteria.is_new_by_pattern:
        return Finding("YES", "a new hepatic lesion" + ("" if size is None else f" of {mm(size)}"))
    return _hepatic(criteria, lesion)


def site_of(organ: str, kind: str | None) -> str:
    """Where a lesion lies, one of SITES: a thrombus is in a vessel, whatever organ it was recorded under.

    >>> site_of("LIVER", "thrombus"), site_of("LN", None), site_of("PERITONEUM", "malignant_effusion")
    ('vessel', 'node', 'effusion')
    """
    if organ == "LN":
        return "node"
    if kind == "thrombus" or organ == "VESSEL":
        return "vessel"
    if kind == "malignant_effusion":
        return "effusion"
    return "liver" if organ == "LIVER" else "extrahepatic"


def _hepatic(criteria: ResponseCriteria, lesion: NewLesion) -> Finding:
    size, first = lesion.size, lesion.first_size
    if size is None or size < criteria.new_lesion_mm:
        return Finding("EQUIVOCAL", _below("diameter", size, criteria.new_lesion_mm))
    if lesion.pattern == "typical":
        return Finding("YES", f"a new hepatic lesion of {mm(size)} with the typical pattern")
    if first is not None and size - first >= criteria.new_lesion_growth_mm:
        return Finding("YES", f"a new hepatic lesion that grew from {mm(first)} to {mm(size)}")
    if lesion.pattern is None and lesion.status == "unequivocal":
        return Finding("YES", f"a new hepatic lesion of {mm(size)}, called unequivocal")
    return Finding("EQUIVOCAL", "atypical" if lesion.pattern else "pattern not recorded")


def _below(what: str, size: Decimal | None, needed: Decimal) -> str:
    return f"{what} not recorded" if size is None else f"{what} {mm(size)}, less than {mm(needed)}"


def _named(kind: str | None, organ: str) -> str:
    if kind == "thrombus":
        return "new tumour in a vessel"
    if kind == "malignant_effusion":
        return "a new effusion with positive cytology"
    return f"a new lesion outside the liver ({organ})"


def overall_response(target: str, non_target: str, new: str) -> tuple[str, str]:
    """The response of a scan, and the rule of the table (O1-O11) that gave it; EQUIVOCAL and NE count as no new lesion.

    Rules are tested from the top. Without any lesion at baseline (NOTL, NONE) nothing can respond: NE, rule `-`.

    >>> overall_response("PR", "PD", "NO"), overall_response("CR", "NE", "NO")
    (('PD', 'O3'), ('PR', 'O6'))
    """
    if new == "YES":
        return "PD", "O1"
    if target == "PD":
        return "PD", "O2"
    if non_target == "PD":
        return "PD", "O3"
    if target == "NE":
        return "NE", "O4"
    if target == "CR":
        return ("CR", "O5") if non_target in ("CR", "NONE") else ("PR", "O6")
    if target in ("PR", "SD"):
        return target, "O7" if target == "PR" else "O8"
    without_target = {"CR": ("CR", "O9"), "NONCR_NONPD": ("NONCR_NONPD", "O10"), "NE": ("NE", "O11")}
    return without_target.get(non_target, ("NE", "-"))
