"""A workbook of questions for each centre: which cell, what it holds, what is asked, and room for the answer.

Every cell is written as text, so that nothing in it is taken for a formula. `calliper answers` reads the workbook back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from calliper import ingest
from calliper.ingest.workbook import address
from calliper.messages.told import teller
from calliper.protocol.answers import VERDICTS
from calliper.protocol.layers import Layers
from calliper.protocol.load import Loaded
from calliper.records.tables import Problem, RawRecords, Records

if TYPE_CHECKING:
    from xlsxwriter import Workbook

SHEET = "Queries"
COLUMNS = (
    "No.", "File", "Sheet", "Cell", "Patient", "Column", "Value", "Rule", "Question", "What to do",
    "Answer", "Corrected value", "Who", "When", "Why", "Row",
)  # fmt: skip
"""The header of the sheet; from `Answer` to `Why` the centre fills in, `Row` is hidden."""

_WIDTHS = (6, 20, 14, 8, 14, 20, 18, 14, 48, 36, 14, 18, 14, 14, 24, 6)
_ASKED = COLUMNS.index("Answer")
_TOLD = COLUMNS.index("Why")
_CREATED = datetime(2020, 1, 1)
READ_ME = (
    "Questions about the records of this centre",
    "One row a question. Do not change your own files: answer here, and send this workbook back.",
    "Answer: 'corrected' with the value in the next column, 'right' where the cell is right as it stands, "
    "'not known' where nobody can tell.",
    "Who: your name. When: the date of your answer, as 2026-11-26. Why: in a few words.",
    "",
    "关于本中心记录的问题",
    "每行一个问题。请不要修改原始文件：请在此回答并寄回本工作簿。",
    "Answer（回答）：corrected（更正，并在下一列填写正确值）、right（原值正确）、not known（无法得知）。",
    "Who：回答人；When：回答日期，如 2026-11-26；Why：简要说明。",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The workbooks by name, and how many questions each has."""

    files: Mapping[str, bytes]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Question:
    """A problem as it is asked: with the cell's address and the whole text that the file has."""

    problem: Problem
    cell: str
    found: str


def questions_of(loaded: Loaded, records: Records) -> list[Question]:
    """The open questions of a study; its files are read once more for what their cells hold."""
    raw = ingest.read(loaded.protocol, loaded.folder, loaded.layers)
    return questions(records, raw, loaded.layers)


def query_workbooks(asked: Sequence[Question], language: str = "en") -> Asked:
    """A workbook for each centre that has anything to answer; what a centre said is right is not asked again.

    Questions in another language have the English one under them, for the two who speak about it.
    """
    by_centre: dict[str, list[Question]] = {}
    for question in asked:
        problem = question.problem
        centre = problem.centre or PurePosixPath(problem.file).stem or "study"
        by_centre.setdefault(centre, []).append(question)
    tell = teller(language)
    files = {f"queries_{_file_name(centre)}.xlsx": _workbook(own, tell) for centre, own in by_centre.items()}
    return Asked(files, {name: len(own) for name, own in zip(files, by_centre.values())})


def questions(records: Records, raw: RawRecords, layers: Layers) -> list[Question]:
    """The problems that are still open, each with its cell; one of a pseudonym has none, as it cannot be answered."""
    found = records.found
    held = {
        (file, sheet, row, column): text
        for file, sheet, row, column, text, _, _ in found.conversions.iter_rows()
    }
    study_header = {(file, sheet, own): name for (file, sheet, name), own in found.headers.items()}
    made = []
    for problem in records.problems:
        place = (problem.file, problem.sheet, problem.row or 0, problem.column)
        if place in found.confirmed:
            continue
        name = study_header.get((problem.file, problem.sheet, problem.column), problem.column)
        at = found.columns.get((problem.file, problem.sheet, problem.column))
        mapped = layers.sheet(problem.file, problem.sheet)
        spec = mapped[1].column(name) if mapped is not None else None
        has_cell = problem.row is not None and at is not None and not (spec is not None and spec.pseudonym)
        cell = address(problem.row or 1, at or 0) if has_cell else ""
        text = held.get(place)
        if text is None:
            text = _raw_text(raw, problem, name) if has_cell else problem.value
        made.append(Question(problem, cell, text))
    return made


def _raw_text(raw: RawRecords, problem: Problem, name: str) -> str:
    """The cell as the file has it: no conversion touched it."""
    table = raw.tables.get(problem.table)
    if table is None or name not in table.frame.columns:
        return problem.value
    frame = table.frame
    rows = frame.filter(
        (frame["_file"] == problem.file) & (frame["_sheet"] == problem.sheet) & (frame["_row"] == problem.row)
    )
    return (rows[name][0] or "") if rows.height else problem.value


def _file_name(centre: str) -> str:
    return re.sub(r"[^\w-]+", "_", centre)[:60] or "centre"


def _workbook(asked: Sequence[Question], tell: Callable[[str], str]) -> bytes:
    # imported here: it takes a moment, and other commands write no workbook
    from xlsxwriter import Workbook

    buffer = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(buffer, options) as workbook:
        workbook.set_properties({"title": "Queries", "created": _CREATED})
        _questions(workbook, asked, tell)
        notes = workbook.add_worksheet("Read me")
        notes.set_column(0, 0, 110, workbook.add_format({"text_wrap": True}))
        for row, line in enumerate(READ_ME):
            notes.write_string(row, 0, line)
    return buffer.getvalue()


def _questions(workbook: Workbook, asked: Sequence[Question], tell: Callable[[str], str]) -> None:
    sheet = workbook.add_worksheet(SHEET)
    head = workbook.add_format(
        {"bold": True, "bg_color": "#E8EEF2", "bottom": 1, "text_wrap": True, "valign": "top"}
    )
    plain = workbook.add_format({"text_wrap": True, "valign": "top"})
    answer = workbook.add_format(
        {
            "text_wrap": True,
            "valign": "top",
            "bg_color": "#FFF8E1",
            "border": 1,
            "border_color": "#E0C98F",
            "num_format": "@",
        }
    )
    for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS)):
        sheet.set_column(column, column, width, None, {"hidden": name == "Row"})
        sheet.write_string(0, column, name, head)
    sheet.freeze_panes(1, 4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for row, question in enumerate(asked, start=1):
        problem = question.problem
        cells = (
            str(row), problem.file, problem.sheet, question.cell, problem.patient, problem.column, question.found,
            problem.rule, _both(problem.message, tell), _both(problem.action, tell),
        )  # fmt: skip
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, plain)
        for column in range(_ASKED, _TOLD + 1):
            sheet.write_blank(row, column, None, answer if question.cell else plain)
        sheet.write_string(row, len(COLUMNS) - 1, "" if problem.row is None else str(problem.row))
    if asked:
        choices = {
            "validate": "list",
            "source": list(VERDICTS),
            "error_title": "Answer",
            "error_message": "Choose one of the list.",
        }
        sheet.data_validation(1, _ASKED, len(asked), _ASKED, choices)
        sheet.autofilter(0, 0, len(asked), len(COLUMNS) - 1)


def _both(text: str, tell: Callable[[str], str]) -> str:
    """A sentence in the language, and under it the English one where they are not the same."""
    told = tell(text)
    return text if told == text else f"{told}\n{text}"
