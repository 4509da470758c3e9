"""Drafts as YAML: short mappings on one line, texts quoted where they would be read as something else."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from calliper.protocol.written import parse_yaml

WIDTH = 116
_ON_ONE_LINE = 90


def editor() -> YAML:
    """The reader and writer that keeps comments, order and quotes."""
    yaml = YAML()
    yaml.width = WIDTH
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def as_text(data: Mapping[str, Any], head: str = "") -> str:
    """A mapping as YAML text under a comment."""
    made = io.StringIO()
    editor().dump(styled(data, top=True), made)
    comment = "".join(f"# {line}\n" if line else "#\n" for line in head.splitlines())
    return comment + made.getvalue()


def styled(value: Any, *, top: bool = False) -> Any:
    """Values as ruamel writes them: a small mapping or list of plain values on one line."""
    if isinstance(value, Mapping):
        made = CommentedMap((_key(key), styled(item)) for key, item in value.items())
        if not top and _is_flat(value) and len(str(dict(value))) <= _ON_ONE_LINE:
            made.fa.set_flow_style()
        return made
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = CommentedSeq(styled(item) for item in value)
        if _is_flat(value) and len(str(list(value))) <= _ON_ONE_LINE:
            items.fa.set_flow_style()
        return items
    return _scalar(value)


def _scalar(value: Any) -> Any:
    """A text in quotes where it would be read as a number, a truth value or nothing."""
    if not isinstance(value, str):
        return value
    return value if _reads_back(value) else DoubleQuotedScalarString(value)


def _key(key: Any) -> Any:
    return _scalar(key)


def _reads_back(text: str) -> bool:
    """Whether a bare text is read as that text; ruamel quotes what is no plain scalar by itself."""
    if text in ("Y", "N", "y", "n", "Yes", "No", "yes", "no", "on", "off", "On", "Off"):
        return False  # YAML 1.1, as spreadsheets' and editors' parsers still read it, takes them for true and false
    if not text or text != text.strip() or any(mark in text for mark in "\n\t:#{}[],&*!|>'\"%@`"):
        return True
    whole, _ = parse_yaml(f"key: {text}", file="-")
    held = whole.child("key")
    return held is not None and isinstance(held.value, str)


def _is_flat(value: Any) -> bool:
    items = value.values() if isinstance(value, Mapping) else value
    return all(not isinstance(item, (Mapping, list, tuple)) or not item for item in items)
