"""The spider figure."""

from __future__ import annotations

from calliper.blocks import Figure
from calliper.protocol.specs import CoursesAnalysis, Protocol
from calliper.results import Results


def spider_figure(spec: CoursesAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """None where no patient has a change of the tumour."""
    return None
