"""Eight subjects read by three readers: every scan's RECIST 1.1 response equal to the key (RS domain), but for one.

Source: pharmaverse test data in SDTM form. Nodes are measured by the longest perpendicular (LPERP), all others by the
longest diameter (LDIAM). A visit dated to the month only is placed on its planned day.

The one: a lesion of 4.95 mm that returns after a complete response. RECIST 1.1 has what reappears as progression; the
key wants 5 mm of it, as of any growth.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import Any

import pytest

from calliper.derivations import DERIVE
from calliper.protocol.specs import Response
from hand_records import records, study
from shared import shared_data

PLANNED = {"SCREENING": 0, "WEEK 3": 21, "WEEK 6": 42, "WEEK 9": 63, "WEEK 12": 84}
SPEC = {
    "kind": "response",
    "label": "Response",
    "criteria": "RECIST 1.1",
    "start": "first_tace",
    "lesions": {"rules": "RECIST_1_1"},
    "landmarks": {"best": {"label": "Best", "best": "unconfirmed"}},
}
READERS = ("RADIOLOGIST 1", "RADIOLOGIST 2", "")


def domain(name: str) -> list[dict[str, str]]:
    path = shared_data(f"02_pharmaverse_onco/sdtm/{name}_onco_recist.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measured(reader: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Patients, scans and lesions of one reader (of the investigator: '')."""
    sites = {
        (row["USUBJID"], row["TULNKID"]): row["TULOC"] for row in domain("tu") if row["TUEVALID"] == reader
    }
    rows = [row for row in domain("tr") if row["TREVALID"] == reader]
    screened = {
        row["USUBJID"]: date.fromisoformat(row["TRDTC"]) for row in rows if row["VISIT"] == "SCREENING"
    }
    scans: dict[tuple[str, str], dict[str, Any]] = {}
    lesions: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        subject, visit, lesion = row["USUBJID"], row["VISIT"], row["TRLNKID"]
        is_node = sites[subject, lesion] == "LYMPH NODE"
        scans[subject, visit] = {
            "patient": subject,
            "scan": visit,
            "date": screened[subject] + timedelta(days=PLANNED[visit]),
            "modality": "CT",
        }
        held = lesions.setdefault(
            (subject, visit, lesion),
            {
                "patient": subject,
                "scan": visit,
                "lesion": lesion,
                "organ": "LN" if is_node else "OTHER",
                "role": "target" if row["TRGRPID"] == "TARGET" else "non_target",
            },
        )
        if row["TRTESTCD"] == "TUMSTATE":
            held["status"] = row["TRSTRESC"].lower()
        elif is_node and row["TRTESTCD"] == "LPERP":
            held["short_axis_mm"] = float(row["TRSTRESN"])
        elif not is_node and row["TRTESTCD"] == "LDIAM":
            held["whole_mm"] = float(row["TRSTRESN"])
    patients = [{"patient": subject, "first_tace": day} for subject, day in screened.items()]
    return patients, list(scans.values()), list(lesions.values())


APART = {("RADIOLOGIST 2", "01-701-1133", "WEEK 9"): ("PD", "PR")}
"""What is derived, and what the key has."""


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("change", [{}, {"reappear_mm": 5}], ids=["as published", "5 mm to reappear"])
def test_every_scan_of_every_subject(reader: str, change: dict[str, float]) -> None:
    patients, scans, lesions = measured(reader)
    held = records(patients, imaging=scans, lesions=lesions)
    spec = SPEC | {"lesions": {"rules": "RECIST_1_1", "change": change}}
    protocol = study(endpoints={"r": spec}, cutoff=None)
    frame = DERIVE[Response]("r", protocol.endpoints["r"], protocol, held, held.patients).scans
    assert frame is not None
    key = {
        (row["USUBJID"], row["VISIT"]): row["RSSTRESC"] for row in domain("rs") if row["RSEVALID"] == reader
    }
    words = {"NONCR_NONPD": "NON-CR/NON-PD"}
    found = {
        (row["patient"], row["scan"]): words.get(row["overall"], row["overall"]) for row in frame.to_dicts()
    }
    assert len(key) == 22
    apart = {(reader, *at): (found.get(at), seen) for at, seen in key.items() if found.get(at) != seen}
    assert apart == ({} if change else {at: both for at, both in APART.items() if at[0] == reader})
