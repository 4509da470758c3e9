"""Follow-up against its schedule by arm, worked by hand from frames; what must not change a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.hand_cohort import analyse, failures, patients, protocol, value
from calliper.endpoints import SCHEDULES, VISITS, Endpoint
from calliper.protocol.specs import Protocol
from calliper.results import Results

START = {"type": "date", "column": "start", "label": "First TACE"}
SPEC: dict[str, Any] = {
    "kind": "schedule",
    "label": "Imaging follow-up",
    "start": "start",
    "visits": "imaging",
    "due": [28, 42],
    "on_time": [21, 49],
    "late_until": 98,
    "until": [{"date": "start", "reason": "death"}],
}
Came = tuple[tuple[int, str], ...]
"""Intervals and timings."""


def study(*, arms: Sequence[str] = ("test", "control"), spec: dict[str, Any] = SPEC, **more: Any) -> Protocol:
    held = {"id": "fu", "kind": "follow_up_schedule", "endpoint": "plan", **more}
    return protocol(held, arms=arms, variables={"start": START}, endpoints={"plan": spec})


ON = "on time"
PEOPLE: tuple[tuple[str, int | None, int, Came, str], ...] = (
    # arm, days followed, missed, visits, what ended it
    ("test", 300, 2, ((30, ON), (35, ON), (35, ON), (60, "late"), (130, "after missed")), "data cut-off"),
    ("test", 94, 0, ((30, ON), (15, "early")), "death"),
    ("test", 20, 0, (), "death"),
    ("test", None, 0, (), "start not recorded"),
    ("control", 300, 0, ((30, ON),) * 10, "data cut-off"),
    ("control", 84, 0, ((28, ON),) * 3, "death"),
    ("control", 300, 6, (), "data cut-off"),
)


def endpoint(people: Sequence[tuple[str, int | None, int, Came, str]]) -> Endpoint:
    rows, visits = [], []
    for at, (_, followed, missed, came, reason) in enumerate(people):
        who = {"patient": f"p{at}", "reason": reason, "source": "hand"}
        timings = [timing for _, timing in came]
        if followed is None:
            rows.append(who)
            continue
        due = missed + len(came) - timings.count("early")
        rows.append({
            **who, "days_followed": followed, "due": due, "attended": len(came), "on_time": timings.count(ON),
            "early": timings.count("early"), "late": timings.count("late"), "missed": missed,
            "after_missed": timings.count("after missed"),
            "days_since_last": followed - sum(days for days, _ in came),
            "share": timings.count(ON) / due if due else None,
        })  # fmt: skip
        day = 0
        for days, timing in came:
            day += days
            visits.append((f"p{at}", day, days, timing, "", "", "", "hand"))
    return Endpoint(
        "plan",
        "schedule",
        pl.DataFrame(rows, schema=SCHEDULES),
        visits=pl.DataFrame(visits, schema=VISITS, orient="row"),
    )


def results(
    held: Protocol | None = None,
    people: Sequence[tuple[str, int | None, int, Came, str]] = PEOPLE,
    *,
    order: Sequence[int] | None = None,
) -> Results:
    frame = patients(arm=[arm for arm, *_ in people])[list(order or range(len(people)))]
    return analyse(held or study(), frame, endpoint(people))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("test///n", 3), ("control///n", 3), ("overall///n", 6),
        ("test/followed//median", 94), ("test/followed//max", 300), ("control/followed//min", 84),
        ("test/visits/due/count", 8), ("control/visits/due/count", 19), ("overall/visits/due/count", 27),
        ("test/visits/on time/count", 4), ("test/visits/on time/proportion", 0.5),
        ("control/visits/on time/proportion", 13 / 19), ("test/visits/late/count", 1),
        ("test/visits/after missed/proportion", 1 / 8), ("test/visits/missed/proportion", 2 / 8),
        ("control/visits/missed/count", 6), ("test/visits/attended/count", 7), ("test/visits/early/count", 1),
        # the third had no visit due
        ("test/patients//n", 2), ("test/patients/all on time/count", 1), ("test/patients/no visit/count", 0),
        ("control/patients/all on time/proportion", 2 / 3), ("control/patients/no visit/count", 1),
        # 3/7 and 1
        ("test/completeness//n", 2), ("test/completeness//median", 50 * (3 / 7 + 1)), ("control/completeness//min", 0),
        # 15, 30, 30, 35, 35, 60, 130
        ("test/interval//n", 7), ("test/interval//median", 35), ("test/interval//q1", 30), ("test/interval//q3", 47.5),
        # 10, 49, 20; and 0, 0, 300
        ("test/since_last//median", 20), ("control/since_last//max", 300),
        ("test/rate//person_time", 414 / 365.25), ("test/rate//rate", 7 / 414 * 365.25),
        # half the chi-square quantiles of 14 and 16 degrees of freedom: 5.6287/2 and 28.8454/2
        ("test/rate//lower.exact_poisson", 2.81436 / 414 * 365.25),
        ("test/rate//upper.exact_poisson", 14.42268 / 414 * 365.25),
        ("test vs control/rate//rate_ratio", 7 / 414 / (13 / 684)),
        # Clopper and Pearson's limits of 7 of 20 as odds
        ("test vs control/rate//lower.rate_ratio", 0.1539092 / (1 - 0.1539092) * 684 / 414),
        ("test vs control/rate//upper.rate_ratio", 0.5921885 / (1 - 0.5921885) * 684 / 414),
        ("test vs control/rate//differs", 0),
        ("test/ending/death/count", 2), ("test/ending/data cut-off/proportion", 1 / 3),
        ("control/ending/death/count", 1),
    ],
)  # fmt: skip
def test_rows_by_hand(key: str, expected: float) -> None:
    assert value(results(), f"fu/included/{key}") == pytest.approx(expected, rel=2e-6)


def test_due_visits_and_endings_add_up() -> None:
    found = results()
    for group in ("test", "control", "overall"):
        stem = f"fu/included/{group}"
        parts = sum(
            value(found, f"{stem}/visits/{level}/count") for level in (ON, "late", "after missed", "missed")
        )
        assert parts == value(found, f"{stem}/visits/due/count")
        endings = sum(value(found, f"{stem}/ending/{ending}/count") for ending in ("data cut-off", "death"))
        assert endings == value(found, f"{stem}///n")


CONTENT = {**SPEC, "visits": "visits", "content": ["afp_measured", "abdomen"]}


def test_content_by_hand() -> None:
    """Of three visits of one arm: all done, no AFP, abdomen not recorded."""
    frame = pl.DataFrame(
        [{
            "patient": "p0", "days_followed": 100, "due": 3, "attended": 3, "on_time": 3, "early": 0, "late": 0,
            "after_missed": 0, "missed": 0, "days_since_last": 0, "complete": 1, "incomplete": 1,
            "content_not_recorded": 1, "share": 1.0, "reason": "data cut-off",
        }],
        schema=SCHEDULES,
    )  # fmt: skip
    visits = [
        ("p0", 30, 30, ON, "afp_measured; abdomen", "", "", "hand"),
        ("p0", 60, 30, ON, "abdomen", "afp_measured", "", "hand"),
        ("p0", 90, 30, ON, "afp_measured", "", "abdomen", "hand"),
    ]
    made = Endpoint("plan", "schedule", frame, visits=pl.DataFrame(visits, schema=VISITS, orient="row"))
    found = analyse(study(spec=CONTENT), patients(arm=["test"]), made)
    assert {
        f"{row.variable}/{row.level}/{row.stat}": row.value
        for row in found.rows
        if row.group == "test" and row.variable in ("content", "item")
    } == {
        "content/complete/count": 1, "content/complete/proportion": 1 / 3,
        "content/incomplete/count": 1, "content/incomplete/proportion": 1 / 3,
        "content/not recorded/count": 1, "content/not recorded/proportion": 1 / 3,
        "item/afp_measured/count": 2, "item/afp_measured/proportion": 2 / 3, "item/afp_measured/not_recorded": 0,
        "item/abdomen/count": 2, "item/abdomen/proportion": 2 / 3, "item/abdomen/not_recorded": 1,
    }  # fmt: skip


OFTEN: Came = ((10, "early"),) * 30
SELDOM: Came = ((30, ON),) * 10


def test_unlike_rates_are_a_warning_whichever_arm_came_more_often() -> None:
    """30 scans in 300 days against 10: given 40, the exact interval of the ratio leaves out 1."""
    for first, second, names in ((OFTEN, SELDOM, ("TEST", "CONTROL")), (SELDOM, OFTEN, ("CONTROL", "TEST"))):
        people = [("test", 300, 0, first, "death"), ("control", 300, 0, second, "death")]
        found = results(people=people)
        (method,) = [method for method in found.methods if method.name == "rate_ratio"]
        assert method.warnings == (
            f"Scans came more often with {names[0]} than with {names[1]}: progression is found earlier where scans "
            "come more often, so times to it are not measured alike in the two arms.",
        )
        assert value(found, "fu/included/test vs control/rate//differs") == 1


def test_where_the_interval_holds_one_nothing_is_warned_of() -> None:
    (method,) = [method for method in results().methods if method.name == "rate_ratio"]
    assert method.warnings == ()


def test_contacts_are_said_to_be_contacts() -> None:
    people = [("test", 300, 0, OFTEN, "death"), ("control", 300, 0, SELDOM, "death")]
    found = results(study(spec={**SPEC, "visits": "contacts"}), people)
    (warning,) = next(method.warnings for method in found.methods if method.name == "rate_ratio")
    assert warning.startswith(
        "Contacts came more often with TEST than with CONTROL: what is seen at a contact is"
    )


def test_who_is_left_out_is_told() -> None:
    method = next(method for method in results().methods if method.name == "summary")
    assert (method.n_used, method.n_excluded, method.why_excluded) == (6, 1, "start not recorded (1)")


def test_no_scan_in_the_reference_arm_gives_a_sentence() -> None:
    people = [("test", 300, 0, SELDOM, "death"), ("control", 300, 6, (), "death")]
    found = results(people=people)
    assert failures(found) == {
        ("rate_ratio", "rate test vs control"): "no rate ratio: no scan in the reference arm"
    }
    assert found.get("fu/included/test vs control/rate//rate_ratio") is None
    assert value(found, "fu/included/control/rate//rate") == 0


def test_nobody_with_a_known_follow_up_gives_a_sentence() -> None:
    found = results(people=[("test", None, 0, (), "start not recorded")])
    assert ("summary", "") in failures(found)
    assert value(found, "fu/included/test///n") == 0


def test_the_listings_have_every_patient_and_every_visit() -> None:
    found = results()
    every, visits = (found.listing("fu", name) for name in ("schedule", "schedule_visits"))
    assert every is not None
    assert visits is not None
    assert len(every.rows) == len(PEOPLE)
    assert len(visits.rows) == 20


@given(st.permutations(range(len(PEOPLE))))
def test_the_order_of_the_patients_changes_no_row(order: list[int]) -> None:
    assert results(order=order).by_key == results().by_key


def test_renamed_arms_change_names_alone() -> None:
    renamed = [("x" if arm == "test" else arm, *held) for arm, *held in PEOPLE]
    other = results(study(arms=("x", "control")), renamed)  # type: ignore[arg-type]
    held = [replace(row, group=row.group.replace("x", "test")) for row in other.rows]
    assert held == list(results().rows)
