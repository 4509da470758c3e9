"""The study file's models as JSON Schema, by which an editor completes and checks keys while one writes.

study.schema.json, beside this file, is `schema_text()` as shipped. Make it anew after a change of specs.py:
`python -m calliper.protocol.schema`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from calliper.protocol.specs import Protocol

SHIPPED = Path(__file__).with_name("study.schema.json")
"""The schema as shipped with the package."""


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a study file."""
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Calliper study file",
        "description": "The reference of every key is docs/study_file.md.",
    }
    return head | {key: value for key, value in Protocol.model_json_schema().items() if key not in head}


def schema_text() -> str:
    """The JSON Schema as text, keys in the models' order."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SHIPPED.write_text(schema_text(), encoding="utf-8")
