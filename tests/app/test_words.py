"""The page in Chinese: every word of its templates is in the catalogue, and nothing in the catalogue is unused."""

from __future__ import annotations

import re
from pathlib import Path

from calliper.app import server, words
from calliper.app.screens import common, design

TEMPLATES = Path(words.__file__).parent / "templates"


def said() -> set[str]:
    texts: set[str] = set()
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        texts |= set(re.findall(r'\bt\("((?:[^"\\]|\\.)*)"', text)) | set(
            re.findall(r"\bt\('((?:[^'\\]|\\.)*)'", text)
        )
    texts |= {label for _, label in common.STEPS}
    texts |= {part.capitalize() for part in design.PARTS if part != "text"}
    texts |= {label for _, label in design.OPERATORS}
    texts |= set(server.SENTENCES.values())
    texts |= {
        "Results as data",
        "Figures",
        "match",
        "rounding",
        "inconsistent",
        "impossible",
        "not checkable",
    }
    return texts


def test_every_word_is_in_the_catalogue() -> None:
    known = words.catalogue("zh")
    assert sorted(said() - known.keys()) == []
    assert sorted(known.keys() - said()) == []


def test_what_is_filled_in_is_there_in_both() -> None:
    for english, chinese in words.catalogue("zh").items():
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", chinese)), english
