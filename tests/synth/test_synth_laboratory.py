"""Visits and laboratory values: on the days of the scans, in the units of the centre, and as the liver's class says."""

from __future__ import annotations

from datetime import timedelta

from synth.by_hand import Demo, Row, of_patient

UNITS = {
    "INV-LY": {"Bilirubin": "umol/L", "Albumin": "g/L", "Creatinine": "umol/L", "Platelets": "10^9/L"},
    "INV-DL": {"Bilirubin": "mg/dL", "Albumin": "g/dL", "Creatinine": "mg/dL", "Platelets": "10^3/uL"},
    "INV-BJ": {"Bilirubin": "umol/L", "Albumin": "g/L", "Creatinine": "umol/L", "Platelets": "10^9/L"},
}
IN_UMOL_AND_GRAMS = {("Bilirubin", "mg/dL"): 17.1, ("Creatinine", "mg/dL"): 88.4, ("Albumin", "g/dL"): 10.0}


def size(row: Row) -> float:
    return float(row["Value"] * IN_UMOL_AND_GRAMS.get((row["Test"], row["Unit"]), 1.0))


def on_admission(demo: Demo, patient: Row) -> dict[str, float]:
    rows = of_patient(demo.laboratory, patient)
    return {row["Test"]: size(row) for row in rows if row["Date"] == patient["Admission date"]}


def test_each_centre_has_its_own_units_and_limits(demo: Demo) -> None:
    for centre, units in UNITS.items():
        rows = [row for row in demo.laboratory if row["Patient ID"].startswith(centre)]
        for test, unit in units.items():
            assert {row["Unit"] for row in rows if row["Test"] == test} == {unit}
        limits = {(row["Test"], row["Lower limit"], row["Upper limit"]) for row in rows}
        assert len(limits) == 6, "one laboratory, one pair of limits a test"


def test_bilirubin_and_albumin_give_the_class_of_child_and_pugh(demo: Demo) -> None:
    """Pugh 1973: bilirubin 34.2 to 51.3 umol/L and albumin 28 to 35 g/L are two points each; three others at one."""
    for patient in demo.patients:
        found = on_admission(demo, patient)
        points = 3
        for value, low, high, is_worse_above in (
            (found["Bilirubin"], 34.2, 51.3, True),
            (found["Albumin"], 28.0, 35.0, False),
        ):
            beyond = value > high if is_worse_above else value < low
            points += 3 if beyond else 2 if low <= value <= high else 1
        assert patient["Child-Pugh"] == ("A" if points <= 6 else "B"), patient["Patient ID"]
        assert points <= 9


def test_platelets_are_lower_in_cirrhosis(demo: Demo) -> None:
    def mean(cirrhosis: str) -> float:
        held = [
            on_admission(demo, row)["Platelets"] for row in demo.patients if row["Cirrhosis"] == cirrhosis
        ]
        return sum(held) / len(held)

    assert mean("Y") + 50 < mean("N")


def test_values_are_of_admission_the_days_after_the_session_and_the_visits(demo: Demo) -> None:
    for patient in demo.patients:
        first = patient["First DEB-TACE"]
        visits = [row for row in of_patient(demo.visits, patient) if row["Blood count"] == "Y"]
        days = list(dict.fromkeys(row["Date"] for row in of_patient(demo.laboratory, patient)))
        assert days[0] == patient["Admission date"]
        assert 2 <= (days[1] - first).days <= 4
        assert days[2:] == [row["Visit date"] for row in visits]


def test_the_liver_fails_in_nobody(demo: Demo) -> None:
    """Results: no liver failure, no renal failure. No visit has three points of bilirubin or albumin."""
    for patient in demo.patients:
        late = patient["First DEB-TACE"] + timedelta(days=5)
        for row in of_patient(demo.laboratory, patient):
            if row["Date"] < late:
                continue
            if row["Test"] == "Bilirubin":
                assert size(row) <= 51.3
            elif row["Test"] == "Albumin":
                assert size(row) >= 28
            elif row["Test"] == "Creatinine":
                assert size(row) <= 1.5 * 97


def test_enzymes_rise_after_the_first_session(demo: Demo) -> None:
    for patient in demo.patients:
        rows = [row for row in of_patient(demo.laboratory, patient) if row["Test"] == "ALT"]
        assert rows[1]["Value"] > rows[0]["Value"]


def test_visits_are_the_days_of_the_scans_and_say_what_was_scanned(demo: Demo) -> None:
    for patient in demo.patients:
        visits = of_patient(demo.visits, patient)
        scans = of_patient(demo.imaging, patient)[1:]
        assert [row["Visit date"] for row in visits] == [row["Scan date"] for row in scans]
        assert [row["Abdomen"] for row in visits] == [row["Modality"] for row in scans]
        assert [row["Contrast"] for row in visits] == [row["Arterial phase"] for row in scans]
        ecog = [patient["ECOG"], *(row["ECOG"] for row in visits)]
        assert ecog == sorted(ecog)
        assert ecog[-1] <= min(2, patient["ECOG"] + 2)


def test_few_visits_lack_an_examination(demo: Demo) -> None:
    for examination in ("Blood count", "Liver function", "Kidney function", "AFP", "Chest CT", "Contrast"):
        lacking = sum(row[examination] == "N" for row in demo.visits)
        assert 0 < lacking < 0.05 * len(demo.visits)
