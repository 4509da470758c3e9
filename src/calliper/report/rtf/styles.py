r"""How the RTF report looks: fonts, colours, named styles and lists, as they stand at the head of the file.

A reader of RTF applies no style by itself, so every paragraph repeats the controls of its own; a journal that restyles
in Word changes the style and all its paragraphs follow.
"""

from __future__ import annotations

from dataclasses import dataclass

FONTS = (
    r"{\f0\froman\fcharset0 Times New Roman;}",
    r"{\f1\fswiss\fcharset0 Arial;}",
    r"{\f2\fnil\fcharset134 SimSun;}",
)

INK, SOFT, SIGNAL, HAIR, TINT, WARM, AMBER = range(1, 8)
"""The places of the colours in the table of colours; 0 is the reader's own."""

_COLOURS = ("1b1b1b", "54585e", "6b3a00", "c3c7cd", "f6f7f8", "fdf7ef", "b35c00")


@dataclass(frozen=True, slots=True)
class Style:
    """A named paragraph style; `form` is what it looks like."""

    number: int
    name: str
    form: str

    @property
    def controls(self) -> str:
        """What puts a paragraph in this style."""
        return f"\\s{self.number}{self.form}"


_SERIF = rf"\f0\cf{INK}"
_SANS = rf"\f1\cf{INK}"
_TABLE = rf"\ql\sb36\sa36{_SANS}\fs16"
_BOX = r"\keep\sb60\sa140\li170\ri57\brdrl\brdrs\brdrw36\brsp120"

_LOOKS = {
    "Normal": rf"\ql\sa120\sl264\slmult1{_SERIF}\fs21",
    "Title": rf"\ql\keepn\keep\sb40\sa200{_SERIF}\b\fs38",
    "Subtitle": rf"\ql\keepn\f1\cf{SOFT}\b\fs17",
    "heading 1": rf"\ql\keepn\keep\sb440\sa160\fi-454\li454\tx454\outlinelevel0\ls1\ilvl0{_SERIF}\b\fs28",
    "List Bullet": rf"\ql\sa50\sl264\slmult1\fi-284\li284\tx284\ls2\ilvl0{_SERIF}\fs21",
    "caption": rf"\ql\keep\sb100\sa100{_SERIF}\fs20",
    "header": rf"\qc\f1\cf{SIGNAL}\b\fs16",
    "footer": rf"\qr\f1\cf{SOFT}\fs16",
    "Calliper Fact": rf"\ql\sa40\fi-1701\li1701\tx1701{_SERIF}\fs20",
    "Calliper Contents": rf"\ql\keepn\sb320\sa80{_SERIF}\b\fs22",
    "toc 1": rf"\ql\sa20\tx454{_SERIF}\fs21",
    "Calliper Note": rf"\ql{_BOX}\brdrcf{SOFT}\cbpat{TINT}{_SERIF}\fs20",
    "Calliper Warning": rf"\ql{_BOX}\brdrcf{AMBER}\cbpat{WARM}{_SERIF}\fs20",
    "Calliper Figure": rf"\ql\keepn\sb240{_SERIF}\fs21",
    "Calliper Table Text": _TABLE,
    "Calliper Table Head": rf"{_TABLE}\keepn\b",
    "Calliper Table Group": rf"\ql\keepn\sb110\sa36{_SANS}\fs16\b",
    "Calliper Table Level": rf"{_TABLE}\li170",
    "Calliper Table Total": rf"{_TABLE}\b",
    "Calliper Table Note": rf"\ql\keep\sb20\sa20\f1\cf{SOFT}\fs15",
    "Calliper Table End": rf"\ql\sa200\sl-120\slmult0{_SERIF}\fs8",
}

STYLES = {name: Style(number, name, form) for number, (name, form) in enumerate(_LOOKS.items())}

_LISTS = (
    r"{\*\listtable"
    r"{\list\listtemplateid1{\listlevel\levelnfc0\leveljc0\levelfollow0\levelstartat1"
    r"{\leveltext\'01\'00;}{\levelnumbers\'01;}\fi-454\li454\tx454}{\listname ;}\listid1}"
    r"{\list\listtemplateid2{\listlevel\levelnfc23\leveljc0\levelfollow0\levelstartat1"
    r"{\leveltext\'01\u8226 ?;}{\levelnumbers;}\fi-284\li284\tx284}{\listname ;}\listid2}}"
    "\n"
    r"{\*\listoverridetable{\listoverride\listid1\listoverridecount0\ls1}"
    r"{\listoverride\listid2\listoverridecount0\ls2}}"
)
"""List 1 numbers the headings, list 2 has bullets."""


def tables() -> str:
    """The tables of fonts, colours, styles and lists."""
    colours = "".join(
        f"\\red{int(rgb[:2], 16)}\\green{int(rgb[2:4], 16)}\\blue{int(rgb[4:], 16)};" for rgb in _COLOURS
    )
    styles = "\n".join(f"{{{style.controls}\\snext0 {style.name};}}" for style in STYLES.values())
    return f"{{\\fonttbl{''.join(FONTS)}}}\n{{\\colortbl;{colours}}}\n{{\\stylesheet\n{styles}}}\n{_LISTS}\n"
