"""The domain TU: which lesions there are, what they are and where they lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from calliper.ingest.sdtm_rows import Findings, LesionKey, Row
from calliper.ingest.sdtm_words import IDENTIFICATIONS, Words, plain
from calliper.records.column import Verdict
from calliper.records.wording import listed, quoted


@dataclass(frozen=True, slots=True)
class Lesion:
    """A lesion as one evaluator identified it; `row` is its row of TU."""

    organ: str
    role: str
    modality: str
    row: Row


@dataclass(frozen=True, slots=True)
class Identified:
    """The lesions by key, and the keys of those whose row of TU has an error, so that nothing of them is read."""

    lesions: Mapping[LesionKey, Lesion]
    refused: frozenset[LesionKey]


def identify(
    rows: Sequence[Row], results: Iterable[LesionKey], words: Words, findings: Findings
) -> Identified:
    """Read TU.

    Args:
        rows: the rows of TU.
        results: the key of each row of TR, by which an error says how many rows go with the lesion.
        words: what the texts mean.
        findings: takes what is wrong.
    """
    n_results = Counter(results)
    lesions: dict[LesionKey, Lesion] = {}
    refused: set[LesionKey] = set()
    for row in rows:
        blank = [column for column in ("USUBJID", "TULNKID") if not row[column]]
        for column in blank:
            findings.blank(row, column)
        key = row.key
        if blank:
            continue
        n = n_results[key]
        with_it = f"; with it {n} row{'s' * (n > 1)} of TR {'are' if n > 1 else 'is'} not read" if n else ""
        lesion = _read(row, words, findings, with_it)
        if lesion is None:
            refused.add(key)
        elif key not in lesions:
            lesions[key] = lesion
        elif _is_same(lesion, lesions[key]):
            findings.leave(row, "identifying a lesion once more, with the same role and location")
        else:
            other = lesions[key].row
            message = f"lesion {quoted(key[2])} has another role or location in {other.place.words}{with_it}"
            for one in (row, other):
                findings.error(one, "TULNKID", Verdict("two_identities", message, "keep one of the two"))
                message = f"lesion {quoted(key[2])} has another role or location in {row.place.words}"
            refused.add(key)
    return Identified(
        {key: lesion for key, lesion in lesions.items() if key not in refused}, frozenset(refused)
    )


def _is_same(one: Lesion, other: Lesion) -> bool:
    return (one.organ, one.role) == (other.organ, other.role)


def _read(row: Row, words: Words, findings: Findings, with_it: str) -> Lesion | None:
    """The lesion of a row; None where a cell of it has an error."""
    if plain(row["TUTESTCD"]) not in IDENTIFICATIONS:
        message = f"{quoted(row['TUTESTCD'])} identifies no lesion; read are {listed(IDENTIFICATIONS)}"
        action = (
            "leave its rows out by keep: {TUTESTCD: [TUMIDENT]}; lesions that split or merged are not read"
        )
        findings.error(row, "TUTESTCD", Verdict("unknown_test", message + with_it, action))
        return None
    role = words.roles.get(plain(row["TUSTRESC"]))
    if role == "ignored":
        return Lesion("", role, "", row)
    organ = words.organ(row["TULOC"])
    modality = words.methods.get(plain(row["TUMETHOD"])) if row["TUMETHOD"] else ""
    for column, meaning, key in (
        ("TUSTRESC", role, "roles"),
        ("TULOC", organ, "locations"),
        ("TUMETHOD", modality, "methods"),
    ):
        if meaning is None:
            findings.unknown(row, column, key, words, with_it=with_it)
    if role is None or organ is None or modality is None:
        return None
    return Lesion(organ, role, modality, row)
