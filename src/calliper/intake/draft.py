"""A study drafted from what lies in the files: variables, arms, endpoints and analyses that the columns suggest.

It is a beginning: every section that rests on a guess is named under `guesses`, and no study runs before each is
confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from calliper.intake.endpoints import TO_COMPLETE, slug, suggest_endpoints
from calliper.intake.guess import MOST_LEVELS
from calliper.intake.place import PATIENTS, Known, Placed
from calliper.intake.seen import source_of
from calliper.intake.words import Concept, Words, bare, in_brackets, is_one_of, level_of
from calliper.protocol.roles import ROLES_OF
from calliper.records.tables import ROW_NUMBER

MOST_FACTORS = 8
RATIO_OF_FACTORS = 10


@dataclass
class Drafted:
    """A study file as plain values, and by section what it rests on."""

    study: dict[str, Any] = field(default_factory=dict)
    guesses: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Column:
    """A column of the patients over all centres: those of each that mean the same."""

    name: str
    header: str
    label: str
    concept: Concept | None
    held: list[Known] = field(default_factory=list)

    def values(self) -> list[str]:
        """The different texts of all centres."""
        return list(dict.fromkeys(value for known in self.held for value in known.guess.values))


def draft(
    placed: Sequence[Placed], files: Sequence[str], centres: Mapping[str, str], words: Words
) -> Drafted:
    """A study of these sheets; `files` in the order given, `centres` the centre of each where there are several."""
    made = Drafted()
    tables = list(dict.fromkeys(sheet.table for sheet in placed if sheet.table))
    if PATIENTS not in tables:
        made.notes.append("no sheet holds the patients, one row each: name its file under data.patients")
    sheets = {table: [sheet for sheet in placed if sheet.table == table] for table in tables}
    columns = _columns(sheets.get(PATIENTS, []), words)
    arm = _arm(columns, words)
    variables = {column.name: _variable(column) for column in columns.values() if column is not arm}
    data = {table: _source(table, held, files, centres) for table, held in sheets.items()}
    made.study = {
        "calliper": 1,
        "study": {"title": f"{TO_COMPLETE}: the title of the study", "design": "retrospective cohort"},
    }
    made.guesses["study"] = (
        "title and design are placeholders; add period, cutoff, ethics and what the authors must state"
    )
    if centres:
        made.study["centres"] = {
            name: {"label": name.replace("_", " ").capitalize()} for name in centres.values()
        }
        made.guesses["centres"] = "one a file, by the file's name"
    named = _named_centres(sheets.get(PATIENTS, [])) if not centres else {}
    if named:
        made.study["centres"] = named
        made.guesses["centres"] = "the values of the column of centres"
    made.study["data"] = {
        PATIENTS: data.pop(PATIENTS, {"files": [{"path": TO_COMPLETE}], "columns": {"patient": TO_COMPLETE}}),
        **data,
    }
    made.study["variables"] = variables
    made.study["arms"] = _arms(arm, columns, made)
    endpoints, why = suggest_endpoints(variables, sheets)
    made.guesses |= why
    made.study["endpoints"] = endpoints
    made.study["analyses"] = _analyses(variables, columns, endpoints, made)
    return made


def _named_centres(sheets: Sequence[Placed]) -> dict[str, Any]:
    """The centres that a column of the patients names."""
    made: dict[str, Any] = {}
    for sheet in sheets:
        known = sheet.with_role("centre")
        for value in sorted(known.guess.values) if known is not None else ():
            if all(value != held["label"] for held in made.values()):
                made[slug(value, made, "centre")] = {"label": value, "aliases": [value]}
    return made


def _columns(sheets: Sequence[Placed], words: Words) -> dict[str, _Column]:
    """The patients' columns of all centres, by what they mean; those that name a person are not among them."""
    made: dict[str, _Column] = {}
    names: list[str] = []
    for sheet in sheets:
        arm = next(
            (name for word in words.arms for name in sheet.seen.columns if is_one_of(name, (word,))), None
        )
        for known in sheet.columns:
            if known.role is not None or known.identifier is not None or known.guess.kind == "blank":
                continue
            key = (
                f"={known.concept.name}"
                if known.concept and known.is_whole
                else bare(known.header) or known.header
            )
            if known.header == arm:
                key = "=arm"
            if key not in made:
                concept = known.concept if known.is_whole else None
                name = concept.name if concept and concept.name not in names else slug(known.header, names)
                label = sheet.seen.labels.columns.get(known.header) or (
                    concept.label if concept else known.header
                )
                names.append(name)
                made[key] = _Column(name, known.header, label, concept)
            made[key].held.append(known)
    for column in made.values():
        headers = {known.header for known in column.held}
        if len(headers) > 1 and column.concept is not None:
            column.header = column.concept.label
    return made


def _arm(columns: Mapping[str, _Column], words: Words) -> _Column | None:
    """The column of the arms: one named so, with few different texts."""
    column = columns.get("=arm")
    return column if column is not None and 1 < len(column.values()) <= MOST_LEVELS else None


def _variable(column: _Column) -> dict[str, Any]:
    """A variable as the study file declares it."""
    kinds = {known.guess.kind for known in column.held}
    concept = column.concept
    base = {"column": column.header, "label": column.label}
    labels = {code: text for known in column.held for code, text in known.labels.items()}
    if concept is not None and concept.type == "event":
        return {"type": "integer", **base, "range": [0, 1]}
    is_category = kinds == {"category"} or (labels and len(column.values()) <= MOST_LEVELS)
    if (
        concept is not None and concept.type == "category" and len(column.values()) <= MOST_LEVELS
    ) or is_category:
        return {"type": "category", **base, "codes": _levels(column, labels)}
    if kinds <= {"number", "integer"}:
        kind = "integer" if kinds == {"integer"} else "number"
        unit = concept.unit if concept is not None and concept.unit else next(iter(_units(column)), "")
        return {"type": kind, **base, **({"unit": unit} if unit else {})}
    if kinds == {"date"}:
        return {"type": "date", **base}
    return {"type": "text", **base}


def _units(column: _Column) -> list[str]:
    return [
        text for known in column.held for text in in_brackets(known.header) if re.match(r"[^\s]{1,12}$", text)
    ]


def _levels(column: _Column, labels: Mapping[str, str]) -> dict[str, str]:
    """The codes of a category: levels of the known variable that occur, then texts that mean none of them."""
    values = column.values()
    if labels:
        return {code: text for code, text in labels.items() if code in values} | {
            value: value for value in values if value not in labels
        }
    concept = column.concept
    if concept is None or not concept.levels:
        return {value: value for value in sorted(values)}
    meant = {value: level_of(value, concept.levels) for value in values}
    levels = {level: level for level in concept.levels if level in meant.values()}
    return levels | {value: value for value, level in meant.items() if level is None}


def _source(
    table: str, sheets: Sequence[Placed], files: Sequence[str], centres: Mapping[str, str]
) -> dict[str, Any]:
    """A table's files and the headers of its roles: the files' own where they agree, else the role's name."""
    roles: dict[str, str] = {}
    for role in ROLES_OF[table]:
        headers = {known.header for sheet in sheets if (known := sheet.with_role(role)) is not None}
        if len(headers) == 1:
            roles[role] = next(iter(headers))
        elif headers:
            roles[role] = role.replace("_", " ").capitalize()
    if table == PATIENTS:
        roles.setdefault("patient", ROW_NUMBER)
    ordered = sorted((sheet.seen for sheet in sheets), key=lambda seen: files.index(seen.file))
    entries = [source_of(seen, centres.get(seen.file)) for seen in ordered]
    return {"files": entries, "columns": roles}


def _arms(arm: _Column | None, columns: Mapping[str, _Column], made: Drafted) -> dict[str, Any]:
    """The arms; where no column is named like one, the first category of two levels, to be chosen by the user."""
    chosen = arm
    if chosen is None:
        # a known variable is hardly the treatment, and its cells become other texts
        two = [column for column in columns.values() if len(column.values()) == 2 and column.concept is None]
        chosen = two[0] if two else None
        made.guesses["arms"] = "no column is named like an arm" + (
            f"; '{chosen.header}' is the first with two values: choose" if chosen else ""
        )
    else:
        made.guesses["arms"] = f"'{chosen.header}' is named like an arm; which is the reference is a guess"
    if chosen is None:
        groups = {"one": {"label": TO_COMPLETE, "values": [TO_COMPLETE]}}
        return {"column": TO_COMPLETE, "groups": groups, "reference": "one"}
    groups = {}
    for value in sorted(chosen.values()):
        label = next((text for known in chosen.held if (text := known.labels.get(value))), value)
        groups[slug(label, groups, "arm")] = {"label": label, "values": [value]}
    return {"column": chosen.header, "groups": groups, "reference": _reference(groups)}


def _reference(groups: Mapping[str, Mapping[str, Any]]) -> str:
    """The arm that others are likely compared with: control, placebo, observation, alone; else the shortest name."""
    for name, group in groups.items():
        if re.search(
            r"control|placebo|obs|alone|standard|对照|单纯|单独", str(group["label"]), re.IGNORECASE
        ):
            return name
    return min(groups, key=lambda name: len(str(groups[name]["label"])))


def _analyses(
    variables: Mapping[str, Mapping[str, Any]],
    columns: Mapping[str, _Column],
    endpoints: Mapping[str, Any],
    made: Drafted,
) -> list[dict[str, Any]]:
    ends = {name for spec in endpoints.values() for name in (spec.get("recorded") or {}).values()}
    kinds = ("number", "integer", "category")
    known = {name: spec for name, spec in variables.items() if spec["type"] in kinds and name not in ends}
    described = [name for name, spec in known.items() if len(spec.get("codes", "12")) > 1] or list(known)
    analyses: list[dict[str, Any]] = []
    if described:
        analyses.append({"id": "baseline", "kind": "baseline", "variables": described})
    if "response" in endpoints:
        analyses.append(
            {
                "id": "response_rates",
                "kind": "response",
                "endpoint": "response",
                "landmarks": ["month_1", "month_3"],
            }
        )
    timed = [name for name, spec in endpoints.items() if spec["kind"] == "time_to_event"]
    analyses += [{"id": f"{name}_curves", "kind": "survival", "endpoint": name} for name in timed]
    if "harm" in endpoints:
        analyses.append({"id": "safety", "kind": "safety", "endpoint": "harm", "grades": False})
    if timed and described:
        n = max(
            (
                len(known.guess.values) and known.guess.n
                for column in columns.values()
                for known in column.held
            ),
            default=0,
        )
        factors = described[: min(MOST_FACTORS, max(1, n // RATIO_OF_FACTORS))]
        analyses.append(
            {"id": "prognosis", "kind": "cox", "endpoint": timed[0], "factors": ["arm", *factors]}
        )
    made.guesses["analyses"] = (
        "what the columns allow; choose the factors of the Cox model by knowledge, not by their place"
    )
    return analyses
