"""Two runs held against each other: numbers by key, methods by sentence, and what the manifests say of the cause."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from calliper.runs.written import Manifest, Written

Kind = Literal["changed", "appeared", "vanished"]
Value = float | None


@dataclass(frozen=True, slots=True)
class Change:
    """A number that is not the same in both runs; `first` and `second` are None also where it is not reached."""

    kind: Kind
    key: str
    first: Value
    second: Value


@dataclass(frozen=True, slots=True)
class Cause:
    """What the manifests have otherwise: an input, study file, source (Calliper's own files), software or option.

    None where it is absent.
    """

    what: str
    name: str
    first: str | None
    second: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two runs. `same` numbers are the same; `methods` are the keys of changed methods."""

    changes: tuple[Change, ...]
    same: int
    methods: tuple[str, ...]
    files: tuple[str, ...]
    causes: tuple[Cause, ...]

    @property
    def is_same(self) -> bool:
        """Whether every number, method and file that both have is the same, and neither has more numbers."""
        return not (self.changes or self.methods or self.files)


def difference(first: Written, second: Written) -> Difference:
    """Compare two runs. Numbers are the same when they are equal to the last bit and have the same unit."""
    changes: list[Change] = []
    for key in dict.fromkeys((*first.numbers, *second.numbers)):
        one, other = first.numbers.get(key), second.numbers.get(key)
        if one == other:
            continue
        kind: Kind = "appeared" if one is None else "vanished" if other is None else "changed"
        changes.append(
            Change(kind, key, None if one is None else one[0], None if other is None else other[0])
        )
    shared = set(first.manifest.outputs) & set(second.manifest.outputs)
    return Difference(
        changes=tuple(changes),
        same=len(set(first.numbers) & set(second.numbers))
        - sum(change.kind == "changed" for change in changes),
        methods=_unlike(_methods(first.methods), _methods(second.methods)),
        files=tuple(
            sorted(name for name in shared if first.manifest.outputs[name] != second.manifest.outputs[name])
        ),
        causes=causes(first.manifest, second.manifest),
    )


def causes(first: Manifest, second: Manifest) -> tuple[Cause, ...]:
    """What the two manifests have otherwise: inputs and study file by hash, software by version, options."""
    found = []
    if first.protocol[1] != second.protocol[1]:
        found.append(Cause("study file", second.protocol[0], first.protocol[1], second.protocol[1]))
    if first.code != second.code:
        found.append(Cause("source", "calliper", first.code, second.code))
    pairs = (
        ("input", first.inputs, second.inputs),
        ("software", first.software, second.software),
        ("option", _plain(first.options), _plain(second.options)),
    )
    for what, one, other in pairs:
        for name in _unlike(one, other):
            found.append(Cause(what, name, one.get(name), other.get(name)))
    return tuple(found)


def _plain(options: Mapping[str, object]) -> dict[str, str]:
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in options.items()
    }


def _unlike(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys((*one, *other)) if one.get(name) != other.get(name))


def _methods(content: bytes) -> dict[str, str]:
    """Each method under `analysis/name/subject`, with all that is said of it."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return {f"{row['analysis']}/{row['name']}/{row['subject']}": repr(sorted(row.items())) for row in rows}
