"""The results of an analysis of subgroups, as its figure, table and sentences look them up."""

from __future__ import annotations

from dataclasses import dataclass

from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.effects import FIRTH
from calliper.displays.numbers import Forms
from calliper.protocol.specs import Protocol, SubgroupsAnalysis, TimeToEvent
from calliper.results import Results, Row

EXPLORATORY = (
    "Subgroups are exploratory and not adjusted for their number. The interval of a hazard ratio within a subgroup is "
    "not a test of whether the arms differ there: what differs between subgroups is asked of the test of interaction."
)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A hazard ratio within a subgroup, with its limits. `is_firth` ones are printed with words that say so."""

    hr: Row
    lower: Row
    upper: Row
    is_firth: bool

    @property
    def rows(self) -> tuple[Row, Row, Row]:
        """The ratio and its limits."""
        return self.hr, self.lower, self.upper

    def text(self, forms: Forms) -> str:
        """`ratio (lower to upper)`."""
        return forms.estimate(self.hr.value, self.lower.value, self.upper.value, forms.ratio)


@dataclass(frozen=True, slots=True)
class Subgroups:
    """One analysis: the arms in printing order, and those that are compared with the reference."""

    spec: SubgroupsAnalysis
    protocol: Protocol
    endpoint: TimeToEvent
    shelf: Shelf
    arms: tuple[str, ...]
    compared: tuple[str, ...]

    @property
    def forms(self) -> Forms:
        """The forms of numbers."""
        return numbers.forms(self.protocol)

    def label(self, factor: str) -> str:
        """A factor in words."""
        return self.spec.labels.get(factor, labels.variable(self.protocol, factor))

    def levels(self, factor: str) -> tuple[str, ...]:
        """The levels of a factor, in order."""
        return labels.levels(self.protocol, factor)

    def counts(self, arm: str, factor: str, level: str) -> tuple[Row | None, Row | None]:
        """The events and the patients of an arm in a subgroup; of all patients where both are empty."""
        return self.shelf.row(arm, factor, level, "events"), self.shelf.row(arm, factor, level, "n")

    def has_patients(self, factor: str, level: str) -> bool:
        """Whether anybody is in the subgroup."""
        row = self.shelf.row("overall", factor, level, "n")
        return row is not None and bool(row.value)

    def ratio(self, arm: str, factor: str, level: str) -> Ratio | None:
        """The hazard ratio of an arm against the reference: the ordinary one, or Firth's; None without either."""
        pair = f"{arm} vs {self.protocol.arms.reference}"
        for method in ("cox", "firth"):
            rows = [
                self.shelf.row(pair, factor, level, f"{stat}.{method}") for stat in ("hr", "lower", "upper")
            ]
            hr, lower, upper = rows
            if hr is not None and lower is not None and upper is not None:
                return Ratio(hr, lower, upper, is_firth=method == "firth")
        return None

    def refusals(self, factor: str, level: str) -> list[str]:
        """Why an ordinary hazard ratio, or any, is not there."""
        subject = f"{factor} {level}" if factor else "all"
        methods = self.shelf.results.methods_of(self.spec.id)
        return [method.failure for method in methods if method.failure and method.subject == subject]

    def p(self, factor: str) -> Row | None:
        """The P value of a factor's interaction with the arm."""
        return self.shelf.row("between", factor, "", "p.interaction")

    def contrast(self, arm: str) -> str:
        """`A vs B`, in short labels."""
        return labels.contrast(self.protocol, arm, self.protocol.arms.reference)


def read_subgroups(spec: SubgroupsAnalysis, protocol: Protocol, results: Results) -> Subgroups:
    """The results of an analysis of subgroups.

    Raises TypeError when its endpoint is not a time-to-event endpoint.
    """
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, TimeToEvent):
        raise TypeError(f"{spec.endpoint} is not a time-to-event endpoint")
    arms = tuple(protocol.arms.groups)
    compared = tuple(arm for arm in arms if arm != protocol.arms.reference)
    return Subgroups(spec, protocol, endpoint, Shelf(results, spec.id, "included"), arms, compared)


def firth_note(refusals: list[str]) -> str:
    """The footnote of a hazard ratio by Firth's penalised likelihood: why it stands there."""
    why = f" The ordinary fit was refused: {refusals[0]}" if refusals else ""
    return labels.ended(f"{FIRTH}, with a profile penalised likelihood interval.{why}")
