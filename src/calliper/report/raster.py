"""A scene as pixels: PNG and TIFF of a width in millimetres and a resolution in dots per inch."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from unicodedata import name as letter_name

from calliper.blocks import Label, Scene
from calliper.report import svg
from calliper.report.typesetting import CHINESE, SANS, fonts_for, literal, page

if TYPE_CHECKING:
    from PIL.Image import Image

MM_IN_AN_INCH = 25.4
PRINTED_MM, PRINTED_PX = 174.0, 760.0
TALLEST_MM = 225.0
"""What a page leaves for a drawing over its caption."""


def png(scene: Scene, *, width_mm: float, dpi: int, name: str = "figure") -> bytes:
    """The drawing as PNG on white, `round(width_mm / 25.4 * dpi)` pixels wide, its resolution written in it.

    `name` is what an error calls the drawing. Raises OutputError where no font has a letter of it.
    """
    return as_png(rasterised(scene, width_mm=width_mm, dpi=dpi, name=name), dpi)


def rasterised(scene: Scene, *, width_mm: float, dpi: int, name: str = "figure") -> Image:
    """The drawing as pixels, RGB on white. Raises OutputError where no font has a letter of it."""
    from PIL import Image

    width, height = pixels(scene, width_mm=width_mm, dpi=dpi)
    # 1 pt of the page is one pixel at 72 ppi, so that no pixel is won or lost by rounding millimetres
    source = (
        f"#set page(width: {width}pt, height: {height}pt, margin: 0pt, fill: white)\n"
        f'#image(bytes({literal(drawing(scene))}), format: "svg", width: 100%, height: 100%, fit: "stretch")'
    )
    made = page(source, fonts_for(letters(scene, name)), is_pdf=False, ppi=72)
    return Image.open(BytesIO(made)).convert("RGB")


def as_png(image: Image, dpi: int) -> bytes:
    """An image of `rasterised` as a PNG file."""
    return _saved(image, "PNG", dpi=(dpi, dpi))


def as_tiff(image: Image, dpi: int) -> bytes:
    """An image of `rasterised` as a TIFF file: RGB, LZW (which loses nothing), dots per inch."""
    return _saved(image, "TIFF", compression="tiff_lzw", dpi=(dpi, dpi))


def pixels(scene: Scene, *, width_mm: float, dpi: int) -> tuple[int, int]:
    """Width and height in pixels.

    >>> pixels(Scene(760, 380, ()), width_mm=85, dpi=300)
    (1004, 502)
    """
    width = round(width_mm / MM_IN_AN_INCH * dpi)
    return width, max(1, round(width * scene.height / scene.width))


def printed_mm(scene: Scene) -> float:
    """How wide the drawing is in a printed report, in mm: the usual sheet of 760 px is as wide as the text.

    >>> printed_mm(Scene(760, 400, ())), printed_mm(Scene(380, 400, ()))
    (174.0, 87.0)
    """
    wide = min(PRINTED_MM, scene.width * PRINTED_MM / PRINTED_PX)
    return min(wide, TALLEST_MM * scene.width / scene.height)


def drawing(scene: Scene) -> str:
    """The drawing as SVG in Liberation Sans; one with Chinese letters in a Chinese font, which has Latin ones too."""
    is_chinese = any(
        letter_name(letter, "").startswith("CJK UNIFIED") for _, text in letters(scene, "") for letter in text
    )
    families = (*CHINESE, SANS) if is_chinese else (SANS,)
    return svg.render(scene, fonts=", ".join(f"'{family}'" for family in families))


def letters(scene: Scene, name: str) -> list[tuple[str, str]]:
    """The texts in a drawing, each with the drawing's name, as fonts are looked for."""
    return [(name, shape.text) for shape in scene.shapes if isinstance(shape, Label)]


def _saved(image: Image, kind: str, **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()
