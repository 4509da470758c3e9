"""What every screen needs: who asks, which study, the form with its token, a page in the session's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import FormData, UploadFile

from calliper.app.edit import EditError
from calliper.app.prepared import Kept
from calliper.app.runs import Runs
from calliper.app.sessions import COOKIE, Session, Sessions
from calliper.app.studies import Place, find
from calliper.app.words import LANGUAGES, speaker
from calliper.errors import CalliperError

STEPS = (
    ("files", "Files"), ("columns", "Columns"), ("problems", "Problems"), ("design", "Design"), ("run", "Run"),
    ("results", "Results"),
)  # fmt: skip
MOST_FIELDS = 4000


@dataclass
class House:
    """What the server holds for all its sessions."""

    sessions: Sessions
    runs: Runs
    kept: Kept


@cache
def templates() -> Environment:
    """The templates; every value in them is escaped."""
    return Environment(
        loader=PackageLoader("calliper.app"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def house(request: Request) -> House:
    """The server's own things."""
    held: House = request.app.state.house
    return held


def session_of(request: Request) -> Session:
    """The session of a request. Raises HTTPException 401 where there is none or it expired."""
    session = house(request).sessions.find(request.cookies.get(COOKIE))
    if session is None:
        raise HTTPException(401)
    return session


def study_of(request: Request, session: Session) -> Place:
    """The study that an address names, in the session's own workspace. Raises HTTPException 404."""
    found = find(session.workspace, request.path_params["study"])
    if found is None:
        raise HTTPException(404)
    return found


async def form_of(request: Request, session: Session) -> FormData:
    """A request's form. Raises HTTPException 403 without the session's token in it or in the header htmx sends."""
    form = await request.form(max_files=100, max_fields=MOST_FIELDS, max_part_size=2_000_000)
    token = request.headers.get("x-csrf") or form.get("csrf")
    if token != session.csrf:
        raise HTTPException(403)
    return form


def texts(form: FormData) -> dict[str, str]:
    """The fields of a form that are text, the last one of each name."""
    return {key: value for key, value in form.multi_items() if isinstance(value, str)}


def uploads(form: FormData, name: str) -> list[UploadFile]:
    """The files of a form under a name."""
    return [value for value in form.getlist(name) if isinstance(value, UploadFile) and value.filename]


def page(
    request: Request, template: str, session: Session | None = None, *, status: int = 200, **values: Any
) -> Response:
    """A page or a part of one."""
    language = session.language if session is not None else request.cookies.get("language", "en")
    held = {
        "t": speaker(language),
        "language": language if language in LANGUAGES else "en",
        "languages": LANGUAGES,
        "csrf": session.csrf if session is not None else "",
        "workspace": session.workspace.name if session is not None else "",
        "path": request.url.path,
        "study": None,
        "step": "",
        "steps": STEPS,
        "said": request.query_params.get("said", ""),
        "wrong": request.query_params.get("wrong", ""),
    }
    return HTMLResponse(templates().get_template(template).render({**held, **values}), status)


def go(address: str, *, said: str = "", wrong: str = "") -> Response:
    """On to another address, so that a page loaded again sends nothing twice; with a sentence for its head."""
    told = f"said={quote(said)}" if said else f"wrong={quote(wrong)}" if wrong else ""
    address, mark, anchor = address.partition("#")
    joined = ("&" if "?" in address else "?") + told if told else ""
    return RedirectResponse(f"{address}{joined}{mark}{anchor}", 303)


def tried(work: Callable[[], str], address: str) -> Response:
    """Do something that may go wrong with a sentence, and go on; what it gives is said on the next page."""
    try:
        said = work()
    except (EditError, CalliperError) as error:
        return go(address, wrong=str(error)[:1500])
    return go(address, said=said)


def fields(values: Mapping[str, Any]) -> dict[str, str]:
    """Values for a form's fields, nothing as an empty text."""
    return {key: "" if value is None else str(value) for key, value in values.items()}
