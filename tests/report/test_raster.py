"""Figures as pixels: their number, their colours, and what the files say of themselves, read without the writer."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from calliper.blocks import Box, Label, Scene
from calliper.errors import OutputError
from calliper.report.raster import as_png, as_tiff, png, printed_mm, rasterised

SCENE = Scene(
    400, 200, (Box(0, 0, 200, 200, "arm:0", "none"), Label(300, 100, "HHHHHH", "middle", 40, bold=True))
)


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG file, name and data, as the W3C recommendation lays them out."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    place = 8
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        yield content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        place += 12 + length


def tags(content: bytes) -> dict[int, tuple[float, ...]]:
    """The tags of the first image of a TIFF file, as TIFF 6.0 lays them out (short, long and rational values)."""
    order = {b"II": "<", b"MM": ">"}[content[:2]]
    magic, start = struct.unpack_from(f"{order}HI", content, 2)
    assert magic == 42
    (count,) = struct.unpack_from(f"{order}H", content, start)
    found: dict[int, tuple[float, ...]] = {}
    for entry in range(count):
        tag, kind, number, _ = struct.unpack_from(f"{order}HHII", content, start + 2 + 12 * entry)
        letter, size = {3: ("H", 2), 4: ("I", 4), 5: ("II", 8)}.get(kind, ("", 0))
        if not letter:
            continue
        place = start + 2 + 12 * entry + 8
        if size * number > 4:
            (place,) = struct.unpack_from(f"{order}I", content, place)
        values = struct.unpack_from(f"{order}{letter * number}", content, place)
        found[tag] = tuple(values[0::2][i] / values[1::2][i] for i in range(number)) if kind == 5 else values
    return found


@pytest.mark.parametrize(
    ("width_mm", "dpi", "width", "height"),
    [
        # 85 mm are 3.34646 inches, 174 mm 6.85039; the drawing is half as high as wide
        (85, 300, 1004, 502),
        (85, 600, 2008, 1004),
        (174, 300, 2055, 1028),
        (174, 600, 4110, 2055),
    ],
)
def test_pixels_and_resolution(width_mm: float, dpi: int, width: int, height: int) -> None:
    content = png(SCENE, width_mm=width_mm, dpi=dpi)
    read = dict(chunks(content))
    assert struct.unpack(">IIBBBBB", read[b"IHDR"]) == (width, height, 8, 2, 0, 0, 0)  # 8-bit RGB, no alpha
    across, down, unit = struct.unpack(">IIB", read[b"pHYs"])
    assert across == down == round(dpi / 0.0254)  # pixels a metre
    assert unit == 1


def test_what_a_tiff_says_of_itself() -> None:
    for dpi in (300, 600):
        image = rasterised(SCENE, width_mm=85, dpi=dpi)
        content = as_tiff(image, dpi)
        read = tags(content)
        assert (read[256], read[257]) == ((round(85 / 25.4 * dpi),), (round(85 / 25.4 * dpi / 2),))
        assert read[258] == (8, 8, 8)
        assert read[259] == (5,)  # LZW
        assert read[262] == (2,)  # RGB
        assert (read[282], read[283], read[296]) == ((dpi,), (dpi,), (2,))  # dots an inch
        with Image.open(BytesIO(content)) as held, Image.open(BytesIO(as_png(image, dpi))) as other:
            assert held.tobytes() == other.tobytes()


def test_colours_are_those_of_the_drawing() -> None:
    image = rasterised(SCENE, width_mm=85, dpi=300)
    assert image.getpixel((100, 100)) == (0x0B, 0x53, 0x94)
    assert image.getpixel((990, 10)) == (255, 255, 255)
    letters = image.crop((502, 150, 1004, 350))
    assert sum(letters.histogram()[:64]) > 2000  # dark pixels of the red channel: the letters are there


def test_equal_drawings_are_equal_bytes() -> None:
    assert png(SCENE, width_mm=85, dpi=300) == png(SCENE, width_mm=85, dpi=300)
    assert as_tiff(rasterised(SCENE, width_mm=85, dpi=300), 300) == as_tiff(
        rasterised(SCENE, width_mm=85, dpi=300), 300
    )


def test_a_letter_without_a_font_is_an_error_and_no_blank() -> None:
    with pytest.raises(OutputError, match=r"Figure 7: no font on this machine has .*\(U\+FFFF\)"):
        png(Scene(9, 9, (Label(0, 0, "n\uffff"),)), width_mm=85, dpi=300, name="Figure 7")


def test_a_tall_drawing_keeps_to_its_page() -> None:
    assert printed_mm(Scene(760, 380, ())) == 174
    tall = printed_mm(Scene(760, 3040, ()))
    assert tall * 4 == pytest.approx(225)
