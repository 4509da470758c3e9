"""The comparison under several definitions: conclusions by hand, and numbers that are those of an endpoint alone."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses import hand_cohort as hand
from calliper.analyses import ANALYSE
from calliper.analyses.conclusions import Conclusion, agreement
from calliper.endpoints import TIMES, Derived, Endpoint
from calliper.protocol.specs import Protocol
from calliper.results import Results

TIME = {"kind": "time_to_event", "unit": "days", "event_label": "progression", "recorded": {"parameter": "x"}}
CAUSED = {
    "parameter": None,
    "time": "t",
    "cause": "c",
    "causes": {"pd": "event", "death": "death", "no": "censored"},
}
VARIABLES = {"t": hand.number("t"), "c": hand.category("c", "pd", "death", "no")}
RESPONSE = {
    "kind": "response",
    "label": "Response",
    "criteria": "mRECIST",
    "landmarks": {name: {"label": name, "variable": "c"} for name in ("month_1", "month_3")},
}

Outcomes = Sequence[tuple[float, str]]
"""A time and what ended it: `pd`, `death`, or `no` for a censored one."""


def endpoint(name: str, outcomes: Outcomes) -> Endpoint:
    causes = {"pd": "event", "death": "death", "no": None}
    frame = pl.DataFrame(
        {
            "patient": [f"p{at}" for at in range(len(outcomes))],
            "time": [float(time) for time, _ in outcomes],
            "event": [int(ended == "pd") for _, ended in outcomes],
            "cause": [causes[ended] for _, ended in outcomes],
            "reason": [ended for _, ended in outcomes],
            "detail": [None] * len(outcomes),
            "source": ["hand"] * len(outcomes),
        },
        schema=TIMES,
    )
    return Endpoint(name, "time_to_event", frame)


def study(
    *names: str, competing: Sequence[str] = (), arms: Sequence[str] = ("new", "old"), **grid: Any
) -> Protocol:
    """A study of endpoints of these names, some with death competing, and of `response` where it is named."""
    endpoints = {
        name: {
            **TIME,
            "label": name.capitalize(),
            "short": name.upper(),
            **({"recorded": CAUSED} if name in competing else {}),
        }
        for name in names
    }
    if "response" in names:
        endpoints["response"] = RESPONSE
    spec = {"id": "grid", "kind": "definitions", "endpoints": names, **grid}
    return hand.protocol(spec, arms=arms, reference="old", variables=VARIABLES, endpoints=endpoints)


def derived(arms: Sequence[str], *endpoints: Endpoint) -> Derived:
    frame = hand.patients(arm=arms)
    return Derived(hand.cohort(frame), {held.name: held for held in endpoints})


def analyse(protocol: Protocol, held: Derived) -> Results:
    spec = protocol.analyses[0]
    return ANALYSE[type(spec)](spec, protocol, held)


def verdict(results: Results, place: str, suffix: str = "") -> tuple[float | None, ...]:
    """holds, same_direction, same_side; empty where it cannot be told."""
    rows = (results.get(f"grid/{place}/{stat}{suffix}") for stat in ("holds", "same_direction", "same_side"))
    return tuple(row.value for row in rows if row is not None)


# A cohort of which the gap rule decides. Old: four patients scanned often, who progress on days 100 to 130. New: two
# such, progressing on days 115 and 140, and six like TE05 of the worked cases: stable on day 33, then unseen for 210
# days and more until a scan with progression, which the gap rule of 98 days does not count.
SEEN = [(100, "pd"), (110, "pd"), (120, "pd"), (130, "pd"), (115, "pd"), (140, "pd")]
LATE = (243, 250, 257, 264, 271, 278)
ARMS = ["old"] * 4 + ["new"] * 8
WITH_GAP = [*SEEN, *((33, "no") for _ in LATE)]
WITHOUT_GAP = [*SEEN, *((day, "pd") for day in LATE)]


def logrank_by_hand(at_risk: Sequence[tuple[int, int]], observed: int) -> float:
    """Chi-square of the first group from (its number at risk, the other's) at every time with one event."""
    expected = sum(Fraction(one, one + other) for one, other in at_risk)
    variance = sum(Fraction(one * other, (one + other) ** 2) for one, other in at_risk)
    return float((observed - expected) ** 2 / variance)


def test_the_conclusion_goes_with_the_gap_rule() -> None:
    held = derived(ARMS, endpoint("ttp", WITH_GAP), endpoint("ttp_no_gap", WITHOUT_GAP))
    results = analyse(study("ttp_no_gap", "ttp"), held)
    # At each event: how many of the new and of the old arm are at risk. The six like TE05 are there, or are not.
    without = [(8, 4), (8, 3), (8, 2), (7, 2), (7, 1)]
    with_gap = [(2, 4), (2, 3), (2, 2), (1, 2), (1, 1)]
    place = "grid/included/between"
    assert hand.value(results, f"{place}/ttp_no_gap//statistic.logrank") == pytest.approx(
        logrank_by_hand(without, 1)
    )
    assert hand.value(results, f"{place}/ttp//statistic.logrank") == pytest.approx(
        logrank_by_hand(with_gap, 1)
    )
    for name, chi2 in (("ttp_no_gap", logrank_by_hand(without, 1)), ("ttp", logrank_by_hand(with_gap, 1))):
        assert hand.value(results, f"{place}/{name}//p.logrank") == pytest.approx(
            math.erfc(math.sqrt(chi2 / 2))
        )
    # 9.39 and 0.96 on one degree of freedom: on either side of 3.84
    assert logrank_by_hand(without, 1) > 3.84 > logrank_by_hand(with_gap, 1)
    assert verdict(results, "included/new vs old/ttp/") == (0, 1, 0)
    counts = [
        hand.value(results, f"grid/included/new vs old///{stat}")
        for stat in ("definitions", "held", "untold")
    ]
    assert counts == [1, 0, 0]
    assert results.get("grid/included/new vs old/ttp_no_gap//holds") is None, (
        "the main one is not held against itself"
    )


# A cohort of which competing deaths decide. New: twenty die on days 1 to 20, twenty progress on days 25 to 44. Old:
# twenty progress on days 26 to 45, twenty are alive on day 100. Half of each progress; of those alive on day 25, all of
# the new arm.
NEW_PD, OLD_PD = range(25, 45), range(26, 46)
DYING = [*((day, "death") for day in range(1, 21)), *((day, "pd") for day in NEW_PD)]
LIVING = [*((day, "pd") for day in OLD_PD), *((100, "no") for _ in range(20))]
TWO_ARMS = ["new"] * 40 + ["old"] * 40


def test_the_conclusion_goes_with_death_as_a_competing_event() -> None:
    both = [*DYING, *LIVING]
    censored = [(day, "no" if ended == "death" else ended) for day, ended in both]
    held = derived(TWO_ARMS, endpoint("ttp", censored), endpoint("ttp_death", both))
    results = analyse(study("ttp", "ttp_death", competing=["ttp_death"]), held)
    # Where the dead are censored, 20 of the new arm are at risk from day 25 on, and progress; 40 of the old arm.
    expected, variance = Fraction(0), Fraction(0)
    for day in range(25, 46):
        new, old = sum(time >= day for time in NEW_PD), 20 + sum(time >= day for time in OLD_PD)
        events = (day in NEW_PD) + (day in OLD_PD)
        expected += Fraction(events * new, new + old)
        variance += Fraction(events * new * old * (new + old - events), (new + old) ** 2 * (new + old - 1))
    chi2 = float((20 - expected) ** 2 / variance)
    assert hand.value(results, "grid/included/between/ttp//statistic.logrank") == pytest.approx(chi2)
    assert chi2 > 3.84
    # Of the cumulative incidence, 20 of 40 on both sides a day apart, Gray's test does not tell the arms apart.
    assert hand.value(results, "grid/included/between/ttp_death/event/p.gray") > 0.5
    for effect in ("ttp//hr.cox", "ttp_death/event/hr.cause_specific", "ttp_death/event/hr.fine_gray"):
        assert hand.value(results, f"grid/included/new vs old/{effect}") > 1
    assert verdict(results, "included/new vs old/ttp_death/event") == (1, 1, 1)
    assert verdict(results, "included/new vs old/ttp_death/event", ".fine_gray") == (0, 1, 0)
    assert hand.value(results, "grid/included/new vs old///held") == 1
    assert hand.value(results, "grid/included/new vs old///definitions") == 2
    assert results.get("grid/included/new/ttp_death//median") is None


def response_cohort() -> tuple[Protocol, Derived]:
    """New: 18 of 20 respond, 20 are not evaluable. Old: 10 of 20. At three months 12 of 20 and 10 of 20."""
    arms = ["new"] * 40 + ["old"] * 20
    month_1 = ["PR"] * 18 + ["PD"] * 2 + ["NE"] * 20 + ["PR"] * 10 + ["PD"] * 10
    month_3 = ["CR"] * 12 + ["SD"] * 8 + ["NE"] * 20 + ["PR"] * 10 + ["PD"] * 10
    ids = [f"p{at}" for at in range(60)]
    held = hand.responses("response", ids, {"month_1": month_1, "month_3": month_3})
    return study("response"), derived(arms, held)


def test_rates_of_response_by_landmark_and_denominator() -> None:
    results = analyse(*response_cohort())
    # Evaluable at month 1: 28 of 40, chi-square 40 (18 x 10 - 2 x 10)^2 / (20 x 20 x 28 x 12) = 7.62, above 3.84.
    place = "evaluable/between/response month_1/ORR"
    assert hand.value(results, f"grid/{place}/p") == pytest.approx(
        math.erfc(math.sqrt(40 * 160**2 / 134400 / 2))
    )
    # Evaluable at month 3: 12 and 10 of 20, difference 0.1, chi-square 0.40. All: 18 of 40 and 10 of 20, so -0.05.
    contrast = "new vs old/response"
    assert hand.value(results, f"grid/evaluable/{contrast} month_3/ORR/difference") == pytest.approx(0.1)
    assert hand.value(results, f"grid/all/{contrast} month_1/ORR/difference") == pytest.approx(-0.05)
    assert verdict(results, f"evaluable/{contrast} month_3/ORR") == (0, 1, 0)
    assert verdict(results, f"all/{contrast} month_1/ORR") == (0, 0, 0)
    # Control at month 1 is response there; at month 3 20 and 10 of 20 evaluable, 20 of 40 and 10 of 20 of all: none.
    assert verdict(results, f"evaluable/{contrast} month_3/DCR") == (1, 1, 1)
    assert verdict(results, f"all/{contrast} month_3/DCR") == (0, 0, 0)
    counts = {
        (rate, stat): hand.value(results, f"grid/included/new vs old//{rate}/{stat}")
        for rate in ("ORR", "DCR")
        for stat in ("definitions", "held", "untold")
    }
    assert counts == {
        ("ORR", "definitions"): 3, ("ORR", "held"): 0, ("ORR", "untold"): 0,
        ("DCR", "definitions"): 3, ("DCR", "held"): 1, ("DCR", "untold"): 0,
    }  # fmt: skip


def test_what_is_asked_for_is_what_is_compared() -> None:
    protocol, held = response_cohort()
    (spec,) = protocol.analyses
    few = spec.model_copy(
        update={"rates": ("DCR",), "denominators": ("all", "evaluable"), "landmarks": ("month_3",)}
    )
    results = ANALYSE[type(spec)](few, protocol, held)
    assert {row.level for row in results if row.variable} == {"", "DCR"}
    assert {row.variable for row in results if row.variable} == {"response month_3"}
    # All is the main one now: 20 of 40 against 10 of 20 is no difference; among the evaluable, 20 and 10 of 20.
    assert verdict(results, "evaluable/new vs old/response month_3/DCR") == (0, 0, 0)


SEPARATE = {
    "ttp": {"id": "grid", "kind": "survival", "endpoint": "ttp"},
    "ttp_death": {"id": "grid", "kind": "competing_risks", "endpoint": "ttp_death"},
    "response": {"id": "grid", "kind": "response", "endpoint": "response"},
}


def full_cohort(seed: int = 0, n: int = 90, arms: Sequence[str] = ("new", "old")) -> Derived:
    """Patients whose arms, times, endings and responses are drawn alone; those of the first arm take twice as long."""
    draw = random.Random(seed)  # noqa: S311 - a cohort, not a key
    of = [draw.choice(arms) for _ in range(n)]
    ended = [draw.choice(("pd", "pd", "death", "no")) for _ in range(n)]
    days = [draw.randint(1, 500) * (2 if arm == arms[0] else 1) for arm in of]
    both = list(zip(days, ended, strict=True))
    categories, later = ([draw.choice(("CR", "PR", "SD", "PD", "NE")) for _ in range(n)] for _ in range(2))
    ids = [f"p{at}" for at in range(n)]
    return derived(
        of,
        endpoint("ttp", [(day, "no" if what == "death" else what) for day, what in both]),
        endpoint("ttp_death", both),
        hand.responses("response", ids, {"month_1": categories, "month_3": later}),
    )


FULL = ("ttp", "ttp_death", "response")


@pytest.mark.parametrize("arms", [("new", "old"), ("new", "mid", "old")])
@pytest.mark.parametrize("name", FULL)
def test_every_number_is_that_of_the_endpoint_alone(name: str, arms: Sequence[str]) -> None:
    protocol, held = study(*FULL, competing=["ttp_death"], arms=arms), full_cohort(arms=arms)
    grid = analyse(protocol, held)
    spec = hand.protocol(
        SEPARATE[name],
        arms=arms,
        reference="old",
        variables=VARIABLES,
        endpoints={name: protocol.endpoints[name].model_dump()},
    )
    alone = analyse(spec, held)
    compared = 0
    for row in grid:
        if row.variable.split(" ")[0] != name or row.stat.split(".")[0] in (
            "holds",
            "same_direction",
            "same_side",
        ):
            continue
        if name == "ttp_death" and row.stat.endswith(".logrank"):
            continue
        twin = alone.get(replace(row, variable=row.variable.split(" ")[-1]).key)
        assert twin is not None, row.key
        assert row.value == twin.value
        compared += 1
    assert compared >= 15


def test_the_log_rank_test_of_an_event_is_that_in_which_the_others_censor() -> None:
    grid = analyse(study(*FULL, competing=["ttp_death"]), full_cohort())
    for stat in ("statistic", "df", "p"):
        keys = [f"grid/included/between/{name}//{stat}.logrank" for name in ("ttp", "ttp_death")]
        assert hand.value(grid, keys[0]) == hand.value(grid, keys[1])


def judged(value: float, lower: float, upper: float, p: float | None, no_effect: float) -> tuple[int, bool]:
    """The slow twin of a conclusion, as docs/methods/definitions.md has it."""
    direction = (value > no_effect) - (value < no_effect)
    return direction, (p < 0.05 if p is not None else not lower <= no_effect <= upper)


@pytest.mark.parametrize("arms", [("new", "old"), ("new", "mid", "old")])
@pytest.mark.parametrize("seed", range(6))
def test_the_verdicts_are_those_of_a_slow_twin(seed: int, arms: Sequence[str]) -> None:
    """Two arms are read by the test between them, three by the interval of each contrast."""
    grid = analyse(study(*FULL, competing=["ttp_death"], arms=arms), full_cohort(seed, arms=arms))

    def read(population: str, arm: str, place: str, *stats: str) -> tuple[int, bool]:
        half, effect, test = stats
        numbers = [
            hand.value(grid, f"grid/{population}/{arm} vs old/{place}/{stat}{half}")
            for stat in ("lower", "upper")
        ]
        value = hand.value(grid, f"grid/{population}/{arm} vs old/{place}/{effect}")
        p = hand.value(grid, f"grid/{population}/between/{test}") if len(arms) == 2 else None
        return judged(value, *numbers, p, 0 if effect == "difference" else 1)

    for arm in arms[:-1]:
        pair = f"{arm} vs old"
        main = read("included", arm, "ttp/", ".cox", "hr.cox", "ttp//p.logrank")
        others = {
            ("ttp_death/event", ""): read(
                "included",
                arm,
                "ttp_death/event",
                ".cause_specific",
                "hr.cause_specific",
                "ttp_death//p.logrank",
            ),
            ("ttp_death/event", ".fine_gray"): read(
                "included", arm, "ttp_death/event", ".fine_gray", "hr.fine_gray", "ttp_death/event/p.gray"
            ),
        }
        for (place, suffix), found in others.items():
            same = (found[0] == main[0], found[1] == main[1])
            assert verdict(grid, f"included/{pair}/{place}", suffix) == (float(all(same)), *map(float, same))
        for rate in ("ORR", "DCR"):
            rates = {
                (population, landmark): read(
                    population, arm, f"response {landmark}/{rate}", ".newcombe", "difference",
                    f"response {landmark}/{rate}/p",
                )
                for landmark in ("month_1", "month_3")
                for population in ("evaluable", "all")
            }  # fmt: skip
            first = rates.pop(("evaluable", "month_1"))
            held = 0
            for (population, landmark), found in rates.items():
                same = (found[0] == first[0], found[1] == first[1])
                held += all(same)
                place = f"{population}/{pair}/response {landmark}/{rate}"
                assert verdict(grid, place) == (float(all(same)), *map(float, same))
            assert hand.value(grid, f"grid/included/{pair}//{rate}/held") == held


def numbers_of(results: Results) -> dict[str, float | None]:
    return {row.key: row.value for row in results}


def close(one: Mapping[str, float | None], other: Mapping[str, float | None]) -> bool:
    return one.keys() == other.keys() and all(
        (value is None and other[key] is None)
        or (value is not None and other[key] == pytest.approx(value, rel=1e-9, abs=1e-12))
        for key, value in one.items()
    )


@given(st.integers(0, 50), st.permutations(range(60)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_changes_nothing(seed: int, order: list[int]) -> None:
    protocol, held = study(*FULL, competing=["ttp_death"]), full_cohort(seed, n=60)
    frame = held.cohort.patients[order]
    moved = {
        name: replace(one, frame=one.frame.sample(fraction=1, shuffle=True, seed=seed))
        for name, one in held.endpoints.items()
    }
    assert close(
        numbers_of(analyse(protocol, held)), numbers_of(analyse(protocol, Derived(hand.cohort(frame), moved)))
    )


def test_arms_by_other_names_have_the_same_numbers() -> None:
    first = numbers_of(analyse(study(*FULL, competing=["ttp_death"]), full_cohort(3)))
    arms = ("zeta", "old")
    second = numbers_of(analyse(study(*FULL, competing=["ttp_death"], arms=arms), full_cohort(3, arms=arms)))
    assert close({key.replace("/new", "/zeta"): value for key, value in first.items()}, second)


def test_the_verdicts_are_the_same_from_the_other_arm() -> None:
    protocol, held = study(*FULL, competing=["ttp_death"]), full_cohort(3)
    turned = protocol.model_copy(update={"arms": protocol.arms.model_copy(update={"reference": "new"})})
    told = ("holds", "same_direction", "same_side", "held", "definitions", "untold")

    def verdicts(results: Results, pair: str) -> dict[str, float | None]:
        rows = (row for row in results if row.group == pair and row.stat.split(".")[0] in told)
        return {row.key.replace(pair, "pair"): row.value for row in rows}

    first = verdicts(analyse(protocol, held), "new vs old")
    assert len(first) > 20
    assert first == verdicts(analyse(turned, held), "old vs new")


def test_what_cannot_be_estimated_cannot_be_told() -> None:
    nobody = [(time, "no") for time, _ in WITH_GAP]
    held = derived(ARMS, endpoint("ttp", WITH_GAP), endpoint("empty", nobody))
    for names in (("ttp", "empty"), ("empty", "ttp")):
        results = analyse(study(*names), held)
        assert verdict(results, f"included/new vs old/{names[1]}/") == ()
        counts = [hand.value(results, f"grid/included/new vs old///{stat}") for stat in ("held", "untold")]
        assert counts == [0, 1]
        failed = hand.failures(results)
        assert failed[("logrank", "empty")]
        assert failed[("cox", "empty")]


def test_firths_ratio_stands_where_the_ordinary_one_has_no_maximum() -> None:
    """Nobody of the new arm progresses: its hazard ratio is 0 but for Firth's penalty, and its direction is told."""
    none = [(time, "pd" if arm == "old" else "no") for (time, _), arm in zip(WITHOUT_GAP, ARMS, strict=True)]
    held = derived(ARMS, endpoint("ttp", WITHOUT_GAP), endpoint("separate", none))
    results = analyse(study("ttp", "separate"), held)
    assert results.get("grid/included/new vs old/separate//hr.cox") is None
    assert hand.value(results, "grid/included/new vs old/separate//hr.firth") < 1
    assert verdict(results, "included/new vs old/separate/") == (1, 1, 1)


@pytest.mark.parametrize(
    ("main", "other", "expected"),
    [
        ((-1, True), (-1, True), (1, 1, 1)),
        ((-1, True), (-1, False), (0, 1, 0)),
        ((-1, False), (1, False), (0, 0, 1)),
        ((1, True), (-1, False), (0, 0, 0)),
        ((0, False), (0, False), (1, 1, 1)),
        ((0, False), (1, False), (0, 0, 1)),
    ],
)
def test_a_conclusion_holds_in_both_halves(
    main: tuple[int, bool], other: tuple[int, bool], expected: tuple[int, int, int]
) -> None:
    assert tuple(agreement(Conclusion(*main), Conclusion(*other)).values()) == expected


def test_the_method_says_what_was_compared_and_when_a_conclusion_holds() -> None:
    results = analyse(study(*FULL, competing=["ttp_death"]), full_cohort())
    (summary,) = (method for method in results.methods if method.name == "summary" and not method.subject)
    assert summary.parameters["main_time"] == "ttp"
    assert summary.parameters["main_response"] == "response month_1 evaluable"
    assert summary.parameters["read_by"] == "test"
    assert "the P value of the test between the arms is on the same side of 0.05" in summary.sentence
    assert "not adjusted for multiplicity" in summary.sentence
    three = analyse(
        study("ttp", "ttp_death", competing=["ttp_death"], arms=("a", "b", "old")),
        full_cohort(arms=("a", "b", "old")),
    )
    assert three.methods[0].parameters["read_by"] == "interval"
    assert (
        "the 95% confidence intervals of both, or of neither, include no effect" in three.methods[0].sentence
    )
