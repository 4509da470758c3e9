"""The flow between responses: bands as high as their counts, from the box they leave to the box they reach."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest

from analyses.hand_cohort import protocol
from calliper.blocks import Area, Box, Figure, Label
from calliper.displays import DISPLAY
from calliper.displays.figures.lettering import width
from calliper.displays.figures.response_flow import response_flow_figure
from calliper.displays.narrative.response_flow import response_flow
from calliper.protocol.specs import Protocol, ResponseAnalysis
from calliper.report import svg
from calliper.results import Results, Row

CATEGORIES = ("CR", "PR", "SD", "PD", "NE")
Flows = dict[tuple[str, str], int]
TEST: Flows = {
    ("CR", "CR"): 5,
    ("CR", "PD"): 1,
    ("PR", "CR"): 3,
    ("PR", "PR"): 20,
    ("SD", "PD"): 10,
    ("NE", "NE"): 1,
}
CONTROL: Flows = {("PR", "PR"): 4, ("PR", "SD"): 1}
LABELS = {"m1": "1 month", "m3": "3 months", "m6": "6 months"}


def study(moments: int = 2, arms: tuple[str, ...] = ("test", "control"), **analysis: Any) -> Protocol:
    landmarks = {
        name: {"label": label, "day": at, "window": [at, at]}
        for at, (name, label) in enumerate(list(LABELS.items())[:moments])
    }
    spec = {
        "kind": "response",
        "label": "Tumour response",
        "criteria": "mRECIST (2010)",
        "landmarks": landmarks,
    }
    held = {"id": "r", "kind": "response", "endpoint": "response", **analysis}
    return protocol(held, arms=arms, reference=arms[-1], endpoints={"response": spec})


def rows(arm: str, *flows: Flows) -> list[Row]:
    """Counts of an arm: of both landmarks of each pair, and of the pairs, those that are 0 among them."""
    found = []
    names = list(LABELS)
    for at, flow in enumerate(flows):
        first, then = names[at], names[at + 1]
        for side, name in enumerate((first, then)):
            if side == 0 and at:
                continue
            found.append(Row("r", "all", arm, name, "", "n", sum(flow.values())))
            for category in CATEGORIES:
                n = sum(count for pair, count in flow.items() if pair[side] == category)
                found.append(Row("r", "all", arm, name, category, "count", n))
        for one in CATEGORIES:
            for other in CATEGORIES:
                n = flow.get((one, other), 0)
                found.append(Row("r", "all", arm, f"{first} to {then}", f"{one} to {other}", "count", n))
    return found


def drawn(protocol: Protocol, *held: list[Row]) -> Figure:
    spec = protocol.analyses[0]
    assert isinstance(spec, ResponseAnalysis)
    figure = response_flow_figure(spec, protocol, Results(tuple(row for part in held for row in part), ()))
    assert figure is not None
    return figure


BOTH = drawn(study(), rows("test", TEST), rows("control", CONTROL))


def boxes(figure: Figure, arm: str, landmark: str) -> dict[str, Box]:
    """The box of each category, found by the label with its count that stands in it."""
    found = {}
    for label in figure.scene.shapes:
        if (
            isinstance(label, Label)
            and label.key.startswith(f"r/all/{arm}/{landmark}/")
            and label.anchor == "middle"
        ):
            (box,) = [
                box
                for box in figure.scene.shapes
                if isinstance(box, Box)
                and box.x < label.x < box.x + box.width
                and box.y < label.y - 3 < box.y + box.height
            ]
            found[label.key.split("/")[4]] = box
    return found


def bands(figure: Figure, left: Box, right: Box) -> list[Area]:
    """The bands that leave one box and reach another."""

    def inside(box: Box, *heights: float) -> bool:
        return all(box.y - 0.02 <= y <= box.y + box.height + 0.02 for y in heights)

    found = []
    for area in figure.scene.shapes:
        if isinstance(area, Area):
            half = len(area.points) // 2
            (x0, y0), (x1, y1), (_, low1), (_, low0) = (area.points[at] for at in (0, half - 1, half, -1))
            if x0 == pytest.approx(left.x + left.width) and x1 == pytest.approx(right.x):
                found += [area] if inside(left, y0, low0) and inside(right, y1, low1) else []
    return found


@pytest.mark.parametrize(("arm", "flows"), [("test", TEST), ("control", CONTROL)])
def test_a_band_a_pair_as_high_as_its_count(arm: str, flows: Flows) -> None:
    before, after = boxes(BOTH, arm, "m1"), boxes(BOTH, arm, "m3")
    assert set(before) == {one for one, _ in flows}
    assert set(after) == {other for _, other in flows}
    each = set()
    for one, left in before.items():
        for other, right in after.items():
            found = bands(BOTH, left, right)
            assert len(found) == ((one, other) in flows), (one, other)
            for band in found:
                assert band.fill == f"response:{one}"
                high = band.points[-1][1] - band.points[0][1]
                each.add(round(high / flows[one, other], 1))
    assert len(each) == 1, "one height a patient"


def test_bands_of_a_box_do_not_overlap_and_boxes_neither() -> None:
    for arm in ("test", "control"):
        for landmark in ("m1", "m3"):
            stack = sorted((box.y, box.y + box.height) for box in boxes(BOTH, arm, landmark).values())
            assert all(lower <= upper for (_, lower), (upper, _) in pairwise(stack))
            assert stack[-1][1] - stack[0][0] <= 300.01
        tall = [boxes(BOTH, arm, landmark).values() for landmark in ("m1", "m3")]
        heights = [sum(box.height for box in column) + 7 * (len(column) - 1) for column in tall]
        assert max(heights) == pytest.approx(300, abs=0.05), "the tallest column fills the panel"
    ends: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for area in BOTH.scene.shapes:
        if isinstance(area, Area):
            half = len(area.points) // 2
            ends[area.points[0][0]].append((area.points[0][1], area.points[-1][1]))
            ends[area.points[half - 1][0]].append((area.points[half - 1][1], area.points[half][1]))
    for spans in ends.values():
        spans.sort()
        assert all(lower <= upper + 0.03 for (_, lower), (upper, _) in pairwise(spans))


def test_every_keyed_label_prints_its_count_and_none_stands_on_another() -> None:
    results = {row.key: row.value for row in (*rows("test", TEST), *rows("control", CONTROL))}
    labels = [shape for shape in BOTH.scene.shapes if isinstance(shape, Label)]
    keyed = [label for label in labels if label.key]
    for label in keyed:
        assert label.text.replace("\u00a0", " ").rsplit(" ", 1)[-1] == f"{results[label.key]:g}"
    written = {label.key.split("/")[4] for label in keyed if " to " in label.key and "/test/" in label.key}
    assert {"CR to CR", "PR to CR", "PR to PR", "SD to PD"} <= written
    shifts = {"start": 0.0, "middle": 0.5, "end": 1.0}
    spans = [
        (left := label.x - shifts[label.anchor] * width(label.text, label.size), label.y - 8,
         left + width(label.text, label.size), label.y)
        for label in labels
    ]  # fmt: skip
    for at, (x0, y0, x1, y1) in enumerate(spans):
        for u0, v0, u1, v1 in spans[:at]:
            assert x1 <= u0 or u1 <= x0 or y1 <= v0 or v1 <= y0


def luminance(paint: str) -> float:
    """The relative luminance of WCAG 2.1."""
    colour = svg.colour(paint)
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_in_a_box_can_be_read() -> None:
    """A contrast of 4.5 or more (WCAG 2.1, 1.4.3)."""
    every = {(category, "NE"): 9 for category in CATEGORIES}
    figure = drawn(study(), rows("test", every))
    seen = set()
    for category, box in boxes(figure, "test", "m1").items():
        (label,) = [
            s
            for s in figure.scene.shapes
            if isinstance(s, Label) and s.key == f"r/all/test/m1/{category}/count"
        ]
        light, dark = sorted((luminance(label.paint), luminance(box.fill)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, category
        seen.add(category)
    assert seen == set(CATEGORIES)


def test_panels_stand_in_the_order_of_the_arms() -> None:
    names = ("a", "b", "c", "d", "e")
    figure = drawn(study(arms=names), *(rows(arm, CONTROL) for arm in reversed(names)))
    heads = [(s.y, s.x, s.text) for s in figure.scene.shapes if isinstance(s, Label) and s.text in "ABCDE"]
    assert [text for _, _, text in sorted(heads)] == list("ABCDE")
    assert max(s.x + s.width for s in figure.scene.shapes if isinstance(s, Box)) <= figure.scene.width


def test_three_landmarks_and_an_arm_without_patients() -> None:
    later: Flows = {("CR", "CR"): 8, ("PR", "PR"): 20, ("PD", "NE"): 11, ("NE", "NE"): 1}
    empty = [Row("r", "all", "control", "m1", "", "n", 0.0)]
    figure = drawn(study(3), rows("test", TEST, later), empty)
    middle, last = boxes(figure, "test", "m3"), boxes(figure, "test", "m6")
    assert len(bands(figure, middle["CR"], last["CR"])) == 1
    assert len(bands(figure, middle["PD"], last["NE"])) == 1
    words = [s.text for s in figure.scene.shapes if isinstance(s, Label)]
    assert {"1 month", "3 months", "6 months", "TEST"} <= set(words)
    assert "CONTROL" not in words
    assert figure.caption == "Tumour response: each patient at 1 month, 3 months and 6 months"


def test_the_alternative_text_has_every_count() -> None:
    assert (
        "TEST (n = 40): from 1 month to 3 months CR to CR 5, CR to PD 1, PR to CR 3, PR to PR 20, SD to PD 10, "
        "NE to NE 1." in BOTH.alt
    )


def test_the_sentence_follows_those_with_partial_response() -> None:
    made = study()
    spec = made.analyses[0]
    assert isinstance(spec, ResponseAnalysis)
    (text,) = response_flow(spec, made, Results((*rows("test", TEST), *rows("control", CONTROL)), ()))
    assert text.text == (
        "Of the patients with a partial response at 1 month, these were the responses at 3 months: with TEST, of 23 "
        "patients, 3 a complete response and 20 a partial response; with CONTROL, of 5 patients, 4 a partial response "
        "and 1 stable disease."
    )


def test_it_is_drawn_unless_said_or_there_is_one_landmark() -> None:
    held = Results((*rows("test", TEST), *rows("control", CONTROL)), ())

    def figures(made: Protocol) -> int:
        spec = made.analyses[0]
        return sum(isinstance(block, Figure) for block in DISPLAY[type(spec)](spec, made, held))

    assert figures(study()) == 1
    assert figures(study(figure=False)) == 0
    assert figures(study(landmarks=["m1"])) == 0
