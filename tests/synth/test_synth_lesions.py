"""The invented lesions give back every recorded category under a second, slow reading of mRECIST; and they could be
true of a tumour."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.synth.draws import Draws
from calliper.synth.lesions import invent_lesions
from calliper.synth.patients import read_patients
from calliper.synth.tumour_course import ON_THE_LIMIT, Progress, TumourCourse, target_sums
from synth.by_hand import COMBINATION, CONTROL, Demo, of_patient
from synth.mrecist_by_hand import Read, read


@pytest.fixture(scope="module")
def reads(demo: Demo) -> list[Read]:
    return [found for patient in demo.patients for found in read(demo, patient)]


def test_every_scan_gives_the_category_its_centre_recorded(demo: Demo, reads: list[Read]) -> None:
    recorded = [(row["Patient ID"], row["Scan date"], row["mRECIST"]) for row in demo.responses]
    assert [(found.patient, found.scan["Scan date"], found.category) for found in reads] == recorded
    assert len(recorded) == 626
    assert Counter(found.category for found in reads).keys() == {"CR", "PR", "SD", "PD", "NE"}


@pytest.mark.parametrize(
    ("window", "treatment", "expected"),
    [
        ((21, 30, 45), COMBINATION, {"CR": 7, "PR": 25, "SD": 10}),
        ((21, 30, 45), CONTROL, {"CR": 6, "PR": 27, "SD": 11, "PD": 2, None: 2}),
        ((70, 91, 112), COMBINATION, {"CR": 10, "PR": 22, "SD": 7, "PD": 1, None: 2}),
        ((70, 91, 112), CONTROL, {"CR": 5, "PR": 21, "SD": 12, "PD": 7, None: 3}),
    ],
)
def test_table_2_from_the_lesions(
    demo: Demo,
    reads: list[Read],
    window: tuple[int, int, int],
    treatment: str,
    expected: dict[str | None, int],
) -> None:
    rows = [
        {"Patient ID": found.patient, "Scan date": found.scan["Scan date"], "mRECIST": found.category}
        for found in reads
    ]
    derived = replace(demo, responses=rows)
    assert Counter(derived.landmark(patient, *window) for patient in demo.arm(treatment)) == expected


def test_baseline_agrees_with_the_patient(demo: Demo) -> None:
    for patient in demo.patients:
        scan = min(of_patient(demo.imaging, patient), key=lambda row: row["Scan date"])
        assert patient["Admission date"] < scan["Scan date"] < patient["First DEB-TACE"]
        assert scan["Arterial phase"] == "Y"
        rows = [row for row in of_patient(demo.lesions, patient) if row["Scan"] == scan["Scan"]]
        nodules = [row for row in rows if row["Organ"] == "LIVER"]
        wholes = [Decimal(repr(row["Whole (mm)"])) for row in nodules]
        assert len(nodules) == patient["Nodules"]
        assert max(wholes) == 10 * Decimal(repr(float(patient["Largest diameter (cm)"])))
        assert sum(wholes) == 10 * Decimal(repr(float(patient["Sum of diameters (cm)"])))
        targets = [row for row in rows if row["Role"] == "target"]
        assert {row["Lesion"] for row in targets} <= {row["Lesion"] for row in nodules}
        assert 1 <= len(targets) <= 2
        largest = sorted((row["Whole (mm)"] for row in nodules), reverse=True)[: len(targets)]
        assert sorted((row["Whole (mm)"] for row in targets), reverse=True) == largest
        assert min(row["Viable (mm)"] for row in targets) >= 10
        thrombus = [row for row in rows if row["Kind"] == "thrombus"]
        outside = [row for row in rows if row["Organ"] not in {"LIVER", "VESSEL"}]
        assert len(thrombus) == (patient["Vascular invasion"] == "Y")
        assert len(outside) == (patient["Extrahepatic metastasis"] == "Y")
        assert {row["Role"] for row in rows} <= {"target", "non-target"}


def test_every_lesion_is_followed_on_the_scans_the_centre_recorded(demo: Demo) -> None:
    for patient in demo.patients:
        scans = of_patient(demo.imaging, patient)
        assert [row["Scan date"] for row in scans[1:]] == [row["Scan date"] for row in demo.scans(patient)]
        assert [row["Scan"] for row in scans] == [f"S{number}" for number in range(len(scans))]
        assert len({row["Reader"] for row in scans}) == 1
        lesions = of_patient(demo.lesions, patient)
        held = {
            scan["Scan"]: {row["Lesion"] for row in lesions if row["Scan"] == scan["Scan"]} for scan in scans
        }
        assert set(held) == {row["Scan"] for row in lesions}
        for lesions_seen in held.values():
            assert lesions_seen - {"N1"} == held["S0"]


def test_what_enhances_is_part_of_the_lesion_which_changes_less(demo: Demo) -> None:
    measured = [row for row in demo.lesions if row["Whole (mm)"] is not None]
    enhancing = [row for row in measured if row["Viable (mm)"] is not None]
    assert all(row["Viable (mm)"] <= row["Whole (mm)"] for row in enhancing)
    first = {row["Patient ID"]: row for row in enhancing if (row["Scan"], row["Lesion"]) == ("S0", "L1")}
    later = [row for row in enhancing if row["Lesion"] == "L1" and row["Scan"] != "S0"]
    kept = {
        column: [row[column] / first[row["Patient ID"]][column] for row in later]
        for column in ("Whole (mm)", "Viable (mm)")
    }
    assert median(kept["Viable (mm)"]) < 0.6
    assert median(kept["Whole (mm)"]) > 0.8
    assert min(kept["Whole (mm)"]) > 0.3
    assert max(kept["Whole (mm)"]) < 1.6


def test_progression_is_shown_in_every_way(demo: Demo, reads: list[Read]) -> None:
    first = {found.patient: found for found in reversed(reads) if found.category == "PD"}
    ways = Counter("+".join(sorted(found.shown_by)) for found in first.values())
    assert sum(ways.values()) == 77
    assert set(ways) == {"sum", "new", "others"}
    assert min(ways.values()) >= 8
    organs = {(row["Organ"], row["Kind"]) for row in demo.lesions if row["Role"] == "new"}
    assert organs == {("LIVER", "nodule"), ("VESSEL", "thrombus"), ("LUNG", "nodule"), ("LN", "node")}


def test_a_complete_response_of_the_targets_alone_is_partial(reads: list[Read]) -> None:
    assert any(found.category == "PR" and found.current == 0 for found in reads)


def test_a_scan_is_not_evaluable_for_want_of_the_arterial_phase_or_of_a_lesion(reads: list[Read]) -> None:
    phases = Counter(found.scan["Arterial phase"] for found in reads if found.category == "NE")
    assert set(phases) == {"N", "Y"}
    assert {found.scan["Arterial phase"] for found in reads if found.category != "NE"} == {"Y"}


def test_only_the_chosen_few_lie_near_a_threshold(reads: list[Read]) -> None:
    near: dict[str, Decimal] = {}
    for found in reads:
        if found.changes is None:
            continue
        from_baseline, on_nadir = found.changes
        if abs(from_baseline + 30) < 1 and found.category != "PD":
            near[found.patient] = from_baseline
            assert (found.category == "PR") == (from_baseline == -30)
        if abs(on_nadir - 20) < 1:
            near[found.patient] = on_nadir
            assert (found.category == "PD") == (on_nadir == 20)
    assert set(near) == set(ON_THE_LIMIT)
    for patient, limit in ON_THE_LIMIT.items():
        is_exact = limit in ("-30", "+20")
        assert (near[patient] == Decimal(limit)) == is_exact
        assert abs(near[patient] - Decimal(limit)) < Decimal("0.1")


def test_a_patient_is_the_same_in_any_cohort() -> None:
    patients = read_patients()
    scans, lesions = invent_lesions(patients)
    some = [patients[70], patients[3]]
    few_scans, few_lesions = invent_lesions(some)
    for patient in some:
        for few, all_ in ((few_scans, scans), (few_lesions, lesions)):
            own = [row for row in few if row.patient_id == patient.patient_id]
            assert own == [row for row in all_ if row.patient_id == patient.patient_id]


def category(size: int, baseline: int, nadir: int) -> str:
    """The rule of the sum, in exact fractions."""
    if size == 0:
        return "CR"
    if size >= 100 if nadir == 0 else Fraction(size, nadir) >= Fraction(6, 5):
        return "PD"
    return "PR" if Fraction(size, baseline) <= Fraction(7, 10) else "SD"


@settings(max_examples=300, deadline=None)
@given(
    before=st.lists(st.sampled_from(["PR", "SD"]), max_size=12),
    complete=st.integers(0, 5),
    has_progressed=st.booleans(),
    baseline=st.integers(400, 3500),
    seed=st.text("abc", min_size=1, max_size=4),
)
def test_any_course_is_given_back_by_its_sums(
    before: list[str], complete: int, has_progressed: bool, baseline: int, seed: str
) -> None:
    responses = (*before, *["CR"] * complete, *["PD"] * has_progressed)
    course = TumourCourse(baseline, responses, progress="sum", others=False)
    sums = target_sums(course, Draws(seed))
    held = [baseline, *sums]
    given_back = [category(size, baseline, min(held[: at + 1])) for at, size in enumerate(sums)]
    assert given_back == list(responses)


@pytest.mark.parametrize("progress", ["new", "others"])
def test_where_something_else_shows_progression_the_targets_do_not(progress: Progress) -> None:
    for responses in (("PR", "PD"), ("SD", "PD", "PD"), ("PR", "SD", "PD"), ("PD",)):
        for seed in "abcdef":
            course = TumourCourse(1200, responses, progress=progress, others=True)
            held = [1200, *target_sums(course, Draws(seed))]
            after = held[responses.index("PD") + 1 :]
            assert all(size < Fraction(6, 5) * min(held) for size in after)
