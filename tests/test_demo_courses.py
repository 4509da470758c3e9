"""What the demonstration derives beyond the paper, against slow readings of its workbooks: responses from lesions, best
responses, progression-free survival, courses, two criteria, definitions."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

import calliper
from calliper.blocks import Table
from calliper.results import Results
from calliper.study import Study
from synth.by_hand import COMBINATION, CONTROL, Demo, Row, of_patient, read_demo
from synth.mrecist_by_hand import read, recist

ARMS = {"combination": COMBINATION, "control": CONTROL}
MONTH = 30.4375


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    from calliper.synth.demo import write_demo

    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return calliper.load(folder / "study.yaml")


@pytest.fixture(scope="module")
def demo(study: Study) -> Demo:
    return read_demo(study.loaded.folder)


def value(results: Results, key: str) -> float:
    row = results.get(key)
    assert row is not None, key
    assert row.value is not None, key
    return row.value


def test_no_scan_derives_another_category_than_the_recorded_one(study: Study, tmp_path: Path) -> None:
    lines = (
        (study.report(tmp_path / "out") / "disagreements.csv").read_text(encoding="utf-8-sig").splitlines()
    )
    assert len(lines) == 1
    assert lines[0].startswith("endpoint,patient,date")
    results = study.run()
    for statistic in ("/n", "alike/count"):
        assert value(results, f"response/scans/overall//{statistic}") == 626
    assert value(results, "response/scans/overall///patients") == 90
    held = results.listing("response", "disagreements")
    assert held is None or not held.rows


def categories(demo: Demo, patient: Row) -> list[tuple[int, str]]:
    """Day and recorded category of every scan up to the first progression."""
    found: list[tuple[int, str]] = []
    for row in demo.scans(patient):
        found.append((row["Day"], row["mRECIST"]))
        if row["mRECIST"] == "PD":
            break
    return found


def best(scans: list[tuple[int, str]]) -> str:
    """CR, PR, SD from day 28 on, PD: the first of them that a scan shows."""
    shown = {category for day, category in scans if category != "SD" or day >= 28}
    return next(category for category in ("CR", "PR", "SD", "PD") if category in shown)


def confirmed(scans: list[tuple[int, str]]) -> str:
    """The best response that a scan 28 days later, or still later, shows again; at most one NE between them.

    Between two partial responses one stable disease may lie.
    """
    for wanted, enough, between in (("CR", {"CR"}, {"CR"}), ("PR", {"CR", "PR"}, {"CR", "PR", "SD"})):
        for at, (day, category) in enumerate(scans):
            if category not in enough:
                continue
            passed: list[str] = []
            for later, after in scans[at + 1 :]:
                is_open = passed.count("NE") <= 1 and passed.count("SD") <= 1
                if after in enough and later - day >= 28 and is_open and set(passed) <= between | {"NE"}:
                    return wanted
                passed.append(after)
    return "SD" if best(scans) != "PD" else "PD"


def test_best_responses_by_hand(study: Study, demo: Demo) -> None:
    results = study.run()
    for arm, treatment in ARMS.items():
        courses = [categories(demo, patient) for patient in demo.arm(treatment)]
        for landmark, rule in (("best", best), ("best_confirmed", confirmed)):
            counts = Counter(rule(scans) for scans in courses)
            for category in ("CR", "PR", "SD", "PD"):
                key = f"best_response/evaluable/{arm}/{landmark}/{category}/count"
                assert value(results, key) == counts[category]
    totals = [
        value(results, f"best_response/evaluable/control/{name}/CR/count")
        for name in ("best", "best_confirmed")
    ]
    assert totals == [8, 7], "one complete response of the control arm was seen once"


def test_progression_free_survival_by_hand(study: Study, demo: Demo) -> None:
    """Nobody died more than 98 days after the last scan, so that every progression and every death counts."""
    results = study.run()
    for arm, treatment in ARMS.items():
        days: list[int] = []
        for patient in demo.arm(treatment):
            day, has_progressed = demo.progression(patient)
            if not has_progressed:
                scan, (day, died) = day, demo.overall_survival(patient)
                assert died
                assert day - scan <= 98
            days.append(day)
        half = sorted(days)[(len(days) - 1) // 2 : len(days) // 2 + 1]
        assert value(results, f"pfs/included/{arm}/pfs//events") == len(days)
        # without censoring the curve is level at one half between the two middle times of an even number
        assert value(results, f"pfs/included/{arm}/pfs//median") == pytest.approx(
            sum(half) / 2 / MONTH, rel=1e-12
        )
        assert value(results, f"pfs/included/{arm}/pfs//person_time") == pytest.approx(
            sum(days) / MONTH, rel=1e-12
        )


def test_best_changes_by_hand(study: Study, demo: Demo) -> None:
    results = study.run()
    for arm, treatment in ARMS.items():
        changes: list[Fraction] = []
        for patient in demo.arm(treatment):
            seen: list[Fraction] = []
            for found in read(demo, patient):
                if found.current is not None:
                    seen.append(100 * (Fraction(found.current) / Fraction(found.baseline) - 1))
                if found.category == "PD":
                    break
            changes.append(min(seen))
        stem = f"courses/measured/{arm}/best_change"
        assert value(results, f"courses/measured/{arm}///n") == len(changes)
        assert value(results, f"{stem}/fall/count") == sum(change <= -30 for change in changes)
        assert value(results, f"{stem}//median") == pytest.approx(float(median(changes)), rel=1e-9)
        assert value(results, f"{stem}//max") == pytest.approx(float(max(changes)), rel=1e-9)
    assert len(results.courses) == 90


def test_two_criteria_scan_by_scan_by_hand(study: Study, demo: Demo) -> None:
    results = study.run()
    pairs = [
        (found.category, other)
        for patient in demo.patients
        for found, other in zip(read(demo, patient), recist(demo, patient), strict=True)
    ]
    assert value(results, "criteria/scans/overall///n") == len(pairs)
    assert value(results, "criteria/scans/overall//alike/count") == sum(one == two for one, two in pairs)
    for place, counts in (
        ("first", Counter(one for one, _ in pairs)),
        ("second", Counter(two for _, two in pairs)),
    ):
        for category in ("CR", "PR", "SD", "PD", "NE"):
            assert value(results, f"criteria/scans/{place}//{category}/count") == counts[category]
    assert Counter(pairs)["CR", "SD"] > 20, "dead tumour that has not shrunk"
    held = results.listing("criteria", "scans_apart")
    assert held is not None
    assert len(held.rows) == sum(one != two for one, two in pairs)


def test_treatments_are_drawn_to_the_days_of_the_records(study: Study, demo: Demo) -> None:
    results = study.run()
    by_patient = {course.patient: course for course in results.courses}
    for patient in demo.patients:
        course = by_patient[patient["Patient ID"]]
        rows = of_patient(demo.treatments, patient)
        first = patient["First DEB-TACE"]
        sessions = [(row["Start date"] - first).days for row in rows if row["Drug"] == "DEB-TACE"]
        assert [held.first_day for held in course.treatments if held.treatment == "tace"] == sessions
        periods = [held for held in course.treatments if held.treatment == "sorafenib"]
        taken = [row for row in rows if row["Drug"] == "Sorafenib" and row["Dose (mg)"] > 0]
        starts = [(row["Start date"] - first).days for row in taken]
        assert [held.first_day for held in periods] == starts
        assert course.last_day == demo.overall_survival(patient)[0]
        assert all(
            one.last_day is not None and one.last_day < two.first_day for one, two in pairwise(periods)
        )


def test_definitions_agree_with_the_analyses_of_the_same_endpoints(study: Study) -> None:
    results = study.run()
    for endpoint in ("ttp", "pfs"):
        for statistic in ("events", "median"):
            for arm in ARMS:
                key = f"included/{arm}/{endpoint}//{statistic}"
                assert value(results, f"progression_definitions/{key}") == value(results, f"{endpoint}/{key}")
    assert value(results, "progression_definitions/included/combination/ttp_recist//events") < 34


def tables(study: Study) -> list[Table]:
    sections = study.outcome.document.sections
    return [block for section in sections for block in section.blocks if isinstance(block, Table)]


def test_a_long_list_of_scans_apart_is_printed_in_part(study: Study) -> None:
    (table,) = (table for table in tables(study) if table.id == "table-criteria-scans-apart")
    assert len(table.rows) == 10
    assert "scans_apart.csv lists all" in table.footnotes[0].text


def test_a_definition_by_other_scans_is_called_by_what_tells_them_apart(study: Study) -> None:
    heads = [row.cells[0].text for table in tables(study) for row in table.rows if row.cells]
    assert "Scans by RECIST 1.1 (TTP-R)" in heads
