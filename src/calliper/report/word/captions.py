"""Captions that Word numbers itself, and the notes under a table or figure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from calliper.blocks import Footnote
from calliper.report.word.elements import Element, field, marks, paragraph, run, unbroken

_NUMBERED = re.compile(r"(.*[^\d\s])(\s*)(\d+)", re.DOTALL)


def caption(number: str, text: str, *, keep_next: bool = False) -> Element:
    """`Table 1. Text`: the number is a SEQ field of the word before it, so that Word can renumber and list tables."""
    shown = _NUMBERED.fullmatch(number)
    if shown is None:
        head = [run(f"{number}. ", style="CalliperNumber")] if number else []
    else:
        word, gap, count = shown.groups()
        head = [
            run(word + gap, style="CalliperNumber"),
            *field(f"SEQ {_name(word)} \\* ARABIC", count, style="CalliperNumber"),
            run(". ", style="CalliperNumber"),
        ]
    return paragraph("Caption", *head, run(unbroken(text)), keep_next=keep_next)


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
