"""Step 6: the report to read, its curves to look at closely, and everything to take along."""

from __future__ import annotations

import mimetypes
import re
from html import unescape
from pathlib import PurePosixPath

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response

from calliper.app.curves import OVERALL, Curve, drawn, read_curves, within
from calliper.app.screens.common import go, page, study_of
from calliper.app.studies import Place
from calliper.app.words import speaker
from calliper.errors import CalliperError

router = APIRouter(prefix="/s/{study}/results")

GROUPS = (
    ("Report", (".html", ".docx", ".pdf", ".rtf", ".xlsx")),
    ("Results as data", (".csv", ".json")),
    ("Figures", (".svg", ".png", ".tiff")),
)


@router.get("")
def shown(request: Request) -> Response:
    """The report, and what can be downloaded."""
    session, place = study_of(request)
    if not place.is_reported:
        return go(f"/s/{place.id}/run", wrong="there is no report yet; run the study")
    return page(
        request, "results.html", session, study=place, step="results", downloads=_downloads(place),
        curves=[(curve.id, curve.title) for curve in _curves(place)], is_current=place.is_current,
    )  # fmt: skip


def _downloads(place: Place) -> list[tuple[str, list[tuple[str, int]]]]:
    """The files of the report by group."""
    held = sorted(path for path in place.report.rglob("*") if path.is_file())
    made = []
    for group, extensions in GROUPS:
        of = [
            path
            for path in held
            if path.suffix in extensions and (path.parent.name == "figures") == (group == "Figures")
        ]
        files = [(path.relative_to(place.report).as_posix(), path.stat().st_size) for path in of]
        if files:
            made.append((group, files))
    return made


def _curves(place: Place) -> list[Curve]:
    """The report's curves; none where the study file has been changed beyond reading."""
    try:
        return read_curves(place.report, place.loaded())
    except (CalliperError, OSError, ValueError, KeyError):
        return []


@router.get("/curves/{analysis}")
def curves(request: Request, analysis: str, interval: str = "", subgroup: str = "") -> Response:
    """Kaplan-Meier curves of one analysis, drawn here: arms to choose, values under the pointer, numbers at risk.

    A `subgroup`, as `sex=Male`, has the analysis made anew among these patients.
    """
    session, place = study_of(request)
    held = _curves(place)
    curve = next((each for each in held if each.id == analysis), None)
    if curve is None:
        raise HTTPException(404)
    loaded = place.loaded()
    variables = {**loaded.protocol.variables, **loaded.protocol.derived}
    levels = [
        (name, spec.label, level) for name, spec in variables.items() for level in getattr(spec, "levels", ())
    ]
    name, _, level = subgroup.partition("=")
    wrong = ""
    if (name, level) in {(each[0], each[2]) for each in levels}:
        try:
            curve = within(loaded, analysis, name, level) or curve
        except CalliperError as error:
            wrong = str(error).splitlines()[0]
    known = [group.name for group in curve.groups]
    chosen = [name for name in request.query_params.getlist("arms") if name in known] or [
        name for name in known if name != OVERALL
    ]
    return page(
        request, "curves.html", session, study=place, step="results", curve=curve, chosen=chosen,
        figure=drawn(curve, chosen, with_limits=bool(interval), at_risk=speaker(session.language)("At risk")),
        interval=bool(interval),
        others=[(each.id, each.title) for each in held], levels=levels, subgroup=subgroup, wrong=wrong,
    )  # fmt: skip


def _policy(report: str) -> str:
    """The rules that a report's own page gives itself, and that it stands in this page alone."""
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', report)
    held = unescape(found[1]) if found else "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return f"{held}; frame-ancestors 'self'"


@router.get("/file/{name:path}")
def file(request: Request, name: str, download: str = "") -> Response:
    """A file of the report. The report's own page keeps its own rules for what runs in it."""
    _, place = study_of(request)
    relative = PurePosixPath(name)
    path = (place.report / relative).resolve()
    if ".." in relative.parts or not path.is_relative_to(place.report.resolve()) or not path.is_file():
        raise HTTPException(404)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_shown = path.name == "report.html" and not download
    headers = {} if is_shown else {"content-disposition": f'attachment; filename="{place.id}-{path.name}"'}
    if is_shown:
        headers["content-security-policy"] = _policy(path.read_text(encoding="utf-8"))
        kind = "text/html; charset=utf-8"
    return FileResponse(path, media_type=kind, headers=headers)


@router.get("/study.zip")
async def archive(request: Request) -> Response:
    """The study's folder: what somebody else needs to run it again on the command line."""
    _, place = study_of(request)
    content = await run_in_threadpool(place.archive)
    return Response(
        content,
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{place.id}.zip"'},
    )
