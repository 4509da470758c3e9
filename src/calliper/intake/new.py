"""`calliper new`: the files of several centres to a study folder: study.yaml, a mapping a centre, what was found.

Nothing of the files is copied or changed. The folder is a draft: what is a guess says so, and no study runs before a
person has confirmed it.
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from calliper.errors import OutputError
from calliper.ingest.database import is_database
from calliper.intake.draft import draft
from calliper.intake.endpoints import slug
from calliper.intake.mapped import Entry
from calliper.intake.onto import Mapped, onto
from calliper.intake.place import PATIENTS, Placed, patients_among, place
from calliper.intake.redcap import is_dictionary, with_dictionary
from calliper.intake.same_patient import Column, same_people
from calliper.intake.seen import look, source_of
from calliper.intake.words import Words, bare, load_words
from calliper.intake.written import as_text, editor, styled
from calliper.protocol.load import Loaded, load
from calliper.protocol.specs import Protocol

STUDY, ANSWERS, KEY, FOUND = "study.yaml", "answers.csv", "pseudonyms.key", "found.txt"
MAPPINGS = "mappings"
_HEAD = """\
Drafted from the files below; nothing in them was changed. Look at every guess (confirm: false), here and in the
mappings, correct it, and say confirm: true. Then: calliper check study.yaml"""
_MAPPING_HEAD = """\
How {centre} writes what the study reads: a codebook of every column, and what becomes of its cells.
`as` is the header under which study.yaml names the column, or left_out. docs/mapping_file.md explains every key.
Look at each `confirm: false`, correct what is wrong, and say confirm: true: the study does not run before."""


@dataclass(frozen=True, slots=True)
class New:
    """A draft: the files to write by path, what was found in words, and how many guesses wait to be confirmed."""

    files: Mapping[str, bytes]
    notes: tuple[str, ...]
    waiting: int


def draft_study(
    paths: Sequence[str], folder: Path, *, protocol: Path | None = None, synonyms: Path | None = None
) -> New:
    """Draft a study of these files, to lie in `folder`; onto a study file that is there already where one is given.

    Raises OutputError where no file can be read, ProtocolError for mistakes of that study file.
    """
    words = load_words(synonyms)
    given = load(protocol) if protocol is not None else None
    looked = look(paths, folder)
    notes = [*looked.faults]
    dictionaries = [seen for seen in looked.sheets if is_dictionary(seen)]
    sheets = [seen for seen in looked.sheets if not is_dictionary(seen)]
    if not sheets:
        raise OutputError("\n".join([*looked.faults, "no file holds a table that can be read"]))
    for dictionary in dictionaries:
        sheets, told = with_dictionary(sheets, dictionary)
        notes += told
    notes += [
        f"{seen.place}: a single column is no table; nothing of it is read"
        for seen in sheets
        if len(seen.columns) < 2
    ]
    placed = [place(seen, words) for seen in sheets if len(seen.columns) > 1]
    if (patients := patients_among(placed, words)) is not None:
        placed.insert(0, patients)
        notes.append(f"{patients.seen.place}: the patients are {patients.why}")
    notes += _identifiers(placed) + same_people(_people(placed))
    files = list(dict.fromkeys(sheet.seen.file for sheet in placed))
    centres = _centres(placed, given, words)
    if given is not None and centres:
        # in the order of the study file: it is that of every table
        order = [*given.protocol.centres, *centres.values()]
        files.sort(key=lambda file: order.index(centres[file]))
    if given is None:
        made = draft(placed, files, centres, words)
        held = _validated(made.study)
        notes += made.notes
    else:
        held = given.protocol
    by_file = {
        file: onto(
            held, [sheet for sheet in placed if sheet.seen.file == file], words, is_declared=given is not None
        )
        for file in files
    }
    whole = given is not None or len(centres) > 1
    for mapped in by_file.values():
        notes += [note for note in mapped.notes if whole or "no sheet of" not in note]
    written = _mappings(by_file, centres, files)
    entries = [entry for mapped in by_file.values() for held in mapped.entries.values() for entry in held]
    waiting = sum("confirm" in entry for entry in entries)
    extra: dict[str, Any] = {"mappings": list(written), "answers": ANSWERS}
    if any("pseudonym: true" in text for text in written.values()):
        extra["pseudonyms"] = {"key": KEY}
    if given is None:
        guesses = {name: {"evidence": evidence, "confirm": False} for name, evidence in made.guesses.items()}
        waiting += len(guesses)
        study = as_text(
            _in_order({**made.study, **extra, "guesses": guesses}), _HEAD + "\n" + "\n".join(files)
        )
    else:
        study = _onto_text(given, by_file, folder, centres=centres, extra=extra, notes=notes)
    contents = {STUDY: study.encode(), **{path: text.encode() for path, text in written.items()}}
    if "pseudonyms" in extra:
        contents[KEY] = (secrets.token_hex(32) + "\n").encode()
        notes.append(f"{KEY} is the key of the pseudonyms: keep it, and keep it apart from what you share")
    contents[FOUND] = ("\n".join(notes) + "\n").encode() if notes else b"Nothing to tell.\n"
    return New(contents, tuple(notes), waiting)


def write_study(made: New, folder: Path) -> None:
    """Write a draft into a folder, made if absent. Raises OutputError where one of its files is there already."""
    there = [path for path in made.files if (folder / path).exists()]
    if there:
        raise OutputError(
            f"{folder} holds {' and '.join(there)} already, which would be lost; name another folder"
        )
    try:
        for path, content in made.files.items():
            place_of = folder / path
            place_of.parent.mkdir(parents=True, exist_ok=True)
            mode = 0o600 if path == KEY else 0o644
            with os.fdopen(os.open(place_of, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(content)
    except OSError as error:
        raise OutputError(f"the draft cannot be written to {folder}: {error.strerror}") from error


def _identifiers(placed: Sequence[Placed]) -> list[str]:
    """A line for each column by which a person could be known, and what becomes of it; a file's sheets together."""
    held: dict[tuple[str, str, str], list[str]] = {}
    for sheet in placed:
        for known in sheet.columns:
            if known.identifier is not None:
                then = (
                    "a keyed pseudonym is read in its place" if known.role == "patient" else "it is left out"
                )
                line = f"column '{known.header}': {known.identifier.told}; {then}"
                held.setdefault((sheet.seen.file, known.header, line), []).append(sheet.seen.place)
    return [
        f"{places[0] if len(places) == 1 else f'{file}, {len(places)} sheets'}, {line}"
        for (file, _, line), places in held.items()
    ]


def _people(placed: Sequence[Placed]) -> list[Column]:
    """The columns by which one person at two centres is looked for."""
    found = []
    for sheet in placed:
        if sheet.table == PATIENTS:
            for known in sheet.columns:
                kind = (
                    known.identifier.kind
                    if known.identifier
                    else known.concept.name
                    if known.concept and known.is_whole
                    else ""
                )
                if kind:
                    found.append(Column(sheet.seen, known.header, kind))
    return found


def _centres(placed: Sequence[Placed], given: Loaded | None, words: Words) -> dict[str, str]:
    """By file, the centre's name: a file that holds patients is a centre where there are several."""
    files = list(dict.fromkeys(sheet.seen.file for sheet in placed if sheet.table == PATIENTS))
    if len(files) < 2 and not (given is not None and given.protocol.centres):
        return {}
    known = given.protocol.centres if given is not None else {}
    found: dict[str, str] = {}
    for file in dict.fromkeys(sheet.seen.file for sheet in placed):
        stem = "cohort" if is_database(file) else PurePosixPath(file).stem
        said = bare(stem)
        match = next(
            (
                name
                for name, centre in known.items()
                if name not in found.values()
                and (
                    bare(name) in said
                    or any(bare(alias) and bare(alias) in said for alias in (centre.label, *centre.aliases))
                )
            ),
            None,
        )
        found[file] = match or slug(stem, (*known, *found.values()), "centre")
    return found


def _validated(study: Mapping[str, Any]) -> Protocol:
    """The draft as the study file's models have it. Raises OutputError where the files hold too little for a study."""
    try:
        return Protocol.model_validate(study)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise OutputError(
            f"these files hold too little for a draft ({where}: {first['msg'].lower()}); "
            "give a table with a row a patient and a column to describe"
        ) from error


def _mappings(
    by_file: Mapping[str, Mapped], centres: Mapping[str, str], files: Sequence[str]
) -> dict[str, str]:
    """A mapping file for each centre, or one for all files of a study without centres."""
    texts: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for file in files:
        groups.setdefault(centres.get(file, "files"), []).append(file)
    for centre, members in groups.items():
        sheets: list[dict[str, Any]] = []
        for file in members:
            for sheet, entries in by_file[file].entries.items():
                sheets.append(_sheet(file, sheet, entries))
        if sheets:
            data: dict[str, Any] = {"calliper_mapping": 1, "centre": centre, "sheets": sheets}
            head = _MAPPING_HEAD.format(centre=centre)
            texts[f"{MAPPINGS}/{centre}.yaml"] = as_text(data, head)
    return texts


def _sheet(file: str, sheet: str | None, entries: Sequence[Entry]) -> dict[str, Any]:
    made: dict[str, Any] = {"file": file}
    if sheet:
        made["sheet"] = sheet
    commas = [entry.pop("comma", False) for entry in entries]
    if any(commas):
        made["decimal"] = "comma"
    made["columns"] = list(entries)
    return made


def _in_order(study: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of a study file in the order in which docs/study_file.md has them."""
    order = [*Protocol.model_fields]
    return {key: study[key] for key in sorted(study, key=order.index)}


def _onto_text(
    given: Loaded,
    by_file: Mapping[str, Mapped],
    folder: Path,
    *,
    centres: Mapping[str, str],
    extra: Mapping[str, Any],
    notes: list[str],
) -> str:
    """The study file that was given, with these files in the place of its own; all else stands as it was written."""
    yaml = editor()
    study = yaml.load(given.path.read_text(encoding="utf-8-sig"))
    for table in [name for name in study["data"] if name != "tumours"]:
        keep = (study["data"][table].get("files") or [{}])[0].get("keep")
        entries = [
            source_of(mapped.tables[table].seen, centres.get(file), keep)
            for file, mapped in by_file.items()
            if table in mapped.tables
        ]
        if entries:
            study["data"][table]["files"] = styled(entries)
    if centres:
        held = study.get("centres") or {}
        study["centres"] = {
            centres[file]: held.get(centres[file], {"label": centres[file].replace("_", " ").capitalize()})
            for file in by_file
            if file in centres
        }
    if given.protocol.published is not None:
        published = given.folder / given.protocol.published
        if published.is_file():
            study["published"] = relpath(published, folder).replace("\\", "/")
        else:
            del study["published"]
            notes.append(
                f"{given.protocol.published}, the published numbers, is not there: nothing is held against them"
            )
    for key, value in extra.items():
        study[key] = value
    made = io.StringIO()
    yaml.dump(study, made)
    return made.getvalue()
