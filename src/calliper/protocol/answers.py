"""The centres' answers to queries: a layer of corrections over files that nobody edits.

One row an answer, in a CSV file that the study file names under `answers`. A later answer on a cell stands in the place
of an earlier one; both stay in the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
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
    made = answer_of(dict(zip(COLUMNS, row)))
    return (
        made if isinstance(made, Answer) else "; ".join(f"{column}: {text}" for column, text in made.items())
    )


def answer_of(named: Mapping[str, str]) -> Answer | dict[str, str]:
    """An answer from the texts of COLUMNS; or by column what is wrong with it."""
    held = {name: named[name].strip() for name in COLUMNS}
    wrong: dict[str, str] = {}
    verdict = next((each for each in VERDICTS if each == held["verdict"]), None)
    if verdict is None:
        wrong["verdict"] = f"found '{held['verdict']}'; expected {one_of(VERDICTS)}"
    elif (verdict == "corrected") != bool(held["value"]):
        wrong["value"] = f"found '{held['value']}' with {verdict}; expected a value where it is corrected"
    if not held["row"].isdecimal():
        wrong["row"] = f"found '{held['row']}'; expected the row's number"
    if not held["who"]:
        wrong["who"] = "found nothing; expected who answered"
    try:
        date.fromisoformat(held["when"])
    except ValueError:
        wrong["when"] = f"found '{held['when']}'; expected a date as 2026-11-26"
    if wrong or verdict is None:
        return wrong
    return Answer(**{**held, "row": int(held["row"]), "verdict": verdict})  # type: ignore[arg-type]


def as_csv(answers: list[Answer]) -> str:
    """Answers as the rows of a file, without its header."""
    made = io.StringIO()
    rows = ([getattr(answer, name) for name in COLUMNS] for answer in answers)
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()
