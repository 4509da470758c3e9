"""Who went from which response to which: counted by hand, and adding up to the counts of the landmarks."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.hand_cohort import analyse, patients, protocol, responses, value
from calliper.protocol.specs import Protocol, Response
from calliper.results import Results

CATEGORIES = ("CR", "PR", "SD", "PD", "NE")
WINDOWS: dict[str, Any] = {
    "month_1": {"label": "1 month", "day": 30, "window": [21, 45]},
    "month_3": {"label": "3 months", "day": 91, "window": [70, 112]},
    "month_6": {"label": "6 months", "day": 182, "window": [150, 210]},
    "best": {"label": "Best response", "best": "unconfirmed"},
}


def study(*landmarks: str, own: dict[str, Any] = WINDOWS, **analysis: Any) -> Protocol:
    """A study of one response analysis whose endpoint has these landmarks."""
    spec = {
        "kind": "response",
        "label": "Tumour response",
        "criteria": "mRECIST (2010)",
        "landmarks": {name: own[name] for name in landmarks},
    }
    held = {"id": "response", "kind": "response", "endpoint": "r", **analysis}
    return protocol(held, endpoints={"r": spec})


def flows(found: Results, pair: str, group: str) -> dict[str, float | None]:
    """The counts of one pair and group that are not 0, by level."""
    rows = [row for row in found if (row.variable, row.group) == (pair, group)]
    assert all((row.population, row.stat) == ("all", "count") for row in rows)
    assert [row.level for row in rows] == [f"{a} to {b}" for a in CATEGORIES for b in CATEGORIES]
    return {row.level: row.value for row in rows if row.value}


def test_counts_by_hand() -> None:
    """Test arm: PR-CR, PR-SD, SD-PD, SD-PD, NE-PR; control: PR-PR, and one whom no row tells of at 3 months."""
    arms = ["test"] * 5 + ["control"] * 2
    frame = patients(arm=arms)
    first = ["PR", "PR", "SD", "SD", "NE", "PR", "SD"]
    then = ["CR", "SD", "PD", "PD", "PR", "PR", "SD"]
    endpoint = responses("r", frame["patient"].to_list(), {"month_1": first, "month_3": then})
    known = endpoint.frame.filter((pl.col("patient") != "p6") | (pl.col("landmark") == "month_1"))
    found = analyse(study("month_1", "month_3"), frame, type(endpoint)("r", "response", known))
    pair = "month_1 to month_3"
    assert flows(found, pair, "test") == {"PR to CR": 1, "PR to SD": 1, "SD to PD": 2, "NE to PR": 1}
    assert flows(found, pair, "control") == {"PR to PR": 1, "SD to NE": 1}
    assert flows(found, pair, "overall") == {
        "PR to CR": 1,
        "PR to PR": 1,
        "PR to SD": 1,
        "SD to PD": 2,
        "SD to NE": 1,
        "NE to PR": 1,
    }
    (method,) = [held for held in found.methods if held.name == "flow"]
    assert "between 1 month and 3 months" in method.sentence
    assert method.n_used == 7


def pairs_of(found: Results) -> list[str]:
    return list(dict.fromkeys(row.variable for row in found if " to " in row.variable))


def test_three_landmarks_are_two_pairs_and_the_best_response_is_no_moment() -> None:
    frame = patients(arm=["test", "control"])
    held = responses("r", frame["patient"].to_list(), {name: ["PR", "SD"] for name in WINDOWS})
    found = analyse(study("month_1", "month_3", "best", "month_6"), frame, held)
    assert pairs_of(found) == ["month_1 to month_3", "month_3 to month_6"]
    alone = analyse(study("month_1", "month_3", "best", landmarks=["best", "month_3"]), frame, held)
    assert pairs_of(alone) == []
    assert not [method for method in alone.methods if method.name == "flow"]


@pytest.mark.parametrize(
    ("landmarks", "moments"),
    [
        (
            {"late": {"label": "3 months", "day": 91, "window": [70, 112]}, "early": WINDOWS["month_1"]},
            "early late",
        ),
        ({"late": {"label": "3 months", "visit": "M3"}, "early": WINDOWS["month_1"]}, "late early"),
        (
            {"m1": {"label": "1 month", "variable": "a"}, "b": {"label": "Best response", "variable": "b"}},
            "m1",
        ),
        (
            {"m1": {"label": "1 month", "variable": "a"}, "best_ever": {"label": "Ever", "variable": "b"}},
            "m1",
        ),
        ({"m1": {"label": "1 month", "only_record": True}, "m3": {"label": "3 months", "visit": "M3"}}, "m3"),
    ],
)
def test_what_is_a_moment_in_time(landmarks: dict[str, Any], moments: str) -> None:
    spec = study(*landmarks, own=landmarks).endpoints["r"]
    assert isinstance(spec, Response)
    assert " ".join(spec.moments(tuple(landmarks))) == moments


SEEN = st.tuples(*(st.sampled_from(CATEGORIES) for _ in range(3)))


@given(st.lists(st.tuples(st.sampled_from(["test", "control"]), SEEN), min_size=1, max_size=30), st.randoms())
def test_flows_add_up_to_the_counts_of_both_landmarks(
    cohort: list[tuple[str, tuple[str, ...]]], chance: Any
) -> None:
    names = ("month_1", "month_3", "month_6")

    def found_in(people: list[tuple[str, tuple[str, ...]]]) -> Results:
        frame = patients(arm=[arm for arm, _ in people])
        seen = {name: [held[at] for _, held in people] for at, name in enumerate(names)}
        return analyse(study(*names), frame, responses("r", frame["patient"].to_list(), seen))

    found = found_in(cohort)
    for at, (first, then) in enumerate(pairwise(names)):
        for group in ("test", "control", "overall"):
            own = Counter((s[at], s[at + 1]) for arm, s in cohort if group in (arm, "overall"))
            counts = {
                (a, b): value(found, f"response/all/{group}/{first} to {then}/{a} to {b}/count")
                for a in CATEGORIES
                for b in CATEGORIES
            }
            assert {pair: n for pair, n in counts.items() if n} == dict(own)
            for category in CATEGORIES:
                leaving = sum(n for (a, _), n in counts.items() if a == category)
                arriving = sum(n for (_, b), n in counts.items() if b == category)
                assert leaving == value(found, f"response/all/{group}/{first}/{category}/count")
                assert arriving == value(found, f"response/all/{group}/{then}/{category}/count")
    mixed = list(cohort)
    chance.shuffle(mixed)
    assert set(found_in(mixed).rows) == set(found.rows)
