"""Dot plot and bars of adverse events: what stands where, in which order, and that nothing is cut or overlaps."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.hand_cohort import analyse, patients
from analyses.hand_harm import harm, known, study
from calliper.blocks import Area, Box, Figure, Label, Line, Mark
from calliper.displays import display_safety
from calliper.displays.figures.lettering import width
from calliper.displays.figures.safety_dots import MOST as MOST_DOTS
from calliper.displays.figures.safety_dots import dots_figure
from calliper.displays.figures.safety_grades import MOST as MOST_BARS
from calliper.displays.figures.safety_grades import grades_figure
from calliper.protocol.specs import Protocol, SafetyAnalysis
from calliper.report.svg import GRADES, colour
from calliper.results import Results

Grades = dict[str, dict[str, list[int | None]]]
"""By term and arm the worst grade of each patient; None: it occurred, grade not recorded."""

LONG = "Treatment-related disorders of the skin and of the subcutaneous tissue of hands and feet, all of them"


def made(grades: Grades, **spec: Any) -> tuple[SafetyAnalysis, Protocol, Results]:
    arms = tuple(next(iter(grades.values())))
    place = [arm for arm in arms for _ in next(iter(grades.values()))[arm]]
    rows = []
    for term, held in grades.items():
        every = [grade for arm in arms for grade in held[arm]]
        rows += [
            known(f"p{i}", term, grade != 0, grade=grade, events=int(grade != 0))
            for i, grade in enumerate(every)
        ]
    protocol = study(*grades, arms=arms, **spec)
    (analysis,) = protocol.analyses
    assert isinstance(analysis, SafetyAnalysis)
    return analysis, protocol, analyse(protocol, patients(arm=place), harm(rows))


def of(count: int, n: int = 10, grade: int | None = 1) -> list[int | None]:
    return [grade] * count + [0] * (n - count)


THREE: Grades = {
    "rash": {"test": of(4), "control": of(4)},
    "fever": {"test": of(2), "control": of(7)},
    "cough": {"test": of(0), "control": of(0)},
    "pain": {"test": of(9), "control": of(1)},
}


def drawn(figure: Figure | None) -> Figure:
    assert figure is not None
    return figure


def words(figure: Figure, *, keyed: bool | None = None) -> list[str]:
    held = [shape for shape in figure.scene.shapes if isinstance(shape, Label)]
    return [label.text for label in held if keyed is None or bool(label.key) == keyed]


def nothing_is_cut(figure: Figure) -> None:
    """Every text lies on the sheet, and no two on the same line overlap."""
    boxes = []
    for label in (shape for shape in figure.scene.shapes if isinstance(shape, Label)):
        wide = width(label.text, label.size) / 1.06
        left = label.x - {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
        assert left >= -0.5, label.text
        assert left + wide <= figure.scene.width + 0.5, label.text
        assert 0 < label.y <= figure.scene.height
        boxes.append((left, label.y, wide, label.size, label.text))
    for one, other in combinations(boxes, 2):
        apart = one[0] + one[2] <= other[0] + 0.5 or other[0] + other[2] <= one[0] + 0.5
        assert apart or abs(one[1] - other[1]) >= min(one[3], other[3]) * 0.8, (one, other)


def test_events_stand_in_the_order_of_their_difference() -> None:
    figure = drawn(dots_figure(*made(THREE)))
    names = [text for text in words(figure) if text in ("Rash", "Fever", "Cough", "Pain")]
    assert names == ["Pain", "Rash", "Fever"]
    assert words(figure, keyed=True)[0].startswith("80.0 (")
    assert words(figure, keyed=True)[2].startswith("−50.0 (")
    assert "1 event that nobody had is not drawn." in figure.footnotes[0].text
    nothing_is_cut(figure)


def test_marks_stand_at_their_shares_and_intervals_hold_their_difference() -> None:
    figure = drawn(dots_figure(*made(THREE)))
    (zero,) = [shape for shape in figure.scene.shapes if isinstance(shape, Line) and shape.dash]
    marks = [shape for shape in figure.scene.shapes if isinstance(shape, Mark)][2:]
    places = [[mark.x for mark in marks if mark.paint == f"arm:{arm}"] for arm in (0, 1)]
    # pain 9 and 1, rash 4 and 4, fever 2 and 7 of ten: shares apart in proportion
    for arm, expected in ((0, [9, 4, 2]), (1, [1, 4, 7])):
        steps = [
            (x - places[arm][0]) / (count - expected[0]) for x, count in zip(places[arm][1:], expected[1:])
        ]
        assert steps[0] == pytest.approx(steps[1], rel=1e-3)
    diamonds = [shape for shape in figure.scene.shapes if isinstance(shape, Area)]
    lines = [shape for shape in figure.scene.shapes if isinstance(shape, Line) and shape.width == 1.4]
    for diamond, line in zip(diamonds, lines, strict=True):
        middle = diamond.points[1][0]
        assert line.points[0][0] <= middle <= line.points[1][0]
    rash = diamonds[1].points[1][0]
    assert rash == pytest.approx(zero.points[0][0], abs=0.02)


def test_equal_shares_do_not_hide_one_another() -> None:
    figure = drawn(dots_figure(*made({"rash": {arm: of(4) for arm in ("a", "b", "c")}})))
    marks = [shape for shape in figure.scene.shapes if isinstance(shape, Mark)][3:6]
    assert len({mark.x for mark in marks}) == 1
    assert len({mark.shape for mark in marks}) == 3
    assert all(other.y - one.y >= 5 for one, other in pairwise(marks))


def test_of_one_arm_there_are_shares_alone() -> None:
    figure = drawn(dots_figure(*made({"rash": {"test": of(2)}, "pain": {"test": of(5)}})))
    assert [text for text in words(figure) if text in ("Rash", "Pain")] == ["Pain", "Rash"]
    assert not any("ifference" in text for text in words(figure))
    nothing_is_cut(figure)


@pytest.mark.parametrize("draw", [dots_figure, grades_figure])
def test_where_nobody_had_an_event_there_is_no_figure(draw: Any) -> None:
    spec, protocol, results = made({"rash": {"test": of(0), "control": of(0)}}, figures=["dots", "grades"])
    assert draw(spec, protocol, results) is None
    assert not any(isinstance(block, Figure) for block in display_safety(spec, protocol, results))


def test_bars_are_as_long_as_the_shares_and_in_order_of_grade() -> None:
    grades: Grades = {"rash": {"test": [1, 1, 3, None, 0, 0, 0, 0, 0, 0], "control": of(5, grade=5)}}
    figure = drawn(grades_figure(*made(grades)))
    boxes = [shape for shape in figure.scene.shapes if isinstance(shape, Box) and shape.stroke == "paper"]
    assert [box.fill for box in boxes] == ["grade:1", "grade:3", "grade:unknown", "grade:5"]
    # 2, 1 and 1 of ten on test, 5 of ten on control
    assert [box.width / boxes[1].width for box in boxes] == pytest.approx([2, 1, 1, 5], rel=1e-3)
    for one, other in pairwise(boxes[:3]):
        assert one.x + one.width == pytest.approx(other.x, abs=0.02)
    assert words(figure, keyed=True) == ["2", "1", "1", "4/10 (40.0)", "5", "5/10 (50.0)"]
    assert "Unknown" in words(figure)
    nothing_is_cut(figure)


def test_grades_darken() -> None:
    def light(paint: str) -> float:
        text = colour(paint)
        red, green, blue = (int(text[at : at + 2], 16) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    shades = [light(f"grade:{grade}") for grade in range(1, 6)]
    assert all(one - other > 20 for one, other in pairwise(shades))
    assert set(GRADES) == {*(f"grade:{grade}" for grade in range(1, 6)), "grade:unknown"}


@pytest.mark.parametrize(("draw", "most"), [(dots_figure, MOST_DOTS), (grades_figure, MOST_BARS)])
def test_of_many_events_the_commonest_are_drawn(draw: Any, most: int) -> None:
    grades: Grades = {f"e{i}": {"test": of(i + 1, n=60), "control": of(0, n=60)} for i in range(most + 5)}
    spec, protocol, results = made(grades)
    figure = drawn(draw(spec, protocol, results))
    names = [text for text in words(figure) if text.startswith("E") and text[1:].isdigit()]
    assert len(names) == most
    assert not {"E0", "E4"} & set(names)
    assert f"The {most} commonest of {most + 5} events are drawn." in figure.footnotes[0].text
    nothing_is_cut(figure)


@settings(max_examples=40, deadline=None)
@given(
    n_arms=st.integers(1, 4),
    counts=st.lists(st.lists(st.integers(0, 12), min_size=4, max_size=4), min_size=1, max_size=6),
    is_long=st.booleans(),
)
def test_nothing_is_cut_whatever_the_arms(n_arms: int, counts: list[list[int]], is_long: bool) -> None:
    arms = [f"a{i}" for i in range(n_arms)]
    grades: Grades = {
        f"e{i}": {arm: of(own[at], n=12, grade=1 + (at + i) % 5) for at, arm in enumerate(arms)}
        for i, own in enumerate(counts)
    }
    spec, protocol, results = made(grades)
    if is_long:
        written = protocol.model_dump(mode="json", exclude_none=True, by_alias=True)
        for name in arms:
            written["arms"]["groups"][name]["label"] = f"{LONG} {name}"
        for term in written["endpoints"]["harm"]["terms"].values():
            term["label"] = LONG
        written["endpoints"]["harm"]["window_days"] = [0, None]
        protocol = Protocol.model_validate(written)
    for draw in (dots_figure, grades_figure):
        figure = draw(spec, protocol, results)
        if figure is not None:
            nothing_is_cut(figure)
