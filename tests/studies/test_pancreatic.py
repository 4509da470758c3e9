"""41 real patients with advanced pancreatic cancer: times counted from dates, equal to those of asaur's own table."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest

import calliper
from calliper.pipeline import Run
from shared import ROOT, shared_data
from studies.answers import value


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def raw() -> list[dict[str, str]]:
    return rows_of(shared_data("03_survival_classic/asaur_pancreatic.csv"))


@pytest.fixture(scope="module")
def answers() -> list[dict[str, str]]:
    """asaur's derived table, in the order of the raw one."""
    return rows_of(shared_data("03_survival_classic/asaur_pancreatic2.csv"))


@pytest.fixture(scope="module")
def outcome() -> Run:
    shared_data("03_survival_classic/asaur_pancreatic.csv")
    return calliper.load(ROOT / "studies" / "pancreatic.yaml").outcome


def test_every_time_is_that_of_the_derived_table(
    outcome: Run, raw: list[dict[str, str]], answers: list[dict[str, str]]
) -> None:
    times = {
        name: {row["patient"]: row for row in outcome.derived.endpoints[name].frame.iter_rows(named=True)}
        for name in ("os", "pfs")
    }
    assert len(raw) == len(answers) == 41
    for patient, answer in zip(raw, answers, strict=True):
        assert patient["stage"] == answer["stage"]
        for name in ("os", "pfs"):
            row = times[name][patient["onstudy"]]
            assert (row["time"], row["event"], row["cause"]) == (float(answer[name]), 1, "event")


def test_deaths_without_progression_compete_with_it(outcome: Run, raw: list[dict[str, str]]) -> None:
    found = {row["patient"]: row for row in outcome.derived.endpoints["ttp"].frame.iter_rows(named=True)}
    for patient in raw:
        row = found[patient["onstudy"]]
        progressed = patient["progression"] != "."
        last = patient["progression"] if progressed else patient["death"]
        days = (datetime.strptime(last, "%m/%d/%Y") - datetime.strptime(patient["onstudy"], "%m/%d/%Y")).days
        assert (row["time"], row["event"], row["cause"]) == (
            days,
            int(progressed),
            "event" if progressed else "death",
        )
    assert sum(row["event"] for row in found.values()) == sum(row["progression"] != "." for row in raw)


def test_the_medians_are_middle_values(outcome: Run, answers: list[dict[str, str]]) -> None:
    """Nobody is censored, so the Kaplan-Meier median is the median of the times."""
    for name in ("os", "pfs"):
        for arm, stage in (("locally_advanced", "LA"), ("metastatic", "M")):
            times = sorted(float(row[name]) for row in answers if row["stage"] == stage)
            middle = (times[(len(times) - 1) // 2] + times[len(times) // 2]) / 2
            assert value(outcome.results, f"{name}/included/{arm}/{name}//median") == middle


def test_the_definitions_side_by_side(outcome: Run, raw: list[dict[str, str]]) -> None:
    """41 events of PFS; the progressions alone of TTP, however deaths are counted; the conclusion is the same."""
    pair = "metastatic vs locally_advanced"
    for arm, stage in (("locally_advanced", "LA"), ("metastatic", "M")):
        of = [row for row in raw if row["stage"] == stage]
        progressed = sum(row["progression"] != "." for row in of)
        for place, events in (
            ("pfs/", len(of)),
            ("ttp/event", progressed),
            ("ttp_deaths_censored/", progressed),
        ):
            assert value(outcome.results, f"definitions/included/{arm}/{place}/events") == events
    for stat in ("p.logrank", "statistic.logrank"):
        own = value(outcome.results, f"pfs/included/between/pfs//{stat}")
        assert value(outcome.results, f"definitions/included/between/pfs//{stat}") == own
    assert value(outcome.results, f"definitions/included/{pair}///held") == 3
    assert value(outcome.results, f"definitions/included/{pair}///definitions") == 3
