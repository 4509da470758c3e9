"""How the numbers of each table and figure were made: the sentences of the methods behind its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from calliper.blocks import Block, Figure, Section, Table
from calliper.displays import labels
from calliper.results import CONVENTIONS, Method, Results


def with_methods(sections: Sequence[Section], results: Results) -> tuple[Section, ...]:
    """The sections, each table and figure with the methods of its numbers; those of the conventions are their own."""
    return tuple(
        replace(section, blocks=tuple(_with(block, results) for block in section.blocks))
        for section in sections
    )


def _with(block: Block, results: Results) -> Block:
    if not isinstance(block, Table | Figure):
        return block
    names: dict[str, set[str]] = {}
    for key in block.keys:
        row = results.get(key)
        if row is not None and row.analysis != CONVENTIONS:
            measure, _, method = row.stat.partition(".")
            names.setdefault(row.analysis, {"summary"}).add(
                method or ("headline" if measure == "p" else "summary")
            )
    made = [
        _sentence(method)
        for analysis, used in names.items()
        for method in results.methods_of(analysis)
        if method.name in used and not method.subject and not method.failure
    ]
    return replace(block, made=tuple(dict.fromkeys(made)))


def _sentence(method: Method) -> str:
    """The method, and of how many patients where it says so."""
    if method.n_used is None:
        return method.sentence
    why = f" ({method.why_excluded})" if method.why_excluded else ""
    return f"{labels.ended(method.sentence)} Used: {method.n_used}; left out: {method.n_excluded}{why}."
