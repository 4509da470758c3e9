"""How many planted slips the audit of printed numbers finds, kind by kind; and that true papers are not accused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from audit import true_papers
from calliper.audit.paper.checks import check_paper
from calliper.audit.paper.findings import ACCUSING
from calliper.audit.paper.specs import Paper


def is_accused(doc: true_papers.Doc) -> bool:
    """Whether any number of a paper is called inconsistent or impossible."""
    return any(each.verdict in ACCUSING for each in check_paper(Paper.model_validate(doc)))


def print_power(papers: int, seed: int = 2026) -> int:
    """Print the share found of each kind of slip, one planted a paper; the number of true papers that are accused."""
    draw = np.random.default_rng(seed)
    docs = [true_papers.paper(draw) for _ in range(papers)]
    accused = sum(map(is_accused, docs))
    print(f"\n## Audit of printed numbers\n\n{papers:,} true papers: {accused} accused.\n")
    print(f"| {'one slip planted a paper':<40} | papers | found |\n|{'-' * 42}|-------:|------:|")
    for name in true_papers.PLANTED:
        slips = [slip for doc in docs if (slip := true_papers.planted(doc, name)) is not None]
        found = sum(map(is_accused, slips))
        print(f"| {name:<40} | {len(slips):>6,} | {100 * found / max(len(slips), 1):>4.0f}% |")
    return accused
