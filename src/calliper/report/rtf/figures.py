"""Figures as pictures of 300 dots an inch inside the file, each with the words a screen reader says in its stead."""

from __future__ import annotations

from calliper.blocks import Figure
from calliper.report import raster
from calliper.report.rtf.tables import caption, end, footnotes
from calliper.report.rtf.words import escaped, paragraph, twips

DOTS_AN_INCH = 300
_DIGITS_IN_A_LINE = 128


def figure(block: Figure) -> str:
    """Picture, caption and notes. Raises OutputError where no font has a letter of the drawing."""
    return (
        paragraph("Calliper Figure", _picture(block))
        + caption(block.number, block.caption, keeps=bool(block.footnotes))
        + footnotes(block.footnotes)
        + end()
    )


def _picture(block: Figure) -> str:
    wide = raster.printed_mm(block.scene)
    high = wide * block.scene.height / block.scene.width
    width, height = raster.pixels(block.scene, width_mm=wide, dpi=DOTS_AN_INCH)
    drawn = raster.png(block.scene, width_mm=wide, dpi=DOTS_AN_INCH, name=block.number or block.id).hex()
    lines = (drawn[start : start + _DIGITS_IN_A_LINE] for start in range(0, len(drawn), _DIGITS_IN_A_LINE))
    told = _property("wzName", block.number) + _property("wzDescription", block.alt)
    return (
        f"{{\\*\\shppict{{\\pict{{\\*\\picprop\\shplid1025{told}}}\\pngblip\\picw{width}\\pich{height}"
        f"\\picwgoal{twips(wide)}\\pichgoal{twips(high)}\n" + "\n".join(lines) + "}}"
    )


def _property(name: str, value: str) -> str:
    return f"{{\\sp{{\\sn {name}}}{{\\sv {escaped(value)}}}}}"
