"""The numbers of a paragraph as printed, and those that stand together: an estimate and its interval, say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from calliper.audit.printed import Printed, read_printed

_WIDE = str.maketrans(
    "０１２３４５６７８９．，（）％＝＜＞／：；［］～－\u00a0\u2009\u202f\u2011",
    "0123456789.,()%=<>/:;[]~-   -",
)
"""Letters of Chinese print, and spaces and dashes of typesetters, one for one."""

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_])(?<![A-Za-z]-)(?<!\d\.)(?:(?<![\d)%])[-−])?"
    r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d++|(?=\.\d))(?:[.·]\d++)?(?![A-Za-z0-9_]*[A-Za-z_]\d)(?!\d)"
)
_P = re.compile(r"(?<![A-Za-z])p(?:[- ]?values?|值)?\s*(?:of|was|were|[=<>≤:为])?\s*[<>]?\s*$", re.IGNORECASE)
_MINUS_BEFORE = re.compile(r"(?:^|[\s(\[=<>≤≥,;:~]|to|至)$")

MOST_DIGITS = 20
"""Digits of a number; a longer run of them is no measurement, but a registration or a code."""

AROUND = 40
"""Letters before and after a number in which its words are looked for."""

Shape = Literal["fraction", "estimate", "count", "spread", "pair"]

_N = r"[-−]?\d{1,20}(?:,\d{3})*(?:[.·]\d{1,20})?"
_TO = r"\s*%?\s*(?:to|-|–|—|−|~|至|到|,|;)\s*"
_CI = (
    r"(?:[^()\[\];\d]{0,25}?\d{2}(?:\.\d)?\s*%\s*(?:CI|CrI|confidence interval|confidence limits|可信区间|置信区间)"
    r"\s*[:,=为]?\s*)"
)
_UNIT = (
    r"(?:\s*(?:%|percentage points|years?|months?|weeks?|days?|cm|mm|mg|个月|月|天|岁|年"
    r"|[A-Za-zµ]{1,5}/[A-Za-z]{1,3}))?"
)
_OUT_OF = r"(?P<k>\d{1,20})\s*(?:/|of|out of)\s*(?P<n>\d{1,20})"
_SHARE = rf"(?P<share>{_N})\s*%?"
_LIMITS = rf"(?P<low>{_N}){_TO}(?P<high>{_N})"
_OPENED = rf"(?:[(\[]\s*(?:{_CI}|(?:range|IQR|范围)[,:]?\s*)?|[,;]\s*{_CI})"
_TO_LOW = rf"(?P<est>{_N}){_UNIT}\s*{_OPENED}(?P<low>{_N})"
_ESTIMATE = rf"{_TO_LOW}{_TO}(?P<high>{_N})\s*%?"
_WORDS = r"(?:\s+[^\d().;,]{1,40}?)?"

_SHAPES: tuple[tuple[Shape, str], ...] = (
    ("fraction", rf"{_OUT_OF}{_WORDS}\s*[(,]\s*{_SHARE}\s*[,;(]\s*(?:{_CI})?{_LIMITS}"),
    ("fraction", rf"{_OUT_OF}{_WORDS}\s*[(,]\s*{_SHARE}"),
    ("fraction", rf"{_SHARE}\s*[(\[]\s*{_OUT_OF}"),
    ("estimate", rf"{_ESTIMATE}\s*[)\]]?\s*[,;(]\s*P(?:[- ]?value)?\s*[=<>]\s*(?P<p>{_N})"),
    ("estimate", _ESTIMATE),
    ("estimate", rf"{_TO_LOW}{_TO}(?:NR|NE|not reached|not estimable|未达到)"),
    ("count", rf"(?P<k>\d{{1,20}})\s*\(\s*{_SHARE}\s*\)"),
    ("spread", rf"(?P<est>{_N})\s*\((?:SD,?)?\s*(?P<sd>{_N})\s*\)"),
    ("spread", rf"(?P<est>{_N})\s*±\s*(?P<sd>{_N})"),
    ("pair", r"(?P<k>\d{1,20})\s*/\s*(?P<n>\d{1,20})"),
    ("pair", r"(?P<k>\d{1,20})(?:\s+[^\W\d]{1,40}){0,5}?\s+(?:in|of|among)\s+(?P<n>\d{1,20})(?=\s)"),
)
_COMPILED = tuple((shape, re.compile(pattern, re.IGNORECASE)) for shape, pattern in _SHAPES)


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number at letters `start` to `end`; `before` and `after` are what stands around it."""

    start: int
    end: int
    text: str
    printed: Printed
    before: str
    after: str

    @property
    def is_percent(self) -> bool:
        """True where a percent sign, or `percentage points`, follows."""
        return bool(re.match(r"\s*(?:%|percent|per cent|个?百分点)", self.after))

    @property
    def is_p(self) -> bool:
        """True for a P value: `P = 0.028`, `p<0.001`, `P 0.03`."""
        return _P.search(self.before) is not None

    @property
    def is_bare_integer(self) -> bool:
        """True for a whole number that nothing marks as a percentage."""
        return self.printed.decimals == 0 and not self.is_percent


@dataclass(frozen=True, slots=True)
class Together:
    """Numbers that are printed as one statement; `parts` name each: k, n, share, est, low, high, p, sd."""

    shape: Shape
    parts: tuple[tuple[str, Number], ...]


def plain_letters(text: str) -> str:
    """The text with the digits and signs of Chinese print as those of ours, letter for letter.

    >>> plain_letters("Ｐ＝０.０３（％）")
    'Ｐ=0.03(%)'
    """
    return text.translate(_WIDE)


def numbers_of(text: str) -> tuple[Number, ...]:
    """Every number of a text, in order; digits inside a name (`B12`, `IL-6`) are part of the name.

    >>> [number.text for number in numbers_of("HR 0.56 (0.33-0.97), P < 0.001; IL-6; −3.5")]
    ['0.56', '0.33', '0.97', '<0.001', '−3.5']
    """
    held = plain_letters(text)
    found = []
    for match in _NUMBER.finditer(held):
        start, written = match.start(), match[0]
        if written[0] in "-−" and not _MINUS_BEFORE.search(held[:start]):
            start, written = start + 1, written[1:]
        bound = re.search(r"([<>])\s*$", held[max(start - 3, 0) : start])
        if sum(letter.isdigit() for letter in written) > MOST_DIGITS:
            continue
        said = (bound[1] if bound else "") + written
        printed = read_printed(said)
        before, after = held[max(start - AROUND, 0) : start], held[match.end() : match.end() + AROUND]
        found.append(Number(start, match.end(), said, printed, before, after))
    return tuple(found)


def together_in(text: str, numbers: tuple[Number, ...]) -> Iterator[Together]:
    """Numbers that stand together, each number in one statement at most."""
    if not numbers:
        return
    held, taken = plain_letters(text), set[int]()
    at = {(number.start, number.end): number for number in numbers}
    for shape, pattern in _COMPILED:
        for match in pattern.finditer(held):
            parts = tuple(
                (name, at[match.span(name)]) for name in match.groupdict() if match.span(name) in at
            )
            if len(parts) < len(match.groupdict()) or any(number.start in taken for _, number in parts):
                continue
            taken |= {number.start for _, number in parts}
            yield Together(shape, parts)
