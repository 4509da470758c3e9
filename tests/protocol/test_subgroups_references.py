"""What a study file may not say of subgroups, restricted means and the options of curves."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import STUDY, load_text, mistakes_of

SUBGROUPS = (
    "  - {id: extra, kind: subgroups, endpoint: recorded, factors: [sex, size_group], labels: {sex: Sex}}\n"
)
CURVES = (
    "  - {id: extra, kind: survival, endpoint: recorded, rmst: 12, stop_below: 0.1, under_axis: [events]}\n"
)


def with_analysis(line: str) -> str:
    return STUDY.replace("published: published.yaml\n", f"{line}published: published.yaml\n")


@pytest.mark.parametrize("line", [SUBGROUPS, CURVES])
def test_the_analysis_these_lines_break_has_no_mistake(tmp_path: Path, line: str) -> None:
    assert load_text(tmp_path, with_analysis(line)).protocol.analyses[-1].id == "extra"


@pytest.mark.parametrize(
    ("line", "old", "new", "expected"),
    [
        (SUBGROUPS, "[sex, size_group]", "[sex, age]", "extra.factors[2]: found the number 'age'; expected the name"),
        (SUBGROUPS, "[sex, size_group]", "[sex, sex]", "extra.factors[2]: found 'sex' a second time; expected it once"),
        (SUBGROUPS, "[sex, size_group]", "[sex, arm]", "extra.factors[2]: found 'arm', which is compared within"),
        (SUBGROUPS, "{sex: Sex}", "{stage: Stage}", "extra.labels.stage: found 'stage'; expected one of this"),
        (SUBGROUPS, "endpoint: recorded", "endpoint: response", "found the response endpoint 'response'; expected a"),
        (CURVES, "rmst: 12", "rmst: 0", "extra.rmst: found 0; expected a time above 0"),
        (CURVES, "stop_below: 0.1", "stop_below: 2.5", "extra.stop_below: found 2.5; expected a whole number"),
        (CURVES, "stop_below: 0.1", "stop_below: 0", "extra.stop_below: found 0; expected a whole number of patients"),
        (CURVES, "[events]", "[events, events]", "extra.under_axis[2]: found 'events' a second time"),
    ],
)  # fmt: skip
def test_a_mistake_is_said(tmp_path: Path, line: str, old: str, new: str, expected: str) -> None:
    mistakes = mistakes_of(tmp_path, with_analysis(line.replace(old, new)))
    assert any(expected in mistake for mistake in mistakes), mistakes
