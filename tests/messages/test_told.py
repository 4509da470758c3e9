"""Sentences of intake and of the checks in Chinese: each that the code can say is told, whole, and values stay."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper import pipeline
from calliper.audit.paper.checks import check_paper
from calliper.audit.paper.load import load_paper
from calliper.messages import told
from calliper.messages.catalogue import MESSAGES, read_catalogue
from calliper.messages.told import teller
from calliper.protocol.load import load
from calliper.records.check import as_found
from intake.messy import PLANTED, write_messy
from sentences import HOUSE, sentences
from shared import ROOT

SAY = teller("zh")
HAN = re.compile(r"[\u4e00-\u9fff]")
SDTM = [path.name for path in (HOUSE / "ingest").glob("sdtm*.py")]
NO_SENTENCES = {
    *SDTM,  # told in English: docs/app.md says so
    *("queries.py", "answers.py", "redcap.py", "words.py", "written.py", "endpoints.py", "provenance.py"),
    *("wording.py", "last_dates.py", "told.py"),
    # of the audit: files that read claims and drafts, and the report in English
    *("load.py", "specs.py", "redrawn.py", "sheet.py", "placed.py", "tables.py", "cells.py"),
}
"""Files that say nothing to users of the page, or only pieces of what others say."""
PIECES = {
    # what stands within another sentence, which is told as a whole
    *("7 (the cell holds 7: 7)", "patient 7 has this 7 also in 7", "7 is not 7 from 7 to 7", "column '7': 7"),
    *("7, 7 sheets", "7, sheet '7'", "7, row 7 and 7, row 7 have the same 7: one person?"),
    *(", and 7 more rows repeat earlier ones", " and in 7 more", "; there are 7", "; error values in cells "),
    *("correct these cells or ", "7, with another 7", "7, with the same 7", " (did you mean 7?)"),
    *(
        "the cell now holds '7'",
        "the cell now holds ''",
        "7 answered on 7 of a cell with '7', and 7",
        "whole numbers",
    ),
    *("the sheet cannot be read7", "7 lies 7", "7 lies 7 7 (7)", "before 7 (7)", "after 7 (7)"),
    *("both after 7 (7) and before 7 (7)", "the header says , the study 7"),
    *("files of the kind '7' are", "a file without an extension is", "7 not read"),
    *("in the study file", "under header: in 7", "; '7' is the first with two values: choose", "7 to 7"),
    *("to 7", "all 7 values are 7", "all but 7 are 7", ", 7 to 7", "no sheet of", "column '7': 7; 7"),
    *("the order is 7 first: another would give months above 12", "a known name of", "column '7'", "row 7"),
    *("sheet '7'", "where 7", " of 7", "as recorded", "a keyed pseudonym is read in its place"),
    *("it is left out", "7: the title of the study", "retrospective cohort", "pseudonym: true"),
    "test of 7",
    *("not checkable", "with everyone in the groups", "with 7 as 7 patients (7)", "7 It does not.", "7 or 7"),
    *("with the counts of the groups exchanged", "By Cox's model", "By the log-rank test", ", both sides."),
    " As the test is not named, a likelihood-ratio, score or log-rank test may be meant, which are near.",
    "The upper tail of 7 beyond 7",
    # the same in every language
    *("7 is 7", "7 7 is 7 7", "'7' is '7'"),
}
NOT_SAID = re.compile(
    r"(?:SELECT|SHOW|%Y|Drafted from|How \{centre\}).*|.*[\[(]\?:.*|.*\[0-9\].*|.*\\d.*|.*\[\\u.*", re.DOTALL
)


@pytest.mark.parametrize("room", ["records", "ingest", "intake", "audit/paper"])
def test_every_sentence_is_told(room: str) -> None:
    left = [
        f"{path.name}:{line}: {text}"
        for path in sorted((HOUSE / room).rglob("*.py"))
        if path.name not in NO_SENTENCES
        for line, text in sentences(path)
        if text not in PIECES
        and not NOT_SAID.fullmatch(text)
        and not HAN.search(SAY(re.sub(r"^7(?=: |, column )", "a.csv", text)))
    ]
    assert not left, "\n".join(left)


def test_both_sides_have_the_same_fields() -> None:
    held = read_catalogue(files("calliper.messages").joinpath("zh.toml").read_text(encoding="utf-8"))
    for table in (told.AROUND, MESSAGES):
        for message in held.tables[table]:
            names = sorted(field.name for field in message.fields)
            assert sorted(re.findall(r"{(\w+)}", message.said)) == names, message.english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("'4x' is not a number; correct the cell", "'4x' 不是数值；请更正该单元格"),
        ("'Femal' is not a code of sex (did you mean 'Female'?)", "'Femal' 不是 sex 的编码（是否应为 'Female'？）"),
        ("'140' lies outside the range 18 to 100 years", "'140' 超出允许范围 18 to 100 years"),
        (
            "'10.5' lies outside the plausible values 0.5 to 8 (the cell holds '105': 105 mm is 10.5 cm)",
            "'10.5' 超出合理取值 0.5 to 8（单元格原文为 '105'：105 mm is 10.5 cm）",
        ),
        (
            "linyi.xlsx, sheet '患者', row 7, column '性别': '?' is not a code of sex; correct the cell",
            "linyi.xlsx，工作表 '患者'，第 7 行，列 '性别'：'?' 不是 sex 的编码；请更正该单元格",
        ),
        (
            "a.xlsx, column 'Name': a person's name (by its header); it is left out",
            "a.xlsx，列 'Name'：姓名（依列名）；不读取",
        ),
        (
            "88 of 90 filled (2 % missing); 29 different, 23 to 81",
            "90 行中 88 行有值（缺失 2 %）；29 个不同值，23 至 81",
        ),
        (
            "a.xlsx, sheet 'A', row 4 and b.csv, row 9 have the same national id: one person?",
            "a.xlsx，工作表 'A' 第 4 行与b.csv 第 9 行的身份证件号码相同：是否为同一人？",
        ),
        ("a sentence that nobody has written; correct the cell", "a sentence that nobody has written；请更正该单元格"),
    ],
)  # fmt: skip
def test_sentences_with_places_values_and_hints(english: str, chinese: str) -> None:
    assert SAY(english) == chinese
    assert teller("en")(english) == english
    assert teller("fr")(english) == english


def test_what_the_records_hold_is_not_told() -> None:
    """A value that reads like a sentence of ours stays as it is: it stands in quotation marks."""
    assert SAY("'the arm is not recorded' is not a number") == "'the arm is not recorded' 不是数值"
    assert SAY("'correct the cell; round it' is not a date").startswith("'correct the cell")


def test_hostile_texts_are_told_or_left() -> None:
    """Marks that stand for what is in quotation marks, fields, brackets in brackets, texts without end."""
    for text in ("\ue0007\ue001 is not a number", "'x' and \ue0000\ue001", "{0} {name} {}", "%s", "\ue001"):
        assert SAY(text) == text
    assert SAY("'{0}' is not a number") == "'{0}' 不是数值"
    for lit in (
        "whether the scan has an arterial phase is not recorded (",
        "from ",
        ", and no row has it",
        "; (",
    ):
        assert isinstance(SAY((lit * 900)[: told.MOST_LETTERS]), str)
    endless = "the row says what " * 100
    assert SAY(endless) == endless
    deep = "it holds " * 40
    assert SAY(deep).count("其中有") <= told.MOST_DEEP + 1


PARTS = [*"a7 ';:.,()!?", "; ", ", row ", " is not ", "correct the cell"]


@given(st.lists(st.sampled_from(PARTS), max_size=20).map("".join))
def test_any_text_is_told_without_an_error_and_its_quotations_stay(text: str) -> None:
    told_text = SAY(f"'{text}' is not a number; correct the cell")
    assert isinstance(told_text, str)
    assert isinstance(SAY(text), str)
    if "'" not in text:
        assert told_text == f"'{text}' 不是数值；请更正该单元格"


def test_every_problem_of_messy_centres_is_told(tmp_path: Path) -> None:
    """No English sentence is left in what three messy workbooks are asked, nor in what their draft rests on."""
    from calliper.intake.new import draft_study, write_study
    from calliper.synth.demo import write_demo

    write_demo(tmp_path / "demo")
    paths = write_messy(tmp_path)
    study = tmp_path / "study"
    made = draft_study(
        [str(path) for path in paths.values()], study, protocol=tmp_path / "demo" / "study.yaml"
    )
    write_study(made, study)
    untold = [note for note in made.notes if not HAN.search(SAY(note))]
    assert untold == []
    loaded = load(study / "study.yaml", is_draft=True)
    evidence = {
        text
        for _, mapping in loaded.layers.mappings
        for sheet in mapping.sheets
        for column in sheet.columns
        for text in (column.seen, column.evidence)
        if text
    }
    assert len(evidence) > 100
    rest = [text for text in sorted(evidence) if re.search(r"[a-z]{4,} [a-z]{3,}", bare(SAY(text)))]
    assert not rest, "\n".join(f"{text}\n    {SAY(text)}" for text in rest)
    problems = as_found(pipeline.read(loaded)).problems
    assert len(problems) >= len(PLANTED)
    left = {text for each in problems for text in (each.message, each.action) if not HAN.search(SAY(text))}
    assert left == set()


def test_every_finding_on_a_paper_is_told() -> None:
    """What is asked of a paper's numbers, the arithmetic and the explanation; its own words and numbers stay."""
    paper = load_paper(ROOT / "examples" / "large_liver_cancer_claims.yaml")
    findings = check_paper(paper)
    own = sorted(
        {*(group.label for group in paper.groups.values()), *(claim.what for claim in paper.claims)}, key=len
    )
    own += [level for claim in paper.claims for level in getattr(claim, "levels", {})]
    assert len(findings) > 150
    left = set()
    for each in findings:
        for text in (each.check, each.how, each.explanation):
            said = SAY(text)
            for word in sorted(own, key=len, reverse=True):
                said = said.replace(word, "")
            if re.search(r"[a-z]{3,} [a-z]{2,}", said):
                left.add(f"{text}\n    {SAY(text)}")
    assert not left, "\n".join(sorted(left))


def bare(text: str) -> str:
    """A text without what stands in quotation marks, and without the study's own labels."""
    return re.sub(r"[\w ]+ 的已知名称", "", re.sub(r"'[^']*'", "''", text))
