"""A centre's workbook of questions read back: its answers into the study's file of answers, nothing else is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from calliper.errors import DataError, OutputError
from calliper.ingest.cells import Fault
from calliper.ingest.excel import Workbook, choose, open_workbook, read_sheet
from calliper.ingest.workbook import address
from calliper.intake.queries import COLUMNS, SHEET
from calliper.protocol.answers import COLUMNS as WRITTEN
from calliper.protocol.answers import VERDICTS, Answer, Verdict, answer_of, as_csv, read_answers
from calliper.protocol.load import Loaded

_OF = {
    "file": "File",
    "sheet": "Sheet",
    "row": "Row",
    "column": "Column",
    "found": "Value",
    "verdict": "Answer",
    "value": "Corrected value",
    "who": "Who",
    "when": "When",
    "why": "Why",
}
"""The columns of a file of answers, and where a workbook has them."""

_WORDS: Mapping[str, Verdict] = {
    **{verdict: verdict for verdict in VERDICTS},
    "更正": "corrected",
    "正确": "right",
    "无法得知": "not known",
    "未知": "not known",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """How many answers were taken, how many questions are still open, and where the answers are."""

    n: int
    open: int
    path: Path


def take_answers(workbook: Path, loaded: Loaded) -> Taken:
    """Read a workbook's answers into the file that the study names under `answers`.

    Raises DataError listing every answer that cannot be used (none is taken then), OutputError where the study names no
    such file or it cannot be written.
    """
    _path_of(loaded)
    rows = _rows(workbook)
    answers: list[Answer] = []
    mistakes: list[str] = []
    n_open = 0
    for number, row in rows:
        if not row["Answer"] and not row["Corrected value"]:
            n_open += 1
            continue
        made = _answer(row)
        if isinstance(made, Answer):
            answers.append(made)
        else:
            mistakes += [
                f"{workbook.name}, sheet '{SHEET}', cell {address(number, COLUMNS.index(column))}: {text}"
                for column, text in made
            ]
    if mistakes:
        raise DataError(mistakes)
    return Taken(len(answers), n_open, append_answers(loaded, answers))


def _rows(workbook: Path) -> list[tuple[int, dict[str, str]]]:
    """The questions with their answers, each with its row in the workbook."""
    try:
        opened = open_workbook(workbook.read_bytes())
    except OSError as error:
        raise OutputError(f"cannot read {workbook}: {error.strerror}") from error
    sheet = opened if isinstance(opened, Fault) else choose(opened, SHEET)
    if isinstance(opened, Fault) or isinstance(sheet, Fault):
        fault = opened if isinstance(opened, Fault) else sheet
        assert isinstance(fault, Fault)  # noqa: S101
        raise DataError([f"{workbook.name}: {fault.message}; give a workbook that calliper queries wrote"])
    assert isinstance(opened, Workbook)  # noqa: S101
    cells = read_sheet(opened, sheet, COLUMNS, decimal="point", header_row=1)
    whole = [fault for fault in cells.faults if fault.row is None]
    if whole:
        raise DataError(
            [
                f"{workbook.name}: {fault.message}; give a workbook that calliper queries wrote"
                for fault in whole
            ]
        )
    return [
        (int(row["_row"]), {name: (row[name] or "").strip() for name in COLUMNS})
        for row in cells.frame.iter_rows(named=True)
    ]


def _answer(row: Mapping[str, str]) -> Answer | list[tuple[str, str]]:
    """A row as an answer, or what is wrong with it: by column of the workbook."""
    verdict = _WORDS.get(row["Answer"].casefold(), row["Answer"])
    made = answer_of({**{name: row[column] for name, column in _OF.items()}, "verdict": verdict})
    if not row["Cell"]:
        return [("Cell", "this question is of no single cell; correct the file, or the study file")]
    return made if isinstance(made, Answer) else [(_OF[name], text) for name, text in made.items()]


def _path_of(loaded: Loaded) -> Path:
    if loaded.protocol.answers is None:
        raise OutputError(f"{loaded.path} names no file of answers; add the line: answers: answers.csv")
    return loaded.folder / loaded.protocol.answers


def append_answers(loaded: Loaded, answers: Sequence[Answer]) -> Path:
    """Add answers to the study's file of them, swapped in whole; one that is there already is not added again.

    Gives the file's path. Raises OutputError as `take_answers`.
    """
    path = _path_of(loaded)
    try:
        before = path.read_text(encoding="utf-8-sig") if path.exists() else ",".join(WRITTEN) + "\n"
        held, _ = read_answers(before)
        new = [answer for answer in answers if answer not in held]
        if not new and path.exists():
            return path
        beside = path.with_name(path.name + ".new")
        beside.write_text(
            before + ("" if before.endswith("\n") else "\n") + as_csv(new), encoding="utf-8", newline=""
        )
        beside.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
    return path
