"""Endpoints written as others with changes: what is taken over, and every way in which it cannot be, with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.protocol.inherit import inherit
from calliper.protocol.schema import schema
from calliper.protocol.specs import TimeToEvent
from calliper.protocol.written import MAX_VALUES, parse_yaml
from protocol.study_text import STUDY, load_text, mistakes_of

BEFORE = "  harm:\n    kind: toxicity\n"
FIRST = STUDY[: STUDY.index(BEFORE)].count("\n") + 1
"""The line on which entries stand that a test adds."""


def with_entries(*entries: str, old: str = "", new: str = "") -> str:
    """The study with entries among its endpoints, one a line, and one piece of its text replaced."""
    text = STUDY.replace(BEFORE, "".join(f"  {entry}\n" for entry in entries) + BEFORE)
    assert not old or text.count(old) == 1
    return text.replace(old, new) if old else text


def line_of(piece: str, text: str = STUDY) -> int:
    assert text.count(piece) == 1
    return text[: text.index(piece)].count("\n") + 1


def merged(text: str, name: str) -> Any:
    whole, _ = parse_yaml(text, file="study.yaml")
    held = inherit(whole).whole.at(("endpoints", name))
    return None if held is None else held.plain()


def test_every_key_is_taken_over_and_those_given_replace(tmp_path: Path) -> None:
    text = with_entries("open: {like: progression, label: Open, short: O, assessments: {max_gap_days: null}}")
    endpoints = load_text(tmp_path, text).protocol.endpoints
    base, heir = endpoints["progression"], endpoints["open"]
    assert isinstance(base, TimeToEvent)
    assert isinstance(heir, TimeToEvent)
    assert base.assessments is not None
    assert heir.assessments is not None
    assert (base.assessments.max_gap_days, heir.assessments.max_gap_days) == (98, None)
    changed = {
        "label": "Open",
        "short": "O",
        "assessments": base.assessments.model_copy(update={"max_gap_days": None}),
    }
    assert heir == base.model_copy(update=changed)


def test_mappings_merge_lists_and_values_replace_and_null_takes_away() -> None:
    text = """\
endpoints:
  base: {kind: k, a: {b: {c: 1, d: [1, 2]}, e: 5}, f: [1, 2, 3], g: 7, h: {i: 1}}
  heir: {like: base, a: {b: {d: [9]}, e: null}, f: [], g: {j: 1}, h: null, new: null}
  next: {like: heir, a: {b: {c: 2}}}
"""
    assert merged(text, "heir") == {
        "kind": "k", "a": {"b": {"c": 1, "d": [9]}}, "f": [], "g": {"j": 1}, "new": None,
    }  # fmt: skip
    assert merged(text, "next") == {**merged(text, "heir"), "a": {"b": {"c": 2, "d": [9]}}}
    assert merged(text, "base")["a"] == {"b": {"c": 1, "d": [1, 2]}, "e": 5}


def test_an_entry_may_stand_above_the_one_it_is_like(tmp_path: Path) -> None:
    text = with_entries().replace("endpoints:\n  os:", "endpoints:\n  early: {like: os, label: Early}\n  os:")
    endpoints = load_text(tmp_path, text).protocol.endpoints
    assert list(endpoints)[:2] == ["early", "os"]
    assert endpoints["early"] == endpoints["os"].model_copy(update={"label": "Early"})


@pytest.mark.parametrize(
    ("entries", "lines"),
    [
        (
            ["a: {like: progresion, label: A}"],
            ["{0}: endpoints.a.like: found 'progresion'; expected the name of another endpoint (did you mean "
             "'progression'?)"],
        ),
        (
            ["a: {like: [os], label: A}", "b: {like: null, label: B}"],
            ["{0}: endpoints.a.like: found a list of 1; expected the name of another endpoint",
             "{1}: endpoints.b.like: found nothing; expected the name of another endpoint"],
        ),
        (
            ["a: {like: b}", "b: {like: a}", "c: {like: c}", "d: {like: a}"],
            ["{1}: endpoints.b.like: found 'a', in a circle (a like b like a); expected an endpoint written out at its "
             "end",
             "{2}: endpoints.c.like: found 'c', in a circle (c like c); expected an endpoint written out at its end"],
        ),
        (
            ["a: {like: os, kind: response, label: A}"],
            ["{0}: endpoints.a.kind: found the kind 'response', but 'os' is of the kind 'time_to_event'; expected the "
             "same, or no kind here"],
        ),
        (
            ["a: 7", "b: {like: a}"],
            ["{0}: endpoints.a: found 7; expected a mapping (key: value)",
             "{1}: endpoints.b.like: found 'a', which is no mapping; expected the name of an endpoint with keys to "
             "take over"],
        ),
        (
            ["a: {like: os, label: null}", "b: {like: os, starts: null}"],
            ["{0}: endpoints.a.label: found nothing; expected text",
             "{1}: endpoints.b.starts: found the key 'starts'; expected "],
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_is_told_with_its_line(
    entries: list[str], lines: list[str], tmp_path: Path
) -> None:
    found = mistakes_of(tmp_path, with_entries(*entries))
    at = [str(FIRST + place) for place in range(len(entries))]
    assert len(found) == len(lines)
    for line, expected in zip(found, lines, strict=True):
        assert line.startswith("study.yaml:" + expected.format(*at))


def test_a_mistake_of_the_original_is_told_once(tmp_path: Path) -> None:
    old = "    counted_from: {first: responses,"
    text = with_entries(
        "a: {like: progression, label: A}", "b: {like: a, label: B}", old=old, new=old[:-1] + "s,"
    )
    (line,) = mistakes_of(tmp_path, text)
    assert line.startswith(
        f"study.yaml:{line_of(old)}: endpoints.progression.counted_from.first: found 'responsess'"
    )


def test_a_key_that_is_a_mistake_only_through_an_entry_names_both(tmp_path: Path) -> None:
    entries = ("a: {like: response, label: A, lesions: {rules: mRECIST_2010}}", "b: {like: a, label: B}")
    found = mistakes_of(tmp_path, with_entries(*entries))
    best = "      best: {label: Best, variable: best}"
    assert (
        f"study.yaml:{line_of(best)}: endpoints.a.landmarks.best (taken over from response): found a recorded "
        "response; expected day, visit or best, as lesions: derives it"
    ) in found
    assert not any("endpoints.b" in line for line in found)


def test_a_mistake_written_again_is_told_again(tmp_path: Path) -> None:
    old = "    kind: time_to_event\n    label: Overall survival\n    short: OS\n    unit: months\n    start: first_tace"
    text = with_entries("a: {like: os, label: A, start: first_tce}", old=old, new=old[:-3] + "ce")
    found = mistakes_of(tmp_path, text)
    assert [line.split(": ")[1] for line in found] == ["endpoints.os.start", "endpoints.a.start"]
    assert [int(line.split(":")[1]) for line in found] == [line_of(old) + 4, FIRST]


def test_names_of_an_entry_left_out_are_not_held_against_others(tmp_path: Path) -> None:
    text = with_entries("a: {like: nothing, label: A}").replace(
        "{id: os, kind: survival, endpoint: os,", "{id: os, kind: survival, endpoint: a,"
    )
    (line,) = mistakes_of(tmp_path, text)
    assert line.startswith(f"study.yaml:{FIRST}: endpoints.a.like: found 'nothing'")


def test_a_chain_is_followed_however_long_and_in_any_order() -> None:
    links = [f"  e{at}: {{like: e{at + 1}, own: {at}}}\n" for at in range(1200)]
    for lines in ([*links, "  e1200: {kind: k}\n"], ["  e1200: {kind: k}\n", *reversed(links)]):
        text = "".join(["endpoints:\n", *lines])
        assert merged(text, "e0") == {"kind": "k", "own": 0}
        assert merged(text, "e1199") == {"kind": "k", "own": 1199}


def test_a_small_file_cannot_become_a_large_one(tmp_path: Path) -> None:
    terms = ", ".join(f"t{at}: {{label: T, values: [T]}}" for at in range(400))
    many = [f"e{at}: {{like: large}}" for at in range(20)]
    large = f"large: {{kind: toxicity, label: L, dictionary: D, version: V, terms: {{{terms}}}}}"
    (line,) = mistakes_of(tmp_path, with_entries(large, *many))
    assert f"found more than {MAX_VALUES:,} values, with those taken over" in line


LEAVES = st.one_of(st.none(), st.integers(0, 3), st.lists(st.integers(0, 3), max_size=2))
TREES = st.recursive(
    LEAVES, lambda held: st.dictionaries(st.sampled_from("abcd"), held, max_size=3), max_leaves=8
)
MAPPINGS = st.dictionaries(st.sampled_from("abcd"), TREES, max_size=4)


def twin(theirs: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any]:
    """The rule of docs/study_file.md, on plain values."""
    both = {key: value for key, value in theirs.items() if key not in mine}
    for key, value in mine.items():
        if isinstance(value, dict) and isinstance(theirs.get(key), dict):
            both[key] = twin(theirs[key], value)
        elif value is not None or theirs.get(key) is None:
            both[key] = value
    return both


@given(MAPPINGS, MAPPINGS, MAPPINGS)
def test_any_mappings_merge_as_the_rule_says(
    one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]
) -> None:
    entries = {"x": one, "y": {"like": "x", **two}, "z": {"like": "y", **three}}
    text = json.dumps({"calliper": 1, "endpoints": entries})
    assert merged(text, "y") == twin(one, two)
    assert merged(text, "z") == twin(twin(one, two), three)


def test_the_schema_takes_an_entry_with_like() -> None:
    made = schema()
    (held,) = made["properties"]["endpoints"]["patternProperties"].values()
    assert {"$ref": "#/$defs/Like"} in held["anyOf"]
    like = made["$defs"]["Like"]
    assert like["required"] == ["like"]
    assert {"like", "assessments", "landmarks", "terms"} <= set(like["properties"])
    assert like["additionalProperties"] is False
