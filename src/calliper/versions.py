"""The names and versions of the software a report was made with."""

from __future__ import annotations

import platform
from importlib import metadata

COMPUTING = ("numpy", "polars", "scipy")
"""The packages whose arithmetic reaches a result."""


def version() -> str:
    """Calliper's own version."""
    return metadata.version("calliper")


def software() -> dict[str, str]:
    """Name to version: Calliper, Python and the packages whose arithmetic reaches a result."""
    packages = {name: metadata.version(name) for name in COMPUTING}
    return {"calliper": version(), "python": platform.python_version(), **packages}
