"""The centres' answers to queries: a layer of corrections over files that nobody edits.

One row an answer, in a CSV file that the study file names under `answers`. A later answer on a cell stands in the place
of an earlier one; both stay in the file.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from calliper.protocol.mistakes import Mistake, one_of

Verdict = Literal["corrected", "right", "not known"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
COLUMNS = ("file", "sheet", "row", "column", "found", "verdict", "value", "who", "when", "why")
"""The header of a file of answers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a centre says of one cell: it was `found` so, and is corrected to `value`, right, or not known."""

    file: str
    sheet: str
    row: int
    column: str
    found: str
    verdict: Verdict
    value: str
    who: str
    when: str
    why: str

    @property
    def place(self) -> tuple[str, str, int, str]:
        """File, sheet, row and header of the cell."""
        return self.file, self.sheet, self.row, self.column

    @property
    def told(self) -> str:
        """`corrected by Li Wei on 2026-11-26: typing error`."""
        said = (
            "confirmed"
            if self.verdict == "right"
            else "said to be not known"
            if self.verdict == "not known"
            else self.verdict
        )
        return f"{said} by {self.who} on {self.when}" + (f": {self.why}" if self.why else "")


def read_answers(text: str) -> tuple[tuple[Answer, ...], list[Mistake]]:
    """The answers of a file, the last one on each cell, and its mistakes with their lines."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or tuple(rows[0]) != COLUMNS:
        return (), [Mistake(1, f"found another header; expected {','.join(COLUMNS)}")]
    held: dict[tuple[str, str, int, str], Answer] = {}
    mistakes = []
    for line, row in enumerate(rows[1:], start=2):
        made = _answer(row)
        if isinstance(made, str):
            mistakes.append(Mistake(line, made))
        else:
            held[made.place] = made
    return tuple(held.values()), mistakes


def _answer(row: list[str]) -> Answer | str:
    """A row as an answer, or what is wrong with it."""
    if len(row) != len(COLUMNS):
        return f"found {len(row)} cells; expected {len(COLUMNS)}"
    named = dict(zip(COLUMNS, row))
    verdict = next((each for each in VERDICTS if each == named["verdict"]), None)
    if verdict is None:
        return f"found the verdict '{named['verdict']}'; expected {one_of(VERDICTS)}"
    if not named["row"].isdecimal():
        return f"found the row '{named['row']}'; expected the row's number"
    if (verdict == "corrected") != bool(named["value"].strip()):
        return f"found the value '{named['value']}' with the verdict {verdict}; expected a value where it is corrected"
    if not named["who"].strip():
        return "found nobody under who; expected who answered"
    try:
        date.fromisoformat(named["when"])
    except ValueError:
        return f"found '{named['when']}' under when; expected a date as YYYY-MM-DD"
    return Answer(
        named["file"], named["sheet"], int(named["row"]), named["column"], named["found"].strip(), verdict,
        named["value"], named["who"], named["when"], named["why"],
    )  # fmt: skip


def as_csv(answers: list[Answer]) -> str:
    """Answers as the rows of a file, without its header."""
    made = io.StringIO()
    rows = ([getattr(answer, name) for name in COLUMNS] for answer in answers)
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()
