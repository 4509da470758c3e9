"""Invented lesions, written as tables of scans and lesions and as SDTM, are the same records and responses."""

from __future__ import annotations

import csv
import random
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calliper import ingest
from calliper.derivations import DERIVE
from calliper.protocol.specs import Protocol, Response
from calliper.records.check import check
from calliper.records.tables import Records
from sdtm_study import protocol, write

LOCATIONS = {"LIVER": "LIVER", "LN": "Mediastinal lymph  node", "LUNG": "Lung", "OTHER": "PANCREAS"}
ROLES = {"target": "TARGET", "non_target": "NON-TARGET", "new": "NEW"}
STATES = {"present": "PRESENT", "absent": "ABSENT", "progressed": "UNEQUIVOCAL PROGRESSION"}
METHODS = {"CT": "CT SCAN", "MRI": "MRI"}
READERS = ("INVESTIGATOR", "R1")
START = date(2018, 1, 10)


@st.composite
def trials(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Lesions of two patients by two readers at up to four visits: each a row with the words of our tables."""
    rows = []
    for patient in ("P1", "P2"):
        for reader in READERS:
            lesions = draw(
                st.lists(
                    st.tuples(st.sampled_from(list(LOCATIONS)), st.sampled_from(list(ROLES))), max_size=4
                )
            )
            modality = draw(st.sampled_from(list(METHODS)))
            for visit in range(draw(st.integers(1, 4))):
                for at, (organ, role) in enumerate(lesions):
                    seen = draw(st.sampled_from(["measured", "measured", "not_assessed", "nothing", *STATES]))
                    if seen == "nothing" or (role == "new" and visit == 0):
                        continue
                    size = draw(st.integers(1, 1200)) / 10 if seen == "measured" else None
                    rows.append({
                        "patient": patient, "reader": reader, "visit": f"VISIT {visit}", "lesion": f"L{at}",
                        "date": START + timedelta(days=35 * visit - 5), "modality": modality,
                        "organ": organ, "role": role, "status": None if size else seen, "size": size,
                    })  # fmt: skip
    return rows


def as_tables(rows: list[dict[str, Any]], folder: Path) -> Records:
    """The records by way of one file of scans and one of lesions."""
    scans: dict[tuple[str, str], dict[str, Any]] = {}
    lesions = []
    for row in rows:
        scan = f"{row['visit']} / {row['reader']}"
        scans[row["patient"], scan] = {
            "patient": row["patient"], "scan": scan, "date": row["date"], "visit": row["visit"],
            "modality": row["modality"], "reader": row["reader"],
        }  # fmt: skip
        axis = "short_axis_mm" if row["organ"] == "LN" else "whole_mm"
        lesion = {name: row[name] for name in ("patient", "lesion", "organ", "role", "status")}
        lesions.append({**lesion, "scan": scan, "whole_mm": None, "short_axis_mm": None, axis: row["size"]})
    _write(
        folder / "scans.csv", list(scans.values()), ["patient", "scan", "date", "visit", "modality", "reader"]
    )
    columns = ["patient", "scan", "lesion", "organ", "role", "status", "whole_mm", "short_axis_mm"]
    _write(folder / "lesions.csv", lesions, columns)
    data = {
        "patients": {"files": [{"path": "patients.csv"}], "columns": {"patient": "ID"}},
        "imaging": {
            "files": [{"path": "scans.csv"}],
            "columns": {name: name for name in ("patient", "scan", "date", "visit", "modality", "reader")},
        },
        "lesions": {"files": [{"path": "lesions.csv"}], "columns": {name: name for name in columns}},
    }
    plain = protocol().model_dump(exclude_none=True)
    study = Protocol.model_validate({**plain, "data": data})
    return check(study, ingest.read(study, folder))


def as_sdtm(rows: list[dict[str, Any]], folder: Path, seed: int) -> Records:
    """The records by way of TU and TR, rows in any order, with the LDIAM of nodes and the LPERP of others."""
    tu: dict[tuple[str, str, str], dict[str, str]] = {}
    tr = []
    for row in rows:
        tu[row["patient"], row["reader"], row["lesion"]] = {
            "USUBJID": row["patient"], "TULNKID": row["lesion"], "TUTESTCD": "TUMIDENT",
            "TUSTRESC": ROLES[row["role"]], "TULOC": LOCATIONS[row["organ"]],
            "TUMETHOD": METHODS[row["modality"]], "TUEVALID": row["reader"],
        }  # fmt: skip
        base = {
            "USUBJID": row["patient"], "TRLNKID": row["lesion"], "TREVALID": row["reader"],
            "VISIT": row["visit"], "TRDTC": row["date"].isoformat(), "TRSTAT": "", "TRSTRESU": "",
            "TRSTRESC": "", "TRSTRESN": "",
        }  # fmt: skip
        main, other = ("LPERP", "LDIAM") if row["organ"] == "LN" else ("LDIAM", "LPERP")
        if row["size"] is not None:
            for test, size in ((main, row["size"]), (other, row["size"] + 1)):
                number = {"TRSTRESC": str(size), "TRSTRESN": str(size), "TRSTRESU": "mm"}
                tr.append(base | number | {"TRTESTCD": test})
        elif row["status"] == "not_assessed":
            tr.append(base | {"TRTESTCD": main, "TRSTAT": "NOT DONE"})
        else:
            tr.append(base | {"TRTESTCD": "TUMSTATE", "TRSTRESC": STATES[row["status"]]})
    mixed = random.Random(seed)  # noqa: S311
    people = list(tu.values())
    mixed.shuffle(people)
    mixed.shuffle(tr)
    write(folder, tu=people, tr=tr)
    study = protocol()
    return check(study, ingest.read(study, folder))


def _write(path: Path, rows: list[dict[str, Any]], columns: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def table(records: Records, name: str) -> list[tuple[Any, ...]]:
    frame = records.tables[name].select(pl.exclude("^_.*$"))
    return sorted(frame.rows(), key=str)


def responses(records: Records) -> list[dict[str, Any]]:
    """What was derived of each scan; of several lesions of which one is the reason, the first row's is named."""
    study = protocol()
    scans = DERIVE[Response]("r", study.endpoints["r"], study, records, records.patients).scans
    assert scans is not None
    return scans.select(pl.exclude("source", "reason", "^_.*$")).sort("patient", "day", "scan").to_dicts()


@settings(max_examples=60, deadline=None)
@given(rows=trials(), seed=st.integers(0, 2**32))
def test_the_same_records_and_responses_by_both_ways(rows: list[dict[str, Any]], seed: int) -> None:
    assume(rows)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        by_sdtm = as_sdtm(rows, folder, seed)
        by_tables = as_tables(rows, folder)
    assert table(by_sdtm, "imaging") == table(by_tables, "imaging")
    assert table(by_sdtm, "lesions") == table(by_tables, "lesions")
    assert responses(by_sdtm) == responses(by_tables)
    told = {"not_read"}
    found = sorted(p.rule for p in by_sdtm.problems if p.rule not in told)
    assert found == sorted(p.rule for p in by_tables.problems)
