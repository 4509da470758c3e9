"""Step 1: the files of the centres, and the draft that is made of them."""

from __future__ import annotations

from pathlib import PurePosixPath

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from calliper.app.screens.common import form_of, go, page, plainly, study_of, tried
from calliper.app.studies import FILES, PROTOCOL, Place
from calliper.app.uploads import MOST_FILES, refusal, safe_name
from calliper.ingest.opened import KINDS
from calliper.intake.new import STUDY, draft_study, write_study

router = APIRouter(prefix="/s/{study}/files")


@router.get("")
def shown(request: Request) -> Response:
    """The files that are there."""
    session, place = study_of(request)
    held = [(path.name, path.stat().st_size) for path in place.files]
    has_protocol = (place.folder / PROTOCOL).is_file()
    return page(
        request,
        "files.html",
        session,
        study=place,
        step="files",
        files=held,
        kinds=KINDS,
        has_protocol=has_protocol,
    )


@router.post("")
async def upload(request: Request) -> Response:
    """Files from the user; each is taken or refused with a sentence, and a refused one hinders no other."""
    session, place = study_of(request)
    form = await form_of(request, session)
    refused: list[str] = []
    taken: list[str] = []
    for called, content in form.uploaded("files"):
        name, why = safe_name(called), refusal(called, content)
        if not why and len(place.files) >= MOST_FILES and not (place.folder / FILES / name).exists():
            why = f"there are {MOST_FILES} files already"
        if why:
            refused.append(f"{called[:80]}: {why}")
            continue
        await run_in_threadpool(_keep, place, name, content)
        taken.append(name)
    for called, content in form.uploaded("protocol")[:2]:
        name, why = safe_name(called), refusal(called, content, (".yaml", ".yml"))
        if why or len(content) > 1_000_000:
            refused.append(f"{called[:80]}: {why or 'it is too large for a study file'}")
            continue
        # beside the study file may come the published numbers that it names
        is_published = b"\nclaims:" in content and name not in (STUDY, PROTOCOL)
        await run_in_threadpool((place.folder / (name if is_published else PROTOCOL)).write_bytes, content)
        taken.append(name)
    if refused:
        wrong = "; ".join(refused[:20])
        return go(f"/s/{place.id}/files", wrong=f"{wrong}. {len(taken)} taken." if taken else wrong)
    return go(
        f"/s/{place.id}/files",
        said=f"{len(taken)} taken." if taken else "",
        wrong="" if taken else "found no file; choose some",
    )


def _keep(place: Place, name: str, content: bytes) -> None:
    folder = place.folder / FILES
    folder.mkdir(exist_ok=True, mode=0o700)
    with place.changing():
        (folder / name).write_bytes(content)


@router.post("/remove")
async def remove(request: Request) -> Response:
    """Take a file away."""
    session, place = study_of(request)
    name = (await form_of(request, session)).texts.get("name", "")
    if name == PROTOCOL:
        (place.folder / PROTOCOL).unlink(missing_ok=True)
        return go(f"/s/{place.id}/files")
    if not name or safe_name(name) != name or PurePosixPath(name).name != name:
        raise HTTPException(404)
    with place.changing():
        (place.folder / FILES / name).unlink(missing_ok=True)
    return go(f"/s/{place.id}/files")


@router.post("/draft")
async def draft(request: Request) -> Response:
    """Look at the files and draft the study; one that is there is given up only where the form says so."""
    session, place = study_of(request)
    form = (await form_of(request, session)).texts
    if place.is_drafted and not form.get("again"):
        return go(f"/s/{place.id}/columns")

    def work() -> str:
        with place.changing(), plainly(place):
            paths = [str(path) for path in place.files]
            protocol = place.folder / PROTOCOL
            made = draft_study(paths, place.folder, protocol=protocol if protocol.is_file() else None)
            if place.is_drafted:
                place.without_draft()
            write_study(made, place.folder)
        return f"{made.waiting} guesses wait for you."

    if not place.files:
        return go(f"/s/{place.id}/files", wrong="found no file; upload the centres' files first")
    answer = await run_in_threadpool(tried, work, f"/s/{place.id}/columns")
    if not place.is_drafted:
        wrong = answer.headers["location"].partition("?")[2]
        return go(f"/s/{place.id}/files?{wrong}")
    return answer
