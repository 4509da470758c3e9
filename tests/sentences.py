"""The sentences that a part of the code can say, read off its source, so that none is forgotten in another language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import calliper

HOUSE = Path(calliper.__file__).parent
FIELD = "7"
"""What stands in a sentence's field: any message may hold a whole number there."""
MAYBE = re.compile(r"(?:near|with_it|held|others|more|unit|cells|suggestion\(.*|near\.get\(.*|_of\(.*)")
"""Fields that are as often empty: hints, and lists that may go on."""


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Texts of two words and more, each with its line; docstrings and the texts inside f-strings are none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            inner.add(node.value)
        if isinstance(node, ast.JoinedStr):
            inner |= set(node.values)
    for node in ast.walk(tree):
        if node in inner:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(_part(part) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # a pattern of pl.format
            text = node.value.replace("{}", FIELD)
        else:
            continue
        if re.search(r"[a-z]{2,}.* |.* .*[a-z]{2,}", text.strip()):
            yield node.lineno, text


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    return "" if MAYBE.fullmatch(ast.unparse(part.value)) else FIELD
