"""How wide a text sets, and where to break it: for layout only, since the reader's font may differ a little.

Widths are those of Helvetica (Adobe Font Metrics, 1000 units to the em); East Asian characters are one em.
"""

from __future__ import annotations

from unicodedata import east_asian_width

_BY_WIDTH = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " \u00a0!,./:;I[\\]ft",
    333: "()-`r",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jckvxyz—",
    556: "0123456789#$?_Labdeghnopqu–",
    584: "+<=>~−≥≤±×",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1015: "@",
}
_WIDTHS = {letter: width for width, letters in _BY_WIDTH.items() for letter in letters}
_SPARE = 1.06
"""Fallback sans-serif faces set a little wider than Helvetica."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a line of text at `size` CSS px, in px."""
    units = sum(_WIDTHS.get(letter, 1000 if east_asian_width(letter) in "WF" else 556) for letter in text)
    return units / 1000 * size * _SPARE * (1.07 if bold else 1.0)


def wrap(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Break a text at spaces into lines no wider than `room`; a word that alone is too wide is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width(longer, size, bold=bold) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while width(line, size, bold=bold) > room and len(line) > 1:
            cut = _fitting(line, size, room, bold=bold)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line] if line else lines or [""]


def clip(lines: list[str], most: int) -> list[str]:
    """The first `most` lines, the last ending in an ellipsis when some are left out."""
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1].rstrip() + "…"]


def _fitting(word: str, size: float, room: float, *, bold: bool) -> int:
    cut = len(word)
    while cut > 1 and width(word[:cut], size, bold=bold) > room:
        cut -= 1
    return cut
