"""What every screen needs: who asks, which study, the form with its token, a page in the session's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import UploadFile

from calliper.app.edit import EditError
from calliper.app.prepared import Kept
from calliper.app.runs import Runs
from calliper.app.sessions import COOKIE, Session, Sessions
from calliper.app.studies import Place, find
from calliper.app.words import LANGUAGES, speaker, teller
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


def study_of(request: Request) -> tuple[Session, Place]:
    """The session, and the study that an address names in its workspace. Raises HTTPException 401 and 404."""
    session = session_of(request)
    found = find(session.workspace, request.path_params["study"])
    if found is None:
        raise HTTPException(404)
    return session, found


class NotDraftedError(Exception):
    """A step of a study that has no study file yet; the server leads back to its files."""

    def __init__(self, place: Place) -> None:
        self.place = place
        super().__init__(place.id)


def drafted_of(request: Request) -> tuple[Session, Place]:
    """As `study_of`, of a study that has a study file. Raises NotDraftedError where it has none."""
    session, place = study_of(request)
    if not place.is_drafted:
        raise NotDraftedError(place)
    return session, place


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it was sent: its texts, in order, and its files with their contents."""

    items: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str, bytes], ...]

    @property
    def texts(self) -> dict[str, str]:
        """The fields that are text, the last one of each name."""
        return dict(self.items)

    def listed(self, name: str) -> list[str]:
        """Every text under a name."""
        return [value for key, value in self.items if key == name]

    def uploaded(self, name: str) -> list[tuple[str, bytes]]:
        """The files under a name: what the browser calls each, and its content."""
        return [(file, content) for key, file, content in self.files if key == name]


async def form_of(request: Request, session: Session) -> Form:
    """A request's form. Raises HTTPException 403 without the session's token in it or in the header htmx sends."""
    async with request.form(max_files=100, max_fields=MOST_FIELDS, max_part_size=2_000_000) as form:
        token = request.headers.get("x-csrf") or form.get("csrf")
        if token != session.csrf:
            raise HTTPException(403)
        held = form.multi_items()
        files = [
            (key, value.filename, await value.read())
            for key, value in held
            if isinstance(value, UploadFile) and value.filename
        ]
        return Form(tuple((key, value) for key, value in held if isinstance(value, str)), tuple(files))


def page(
    request: Request, template: str, session: Session | None = None, *, code: int = 200, **values: Any
) -> Response:
    """A page or a part of one."""
    language = session.language if session is not None else request.cookies.get("language", "en")
    held = {
        "t": speaker(language),
        "tell": teller(language),
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
    return HTMLResponse(templates().get_template(template).render({**held, **values}), code)


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


@contextmanager
def plainly(place: Place) -> Iterator[None]:
    """Messages of what goes wrong inside without the folder of this machine."""
    try:
        yield
    except CalliperError as error:
        raise EditError(str(error).replace(f"{place.folder}/", "")) from error
