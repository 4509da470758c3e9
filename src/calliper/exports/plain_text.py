"""Text in ASCII, as a SAS transport file of version 5 holds it: what is written otherwise is told, or refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

WRITTEN = {
    "≤": "<=", "≥": ">=", "≠": "!=", "µ": "u", "μ": "u", "×": "x", "÷": "/", "±": "+/-", "–": "-", "—": "-", "−": "-",
    "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "•": "*", "·": ".", "°": " deg", "\u00a0": " ", "\u202f": " ",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "χ": "chi", "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o",
    "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "²": "2", "³": "3", "№": "No.",
}  # fmt: skip
"""Letters and signs that have a customary spelling in ASCII; accents are taken off besides."""


class Spelling(NamedTuple):
    """A text, and how it is written."""

    text: str
    written: str


def in_ascii(text: str) -> str | None:
    """The text in ASCII, or None where a letter of it has no spelling there.

    >>> in_ascii("≤3 µg, Köln"), in_ascii("肝癌")
    ('<=3 ug, Koln', None)
    """
    spelt = "".join(WRITTEN.get(letter, letter) for letter in text)
    bare = "".join(
        letter for letter in unicodedata.normalize("NFD", spelt) if not unicodedata.combining(letter)
    )
    return bare if bare.isascii() else None


def spellings(texts: Iterable[str]) -> tuple[list[Spelling], list[str]]:
    """How each different text is written in a transport file, and why some cannot be; in the order they come.

    Blanks at the end are not kept there, nor text that is nothing but blanks; two texts that would be written alike
    are refused, as is the character of code 0.
    """
    held: dict[str, str] = {}
    refused = []
    seen: dict[str, str] = {}
    for text in dict.fromkeys(texts):
        spelt = in_ascii(text)
        written = None if spelt is None else spelt.rstrip(" ")
        if written is None:
            refused.append(f"{text!r} has letters that have no spelling in ASCII")
        elif "\x00" in written:
            refused.append(f"{text!r} has a character of code 0")
        elif not written:
            refused.append(f"{text!r} is blank")
        elif written in seen:
            refused.append(f"{seen[written]!r} and {text!r} would both be written {written!r}")
        else:
            held[text] = written
            seen[written] = text
    return [Spelling(text, written) for text, written in held.items()], refused
