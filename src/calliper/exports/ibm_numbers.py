"""Numbers as IBM's computers held them: the doubles of a SAS transport file (SAS technical paper TS-140).

One bit of sign, seven of a power of 16 (less 64), 56 of a fraction in [1/16, 1). A double of today has 53 bits, and at
most three of the fraction's first are 0: every one between the limits is held exactly.
"""

from __future__ import annotations

import math

MISSING = b"\x2e" + bytes(7)
"""SAS's missing value, a full stop where the power stands."""


def to_ibm(value: float | None) -> bytes:
    """The eight bytes of a number, of None those of a missing value.

    Raises ValueError for NaN, infinity and numbers whose power of 16 lies outside -64 to 63.

    >>> to_ibm(1.0).hex(), to_ibm(-118.625).hex(), to_ibm(0.0).hex()
    ('4110000000000000', 'c276a00000000000', '0000000000000000')
    """
    if value is None:
        return MISSING
    if value == 0:
        return bytes(8)
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    fraction, power_of_2 = math.frexp(abs(value))  # fraction in [1/2, 1)
    power = -(-power_of_2 // 4)
    whole = int(math.ldexp(fraction, 56 - (4 * power - power_of_2)))
    if not -64 <= power <= 63:
        raise ValueError(f"{value!r} is too large or too small")
    sign = 0x80 if value < 0 else 0
    return bytes([sign | (power + 64)]) + whole.to_bytes(7, "big")
