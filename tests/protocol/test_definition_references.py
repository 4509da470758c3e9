"""An analysis of definitions: every way in which what it sets side by side does not fit, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.protocol.definitions import Definition, rate_definitions, time_definitions
from calliper.protocol.specs import DefinitionsAnalysis
from protocol.study_text import STUDY, load_text, mistakes_of

END = "published: published.yaml\n"
LINE = STUDY[: STUDY.index(END)].count("\n") + 1
"""The line on which the analysis stands that a test adds."""
HEIR = (
    "  open: {like: progression, label: Open, short: O, competing: null, assessments: {max_gap_days: null}}\n"
)
HARM = "  harm:\n    kind: toxicity\n"


def with_grid(keys: str, *, endpoints: str = HEIR) -> str:
    text = STUDY.replace(END, f"  - {{id: grid, kind: definitions, {keys}}}\n{END}")
    return text.replace(HARM, endpoints + HARM)


def lines(text: str, tmp_path: Path, *, line: int = LINE + 1) -> list[str]:
    """The mistakes on the analysis' line, without its place."""
    start = f"study.yaml:{line}: analyses.grid."
    return [found.removeprefix(start) for found in mistakes_of(tmp_path, text) if found.startswith(start)]


def test_a_grid_without_mistakes(tmp_path: Path) -> None:
    text = with_grid("endpoints: [open, progression, response], landmarks: [best, week_4], rates: [ORR]")
    protocol = load_text(tmp_path, text).protocol
    spec = protocol.analyses[-1]
    assert isinstance(spec, DefinitionsAnalysis)
    assert time_definitions(spec, protocol) == (
        Definition("open", "hazard"),
        Definition("progression", "hazard", "event"),
        Definition("progression", "incidence", "event"),
    )
    assert [(one.variable, one.population) for one in rate_definitions(spec, protocol, "ORR")] == [
        ("response best", "evaluable"),
        ("response best", "all"),
        ("response week_4", "evaluable"),
        ("response week_4", "all"),
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("endpoints: [open, progresion]", ["endpoints[2]: found 'progresion'; expected the name of a time_to_event or "
                                           "response endpoint"]),
        ("endpoints: [open, harm]", ["endpoints[2]: found the toxicity endpoint 'harm'; expected a time_to_event or "
                                     "response endpoint"]),
        ("endpoints: [open, progression, open]", ["endpoints[3]: found 'open' a second time; expected it once"]),
        ("endpoints: [open]",
         ["endpoints: found one definition of a time to an event; expected another, to set beside it"]),
        ("endpoints: [response], landmarks: [best], denominators: [all]",
         ["endpoints: found one definition of response; expected another endpoint, landmark or denominator beside it"]),
        ("endpoints: [open, os]", ["endpoints[2]: found 'os' in months; expected days, as the first definition has"]),
        ("endpoints: [os, recorded, listed]",
         ["endpoints[3]: found 'listed' in days; expected months, as the first definition has",
          "endpoints[3]: found 'listed', which has the label of 'recorded'; expected a label of its own"]),
        ("endpoints: [open, progression], landmarks: [best]",
         ["landmarks: found landmarks without a response endpoint; expected one among the endpoints"]),
        ("endpoints: [response], landmarks: [best, week4]",
         ["landmarks[2]: found 'week4'; expected a landmark of 'response': week_4, month_3 or best (did you mean "
          "'week_4'?)"]),
        ("endpoints: [open, progression], rates: [ORR, OR]",
         ["rates[2]: found 'OR'; expected ORR or DCR (did you mean 'ORR'?)"]),
        ("endpoints: [open, progression], rates: []", ["rates: found an empty list; expected at least 1 entry"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(keys: str, expected: list[str], tmp_path: Path) -> None:
    found = lines(with_grid(keys), tmp_path)
    assert len(found) == len(expected)
    for line, words in zip(found, expected, strict=True):
        assert line.startswith(words)


def test_two_events_in_the_same_words(tmp_path: Path) -> None:
    heir = HEIR.replace("competing: null", "competing: [{date: death, name: death, reason: events}]")
    (line,) = lines(with_grid("endpoints: [open, progression]", endpoints=heir), tmp_path)
    assert line.startswith("endpoints[1]: found two events of 'open' in the same words")


def test_a_study_of_one_arm_has_nothing_to_compare(tmp_path: Path) -> None:
    text = with_grid("endpoints: [open, progression]").replace(
        "    combination: {label: Combination, values: [1]}\n", ""
    )
    (line,) = lines(text, tmp_path, line=LINE)
    assert line == (
        "kind: found a study of one arm; expected two or more, as the comparison of arms is what is looked at"
    )


def test_an_endpoint_with_a_mistake_of_its_own_is_not_held_against_the_grid(tmp_path: Path) -> None:
    text = with_grid(
        "endpoints: [open, progression]", endpoints=HEIR.replace("like: progression", "like: nothing")
    )
    assert lines(text, tmp_path) == []
