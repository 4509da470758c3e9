"""Sheets of paper: upright or on their side, with the banner at their head and the page number at their foot."""

from __future__ import annotations

from calliper.report.rtf.words import escaped, paragraph, twips

A4_MM = (210.0, 297.0)
SIDE_MM = 18.0
"""Left and right margins: they leave the 174 mm for which tables and figures are laid out."""

_TOP_MM, _BOTTOM_MM = 23.0, 19.0
_HEADER_MM, _FOOTER_MM = 10.0, 9.0


def paper() -> str:
    """The paper of the whole file, which each section says again for itself."""
    width, height = map(twips, A4_MM)
    side, top, bottom = twips(SIDE_MM), twips(_TOP_MM), twips(_BOTTOM_MM)
    return f"\\paperw{width}\\paperh{height}\\margl{side}\\margr{side}\\margt{top}\\margb{bottom}\\widowctrl\\ftnbj\n"


def sheet(banner: str, *, is_landscape: bool) -> str:
    """The start of a run of pages: its paper, its header and its footer."""
    width, height = reversed(A4_MM) if is_landscape else A4_MM
    side = twips(SIDE_MM)
    size = f"\\pgwsxn{twips(width)}\\pghsxn{twips(height)}"
    margins = f"\\marglsxn{side}\\margrsxn{side}\\margtsxn{twips(_TOP_MM)}\\margbsxn{twips(_BOTTOM_MM)}"
    turned = "\\lndscpsxn" if is_landscape else ""
    head = f"{{\\header {paragraph('header', escaped(' '.join(banner.split())))}}}\n" if banner else ""
    number = f"{_field('PAGE')} / {_field('NUMPAGES')}"
    return (
        f"\\sectd\\sbkpage{turned}{size}{margins}\\headery{twips(_HEADER_MM)}\\footery{twips(_FOOTER_MM)}\n"
        f"{head}{{\\footer {paragraph('footer', number)}}}\n"
    )


def _field(code: str) -> str:
    return f"{{\\field{{\\*\\fldinst {code} }}{{\\fldrslt 1}}}}"
