"""The demonstration's own sentences as a manuscript: nothing in them is unsupported, and planted errors are found."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from calliper.blocks import Text
from calliper.manuscript.candidates import Candidates
from calliper.manuscript.fields import resolve
from calliper.manuscript.fill import fill
from calliper.manuscript.held import read_held
from calliper.manuscript.known import declared
from calliper.manuscript.paper import Paragraph, read_paper
from calliper.manuscript.printed import numbers_of
from calliper.manuscript.verify import Judge
from calliper.study import Study, load
from calliper.synth.demo import write_demo
from shared import ROOT

PAGE = (ROOT / "docs" / "manuscript.md").read_text(encoding="utf-8")

RESULTS = ("summary", "patients", "treatment", "exposure", "follow_up", "deviations", "response", "courses",
           "agreement", "survival", "definitions", "safety", "prognosis")  # fmt: skip
"""The sections that a paper's Results would be written from."""

PLANTED = 30


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    study = load(folder / "study.yaml")
    study.report(folder / "report")
    return study


@pytest.fixture(scope="module")
def judge(study: Study) -> Judge:
    held = read_held(Path(study.loaded.folder) / "report")
    return Judge(Candidates(held), declared(held, study.protocol))


@pytest.fixture(scope="module")
def paragraphs(study: Study) -> list[Paragraph]:
    blocks = [block for part in study.document().sections if part.id in RESULTS for block in part.blocks]
    return [Paragraph(block.text, line=1) for block in blocks if isinstance(block, Text)]


def test_every_number_of_the_reports_own_sentences_is_supported(
    judge: Judge, paragraphs: list[Paragraph]
) -> None:
    verdicts = [verdict for paragraph in paragraphs for verdict in judge.of_paragraph(paragraph)]
    counts = Counter(verdict.status for verdict in verdicts)
    assert not [one for one in verdicts if one.status in ("conflict", "unsupported")]
    assert counts["supported"] > 250
    ambiguous = [one.number for one in verdicts if one.status == "ambiguous"]
    assert all(number.isdigit() for number in ambiguous), "only whole numbers in a sentence of their own"


@pytest.mark.parametrize("field", re.findall(r"\{\{(\w+\..+?)\}\}", PAGE))
def test_the_fields_of_the_documentation_are_filled(study: Study, tmp_path: Path, field: str) -> None:
    (tmp_path / "paper.md").write_text(f"{{{{{field}}}}}", encoding="utf-8")
    held = read_held(Path(study.loaded.folder) / "report")
    (filled,) = fill(read_paper(tmp_path / "paper.md"), held).fields
    assert filled.text[0].isdigit() or filled.text.startswith("P = ")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("os.events.combination", "os/included/combination/os//events"),
        ("baseline.age.p", "baseline/included/between/age//p"),
        ("os.survival.control@12", "os/included/control/os//survival@12"),
        ("prognosis.prespecified.arm.combination.hr", "prognosis/included/prespecified/arm/combination/hr"),
    ],
)
def test_an_address_means_the_result_with_the_fewest_parts_unsaid(
    study: Study, address: str, key: str
) -> None:
    assert resolve(read_held(Path(study.loaded.folder) / "report"), address).key == key


def test_planted_changes_of_one_digit_are_found(judge: Judge, paragraphs: list[Paragraph]) -> None:
    places = [
        (paragraph, letter)
        for paragraph in paragraphs
        for number, verdict in zip(numbers_of(paragraph.text), judge.of_paragraph(paragraph), strict=True)
        if verdict.status == "supported"
        for letter in range(number.start, number.end)
        if paragraph.text[letter].isdigit()
    ]
    draw = random.Random(20210101)  # noqa: S311 (no secret)
    outcomes: Counter[str] = Counter()
    for paragraph, letter in draw.sample(places, PLANTED):
        digit = draw.choice([one for one in "0123456789" if one != paragraph.text[letter]])
        changed = replace(paragraph, text=f"{paragraph.text[:letter]}{digit}{paragraph.text[letter + 1 :]}")
        after = Counter(verdict.status for verdict in judge.of_paragraph(changed))
        before = Counter(verdict.status for verdict in judge.of_paragraph(paragraph))
        found = after["conflict"] + after["unsupported"] > 0
        outcomes[
            "found" if found else "doubted" if after["supported"] < before["supported"] else "missed"
        ] += 1
    assert outcomes["found"] >= 25, outcomes
    assert outcomes["missed"] <= 3, outcomes
    print(f"{PLANTED} planted: {dict(outcomes)}")


def test_a_chinese_report_fills_a_chinese_manuscript(study: Study, tmp_path: Path) -> None:
    """Between two limits stands what stands there in the report: its language is in the manifest."""
    path = Path(study.loaded.folder) / "study.yaml"
    text = path.read_text(encoding="utf-8")
    chinese = path.with_name("chinese.yaml")
    chinese.write_text(text + "\nreport: {language: zh}\n", encoding="utf-8")
    load(chinese).report(tmp_path / "report")
    (tmp_path / "paper.md").write_text("中位 OS {{os.median.combination | interval}}", encoding="utf-8")
    held = read_held(tmp_path / "report")
    (filled,) = fill(read_paper(tmp_path / "paper.md"), held).fields
    (english,) = fill(read_paper(tmp_path / "paper.md"), read_held(path.parent / "report")).fields
    assert " to " in english.text
    assert filled.text == english.text.replace(" to ", " 至 ")
