"""Best changes of eight subjects by three readers, against the diameters and responses of the SDTM domains themselves.

Source: pharmaverse test data. The other answer is worked here from the rows of TR (a node by its short axis) and the
readers' own responses in RS, in exact fractions and without a table or criteria of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from calliper import load
from shared import DATA, ROOT
from studies.test_onco_recist import READERS, domain

VISITS = ("WEEK 3", "WEEK 6", "WEEK 9", "WEEK 12")
ANALYSIS = "  - {{id: courses_{0}, kind: courses, response: {0}, figures: [waterfall, spider]}}\n"


def sums_of(patient: str, evaluator: tuple[str, str]) -> dict[str, Fraction]:
    """The sum of the targets at each visit on which all those of screening were measured."""
    nodes = {
        row["TULNKID"]
        for row in domain("tu")
        if row["USUBJID"] == patient
        and (row["TUEVAL"], row["TUEVALID"]) == evaluator
        and row["TULOC"] == "LYMPH NODE"
    }
    sizes: dict[str, dict[str, Fraction]] = {}
    for row in domain("tr"):
        lesion = row["TRLNKID"]
        is_theirs = row["USUBJID"] == patient and (row["TREVAL"], row["TREVALID"]) == evaluator
        if (
            is_theirs
            and row["TRGRPID"] == "TARGET"
            and row["TRTESTCD"] == ("LPERP" if lesion in nodes else "LDIAM")
        ):
            sizes.setdefault(row["VISIT"], {})[lesion] = Fraction(row["TRSTRESC"])
    every = sizes.get("SCREENING", {}).keys()
    return {visit: sum(held.values(), Fraction(0)) for visit, held in sizes.items() if held.keys() >= every}


def best_change(patient: str, evaluator: tuple[str, str]) -> float | None:
    """The smallest percent change up to and including the reader's first PD."""
    sums = sums_of(patient, evaluator)
    shown = {
        row["VISIT"]: row["RSSTRESC"]
        for row in domain("rs")
        if row["USUBJID"] == patient and (row["RSEVAL"], row["RSEVALID"]) == evaluator
    }

    def counted() -> Iterator[Fraction]:
        for visit in VISITS:
            if visit in sums and "SCREENING" in sums:
                yield 100 * (sums[visit] - sums["SCREENING"]) / sums["SCREENING"]
            if shown.get(visit) == "PD":
                return

    return float(min(counted())) if list(counted()) else None


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], float | None]:
    domain("tr")
    text = (ROOT / "studies/onco_recist.yaml").read_text(encoding="utf-8")
    text = text.replace("../../shared/data", DATA.as_posix()).replace(
        "analyses:\n", "analyses:\n" + "".join(ANALYSIS.format(reader) for reader in READERS)
    )
    path: Path = tmp_path_factory.mktemp("onco") / "study.yaml"
    path.write_text(text, encoding="utf-8")
    courses = load(path).run().courses
    return {
        (course.analysis.removeprefix("courses_"), course.patient): course.best_change for course in courses
    }


@pytest.mark.parametrize("reader", READERS)
def test_every_best_change_of_a_reader(reader: str, found: dict[tuple[str, str], float | None]) -> None:
    ours = {patient: change for (who, patient), change in found.items() if who == reader}
    assert len(ours) == 8
    expected = {patient: best_change(patient, READERS[reader]) for patient in ours}
    assert ours == expected
    assert len([change for change in expected.values() if change is not None]) >= 5
