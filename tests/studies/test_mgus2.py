"""Monoclonal gammopathy by sex: cumulative incidence, Gray's test and both hazard ratios equal to R's."""

from __future__ import annotations

import csv
import math

import pytest

import calliper
from calliper.results import Results
from shared import ROOT, shared_data
from studies.answers import r_answers, same, value

ARMS = {"women": "sex=F", "men": "sex=M"}
CAUSES = {"event": "pcm", "death_without_progression": "death"}


@pytest.fixture(scope="module")
def results() -> Results:
    shared_data("03_survival_classic/survival_mgus2.csv")
    return calliper.load(ROOT / "studies" / "mgus2.yaml").run()


def test_cumulative_incidence_and_the_share_free_of_every_event(results: Results) -> None:
    """survfit of Surv(etime, event) by sex: probabilities and their standard errors at 60, 120 and 240 months."""
    rows = r_answers()["mgus2_cif"]
    assert isinstance(rows, list)
    assert {row["group"] for row in rows} == set(ARMS.values())
    names = {label: name for name, label in ARMS.items()}
    for row in rows:
        stem = f"malignancy/included/{names[row['group']]}/malignancy"
        for cause, theirs in CAUSES.items():
            for stat, prefix in (("incidence", "p_"), ("incidence_se", "se_")):
                key = f"{stem}/{cause}/{stat}@{row['time']}"
                same(value(results, key), row[f"{prefix}{theirs}"], key)
        for stat, prefix in (("event_free", "p_"), ("event_free_se", "se_")):
            key = f"{stem}//{stat}@{row['time']}"
            same(value(results, key), row[f"{prefix}(s0)"], key)


def test_the_shares_add_up_to_one(results: Results) -> None:
    for group in (*ARMS, "overall"):
        for at in (60, 120, 240):
            stem = f"malignancy/included/{group}/malignancy"
            shares = [value(results, f"{stem}/{cause}/incidence@{at}") for cause in CAUSES]
            assert math.fsum([*shares, value(results, f"{stem}//event_free@{at}")]) == pytest.approx(
                1, abs=1e-12
            )


def test_gray(results: Results) -> None:
    tests = r_answers()["mgus2_gray"]
    assert isinstance(tests, list)
    for cause, theirs in zip(CAUSES, tests, strict=True):
        stem = f"malignancy/included/between/malignancy/{cause}"
        same(value(results, f"{stem}/statistic.gray"), theirs["stat"], stem)
        same(value(results, f"{stem}/df.gray"), theirs["df"], stem)
        same(value(results, f"{stem}/p.gray"), theirs["pv"], stem)


def test_cause_specific_cox(results: Results) -> None:
    """coxph of progression on age and sex, deaths censored."""
    answer = r_answers()["mgus2_cs_pcm_efron"]
    pairs = {"coefficient": "coef", "se": "se", "hr": "hr", "lower": "hr_lcl", "upper": "hr_ucl", "p": "p"}
    for position, place in enumerate(("age/", "arm/men")):
        for ours, theirs in pairs.items():
            key = f"malignancy/included/adjusted event/{place}/{ours}.cause_specific"
            series = answer[theirs]
            assert isinstance(series, list)
            same(value(results, key), series[position], key, 1e-8)
    stem = "malignancy/included/adjusted event//"
    assert value(results, f"{stem}/n.cause_specific") == answer["n"]
    assert value(results, f"{stem}/events.cause_specific") == answer["nevent"]


def test_cause_specific_cox_under_the_other_conventions(results: Results) -> None:
    """SAS and SPSS treat tied times as Breslow; the incidences themselves are the same everywhere."""
    answer = r_answers()["mgus2_cs_pcm_breslow"]
    for position, place in enumerate(("age/", "arm/men")):
        for ours, theirs in {"coefficient": "coef", "se": "se", "p": "p"}.items():
            key = f"malignancy/included/adjusted event/{place}/{ours}.cause_specific"
            series = answer[theirs]
            assert isinstance(series, list)
            for program in ("sas", "spss"):
                row = results.under(program, key)
                assert row is not None
                same(row.value, series[position], f"{program}: {key}", 1e-8)
    assert not [
        row for row in results.of("conventions") if row.stat in ("incidence", "p.gray", "p.fine_gray")
    ]


def test_fine_and_gray_as_cmprsk(results: Results) -> None:
    """crr stops at a score of 1e-6 of the likelihood, which leaves its coefficients off by 3e-10."""
    answer = r_answers()["mgus2_crr"]
    coefficients, errors = answer["coef"], answer["se"]
    assert isinstance(coefficients, dict)
    assert isinstance(errors, list)
    for position, (place, term) in enumerate((("age/", "age"), ("arm/men", "sexM"))):
        stem = f"malignancy/included/adjusted event/{place}"
        same(value(results, f"{stem}/coefficient.fine_gray"), coefficients[term], stem, 2e-8)
        same(value(results, f"{stem}/se.fine_gray"), errors[position], stem, 1e-8)
    counts = [
        value(results, f"malignancy/included/adjusted event///{n}.fine_gray")
        for n in ("n", "events", "competing")
    ]
    assert counts == [1384, 115, 860]


def test_fine_and_gray_as_survival(results: Results) -> None:
    """The estimates of coxph on finegray's pieces. Its errors take a piece for a patient; ours do not."""
    answer = r_answers()["mgus2_fg"]
    series = answer["coef"]
    assert isinstance(series, list)
    for place, theirs in zip(("age/", "arm/men"), series, strict=True):
        key = f"finegray/included/adjusted event/{place}/coefficient.fine_gray"
        same(value(results, key), theirs, key, 2e-8)


def test_one_sex_is_the_reference_and_has_no_ratio(results: Results) -> None:
    assert value(results, "malignancy/included/adjusted event/arm/women/reference.cause_specific") == 1
    assert results.get("malignancy/included/women vs women/malignancy/event/hr.cause_specific") is None


def logrank_by_hand(rows: list[tuple[float, bool, str]]) -> float:
    """Chi-square of men and women, time by time, from (months, whether it is an event, sex)."""
    expected = variance = 0.0
    for time in sorted({time for time, is_event, _ in rows if is_event}):
        at_risk = [(sex, is_event and held == time) for held, is_event, sex in rows if held >= time]
        n, men, d = len(at_risk), sum(sex == "M" for sex, _ in at_risk), sum(event for _, event in at_risk)
        expected += d * men / n
        variance += d * men * (n - men) * (n - d) / (n**2 * (n - 1)) if n > 1 else 0.0
    observed = sum(is_event for _, is_event, sex in rows if sex == "M")
    return (observed - expected) ** 2 / variance


def test_what_is_done_with_deaths_decides_the_comparison(results: Results) -> None:
    """Men do not progress more often than women, and die more often: death as an event turns the comparison round."""
    gray = r_answers()["mgus2_gray"]
    assert isinstance(gray, list)
    same(value(results, "definitions/included/between/malignancy/event/p.gray"), gray[0]["pv"], "Gray")
    path = shared_data("03_survival_classic/survival_mgus2.csv")
    with path.open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    for name, events in (("malignancy_alone", ("pstat",)), ("malignancy_or_death", ("pstat", "death"))):
        rows = [
            (float(row["ptime"]), any(row[event] == "1" for event in events), row["sex"]) for row in people
        ]
        chi2 = logrank_by_hand(rows)
        key = f"definitions/included/between/{name}//statistic.logrank"
        assert value(results, key) == pytest.approx(chi2, rel=1e-9)
        for arm, sex in (("women", "F"), ("men", "M")):
            counted = sum(is_event for _, is_event, of in rows if of == sex)
            assert value(results, f"definitions/included/{arm}/{name}//events") == counted
    pair = "definitions/included/men vs women"
    assert value(results, f"{pair}/malignancy_alone//holds") == 1
    assert value(results, f"{pair}/malignancy/event/holds.fine_gray") == 1
    assert value(results, f"{pair}/malignancy_or_death//holds") == 0
    assert value(results, f"{pair}/malignancy_or_death//same_direction") == 0
    assert (value(results, f"{pair}///held"), value(results, f"{pair}///definitions")) == (2, 3)
