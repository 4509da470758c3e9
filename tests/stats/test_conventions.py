"""The page on conventions: its table is the code's, and its worked examples are computed."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from calliper.stats.conventions import CONVENTIONS, Convention
from calliper.stats.estimates import Estimate
from calliper.stats.survival import kaplan_meier, quantile
from calliper.summaries.moments import value_counts
from calliper.summaries.risk_table import risk_table
from shared import ROOT, shared_data

PAGE = (ROOT / "docs" / "methods" / "conventions.md").read_text(encoding="utf-8")
EXAMPLE = " ".join(PAGE.partition("## Worked example")[2].split())
R: dict[str, Any] = json.loads((ROOT / "tests/fixtures/r/conventions.json").read_text())

A = ([6, 9, 13, 18, 22, 30], [1, 0, 1, 1, 0, 1])
B = ([4, 7, 8, 12, 15, 20], [1, 1, 1, 1, 0, 1])


def test_the_table_of_the_page_is_the_codes() -> None:
    lines = re.findall(r"^\| `(\w+)` \| (\S+) \| (\S+) \| (\S+) \|", PAGE, re.MULTILINE)
    told = {
        program: {line[0]: line[place] for line in lines}
        for place, program in enumerate(CONVENTIONS, start=1)
    }
    assert told == {
        name: {choice: str(value) for choice, value in asdict(convention).items()}
        for name, convention in CONVENTIONS.items()
    }


def median(data: tuple[list[int], list[int]], convention: Convention) -> Estimate:
    table = risk_table(np.array(data[0], dtype=np.float64), np.array(data[1]))
    curve = kaplan_meier(table, interval=convention.survival_ci)
    return quantile(curve, median_flat=convention.median_flat, median_ci=convention.median_ci)


@pytest.mark.parametrize(
    ("name", "limits", "flat", "quartile"),
    [("r", (13, None), 10, 1.75), ("sas", (6, None), 10, 1.5), ("spss", (7.57, 28.43), 8, 1.25)],
)
def test_the_medians_and_quartiles_of_the_example(
    name: str, limits: tuple[float, float | None], flat: float, quartile: float
) -> None:
    convention = CONVENTIONS[name]
    found = median(A, convention)
    assert found.value == 18
    assert found.lower == pytest.approx(limits[0], abs=0.005)
    assert found.upper == (None if limits[1] is None else pytest.approx(limits[1], abs=0.005))
    assert median(B, convention).value == flat
    four = value_counts(np.array([1.0, 2.0, 3.0, 4.0]))
    assert four.quantile(0.25, kind=convention.quantile) == quartile
    assert "R 13 to not reached, SAS 6 to not reached, SPSS 7.57 to 28.43" in EXAMPLE
    assert "R and SAS 10, SPSS 8." in EXAMPLE
    assert "1.75 in R, 1.5 in SAS, 1.25 in SPSS" in EXAMPLE


def test_the_study_of_the_example_is_the_one_held_against_r() -> None:
    by_r, by_spss = (R["programs"][name]["numbers"] for name in ("r", "spss"))
    between = "os/included/new vs old/os//"
    printed = [f"log-rank P = {R['same']['os/included/between/os//p.logrank']:.3f}"]
    for numbers in (by_r, by_spss):
        hr, lower, upper, p = (numbers[f"{between}{stat}.cox"] for stat in ("hr", "lower", "upper", "p"))
        printed.append(f"{hr:.2f} ({lower:.2f} to {upper:.2f}), P = {p:.3f}")
    for key in ("cox/included/univariable/stage/1/p", "baseline/included/between/age//p"):
        printed.append(f"P = {by_r[key]:.3f} in R and {by_spss[key]:.3f} in SAS and SPSS")
    ranks = "baseline/included/between/size//p"
    printed.append(f"P = {by_r[ranks]:.3f} in R and SAS and {by_spss[ranks]:.3f} in SPSS")
    assert [text for text in printed if text not in EXAMPLE] == []


def test_what_to_hold_against_spss() -> None:
    """The 6-MP trial by loops: product limit, Greenwood, the 55th and 45th percentiles; then by the kernel."""
    lines = shared_data("03_survival_classic/MASS_gehan.csv").read_text(encoding="utf-8").splitlines()
    names = [name.strip('"') for name in lines[0].split(",")]
    rows = [
        dict(zip(names, (cell.strip('"') for cell in line.split(",")), strict=True)) for line in lines[1:]
    ]
    told = {
        "6-MP": "23.000, standard error 5.255, 12.700 to 33.300",
        "control": "8.000, 1.669, 4.729 to 11.271",
    }
    for arm, printed in told.items():
        data = [(int(row["time"]), int(row["cens"])) for row in rows if row["treat"] == arm]
        assert len(data) == 21
        survival, variance, curve = 1.0, 0.0, []
        for time in sorted({time for time, event in data if event}):
            at_risk = sum(other >= time for other, _ in data)
            deaths = sum(other == time and event for other, event in data)
            survival *= 1 - deaths / at_risk
            if at_risk > deaths:
                variance += deaths / (at_risk * (at_risk - deaths))
            curve.append((time, survival, survival * variance**0.5))
        at, _, error = next(point for point in curve if point[1] <= 0.5)
        u, high, _ = [point for point in curve if point[1] >= 0.55][-1]
        low_at, low, _ = next(point for point in curve if point[1] <= 0.45)
        se = error * (low_at - u) / (high - low)
        limits = (at - 1.959963984540054 * se, at + 1.959963984540054 * se)
        numbers = [f"{number:.3f}" for number in (at, se, *limits)]
        assert numbers == re.findall(r"\d+\.\d+", printed)
        assert printed in EXAMPLE
        found = median(([time for time, _ in data], [event for _, event in data]), CONVENTIONS["spss"])
        assert (found.value, found.lower, found.upper) == pytest.approx((at, *limits), rel=1e-12)
