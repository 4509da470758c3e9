"""The values of a study file against the models of specs.py: a Protocol, or every fault of shape.

Where a file has faults of shape, what is left without them is validated again, so that the names in it can
still be checked and one reading lists every mistake.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.specs import Protocol
from calliper.protocol.wording import fault_of, path_of
from calliper.protocol.written import Written

_NAMED = ("centres", "variables", "derived", "endpoints", "populations")
_LISTED = ("checks", "eligibility", "analyses")
_STUBS: dict[str, Any] = {
    "calliper": 1,
    "study": {"title": "-", "design": "retrospective cohort"},
    "data": {"patients": {"files": [{"path": "-"}], "columns": {"patient": "-"}}},
    "arms": {"column": "-", "groups": {"a": {"label": "-", "values": ["-"]}}, "reference": "a"},
    "analyses": [{"id": "none", "kind": "baseline", "variables": ["none"]}],
}


@dataclass(frozen=True, slots=True)
class Shaped:
    """A study file as a Protocol; with faults, the part of it that has none.

    `left_out` holds the paths that the Protocol lacks or has a stand-in for. `positions` gives, for
    `checks`, `eligibility` and `analyses`, the place in the file of each entry of the Protocol. `protocol` is None
    where nothing usable is left.
    """

    protocol: Protocol | None
    faults: tuple[Fault, ...]
    left_out: frozenset[Path]
    positions: Mapping[str, tuple[int, ...]]


def shape(whole: Written, *, left_out: frozenset[Path] = frozenset()) -> Shaped:
    """Validate the values of a study file, without the entries `left_out` before; never raises for a mistake in it."""
    plain = whole.plain()
    errors = _errors(plain)
    taken = [_take_as_written(plain, whole, error) for error in errors]
    if any(taken):
        errors = _errors(plain)
    found = [(error, fault) for error in errors if (fault := fault_of(error, whole)) is not None]
    holders = {fault.path[:end] for _, fault in found for end in range(len(fault.path))}
    faults = {
        fault: None for error, fault in found if not (error["type"] == "too_short" and fault.path in holders)
    }
    faulty, positions = _leave_out(plain, found)
    protocol = None if _errors(plain) else Protocol.model_validate_json(json.dumps(plain), strict=True)
    return Shaped(protocol, tuple(faults), left_out | faulty, positions)


def _errors(plain: Any) -> list[ErrorDetails]:
    """What pydantic finds. JSON and strict: a number in quotes is no number, and true is not 1."""
    try:
        Protocol.model_validate_json(json.dumps(plain), strict=True)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _take_as_written(plain: Any, whole: Written, error: ErrorDetails) -> bool:
    """Where text is expected and a plain whole number stands, put its text as typed; say whether it was put.

    A plain decimal is taken so for `version` only: elsewhere `1.0` may be meant to match the code 1.
    """
    path = path_of(error)
    written = whole.at(path)
    if error["type"] != "string_type" or written is None or isinstance(written.value, bool):
        return False
    if not (isinstance(written.value, int) or (isinstance(written.value, float) and path[-1] == "version")):
        return False
    holder = plain
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = written.text
    return True


def _leave_out(
    plain: Any, found: list[tuple[ErrorDetails, Fault]]
) -> tuple[frozenset[Path], dict[str, tuple[int, ...]]]:
    """Take faulty entries out of the plain values, in place; put stand-ins for required sections."""
    left_out: set[Path] = set()
    for error, fault in found:
        if error["type"] == "extra_forbidden":
            holder = plain
            for step in fault.path[:-1]:
                holder = holder[step]
            holder.pop(fault.path[-1], None)
        else:
            left_out.add(fault.path[:2] if fault.path[0] in (*_NAMED, *_LISTED) else fault.path[:1])
    for section in [path[0] for path in left_out if len(path) == 1]:
        plain.pop(section, None)
    for section in _NAMED:
        if section in plain:
            plain[section] = {
                name: value for name, value in plain[section].items() if (section, name) not in left_out
            }
    positions: dict[str, tuple[int, ...]] = {}
    for section in _LISTED:
        held = plain.get(section) or []
        positions[section] = tuple(at for at in range(len(held)) if (section, at) not in left_out)
        if section in plain:
            plain[section] = [held[at] for at in positions[section]]
    for section, stub in _STUBS.items():
        if not plain.get(section):
            plain[section] = stub
    return frozenset(left_out), positions
