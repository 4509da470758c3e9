"""Scans of eight subjects held against the schedule of every three weeks at which they were planned.

Source: pharmaverse test data, the domains TU and TR. The expected days are read off TR by plain Python.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

from calliper import load
from shared import DATA, ROOT, shared_data

PLAN = """
  plan:
    {kind: schedule, label: Imaging follow-up, start: first_dose, visits: imaging, due: [21, 21], on_time: [21, 21],
     late_until: 30, response: investigator, until: [{last: responses, reason: last assessment}]}

analyses:
  - {id: follow_up, kind: follow_up_schedule, endpoint: plan}"""

WITH_A_PARTIAL_DATE = "01-701-1015"
"""Its scan of week 6 is of `2014-02`, between those of 23 January and 6 March."""


def days_in_tr() -> dict[str, list[int]]:
    """Days from the first dose to each date of TR after it, of the seven subjects whose dates are whole."""
    folder = Path("02_pharmaverse_onco/sdtm")
    with shared_data(str(folder / "dm.csv")).open(encoding="utf-8", newline="") as file:
        starts = {row["USUBJID"]: row["RFSTDTC"] for row in csv.DictReader(file)}
    found: dict[str, set[int]] = defaultdict(set)
    with shared_data(str(folder / "tr_onco_recist.csv")).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            who = row["USUBJID"]
            if who != WITH_A_PARTIAL_DATE:
                found[who].add((date.fromisoformat(row["TRDTC"]) - date.fromisoformat(starts[who])).days)
    return {who: sorted(day for day in days if day > 0) for who, days in found.items()}


def test_scans_every_three_weeks_are_all_on_time(tmp_path: Path) -> None:
    expected = days_in_tr()
    text = (ROOT / "studies/onco_recist.yaml").read_text(encoding="utf-8")
    text = text.replace("../../shared/data", DATA.as_posix()).replace("\nanalyses:", PLAN, 1)
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    plan = load(path).outcome.derived.endpoints["plan"]
    assert plan.visits is not None
    held = dict(plan.visits.group_by("patient", maintain_order=True).agg("day").iter_rows())
    assert {who: days for who, days in held.items() if who != WITH_A_PARTIAL_DATE} == expected
    assert all(day % 21 == 0 for days in expected.values() for day in days)
    for row in plan.frame.iter_rows(named=True):
        if row["patient"] in expected:
            n = len(expected[row["patient"]])
            assert (row["due"], row["on_time"], row["missed"], row["share"]) == (n, n, 0, 1.0)
        else:
            # week 3 on day 21, week 9 on day 63; what month 2 is completed to lies off the day between
            assert held[row["patient"]][0] == 21
            assert held[row["patient"]][-1] == 63
            assert (row["attended"], row["on_time"]) == (3, 1)
