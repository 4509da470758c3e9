"""Sessions and sorafenib as the paper's Materials and method have them, and as the lists of events say."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from synth.by_hand import COMBINATION, CUTOFF, Demo, Row, of_patient


def rows_of(demo: Demo, patient: Row, drug: str) -> list[Row]:
    return [row for row in of_patient(demo.treatments, patient) if row["Drug"] == drug]


def progression(demo: Demo, patient: Row) -> date | None:
    seen: list[Any] = [row["Scan date"] for row in demo.scans(patient) if row["mRECIST"] == "PD"]
    return min(seen, default=None)


def last_known(demo: Demo, patient: Row) -> date:
    end: date = patient["First DEB-TACE"] + timedelta(days=demo.overall_survival(patient)[0])
    return end


def test_sessions_begin_with_the_first_and_are_repeated_for_viable_tumour(demo: Demo) -> None:
    assert {row["Drug"] for row in demo.treatments} == {"DEB-TACE", "Sorafenib"}
    for patient in demo.patients:
        sessions = rows_of(demo, patient, "DEB-TACE")
        days = [row["Start date"] for row in sessions]
        assert days[0] == patient["First DEB-TACE"]
        assert days == [row["End date"] for row in sessions] == sorted(days)
        assert sessions[0]["Dose (mg)"] == 60
        assert all(40 <= row["Dose (mg)"] <= 60 for row in sessions)
        assert all((later - earlier).days >= 42 for earlier, later in pairwise(days))
        scans = demo.scans(patient)
        for day in days[1:]:
            before = [row for row in scans if row["Scan date"] < day]
            assert before[-1]["mRECIST"] in {"PR", "SD"}
            assert 2 <= (day - before[-1]["Scan date"]).days <= 9
            assert all(row["mRECIST"] != "PD" for row in before)
            assert all((row["Scan date"] - day).days >= 21 for row in scans if row["Scan date"] > day)
            assert day <= last_known(demo, patient)


def test_patients_have_one_to_six_sessions(demo: Demo) -> None:
    counts = Counter(len(rows_of(demo, patient, "DEB-TACE")) for patient in demo.patients)
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    assert counts[2] + counts[3] > 45


def doses_of(demo: Demo, patient: Row) -> list[Row]:
    """The periods of sorafenib, without those of 0 mg."""
    return [row for row in rows_of(demo, patient, "Sorafenib") if row["Dose (mg)"] > 0]


def test_sorafenib_is_of_the_combination_from_its_first_day_without_a_day_twice_or_left_out(
    demo: Demo,
) -> None:
    for patient in demo.patients:
        periods = rows_of(demo, patient, "Sorafenib")
        assert bool(periods) == (patient["Treatment"] == COMBINATION)
        if not periods:
            continue
        assert periods[0]["Start date"] == patient["First sorafenib"]
        assert {row["Dose (mg)"] for row in periods} <= {0, 400, 800}
        assert periods[0]["Dose (mg)"] == 800
        assert all(row["End date"] is not None for row in periods[:-1])
        assert all(row["End date"] is None or row["Start date"] <= row["End date"] for row in periods)
        for earlier, later in pairwise(periods):
            assert later["Start date"] - earlier["End date"] == timedelta(days=1)


def test_each_period_says_why_it_began(demo: Demo) -> None:
    """The first is the start; a lower dose or none is for an event, or for good; a higher one is the return."""
    for patient in demo.arm(COMBINATION):
        periods = rows_of(demo, patient, "Sorafenib")
        assert periods[0]["Reason"] == "start"
        for before, row in pairwise(periods):
            if row["Dose (mg)"] > before["Dose (mg)"]:
                assert row["Reason"] == "resume"
            elif row["End date"] is None and row["Dose (mg)"] == 0:
                assert row["Reason"] == ("progression" if progression(demo, patient) else "decompensation")
            else:
                assert row["Reason"] == "AE"
    assert {row["Reason"] for row in demo.treatments if row["Drug"] == "DEB-TACE"} == {None}


def test_reductions_and_pauses_are_those_of_the_events(demo: Demo) -> None:
    reduced, paused = set(), set()
    for patient in demo.patients:
        periods = rows_of(demo, patient, "Sorafenib")
        events = [row for row in of_patient(demo.events, patient) if row["Action"] != "none"]
        assert len(events) <= 1
        halves = [row for row in periods if row["Dose (mg)"] == 400]
        pauses = [row for row in periods if row["Dose (mg)"] == 0 and row["End date"] is not None]
        if halves:
            reduced.add(patient["Patient ID"])
            assert (events[0]["Action"], len(halves)) == ("reduced", 1)
            assert halves[0]["Start date"] == events[0]["Start date"] + timedelta(days=1)
            assert halves[0]["End date"] > events[0]["End date"]
        if pauses:
            (pause,) = pauses
            paused.add(patient["Patient ID"])
            assert (events[0]["Action"], events[0]["Term"]) == ("interrupted", "Hypertension")
            assert pause["Start date"] == events[0]["Start date"] + timedelta(days=1)
            assert pause["End date"] == events[0]["End date"]
            assert 5 <= (pause["End date"] - pause["Start date"]).days + 1 <= 10
            assert {row["Dose (mg)"] for row in doses_of(demo, patient)} == {800}, (
                "the original dose after it"
            )
            assert periods[periods.index(pause) + 1]["Dose (mg)"] == 800
        assert bool(halves or pauses) == bool(events)
    assert (len(reduced), len(paused)) == (6, 2)


def test_sorafenib_ends_with_progression_or_before_death_or_goes_on(demo: Demo) -> None:
    """Nobody withdrew for an adverse event (Results). The row after the last dose says why it was stopped."""
    ongoing = 0
    for patient in demo.arm(COMBINATION):
        final = rows_of(demo, patient, "Sorafenib")[-1]
        last, seen = doses_of(demo, patient)[-1]["End date"], progression(demo, patient)
        assert final["End date"] is None
        assert (final["Dose (mg)"] == 0) == (last is not None)
        if last is None:
            ongoing += 1
            assert patient["Death date"] is None
            assert seen is not None
        elif seen is not None:
            assert 1 <= (last - seen).days <= 7
        else:
            assert 3 <= (patient["Death date"] - last).days <= 21
        if last is not None:
            assert last < final["Start date"] <= last_known(demo, patient) <= CUTOFF
    assert ongoing == 3


def test_events_on_sorafenib_began_while_it_was_taken(demo: Demo) -> None:
    for patient in demo.arm(COMBINATION):
        last = doses_of(demo, patient)[-1]["End date"] or CUTOFF
        starts = [
            row["Start date"] for row in of_patient(demo.events, patient) if row["Related to"] == "SORAFENIB"
        ]
        assert all(patient["First sorafenib"] < start <= last for start in starts)
