"""A report folder read back: its numbers, how they were made, and its manifest, as they were written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calliper.errors import OutputError
from calliper.protocol.report_specs import Journal

MANIFEST = "manifest.json"
RESULTS = "results.json"
METHODS = "methods.csv"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What manifest.json says of a run; `inputs` and `outputs` are path to SHA-256, `options` as they were given.

    `code` is the hash of Calliper's own source files: two builds may share a version. `journal` is the style in which
    the numbers were printed, `language` that of the report.
    """

    path: Path
    software: Mapping[str, str]
    code: str
    protocol: tuple[str, str]
    options: Mapping[str, Any]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    journal: Journal = field(default_factory=Journal)
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Written:
    """A run as its folder tells it: `numbers` is key to (value, unit), `methods` the bytes of methods.csv."""

    folder: Path
    manifest: Manifest
    numbers: Mapping[str, tuple[float | None, str]]
    methods: bytes


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. Raises OutputError when it is not there, or no manifest of Calliper."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(
            path=path,
            software={str(name): str(version) for name, version in held["software"].items()},
            code=str(held.get("code", "")),
            protocol=(str(held["protocol"]["path"]), str(held["protocol"]["sha256"])),
            options=dict(held.get("options", {})),
            inputs={str(entry["path"]): str(entry["sha256"]) for entry in held["inputs"]},
            outputs={str(entry["path"]): str(entry["sha256"]) for entry in held["outputs"]},
            journal=Journal.model_validate(held.get("journal", {})),
            language=str(held.get("language", "en")),
        )
    except OSError as error:
        raise OutputError(
            f"cannot read {path}: {error.strerror}; name a report folder's {MANIFEST}"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(f"{path} is not the manifest of a report; it was changed or never one") from error


def read_run(folder: Path) -> Written:
    """Read a report folder. Raises OutputError when it is none, or its numbers are not those that were written."""
    manifest = read_manifest(folder / MANIFEST)
    content = _as_written(folder, RESULTS, manifest)
    rows = json.loads(content)
    numbers = {str(row["key"]): (row["value"], str(row["unit"])) for row in rows}
    return Written(folder, manifest, numbers, _as_written(folder, METHODS, manifest))


def _as_written(folder: Path, name: str, manifest: Manifest) -> bytes:
    """The bytes of a file that the manifest lists with their hash."""
    if name not in manifest.outputs:
        raise OutputError(f"{folder} is not the report of a run: its {MANIFEST} names no {name}")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise OutputError(f"cannot read {folder / name}: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != manifest.outputs[name]:
        raise OutputError(
            f"{folder / name} was changed since it was written: its hash is not the one in {MANIFEST}; "
            "run the study again"
        )
    return content
