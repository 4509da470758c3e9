"""The way in, the list of studies, languages, an invitation for somebody else at this machine."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from calliper.app.screens.common import form_of, go, house, page, session_of, study_of
from calliper.app.sessions import COOKIE
from calliper.app.studies import MOST_STUDIES, create, studies_of
from calliper.app.words import LANGUAGES

router = APIRouter()


@router.get("/enter")
def enter(request: Request, token: str = "") -> Response:
    """A one-time link: it is used up and gives a cookie."""
    cookie = house(request).sessions.enter(token)
    if cookie is None:
        return page(request, "closed.html", code=403)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", path="/")
    return answer


@router.get("/")
def studies(request: Request) -> Response:
    """The studies of the workspace."""
    session = session_of(request)
    return page(request, "studies.html", session, studies=studies_of(session.workspace), most=MOST_STUDIES)


@router.post("/studies")
async def add(request: Request) -> Response:
    """A new study."""
    session = session_of(request)
    form = (await form_of(request, session)).texts
    title = form.get("title", "").strip()
    if not title:
        return go("/", wrong="found no title; give the study one")
    try:
        place = create(session.workspace, title)
    except ValueError as error:
        return go("/", wrong=str(error))
    return go(f"/s/{place.id}/files")


@router.get("/s/{study}")
def study(request: Request) -> Response:
    """To the step that a study has come to."""
    _, place = study_of(request)
    step = "results" if place.is_reported else "columns" if place.is_drafted else "files"
    return go(f"/s/{place.id}/{step}")


@router.post("/language/{language}")
async def language(request: Request, language: str) -> Response:
    """The page in another language."""
    session = session_of(request)
    form = (await form_of(request, session)).texts
    if language not in LANGUAGES:
        raise HTTPException(404)
    session.language = language
    back = form.get("back", "/")
    answer = go(back if back.startswith("/") and not back.startswith("//") else "/")
    answer.set_cookie("language", language, samesite="strict", path="/", max_age=31_536_000)
    return answer


@router.post("/invite")
async def invite(request: Request) -> Response:
    """A one-time link to a workspace of its own, for somebody else at this machine."""
    session = session_of(request)
    await form_of(request, session)
    workspace = f"guest-{secrets.token_hex(4)}"
    link = f"{request.url.scheme}://{request.headers['host']}/enter?token={house(request).sessions.invite(workspace)}"
    return page(request, "invited.html", session, link=link)


@router.post("/leave")
async def leave(request: Request) -> Response:
    """The end of a session; its studies stay."""
    session = session_of(request)
    await form_of(request, session)
    house(request).sessions.leave(request.cookies.get(COOKIE))
    answer = page(request, "closed.html")
    answer.delete_cookie(COOKIE)
    return answer
