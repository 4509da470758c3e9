"""The files of a table: paths that can be opened, each once, and a centre for every row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import Scope
from calliper.protocol.specs import SourceFile


def check_files(
    scope: Scope, path: Path, files: Sequence[SourceFile], *, needs_centre: bool
) -> Iterator[Fault]:
    """Faults of the files of the table at `path`; `needs_centre`: no column says a row's centre."""
    seen = []
    for position, file in enumerate(files):
        at: Path = (*path, "files", position)
        yield from check_path((*at, "path"), file.path, may_be_absolute=True, may_be_database=True)
        if file.query is not None and (file.sheet is not None or not file.path.startswith(DATABASES)):
            yield Fault((*at, "query"), "found a query; expected it of a database, without sheet")
        same = file.model_dump(exclude={"centre", "header_row"})
        if same in seen:
            yield Fault((*at, "path"), f"found '{file.path}' a second time in this table; expected it once")
        seen.append(same)
        yield from _centre(scope, at, file, needs_centre=needs_centre)


def _centre(scope: Scope, path: Path, file: SourceFile, *, needs_centre: bool) -> Iterator[Fault]:
    """Every patient has a centre where centres are declared: the file's, or a column's."""
    centre, centres = file.centre, scope.protocol.centres
    if not centres or scope.lacks("centres") or (centre is not None and scope.lacks("centres", centre)):
        return
    if centre is not None:
        yield from scope.known((*path, "centre"), centre, centres, "the name of a centre")
    elif needs_centre:
        yield Fault(path, "found no centre; expected centre: here, or a column for the role centre")


DATABASES = ("sqlite:", "duckdb:", "postgresql:", "postgres:", "folder:")
"""How the address of a database begins."""


def check_path(
    path: Path, text: str, *, may_be_absolute: bool, may_be_database: bool = False
) -> Iterator[Fault]:
    """A path has / between its folders and stands for itself; nothing is fetched but from a database that is named."""
    if may_be_database and text.startswith(DATABASES):
        return
    is_absolute = text.startswith("/") or re.match(r"[A-Za-z]:/", text)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", text):
        yield Fault(path, f"found the address '{text}'; expected the path of a file")
    elif "\\" in text:
        yield Fault(path, f"found '{text}'; expected / between folders ('{text.replace(chr(92), '/')}')")
    elif text.startswith("~"):
        yield Fault(path, f"found '{text}'; expected a path without ~: the folder by its name")
    elif is_absolute and not may_be_absolute:
        yield Fault(path, f"found the absolute path '{text}'; expected one relative to the study file")
