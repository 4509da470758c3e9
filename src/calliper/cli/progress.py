"""What a person at a terminal sees while a study runs; nothing where standard error is not a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

CLEARED = "\r\x1b[2K"
"""Back to the start of the line, and the line emptied (ECMA-48)."""


@contextmanager
def showing() -> Iterator[Callable[[str], None]]:
    """Give a function that shows the current step on standard error, on one line that is gone at the end."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return

    def show(step: str) -> None:
        sys.stderr.write(f"{CLEARED}{step} …")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write(CLEARED)
        sys.stderr.flush()
