"""The audit page: what a paper prints, typed or pasted, and whether it can be true together; no patient data needed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from calliper.app.screens.common import form_of, page, session_of
from calliper.app.uploads import refusal
from calliper.audit.paper.checks import check_paper
from calliper.audit.paper.draft.placed import as_yaml, placed
from calliper.audit.paper.draft.tables import tables_of
from calliper.audit.paper.findings import VERDICTS, Finding
from calliper.audit.paper.load import load_paper
from calliper.errors import CalliperError

router = APIRouter(prefix="/audit")
PAPERS = (".html", ".htm", ".xml", ".docx")
EXAMPLE = """\
calliper: 1
citation: Author A, Author B. Title. Journal 2021.
groups:
  new: {label: New treatment, n: 42}
  old: {label: Standard treatment, n: 48}
claims:
  - {id: age, place: Table 1, what: Age, kind: means, p: 0.417,
     groups: {new: {mean: 60.3, sd: 14.0}, old: {mean: 59.7, sd: 13.2}}}
  - {id: fever, place: Table 3, what: Fever, kind: rates, counts: {new: 14, old: 17}, test: pearson, p: 0.835}
  - {id: treatment, place: Table 5, what: Treatment, kind: ratio, ratio: 0.561, lower: 0.327, upper: 0.965, p: 0.001}
"""


@router.get("")
def shown(request: Request) -> Response:
    """An empty page with an example."""
    return page(
        request, "audit.html", session_of(request), text=EXAMPLE, findings=None, counts=(), is_table=False
    )


@router.post("")
async def check(request: Request) -> Response:
    """The verdicts on what was typed or uploaded; a paper becomes a draft to be completed."""
    session = session_of(request)
    form = await form_of(request, session)
    text = form.texts.get("text", "").replace("\r\n", "\n")
    wrong, findings = "", None
    try:
        held = form.uploaded("paper")
        if held:
            name, content = held[0]
            why = (
                ""
                if name.lower().endswith(".docx") and content[:2] == b"PK"
                else refusal(name, content, PAPERS)
            )
            if why:
                wrong = f"{name[:80]}: {why}"
            else:
                text = await run_in_threadpool(_drafted, name, content)
        else:
            findings = await run_in_threadpool(_checked, text)
    except CalliperError as error:
        wrong = str(error)
    counts = [(verdict, sum(each.verdict == verdict for each in findings or ())) for verdict in VERDICTS]
    return page(
        request, "audit.html", session, text=text, findings=findings, counts=counts if findings is not None else (),
        is_table=_is_table(text), wrong=wrong,
    )  # fmt: skip


def _is_table(text: str) -> bool:
    first = text.lstrip("\ufeff").split("\n", 1)[0].casefold()
    return first.startswith(("id,place", "id\tplace"))


def _checked(text: str) -> tuple[Finding, ...]:
    """The findings of a claims file in YAML, or as a table with commas or (as pasted from a spreadsheet) tabs."""
    ending = ".yaml" if not _is_table(text) else ".tsv" if "\t" in text.split("\n", 1)[0] else ".csv"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"claims{ending}"
        path.write_text(text, encoding="utf-8", newline="")
        return tuple(check_paper(load_paper(path)))


def _drafted(name: str, content: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"paper{Path(name).suffix.lower()}"
        path.write_bytes(content)
        return as_yaml(placed(tables_of(path)), name)
