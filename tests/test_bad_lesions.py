"""What a centre can get wrong in scans and lesions, end to end: the line `check` prints, and what a run makes of it.

No bad scan becomes stable disease in silence: it is an error that stops the run, or a query and a response that is NE
with the reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import calliper
from calliper.cli.main import run_command
from lesion_study import IMAGING, LESIONS, PATIENTS, STUDY, lesion, scan, write_study


def lines(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit code of `calliper check`, and the errors and queries it printed."""
    code = run_command(["check", str(path)])
    shown = capsys.readouterr()
    return code, [
        line for line in (shown.out + shown.err).splitlines() if line.startswith(("error", "query"))
    ]


def scans_of(path: Path) -> pl.DataFrame:
    frame = calliper.load(path).outcome.derived.endpoints["response"].scans
    assert frame is not None
    return frame


def test_the_unbroken_study_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path)
    assert lines(path, capsys) == (0, [])
    # 60 of 100 mm, and 50; 60 of 110
    assert scans_of(path)["response"].to_list() == ["PR", "PR", "PR"]


LESION_SHEET = "scans.xlsx, sheet 'Lesions'"
IMAGING_SHEET = "scans.xlsx, sheet 'Imaging'"

ERRORS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an unknown organ": (
        lesion(3, Organ="livr"),
        [
            f"{LESION_SHEET}, row 3, column 'Organ': 'livr' is not one of 'LIVER', 'LN', 'LUNG', 'ADRENAL', 'BONE', "
            "'PERITONEUM', 'VESSEL', 'OTHER' (did you mean 'LIVER'?); correct the cell"
        ],
    ),
    "an unknown role": (
        lesion(3, Role="index"),
        [
            f"{LESION_SHEET}, row 3, column 'Role': 'index' is not one of 'target', 'non_target', 'new'; "
            "correct the cell"
        ],
    ),
    "more viable than whole": (
        lesion(3, Viable=116),
        [
            f"{LESION_SHEET}, row 3, column 'Viable': the viable diameter '116' is larger than the whole (115); "
            "correct one of the two"
        ],
    ),
    "a scan after death": (
        scan(6, Day="2018-10-01"),
        [
            f"{IMAGING_SHEET}, row 6, column 'Day': the scan of 2018-10-01 is after the patient's death (2018-09-20); "
            "correct one of the dates"
        ],
    ),
    "two scans of one identifier": (
        {**scan(4, Scan="S1"), "lesions": [row for row in LESIONS if row[:2] != ("P1", "S2")]},
        [
            f"{IMAGING_SHEET}, row {row}, column 'Scan': the patient has several scans 'S1'; keep one of them"
            for row in (3, 4)
        ],
    ),
    "a lesion twice at a scan": (
        {"lesions": [*LESIONS, LESIONS[1]]},
        [
            f"{LESION_SHEET}, row {row}, column 'Lesion': lesion 'T' has several rows at this scan; "
            "keep one, or give each the status fragment"
            for row in (3, 7)
        ],
    ),
    "a lesion of a scan that is not there": (
        lesion(3, Scan="S9"),
        [
            f"{LESION_SHEET}, row 3, column 'Scan': the patient has no scan 'S9' in the table of scans; "
            "correct the identifier, or add the scan"
        ],
    ),
    "a baseline of 0 mm": (
        lesion(2, Viable=0),
        [
            f"{LESION_SHEET}, row 2, column 'Lesion': the target lesions add up to 0 mm at baseline; "
            "correct the diameters, or record them as non-target"
        ],
    ),
    "a negative diameter": (
        lesion(3, Viable=-6),
        [f"{LESION_SHEET}, row 3, column 'Viable': '-6' lies below 0; correct the cell"],
    ),
    "two readers, and no order of them": (
        {"imaging": [*IMAGING, ("P1", "S1b", "2018-02-12", "CT", "yes", "B")]},
        [
            f"{IMAGING_SHEET}, row {row}, column 'Reader': several readers read the patient's scans of 2018-02-12; "
            "name the readers in their order under lesions.readers of the endpoint"
            for row in (3, 7)
        ],
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_stops_the_run(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes, expected = ERRORS[case]
    path = write_study(tmp_path, **changes)
    code, found = lines(path, capsys)
    errors = [line for line in found if line.startswith("error")]
    assert (code, [line.removeprefix("error: ") for line in errors]) == (1, expected)
    assert run_command(["run", str(path), "--out", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists()


def test_a_death_before_the_last_scan_is_an_error_of_the_date_of_death_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = STUDY.replace("label: Death, ", "label: Death, not_before_last: {imaging: {}}, ").replace(
        "    death: death_date\n", ""
    )
    code, found = lines(write_study(tmp_path, text=text, **scan(6, Day="2018-10-01")), capsys)
    assert (code, found) == (
        1,
        [
            "error: patients.csv, row 3, column 'Death': '2018-09-20' lies before the last date in imaging "
            "(2018-10-01); correct one of the two dates"
        ],
    )


# changes; the query; patient, scan, and its response and reason
QUERIES: dict[str, tuple[dict[str, Any], str, tuple[str, str, str, str]]] = {
    "centimetres in a target at baseline": (
        lesion(2, Whole=2.8, Viable=2.5),
        f"{LESION_SHEET}, row 2, column 'Lesion': target lesion T measures 2.5 mm, as if in centimetres; "
        "write diameters in millimetres",
        ("P1", "S1", "PD", "sum 60 mm is +2300.0% on the nadir of 2.5 mm (scan 2018-01-05)"),
    ),
    "centimetres at a later scan": (
        lesion(3, Whole=11.5, Viable=6),
        f"{LESION_SHEET}, row 3, column 'Whole': lesion T measures 11.5 mm here and 120 mm on 2018-01-05, as if one "
        "were in centimetres; write diameters in millimetres, or confirm it; it is used as it stands",
        ("P1", "S1", "PR", "sum 6 mm is -94.0% from the baseline of 100 mm"),
    ),
    "a target that baseline did not have": (
        {"lesions": [*LESIONS, ("P1", "S1", "U", "liver", "target", None, 40, 40, None)]},
        f"{LESION_SHEET}, row 7, column 'Lesion': target lesion U was not measured at baseline; "
        "measure it at baseline, or record it as new; it counts for nothing",
        ("P1", "S1", "PR", "sum 60 mm is -40.0% from the baseline of 100 mm"),
    ),
    "a target not measured at baseline": (
        lesion(2, Viable=None),
        f"{LESION_SHEET}, row 2, column 'Viable': target lesion T has no arterial enhancement at baseline; "
        "record it as non-target, or confirm it; it is used as it stands",
        ("P1", "S1", "NE", "target lesion T was not measured at baseline"),
    ),
    "no scan before the start": (
        {"imaging": IMAGING[1:], "lesions": LESIONS[1:]},
        f"{IMAGING_SHEET}, row 2, column 'Scan': no scan with lesions in the 42 days up to the start (2018-01-10); "
        "add the baseline scan; until then no scan of the patient can be evaluated",
        ("P1", "S1", "NE", "no baseline scan in the 42 days before First TACE"),
    ),
    "the same day read twice by one reader": (
        {"imaging": [*IMAGING, ("P1", "S1b", "2018-02-12", "CT", "yes", "A")]},
        f"{IMAGING_SHEET}, row 7, column 'Day': the patient has several scans of one modality on '2018-02-12'; "
        "remove one if it is a copy; they are read as one assessment",
        ("P1", "S1; S1b", "PR", "sum 60 mm is -40.0% from the baseline of 100 mm"),
    ),
    "a lesion that changes its role": (
        lesion(3, Role="non target"),
        f"{LESION_SHEET}, row 3, column 'Role': lesion T is non_target here and was target before; "
        "correct one of them; the role of its first scan counts",
        ("P1", "S1", "PR", "sum 60 mm is -40.0% from the baseline of 100 mm"),
    ),
    "no arterial phase": (
        scan(3, Arterial="no"),
        f"{IMAGING_SHEET}, row 3, column 'Arterial': a scan without arterial phase shows no viable tumour "
        "(mRECIST_2010); confirm it; the hepatic lesions of the scan are not evaluable",
        ("P1", "S1", "NE", "1 target lesion was not assessed"),
    ),
    "an arterial phase that is not recorded": (
        scan(3, Arterial=None),
        f"{IMAGING_SHEET}, row 3, column 'Arterial': whether the scan has an arterial phase is not recorded "
        "(mRECIST_2010); fill it in; the scan is read as one that has",
        ("P1", "S1", "PR", "sum 60 mm is -40.0% from the baseline of 100 mm"),
    ),
    "a new lesion of which nothing is viable": (
        {
            "lesions": [
                *LESIONS,
                ("P1", "S1", "N", "lung", "new", None, 12, None, None),
                ("P1", "S1", "H", "liver", "new", "unequivocal", 15, 15, None),
                ("P1", "S2", "H", "liver", "new", "unequivocal", 15, 0, None),
            ]
        },
        f"{LESION_SHEET}, row 9, column 'Viable': nothing of new lesion H is viable here; "
        "give it the status absent, or confirm it; it counts as a new lesion still",
        ("P1", "S2", "PD", "new lesion H: a new hepatic lesion of 15 mm, called unequivocal"),
    ),
    "another modality": (
        scan(3, Modality="US"),
        f"{IMAGING_SHEET}, row 3, column 'Modality': lesions are not measured by US; confirm it; "
        "the lesions of the scan are not evaluable",
        ("P1", "S1", "NE", "1 target lesion was not assessed"),
    ),
}


@pytest.mark.parametrize("case", QUERIES)
def test_a_query_is_listed_and_the_scan_is_what_is_documented(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, expected, (patient, name, response, reason) = QUERIES[case]
    path = write_study(tmp_path, **changes)
    code, found = lines(path, capsys)
    assert code == 0
    assert f"query: {expected}" in found
    row = scans_of(path).row(
        by_predicate=(pl.col("patient") == patient) & (pl.col("scan") == name), named=True
    )
    assert (row["response"], row["reason"]) == (response, reason)
    out = tmp_path / "out"
    assert run_command(["run", str(path), "--out", str(out)]) == 0
    assert expected.partition(": ")[2].partition(";")[0] in (out / "problems.csv").read_text(
        encoding="utf-8-sig"
    )


@pytest.mark.parametrize(("viable", "response", "flags"), [(6, "PR", "REENH_SMALL"), (12, "PD", "")])
def test_a_percentage_of_a_nadir_of_zero_is_not_made_up(
    viable: float, response: str, flags: str, tmp_path: Path
) -> None:
    """P1: 100 mm, none enhancing, then 6 or 12 mm that enhance again: the change from 0 is no number."""
    rows = [*lesion(3, Viable=0)["lesions"]]
    rows[2] = (*rows[2][:7], viable, None)
    path = write_study(tmp_path, lesions=rows)
    last = scans_of(path).filter(patient="P1").to_dicts()[-1]
    assert (last["nadir_mm"], last["change_from_nadir"], last["change_from_baseline"]) == (
        0.0,
        None,
        viable - 100,
    )
    assert (last["response"], last["flags"]) == (response, flags)
    out = calliper.load(path).report(tmp_path / "out")
    written = (out / "scans.csv").read_text(encoding="utf-8-sig")
    assert "inf" not in written.lower().replace("information", "")
    assert "nan" not in written.lower()


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("rules: mRECIST_2010", "rules: mRECIST1.1", "lesions.rules", "there are no criteria of this name"),
        ("rules: mRECIST_2010", "rules: mRECIST_2020", "lesions.rules", "not yet checked against the source"),
        (
            "criteria: mRECIST (2010)",
            "criteria: mRECIST1.1",
            "criteria",
            "there are no criteria of this name",
        ),
    ],
)
def test_criteria_that_do_not_exist_or_are_not_taken(
    old: str, new: str, path: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(calliper.ProtocolError) as held:
        calliper.load(write_study(tmp_path, text=STUDY.replace(old, new)))
    (line,) = held.value.mistakes
    number = 1 + STUDY[: STUDY.index(old)].count("\n")
    assert f"study.yaml:{number}: endpoints.response.{path}: found '{new.split(': ')[1]}'" in line
    assert words in line
    assert "mRECIST_2010" in line


# --- checks beyond one patient's variables ----------------------------------------------------------------------

CHECKS = """\
checks:
  - {id: XF17, text: A scan that cannot be, dates: {tables: [imaging], not_before: birth, days_after_cutoff: 365}}
  - {id: XF19, text: One patient twice, same: [birth, sex, first_tace]}
  - {id: XF20, text: AFP that jumps, jump: {table: visits, role: afp, fold: 10, within_days: 7, above: 400}}
arms:"""
VISITS = "  visits: {files: [{path: visits.csv}], columns: {patient: ID, date: Day, afp: AFP}}\nvariables:\n"
CHECKED = STUDY.replace("arms:", CHECKS, 1).replace("variables:\n", VISITS, 1)


def checked(folder: Path, capsys: pytest.CaptureFixture[str], **changes: Any) -> list[str]:
    afp = changes.pop("afp", [])
    path = write_study(folder, text=CHECKED, more={"visits.csv": [("ID", "Day", "AFP"), *afp]}, **changes)
    code, found = lines(path, capsys)
    assert code == 0
    return found


def test_xf17_a_scan_before_birth_or_long_after_the_cut_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # 365 days after 2020-06-30 are 2021-06-30
    for day, where in (
        ("1950-02-28", "1950-02-28 lies before birth (1950-03-01)"),
        ("2021-07-01", "2021-07-01 lies more than 365 days after the data cut-off (2020-06-30)"),
    ):
        (line,) = checked(tmp_path, capsys, **scan(4, Day=day))
        assert line == (
            f"query: {IMAGING_SHEET}, row 4, column 'Day': A scan that cannot be; {where}; "
            "correct one of the dates, or confirm it"
        )
    assert checked(tmp_path, capsys, **scan(4, Day="2021-06-30")) == []


def test_xf19_two_patients_with_one_birth_sex_and_first_treatment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = ("P3", *PATIENTS[0][1:])
    unknown = [("P4", "a", None, "M", "2018-01-10", None), ("P5", "a", None, "M", "2018-01-10", None)]
    values = "birth = 1950-03-01, sex = Male, first_tace = 2018-01-10"
    assert checked(tmp_path, capsys, patients=[*PATIENTS, twin, *unknown]) == [
        f"query: patients.csv, row {row}: One patient twice; {values}, as in patient {other}, patients.csv, row {at}; "
        "keep one record, or confirm that they are different patients; they count as such"
        for row, other, at in ((2, "P3", 4), (4, "P1", 2))
    ]


@pytest.mark.parametrize(
    ("values", "row", "says"),
    [
        ([("2018-01-01", 45), ("2018-01-08", 451)], 3, "451 on 2018-01-08, 45 on 2018-01-01"),
        ([("2018-01-08", 5000), ("2018-01-01", 45)], 2, "5000 on 2018-01-08, 45 on 2018-01-01"),
        ([("2018-01-01", 5000), ("2018-01-08", 499)], 3, "499 on 2018-01-08, 5000 on 2018-01-01"),
        ([("2018-01-01", 45), ("2018-01-08", 450)], None, ""),  # ten times, not more
        ([("2018-01-01", 45), ("2018-01-09", 5000)], None, ""),  # eight days
        ([("2018-01-01", 4), ("2018-01-08", 400)], None, ""),  # not above 400
    ],
)
def test_xf20_afp_that_jumps(
    values: list[tuple[str, int]],
    row: int | None,
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = checked(tmp_path, capsys, afp=[("P1", day, value) for day, value in values])
    assert found == (
        []
        if row is None
        else [
            f"query: visits.csv, row {row}, column 'AFP': AFP that jumps; {says}; "
            "confirm the values; they are used as they stand"
        ]
    )


CHECK_MISTAKES = [
    (
        "same: [birth, sex, first_tace]",
        "same: [birth, sexx]",
        "XF19.same[2]: found 'sexx'; expected the name of",
    ),
    ("same: [birth, sex, first_tace]", "same: [sex, sex]", "XF19.same[2]: found 'sex' a second time"),
    (
        "same: [birth, sex, first_tace]",
        "same: []",
        "XF19: found none of its keys; expected exactly one of rule, same",
    ),
    (
        "not_before: birth, ",
        "not_before: sex, ",
        "XF17.dates.not_before: found the category 'sex'; expected the",
    ),
    (
        "tables: [imaging]",
        "tables: [contacts]",
        "XF17.dates.tables[1]: found no table data.contacts; expected it",
    ),
    (", not_before: birth, days_after_cutoff: 365", "", "XF17.dates: found no limit; expected not_before"),
    (
        "role: afp",
        "role: nodules",
        "XF20.jump.role: found 'nodules'; expected a role of data.visits.columns that",
    ),
    ("fold: 10", "fold: 1", "XF20.jump.fold: found 1; expected a number above 1"),
]


@pytest.mark.parametrize(("old", "new", "says"), CHECK_MISTAKES)
def test_mistakes_of_a_check(old: str, new: str, says: str, tmp_path: Path) -> None:
    assert CHECKED.count(old) == 1
    with pytest.raises(calliper.ProtocolError) as held:
        calliper.load(write_study(tmp_path, text=CHECKED.replace(old, new)))
    (line,) = held.value.mistakes
    assert f"checks.{says}" in line


# --- plausible values by name -----------------------------------------------------------------------------------


def sized(named: str) -> str:
    return STUDY.replace("  sex:", f"  size: {{type: number, column: Arm, label: Size, {named}}}\n  sex:", 1)


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("unit: inch, plausible: hcc.diameter", "found the unit 'inch'; expected of 'hcc.diameter' cm or mm"),
        ("plausible: hcc.diameter", "found no unit; expected of 'hcc.diameter' cm or mm"),
        ("unit: stone, range: hcc.weight", "found the unit 'stone'; expected of 'hcc.weight' kg"),
        ("unit: cm, plausible: hcc.diametre", "(did you mean 'hcc.diameter'?)"),
        ("unit: pieces, plausible: hcc.nodules", "found the unit 'pieces'; expected none"),
    ],
)
def test_plausible_values_that_are_not_known(named: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(calliper.ProtocolError) as held:
        calliper.load(write_study(tmp_path, text=sized(named)))
    (line,) = held.value.mistakes
    key = "range" if "range" in named else "plausible"
    assert f"variables.size.{key}: " in line
    assert says in line


def test_plausible_values_are_taken_in_the_unit_of_the_variable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """11.5 under a header in millimetres: 3 to 20 cm are 30 to 200 mm, 0.5 to 30 cm are 5 to 300."""
    text = STUDY.replace(
        "  sex:",
        "  size: {type: number, column: Birth, label: Size, unit: mm, range: hcc.diameter, "
        "plausible: hcc.diameter}\n  sex:",
        1,
    ).replace("  birth: {type: date, column: Birth, label: birth}\n", "")
    for value, expected in (
        ("30", []),
        (
            "11.5",
            ["'11.5' lies outside the plausible values 30 to 200 mm; confirm it; it is used as it stands"],
        ),
        ("4", ["'4' lies outside the range 5 to 300 mm; correct the cell"]),
    ):
        patients = [(*row[:2], value, *row[3:]) for row in PATIENTS]
        _, found = lines(write_study(tmp_path, text=text, patients=patients), capsys)
        assert [line.partition("column 'Birth': ")[2] for line in found] == expected * 2
