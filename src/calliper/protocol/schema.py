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
    made = head | {key: value for key, value in Protocol.model_json_schema().items() if key not in head}
    endpoints = made["properties"]["endpoints"]["patternProperties"]
    for names, kinds in endpoints.items():
        endpoints[names] = {"anyOf": [kinds, {"$ref": "#/$defs/Like"}]}
        made["$defs"]["Like"] = _like(made["$defs"], kinds["oneOf"])
    return made


def _like(models: dict[str, Any], kinds: list[dict[str, str]]) -> dict[str, Any]:
    """An endpoint written as another with changes: `like`, and any key of an endpoint, whose value may be a part."""
    names = [kind["$ref"].rsplit("/", 1)[-1] for kind in kinds]
    keys = dict.fromkeys(key for name in names for key in models[name]["properties"])
    return {
        "additionalProperties": False,
        "description": "An endpoint that takes every key of another; those given replace its own, null takes one away.",
        "properties": {"like": {"title": "Like", "type": "string"}, **{key: {} for key in keys}},
        "required": ["like"],
        "title": "Like",
        "type": "object",
    }


def schema_text() -> str:
    """The JSON Schema as text, keys in the models' order."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SHIPPED.write_text(schema_text(), encoding="utf-8")
