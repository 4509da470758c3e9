"""What pydantic found, in the words of a study file: `found 'numbr'; expected number or integer`."""

from __future__ import annotations

import inspect
import json
import re
from datetime import date
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from calliper.protocol.mistakes import Fault, Path, Step, did_you_mean, one_of
from calliper.protocol.specs import Protocol
from calliper.protocol.written import Written, found_words

_DERIVED = {
    "cut": "Cut",
    "rule": "Flag",
    "regroup": "Regroup",
    "cases": "Choose",
    "stage": "Stage",
    "score": "Score",
    "from_date": "Span",
    "first": "RowDate",
    "last": "RowDate",
    "to_date": "Span",
}
"""The keys by which a derived variable shows its kind."""

_SCALARS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date as YYYY-MM-DD",
}

_BOUNDS = {
    "greater_than": ("gt", "a number above"),
    "greater_than_equal": ("ge", "a number of at least"),
    "less_than": ("lt", "a number below"),
    "less_than_equal": ("le", "a number of at most"),
}


def fault_of(error: ErrorDetails, whole: Written) -> Fault | None:
    """A pydantic error as a fault; None for an error of a member of a union that the file does not mean."""
    loc, path = error["loc"], path_of(error)
    if path[0] == "derived" and len(loc) > 2:
        held = whole.at(path[:2])
        intended = _intended(held)
        if intended is None:
            return Fault(
                path[:2], f"found {_found_kind(held)}; expected a mapping with {one_of(list(_DERIVED)[:-1])}"
            )
        if not _is_tag(loc[2], _class_named(intended)):
            return None
    if path[0] == "endpoints" and path[2:3] == ("terms",) and len(loc) > 4:
        held = whole.at(path[:3])
        if str(loc[4]).startswith("dict[") != (held is not None and isinstance(held.value, dict)):
            return None
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return _unknown_kind(error, whole)
    return Fault(path, _text(error, whole))


def path_of(error: ErrorDetails) -> Path:
    """The path of a pydantic error, without the marks of unions that it mixes in."""
    loc = error["loc"]
    if loc[0] in ("variables", "derived", "endpoints", "analyses"):
        loc = (*loc[:2], *loc[3:])
    if loc[0] == "endpoints" and loc[2:3] == ("terms",):
        loc = (*loc[:3], *loc[4:])
    if loc[-1] == "[key]":
        return loc[:-1]
    return loc[:-1] if error["type"] == "missing" and isinstance(loc[-1], int) else loc


def _text(error: ErrorDetails, whole: Written) -> str:
    """An error as `found ...; expected ...`."""
    kind, loc, path = error["type"], error["loc"], path_of(error)
    context: dict[str, Any] = error.get("ctx", {})
    found = f"found {found_words(whole.at(path))}"
    if kind == "value_error":
        return str(context["error"])
    if loc[-1] == "[key]":
        found = f"found the key '{path[-1]}'"
    if kind == "extra_forbidden":
        (model,) = _options(loc[:-1])
        keys = list(_keys(model))
        return f"found the key '{path[-1]}'; expected {one_of(keys)}{did_you_mean(str(path[-1]), keys)}"
    if kind == "string_pattern_mismatch":
        small = context["pattern"].startswith("^[a-z]")
        named = "a small letter, then small letters, digits or _" if small else "letters, digits, _, - or ."
        return f"{found}; expected a name: {named}"
    if kind == "string_too_long":
        return f"{found}; expected at most {context['max_length']} characters"
    if kind == "too_short":
        return f"{found}; expected at least {context['min_length']} entry"
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"{found}; expected {words} {context[key]:g}"
    if (kind == "missing" and isinstance(loc[-1], int)) or path[2:] == ("terms",):
        loc = loc[:4] if path[2:] == ("terms",) else loc[:-1]  # all that may stand there, not one of it
    options = _options(loc)
    described = dict.fromkeys(_describe(option) for option in options)
    return f"{found}; expected {' or '.join(described)}{_hint(options, whole.at(path))}"


def _hint(options: list[Any], written: Written | None) -> str:
    """A near word, or what to do about quotes."""
    value = None if written is None else written.value
    words = [str(word) for option in options if get_origin(option) is Literal for word in get_args(option)]
    if isinstance(value, str):
        if {int, float} & set(options) and re.fullmatch(r"[-+]?[0-9]{0,15}\.?[0-9]{1,15}", value):
            return f" (without quotes: {value})"
        return (
            f" (without quotes: {value})" if value in words and words == ["1"] else did_you_mean(value, words)
        )
    if str in options and isinstance(value, (bool, int, float)) and written is not None:
        return f": put it in quotes, {json.dumps(written.text)}"
    return ""


def _unknown_kind(error: ErrorDetails, whole: Written) -> Fault:
    """An entry whose `kind` (or `type`) is absent or not a kind."""
    path, held = error["loc"], whole.at(error["loc"])
    key = str(error["ctx"]["discriminator"]).strip("'")
    words = [str(word) for option in _options(path) for word in get_args(option.model_fields[key].annotation)]
    if held is None or not isinstance(held.value, dict):
        return Fault(path, f"found {found_words(held)}; expected a mapping (key: value)")
    kind = held.child(key)
    near = did_you_mean(kind.value, words) if kind is not None and isinstance(kind.value, str) else ""
    return Fault((*path, key), f"found {found_words(kind)}; expected {one_of(words)}{near}")


def _intended(held: Written | None) -> str | None:
    """The class a derived variable shows by its keys."""
    keys = held.value if held is not None and isinstance(held.value, dict) else {}
    return next((name for key, name in _DERIVED.items() if key in keys), None)


def _found_kind(held: Written | None) -> str:
    if held is not None and isinstance(held.value, dict):
        return f"only {one_of(list(held.value))}" if held.value else "an empty mapping"
    return found_words(held)


def _class_named(name: str) -> Any:
    return next(option for option in _options(("derived", "any")) if option.__name__ == name)


def _options(loc: tuple[Step, ...]) -> list[Any]:
    """The types that may stand at a pydantic location, None aside; a union's mark in it picks one."""
    options: list[Any] = [Protocol]
    for step in loc:
        if len(options) > 1:
            options = [option for option in options if _is_tag(step, option)]
        elif step != "[key]":
            options = [below for option in options for below in _below(option, step)]
    return options


def _below(option: Any, step: Step) -> list[Any]:
    if inspect.isclass(option) and issubclass(option, BaseModel):
        return _members(_keys(option)[str(step)].annotation)
    arguments = get_args(option)
    return _members(arguments[1] if get_origin(option) is dict else arguments[0])


def _keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model by the keys as they are written; `as`, a word of Python, is the alias of its field."""
    return {held.alias or name: held for name, held in model.model_fields.items()}


def _members(annotation: Any) -> list[Any]:
    """The types of a union, None aside."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [
            member for part in get_args(annotation) for member in _members(part) if member is not type(None)
        ]
    return [annotation]


def _is_tag(step: Step, option: Any) -> bool:
    """Whether pydantic's mark of a union's member means this type."""
    mark = str(step)
    if get_origin(option) is dict:
        return mark.startswith("dict[")
    if get_origin(option) is Literal:
        return mark.startswith("literal[")
    fields = option.model_fields
    kinds = [get_args(fields[key].annotation) for key in ("kind", "type") if key in fields]
    return (
        mark == option.__name__
        or mark.endswith(f", {option.__name__}]")
        or any(mark in words for words in kinds)
    )


def _describe(option: Any) -> str:
    """A type in words."""
    if option in _SCALARS:
        return _SCALARS[option]
    origin = get_origin(option)
    if origin is Literal:
        return one_of([f"'{word}'" if " " in str(word) else str(word) for word in get_args(option)])
    if origin is tuple:
        arguments = get_args(option)
        return "a list" if Ellipsis in arguments else f"a list of {len(arguments)}"
    return "a mapping (key: value)"
