"""Centres' sheets onto a study file that is there already: which sheet is which table, which column which."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from calliper.disease.units import FACTORS
from calliper.ingest.stack import columns_of
from calliper.intake.mapped import Entry, Target, entry, left_out, of_role
from calliper.intake.place import Known, Placed
from calliper.intake.words import Words, bare, is_one_of
from calliper.protocol.mapping_specs import LEFT_OUT
from calliper.protocol.roles import ROLES_OF
from calliper.protocol.specs import (
    RESPONSE_CATEGORIES,
    Category,
    Date,
    Number,
    Protocol,
    Reshaped,
    TableSource,
    TimeToEvent,
    Toxicity,
    Treatments,
)
from calliper.records.tables import ROW_NUMBER, TABLES

_CLOSE = 0.86


@dataclass(frozen=True, slots=True)
class Match:
    """A study's column found in a sheet, and by what."""

    known: Known
    why: str
    is_same: bool


@dataclass
class Mapped:
    """What a file's sheets are in the study: `tables` the sheet of each table, `entries` the columns of each sheet."""

    tables: dict[str, Placed] = field(default_factory=dict)
    entries: dict[str | None, list[Entry]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def targets_of(protocol: Protocol, table: str, *, is_declared: bool = True) -> dict[str, Target]:
    """By header, the columns of a table that a study reads, and what their cells are."""
    source: TableSource = getattr(protocol.data, table)
    missing = protocol.reading.missing
    made: dict[str, Target] = {}
    for role, header in source.columns.items():
        if header != ROW_NUMBER:
            codes = {**source.codes.get(role, {}), **_codes_of(protocol, table, role)}
            made[header] = of_role(header, ROLES_OF[table][role], codes, is_declared=is_declared)
    for further in source.further.values():
        made[further.column] = Target(further.column, "category", further.codes, is_declared=is_declared)
    if table == "patients":
        for variable in protocol.variables.values():
            made.setdefault(variable.column, _of_variable(variable, is_declared=is_declared))
        arms = {value: arm.label for arm in protocol.arms.groups.values() for value in arm.values}
        made[protocol.arms.column] = Target(protocol.arms.column, "category", arms, is_declared=is_declared)
        recorded = [spec.recorded for spec in protocol.endpoints.values() if isinstance(spec, TimeToEvent)]
        events = {held.event for held in recorded if held is not None and held.event is not None}
        for name in events & set(protocol.variables):
            header = protocol.variables[name].column
            made[header] = Target(header, "event", _event_codes(protocol), is_declared=is_declared)
    for header in columns_of(protocol, table, source.files[0].model_copy(update={"keep": {}})):
        made.setdefault(header, Target(header, "text", {}, is_declared=is_declared))
    return {header: target for header, target in made.items() if header not in missing}


def _of_variable(variable: Any, *, is_declared: bool) -> Target:
    if isinstance(variable, Category):
        return Target(variable.column, "category", variable.codes, is_declared=is_declared)
    if isinstance(variable, Number):
        unit = variable.unit or ""
        return Target(variable.column, variable.type, {}, unit, "", is_declared=is_declared)
    return Target(
        variable.column, "date" if isinstance(variable, Date) else "text", {}, is_declared=is_declared
    )


def _codes_of(protocol: Protocol, table: str, role: str) -> Mapping[str, str]:
    """The texts of roles that hold any text, of which the study knows some: responses, events, drugs, states."""
    if (table, role) == ("responses", "response"):
        own = {code for spec in protocol.endpoints.values() for code in getattr(spec, "codes", ()) or ()}
        return {code: code for code in (*RESPONSE_CATEGORIES, *own)}
    if (table, role) == ("times", "event"):
        return _event_codes(protocol)
    found: dict[str, str] = {}
    for spec in protocol.endpoints.values():
        if isinstance(spec, TimeToEvent):
            for source in (*spec.events, *spec.censor):
                if table in (source.first, source.last):
                    found |= {value: value for value in (source.where or {}).get(role, ())}
        if (
            isinstance(spec, Toxicity)
            and (table, role) == ("adverse_events", "term")
            and isinstance(spec.terms, dict)
        ):
            found |= {value: term.label for term in spec.terms.values() for value in term.values}
        if (table, role) == ("exposure", "drug"):
            drugs = [*getattr(spec, "drugs", ())]
            if isinstance(spec, Treatments):
                drugs += [drug for item in spec.items.values() for drug in item.drugs]
            found |= {drug: drug for drug in drugs}
    return found


def _event_codes(protocol: Protocol) -> dict[str, str]:
    return {code: "yes" if event else "no" for code, event in protocol.reading.event_codes.items()}


def onto(protocol: Protocol, placed: Iterable[Placed], words: Words, *, is_declared: bool = True) -> Mapped:
    """The sheets of one file as tables of a study. `notes` tell of columns that none has."""
    made = Mapped()
    sheets = list(placed)
    matched: dict[str | None, dict[str, tuple[Target, Match]]] = {}
    for table in TABLES:
        source = getattr(protocol.data, table)
        if source is None or isinstance(source, Reshaped):
            continue
        targets = targets_of(protocol, table, is_declared=is_declared)
        found = [(sheet, _matches(protocol, table, targets, sheet, words)) for sheet in sheets]
        fitting = [pair for pair in found if _is_enough(protocol, table, targets, *pair)]
        if not fitting:
            made.notes.append(
                f"no sheet of {sheets[0].seen.file} is the table {table}"
                if sheets
                else f"no sheet is {table}"
            )
            continue
        sheet, matches = max(fitting, key=lambda pair: _rank(table, *pair))
        made.tables[table] = sheet
        held = matched.setdefault(sheet.seen.sheet, {})
        for header, match in matches.items():
            held.setdefault(header, (targets[header], match))
        for header in targets:
            if header not in matches:
                made.notes.append(
                    f"{sheet.seen.place}: no column is known as '{header}' of the table {table}; "
                    "add it to the mapping, or a column without cells to the file"
                )
    for sheet in sheets:
        if sheet.seen.sheet in matched:
            entries = _entries(sheet, matched[sheet.seen.sheet], protocol, words)
            made.entries[sheet.seen.sheet] = _merged(made.entries.get(sheet.seen.sheet, []), entries)
        elif not sheet.table:
            made.notes.append(f"{sheet.seen.place}: {sheet.why}; nothing of it is read")
    return made


def _merged(first: list[Entry], then: list[Entry]) -> list[Entry]:
    """The columns of two parts of one sheet (an export's forms), each once: where one part reads it, as that does."""
    held = {made["header"]: made for made in first}
    for made in then:
        known = held.get(made["header"])
        if known is None or known["as"] == LEFT_OUT:
            held[made["header"]] = made
    return list(held.values())


def _entries(
    sheet: Placed, matched: Mapping[str, tuple[Target, Match]], protocol: Protocol, words: Words
) -> list[Entry]:
    by_header = {match.known.header: (target, match) for target, match in matched.values()}
    made = []
    for known in sheet.columns:
        if known.header in by_header:
            target, match = by_header[known.header]
            target = _with_quantity(target, known)
            made.append(entry(known, target, words, evidence=match.why, missing=protocol.reading.missing))
        else:
            made.append(left_out(known, "the study names no such column"))
    return made


def _with_quantity(target: Target, known: Known) -> Target:
    """The target with what it measures, where the column is a known measurement and the study's unit one of it."""
    concept = known.concept
    if (
        concept is None
        or not concept.quantity
        or not target.unit
        or target.unit not in FACTORS[concept.quantity]
    ):
        return target
    return replace(target, quantity=concept.quantity)


def _rank(table: str, sheet: Placed, matches: Mapping[str, Match]) -> tuple[bool, int, int]:
    """How well a sheet fits a table: placed there, headers that are the same, headers matched."""
    return sheet.table == table, sum(match.is_same for match in matches.values()), len(matches)


def _is_enough(
    protocol: Protocol, table: str, targets: Mapping[str, Target], sheet: Placed, matches: Mapping[str, Match]
) -> bool:
    """Whether a sheet has every role that its table needs, and of the patients' a third of the columns."""
    source: TableSource = getattr(protocol.data, table)
    needed = [
        source.columns[role]
        for role, spec in ROLES_OF[table].items()
        if spec.is_needed and source.columns.get(role, ROW_NUMBER) != ROW_NUMBER
    ]
    identifier = source.columns.get("patient", ROW_NUMBER)
    if identifier != ROW_NUMBER and identifier not in matches:
        return False
    if table == "patients":
        return len(matches) >= max(2, len(targets) / 3) and sheet.table in ("patients", None)
    return all(header in matches for header in needed)


def _matches(
    protocol: Protocol, table: str, targets: Mapping[str, Target], sheet: Placed, words: Words
) -> dict[str, Match]:
    """By the study's header, the sheet's column: the same header, then a known synonym, then one written nearly so."""
    free = {known.header: known for known in sheet.columns}
    found: dict[str, Match] = {}
    for header in targets:
        same = next(
            (known for name, known in free.items() if " ".join(name.split()) == " ".join(header.split())),
            None,
        )
        if same is not None:
            found[header] = Match(same, "", is_same=True)
            del free[same.header]
    for header in targets:
        if header not in found:
            match = _by_meaning(protocol, table, header, free.values(), words)
            if match is not None:
                found[header] = match
                del free[match.known.header]
    for header in targets:
        if header not in found:
            near = difflib.get_close_matches(bare(header), [bare(name) for name in free], n=1, cutoff=_CLOSE)
            if near and near[0]:
                known = next(known for name, known in free.items() if bare(name) == near[0])
                found[header] = Match(known, f"written nearly as '{header}'", is_same=False)
                del free[known.header]
    return found


def _by_meaning(
    protocol: Protocol, table: str, header: str, free: Iterable[Known], words: Words
) -> Match | None:
    """A column that the table of words knows by another name."""
    columns = list(free)
    wanted = list(_meanings(protocol, table, header, words))
    for name, label in wanted:
        for is_whole in (True, False):
            for known in columns:
                if _is_meant(known, table, name, words, is_whole=is_whole):
                    said = "a known name of" if is_whole else "it holds a known name of"
                    return Match(known, f"{said} {label}", is_same=False)
    return None


def _meanings(protocol: Protocol, table: str, header: str, words: Words) -> Iterator[tuple[str, str]]:
    """What a study's column means, as `role:date`, `arm` or `variable:afp`, and in words."""
    source: TableSource = getattr(protocol.data, table)
    for role, own in source.columns.items():
        if own == header:
            yield f"role:{role}", role.replace("_", " ")
    if table != "patients":
        return
    if protocol.arms.column == header:
        yield "arm", "the arm"
    for name, variable in protocol.variables.items():
        if variable.column == header:
            concepts = [words.concept(text) for text in (header, variable.label)]
            if name in words.variables:
                yield f"variable:{name}", variable.label
            for held in concepts:
                if held is not None and held[1]:
                    yield f"variable:{held[0].name}", variable.label


def _is_meant(known: Known, table: str, meaning: str, words: Words, *, is_whole: bool) -> bool:
    kind, _, name = meaning.partition(":")
    if kind == "arm":
        return is_whole and is_one_of(known.header, words.arms)
    if kind == "role":
        if name == "patient":
            return is_whole and known.role == "patient"
        return is_whole and is_one_of(known.header, words.roles.get(table, {}).get(name, ()))
    held = words.concept(known.header)
    return held is not None and held[0].name == name and held[1] == is_whole
