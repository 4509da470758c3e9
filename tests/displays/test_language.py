"""The Chinese report: no label is left in English, no number changes, no word of the study file is touched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import calliper
from calliper.blocks import Document, Figure, Label, Scene, Table, Text
from calliper.displays.document import document
from calliper.displays.language.catalogue import FOLDER, catalogue
from calliper.displays.language.speaker import Speaker, own_words, speaker
from calliper.displays.language.told import TAGS, in_language
from calliper.displays.tables.records import PROBLEM_LINES
from calliper.messages.catalogue import MESSAGES
from calliper.protocol.report_specs import Report
from calliper.protocol.specs import Protocol
from calliper.synth.demo import write_demo
from calliper.versions import software
from shared import ROOT, shared_data

STUDIES = (
    *("colon", "hcc_resection", "mgus2", "tern", "cdisc_pilot", "onco_recist", "pancreatic"),
    "cdisc_pilot_exposure",
)
LISTS = (
    "table-problem-lines",
    "table-deviations-rules",
    "table-deviations-register",
    "table-versions",
    "-scans-apart",
)
"""Tables whose cells are words of the records, of rules, or of software."""

CHECKLIST = "table-checklist"
"""Of the checklist the items are told, and not why they have their status."""

ALIKE = set(
    """
    CTCAE MedDRA SMD IQR Kaplan-Meier Kaplan Meier log-rank log rank Cox Wald Fisher Fine-Gray Fine Gray Pearson
    Welch Mann-Whitney Mann Whitney Kruskal-Wallis Newcombe Clopper-Pearson Clopper McNemar Kappa kappa Cohen Efron
    Breslow Aalen-Johansen Aalen Johansen RECIST mRECIST Firth Holm Hochberg Brookmeyer-Crowley SAS SPSS STROBE
    RECORD von Elm Benchimol csv Greenwood Student Yates Hyndman Fan log-log logit plain
    """.split()  # noqa: SIM905
)
"""Names and terms that are the same in Chinese."""

WORD = re.compile(r"[A-Za-z][A-Za-z'-]{2,}")


@pytest.fixture(scope="module", params=["demonstration", *STUDIES])
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Document, Document, Protocol]:
    """A study's report in English and in Chinese, and the study file."""
    if request.param == "demonstration":
        folder = tmp_path_factory.mktemp("demo")
        write_demo(folder)
        study = calliper.load(folder / "study.yaml")
    else:
        shared_data("MANIFEST.csv")
        study = calliper.load(Path(ROOT / "studies" / f"{request.param}.yaml"))
    held, outcome = study.loaded.protocol, study.outcome
    made = []
    for language in ("en", "zh"):
        told = held.model_copy(update={"report": Report(language=language)})
        composed = document(told, outcome.results, outcome.records.problems, software())
        made.append(in_language(composed, told))
    return made[0], made[1], held


def of(protocol: Protocol) -> Speaker:
    held = speaker(protocol.model_copy(update={"report": Report(language="zh")}))
    assert held is not None
    return held


def words_of(protocol: Protocol) -> list[str]:
    """The study file's own words, the longest first."""
    own = {*own_words(protocol), *own_words(protocol, is_label=False)}
    return sorted((word for word in own if len(word) > 1), key=len, reverse=True)


@cache
def own_pattern(own: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("(?<![A-Za-z])(?:" + "|".join(map(re.escape, own)) + ")(?![A-Za-z])")


def left(text: str, own: list[str]) -> list[str]:
    """The English words of a text that are neither the study file's nor names that are alike in Chinese."""
    found: list[str] = []
    for stretch in re.split("[，：]", text):
        bare = stretch.partition("（n")[0].strip()
        if any(bare in word for word in own):
            continue  # a label of the study file, or a line of one
        part = own_pattern(tuple(own)).sub(" ", re.sub(r"\w+\.csv", "", stretch))
        found += [word for word in WORD.findall(part) if word not in ALIKE and not word.isupper()]
    return found


def labels(held: Document) -> Iterator[tuple[str, str]]:
    """Every label of the document, and where it stands."""
    yield from (("fact", name) for name, _ in held.facts)
    for section in held.sections:
        yield "section", section.title
        for block in section.blocks:
            if isinstance(block, Text):
                continue
            yield from ((block.id, text) for text in (block.number, block.caption))
            yield from ((block.id, note.text) for note in block.footnotes)
            yield from cells(block) if isinstance(block, Table) else letters(block)


def cells(table: Table) -> Iterator[tuple[str, str]]:
    for column in table.columns:
        yield from ((table.id, text) for text in (column.header, column.spanner))
    if not table.id.endswith(LISTS):
        for row in table.rows:
            told = row.cells[:1] if table.id == CHECKLIST else row.cells
            yield from ((table.id, cell.text) for cell in told)


def letters(figure: Figure) -> Iterator[tuple[str, str]]:
    scenes: list[Scene] = [figure.scene, *([figure.narrow] if figure.narrow is not None else [])]
    for scene in scenes:
        yield from ((figure.id, shape.text) for shape in scene.shapes if isinstance(shape, Label))


READERS = {"radiologist", "Radiologist"}
"""Words of the records in a study of readers, in which they are called after."""

FROM_RECORDS = {"decompensation", "progression"}
"""Reasons in the records for which a drug was stopped."""

CLIPPED = re.compile(r"…$")
DATA_LEVELS = {"out", "low", "mid", "high"}


def test_no_label_is_left_in_english(both: tuple[Document, Document, Protocol]) -> None:
    own = words_of(both[2])
    vocabulary = {word for text in own for word in WORD.findall(text)}
    absent = {
        (where, text)
        for where, text in labels(both[1])
        if (found := left(text, own))
        and not CLIPPED.search(text)
        and not set(found) <= READERS | FROM_RECORDS | DATA_LEVELS
        and not (
            where.startswith("figure-") and set(found) <= vocabulary
        )  # a line of a label that was broken
        and "not recorded:" not in text
    }
    assert not absent


def test_numbers_and_keys_are_those_of_the_english_report(both: tuple[Document, Document, Protocol]) -> None:
    english, chinese, _ = both
    compared = 0
    for one, other in zip(english.sections, chinese.sections, strict=True):
        blocks = other.blocks[len(other.blocks) - len(one.blocks) :]  # a note may stand before them
        for block, told in zip(one.blocks, blocks, strict=True):
            assert type(block) is type(told)
            if isinstance(block, Table) and isinstance(told, Table):
                for row, said in zip(block.rows, told.rows, strict=True):
                    for cell, telling in zip(row.cells, said.cells, strict=True):
                        assert cell.keys == telling.keys
                        if cell.keys:
                            assert numbers_of(cell.text) == numbers_of(telling.text), (block.id, cell.text)
                            compared += 1
            elif isinstance(block, Text) and isinstance(told, Text):
                assert block.keys == told.keys
                assert sorted(numbers_of(block.text)) == sorted(numbers_of(told.text)), block.text
    assert compared > 20


def numbers_of(text: str) -> list[str]:
    """The numbers of a text; versions of criteria and dates are among them."""
    return re.findall(r"[−<>]?\d[\d.,]*\d|[−<>]?\d", text)


def test_a_paragraph_is_told_whole_or_not_at_all(both: tuple[Document, Document, Protocol]) -> None:
    own = words_of(both[2])
    for section in both[1].sections:
        for block in section.blocks:
            if isinstance(block, Text) and re.search("[\u4e00-\u9fff]", block.text):
                assert set(left(block.text, own)) <= READERS, block.text


def test_a_section_with_a_paragraph_in_english_says_so(both: tuple[Document, Document, Protocol]) -> None:
    note = catalogue("zh").furniture["partly"]
    told = {section.id: section for section in both[1].sections}
    assert any(isinstance(block, Text) and block.text == note for block in told["methods"].blocks)
    if (
        both[2].study.invented and "survival" in told
    ):  # of the demonstration every sentence on survival is known
        assert not any(isinstance(block, Text) and block.text == note for block in told["survival"].blocks)


def test_the_words_of_the_study_file_stay(both: tuple[Document, Document, Protocol]) -> None:
    english, chinese, held = both
    assert (chinese.title, chinese.language) == (english.title, TAGS["zh"])
    said = "\n".join(text for _, text in labels(chinese))
    for arm in held.arms.groups.values():
        assert (arm.short or arm.label) in said or arm.label in said


def test_every_message_keeps_its_fields() -> None:
    for language in (path.stem for path in FOLDER.glob("*.toml")):
        for table in catalogue(language).tables.values():
            for message in table:
                fields = {field.name for field in message.fields}
                assert set(re.findall(r"\{([a-z_]+)\}", message.said)) == fields, message.english


def test_a_message_fits_only_if_all_of_it_is_known() -> None:
    held = Speaker(catalogue("zh"), frozenset({"Drug A", "Drug B"}), frozenset())
    assert held.say("Drug A vs Drug B") == "Drug A 对 Drug B"
    assert held.say("Drug A vs something else") == "Drug A vs something else"
    assert held.say("Median (95% CI), months") == "中位数（95% CI），月"
    assert held.say("12 (28.6)") == "12 (28.6)"
    assert held.paragraph("NR: not reached. No such sentence.") is None
    assert held.paragraph("NR: not reached. IQR: interquartile range.") == "NR：未达到。IQR：四分位距。"
    listed = "By arm: 42 in Drug A and 48 in Drug B."
    assert held.say(listed) == "按组：Drug A 42 例，Drug B 48 例。"
    assert MESSAGES in catalogue("zh").tables


def test_problems_of_the_records_are_told_line_by_line(both: tuple[Document, Document, Protocol]) -> None:
    """Where a problem is and what is wrong, in the words of the checks' catalogue; SDTM's are English."""

    def lines(held: Document) -> list[list[str]]:
        blocks = [block for section in held.sections for block in section.blocks]
        tables = [block for block in blocks if isinstance(block, Table) and block.id == PROBLEM_LINES]
        return [[cell.text for cell in row.cells] for table in tables for row in table.rows]

    english, chinese = lines(both[0]), lines(both[1])
    assert len(english) == len(chinese)
    of_sdtm = both[2].data.tumours is not None
    han = re.compile(r"[\u4e00-\u9fff]")
    left = [line for line in chinese if not all(map(han.search, line[1:]))]
    assert of_sdtm or not left, left[:3]
