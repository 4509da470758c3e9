"""The results of an analysis of competing risks, as its figure, table and sentences look them up."""

from __future__ import annotations

from dataclasses import dataclass

from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.effects import Effect, effect
from calliper.displays.numbers import Forms
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol, TimeToEvent
from calliper.results import Results, Row

ADJUSTED = "adjusted"
"""The first word of the group of an adjusted model's rows; the event is the second."""

RATIOS = {
    "cause_specific": "Cause-specific hazard ratio",
    "fine_gray": "Subdistribution hazard ratio, secondary",
}
"""The hazard ratios of each event, in printing order."""


@dataclass(frozen=True, slots=True)
class Competing:
    """One analysis: its groups in printing order, the one that others are compared with, and its events in words."""

    spec: CompetingRisksAnalysis
    protocol: Protocol
    endpoint: TimeToEvent
    shelf: Shelf
    groups: tuple[str, ...]
    reference: str

    @property
    def forms(self) -> Forms:
        """The forms of numbers."""
        return numbers.forms(self.protocol)

    @property
    def causes(self) -> dict[str, str]:
        """Each event as a heading, by its name in results."""
        return {name: words[:1].upper() + words[1:] for name, words in self.endpoint.causes.items()}

    @property
    def last(self) -> float | None:
        """The last of the times asked for that lies within the follow-up of a group; None where there is none."""
        times = sorted(self.spec.at, reverse=True)
        within = (t for t in times if any(self.row(group, "event", "incidence", t) for group in self.groups))
        return next(within, None)

    def row(self, group: str, cause: str, stat: str, at: float | None = None) -> Row | None:
        """One statistic of a group and an event, or None; of all events together where the cause is empty."""
        return self.shelf.row(group, self.spec.endpoint, cause, stat, at)

    def incidence(self, group: str, cause: str, at: float) -> list[Row | None]:
        """The cumulative incidence at a time, and its limits."""
        stats = ("incidence", "incidence_lower", "incidence_upper")
        return [self.row(group, cause, stat, at) for stat in stats]

    def curve(self, group: str, cause: str, stat: str) -> list[Row]:
        """The rows of a curve, in order of time."""
        found = self.shelf.where(stat, group=group, variable=self.spec.endpoint)
        return [row for row in found if row.level == cause]

    def ratio(self, group: str, cause: str, method: str) -> Effect | None:
        """The group's unadjusted hazard ratio: `cause_specific` (Firth's where that was refused) or `fine_gray`."""
        pair = f"{group} vs {self.reference}"
        found = effect(self.shelf, pair, self.spec.endpoint, cause, ordinary=f".{method}")
        return None if found is not None and found.is_firth and method == "fine_gray" else found

    def refusals(self, method: str, cause: str, *, model: str = "") -> list[str]:
        """Why there is no fit: the sentence of the method, then of Firth's where that was tried too."""
        names = [method, "firth"] if method == "cause_specific" else [method]
        subjects = [" ".join(word for word in (model, name, cause) if word) for name in names]
        return [sentence for sentence in map(self.shelf.failure, subjects) if sentence]

    def share(self, value: float | None, lower: float | None, upper: float | None) -> str:
        """A share in percent with its limits; alone where it has none, as where nobody has had the event."""
        return self.forms.estimate(value, lower, upper, self.forms.percent)


def read_competing(spec: CompetingRisksAnalysis, protocol: Protocol, results: Results) -> Competing:
    """The results of an analysis by arm, or by the levels of `by`.

    Raises TypeError when its endpoint is not a time-to-event endpoint.
    """
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, TimeToEvent):
        raise TypeError(f"{spec.endpoint} is not a time-to-event endpoint")
    shelf = Shelf(results, spec.id, "included")
    counted = [name for name in shelf.groups() if shelf.row(name, spec.endpoint, "", "n") is not None]
    groups = tuple(labels.ordered(protocol, counted, spec.by))
    return Competing(spec, protocol, endpoint, shelf, groups, labels.reference(protocol, spec.by))
