"""What lies between the files and the study: each centre's mapping, the answers to queries, the key of pseudonyms.

These are files beside the study file, named in it. All mistakes of all of them are told at once, with theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import ErrorDetails

from calliper.errors import ProtocolError
from calliper.protocol.answers import Answer, read_answers
from calliper.protocol.mapping_specs import MappedColumn, MappedSheet, Mapping
from calliper.protocol.mistakes import Mistake, did_you_mean, listed_mistakes, one_of
from calliper.protocol.specs import Protocol
from calliper.protocol.typed import content, validated
from calliper.protocol.written import parse_yaml, read_text

SHORTEST_KEY = 32
_KEYS = tuple(
    field.alias or name
    for model in (Mapping, MappedSheet, MappedColumn)
    for name, field in model.model_fields.items()
)


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A file of a layer: its path as the study file writes it, its SHA-256 and size."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of a study; without any, files are read as they stand."""

    mappings: tuple[tuple[str, Mapping], ...] = ()
    answers: tuple[Answer, ...] = ()
    key: bytes = b""
    files: tuple[LayerFile, ...] = ()

    def sheet(self, file: str, sheet: str) -> tuple[str, MappedSheet] | None:
        """The mapping's path and its part for a file or sheet; the sheet of a file that has only one may be unnamed."""
        for path, mapping in self.mappings:
            for held in mapping.sheets:
                if held.file == file and (held.sheet is None or held.sheet.strip() == sheet.strip()):
                    return path, held
        return None


NO_LAYERS = Layers()
"""Of a study whose files are read as they stand."""


def read_layers(protocol: Protocol, folder: Path, *, is_draft: bool = False) -> Layers:
    """Read the layers that a study file names.

    Raises ProtocolError with every mistake and, unless `is_draft`, every guess that nobody has confirmed.
    """
    mistakes: list[str] = []
    files: list[LayerFile] = []
    mappings: list[tuple[str, Mapping]] = []
    answers: tuple[Answer, ...] = ()
    for path in protocol.mappings:
        try:
            raw = content(folder / path, "a mapping")
            files.append(_digest(path, raw))
            mappings.append((path, _mapping(raw, path, is_draft=is_draft)))
        except ProtocolError as error:
            mistakes += error.mistakes
    if protocol.answers is not None and (folder / protocol.answers).exists():
        try:
            raw = content(folder / protocol.answers, "the centres' answers")
            files.append(_digest(protocol.answers, raw))
            answers, found = read_answers(read_text(raw, file=protocol.answers))
            mistakes += listed_mistakes(found, file=protocol.answers)
        except ProtocolError as error:
            mistakes += error.mistakes
    mistakes += _mapped_twice(mappings)
    key, found_key = _key(protocol, folder, mappings)
    mistakes += found_key
    if mistakes:
        raise ProtocolError(mistakes)
    return Layers(tuple(mappings), answers, key, tuple(files))


def unconfirmed(mapping: Mapping) -> Iterator[tuple[int, int]]:
    """Where guesses stand that nobody has confirmed: position of the sheet, of the column."""
    for at, sheet in enumerate(mapping.sheets):
        for position, column in enumerate(sheet.columns):
            if not column.confirm:
                yield at, position


def parse_mapping(text: str, *, file: str) -> Mapping:
    """A mapping from its text, guesses not confirmed and all. Raises ProtocolError with every mistake."""
    whole, mistakes = parse_yaml(text, file=file)
    return validated(Mapping, whole, mistakes, file=file, placed=lambda place: place, explained=_explained)


def _mapping(raw: bytes, path: str, *, is_draft: bool) -> Mapping:
    text = read_text(raw, file=path)
    mapping = parse_mapping(text, file=path)
    waiting = [] if is_draft else list(unconfirmed(mapping))
    if waiting:
        whole, _ = parse_yaml(text, file=path)
        raise ProtocolError(
            listed_mistakes(
                (
                    Mistake(
                        whole.line_of(("sheets", at, "columns", position, "confirm")),
                        _waiting(mapping.sheets[at], mapping.sheets[at].columns[position]),
                    )
                    for at, position in waiting
                ),
                file=path,
            )
        )
    return mapping


def _waiting(sheet: MappedSheet, column: MappedColumn) -> str:
    where = f"{sheet.file}, {sheet.sheet}" if sheet.sheet else sheet.file
    read = "not read" if column.meant == "left_out" else f"read as '{column.meant}'"
    found = f"column '{column.header}' of {where}: found a guess ({read}) that nobody has confirmed"
    return f"{found}; look, then say confirm: true"


def _mapped_twice(mappings: list[tuple[str, Mapping]]) -> Iterator[str]:
    seen: dict[tuple[str, str | None], str] = {}
    for path, mapping in mappings:
        for sheet in mapping.sheets:
            place = (sheet.file, sheet.sheet)
            if place in seen:
                which = f"{sheet.file}, {sheet.sheet}" if sheet.sheet else sheet.file
                yield f"{path}:1: found {which} mapped a second time (first in {seen[place]}); expected it once"
            seen.setdefault(place, path)


def _key(protocol: Protocol, folder: Path, mappings: list[tuple[str, Mapping]]) -> tuple[bytes, list[str]]:
    """The key of pseudonyms, where a mapping asks for them."""
    is_asked = any(
        column.pseudonym for _, mapping in mappings for sheet in mapping.sheets for column in sheet.columns
    )
    if protocol.pseudonyms is None:
        said = "pseudonyms: found no key, and a mapping asks for pseudonyms; expected pseudonyms: {key: FILE}"
        return b"", [said] if is_asked else []
    if not is_asked:
        return b"", []
    try:
        key = content(folder / protocol.pseudonyms.key, "the key of the pseudonyms").strip()
    except ProtocolError as error:
        return b"", list(error.mistakes)
    if len(key) < SHORTEST_KEY:
        said = (
            f"{protocol.pseudonyms.key}: found a key of {len(key)} letters; expected {SHORTEST_KEY} or more"
        )
        return b"", [said]
    return key, []


def _digest(path: str, raw: bytes) -> LayerFile:
    return LayerFile(path, hashlib.sha256(raw).hexdigest(), len(raw))


def _explained(detail: ErrorDetails, found: str) -> str:
    """A mistake of a mapping in words."""
    field = str(detail["loc"][-1]) if detail["loc"] else ""
    match detail["type"]:
        case "missing":
            return f"found no {field}; expected it"
        case "extra_forbidden":
            return f"found the key '{field}'; docs/mapping_file.md lists those there are{did_you_mean(field, _KEYS)}"
        case "value_error":
            return str(detail["ctx"]["error"])
        case "literal_error":
            return f"found {found}; expected {detail['ctx']['expected']}"
        case "bool_parsing" | "bool_type":
            return f"found {found}; expected {one_of(('true', 'false'))}"
        case "too_short":
            return f"found {found}; expected more of them"
    return f"found {found}; expected what docs/mapping_file.md says of it"
