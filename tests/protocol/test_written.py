"""The text of a study file: encodings, YAML that cannot be read, values as typed, lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from calliper.errors import ProtocolError
from calliper.protocol.load import load
from calliper.protocol.written import MAX_BYTES, Written, parse_yaml
from protocol.study_text import STUDY, changed, load_text, mistakes_of


def written(text: str) -> Written:
    whole, mistakes = parse_yaml(text, file="study.yaml")
    assert not mistakes
    return whole


# --- values: the YAML 1.2 core schema (yaml.org/spec/1.2.2, section 10.3.2), and nothing more


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("007", 7),
        ("0o14", 12),
        ("0xFF", 255),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("Y", "Y"),
        ("2020-06-30", "2020-06-30"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 1", "1"),
        ("≤3", "≤3"),
    ],
)
def test_plain_value(typed: str, value: object) -> None:
    held = written(f"key: {typed}\n").plain()["key"]
    assert held == value
    assert type(held) is type(value)


def test_number_keeps_its_text() -> None:
    whole = written("{version: 3.0, code: 007, 1: a, 08: b}")
    assert whole.value is not None
    texts = {key: child.text for key in ("version", "code") if (child := whole.child(key)) is not None}
    assert texts == {"version": "3.0", "code": "007"}
    assert list(whole.plain()) == ["version", "code", "1", "08"]


def test_lines_of_keys_items_and_what_is_absent() -> None:
    whole = written("a:\n  b: [1,\n      2]\n  c: |\n    text\n  d:\n    - e: 1\n    - f: 2\n")
    assert whole.line_of(("a", "b")) == 2
    assert whole.line_of(("a", "b", 1)) == 3
    assert whole.line_of(("a", "c")) == 4
    assert whole.line_of(("a", "d", 1, "f")) == 8
    assert whole.line_of(("a", "d", 1, "not_there", "below")) == 8
    assert whole.line_of(("nowhere",)) == 1


def test_aliases_are_followed() -> None:
    whole = written("base: &base {x: 1}\nother: *base\n")
    assert whole.plain() == {"base": {"x": 1}, "other": {"x": 1}}


# --- encodings


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    plain = load_text(tmp_path, STUDY)
    windows = load_text(tmp_path, b"\xef\xbb\xbf" + STUDY.replace("\n", "\r\n").encode())
    assert windows.protocol == plain.protocol
    assert windows.sha256 != plain.sha256


def test_line_numbers_with_windows_line_ends(tmp_path: Path) -> None:
    text = changed("reference: control", "reference: contrl").replace("\n", "\r\n")
    assert mistakes_of(tmp_path, text) == [
        "study.yaml:57: arms.reference: found 'contrl'; expected the name of an arm: combination or control "
        "(did you mean 'control'?)"
    ]


def test_latin_1_is_told_with_its_line(tmp_path: Path) -> None:
    text = STUDY.replace("A study of everything", "A study of the café").encode("latin-1")
    assert mistakes_of(tmp_path, text) == [
        "study.yaml:3: found the byte 0xe9, which is not UTF-8; save the file as UTF-8"
    ]


# --- text that cannot be read


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "1: found an empty file; expected a mapping that begins `calliper: 1`"),
        ("# only a comment\n", "1: found an empty file; expected a mapping that begins `calliper: 1`"),
        ("- a\n- b\n", "1: found a list of 2; expected a mapping (key: value)"),
        ("just text\n", "1: found 'just text'; expected a mapping (key: value)"),
        ("a:\n\tb: 1\n", "2: column 1: found a tab; expected spaces (YAML does not allow tabs before text)"),
        (
            "a: b: c\n",
            "1: column 5: found a second ': ' in one value; expected one (put text that holds ': ' "
            "in quotes)",
        ),
        ("a: [1, 2\n", "2: column 1: found the end of the file; expected ',' or ']'"),
        ('a: "text\n', "2: column 1: found the end of the file; expected a closing quote or bracket"),
        ("a: @b\n", "1: column 4: found character '@'; expected text that begins so in quotes"),
        ("a: 1\n---\nb: 2\n", "2: found a second document after ---; expected one study in a file"),
        ("a: !python/object:os.system x\n", "1: found the tag '!python/object:os.system'; expected no tags"),
        ("a: .inf\n", "1: found .inf; expected a finite number"),
        ("a: 1e999\n", "1: found 1e999; expected a finite number"),
        ("a: *b\n", "1: found *b; expected an anchor (&name) written above it and complete"),
        ("a: &a [*a]\n", "1: found *a; expected an anchor (&name) written above it and complete"),
        ("? [a]\n: b\n", "1: found a list of 1 as a key; expected text"),
        ("a: \x01\n", "1: found the control character U+0001; expected plain text"),
        ("a: " + "[" * 5000, "1: found values nested very deep; expected at most 40 levels"),
    ],
)
def test_text_that_cannot_be_read(text: str, line: str, tmp_path: Path) -> None:
    assert mistakes_of(tmp_path, text) == [f"study.yaml:{line}"]


def test_a_small_file_cannot_become_a_large_one(tmp_path: Path) -> None:
    levels = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    (line,) = mistakes_of(tmp_path, "\n".join(levels))
    assert line.startswith("study.yaml:4: found more than 10,000 values")


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path, b"#" * (MAX_BYTES + 1)) == [
        "study.yaml:1: found more than 1,000,000 bytes; expected a smaller study file"
    ]


def test_several_duplicate_keys_come_at_once(tmp_path: Path) -> None:
    text = changed(
        "    short: OS\n    unit: months\n    start",
        "    short: OS\n    short: O\n    unit: months\n    start",
    )
    text = text.replace("  column: Arm\n", "  column: Arm\n  column: Group\n")
    assert mistakes_of(tmp_path, text) == [
        "study.yaml:54: found the key 'column' twice (first on line 53); expected it once",
        "study.yaml:67: found the key 'short' twice (first on line 66); expected it once",
    ]


def test_the_same_code_typed_in_two_ways_is_a_duplicate(tmp_path: Path) -> None:
    text = changed("codes: {1: Male, 2: Female}", 'codes: {1: Male, "1": Female}')
    assert mistakes_of(tmp_path, text) == [
        "study.yaml:32: found the key '1' twice (first on line 32); expected it once"
    ]


# --- files


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match=r"study\.yaml: found no such file; expected a study file"):
        load(tmp_path / "study.yaml")


def test_a_folder_that_holds_a_study(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    with pytest.raises(ProtocolError, match=r"found a folder; .* \(did you mean the study.yaml in it\?\)"):
        load(tmp_path)


def test_loaded_names_its_folder_and_hash(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, b"calliper: 1\n" + STUDY.removeprefix("calliper: 1\n").encode())
    assert loaded.folder == tmp_path
    assert loaded.path == tmp_path / "study.yaml"
    assert len(loaded.sha256) == 64


# --- whole numbers and a version are taken as typed where text is expected


def test_whole_numbers_as_codes_values_and_parameters(tmp_path: Path) -> None:
    protocol = load_text(tmp_path, changed("codes: {1: Male, 2: Female}", "codes: {01: 1, 002: 2}")).protocol
    sex = protocol.variables["sex"]
    assert sex.type == "category"
    assert sex.codes == {"01": "1", "002": "2"}
    assert protocol.arms.groups["combination"].values == ("1",)
    assert protocol.data.patients.files[1].keep == {"Phase": ("2", "III")}
    assert protocol.reading.missing == ("NA", "-")
    assert protocol.reading.event_codes == {"0": 0, "1": 1}
    listed, harm = protocol.endpoints["listed"], protocol.endpoints["harm"]
    assert listed.kind == "time_to_event"
    assert listed.recorded is not None
    assert listed.recorded.parameter == "1"
    assert harm.kind == "toxicity"
    assert harm.version == "3.0"


@pytest.mark.parametrize(
    ("typed", "found"),
    [("\\e[31mred", "U+001B"), ("a\\0b", "U+0000"), ("\\ud800", "U+D800"), ("\\x85", "U+0085")],
)
def test_a_character_that_is_no_text_is_refused_on_its_line(tmp_path: Path, typed: str, found: str) -> None:
    text = changed("title: A study of everything", f'title: "{typed}"')
    assert mistakes_of(tmp_path, text) == [
        f"study.yaml:3: found the control character {found}; expected plain text"
    ]


def test_a_key_that_is_no_text_is_refused_too(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path, '"\\e[31mcalliper": 1\n') == [
        "study.yaml:1: found the control character U+001B; expected plain text"
    ]


def test_a_missing_study_file_names_the_one_that_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "liver.yml").write_text(STUDY, encoding="utf-8")
    lines = {
        "stduy.yaml": "found no such file; expected a study file (did you mean 'study.yaml'?)",
        "x": "found no such file; expected a study file (its folder holds liver.yml or study.yaml)",
        "deep/study.yaml": f"found no such file; expected a study file (there is no folder {tmp_path / 'deep'})",
    }
    for name, line in lines.items():
        with pytest.raises(ProtocolError) as held:
            load(tmp_path / name)
        assert held.value.mistakes == (f"{tmp_path / name}: {line}",)


def test_what_is_no_text_file_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(ProtocolError, match="found a workbook or a zip; expected a study file"):
        load(tmp_path / "book.xlsx")
    with pytest.raises(ProtocolError, match="found a file that cannot be read"):
        load(tmp_path / ("x" * 300))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes as POSIX has them")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "study.yaml")
    with pytest.raises(ProtocolError, match="found a device or a pipe"):
        load(tmp_path / "study.yaml")
