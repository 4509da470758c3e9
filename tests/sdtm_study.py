"""A small study whose scans and lesions are SDTM domains, and writers of these, for tests."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calliper import ingest
from calliper.protocol.specs import Protocol
from calliper.records.check import check
from calliper.records.tables import Problem, Records

Row = dict[str, str]

TU: Row = {
    "USUBJID": "P1",
    "TULNKID": "T01",
    "TUTESTCD": "TUMIDENT",
    "TUSTRESC": "TARGET",
    "TULOC": "LIVER",
    "TUMETHOD": "CT SCAN",
    "TUEVAL": "INVESTIGATOR",
    "TUEVALID": "",
    "VISIT": "SCREENING",
    "TUDTC": "2018-01-05",
}
TR: Row = {
    "USUBJID": "P1",
    "TRLNKID": "T01",
    "TRTESTCD": "LDIAM",
    "TRSTRESC": "50",
    "TRSTRESN": "50",
    "TRSTRESU": "mm",
    "TRSTAT": "",
    "TRMETHOD": "",
    "TREVAL": "INVESTIGATOR",
    "TREVALID": "",
    "VISIT": "SCREENING",
    "TRDTC": "2018-01-05",
}
RS: Row = {
    "USUBJID": "P1",
    "RSTESTCD": "OVRLRESP",
    "RSCAT": "RECIST 1.1",
    "RSSTRESC": "PR",
    "RSEVAL": "INVESTIGATOR",
    "RSEVALID": "",
    "VISIT": "WEEK 6",
    "RSDTC": "2018-02-20",
}
"""A right row of each domain; a test changes what it is about."""


def protocol(
    *,
    tumours: Mapping[str, Any] | None = None,
    domains: Sequence[str] = ("tu", "tr"),
    reading: Mapping[str, Any] | None = None,
    criteria: str = "RECIST 1.1",
) -> Protocol:
    """A study of response by RECIST 1.1 of the investigator's scans; `tumours` adds keys to `data.tumours`."""
    files: dict[str, Any] = {name: {"files": [{"path": f"{name}.csv"}]} for name in domains}
    for name, value in (tumours or {}).items():
        files[name] = {**files.get(name, {}), **value} if name in ("tu", "tr", "rs") else value
    return Protocol.model_validate(
        {
            "calliper": 1,
            "study": {"title": "Tumours in SDTM form", "design": "retrospective cohort"},
            "reading": reading or {},
            "data": {
                "patients": {"files": [{"path": "patients.csv"}], "columns": {"patient": "ID"}},
                "tumours": {"standard": "sdtm", **files},
            },
            "variables": {"first_dose": {"type": "date", "column": "Start", "label": "First dose"}},
            "arms": {"column": "Arm", "groups": {"a": {"label": "A", "values": ["A"]}}, "reference": "a"},
            "endpoints": {
                "r": {
                    "kind": "response",
                    "label": "Response",
                    "criteria": criteria,
                    "start": "first_dose",
                    "lesions": {"rules": "RECIST_1_1", "readers": ["INVESTIGATOR"]},
                    "landmarks": {"best": {"label": "Best", "best": "unconfirmed"}},
                }
            },
            "analyses": [{"id": "r", "kind": "response", "endpoint": "r"}],
        }
    )


def write(folder: Path, **domains: Sequence[Row]) -> None:
    """Write domains as CSV under their names, and a table of the patients P1 and P2."""
    (folder / "patients.csv").write_text("ID,Start,Arm\nP1,2018-01-10,A\nP2,2018-01-10,A\n", encoding="utf-8")
    for name, rows in domains.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)


def read(folder: Path, study: Protocol | None = None, **domains: Sequence[Row]) -> Records:
    """Write the domains and read the study's records."""
    write(folder, **domains)
    study = study or protocol(domains=tuple(domains))
    return check(study, ingest.read(study, folder))


def of_rules(records: Records, *rules: str) -> list[Problem]:
    return [problem for problem in records.problems if problem.rule in rules]


def errors(records: Records) -> list[str]:
    """The printed lines of the errors."""
    return [problem.line for problem in records.problems if problem.severity == "error"]
