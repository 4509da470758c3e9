"""The page in Chinese: every word of its templates is in the catalogue, and nothing in the catalogue is unused."""

from __future__ import annotations

import re
from pathlib import Path

from calliper.app import server, words
from calliper.app.screens import common, design
from calliper.records.tables import TABLES
from sentences import HOUSE, sentences

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
    texts |= set(server.SENTENCES.values()) | set(design.DESIGNS)
    texts |= {table.replace("_", " ") for table in TABLES}
    texts |= {
        "Results as data",
        "Figures",
        "match",
        "rounding",
        "inconsistent",
        "impossible",
        "not checkable",
        "At risk",
        "As text",
    }
    return texts


def test_every_word_is_in_the_catalogue() -> None:
    known = words.catalogue("zh")
    assert sorted(said() - known.keys()) == []
    assert sorted(known.keys() - said()) == []


def test_what_is_filled_in_is_there_in_both() -> None:
    for english, chinese in words.catalogue("zh").items():
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", chinese)), english


NO_SENTENCES = {"curves.py", "guard.py", "sessions.py", "server.py", "words.py", "common.py"}
"""Files that say nothing in a page of a session, or say it by the catalogue's words."""
NOT_SAID = {
    *design.DESIGNS,
    *(
        "not checkable",
        "at least",
        "at most",
        "Results as data",
        "text/html; charset=utf-8",
        "7: 7",
        "7 is 7",
        "7 = 7",
        "7, 7",
    ),
    *("as recorded", " (line 7)", "At risk", "not reached", "is not", "7. 7 taken."),
}


def test_every_sentence_of_the_page_is_told() -> None:
    say, han = words.teller("zh"), re.compile(r"[\u4e00-\u9fff]")
    left = [
        f"{path.name}:{line}: {text}"
        for path in sorted((HOUSE / "app").rglob("*.py"))
        if path.name not in NO_SENTENCES
        for line, text in sentences(path)
        if text not in NOT_SAID
        and not re.search("; filename=|default-src|frame-anc|http-equiv|^calliper: 1", text)
        if not han.search(say(text))
    ]
    assert not left, "\n".join(left)


def test_a_refusal_in_chinese() -> None:
    say = words.teller("zh")
    told = say("a.pdf.csv: it is a PDF, whatever its name says. 2 taken.")
    assert told == "a.pdf.csv：不论文件名如何，它实为 PDF。已接收 2 个。"
    assert words.teller("en")("it is empty") == "it is empty"
