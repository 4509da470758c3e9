"""Every rule of the page on deviations, held against records that keep or break it; expectations worked by hand."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from calliper.derivations.baseline import derive_baseline
from calliper.pipeline import derive, read
from calliper.protocol.load import load
from shared import ROOT

PAGE = (ROOT / "docs" / "methods" / "deviations.md").read_text(encoding="utf-8")
RULES = re.search(r"```yaml\n(protocol:\n.*?)```", PAGE, re.DOTALL)
assert RULES is not None

ROLES = {
    "sessions": "session number date technique puncture access microcatheter ended_by success",
    "bead_preparation": (
        "session product bead_size_min_um bead_size_max_um vials mass_g_per_vial syringe_beads_ml settle_min drug "
        "drug_mg solvent solvent_ml syringe_drug_ml connector shake_every_min load_min contrast "
        "ratio_beads_to_contrast wait_min"
    ),
    "arterial_drugs": "session drug dose_mg before_beads",
    "embolisation": "session step action material rate_ml_per_min mode stain",
    "angiography": "session phase vessels stain pause_min",
    "exposure": "drug start end dose schedule reason",
    "visits": "date kind child_pugh afp_measured abdomen contrast",
    "responses": "date response",
    "adverse_events": "term grade start",
}

STUDY = """\
calliper: 1
study: {title: Rules, design: retrospective cohort, cutoff: 2020-06-30}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: patient}}
TABLES
variables:
  first_tace: {type: date, column: first_tace, label: First TACE}
  first_tablet: {type: date, column: first_tablet, label: First tablet}
  baseline_scan: {type: date, column: baseline_scan, label: Baseline scan}
  untreatable_on: {type: date, column: untreatable_on, label: Untreatable progression}
  largest_cm: {type: number, column: largest_cm, label: Largest tumour, unit: cm}
derived:
  sorafenib_delay: {label: Delay, from_date: first_tace, to_date: first_tablet, unit: days}
arms:
  column: arm
  groups:
    combination: {label: Combination, values: [combination]}
    tace: {label: TACE, values: [tace]}
  reference: tace
endpoints:
  sorafenib: {kind: exposure, label: Sorafenib, start: first_tace, drugs: [sorafenib], planned_mg_per_day: 800}
PROTOCOL
analyses:
  - {id: kept, kind: deviations, endpoint: protocol}
"""


def study_text() -> str:
    tables = []
    for table, roles in ROLES.items():
        columns = ", ".join(f"{role}: {role}" for role in ["patient", *roles.split()])
        further = ", further: {product: {column: product, codes: {tosylate: tosylate, mesylate: mesylate}}}"
        ending = further if table == "exposure" else ""
        tables.append(f"  {table}: {{files: [{{path: {table}.csv}}], columns: {{{columns}}}{ending}}}")
    rules = textwrap.indent(RULES[1], "  ") if RULES else ""
    return STUDY.replace("TABLES", "\n".join(tables)).replace("PROTOCOL", rules)


PERSON = {
    "patient": "P", "arm": "combination", "first_tace": "2018-02-01", "first_tablet": "2018-02-05",
    "baseline_scan": "2018-01-25", "untreatable_on": "", "largest_cm": "11",
}  # fmt: skip
SESSION = {
    "session": "A", "number": "1", "date": "2018-02-01", "technique": "DEB-TACE", "puncture": "seldinger",
    "access": "right_femoral", "microcatheter": "y", "ended_by": "stasis", "success": "y",
}  # fmt: skip
BEADS = {
    "session": "A", "product": "callispheres", "bead_size_min_um": "300", "bead_size_max_um": "500", "vials": "1",
    "mass_g_per_vial": "1", "syringe_beads_ml": "20", "settle_min": "2.5", "drug": "epirubicin", "drug_mg": "60",
    "solvent": "sterile_water", "solvent_ml": "5", "syringe_drug_ml": "5", "connector": "three_way",
    "shake_every_min": "5", "load_min": "30", "contrast": "iodixanol", "ratio_beads_to_contrast": "1:1",
    "wait_min": "5",
}  # fmt: skip
DRUG = {"session": "A", "drug": "oxaliplatin", "dose_mg": "100", "before_beads": "y"}
STEPS = [
    {"step": "1", "action": "infuse_drug"},
    {"step": "2", "action": "inject_beads", "material": "deb", "rate_ml_per_min": "1", "mode": "pulse"},
    {"step": "3", "action": "stasis"},
    {"step": "4", "action": "wait"},
    {"step": "5", "action": "angiography", "stain": "none"},
]
VIEWS = [
    {"phase": "pre", "vessels": "coeliac; common_hepatic; phrenic", "stain": "complete"},
    {"phase": "after_pause", "stain": "none", "pause_min": "5"},
    {"phase": "final", "stain": "none"},
]
PERIOD = {
    "drug": "sorafenib", "start": "2018-02-05", "end": "2018-05-01", "dose": "800", "schedule": "BID",
    "reason": "start", "product": "tosylate",
}  # fmt: skip
VISIT = {
    "date": "2018-03-10", "kind": "imaging", "child_pugh": "A", "afp_measured": "y", "abdomen": "CT", "contrast": "y",
}  # fmt: skip

Row = Mapping[str, str]


def keeps_all() -> dict[str, list[dict[str, str]]]:
    """The records of one patient who keeps every rule."""
    return {
        "patients": [dict(PERSON)],
        "sessions": [dict(SESSION)],
        "bead_preparation": [dict(BEADS)],
        "arterial_drugs": [dict(DRUG)],
        "embolisation": [{"session": "A", **step} for step in STEPS],
        "angiography": [{"session": "A", **view} for view in VIEWS],
        "exposure": [dict(PERIOD)],
        "visits": [dict(VISIT)],
        "responses": [{"date": "2018-03-10", "response": "SD"}],
        "adverse_events": [{"term": "Pain", "grade": "2", "start": "2018-02-10"}],
    }


def judged(folder: Path, records: Mapping[str, list[dict[str, str]]]) -> pl.DataFrame:
    """What the rules of the page say of these records."""
    for table, rows in records.items():
        roles = list(PERSON) if table == "patients" else ["patient", *ROLES[table].split()]
        columns = [*roles, "product"] if table == "exposure" else roles
        lines = [",".join({"patient": "P", **row}.get(name, "") for name in columns) for row in rows]
        (folder / f"{table}.csv").write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
    path = folder / "study.yaml"
    path.write_text(study_text(), encoding="utf-8")
    loaded = load(path)
    held = read(loaded)
    assert not [problem.line for problem in held.problems if problem.severity == "error"]
    return derive(loaded.protocol, held, derive_baseline(loaded.protocol, held)).endpoints["protocol"].frame


def found(folder: Path, records: Mapping[str, list[dict[str, str]]]) -> set[tuple[str, str]]:
    """Rules that are not kept, with what they are: minor, major or not recorded."""
    frame = judged(folder, records).filter(pl.col("status") != "met")
    return {(row["rule"], row["severity"] or "not recorded") for row in frame.iter_rows(named=True)}


def test_who_keeps_all_is_judged_by_every_rule_and_deviates_from_none(tmp_path: Path) -> None:
    frame = judged(tmp_path, keeps_all())
    assert frame.filter(pl.col("status") != "met").is_empty()
    named = set(re.findall(r"\{id: (\w+),", PAGE))
    # S04 is about an adverse event, S07 about the control arm: neither has a record here
    assert set(frame["rule"]) == named - {"S04", "S07"}
    treatment = {f"B{n:02}" for n in range(1, 11)} | {f"P{n:02}" for n in range(1, 11)}
    follow_up = {f"S{n:02}" for n in range(1, 9)} | {"R01", "R02", "R03", "V01", "V02", "V03", "V04"}
    assert treatment | follow_up <= named


CHANGED: dict[str, tuple[str, dict[str, str], set[tuple[str, str]]]] = {
    "epirubicin 50 mg": ("bead_preparation", {"drug_mg": "50"}, {("B05", "minor")}),
    "no drug loaded": ("bead_preparation", {"drug": "none", "drug_mg": "0"}, {("B05", "major")}),
    "60 mg, bottles not known": (
        "bead_preparation",
        {"vials": ""},
        {("B02", "not recorded"), ("B05", "not recorded")},
    ),
    "50 mg, bottles not known": (
        "bead_preparation",
        {"vials": "", "drug_mg": "50"},
        {("B02", "not recorded"), ("B05", "minor")},
    ),
    "two bottles, 120 mg": ("bead_preparation", {"vials": "2", "drug_mg": "120"}, set()),
    "beads of 100 to 300": (
        "bead_preparation",
        {"bead_size_min_um": "100", "bead_size_max_um": "300"},
        {("B01", "major")},
    ),
    "lower end alone, and wrong": (
        "bead_preparation",
        {"bead_size_min_um": "100", "bead_size_max_um": ""},
        {("B01", "major")},
    ),
    "lower end alone, and right": ("bead_preparation", {"bead_size_max_um": ""}, {("B01", "not recorded")}),
    "2 g in a bottle": ("bead_preparation", {"mass_g_per_vial": "2"}, {("B02", "minor")}),
    "10 ml syringe": ("bead_preparation", {"syringe_beads_ml": "10"}, {("B03", "minor")}),
    "settled for 4 min": ("bead_preparation", {"settle_min": "4"}, {("B04", "minor")}),
    "settled for 3 min": ("bead_preparation", {"settle_min": "3"}, set()),
    "in saline": ("bead_preparation", {"solvent": "saline"}, {("B06", "minor")}),
    "no three-way connector": ("bead_preparation", {"connector": "other"}, {("B07", "minor")}),
    "loaded for 25 min": ("bead_preparation", {"load_min": "25"}, {("B08", "minor")}),
    "ratio 2:1": ("bead_preparation", {"ratio_beads_to_contrast": "2:1"}, {("B09", "minor")}),
    "3 min before injection": ("bead_preparation", {"wait_min": "3"}, {("B10", "minor")}),
    "radial access": ("sessions", {"access": "radial"}, {("P01", "minor")}),
    "another technique": ("sessions", {"technique": "C-TACE"}, {("T01", "major")}),
    "no microcatheter": ("sessions", {"microcatheter": "n"}, {("P04", "minor")}),
    "stopped early": ("sessions", {"ended_by": "stopped_early"}, {("P07", "minor")}),
    "oxaliplatin 160 mg": ("arterial_drugs", {"dose_mg": "160"}, {("P05", "minor")}),
    "oxaliplatin 150 mg": ("arterial_drugs", {"dose_mg": "150"}, set()),
    "oxaliplatin after beads": ("arterial_drugs", {"before_beads": "n"}, {("P05", "minor")}),
    "another drug alone": ("arterial_drugs", {"drug": "cisplatin"}, {("P05", "not recorded")}),
    "2 ml/min": ("embolisation:1", {"rate_ml_per_min": "2"}, {("P06", "minor")}),
    "coeliac alone": ("angiography:0", {"vessels": "coeliac; phrenic"}, {("P02", "minor")}),
    "no extrahepatic search": ("angiography:0", {"vessels": "coeliac; common_hepatic"}, {("P03", "minor")}),
    "vessels not recorded": (
        "angiography:0",
        {"vessels": ""},
        {("P02", "not recorded"), ("P03", "not recorded")},
    ),
    "pause of 3 min": ("angiography:1", {"pause_min": "3"}, {("P08", "minor")}),
    "pause blank": ("angiography:1", {"pause_min": ""}, {("P08", "not recorded")}),
    "stain left": ("angiography:2", {"stain": "partial"}, {("P10", "minor")}),
    "sorafenib on day 2": ("patients", {"first_tablet": "2018-02-03"}, {("S02", "minor")}),
    "sorafenib on day 5": ("patients", {"first_tablet": "2018-02-06"}, set()),
    "sorafenib on day 30": ("patients", {"first_tablet": "2018-03-03"}, {("S02", "minor")}),
    "sorafenib on day 45": ("patients", {"first_tablet": "2018-03-18"}, {("S02", "major")}),
    "no first tablet": ("patients", {"first_tablet": ""}, {("S02", "not recorded")}),
    "no baseline scan": ("patients", {"baseline_scan": ""}, {("T02", "major")}),
    "tumour of 6 cm": ("patients", {"largest_cm": "6"}, set()),
    "size not known": ("patients", {"largest_cm": ""}, {("P03", "not recorded")}),
    "control arm on sorafenib": ("patients", {"arm": "tace"}, {("S07", "major")}),
    "session after untreatable": ("patients", {"untreatable_on": "2018-01-31"}, {("R03", "minor")}),
    "mesylate": ("exposure", {"product": "mesylate"}, {("S01", "minor")}),
    "start with 400 mg": ("exposure", {"dose": "400"}, {("S03", "minor")}),
    "scan on day 49": ("visits", {"date": "2018-03-22"}, set()),
    "scan on day 50": ("visits", {"date": "2018-03-23"}, {("V01", "minor")}),
    "scan on day 99": ("visits", {"date": "2018-05-11"}, {("V01", "minor"), ("V02", "minor")}),
    "no contrast": ("visits", {"contrast": "n"}, {("V03", "minor")}),
    "no AFP": ("visits", {"afp_measured": "n"}, {("V04", "minor")}),
}


@pytest.mark.parametrize("name", CHANGED)
def test_one_record_changed(name: str, tmp_path: Path) -> None:
    where, change, expected = CHANGED[name]
    table, _, at = where.partition(":")
    records = keeps_all()
    records[table][int(at or 0)] |= change
    assert found(tmp_path, records) == expected


def test_control_arm_may_take_sorafenib_from_progression_on(tmp_path: Path) -> None:
    records = keeps_all()
    records["patients"][0]["arm"] = "tace"
    records["responses"] = [{"date": "2018-02-05", "response": "PD"}]
    assert found(tmp_path, records) == set()
    records["responses"] = [{"date": "2018-02-06", "response": "PD"}]
    assert found(tmp_path, records) == {("S07", "major")}


def test_sorafenib_seven_days_past_progression(tmp_path: Path) -> None:
    records = keeps_all()
    records["responses"] = [{"date": "2018-04-24", "response": "PD"}]  # 7 days before the last dose
    assert found(tmp_path, records) == set()
    records["responses"] = [{"date": "2018-04-23", "response": "PD"}]
    assert found(tmp_path, records) == {("S06", "minor")}
    records = keeps_all()
    records["exposure"][0]["end"] = ""
    records["adverse_events"][0]["grade"] = "4"
    assert found(tmp_path, records) == {("S06", "not recorded")}


def test_a_period_that_ends_after_the_cutoff_counts_up_to_it(tmp_path: Path) -> None:
    """The cut-off is 30 June 2020; progression 7 days before it is in time, and 8 days before it is not."""
    records = keeps_all()
    records["exposure"][0]["end"] = "2020-12-31"
    records["responses"] = [{"date": "2020-06-23", "response": "PD"}]
    assert found(tmp_path, records) == set()
    records["responses"] = [{"date": "2020-06-22", "response": "PD"}]
    assert found(tmp_path, records) == {("S06", "minor")}


@pytest.mark.parametrize(("until", "expected"), [("2018-03-08", set()), ("2018-03-12", {("S04", "minor")})])
def test_a_pause_of_about_a_week(until: str, expected: set[tuple[str, str]], tmp_path: Path) -> None:
    """1 to 8 March are 8 days, 1 to 12 March 12."""
    records = keeps_all()
    pause = {
        **PERIOD,
        "start": "2018-03-01",
        "end": until,
        "dose": "0",
        "schedule": "none",
        "reason": "adverse_event",
    }
    after = {**PERIOD, "start": "2018-03-13", "end": "2018-05-01", "reason": "resume"}
    records["exposure"] = [{**PERIOD, "end": "2018-02-28"}, pause, after]
    assert found(tmp_path, records) == expected


def test_a_long_interruption_and_a_drug_taken_again_after_it_was_stopped_for_good(tmp_path: Path) -> None:
    records = keeps_all()
    off = {**PERIOD, "start": "2018-03-01", "end": "2018-04-01", "dose": "0", "reason": "progression"}
    again = {**PERIOD, "start": "2018-04-02", "reason": "resume"}
    records["exposure"] = [{**PERIOD, "end": "2018-02-28"}, off, again]
    assert found(tmp_path, records) == {("S05", "minor"), ("S08", "minor")}


@pytest.mark.parametrize(
    ("date", "scan", "expected"),
    [
        ("2018-03-15", "2018-03-10", set()),
        ("2018-03-15", "2018-02-01", {("R01", "minor")}),  # the scan is of the day of the session before
        ("2018-03-15", "2018-03-16", {("R01", "minor")}),
        ("2018-02-21", "2018-02-20", {("R02", "minor")}),  # 20 days
        ("2018-02-22", "2018-02-20", set()),
    ],
)
def test_a_repeated_session(date: str, scan: str, expected: set[tuple[str, str]], tmp_path: Path) -> None:
    records = keeps_all()
    records["sessions"].append({**SESSION, "session": "B", "number": "2", "date": date})
    for table in ("bead_preparation", "arterial_drugs", "embolisation", "angiography"):
        records[table] += [{**row, "session": "B"} for row in records[table]]
    records["responses"] = [{"date": scan, "response": "PR"}]
    assert found(tmp_path, records) == expected


def test_steps_out_of_order(tmp_path: Path) -> None:
    records = keeps_all()
    records["embolisation"] = records["embolisation"][1:]
    frame = judged(tmp_path, records).filter(rule="P09")
    assert frame["status"].to_list() == ["deviation"]
    assert frame["observed"][0].startswith(
        "session A: step 1, the injection of beads, came without the infusion"
    )
    records["embolisation"][0]["action"] = ""
    assert found(tmp_path, records) == {("P06", "not recorded"), ("P09", "not recorded")}


def test_a_session_without_its_records_is_not_recorded(tmp_path: Path) -> None:
    records = keeps_all()
    for table in ("bead_preparation", "arterial_drugs", "angiography"):
        records[table] = []
    frame = judged(tmp_path, records).filter(pl.col("status") != "met")
    assert set(frame["rule"]) == {"B01", "P02", "P05", "P08", "P10"}
    assert set(frame["observed"]) == {"session A: no record"}


def test_rows_before_the_start_and_after_the_cutoff_are_not_judged(tmp_path: Path) -> None:
    records = keeps_all()
    bad = {"kind": "imaging", "abdomen": "CT", "contrast": "n", "afp_measured": "n"}
    records["visits"] += [{**bad, "date": "2018-01-31"}, {**bad, "date": "2020-07-01"}]
    assert found(tmp_path, records) == set()
