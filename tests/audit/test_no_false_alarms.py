"""A true paper is never accused: thousands of them, in every style of print; and planted slips are found."""

from __future__ import annotations

import numpy as np
import pytest

from audit import true_papers
from calliper.audit.paper.checks import check_paper
from calliper.audit.paper.findings import ACCUSING, Finding
from calliper.audit.paper.specs import Paper

STUDIES = 2_000


def found(doc: true_papers.Doc) -> tuple[Finding, ...]:
    return check_paper(Paper.model_validate(doc))


@pytest.mark.parametrize("seed", range(8))
def test_true_papers_are_not_accused(seed: int) -> None:
    draw = np.random.default_rng(seed)
    checked = 0
    for number in range(STUDIES // 8):
        doc = true_papers.paper(draw)
        findings = found(doc)
        checked += len(findings)
        against = [each for each in findings if each.verdict in (*ACCUSING, "rounding")]
        assert not against, (seed, number, against, [c for c in doc["claims"] if c["id"] == against[0].claim])
    assert checked > 25 * STUDIES // 8


@pytest.mark.parametrize("name", true_papers.PLANTED)
def test_a_planted_slip_is_found_in_most_papers(name: str) -> None:
    draw = np.random.default_rng(7)
    papers = [true_papers.planted(true_papers.paper(draw), name) for _ in range(40)]
    slips = [doc for doc in papers if doc is not None]
    assert len(slips) > 10
    seen = sum(any(each.verdict in ACCUSING for each in found(doc)) for doc in slips)
    assert seen >= len(slips) * 0.3, f"{seen} of {len(slips)}"
