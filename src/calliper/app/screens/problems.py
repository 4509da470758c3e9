"""Step 3: what is wrong in the records, by centre; each answered here, or asked of the centre in a workbook."""

from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from calliper.app import edit
from calliper.app.screens.common import drafted_of, form_of, go, house, page, study_of, tried
from calliper.app.uploads import refusal
from calliper.app.words import speaker
from calliper.errors import CalliperError, DataError
from calliper.intake.answers import append_answers, take_answers
from calliper.intake.queries import Question, query_workbooks
from calliper.protocol.answers import COLUMNS, Answer, answer_of

router = APIRouter(prefix="/s/{study}/problems")
SHOWN = 100
"""Questions on a page."""
MOST_WORDS = 1000
"""Letters of an answer's parts."""


@router.get("")
def shown(request: Request, centre: str = "", start: int = 0) -> Response:
    """The open questions of a centre."""
    session, place = drafted_of(request)
    wrong = request.query_params.get("wrong", "")
    by_centre: dict[str, list[Question]] = {}
    rows, n_errors, left_out, is_deferred = "", 0, 0, False
    try:
        prepared = house(request).kept.of(place)
        for question in prepared.questions:
            by_centre.setdefault(question.problem.centre or "", []).append(question)
        say = speaker(session.language)
        n_errors = sum(problem.severity == "error" for problem in prepared.records.problems)
        left_out = sum(record.table == "patients" for record in prepared.records.excluded)
        is_deferred = prepared.loaded.protocol.reading.on_error == "exclude_record"
        rows = ", ".join(
            f"{say(table.replace('_', ' '))} {n}" for table, n in prepared.records.n_read.items()
        )
    except CalliperError as error:
        wrong = wrong or str(error)
    names = list(by_centre)
    chosen = centre if centre in names else next(iter(names), "")
    held = sorted(by_centre.get(chosen, []), key=lambda question: question.problem.severity)
    start = max(0, min(start, len(held) - 1)) if held else 0
    counts = {
        name: (sum(each.problem.severity == "error" for each in asked_), len(asked_))
        for name, asked_ in by_centre.items()
    }
    return page(
        request, "problems.html", session, study=place, step="problems", centres=counts, chosen=chosen, rows=rows,
        questions=held[start : start + SHOWN], start=start, n=len(held), most=SHOWN, wrong=wrong,
        n_errors=n_errors, left_out=left_out, is_deferred=is_deferred,
    )  # fmt: skip


@router.post("/answer")
async def answer(request: Request) -> Response:
    """An answer to one question."""
    session, place = study_of(request)
    form = (await form_of(request, session)).texts
    back = f"/s/{place.id}/problems?centre={form.get('centre', '')}"

    def work() -> str:
        when = datetime.now(UTC).date().isoformat()
        made = answer_of({name: form.get(name, "")[:MOST_WORDS] for name in COLUMNS} | {"when": when})
        if not isinstance(made, Answer):
            raise DataError(["expected an answer, who gave it, and a value where the cell is corrected"])
        with place.changing():
            append_answers(place.loaded(), [made])
        return ""

    return await run_in_threadpool(tried, work, back)


@router.post("/defer")
async def defer(request: Request) -> Response:
    """Errors put off: the run goes on without their records, which the report lists; or no longer so."""
    session, place = study_of(request)
    form = (await form_of(request, session)).texts

    def work() -> str:
        with place.changing():
            edit.change(
                place.study,
                lambda document: edit.set_on_error(document, is_deferred=bool(form.get("defer"))),
            )
        return ""

    return await run_in_threadpool(tried, work, f"/s/{place.id}/problems")


@router.get("/workbooks")
def workbooks(request: Request) -> Response:
    """The workbooks of questions, one a centre, in a zip."""
    session, place = study_of(request)
    try:
        prepared = house(request).kept.of(place)
        made = query_workbooks(prepared.questions, session.language)
    except CalliperError as error:
        return go(f"/s/{place.id}/problems", wrong=str(error)[:1500])
    if not made.files:
        return go(f"/s/{place.id}/problems", said="Nothing to ask.")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in made.files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    headers = {"content-disposition": f'attachment; filename="{place.id}-queries.zip"'}
    return Response(buffer.getvalue(), media_type="application/zip", headers=headers)


@router.post("/workbooks")
async def answered(request: Request) -> Response:
    """A workbook that a centre answered."""
    session, place = study_of(request)
    form = await form_of(request, session)
    back = f"/s/{place.id}/problems"
    held = form.uploaded("workbook")
    if not held:
        return go(back, wrong="found no file; choose the workbook that came back")
    name, content = held[0]
    if why := refusal(name, content, (".xlsx",)):
        return go(back, wrong=f"{name[:80]}: {why}")

    def work() -> str:
        with tempfile.TemporaryDirectory(dir=place.folder) as folder, place.changing():
            path = Path(folder) / "answers.xlsx"
            path.write_bytes(content)
            taken = take_answers(path, place.loaded())
        return f"{taken.n} answers taken, {taken.open} questions not answered."

    return await run_in_threadpool(tried, work, back)
