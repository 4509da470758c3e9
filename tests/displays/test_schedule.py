"""Follow-up against its schedule in print: each cell leads to its result, the words, the visits as drawn."""

from __future__ import annotations

import re

import pytest

from analyses.test_schedule_arms import OFTEN, ON, PEOPLE, SELDOM, SPEC, START, results, study
from calliper.blocks import Document, Figure, Line, Mark, Table
from calliper.displays.addresses import described
from calliper.displays.document import document
from calliper.displays.figures.visit_strips import MOST, panels
from calliper.displays.narrative.schedule import scheduled
from calliper.displays.tables.schedule import ITEMS
from calliper.protocol.check_schedule import UNDONE
from calliper.protocol.roles import ROLES_OF
from calliper.protocol.specs import Protocol, Schedule, ScheduleAnalysis
from calliper.protocol.treatment_specs import VISIT_WORDS
from calliper.results import Results
from displays.printed import NUMBER, cells, is_rounding, texts, values
from displays.test_every_number import CAUSAL

STUDY = study()


def made(found: Results, held: Protocol = STUDY) -> Document:
    return document(held, found, (), {})


def table(held: Document) -> dict[str, list[str]]:
    (found,) = [b for s in held.sections for b in s.blocks if isinstance(b, Table) and b.id == "table-fu"]
    return {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in found.rows}


def figure(held: Document) -> Figure:
    (found,) = [b for s in held.sections for b in s.blocks if isinstance(b, Figure) and b.id == "figure-fu"]
    return found


@pytest.fixture(scope="module")
def printed() -> tuple[Document, Results]:
    found = results()
    return made(found), found


def test_the_table(printed: tuple[Document, Results]) -> None:
    shown = table(printed[0])
    assert shown["Scans due"] == ["8", "19", "27"]
    assert shown["Missed, n (%)"] == ["2 (25.0)", "6 (31.6)", "8 (29.6)"]
    assert shown["After missed scans, n (%)"] == ["1 (12.5)", "0 (0.0)", "1 (3.7)"]
    assert shown["Days between scans, median (IQR)"][0] == "35 (30 to 47.5)"
    assert shown["Days from the last scan to the end, median (IQR)"][0] == "20 (15 to 34.5)"
    assert shown["Every scan on time, n/N (%)"] == ["1/2 (50.0)", "2/3 (66.7)", "3/5 (60.0)"]
    assert shown["Ratio of the rates (95% CI)"] == ["0.89 (0.30 to 2.40)", "Reference", ""]
    assert "All of these" not in shown


def test_the_notes_say_what_is_counted_and_who_is_left_out(printed: tuple[Document, Results]) -> None:
    blocks = [b for s in printed[0].sections for b in s.blocks if isinstance(b, Table) and b.id == "table-fu"]
    notes = [note.text for note in blocks[0].footnotes]
    assert notes[0].startswith(
        "Percentages of scans: of those due. Missed: nobody came by the last day on time."
    )
    assert "Patients left out: start not recorded (1)." in notes


def test_every_number_is_its_result_rounded(printed: tuple[Document, Results]) -> None:
    held, found = printed
    checked = 0
    for _, cell in cells(held):
        tokens = NUMBER.findall(cell.text)
        assert bool(tokens) <= bool(cell.keys), cell.text
        known = values(found, cell.keys)
        assert all(any(is_rounding(token, value) for value in known) for token in tokens), cell.text
        checked += len(tokens)
    for text in texts(held):
        tokens = NUMBER.findall(re.sub(r"([<>]) (?=\d)", r"\1", text.text))
        for value in values(found, text.keys):
            assert value is not None
            assert any(is_rounding(token, value) for token in tokens), (text.text, value)
        assert not CAUSAL.search(text.text), text.text
    assert checked > 60


def test_arms_that_are_seen_alike_and_unlike(printed: tuple[Document, Results]) -> None:
    unseen = "no difference in how often scans came was seen, which does not show that there is none."
    warned = "Scans came more often with TEST than with CONTROL"
    (alike,) = [text.text for text in texts(printed[0]) if text.text.startswith("With TEST, of 8 scans due")]
    assert "Scans per patient-year, TEST vs CONTROL: rate ratio 0.89 (0.30 to 2.40)" in alike
    assert unseen in alike
    assert warned not in alike
    people = [("test", 300, 0, OFTEN, "death"), ("control", 300, 0, SELDOM, "death")]
    held = made(results(people=people))
    follow_up, limitations = (
        " ".join(block.text for s in held.sections if s.id == name for block in texts_of(s.blocks))
        for name in ("follow_up", "limitations")
    )
    assert "With TEST no scan was due." in follow_up
    assert unseen not in follow_up
    assert warned in follow_up
    assert f"Imaging follow-up: {warned}" in limitations


def texts_of(blocks):  # type: ignore[no-untyped-def]
    return [block for block in blocks if hasattr(block, "text")]


def test_nobody_followed_is_said() -> None:
    held = made(results(people=[("test", None, 0, (), "start not recorded")]))
    told = "No follow-up is described: the follow-up of no patient is known."
    assert told in [text.text for text in texts(held)]
    assert not [b for s in held.sections for b in s.blocks if isinstance(b, Figure) and b.id == "figure-fu"]


def test_what_was_read_is_told_from_the_study_file() -> None:
    more = {
        "visits": "visits",
        "where": {"kind": ["imaging", "clinic"]},
        "until": [{"date": "start", "reason": "death"}],
    }
    held = study(spec={**SPEC, **more})
    spec = held.endpoints["plan"]
    assert isinstance(spec, Schedule)
    assert scheduled(held, spec) == (
        "Imaging follow-up: the days with a visit (kind imaging or clinic) after first TACE were held against the "
        "schedule, up to death."
    )


def test_everything_that_a_visit_may_be_asked_for_has_words() -> None:
    asked = {
        name
        for table in VISIT_WORDS
        for name, role in ROLES_OF[table].items()
        if set(UNDONE) & set(role.meanings)
    }
    assert asked == set(ITEMS)


# --- the figure ---------------------------------------------------------------------------------------------


def test_each_visit_is_drawn_once_and_each_patient_has_a_line(printed: tuple[Document, Results]) -> None:
    """16 on time as ticks of the arms' paints; of the others signs in ink, and one each in the key."""
    shapes = figure(printed[0]).scene.shapes
    lines = [shape for shape in shapes if isinstance(shape, Line) and shape.stroke.startswith("arm:")]
    ticks = [line for line in lines if line.points[0][0] == line.points[1][0]]
    bars = [line for line in lines if line not in ticks]
    assert (len(bars), len(ticks)) == (6, 17)
    marks = [shape for shape in shapes if isinstance(shape, Mark) and shape.paint == "ink"]
    assert sorted(mark.shape for mark in marks) == ["circle"] * 2 + ["diamond"] * 2 + ["square"] * 2


def test_lines_and_visits_stand_on_one_scale_of_time(printed: tuple[Document, Results]) -> None:
    """Day 290 lies at 290/300 of the line of a patient followed for 300 days; nothing lies beyond its line."""
    shapes = figure(printed[0]).scene.shapes
    bars = [
        s for s in shapes if isinstance(s, Line) and s.stroke == "arm:0" and s.points[0][0] != s.points[1][0]
    ]
    (left, y), (right, _) = max((bar.points for bar in bars), key=lambda points: points[1][0])
    squares = [
        s for s in shapes if isinstance(s, Mark) and s.shape == "square" and s.paint == "ink" and s.y == y
    ]
    assert [(mark.x - left) / (right - left) for mark in squares] == pytest.approx([290 / 300], abs=1e-3)
    marks = [shape.x for shape in shapes if isinstance(shape, Mark) and shape.y == y]
    assert max(marks) <= right


def test_of_many_patients_some_are_drawn_at_equal_steps() -> None:
    people = [("test", 30 + at, 0, ((30, ON),), "death") for at in range(2 * MOST + 1)]
    found = results(people=people)
    (spec,) = STUDY.analyses
    assert isinstance(spec, ScheduleAnalysis)
    (panel,) = panels(spec, STUDY, found)
    assert (panel.every, panel.n, len(panel.strips)) == (3, 121, 41)
    assert panel.title == "TEST (121 patients, every 3rd drawn)"
    followed = [strip.days_followed for strip in panel.strips]
    assert followed == sorted(followed, reverse=True)
    assert "at equal steps" in figure(made(found)).footnotes[1].text


def test_the_figure_can_be_left_out() -> None:
    held = study(figure=False)
    assert not [
        b
        for s in made(results(held), held).sections
        for b in s.blocks
        if isinstance(b, Figure) and b.id == "figure-fu"
    ]


def test_an_address_in_words() -> None:
    words = {
        "fu/included/test/interval//median": "days between visits, TEST, median, days",
        "fu/included/test vs control/rate//rate_ratio": (
            "how often visits came, TEST vs CONTROL, ratio of rates (95% CI)"
        ),
    }
    for key, expected in words.items():
        row = results(people=PEOPLE).get(key)
        assert row is not None
        assert described(STUDY, row) == expected


def test_the_start_is_the_study_files() -> None:
    assert STUDY.variable("start").label == START["label"]
