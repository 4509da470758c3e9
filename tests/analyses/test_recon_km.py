"""197 published comparisons, reconstructed patient by patient: both analyses equal R on the same rows.

The answers are those of survfit (log interval), survdiff and coxph (Efron, and Breslow) in R 4.2.2, survival
3.5-3, with 15 digits in shared/data/05_recon_km/kmdata_r_answers.csv.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl
import pytest

from analyses.hand_cohort import OS, analyse, patients, protocol, times, value
from shared import shared_data

SURVIVAL = {"id": "os", "kind": "survival", "endpoint": "os"}
COX = {"id": "cox", "kind": "cox", "endpoint": "os", "factors": ["arm"], "references": {"arm": "arm1"}}
NAMES: dict[str, Any] = {"arms": ("arm1", "arm2"), "reference": "arm1", "endpoints": {"os": OS}}


@cache
def _answers() -> pl.DataFrame:
    return pl.read_csv(shared_data("05_recon_km/kmdata_r_answers.csv"), infer_schema_length=None)


@cache
def _trials() -> dict[str, pl.DataFrame]:
    rows = pl.read_parquet(shared_data("05_recon_km/kmdata_ipd.parquet"))
    return {str(name): trial for (name,), trial in rows.partition_by("name", as_dict=True).items()}


def test_every_comparison_is_here() -> None:
    assert _answers().height == len(_trials()) == 197


@pytest.mark.parametrize("place", range(197))
def test_comparison(place: int) -> None:
    answer = _answers().row(place, named=True)
    trial = _trials()[answer["name"]]
    arms = dict(zip(answer["arms"].split("|"), ("arm1", "arm2"), strict=True))
    frame = patients(arm=trial["arm"].replace_strict(arms).to_list())
    endpoint = times("os", frame["patient"].to_list(), trial["time"].to_list(), trial["event"].to_list())

    found = analyse(protocol(SURVIVAL, **NAMES), frame, endpoint)
    for arm, cells in zip(("arm1", "arm2"), _by_arm(answer), strict=True):
        for stat, expected in cells.items():
            row = found.get(f"os/included/{arm}/os//{stat}")
            assert row is not None, stat
            assert row.value == (None if expected is None else pytest.approx(expected, rel=1e-6)), (arm, stat)
    assert value(found, "os/included/between/os//statistic.logrank") == _close(answer["lr_chisq"])
    assert value(found, "os/included/between/os//df.logrank") == answer["lr_df"]
    assert value(found, "os/included/between/os//p.logrank") == _close(answer["lr_p"])
    contrast = "os/included/arm2 vs arm1/os//"
    for stat, column in (("hr.cox", "hr_arm2_vs_arm1"), ("lower.cox", "hr_lcl"), ("upper.cox", "hr_ucl")):
        assert value(found, contrast + stat) == _close(answer[column])

    cox = analyse(protocol(COX, **NAMES), frame, endpoint)
    for stat, column in (("hr", "hr_arm2_vs_arm1"), ("lower", "hr_lcl"), ("upper", "hr_ucl")):
        assert value(cox, f"cox/included/univariable/arm/arm2/{stat}") == _close(answer[column])
    breslow = analyse(protocol(COX, conventions={"ties": "breslow"}, **NAMES), frame, endpoint)
    assert value(breslow, "cox/included/univariable/arm/arm2/hr") == _close(answer["hr_breslow"])


def _close(expected: float) -> object:
    return pytest.approx(float(expected), rel=1e-6)


def _by_arm(answer: dict[str, str]) -> list[dict[str, float | None]]:
    columns = {
        "n": "n_arm",
        "events": "ev_arm",
        "median": "median_arm",
        "median_lower": "med_lcl",
        "median_upper": "med_ucl",
    }
    split = {stat: str(answer[column]).split("|") for stat, column in columns.items()}
    return [
        {stat: None if cells[arm] in {"", "NA"} else float(cells[arm]) for stat, cells in split.items()}
        for arm in (0, 1)
    ]
