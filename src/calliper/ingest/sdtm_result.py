"""One row of TR: a diameter in millimetres, or a word for what was seen, each with its unit and text checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from calliper.ingest.sdtm_rows import Findings, Row
from calliper.ingest.sdtm_words import NOT_DONE, Words, plain
from calliper.records.column import Verdict
from calliper.records.wording import quoted

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_SAME_MM = Decimal("0.000001")
"""Two texts of one diameter that differ by less were written from one binary number."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one row of TR says of a lesion: a word for its state or a diameter as text, and the test that says so."""

    text: str
    test: str
    row: Row


def slot_of(test: str, *, is_node: bool) -> str:
    """Where what a test says of a lesion is held; the other axis is left before."""
    if test in ("longest", "diameter", "short_axis"):
        return "short_axis" if is_node else "whole"
    return test


def read_result(row: Row, slot: str, words: Words, unit: str, findings: Findings) -> tuple[str, Said] | None:
    """What a row says and in which slot; None where it says nothing that can be read."""
    test = row["TRTESTCD"]
    if plain(row["TRSTAT"]) == NOT_DONE:
        return "word", Said("not_assessed", test, row)
    if slot != "state" and row["TRSTRESN"]:
        return None if _has_wrong_number(row, unit, findings) else (slot, Said(_in_mm(row, unit), test, row))
    if slot != "state" and (not row["TRSTRESC"] or number_of(row["TRSTRESC"]) is not None):
        findings.blank(row, "TRSTRESN")
        return None
    state = words.states.get(plain(row["TRSTRESC"]))
    if state is None:
        findings.unknown(row, "TRSTRESC", "states", words)
        return None
    return ("state" if slot == "state" else "word"), Said(state, test, row)


def _has_wrong_number(row: Row, unit: str, findings: Findings) -> bool:
    """Whether a diameter's unit is another than the study's, or its number another than its text."""
    if plain(row["TRSTRESU"]) != plain(unit):
        found = quoted(row["TRSTRESU"]) if row["TRSTRESU"] else "no unit"
        message = f"the diameter has {found}, and data.tumours.unit is {unit}"
        action = "correct the cell; where all diameters have another unit, declare it as data.tumours.unit"
        findings.error(row, "TRSTRESU", Verdict("unit", message, action))
        return True
    if row["TRSTRESC"] == row["TRSTRESN"]:
        return False
    text, number = number_of(row["TRSTRESC"]), number_of(row["TRSTRESN"])
    if text is not None and number is not None and abs(text - number) > _SAME_MM:
        message = f"{quoted(row['TRSTRESN'])} is not the {quoted(row['TRSTRESC'])} of TRSTRESC"
        findings.error(row, "TRSTRESN", Verdict("two_values", message, "correct one of the two"))
        return True
    return False


def number_of(text: str) -> Decimal | None:
    """The number that a text is, exact; None where it is none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _in_mm(row: Row, unit: str) -> str:
    number = None if unit == "mm" else number_of(row["TRSTRESN"])
    return row["TRSTRESN"] if number is None else format(number * 10, "f")
