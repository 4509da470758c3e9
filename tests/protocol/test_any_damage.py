"""Whatever stands in a study file, it is a protocol or a list of mistakes: never another exception."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from calliper.errors import ProtocolError
from calliper.protocol.load import load
from protocol.study_text import STUDY

WHOLE: dict[str, Any] = YAML(typ="safe").load(STUDY)
ABSENT = object()
JUNK = [None, 3, 2.5, "x", "", True, [], {}, [1], {"a": 1}, [[]], {"kind": "x"}, ABSENT]
JARGON = ("Input should", "type=", "NoneType", "Ellipsis", "constrained", "validator", "function-after")


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for step in steps:
        yield (*path, step)
        yield from paths(value[step], (*path, step))


PATHS = list(paths(WHOLE))


def damaged(path: tuple[Any, ...], junk: object) -> dict[str, Any]:
    whole = copy.deepcopy(WHOLE)
    holder: Any = whole
    for step in path[:-1]:
        holder = holder[step]
    if junk is ABSENT:
        del holder[path[-1]]
    else:
        holder[path[-1]] = junk
    return whole


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(path=st.sampled_from(PATHS), junk=st.sampled_from(JUNK))
def test_one_damaged_value(path: tuple[Any, ...], junk: object, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    YAML().dump(damaged(path, junk), study)
    try:
        load(study)
    except ProtocolError as error:
        lines = error.mistakes
    else:
        return
    assert lines
    assert len(set(lines)) == len(lines)
    for line in lines:
        assert line.startswith("study.yaml:")
        assert int(line.split(":")[1]) >= 1
        assert "; expected " in line
        assert not any(word in line for word in JARGON)


@pytest.mark.parametrize("keep", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_file_cut_short(keep: float, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(STUDY[: int(len(STUDY) * keep)], encoding="utf-8")
    with pytest.raises(ProtocolError):
        load(study)
