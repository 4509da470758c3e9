"""Figures: what stands where, for two to five arms, long names, medians not reached and arms without
events.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.blocks import Area, Figure, Label, Line, Mark, Scene, Shape
from calliper.displays.figures.axis import Linear, Logarithmic, nice_ticks, ratio_ticks
from calliper.displays.figures.flow_chart import flow_figure
from calliper.displays.figures.forest import forest_figure
from calliper.displays.figures.kaplan_meier import kaplan_meier_figure
from calliper.displays.figures.lettering import clip, width, wrap
from calliper.results import Results, Row
from displays import hand_results
from displays.hand_results import analysis

LONG = (
    "Drug-eluting bead transarterial chemoembolisation followed by sorafenib 400 mg twice daily until "
    "progression"
)


def curves(new: str = "New drug", old: str = "Old drug") -> Figure:
    study = hand_results.protocol(new=new, old=old)
    return kaplan_meier_figure(analysis(study, "os"), study, hand_results.results())


def words(figure: Figure) -> list[str]:
    return [shape.text for shape in figure.scene.shapes if isinstance(shape, Label)]


def test_curves_are_steps_between_0_and_1_and_never_rise() -> None:
    scene = curves().scene
    steps = [
        shape
        for shape in scene.shapes
        if isinstance(shape, Line) and shape.width == 2.0 and len(shape.points) > 2
    ]
    assert len(steps) == 1  # the arm without events is one level line, its repeated points thinned or kept
    for line in steps:
        for (x0, y0), (x1, y1) in pairwise(line.points):
            assert x0 == x1 or y0 == y1
            assert x1 >= x0
            assert y1 >= y0


def test_numbers_at_risk_stand_under_their_ticks() -> None:
    scene = curves().scene
    keyed = [s for s in scene.shapes if isinstance(s, Label) and "/at_risk@" in s.key]
    assert len(keyed) == 6
    for label in keyed:
        tick = f"{float(label.key.rsplit('@', 1)[1]):g}"
        at = [
            s.x
            for s in scene.shapes
            if isinstance(s, Label) and s.text == tick and s.anchor == "middle" and not s.key
        ]
        assert label.x in at


def test_key_says_not_reached_and_shows_no_ratio_where_none_was_estimated() -> None:
    shown = words(curves())
    assert "NR" in shown
    assert "12.7 (9.6 to NR)" in shown
    assert "Log-rank P = 0.011 (two-sided)" in shown
    assert "reference" in shown
    assert "—" in shown
    assert "median not reached" in curves().alt


def both_sheets(figure: Figure) -> Iterator[tuple[Scene, Shape]]:
    """Every shape of both drawings of a figure."""
    assert figure.narrow is not None
    for scene in (figure.scene, figure.narrow):
        yield from ((scene, shape) for shape in scene.shapes)


@pytest.mark.parametrize(
    "names", [{"new": LONG}, {"new": LONG, "old": LONG + " again"}, {"old": "对照组" * 12}]
)
def test_long_names_stay_on_the_sheet(names: dict[str, str]) -> None:
    named = hand_results.protocol(new=names.get("new", "New"), old=names.get("old", "Old"))
    for figure in (curves(**names), flow_figure(named, hand_results.results())):
        for scene, shape in both_sheets(figure):
            if isinstance(shape, Label):
                start = shape.x - {"start": 0, "middle": 0.5, "end": 1}[shape.anchor] * width(
                    shape.text, shape.size
                )
                if not shape.turn:
                    assert start >= -1
                    assert start + width(shape.text, shape.size) <= scene.width * 1.02, shape.text
                assert 0 <= shape.y <= scene.height


def test_no_short_name_is_cut_into_letters_beside_the_numbers_at_risk() -> None:
    for _, shape in both_sheets(curves(new="Men", old="Women")):
        if isinstance(shape, Label) and shape.text.strip("MenWo") == "" and shape.text:
            assert shape.text in {"Men", "Women"}


def test_censoring_marks_and_bands_are_drawn_in_the_arms_paint() -> None:
    scene = curves().scene
    assert {s.paint for s in scene.shapes if isinstance(s, Mark) and s.shape == "tick"} == {"arm:0", "arm:1"}
    assert {s.fill for s in scene.shapes if isinstance(s, Area)} == {"arm:0", "arm:1"}


def test_a_band_reaches_to_where_its_limits_cease() -> None:
    """S = 1 from 0, 0.5 from 4 (limits 0.2 and 0.9), 0 from 10, where no limit exists."""
    rows = [
        Row("os", "included", "old", "os", "", stat, value, at)
        for at, *values in ((0.0, 1.0, 1.0, 1.0), (4.0, 0.5, 0.2, 0.9), (10.0, 0.0, None, None))
        for stat, value in zip(("curve", "curve_lower", "curve_upper"), values, strict=True)
    ]
    rows += [Row("os", "included", "old", "os", "", "at_risk", n, at) for at, n in ((0.0, 2.0), (20.0, 0.0))]
    study = hand_results.protocol()
    scene = kaplan_meier_figure(analysis(study, "os"), study, Results(tuple(rows), ())).scene
    (band,) = [shape for shape in scene.shapes if isinstance(shape, Area)]
    (curve,) = [s for s in scene.shapes if isinstance(s, Line) and s.width == 2.0 and len(s.points) > 2]
    last = {s.key: s.x for s in scene.shapes if isinstance(s, Label)}
    start, end = last["os/included/old/os//at_risk@0"], last["os/included/old/os//at_risk@20"]
    middle = (start + end) / 2
    # The curve and its band end with the last observed time, 10, at half of the axis of 20.
    assert (
        max(x for x, _ in curve.points) == max(x for x, _ in band.points) == pytest.approx(middle, abs=0.02)
    )
    assert min(x for x, _ in band.points) == pytest.approx(start, abs=0.02)
    assert curve.points[-1][1] > max(y for _, y in band.points)


def test_a_curve_with_an_event_at_time_0_falls_from_100() -> None:
    """S(0) = 0.75: one of four has the event at time 0; the line starts at 1 and drops there."""
    rows = [
        Row("os", "included", "old", "os", "", "curve", value, at)
        for at, value in ((0.0, 0.75), (4.0, 0.5), (8.0, 0.5))
    ]
    study = hand_results.protocol()
    scene = kaplan_meier_figure(analysis(study, "os"), study, Results(tuple(rows), ())).scene
    (curve,) = [s for s in scene.shapes if isinstance(s, Line) and s.width == 2.0 and len(s.points) > 2]
    (x0, top), (x1, after), *_ = curve.points
    assert x0 == x1
    assert after > top
    heights = sorted({y for _, y in curve.points})
    assert len(heights) == 3
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.02), (
        "1 to 0.75, 0.75 to 0.5"
    )


def test_flow_lists_every_reason_and_every_arm() -> None:
    shown = " ".join(words(flow_figure(hand_results.protocol(), hand_results.results()))).replace(
        "\u00a0", " "
    )
    for text in (
        "screened (n = 12)",
        "Excluded (n = 1)",
        "not known (n = 1)",
        "adults (n = 1)",
        "included (n = 10)",
    ):
        assert text in shown
    assert "New drug (n = 4)" in shown
    assert "Tumour response at best response (n = 5)" in shown


def test_forest_puts_each_ratio_between_its_limits() -> None:
    study = hand_results.protocol()
    figure = forest_figure(analysis(study, "cox"), study, hand_results.results())
    assert figure is not None
    squares = [s for s in figure.scene.shapes if isinstance(s, Mark)]
    assert len(squares) == 3
    for square in squares:
        (line,) = [
            s
            for s in figure.scene.shapes
            if isinstance(s, Line) and s.width == 1.3 and s.points[0][1] == square.y
        ]
        middle = math.sqrt(0.327 * 0.965)
        centre = (line.points[0][0] + line.points[1][0]) / 2
        slope = (line.points[1][0] - line.points[0][0]) / math.log(0.965 / 0.327)
        assert square.x == pytest.approx(centre + slope * math.log(0.561 / middle), abs=0.05)


@given(st.floats(min_value=-1e6, max_value=1e6), st.floats(min_value=1e-3, max_value=1e6))
def test_nice_ticks_are_even_and_cover(low: float, span: float) -> None:
    ticks = nice_ticks(low, low + span)
    assert ticks[0] <= low + 1e-6 * span + 1e-9
    assert ticks[-1] >= low + span - 1e-6 * span - 1e-9
    assert 2 <= len(ticks) <= 12
    steps = [b - a for a, b in pairwise(ticks)]
    assert max(steps) == pytest.approx(min(steps), rel=1e-6, abs=1e-8)


@given(st.floats(min_value=0.02, max_value=0.99), st.floats(min_value=1.01, max_value=50))
def test_ratio_ticks_cover_and_hold_1(low: float, high: float) -> None:
    ticks = ratio_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert 1.0 in ticks


def test_scales() -> None:
    assert Linear(0, 10, 100, 200)(5) == 150
    assert Logarithmic(0.1, 10, 0, 200)(1) == pytest.approx(100)
    assert Logarithmic(0.1, 10, 0, 200)(1000) == 200


@given(
    st.text(alphabet=st.sampled_from("abc WMi 中,"), max_size=60), st.integers(min_value=30, max_value=300)
)
def test_wrapped_lines_fit_and_lose_nothing(text: str, room: int) -> None:
    lines = wrap(text, 11, room)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line, 11) <= room or len(line) == 1 for line in lines)


def test_clip_marks_what_it_leaves_out() -> None:
    assert clip(["a", "b", "c"], 2) == ["a", "b…"]
    assert clip(["a", "b"], 2) == ["a", "b"]
