"""What a person at a terminal sees while a study runs; nothing where the output is not a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def showing() -> Iterator[Callable[[str], None]]:
    """Give a function that shows the current step on standard error."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("Starting") as status:
        yield lambda step: status.update(f"{step} …")
