"""What a study file may not say of an analysis of competing risks, each mistake in its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import STUDY, changed, load_text, mistakes_of

ANALYSIS = "  - {id: extra, kind: competing_risks, endpoint: caused, at: [6]}\n"


def with_analysis(line: str) -> str:
    return STUDY.replace("published: published.yaml\n", f"{line}published: published.yaml\n")


def test_the_analysis_these_lines_break_has_no_mistake(tmp_path: Path) -> None:
    assert load_text(tmp_path, with_analysis(ANALYSIS)).protocol.analyses[-1].id == "extra"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "endpoint: caused", "endpoint: recorded",
            "extra.endpoint: found 'recorded', which has no competing events; expected an endpoint with competing: or "
            "with recorded: causes",
            id="no competing event",
        ),
        pytest.param(
            "endpoint: caused", "endpoint: response",
            "extra.endpoint: found the response endpoint 'response'; expected a time_to_event endpoint",
            id="endpoint of another kind",
        ),
        pytest.param(
            "at: [6]", "at: [6, -1]", "extra.at[2]: found -1; expected a time of at least 0", id="negative time"
        ),
        pytest.param(
            "at: [6]", "adjust: [age, arm]",
            "extra.adjust[2]: found 'arm', whose groups are compared; expected other factors",
            id="adjusted for the groups themselves",
        ),
        pytest.param(
            "at: [6]", "by: stage, adjust: [arm, stage]",
            "extra.adjust[2]: found 'stage', whose groups are compared; expected other factors",
            id="adjusted for by",
        ),
        pytest.param(
            "at: [6]", "adjust: [agee]",
            "extra.adjust[1]: found 'agee'; expected the name of a number or category variable (did you mean 'age'?)",
            id="unknown factor",
        ),
        pytest.param(
            "at: [6]", "fine_gray: crr",
            "extra.fine_gray: found 'crr'; expected cmprsk or survival",
            id="unknown program",
        ),
    ],
)  # fmt: skip
def test_mistake(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = with_analysis(ANALYSIS.replace(old, new))
    (line,) = mistakes_of(tmp_path, text)
    assert line.partition(": analyses.")[2] == expected


def test_two_events_in_the_same_words(tmp_path: Path) -> None:
    """Without an event_label the endpoint's own event is `events`, and a competing one may not be called so too."""
    (line,) = mistakes_of(tmp_path, changed("PD: other_death}", "PD: events}"))
    assert "found two events of 'caused' in the same words; expected words of its own for each" in line
