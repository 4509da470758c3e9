"""Numbers made by tests/fixtures/r/make_tables.R."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TABLES: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[1] / "fixtures" / "r" / "tables.json").read_text()
)


def numbers(values: list[float | str]) -> list[float]:
    """The numbers, of which R's infinity is a text."""
    return [float(value) for value in values]
