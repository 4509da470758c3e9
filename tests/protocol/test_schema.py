"""The schema that editors read is the models', and every study in the repository obeys it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calliper.protocol.load import load
from calliper.protocol.schema import SHIPPED, schema, schema_text
from calliper.protocol.specs import Protocol
from shared import ROOT

STUDIES = sorted([ROOT / "src/calliper/synth/demo_study.yaml", *(ROOT / "studies").glob("*.yaml")])


def test_the_shipped_schema_is_current() -> None:
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert shipped == schema_text(), "run: python -m calliper.protocol.schema"


def test_the_schema_refuses_unknown_keys_everywhere() -> None:
    models = [model for model in schema()["$defs"].values() if "properties" in model]
    assert len(models) > 25
    assert all(model["additionalProperties"] is False for model in [schema(), *models])
    assert set(schema()["properties"]) == set(Protocol.model_fields)
    assert json.loads(schema_text())["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_study_has_no_mistake(path: Path) -> None:
    assert load(path).protocol.calliper == 1
