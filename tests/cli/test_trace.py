"""`calliper trace`: a number, how it was made, and exactly the patients behind it, with their records."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import calliper
from calliper.cli.main import run_command
from calliper.errors import DataError
from calliper.explain.behind import Behind, behind_all, patients_behind
from calliper.results import Row
from calliper.study import Study
from calliper.synth.demo import write_demo
from small_study import write_study


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return calliper.load(folder / "study.yaml")


def behind(study: Study, row: Row) -> Behind:
    outcome = study.outcome
    return patients_behind(study.protocol, outcome.derived, row)


def test_a_count_of_the_small_study_names_its_patients_and_their_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand: the deaths of the new treatment, read from the centre's own files."""
    path = write_study(tmp_path)
    with (tmp_path / "north.csv").open(encoding="utf-8") as file:
        dead = [
            (row["ID"], f"north.csv, row {line}")
            for line, row in enumerate(csv.DictReader(file), start=2)
            if row["Arm"] == "NEW" and row["Dead"] == "1"
        ]
    assert dead
    assert run_command(["trace", str(path), "os/included/new/os//events"]) == 0
    said = capsys.readouterr().out
    assert "patients that this number counts:" in said or "patient that this number counts:" in said
    for patient, place in dead:
        assert any(line.split()[0] == patient and place in line for line in said.splitlines() if line), (
            patient
        )
    assert "How it was made" in said
    assert "Used: 10. Left out: 0." in said


def test_the_patients_of_a_category_are_those_with_the_level(tmp_path: Path) -> None:
    study = calliper.load(write_study(tmp_path))
    (row,) = (row for row in study.run() if row.key == "baseline/included/overall/sex/Female/count")
    found = behind(study, row)
    assert found.is_counted
    assert set(found.patients["value"]) == {"Female"}
    assert found.patients.height == row.value


COUNTED: dict[str, Callable[[Row], bool]] = {
    "flow": lambda row: row.population == "screened" and "records" not in row.stat and "with" not in row.stat,
    "baseline": lambda row: row.stat in ("count", "n", "missing"),
    "response": lambda row: row.stat == "n" and row.population in ("evaluable", "all"),
    "os": lambda row: (
        row.stat in ("n", "events", "censored", "at_risk", "cumulative_events", "cumulative_censored")
    ),
    "prognosis": lambda row: row.stat in ("n", "events") and row.group == "univariable",
    "tace_safety": lambda row: row.stat in ("n", "count", "unknown"),
}


@pytest.mark.parametrize("analysis", COUNTED)
def test_as_many_patients_are_listed_as_the_number_says(demo: Study, analysis: str) -> None:
    asked = [row for row in demo.run().of(analysis) if COUNTED[analysis](row)]
    assert asked
    for row in asked:
        found = behind(demo, row)
        assert found.is_counted, row.key
        assert found.patients["patient"].n_unique() == row.value, row.key


@pytest.mark.parametrize("level", ["CR", "PR", "SD", "PD", "ORR", "DCR"])
def test_responders_are_those_whose_scan_says_so(demo: Study, level: str) -> None:
    """Against the endpoint's own frame, filtered here by hand."""
    frame = demo.outcome.derived.endpoints["response"].frame
    arms = dict(demo.outcome.derived.cohort.patients.select("patient", "arm").iter_rows())
    meant = {"ORR": {"CR", "PR"}, "DCR": {"CR", "PR", "SD"}}.get(level, {level})
    row = demo.run().by_key[f"response/all/control/month_3/{level}/count"]
    wanted = {
        patient
        for patient, landmark, response in frame.select("patient", "landmark", "response").iter_rows()
        if landmark == "month_3" and response in meant and arms[patient] == "control"
    }
    found = behind(demo, row)
    assert found.is_counted
    assert set(found.patients["patient"]) == wanted


def test_an_estimate_rests_on_the_patients_of_both_groups(demo: Study) -> None:
    found = behind(demo, demo.run().by_key["os/included/combination vs control/os//hr.cox"])
    assert not found.is_counted
    assert found.patients["patient"].n_unique() == 90
    assert all(" row " in place for place in found.patients["source"])


def test_a_population_limits_who_is_behind(demo: Study) -> None:
    row = demo.run().by_key["os_per_protocol/per_protocol/overall/os//n"]
    found = behind(demo, row)
    assert found.is_counted
    assert found.patients["patient"].n_unique() == row.value == 87


COUNTS = (
    "n", "count", "missing", "events", "censored", "at_risk", "patients", "left", "included", "excluded", "pending",
    "unknown", "first_only", "second_only",
)  # fmt: skip
NOT_OF_PATIENTS = (
    (r"\w+/scans/", "scans, not patients"),
    (r"\w+_safety/.*/events", "events, not patients"),
    (r"laboratory/.*/events", "events, not patients"),
    (r"follow_up/.*/(visits|content|item/\w+|interval)/", "visits, not patients"),
    (r"sessions/.*/interval/", "intervals between sessions"),
    (
        r"sorafenib/started/\w+/(longest_interruption_days|delay|first_reduction)/",
        "days of some of those who started",
    ),
    (r"follow_up/.*/(patients|ending)/", "patients by all their visits, which are listed"),
    (r"(best_)?response/all/.*/after repeated treatment/", "patients by sessions, beside their responses"),
    (r"courses/measured/.*/best_change/fall/", "patients by their sums"),
    (r"\w+_safety/.*/(reduced|interrupted)/", "patients by what was done about an event"),
    (r"deviations/.*/any/", "patients by all the rules, which are listed"),
)
"""Counts that list whose records they rest on and not whom they count: what they count, or by what."""


def test_every_count_of_patients_lists_those_it_counts(demo: Study) -> None:
    """All numbers of the demonstration: who is said to be counted is as many as the number, and few are not said."""
    outcome = demo.outcome
    rows = [row for row in outcome.results if row.analysis != "conventions"]
    found = behind_all(demo.protocol, outcome.derived, rows)
    assert len(found) == len(rows)
    untold = []
    for row in rows:
        held = found[row.key]
        if held.is_counted:
            assert held.patients["patient"].n_unique() == row.value, row.key
        elif row.stat in COUNTS and row.value:
            untold.append(row.key)
    assert [key for key in untold if not any(re.match(known, key) for known, _ in NOT_OF_PATIENTS)] == []
    for known, what in NOT_OF_PATIENTS:
        assert any(re.match(known, key) for key in untold), f"{known} ({what}) is exempt and need not be"


def test_two_responses_of_a_patient_are_counted_together(demo: Study) -> None:
    """From scans on: who was CR by one criterion and SD by the other, taken from the endpoints apart."""
    endpoints = demo.outcome.derived.endpoints
    read = [
        dict(endpoints[name].frame.filter(landmark="month_1").select("patient", "response").iter_rows())
        for name in ("response", "response_recist")
    ]
    expected = {
        patient for patient, response in read[0].items() if (response, read[1][patient]) == ("CR", "SD")
    }
    row = demo.run().by_key["criteria/all/overall/month_1/CR, SD/count"]
    found = behind(demo, row)
    assert found.is_counted
    assert set(found.patients["patient"]) == expected
    assert len(expected) == row.value > 0


def test_the_methods_of_a_number_are_told(demo: Study) -> None:
    text = demo.trace("os/included/between/os//p.logrank")
    sentence = next(m.sentence for m in demo.run().methods_of("os") if m.name == "logrank")
    assert " ".join(sentence.split()) in " ".join(text.split())


def test_an_unknown_key_is_told_with_those_that_are_near(demo: Study) -> None:
    with pytest.raises(DataError, match=r"did you mean 'os/included/control/os//median'"):
        demo.trace("os/included/contrl/os//median")
    with pytest.raises(DataError, match="'os/included/control/os//med' begins 3 results") as begun:
        demo.trace("os/included/control/os//med")
    assert "os/included/control/os//median_upper" in str(begun.value)
    with pytest.raises(DataError, match=r"found no result 'nothing' .*the analyses are flow, baseline"):
        demo.trace("nothing")


def test_a_report_folder_stands_for_its_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path)
    run_command(["run", str(path), "--out", str(tmp_path / "report")])
    capsys.readouterr()
    assert run_command(["trace", str(tmp_path / "report"), "os/included/new/os//n"]) == 0
    told = capsys.readouterr().out
    assert run_command(["trace", str(path), "os/included/new/os//n"]) == 0
    assert told == capsys.readouterr().out
