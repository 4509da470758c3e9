"""Our ADTTE beside those that others made of the same records: admiralonco's, and the CDISC pilot's."""

from __future__ import annotations

import csv
from pathlib import Path

import calliper
from calliper.exports.responses import adrs
from calliper.exports.times import adtte
from shared import ROOT, shared_data
from studies.test_pharmaverse_times import ALIVE_BEFORE_THE_START, STUDY

Line = dict[str, str]


def published(path: Path, parameter: str) -> dict[str, Line]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["USUBJID"]: row for row in csv.DictReader(file) if row["PARAMCD"] == parameter}


def exported(study: calliper.Study, parameter: str) -> dict[str, dict[str, object]]:
    made = adtte(study.protocol, study.outcome.derived)
    assert made is not None
    rows = made.frame.iter_rows(named=True)
    return {row["USUBJID"]: row for row in rows if row["PARAMCD"] == parameter}


def test_values_censoring_and_dates_are_admiraloncos(tmp_path: Path) -> None:
    adsl = shared_data("02_pharmaverse_onco/adam/adsl.csv")
    rs = shared_data("02_pharmaverse_onco/sdtm/rs_onco_recist.csv")
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.format(adsl=adsl.as_posix(), rs=rs.as_posix()), encoding="utf-8")
    study = calliper.load(path)
    for parameter in ("OS", "PFS"):
        theirs = published(shared_data("02_pharmaverse_onco/adam/adtte_onco.csv"), parameter)
        ours = exported(study, parameter)
        assert len(theirs) == len(ours) == 254
        for patient, row in ours.items():
            if patient in ALIVE_BEFORE_THE_START and parameter == "OS":
                assert (row["AVAL"], row["CNSR"], row["ADT"]) == (None, None, None)
                continue
            expected = theirs[patient]
            assert (row["AVAL"], row["CNSR"]) == (float(expected["AVAL"]), int(expected["CNSR"]))
            assert (str(row["STARTDT"]), str(row["ADT"])) == (expected["STARTDT"], expected["ADT"])
    # counted from the first response: our start is not theirs, so none is told
    assert {row["STARTDT"] for row in exported(study, "RSD").values()} == {None}


def test_values_and_censoring_are_the_cdisc_pilots() -> None:
    theirs = published(shared_data("01_cdisc_pilot/adam/adtte.csv"), "TTDE")
    study = calliper.load(ROOT / "studies" / "cdisc_pilot.yaml")
    made = adtte(study.protocol, study.outcome.derived)
    assert made is not None
    ours = {row["USUBJID"]: row for row in made.frame.iter_rows(named=True)}
    assert len(ours) == len(theirs) == 254
    for patient, row in ours.items():
        expected = theirs[patient]
        assert (row["AVAL"], row["CNSR"]) == (float(expected["AVAL"]), float(expected["CNSR"]))
        assert (
            row["TRTP"].replace(" low", " Low").replace(" high", " High").replace("dose", "Dose")
            == expected["TRTP"]
        )


def test_recorded_responses_are_terns() -> None:
    """A study without lesions: the scans are the recorded categories, and a landmark the only one."""
    with shared_data("06_tern/tern_ex_adrs.csv").open(encoding="utf-8", newline="") as file:
        theirs = {r["USUBJID"]: r for r in csv.DictReader(file) if r["PARAMCD"] == "BESRSPI"}
    study = calliper.load(ROOT / "studies" / "tern.yaml")
    made = adrs(study.protocol, study.outcome.records, study.outcome.derived)
    assert made is not None
    for parameter in ("OVRLRESP", "BEST"):
        ours = {
            row["USUBJID"]: row for row in made.frame.iter_rows(named=True) if row["PARAMCD"] == parameter
        }
        assert {patient: row["AVALC"] for patient, row in ours.items()} == {
            patient: row["AVALC"] for patient, row in theirs.items()
        }
        if parameter == "OVRLRESP":
            assert {p: str(row["ADT"]) for p, row in ours.items()} == {
                p: r["ADTM"] for p, r in theirs.items()
            }
