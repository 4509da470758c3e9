"""Where an ordinary Cox fit is refused because its likelihood has no maximum: Firth's estimates beside it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from analyses.hand_cohort import OS, analyse, category, failures, number, patients, protocol, times, value
from calliper.results import Method, Results

R = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "r" / "cox.json").read_text())
TIME, EVENT, X = (R["cohort"][name] for name in ("time", "event", "x"))
CENSORED = [place for place, event in enumerate(EVENT) if not event]
RARE = ["rare" if place in CENSORED[:4] else "plain" for place in range(60)]
"""As `rare` in make_cox.R: a level of four patients without the event."""

MODEL = {"id": "main", "label": "Main model", "factors": ["x", "level"]}
VARIABLES = {"x": number("Marker"), "level": category("Level", "plain", "rare")}
HALF = 3.841458820694124 / 2


def _rare(ties: str = "efron", *, models: tuple[dict[str, Any], ...] = (MODEL,)) -> Results:
    frame = patients(arm=["test", "control"] * 30, x=X, level=RARE)
    spec = {"id": "cox", "kind": "cox", "endpoint": "os", "factors": ["x", "level"], "models": list(models)}
    study = protocol(spec, variables=VARIABLES, endpoints={"os": OS}, conventions={"ties": ties})
    return analyse(study, frame, times("os", frame["patient"].to_list(), TIME, EVENT))


def _survival(
    arm: list[str], time: list[float], event: list[int], *, ties: str = "efron", **more: Any
) -> Results:
    frame = patients(arm=arm)
    endpoint = times("os", frame["patient"].to_list(), time, event)
    spec = {"id": "os", "kind": "survival", "endpoint": "os"}
    study = protocol(spec, endpoints={"os": OS}, conventions={"ties": ties}, **more)
    return analyse(study, frame, endpoint)


def _method(found: Results, subject: str) -> Method:
    (method,) = [made for made in found.methods if (made.name, made.subject) == ("firth", subject)]
    return method


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_a_model_with_a_level_without_events_as_in_r(ties: str) -> None:
    (case,) = [c for c in R["firth"] if (c["ties"], c["entry"], c["strata"]) == (ties, False, False)]
    found = _rare(ties)
    for index, place in enumerate(("cox/included/main/x/", "cox/included/main/level/rare")):
        lower, upper, chi2 = case["limits"][index]
        # R's optimum is only as sharp as optim makes it; its limits are roots.
        assert value(found, f"{place}/coefficient.firth") == pytest.approx(case["coef"][index], abs=2e-6)
        assert value(found, f"{place}/hr.firth") == pytest.approx(math.exp(case["coef"][index]), rel=2e-6)
        assert value(found, f"{place}/lower.firth") == pytest.approx(math.exp(lower), rel=1e-6)
        assert value(found, f"{place}/upper.firth") == pytest.approx(math.exp(upper), rel=1e-6)
        assert value(found, f"{place}/statistic.firth") == pytest.approx(chi2, rel=1e-8)
        assert value(found, f"{place}/p.firth") == pytest.approx(math.erfc(math.sqrt(chi2 / 2)), rel=1e-8)
    null, best = case["loglik"]
    model = "cox/included/main//"
    assert value(found, f"{model}/loglik_null.firth") == pytest.approx(null, rel=1e-10)
    assert value(found, f"{model}/loglik.firth") == pytest.approx(best, rel=1e-10)
    assert value(found, f"{model}/statistic.firth") == pytest.approx(2 * (best - null), rel=1e-8)
    # The chi-square tail of two degrees of freedom is exp(-x / 2).
    assert value(found, f"{model}/p.firth") == pytest.approx(math.exp(null - best), rel=1e-8)
    assert value(found, f"{model}/n.firth") == 60
    assert value(found, f"{model}/events.firth") == sum(EVENT)
    assert value(found, "cox/included/main/level/rare/n.firth") == 4
    assert value(found, "cox/included/main/level/rare/events.firth") == 0
    assert value(found, "cox/included/main/level/plain/reference.firth") == 1


def test_the_refusal_stays_and_nothing_else_changes() -> None:
    found = _rare()
    refused = failures(found)
    assert set(refused) == {("summary", "univariable level"), ("summary", "main")}
    assert all(text.startswith("no finite hazard ratio for Level: rare") for text in refused.values())
    # The marker alone has its ordinary fit, and no other.
    assert value(found, "cox/included/univariable/x//hr") > 1
    places = {(row.group, row.variable) for row in found if row.stat.endswith(".firth")}
    assert places == {("univariable", "level"), ("main", "x"), ("main", "level"), ("main", "")}
    ordinary = {(row.group, row.variable) for row in found if not row.stat.endswith(".firth")}
    assert ordinary == {("univariable", "x")}
    alone = _rare(models=())
    kept = [row for row in found if row.group == "univariable"]
    assert kept == [row for row in alone if row.group == "univariable"]


def test_the_sentences_say_whose_estimates_they_are() -> None:
    general, model = _method(_rare("breslow"), ""), _method(_rare(), "main")
    assert general.sentence == (
        "Where the partial likelihood of a fit has no maximum (separation), the hazard ratios are those of "
        "Firth's penalised likelihood (Firth 1993; Heinze and Schemper 2001), with Breslow's method for ties, "
        "profile penalised likelihood 95% confidence intervals and penalised likelihood ratio tests of each "
        "coefficient."
    )
    assert model.sentence.endswith(
        "main model: Marker and Level, named in advance. The model was fitted by Firth's penalised likelihood."
    )
    assert (model.n_used, model.failure) == (60, "")
    assert model.warnings[0] == (
        "The hazard ratios of Marker and Level are those of Firth's penalised likelihood, as the likelihood itself "
        "has no maximum; proportional hazards were not tested."
    )


def test_no_firth_where_every_fit_has_a_maximum() -> None:
    spec = {"id": "cox", "kind": "cox", "endpoint": "os", "factors": ["x"]}
    frame = patients(arm=["test", "control"] * 30, x=X)
    study = protocol(spec, variables={"x": number("Marker")}, endpoints={"os": OS})
    found = analyse(study, frame, times("os", frame["patient"].to_list(), TIME, EVENT))
    assert not [made for made in (*found.rows, *found.methods) if "firth" in str(made)]


def test_a_refusal_for_another_reason_has_no_firth() -> None:
    found = _survival(["test", "control"], [1, 2], [0, 0])
    assert "no event" in failures(found)["cox", ""]
    assert not [method for method in found.methods if method.name == "firth"]


def test_a_screened_model_chooses_by_ordinary_fits() -> None:
    """The level has no ordinary fit: it is not considered, though its penalised P is below 1 too."""
    screen = {"id": "screened", "label": "Screened", "p_below": 0.999}
    found = _rare(models=(screen,))
    (method,) = [made for made in found.methods if made.subject == "screened"]
    assert method.parameters["factors"] == "x"
    assert "Not considered, because no univariable fit was possible: Level." in method.warnings
    assert not [row for row in found if row.group == "screened" and row.stat.endswith(".firth")]


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_hazard_ratio_of_one_event_by_hand(ties: str) -> None:
    """The only event is in the test arm, with 3 of it and 2 of the other at risk.

    With q = 3 w / (3 w + 2), l = log(q / 3) and I = q (1 - q): l* = 1.5 log q + 0.5 log(1 - q) and a constant,
    highest at q = 3/4, where w = 2. At w = 1 q = 3/5.
    """

    def penalised(w: float) -> float:
        q = 3 * w / (3 * w + 2)
        return 1.5 * math.log(q) + 0.5 * math.log(1 - q)

    found = _survival(["test"] * 3 + ["control"] * 2, [1, 5, 6, 4, 7], [1, 0, 0, 0, 0], ties=ties)
    place = "os/included/test vs control/os/"
    assert value(found, f"{place}/hr.firth") == pytest.approx(2, rel=1e-9)
    assert value(found, f"{place}/coefficient.firth") == pytest.approx(math.log(2), rel=1e-9)
    lower, upper = value(found, f"{place}/lower.firth"), value(found, f"{place}/upper.firth")
    assert lower < 2 < upper
    for limit in (lower, upper):
        assert penalised(2) - penalised(limit) == pytest.approx(HALF, rel=1e-8)
    chi2 = 3 * math.log(0.75 / 0.6) + math.log(0.25 / 0.4)
    assert value(found, f"{place}/statistic.firth") == pytest.approx(chi2, rel=1e-8)
    assert value(found, f"{place}/p.firth") == pytest.approx(math.erfc(math.sqrt(chi2 / 2)), rel=1e-8)
    assert failures(found)["cox", ""].startswith("no finite hazard ratio for the arm: TEST")
    assert not [row for row in found if row.stat.endswith(".cox")]
    method = _method(found, "")
    assert (method.n_used, method.parameters["ties"]) == (5, ties)
    assert "profile penalised likelihood 95% confidence intervals" in method.sentence


def test_a_wider_interval_with_more_confidence() -> None:
    cohort = (["test"] * 3 + ["control"] * 2, [1, 5, 6, 4, 7], [1, 0, 0, 0, 0])
    limits = []
    for alpha in (0.05, 0.01):
        found = _survival(*cohort, alpha=alpha)
        place = "os/included/test vs control/os/"
        limits.append((value(found, f"{place}/lower.firth"), value(found, f"{place}/upper.firth")))
    (lower, upper), (further, beyond) = limits
    assert further < lower < upper < beyond


@pytest.mark.parametrize("ties", ["discrete", "marginal"])
def test_ties_of_which_the_penalty_is_not_defined(ties: str) -> None:
    sentence = (
        f"no penalised hazard ratio: Firth's penalised likelihood is not defined for {ties} ties; set ties to "
        "efron or breslow"
    )
    found = _rare(ties)
    refused = failures(found)
    assert refused["firth", "main"] == refused["firth", "univariable level"] == sentence
    assert refused["summary", "main"].startswith("no finite hazard ratio")
    assert not [row for row in found if row.stat.endswith(".firth")]
    assert [method.subject for method in found.methods if method.name == "firth"] == [
        "univariable level",
        "main",
    ]
    arms = ["test"] * 3 + ["control"] * 2
    found = _survival(arms, [1, 5, 6, 4, 7], [1, 0, 0, 0, 0], ties=ties)
    assert failures(found)["firth", ""] == sentence


def test_a_category_of_three_alone_has_its_overall_test() -> None:
    """One event, in A, with 2 of A, 1 of B and 1 of C at risk.

    With q_A, q_B, q_C the shares at risk, l = log q_A, and |I| of two 0/1 columns is q_A q_B q_C: l* = 1.5 log q_A +
    0.5 log q_B + 0.5 log q_C and a constant, highest at 3/5, 1/5, 1/5: hazard ratios against A are
    (1/5) / (3/10) = 2/3. Without an effect the shares are 1/2, 1/4, 1/4.
    """
    frame = patients(arm=["test", "control"] * 2, stage=["A", "A", "B", "C"])
    spec = {"id": "cox", "kind": "cox", "endpoint": "os", "factors": ["stage"]}
    study = protocol(spec, variables={"stage": category("Stage", "A", "B", "C")}, endpoints={"os": OS})
    found = analyse(study, frame, times("os", frame["patient"].to_list(), [1, 2, 3, 4], [1, 0, 0, 0]))
    place = "cox/included/univariable/stage"
    for level in "BC":
        assert value(found, f"{place}/{level}/hr.firth") == pytest.approx(2 / 3, rel=1e-9)
    chi2 = 3 * math.log(0.6 / 0.5) + 2 * math.log(0.2 / 0.25)
    assert value(found, f"{place}//statistic.firth") == pytest.approx(chi2, rel=1e-8)
    assert value(found, f"{place}//df.firth") == 2
    assert value(found, f"{place}//p.firth") == pytest.approx(math.exp(-chi2 / 2), rel=1e-8)
    assert [value(found, f"{place}/{level}/n.firth") for level in "ABC"] == [2, 1, 1]
