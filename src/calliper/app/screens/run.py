"""Step 5: the run, with its steps as they come, and a way to stop it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from calliper.app.screens.common import drafted_of, form_of, go, house, page, study_of
from calliper.report import FORMATS
from calliper.report.figure_files import KINDS as FIGURES

router = APIRouter(prefix="/s/{study}/run")


@router.get("")
def shown(request: Request) -> Response:
    """What may be run, what hinders it, and how far a run is."""
    session, place = drafted_of(request)
    return page(
        request, "run.html", session, study=place, step="run", mistakes=place.mistakes(is_draft=False),
        run=house(request).runs.of(place.folder), formats=tuple(FORMATS), figures=FIGURES,
    )  # fmt: skip


@router.post("")
async def start(request: Request) -> Response:
    """Begin."""
    session, place = study_of(request)
    form = await form_of(request, session)
    formats = [name for name in FORMATS if name in form.listed("formats")]
    figures = [name for name in FIGURES if name in form.listed("figures")]
    if "html" not in formats:
        formats = ["html", *formats]
    if place.mistakes(is_draft=False):
        return go(f"/s/{place.id}/run")
    house(request).runs.start(
        place.folder,
        place.study,
        place.report,
        formats=",".join(formats),
        figures=",".join(figures or ["svg"]),
    )
    return go(f"/s/{place.id}/run")


@router.get("/progress")
def progress(request: Request) -> Response:
    """How far it is; htmx asks every second. When it is over the answer leads on, or shows the screen anew."""
    session, place = study_of(request)
    run = house(request).runs.of(place.folder)
    answer = page(request, "progress.html", session, study=place, run=run)
    if run is not None and run.is_over and request.headers.get("hx-request"):
        way = ("HX-Redirect", f"/s/{place.id}/results") if run.status == "done" else ("HX-Refresh", "true")
        answer.headers[way[0]] = way[1]
    return answer


@router.post("/cancel")
async def cancel(request: Request) -> Response:
    """Stop; an earlier report stays as it was."""
    session, place = study_of(request)
    await form_of(request, session)
    house(request).runs.cancel(place.folder)
    return go(f"/s/{place.id}/run")
