"""Which table of a study a sheet is, and which of its columns has which role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from calliper.intake.guess import Guess, guess
from calliper.intake.identifiers import Identifier, screen
from calliper.intake.seen import Seen, only_columns, rows_where
from calliper.intake.words import Concept, Words, is_one_of
from calliper.protocol.roles import ROLES_OF

PATIENTS = "patients"


@dataclass(frozen=True, slots=True)
class Known:
    """A column as far as it is known: its role in the sheet's table, its variable, or that it names a person.

    `labels` are those that the file itself has for the column's values.
    """

    header: str
    guess: Guess
    role: str | None = None
    concept: Concept | None = None
    is_whole: bool = True
    identifier: Identifier | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """A sheet in its place: the table that it is (None: not known which), and its columns."""

    seen: Seen
    table: str | None
    why: str
    columns: tuple[Known, ...]

    def with_role(self, role: str) -> Known | None:
        """The column with a role."""
        return next((column for column in self.columns if column.role == role), None)


def place(seen: Seen, words: Words) -> Placed:
    """A sheet's table and columns.

    A long table has every role that it needs under a known header; of several tables, the one that the sheet is named
    like, then the one with most of its roles. Where none fits, a sheet in which each patient has one row is that of the
    patients.
    """
    guesses = _guesses(seen, words)
    patient = _patient(seen, guesses, words)
    called = seen.sheet or PurePosixPath(seen.file).stem
    named = next((table for table, names in words.sheets.items() if is_one_of(called, names)), None)
    scores: dict[str, tuple[bool, int]] = {}
    for table in ROLES_OF:
        roles = _roles(seen, table, words)
        needed = [role for role, spec in ROLES_OF[table].items() if spec.is_needed]
        if (
            table != PATIENTS
            and patient
            and needed
            and all(role in roles.values() for role in needed if role != "patient")
        ):
            scores[table] = (table == named, len(roles))
    is_one_each = patient is not None and _is_unique(seen, patient)
    if named in scores or (scores and not is_one_each):
        best = named if named in scores else max(scores, key=lambda table: scores[table])
        why = (
            f"the sheet's name, and {scores[best][1]} known headers"
            if best == named
            else f"{scores[best][1]} known headers"
        )
        return _placed(seen, best, why, patient=patient, guesses=guesses, words=words)
    if named in (PATIENTS, None) and (is_one_each or named == PATIENTS or patient is None):
        why = (
            "each patient has one row"
            if is_one_each
            else "the sheet's name"
            if named
            else "no column names patients: each row is one"
        )
        return _placed(seen, PATIENTS, why, patient=patient, guesses=guesses, words=words)
    why = "no known table has these columns"
    return _placed(seen, None, why, patient=patient, guesses=guesses, words=words)


def patients_among(sheets: Sequence[Placed], words: Words) -> Placed | None:
    """The patients, where only a table of times holds them: the rows of its first endpoint, without its own columns.

    None where a sheet holds the patients, or those rows are not one a patient.
    """
    if any(sheet.table == PATIENTS for sheet in sheets):
        return None
    for sheet in sheets:
        endpoint, patient = sheet.with_role("endpoint"), sheet.with_role("patient")
        if sheet.table == "times" and endpoint is not None and patient is not None and endpoint.guess.values:
            own = {column.header for column in sheet.columns if column.role not in (None, "patient")}
            first = min(endpoint.guess.values)
            rows = rows_where(sheet.seen, endpoint.header, first)
            seen = only_columns(rows, [name for name in rows.columns if name not in own])
            if _is_unique(seen, patient.header) and len(seen.columns) > 1:
                why = f"the rows of the times' first endpoint, '{first}', one a patient"
                guesses = _guesses(seen, words)
                return _placed(seen, PATIENTS, why, patient=patient.header, guesses=guesses, words=words)
    return None


def _guesses(seen: Seen, words: Words) -> dict[str, Guess]:
    """What the cells of each column are."""
    return {
        name: guess(texts, is_date=_is_dated(name, words), missing=seen.labels.missing.get(name, ()))
        for name, texts in seen.columns.items()
    }


def _placed(
    seen: Seen,
    table: str | None,
    why: str,
    *,
    patient: str | None,
    guesses: Mapping[str, Guess],
    words: Words,
) -> Placed:
    roles = _roles(seen, table, words) if table is not None else {}
    taken: set[str] = set()
    columns = []
    for name, found in guesses.items():
        identifier, labels = screen(name, found, words), seen.labels.values.get(name, {})
        if name == patient:
            columns.append(Known(name, found, "patient", identifier=identifier))
            continue
        if name in roles and identifier is None:
            columns.append(Known(name, found, roles[name], labels=labels))
            continue
        concept, is_whole = next(
            (held for said in _said(seen, name) if (held := words.concept(said))), (None, True)
        )
        if concept is not None and concept.name in taken:
            concept = None
        if concept is not None and table == PATIENTS and identifier is None:
            taken.add(concept.name)
        columns.append(Known(name, found, None, concept, is_whole, identifier, labels))
    return Placed(seen, table, why, tuple(columns))


def _roles(seen: Seen, table: str, words: Words) -> dict[str, str]:
    """By header, the role in a table; each role once, to the header whose word comes first."""
    known = words.roles.get(table, {})
    found: dict[str, str] = {}
    for role, names in known.items():
        free = [name for name in seen.columns if name not in found]
        ranked = [
            name
            for word in names
            for name in free
            if any(is_one_of(said, (word,)) for said in _said(seen, name))
        ]
        if ranked:
            found[ranked[0]] = role
    return found


def _said(seen: Seen, header: str) -> tuple[str, ...]:
    """What a column is called: its header, and the label that the file has for it."""
    label = seen.labels.columns.get(header)
    return (header, label) if label else (header,)


def _patient(seen: Seen, guesses: Mapping[str, Guess], words: Words) -> str | None:
    """The column that says whose a row is: the known header that comes first in the table of words."""
    for word in words.roles["any"]["patient"]:
        for name in seen.columns:
            if is_one_of(name, (word,)) and guesses[name].filled > 0.5 * len(seen.rows):
                return name
    return next(
        (name for name in seen.columns if words.identifier(name) in ("hospital_number", "national_id")), None
    )


def _is_unique(seen: Seen, header: str) -> bool:
    """Whether (nearly) each row has a patient of its own; a few may stand twice by mistake."""
    held = [text for text in seen.columns[header] if text]
    return len(set(held)) >= 0.95 * len(held)


def _is_dated(header: str, words: Words) -> bool:
    """Whether a header says that its cells are dates."""
    known = words.concept(header)
    if known is not None and known[0].type == "date":
        return True
    lowered = header.casefold()
    return (
        "date" in lowered or "日期" in header or "时间" in header or words.identifier(header) == "birth_date"
    )
