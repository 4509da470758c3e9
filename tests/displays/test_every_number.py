"""Every printed number leads to a result, and is that result rounded: over the hand study and the
invented demo.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calliper.blocks import Document
from calliper.displays.document import document
from calliper.results import Results
from displays import hand_results
from displays.printed import NUMBER, cells, is_rounding, labels, quoting_notes, texts, values

CAUSAL = re.compile(
    r"\b(causes?|caused|effective\w*|improv\w+|benefi\w+|superior\w*|synerg\w+|"
    r"reduces?|reduced|prolong\w*|led to|"
    r"due to|thanks to|prevents?|protects?|significant(?:ly)?|safe and)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module", params=["hand", "demo"])
def printed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Document, Results]:
    if request.param == "hand":
        made = hand_results.results()
        return document(hand_results.protocol(), made, (), {"calliper": "0"}), made
    from calliper import study
    from calliper.synth.demo import write_demo

    folder: Path = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    outcome = study.load(folder / "study.yaml").outcome
    return outcome.document, outcome.results


def test_every_number_in_a_table_is_its_result_rounded(printed: tuple[Document, Results]) -> None:
    made, results = printed
    checked = 0
    for table, cell in cells(made):
        tokens = NUMBER.findall(cell.text)
        if tokens and not cell.keys:
            pytest.fail(f"{table.id}: {cell.text!r} has no key")
        found = values(results, cell.keys)
        for token in tokens:
            assert any(is_rounding(token, value) for value in found), (table.id, cell.text, token, found)
            checked += 1
        if "NR" in cell.text:
            assert None in found
    assert checked > 60


def test_every_number_of_a_model_note_is_its_result_rounded(printed: tuple[Document, Results]) -> None:
    made, results = printed
    notes = list(quoting_notes(made))
    assert notes
    for note in notes:
        label, _, quoted = note.text.partition(": ")
        tokens = NUMBER.findall(quoted)
        found = values(results, note.keys)
        assert len(tokens) == len(found), note.text
        assert all(is_rounding(token, value) for token, value in zip(tokens, found, strict=True)), (
            label,
            tokens,
            found,
        )


def test_every_keyed_label_of_a_figure_shows_its_result(printed: tuple[Document, Results]) -> None:
    made, results = printed
    shown = list(labels(made))
    assert len(shown) > 5
    for label in shown:
        (value,) = values(results, (label.key,))
        tokens = NUMBER.findall(label.text)
        assert (
            "NR" in label.text
            if value is None
            else any(is_rounding(token, value) for token in tokens)
            or (
                len(label.text) > 20  # one line of a broken label: its number may stand on the next
            )
        )


def test_every_result_quoted_in_a_sentence_is_printed_in_it(printed: tuple[Document, Results]) -> None:
    made, results = printed
    quoting = [text for text in texts(made) if text.keys]
    assert quoting
    for text in quoting:
        tokens = NUMBER.findall(re.sub(r"([<>]) (?=\d)", r"\1", text.text))
        for value in values(results, text.keys):
            if value is None:
                assert "not reached" in text.text or "NR" in text.text
            elif value or "No patient" not in text.text:
                assert any(is_rounding(token, value) for token in tokens), (text.text, value)


def test_no_sentence_speaks_of_cause(printed: tuple[Document, Results]) -> None:
    made, _ = printed
    for text in texts(made):
        assert not CAUSAL.search(text.text), text.text


def test_tables_and_figures_are_numbered_in_reading_order(printed: tuple[Document, Results]) -> None:
    made, _ = printed
    names = [
        block.number for section in made.sections for block in section.blocks if hasattr(block, "number")
    ]
    for kind in ("Table", "Figure"):
        found = [name for name in names if name.startswith(kind)]
        assert found == [f"{kind} {place}" for place in range(1, len(found) + 1)]


def test_the_same_arguments_give_the_same_document(printed: tuple[Document, Results]) -> None:
    study, made = hand_results.protocol(), hand_results.results()
    assert document(study, made, (), {"calliper": "0"}) == document(study, made, (), {"calliper": "0"})
