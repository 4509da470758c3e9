"""One small study under R's, SAS's and SPSS's choices: every number as R computes it, every flip among them.

The numbers are those of tests/fixtures/r/make_conventions.R, from the thirty patients written there.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import calliper
from calliper.cli.main import run_command
from calliper.results import Results, Row
from calliper.synth.demo import write_demo
from shared import ROOT

R: dict[str, Any] = json.loads((ROOT / "tests/fixtures/r/conventions.json").read_text())
PROGRAMS = ("r", "sas", "spss")

STUDY = """\
calliper: 1
study: {title: A study under three conventions, design: retrospective cohort}
data: {patients: {files: [{path: patients.csv}], columns: {patient: id}}}
variables:
  age: {type: number, column: age, label: Age, unit: years}
  size: {type: number, column: size, label: Tumour size, unit: cm, decimals: 0}
  stage: {type: category, column: stage, label: Stage, codes: {"0": "0", "1": "1"}}
  months: {type: number, column: time, label: Months}
  dead: {type: integer, column: event, label: Death}
arms: {column: arm, groups: {new: {label: New, values: [new]}, old: {label: Old, values: [old]}}, reference: old}
endpoints: {os: {kind: time_to_event, label: Survival, short: OS, unit: months, recorded: {time: months, event: dead}}}
analyses:
  - {id: baseline, kind: baseline, variables: [age, size, stage], show: {size: median}}
  - {id: os, kind: survival, endpoint: os, at: [5]}
  - id: cox
    kind: cox
    endpoint: os
    factors: [arm, stage, age]
    models: [{id: screened, label: Screened model, p_below: 0.1}]
"""


def study(folder: Path, *lines: str) -> calliper.Study:
    with (folder / "patients.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *R["data"]])
        writer.writerows(
            [f"P{place:02}", *row] for place, row in enumerate(zip(*R["data"].values(), strict=True))
        )
    path = folder / "study.yaml"
    path.write_text("\n".join([STUDY, *lines]), encoding="utf-8")
    return calliper.load(path)


@pytest.fixture(scope="module")
def as_r(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return study(tmp_path_factory.mktemp("r")).run()


def is_value(row: Row | None, value: float | None) -> bool:
    """Whether the row is there and is this number, or is not reached where there is none."""
    if row is None or row.value is None or value is None:
        return row is not None and row.value is value
    return bool(row.value == pytest.approx(value, rel=1e-8))


def expected(program: str) -> dict[str, float | None]:
    return dict(R["programs"][program]["numbers"])


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_number_is_that_of_the_program(program: str, tmp_path: Path) -> None:
    results = study(tmp_path, f"convention: {program}").run()
    found = {key: results.get(key) for key in expected(program)}
    for key, value in expected(program).items():
        assert is_value(found[key], value), key
    same = {key: row.value for key in R["same"] if (row := results.get(key)) is not None}
    assert same == pytest.approx(R["same"], rel=1e-9)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_factors_of_a_screened_model_are_those_of_the_program(program: str, tmp_path: Path) -> None:
    results = study(tmp_path, f"convention: {program}").run()
    names = {"is_new": "arm", "stage": "stage"}
    chosen = R["programs"][program]["chosen"]
    found = {row.variable for row in results.of("cox") if row.group == "screened" and row.stat == "p.factor"}
    assert found == {names[name] for name in ([chosen] if isinstance(chosen, str) else chosen)}


@pytest.mark.parametrize("program", ["sas", "spss"])
def test_a_run_under_r_holds_the_numbers_of_the_others(as_r: Results, program: str) -> None:
    """Whether or not a number differs, `under` gives that of the program; only those that differ have rows."""
    for key, value in expected(program).items():
        assert is_value(as_r.under(program, key), value), key
        differs = not all(is_value(as_r.get(key), expected(other)[key]) for other in PROGRAMS)
        for name in ("study", program):
            assert (as_r.get(f"conventions/{name}/{key}") is not None) == differs, key


def test_a_factor_that_only_the_study_chose_has_no_number_under_the_others(as_r: Results) -> None:
    key = "cox/included/screened/stage/1/hr"
    assert as_r.under("study", key) == as_r.get(key) is not None
    assert as_r.under("sas", key) is None
    assert as_r.under("spss", key) is None


FLIPS = {
    # R 0.073, SAS and SPSS 0.035
    ("p", "baseline/included/between/age//p"): ("P >= 0.05", "P < 0.05", "P < 0.05"),
    # R and SAS 0.0518, SPSS 0.0492: the continuity correction
    ("p", "baseline/included/between/size//p"): ("P >= 0.05", "P >= 0.05", "P < 0.05"),
    # no upper limit on the scales of R and SAS; SPSS's interval has two limits wherever it has one
    ("limit", "os/included/new/os//median"): ("not reached: upper limit", "not reached: upper limit", "reached"),
    ("limit", "os/included/old/os//median"): ("not reached: upper limit", "reached", "reached"),
    # Efron 0.154 to 0.951, Breslow 0.183 to 1.083
    ("interval", "os/included/new vs old/os//hr.cox"): (
        "interval below 1", "interval holds 1", "interval holds 1",
    ),
    ("p", "os/included/new vs old/os//p.cox"): ("P < 0.05", "P >= 0.05", "P >= 0.05"),
    ("interval", "cox/included/univariable/arm/new/hr"): (
        "interval below 1", "interval holds 1", "interval holds 1",
    ),
    ("p", "cox/included/univariable/arm/new/p"): ("P < 0.05", "P >= 0.05", "P >= 0.05"),
    # stage alone: 0.083 by Efron, 0.106 by Breslow, and the screen lets in P < 0.1
    ("factors", "cox/included/screened///parameters"): ("arm, stage", "arm", "arm"),
}  # fmt: skip


def test_the_flips_are_those_of_the_numbers(as_r: Results) -> None:
    """Those named above, of numbers that R computed; what else flips is not among R's numbers."""
    found = {(flip.kind, flip.row.key): flip.conclusions for flip in as_r.flips}
    assert {place: tuple(told.values()) for place, told in found.items() if place in FLIPS} == FLIPS
    assert all(tuple(told) == ("study", "sas", "spss") for told in found.values())
    computed = set(expected("r")) - {key for _, key in FLIPS}
    assert not [key for _, key in found if key in computed]


def test_what_else_flips_is_a_quartile_the_follow_up_or_a_test_of_the_whole_model(as_r: Results) -> None:
    others = {flip.row.stat for flip in as_r.flips if (flip.kind, flip.row.key) not in FLIPS}
    assert others <= {"q1", "q3", "follow_up", "p.likelihood_ratio", "p.wald", "p.score"}


def test_the_counts_are_of_what_was_compared(as_r: Results) -> None:
    counts = {row.stat: row.value for row in as_r.of("conventions") if not row.group}
    numbers = [row for row in as_r if row.analysis != "conventions" and not row.stat.startswith("curve")]
    own = [row for row in numbers if row.analysis != "flow"]
    assert counts["compared"] == len(own)  # no number here is estimated under another convention alone
    rows = [row for row in as_r.of("conventions") if row.population == "study" and row.group]
    assert counts["differ"] == len(rows)
    assert all(is_value(row, as_r.by_key[row.key.removeprefix("conventions/study/")].value) for row in rows)
    assert counts["flips"] == len(as_r.flips)


def test_a_mixed_study_is_held_against_all_three(tmp_path: Path) -> None:
    """R's choices with Breslow's ties: the hazard ratio is SAS's, and it is R's that differs."""
    results = study(tmp_path, "convention: r", "conventions: {ties: breslow}").run()
    assert results.conventions == PROGRAMS
    key = "os/included/new vs old/os//p.cox"
    for name in ("study", "sas", "spss"):
        row = results.under(name, key)
        assert row is not None
        assert row.value == pytest.approx(expected("sas")[key], rel=1e-8)
    row = results.under("r", key)
    assert row is not None
    assert row.value == pytest.approx(expected("r")[key], rel=1e-8)
    flip = next(flip for flip in results.flips if flip.row.key == key)
    assert dict(flip.conclusions) == {
        "study": "P >= 0.05", "r": "P < 0.05", "sas": "P >= 0.05", "spss": "P >= 0.05",
    }  # fmt: skip
    by_welch = next(flip for flip in results.flips if flip.row.key == "baseline/included/between/age//p")
    assert by_welch.conclusions["study"] == by_welch.conclusions["r"] == "P >= 0.05"
    (summary,) = [method for method in results.methods_of("conventions") if method.name == "summary"]
    assert summary.parameters == {"own": None}


def test_what_discrete_ties_cannot_estimate_is_told(tmp_path: Path) -> None:
    """The test of proportional hazards is not defined for them: under the named conventions it has numbers."""
    results = study(tmp_path, "conventions: {ties: discrete}").run()
    flip = next(flip for flip in results.flips if flip.row.key == "cox/included/univariable/age//p.zph")
    assert flip.kind == "estimate"
    assert flip.conclusions["study"] == "not estimated"
    assert flip.conclusions["r"] == flip.conclusions["sas"] == "P >= 0.05"
    key = flip.row.key
    assert results.under("study", key) is None
    for program in PROGRAMS:
        row = results.under(program, key)
        assert row is not None
        assert row.value == pytest.approx(expected(program)[key], rel=1e-6)
    page = (
        study(tmp_path, "conventions: {ties: discrete}").report(tmp_path / "out") / "report.html"
    ).read_text(encoding="utf-8")
    assert "not defined for discrete ties" in page


@pytest.mark.parametrize("program", PROGRAMS)
def test_whichever_is_the_studys_the_three_tell_the_same(program: str, tmp_path: Path, as_r: Results) -> None:
    results = study(tmp_path, f"convention: {program}").run()
    assert results.conventions == tuple(name for name in PROGRAMS if name != program)
    told = {}
    for flip in results.flips:
        own = {program: flip.conclusions["study"], **flip.conclusions}
        told[flip.row.key] = {name: own[name] for name in PROGRAMS}
    by_r = {flip.row.key: {"r": flip.conclusions["study"], **flip.conclusions} for flip in as_r.flips}
    assert told == {key: {name: held[name] for name in PROGRAMS} for key, held in by_r.items()}


def test_the_command_prints_the_section_and_writes_the_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study(tmp_path)
    out = tmp_path / "out"
    assert run_command(["flip", str(tmp_path / "study.yaml")]) == 0
    printed = capsys.readouterr().out
    assert "R (this study)" in printed
    assert "New vs Old, P value, Wald" in printed
    assert not out.exists()
    assert run_command(["flip", str(tmp_path / "study.yaml"), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{printed}\nTable: {out / 'flip.csv'}\n"
    with (out / "flip.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = {line["key"]: line for line in csv.DictReader(file)}
    for (kind, key), told in FLIPS.items():
        line = lines[key]
        assert line["flip"] == kind
        assert tuple(line[f"conclusion_{name}"] for name in PROGRAMS) == told
        assert line["conclusion_study"] == line["conclusion_r"]
        for name in PROGRAMS if key in expected("r") else ():
            assert float(line[name]) == pytest.approx(expected(name)[key], rel=1e-8)
    assert lines["os/included/new/os//median_upper"]["sas"] == ""
    assert {path.name for path in out.iterdir()} == {"flip.csv", "manifest.json"}


def test_the_report_folder_holds_the_same_list(tmp_path: Path) -> None:
    held = study(tmp_path)
    folder = held.report(tmp_path / "report")
    assert (folder / "flip.csv").read_bytes() == (held.flip(tmp_path / "flip") / "flip.csv").read_bytes()
    assert "Conclusions that depend on the software convention" in (folder / "report.html").read_text(
        encoding="utf-8"
    )


def test_nothing_that_changes_is_said_plainly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A study of categories alone reads no choice that the programs make differently."""
    study(tmp_path)
    path = tmp_path / "study.yaml"
    text = path.read_text(encoding="utf-8")
    kept = (
        text[: text.index("analyses:")] + "analyses: [{id: baseline, kind: baseline, variables: [stage]}]\n"
    )
    path.write_text(kept, encoding="utf-8")
    assert run_command(["flip", str(path)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    compared = len(calliper.load(path).run().of("baseline"))
    assert (
        f"Of {compared} numbers compared, 0 differ under some convention; no conclusion changes." in printed
    )
    assert "Table" in printed  # the choices themselves


def test_the_errors_of_the_command_are_those_of_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study(tmp_path)
    rows = (tmp_path / "patients.csv").read_text(encoding="utf-8").replace("P00,new,5", "P00,new,five")
    (tmp_path / "patients.csv").write_text(rows, encoding="utf-8")
    told = []
    for command in (["run", "--out", str(tmp_path / "out")], ["flip", "--out", str(tmp_path / "out")]):
        assert run_command([command[0], str(tmp_path / "study.yaml"), *command[1:]]) == 1
        told.append(capsys.readouterr().err)
    assert told[0] == told[1]
    assert "patients.csv" in told[0]
    assert not (tmp_path / "out").exists()


def test_the_demonstration_keeps_its_p_values_and_intervals(tmp_path: Path) -> None:
    """Few of its days are tied: limits of curves differ between programs, and no P value or ratio crosses its line."""
    write_demo(tmp_path)
    results = calliper.load(tmp_path / "study.yaml").run()
    assert {flip.kind for flip in results.flips} == {"limit"}
    assert results.under("spss", "os/included/between/os//p.logrank") == results.get(
        "os/included/between/os//p.logrank"
    )
    for arm in ("combination", "control"):
        median = f"os/included/{arm}/os//median"
        assert len({results.under(name, median).value for name in ("study", "sas", "spss")}) == 1  # type: ignore[union-attr]
