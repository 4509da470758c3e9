"""The application: its routes, its refusals, and the command that opens it on this machine alone."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from calliper.app.guard import Guard
from calliper.app.prepared import Kept
from calliper.app.runs import Runs
from calliper.app.screens import audit, columns, design, problems, results, run, start
from calliper.app.screens import files as files_screen
from calliper.app.screens.common import House, NotDraftedError, go, house, page
from calliper.app.sessions import COOKIE, Sessions

SENTENCES = {
    400: "What was sent is damaged, or longer than a form may be. Nothing was changed: go back, and send less at once.",
    401: (
        "This page needs the link that calliper app printed; a link opens one browser, once, and a session ends after "
        "eight hours."
    ),
    403: "This form is not of this session; go back, load the page again, and send it anew.",
    404: "There is no such page or study here.",
    405: "There is no such page or study here.",
    500: "Something went wrong that is Calliper's fault. Nothing was lost: go back, or start calliper app again.",
}


def create_app(home: Path, *, at_once: int = 2) -> FastAPI:
    """The application over a folder that holds the workspaces; so many runs at once."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = House(Sessions(home.resolve()), Runs(at_once), Kept(at_once))

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        held.runs.close()

    # whatever the environment says: what happens on this page is told to nobody
    silent: TelemetryConfig = {
        "tracing": False,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
    }
    app = FastAPI(
        title="Calliper", docs_url=None, redoc_url=None, openapi_url=None, lifespan=life, telemetry=silent
    )
    app.state.house = held
    for screen in (start, files_screen, columns, problems, design, run, results, audit):
        app.include_router(screen.router)
    app.mount("/static", StaticFiles(directory=str(files("calliper.app").joinpath("static"))), name="static")

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return _sorry(request, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, _: RequestValidationError) -> Response:
        return _sorry(request, 404)

    @app.exception_handler(NotDraftedError)
    async def undrafted(_: Request, error: NotDraftedError) -> Response:
        return go(f"/s/{error.place.id}/files", wrong="upload the centres' files first")

    @app.exception_handler(Exception)
    async def failed(request: Request, _: Exception) -> Response:
        return _sorry(request, 500)

    app.add_middleware(Guard, refuse=_refusal)
    return app


def _sorry(request: Request, status: int) -> Response:
    session = house(request).sessions.find(request.cookies.get(COOKIE))
    sentence = SENTENCES.get(status, SENTENCES[404] if status < 500 else SENTENCES[500])
    return page(request, "sorry.html", session, code=status, status=status, sentence=sentence)


def _refusal(status: int, sentence: str) -> bytes:
    """A page for what does not come as far as the screens."""
    said = html.escape(sentence)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{status} · Calliper</title>'
        '<link rel="stylesheet" href="/static/app.css"></head><body><main class="alone"><h1>Calliper</h1>'
        f'<p class="wrong" role="alert">{said}</p><p><a href="/">Back to the studies</a></p></main></body></html>'
    ).encode()


def serve(home: Path, port: int) -> None:
    """Serve until interrupted; prints the one-time link. Raises OSError where the port is taken."""
    import uvicorn

    app = create_app(home)
    link = f"http://127.0.0.1:{port}/enter?token={app.state.house.sessions.invite()}"
    said = "Calliper is open on this machine alone:"
    after = f"The link opens one browser, once. Studies lie in {home}. Stop with Ctrl+C."
    print(f"{said}\n\n  {link}\n\n{after}", flush=True)
    uvicorn.run(
        app, host="127.0.0.1", port=port, log_level="warning", server_header=False, proxy_headers=False
    )
