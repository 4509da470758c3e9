"""docs/study_file.md holds every key, an example that loads, and error lines and truth tables that are so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from calliper import load
from calliper.disease.lab_tests import QUANTITIES
from calliper.protocol.check_data import ROLES
from calliper.protocol.criteria import parse
from calliper.protocol.roles import ROLES_OF
from calliper.protocol.schema import schema
from protocol.study_text import load_text, mistakes_of
from shared import ROOT

PAGE = (ROOT / "docs" / "study_file.md").read_text(encoding="utf-8")
FENCES = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
EXAMPLE = next(text for language, text in FENCES if language == "yaml")


def test_the_example_loads(tmp_path: Path) -> None:
    assert list(load_text(tmp_path, EXAMPLE).protocol.analyses)


def test_the_wide_table_runs_end_to_end(tmp_path: Path) -> None:
    """The page's own file and study; the expected counts are read off the file by eye."""
    (tmp_path / "cohort.csv").write_bytes(
        next(text for kind, text in FENCES if kind == "csv").encode("utf-8")
    )
    path = tmp_path / "study.yaml"
    path.write_text([text for kind, text in FENCES if kind == "yaml"][1], encoding="utf-8")
    study = load(path)
    assert study.check().problems == ()
    results = study.run()
    expected = {
        "flow/screened/overall///included": 6,
        "baseline/included/combination/age//mean": (61 + 48 + 70) / 3,
        # of patients 01 to 03: PR, CR, PD; then PR, SD and one without a response
        "response/evaluable/combination/month_1//n": 3,
        "response/evaluable/combination/month_1/ORR/count": 2,
        "response/evaluable/combination/month_3//n": 2,
        "response/evaluable/combination/month_3/ORR/count": 1,
        # of patients 04 to 06: SD, not evaluable, PD; then PD, SD, PD
        "response/evaluable/control/month_1//n": 2,
        "response/evaluable/control/month_3/DCR/count": 1,
        # deaths at 4.25 and 12.5, one alive at 20.5: S = 2/3 * 1/2, so 0.5 is first passed at 12.5
        "os/included/combination/os//median": 12.5,
        # deaths at 6.75 and 9.5, one alive at 18: S = 2/3, then 1/3
        "os/included/control/os//median": 9.5,
        # grades 0, 2 and 1; then 0, one unknown and 3
        "harm/included/combination/fever//n": 3,
        "harm/included/combination/fever/grade 2/count": 1,
        "harm/included/control/fever//n": 2,
        "harm/included/control/fever//unknown": 1,
        "harm/included/control/fever/grade 3/count": 1,
    }
    found = {key: row.value if (row := results.get(key)) else None for key in expected}
    assert found == pytest.approx(expected, rel=1e-12)
    assert (study.report(tmp_path / "out") / "report.html").is_file()


LIVER = """\
calliper: 1
study: {title: Liver cancer, design: retrospective cohort, cutoff: 2020-06-30}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  responses: {files: [{path: scans.csv}], columns: {patient: ID, date: Date, response: mRECIST}}
  contacts: {files: [{path: contacts.csv}], columns: {patient: ID, date: Date}}
  exposure: {files: [{path: drugs.csv}], columns: {patient: ID, drug: Drug, start: Start, end: End, dose: mg}}
  visits: {files: [{path: visits.csv}], columns: {patient: ID, date: Date, ecog: ECOG, child_pugh: Child}}
variables:
"""
LIVER_DATES = (
    "first_tace",
    "baseline_scan",
    "death_date",
    "invasion",
    "spread",
    "untreatable",
    "first_sorafenib",
    "sorafenib_stop",
)


def test_the_endpoints_of_a_liver_cancer_study_load(tmp_path: Path) -> None:
    entries = next(text for kind, text in FENCES if kind == "yaml" and text.startswith("endpoints:"))
    dates = "".join(f"  {name}: {{type: date, column: {name}, label: {name}}}\n" for name in LIVER_DATES)
    arms = EXAMPLE[EXAMPLE.index("arms:") : EXAMPLE.index("eligibility:")]
    analyses = "analyses: [{id: os, kind: survival, endpoint: os}]\n"
    protocol = load_text(tmp_path, f"{LIVER}{dates}{arms}{entries}{analyses}").protocol
    assert [spec.short for spec in protocol.endpoints.values() if spec.kind == "time_to_event"] == [
        "OS", "TTP", "TTPc", "PFS", "PFSg", "PFSp", "DoR", "TTUP", "TTTP", "TTD",
    ]  # fmt: skip


def test_the_mistakes_are_real_and_in_order(tmp_path: Path) -> None:
    shown = next(text for _, text in FENCES if text.startswith("study.yaml:")).splitlines()
    text = EXAMPLE.replace("label: Sex,", "label: Sex, lable: Sex,").replace(
        "start: first_tace", "start: first_tce"
    )
    text = text.replace("rule: age between", "rule: agee between")
    assert mistakes_of(tmp_path, text) == shown


def test_every_key_is_on_the_page() -> None:
    models: dict[str, Any] = {"Protocol": schema(), **schema()["$defs"]}
    absent = [
        f"{model}.{key}"
        for model, held in models.items()
        for key in held.get("properties", {})
        if not re.search(rf"[`.]{key}[`.:]", PAGE)
    ]
    assert not absent


def test_every_word_of_a_choice_is_on_the_page() -> None:
    words: set[str] = set()

    def walk(held: Any) -> None:
        if isinstance(held, dict):
            choices = [*held.get("enum", []), *([held["const"]] if "const" in held else [])]
            words.update(str(word) for word in choices)
            for below in held.values():
                walk(below)
        elif isinstance(held, list):
            for below in held:
                walk(below)

    walk(schema())
    assert {word for word in words if f"`{word}" not in PAGE and f" {word}`" not in PAGE} <= {"0"}


def test_the_table_of_roles_is_that_of_the_code() -> None:
    for table, (required, optional) in ROLES.items():
        cells = [", ".join(f"`{role}`" for role in roles) for roles in (required, optional)]
        assert f"| `{table}` | {cells[0]} | {cells[1]}".rstrip() in PAGE


def test_every_word_of_every_role_is_on_the_page() -> None:
    words = {
        word
        for roles in ROLES_OF.values()
        for role in roles.values()
        if role.kind in ("words", "set")
        for word in role.words.values()
    }
    assert [word for word in sorted(words) if not re.search(rf"\b{word}\b", PAGE)] == []
    assert [test for test in QUANTITIES if not re.search(rf"\b{test}\b", PAGE)] == []


def test_the_tables_of_treatment_load_beside_the_example(tmp_path: Path) -> None:
    tables = next(text for kind, text in FENCES if kind == "yaml" and "arterial_drugs" in text)
    held = load_text(tmp_path, EXAMPLE.replace("data:\n", tables, 1)).protocol.data
    assert held.sessions is not None
    assert held.sessions.codes == {"access": {"RFA": "right_femoral"}}
    assert held.labs is not None
    assert held.labs.codes["unit"] == {"U per L": "U/L"}


@pytest.mark.parametrize("line", re.findall(r"^\| (?:true|false|unknown) \|.*$", PAGE, re.MULTILINE))
def test_truth_table(line: str) -> None:
    read = {"true": True, "false": False, "unknown": None}
    p, q, conjunction, disjunction, negation = (read[cell.strip()] for cell in line.strip("|").split("|"))
    values = {name: [None if held is None else int(held)] for name, held in (("p", p), ("q", q))}
    frame = pl.DataFrame(values, schema={"p": pl.Int64, "q": pl.Int64})
    rules = {"p = 1 and q = 1": conjunction, "p = 1 or q = 1": disjunction, "not p = 1": negation}
    for text, expected in rules.items():
        assert frame.select(parse(text).expression()).item() is expected


@pytest.mark.parametrize(
    "rule",
    [line for _, text in FENCES for line in text.splitlines() if re.match(r"\(nod|bclc|admission", line)],
)
def test_the_rules_parse(rule: str) -> None:
    assert parse(rule).names


def test_every_truth_is_in_the_table() -> None:
    assert len(re.findall(r"^\| (?:true|false|unknown) \|", PAGE, re.MULTILINE)) == 9
