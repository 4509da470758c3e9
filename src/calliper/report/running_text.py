"""Where a line of text may end."""

from __future__ import annotations

import re

_SIGN = re.compile(r" ([=<>≤≥]) (?=[\d.−])")


def unbroken(text: str) -> str:
    """Running text in which no line ends between a symbol, its sign and its number.

    >>> unbroken("P = 0.028").split(" ")
    ['P\\xa0=\\xa00.028']
    """
    return _SIGN.sub("\u00a0\\1\u00a0", text)
