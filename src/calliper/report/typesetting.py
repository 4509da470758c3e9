"""Typst at work: text as string literals, the fonts, and what becomes of a letter that no font has.

Whatever a cell says reaches typst inside a string literal, never as markup. Figures and tables are set in Liberation
Sans, which comes with Calliper, and running text in Libertinus Serif, which comes with typst; so a report in Latin,
Greek or Cyrillic letters looks the same on every machine. The machine's own fonts are asked only for letters that
those lack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from unicodedata import name

from calliper.errors import OutputError

if TYPE_CHECKING:
    from typst import Fonts

SANS = "Liberation Sans"
CHINESE = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei")
"""Of the East Asian fonts of a machine these come first: the others write some Chinese letters otherwise."""

_AS_LITERAL = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0))),
    **dict.fromkeys(map(ord, "\t\n\r"), " "),
    ord('"'): '\\"',
    ord("\\"): "\\\\",
}
_MISSING = "could not be displayed with font"
_LINE = re.compile(r"\.typ:(\d+):")
_SHOWN = 5
"""Letters without a font named before the rest are summed up."""


def literal(text: str) -> str:
    r"""The text as a typst string, without the control characters that no page can show.

    >>> literal('say "#hi" \\ $x$')
    '"say \\"#hi\\" \\\\ $x$"'
    """
    return f'"{text.translate(_AS_LITERAL)}"'


def page(source: str, fonts: Fonts, *, is_pdf: bool = True, ppi: float = 72.0) -> bytes:
    """Typeset a source: a tagged PDF (PDF/UA-1, without a date), or the PNG of its single page at `ppi`."""
    import typst

    if is_pdf:
        return typst.compile(source.encode(), font_paths=fonts, format="pdf", pdf_standards=["ua-1"])
    return typst.compile(source.encode(), font_paths=fonts, format="png", ppi=ppi)


def fonts_for(texts: Iterable[tuple[str, str]]) -> Fonts:
    """The fonts that set these texts: Calliper's and typst's own, and the machine's too where those are not enough.

    `texts` are pairs of the name of a block and a text of it. Raises OutputError naming each letter that no font has
    and the block in which it first stands.
    """
    first: dict[str, str] = {}
    for block, text in texts:
        for letter in text:
            if not letter.isascii():
                first.setdefault(letter, block)
    letters = sorted(letter for letter in first if letter.translate(_AS_LITERAL).strip())
    if not _without_glyph(letters, _fonts(has_machine=False)):
        return _fonts(has_machine=False)
    missing = _without_glyph(letters, _fonts(has_machine=True))
    if missing:
        raise OutputError(_no_font(missing, first))
    return _fonts(has_machine=True)


@cache
def _fonts(*, has_machine: bool) -> Fonts:
    import typst

    own = str(files(__package__).joinpath("fonts"))
    return typst.Fonts(include_system_fonts=has_machine, include_embedded_fonts=True, font_paths=[own])


def _without_glyph(letters: Sequence[str], fonts: Fonts) -> list[str]:
    """The letters that none of the fonts has: each is set on a line of its own, and typst names the lines."""
    import typst

    lines = [f'#set document(title: "Letters"); #set text(font: "{SANS}")']
    lines += [f"#par(text({literal(letter)}))" for letter in letters]
    try:
        page("\n".join(lines), fonts)
    except typst.TypstError as error:
        told = [int(line) for line in _LINE.findall(error.diagnostic)]
        if _MISSING not in error.diagnostic or not told:
            raise
        return [letters[line - 2] for line in told]
    return []


def _no_font(missing: Sequence[str], first: dict[str, str]) -> str:
    lines = [
        f"{first[letter]}: no font on this machine has {letter!r} (U+{ord(letter):04X})"
        for letter in missing[:_SHOWN]
    ]
    if len(missing) > _SHOWN:
        lines.append(f"and {len(missing) - _SHOWN} more letters")
    is_east_asian = any(re.match("CJK|HIRAGANA|KATAKANA|HANGUL", name(letter, "")) for letter in missing)
    package = "fonts-noto-cjk" if is_east_asian else "fonts-noto-core"
    lines.append(
        f"install a font that has them (on Debian or Ubuntu: apt-get install {package}) and run again, or leave out "
        "the formats that are typeset; HTML needs no font"
    )
    return "\n".join(lines)
