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

from calliper import ingest
from calliper.app.screens.common import form_of, go, house, page, session_of, study_of, tried
from calliper.app.studies import Place
from calliper.app.uploads import refusal
from calliper.errors import CalliperError, DataError
from calliper.intake.answers import append_answers, take_answers
from calliper.intake.queries import Question, query_workbooks, questions
from calliper.protocol.answers import VERDICTS, Answer

router = APIRouter(prefix="/s/{study}/problems")
SHOWN = 100
"""Questions on a page."""


@router.get("")
def shown(request: Request, centre: str = "", start: int = 0) -> Response:
    """The open questions of a centre."""
    session = session_of(request)
    place = study_of(request, session)
    if not place.is_drafted:
        return go(f"/s/{place.id}/files", wrong="upload the centres' files first")
    wrong = request.query_params.get("wrong", "")
    by_centre: dict[str, list[Question]] = {}
    rows = ""
    try:
        prepared = house(request).kept.of(place)
        asked = _questions(place, request)
        for question in asked:
            by_centre.setdefault(question.problem.centre or "", []).append(question)
        rows = ", ".join(f"{table} {n}" for table, n in prepared.records.n_read.items())
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
        questions=held[start : start + SHOWN], start=start, n=len(held), most=SHOWN, verdicts=VERDICTS, wrong=wrong,
        today=datetime.now(UTC).date().isoformat(),
    )  # fmt: skip


def _questions(place: Place, request: Request) -> list[Question]:
    prepared = house(request).kept.of(place)
    loaded = prepared.loaded
    return questions(
        prepared.records, ingest.read(loaded.protocol, loaded.folder, loaded.layers), loaded.layers
    )


@router.post("/answer")
async def answer(request: Request) -> Response:
    """An answer to one question."""
    session = session_of(request)
    place = study_of(request, session)
    form = (await form_of(request, session)).texts
    back = f"/s/{place.id}/problems?centre={form.get('centre', '')}"

    def work() -> str:
        verdict = next((each for each in VERDICTS if each == form.get("verdict")), None)
        who, value = form.get("who", "").strip(), form.get("value", "").strip()
        if verdict is None or not who or (verdict == "corrected") != bool(value):
            raise DataError(["expected an answer, who gave it, and a value where the cell is corrected"])
        when = datetime.now(UTC).date().isoformat()
        made = Answer(
            form.get("file", ""), form.get("sheet", ""), int(form.get("row", "0") or 0), form.get("column", ""),
            form.get("found", ""), verdict, value, who[:100], when, form.get("why", "").strip()[:300],
        )  # fmt: skip
        with place.changing():
            append_answers(place.loaded(), [made])
        return ""

    return await run_in_threadpool(tried, work, back)


@router.get("/workbooks")
def workbooks(request: Request) -> Response:
    """The workbooks of questions, one a centre, in a zip."""
    session = session_of(request)
    place = study_of(request, session)
    try:
        prepared = house(request).kept.of(place)
        made = query_workbooks(prepared.loaded, prepared.records)
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
    session = session_of(request)
    place = study_of(request, session)
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
