"""The ready study of eight subjects read by three readers, from the SDTM domains as they stand.

Source: pharmaverse test data. Every scan's RECIST 1.1 response equals the key (domain RS), but for one: a lesion of
4.95 mm that returns after a complete response. RECIST 1.1 has what reappears as progression; the key wants 5 mm of it,
as of any growth.
"""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from calliper import load
from calliper.study import Study
from shared import DATA, ROOT, shared_data

READERS = {
    "investigator": ("INVESTIGATOR", ""),
    "radiologist_1": ("INDEPENDENT ASSESSOR", "RADIOLOGIST 1"),
    "radiologist_2": ("INDEPENDENT ASSESSOR", "RADIOLOGIST 2"),
}
"""TREVAL and TREVALID of each endpoint's reader."""

APART = {("radiologist_2", "01-701-1133", "WEEK 9"): ("PD", "PR")}
"""What is derived, and what the key has."""


def domain(name: str) -> list[dict[str, str]]:
    path = shared_data(f"02_pharmaverse_onco/sdtm/{name}_onco_recist.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ready(folder: Path, change: str = "") -> Study:
    """The ready study, with its thresholds changed."""
    shared_data("02_pharmaverse_onco/sdtm/tr_onco_recist.csv")
    text = (ROOT / "studies/onco_recist.yaml").read_text(encoding="utf-8")
    text = text.replace("../../shared/data", DATA.as_posix())
    if change:
        text = text.replace("rules: RECIST_1_1,", f"rules: RECIST_1_1, change: {{{change}}},")
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    study = load(path)
    study.run()
    return study


@pytest.fixture(scope="module")
def as_published(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return ready(tmp_path_factory.mktemp("onco"))


def scans_of(study: Study, endpoint: str) -> pl.DataFrame:
    scans = study.outcome.derived.endpoints[endpoint].scans
    assert scans is not None
    return scans


def apart(study: Study) -> dict[tuple[str, str, str], tuple[str | None, str]]:
    """The scans on which the key has another response than ours; each reader has 22."""
    found: dict[tuple[str, str, str], tuple[str | None, str]] = {}
    for endpoint, evaluator in READERS.items():
        key = {
            (row["USUBJID"], row["VISIT"]): row["RSSTRESC"].replace("NON-CR/NON-PD", "NONCR_NONPD")
            for row in domain("rs")
            if (row["RSEVAL"], row["RSEVALID"]) == evaluator
        }
        scans = scans_of(study, endpoint)
        ours = {(row["patient"], row["visit"]): row["overall"] for row in scans.iter_rows(named=True)}
        assert len(key) == len(ours) == scans.height == 22
        found |= {(endpoint, *at): (ours.get(at), seen) for at, seen in key.items() if ours.get(at) != seen}
    return found


def test_every_scan_of_every_reader(as_published: Study) -> None:
    assert apart(as_published) == APART


def test_every_scan_of_every_reader_with_5_mm_to_reappear(tmp_path: Path) -> None:
    assert apart(ready(tmp_path, "reappear_mm: 5")) == {}


@pytest.mark.parametrize("endpoint", READERS)
def test_every_sum_is_that_of_the_diameters_in_the_file(endpoint: str, as_published: Study) -> None:
    """In exact arithmetic: LPERP of nodes, LDIAM of others; where a target of baseline lacks, there is no sum."""
    mine = [row for row in domain("tr") if (row["TREVAL"], row["TREVALID"]) == READERS[endpoint]]
    nodes = {(row["USUBJID"], row["TULNKID"]) for row in domain("tu") if row["TULOC"] == "LYMPH NODE"}
    sizes: dict[tuple[str, str], dict[str, Fraction]] = {}
    for row in mine:
        lesion = (row["USUBJID"], row["TRLNKID"])
        if row["TRTESTCD"] == ("LPERP" if lesion in nodes else "LDIAM"):
            sizes.setdefault((row["USUBJID"], row["VISIT"]), {})[row["TRLNKID"]] = Fraction(row["TRSTRESN"])
    compared = 0
    for row in scans_of(as_published, endpoint).iter_rows(named=True):
        targets = sizes.get((row["patient"], "SCREENING"), {})
        seen = sizes.get((row["patient"], row["visit"]), {})
        if not targets or set(seen) != set(targets):
            continue
        assert row["sum_mm"] == pytest.approx(float(sum(seen.values())), abs=1e-9), row
        assert row["baseline_mm"] == pytest.approx(float(sum(targets.values())), abs=1e-9), row
        compared += 1
    assert compared == 16


def test_the_best_response_of_the_investigator_is_the_authors(tmp_path: Path) -> None:
    """What the authors of the data wrote beside the lesions of subjects 1 to 7, of scans 21 days apart.

    Of the eighth they wrote SD and gave PR, CR and PD. Their NON-CR/NON-PD counts as SD.
    """
    study = ready(tmp_path, "confirm_days: 21")
    frame = study.outcome.derived.endpoints["investigator"].frame.sort("patient")
    best = {
        name: frame.filter(pl.col("landmark") == name)["response"].to_list() for name in ("best", "confirmed")
    }
    assert best["best"][:7] == ["CR", "PD", "SD", "NE", "CR", "PR", "SD"]
    assert best["confirmed"][:7] == ["SD", "PD", "SD", "NE", "PR", "PR", "SD"]


def test_every_row_that_is_not_read_is_counted(as_published: Study) -> None:
    """Counted in the file: 45 of 234 rows of LPERP are of nodes, which have 45 of LDIAM; 39 of 78 states are copies."""
    problems = as_published.outcome.records.problems
    assert not [problem.line for problem in problems if problem.severity == "error"]
    left = {problem.message for problem in problems if problem.rule == "not_read"}
    assert left == {
        "not read: 189 rows with TRTESTCD 'LPERP' of lesions that are no nodes",
        "not read: 45 rows with TRTESTCD 'LDIAM' of nodes",
        "not read: 22 rows of the evaluator 'RADIOLOGIST 1'",
        "not read: 22 rows of the evaluator 'RADIOLOGIST 2'",
    }
    copies = sum(problem.rule == "repeated_row" for problem in problems)
    assert copies == 39
    lesions = as_published.outcome.records.tables["lesions"].height
    assert lesions + copies + 189 + 45 == 546 == len(domain("tr"))


def test_the_investigators_responses_are_held_beside_the_investigators_scans(as_published: Study) -> None:
    scans = scans_of(as_published, "investigator")
    assert scans["recorded"].null_count() == 0
    assert scans["agrees"].all()
    # and beside nobody else's: two readers who differ are no disagreement between what was derived and recorded
    for endpoint in ("radiologist_1", "radiologist_2"):
        assert scans_of(as_published, endpoint)["recorded"].null_count() == 22


def test_every_number_leads_to_a_row_of_tr(as_published: Study) -> None:
    """The row of the file holds the value: patient, reader, visit, link and diameter."""
    rows = domain("tr")
    lesions = as_published.outcome.records.tables["lesions"]
    for lesion in lesions.iter_rows(named=True):
        row = rows[lesion["_row"] - 2]
        reader = row["TREVALID"] or row["TREVAL"]
        assert lesion["_file"].endswith("tr_onco_recist.csv")
        assert (lesion["patient"], lesion["lesion"]) == (row["USUBJID"], row["TRLNKID"])
        assert lesion["scan"] == f"{row['VISIT']} / {reader}"
        size = lesion["short_axis_mm"] if lesion["organ"] == "LN" else lesion["whole_mm"]
        assert str(size or "") == str(float(row["TRSTRESN"]) if row["TRSTRESN"] not in ("", "0.0") else "")


def test_the_methods_name_the_domains_and_the_data_section_what_was_not_read(
    as_published: Study, tmp_path: Path
) -> None:
    page = (as_published.report(tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    assert "Scans and lesions were read from the SDTM domains TU and TR." in page
    assert "not read: 189 rows with TRTESTCD" in page
    assert "All scans are those of reader RADIOLOGIST 2." in page
