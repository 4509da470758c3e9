"""Every figure on both sheets: letters of 6 points, nothing beyond the edge, no two texts on one another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

import calliper
from calliper.blocks import Document, Figure, Label, Scene
from calliper.displays.figures.lettering import width
from calliper.report.figure_files import LEAST_POINTS, smallest_points, stamped
from calliper.synth.demo import write_demo
from shared import ROOT, shared_data

STUDIES = ("colon", "hcc_resection", "mgus2", "tern", "cdisc_pilot", "onco_recist")


@pytest.fixture(scope="module", params=["demonstration", *STUDIES])
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The demonstration, and studies of real data with two and three arms."""
    name: str = request.param
    if name == "demonstration":
        folder = tmp_path_factory.mktemp("demo")
        write_demo(folder)
        return calliper.load(folder / "study.yaml").document()
    shared_data("MANIFEST.csv")
    return calliper.load(Path(ROOT / "studies" / f"{name}.yaml")).document()


def figures(document: Document) -> Iterator[Figure]:
    for section in document.sections:
        yield from (block for block in section.blocks if isinstance(block, Figure))


def sheets(document: Document) -> Iterator[tuple[Figure, Scene, float]]:
    """Each drawing of each figure, with the width it is printed at, mm."""
    for figure in figures(document):
        assert figure.narrow is not None, figure.id
        yield figure, figure.scene, 174.0
        yield figure, figure.narrow, 85.0


def boxes(scene: Scene) -> list[tuple[float, float, float, float, str]]:
    """Left, top, right and lower edge of every text, px, by the widths of Helvetica."""
    found = []
    for label in (shape for shape in scene.shapes if isinstance(shape, Label) and shape.text):
        wide = width(label.text, label.size, bold=label.bold) / 1.06
        before = {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
        if label.turn:
            assert label.turn == -90
            found.append(
                (label.x - label.size * 0.75, label.y - wide + before, label.x, label.y + before, label.text)
            )
        else:
            left = label.x - before
            found.append((left, label.y - label.size * 0.72, left + wide, label.y, label.text))
    return found


def test_letters_are_of_six_points_or_more(held: Document) -> None:
    for figure, scene, millimetres in sheets(held):
        points = smallest_points(stamped(scene, "INVENTED"), millimetres)
        assert points is not None
        assert points >= LEAST_POINTS == 6.0, figure.id


def test_no_text_leaves_the_sheet(held: Document) -> None:
    for figure, scene, _ in sheets(held):
        for left, top, right, lower, text in boxes(scene):
            assert left >= -0.5, (figure.id, scene.width, text)
            assert right <= scene.width + 0.5, (figure.id, scene.width, text)
            assert top >= -0.5, (figure.id, scene.width, text)
            assert lower <= scene.height + 0.5, (figure.id, scene.width, text)


def test_no_two_texts_overlap(held: Document) -> None:
    for figure, scene, _ in sheets(held):
        for one, other in combinations(boxes(scene), 2):
            apart = one[2] <= other[0] + 0.5 or other[2] <= one[0] + 0.5
            under = one[3] <= other[1] + 0.5 or other[3] <= one[1] + 0.5
            assert apart or under, (figure.id, scene.width, one[4], other[4])


def test_both_sheets_show_the_same_numbers(held: Document) -> None:
    """The narrow sheet may name fewer ticks of the table under a curve, and the counts in boxes that hold them."""
    for figure in figures(held):
        wide, narrow = (keyed(scene) for scene in (figure.scene, figure.narrow) if scene is not None)
        assert set(narrow) <= set(wide), figure.id
        absent = [key for key in wide if key not in narrow]
        in_boxes = figure.id.endswith(("-grades", "-flow"))
        assert all(in_boxes or "/at_risk@" in key or "/cumulative_" in key for key in absent), (
            figure.id,
            absent,
        )
        assert all(wide[key] == text for key, text in narrow.items()), figure.id


def keyed(scene: Scene) -> dict[str, str]:
    """The text of each result that is shown; one broken over lines is put together again."""
    found: dict[str, str] = {}
    for shape in scene.shapes:
        if isinstance(shape, Label) and shape.key:
            found[shape.key] = f"{found[shape.key]} {shape.text}" if shape.key in found else shape.text
    return {key: text.replace("\u00a0", " ") for key, text in found.items()}
