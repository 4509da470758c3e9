"""The sheets of the sessions: what the paper's Materials and method say, but for a handful of invented deviations."""

from __future__ import annotations

from collections import Counter
from typing import Any

from synth.by_hand import COMBINATION, CONTROL, Demo, Row, of_patient


def of_session(rows: list[Row], session: Row) -> list[Row]:
    return [row for row in of_patient(rows, session) if row["Session"] == session["Session"]]


def test_the_sessions_are_those_of_the_treatments_in_order(demo: Demo) -> None:
    for patient in demo.patients:
        sessions = of_patient(demo.sessions, patient)
        treated = [row for row in of_patient(demo.treatments, patient) if row["Drug"] == "DEB-TACE"]
        assert [row["Date"] for row in sessions] == [row["Start date"] for row in treated]
        assert [row["Session"] for row in sessions] == [f"T{number + 1}" for number in range(len(treated))]
        assert [row["Indication"] for row in sessions] == ["first", *["residual"] * (len(treated) - 1)]
        beads = of_patient(demo.beads, patient)
        assert [row["Drug (mg)"] for row in beads] == [row["Dose (mg)"] for row in treated]


def test_every_session_has_its_rows_in_the_other_sheets(demo: Demo) -> None:
    assert len(demo.sessions) == 239
    named = {(row["Patient ID"], row["Session"]) for row in demo.sessions}
    for rows in (demo.beads, demo.arterial):
        assert {(row["Patient ID"], row["Session"]) for row in rows} == named
        assert len(rows) == len(named)
    for session in demo.sessions:
        seen = of_session(demo.angiography, session)
        assert [row["Phase"] for row in seen] == ["after pause", "final"]
        steps = of_session(demo.steps, session)
        assert [row["Step"] for row in steps] == list(range(1, len(steps) + 1))
        first = next(row["Stain left"] for row in steps if row["Action"] == "angiography")
        assert first == seen[0]["Stain left"]
        assert (seen[1]["Stain left"] == "none") == (session["Stain gone"] == "Y")


def others(rows: list[Row], column: str, usual: Any) -> Counter[Any]:
    """What a column holds besides the value of the protocol; None where it was not written down."""
    return Counter(row[column] for row in rows if row[column] != usual)


def test_what_was_done_otherwise_is_a_handful(demo: Demo) -> None:
    """Protocol values from the paper's Materials and method; the counts on the right are the invented ones."""
    beads = demo.beads
    assert others(beads, "Smallest bead (µm)", 300) == {100: 2, 500: 1}
    assert others(beads, "Largest bead (µm)", 500) == {300: 2, 700: 1}
    assert others(beads, "Drug (mg)", 60) == {50: 6}
    assert others(beads, "Water (ml)", 5) == {}
    assert others(beads, "Shaken every (min)", 5) == {}
    assert others(beads, "Loading (min)", 30) == {25: 2, 20: 1, None: 1}
    assert others(beads, "Beads to contrast", "1:1") == {"2:1": 1}
    assert others(beads, "Waiting (min)", 5) == {3: 1, 2: 1, None: 4}
    assert {row["Drug"] for row in beads} == {"epirubicin"}
    assert set(others(beads, "Settling (min)", 3)) <= {2, 5, None}
    outside = [row["Dose (mg)"] for row in demo.arterial if not 100 <= (row["Dose (mg)"] or 100) <= 150]
    assert sorted(outside) == [75, 160]
    assert others(demo.sessions, "Access", "right femoral") == {"left femoral": 1, "radial": 2}
    assert others(demo.sessions, "Microcatheter", "Y") == {"N": 1}
    assert others(demo.sessions, "Ended by", "stasis") == {"near stasis": 2, "planned dose": 1}
    injected = [row for row in demo.steps if row["Mode"] is not None]
    assert {row["Mode"] for row in injected} == {"pulse"}
    assert set(others(injected, "Rate (ml/min)", 1)) == {2, None}
    paused = [row for row in demo.angiography if row["Phase"] == "after pause"]
    assert set(others(paused, "Pause (min)", 5)) == {3, None}


def test_beads_of_another_size_are_three_sessions_of_both_arms(demo: Demo) -> None:
    wrong = {row["Patient ID"] for row in demo.beads if row["Smallest bead (µm)"] != 300}
    arms = {row["Patient ID"]: row["Treatment"] for row in demo.patients}
    assert Counter(arms[patient] for patient in wrong) == {COMBINATION: 1, CONTROL: 2}


def test_the_steps_follow_one_another_but_in_one_session(demo: Demo) -> None:
    """Infusion, beads until stasis, a wait, angiography; while stain is left more beads, then plain microspheres."""
    odd = []
    for session in demo.sessions:
        steps = of_session(demo.steps, session)
        done = [row["Action"] for row in steps]
        stains = [row["Stain left"] for row in steps if row["Action"] == "angiography"]
        wanted = ["infuse drug", "inject beads", "stasis", "wait", "angiography"]
        if stains[0] == "partial":
            wanted += ["additional beads", "angiography"]
        if stains[-1] == "partial":
            wanted.append("plain microspheres")
        if session["Ended by"] != "stasis":
            wanted.remove("stasis")
        if done != wanted:
            odd.append((session["Patient ID"], session["Session"], done[-1]))
    assert odd == [("INV-DL-025", "T2", "plain microspheres")]
