"""What a study file may not say of the courses of single patients, each mistake in its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import STUDY, load_text, mistakes_of

ANALYSIS = "  - {id: extra, kind: courses, response: response, follow_up: os, figures: [waterfall, spider]}\n"


def with_analysis(line: str, study: str = STUDY) -> str:
    return study.replace("published: published.yaml\n", f"{line}published: published.yaml\n")


@pytest.mark.parametrize(
    "line",
    [
        ANALYSIS,
        "  - {id: extra, kind: courses, response: response}\n",
        # a recorded time has no start to hold against that of the response
        "  - {id: extra, kind: courses, response: response, follow_up: recorded}\n",
    ],
)
def test_the_analysis_these_lines_break_has_no_mistake(line: str, tmp_path: Path) -> None:
    assert load_text(tmp_path, with_analysis(line)).protocol.analyses[-1].id == "extra"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "response: response", "response: os",
            "extra.response: found the time_to_event endpoint 'os'; expected a response endpoint",
            id="response of another kind",
        ),
        pytest.param(
            "response: response", "response: responce",
            "extra.response: found 'responce'; expected the name of a response endpoint: response (did you mean "
            "'response'?)",
            id="unknown response",
        ),
        pytest.param(
            "follow_up: os", "follow_up: harm",
            "extra.follow_up: found the toxicity endpoint 'harm'; expected a time_to_event endpoint",
            id="follow-up of another kind",
        ),
        pytest.param(
            "follow_up: os", "follow_up: progression",
            "extra.follow_up: found 'progression', whose counted_from moves day 0; expected an endpoint without it",
            id="follow-up from another day 0",
        ),
        pytest.param(
            "follow_up: os", "treatments: os",
            "extra.treatments: found the time_to_event endpoint 'os'; expected a treatments endpoint",
            id="treatments of another kind",
        ),
        pytest.param(
            "[waterfall, spider]", "[waterfall, spider, waterfall]",
            "extra.figures[3]: found 'waterfall' a second time; expected it once",
            id="figure twice",
        ),
        pytest.param(
            "[waterfall, spider]", "[watterfall]",
            "extra.figures[1]: found 'watterfall'; expected waterfall, spider or swimmer (did you mean "
            "'waterfall'?)",
            id="unknown figure",
        ),
    ],
)  # fmt: skip
def test_mistake(old: str, new: str, expected: str, tmp_path: Path) -> None:
    assert ANALYSIS.count(old) == 1
    (found,) = mistakes_of(tmp_path, with_analysis(ANALYSIS.replace(old, new)))
    assert found.split(": analyses.", maxsplit=1)[1] == expected


def test_follow_up_from_another_start(tmp_path: Path) -> None:
    text = STUDY.replace("    unit: months\n    start: first_tace", "    unit: months\n    start: death")
    (found,) = mistakes_of(tmp_path, with_analysis(ANALYSIS, text))
    assert found.split(": analyses.", maxsplit=1)[1] == (
        "extra.follow_up: found 'os', which starts at death; expected an endpoint from first_tace, as 'response' is"
    )


def test_a_response_without_a_start(tmp_path: Path) -> None:
    text = STUDY.replace(
        "    start: first_tace\n    landmarks:\n      week_4: {label: 4 weeks, day: 28, window: [21, 45]}\n",
        "    landmarks:\n      week_4: {label: 4 weeks, visit: W4}\n",
    )
    text = text.replace(
        "assessments: {adequate: [CR, PD], response: response,", "assessments: {adequate: [CR, PD],"
    )
    (found,) = mistakes_of(tmp_path, with_analysis(ANALYSIS, text))
    assert found.split(": analyses.", maxsplit=1)[1] == (
        "extra.response: found 'response', which has no start; expected a response endpoint with start:"
    )
