"""SDTM's tumour domains as scans, lesions and responses: what each row becomes, and what is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from calliper.derivations import DERIVE
from calliper.protocol.specs import Protocol, Response
from sdtm_study import RS, TR, TU, errors, of_rules, protocol, read, write

NODE = TU | {"TULNKID": "T02", "TULOC": "LYMPH NODE"}
OTHER = TU | {"TULNKID": "NT01", "TULOC": "LUNG", "TUSTRESC": "NON-TARGET"}
WEEK_6 = {"VISIT": "WEEK 6", "TRDTC": "2018-02-20"}


def of_node(test: str, size: str, **more: str) -> dict[str, str]:
    return TR | {"TRLNKID": "T02", "TRTESTCD": test, "TRSTRESC": size, "TRSTRESN": size} | more


def state(word: str, **more: str) -> dict[str, str]:
    row = {"TRLNKID": "NT01", "TRTESTCD": "TUMSTATE", "TRSTRESC": word, "TRSTRESN": "", "TRSTRESU": ""}
    return TR | row | more


def test_the_domains_become_scans_and_lesions(tmp_path: Path) -> None:
    """Worked by hand: of the node the short axis counts, of the others the longest diameter, each from its own row."""
    records = read(
        tmp_path,
        tu=[TU, NODE, OTHER],
        tr=[
            TR,
            TR | {"TRTESTCD": "LPERP", "TRSTRESC": "31", "TRSTRESN": "31"},
            of_node("LDIAM", "24"),
            of_node("LPERP", "17.5"),
            state("PRESENT"),
            TR | WEEK_6 | {"TRSTRESC": "20.25", "TRSTRESN": "20.25"},
            of_node("LPERP", "", TRSTRESC="", TRSTAT="NOT DONE", **WEEK_6),
            state("ABSENT", **WEEK_6),
        ],
    )
    assert errors(records) == []
    scans = records.tables["imaging"].select("patient", "scan", "date", "visit", "modality", "reader", "_row")
    assert scans.rows() == [
        ("P1", "SCREENING / INVESTIGATOR", date(2018, 1, 5), "SCREENING", "CT", "INVESTIGATOR", 2),
        ("P1", "WEEK 6 / INVESTIGATOR", date(2018, 2, 20), "WEEK 6", "CT", "INVESTIGATOR", 7),
    ]
    lesions = records.tables["lesions"].select(
        "scan", "lesion", "organ", "role", "status", "whole_mm", "short_axis_mm", "_file", "_row"
    )
    assert lesions.rows() == [
        ("SCREENING / INVESTIGATOR", "T01", "LIVER", "target", None, 50.0, None, "tr.csv", 2),
        ("SCREENING / INVESTIGATOR", "T02", "LN", "target", None, None, 17.5, "tr.csv", 5),
        ("SCREENING / INVESTIGATOR", "NT01", "LUNG", "non_target", "present", None, None, "tr.csv", 6),
        ("WEEK 6 / INVESTIGATOR", "T01", "LIVER", "target", None, 20.25, None, "tr.csv", 7),
        ("WEEK 6 / INVESTIGATOR", "T02", "LN", "target", "not_assessed", None, None, "tr.csv", 8),
        ("WEEK 6 / INVESTIGATOR", "NT01", "LUNG", "non_target", "absent", None, None, "tr.csv", 9),
    ]
    assert [problem.line for problem in of_rules(records, "not_read")] == [
        "tr.csv: not read: 1 row with TRTESTCD 'LPERP' of lesions that are no nodes; nothing, if that is meant",
        "tr.csv: not read: 1 row with TRTESTCD 'LDIAM' of nodes; nothing, if that is meant",
    ]
    assert records.n_read["lesions"] == 8


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            {"tr": [TR | {"TRLNKID": "T09"}]},
            "tr.csv, row 2, column 'TRLNKID': TU identifies no lesion 'T09' of this patient by 'INVESTIGATOR'; "
            "correct the link, or add the row of TU",
        ),
        (
            {"tr": [TR | {"TREVAL": "SITE"}]},
            "tr.csv, row 2, column 'TRLNKID': TU identifies no lesion 'T01' of this patient by 'SITE' "
            "(only by 'INVESTIGATOR'); correct the link, or add the row of TU",
        ),
        (
            {"tr": [TR | {"TRSTRESU": "cm"}]},
            "tr.csv, row 2, column 'TRSTRESU': the diameter has 'cm', and data.tumours.unit is mm; "
            "correct the cell; where all diameters have another unit, declare it as data.tumours.unit",
        ),
        (
            {"tr": [TR | {"TRSTRESU": ""}]},
            "tr.csv, row 2, column 'TRSTRESU': the diameter has no unit, and data.tumours.unit is mm; "
            "correct the cell; where all diameters have another unit, declare it as data.tumours.unit",
        ),
        (
            {"tr": [TR | {"TRTESTCD": "LDIAMM"}]},
            "tr.csv, row 2, column 'TRTESTCD': 'LDIAMM' is not known (did you mean 'LDIAM'?); "
            "correct the cell, or say under data.tumours.tests what it means",
        ),
        (
            {"tu": [TU | {"TULOC": "BODY"}], "tr": [TR, TR | WEEK_6]},
            "tu.csv, row 2, column 'TULOC': 'BODY' is not known; with it 2 rows of TR are not read; "
            "correct the cell, or say under data.tumours.locations what it means",
        ),
        (
            {"tu": [TU | {"TUSTRESC": "TARGTE"}]},
            "tu.csv, row 2, column 'TUSTRESC': 'TARGTE' is not known (did you mean 'TARGET'?); "
            "with it 1 row of TR is not read; "
            "correct the cell, or say under data.tumours.roles what it means",
        ),
        (
            {"tu": [TU | {"TUMETHOD": "PET/CT SCAN"}]},
            "tu.csv, row 2, column 'TUMETHOD': 'PET/CT SCAN' is not known (did you mean 'PET SCAN'?); "
            "with it 1 row of TR is not read; "
            "correct the cell, or say under data.tumours.methods what it means",
        ),
        (
            {"tr": [TR | {"TRMETHOD": "SMOKE"}]},
            "tr.csv, row 2, column 'TRMETHOD': 'SMOKE' is not known; "
            "correct the cell, or say under data.tumours.methods what it means",
        ),
        (
            {"tu": [TU | {"TUTESTCD": "TUSPLIT"}]},
            "tu.csv, row 2, column 'TUTESTCD': 'TUSPLIT' identifies no lesion; read are 'TUMIDENT', 'LESIDENT'; "
            "with it 1 row of TR is not read; leave its rows out by keep: {TUTESTCD: [TUMIDENT]}; "
            "lesions that split or merged are not read",
        ),
        (
            {"tr": [TR | {"TRDTC": ""}]},
            "tr.csv, row 2, column 'TRDTC': the cell is blank, and a value is required; fill in the cell",
        ),
        (
            {"tr": [TR | {"USUBJID": ""}]},
            "tr.csv, row 2, column 'USUBJID': the cell is blank, and a value is required; fill in the cell",
        ),
        (
            {"tr": [TR | {"TRSTRESN": ""}]},
            "tr.csv, row 2, column 'TRSTRESN': the cell is blank, and a value is required; fill in the cell",
        ),
        (
            {"tr": [TR | {"TRSTRESC": "VAGUE", "TRSTRESN": ""}]},
            "tr.csv, row 2, column 'TRSTRESC': 'VAGUE' is not known; "
            "correct the cell, or say under data.tumours.states what it means",
        ),
        (
            {"tr": [TR | {"TRSTRESN": "51"}]},
            "tr.csv, row 2, column 'TRSTRESN': '51' is not the '50' of TRSTRESC; correct one of the two",
        ),
        (
            {"tr": [TR | {"TRSTRESC": "fifty", "TRSTRESN": "fifty"}]},
            "tr.csv, row 2, column 'TRSTRESN': 'fifty' is not a number; correct the cell",
        ),
        (
            {"tr": [TR | {"TRDTC": "2018-02"}]},
            "tr.csv, row 2, column 'TRDTC': '2018-02' is a partial date; give year, month and day",
        ),
        (
            {"tr": [TR | {"USUBJID": "P9"}], "tu": [TU | {"USUBJID": "P9"}]},
            "tr.csv, row 2, column 'USUBJID': patient 'P9' is not in the patients table; "
            "correct the identifier, or add the patient to the patients table",
        ),
        (
            {"tu": [TU, TU | {"TULNKID": "N01", "TUSTRESC": "NEW", "TUDTC": "", "VISIT": "WEEK 9"}]},
            "tu.csv, row 3, column 'TULNKID': new lesion 'N01' is in no row of TR, and TR has no date of its visit; "
            "give TUDTC, or a row of TR",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_with_its_place(
    rows: dict[str, Any], line: str, tmp_path: Path
) -> None:
    found = errors(read(tmp_path, **{"tu": [TU], "tr": [TR], **rows}))
    assert line in found
    # a patient who is not in the study is named in the scans too
    assert len(set(found)) == 1


def test_what_clashes_is_an_error_at_both_rows(tmp_path: Path) -> None:
    twice = TR | {"TRSTRESC": "48", "TRSTRESN": "48"}
    assert errors(read(tmp_path, tu=[TU], tr=[TR, twice])) == [
        "tr.csv, row 2, column 'TRSTRESC': lesion 'T01' has another result at this visit in tr.csv, row 3; "
        "keep one of the two",
        "tr.csv, row 3, column 'TRSTRESC': lesion 'T01' has another result at this visit in tr.csv, row 2; "
        "keep one of the two",
    ]
    lung = TU | {"TULOC": "LUNG"}
    assert errors(read(tmp_path, tu=[TU, lung], tr=[TR])) == [
        "tu.csv, row 3, column 'TULNKID': lesion 'T01' has another role or location in tu.csv, row 2; "
        "with it 1 row of TR is not read; keep one of the two",
        "tu.csv, row 2, column 'TULNKID': lesion 'T01' has another role or location in tu.csv, row 3; "
        "keep one of the two",
    ]
    gone = state("ABSENT", TRLNKID="T01", **WEEK_6)
    assert errors(read(tmp_path, tu=[TU], tr=[TR, TR | WEEK_6, gone])) == [
        "tr.csv, row 3, column 'TRSTRESN': the lesion has 50 mm here and is absent in tr.csv, row 4; "
        "correct one of the two"
    ]


def test_copies_and_the_same_lesion_again_are_told_and_change_nothing(tmp_path: Path) -> None:
    once = read(tmp_path, tu=[TU], tr=[TR])
    diameter = TR | {"TRTESTCD": "DIAMETER", "TRSTRESN": "50.0"}
    again = read(tmp_path, tu=[TU, TU], tr=[TR, TR, diameter])
    assert errors(again) == []
    assert again.tables["lesions"].equals(once.tables["lesions"])
    assert [problem.line for problem in of_rules(again, "repeated_row", "not_read")] == [
        "tu.csv: not read: 1 row identifying a lesion once more, with the same role and location; "
        "nothing, if that is meant",
        "tr.csv, row 3, column 'TRLNKID': lesion 'T01' has the same result at this visit also in tr.csv, row 2; "
        "remove one if it is a copy",
        "tr.csv: not read: 1 row repeating a result of 'LDIAM'; nothing, if that is meant",
    ]


def test_every_mistake_is_listed_at_once(tmp_path: Path) -> None:
    found = errors(
        read(
            tmp_path,
            tu=[TU, TU | {"TULNKID": "T03", "TULOC": "MOON"}],
            tr=[TR | {"TRDTC": ""}, TR | {"TRLNKID": "T07"}, TR | {"TRSTRESU": "in"}, TR | {"TRTESTCD": ""}],
        )
    )
    assert [line.split(":")[0] for line in found] == [
        "tu.csv, row 3, column 'TULOC'",
        "tr.csv, row 2, column 'TRDTC'",
        "tr.csv, row 3, column 'TRLNKID'",
        "tr.csv, row 4, column 'TRSTRESU'",
        "tr.csv, row 5, column 'TRTESTCD'",
    ]


def test_a_record_with_an_error_is_left_out_where_the_study_says_so(tmp_path: Path) -> None:
    study = protocol(reading={"on_error": "exclude_record"})
    bad = TR | WEEK_6 | {"TRSTRESU": "in"}
    records = read(
        tmp_path, study, tu=[TU, OTHER], tr=[TR, state("PRESENT"), bad, state("PRESENT", **WEEK_6)]
    )
    assert records.tables["lesions"]["_row"].to_list() == [2, 3, 5]
    assert [(record.file, record.row) for record in records.excluded] == [("tr.csv", 4)]


def test_a_new_lesion_of_tu_alone_is_there_from_the_day_of_its_visit(tmp_path: Path) -> None:
    new = TU | {"TULNKID": "N01", "TUSTRESC": "NEW", "TULOC": "LUNG", "VISIT": "WEEK 6", "TUDTC": ""}
    records = read(tmp_path, tu=[TU, new], tr=[TR, TR | WEEK_6])
    assert errors(records) == []
    last = records.tables["lesions"].row(-1, named=True)
    assert (last["lesion"], last["role"], last["scan"]) == ("N01", "new", "WEEK 6 / INVESTIGATOR")
    assert (last["_file"], last["_row"]) == ("tu.csv", 3)
    # with a day of its own it is a scan of its own
    dated = read(tmp_path, tu=[TU, new | {"TUDTC": "2018-02-22"}], tr=[TR, TR | WEEK_6])
    assert dated.tables["imaging"]["date"].to_list() == [
        date(2018, 1, 5),
        date(2018, 2, 20),
        date(2018, 2, 22),
    ]


def test_what_tr_never_measures_is_a_query(tmp_path: Path) -> None:
    records = read(tmp_path, tu=[TU, NODE, OTHER], tr=[TR, of_node("LDIAM", "24")])
    assert [problem.line for problem in of_rules(records, "never_measured", "other_axis")] == [
        "tu.csv, row 4, column 'TULNKID': non-target lesion 'NT01' has no row of TR that is read; "
        "add its results; it counts for nothing",
        "tr.csv, row 3, column 'TRTESTCD': node 'T02' has no short axis at this visit, which is what counts of it; "
        "add its LPERP; until then it is not assessed",
    ]


@pytest.mark.parametrize(
    ("rows", "status", "size"),
    [
        # a word in place of a diameter says more than a state; a diameter not done says less
        ([{"TRSTRESC": "TOO SMALL TO MEASURE", "TRSTRESN": ""}, "PRESENT"], "too_small", None),
        ([{"TRSTAT": "NOT DONE", "TRSTRESC": "", "TRSTRESN": ""}, "PRESENT"], "present", None),
        ([{"TRSTAT": "NOT DONE", "TRSTRESC": "", "TRSTRESN": ""}], "not_assessed", None),
        ([{"TRSTRESC": "NE", "TRSTRESN": ""}], "not_assessed", None),
        ([{"TRSTRESC": "0", "TRSTRESN": "0"}, "ABSENT"], "absent", 0.0),
        ([{}, "UNEQUIVOCAL PROGRESSION"], "progressed", 50.0),
        ([{"TRTESTCD": "DIAMETER"}], None, 50.0),
    ],
)
def test_words_beside_and_in_place_of_a_diameter(
    rows: list[Any], status: str | None, size: float | None, tmp_path: Path
) -> None:
    tr = [
        TR
        | WEEK_6
        | (row if isinstance(row, dict) else {"TRTESTCD": "TUMSTATE", "TRSTRESC": row, "TRSTRESN": ""})
        for row in rows
    ]
    records = read(tmp_path, tu=[TU], tr=[TR, *tr])
    assert errors(records) == []
    assert records.tables["lesions"].select("status", "whole_mm").rows()[1:] == [(status, size)]


def test_texts_that_the_study_explains(tmp_path: Path) -> None:
    study = protocol(
        tumours={
            "locations": {"body": "OTHER"},
            "methods": {"PET/CT scan": "CT"},
            "roles": {"NEW NON-TARGET": "new", "BENIGN": "ignored"},
            "tests": {"VIABLE": "viable", "HUE": "ignored"},
            "states": {"Resected": "removed"},
            "arterial_phase": "yes",
            "unit": "cm",
        }
    )
    in_cm = {"TRSTRESC": "2.15", "TRSTRESN": "2.15", "TRSTRESU": "cm"}
    records = read(
        tmp_path,
        study,
        tu=[
            TU | {"TULOC": "Body", "TUMETHOD": "PET/CT SCAN"},
            OTHER,
            TU | {"TULNKID": "N01", "TUSTRESC": "New non-target"},
            TU | {"TULNKID": "B01", "TUSTRESC": "BENIGN", "TULOC": "MOON"},
        ],
        tr=[
            TR | in_cm,
            TR | in_cm | {"TRTESTCD": "VIABLE", "TRSTRESC": "1.2", "TRSTRESN": "1.2"},
            TR | in_cm | {"TRTESTCD": "HUE"},
            state("RESECTED"),
            TR | in_cm | {"TRLNKID": "N01"},
            TR | in_cm | {"TRLNKID": "B01"},
        ],
    )
    assert errors(records) == []
    lesions = records.tables["lesions"].select("lesion", "organ", "role", "status", "whole_mm", "viable_mm")
    assert lesions.rows() == [
        ("T01", "OTHER", "target", None, 21.5, 12.0),
        ("NT01", "LUNG", "non_target", "removed", None, None),
        ("N01", "LIVER", "new", None, 21.5, None),
    ]
    assert set(records.tables["imaging"]["arterial_phase"]) == {"yes"}
    assert [problem.message for problem in of_rules(records, "not_read")] == [
        "not read: 1 row with TRTESTCD 'HUE'",
        "not read: 1 row of lesions that TU calls 'BENIGN'",
    ]


def test_days_and_methods_of_one_visit_are_scans_of_their_own(tmp_path: Path) -> None:
    """The chest by CT and the liver by MRI on one day, the bone two days later."""
    lung = TU | {"TULNKID": "T02", "TULOC": "LUNG"}
    bone = TU | {"TULNKID": "T03", "TULOC": "BONE"}
    records = read(
        tmp_path,
        tu=[TU, lung, bone],
        tr=[
            TR | {"TRMETHOD": "MRI"},
            TR | {"TRLNKID": "T02"},
            TR | {"TRLNKID": "T03", "TRDTC": "2018-01-07T09:30"},
        ],
    )
    assert errors(records) == []
    assert records.tables["imaging"].select("scan", "date", "modality").rows() == [
        ("SCREENING / INVESTIGATOR / 2018-01-05 / MRI", date(2018, 1, 5), "MRI"),
        ("SCREENING / INVESTIGATOR / 2018-01-05 / CT", date(2018, 1, 5), "CT"),
        ("SCREENING / INVESTIGATOR / 2018-01-07T09:30", date(2018, 1, 7), "CT"),
    ]


@pytest.mark.parametrize(
    ("recorded", "message"),
    [
        ("67", None),
        ("67.5", None),
        ("68", None),
        ("70", "'70' is not the sum of the targets of the visit, 67.5 mm"),
        ("67.2", "'67.2' is not the sum of the targets of the visit, 67.5 mm"),
    ],
)
def test_recorded_sums_are_held_against_the_diameters(
    recorded: str, message: str | None, tmp_path: Path
) -> None:
    """50 mm and a short axis of 17.5 mm; a sum in whole millimetres may be rounded either way, by half of one."""
    total = TR | {"TRLNKID": "", "TRTESTCD": "SUMDIAM", "TRSTRESC": recorded, "TRSTRESN": recorded}
    records = read(tmp_path, tu=[TU, NODE], tr=[TR, of_node("LPERP", "17.5"), total])
    found = [problem.message for problem in of_rules(records, "sum_differs")]
    assert found == ([message] if message else [])


def test_recorded_responses_are_those_of_one_evaluator(tmp_path: Path) -> None:
    other = RS | {"RSEVAL": "INDEPENDENT ASSESSOR", "RSEVALID": "R1", "RSSTRESC": "SD"}
    target = RS | {"RSTESTCD": "TRGRESP", "RSSTRESC": "CR"}
    rows = {"tu": [TU], "tr": [TR], "rs": [RS, other, target]}
    assert errors(read(tmp_path, None, **rows)) == [
        "rs.csv, column 'RSEVALID': 2 evaluators recorded responses: 'INVESTIGATOR', 'R1'; "
        "name one as data.tumours.rs.reader"
    ]
    named = protocol(domains=("tu", "tr", "rs"), tumours={"rs": {"reader": "R1"}})
    records = read(tmp_path, named, **rows)
    assert errors(records) == []
    responses = records.tables["responses"].select("patient", "date", "visit", "response", "_file", "_row")
    assert responses.rows() == [("P1", date(2018, 2, 20), "WEEK 6", "SD", "rs.csv", 3)]
    assert [problem.message for problem in of_rules(records, "not_read")] == [
        "not read: 1 row with RSTESTCD 'TRGRESP'",
        "not read: 1 row of the evaluator 'INVESTIGATOR'",
    ]
    wrong = protocol(domains=("tu", "tr", "rs"), tumours={"rs": {"reader": "R2"}})
    assert errors(read(tmp_path, wrong, **rows)) == [
        "rs.csv, column 'RSEVALID': no response is by 'R2'; "
        "correct data.tumours.rs.reader; the evaluators are 'INVESTIGATOR', 'R1'"
    ]


def test_responses_by_other_criteria_are_told(tmp_path: Path) -> None:
    rows = {"tu": [TU], "tr": [TR]}
    other = read(tmp_path, None, **rows, rs=[RS | {"RSCAT": "IRECIST"}])
    assert [problem.line for problem in of_rules(other, "other_criteria")] == [
        "rs.csv, row 2, column 'RSCAT': responses are by 'IRECIST', and the endpoints' criteria are 'RECIST 1.1'; "
        "confirm that the two may be compared"
    ]
    later = RS | {"RSCAT": "IRECIST", "RSDTC": "2018-04-01"}
    assert errors(read(tmp_path, None, **rows, rs=[RS, later])) == [
        "rs.csv, column 'RSCAT': responses are by 2 criteria: 'RECIST 1.1', 'IRECIST'; "
        "keep those of one by keep: {RSCAT: [...]} in the file's entry of the study file"
    ]


def test_a_column_that_must_be_there_is_named_and_one_that_may_lack_is_not(tmp_path: Path) -> None:
    optional = ("TUMETHOD", "TUEVAL", "TUEVALID", "TUDTC", "VISIT")
    bare = {name: cell for name, cell in TU.items() if name not in optional}
    plain = {
        name: cell
        for name, cell in TR.items()
        if name not in ("TRSTAT", "TRMETHOD", "TREVAL", "TREVALID", "VISIT")
    }
    records = read(tmp_path, tu=[bare], tr=[plain])
    assert errors(records) == []
    scan = records.tables["imaging"].row(0, named=True)
    assert (scan["scan"], scan["visit"], scan["reader"], scan["modality"]) == ("2018-01-05", None, None, None)
    no_unit = {name: cell for name, cell in TR.items() if name != "TRSTRESU"}
    lacking = errors(read(tmp_path, tu=[TU], tr=[no_unit]))
    assert len(lacking) == 1
    assert lacking[0].startswith("tr.csv, column 'TRSTRESU': there is no column 'TRSTRESU'")


def test_hostile_cells_are_text(tmp_path: Path) -> None:
    formula, page = '=HYPERLINK("http://x","y")', "<script>alert(1)</script>"
    huge = "1e99999999999"
    study = protocol(tumours={"unit": "cm", "locations": {page: "OTHER"}})
    in_cm = {"TRSTRESC": huge, "TRSTRESN": huge, "TRSTRESU": "cm"}
    records = read(
        tmp_path,
        study,
        tu=[TU | {"TULNKID": formula, "TULOC": page}],
        tr=[TR | in_cm | {"TRLNKID": formula}, TR | in_cm | {"TRLNKID": page}],
    )
    assert records.tables["lesions"]["lesion"].to_list() == [formula]
    assert errors(records) == [
        f"tr.csv, row 3, column 'TRLNKID': TU identifies no lesion '{page}' of this patient by 'INVESTIGATOR'; "
        "correct the link, or add the row of TU",
        f"tr.csv, row 2, column 'TRSTRESN': '{huge}' is too large for a number; correct the cell",
    ]


def test_parquet_and_a_decimal_comma_read_the_same(tmp_path: Path) -> None:
    rows = [TR | {"TRSTRESC": "20.25", "TRSTRESN": "20.25"}, of_node("LPERP", "15.5")]
    expected = read(tmp_path, tu=[TU, NODE], tr=rows).tables["lesions"].drop("_file")
    comma = protocol(reading={"decimal": "comma", "dates": "day_first"})
    assert read(tmp_path, comma, tu=[TU, NODE], tr=rows).tables["lesions"].drop("_file").equals(expected)
    frame = pl.DataFrame(rows).with_columns(
        pl.col("TRSTRESN").cast(pl.Float64), pl.col("TRDTC").str.to_date(), pl.col("TRSTAT").replace("", None)
    )
    frame.write_parquet(tmp_path / "tr.parquet")
    for reading in ({}, {"decimal": "comma"}):
        study = protocol(tumours={"tr": {"files": [{"path": "tr.parquet"}]}}, reading=reading)
        assert read(tmp_path, study, tu=[TU, NODE]).tables["lesions"].drop("_file").equals(expected)


def test_rows_that_keep_leaves_and_patients_it_leaves_are_no_errors(tmp_path: Path) -> None:
    study = protocol(
        tumours={"tr": {"files": [{"path": "tr.csv", "keep": {"TREVAL": ["INVESTIGATOR"]}}]}},
    )
    patients = {"files": [{"path": "patients.csv", "keep": {"ID": ["P1"]}}], "columns": {"patient": "ID"}}
    plain = study.model_dump(mode="json", exclude_none=True)
    plain["data"] = {"patients": patients, "tumours": plain["data"]["tumours"]}
    study = Protocol.model_validate_json(json.dumps(plain))
    of_other = TU | {"USUBJID": "P2", "TULOC": "MOON"}
    records = read(tmp_path, study, tu=[TU, of_other], tr=[TR, TR | {"TREVAL": "SITE"}])
    assert errors(records) == []
    assert records.tables["lesions"]["_row"].to_list() == [2]


def test_files_that_cannot_be_read_are_named_once(tmp_path: Path) -> None:
    write(tmp_path, tu=[TU])
    records = read(tmp_path, protocol(), tu=[TU])
    assert [line.split(";")[0] for line in errors(records)] == [
        "tr.csv: there is no such file (did you mean 'tu.csv'?)"
    ]


def test_a_table_in_the_form_of_the_synthetic_domains(tmp_path: Path) -> None:
    """As the columns of tr_onco (pharmaverse): sums without a link, DIAMETER beside the axis, columns nobody reads."""
    extra = {"STUDYID": "S", "TRSEQ": "1", "TRLNKGRP": "A1", "TRORRES": "50", "TRREASND": "", "TRDY": "-5"}
    group = extra | {"TRGRPID": "TARGET"}
    rows = [
        TR | group,
        TR | group | {"TRTESTCD": "DIAMETER"},
        of_node("LDIAM", "24", **group),
        of_node("LPERP", "17.5", **group),
        of_node("DIAMETER", "17.5", **group),
        state("PRESENT", **extra, TRGRPID="NON-TARGET"),
        TR | group | {"TRLNKID": "", "TRTESTCD": "SUMDIAM", "TRSTRESC": "67.5", "TRSTRESN": "67.5"},
    ]
    records = read(tmp_path, tu=[TU, NODE, OTHER], tr=rows)
    assert errors(records) == []
    assert records.tables["lesions"].select("lesion", "whole_mm", "short_axis_mm", "status").rows() == [
        ("T01", 50.0, None, None),
        ("T02", None, 17.5, None),
        ("NT01", None, None, "present"),
    ]
    assert [problem.message for problem in of_rules(records, "not_read")] == [
        "not read: 1 row repeating a result of 'LDIAM'",
        "not read: 1 row with TRTESTCD 'LDIAM' of nodes",
        "not read: 1 row repeating a result of 'LPERP'",
        "not read: 1 row with TRTESTCD 'SUMDIAM', equal to the sum of the diameters",
    ]
    assert {file.path for file in records.files} == {"patients.csv", "tu.csv", "tr.csv"}


def test_viable_diameters_of_a_test_of_the_sponsors_own_give_mrecist(tmp_path: Path) -> None:
    """The page's own example: viable 100, 40, 48 mm is PR and then PD; the whole, 115, 110, 108 mm, stays SD."""
    study = protocol(tumours={"tests": {"LDIAMV": "viable"}, "arterial_phase": "yes"})
    plain = study.model_dump(mode="json", exclude_none=True)
    plain["data"] = {"patients": plain["data"]["patients"], "tumours": plain["data"]["tumours"]}
    whole = plain["endpoints"]["r"]
    viable = whole | {"criteria": "mRECIST (2010)", "lesions": {"rules": "mRECIST_2010"}}
    plain["endpoints"] = {"whole": whole, "viable": viable}
    plain["analyses"] = [{"id": "r", "kind": "response", "endpoint": "whole"}]
    study = Protocol.model_validate_json(json.dumps(plain))
    rows = []
    for visit, day, size, left in (
        ("SCREENING", "2018-01-05", "115", "100"),
        ("WEEK 4", "2018-02-12", "110", "40"),
        ("WEEK 10", "2018-03-19", "108", "48"),
    ):
        at = {"VISIT": visit, "TRDTC": day}
        rows += [
            TR | at | {"TRSTRESC": size, "TRSTRESN": size},
            TR | at | {"TRTESTCD": "LDIAMV", "TRSTRESC": left, "TRSTRESN": left},
        ]
    records = read(tmp_path, study, tu=[TU], tr=rows)
    assert errors(records) == []
    found = {}
    for name, spec in study.endpoints.items():
        scans = DERIVE[Response](name, spec, study, records, records.patients).scans
        assert scans is not None
        found[name] = scans["overall"].to_list()
    assert found == {"whole": ["SD", "SD"], "viable": ["PR", "PD"]}
