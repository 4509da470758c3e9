"""The analysis results dataset: every result once and back, and the columns that the R package cards has."""

from __future__ import annotations

import io
import json
from pathlib import Path

import polars as pl
import pytest

import calliper
from calliper.blocks import (
    Cell,
    Column,
    Document,
    Figure,
    Footnote,
    Label,
    Scene,
    Section,
    Table,
    TableRow,
    Text,
)
from calliper.report.ard import (
    COLUMNS,
    NAMES,
    Analysed,
    Made,
    Statistic,
    grouped,
    printed,
    render,
    stat_named,
)
from calliper.results import Results, Row
from calliper.synth.demo import write_demo
from shared import ROOT, shared_data

CARDS = (
    "group1", "group1_level", "variable", "variable_level", "context", "stat_name", "stat_label", "stat", "stat_fmt",
    "warning", "error",
)  # fmt: skip
"""The columns of cards 0.6, with `stat_fmt` (of its apply_fmt_fun) in place of the function `fmt_fun`."""

MEASURES = {name: measure for measure, name in NAMES.items()}


def row_of(line: dict[str, object]) -> Row:
    """The result of a line of the dataset, put together from its columns and not from its key."""
    group1, level = line["group1"], line["group1_level"]
    if group1 is None:
        group = "overall"
    elif level is None:
        group = "between"
    else:
        group = f"centre:{level}" if group1 == "site" else str(level)
    measure = MEASURES.get(str(line["stat_name"]), str(line["stat_name"]))
    stat = f"{measure}.{line['method']}" if line["method"] else measure
    return Row(
        analysis=str(line["analysis"]), population=str(line["population"]), group=group,
        variable=str(line["variable"] or ""), level=str(line["variable_level"] or ""), stat=stat,
        value=line["stat"], at=line["at"], unit=str(line["unit"] or ""),
    )  # type: ignore[arg-type]  # fmt: skip


def test_every_result_is_there_once_and_back(tmp_path: Path) -> None:
    write_demo(tmp_path)
    study = calliper.load(tmp_path / "study.yaml")
    files = study.files(formats=["ard"], figures=["svg"])
    frame = pl.read_parquet(io.BytesIO(files["ard.parquet"]))
    assert frame.columns == list(COLUMNS)
    assert COLUMNS[: len(CARDS)] == CARDS
    lines = [line for line in frame.iter_rows(named=True) if line["key"] is not None]
    results = study.run()
    made = [row_of(line) for line in lines]
    assert made == list(results.rows)
    assert [row.key for row in made] == [line["key"] for line in lines]
    assert json.loads(files["ard.json"]) == frame.to_dicts()
    _failures_are_told(results, frame)


@pytest.mark.parametrize("name", ["hcc_resection", "mgus2", "onco_recist", "tern"])
def test_results_of_other_studies_come_back(name: str) -> None:
    """Groups by another variable, competing risks, readings, recorded responses."""
    path = ROOT / "studies" / f"{name}.yaml"
    shared_data("06_tern/tern_ex_adsl.csv")
    study = calliper.load(path)
    files = study.files(formats=["ard"])
    lines = pl.read_parquet(io.BytesIO(files["ard.parquet"])).filter(pl.col("key").is_not_null())
    assert [row_of(line) for line in lines.iter_rows(named=True)] == list(study.run().rows)


def _failures_are_told(results: Results, frame: pl.DataFrame) -> None:
    failed = [method for method in results.methods if method.failure]
    assert failed
    told = frame.filter(pl.col("error").is_not_null())
    assert told["error"].to_list() == [method.failure for method in failed]
    assert told["stat"].null_count() == told.height


def test_names_are_for_one_measure_each() -> None:
    assert len(MEASURES) == len(NAMES)
    assert stat_named("n") == ("N", "")
    assert stat_named("p.fisher") == ("p.value", "fisher")
    assert stat_named("rmst") == ("rmst", "")


@pytest.mark.parametrize(
    ("group", "by", "expected"),
    [
        ("overall", None, (None, None)),
        ("new", None, ("arm", "new")),
        ("new vs old", None, ("arm", "new vs old")),
        ("between", None, ("arm", None)),
        ("between", "sex", ("sex", None)),
        ("Male", "sex", ("sex", "Male")),
        ("Male vs Female", "sex", ("sex", "Male vs Female")),
        ("centre:north", None, ("site", "north")),
        ("full", None, ("group", "full")),
    ],
)
def test_groups(group: str, by: str | None, expected: tuple[str | None, str | None]) -> None:
    assert grouped(group, by, ("new", "old")) == expected


def _document() -> Document:
    cells = (Cell("5 (50.0)", ("a", "b")), Cell("5", ("a",)))
    table = Table(
        "t",
        "Table 1",
        "x",
        (Column("x"), Column("y")),
        (TableRow(cells),),
        (Footnote("", "b is 50", ("b",)),),
    )
    figure = Figure("f", "Figure 1", "x", Scene(1, 1, (Label(0, 0, "P = 0.1", key="c"),)), "x")
    return Document("t", "s", (), (Section("s", "S", (Text("c and d", keys=("c", "d")), table, figure)),))


def test_the_text_that_shows_a_result() -> None:
    """A cell before a label before a note before a sentence; the one with the fewest results first."""
    assert printed(_document()) == {
        "a": ("5", 1),
        "b": ("5 (50.0)", 2),
        "c": ("P = 0.1", 1),
        "d": ("c and d", 2),
    }


def test_lines_worked_by_hand() -> None:
    statistics = [
        Statistic("a", "os", "included", "new", "os", "", "lower.cox", None, 0.5, ""),
        Statistic("z", "os", "included", "between", "os", "", "p", None, None, ""),
    ]
    methods = [
        Made("os", "cox", "", "Hazards may not be proportional.", ""),
        Made("os", "summary", "new", "", "nobody"),
    ]
    files = render(_document(), statistics, methods, {"os": Analysed("survival")}, ("new", "old"))
    lines = json.loads(files["ard.json"])
    assert [line[name] for name in CARDS for line in lines[:1]] == [
        "arm", "new", "os", None, "survival.cox", "conf.low", "CI Lower Bound", 0.5, "5",
        "Hazards may not be proportional.", None,
    ]  # fmt: skip
    assert (lines[1]["group1"], lines[1]["group1_level"], lines[1]["stat_name"]) == ("arm", None, "p.value")
    assert (lines[1]["stat"], lines[1]["stat_fmt"], lines[1]["warning"]) == (None, None, None)
    assert (lines[2]["context"], lines[2]["variable"], lines[2]["error"], lines[2]["key"]) == (
        "survival.summary", "new", "nobody", None,
    )  # fmt: skip
    assert len(lines) == 3


def test_the_same_bytes_again() -> None:
    assert render(_document(), [], [], {}, ()) == render(_document(), [], [], {}, ())
