"""mRECIST beside RECIST 1.1, and two readers with an adjudicator, from files to the report folder: worked by hand.

The eight patients are the target examples M1 to M4, M7, M9, M12 and M13 of the rules; on four of them the criteria
differ.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from calliper import load
from calliper.blocks import Table
from calliper.study import Study

STUDY = """\
calliper: 1
study: {title: Two criteria, design: retrospective cohort, cutoff: 2020-06-30}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  imaging:
    files: [{path: scans.csv}]
    columns: {patient: ID, scan: Scan, date: Date, modality: Modality, arterial_phase: Arterial, reader: Reader}
  lesions:
    files: [{path: lesions.csv}]
    columns: {patient: ID, scan: Scan, lesion: Lesion, organ: Organ, role: Role, whole_mm: Whole, viable_mm: Viable}
  responses: {files: [{path: responses.csv}], columns: {patient: ID, date: Date, response: mRECIST}}
variables:
  first_tace: {type: date, column: First TACE, label: First TACE}
  final: {type: category, column: Final, label: Final, codes: {CR: CR, PR: PR, SD: SD, PD: PD, NE: NE}}
arms:
  column: Arm
  groups: {a: {label: A, values: [A]}, b: {label: B, values: [B]}}
  reference: a
endpoints:
  viable: &viable
    kind: response
    label: Tumour response
    criteria: mRECIST (2010)
    start: first_tace
    lesions: {rules: mRECIST_2010, readers: [R1]}
    landmarks: &landmarks
      month_3: {label: 3 months, day: 91, window: [70, 112]}
  whole:
    kind: response
    label: Tumour response
    criteria: RECIST 1.1
    start: first_tace
    lesions: {rules: RECIST_1_1, readers: [R1]}
    landmarks: *landmarks
  other:
    kind: response
    label: Tumour response
    criteria: mRECIST (2010)
    start: first_tace
    lesions: {rules: mRECIST_2010, readers: [R2]}
    landmarks: *landmarks
  final:
    kind: response
    label: Final
    criteria: mRECIST (2010)
    landmarks: {month_3: {label: 3 months, variable: final}}
analyses:
  - {id: response, kind: response, endpoint: viable}
  - {id: criteria, kind: agreement, endpoints: [viable, whole]}
  - {id: readers, kind: agreement, endpoints: [viable, other], adjudicated: final}
"""
# Patient: the (whole, viable) diameter of the one target by reader 1 at baseline, on day 30, on day 90; that of
# reader 2 on day 90 where it is another; the adjudicated category.
COURSES: dict[str, list[tuple[float, float]]] = {
    "M1": [(100, 100), (100, 100), (70, 70)],
    "M2": [(100, 100), (100, 100), (70.1, 70.1)],
    "M3": [(100, 100), (40, 40), (48, 48)],
    "M4": [(100, 100), (20, 20), (24, 24)],
    "M7": [(100, 100), (60, 60), (0, 0)],
    "M9": [(100, 100), (0, 0), (6, 6)],
    "M12": [(20, 20), (20, 20), (24, 24)],
    "M13": [(115, 115), (115, 115), (110, 30)],
}
OTHER = {"M1": 71, "M4": 23.9, "M13": 140}
FINAL = {"M1": "PR", "M4": "PR", "M13": "SD"}
DATES = ("2018-01-05", "2018-02-09", "2018-04-10")


def write(folder: Path, recorded: str) -> Study:
    patients, scans, lesions = [], [], []
    for at, (patient, course) in enumerate(COURSES.items()):
        patients.append(f"{patient},2018-01-10,{'AB'[at % 2]},{FINAL.get(patient, 'SD')}")
        for visit, (whole, viable) in enumerate(course):
            second = OTHER.get(patient, viable) if visit == 2 else viable
            for reader, size in (("R1", viable), ("R2", second)):
                scan = f"{reader}-{visit}"
                scans.append(f"{patient},{scan},{DATES[visit]},CT,yes,{reader}")
                status = whole if reader == "R1" else max(whole, second)
                lesions.append(f"{patient},{scan},T1,liver,target,{status},{size}")
    tables = {
        "study.yaml": STUDY,
        "patients.csv": "\n".join(["ID,First TACE,Arm,Final", *patients]),
        "scans.csv": "\n".join(["ID,Scan,Date,Modality,Arterial,Reader", *scans]),
        "lesions.csv": "\n".join(["ID,Scan,Lesion,Organ,Role,Whole,Viable", *lesions]),
        "responses.csv": "ID,Date,mRECIST\n" + recorded,
    }
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load(folder / "study.yaml")


RECORDED = "M3,2018-02-09,PR\nM3,2018-04-10,SD\nM13,2018-04-10,PR\n"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write(tmp_path_factory.mktemp("criteria"), RECORDED)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def number(study: Study, key: str) -> float | None:
    row = study.outcome.results.get(key)
    assert row is not None, key
    return row.value


def test_no_scan_of_either_reader_is_a_problem(study: Study) -> None:
    assert study.check().problems == ()


def test_mrecist_by_recist(study: Study) -> None:
    """M4 PD and PR, M9 PR and PD, M12 PD and SD, M13 PR and SD; the other four alike.

    e = (1x1 + 3x2 + 1x3 + 3x2)/64 = 16/64; steps apart 2 + 2 + 1 + 1 = 6, by chance (14 + 24 + 6 + 30)/8.
    """
    place = "criteria/all/overall/month_3/"
    apart = {
        "PD, PR": 1,
        "PR, PD": 1,
        "PD, SD": 1,
        "PR, SD": 1,
        "CR, CR": 1,
        "PR, PR": 1,
        "SD, SD": 1,
        "PD, PD": 1,
    }
    for level, n in apart.items():
        assert number(study, f"{place}{level}/count") == n
    evaluable = "criteria/evaluable/overall/month_3/"
    assert (number(study, evaluable + "/n"), number(study, evaluable + "alike/count")) == (8, 4)
    assert number(study, evaluable + "/kappa.unweighted") == pytest.approx(1 / 3, rel=1e-12)
    assert number(study, evaluable + "/kappa.linear") == pytest.approx(13 / 37, rel=1e-12)
    assert number(study, "criteria/evaluable/first/month_3/ORR/count") == 4
    assert number(study, "criteria/evaluable/second/month_3/ORR/count") == 3
    # M9 and M13 respond by mRECIST alone, M4 by RECIST alone: 2 x (1 + 3)/8
    assert number(study, evaluable + "ORR/first_only") == 2
    assert number(study, "criteria/evaluable/between/month_3/ORR/p.mcnemar") == 1


def test_scan_by_scan(study: Study) -> None:
    """Sixteen scans, two a patient: only those of day 90 differ."""
    assert number(study, "criteria/scans/overall///n") == 16
    assert number(study, "criteria/scans/overall//alike/count") == 12
    listing = study.outcome.results.listing("criteria", "scans_apart")
    assert listing is not None
    lines = [dict(zip(listing.columns, row, strict=True)) for row in listing.rows]
    told = {line["patient"]: (line["first"], line["second"], line["second_reason"]) for line in lines}
    assert set(told) == {"M4", "M9", "M12", "M13"}
    assert {line["date"] for line in lines} == {"2018-04-10"}
    assert told["M4"][:2] == ("PD", "PR")
    assert told["M13"] == (
        "PR",
        "SD",
        "sum 110 mm is -4.3% from the baseline of 115 mm and -4.3% on the nadir of 115 mm (scan 2018-01-05)",
    )


def test_two_readers_and_who_was_followed(study: Study) -> None:
    """Reader 2: M1 71 mm is SD, M4 23.9 mm (+19.5%) is PR, M13 140 mm (+21.7%) is PD. Followed: 1, 2, neither."""
    place = "readers/all/"
    assert number(study, place + "adjudicated/month_3//n") == 3
    for level in ("first", "second", "neither"):
        assert number(study, f"{place}adjudicated/month_3/{level}/count") == 1
    assert number(study, place + "overall/month_3/PR, SD/count") == 1


def test_the_folder_and_the_page(study: Study, tmp_path: Path) -> None:
    out = study.report(tmp_path / "out")
    apart = rows(out / "scans_apart.csv")
    assert [(row["analysis"], row["patient"]) for row in apart] == [
        *(("criteria", patient) for patient in ("M12", "M13", "M4", "M9")),
        *(("readers", patient) for patient in ("M1", "M13", "M4")),
    ]
    page = (out / "report.html").read_text(encoding="utf-8")
    words = " ".join(re.sub(r"<[^>]+>", " ", page).replace("\N{NO-BREAK SPACE}", " ").split())
    for sentence in (
        "At 3 months, 4 of 8 patients evaluable by both (50.0%, 95% CI 15.7 to 84.3) were categorised alike by mRECIST "
        "(2010) and RECIST 1.1 (kappa 0.33,",
        "Objective response in these patients was 50.0% (4/8) by mRECIST (2010) and 37.5% (3/8) by RECIST 1.1 "
        "(McNemar&#x27;s exact test, two-sided, descriptive: P &gt; 0.999).",
        "The two differ on 3 patients of all; the adjudication has the category of reader R1 in 1, that of reader R2 "
        "in 1 and neither in 1.",
        "All scans are those of reader R1.",
        "The category is the same on 12 of 16 scans that both have (75.0%;",
        "The derived category is the recorded one on 2 of 3 scans that have both (66.7%;",
        "M3, 2018-04-10 SD PD: sum 48 mm is +20.0% on the nadir of 40 mm (scan 2018-02-09)",
        "M13, 2018-04-10 PR: sum 30 mm is -73.9% from the baseline of 115 mm SD: sum 110 mm is -4.3%",
    ):
        assert sentence in words


def test_where_recorded_and_derived_never_differ_no_patient_is_listed(tmp_path: Path) -> None:
    study = write(tmp_path, "M3,2018-02-09,PR\nM13,2018-04-10,PR\n")
    listing = study.outcome.results.listing("response", "disagreements")
    assert listing is not None
    assert listing.rows == ()
    section = next(section for section in study.document().sections if section.id == "response")
    assert "table-response-disagreements" not in {
        block.id for block in section.blocks if isinstance(block, Table)
    }
    told = [getattr(block, "text", "") for block in section.blocks]
    assert "The derived category is the recorded one on all 2 scans that have both." in told


def test_fifty_lines_are_printed_and_the_rest_counted(study: Study) -> None:
    """The listing made long: sixty lines, of which the table prints fifty."""
    from dataclasses import replace

    from calliper.displays.tables.disagreements import disagreement_lines

    results = study.outcome.results
    listing = results.listing("response", "disagreements")
    assert listing is not None
    long = replace(results, listings=(replace(listing, rows=listing.rows[:1] * 60),))
    spec = next(spec for spec in study.protocol.analyses if spec.id == "response")
    table = disagreement_lines(spec, study.protocol, long)  # type: ignore[arg-type]
    assert table is not None
    assert len(table.rows) == 50
    assert table.footnotes[0].text.startswith("The first 50 of 60; disagreements.csv lists all.")
