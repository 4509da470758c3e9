"""Changes of the study's own files by forms: comments, order and quotes of all else stay as they were written.

Every change is written beside and swapped in whole. What is written is what the form said; whether the study can run
is asked of protocol/load.py afterwards, as on the command line.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml.error import YAMLError

from calliper.errors import CalliperError
from calliper.intake.endpoints import slug
from calliper.intake.written import editor, styled
from calliper.protocol.mapping_specs import LEFT_OUT
from calliper.protocol.report_specs import PLAIN

Document = Any
"""A YAML file as ruamel holds it."""


class EditError(ValueError):
    """A form that cannot be carried out; the message is a sentence for the page."""


UNREADABLE = (YAMLError, RecursionError)
"""What a text raises that is no YAML, or is nested without end."""
MOST_DEEP = 100
"""Brackets within brackets; the loader of study files allows fewer."""


def loaded(text: str) -> Document:
    """A YAML text as ruamel holds it; one nested without end is not even begun. Raises what `UNREADABLE` names."""
    depth = 0
    for letter in re.findall(r"[][{}]", text):
        depth += 1 if letter in "[{" else -1
        if depth > MOST_DEEP:
            raise RecursionError
    return editor().load(text)


def read(path: Path) -> Document:
    """A file to be changed. Raises EditError where it is no YAML any more."""
    try:
        held = loaded(path.read_text(encoding="utf-8-sig"))
    except (*UNREADABLE, OSError, UnicodeDecodeError) as error:
        raise EditError(f"{path.name} cannot be read as YAML; correct it as text") from error
    if not isinstance(held, dict):
        raise EditError(f"{path.name} is no mapping (key: value); correct it as text")
    return held


def write(path: Path, document: Document) -> None:
    """Put a changed file in its place."""
    write_text(path, text_of(document))


def text_of(held: Any) -> str:
    """A file, or an entry of one, as the YAML text that it stands as."""
    made = io.StringIO()
    editor().dump(held, made)
    return made.getvalue()


def change(path: Path, work: Callable[[Document], None], check: Callable[[], object] | None = None) -> None:
    """Carry out a change of a file; where `check` refuses what it has become, the file is as it was."""
    before = path.read_bytes()
    document = read(path)
    work(document)
    write(path, document)
    try:
        if check is not None:
            check()
    except (EditError, CalliperError):
        _write_bytes(path, before)
        raise


def write_text(path: Path, text: str) -> None:
    """Put a text in a file's place, whole."""
    _write_bytes(path, text.encode())


def _write_bytes(path: Path, content: bytes) -> None:
    """Put a content in a file's place, whole."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def lines_of(text: str) -> list[str]:
    """The lines of a text area that hold anything."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def pairs_of(text: str) -> dict[str, str]:
    """`男 = M` a line, as a mapping. Raises EditError for a line without `=`.

    >>> pairs_of("男 = M")
    {'男': 'M'}
    """
    made = {}
    for line in lines_of(text):
        key, sign, value = line.partition("=")
        if not sign or not key.strip():
            raise EditError(f"found '{line[:60]}'; expected text = meaning, one a line")
        made[key.strip()] = value.strip()
    return made


def set_column(mapping: Document, sheet: int, column: int, form: Mapping[str, str]) -> None:
    """One column of a mapping as a form has it."""
    try:
        held = mapping["sheets"][sheet]["columns"][column]
    except (KeyError, IndexError, TypeError):
        raise EditError("this column is not in the mapping any more; load the page again") from None
    values: dict[str, Any] = {
        "as": form.get("as") or LEFT_OUT,
        "missing": lines_of(form.get("missing", "")),
        "codes": pairs_of(form.get("codes", "")),
        "unit": _unit(form.get("unit", "")),
        "dates": form.get("dates") or None,
        "short_years": _whole(form.get("short_years", "")),
        "limits": form.get("limits") or None,
        "pseudonym": True if form.get("pseudonym") else None,
    }
    if values["as"] == LEFT_OUT:
        values = {key: value if key == "as" else None for key, value in values.items()}
    told = {key: held[key] for key in ("seen", "evidence") if key in held}
    for key in [*values, "seen", "evidence", "confirm"]:
        held.pop(key, None)
    for key, value in values.items():
        if value:
            held[key] = styled(value)
    for key, value in told.items():
        held[key] = value
    held["confirm"] = bool(form.get("confirm"))


def confirm_sheet(mapping: Document, sheet: int) -> None:
    """Every guess of a sheet confirmed."""
    try:
        for column in mapping["sheets"][sheet]["columns"]:
            if "confirm" in column:
                column["confirm"] = True
    except (KeyError, IndexError, TypeError):
        raise EditError("this sheet is not in the mapping any more; load the page again") from None


def _unit(text: str) -> dict[str, str] | None:
    """`diameter|mm|cm`, as the form's choices have it."""
    parts = text.split("|")
    return {"of": parts[0], "from": parts[1], "to": parts[2]} if len(parts) == 3 else None


def _whole(text: str) -> int | None:
    if text and not text.strip().isdecimal():
        raise EditError(f"found '{text[:20]}'; expected a year of four digits")
    return int(text) if text.strip() else None


def confirm_guess(study: Document, name: str) -> None:
    """A guess of the study file confirmed."""
    held = (study.get("guesses") or {}).get(name)
    if held is None:
        raise EditError("this guess is not in the study file any more; load the page again")
    held["confirm"] = True


def set_facts(study: Document, form: Mapping[str, str]) -> None:
    """What the study is."""
    held = study.setdefault("study", {})
    for key in ("title", "short_title", "design", "objective", "period", "cutoff", "source"):
        value = form.get(key, "").strip()
        if value:
            held[key] = value
        elif key in held and key not in ("title", "design"):
            del held[key]
    if form.get("convention"):
        study["convention"] = form["convention"]
    for key, plain in (("language", "en"), ("journal", PLAIN)):
        if form.get(key, "") not in ("", (study.get("report") or {}).get(key, plain)):
            study.setdefault("report", {})[key] = form[key]


def set_on_error(study: Document, *, is_deferred: bool) -> None:
    """Whether records with errors are left out of the run until they are corrected, or stop it."""
    if is_deferred:
        study.setdefault("reading", {})["on_error"] = "exclude_record"
    elif "on_error" in (study.get("reading") or {}):
        del study["reading"]["on_error"]
        if not study["reading"]:
            del study["reading"]


def set_arms(study: Document, form: Mapping[str, str]) -> None:
    """The arms: their column, label and values; one whose label is blank is taken away."""
    column = form.get("column", "").strip()
    if not column:
        raise EditError("found no column; choose the column that says who had which treatment")
    groups: dict[str, Any] = {}
    for at in range(20):
        label, values = form.get(f"label{at}", "").strip(), lines_of(form.get(f"values{at}", ""))
        if not label and not values:
            continue
        if not label or not values:
            raise EditError("found an arm without a label or without values; expected both")
        name = form.get(f"name{at}") or slug(label, groups, "arm")
        groups[name] = styled({"label": label, "values": values})
    if not groups:
        raise EditError("found no arm; give each a label and the values that mean it")
    reference = form.get("reference", "")
    study["arms"] = {
        "column": column,
        "groups": groups,
        "reference": reference if reference in groups else next(iter(groups)),
    }


def arms_from_column(study: Document, column: str, values: Sequence[str]) -> None:
    """The arms anew, one for each value of a column."""
    groups: dict[str, Any] = {}
    for value in values:
        groups[slug(value, groups, "arm")] = styled({"label": value, "values": [value]})
    if not groups:
        raise EditError(f"the column '{column}' holds no values; choose another")
    study["arms"] = {"column": column, "groups": groups, "reference": next(iter(groups))}


def set_criterion(study: Document, at: int | None, form: Mapping[str, str]) -> None:
    """A criterion of eligibility, changed or (without `at`) added."""
    made = {key: form.get(key, "").strip() for key in ("id", "kind", "text", "rule", "unknown")}
    if not made["rule"] or not made["text"]:
        raise EditError(
            "found no rule or no words; expected both: what the criterion is, and the rule that tells it"
        )
    held = study.setdefault("eligibility", [])
    taken = [criterion["id"] for criterion in held]
    if not made["id"]:
        letter = "E" if made["kind"] == "exclusion" else "I"
        made["id"] = next(
            f"{letter}{number}" for number in range(1, 1000) if f"{letter}{number}" not in taken
        )
    if made["unknown"] in ("", "pending"):
        del made["unknown"]
    if at is None:
        held.append(made)
    elif 0 <= at < len(held):
        held[at] = made
    else:
        raise EditError("this criterion is not in the study file any more; load the page again")


def drop(study: Document, section: str, key: str) -> None:
    """Take an entry of a section away: a criterion or an analysis by its place, an endpoint by its name."""
    held = study.get(section)
    if isinstance(held, list) and key.isdecimal() and int(key) < len(held):
        del held[int(key)]
    elif isinstance(held, dict) and key in held:
        del held[key]
    else:
        raise EditError("this entry is not in the study file any more; load the page again")
    if not held and section in study and section != "analyses":
        del study[section]
