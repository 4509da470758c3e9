"""When an adverse event counts: windows of sessions and drugs, what was there before, relation; worked by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from derivations.toxicity_cases import FEVER, START, TACE, counted, derive, event, held, on, period, sessions
from hand_records import records

FIRST_SESSION: dict[str, Any] = {"until_next": {**TACE, "days": [0, 30]}}
SYNDROME: dict[str, Any] = {"after_each": {**TACE, "days": [0, 7]}}
ANY_SESSION: dict[str, Any] = {"after_each": {**TACE, "days": [0, 30]}}
LATE: dict[str, Any] = {"after_each": {**TACE, "days": [0, 90]}}
ON_DRUG: dict[str, Any] = {"on_drug": {"drugs": ["Sorafenib"], "days_after": 30}}


def days(found: Any, **spec: Any) -> list[int]:
    """The study days of the events that count."""
    return sorted(row[0] for row in counted(derive(found, **spec), "study_day"))


def test_after_the_first_session_until_day_30_the_day_before_the_second_or_the_cut_off() -> None:
    rows = [event(day) for day in (-1, 0, 19, 20, 30, 31)]
    assert days(held(adverse_events=rows, exposure=sessions(0)), **FIRST_SESSION) == [0, 19, 20, 30]
    assert days(held(adverse_events=rows, exposure=sessions(0, 20, 50)), **FIRST_SESSION) == [0, 19]
    assert days(held(adverse_events=rows, exposure=sessions(0, 60)), **FIRST_SESSION) == [0, 19, 20, 30]
    short = held(adverse_events=rows, exposure=sessions(0, 60))
    assert days(short, cutoff=on(19), **FIRST_SESSION) == [0, 19]
    # a session that follows the cut-off ends nothing, and the other drug neither
    assert days(held(adverse_events=rows, exposure=[period(5, 9)]), **FIRST_SESSION) == [0, 19, 20, 30]


def test_each_session_opens_a_window_and_the_later_of_two_counts() -> None:
    rows = [event(day) for day in (-1, 0, 7, 8, 39, 40, 44, 45, 52, 53)]
    found = held(adverse_events=rows, exposure=sessions(0, 45, 40, 40))
    assert counted(derive(found, **SYNDROME), "study_day", "session", "day") == [
        (0, 1, 0),
        (7, 1, 7),
        (40, 2, 0),
        (44, 2, 4),
        (45, 3, 0),
        (52, 3, 7),
    ]


def test_an_event_in_the_windows_of_two_sessions_is_one_event_of_the_later() -> None:
    found = held(adverse_events=[event(25), event(19)], exposure=sessions(0, 20))
    assert counted(derive(found, **ANY_SESSION), "study_day", "session", "day") == [(19, 1, 19), (25, 2, 5)]
    assert derive(found, **ANY_SESSION).frame["events"].to_list() == [2]


def test_late_complications_are_those_up_to_day_90() -> None:
    rows = [event(day) for day in (90, 91, 190, 191)]
    assert days(held(adverse_events=rows, exposure=sessions(0, 100)), **LATE) == [90, 190]


def test_sessions_before_the_start_are_an_earlier_line() -> None:
    found = held(adverse_events=[event(-98), event(2)], exposure=sessions(-100, 0))
    assert counted(derive(found, **SYNDROME), "study_day", "session") == [(2, 1)]
    without_start = derive(found, start=None, **SYNDROME)
    assert counted(without_start, "study_day", "session", "day") == [(2, 1, 2), (102, 2, 2)]


DOSES = [period(4, 60), period(61, 67, 0), period(68, 100, 400), period(101, 120, 0)]


def test_on_a_drug_from_the_first_dose_to_30_days_after_the_last() -> None:
    rows = [event(day) for day in (3, 4, 64, 100, 130, 131)]
    found = held(adverse_events=rows, exposure=[*DOSES, *sessions(0)])
    assert days(found, **ON_DRUG) == [4, 64, 100, 130]
    assert counted(derive(found, **ON_DRUG), "day") == [(0,), (60,), (96,), (126,)]
    at_once: dict[str, Any] = {"on_drug": {"drugs": ["Sorafenib"], "days_after": 0}}
    assert days(found, **at_once) == [4, 64, 100]


def test_a_drug_whose_last_row_has_no_end_goes_on_to_the_cut_off() -> None:
    rows = [event(day) for day in (4, 400)]
    going_on = [period(4, 60), period(61, None)]
    assert days(held(adverse_events=rows, exposure=going_on), **ON_DRUG) == [4, 400]
    assert days(held(adverse_events=rows, exposure=going_on), cutoff=on(399), **ON_DRUG) == [4]
    # an end that an earlier row lacks is closed by the rows after it
    ended = [period(4, None), period(61, 80)]
    assert days(held(adverse_events=rows, exposure=ended), **ON_DRUG) == [4]


def test_who_has_no_window_is_not_known_and_the_reason_says_why() -> None:
    people: list[dict[str, Any]] = [
        {"patient": "P1", "arm": "a", "first_tace": START},
        {"patient": "P2", "arm": "b", "first_tace": START},
        {"patient": "P3", "arm": "a", "first_tace": None},
    ]
    rows = [event(5, patient=name) for name in ("P1", "P2", "P3")]
    found = records(people, adverse_events=rows, exposure=[period(4, 9, patient="P2")])
    told = derive(found, **ON_DRUG).frame.select("patient", "occurred", "events", "reason").rows()
    assert told == [
        ("P1", None, None, "no dose of Sorafenib recorded"),
        ("P2", True, 1, "1 record"),
        ("P3", None, None, "First DEB-TACE not recorded"),
    ]
    arms = derive(found, arms=["a"], **ON_DRUG).frame["reason"].to_list()
    assert arms == [
        "no dose of Sorafenib recorded",
        "not asked for in this arm",
        "First DEB-TACE not recorded",
    ]
    assert derive(found, **SYNDROME).frame["reason"][0] == "no session of DEB-TACE recorded"
    # sessions of a patient whose start is not known may be of an earlier line
    treated = [*sessions(0, patient="P3"), period(4, 9, patient="P3")]
    begun = records(people, adverse_events=rows, exposure=treated)
    for spec in (SYNDROME, ON_DRUG, FIRST_SESSION):
        assert derive(begun, **spec).frame["reason"][2] == "First DEB-TACE not recorded"
        assert counted(derive(begun, arms=["a"], **spec), "patient").count(("P3",)) == 0


COMPARED: dict[str, Any] = {"baseline": {"compare": True}}
HYPERTENSION: dict[str, Any] = {"htn": {"label": "Hypertension", "values": ["Hypertension"]}}


def hypertension(day: int, grade: int | None, **more: Any) -> dict[str, Any]:
    return event(day, grade, **{"term": "Hypertension", **more})


def test_hypertension_of_grade_1_before_counts_at_grade_2_on_the_drug() -> None:
    rows = [hypertension(-100, 1), hypertension(40, 2)]
    made = derive(
        held(adverse_events=rows, exposure=[period(4, 60)]), terms=HYPERTENSION, **ON_DRUG, **COMPARED
    )
    assert counted(made, "study_day", "grade", "baseline_grade") == [(40, 2, 1)]
    assert made.frame.select("grade", "baseline_grade").rows() == [(2, 1)]


def test_a_rash_before_the_first_dose_counts_only_once_it_is_worse() -> None:
    before, same, worse = event(2, 1, term="Rash"), event(9, 1, term="Rash"), event(12, 2, term="Rash")
    rash = {"rash": {"label": "Rash", "values": ["Rash"]}}
    doses = [*sessions(0), period(4, 60)]
    alone = derive(held(adverse_events=[before], exposure=doses), terms=rash, **ON_DRUG, **COMPARED)
    assert alone.frame.select("grade", "occurred", "reason").rows() == [(0, False, "no record")]
    of_tace = derive(held(adverse_events=[before], exposure=doses), terms=rash, **ANY_SESSION, **COMPARED)
    assert counted(of_tace, "study_day", "grade", "session") == [(2, 1, 1)]
    still = derive(held(adverse_events=[before, same], exposure=doses), terms=rash, **ON_DRUG, **COMPARED)
    assert still.frame.select("grade", "occurred", "reason").rows() == [
        (0, False, "no worse than before, grade 1")
    ]
    risen = derive(
        held(adverse_events=[before, same, worse], exposure=doses), terms=rash, **ON_DRUG, **COMPARED
    )
    assert counted(risen, "study_day", "grade", "baseline_grade") == [(12, 2, 1)]
    assert risen.frame["reason"].to_list() == ["1 record; 1 no worse than before, not counted"]
    # without the comparison both rows of the window count
    plain = derive(held(adverse_events=[before, same, worse], exposure=doses), terms=rash, **ON_DRUG)
    assert [row[0] for row in counted(plain, "study_day")] == [12, 9]


@pytest.mark.parametrize(
    ("end", "counts"),
    [(-2, True), (-1, False), (0, False), (None, False)],
)
def test_what_ended_before_the_eve_of_the_window_was_not_there(end: int | None, counts: bool) -> None:
    rows = [event(-9, 2, end=end), event(3, 2)]
    made = derive(held(adverse_events=rows), window_days=[0, 30], **COMPARED)
    assert (made.frame["events"].to_list() == [1]) is counts


def test_each_session_is_held_against_what_was_there_before_it() -> None:
    rows = [event(1, 2, end=5), event(38, 1), event(41, 1), event(41, 2)]
    made = derive(held(adverse_events=rows, exposure=sessions(0, 40)), **SYNDROME, **COMPARED)
    assert counted(made, "study_day", "session", "grade", "baseline_grade") == [(1, 1, 2, 0), (41, 2, 2, 1)]


def test_where_a_grade_is_missing_an_event_counts() -> None:
    unknown_before = derive(
        held(adverse_events=[event(-5, None), event(3, 1)]), window_days=[0, 30], **COMPARED
    )
    assert counted(unknown_before, "study_day", "grade", "baseline_grade") == [(3, 1, None)]
    unknown_now = derive(held(adverse_events=[event(-5, 1), event(3, None)]), window_days=[0, 30], **COMPARED)
    assert counted(unknown_now, "study_day", "grade", "baseline_grade") == [(3, None, 1)]
    assert unknown_now.frame.select("grade", "occurred", "baseline_grade").rows() == [(None, True, 1)]


def test_of_a_combined_term_the_worse_part_was_there_before() -> None:
    terms = {"nv": {"label": "Nausea or vomiting", "values": ["Nausea", "Vomiting"]}}
    rows = [event(-3, 1, term="Nausea"), event(2, 1, term="Vomiting"), event(3, 2, term="Nausea")]
    made = derive(held(adverse_events=rows), terms=terms, window_days=[0, 30], **COMPARED)
    assert counted(made, "study_day", "grade") == [(3, 2)]


def test_of_a_category_another_term_is_another_event() -> None:
    skin: dict[str, Any] = {"category": "Skin"}
    rows = [
        event(-3, 1, term="Itch", **skin),
        event(2, 1, term="Rash", **skin),
        event(3, 1, term="Itch", **skin),
    ]
    terms = {"skin": {"label": "Skin", "values": ["Skin"]}}
    made = derive(held(adverse_events=rows), terms=terms, by="category", window_days=[0, 30], **COMPARED)
    assert counted(made, "study_day", "category") == [(2, "Skin")]


def test_only_rows_so_related_count_and_the_others_are_told() -> None:
    rows = [
        event(1, 3, related="unlikely"),
        event(2, 1, related="probable"),
        event(3, 4, related=None),
        event(4, 2, patient="P2", related="none"),
        event(5, 2, patient="P3", related=None),
    ]
    found = held(patients=3, adverse_events=rows)
    made = derive(found, related=["possible", "probable", "definite"])
    assert made.frame.select("patient", "grade", "events", "reason").rows() == [
        (
            "P1", 1, 1,
            "1 record; 1 not of the words asked for, not counted; "
            "1 with nothing recorded in a column asked for, not counted",
        ),
        ("P2", 0, 0, "no record; 1 not of the words asked for, not counted"),
        ("P3", 0, 0, "no record; 1 with nothing recorded in a column asked for, not counted"),
    ]  # fmt: skip
    assert derive(found).frame["grade"].to_list() == [4, 2, 2]


def test_rows_may_be_kept_by_any_column() -> None:
    rows = [event(1, 3, serious="yes", related="no"), event(2, 4, serious="no", related="yes")]
    made = derive(held(adverse_events=rows), where={"serious": ["yes"]}, related=["no", "maybe"])
    assert counted(made, "study_day", "serious") == [(1, "yes")]
    assert (
        derive(held(adverse_events=rows), where={"serious": ["yes"], "grade": ["4"]}).frame["events"][0] == 0
    )


def test_an_event_carries_what_was_recorded_of_it() -> None:
    row = event(
        3,
        2,
        end=9,
        category="General",
        serious="yes",
        related="probable",
        action="reduced",
        outcome="recovered",
    )
    made = derive(held(adverse_events=[row], exposure=sessions(0, 1)), **SYNDROME)
    assert counted(made, *(made.events.columns if made.events is not None else ())) == [
        (
            "P1", "fever", "General", 2, 3, 9, 2, 0, "yes", "probable", "reduced", "recovered", "recorded", 2,
            "two.xlsx, sheet 'adverse_events', row 2",
        )
    ]  # fmt: skip


def test_an_event_without_a_date_has_no_day_and_no_session() -> None:
    rows = [event(None, 2), event(5, 1)]
    made = derive(held(adverse_events=rows, exposure=sessions(0)), **SYNDROME, **COMPARED)
    assert counted(made, "day", "study_day", "session", "grade", "baseline_grade") == [
        (None, None, None, 2, None),
        (5, 5, 1, 1, 0),
    ]
    assert made.frame["reason"].to_list() == ["worst of 2 records; start date missing, counted"]
    # of the first day, the dated one is all that is known
    assert made.frame.select("day", "days_at_risk").rows() == [(5, 6)]


def test_an_event_without_a_start_that_ended_before_the_window_is_not_in_it() -> None:
    rows = [event(None, 3, end=-1), event(None, 2, end=0), event(None, 1, end=400)]
    made = derive(held(adverse_events=rows), window_days=[0, 30])
    assert counted(made, "grade", "end_day") == [(2, 0), (1, 400)]
    assert derive(held(adverse_events=rows)).frame["grade"].to_list() == [3]


# --- the first day, and days at risk ------------------------------------------------------------------------


def at_risk(found: Any, **spec: Any) -> list[tuple[int | None, int | None]]:
    return derive(found, **spec).frame.select("day", "days_at_risk").rows()


def test_days_at_risk_to_the_first_event_or_to_the_end_of_the_window() -> None:
    with_events = held(patients=2, adverse_events=[event(9), event(4), event(2, 0)])
    assert at_risk(with_events, window_days=[0, 30]) == [(4, 5), (None, 31)]
    assert at_risk(with_events, window_days=[0, None], cutoff=on(20)) == [(4, 5), (None, 21)]
    # neither a window nor a cut-off nor a last contact: no end
    assert at_risk(with_events, cutoff=None) == [(4, 5), (None, None)]
    assert at_risk(with_events, cutoff=on(20)) == [(4, 5), (None, 21)]


def test_days_at_risk_in_several_windows_are_added() -> None:
    found = held(
        patients=2, adverse_events=[event(42)], exposure=[*sessions(0, 40, 44), *sessions(0, patient="P2")]
    )
    # days 0-7, then 40-42 with the event; P2 has one window of eight days
    assert at_risk(found, **SYNDROME) == [(42, 11), (None, 8)]
    none = held(exposure=sessions(0, 40, 44))
    # 0-7, 40-43, 44-51
    assert at_risk(none, **SYNDROME) == [(None, 8 + 4 + 8)]


def test_days_at_risk_end_with_follow_up() -> None:
    death = {"date": "death_date", "reason": "death"}
    contact = {"last": "contacts", "reason": "last contact"}
    people = [
        {"patient": "P1", "first_tace": START, "death_date": on(12)},
        {"patient": "P2", "first_tace": START},
        {"patient": "P3", "first_tace": START},
    ]
    seen = [{"patient": name, "date": on(day)} for name, day in (("P1", 9), ("P2", 15), ("P2", 10))]
    found = records(people, contacts=seen)
    spec: dict[str, Any] = {"window_days": [0, None], "followed_to": [death, contact]}
    assert at_risk(found, **spec) == [(None, 13), (None, 16), (None, (date(2020, 6, 30) - START).days + 1)]


def test_what_is_not_known_was_at_risk_for_nobody_knows_how_long() -> None:
    found = held(adverse_events=[])
    assert at_risk(found, window_days=[0, 30], not_listed="unknown") == [(None, None)]
    assert at_risk(held(adverse_events=[event(None)]), window_days=[0, 30]) == [(None, None)]


def test_with_the_comparison_nothing_is_told_of_a_window_without_a_first_day() -> None:
    made = derive(held(adverse_events=[event(-5), event(3)]), window_days=[None, 30])
    assert counted(made, "study_day", "baseline_grade") == [(-5, None), (3, None)]
    assert made.frame["baseline_grade"].to_list() == [None]


def test_the_cut_off_of_a_session_that_is_about_to_come() -> None:
    found = held(adverse_events=[event(3)], exposure=sessions(0, 10))
    assert counted(derive(found, cutoff=START + timedelta(days=5), **SYNDROME), "session") == [(1,)]
    assert at_risk(held(exposure=sessions(0, 10)), cutoff=START + timedelta(days=5), **SYNDROME) == [
        (None, 6)
    ]


def test_terms_by_column_have_no_events() -> None:
    found = records([{"patient": "P1", "grade": 2}], adverse_events=[event(3)])
    made = derive(found, start=None, terms={**FEVER, "f": {"label": "F", "variable": "grade"}})
    assert counted(made, "term") == [("fever",)]
    assert made.frame.select("term", "grade", "day", "days_at_risk").rows()[1] == ("f", 2, None, None)
