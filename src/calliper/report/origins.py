"""Where a page's numbers come from, in the page: the data, the panel that shows it, and the one script that fills it.

Clicking a number, or pressing Enter on it, shows its value in full, how it was made, and the records it rests on. The
data lie in a block that no browser runs; the policy of the page lets this script run by its hash, and no other.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files

from calliper.blocks import Document, Origins

HINT = "Click a number, or press Enter on it, to see where it comes from; arrow keys move between numbers."
PRIVATE = "This page holds records of single patients; to pass a report on, write one with --share."
WORDS = ("Patients and records", "The same patients and records.")
TITLE = "Where this number comes from"


@cache
def script() -> str:
    """The script as it stands in the page."""
    return files(__package__).joinpath("origins.js").read_text(encoding="utf-8")


@cache
def allowed() -> str:
    """The part of a page's policy that lets the script run, and it alone."""
    digest = hashlib.sha256(script().encode("utf-8")).digest()
    return f"script-src 'sha256-{base64.b64encode(digest).decode('ascii')}'; "


def panel(document: Document) -> str:
    """The panel, empty and hidden, the data and the script; nothing for a document without origins."""
    if document.origins is None:
        return ""
    title, close = escape(document.says(TITLE)), escape(document.says("Close"))
    return (
        f'<p id="origin-hint" hidden>{escape(document.says(HINT))} {escape(document.says(PRIVATE))}</p>\n'
        '<aside id="origin" role="dialog" aria-labelledby="origin-title" tabindex="-1" hidden>\n'
        f'<header><h2 id="origin-title">{title}</h2><button type="button">{close}</button></header>\n'
        '<div id="origin-body"></div>\n</aside>\n'
        f'<script type="application/json" id="origins">{_data(document.origins, document)}</script>\n'
        f"<script>{script()}</script>\n"
    )


def _data(origins: Origins, document: Document) -> str:
    """As JSON in which no text can end its block: `<` is written as an escape.

    A record is the place of its heads and of its texts; the records of a number are a place among `sets`, each a run
    of ranges, `0-44 47`.
    """
    texts: dict[str, int] = {}
    sets: dict[str, int] = {}
    records = [
        [head, *(texts.setdefault(text, len(texts)) for text in line)] for head, line in origins.records
    ]
    numbers = {}
    for key, held in origins.numbers.items():
        lead = texts.setdefault(held.lead, len(texts))
        chosen = sets.setdefault(_ranges(held.records), len(sets))
        numbers[key] = [held.value, _ranges(held.made), lead, chosen]
    data = {
        "words": {word: document.says(word) for word in WORDS},
        "heads": [[document.says(head) for head in heads] for heads in origins.heads],
        "sentences": origins.sentences,
        "texts": list(texts),
        "sets": list(sets),
        "records": records,
        "numbers": numbers,
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _ranges(places: Sequence[int]) -> str:
    """Runs of places that follow one another.

    >>> _ranges((0, 1, 2, 7, 9, 8))
    '0-2 7 9 8'
    """
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][1] + 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
