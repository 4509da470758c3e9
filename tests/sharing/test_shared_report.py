"""A shared report of the invented cohort: nothing in it names a patient, and no small count is in it or follows."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from calliper import study
from calliper.blocks import Cell, Column, Document, Section, Table, TableRow
from calliper.errors import DataError
from calliper.report.text import render_section
from calliper.results import Results
from calliper.sharing.blocks import shared_document
from calliper.sharing.numbers import Shared
from calliper.sharing.stats import kind_of
from calliper.synth.demo import write_demo
from displays.hand_results import protocol
from sharing.attacker import Sum, ranges

LIMIT = 5


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> study.Study:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return study.load(folder / "study.yaml")


@pytest.fixture(scope="module")
def files(held: study.Study) -> dict[str, bytes]:
    return held.files(formats=("html", "csv"), share=LIMIT)


@pytest.fixture(scope="module")
def full(held: study.Study) -> Results:
    return held.run()


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_no_file_of_single_patients_is_written(held: study.Study, files: Mapping[str, bytes]) -> None:
    of_patients = {
        "scans.csv", "scans_apart.csv", "disagreements.csv", "courses.csv", "course_steps.csv", "deviations.csv",
        "schedule.csv", "schedule_visits.csv", "problems.csv",
    }  # fmt: skip
    assert of_patients <= set(held.files()), "the full report has them all"
    assert not of_patients & set(files)
    assert not any("courses" in name or "follow_up" in name for name in files if name.startswith("figures/"))


def test_no_identifier_cell_or_date_of_a_patient_is_in_any_file(
    held: study.Study, files: Mapping[str, bytes]
) -> None:
    records = held.outcome.records
    patients = set(records.patients["patient"])
    assert len(patients) == 90
    own = {
        str(value)
        for frame in records.tables.values()
        for column in frame.get_columns()
        for value in column
        if isinstance(value, date | datetime)
    }
    declared = set(re.findall(r"\d{4}-\d\d-\d\d", held.loaded.path.read_text(encoding="utf-8")))
    dates = {value[:10] for value in own} - declared
    assert len(dates) > 500
    for name, content in files.items():
        text = content.decode("utf-8")
        assert not {patient for patient in patients if patient in text}, name
        assert not dates & set(re.findall(r"\d{4}-\d\d-\d\d", text)), name
        if name != "manifest.json":
            assert ".xlsx" not in text, name
            assert not re.search(r"\brow \d+", text), name
            assert not re.search(r"/curve\w*@", text), "a time of a curve is a patient's"


def test_no_format_of_a_shared_report_names_a_patient(held: study.Study) -> None:
    """Word, Excel, RTF, PDF and datasets, unpacked and searched: identifiers, and hidden keys of results."""
    made = held.files(formats=("docx", "xlsx", "rtf", "pdf", "ard"), share=LIMIT)
    patients = set(held.outcome.records.patients["patient"])
    assert {name.rpartition(".")[2] for name in made} >= {"docx", "xlsx", "rtf", "pdf", "parquet", "json"}
    hidden = {row["key"] for row in table(made["suppressed.csv"])}
    searched = 0
    for name, content in made.items():
        texts = unpacked(name, content)
        for text in texts:
            assert not {patient for patient in patients if patient in text}, name
            if name != "suppressed.csv":
                assert not {key for key in hidden if f'"{key}"' in text}, name
        searched += sum(map(len, texts))
    assert searched > 1_000_000


def unpacked(name: str, content: bytes) -> list[str]:
    """The texts of a file: of every part of a zip, of every column of a dataset, of every page."""
    kind = name.rpartition(".")[2]
    if kind in {"docx", "xlsx"}:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return [parts.read(part).decode("utf-8", errors="replace") for part in parts.namelist()]
    if kind == "parquet":
        return [pl.read_parquet(io.BytesIO(content)).write_csv()]
    if kind == "pdf":
        if shutil.which("pdftotext") is None:
            return []
        done = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True)
        return [done.stdout.decode("utf-8")]
    return [content.decode("utf-8", errors="replace")]


def test_no_small_count_is_among_the_results_and_each_is_named(
    full: Results, files: Mapping[str, bytes]
) -> None:
    shared = {row["key"]: row["value"] for row in table(files["results.csv"])}
    marks = {row["key"]: row["shown"] for row in table(files["suppressed.csv"])}
    small = {row.key for row in full if kind_of(row) == "count" and 0 < (row.value or 0) < LIMIT}
    assert len(small) > 200
    assert not small & set(shared)
    assert {key for key in small if key in marks and marks[key] == "<5"} == small & set(marks)
    assert small <= set(marks)
    for key, value in shared.items():
        row = full.by_key[key]
        assert value == ("" if row.value is None else repr(row.value)), "what is shared is what was found"
    assert len(shared) > 0.5 * len(full)
    assert not set(marks) & set(shared)


class Keyed(HTMLParser):
    """Every key that an element of a page carries."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.keys |= {key for name, value in attrs if name == "data-key" for key in (value or "").split("\n")}


def test_nothing_printed_shows_a_hidden_number(full: Results, files: Mapping[str, bytes]) -> None:
    page = Keyed()
    page.feed(files["report.html"].decode("utf-8"))
    shared = {row["key"] for row in table(files["results.csv"])}
    assert len(page.keys) > 500
    assert page.keys <= shared
    assert {row.key for row in full} > shared


def sums(full: Results) -> Iterator[Sum]:
    """The sums that a reader of this study knows, written down from docs/results.md one by one."""
    arms = ("combination", "control")
    at = full.by_key.__contains__
    for row in full:
        if row.group == "overall":
            place = (row.population, row.variable, row.level, row.stat)
            parts = [f"{row.analysis}/{place[0]}/{arm}/{'/'.join(place[1:])}" for arm in arms]
            whole = kind_of(row) == "count" and row.analysis not in ("sorafenib", "criteria")
            if whole and row.at is None and all(map(at, parts)):
                yield row.key, tuple(parts)
    for group in (*arms, "overall"):
        for variable in ("sex", "etiology", "ecog", "child", "bclc"):
            start = f"baseline/included/{group}/{variable}/"
            levels = [
                row.key for row in full.of("baseline") if row.key.startswith(start) and row.stat == "count"
            ]
            if levels:
                yield f"{start}/n", tuple(levels)
        for analysis, landmarks in (
            ("response", ("month_1", "month_3")),
            ("best_response", ("best", "confirmed")),
        ):
            for landmark in landmarks:
                for population, categories in (("evaluable", "CR PR SD PD"), ("all", "CR PR SD PD NE")):
                    start = f"{analysis}/{population}/{group}/{landmark}/"
                    found = [f"{start}{category}/count" for category in categories.split()]
                    if all(map(at, found)):
                        yield f"{start}/n", tuple(found)
                        yield f"{start}ORR/count", tuple(found[:2])
                        yield f"{start}DCR/count", tuple(found[:3])
        for analysis in ("os", "ttp", "pfs"):
            start = f"{analysis}/included/{group}/{analysis}/"
            yield f"{start}/n", (f"{start}/events", f"{start}/censored")
            for stat in ("events", "censored"):
                reasons = [
                    row.key
                    for row in full.of(analysis)
                    if row.key.startswith(start) and row.level and row.stat == stat
                ]
                if reasons:
                    yield f"{start}/{stat}", tuple(reasons)


def test_an_attacker_with_every_sum_learns_no_small_count(full: Results, files: Mapping[str, bytes]) -> None:
    shared = {row["key"]: float(row["value"]) for row in table(files["results.csv"]) if row["value"]}
    marks = {row["key"]: row["shown"] for row in table(files["suppressed.csv"])}
    small = {key: (1.0, LIMIT - 1.0) for key, mark in marks.items() if mark == "<5"}
    known = list(dict.fromkeys(sums(full)))
    value = {row.key: row.value or 0.0 for row in full}
    for total, parts in known:
        assert sum(value[part] for part in parts) == value[total], "the attacker's sums are true"
    assert len(known) > 500
    found = ranges(shared, small, known)
    attacked = [key for key in found if key in small]
    assert len(attacked) > 80
    for key in attacked:
        least, most = found[key]
        assert most - least >= 1 - 1e-6, (key, value[key], found[key])


def test_bounds_do_not_tell_how_many_are_unknown(full: Results, files: Mapping[str, bytes]) -> None:
    """By hand: 2 of 42 are unknown at 3 months, and (32 + 2) / 42 beside 32 / 42 would tell it."""
    unknown = full.by_key["response/all/combination/month_3/NE/count"]
    rate = full.by_key["response/all/combination/month_3/ORR/count"]
    bound = full.by_key["response/all/combination/month_3/ORR/upper.unknown"]
    assert (unknown.value, rate.value) == (2, 32)
    assert bound.value == pytest.approx(34 / 42)
    shared = {row["key"] for row in table(files["results.csv"])}
    assert bound.key not in shared
    of_unknown = [row for row in full if row.stat.endswith(".unknown") and row.key in shared]
    for row in of_unknown:
        of_arm = row.group.split(" vs ")
        counts = [full.by_key[f"{row.analysis}/all/{arm}/{row.variable}/NE/count"] for arm in of_arm]
        assert all(count.key in shared for count in counts), row.key


def test_the_square_of_two_readings_keeps_its_small_cells(full: Results, files: Mapping[str, bytes]) -> None:
    """The diagonal adds up to those alike; all cells to the patients; rows and columns to each reading's counts."""
    start = "criteria/all/overall/month_1/"
    cells = {
        tuple(row.level.split(", ")): row
        for row in full.of("criteria")
        if row.key.startswith(start) and ", " in row.level
    }
    assert len(cells) == 25
    shared = {row["key"]: float(row["value"]) for row in table(files["results.csv"]) if row["value"]}
    names = ("CR", "PR", "SD", "PD", "NE")
    known = [(f"{start}alike/count", tuple(cells[name, name].key for name in names))]
    known += [(f"{start}/n", tuple(row.key for row in cells.values()))]
    for name in names:
        known.append(
            (f"criteria/all/first/month_1/{name}/count", tuple(cells[name, other].key for other in names))
        )
        known.append(
            (f"criteria/all/second/month_1/{name}/count", tuple(cells[other, name].key for other in names))
        )
    known = [each for each in known if each[0] in full.by_key]
    small = {row.key: (1.0, LIMIT - 1.0) for row in full.of("criteria") if 0 < (row.value or 0) < LIMIT}
    found = ranges(shared, {key: told for key, told in small.items() if key not in shared}, known)
    attacked = [key for key in found if key in small]
    assert attacked
    for key in attacked:
        assert found[key][1] - found[key][0] >= 1 - 1e-6, (key, found[key])


def test_the_flow_of_patients_hides_the_sizes_that_are_hidden(
    full: Results, files: Mapping[str, bytes]
) -> None:
    """By hand: 40 and 45 of the 42 and 48 have a response at 3 months, so the rest are small."""
    assert full.by_key["response/evaluable/combination/month_3//n"].value == 40
    drawn = files["figures/figure-flow.svg"].decode("utf-8")
    sizes = re.findall(r"\bn\s*=\s*([^)<]+)\)", drawn)
    assert len(sizes) > 15
    assert set(sizes) == {"90", "42", "48", "0", "—"}
    assert "Tumour response at 3 months" in re.sub(r"\s+", " ", drawn), "other numbers of a label stay"


def test_a_heading_keeps_its_size_only_if_it_is_no_secret() -> None:
    shared = Shared(5, frozenset(), frozenset(), frozenset(), frozenset({42}))
    made = Table("t", "Table 1", "C", tuple(map(Column, ("A (n = 42)", "B (N\u00a0=\u00a046)"))), (
        TableRow((Cell("1", ("k",)), Cell("2", ("k",)))),
    ))  # fmt: skip
    (held,) = (
        shared_document(Document("T", "", (), (Section("s", "S", (made,)),)), protocol(), shared)
        .sections[1]
        .blocks
    )
    assert isinstance(held, Table)
    assert [column.header for column in held.columns] == ["A (n = 42)", "B (N\u00a0=\u00a0hidden)"]


@pytest.mark.parametrize("report", ["{language: zh}", "{journal: lancet}"])
def test_another_language_or_style_shows_no_number_more(
    report: str, files: Mapping[str, bytes], tmp_path: Path
) -> None:
    """What is hidden is read off words and numbers: the same whatever the report is told and printed in."""
    write_demo(tmp_path)
    with (tmp_path / "study.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\nreport: {report}\n")
    told = study.load(tmp_path / "study.yaml").files(formats=("html", "csv"), share=LIMIT)
    assert set(told) == set(files)
    assert told["results.csv"] == files["results.csv"]
    page, plain = Keyed(), Keyed()
    page.feed(told["report.html"].decode("utf-8"))
    plain.feed(files["report.html"].decode("utf-8"))
    assert page.keys <= plain.keys
    hidden = 0
    for name in (name for name in files if name.startswith("tables/table-") and "zh" in report):
        for line, said in zip(rows(files[name]), rows(told[name]), strict=True):
            assert sorted(digits(line)) == sorted(digits(said)), (name, line)
            hidden += sum(cell == "hidden" for cell in line)
    assert hidden > 50 or "zh" not in report


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def digits(line: list[str]) -> list[str]:
    return re.findall(r"\d+", " ".join(line))


def test_the_report_says_what_it_is(held: study.Study, files: Mapping[str, bytes]) -> None:
    page = files["report.html"].decode("utf-8")
    assert "This is a shared report." in page
    assert "is not shared: it shows single patients." in page
    assert "is not shared: it lists single records." in page
    assert render_section(held.outcome.document.sections[0])  # the full report is as it was
    assert "This is a shared report." not in held.files()["report.html"].decode("utf-8")


def test_an_arm_smaller_than_the_limit_cannot_be_shared(held: study.Study) -> None:
    with pytest.raises(DataError, match="fewer than 43 patients included \\(combination 42\\)"):
        held.files(share=43)


def test_it_is_the_same_on_every_run(held: study.Study, files: Mapping[str, bytes]) -> None:
    again = study.load(held.loaded.path).files(formats=("html", "csv"), share=LIMIT)
    assert again == files
