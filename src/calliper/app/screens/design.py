"""Step 4: what the study asks: its facts, arms, criteria, endpoints and analyses; by forms, or as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from calliper import ingest
from calliper.app import edit, entries
from calliper.app.prepared import count, left_after
from calliper.app.screens.common import drafted_of, form_of, go, house, page, study_of, tried
from calliper.app.studies import Place
from calliper.app.words import teller
from calliper.errors import CalliperError
from calliper.protocol.report_specs import journal_named, journal_names
from calliper.protocol.specs import Date, FreeText, Number, Protocol
from calliper.protocol.specs import Response as ResponseEndpoint

router = APIRouter(prefix="/s/{study}/design")
DESIGNS = ("retrospective cohort", "prospective cohort", "randomised trial", "single-arm trial")
PARTS = ("facts", "arms", "criteria", "endpoints", "analyses", "text")
OPERATORS = (
    ("=", "is"),
    ("!=", "is not"),
    (">=", "at least"),
    ("<=", "at most"),
    (">", "above"),
    ("<", "below"),
)


@router.get("")
def shown(request: Request, part: str = "facts") -> Response:
    """One part of the study file as a form."""
    session, place = drafted_of(request)
    chosen = part if part in PARTS else "facts"
    wrong = request.query_params.get("wrong", "")
    mistakes = place.mistakes()
    text = place.study.read_text(encoding="utf-8-sig", errors="replace")
    values: dict[str, Any] = {"document": None, "protocol": None, "left": [], "n_all": None}
    try:
        values["document"] = edit.read(place.study)
        if not mistakes:
            values["protocol"] = place.loaded().protocol
            if chosen in ("criteria", "arms"):
                prepared = house(request).kept.of(place)
                values["n_all"] = prepared.patients.height
                values["left"] = left_after(prepared, values["protocol"].eligibility)
    except (CalliperError, edit.EditError) as error:
        wrong = wrong or str(error)
    return page(
        request,
        "design.html",
        session,
        study=place,
        step="design",
        part=chosen,
        parts=PARTS,
        text=text,
        mistakes=mistakes,
        designs=DESIGNS,
        operators=OPERATORS,
        journals=[(name, teller(session.language)(journal_named(name).like)) for name in journal_names()],
        choices=_choices(values["protocol"]),
        unconfirmed=_unconfirmed(values["document"]),
        text_of=edit.text_of,
        wrong=wrong,
        **values,
    )


def _unconfirmed(document: Any) -> list[tuple[str, Any]]:
    """The guesses of the study file that nobody has confirmed."""
    held = (document.get("guesses") or {}) if document is not None else {}
    return [
        (name, guess) for name, guess in held.items() if isinstance(guess, dict) and not guess.get("confirm")
    ]


def _choices(protocol: Protocol | None) -> dict[str, list[tuple[str, str]]]:
    """What forms offer: names with their labels, by kind."""
    if protocol is None:
        return {kind: [] for kind in ("numbers", "dates", "all", "lasts", "levels", "responses")}
    variables = {**protocol.variables, **protocol.derived}
    dates = [(name, spec.label) for name, spec in variables.items() if isinstance(spec, Date)]
    tables = [
        (f"table:{table}", table)
        for table in ("contacts", "visits")
        if getattr(protocol.data, table) is not None
    ]
    return {
        "numbers": [(name, spec.label) for name, spec in variables.items() if isinstance(spec, Number)],
        "dates": dates,
        "all": [
            (name, spec.label) for name, spec in variables.items() if not isinstance(spec, Date | FreeText)
        ],
        "lasts": [*tables, *dates],
        "responses": [
            (name, spec.label)
            for name, spec in protocol.endpoints.items()
            if isinstance(spec, ResponseEndpoint)
        ],
        "levels": [
            (name, level) for name, spec in variables.items() for level in getattr(spec, "levels", ())
        ],
    }


async def _changed(
    request: Request,
    part: str,
    work: Callable[[Any, dict[str, str], list[str]], None],
    *,
    keeps_mistakes: bool = False,
) -> Response:
    """Carry out a form on the study file and confirm the guess of its section.

    A form that would bring a mistake into a study file without one changes nothing, and says which; with
    `keeps_mistakes` it is kept, and the page lists them.
    """
    session, place = study_of(request)
    held = await form_of(request, session)
    form, listed = held.texts, held.listed("variables")

    def change() -> str:
        with place.changing():
            keeps = keeps_mistakes or bool(place.mistakes())

            def check() -> None:
                made = () if keeps else place.mistakes()
                if made:
                    raise edit.EditError("\n".join(made[:10]))

            edit.change(place.study, lambda document: work(document, form, listed), check)
        return ""

    return await run_in_threadpool(
        tried, change, f"/s/{place.id}/design?part={part or form.get('part', 'facts')}"
    )


def _settle(document: Any, *sections: str) -> None:
    """What a person has just written is no guess any more."""
    for section in sections:
        held = (document.get("guesses") or {}).get(section)
        if held is not None:
            held["confirm"] = True


@router.post("/facts")
async def facts(request: Request) -> Response:
    """Title, design, cut-off and what else the study is."""

    def work(document: Any, form: dict[str, str], _: list[str]) -> None:
        edit.set_facts(document, form)
        _settle(document, "study", "centres")

    return await _changed(request, "facts", work)


@router.post("/arms")
async def arms(request: Request) -> Response:
    """The arms, or another column for them."""
    _, place = study_of(request)

    def work(document: Any, form: dict[str, str], _: list[str]) -> None:
        column = form.get("column", "").strip()
        before = (document.get("arms") or {}).get("column")
        if column and (form.get("from_column") or column != before):
            edit.arms_from_column(document, column, _values_of(place, column))
        else:
            edit.set_arms(document, form)
            _settle(document, "arms")

    return await _changed(request, "arms", work, keeps_mistakes=True)


def _values_of(place: Place, column: str) -> list[str]:
    """The different texts of a column of the patients, as the study reads it."""
    loaded = place.loaded()
    protocol = loaded.protocol.model_copy(
        update={"arms": loaded.protocol.arms.model_copy(update={"column": column})}
    )
    frame = ingest.read(protocol, loaded.folder, loaded.layers).tables["patients"].frame
    if column not in frame.columns:
        return []
    held = [text.strip() for text in frame[column].drop_nulls().unique().to_list() if text.strip()]
    missing = loaded.protocol.reading.missing
    return sorted(text for text in held if text not in missing)[:20]


@router.post("/criteria")
async def criterion(request: Request) -> Response:
    """A criterion added, changed or taken away."""

    def work(document: Any, form: dict[str, str], _: list[str]) -> None:
        if form.get("drop"):
            edit.drop(document, "eligibility", form["drop"])
        else:
            at = form.get("at", "")
            edit.set_criterion(document, int(at) if at.isdecimal() else None, form)

    return await _changed(request, "criteria", work)


@router.post("/count")
async def counted(request: Request) -> Response:
    """Of how many patients a rule is true, while it is being written."""
    session, place = study_of(request)
    form = (await form_of(request, session)).texts
    rule = form.get("rule", "").strip()
    held, wrong = None, ""
    if rule:
        try:
            held = await run_in_threadpool(lambda: count(house(request).kept.of(place), rule))
        except (CalliperError, ValueError) as error:
            wrong = str(error).splitlines()[0]
    return page(request, "count.html", session, held=held, wrong=wrong)


@router.post("/endpoints")
async def endpoint(request: Request) -> Response:
    """An endpoint added, taken away or confirmed."""

    def work(document: Any, form: dict[str, str], _: list[str]) -> None:
        if form.get("drop"):
            name = form["drop"]
            edit.drop(document, "endpoints", name)
            document["analyses"] = [
                spec for spec in document.get("analyses", []) if spec.get("endpoint") != name
            ]
            (document.get("guesses") or {}).pop(f"endpoints.{name}", None)
            return
        entries.add_endpoint(document, form)

    return await _changed(request, "endpoints", work)


@router.post("/analyses")
async def analysis(request: Request) -> Response:
    """An analysis added or taken away."""

    def work(document: Any, form: dict[str, str], listed: list[str]) -> None:
        if form.get("drop"):
            edit.drop(document, "analyses", form["drop"])
        else:
            entries.add_analysis(document, form, listed)
        _settle(document, "analyses")

    return await _changed(request, "analyses", work)


@router.post("/entry")
async def entry(request: Request) -> Response:
    """One endpoint or analysis as text; it is kept as typed, and its mistakes are listed."""

    def work(document: Any, form: dict[str, str], _: list[str]) -> None:
        section = form.get("part", "")
        entries.set_entry(document, section, form.get("key", ""), form.get("text", "").replace("\r\n", "\n"))
        _settle(document, "analyses" if section == "analyses" else f"endpoints.{form.get('key', '')}")

    return await _changed(request, "", work, keeps_mistakes=True)


@router.post("/guesses")
async def guess(request: Request) -> Response:
    """A guess confirmed, or all of them."""

    def work(document: Any, form: dict[str, str], _: list[str]) -> None:
        names = list(document.get("guesses") or {}) if form.get("all") else [form.get("name", "")]
        for name in names:
            edit.confirm_guess(document, name)

    return await _changed(request, "", work)


@router.post("/text")
async def text(request: Request) -> Response:
    """The whole study file as text; it is kept as typed, and its mistakes are listed."""
    session, place = study_of(request)
    form = (await form_of(request, session)).texts
    written = form.get("text", "").replace("\r\n", "\n")
    if len(written) > 1_000_000 or not written.strip():
        return go(f"/s/{place.id}/design?part=text", wrong="expected a study file of at most 1 MB")
    with place.changing():
        edit.write_text(place.study, written)
    mistakes = place.mistakes()
    return go(f"/s/{place.id}/design?part=text", said="" if mistakes else "Saved.")
