"""A small study whose records keep and break the protocol, for tests of deviations and populations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import calliper

PATIENTS = [
    ["ID", "Arm", "Index", "Size", "Sorafenib"],
    ["P1", "C", "2018-02-01", "12", "2018-02-05"],
    ["P2", "C", "2018-02-01", "8", "2018-02-03"],
    ["P3", "C", "2018-02-01", "5", "2018-03-18"],
    ["P4", "T", "2018-02-01", "11", ""],
    ["P5", "T", "2018-02-01", "", ""],
]
SESSIONS = [
    ["ID", "Session", "No", "Date", "Technique"],
    ["P1", "S1", "1", "2018-02-01", "DEB_TACE"],
    ["P2", "S1", "1", "2018-02-01", "DEB_TACE"],
    ["P3", "S1", "1", "2018-02-01", "DEB_TACE"],
    ["P4", "S1", "1", "2018-02-01", "DEB_TACE"],
    ["P4", "S2", "2", "2018-02-15", "C_TACE"],
    ["P5", "S1", "1", "2018-02-01", "DEB_TACE"],
]
BEADS = [
    ["ID", "Session", "Min", "Max", "Drug", "Mg", "Load", "Ratio", "Wait"],
    ["P1", "S1", "300", "500", "epirubicin", "60", "30", "1:1", "5"],
    ["P2", "S1", "100", "300", "epirubicin", "50", "25", "2:1", "5"],
    ["P3", "S1", "300", "500", "epirubicin", "60", "", "1:1", "5"],
    ["P4", "S1", "300", "500", "epirubicin", "60", "30", "1:1", "5"],
]

STUDY: dict[str, Any] = {
    "calliper": 1,
    "study": {"title": "Deviations", "design": "retrospective cohort", "cutoff": "2020-06-30"},
    "data": {
        "patients": {"files": [{"path": "patients.csv"}], "columns": {"patient": "ID"}},
        "sessions": {
            "files": [{"path": "sessions.csv"}],
            "columns": {
                "patient": "ID", "session": "Session", "number": "No", "date": "Date", "technique": "Technique",
            },
        },
        "bead_preparation": {
            "files": [{"path": "beads.csv"}],
            "columns": {
                "patient": "ID", "session": "Session", "bead_size_min_um": "Min", "bead_size_max_um": "Max",
                "drug": "Drug", "drug_mg": "Mg", "load_min": "Load", "ratio_beads_to_contrast": "Ratio",
                "wait_min": "Wait",
            },
        },
    },
    "variables": {
        "index": {"type": "date", "column": "Index", "label": "First TACE"},
        "sorafenib": {"type": "date", "column": "Sorafenib", "label": "First tablet"},
        "size": {"type": "number", "column": "Size", "label": "Tumour size", "unit": "cm"},
    },
    "derived": {
        "sorafenib_delay": {
            "label": "Delay", "from_date": "index", "to_date": "sorafenib", "unit": "days",
        }
    },
    "arms": {
        "column": "Arm",
        "groups": {
            "combination": {"label": "Combination", "values": ["C"]},
            "tace": {"label": "TACE", "values": ["T"]},
        },
        "reference": "tace",
    },
    "endpoints": {
        "protocol": {
            "kind": "deviations",
            "label": "Protocol deviations",
            "start": "index",
            "rules": [
                {
                    "id": "B01", "table": "bead_preparation", "text": "Beads of 300 to 500 µm", "severity": "major",
                    "rule": "bead_size_min_um = 300 and bead_size_max_um = 500", "affects": "response",
                    "every": "session", "where": 'session_technique = "DEB_TACE"',
                },
                {"id": "B05", "table": "bead_preparation", "text": "Epirubicin 60 mg", "rule": "drug_mg = 60"},
                {"id": "B08", "table": "bead_preparation", "text": "Loaded in 30 min", "rule": "load_min = 30"},
                {
                    "id": "S02", "table": "patients", "text": "Sorafenib from day 3 to 5",
                    "rule": "sorafenib_delay between 3 and 5", "where": 'arm = "combination"',
                    "major_unless": "sorafenib_delay <= 30", "affects": "ttp",
                },
                {
                    "id": "R02", "table": "sessions", "text": "Sessions 21 days apart",
                    "rule": "nth = 1 or days_since_previous >= 21", "affects": "safety",
                },
            ],
        }
    },
    "populations": {"per_protocol": {"label": "Per-protocol set", "without_major": "protocol"}},
    "analyses": [
        {"id": "baseline", "kind": "baseline", "variables": ["size"]},
        {"id": "kept", "kind": "deviations", "endpoint": "protocol"},
        {"id": "strict", "kind": "baseline", "variables": ["size"], "population": "per_protocol"},
    ],
}  # fmt: skip
"""Worked: P1 keeps all. P2: beads of 100 to 300 (major), 50 mg, 25 min, tablet on day 2 (minor). P3: loading time not
recorded, tablet on day 45 (major). P4: a second session after 14 days, of other beads. P5: beads not recorded."""


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")


def load_study(
    folder: Path,
    change: Mapping[str, Any] | None = None,
    **tables: Sequence[Sequence[str]],
) -> calliper.Study:
    """The study with some of its sections and tables changed."""
    held = {"patients": PATIENTS, "sessions": SESSIONS, "beads": BEADS, **tables}
    for name, rows in held.items():
        write_csv(folder / f"{name}.csv", rows)
    path = folder / "study.yaml"
    # a study file is YAML, of which JSON is a part
    path.write_text(json.dumps({**STUDY, **(change or {})}, indent=1, ensure_ascii=False), encoding="utf-8")
    return calliper.load(path)
