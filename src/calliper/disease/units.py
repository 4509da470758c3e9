"""Units of what scores and grades are made from. A unit is always given, and conversions are exact decimals.

Binary floats would put 3 mg/dL of bilirubin (51.3 umol/L) above 51.3: 3 * 17.1 is 51.300000000000004.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

FACTORS: Mapping[str, Mapping[str, Decimal]] = {
    "bilirubin": {
        "umol/L": Decimal(1),
        "µmol/L": Decimal(1),  # the micro sign
        "μmol/L": Decimal(1),  # the Greek letter
        "mg/dL": Decimal("17.1"),
    },
    "albumin": {"g/L": Decimal(1), "g/dL": Decimal(10)},
    "afp": {"ng/mL": Decimal(1), "ug/L": Decimal(1), "µg/L": Decimal(1), "IU/mL": Decimal("1.21")},
    "diameter": {"cm": Decimal(1), "mm": Decimal("0.1")},
    "enzyme": {"U/L": Decimal(1), "IU/L": Decimal(1), "ukat/L": Decimal(60), "µkat/L": Decimal(60)},
    "creatinine": {
        "umol/L": Decimal(1),
        "µmol/L": Decimal(1),
        "μmol/L": Decimal(1),
        "mg/dL": Decimal("88.4"),
    },
    "cells": {
        "10^9/L": Decimal(1),
        "1e9/L": Decimal(1),
        "10^3/uL": Decimal(1),
        "10^3/µL": Decimal(1),
        "/uL": Decimal("0.001"),
        "/µL": Decimal("0.001"),
    },
    "haemoglobin": {"g/L": Decimal(1), "g/dL": Decimal(10)},
    "inr": {"1": Decimal(1), "ratio": Decimal(1)},
}
"""Of each item, its units by what one of them is in the first: mg/dL by 17.1 is umol/L."""


@lru_cache(maxsize=4096)  # measurements of a cohort repeat
def exact(value: float) -> Decimal:
    """A number as it was written: 0.1 is one tenth.

    Raises ValueError for what is not finite.
    """
    held = Decimal(repr(value))
    if not held.is_finite():
        raise ValueError(f"found {value}; expected a finite number, or None where it is not recorded")
    return held


@lru_cache(maxsize=4096)
def convert(item: str, value: float, unit: str) -> Decimal:
    """A measurement of `item` in the first unit of its FACTORS.

    Raises ValueError naming the known units for another unit, and for a value that is not finite.

    >>> convert("bilirubin", 3, "mg/dL")
    Decimal('51.3')
    """
    factors = FACTORS[item]
    if unit not in factors:
        raise ValueError(f"found the unit '{unit}' of {item}; expected {', '.join(factors)}")
    return exact(value) * factors[unit]
