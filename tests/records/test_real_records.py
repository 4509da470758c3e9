"""Real records through the reader and the checks, against a count by the csv module alone."""

from __future__ import annotations

import csv
from collections import Counter

import polars as pl

from calliper.protocol.specs import Protocol
from raw_study import checked
from shared import shared_data

COLON = "03_survival_classic/survival_colon.csv"


def test_the_colon_trial_is_read_as_it_stands() -> None:
    """Two rows a patient: `keep` takes those of death. Nodes and differentiation are missing in some."""
    path = shared_data(COLON)
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["etype"] == "2"]
    protocol = Protocol.model_validate(
        {
            "calliper": 1,
            "study": {"title": "Colon", "design": "randomised trial"},
            "reading": {"missing": ["NA"]},
            "data": {
                "patients": {
                    "files": [{"path": path.name, "keep": {"etype": ["2"]}}],
                    "columns": {"patient": "id"},
                }
            },
            "variables": {
                "age": {"type": "integer", "column": "age", "label": "Age", "required": True},
                "nodes": {"type": "integer", "column": "nodes", "label": "Nodes"},
                "days": {"type": "number", "column": "time", "label": "Days"},
                "died": {"type": "integer", "column": "status", "label": "Died"},
            },
            "arms": {
                "column": "rx",
                "groups": {
                    "observation": {"label": "Observation", "values": ["Obs"]},
                    "levamisole": {"label": "Levamisole", "values": ["Lev"]},
                    "both": {"label": "Levamisole and fluorouracil", "values": ["Lev+5FU"]},
                },
                "reference": "observation",
            },
            "endpoints": {
                "os": {
                    "kind": "time_to_event",
                    "label": "Overall survival",
                    "short": "OS",
                    "unit": "days",
                    "recorded": {"time": "days", "event": "died"},
                }
            },
            "analyses": [{"id": "baseline", "kind": "baseline", "variables": ["age"]}],
        }
    )
    records = checked(protocol, path.parent)
    assert records.problems == ()
    patients = records.patients
    assert (patients.height, patients["died"].sum()) == (len(rows), sum(row["status"] == "1" for row in rows))
    assert records.n_read == {"patients": 1858}
    assert patients["days"].to_list() == [float(row["time"]) for row in rows]
    assert patients["nodes"].null_count() == sum(row["nodes"] in ("", "NA") for row in rows)
    arms = {"Obs": "observation", "Lev": "levamisole", "Lev+5FU": "both"}
    counted = Counter(arms[row["rx"]] for row in rows)
    assert dict(patients["arm"].value_counts().rows()) == counted
    first = patients.filter(pl.col("patient") == rows[0]["id"]).row(0, named=True)
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[first["_row"] - 1][0] == rows[0]["id"]
