"""What a study file may not say of an analysis of agreement, each mistake in its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import STUDY, load_text, mistakes_of

ENDPOINTS = """\
  other:
    kind: response
    label: Response, other reader
    criteria: mRECIST
    start: first_tace
    landmarks:
      month_3: {label: 3 months, visit: M3}
      week_4: {label: 4 weeks, day: 28, window: [21, 45]}
  third: {kind: response, label: Final, criteria: mRECIST, landmarks: {month_3: {label: Three, variable: best}}}
  apart: {kind: response, label: Apart, criteria: mRECIST, landmarks: {year_1: {label: One year, variable: best}}}
analyses:
"""
ANALYSIS = "  - {id: extra, kind: agreement, endpoints: [response, other], landmarks: [month_3], adjudicated: third}\n"


def with_analysis(line: str) -> str:
    text = STUDY.replace("analyses:\n", ENDPOINTS)
    return text.replace("published: published.yaml\n", f"{line}published: published.yaml\n")


def test_the_analysis_these_lines_break_has_no_mistake(tmp_path: Path) -> None:
    assert load_text(tmp_path, with_analysis(ANALYSIS)).protocol.analyses[-1].id == "extra"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "[response, other]", "[response, os]",
            "extra.endpoints[2]: found the time_to_event endpoint 'os'; expected a response endpoint",
            id="endpoint of another kind",
        ),
        pytest.param(
            "adjudicated: third", "adjudicated: thrid",
            "extra.adjudicated: found 'thrid'; expected the name of a response endpoint: response, other, third or "
            "apart (did you mean 'third'?)",
            id="unknown third",
        ),
        pytest.param(
            "[response, other]", "[response, response]",
            "extra.endpoints[2]: found 'response' a second time; expected it once",
            id="an endpoint with itself",
        ),
        pytest.param(
            "adjudicated: third", "adjudicated: other",
            "extra.adjudicated: found 'other', one of the two compared; expected a third endpoint",
            id="adjudicated by one of the two",
        ),
        pytest.param(
            "[month_3]", "[month_3, best]",
            "extra.landmarks[2]: found 'best'; expected a landmark of both 'response' and 'other': week_4 or month_3",
            id="landmark of one alone",
        ),
        pytest.param(
            "landmarks: [month_3], ", "",
            "extra.adjudicated: found no 'week_4' in 'third'; expected every landmark compared, or fewer landmarks:",
            id="the third lacks a landmark",
        ),
        pytest.param(
            "[response, other], landmarks: [month_3], adjudicated: third", "[response, apart]",
            "extra.endpoints: found no landmark that 'response' and 'apart' share; expected one of the same name in "
            "both",
            id="nothing shared",
        ),
        pytest.param(
            "[response, other]", "[response, other, third]",
            "extra.endpoints: found a list of 3; expected a list of 2",
            id="three endpoints",
        ),
    ],
)  # fmt: skip
def test_mistake(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert ANALYSIS.count(old) == 1
    (line,) = mistakes_of(tmp_path, with_analysis(ANALYSIS.replace(old, new)))
    assert line.partition(": analyses.")[2] == expected
