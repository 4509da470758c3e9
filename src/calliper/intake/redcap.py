"""REDCap: an export as CSV with its data dictionary, which says what each field is, and which fields name people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from calliper.ingest.statistical import FileLabels
from calliper.intake.seen import Seen, Texts, only_columns, rows_where
from calliper.intake.words import bare

_FIELD = ("Variable / Field Name", "field_name")
_OF = {
    "form": ("Form Name", "form_name"),
    "kind": ("Field Type", "field_type"),
    "label": ("Field Label", "field_label"),
    "choices": ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations"),
    "identifier": ("Identifier?", "identifier"),
}
REPEAT, EVENT = "redcap_repeat_instrument", "redcap_event_name"
_OWN = (REPEAT, EVENT, "redcap_repeat_instance", "redcap_data_access_group", "redcap_survey_identifier")
_HTML = re.compile(r"<[^>]*>")
_YES_NO = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the dictionary: its form, label and choices, and whether it is marked as naming a person."""

    name: str
    form: str
    label: str
    choices: Mapping[str, str]
    is_checkbox: bool
    is_identifier: bool


def is_dictionary(seen: Seen) -> bool:
    """Whether a sheet is a data dictionary, by its headers."""
    known = {bare(name) for name in seen.columns}
    return any(bare(name) in known for name in _FIELD) and any(bare(name) in known for name in _OF["kind"])


def fields_of(seen: Seen) -> dict[str, Field]:
    """The fields of a data dictionary by name."""
    columns = {bare(name): texts for name, texts in seen.columns.items()}

    def texts(names: Sequence[str]) -> Texts:
        return next(
            (columns[bare(name)] for name in names if bare(name) in columns), (None,) * len(seen.rows)
        )

    held = {key: texts(names) for key, names in _OF.items()}
    made = {}
    for at, name in enumerate(texts(_FIELD)):
        if name:
            kind = held["kind"][at] or ""
            choices = _YES_NO.get(kind) or (
                _choices(held["choices"][at] or "") if kind in ("radio", "dropdown", "checkbox") else {}
            )
            made[name] = Field(
                name,
                held["form"][at] or "",
                " ".join(_HTML.sub(" ", held["label"][at] or name).split()),
                choices,
                kind == "checkbox",
                (held["identifier"][at] or "").strip().casefold() == "y",
            )
    return made


def _choices(text: str) -> dict[str, str]:
    """`1, Male | 2, Female` by code.

    >>> _choices("1, Male | 2, Female, or other")
    {'1': 'Male', '2': 'Female, or other'}
    """
    pairs = (part.split(",", 1) for part in text.split("|") if "," in part)
    return {code.strip(): " ".join(_HTML.sub(" ", label).split()) for code, label in pairs}


def with_dictionary(sheets: Sequence[Seen], dictionary: Seen) -> tuple[list[Seen], list[str]]:
    """Sheets with what the dictionary says of their columns; an export with repeated forms becomes one sheet a form."""
    fields = fields_of(dictionary)
    made: list[Seen] = []
    notes: list[str] = []
    for seen in sheets:
        known = [name for name in seen.columns if name.split("___")[0] in fields]
        if len(known) < 2:
            made.append(seen)
            continue
        labelled = replace(_without_identifiers(seen, fields, notes), labels=_labels(seen, fields))
        made += _by_form(labelled, fields, notes)
    return made, notes


def _without_identifiers(seen: Seen, fields: Mapping[str, Field], notes: list[str]) -> Seen:
    marked = [name for name in seen.columns if name in fields and fields[name].is_identifier]
    identifier = next(iter(fields))
    gone = [name for name in marked if name != identifier]
    notes += [
        f"{seen.place}, column '{name}': the data dictionary marks it as an identifier; it is left out"
        for name in gone
    ]
    return replace(seen, columns={name: texts for name, texts in seen.columns.items() if name not in gone})


def _labels(seen: Seen, fields: Mapping[str, Field]) -> FileLabels:
    columns, values = {}, {}
    for name in seen.columns:
        base, _, code = name.partition("___")
        field = fields.get(base)
        if field is None:
            continue
        columns[name] = (
            f"{field.label}: {field.choices.get(code, code)}" if field.is_checkbox else field.label
        )
        choices = _YES_NO["yesno"] if field.is_checkbox else field.choices
        own = set(filter(None, seen.columns[name]))
        if choices and own <= set(choices):
            values[name] = choices
    return FileLabels(columns, values)


def _by_form(seen: Seen, fields: Mapping[str, Field], notes: list[str]) -> list[Seen]:
    """One sheet for the rows that are not repeated, and one for each repeated form."""
    if EVENT in seen.columns:
        events = list(dict.fromkeys(filter(None, seen.columns[EVENT])))
        if len(events) > 1:
            first = events[0]
            notes.append(
                f"{seen.place}: of {len(events)} events only the first, '{first}', is drafted as the patients' table"
            )
            seen = rows_where(seen, EVENT, first)
    if REPEAT not in seen.columns:
        return [only_columns(seen, [name for name in seen.columns if name not in _OWN])]
    identifier = next(iter(seen.columns))
    made = []
    for form in dict.fromkeys(text or "" for text in seen.columns[REPEAT]):
        rows = rows_where(seen, REPEAT, form)
        repeated = {text for text in seen.columns[REPEAT] if text}
        names = [
            name
            for name in seen.columns
            if name not in _OWN
            and (
                name == identifier
                or _form_of(name, fields) == _form_name(form)
                or (not form and _form_of(name, fields) not in map(_form_name, repeated))
            )
        ]
        made.append(only_columns(rows, names))
    return made


def _form_of(name: str, fields: Mapping[str, Field]) -> str:
    field = fields.get(name.split("___", maxsplit=1)[0])
    return _form_name(field.form) if field is not None else ""


def _form_name(text: str) -> str:
    return bare(text).replace(" ", "_")
