"""Firth's hazard ratios in print: where the dash stood, never without the words that say whose they are."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from calliper.blocks import Cell, Label, Mark, Table
from calliper.displays.figures.forest import forest_figure
from calliper.displays.figures.kaplan_meier import kaplan_meier_figure
from calliper.displays.narrative import results as told
from calliper.displays.narrative.facts import Facts
from calliper.displays.narrative.statistics import told_methods
from calliper.displays.tables.cox import cox_table
from calliper.displays.tables.survival import survival_table
from calliper.results import Method, Results, Row
from displays import hand_results
from displays.hand_results import analysis

STUDY = hand_results.protocol()
REFUSED = "no finite hazard ratio for Stage: C"
NOTE = (
    "Firth's penalised likelihood, with a profile penalised likelihood interval and a penalised likelihood ratio "
    f"test. The ordinary fit was refused: {REFUSED}."
)
EFFECT = {"coefficient": 0.69315, "hr": 2.0, "lower": 0.125, "upper": 31.5, "p": 0.0126}


def _at(place: str, stats: Mapping[str, float], method: str = "") -> list[Row]:
    analysis, population, group, variable, level = place.split("/")
    return [
        Row(analysis, population, group, variable, level, f"{stat}{method}", value)
        for stat, value in stats.items()
    ]


def _cox() -> list[Row]:
    """Age alone by an ordinary fit; stage alone, and the model of stage and arm, by Firth's."""
    rows = _at("cox/included/univariable/age/", {"n": 10, "events": 4, **EFFECT})
    rows += _at("cox/included/univariable/stage/", {"n": 10, "events": 4, "p": 0.0301}, ".firth")
    for group in ("univariable", "main"):
        rows += _at(f"cox/included/{group}/stage/A", {"reference": 1.0, "n": 5, "events": 2}, ".firth")
        for level in "BC":
            rows += _at(f"cox/included/{group}/stage/{level}", {"n": 3, "events": 1, **EFFECT}, ".firth")
    rows += _at("cox/included/main/arm/old", {"reference": 1.0}, ".firth")
    rows += _at("cox/included/main/arm/new", EFFECT | {"hr": 0.5, "p": 0.7}, ".firth")
    return rows + _at("cox/included/main//", {"n": 10, "events": 4, "parameters": 3, "p": 0.01}, ".firth")


METHODS = (
    Method("cox", "summary", "Cox regression.", parameters={"ties": "efron"}),
    Method("cox", "firth", "Where a fit has no maximum, Firth's."),
    Method("cox", "summary", "", subject="univariable stage", failure=REFUSED),
    Method("cox", "firth", "Stage alone.", subject="univariable stage"),
    Method("cox", "summary", "Main, as planned.", subject="main", failure=REFUSED),
    Method("cox", "firth", "Main, by Firth's.", subject="main"),
)
COX = Results(tuple(_cox()), METHODS)


def _rows(table: Table) -> dict[str, tuple[Cell, ...]]:
    return {row.cells[0].text: row.cells[1:] for row in table.rows}


def _notes(table: Table, cell: Cell) -> list[str]:
    texts = {note.mark: note.text for note in table.footnotes if note.mark}
    return [texts[mark] for mark in cell.notes]


def test_cox_table() -> None:
    table = cox_table(analysis(STUDY, "cox"), STUDY, COX)
    found = _rows(table)
    assert [cell.text for cell in found["C"]] == [
        "3/1", "2.00 (0.13 to 31.50)", "0.013", "0.693", "2.00 (0.13 to 31.50)", "0.013",
    ]  # fmt: skip
    assert [cell.text for cell in found["A"]] == ["5/2", "reference", "", "", "reference", ""]
    assert found["C"][1].keys[0] == "cox/included/univariable/stage/C/hr.firth"
    # Every estimate of a penalised fit is marked, and no other.
    for level in ("B", "C"):
        assert all(_notes(table, cell) == [NOTE] for cell in found[level][1:])
    assert all(_notes(table, cell) == [NOTE] for cell in found["New drug"][3:])
    assert not any(cell.notes for cell in found["Age, per year"])
    assert [cell.text for cell in found["Age, per year"]][:3] == ["10/4", "2.00 (0.13 to 31.50)", "0.013"]


def test_overall_p_of_a_factor() -> None:
    table = cox_table(analysis(STUDY, "cox"), STUDY, COX)
    size, _, alone, *_, in_model = _rows(table)["Stage"]
    assert (size.text, alone.text, in_model.text) == ("10/4", "0.030", "—")
    assert _notes(table, alone) == ["Overall P of the factor (penalised likelihood ratio test).", NOTE]
    assert _notes(table, in_model) == [
        "No overall P of a factor is made in a model fitted by Firth's penalised likelihood."
    ]
    general = [note.text for note in table.footnotes if not note.mark]
    assert "Main model: 10 patients, 4 events, 3 parameters." in general


def test_a_dash_and_both_reasons_where_neither_fit_exists() -> None:
    undefined = "no penalised hazard ratio: not defined for these ties"
    failed = [
        Method("cox", name, "", subject=subject, failure=failure)
        for subject in ("univariable stage", "main")
        for name, failure in (("summary", REFUSED), ("firth", undefined))
    ]
    table = cox_table(analysis(STUDY, "cox"), STUDY, Results((), tuple(failed)))
    size, ratio, _ = _rows(table)["Stage"]
    assert (size.text, ratio.text) == ("—", "—")
    assert _notes(table, size) == [f"N{REFUSED[1:]}.", f"N{undefined[1:]}."]
    assert f"Main model: {REFUSED}; {undefined}." in [note.text for note in table.footnotes]


def _os(*, firth: bool) -> Results:
    rows = [row for row in hand_results.results().rows if row.analysis == "os"]
    methods = [Method("os", "cox", "", failure=REFUSED)]
    if firth:
        rows += _at("os/included/new vs old/os/", EFFECT, ".firth")
        methods.append(Method("os", "firth", "Unadjusted, by Firth's."))
    else:
        methods.append(Method("os", "firth", "", failure="no penalised hazard ratio: ties"))
    return Results(tuple(rows), tuple(methods))


def test_survival_table() -> None:
    table = survival_table(analysis(STUDY, "os"), STUDY, _os(firth=True))
    found = _rows(table)
    new, old, _ = found["Hazard ratio (95% CI)"]
    assert (new.text, old.text) == ("2.00 (0.13 to 31.50)", "reference")
    assert found["P value, two-sided"][0].text == "0.013"
    assert _notes(table, new) == _notes(table, found["P value, two-sided"][0]) == [NOTE]
    table = survival_table(analysis(STUDY, "os"), STUDY, _os(firth=False))
    new = _rows(table)["Hazard ratio (95% CI)"][0]
    assert new.text == "—"
    assert _notes(table, new) == [f"N{REFUSED[1:]}.", "No penalised hazard ratio: ties."]


def test_curves_say_where_the_ratio_stands() -> None:
    said = "—: no ordinary estimate; the table has that by Firth's penalised likelihood."
    for firth in (True, False):
        (note,) = kaplan_meier_figure(analysis(STUDY, "os"), STUDY, _os(firth=firth)).footnotes
        assert (said in note.text) == firth


def test_forest_plot_says_that_its_ratios_are_firths() -> None:
    figure = forest_figure(analysis(STUDY, "cox"), STUDY, COX)
    assert figure is not None
    assert len([shape for shape in figure.scene.shapes if isinstance(shape, Mark)]) == 3
    assert "HR, Firth (95% CI)" in [shape.text for shape in figure.scene.shapes if isinstance(shape, Label)]
    assert figure.footnotes[0].text.endswith(NOTE)
    assert figure.alt.startswith("Forest plot of hazard ratios by Firth's penalised likelihood.")


def test_forest_plot_keeps_to_an_ordinary_fit_where_there_is_one() -> None:
    models = [
        {"id": "main", "label": "Main", "factors": ["stage"]},
        {"id": "aged", "label": "Aged", "factors": ["age"]},
    ]
    written = STUDY.model_dump(mode="json", exclude_none=True)
    written["analyses"][-1]["models"] = models
    study = type(STUDY).model_validate(written)
    rows = [*_cox(), *_at("cox/included/aged/age/", EFFECT)]
    figure = forest_figure(analysis(study, "cox"), study, Results(tuple(rows), METHODS))
    assert figure is not None
    assert figure.caption.endswith("(aged)")
    assert "Firth" not in figure.footnotes[0].text + figure.alt


def test_results_in_words() -> None:
    alone, model, _ = told.prognosis(analysis(STUDY, "cox"), STUDY, COX)
    effect = "HR 2.00, 95% CI 0.13 to 31.50, P = 0.013"
    assert f"age, years ({effect}); stage, B vs A ({effect}, Firth's penalised likelihood)" in alone.text
    assert f"stage, C vs A ({effect}, Firth's penalised likelihood)." in model.text
    # The arm's P is 0.7; the model's own, 0.01, is no effect of a factor.
    assert "arm" not in model.text
    (text,) = told.survival(analysis(STUDY, "os"), STUDY, _os(firth=True))
    assert text.text.endswith(
        "The unadjusted hazard ratio, New drug vs Old drug, was 2.00 (95% CI 0.13 to 31.50) by Firth's penalised "
        "likelihood, as the ordinary likelihood has no maximum."
    )


@pytest.mark.parametrize("firth", [True, False])
def test_methods_tell_the_penalised_fit_where_it_was_made(firth: bool) -> None:
    results = _os(firth=firth)
    printed = {row.key for row in results}
    told_of = " ".join(text.text for text in told_methods(Facts(STUDY, results, printed=printed), "survival"))
    assert ("Unadjusted, by Firth's." in told_of) == firth
    told_of = " ".join(
        text.text for text in told_methods(Facts(STUDY, COX, printed={row.key for row in COX}), "survival")
    )
    assert told_of.endswith("Cox regression. Where a fit has no maximum, Firth's. Main, by Firth's.")
