"""The fields of a manuscript in their results' words: all of them, or nothing is written."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from calliper.errors import DataError, OutputError
from calliper.manuscript.fields import divided, fields_of, resolve
from calliper.manuscript.forms import printed
from calliper.manuscript.held import TABLE, Held
from calliper.manuscript.paper import Paper, Replacement, read_paper
from calliper.report.tabular import to_json
from calliper.report.text import plain
from calliper.results import Row
from calliper.versions import software


@dataclass(frozen=True, slots=True)
class Filled:
    """One field that was filled: where, what it said, what stands there now, and the results in it."""

    place: str
    field: str
    text: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A filled manuscript: its bytes, and the fields in order."""

    content: bytes
    fields: tuple[Filled, ...]


def fill(paper: Paper, held: Held, *, name: str = "the manuscript") -> Manuscript:
    """Fill every field of a manuscript from the results.

    Raises DataError listing every field that is not understood, with its place, when there is one.
    """
    filled: list[Filled] = []
    replacements: dict[int, list[Replacement]] = {}
    problems = []
    for index, paragraph in enumerate(paper.paragraphs):
        for field in fields_of(paragraph):
            where = paragraph.where(field.start)
            if not field.is_closed:
                problems.append(
                    plain(f"{name}: {where}: {field.inside}: the field is not closed; end it with }}}}")
                )
                continue
            try:
                address, form = divided(held, field.inside)
                text, rows = printed(held, resolve(held, address), form)
            except ValueError as error:
                problems.append(plain(f"{name}: {where}: {{{{{field.inside}}}}}: {error}"))
                continue
            filled.append(Filled(where, field.inside, text, rows))
            replacements.setdefault(index, []).append(Replacement(field.start, field.end, text))
    if problems:
        raise DataError(problems)
    note = f"Filled by Calliper from {TABLE} with SHA-256 {held.sha256}."
    return Manuscript(paper.replaced(replacements, note), tuple(filled))


def fill_file(manuscript: Path, held: Held, out: Path | None = None) -> tuple[Path, Path, Manuscript]:
    """Write the filled manuscript and, beside it, OUT.filled.json with every field's keys and values; give all three.

    `out` is by default `NAME.filled.SUFFIX` beside the manuscript. The manuscript itself is never written. Raises
    OutputError when `out` is the manuscript, is of another kind, or is there and was not written so or has been edited.
    """
    target = out or manuscript.with_name(f"{manuscript.stem}.filled{manuscript.suffix}")
    if target.suffix.lower() != manuscript.suffix.lower():
        raise OutputError(
            f"{target}: a filled {manuscript.suffix} stays {manuscript.suffix}; name such a file with --out"
        )
    if target.resolve() == manuscript.resolve() or (target.exists() and target.samefile(manuscript)):
        raise OutputError(
            f"{target} is the manuscript itself, which is not written; name another file with --out"
        )
    sidecar = target.with_name(f"{target.name}.filled.json")
    _refuse_edited(target, sidecar)
    made = fill(read_paper(manuscript), held, name=manuscript.name)
    _write(sidecar, to_json(_told(made, manuscript, target, held)))
    _write(target, made.content)
    return target, sidecar, made


def _told(made: Manuscript, manuscript: Path, target: Path, held: Held) -> dict[str, object]:
    """What was filled, from what, for a program to read."""
    return {
        "software": {"calliper": software()["calliper"]},
        "manuscript": {
            "path": manuscript.name,
            "sha256": hashlib.sha256(manuscript.read_bytes()).hexdigest(),
        },
        "results": {"path": TABLE, "sha256": held.sha256},
        "protocol": {"path": held.manifest.protocol[0], "sha256": held.manifest.protocol[1]},
        "output": {"path": target.name, "sha256": hashlib.sha256(made.content).hexdigest()},
        "fields": [
            {
                "place": field.place,
                "field": field.field,
                "text": field.text,
                "results": [{"key": row.key, "value": row.value, "unit": row.unit} for row in field.rows],
            }
            for field in made.fields
        ],
    }


def _refuse_edited(target: Path, sidecar: Path) -> None:
    """Raise OutputError where a file is in the way that was not filled here, or has been worked on since."""
    if not target.exists():
        return
    try:
        recorded = json.loads(sidecar.read_text(encoding="utf-8"))["output"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        recorded = None
    if not target.is_file() or hashlib.sha256(target.read_bytes()).hexdigest() != recorded:
        raise OutputError(
            f"{target} is there and was not filled by Calliper, or was edited since; name another file with --out"
        )


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            hidden = os.umask(0o077)
            os.umask(hidden)
            Path(name).chmod(0o666 & ~hidden)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
