"""A centre's column as an entry of its mapping: how its cells become the study's, and on what the guess rests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calliper.disease.lab_tests import UNIT_WORDS
from calliper.disease.units import FACTORS
from calliper.intake.guess import FIRST_SHORT_YEAR
from calliper.intake.place import Known
from calliper.intake.words import Concept, Words, bare, in_brackets, level_of
from calliper.protocol.mapping_specs import LEFT_OUT
from calliper.protocol.role import Role

Entry = dict[str, Any]
"""A column of a mapping as it is written: the keys of MappedColumn."""

MOST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Target:
    """A column of the study: its header, what its cells hold there, and the texts that it takes.

    `codes` are the texts of a category or of words, each with its meaning; empty where any may stand. `is_declared`:
    the header and texts are those of a study file that a person wrote. `is_open`: other texts may stand too.
    """

    header: str
    kind: str
    codes: Mapping[str, str]
    unit: str = ""
    quantity: str = ""
    is_declared: bool = False
    is_open: bool = False


def of_role(header: str, role: Role, codes: Mapping[str, str], *, is_declared: bool) -> Target:
    """The target of a column with a role: `codes` are what a study file adds to its words."""
    kind = {
        "words": "category",
        "set": "category",
        "date": "date",
        "event": "event",
        "number": "number",
        "whole": "integer",
    }
    own = {} if role.takes_any else dict(role.words)
    known = {**own, **codes} if role.words else dict(codes)
    is_open = role.takes_any or not role.words
    return Target(header, kind.get(role.kind, "text"), known, is_declared=is_declared, is_open=is_open)


def entry(known: Known, target: Target, words: Words, *, evidence: str, missing: Sequence[str] = ()) -> Entry:
    """The entry of a column that the study reads; without `confirm` where nothing of it is a guess."""
    found = known.guess
    made: Entry = {"header": known.header, "as": target.header}
    why = [evidence, *found.evidence] if evidence else [*found.evidence]
    meant = [word for word in found.missing if _code_of(word, target, words, known.concept) is not None]
    own_missing = tuple(word for word in found.missing if word not in (*missing, *meant))
    if own_missing:
        made["missing"] = list(own_missing)
    is_guess = not target.is_declared or known.header != target.header or bool(own_missing)
    if target.kind == "event":
        codes, said = event_codes(known.header, found.values, target, words)
        if codes:
            made["codes"] = codes
        why.append(said)
        is_guess = True
    elif target.codes:
        codes, unknown = _codes((*found.values, *meant), target, words, known.concept)
        if codes:
            made["codes"] = codes
        is_strange = bool(unknown) and (not target.is_open or len(unknown) == len(found.values))
        if is_strange:
            why.append(f"no meaning is known of {_some(unknown)}: complete codes")
        is_guess |= bool(codes) or is_strange
    elif target.kind == "date" and found.kind == "date" and (found.order != "iso" or found.is_odd):
        made["dates"] = found.order
        is_guess = True
        if found.has_short_years:
            made["short_years"] = FIRST_SHORT_YEAR
    elif target.kind in ("number", "integer"):
        made["comma"] = found.has_comma
        is_guess |= _measured(made, why, known, target)
    if known.identifier is not None and known.role == "patient":
        made["pseudonym"] = True
        why.append(f"{known.identifier.told}: a keyed pseudonym is read in its place")
        is_guess = True
    made["seen"] = found.seen if known.identifier is None else f"{found.filled} of {found.n} filled"
    made["evidence"] = "; ".join(dict.fromkeys(part for part in why if part))
    if is_guess:
        made["confirm"] = False
    return made


def left_out(known: Known, why: str) -> Entry:
    """The entry of a column that the study does not read; one that names a person asks to be looked at."""
    made: Entry = {"header": known.header, "as": LEFT_OUT}
    found = known.guess
    made["seen"] = found.seen if known.identifier is None else f"{found.filled} of {found.n} filled"
    made["evidence"] = f"it holds {known.identifier.told}" if known.identifier is not None else why
    if known.identifier is not None:
        made["confirm"] = False
    return made


def _codes(
    values: Sequence[str], target: Target, words: Words, concept: Concept | None
) -> tuple[dict[str, str], list[str]]:
    """What texts become, where they are not the study's own; and texts of which no meaning is known."""
    codes: dict[str, str] = {}
    unknown: list[str] = []
    for value in sorted(values):
        match = _code_of(value, target, words, concept)
        if match is None:
            unknown.append(value)
        elif match:
            codes[value] = match
    return codes, unknown


def event_codes(
    header: str, values: Sequence[str], target: Target, words: Words
) -> tuple[dict[str, str], str]:
    """Which cells say that the event happened, in the study's codes, and on what that rests.

    ADaM's CNSR counts the other way round; of 1 and 2, R's habit takes 2 for the event.
    """
    happened = next((code for code, meaning in target.codes.items() if meaning == "yes"), "1")
    not_yet = next((code for code, meaning in target.codes.items() if meaning == "no"), "0")
    plain = {value: value.removesuffix(".0") for value in values}
    if bare(header) == "cnsr":
        codes = {value: happened if text == "0" else not_yet for value, text in plain.items()}
        return codes, "CNSR is 0 where the event happened (ADaM)"
    if set(plain.values()) == {"1", "2"}:
        return {
            value: happened if text == "2" else not_yet for value, text in plain.items()
        }, "of 1 and 2, 2 is taken for the event"
    codes = {}
    for value, text in plain.items():
        if text in ("1", "0"):
            code = happened if text == "1" else not_yet
        elif (
            words.same_level(value, "dead") or words.same_level(value, "Yes") or words.same_level(value, "PD")
        ):
            code = happened
        elif words.same_level(value, "alive") or words.same_level(value, "No"):
            code = not_yet
        else:
            continue
        if code != value:
            codes[value] = code
    return codes, "1 is taken for the event"


def _code_of(value: str, target: Target, words: Words, concept: Concept | None) -> str | None:
    """The study's text for a cell's, '' where it is that already; None where no meaning is known."""
    if value in target.codes or value.casefold().replace(" ", "_").replace("-", "_") in target.codes:
        return ""
    # a number alone has a meaning only in a known column
    level = level_of(value, concept.levels) if concept is not None else None
    for said in (value, *([level] if level is not None else [])):
        for code, meaning in target.codes.items():
            if words.same_level(said, code) or words.same_level(said, meaning):
                return code
    return None


def _measured(made: Entry, why: list[str], known: Known, target: Target) -> bool:
    """Unit and limits of a number; whether anything of them is a guess."""
    is_guess = False
    if known.guess.limits:
        made["limits"] = "at_limit"
        why.append("a limit is read as the value itself; `half` takes half of a lower one")
        is_guess = True
    unit = unit_of(known.header, target.quantity)
    if target.quantity and unit and target.unit and unit != target.unit:
        made["unit"] = {"of": target.quantity, "from": unit, "to": target.unit}
        why.append(f"the header says {unit}, the study {target.unit}")
        is_guess = True
    elif target.quantity and target.unit and unit is None and len(FACTORS[target.quantity]) > 1:
        why.append(f"no unit in the header; {target.unit} is taken")
        is_guess |= not target.is_declared
    return is_guess


def unit_of(header: str, quantity: str) -> str | None:
    """The unit that a header gives in brackets, among those of a quantity.

    >>> unit_of("AFP（IU/ml）", "afp"), unit_of("AFP", "afp")
    ('IU/mL', None)
    """
    known = {unit.casefold(): unit for unit in FACTORS.get(quantity, {})}
    for text in in_brackets(header):
        plain = text.casefold().replace("μ", "u").replace("µ", "u").replace(" ", "")
        for spelt in (text.casefold(), plain, UNIT_WORDS.get(plain, "").casefold()):
            if spelt in known:
                return known[spelt]
    return None


def _some(texts: Sequence[str]) -> str:
    shown = ", ".join(f"'{text[:40]}'" for text in texts[:MOST_SHOWN])
    return shown if len(texts) <= MOST_SHOWN else f"{shown} and {len(texts) - MOST_SHOWN} more"
