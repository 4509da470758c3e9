"""The P values of the declared secondary tests, adjusted for how many these are; nothing where none is declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from calliper.analyses.places import Entry, Place, collect
from calliper.protocol.multiplicity_specs import parts
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol, ResponseAnalysis
from calliper.results import MULTIPLICITY, Method, Results, Row
from calliper.stats.multiplicity import hochberg, holm

ADJUST: dict[str, Callable[[Sequence[float]], tuple[float, ...]]] = {"holm": holm, "hochberg": hochberg}
WORDS = {"holm": "Holm's step-down", "hochberg": "Hochberg's step-up"}


def analyse_multiplicity(protocol: Protocol, made: Results) -> Results:
    """Adjust the secondary tests of `multiplicity`, one family, by its method.

    `made` are the results of the study's analyses. A row `multiplicity/included/secondary/ANALYSIS/LEVEL/p.METHOD`
    a test; its level is the landmark and rate of a response. A test that could not be made has no row, and counts in
    the family as P = 1, so that the number of tests is the one declared.
    """
    held = protocol.multiplicity
    if held is None:
        return Results((), ())
    found = [tested(protocol, made, hypothesis) for hypothesis in held.secondary]
    values = [1.0 if row is None or row.value is None else row.value for row in found]
    entries: list[Entry] = []
    for hypothesis, row, adjusted in zip(held.secondary, found, ADJUST[held.method](values), strict=True):
        if row is not None and row.value is not None:
            entries += place_of(hypothesis).rows({f"p.{held.method}": adjusted})
    lost = [name for name, row in zip(held.secondary, found, strict=True) if row is None]
    method = Method(
        analysis=MULTIPLICITY,
        name=held.method,
        sentence=f"The P values of the secondary tests were adjusted for their number by {WORDS[held.method]} method.",
        parameters={"tests": len(held.secondary), "alpha": protocol.alpha},
        warnings=tuple(
            f"The test of '{name}' could not be made; among the secondary tests it counts as P = 1."
            for name in lost
        ),
    )
    return collect((*entries, *((method,) if held.secondary else ())))


def place_of(hypothesis: str) -> Place:
    """Where the adjusted P value of a test stands."""
    analysis, landmark, rate = parts(hypothesis)
    return Place(MULTIPLICITY, group="secondary", variable=analysis, level=f"{landmark} {rate}".strip())


def tested(protocol: Protocol, made: Results, hypothesis: str) -> Row | None:
    """The P value of a declared test, of all arms together; None where it could not be made."""
    name, landmark, rate = parts(hypothesis)
    spec = next(held for held in protocol.analyses if held.id == name)
    if isinstance(spec, ResponseAnalysis):
        at = Row(name, made.population(name, "evaluable"), "between", landmark, rate, "p", None)
    else:
        competes = isinstance(spec, CompetingRisksAnalysis)
        where = (
            getattr(spec, "endpoint", ""),
            "event" if competes else "",
            "p.gray" if competes else "p.logrank",
        )
        at = Row(name, made.population(name, "included"), "between", *where, None)
    return made.get(at.key)
