"""The invented records could have been real: joint constraints, order of dates, what a centre would keep."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import fastexcel
import pytest

from calliper.errors import OutputError
from calliper.synth.demo import write_demo
from synth.by_hand import COMBINATION, CUTOFF, SHEETS, WORKBOOKS, Demo, of_patient


def test_the_same_bytes_every_time(demo: Demo, tmp_path: Path) -> None:
    written = write_demo(tmp_path / "again" / "deeper")
    assert {path.name for path in written} >= set(WORKBOOKS)
    for path in written:
        assert path.read_bytes() == (demo.folder / path.name).read_bytes()


def test_every_packaged_study_file_is_copied(demo: Demo) -> None:
    import calliper.synth

    packaged = Path(calliper.synth.__file__).parent.glob("demo_*.yaml")
    for source in packaged:
        assert (demo.folder / source.name.removeprefix("demo_")).read_bytes() == source.read_bytes()


def test_a_folder_that_cannot_be_made_is_reported_by_name(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="taken"):
        write_demo(tmp_path / "taken")


def test_each_workbook_says_first_that_it_is_invented(demo: Demo) -> None:
    for workbook in WORKBOOKS:
        reader = fastexcel.read_excel(demo.folder / workbook)
        assert reader.sheet_names == ["Read me", *SHEETS]
        notes = reader.load_sheet("Read me", header_row=None).to_polars()
        assert notes.item(0, 0) == "ALL DATA ARE INVENTED"


def test_headers(demo: Demo) -> None:
    assert list(demo.patients[0]) == [
        "Patient ID",
        "Sex",
        "Age",
        "Aetiology",
        "Cirrhosis",
        "Largest diameter (cm)",
        "Sum of diameters (cm)",
        "Nodules",
        "Vascular invasion",
        "Extrahepatic metastasis",
        "ECOG",
        "Child-Pugh",
        "BCLC",
        "AFP (ng/mL)",
        "Previous treatment",
        "Progressed after previous treatment",
        "Diagnosis",
        "Expected survival > 3 months",
        "Secondary liver tumour",
        "Severe organ dysfunction",
        "Mental disorder or pregnancy",
        "Admission date",
        "First DEB-TACE",
        "Treatment",
        "First sorafenib",
        "Death date",
    ]
    assert list(demo.responses[0]) == ["Patient ID", "Scan date", "Day", "mRECIST"]
    assert list(demo.events[0]) == [
        "Patient ID",
        "Term",
        "Grade",
        "Start date",
        "End date",
        "Related to",
        "Action",
        "Outcome",
    ]
    assert list(demo.contacts[0]) == ["Patient ID", "Contact date", "Kind", "Status"]
    assert list(demo.imaging[0]) == [
        "Patient ID",
        "Scan",
        "Scan date",
        "Modality",
        "Arterial phase",
        "Reader",
    ]
    assert list(demo.lesions[0]) == [
        "Patient ID",
        "Scan",
        "Lesion",
        "Organ",
        "Role",
        "Kind",
        "Status",
        "Whole (mm)",
        "Viable (mm)",
        "Short axis (mm)",
        "Pattern",
    ]
    assert list(demo.treatments[0]) == ["Patient ID", "Drug", "Start date", "End date", "Dose (mg)", "Reason"]


def test_every_row_belongs_to_a_patient_of_its_own_workbook(demo: Demo) -> None:
    known = [patient["Patient ID"] for patient in demo.patients]
    for rows in (
        demo.responses,
        demo.events,
        demo.contacts,
        demo.imaging,
        demo.lesions,
        demo.treatments,
        demo.sessions,
        demo.visits,
        demo.laboratory,
    ):
        assert {row["Patient ID"] for row in rows} <= set(known)
        centres = [row["Patient ID"][:6] for row in rows]
        assert centres == sorted(centres, key=["INV-LY", "INV-DL", "INV-BJ"].index)


def test_stage_follows_from_performance_invasion_and_metastasis(demo: Demo) -> None:
    for patient in demo.patients:
        spread = "Y" in {patient["Vascular invasion"], patient["Extrahepatic metastasis"]}
        assert patient["BCLC"] == ("C" if patient["ECOG"] > 0 or spread else "B")


def test_every_patient_is_eligible(demo: Demo) -> None:
    for patient in demo.patients:
        largest, total = patient["Largest diameter (cm)"], patient["Sum of diameters (cm)"]
        assert total > 10.0
        assert (total == largest) if patient["Nodules"] == 1 else (largest < total)
        assert total <= largest * patient["Nodules"] + 1e-9
        assert 18 <= patient["Age"] <= 80
        assert patient["Diagnosis"] in {"CLINICAL", "BIOPSY"}
        assert patient["Expected survival > 3 months"] == "Y"
        progressed = patient["Progressed after previous treatment"]
        assert progressed == ("Y" if patient["Previous treatment"] == "Y" else None)
        for excluded in (
            "Secondary liver tumour",
            "Severe organ dysfunction",
            "Mental disorder or pregnancy",
        ):
            assert patient[excluded] == "N"


def test_child_pugh_b_only_with_cirrhosis(demo: Demo) -> None:
    assert {p["Cirrhosis"] for p in demo.patients if p["Child-Pugh"] == "B"} == {"Y"}


def test_afp_of_exactly_400_occurs(demo: Demo) -> None:
    assert any(patient["AFP (ng/mL)"] == 400 for patient in demo.patients)


def test_dates_of_entry_and_treatment_are_in_order(demo: Demo) -> None:
    for patient in demo.patients:
        admission, first = patient["Admission date"], patient["First DEB-TACE"]
        assert date(2017, 1, 1) <= admission < first <= date(2019, 6, 30)
        assert first - admission <= timedelta(days=7)
        sorafenib = patient["First sorafenib"]
        assert (sorafenib is not None) == (patient["Treatment"] == COMBINATION)
        if sorafenib is not None:
            assert 3 <= (sorafenib - first).days <= 5
        assert patient["Death date"] is None or patient["Death date"] <= CUTOFF


def test_nothing_is_recorded_after_death_last_contact_or_cutoff(demo: Demo) -> None:
    for patient in demo.patients:
        last = patient["First DEB-TACE"] + timedelta(days=demo.overall_survival(patient)[0])
        recorded = [row["Scan date"] for row in demo.scans(patient)]
        recorded += [row["Contact date"] for row in of_patient(demo.contacts, patient)]
        recorded += [row["End date"] for row in of_patient(demo.events, patient)]
        assert max(recorded) <= last <= CUTOFF


def test_the_last_contact_says_how_observation_ended(demo: Demo) -> None:
    for patient in demo.patients:
        contacts = of_patient(demo.contacts, patient)
        days = [row["Contact date"] for row in contacts]
        assert len(contacts) > 2
        assert days == sorted(days)
        assert {row["Status"] for row in contacts[:-1]} == {"ALIVE"}
        assert {row["Kind"] for row in contacts} <= {"CLINIC", "PHONE", "IMAGING"}
        expected = ("ALIVE", days[-1]) if patient["Death date"] is None else ("DEAD", patient["Death date"])
        assert (contacts[-1]["Status"], days[-1]) == expected


def test_a_few_patients_were_lost_long_before_the_cutoff(demo: Demo) -> None:
    lost = [
        patient
        for patient in demo.patients
        if patient["Death date"] is None
        and (CUTOFF - max(row["Contact date"] for row in of_patient(demo.contacts, patient))).days > 90
    ]
    assert 1 <= len(lost) <= 6


def test_scans_come_every_four_to_six_weeks_and_end_with_progression(demo: Demo) -> None:
    gaps: list[int] = []
    for patient in demo.patients:
        scans = demo.scans(patient)
        days = [row["Day"] for row in scans]
        assert days == [(row["Scan date"] - patient["First DEB-TACE"]).days for row in scans]
        assert days == sorted(set(days))
        assert days[0] > 0
        progressions = [day for day, row in zip(days, scans, strict=True) if row["mRECIST"] == "PD"]
        if progressions:
            assert days[-1] == progressions[-1]
            assert len(progressions) == (2 if progressions[0] <= 45 else 1)
        good = [0, *(row["Day"] for row in scans if row["mRECIST"] != "NE")]
        assert max(b - a for a, b in pairwise(good)) <= 98
        gaps += [b - a for a, b in zip([0, *days], days, strict=False)]
    assert sum(28 <= gap <= 42 for gap in gaps) / len(gaps) > 0.9


def test_adverse_events_start_in_their_windows(demo: Demo) -> None:
    patients = {patient["Patient ID"]: patient for patient in demo.patients}
    for event in demo.events:
        patient = patients[event["Patient ID"]]
        onset = (event["Start date"] - patient["First DEB-TACE"]).days
        assert event["Start date"] <= event["End date"]
        assert event["Grade"] in {1, 2, 3}
        if event["Related to"] == "TACE":
            assert 0 <= onset <= 7
        else:
            assert event["Related to"] == "SORAFENIB"
            assert event["Start date"] > patient["First sorafenib"]


def test_writing_the_demo_waits_for_no_heavy_library() -> None:
    code = (
        "import sys, calliper.synth.demo as demo; demo.read_patients();"
        "print([m for m in ('numpy', 'scipy', 'polars', 'xlsxwriter') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
