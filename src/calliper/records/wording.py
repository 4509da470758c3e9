"""Words shared by messages about the records: values in quotes, lists, and near misses."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.protocol.mistakes import nearest

LONGEST = 80


def clipped(text: str) -> str:
    """The first 80 characters of a value.

    >>> clipped("x" * 100) == "x" * 79 + "…"
    True
    """
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def quoted(text: str) -> str:
    r"""A value in quotes, fit for one line of a terminal: clipped, with what does not print escaped.

    >>> print(quoted("4x"), quoted("a\tb\x1b[31m"))
    '4x' 'a\tb\x1b[31m'
    """
    shown = (
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in clipped(text)
    )
    return f"'{''.join(shown)}'"


def listed(names: Sequence[str], *, most: int = 30) -> str:
    """Names in quotes, the first `most` of them.

    >>> listed(["Age", "Sex", "ECOG"], most=2)
    "'Age', 'Sex' and 1 more"
    """
    text = ", ".join(quoted(name) for name in names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most} more"


def suggestion(word: str, among: Sequence[str]) -> str:
    """` (did you mean 'x'?)` when a name in `among` is close to `word`, else nothing.

    >>> suggestion("age", ["Age", "Sex"]), suggestion("dose", ["Age", "Sex"])
    (" (did you mean 'Age'?)", '')
    """
    near = nearest(word, among)
    return "" if near is None else f" (did you mean {quoted(near)}?)"
