r"""Text and paragraphs in RTF. Whatever a text says, it stays a text: `{`, `}` and `\` are escaped.

The file is ASCII. A letter outside it is written by its number, and stands as `?` in a program too old to know it.
Chinese, Japanese
and Korean letters are set in a font that has them, for not every program looks for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from unicodedata import category, east_asian_width

from calliper.report.rtf.styles import STYLES
from calliper.report.running_text import unbroken

_ESCAPED = {"\\": "\\\\", "{": "\\{", "}": "\\}", "\n": "\\line ", "\t": "\\tab ", "\u00a0": "\\~"}
_UNUSABLE = ("Cc", "Cs", "Cn")
"""Controls, halves of pairs and what is no letter: no page can show them."""

_BYTES_IN_A_UNIT = 2
TWIPS_IN_MM = 1440 / 25.4


def twips(mm: float) -> int:
    """Millimetres in twentieths of a point.

    >>> twips(25.4)
    1440
    """
    return round(mm * TWIPS_IN_MM)


def escaped(text: str) -> str:
    r"""The text as RTF; a carriage return alone ends a line.

    >>> print(escaped("{a\\b} ≤ 中"))
    \{a\\b\} \u8804? {\f2 \u20013?}
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = (letter for letter in lines if letter in "\n\t" or category(letter) not in _UNUSABLE)
    runs = ((is_wide, "".join(map(_letter, run))) for is_wide, run in groupby(shown, key=_is_wide))
    return "".join(f"{{\\f2 {run}}}" if is_wide else run for is_wide, run in runs)


def words(text: str) -> str:
    """Running text as RTF, in which no line ends between a sign and its number."""
    return escaped(unbroken(text))


def marks(notes: Sequence[str]) -> str:
    """The superscript marks of footnotes, `a,b`; nothing where there are none."""
    return f"{{\\super {escaped(','.join(notes))}}}" if notes else ""


def paragraph(style: str, inside: str, *, controls: str = "", end: str = "\\par") -> str:
    r"""A paragraph in a named style, on a line of the file; `controls` change it (`\keepn`, `\qr`)."""
    return f"\\pard\\plain{STYLES[style].controls}{controls} {inside}{end}\n"


def _letter(letter: str) -> str:
    if letter in _ESCAPED:
        return _ESCAPED[letter]
    if letter.isascii():
        return letter
    units = letter.encode("utf-16-le")
    return "".join(
        f"\\u{int.from_bytes(units[place : place + _BYTES_IN_A_UNIT], 'little', signed=True)}?"
        for place in range(0, len(units), _BYTES_IN_A_UNIT)
    )


def _is_wide(letter: str) -> bool:
    return east_asian_width(letter) in "WF"
