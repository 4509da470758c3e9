"""Captions that Word numbers itself, and the notes under a table or figure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from calliper.blocks import Document, Figure, Footnote, Table
from calliper.report.running_text import unbroken
from calliper.report.word.elements import Element, field, marks, paragraph, run

_NUMBERED = re.compile(r"(.*[^\d\s])(\s*)(\d+)", re.DOTALL)


def out_of_turn(document: Document) -> frozenset[str]:
    """The ids of tables and figures whose number is not the next of its word, which a field alone would count."""
    counts: dict[str, int] = {}
    found = set()
    for section in document.sections:
        for block in section.blocks:
            shown = _NUMBERED.fullmatch(block.number) if isinstance(block, Table | Figure) else None
            if isinstance(block, Table | Figure) and shown is not None:
                name, count = _name(shown[1]), int(shown[3])
                if count != counts.get(name, 0) + 1:
                    found.add(block.id)
                counts[name] = count
    return frozenset(found)


def caption(block: Table | Figure, *, is_out_of_turn: bool, keep_next: bool) -> Element:
    """`Table 1. Text`: the number is a SEQ field of the word before it, so that Word can renumber and list tables.

    A number out of turn is told to the field, which goes on from there.
    """
    shown = _NUMBERED.fullmatch(block.number)
    if shown is None:
        head = [run(f"{block.number}. ", style="CalliperNumber")] if block.number else []
    else:
        word, gap, count = shown.groups()
        told = f" \\r {int(count)}" if is_out_of_turn else ""
        head = [
            run(word + gap, style="CalliperNumber"),
            *field(f"SEQ {_name(word)} \\* ARABIC{told}", count, style="CalliperNumber"),
            run(". ", style="CalliperNumber"),
        ]
    return paragraph("Caption", *head, run(unbroken(block.caption)), keep_next=keep_next)


def _name(word: str) -> str:
    """A name of a sequence: letters alone, so that no text becomes part of a field's code."""
    return "".join(letter for letter in word if letter.isalpha())[:40] or "Table"


def footnotes(notes: Sequence[Footnote]) -> list[Element]:
    """A paragraph a note, its mark raised before it; all on one page."""
    return [
        paragraph(
            "CalliperTableNote",
            *(marks((note.mark,)) if note.mark else []),
            run(f"{' ' if note.mark else ''}{unbroken(note.text)}"),
            keep_next=place < len(notes) - 1,
        )
        for place, note in enumerate(notes)
    ]


def end() -> Element:
    """The little room after a table, its figure or their notes. Word needs a paragraph there."""
    return paragraph("CalliperTableEnd")
