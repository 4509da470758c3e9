"""Where tests find the third-party data, and how they say so when it is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"


def shared_data(relative: str) -> Path:
    """The path of a third-party data file; skips the test, naming the file, where it is absent."""
    path = DATA / relative
    if not path.exists():
        pytest.skip(f"third-party data not here: shared/data/{relative}")
    return path
