"""What the sentences of the Methods section are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeVar

from calliper.displays import numbers
from calliper.displays.numbers import Forms
from calliper.protocol import specs
from calliper.protocol.specs import Protocol
from calliper.records.tables import Problem
from calliper.results import Results

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Facts:
    """A study, its results and problems, the software, and the keys of the results that the report shows."""

    protocol: Protocol
    results: Results
    versions: Mapping[str, str] = field(default_factory=dict)
    printed: Set[str] = frozenset()
    problems: Sequence[Problem] = ()

    @property
    def forms(self) -> Forms:
        """The forms of numbers."""
        return numbers.forms(self.protocol)

    def endpoints(self, kind: type[E]) -> list[E]:
        """The endpoints of one kind, in the order of the study file."""
        return [spec for spec in self.protocol.endpoints.values() if isinstance(spec, kind)]

    def analyses(self, kind: type[E]) -> list[E]:
        """The analyses of one kind, in the order of the study file."""
        return [spec for spec in self.protocol.analyses if isinstance(spec, kind)]

    @property
    def compares(self) -> bool:
        """Whether there are arms to compare."""
        return len(self.protocol.arms.groups) > 1

    @property
    def is_randomised(self) -> bool:
        """Whether treatment was assigned at random."""
        return self.protocol.study.design == "randomised trial"

    def adjusting_models(self) -> list[tuple[specs.CoxAnalysis, specs.Model]]:
        """Every Cox model in which the arm stands beside other factors named in advance, or may stand."""
        return [
            (spec, model)
            for spec in self.analyses(specs.CoxAnalysis)
            for model in spec.models
            if "arm" in model.factors and len(model.factors) > 1
        ]
