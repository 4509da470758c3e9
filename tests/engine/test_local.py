"""Partitions: mapped in order, added up, and three centres together equal to the pooled cohort."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.derivations import DERIVE
from calliper.derivations.baseline import derive_baseline
from calliper.eligibility import select
from calliper.engine.local import add, map_partitions
from calliper.protocol.specs import TimeToEvent
from calliper.records.tables import Records
from calliper.summaries.risk_table import RiskTable, risk_table
from hand_records import patient_rows, records, study

START = date(2018, 1, 10)
PROTOCOL = study(
    eligibility=[{"id": "I1", "kind": "inclusion", "text": "Adult", "rule": "age >= 18"}],
    endpoints={
        "os": {
            "kind": "time_to_event",
            "label": "Overall survival",
            "short": "OS",
            "unit": "months",
            "start": "first_tace",
            "events": [{"date": "death_date", "reason": "death"}],
            "censor": [{"last": "contacts", "reason": "alive at last contact"}],
        }
    },
)


def test_parts_keep_their_order() -> None:
    assert map_partitions(sum, [[1, 2], [], [3]]) == (3, 0, 3)


def test_sums_go_from_left_to_right() -> None:
    assert add(["a", "b", "c"]) == "abc"
    assert add([RiskTable((1.0,), (1,), (0,))]) == RiskTable((1.0,), (1,), (0,))


def test_there_is_no_sum_of_nothing() -> None:
    with pytest.raises(ValueError, match="no summaries"):
        add(())


def test_an_exception_in_a_part_is_passed_on() -> None:
    with pytest.raises(ZeroDivisionError):
        map_partitions(lambda part: 1 // part, [1, 0])


def summarise(held: Records) -> RiskTable:
    """A centre's own work, from its records to the one thing it need send: the risk table of its patients."""
    cohort = select(PROTOCOL, derive_baseline(PROTOCOL, held))
    derive = DERIVE[TimeToEvent]
    frame = derive("os", PROTOCOL.endpoints["os"], PROTOCOL, held, cohort.patients).frame.drop_nulls("time")
    return risk_table(frame["time"], frame["event"])


def centre_of(
    rows: list[tuple[int, int, bool]], name: str
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    patients, contacts = [], []
    for at, (age, days, died) in enumerate(rows):
        last = START + timedelta(days=days)
        patient = f"{name}{at}"
        patients.append(
            {
                "patient": patient,
                "centre": name,
                "age": age,
                "first_tace": START,
                "death_date": last if died else None,
            }
        )
        contacts.append({"patient": patient, "date": last})
    return patients, contacts


PEOPLE = st.lists(st.tuples(st.sampled_from([17, 18, 60]), st.integers(0, 1000), st.booleans()), max_size=8)


@given(centres=st.tuples(PEOPLE, PEOPLE, PEOPLE))
def test_the_risk_tables_of_three_centres_add_up_to_the_pooled_one(
    centres: tuple[list[tuple[int, int, bool]], ...],
) -> None:
    written = [centre_of(rows, name) for rows, name in zip(centres, "xyz", strict=True)]
    apart = [records(patients, contacts=contacts) for patients, contacts in written]
    pooled = records(
        [row for patients, _ in written for row in patients],
        contacts=[row for _, contacts in written for row in contacts],
    )
    assert add(map_partitions(summarise, apart)) == summarise(pooled)


def test_eligibility_over_partitions_is_that_of_the_whole() -> None:
    whole = patient_rows([{"patient": f"P{at}", "age": age} for at, age in enumerate([10, 20, None, 30])])
    parts = map_partitions(lambda part: select(PROTOCOL, part).screened, [whole.head(1), whole.slice(1)])
    assert pl.concat(parts).equals(select(PROTOCOL, whole).screened)
