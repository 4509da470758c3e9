"""Sessions and what belongs to them: what is read, and the line of every mistake with its file, sheet and row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from calliper.protocol.roles import ROLES_OF
from calliper.records.tables import TABLES, Records
from raw_study import HEADER, PATIENTS, Cell, checked, lines, study, write_text, write_workbook

SESSIONS = [
    "patient", "session", "number", "date", "study_treatment", "technique", "indication", "access", "puncture",
    "selectivity", "microcatheter", "duration_min", "ended_by", "success", "complication",
]  # fmt: skip
TWO_SESSIONS: list[tuple[Cell, ...]] = [("P1", "S1", 1, date(2018, 2, 10)), ("P1", "S2", 2, date(2018, 4, 2))]


def source(table: str, roles: list[str], **keys: Any) -> dict[str, Any]:
    """A table of the sheet named after it, whose headers are its roles."""
    return {
        "files": [{"path": "book.xlsx", "sheet": table}],
        "columns": {role: role for role in roles},
        **keys,
    }


def read(
    folder: Path,
    keys: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    /,
    **tables: tuple[list[str], list[tuple[Cell, ...]]],
) -> Records:
    """Records of tables given as roles and rows, a sheet each; `keys` are further keys of a table."""
    write_text(folder / "one.csv", [HEADER, *PATIENTS])
    write_workbook(folder / "book.xlsx", {name: [roles, *rows] for name, (roles, rows) in tables.items()})
    sources = {name: source(name, roles, **keys.get(name, {})) for name, (roles, _) in tables.items()}
    return checked(study(tables=sources), folder)


def with_sessions(folder: Path, table: str, roles: list[str], *rows: tuple[Cell, ...]) -> Records:
    """Records of one table of P1's two sessions."""
    return read(folder, {}, **{"sessions": (SESSIONS[:4], TWO_SESSIONS), table: (roles, list(rows))})


def place(table: str, row: int, column: str) -> str:
    return f"book.xlsx, sheet '{table}', row {row}, column '{column}': "


def test_a_session_is_read_whatever_its_words_are_written_like(tmp_path: Path) -> None:
    row = (
        "P1", "S1", 1, date(2018, 2, 10), "Y", "deb-tace", "FIRST", "Right Femoral", "Seldinger", "SUPERSELECTIVE",
        True, 75.5, "near stasis", "no", "pain, mild",
    )  # fmt: skip
    other = ("P1", "S2", 2, date(2018, 4, 2), "0", "CTACE", "residual", "R_FEMORAL", "other", "Lobar",
             "no", 60, "STOPPED_EARLY", 1, None)  # fmt: skip
    records = read(tmp_path, sessions=(SESSIONS, [row, other]))
    assert records.problems == ()
    assert records.tables["sessions"].select(SESSIONS).rows() == [
        ("P1", "S1", 1, date(2018, 2, 10), "yes", "DEB_TACE", "first", "right_femoral", "seldinger",
         "superselective", "yes", 75.5, "near_stasis", "no", "pain, mild"),
        ("P1", "S2", 2, date(2018, 4, 2), "no", "C_TACE", "residual", "right_femoral", "other", "lobar",
         "no", 60.0, "stopped_early", "yes", None),
    ]  # fmt: skip


def test_the_words_of_a_hospital_mean_what_the_study_file_says(tmp_path: Path) -> None:
    roles = ["patient", "session", "date", "access", "complication"]
    rows: list[tuple[Cell, ...]] = [
        ("P1", "S1", date(2018, 2, 10), "右股动脉", "无"),
        ("P1", "S2", date(2018, 4, 2), "radial", "无"),
        ("P2", "S1", date(2018, 4, 2), "左", "发热"),
    ]
    codes = {"access": {"右股动脉": "right_femoral"}, "complication": {"无": "none", "发热": "fever"}}
    records = read(tmp_path, {"sessions": {"codes": codes}}, sessions=(roles, rows))
    assert records.tables["sessions"].select("access", "complication").rows() == [
        ("right_femoral", "none"),
        ("radial", "none"),
        (None, "fever"),
    ]
    assert lines(records) == [
        place("sessions", 4, "access")
        + "'左' is not one of 'right_femoral', 'left_femoral', 'radial'; correct the cell"
    ]


def test_each_bad_cell_of_a_session(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", None, 0, None, "perhaps", "DEBTACE", "first", "arm", "x", "whole", "y", -5, "stop", "?", None),
        ("P9", "S1", 1.5, "2018-13-01", *(None,) * 11),
    ]
    records = read(tmp_path, sessions=(SESSIONS, rows))
    at = {role: place("sessions", 2, role) for role in SESSIONS}
    assert lines(records) == [
        at["session"] + "the cell is blank, and a value is required; fill in the cell",
        at["number"] + "'0' lies below 1; correct the cell",
        at["date"] + "the cell is blank, and a value is required; fill in the cell",
        at["study_treatment"] + "'perhaps' is not one of 'yes', 'no'; correct the cell",
        at["technique"]
        + "'DEBTACE' is not one of 'DEB_TACE', 'C_TACE', 'TAE', 'HAIC' (did you mean 'DEB_TACE'?); "
        "correct the cell",
        at["access"] + "'arm' is not one of 'right_femoral', 'left_femoral', 'radial'; correct the cell",
        at["puncture"] + "'x' is not one of 'seldinger', 'other'; correct the cell",
        at["selectivity"]
        + "'whole' is not one of 'lobar', 'segmental', 'subsegmental', 'superselective'; correct the cell",
        at["duration_min"] + "'-5' lies below 0; correct the cell",
        at["ended_by"]
        + "'stop' is not one of 'stasis', 'near_stasis', 'planned_dose', 'stopped_early', 'unknown'; "
        "correct the cell",
        at["success"]
        + "'?' is not one of 'yes', 'no'; declare the text under reading.missing if it means that the "
        "value is missing",
        place("sessions", 3, "number") + "'1.5' is not a whole number; correct the cell",
        place("sessions", 3, "date") + "'2018-13-01' is a day that does not exist; correct the date",
        place("sessions", 3, "patient")
        + "patient 'P9' is not in the patients table; correct the identifier, or add "
        "the patient to the patients table",
    ]


def test_sessions_are_each_once_and_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", "S1", 1, date(2018, 3, 1)),
        ("P1", "S2", 2, date(2018, 2, 1)),
        ("P2", "S1", 1, date(2018, 3, 1)),
        ("P2", "S1", 2, date(2018, 4, 1)),
        ("P3", "A", 1, date(2018, 5, 1)),
        ("P3", "B", 1, date(2018, 6, 1)),
        ("P3", "C", 4, date(2018, 6, 1)),
    ]
    records = read(tmp_path, sessions=(SESSIONS[:4], rows))
    assert lines(records) == [
        place("sessions", 3, "number")
        + "session 2 (2018-02-01) is dated before session 1 (2018-03-01); correct the "
        "number, or one of the dates",
        *(
            place("sessions", row, "session")
            + "the patient has several sessions 'S1'; keep one of them, or give each "
            "its own identifier"
            for row in (4, 5)
        ),
        *(
            place("sessions", row, "number")
            + "the patient has several sessions with the number '1'; number the "
            "patient's sessions in their order"
            for row in (6, 7)
        ),
    ]
    assert lines(records, "query") == [
        place("sessions", 8, "number")
        + "session 4 follows session 1, and none is numbered between them; add the "
        "session, or confirm that it took place elsewhere",
        place("sessions", 8, "date")
        + "the patient has several sessions on '2018-06-01'; remove one if it is a copy; "
        "they are used as they stand",
    ]


def test_the_order_of_sessions_does_not_hang_on_the_order_of_rows(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", "S3", 3, date(2018, 6, 1)),
        ("P1", "S1", 1, date(2018, 2, 1)),
        ("P1", "S2", 2, date(2018, 2, 1)),
    ]
    records = read(tmp_path, sessions=(SESSIONS[:4], rows))
    assert lines(records) == []
    assert [(problem.rule, problem.row) for problem in records.problems] == [("same_day", 3), ("same_day", 4)]


def test_a_session_before_the_date_that_limits_it_is_an_error(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", "S1", 1, date(2018, 1, 31)),  # the start of P1 is 2018-02-01
        ("P2", "S1", 1, date(2018, 3, 5)),
        ("P2", "S2", 2, date(2018, 9, 21)),  # P2 died on 2018-09-20
        ("P3", "S1", 1, date(2019, 9, 21)),  # no death is known
    ]
    keys = {"sessions": {"not_before": {"date": ["start"]}, "not_after": {"date": ["death"]}}}
    assert lines(read(tmp_path, keys, sessions=(SESSIONS[:4], rows))) == [
        place("sessions", 2, "date")
        + "'2018-01-31' lies before 'Start' (2018-02-01); correct one of the two dates",
        place("sessions", 4, "date")
        + "'2018-09-21' lies after 'Death' (2018-09-20); correct one of the two dates",
    ]


def test_rows_of_a_session_that_is_not_there(tmp_path: Path) -> None:
    says = (
        "the patient has no session {} in the table of sessions{}; correct the identifier, or add the session"
    )
    for table, roles, row in (
        ("bead_preparation", ["patient", "session", "drug"], ("epirubicin",)),
        ("arterial_drugs", ["patient", "session", "drug", "dose_mg"], ("oxaliplatin", 100)),
        ("embolisation", ["patient", "session", "step", "material"], (1, "DEB")),
        ("angiography", ["patient", "session", "phase", "stain"], ("final", "none")),
    ):
        records = with_sessions(
            tmp_path, table, roles, ("P1", "S2", *row), ("P1", "S3", *row), ("P2", "S1", *row)
        )
        assert lines(records) == [
            place(table, 3, "session") + says.format("'S3'", "; there are 'S1', 'S2'"),
            place(table, 4, "session") + says.format("'S1'", ""),
        ]


def test_nobody_lacks_a_session_while_the_sessions_cannot_be_read_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS])
    write_text(tmp_path / "s.csv", [SESSIONS[:3], ("P1", "S1", "1")])
    write_text(tmp_path / "d.csv", [("patient", "session", "drug"), ("P1", "S7", "oxaliplatin")])
    tables = {
        "sessions": {"files": [{"path": "s.csv"}], "columns": {role: role for role in SESSIONS[:4]}},
        "arterial_drugs": {
            "files": [{"path": "d.csv"}],
            "columns": {r: r for r in ("patient", "session", "drug")},
        },
    }
    assert [problem.file for problem in checked(study(tables=tables), tmp_path).problems] == ["s.csv"]


def test_how_beads_were_prepared(tmp_path: Path) -> None:
    roles = [role for role in ROLES_OF["bead_preparation"] if role != "ratio_beads_to_contrast"]
    roles.append("ratio_beads_to_contrast")
    good = ("P1", "S1", "CalliSpheres", 300, 500, 1, 1, "LOT 7", 20, 2.5, "Epirubicin", 60, "sterile water", 5, 5,
            "three-way", 5, 30, "Iodixanol", 5, "1:1")  # fmt: skip
    wide = ("P1", "S2", "DC Bead", 700, 500, 0, 1, None, 20, -1, "cisplatin", 60, "oil", 5, 5,
            "two way", 5, 30, "iopamidol", 5, "1:0")  # fmt: skip
    records = with_sessions(tmp_path, "bead_preparation", roles, good, wide)
    held = records.tables["bead_preparation"].row(0, named=True)
    assert {role: held[role] for role in ("product", "bead_size_min_um", "vials", "drug", "solvent", "connector")} == {
        "product": "callispheres", "bead_size_min_um": 300.0, "vials": 1, "drug": "epirubicin",
        "solvent": "sterile_water", "connector": "three_way",
    }  # fmt: skip
    at = {role: place("bead_preparation", 3, role) for role in roles}
    assert lines(records) == [
        at["vials"] + "'0' lies below 1; correct the cell",
        at["settle_min"] + "'-1' lies below 0; correct the cell",
        at["drug"]
        + "'cisplatin' is not one of 'epirubicin', 'doxorubicin', 'irinotecan', 'other', 'none'; correct "
        "the cell",
        at["solvent"] + "'oil' is not one of 'sterile_water', 'saline'; correct the cell",
        at["connector"] + "'two way' is not one of 'three_way', 'other'; correct the cell",
        at["contrast"] + "'iopamidol' is not one of 'iodixanol', 'other_nonionic'; correct the cell",
        at["ratio_beads_to_contrast"] + "'1:0' is not a ratio; write it like 1:1",
        at["bead_size_min_um"]
        + "the smallest beads (700) are larger than the largest (500); correct the sizes",
    ]


def test_ratios_are_numbers_or_two_with_a_colon(tmp_path: Path) -> None:
    cells = ["1:1", "2 : 1", "1:2", "2", "0.5:1", "0", "-1:1", "1:1:1", "1/2", "a:1", ":1", None]
    roles = ["patient", "session", "ratio_beads_to_contrast"]
    records = with_sessions(tmp_path, "bead_preparation", roles, *(("P1", "S1", cell) for cell in cells))
    read_as = [1.0, 2.0, 0.5, 2.0, 0.5, *[None] * 7]
    assert records.tables["bead_preparation"]["ratio_beads_to_contrast"].to_list() == read_as
    assert [(problem.rule, problem.row) for problem in records.problems] == [
        ("ratio", row) for row in range(7, 13)
    ]


def test_the_vessels_of_an_angiography_are_words_in_a_list(tmp_path: Path) -> None:
    roles = ["patient", "session", "phase", "vessels", "feeders", "stain", "vessel_change", "pause_min"]
    records = with_sessions(
        tmp_path,
        "angiography",
        roles,
        ("P1", "S1", "PRE", "Coeliac; common hepatic;SMA", "segment 8", "complete", "NA", None),
        ("P1", "S1", "after pause", "celiac, COELIAC / right-hepatic", None, "Partial", "slender", 5),
        ("P1", "S2", None, "coeliac; internal mammary", None, "some", "less", "five"),
    )
    assert records.tables["angiography"].select("phase", "vessels", "stain", "vessel_change").rows() == [
        ("pre", "coeliac; common_hepatic; superior_mesenteric", "complete", "not_applicable"),
        ("after_pause", "coeliac; right_hepatic", "partial", "slender"),
        (None, None, None, None),
    ]
    at = {role: place("angiography", 4, role) for role in roles}
    assert lines(records) == [
        at["phase"] + "the cell is blank, and a value is required; fill in the cell",
        at["vessels"]
        + "'internal mammary' is not one of 'coeliac', 'common_hepatic', 'proper_hepatic', 'right_hepatic', "
        "'left_hepatic', 'phrenic', 'superior_mesenteric', 'left_gastric', 'right_renal', 'other'; correct the cell",
        at["stain"] + "'some' is not one of 'none', 'partial', 'complete'; correct the cell",
        at["vessel_change"]
        + "'less' is not one of 'unchanged', 'reduced', 'slender', 'absent', 'not_applicable'; "
        "correct the cell",
        at["pause_min"] + "'five' is not a number; correct the cell",
    ]


def test_the_steps_of_an_embolisation_are_in_order(tmp_path: Path) -> None:
    roles = ["patient", "session", "step", "action", "material", "mode", "reason"]
    records = with_sessions(
        tmp_path,
        "embolisation",
        roles,
        ("P1", "S1", 1, "Infuse drug", None, None, None),
        ("P1", "S1", 2, "inject_beads", "DEB", "PULSE", "INITIAL"),
        ("P1", "S1", 2, "stasis", None, None, None),
        ("P1", "S2", 2, "injection", "glue", "slow", None),
    )
    assert records.tables["embolisation"]["action"].to_list() == [
        "infuse_drug",
        "inject_beads",
        "stasis",
        None,
    ]
    shared = "the session has several steps '2'; number the steps in their order"
    assert lines(records) == [
        place("embolisation", 3, "step") + shared,
        place("embolisation", 4, "step") + shared,
        place("embolisation", 5, "action")
        + "'injection' is not one of 'infuse_drug', 'inject_beads', 'stasis', "
        "'wait', 'angiography', 'additional_beads', 'plain_microspheres'; correct the cell",
        place("embolisation", 5, "material")
        + "'glue' is not one of 'deb', 'plain_microsphere', 'lipiodol', 'gelfoam',"
        " 'coil'; correct the cell",
        place("embolisation", 5, "mode") + "'slow' is not one of 'pulse', 'continuous'; correct the cell",
    ]


def test_other_therapy(tmp_path: Path) -> None:
    roles = ["patient", "type", "start", "end", "line", "before_index"]
    rows: list[tuple[Cell, ...]] = [
        ("P1", "chemo", date(2018, 3, 1), date(2018, 2, 1), 2, "no"),
        ("P1", "RFA", None, None, 0, None),
        ("P2", "acupuncture", date(2018, 3, 1), None, None, None),
    ]
    records = read(tmp_path, other_therapy=(roles, rows))
    assert records.tables["other_therapy"]["type"].to_list() == ["chemotherapy", "RFA", None]
    assert lines(records) == [
        place("other_therapy", 2, "end")
        + "'2018-02-01' lies before the start (2018-03-01); correct one of the dates",
        place("other_therapy", 3, "line") + "'0' lies below 1; correct the cell",
        place("other_therapy", 4, "type")
        + "'acupuncture' is not one of 'RFA', 'RT', 'chemotherapy', 'surgery', 'TKI', "
        "'ICI', 'C_TACE', 'HAIC', 'LT', 'other'; correct the cell",
    ]
    assert lines(records, "query") == [
        place("other_therapy", 3, "start")
        + "the start is not recorded; fill it in, or the row counts for nothing"
    ]


def test_what_a_visit_held(tmp_path: Path) -> None:
    roles = ["patient", "date", "kind", "blood_count", "afp_measured", "chest_ct", "abdomen", "contrast"]
    rows: list[tuple[Cell, ...]] = [
        ("P1", date(2018, 3, 1), "IMAGING", "y", "n", "yes", "MR", "no"),
        ("P1", date(2018, 4, 1), "e-mail", "done", None, None, "PET", None),
    ]
    records = read(tmp_path, visits=(roles, rows))
    assert records.tables["visits"].select(roles[2:]).row(0) == ("imaging", "yes", "no", "yes", "MRI", "no")
    at = {role: place("visits", 3, role) for role in roles}
    assert lines(records) == [
        at["kind"]
        + "'e-mail' is not one of 'clinic', 'phone', 'imaging', 'inpatient', 'other'; correct the cell",
        at["blood_count"] + "'done' is not one of 'yes', 'no'; correct the cell",
        at["abdomen"] + "'PET' is not one of 'CT', 'MRI', 'none'; correct the cell",
    ]


def test_a_record_left_out_for_its_session_takes_nothing_else_along(tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS])
    sheets: dict[str, list[Sequence[Cell]]] = {
        "sessions": [SESSIONS[:4], *TWO_SESSIONS],
        "arterial_drugs": [
            ["patient", "session", "drug"],
            ("P1", "S1", "oxaliplatin"),
            ("P1", "S5", "oxaliplatin"),
        ],
    }
    write_workbook(tmp_path / "book.xlsx", sheets)
    tables = {name: source(name, [str(role) for role in rows[0]]) for name, rows in sheets.items()}
    records = checked(study(tables=tables, reading={"on_error": "exclude_record"}), tmp_path)
    assert records.tables["arterial_drugs"].select("session", "_row").rows() == [("S1", 2)]
    assert [(record.table, record.sheet, record.row) for record in records.excluded] == [
        ("arterial_drugs", "arterial_drugs", 3)
    ]
    assert records.tables["sessions"].height == 2


def test_every_role_of_every_table_is_typed() -> None:
    assert TABLES["sessions"]["date"] == pl.Date
    assert TABLES["bead_preparation"]["ratio_beads_to_contrast"] == pl.Float64
    assert TABLES["embolisation"]["step"] == pl.Int64
    assert TABLES["angiography"]["vessels"] == pl.String
