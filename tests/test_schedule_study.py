"""Follow-up against its schedule from files on disk to the table of the report; and what unlike scanning does."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

import calliper
from calliper.blocks import Document, Table, Text
from small_study import write_csv

STUDY = """\
calliper: 1
study: {title: Follow-up, design: retrospective cohort, cutoff: 2018-10-28}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  responses: {files: [{path: responses.csv}], columns: {patient: ID, date: Date, response: Response}}
  visits:
    files: [{path: visits.csv}]
    columns: {patient: ID, date: Date, kind: Kind, afp_measured: AFP, abdomen: Abdomen, contrast: Contrast}
variables:
  first_tace: {type: date, column: TACE, label: First TACE}
  death_date: {type: date, column: Death, label: Death}
arms:
  column: Arm
  groups:
    combination: {label: Combination, values: [C]}
    control: {label: Control, values: [T]}
  reference: control
endpoints:
  scans:
    kind: schedule
    label: Imaging follow-up
    start: first_tace
    visits: visits
    where: {kind: [imaging]}
    due: [28, 42]
    on_time: [21, 49]
    late_until: 98
    until:
      - {first: responses, where: {response: [PD]}, reason: progression}
      - {date: death_date, reason: death}
    content: [afp_measured, abdomen, contrast]
analyses:
  - {id: follow_up, kind: follow_up_schedule, endpoint: scans}
"""
TACE = date(2018, 1, 1)
"""The cut-off is day 300."""

VISITS = {
    # 3 on time, 1 late, 1 after 2 missed ones: due 7
    "C1": (30, 65, 100, 160, 290),
    # on time, early; death on day 94, 49 days later: due 1
    "C2": (30, 45),
    # every 30 days: due 10, all on time
    "T1": tuple(range(30, 301, 30)),
    # every 28 days to progression on day 84: due 3
    "T2": (28, 56, 84, 112),
    # never: overdue after 49, 91, 133, 175, 217, 259
    "T3": (),
}
DEATHS = {"C2": 94}
PATIENTS = [["ID", "Arm", "TACE", "Death"]] + [
    [name, name[0], TACE.isoformat(), (TACE + timedelta(DEATHS[name])).isoformat() if name in DEATHS else ""]
    for name in VISITS
]


def iso(day: int) -> str:
    return (TACE + timedelta(days=day)).isoformat()


def written(folder: Path, *, study: str = STUDY, visits: dict[str, tuple[int, ...]] = VISITS) -> Path:
    write_csv(folder / "patients.csv", PATIENTS)
    write_csv(folder / "responses.csv", [["ID", "Date", "Response"], ["T2", iso(84), "PD"]])
    rows = [["ID", "Date", "Kind", "AFP", "Abdomen", "Contrast"], ["T3", iso(20), "Phone", "", "", ""]]
    for name, days in visits.items():
        # the second visit of each without AFP, the third with contrast not recorded
        rows += [
            [name, iso(day), "Imaging", "n" if at == 1 else "y", "CT", "" if at == 2 else "y"]
            for at, day in enumerate(days)
        ]
    write_csv(folder / "visits.csv", rows)
    path = folder / "study.yaml"
    path.write_text(study, encoding="utf-8")
    return path


def document(path: Path) -> Document:
    return calliper.load(path).outcome.document


def lines(made: Document) -> dict[str, list[str]]:
    (table,) = [
        b for s in made.sections for b in s.blocks if isinstance(b, Table) and b.id == "table-follow_up"
    ]
    return {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.rows}


def section(made: Document, name: str) -> list[str]:
    (found,) = [s for s in made.sections if s.id == name]
    return [block.text for block in found.blocks if isinstance(block, Text)]


def test_from_files_to_the_table(tmp_path: Path) -> None:
    """Combination: due 7 + 1; control: due 10 + 3 + 6. Days 300 + 94; 300 + 84 + 300."""
    made = document(written(tmp_path))
    shown = lines(made)
    assert shown["Patients"] == ["2", "3", "5"]
    assert shown["Visits due"] == ["8", "19", "27"]
    assert shown["On time, n (%)"] == ["4 (50.0)", "13 (68.4)", "17 (63.0)"]
    assert shown["Late, n (%)"] == ["1 (12.5)", "0 (0.0)", "1 (3.7)"]
    assert shown["After missed visits, n (%)"] == ["1 (12.5)", "0 (0.0)", "1 (3.7)"]
    assert shown["Missed, n (%)"] == ["2 (25.0)", "6 (31.6)", "8 (29.6)"]
    assert shown["Visits attended"] == ["7", "13", "20"]
    assert shown["Early, not due yet"] == ["1", "0", "1"]
    assert shown["Days followed, median (range)"] == ["197 (94 to 300)", "300 (84 to 300)", "300 (84 to 300)"]
    # 7 in 394 days: 6.489 a year; 13 in 684: 6.942
    assert shown["Per patient-year (95% CI)"][0].startswith("6.49 (")
    assert shown["Per patient-year (95% CI)"][1].startswith("6.94 (")
    assert shown["Ratio of the rates (95% CI)"][0].startswith("0.93 (")
    assert shown["Ratio of the rates (95% CI)"][1:] == ["Reference", ""]
    # 30, 35, 35, 60, 130, 30, 15: quartiles by type 7
    assert shown["Days between visits, median (IQR)"][0] == "35 (30 to 47.5)"
    # 3/7 and 1; 1, 1 and 0
    assert shown["Completeness a patient, %, median (range)"][:2] == ["71.4 (42.9 to 100)", "100 (0 to 100)"]
    assert shown["Every visit on time, n/N (%)"] == ["1/2 (50.0)", "2/3 (66.7)", "3/5 (60.0)"]
    assert shown["No visit at all, n/N (%)"] == ["0/2 (0.0)", "1/3 (33.3)", "1/5 (20.0)"]
    # C1 misses AFP once and contrast once, C2 AFP once; T1 and T2 both once
    assert shown["All of these"] == ["4 (57.1)", "9 (69.2)", "13 (65.0)"]
    assert shown["AFP"] == ["5 (71.4)", "11 (84.6)", "16 (80.0)"]
    assert shown["Contrast medium"] == ["6 (85.7)", "11 (84.6)", "17 (85.0)"]
    assert shown["Death"] == ["1 (50.0)", "0 (0.0)", "1 (20.0)"]
    assert shown["Progression"] == ["0 (0.0)", "1 (33.3)", "1 (20.0)"]
    assert shown["Data cut-off"] == ["1 (50.0)", "2 (66.7)", "3 (60.0)"]


def test_no_difference_seen_is_said_as_such(tmp_path: Path) -> None:
    made = document(written(tmp_path))
    (words,) = section(made, "follow_up")
    assert words.startswith(
        "With Combination, of 8 visits due 4 (50.0%) came on time and 2 (25.0%) were missed; the median interval was "
        "35 (30 to 47.5) days (IQR). "
    )
    assert words.endswith(
        "no difference in how often visits came was seen, which does not show that there is none."
    )
    assert not any("came more often" in text for text in section(made, "limitations"))


def test_unlike_scanning_is_a_limitation(tmp_path: Path) -> None:
    """Scans every ten days with the combination."""
    often = {**VISITS, "C1": tuple(range(10, 301, 10)), "C2": tuple(range(10, 91, 10))}
    made = document(written(tmp_path, visits=often))
    told = (
        "Visits came more often with Combination than with Control: progression is found earlier where visits come "
        "more often, so times to it are not measured alike in the two arms."
    )
    assert any(told in text for text in section(made, "limitations"))
    assert told in section(made, "follow_up")[0]
    assert lines(made)["Early, not due yet"][0] == "39"
    assert lines(made)["On time, n (%)"][0] == "—"


def test_the_methods_say_what_was_held_against_what(tmp_path: Path) -> None:
    told = " ".join(section(document(written(tmp_path)), "methods"))
    assert (
        "Imaging follow-up: the days with a visit (kind imaging) after first TACE were held against the schedule, up "
        "to the earliest of progression, death and the data cut-off."
    ) in told
    assert (
        "A visit was due 28 to 42 days after the one before it, the first after first TACE; it was on time after 21 to "
        "49 days and late up to 98 days."
    ) in told


def test_a_rule_on_the_schedule_finds_who_did_not_come(tmp_path: Path) -> None:
    """C1 missed two visits and T3, who never came, six; no row of a table would tell of T3."""
    rules = (
        "  protocol:\n    {kind: deviations, label: Deviations, rules: [{id: V05, endpoint: scans, "
        "text: No scan missed, rule: missed = 0, severity: major}]}\nanalyses:"
    )
    study = STUDY.replace("analyses:", rules)
    frame = calliper.load(written(tmp_path, study=study)).outcome.derived.endpoints["protocol"].frame
    held = {row["patient"]: (row["status"], row["observed"]) for row in frame.iter_rows(named=True)}
    assert {patient for patient, (status, _) in held.items() if status == "deviation"} == {"C1", "T3"}
    assert held["T3"][1] == "missed = 6"


def test_files_of_patients_and_visits(tmp_path: Path) -> None:
    calliper.load(written(tmp_path)).report(tmp_path / "out")
    patients = (tmp_path / "out" / "schedule.csv").read_text(encoding="utf-8").splitlines()
    visits = (tmp_path / "out" / "schedule_visits.csv").read_text(encoding="utf-8").splitlines()
    assert len(patients) == 1 + len(VISITS)
    assert len(visits) == 1 + 20
    assert any("C1" in line and "after missed" in line for line in visits)


def test_one_patient_is_explained(tmp_path: Path) -> None:
    told = calliper.load(written(tmp_path)).explain("C1")
    held = [" ".join(line.split()) for line in told.splitlines()]
    assert any(line.startswith("Due 7") for line in held), told
    assert any("day 290" in line and "after missed ones, 130 days" in line for line in held), told


def test_a_word_misspelt_is_a_query(tmp_path: Path) -> None:
    study = calliper.load(written(tmp_path, study=STUDY.replace("response: [PD]", "response: [P.D.]")))
    assert [problem.rule for problem in study.outcome.records.problems] == ["wanted_word"]


@pytest.mark.parametrize("anchor", ["previous", "start"])
def test_the_order_of_the_rows_changes_no_result(tmp_path: Path, anchor: str) -> None:
    study = STUDY.replace("    late_until: 98\n", f"    late_until: 98\n    anchor: {anchor}\n")
    one = calliper.load(written(tmp_path, study=study)).run()
    other = calliper.load(written(tmp_path, study=study, visits=dict(reversed(VISITS.items())))).run()
    assert one.by_key == other.by_key
