"""Measurements by window and arm: medians and changes worked by hand, the table's cells and the figure's marks."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import polars as pl
import pytest

from analyses.hand_cohort import analyse, patients, protocol, value
from calliper.blocks import Figure, Label, Line, Mark
from calliper.displays import display_trend
from calliper.displays.figures.lettering import width
from calliper.displays.figures.trend import trend_figure
from calliper.displays.tables.trend import trend_table
from calliper.endpoints import MEASUREMENTS, Endpoint
from calliper.protocol.specs import Protocol, TrendAnalysis
from calliper.results import Results

WINDOWS = {
    "before": {"label": "Before", "days": [-28, 0]},
    "month": {"label": "1 month", "day": 28, "days": [15, 42]},
}
VALUES = {
    "p0": (10.0, 20.0), "p1": (20.0, 26.0), "p2": (30.0, None), "p3": (None, 50.0),
    "p4": (5.0, 5.0), "p5": (7.0, 3.0),
}  # fmt: skip
"""Four patients on test, two on control; before, after a month."""


def study(*, arms: tuple[str, ...] = ("test", "control"), labels: str = "ALT", **spec: Any) -> Protocol:
    endpoint = {
        "kind": "measurements",
        "label": "Laboratory values",
        "start": "start",
        "items": {"alt": {"label": labels, "lab": "alt", "unit": "U/L"}},
        "windows": WINDOWS,
    }
    return protocol(
        {"id": "trend", "kind": "trend", "endpoint": "labs", **spec},
        arms=arms,
        reference=arms[-1],
        variables={"start": {"type": "date", "column": "start", "label": "First TACE"}},
        endpoints={"labs": endpoint},
    )


def endpoint(values: dict[str, tuple[float | None, float | None]]) -> Endpoint:
    rows = [
        (patient, "alt", window, held, None, "", "hand")
        for patient, pair in values.items()
        for window, held in zip(WINDOWS, pair, strict=True)
    ]
    return Endpoint("labs", "measurements", pl.DataFrame(rows, schema=MEASUREMENTS, orient="row"))


def made(
    values: dict[str, tuple[float | None, float | None]] = VALUES, **more: Any
) -> tuple[Any, Protocol, Results]:
    written = study(**more)
    (spec,) = written.analyses
    assert isinstance(spec, TrendAnalysis)
    names = list(written.arms.groups)
    arms = [names[0]] * 4 + [names[-1]] * 2
    return spec, written, analyse(written, patients(arm=arms[: len(values)]), endpoint(values))


def test_spread_of_each_window_and_of_the_change() -> None:
    """Test: before 10, 20, 30; after 20, 26, 50; changes of p0 and p1: 10 and 6. Quartiles of R's type 7."""
    _, _, found = made()
    stats = ("n", "median", "q1", "q3", "min", "max")
    before, month, change = (
        [value(found, f"trend/included/test/alt/{level}/{stat}") for stat in stats]
        for level in ("before", "month", "month change")
    )
    assert before == [3, 20, 15, 25, 10, 30]
    assert month == [3, 26, 23, 38, 20, 50]
    assert change == [2, 8, 7, 9, 6, 10]
    assert value(found, "trend/included/control/alt/month change/median") == -2
    assert value(found, "trend/included/overall/alt/before/n") == 5
    assert value(found, "trend/included/test///n") == 4
    assert found.get("trend/included/test/alt/before change/n") is None
    assert not [row for row in found if row.group in ("between", "test vs control")]


def test_the_table() -> None:
    table = trend_table(*made())
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["ALT, U/L", "", "", "", "", "", ""],
        ["Before", "3", "20.0 [15.0 to 25.0]", "", "2", "6.0 [5.5 to 6.5]", ""],
        [
            "1 month", "3", "26.0 [23.0 to 38.0]", "8.0 [7.0 to 9.0]", "2", "4.0 [3.5 to 4.5]", "−2.0 [−3.0 to −1.0]",
        ],
    ]  # fmt: skip
    assert "Before: days −28 to 0, the last value; 1 month: days 15 to 42." in table.footnotes[0].text


def test_marks_stand_at_the_medians() -> None:
    figure = trend_figure(*made())
    assert figure is not None
    marks = [shape for shape in figure.scene.shapes if isinstance(shape, Mark)][2:]
    test = [mark.y for mark in marks if mark.paint == "arm:0"]
    control = [mark.y for mark in marks if mark.paint == "arm:1"]
    # medians 20 and 26 on test, 6 and 4 on control: higher values stand higher, in proportion
    assert (control[0] - test[0]) / (test[0] - test[1]) == pytest.approx((20 - 6) / (26 - 20), rel=1e-2)
    upright = [shape for shape in figure.scene.shapes if isinstance(shape, Line) and shape.width == 1.4]
    assert len(upright) == 4
    for line, mark in zip(upright, marks, strict=True):
        (x0, low), (x1, high) = line.points
        assert x0 == x1 == mark.x
        assert high <= mark.y <= low
    counts = [shape.text for shape in figure.scene.shapes if isinstance(shape, Label) and shape.key]
    assert counts == ["3", "3", "2", "2"]


def test_a_window_that_nobody_has_breaks_the_line() -> None:
    values = {f"p{i}": (float(i), None) for i in range(6)}
    figure = trend_figure(*made(values))
    assert figure is not None
    assert not [shape for shape in figure.scene.shapes if isinstance(shape, Line) and shape.width == 1.2]
    assert trend_figure(*made({f"p{i}": (None, None) for i in range(6)})) is None


def test_without_the_figure_there_is_the_table_alone() -> None:
    assert not any(isinstance(block, Figure) for block in display_trend(*made(figure=False)))


def test_nothing_is_cut_with_long_names() -> None:
    spec, written, found = made(labels="Alanine aminotransferase of a patient whose name for it is long " * 4)
    held = written.model_dump(mode="json", exclude_none=True, by_alias=True)
    for name, arm in held["arms"]["groups"].items():
        arm["label"] = f"Drug-eluting bead transarterial chemoembolisation followed by sorafenib {name}"
    figure = trend_figure(spec, Protocol.model_validate(held), found)
    assert figure is not None
    boxes = []
    for label in (shape for shape in figure.scene.shapes if isinstance(shape, Label)):
        wide = width(label.text, label.size, bold=label.bold) / 1.06
        left = label.x - {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
        assert left >= 0, label.text
        assert left + wide <= figure.scene.width, label.text
        assert label.y <= figure.scene.height
        boxes.append((left, left + wide, label.y, label.text))
    for one, other in combinations(boxes, 2):
        assert one[1] <= other[0] or other[1] <= one[0] or abs(one[2] - other[2]) > 8, (one, other)
