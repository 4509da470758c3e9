"""What events were and led to, and their categories: worked by hand, and unmoved by rows written twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.hand_cohort import analyse, failures, patients, value
from analyses.hand_harm import event, harm, implied, known, study
from calliper.results import Results

KINDS = ("serious", "related", "reduced", "interrupted", "stopped", "fatal")
WORDS = {"serious": ["yes"], "related": ["possible", "probable"]}


@pytest.fixture(scope="module")
def found() -> Results:
    """Four patients on test, three on control.

    p0: a rash that was serious, related and lowered the dose, then fever that stopped treatment. p1: two rashes,
    neither serious, of one it is not recorded whether it was related. p2: fever with nothing recorded. p3: nothing.
    p4: a fatal fever by its outcome, of grade 4. p5: rash of grade 5, outcome not recorded. p6: it is not known
    whether there was a rash.
    """
    none = {"serious": "no", "related": "no", "action": "none", "outcome": "recovered"}
    events = [
        event(
            "p0", "rash", **{**none, "grade": 3, "serious": "yes", "related": "probable", "action": "reduced"}
        ),
        event("p0", "fever", **{**none, "grade": 2, "action": "stopped"}),
        event("p1", "rash", **{**none, "grade": 1}),
        event("p1", "rash", **{**none, "grade": 1, "related": None}),
        event("p2", "fever", grade=None),
        event("p4", "fever", **{**none, "grade": 4, "outcome": "fatal", "serious": "yes"}),
        event("p5", "rash", **{**none, "grade": 5, "outcome": None, "serious": "yes"}),
    ]
    rows = implied([f"p{i}" for i in range(6)], ("rash", "fever"), events)
    rows += [known("p6", "rash", None), known("p6", "fever", False)]
    frame = patients(arm=["test"] * 4 + ["control"] * 3)
    return analyse(study("rash", "fever", kinds=KINDS, words=WORDS), frame, harm(rows, events))


@pytest.mark.parametrize(
    ("kind", "test", "control"),
    [
        # patients with one, of those known, and events of the kind
        ("serious", (1, 3, 1), (2, 2, 2)),  # p2 says nothing; p6 may have had a rash
        ("related", (1, 2, 1), (0, 2, 0)),  # p1's second rash does not say either
        ("reduced", (1, 3, 1), (0, 2, 0)),
        ("interrupted", (0, 3, 0), (0, 2, 0)),
        ("stopped", (1, 3, 1), (0, 2, 0)),
        ("fatal", (0, 3, 0), (2, 2, 2)),  # grade 5, or the outcome: either says it
    ],
)
def test_any_event(
    found: Results, kind: str, test: tuple[int, int, int], control: tuple[int, int, int]
) -> None:
    for arm, n_patients, (count, n, events) in (("test", 4, test), ("control", 3, control)):
        here = f"safety/included/{arm}/any/{kind}/"
        assert [value(found, here + stat) for stat in ("count", "n", "events")] == [count, n, events]
        assert value(found, here + "unknown") == n_patients - n
        assert value(found, here + "proportion") == count / n


def test_one_term(found: Results) -> None:
    here = "safety/included/test/rash/related/"
    assert [value(found, here + stat) for stat in ("count", "n", "unknown")] == [1, 3, 1]
    # p6 alone is not known to have had a rash, and is known to have had no fever
    assert value(found, "safety/included/control/rash/serious/n") == 2
    assert value(found, "safety/included/control/fever/serious/n") == 3


def test_only_any_event_is_tested(found: Results) -> None:
    """Serious 1/3 and 2/2: Fisher's exact P of [[1, 2], [2, 0]] is 3/10 + 1/10."""
    assert value(found, "safety/included/between/any/serious/p") == pytest.approx(0.4)
    assert value(found, "safety/included/test vs control/any/serious/difference") == pytest.approx(1 / 3 - 1)
    assert found.get("safety/included/between/rash/serious/p") is None
    assert failures(found)["headline", "any interrupted"] == "no test: it occurred in no patient"


def test_no_event_of_ninety_is_not_none_possible() -> None:
    """0/90: 1 - 0.025^(1/90) = 4.02%."""
    rows = implied([f"p{i}" for i in range(90)], ("abscess",), [])
    made = analyse(study("abscess", kinds=["fatal"]), patients(arm=["test"] * 90), harm(rows))
    here = "safety/included/test/abscess/fatal/"
    assert value(made, here + "count") == 0
    assert 100 * value(made, here + "upper.clopper_pearson") == pytest.approx(4.02, abs=0.005)
    assert value(made, here + "upper.clopper_pearson") == pytest.approx(1 - 0.025 ** (1 / 90))


def test_words_that_no_record_has_are_told() -> None:
    events = [event("p0", "rash", grade=1, serious="Y"), event("p1", "rash", grade=1, serious="N")]
    rows = implied(["p0", "p1"], ("rash",), events)
    made = analyse(
        study("rash", kinds=["serious"], words={"serious": ["yes"]}),
        patients(arm=["test", "control"]),
        harm(rows, events),
    )
    (method,) = [held for held in made.methods if held.name == "serious"]
    assert method.warnings == ("no event is recorded as serious in the words yes; recorded are N and Y.",)


def test_a_laboratory_event_says_nothing_of_all_this() -> None:
    """It is of a grade; that it was not recorded as serious does not leave its patient out."""
    events = [
        event("p0", "alt", grade=5, origin="laboratory"),
        event("p1", "alt", grade=2, origin="laboratory"),
    ]
    rows = implied(["p0", "p1"], ("alt",), events)
    made = analyse(
        study("alt", kinds=["stopped", "fatal"]), patients(arm=["test", "control"]), harm(rows, events)
    )
    assert value(made, "safety/included/test/alt/stopped/n") == 1
    assert value(made, "safety/included/test/alt/stopped/count") == 0
    assert value(made, "safety/included/test/alt/fatal/count") == 1


def test_arms_that_were_not_asked_are_not_in_the_table() -> None:
    rows = [known("p0", "rash", True), known("p1", "rash", None)]
    made = analyse(study("rash", endpoint={"arms": ["test"]}), patients(arm=["test", "control"]), harm(rows))
    assert {row.group for row in made} == {"test"}
    assert failures(made)["headline", ""] == "no test between arms: the table has one arm"


def test_categories_count_a_patient_once() -> None:
    """p0 has two skin events, p1 one of the gut, p2 one whose category is not recorded; nobody had a cough."""
    events = [
        event("p0", "rash", grade=1, category="Skin"),
        event("p0", "itch", grade=3, category="Skin"),
        event("p1", "diarrhoea", grade=2, category="Gut"),
        event("p2", "fever", grade=1),
    ]
    terms = ("rash", "itch", "diarrhoea", "fever", "cough")
    rows = implied(["p0", "p1", "p2", "p3"], terms, events)
    made = analyse(
        study(*terms, categories=True), patients(arm=["test", "test", "test", "control"]), harm(rows, events)
    )
    order = list(dict.fromkeys(row.variable for row in made))
    assert order == [
        "category:Gut", "diarrhoea", "category:Skin", "rash", "itch", "category:not recorded", "fever", "cough",
    ]  # fmt: skip
    here = "safety/included/test/category:Skin/"
    assert value(made, here + "any grade/count") == 1
    assert value(made, here + "any grade/events") == 2
    assert value(made, here + "grade 3/count") == 1
    assert value(made, here + "/n") == 3


def test_a_term_under_two_categories_is_counted_by_event_and_told() -> None:
    """p0's pain is of the liver, p1's of the gut: each category counts one patient, the term two."""
    events = [
        event("p0", "pain", grade=1, category="Liver"),
        event("p1", "pain", grade=2, category="Gut"),
    ]
    rows = implied(["p0", "p1"], ("pain",), events)
    made = analyse(study("pain", categories=True), patients(arm=["test", "test"]), harm(rows, events))
    for name in ("Liver", "Gut"):
        assert value(made, f"safety/included/test/category:{name}/any grade/count") == 1
    assert value(made, "safety/included/test/pain/any grade/count") == 2
    assert [held.warnings for held in made.methods if held.warnings] == [
        ("recorded under Gut and Liver: its line stands under Gut.",)
    ]


_events = st.lists(
    st.builds(
        event,
        st.sampled_from([f"p{i}" for i in range(8)]),
        st.sampled_from(["rash", "fever"]),
        grade=st.sampled_from([None, 1, 2, 3, 4, 5]),
        category=st.sampled_from([None, "Skin", "General"]),
        serious=st.sampled_from([None, "yes", "no"]),
        action=st.sampled_from([None, "none", "reduced", "stopped"]),
        outcome=st.sampled_from([None, "recovered", "fatal"]),
        session=st.sampled_from([None, 1, 2]),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(events=_events, data=st.data())
def test_rows_written_twice_change_only_the_number_of_events(
    events: list[dict[str, Any]], data: st.DataObject
) -> None:
    twice = events + data.draw(st.lists(st.sampled_from(events), max_size=6)) if events else events
    order = data.draw(st.permutations(twice))
    ids = [f"p{i}" for i in range(8)]
    frame = patients(arm=["test", "control"] * 4)
    spec = study(
        "rash",
        "fever",
        any_event=True,
        categories=True,
        kinds=["serious", "reduced", "stopped", "fatal"],
        words={"serious": ["yes"]},
    )
    one, other = (
        analyse(spec, frame, harm(implied(ids, ("rash", "fever"), held), held)) for held in (events, order)
    )
    kept = [{row.key: row.value for row in made if row.stat != "events"} for made in (one, other)]
    assert kept[0] == kept[1]
    for row in other:
        if row.stat == "count" and row.level in ("any grade", "serious", "reduced", "stopped", "fatal"):
            assert value(other, row.key.removesuffix("count") + "events") >= (row.value or 0)
