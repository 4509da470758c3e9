"""Waterfall and spider: what stands where, in which paint, with few patients and with many, and what is not said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.hand_cohort import OS
from analyses.hand_cohort import protocol as hand_protocol
from calliper.blocks import Box, Figure, Label, Line, Mark, Text
from calliper.displays import display_courses
from calliper.displays.figures.lettering import width
from calliper.displays.figures.patients import time_ticks
from calliper.displays.figures.spider import Trail, below, spider_figure, trail
from calliper.displays.figures.waterfall import waterfall_figure
from calliper.displays.tables.courses import courses_table
from calliper.protocol.specs import Protocol
from calliper.report.svg import RESPONSES, colour
from calliper.results import Course, Method, Results, Row, Seen

LONG = "Drug-eluting bead transarterial chemoembolisation followed by sorafenib 400 mg twice daily until progression"
Patients = Mapping[str, Sequence[Course]]


def study(*, arms: Sequence[str] = ("new", "old"), change: Mapping[str, float] | None = None) -> Protocol:
    response: dict[str, Any] = {
        "kind": "response",
        "label": "Tumour response",
        "criteria": "mRECIST (2010)",
        "start": "start",
        "lesions": {"rules": "mRECIST_2010", "change": change or {}},
        "landmarks": {"best": {"label": "Best response", "best": "unconfirmed"}},
    }
    return hand_protocol(
        {"id": "courses", "kind": "courses", "response": "r"},
        arms=arms,
        reference=arms[0],
        variables={"start": {"type": "date", "column": "start", "label": "First TACE"}},
        endpoints={"r": response, "os": OS},
    )


def labelled(protocol: Protocol, label: str) -> Protocol:
    """The study with this label, and a number, on every arm."""
    arms = protocol.arms
    groups = {
        name: arm.model_copy(update={"label": f"{label} {at_}"})
        for at_, (name, arm) in enumerate(arms.groups.items())
    }
    return protocol.model_copy(update={"arms": arms.model_copy(update={"groups": groups})})


def course(
    best: str, change: float | None, *scans: Seen, patient: str = "secret-17", arm: str = "new"
) -> Course:
    held = scans or ((Seen(40, best, change),) if change is not None else ())
    return Course("courses", patient, arm, best, change, held)


def results(patients: Patients, *, unmeasured: Mapping[str, int] | None = None, failure: str = "") -> Results:
    lost = unmeasured or {}
    courses = tuple(replace(one, arm=arm) for arm, held in patients.items() for one in held)
    rows = []
    for arm, held in patients.items():
        n = float(len(held))
        rows.append(Row("courses", "included", arm, "", "", "n", n + lost.get(arm, 0)))
        rows.append(Row("courses", "measured", arm, "", "", "n", n))
    why = "no scan before new anticancer therapy or the cut-off (1)" if lost else ""
    method = Method(
        "courses", "best_change", "", n_excluded=sum(lost.values()), why_excluded=why, failure=failure
    )
    return Results(tuple(rows), (method,), courses=courses)


def waterfall(patients: Patients, protocol: Protocol | None = None, **more: Any) -> Figure:
    held = protocol or study(arms=tuple(patients))
    figure = waterfall_figure(held.analyses[0], held, results(patients, **more))  # type: ignore[arg-type]
    assert figure is not None
    return figure


def spider(patients: Patients, protocol: Protocol | None = None, **more: Any) -> Figure:
    held = protocol or study(arms=tuple(patients))
    figure = spider_figure(held.analyses[0], held, results(patients, **more))  # type: ignore[arg-type]
    assert figure is not None
    return figure


def bars(figure: Figure) -> list[Box]:
    """The bars, without the squares of the key."""
    return [s for s in figure.scene.shapes if isinstance(s, Box) and (s.width, s.height) != (11, 11)]


def words(figure: Figure) -> list[str]:
    return [s.text for s in figure.scene.shapes if isinstance(s, Label)]


def scale(figure: Figure, panel: int = 0) -> Mapping[str, float]:
    """Where the ticks of the changes stand in a panel, px: their labels end left of the axis, 4 px below it."""
    ticks = [s for s in figure.scene.shapes if isinstance(s, Label) and s.anchor == "end"]
    start = [at for at, s in enumerate(ticks) if s.text == "−100"][panel]
    found: dict[str, float] = {}
    for label in ticks[start:]:
        if label.text in found:
            break
        found[label.text] = label.y - 4
    return found


def at(figure: Figure, change: float, panel: int = 0) -> float:
    """The height of a change, px, by the ticks at -100 and 0."""
    ticks = scale(figure, panel)
    return ticks["0"] + (ticks["0"] - ticks["−100"]) * change / 100


# --- waterfall --------------------------------------------------------------------------------------------------

FIVE = {
    "new": [course("PR", -62.5), course("PD", 31.0), course("CR", -100.0), course("SD", -10.0)],
    "old": [course("SD", 12.0)],
}


def test_bars_go_from_the_largest_growth_to_the_largest_fall_in_the_paint_of_their_response() -> None:
    figure = waterfall(FIVE)
    held = bars(figure)
    assert [bar.fill for bar in held] == [f"response:{best}" for best in ("PD", "SD", "PR", "CR", "SD")]
    new, old = held[:4], held[4:]
    assert [bar.x for bar in new] == sorted(bar.x for bar in new)
    assert old[0].x == new[0].x
    assert len({bar.width for bar in held}) == 1, "panels share the width of a bar"


@pytest.mark.parametrize(
    ("place", "panel", "change"), [(0, 0, 31.0), (1, 0, -10.0), (2, 0, -62.5), (3, 0, -100.0), (4, 1, 12.0)]
)
def test_a_bar_reaches_from_no_change_to_its_own(place: int, panel: int, change: float) -> None:
    figure = waterfall(FIVE)
    bar, zero, end = bars(figure)[place], at(figure, 0.0, panel), at(figure, change, panel)
    assert (bar.y, bar.y + bar.height) == pytest.approx((min(zero, end), max(zero, end)), abs=0.03)


def test_no_change_is_drawn_and_equal_changes_stand_by_their_response() -> None:
    figure = waterfall({"new": [course("PR", -30.0), course("SD", 0.0), course("PD", -30.0)]})
    held = bars(figure)
    assert [bar.fill for bar in held] == ["response:SD", "response:PD", "response:PR"]
    assert 1 <= held[0].height <= 2
    assert held[0].y < at(figure, 0.0) < held[0].y + held[0].height


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {"+20%": 20.0, "−30%": -30.0}),
        ({"pd_increase_percent": 25, "pr_decrease_percent": 12.5}, {"+25%": 25.0, "−12.5%": -12.5}),
        ({"pd_increase_percent": 80}, {"+80%": 80.0, "−30%": -30.0}),
        ({"pd_increase_percent": 150}, {"−30%": -30.0}),
    ],
)
@pytest.mark.parametrize("draw", [waterfall, spider], ids=["waterfall", "spider"])
def test_the_lines_of_the_criteria_stand_at_their_own_fields(
    draw: Any, change: dict[str, float], expected: dict[str, float]
) -> None:
    figure = draw(FIVE, study(change=change))
    lines = [s.points for s in figure.scene.shapes if isinstance(s, Line) and s.dash == (4.0, 3.0)]
    assert all(start[1] == end[1] for start, end in lines)
    places = [at(figure, held, panel) for panel in (0, 1) for held in expected.values()]
    assert [start[1] for start, _ in lines] == pytest.approx(places, abs=0.02)
    labels = [
        s for s in figure.scene.shapes if isinstance(s, Label) and s.text.endswith("%") and s.paint == "muted"
    ]
    assert [label.text for label in labels] == [*expected, *expected]
    assert [label.y - 4 for label in labels] == pytest.approx([start[1] for start, _ in lines], abs=0.02)


def test_a_growth_beyond_100_percent_is_cut_and_written_out() -> None:
    figure = waterfall({"new": [course("PD", 120.4), course("PD", 250.0), course("SD", 99.0)], "old": []})
    assert "Cut at +100%, from the left: +250, +120" in words(figure)
    held = bars(figure)
    assert held[0].y == held[1].y == pytest.approx(at(figure, 100.0), abs=0.02)
    (gap,) = [s for s in figure.scene.shapes if isinstance(s, Line) and s.stroke == "paper"]
    (start, _), (end, _) = gap.points
    assert start <= held[0].x, "the gap is over the two that are cut"
    assert held[1].x + held[1].width <= end <= held[2].x


def test_many_cut_bars_are_written_as_far_as_the_line_holds_them() -> None:
    figure = waterfall({"new": [course("PD", 101.0 + n) for n in range(200)]})
    (line,) = [text for text in words(figure) if text.startswith("Cut")]
    named = line.split(": ")[1].split(" and ")[0].split(", ")
    assert named == [f"+{300 - n}" for n in range(len(named))]
    assert line.endswith(f" and {200 - len(named)} more")


def test_the_axis_goes_to_50_where_all_is_below_and_else_to_100() -> None:
    assert "+50" in scale(waterfall(FIVE))
    assert "+75" not in scale(waterfall(FIVE))
    assert "+100" in scale(waterfall({"new": [course("PD", 51.0)]}))


def test_who_is_not_drawn_is_said() -> None:
    for draw in (waterfall, spider):
        figure = draw(FIVE, unmeasured={"old": 1})
        assert "Not drawn: 1 patient (no scan before new anticancer therapy or the cut-off (1))." in (
            figure.footnotes[0].text
        )
        assert "OLD (1 of 2 patients)" in words(figure)
        assert "Not drawn" not in draw(FIVE).footnotes[0].text


@pytest.mark.parametrize("draw", [waterfall, spider], ids=["waterfall", "spider"])
def test_the_labels_of_lines_that_lie_close_keep_apart(draw: Any) -> None:
    figure = draw(FIVE, study(change={"pd_increase_percent": 1, "pr_decrease_percent": 2}))
    upper, lower = (
        span for span in spans(figure) if span[4] in ("+1%", "−2%") and span[3] < at(figure, -100)
    )
    assert upper[3] <= lower[2]


# --- spider -----------------------------------------------------------------------------------------------------


def test_a_trail_is_cut_at_the_first_progression() -> None:
    scans = (
        Seen(30, "PR", -40.0), Seen(60, "NE", None), Seen(90, "PD", -10.0), Seen(120, "PD", 5.0), Seen(150, "SD", None),
    )  # fmt: skip
    assert trail(course("PR", -40.0, *scans)) == Trail(
        counted=((0.0, 0.0), (30.0, -40.0), (90.0, -10.0)),
        later=((120.0, 5.0),),
        progressed=(90.0, -10.0),
        is_measured=True,
    )


def test_a_progression_without_a_sum_stands_at_the_last_change() -> None:
    held = trail(course("SD", -8.0, Seen(30, "SD", -8.0), Seen(70, "PD", None), Seen(110, "PD", 44.0)))
    assert held == Trail(((0.0, 0.0), (30.0, -8.0)), ((110.0, 44.0),), (70.0, -8.0), is_measured=False)


def test_lines_marks_and_what_follows_progression() -> None:
    scans = (Seen(61, "PR", -40.0), Seen(122, "PD", 10.0), Seen(183, "PD", 30.0))
    figure = spider({"new": [course("PR", -40.0, *scans)]})
    lines = [s for s in figure.scene.shapes if isinstance(s, Line) and s.stroke == "response:PR"]
    assert [line.opacity < 0.5 for line in lines] == [False, True]
    counted, later = (line.points for line in lines)
    assert [y for _, y in counted] == pytest.approx(
        [at(figure, held) for held in (0.0, -40.0, 10.0)], abs=0.02
    )
    assert later[0] == counted[-1]
    assert later[-1][1] == pytest.approx(at(figure, 30.0), abs=0.02)
    steps = [after[0] - before[0] for before, after in pairwise([*counted, later[-1]])]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.02), "scans 61 days apart"
    marks = [s for s in figure.scene.shapes if isinstance(s, Mark)]
    assert [(mark.x, mark.y) for mark in marks[1:]] == [counted[-1]], "the first is that of the key"


def test_the_days_stand_on_the_axis_of_time() -> None:
    """Day 61 is 61 / 30.4375 months: 0.668 of the way from the tick at 0 to that at 3."""
    figure = spider({"new": [course("SD", -5.0, Seen(61, "SD", -5.0), Seen(200, "SD", -2.0))]})
    ticks = {s.text: s.x for s in figure.scene.shapes if isinstance(s, Label) and s.anchor == "middle"}
    (line,) = [s for s in figure.scene.shapes if isinstance(s, Line) and s.stroke == "response:SD"]
    share = (line.points[1][0] - ticks["0"]) / (ticks["3"] - ticks["0"])
    assert share == pytest.approx(61 / 30.4375 / 3, abs=0.001)
    assert "Months since first TACE" in words(figure)


def test_a_line_beyond_100_percent_ends_where_it_crosses_and_the_mark_keeps_its_day() -> None:
    figure = spider(
        {"new": [course("PD", 200.0, Seen(60, "PD", 200.0)), course("SD", 0.0, Seen(60, "SD", 0.0))]}
    )
    top = at(figure, 100.0)
    solid, dotted = (s for s in figure.scene.shapes if isinstance(s, Line) and s.stroke == "response:PD")
    stable = next(s for s in figure.scene.shapes if isinstance(s, Line) and s.stroke == "response:SD")
    day_0, day_60 = stable.points[0][0], stable.points[1][0]
    assert solid.points[-1] == pytest.approx(((day_0 + day_60) / 2, top), abs=0.02), (
        "200% on day 60: 100% on day 30"
    )
    assert dotted.points[0] == solid.points[-1]
    assert dotted.points[1] == pytest.approx((day_60, top), abs=0.02)
    mark = [s for s in figure.scene.shapes if isinstance(s, Mark)][-1]
    assert (mark.x, mark.y) == pytest.approx((day_60, top), abs=0.02)
    assert "Lines are cut at +100%." in figure.footnotes[0].text


def test_parts_of_a_line_that_are_not_above() -> None:
    line = [(0.0, 0.0), (10.0, 200.0), (20.0, 150.0), (30.0, 50.0), (40.0, 60.0)]
    assert below(line, 100.0) == [((0.0, 0.0), (5.0, 100.0)), ((25.0, 100.0), (30.0, 50.0), (40.0, 60.0))]
    assert below(line[:1], 100.0) == []


@given(st.lists(st.integers(-100, 400), min_size=2, max_size=8))
def test_nothing_of_a_line_is_drawn_above_and_nothing_below_is_lost(changes: list[int]) -> None:
    points = [(float(day), float(change)) for day, change in enumerate(changes)]
    runs = below(points, 100.0)
    drawn = [point for run in runs for point in run]
    assert all(change <= 100.0 for _, change in drawn)
    kept = {
        point
        for before, after in pairwise(points)
        for point in (before, after)
        if min(before[1], after[1]) <= 100
    }
    assert {point for point in kept if point[1] <= 100.0} <= set(drawn)
    assert all(day == int(day) or change == 100.0 for day, change in drawn)


@pytest.mark.parametrize(
    ("days", "unit", "expected"),
    [
        (500, "months", (0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0)),
        (60, "months", (0.0, 1.0, 2.0)),
        (3000, "months", (0.0, 24.0, 48.0, 72.0, 96.0, 120.0)),
        (70, "weeks", (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)),
    ],
)
def test_ticks_of_time(days: int, unit: str, expected: tuple[float, ...]) -> None:
    assert time_ticks(days, unit) == expected


# --- both -------------------------------------------------------------------------------------------------------


def many(n: int, arms: Sequence[str] = ("new", "old")) -> dict[str, list[Course]]:
    """Invented courses, as many in each arm but for the last, which has half; some grow far, some have long names."""
    held: dict[str, list[Course]] = {}
    for place, arm in enumerate(arms):
        size = max(n // (2 if place == len(arms) - 1 else 1), 1)
        held[arm] = []
        for at_ in range(size):
            change = float((37 * at_ + 11 * place) % 190 - 100 + (400 if at_ % 23 == 5 else 0))
            change = min(change, 480.0)
            best = "PD" if change >= 20 else "PR" if change <= -30 else "SD"
            scans = (
                Seen(30 + at_ % 9, best, change),
                Seen(90 + at_ % 20, "PD" if at_ % 3 else "NE", None if at_ % 2 else change),
            )
            held[arm].append(course(best, change, *scans, patient=f"secret-{arm}-{at_}"))
    return held


def spans(figure: Figure) -> list[tuple[float, float, float, float, str]]:
    """The boxes of the labels: left, right, top, bottom, text; turned ones upright."""
    found = []
    for s in figure.scene.shapes:
        if isinstance(s, Label):
            wide = width(s.text, s.size, bold=s.bold)
            back = {"start": 0.0, "middle": 0.5, "end": 1.0}[s.anchor] * wide
            box = (s.x - back, s.x - back + wide, s.y - s.size * 0.75, s.y + s.size * 0.2)
            if s.turn:
                box = (s.x - s.size * 0.75, s.x + s.size * 0.2, s.y - wide / 2, s.y + wide / 2)
            found.append((*box, s.text))
    return found


@pytest.mark.parametrize("draw", [waterfall, spider], ids=["waterfall", "spider"])
@pytest.mark.parametrize("n", [1, 5, 90, 500])
@pytest.mark.parametrize("arms", [("new",), ("new", "old"), ("a", "b", "c", "d", "e")])
@pytest.mark.parametrize("label", ["Arm", LONG, "对照组" * 12])
def test_no_label_overlaps_another_or_leaves_the_sheet(
    draw: Any, n: int, arms: tuple[str, ...], label: str
) -> None:
    figure = draw(many(n, arms), labelled(study(arms=arms), label))
    found = spans(figure)
    for left, right, top, bottom, text in found:
        assert left >= 0, text
        assert right <= figure.scene.width, text
        assert top >= 0, text
        assert bottom <= figure.scene.height, text
    for one, other in combinations(found, 2):
        apart = one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
        assert apart, (one, other)


@pytest.mark.parametrize("n", [1, 5, 90, 500])
def test_bars_stay_in_the_plot_and_beside_each_other(n: int) -> None:
    figure = waterfall(many(n))
    rules = [s.points for s in figure.scene.shapes if isinstance(s, Line) and s.stroke == "rule"]
    left, right = rules[0][0][0], rules[0][1][0]
    held = bars(figure)
    assert len(held) == sum(len(courses) for courses in many(n).values())
    for bar in held:
        assert left - 0.01 <= bar.x
        assert bar.x + bar.width <= right + 0.01
    first = held[: len(many(n)["new"])]
    assert all(after.x - before.x >= before.width - 0.02 for before, after in pairwise(first))


def test_of_a_registry_some_are_drawn_in_order_and_the_title_says_so() -> None:
    """1,300 patients in a panel of at most 600: every third, 434."""
    figure = waterfall({"new": [course("SD", n / 10) for n in range(-650, 650)], "old": [course("SD", 1.0)]})
    new = bars(figure)[:-1]
    assert len(new) == 434
    ends = [bar.y if bar.y < at(figure, 0.0) - 1 else bar.y + bar.height for bar in new]
    tops = [at(figure, 64.9 - 0.3 * place) for place in range(434)]
    assert ends[:200] == pytest.approx(tops[:200], abs=0.03)
    assert ends[-200:] == pytest.approx(tops[-200:], abs=0.03)
    assert "NEW (1300 of 1300 patients, every 3rd drawn)" in words(figure)
    assert "OLD (1 of 1 patients)" in words(figure)


@pytest.mark.parametrize("draw", [waterfall, spider], ids=["waterfall", "spider"])
def test_no_patient_is_named(draw: Any) -> None:
    figure = draw(many(40))
    told = [*words(figure), figure.alt, figure.caption, *(note.text for note in figure.footnotes)]
    assert not [text for text in told if "secret" in text]


@pytest.mark.parametrize("draw", [waterfall, spider], ids=["waterfall", "spider"])
def test_the_order_and_the_names_of_the_patients_change_no_waterfall(draw: Any) -> None:
    def shapes(patients: Patients) -> list[Any]:
        return sorted(draw(patients).scene.shapes, key=repr)

    held = many(40)
    turned = {
        arm: [replace(one, patient=f"x{at_}") for at_, one in enumerate(reversed(courses))]
        for arm, courses in held.items()
    }
    assert shapes(turned) == shapes(held)


@pytest.mark.parametrize("draw", [waterfall, spider], ids=["waterfall", "spider"])
def test_the_caption_and_the_note_say_that_nothing_is_tested(draw: Any) -> None:
    figure = draw(FIVE)
    assert figure.caption.endswith("descriptive, no test")
    assert "nothing is tested" in figure.footnotes[0].text
    assert "NEW (4 of 4 patients)" in figure.alt


@pytest.mark.parametrize("figure", [waterfall_figure, spider_figure])
def test_an_arm_where_nobody_is_measured_has_its_title_and_no_plot(figure: Any) -> None:
    held = study()
    made = figure(held.analyses[0], held, results({"new": FIVE["new"], "old": []}, unmeasured={"old": 3}))
    assert "OLD (0 of 3 patients)" in words(made)
    assert words(made).count("−100") == 1


def test_where_no_change_is_known_the_reason_stands_in_place_of_the_figures() -> None:
    held, why = study(), "no change of the tumour is known: no patient has a sum"
    made = results({"new": [], "old": []}, unmeasured={"new": 2, "old": 1}, failure=why)
    blocks = display_courses(held.analyses[0], held, made)  # type: ignore[arg-type]
    assert not [block for block in blocks if isinstance(block, Figure)]
    assert [block.text for block in blocks if isinstance(block, Text)] == [
        f"No change of the tumours is drawn: {why}."
    ]


def test_a_study_draws_the_figures_that_it_names() -> None:
    held = study()
    spec = held.analyses[0].model_copy(update={"figures": ("spider",)})
    blocks = display_courses(spec, held, results(FIVE))  # type: ignore[arg-type]
    assert [block.id for block in blocks if isinstance(block, Figure)] == ["figure-courses-spider"]


def test_the_table_by_hand() -> None:
    rows = [
        Row("courses", "included", "new", "", "", "n", 12.0),
        Row("courses", "measured", "new", "", "", "n", 8.0),
        Row("courses", "measured", "new", "best_change", "fall", "count", 3.0),
        Row("courses", "measured", "new", "best_change", "fall", "proportion", 0.375),
        *(
            Row("courses", "measured", "new", "best_change", "", stat, value)
            for stat, value in {
                "median": -12.25,
                "q1": -40.0,
                "q3": 3.04,
                "min": -100.0,
                "max": 166.66,
            }.items()
        ),
        Row("courses", "included", "old", "", "", "n", 1.0),
        Row("courses", "measured", "old", "", "", "n", 0.0),
        Row("courses", "measured", "old", "best_change", "fall", "count", 0.0),
    ]
    held = study()
    table = courses_table(held.analyses[0], held, Results(tuple(rows), ()))  # type: ignore[arg-type]
    assert [[cell.text for cell in row.cells[:3]] for row in table.rows] == [
        ["Patients", "12", "1"],
        ["With a measured change", "8", "0"],
        ["Fall of at least 30%, n/N (%)", "3/8 (37.5)", "—"],
        ["Median [IQR], %", "−12.3 [−40.0 to 3.0]", "—"],
        ["Largest fall to largest growth, %", "−100.0 to 166.7", "—"],
    ]


def lightness(paint: str) -> float:
    """CIE L* of a colour, from its relative luminance."""
    text = colour(paint)
    parts = [int(text[at_ : at_ + 2], 16) / 255 for at_ in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return float(116 * luminance ** (1 / 3) - 16) if luminance > 0.008856 else 903.3 * luminance


def test_responses_can_be_told_apart_in_grey() -> None:
    found = sorted(lightness(paint) for paint in RESPONSES)
    assert all(after - before >= 10 for before, after in pairwise(found)), found
    assert found[-1] <= 85, "and all of them from paper"
