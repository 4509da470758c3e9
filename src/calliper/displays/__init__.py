"""Results to blocks: every printed number is looked up by key and rounded by displays/numbers.py; none is
computed.

`DISPLAY` has the displays of each kind of analysis; document.py puts them in order and numbers them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..blocks import Block
from ..protocol import specs
from ..protocol.specs import Protocol
from ..results import Results
from .figures.forest import forest_figure
from .figures.kaplan_meier import kaplan_meier_figure
from .narrative import results as told
from .tables.baseline import baseline_table
from .tables.cox import cox_table
from .tables.response import response_table
from .tables.safety import safety_table
from .tables.survival import survival_table

Display = Callable[[Any, Protocol, Results], tuple[Block, ...]]


def display_baseline(spec: specs.BaselineAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """The baseline table."""
    return (baseline_table(spec, protocol, results),)


def display_response(spec: specs.ResponseAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Response in words, and the table."""
    return (*told.response(spec, protocol, results), response_table(spec, protocol, results))


def display_survival(spec: specs.SurvivalAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Survival in words, the curves, and the table."""
    figure = (kaplan_meier_figure(spec, protocol, results),) if spec.figure else ()
    return (*told.survival(spec, protocol, results), *figure, survival_table(spec, protocol, results))


def display_cox(spec: specs.CoxAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Prognosis in words, the table, and the forest plot."""
    figure = forest_figure(spec, protocol, results)
    table = cox_table(spec, protocol, results)
    return (*told.prognosis(spec, protocol, results), table, *((figure,) if figure is not None else ()))


def display_safety(spec: specs.SafetyAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Severe events in words, and the table."""
    return (*told.safety(spec, protocol, results), safety_table(spec, protocol, results))


DISPLAY: dict[type[specs.AnalysisSpec], Display] = {
    specs.BaselineAnalysis: display_baseline,
    specs.ResponseAnalysis: display_response,
    specs.SurvivalAnalysis: display_survival,
    specs.CoxAnalysis: display_cox,
    specs.SafetyAnalysis: display_safety,
}
