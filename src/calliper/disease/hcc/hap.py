"""The hepatoma arterial-embolisation prognostic scores, one point an item.

    HAP      albumin < 36 g/L, bilirubin > 17 umol/L, AFP > 400 ng/mL, diameter > 7 cm: A 0, B 1, C 2, D 3 or more
             Kadalayil et al., Ann Oncol 2013;24:2565
    mHAP     without bilirubin: A 0, B 1, C 2, D 3     Pinato et al., Clin Gastroenterol Hepatol 2015 (not verified)
    mHAP-II  HAP and a point for two nodules or more: A 0, B 1, C 2, D 3 or more     Park et al., Liver Int 2016

A value at a bound has no point: albumin 36, bilirubin 17, AFP 400 and 7.0 cm count 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from calliper.disease.staged import Staged, not_recorded
from calliper.disease.units import convert

ALBUMIN_BELOW_G_L = Decimal(36)
AFP_ABOVE_NG_ML = Decimal(400)
DIAMETER_ABOVE_CM = Decimal(7)
MANY_NODULES = 2
BILIRUBIN_ABOVE_UMOL_L: Mapping[str, Decimal] = {
    "BILIRUBIN_17": Decimal(17),
    "BILIRUBIN_15.4": Decimal("15.4"),
}
"""By version: 17 umol/L of HAP, or the 0.9 mg/dL that the mHAP-II paper wrote."""

CLASSES = ("A", "B", "C", "D")


def hap(
    albumin: float | None,
    bilirubin: float | None,
    afp: float | None,
    diameter: float | None,
    *,
    albumin_unit: str,
    bilirubin_unit: str,
    afp_unit: str,
    diameter_unit: str,
    version: str = "BILIRUBIN_17",
) -> Staged:
    """HAP points (0 to 4) and class; null where an item is None. Raises ValueError for an unknown unit or version."""
    above = _bilirubin_limit(version)
    return _classed(
        {
            "albumin": _point("albumin", albumin, albumin_unit, below=ALBUMIN_BELOW_G_L),
            "bilirubin": _point("bilirubin", bilirubin, bilirubin_unit, above=above),
            "AFP": _point("afp", afp, afp_unit, above=AFP_ABOVE_NG_ML),
            "diameter": _point("diameter", diameter, diameter_unit, above=DIAMETER_ABOVE_CM),
        }
    )


def mhap(
    albumin: float | None,
    afp: float | None,
    diameter: float | None,
    *,
    albumin_unit: str,
    afp_unit: str,
    diameter_unit: str,
) -> Staged:
    """mHAP points (0 to 3) and class; null where an item is None. Raises ValueError for an unknown unit."""
    return _classed(
        {
            "albumin": _point("albumin", albumin, albumin_unit, below=ALBUMIN_BELOW_G_L),
            "AFP": _point("afp", afp, afp_unit, above=AFP_ABOVE_NG_ML),
            "diameter": _point("diameter", diameter, diameter_unit, above=DIAMETER_ABOVE_CM),
        }
    )


def mhap_ii(
    albumin: float | None,
    bilirubin: float | None,
    afp: float | None,
    diameter: float | None,
    nodules: int | None,
    *,
    albumin_unit: str,
    bilirubin_unit: str,
    afp_unit: str,
    diameter_unit: str,
    version: str = "BILIRUBIN_17",
) -> Staged:
    """mHAP-II points (0 to 5) and class; null where an item is None.

    Raises ValueError for an unknown unit or version.
    """
    above = _bilirubin_limit(version)
    return _classed(
        {
            "albumin": _point("albumin", albumin, albumin_unit, below=ALBUMIN_BELOW_G_L),
            "bilirubin": _point("bilirubin", bilirubin, bilirubin_unit, above=above),
            "AFP": _point("afp", afp, afp_unit, above=AFP_ABOVE_NG_ML),
            "diameter": _point("diameter", diameter, diameter_unit, above=DIAMETER_ABOVE_CM),
            "number of nodules": None if nodules is None else int(nodules >= MANY_NODULES),
        }
    )


def _bilirubin_limit(version: str) -> Decimal:
    if version not in BILIRUBIN_ABOVE_UMOL_L:
        raise ValueError(f"found the version '{version}'; expected {' or '.join(BILIRUBIN_ABOVE_UMOL_L)}")
    return BILIRUBIN_ABOVE_UMOL_L[version]


def _point(
    item: str, value: float | None, unit: str, *, below: Decimal | None = None, above: Decimal | None = None
) -> int | None:
    if value is None:
        return None
    held = convert(item, value, unit)
    return int((below is not None and held < below) or (above is not None and held > above))


def _classed(points: Mapping[str, int | None]) -> Staged:
    if None in points.values():
        return not_recorded(points)
    counted = [item for item, point in points.items() if point]
    total = len(counted)
    return Staged(
        total,
        CLASSES[min(total, 3)],
        f"points for {', '.join(counted) or 'nothing'}: {total} of {len(points)}",
    )
