"""What an analysis of subgroups may name, and what the options of survival curves may be."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.analysis_specs import SubgroupsAnalysis, SurvivalAnalysis
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import CATEGORIES, Scope, each_once


def check_subgroups(scope: Scope, path: Path, spec: SubgroupsAnalysis) -> Iterator[Fault]:
    """There are arms to compare; the factors are categories, each once; words are for one of them."""
    if not scope.lacks("arms") and len(scope.protocol.arms.groups) < 2:
        yield Fault((*path, "kind"), "found subgroups with one arm; expected two arms or more to compare")
    yield from each_once((*path, "factors"), spec.factors)
    for position, name in enumerate(spec.factors):
        at: Path = (*path, "factors", position)
        if name == "arm":
            yield Fault(
                at, "found 'arm', which is compared within the subgroups; expected a category variable"
            )
        else:
            yield from scope.variable(at, name, CATEGORIES, "a category variable")
    for name in spec.labels:
        yield from scope.known((*path, "labels", name), name, spec.factors, "one of this analysis' factors")


def check_curves(path: Path, spec: SurvivalAnalysis) -> Iterator[Fault]:
    """The restricted mean has a time, and a curve stops below a share or a whole number of patients."""
    if spec.rmst is not None and not spec.rmst > 0:
        yield Fault((*path, "rmst"), f"found {spec.rmst:g}; expected a time above 0")
    held = spec.stop_below
    if held is not None and not (0 < held < 1 or (held >= 1 and held == int(held))):
        words = "expected a whole number of patients, or a share of the group between 0 and 1"
        yield Fault((*path, "stop_below"), f"found {held:g}; {words}")
    yield from each_once((*path, "under_axis"), spec.under_axis)
