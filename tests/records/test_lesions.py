"""Scans and lesions at the door: each bad input and each rule of choosing targets, by the line it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from calliper.records.tables import Records
from raw_study import HEADER, PATIENTS, Cell, checked, lines, study, write_text

IMAGING = {
    "patient": "ID",
    "scan": "Scan",
    "date": "Day",
    "modality": "Modality",
    "arterial_phase": "Arterial",
    "slice_mm": "Slice",
    "reader": "Reader",
}
LESIONS = {
    "patient": "ID",
    "scan": "Scan",
    "lesion": "Lesion",
    "organ": "Organ",
    "role": "Role",
    "kind": "Kind",
    "status": "Status",
    "whole_mm": "Whole",
    "viable_mm": "Viable",
    "short_axis_mm": "Short axis",
}
MORE = {"delineated": "Delineated", "prior_treatment": "Treated"}
RESPONSE: dict[str, Any] = {
    "kind": "response",
    "label": "Response",
    "criteria": "mRECIST",
    "start": "start",
    "death": "death",
    "lesions": {"rules": "mRECIST_2010"},
    "landmarks": {"month_1": {"label": "1 month", "day": 30, "window": [21, 45]}},
}
RECIST = RESPONSE | {"lesions": {"rules": "RECIST_1_1"}}

BASE = ("P1", "B", "2018-01-30", "CT", "yes", None, None)
FOLLOW = ("P1", "F", "2018-03-02", "MR", "Yes", None, None)
LESION = ("P1", "B", "T1", "liver", "Target", None, None, "60", "50", None)


def lesion(**changes: Cell) -> tuple[Cell, ...]:
    """LESION with some cells changed, by role."""
    held = dict(zip(LESIONS, LESION, strict=True))
    return tuple({**held, **changes}.values())


def read(
    folder: Path, imaging: list[tuple[Cell, ...]], lesions: list[tuple[Cell, ...]], **changes: Any
) -> Records:
    roles = LESIONS | changes.pop("more", {})
    write_text(folder / "one.csv", [HEADER, *PATIENTS])
    write_text(folder / "scans.csv", [tuple(IMAGING.values()), *imaging])
    write_text(folder / "lesions.csv", [tuple(roles.values()), *lesions])
    tables = {
        "imaging": {"files": [{"path": "scans.csv"}], "columns": IMAGING},
        "lesions": {"files": [{"path": "lesions.csv"}], "columns": roles},
    }
    return checked(study(tables=tables, endpoints={"r": changes.pop("response", RESPONSE)}), folder)


def rules(records: Records, severity: str = "query") -> list[tuple[str, int | None]]:
    return [(problem.rule, problem.row) for problem in records.problems if problem.severity == severity]


def test_sound_tables_have_no_problem_and_words_are_read_whatever_their_capitals(tmp_path: Path) -> None:
    records = read(tmp_path, [BASE, FOLLOW], [LESION, lesion(scan="F", role="TARGET", organ="Liver")])
    assert records.problems == ()
    assert records.tables["imaging"]["modality"].to_list() == ["CT", "MRI"]
    assert records.tables["lesions"].select("organ", "role").rows() == [("LIVER", "target")] * 2


def test_words_that_are_not_known_are_errors(tmp_path: Path) -> None:
    records = read(tmp_path, [BASE], [lesion(organ="LIVR"), lesion(lesion="T2", role="index")])
    assert lines(records) == [
        "lesions.csv, row 2, column 'Organ': 'LIVR' is not one of 'LIVER', 'LN', 'LUNG', 'ADRENAL', 'BONE', "
        "'PERITONEUM', 'VESSEL', 'OTHER' (did you mean 'LIVER'?); correct the cell",
        "lesions.csv, row 3, column 'Role': 'index' is not one of 'target', 'non_target', 'new'; correct the cell",
    ]


def test_diameters(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        [BASE],
        [
            lesion(whole_mm="60.12345"),
            lesion(lesion="T2", viable_mm="-1"),
            lesion(lesion="T3", whole_mm="40"),
        ],
    )
    assert lines(records) == [
        "lesions.csv, row 2, column 'Whole': '60.12345' is finer than 0.0001 mm; round it",
        "lesions.csv, row 3, column 'Viable': '-1' lies below 0; correct the cell",
        "lesions.csv, row 4, column 'Viable': the viable diameter '50' is larger than the whole (40); "
        "correct one of the two",
    ]


def test_scans_and_lesions_that_stand_twice_and_scans_that_do_not_exist(tmp_path: Path) -> None:
    records = read(
        tmp_path, [BASE, BASE, FOLLOW], [LESION, LESION, lesion(scan="F"), lesion(scan="G", lesion="T2")]
    )
    assert rules(records, "error") == [
        ("duplicate_scan", 2),
        ("duplicate_scan", 3),
        ("duplicate_lesion", 2),
        ("duplicate_lesion", 3),
        ("unknown_scan", 5),
    ]


def test_fragments_of_one_lesion_may_stand_twice(tmp_path: Path) -> None:
    part = lesion(status="fragment")
    assert rules(read(tmp_path, [BASE], [part, part]), "error") == []


def test_a_scan_after_death_is_an_error(tmp_path: Path) -> None:
    late = ("P2", "B", "2018-10-01", "CT", "yes", None, None)
    assert lines(read(tmp_path, [late], [])) == [
        "scans.csv, row 2, column 'Day': the scan of 2018-10-01 is after the patient's death (2018-09-20); "
        "correct one of the dates"
    ]


def test_between_scans(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        [BASE, FOLLOW, ("P2", "F", "2018-04-05", "US", "no", None, None)],
        [LESION, lesion(scan="F", role="non_target"), lesion(scan="F", lesion="T9")],
    )
    assert lines(records, "query") == [
        "lesions.csv, row 3, column 'Role': lesion T1 is non_target here and was target before; "
        "correct one of them; the role of its first scan counts",
        "scans.csv, row 4, column 'Scan': no scan with lesions in the 42 days up to the start (2018-03-05); "
        "add the baseline scan; until then no scan of the patient can be evaluated",
        "scans.csv, row 4, column 'Arterial': a scan without arterial phase shows no viable tumour "
        "(mRECIST_2010); confirm it; the hepatic lesions of the scan are not evaluable",
        "scans.csv, row 4, column 'Modality': lesions are not measured by US; confirm it; "
        "the lesions of the scan are not evaluable",
        "lesions.csv, row 4, column 'Lesion': target lesion T9 was not measured at baseline; "
        "measure it at baseline, or record it as new; it counts for nothing",
    ]


@pytest.mark.parametrize(
    ("cells", "mrecist", "recist"),
    [
        ({"whole_mm": "10", "viable_mm": "9.9"}, ["L1"], []),
        ({"whole_mm": "9.9", "viable_mm": "9"}, ["L1"], ["L1"]),
        ({"whole_mm": "6", "viable_mm": "1.2"}, ["L1", "centimetres"], ["L1"]),
        ({"viable_mm": None}, ["L3"], []),
        ({"kind": "infiltrative"}, ["L5"], ["L5"]),
        ({"kind": "atypical"}, ["L7"], []),
        ({"kind": "thrombus", "organ": "vessel"}, ["L8"], ["L8"]),
        ({"kind": "porta hepatis node", "organ": "LN", "short_axis_mm": "19"}, ["L9"], []),
        ({"kind": "porta hepatis node", "organ": "LN", "short_axis_mm": "20"}, [], []),
        ({"organ": "LN", "short_axis_mm": "14.5"}, ["L10"], ["L10"]),
        ({"kind": "effusion", "organ": "peritoneum"}, ["L11"], ["L11"]),
        ({"kind": "cystic"}, ["L12"], ["L12"]),
        ({"organ": "lung", "whole_mm": None, "viable_mm": None}, ["L13"], ["L13"]),
    ],
)
def test_rules_of_one_target(
    tmp_path: Path, cells: dict[str, Cell], mrecist: list[str], recist: list[str]
) -> None:
    rows = [lesion(**cells)]
    assert [rule for rule, _ in rules(read(tmp_path, [BASE], rows))] == mrecist
    assert [rule for rule, _ in rules(read(tmp_path, [BASE], rows, response=RECIST))] == recist


def test_rules_that_read_other_columns(tmp_path: Path) -> None:
    rows = [(*LESION, "no", "treated"), (*lesion(lesion="T2"), "yes", "progressed")]
    assert rules(read(tmp_path, [BASE], rows, more=MORE)) == [("L4", 2)]
    assert rules(read(tmp_path, [BASE], rows, more=MORE, response=RECIST)) == [("L4", 2), ("L6", 2)]


def test_l2_counts_targets_and_nodes_are_one_organ(tmp_path: Path) -> None:
    three = [lesion(lesion=f"T{at}") for at in range(3)]
    assert rules(read(tmp_path, [BASE], three)) == [("L2", 2), ("L2", 3), ("L2", 4)]
    six = [lesion(lesion=f"T{at}", organ=organ) for at, organ in enumerate(("lung", "bone", "adrenal") * 2)]
    assert rules(read(tmp_path, [BASE], six)) == [("L2", row) for row in range(2, 8)]
    assert rules(read(tmp_path, [BASE], six[:5])) == []


def test_thick_slices_need_larger_targets(tmp_path: Path) -> None:
    thick = (*BASE[:-2], "8", None)
    assert rules(read(tmp_path, [thick], [lesion(viable_mm="15")])) == [("L1", 2)]
    assert rules(read(tmp_path, [thick], [lesion(viable_mm="16")])) == []


def test_a_baseline_of_zero_is_an_error(tmp_path: Path) -> None:
    assert rules(read(tmp_path, [BASE], [lesion(viable_mm="0")]), "error") == [("baseline_zero", 2)]


def test_an_old_baseline_is_a_query(tmp_path: Path) -> None:
    old = ("P1", "B", "2018-01-03", "CT", "yes", None, None)
    assert lines(read(tmp_path, [old], [LESION]), "query") == [
        "scans.csv, row 2, column 'Day': the baseline scan is 29 days older than the start; "
        "confirm it; it is used as it stands"
    ]


def test_nothing_is_new_at_baseline(tmp_path: Path) -> None:
    assert rules(read(tmp_path, [BASE], [LESION, lesion(lesion="N", role="new")])) == [("new_at_baseline", 3)]


def test_two_readers_of_one_day_need_an_order(tmp_path: Path) -> None:
    both = [(*BASE[:-1], "A"), ("P1", "B2", *BASE[2:-1], "B")]
    rows = [LESION, lesion(scan="B2", viable_mm="9")]
    assert rules(read(tmp_path, both, rows), "error") == [("two_readers", 2), ("two_readers", 3)]
    ordered = RESPONSE | {"lesions": {"rules": "mRECIST_2010", "readers": ["A"]}}
    records = read(tmp_path, both, rows, response=ordered)
    assert lines(records, "query") == [
        "scans.csv, row 3, column 'Reader': 'B' is none of the study file's readers; "
        "add the reader under lesions.readers of the endpoint; the scan is not read"
    ]
    assert lines(records) == []
