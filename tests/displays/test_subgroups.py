"""Subgroups, restricted means and the options of curves in print: what each place shows is its result rounded."""

from __future__ import annotations

from typing import Any

import pytest

from analyses.hand_cohort import OS, analyse, category, patients, protocol, times, value
from calliper.blocks import Area, Figure, Label, Line, Mark
from calliper.displays.addresses import described, heading
from calliper.displays.figures.kaplan_meier import kaplan_meier_figure
from calliper.displays.figures.subgroups import subgroups_figure
from calliper.displays.narrative.results import survival
from calliper.displays.narrative.subgroups import subgroups
from calliper.displays.tables.subgroups import subgroups_table
from calliper.displays.tables.survival import survival_table
from calliper.protocol.specs import Protocol, SubgroupsAnalysis, SurvivalAnalysis
from calliper.results import Results

ROWS = [  # arm, sex, time, event; twelve women and eight men, one patient whose sex is not known
    *((("test", "control")[i % 2], "F", 2 + i, int(i % 4 != 0)) for i in range(12)),
    *((("test", "control")[i % 2], "M", 3 + 2 * i, int(i % 5 != 4)) for i in range(8)),
    ("test", None, 30, 0),
]


def made(spec: dict[str, Any], rows: list[Any] = ROWS) -> tuple[Protocol, Results]:
    study = protocol(
        spec, variables={"sex": category("Sex", "F", "M")}, endpoints={"os": {**OS, "event_label": "deaths"}}
    )
    columns = [list(column) for column in zip(*rows, strict=True)]
    frame = patients(arm=columns[0], sex=columns[1])
    return study, analyse(study, frame, times("os", frame["patient"].to_list(), columns[2], columns[3]))


def in_subgroups(rows: list[Any] = ROWS) -> tuple[SubgroupsAnalysis, Protocol, Results]:
    spec = {
        "id": "sub",
        "kind": "subgroups",
        "endpoint": "os",
        "factors": ["sex"],
        "labels": {"sex": "Gender"},
    }
    study, results = made(spec, rows)
    held = study.analyses[0]
    assert isinstance(held, SubgroupsAnalysis)
    return held, study, results


def in_survival(**options: Any) -> tuple[SurvivalAnalysis, Protocol, Results]:
    study, results = made({"id": "os", "kind": "survival", "endpoint": "os", **options})
    held = study.analyses[0]
    assert isinstance(held, SurvivalAnalysis)
    return held, study, results


def texts(figure: Figure) -> list[str]:
    return [shape.text for shape in figure.scene.shapes if isinstance(shape, Label)]


def test_the_table_has_every_count_ratio_and_p_at_its_place() -> None:
    spec, study, results = in_subgroups()
    table = subgroups_table(spec, study, results)
    assert [row.cells[0].text for row in table.rows] == ["All patients", "Gender", "F", "M"]
    everyone, factor, women, men = table.rows
    # of 12 women, six an arm; the censored are those with i = 0, 4, 8, all of the first arm
    assert [cell.text for cell in women.cells[1:3]] == ["3/6", "6/6"]
    # of 8 men, i = 4 is censored: of the first arm
    assert [cell.text for cell in men.cells[1:3]] == ["3/4", "4/4"]
    assert [cell.text for cell in everyone.cells[1:3]] == ["6/11", "10/10"]
    numbers = [
        value(results, f"sub/included/test vs control/sex/M/{stat}.cox") for stat in ("hr", "lower", "upper")
    ]
    assert men.cells[3].text == "{:.2f} ({:.2f} to {:.2f})".format(*numbers)
    assert factor.cells[-1].text == f"{value(results, 'sub/included/between/sex//p.interaction'):.3f}"
    assert all(not row.cells[-1].text for row in (everyone, women, men))
    notes = [note.text for note in table.footnotes]
    assert "Gender: not recorded in 1 patient, left out of it." in notes
    assert any("not a test of whether the arms differ" in note for note in notes)


def test_the_figure_draws_each_ratio_on_its_scale() -> None:
    spec, study, results = in_subgroups()
    figure = subgroups_figure(spec, study, results)
    assert figure is not None
    marks = [shape for shape in figure.scene.shapes if isinstance(shape, Mark)]
    diamonds = [shape for shape in figure.scene.shapes if isinstance(shape, Area)]
    assert (len(marks), len(diamonds)) == (2, 1)
    ratios = [value(results, f"sub/included/test vs control/sex/{level}/hr.cox") for level in "FM"]
    one = next(shape for shape in figure.scene.shapes if isinstance(shape, Line) and shape.dash == (3.0, 3.0))
    for mark, ratio in zip(marks, ratios, strict=True):
        assert (mark.x < one.points[0][0]) == (ratio < 1)
    assert {"Gender", "F", "M", "All patients", "3/6", "6/6", "6/11"} <= set(texts(figure))
    keys = {shape.key for shape in figure.scene.shapes if isinstance(shape, Label) and shape.key}
    assert keys <= set(results.by_key)
    assert "sub/included/between/sex//p.interaction" in keys


def test_a_level_without_events_in_an_arm_is_firths_and_says_so() -> None:
    spec, study, results = in_subgroups([row for row in ROWS if row[:2] != ("test", "F") or not row[3]])
    table, figure = subgroups_table(spec, study, results), subgroups_figure(spec, study, results)
    women = next(row for row in table.rows if row.cells[0].text == "F")
    assert women.cells[3].notes
    said = " ".join(note.text for note in table.footnotes)
    assert "Firth's penalised likelihood, with a profile penalised likelihood interval" in said
    assert "no deaths in TEST with F (3 patients)" in said
    assert figure is not None
    assert "Hollow: Firth's penalised likelihood" in figure.footnotes[0].text
    told = subgroups(spec, study, results)[0].text
    assert told == "The interaction of the arm with gender could not be tested for overall survival."


def test_the_words_name_every_test() -> None:
    spec, study, results = in_subgroups()
    first, second = subgroups(spec, study, results)
    p = value(results, "sub/included/between/sex//p.interaction")
    assert first.text.startswith(
        f"Interactions of the arm with gender (P = {p:.3f}) were tested for overall survival"
    )
    assert second.text.startswith("Subgroups are exploratory")
    row = results.by_key["sub/included/test vs control/sex/M/hr.cox"]
    assert described(study, row) == "Gender, M, TEST vs CONTROL, hazard ratio (95% CI)"
    assert heading(study, spec) == "Overall survival in subgroups"


def test_restricted_means_in_the_table() -> None:
    spec, study, results = in_survival(rmst=8)
    rows = {row.cells[0].text: row.cells for row in survival_table(spec, study, results).rows}
    here = [value(results, f"os/included/test/os//{stat}.rmst@8") for stat in ("mean", "lower", "upper")]
    assert rows["Mean, months (95% CI)"][1].text == "{:.1f} ({:.1f} to {:.1f})".format(*here)
    assert rows["Difference, months (95% CI)"][2].text == "reference"
    p = value(results, "os/included/test vs control/os//p.rmst_ratio@8")
    assert rows["P value, ratio"][1].text == f"{p:.3f}"


def test_restricted_means_in_words() -> None:
    spec, study, results = in_survival(rmst=8)
    (paragraph,) = survival(spec, study, results)
    at = "os/included/test vs control/os//{}.rmst@8"
    d, low, high, p = (value(results, at.format(stat)) for stat in ("difference", "lower", "upper", "p"))
    numbers = f"{d:.1f} months (95% CI {low:.1f} to {high:.1f}; P = {p:.3f})".replace("-", "−")
    assert (
        f"The unadjusted difference of the mean restricted to 8 months, TEST vs CONTROL, was {numbers}."
        in paragraph.text
    )
    assert at.format("difference") in paragraph.keys
    spec, study, results = in_survival()
    assert "restricted" not in survival(spec, study, results)[0].text
    spec, study, results = in_survival(rmst=40)  # beyond the follow-up of an arm: nothing to say
    assert "restricted" not in survival(spec, study, results)[0].text


def test_a_refused_mean_is_a_dash_with_the_reason() -> None:
    spec, study, results = in_survival(rmst=40)
    table = survival_table(spec, study, results)
    rows = {row.cells[0].text: row.cells for row in table.rows}
    (mark,) = rows["Mean restricted to 40 months"][0].notes
    (note,) = [note.text for note in table.footnotes if note.mark == mark]
    assert "at 30 months in TEST; it can be estimated to 30 months or less" in note
    assert rows["Mean, months (95% CI)"][1].text == "—"


def test_a_curve_ends_where_too_few_remain_and_no_number_under_it_does() -> None:
    whole, stopped = in_survival(ticks=[0, 10, 20, 30]), in_survival(ticks=[0, 10, 20, 30], stop_below=3)
    figures = [kaplan_meier_figure(*held) for held in (whole, stopped)]
    ends = []
    for figure in figures:
        curves = [
            shape
            for shape in figure.scene.shapes
            if isinstance(shape, Line) and shape.width == 2.0 and len(shape.points) > 2
        ]
        ends.append([max(x for x, _ in line.points) for line in curves])
    assert ends[1][0] < ends[0][0]
    assert texts(figures[0]) == texts(figures[1])
    assert "A curve ends where fewer than 3 are at risk" in figures[1].footnotes[0].text
    assert "A curve ends" not in figures[0].footnotes[0].text
    third = sorted((time for arm, _, time, _ in ROWS if arm == "test"), reverse=True)[2]
    assert value(stopped[2], "os/included/test/os//drawn_to") == third


@pytest.mark.parametrize("under", [["at_risk"], ["at_risk", "events", "censored"], ["events"]])
def test_what_stands_under_the_axis(under: list[str]) -> None:
    spec, study, results = in_survival(ticks=[0, 10], under_axis=under)
    figure = kaplan_meier_figure(spec, study, results)
    words = {"at_risk": "Number at risk", "events": "Cumulative events", "censored": "Cumulative censored"}
    heads = [text for text in texts(figure) if text in words.values()]
    assert heads == [words[name] for name in under]
    stats = {"at_risk": "at_risk", "events": "cumulative_events", "censored": "cumulative_censored"}
    shown = {shape.key: shape.text for shape in figure.scene.shapes if isinstance(shape, Label) and shape.key}
    for name, stat in stats.items():
        key = f"os/included/control/os//{stat}@10"
        assert (key in shown) == (name in under)
        if name in under:
            assert shown[key] == f"{value(results, key):.0f}"
