"""Numbers made by tests/fixtures/r/make_stats.R."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

R: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[1] / "fixtures" / "r" / "stats.json").read_text()
)
