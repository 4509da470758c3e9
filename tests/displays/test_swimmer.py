"""The swimmer: every sign at its day by the scale of the axis, patients in order of follow-up, nobody named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from analyses.hand_cohort import protocol
from calliper.blocks import Area, Figure, Label, Line, Mark
from calliper.displays.figures.lettering import width
from calliper.displays.figures.swimmer import swimmer_figure
from calliper.displays.figures.swimmer_lane import responses
from calliper.protocol.specs import CoursesAnalysis, Protocol
from calliper.results import Course, Method, Results, Row, Seen, Treated

ENDPOINTS: dict[str, Any] = {
    "os": {
        "kind": "time_to_event",
        "label": "Overall survival",
        "short": "OS",
        "unit": "weeks",
        "event_label": "deaths",
        "start": "start",
        "events": [{"date": "death", "reason": "death"}],
        "competing": [{"date": "graft", "name": "graft", "reason": "liver transplant"}],
        "censor": [{"date": "start", "reason": "start"}],
    },
    "given": {
        "kind": "treatments",
        "label": "Treatments",
        "start": "start",
        "items": {
            "tace": {"label": "DEB-TACE", "drugs": ["TACE"], "as": "session"},
            "drug": {"label": "Sorafenib", "drugs": ["S"], "as": "period"},
        },
    },
    "response": {
        "kind": "response",
        "label": "Tumour response",
        "criteria": "mRECIST (2010)",
        "start": "start",
        "landmarks": {"m1": {"label": "1 month", "day": 30, "window": [20, 40]}},
    },
}
DATES = {
    name: {"type": "date", "column": name, "label": name.capitalize()} for name in ("start", "death", "graft")
}


def study(arms: Sequence[str] = ("test", "control"), **analysis: Any) -> Protocol:
    spec = {
        "id": "c",
        "kind": "courses",
        "response": "response",
        "follow_up": "os",
        "treatments": "given",
        **analysis,
    }
    return protocol(spec, arms=arms, reference=arms[-1], variables=DATES, endpoints=ENDPOINTS)


def course(
    patient: str, last: int | None, *, arm: str = "test", ending: str = "censored", **held: Any
) -> Course:
    scans = tuple(Seen(day, response, None) for day, response in held.get("scans", ()))
    treatments = tuple(Treated(*given) for given in held.get("treatments", ()))
    return Course("c", patient, arm, "PR", None, scans, treatments, last, ending if last is not None else "")


def results(*courses: Course) -> Results:
    rows = []
    for arm in dict.fromkeys(held.arm for held in courses):
        own = [held for held in courses if held.arm == arm]
        known = sum(held.last_day is not None for held in own)
        rows += [
            Row("c", "included", arm, "", "", "n", len(own)),
            Row("c", "followed", arm, "", "", "n", known),
        ]
    absent = sum(held.last_day is None for held in courses)
    method = Method("c", "follow_up", "", n_excluded=absent, why_excluded="no time: Start not recorded (1)")
    return Results(tuple(rows), (method,), courses=courses)


def drawn(*courses: Course, made: Protocol | None = None) -> Figure:
    made = made or study()
    spec = made.analyses[0]
    assert isinstance(spec, CoursesAnalysis)
    figure = swimmer_figure(spec, made, results(*courses))
    assert figure is not None
    return figure


def labels(figure: Figure) -> list[Label]:
    return [shape for shape in figure.scene.shapes if isinstance(shape, Label)]


def top(figure: Figure) -> float:
    """The lower edge of the panels' titles, under which the bars begin."""
    return min(label.y for label in labels(figure) if label.bold)


def scale(figure: Figure) -> tuple[float, float]:
    """Where day 0 stands in the first panel, and the px of a day, from the ticks in weeks."""
    ticks = {label.text: label.x for label in labels(figure) if label.text.isdigit()}
    first = min(label.x for label in labels(figure) if label.text == "0")
    far = max(ticks, key=int)
    (last,) = {label.x for label in labels(figure) if label.text == far}
    return first, (last - first) / (7 * int(far))


def bars(figure: Figure) -> list[Area]:
    """The pale bars, from the top."""
    found = [s for s in figure.scene.shapes if isinstance(s, Area) and s.opacity < 1]
    return sorted(found, key=lambda area: area.points[0][1])


ONE = course(
    "secret-17",
    140,
    ending="event",
    scans=[(28, "SD"), (42, "PR"), (70, "CR"), (84, "PR"), (112, "PD"), (126, "CR")],
    treatments=[("tace", 0, 0), ("tace", 35, 35), ("drug", 7, 49), ("drug", 56, None)],
)


def test_signs_stand_at_their_days() -> None:
    figure = drawn(ONE, made=study(arms=("test",)))
    zero, day = scale(figure)

    def at(days: float) -> float:
        return pytest.approx(zero + days * day, abs=0.02)  # type: ignore[return-value]

    (bar,) = bars(figure)
    assert (min(x for x, _ in bar.points), max(x for x, _ in bar.points)) == (at(0), at(140))
    middle = (bar.points[0][1] + bar.points[2][1]) / 2
    on_bar = [s for s in figure.scene.shapes if isinstance(s, Mark) and abs(s.y - middle) < 1]
    marks = {mark.paint: mark.x for mark in on_bar if mark.paint != "paper"}
    assert marks == {"response:PR": at(42), "response:CR": at(70), "response:PD": at(112)}
    lines = [
        s for s in figure.scene.shapes
        if isinstance(s, Line) and all(abs(y - middle) < 8 for _, y in s.points) and s.stroke != "rule"
    ]  # fmt: skip
    ticks = [line for line in lines if line.points[0][0] == line.points[1][0]]
    assert [line.points[0][0] for line in ticks] == [at(0), at(35)]
    assert {line.stroke for line in ticks} == {"ink"}
    periods = [line for line in lines if line.points[0][1] == line.points[1][1]]
    assert [(line.points[0][0], line.points[1][0], bool(line.dash)) for line in periods] == [
        (at(7), at(49), False),
        (at(56), at(140), True),
    ]
    crosses = [line for line in lines if line not in ticks and line not in periods]
    assert len(crosses) == 2
    assert [sum(x for x, _ in line.points) / 2 for line in crosses] == [at(140), at(140)]
    assert "Dotted: treatment without a recorded end" in " ".join(note.text for note in figure.footnotes)


def test_first_responses_until_the_first_progression() -> None:
    assert [(seen.day, seen.response) for seen in responses(ONE)] == [(42, "PR"), (70, "CR"), (112, "PD")]
    back = course("p", 90, scans=[(-3, "PR"), (30, "CR"), (60, "PR"), (80, "CR")])
    assert [(seen.day, seen.response) for seen in responses(back)] == [(30, "CR")]


def test_nothing_is_drawn_after_the_end_of_a_bar() -> None:
    short = course(
        "p",
        70,
        scans=[(77, "PR"), (140, "PD")],
        treatments=[("tace", 77, 77), ("drug", 0, 140), ("drug", 150, 160)],
    )
    long = course("q", 140)
    figure = drawn(short, long, made=study(arms=("test",)))
    zero, day = scale(figure)
    lower = bars(figure)[1]
    middle = (lower.points[0][1] + lower.points[2][1]) / 2
    on_bar = [
        [(s.x, s.y)] if isinstance(s, Mark) else s.points
        for s in figure.scene.shapes
        if isinstance(s, Mark | Line)
    ]
    furthest = max(x for points in on_bar if all(abs(y - middle) < 6 for _, y in points) for x, _ in points)
    assert furthest == pytest.approx(zero + 70 * day, abs=0.02)
    assert not [s for s in figure.scene.shapes if isinstance(s, Mark) and abs(s.y - middle) < 6]


def test_longest_first_whatever_the_order_of_the_records() -> None:
    people = [course(f"p{at}", last) for at, last in enumerate((30, 90, 60, 90, 10))]
    figure = drawn(*people)
    zero, day = scale(figure)
    lengths = [round((area.points[1][0] - zero) / day) for area in bars(figure)]
    assert lengths == [90, 90, 60, 30, 10]
    assert drawn(*reversed(people)).scene == figure.scene


def test_panels_in_the_order_of_the_arms_all_on_one_axis() -> None:
    people = [course(f"{arm}{at}", 50 + at, arm=arm) for arm in ("c", "b", "a") for at in range(3)]
    figure = drawn(*people, made=study(arms=("a", "b", "c")))
    heads = sorted((label.y, label.x, label.text) for label in labels(figure) if label.bold)
    assert [text for *_, text in heads] == ["A (3 patients)", "B (3 patients)", "C (3 patients)"]
    assert "TEST (1 patient)" in [label.text for label in labels(drawn(course("p", 9)))]
    paints = [
        area.fill for area in sorted(bars(figure), key=lambda a: (a.points[0][0] > 300, a.points[0][1]))
    ]
    assert paints == ["arm:0"] * 3 + ["arm:2"] * 3 + ["arm:1"] * 3
    widths = {round(area.points[1][0] - area.points[0][0], 1) for area in bars(figure)}
    assert len(widths) == 3, "50, 51 and 52 days are as long in each panel"


def test_the_key_has_the_signs_that_are_drawn() -> None:
    def words(*people: Course) -> list[str]:
        figure = drawn(*people)
        return [label.text for label in labels(figure) if label.y < top(figure) - 10]

    assert words(ONE) == [
        "DEB-TACE",
        "Sorafenib",
        "First partial response",
        "First complete response",
        "First progression",
        "Deaths (OS)",
    ]
    assert words(course("p", 5), course("q", 9, ending="graft")) == [
        "Liver transplant, a competing event",
        "Censored, follow-up goes on",
    ]


def test_nobody_is_named_and_who_has_no_follow_up_is_counted() -> None:
    figure = drawn(ONE, course("secret-18", None))
    texts = [label.text for label in labels(figure)] + [figure.alt, figure.caption]
    notes = [note.text for note in figure.footnotes]
    assert not [text for text in (*texts, *notes) if "secret" in text]
    assert "TEST (1 of 2 patients)" in texts
    assert "Not drawn, as the follow-up is not known: 1 patient (no time: Start not recorded (1))." in notes


def test_without_follow_up_there_is_no_figure() -> None:
    made = study(follow_up=None)
    spec = made.analyses[0]
    assert isinstance(spec, CoursesAnalysis)
    assert swimmer_figure(spec, made, results(ONE)) is None
    made = study()
    spec = made.analyses[0]
    assert isinstance(spec, CoursesAnalysis)
    assert swimmer_figure(spec, made, results(course("p", None))) is None


def test_of_many_patients_every_so_many_are_drawn_and_that_is_said() -> None:
    figure = drawn(*(course(f"p{at:03}", 1000 - at) for at in range(250)), made=study(arms=("test",)))
    zero, day = scale(figure)
    lengths = [round((area.points[1][0] - zero) / day) for area in bars(figure)]
    assert lengths == list(range(1000, 750, -5))
    assert "TEST (250 patients, every 5th drawn)" in [label.text for label in labels(figure)]
    assert "only some are drawn, at equal steps" in " ".join(note.text for note in figure.footnotes)


@pytest.mark.parametrize("arms", [1, 2, 3, 5])
def test_labels_stay_on_the_sheet_and_apart(arms: int) -> None:
    names = tuple(f"{'very_long_name_of_an_arm_'}{at}" for at in range(arms))
    people = [
        course(
            f"{arm}{at}", 10 * at, arm=arm, ending=("event", "graft", "censored")[at % 3], scans=[(3, "PR")]
        )
        for arm in names
        for at in range(20)
    ]
    figure = drawn(*people, made=study(arms=names))
    shifts = {"start": 0.0, "middle": 0.5, "end": 1.0}
    spans = []
    for label in labels(figure):
        wide = width(label.text, label.size, bold=label.bold)
        left = label.x - shifts[label.anchor] * wide
        assert left >= -1
        assert left + wide <= figure.scene.width
        assert label.y <= figure.scene.height
        spans.append((left, label.y - 9, left + wide, label.y))
    for at, (x0, y0, x1, y1) in enumerate(spans):
        assert all(x1 <= u0 or u1 <= x0 or y1 <= v0 or v1 <= y0 for u0, v0, u1, v1 in spans[:at])
