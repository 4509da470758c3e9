"""165 patients of Coimbra: stages derived where every item is recorded, against plain loops over the file's text."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import calliper
from calliper.derivations.baseline import derive_baseline
from calliper.results import Results
from calliper.study import Study
from shared import ROOT, shared_data
from studies.answers import value

FILE = "04_hcc/uci_hcc_coimbra.csv"


@pytest.fixture(scope="module")
def study() -> Study:
    shared_data(FILE)
    return calliper.load(ROOT / "studies" / "coimbra.yaml")


@pytest.fixture(scope="module")
def results(study: Study) -> Results:
    return study.run()


def rows() -> Iterator[dict[str, str]]:
    with shared_data(FILE).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def child_pugh(row: dict[str, str]) -> int | None:
    """Points as a doctor counts them, in the file's own mg/dL and g/dL; None where an item is blank."""
    cells = [row[name] for name in ("Total_Bil", "Albumin", "INR", "Ascites", "Encephalopathy")]
    if "" in cells:
        return None
    bilirubin, albumin, inr, ascites, encephalopathy = (float(cell) for cell in cells)
    points = int(ascites) + int(encephalopathy)
    points += 1 if bilirubin < 2 else 2 if bilirubin <= 3 else 3
    points += 1 if albumin > 3.5 else 2 if albumin >= 2.8 else 3
    points += 1 if inr < 1.7 else 2 if inr <= 2.3 else 3
    return points


def letter(points: int | None) -> str | None:
    return None if points is None else "A" if points < 7 else "B" if points < 10 else "C"


def bclc(row: dict[str, str], *, legacy: bool) -> str | None:
    """The rules in order, stopping at the first item that is asked for and blank."""
    child, ecog = letter(child_pugh(row)), int(row["PS"])
    if ecog >= 3 or child == "C":
        return "D"
    if child is None:
        return None
    thrombus, spread = row["PVT"], row["Metastasis"]
    if ecog in (1, 2) or "1.0" in (thrombus, spread):
        return "C"
    if "" in (thrombus, spread) or row["Nodules"] in ("", "0.0"):
        return None
    n = float(row["Nodules"])
    if n > 3:
        return "B"
    if row["Major_Dim"] == "":
        return None
    d = float(row["Major_Dim"])
    if n == 1:
        return "0" if d <= 2 else "A" if d <= 5 or not legacy else "B"
    return "A" if d <= 3 else "B"


def hap_points(row: dict[str, str]) -> int | None:
    cells = [row[name] for name in ("Albumin", "Total_Bil", "AFP", "Major_Dim")]
    if "" in cells:
        return None
    albumin, bilirubin, afp, d = (float(cell) for cell in cells)
    # 17 umol/L are 0.994 mg/dL
    return (albumin < 3.6) + (bilirubin > 17 / 17.1) + (afp > 400) + (d > 7)


def burden(row: dict[str, str]) -> float | None:
    if "" in (row["Nodules"], row["Major_Dim"]):
        return None
    return math.hypot(float(row["Major_Dim"]), float(row["Nodules"]))


def albi(row: dict[str, str]) -> float | None:
    if "" in (row["Total_Bil"], row["Albumin"]):
        return None
    return 0.66 * math.log10(17.1 * float(row["Total_Bil"])) - 0.085 * 10 * float(row["Albumin"])


def test_every_patient_equals_the_plain_loop(study: Study) -> None:
    held = list(rows())
    frame = derive_baseline(study.protocol, study.check())
    assert frame["patient"].to_list() == [str(at + 2) for at in range(165)]
    assert frame["child_points"].to_list() == [child_pugh(row) for row in held]
    assert frame["child"].to_list() == [letter(child_pugh(row)) for row in held]
    assert frame["bclc"].to_list() == [bclc(row, legacy=False) for row in held]
    assert frame["bclc_legacy"].to_list() == [bclc(row, legacy=True) for row in held]
    classes = [None if (points := hap_points(row)) is None else "ABCDD"[points] for row in held]
    assert frame["hap"].to_list() == classes
    for name, loop in (("burden", burden), ("albi", albi)):
        for found, row in zip(frame[name], held, strict=True):
            expected = loop(row)
            assert (found is None) == (expected is None)
            assert found is None or found == pytest.approx(expected, rel=1e-12)


def test_nothing_is_invented_for_a_missing_item(study: Study) -> None:
    """Ten patients have a blank cell among the items of Child-Pugh."""
    frame = derive_baseline(study.protocol, study.check())
    lacking = [
        "" in [row[name] for name in ("Total_Bil", "Albumin", "INR", "Ascites", "Encephalopathy")]
        for row in rows()
    ]
    assert frame["child"].is_null().to_list() == lacking
    assert sum(lacking) == 10
    staged_without_child = [stage for stage, lacks in zip(frame["bclc"], lacking, strict=True) if lacks]
    # without Child-Pugh only ECOG 3 and 4 have a stage
    assert set(staged_without_child) <= {None, "D"}


@pytest.mark.parametrize(("name", "legacy"), [("bclc", False), ("bclc_legacy", True)])
def test_the_baseline_table_counts_stages_and_missing(results: Results, name: str, legacy: bool) -> None:
    for arm, outcome in (("alive", "1"), ("dead", "0")):
        counted = Counter(bclc(row, legacy=legacy) for row in rows() if row["Class"] == outcome)
        for stage in "0ABCD":
            assert value(results, f"baseline/included/{arm}/{name}/{stage}/count") == counted[stage]
        assert value(results, f"baseline/included/{arm}/{name}//missing") == counted[None]


def test_the_older_reading_moves_single_large_tumours_from_a_to_b() -> None:
    both = Counter((bclc(row, legacy=False), bclc(row, legacy=True)) for row in rows())
    moved = {pair: n for pair, n in both.items() if pair[0] != pair[1]}
    assert set(moved) == {("A", "B")}


def test_child_pugh_points_in_the_baseline_table(results: Results) -> None:
    points = [held for row in rows() if (held := child_pugh(row)) is not None]
    stem = "baseline/included/overall/child_points//"
    assert value(results, stem + "n") == len(points)
    assert value(results, stem + "missing") == 165 - len(points)
    assert value(results, stem + "mean") == pytest.approx(sum(points) / len(points), rel=1e-12)


def test_the_report_shows_the_stages(study: Study, tmp_path: Path) -> None:
    page = (study.report(tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    for label in ("Child-Pugh class", "BCLC stage (2022)", "mHAP-II class", "Tumour burden score"):
        assert label in page


def test_only_queries_are_found(study: Study) -> None:
    problems = study.check().problems
    assert {problem.severity for problem in problems} == {"query"}
    assert {problem.rule for problem in problems} <= {"plausible", "not_derived", "XF05", "XF06", "XF24"}
