"""The rules of time-to-event endpoints: worked patients TE01-TE10, situations C1-C14, responses, competing events.

Index 2018-01-10 and cut-off 2020-06-30 (day 902) throughout. Every expectation is worked by hand from the table of
docs/methods/endpoints.md, or computed by a slow twin that goes through it patient by patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from calliper.derivations import DERIVE
from calliper.endpoints import Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import TimeToEvent
from calliper.records.tables import Records
from hand_records import CUTOFF, moved, records, scans, shuffled, study

START = date(2018, 1, 10)
ADEQUATE = ["CR", "PR", "SD", "PD"]
PD = {"first": "responses", "where": {"response": ["PD"]}, "reason": "progression"}
DEATH = {"date": "death_date", "reason": "death"}
NEW_DRUGS = {"first": "exposure", "where": {"drug": ["lenvatinib"]}, "reason": "lenvatinib"}
CROSSOVER = {
    "first": "exposure",
    "where": {"drug": ["sorafenib"]},
    "arms": ["b"],
    "reason": "sorafenib in a control",
}
RESPONSE = {
    "kind": "response",
    "label": "Response",
    "criteria": "as read",
    "codes": {"complete": "CR", "partial": "PR", "stable": "SD", "progressive": "PD", "poor scan": "NE"},
    "landmarks": {"best": {"label": "Best", "variable": "best"}},
}


def endpoint(*events: Mapping[str, Any], gap: int | None = 98, effect: str | None = None, **more: Any) -> Any:
    """An endpoint followed by scans: `gap` None is without the gap rule, `effect` that of a new therapy."""
    therapy = {"first_of": [NEW_DRUGS, CROSSOVER], **({"effect": effect} if effect else {})}
    return {
        "kind": "time_to_event",
        "label": "An endpoint",
        "short": "E",
        "unit": "days",
        "start": "first_tace",
        "events": list(events),
        "assessments": {
            "adequate": ADEQUATE,
            "baseline": "baseline_scan",
            **({"max_gap_days": gap} if gap else {}),
        },
        "new_therapy": therapy,
        **more,
    }


OS = {
    "kind": "time_to_event",
    "label": "Overall survival",
    "short": "OS",
    "unit": "days",
    "start": "first_tace",
    "events": [DEATH],
    "censor": [{"last": "contacts", "reason": "alive at last contact"}],
}
TTP = endpoint(PD)
PFS = endpoint(PD, DEATH)
TTP_COMPETING = endpoint(PD, competing=[{**DEATH, "name": "death"}])
TTP_WITHOUT_GAP, PFS_WITHOUT_GAP = endpoint(PD, gap=None), endpoint(PD, DEATH, gap=None)
TTP_POLICY, PFS_POLICY = endpoint(PD, effect="ignore"), endpoint(PD, DEATH, effect="ignore")


def derive(spec: Mapping[str, Any], held: Records) -> Endpoint:
    protocol = study(endpoints={"e": spec, "response": RESPONSE})
    return DERIVE[TimeToEvent]("e", protocol.endpoints["e"], protocol, held, held.patients)


def outcomes(spec: Mapping[str, Any], held: Records) -> dict[str, tuple[float | None, int | None]]:
    return {row["patient"]: (row["time"], row["event"]) for row in derive(spec, held).frame.to_dicts()}


def on_day(day: int) -> date:
    return START + timedelta(days=day)


def person(
    *seen: tuple[int, str],
    death: int | None = None,
    contact: int | None = None,
    drugs: Sequence[tuple[int, str]] = (),
    baseline: date | None = START,
    arm: str = "a",
    patient: str = "P",
) -> Records:
    """One patient, every date as days from the index."""
    return records(
        [
            {
                "patient": patient,
                "arm": arm,
                "first_tace": START,
                "baseline_scan": baseline,
                "death_date": None if death is None else on_day(death),
            }
        ],
        responses=scans(START, patient, *seen),
        contacts=[] if contact is None else [{"patient": patient, "date": on_day(contact)}],
        exposure=[{"patient": patient, "drug": drug, "start": on_day(day)} for day, drug in drugs],
    )


# --- the worked patients ------------------------------------------------------------------------------------

EVERY_5_WEEKS = [*((day, "SD") for day in range(35, 883, 35)), (882, "SD")]
WORKED = {
    "TE01": person((33, "PR"), (68, "PR"), (105, "SD"), (145, "PD"), death=476),
    "TE02": person((33, "PR"), (69, "PR"), death=95),
    "TE03": person(death=41),
    "TE04": person(contact=234),
    "TE05": person((33, "SD"), (243, "PD"), contact=355),
    "TE06": person((35, "SD"), (77, "SD"), (115, "PD"), drugs=[(90, "lenvatinib")], contact=934),
    "TE07": person(*EVERY_5_WEEKS, (917, "PD"), death=922),
    "TE08": person(
        (31, "PR"), (75, "PR"), (117, "PR"), (159, "SD"), (201, "PD"),
        drugs=[(50, "DEB-TACE")], contact=234, arm="b",
    ),
    # the new focus of day 112 proved to be tumour on day 154: the progression is dated back
    "TE10": person((70, "SD"), (112, "PD"), (154, "PD")),
}  # fmt: skip


@pytest.mark.parametrize(
    ("patient", "os", "ttp", "pfs"),
    [
        ("TE01", (476, 1), (145, 1), (145, 1)),
        ("TE02", (95, 1), (69, 0), (95, 1)),
        ("TE03", (41, 1), (0, 0), (41, 1)),
        ("TE04", (234, 0), (0, 0), (0, 0)),
        ("TE05", (355, 0), (33, 0), (33, 0)),
        ("TE06", (902, 0), (77, 0), (77, 0)),
        ("TE07", (902, 0), (882, 0), (882, 0)),
        ("TE08", (234, 0), (201, 1), (201, 1)),
        ("TE10", None, (112, 1), (112, 1)),
    ],
)
def test_worked_patients(
    patient: str, os: tuple[int, int] | None, ttp: tuple[int, int], pfs: tuple[int, int]
) -> None:
    held = WORKED[patient]
    if os is not None:
        assert outcomes(OS, held) == {"P": os}
    assert outcomes(TTP, held) == {"P": ttp}
    assert outcomes(PFS, held) == {"P": pfs}


def test_worked_patients_in_the_sensitivity_analyses() -> None:
    assert outcomes(TTP_WITHOUT_GAP, WORKED["TE05"]) == {"P": (243, 1)}
    assert outcomes(TTP_POLICY, WORKED["TE06"]) == {"P": (115, 1)}
    # one rule at a time: each leaves the other patient as he was
    assert outcomes(TTP_POLICY, WORKED["TE05"]) == {"P": (33, 0)}
    assert outcomes(TTP_WITHOUT_GAP, WORKED["TE06"]) == {"P": (77, 0)}


def test_days_of_the_adam_standard_are_one_more() -> None:
    assert outcomes({**TTP, "add_one_day": True}, WORKED["TE01"]) == {"P": (146, 1)}
    assert outcomes({**PFS, "add_one_day": True}, person(death=0)) == {"P": (1, 1)}
    assert outcomes({**TTP, "add_one_day": True}, WORKED["TE04"]) == {"P": (1, 0)}


# --- the situations of the censoring table ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "held", "ttp", "pfs"),
    [
        ("C1 no baseline", person((60, "PD"), baseline=None), (0, 0), (0, 0)),
        ("C1 baseline too late", person((60, "PD"), baseline=on_day(1)), (0, 0), (0, 0)),
        ("C1 early death", person((60, "PD"), death=98, baseline=None), (0, 0), (98, 1)),
        ("C1 late death", person((60, "SD"), death=99, baseline=None), (0, 0), (0, 0)),
        ("C2", person((42, "NE"), contact=300), (0, 0), (0, 0)),
        ("C3", person((42, "NE"), death=98), (0, 0), (98, 1)),
        ("C4", person((42, "NE"), death=99), (0, 0), (0, 0)),
        ("C5 after a scan", person((42, "SD"), (140, "PD")), (140, 1), (140, 1)),
        ("C5 after the index", person((98, "PD")), (98, 1), (98, 1)),
        ("C6 after a scan", person((42, "SD"), (141, "PD")), (42, 0), (42, 0)),
        ("C6 after the index", person((99, "PD"), (130, "PD")), (0, 0), (0, 0)),
        ("C6 death after it", person((42, "SD"), (141, "PD"), death=150), (42, 0), (42, 0)),
        ("C7", person((42, "SD"), death=140), (42, 0), (140, 1)),
        ("C7 on the day of a scan", person((42, "SD"), (150, "SD"), death=150), (150, 0), (150, 1)),
        ("C8", person((42, "SD"), death=141), (42, 0), (42, 0)),
        ("C9", person((42, "SD"), (70, "PD"), drugs=[(50, "lenvatinib")]), (42, 0), (42, 0)),
        ("C9 death", person((42, "SD"), death=60, drugs=[(50, "lenvatinib")]), (42, 0), (42, 0)),
        ("C9 scan that day", person((42, "SD"), (90, "PD"), drugs=[(42, "lenvatinib")]), (42, 0), (42, 0)),
        ("C9 PD that day", person((42, "PD"), drugs=[(42, "lenvatinib")]), (42, 1), (42, 1)),
        ("C9 no scan", person((42, "PD"), drugs=[(20, "lenvatinib")]), (0, 0), (0, 0)),
        ("C9 after PD", person((42, "PD"), drugs=[(43, "lenvatinib")]), (42, 1), (42, 1)),
        ("C9 earlier line", person((42, "SD"), drugs=[(-200, "lenvatinib")]), (42, 0), (42, 0)),
        ("C10", person((42, "SD"), (84, "PD"), drugs=[(50, "DEB-TACE"), (60, "sorafenib")]), (84, 1), (84, 1)),
        ("C11", person((42, "SD"), (84, "PD"), drugs=[(60, "sorafenib")], arm="b"), (42, 0), (42, 0)),
        ("C12", person((840, "SD"), (903, "PD"), contact=920), (840, 0), (840, 0)),
        ("C12 on the day", person((840, "SD"), (902, "PD")), (902, 1), (902, 1)),
        ("C13", person((42, "SD"), (70, "clinical progression"), (84, "SD")), (84, 0), (84, 0)),
        ("C14", person((42, "SD"), (84, "PR"), contact=300), (84, 0), (84, 0)),
        ("gap closed by a scan", person((42, "SD"), (200, "SD"), (240, "PD")), (240, 1), (240, 1)),
        ("gap without an event", person((42, "SD"), (200, "SD")), (200, 0), (200, 0)),
        ("gap not closed by NE", person((42, "SD"), (130, "NE"), (150, "PD")), (42, 0), (42, 0)),
        ("scan before the index", person((-5, "PD"), (42, "SD")), (42, 0), (42, 0)),
    ],
)  # fmt: skip
def test_situations(situation: str, held: Records, ttp: tuple[int, int], pfs: tuple[int, int]) -> None:
    assert (outcomes(TTP, held), outcomes(PFS, held)) == ({"P": ttp}, {"P": pfs}), situation


@pytest.mark.parametrize(
    ("spec", "held", "expected"),
    [
        (TTP_WITHOUT_GAP, person((42, "SD"), (141, "PD")), (141, 1)),  # C6
        (PFS_WITHOUT_GAP, person((42, "SD"), death=141), (141, 1)),  # C8
        (PFS_WITHOUT_GAP, person((42, "NE"), death=99), (99, 1)),  # C4
        (PFS_POLICY, person((42, "SD"), (70, "PD"), drugs=[(50, "lenvatinib")]), (70, 1)),  # C9
        (PFS_POLICY, person((42, "SD"), death=60, drugs=[(50, "lenvatinib")]), (60, 1)),  # C9
        (TTP_POLICY, person((42, "SD"), (84, "PD"), drugs=[(60, "sorafenib")], arm="b"), (84, 1)),  # C11
    ],
)
def test_sensitivities(spec: Mapping[str, Any], held: Records, expected: tuple[int, int]) -> None:
    assert outcomes(spec, held) == {"P": expected}


# --- competing events ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (person((42, "SD"), death=140), (140, 0, "death")),  # C7
        (person((42, "SD"), death=141), (42, 0, None)),  # C8
        (person((42, "SD"), (84, "PD"), death=140), (84, 1, "event")),
        (person((42, "SD"), (84, "PD"), death=84), (84, 1, "event")),  # on one day the event wins
        (person(death=0), (0.5, 0, "death")),
        (person((42, "SD"), death=922), (42, 0, None)),
        (person((42, "SD"), death=60, drugs=[(50, "lenvatinib")]), (42, 0, None)),
        (person((42, "SD")), (42, 0, None)),
    ],
)
def test_what_comes_first_is_the_cause(held: Records, expected: tuple[float, int, str | None]) -> None:
    (row,) = derive(TTP_COMPETING, held).frame.to_dicts()
    assert (row["time"], row["event"], row["cause"]) == expected


def test_competing_events_without_scans() -> None:
    """Time to a drug's stop, with death as a competing event: followed by contacts, not by scans."""
    spec = {
        **OS,
        "events": [{"last": "exposure", "role": "end", "where": {"drug": ["S"]}, "reason": "stopped"}],
        "competing": [{**DEATH, "name": "death"}],
    }
    patients = [
        {"patient": name, "first_tace": START, "death_date": death and on_day(death)}
        for name, death in (("A", None), ("B", 50), ("C", None), ("D", 950))
    ]
    held = records(
        patients,
        exposure=[
            {"patient": "A", "drug": "S", "start": on_day(3), "end": on_day(20)},
            {"patient": "A", "drug": "S", "start": on_day(30), "end": on_day(44)},
            {"patient": "B", "drug": "S", "start": on_day(3), "end": None},
            {"patient": "C", "drug": "other", "start": on_day(3), "end": on_day(9)},
        ],
        contacts=[{"patient": name, "date": on_day(300)} for name in ("A", "C", "D")],
    )
    found = [
        (row["patient"], row["time"], row["event"], row["cause"], row["reason"])
        for row in derive(spec, held).frame.to_dicts()
    ]
    assert found == [
        ("A", 44, 1, "event", "stopped"),
        ("B", 50, 0, "death", "death (competing event)"),
        ("C", 300, 0, None, "alive at last contact"),
        ("D", 902, 0, None, "death after the cut-off (cut-off)"),
    ]


# --- duration of response, and categories of a response endpoint --------------------------------------------

DOR = endpoint(
    PD,
    DEATH,
    counted_from={"first": "responses", "where": {"response": ["CR", "PR"]}, "reason": "first response"},
)


@pytest.mark.parametrize(
    ("held", "expected", "reason", "detail"),
    [
        (person((30, "PR"), (72, "PR"), (160, "PD")), (130, 1), "progression", None),
        (person((42, "CR"), (120, "CR"), (200, "CR"), contact=400), (158, 0),
         "no event at the last adequate scan", None),
        (person((30, "PR"), death=40), (10, 1), "death", None),
        (person((30, "SD"), (72, "PD")), (None, None), "no first response", None),
        (person((30, "PD"), (72, "PR")), (None, None), "progression before first response",
         "progression on 2018-02-09"),
        (person((30, "PR"), (129, "PD")), (0, 0),
         "progression more than 98 days after the last adequate scan; censored at that scan",
         "progression on 2018-05-19, 99 days after"),
        (person((25, "SD"), (60, "PR"), drugs=[(40, "lenvatinib")]), (None, None), "no first response", None),
    ],
)  # fmt: skip
def test_duration_of_response(
    held: Records, expected: tuple[float | None, int | None], reason: str, detail: str | None
) -> None:
    (row,) = derive(DOR, held).frame.to_dicts()
    assert ((row["time"], row["event"]), row["reason"], row["detail"]) == (expected, reason, detail)


def test_a_day_0_after_the_cut_off_gives_no_time() -> None:
    spec = endpoint(PD, counted_from={"date": "death_date", "reason": "relapse"})
    (row,) = derive(spec, person((42, "SD"), death=903)).frame.to_dicts()
    assert (row["time"], row["event"], row["reason"]) == (None, None, "relapse after the cut-off")


def test_categories_are_those_of_the_response_endpoint() -> None:
    held = person((30, "partial"), (72, "poor scan"), (110, "stable"), (160, "progressive"))
    spec = endpoint(PD)
    named = {**spec, "assessments": {**spec["assessments"], "response": "response"}}
    assert outcomes(named, held) == {"P": (160, 1)}
    # as recorded, none of these words is a category
    assert outcomes(spec, held) == {"P": (0, 0)}
    with pytest.raises(DataError, match="the response 'dead' has no code"):
        derive(named, person((30, "dead")))


def test_censoring_entries_may_stand_beside_assessments() -> None:
    spec = endpoint(PD, censor=[{"last": "contacts", "reason": "alive"}])
    assert outcomes(spec, person((42, "SD"), contact=300)) == {"P": (300, 0)}
    assert outcomes(spec, person((42, "SD"), (150, "PD"), contact=300)) == {"P": (42, 0)}
    assert outcomes(spec, person((42, "SD"), drugs=[(60, "lenvatinib")], contact=300)) == {"P": (42, 0)}


# --- reasons and records ------------------------------------------------------------------------------------


SCAN_2, OWN = "two.xlsx, sheet 'responses', row 2", "one.csv, row 2"


@pytest.mark.parametrize(
    ("spec", "held", "reason", "detail", "source"),
    [
        (TTP, person((33, "SD"), (243, "PD")),
         "progression more than 98 days after the last adequate scan; censored at that scan",
         "progression on 2018-09-10, 210 days after", SCAN_2),
        (PFS, person((42, "NE"), death=99),
         "death more than 98 days after First DEB-TACE, without an adequate scan; censored on day 0",
         "death on 2018-04-19, 99 days after", OWN),
        (PFS, person((42, "SD"), death=99, baseline=None),
         "no baseline scan by First DEB-TACE; censored on day 0", "death on 2018-04-19, 99 days after", OWN),
        (TTP, person((42, "PD"), baseline=None), "no baseline scan by First DEB-TACE; censored on day 0", None, OWN),
        (TTP, person(contact=100), "no adequate scan; censored on day 0", None, OWN),
        (TTP, person((42, "SD")), "no event at the last adequate scan", None, SCAN_2),
        (TTP, person((42, "SD"), (70, "PD"), drugs=[(50, "lenvatinib")]),
         "no event at the last adequate scan up to lenvatinib", "lenvatinib on 2018-03-01", SCAN_2),
        (TTP, person((70, "PD"), drugs=[(50, "lenvatinib")]),
         "no adequate scan up to lenvatinib; censored on day 0", "lenvatinib on 2018-03-01",
         "two.xlsx, sheet 'exposure', row 2"),
        (TTP_COMPETING, person(death=0), "death (competing event) (on day 0, counted as half a day)", None, OWN),
    ],
)  # fmt: skip
def test_reasons_name_the_rule_and_details_the_dates(
    spec: Mapping[str, Any], held: Records, reason: str, detail: str | None, source: str
) -> None:
    (row,) = derive(spec, held).frame.to_dicts()
    assert (row["reason"], row["detail"], row["source"]) == (reason, detail, source)


@pytest.mark.parametrize("spec", [TTP, PFS, TTP_COMPETING])
def test_a_start_that_is_missing_or_after_the_cut_off_gives_no_time(spec: Mapping[str, Any]) -> None:
    held = records([{"patient": "A"}, {"patient": "B", "first_tace": date(2020, 7, 1)}])
    found = [
        (row["time"], row["event"], row["cause"], row["reason"])
        for row in derive(spec, held).frame.to_dicts()
    ]
    assert found == [
        (None, None, None, "First DEB-TACE not recorded"),
        (None, None, None, "First DEB-TACE after the cut-off"),
    ]


def test_a_new_therapy_before_the_start_is_refused() -> None:
    spec = {**TTP, "new_therapy": {"first_of": [{"date": "death_date", "reason": "ablation"}]}}
    with pytest.raises(DataError) as caught:
        derive(spec, person(death=-3))
    assert caught.value.problems == (
        "one.csv, row 2: patient P: ablation on 2018-01-07 is before First DEB-TACE on 2018-01-10; "
        "correct one of the dates",
    )


# --- a slow twin --------------------------------------------------------------------------------------------


def twin(
    seen: Sequence[tuple[int, str]],
    *,
    death: int | None,
    drug: int | None,
    has_baseline: bool,
    gap: int | None,
    death_is: str | None,
) -> tuple[float, int, str | None]:
    """One patient through the censoring table: step 0, then the earliest event, then the gap before it."""
    last_day = 902 if drug is None else min(902, drug)
    read = [(day, held) for day, held in seen if has_baseline and 0 <= day <= last_day]
    adequate = [day for day, held in read if held in ADEQUATE]
    progressions = [day for day, held in read if held == "PD"]
    ends = []
    if progressions:
        before = [day for day in adequate if day < min(progressions)]
        ends.append((min(progressions), 0, "event", max(before, default=0)))
    if death is not None and death <= last_day and death_is is not None:
        before = [day for day in adequate if day <= death]
        ends.append((death, 1, death_is, max(before, default=0)))
    if not ends:
        return max(adequate, default=0), 0, None
    day, _, cause, last = min(ends)
    if gap is not None and day - last > gap:
        return last, 0, None
    return day or 0.5, int(cause == "event"), cause


DAYS = st.one_of(st.integers(-5, 5), st.integers(30, 330), st.integers(890, 915))


@given(
    seen=st.dictionaries(DAYS, st.sampled_from(["CR", "PR", "SD", "SD", "PD", "NE"]), max_size=6),
    death=st.none() | DAYS.filter(lambda day: day >= 0),
    drug=st.none() | DAYS.filter(lambda day: day >= 0),
    has_baseline=st.sampled_from([True, True, True, False]),
    gap=st.sampled_from([None, 98, 28]),
    death_is=st.sampled_from([None, "event", "death"]),
)
def test_the_slow_twin_agrees(
    *,
    seen: dict[int, str],
    death: int | None,
    drug: int | None,
    has_baseline: bool,
    gap: int | None,
    death_is: str | None,
) -> None:
    held = person(
        *seen.items(),
        death=death,
        drugs=[] if drug is None else [(drug, "lenvatinib")],
        baseline=START if has_baseline else None,
    )
    spec = endpoint(
        PD,
        *([DEATH] if death_is == "event" else []),
        gap=gap,
        competing=[{**DEATH, "name": "death"}] if death_is == "death" else [],
    )
    (row,) = derive(spec, held).frame.to_dicts()
    expected = twin(
        list(seen.items()), death=death, drug=drug, has_baseline=has_baseline, gap=gap, death_is=death_is
    )
    assert (row["time"], row["event"], row["cause"]) == expected


def test_the_order_of_rows_changes_nothing() -> None:
    for held in WORKED.values():
        for spec in (TTP, PFS, TTP_COMPETING, DOR):
            assert_frame_equal(derive(spec, shuffled(held, seed=3)).frame, derive(spec, held).frame)


def cohort() -> Records:
    """The worked patients together, under their own names."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for name, held in WORKED.items():
        for table, frame in held.tables.items():
            frames.setdefault(table, []).append(frame.with_columns(pl.lit(name).alias("patient")))
    tables = {table: pl.concat(parts) for table, parts in frames.items()}
    return Records(tables, files=(), problems=(), excluded=(), n_read={})


@pytest.mark.parametrize("spec", [TTP, PFS, TTP_COMPETING, DOR], ids=["TTP", "PFS", "competing", "DoR"])
def test_patients_apart_and_together_have_the_same_times(spec: Mapping[str, Any]) -> None:
    together = {row["patient"]: row for row in derive(spec, cohort()).frame.to_dicts()}
    for name, held in WORKED.items():
        (alone,) = derive(spec, held).frame.to_dicts()
        assert together[name] == {**alone, "patient": name}


@pytest.mark.parametrize("days", [-1000, -1, 366])
def test_moving_every_date_changes_no_time(days: int) -> None:
    held = cohort()
    for spec in (TTP, PFS, TTP_COMPETING, DOR):
        protocol = study(endpoints={"e": spec, "response": RESPONSE}, cutoff=CUTOFF + timedelta(days=days))
        later = moved(held, days=days)
        found = DERIVE[TimeToEvent]("e", protocol.endpoints["e"], protocol, later, later.patients).frame
        same = ["patient", "time", "event", "cause", "reason", "source"]
        assert_frame_equal(found.select(same), derive(spec, held).frame.select(same))
