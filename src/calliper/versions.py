"""The names and versions of the software a report was made with."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

COMPUTING = ("numpy", "polars", "scipy")
"""The packages whose arithmetic reaches a result."""

WRITING = ("pillow", "python-docx", "typst", "xlsxwriter")
"""The packages that a file of the report may be written with: another version may write other bytes."""

SOURCES = {".py", ".c", ".css", ".json", ".typ", ".ttf", ".xml"}
"""What Calliper's own source files end in."""


def version() -> str:
    """Calliper's own version."""
    return metadata.version("calliper")


def software() -> dict[str, str]:
    """Name to version: Calliper, Python and the packages whose arithmetic reaches a result."""
    packages = {name: metadata.version(name) for name in COMPUTING}
    return {"calliper": version(), "python": platform.python_version(), **packages}


def installed() -> dict[str, str]:
    """Name to version of what a manifest records: `software`, and the packages that files are written with."""
    return {**software(), **{name: metadata.version(name) for name in WRITING}}


@cache
def code_hash() -> str:
    """SHA-256 over Calliper's own source files: the same version number may stand for changed code."""
    folder = Path(__file__).parent
    held = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        if path.suffix in SOURCES and "__pycache__" not in path.parts:
            content = path.read_bytes()
            held.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return held.hexdigest()
