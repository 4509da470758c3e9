"""Drawings: XML that parses, paints that exist, text that stays text."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from calliper.blocks import Area, Box, Label, Line, Mark, Scene
from calliper.report.svg import ARMS, PAINTS, colour, render

SPACE = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>\"'&</svg>\x00"


def _parsed(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314  (our own output)


def test_every_shape_becomes_its_element() -> None:
    shapes = (
        Line(((0, 0), (10, 5)), "rule", 0.5, (3, 2)),
        Area(((0, 0), (1, 0), (1, 1)), "arm:1", 0.25),
        Box(1, 2, 3, 4, radius=2),
        Mark(5, 5, "circle", 4),
        Mark(5, 5, "diamond", 4),
        Mark(5, 5, "square", 4),
        Mark(5, 5, "tick", 4),
        Label(1, 2, "text", "end", 9, True, "muted", -90, "a/key"),
    )
    root = _parsed(render(Scene(20, 10, shapes)))
    names = [element.tag.removeprefix(SPACE) for element in root]
    assert names == ["polyline", "polygon", "rect", "circle", "polygon", "polygon", "polyline", "text"]
    assert root.get("viewBox") == "0 0 20 10"
    assert root[0].get("points") == "0,0 10,5"
    assert root[0].get("stroke-dasharray") == "3 2"
    assert root[1].get("fill-opacity") == "0.25"
    assert root[7].get("data-key") == "a/key"
    assert root[7].get("transform") == "rotate(-90 1 2)"


def test_hostile_text_is_escaped_in_every_place() -> None:
    made = render(
        Scene(9, 9, (Label(0, 0, HOSTILE, key=HOSTILE),)), name="f", title=HOSTILE, description=HOSTILE
    )
    root = _parsed(made)
    expected = HOSTILE.replace("\x00", "")
    assert [element.text for element in root] == [expected] * 3
    assert root[2].get("data-key") == expected


def test_a_titled_drawing_is_an_image_with_a_name() -> None:
    root = _parsed(render(Scene(9, 9, ()), name="fig", title="T", description="D"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "fig-title fig-desc"
    assert [element.get("id") for element in root] == ["fig-title", "fig-desc"]


def test_paints() -> None:
    assert colour("arm:0") == ARMS[0]
    assert colour(f"arm:{len(ARMS)}") == ARMS[0]
    assert colour("none") == "none"
    with pytest.raises(ValueError, match="not a paint"):
        colour("red")


def _luminance(code: str) -> float:
    channels = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("code", [*ARMS, PAINTS["ink"], PAINTS["muted"]])
def test_text_colours_read_on_white(code: str) -> None:
    # WCAG 2.2, 1.4.3: contrast of at least 4.5 to 1
    assert 1.05 / (_luminance(code) + 0.05) >= 4.5
