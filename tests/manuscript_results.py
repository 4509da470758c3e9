"""A report folder with a dozen results worked by hand, for manuscripts to be filled from and held against."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from calliper.results import COLUMNS, Row

ROWS = (
    Row("os", "included", "new", "os", "", "n", 42),
    Row("os", "included", "new", "os", "", "events", 31),
    Row("os", "included", "new", "os", "", "median", 18.64, unit="months"),
    Row("os", "included", "new", "os", "", "median_lower", 17.551, unit="months"),
    Row("os", "included", "new", "os", "", "median_upper", None, unit="months"),
    Row("os", "included", "old", "os", "", "median", 12.7, unit="months"),
    Row("os", "included", "old", "os", "", "median_lower", 11.9, unit="months"),
    Row("os", "included", "old", "os", "", "median_upper", 17.9, unit="months"),
    Row("os", "included", "new", "os", "", "survival", 0.7145, at=12.0),
    Row("os", "included", "new", "os", "", "survival_lower", 0.5511, at=12.0),
    Row("os", "included", "new", "os", "", "survival_upper", 0.8262, at=12.0),
    Row("os", "included", "new", "os", "", "curve", 0.9333, at=3.2),
    Row("os", "included", "between", "os", "", "p.logrank", 0.01149),
    Row("os", "included", "new vs old", "os", "", "hr.cox", 0.5361),
    Row("os", "included", "new vs old", "os", "", "lower.cox", 0.3312),
    Row("os", "included", "new vs old", "os", "", "upper.cox", 0.8679),
    Row("os", "included", "new vs old", "os", "", "p.cox", 0.0121),
    Row("response", "evaluable", "new", "m3", "", "n", 40),
    Row("response", "evaluable", "new", "m3", "ORR", "count", 32),
    Row("response", "evaluable", "new", "m3", "ORR", "proportion", 0.8),
    Row("response", "evaluable", "new", "m3", "ORR", "lower.wilson", 0.6524),
    Row("response", "evaluable", "new", "m3", "ORR", "upper.wilson", 0.895),
    Row("response", "evaluable", "new", "m3", "ORR", "lower.clopper_pearson", 0.6435),
    Row("response", "evaluable", "new", "m3", "ORR", "upper.clopper_pearson", 0.9095),
    Row("response", "all", "new", "m3", "ORR", "proportion", 32 / 42),
    Row("response", "evaluable", "between", "m3", "ORR", "p", 0.00004),
    Row("baseline", "included", "overall", "age", "", "mean", 60.26),
    Row("baseline", "included", "overall", "age", "", "sd", 13.96),
    Row("baseline", "included", "overall", "age", "", "median", 61.25),
    Row("baseline", "included", "overall", "age", "", "q1", 50.0),
    Row("baseline", "included", "overall", "age", "", "q3", 70.95),
    Row("baseline", "included", "overall", "组 别", "A|B", "count", 7),
    Row("prognosis", "included", "model", "", "", "epsilon", 2.5),
)


def write_results(folder: Path) -> Path:
    """The folder, with the files that are read of a report: results, methods and their manifest."""
    folder.mkdir()
    rows = [{name: getattr(row, name) for name in COLUMNS} for row in ROWS]
    files = {"results.json": json.dumps(rows).encode(), "results.csv": b"key\n", "methods.csv": b"analysis\n"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    outputs = [
        {"path": name, "sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()
    ]
    manifest = {
        "software": {},
        "code": "",
        "protocol": {"path": "no-such-study.yaml", "sha256": "0"},
        "inputs": [],
        "outputs": outputs,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
