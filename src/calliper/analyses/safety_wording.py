"""The arms of a safety table, and its method sentences from the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from calliper.analyses.places import Place
from calliper.analyses.wording import INTERVALS, TESTS, capital, counted, inside, percent
from calliper.protocol.specs import Protocol, SafetyAnalysis, Toxicity
from calliper.results import Method


@dataclass(frozen=True, slots=True)
class Arms:
    """The arms of the table, in printing order; `reference` is None where it is not among them."""

    names: tuple[str, ...]
    reference: str | None
    n_patients: int

    @property
    def contrasts(self) -> tuple[tuple[str, str, str], ...]:
        """(arm, reference, `arm vs reference`) for each arm but the reference."""
        base = self.reference
        return (
            ()
            if base is None
            else tuple((arm, base, f"{arm} vs {base}") for arm in self.names if arm != base)
        )


def untested(place: Place, subject: str, *, n_used: int) -> Method:
    """Why there is no test of an event that nobody had."""
    failure = "no test: it occurred in no patient"
    return Method(
        place.analysis, "headline", "No test was made.", subject=subject, n_used=n_used, failure=failure
    )


def term_method(spec: SafetyAnalysis, term: str, *, n_used: int, unknown: int, ungraded: int) -> Method:
    """Who is left out of one term, and whose grade is not known."""
    why = "not known whether it occurred" if unknown else ""
    warnings: tuple[str, ...] = ()
    if ungraded and spec.grades:
        words = f"{counted(ungraded, 'patient')} with an event of unknown grade"
        warnings = (f"{capital(words)}: counted in any grade and not in grade >=3.",)
    return Method(
        analysis=spec.id,
        name="summary",
        sentence="Patients counted once, by their worst grade.",
        subject=term,
        n_used=n_used,
        n_excluded=unknown,
        why_excluded=why,
        warnings=warnings,
    )


def general_methods(
    spec: SafetyAnalysis, endpoint: Toxicity, protocol: Protocol, arms: Arms
) -> Iterator[Method]:
    """What holds for the whole table: how patients are counted, intervals, the test."""
    level = percent(protocol.confidence)
    sentence = (
        "Patients with an adverse event are counted among those of whom it is known whether it occurred."
    )
    if spec.any_event:
        sentence += f" Any event is any term of {inside(endpoint.label)}."
    parameters = {"dictionary": endpoint.dictionary, "version": endpoint.version}
    yield Method(spec.id, "summary", sentence, parameters=parameters, n_used=arms.n_patients)
    sentence = f"Proportions carry {INTERVALS['clopper_pearson']} {level} confidence intervals."
    yield Method(spec.id, "clopper_pearson", sentence, parameters={"confidence": protocol.confidence})
    if arms.contrasts:
        sentence = f"Differences of proportions carry {INTERVALS['newcombe']} {level} confidence intervals."
        yield Method(spec.id, "newcombe", sentence, parameters={"confidence": protocol.confidence})
    yield _headline_method(spec, endpoint, arms)


def _headline_method(spec: SafetyAnalysis, endpoint: Toxicity, arms: Arms) -> Method:
    if not spec.test:
        sentence = f"{capital(endpoint.label)} were not tested between arms."
        return Method(spec.id, "headline", sentence)
    if len(arms.names) < 2:
        failure = "no test between arms: the table has one arm"
        return Method(spec.id, "headline", "No test between arms was made.", failure=failure)
    sentence = (
        f"Adverse events were compared between arms by {TESTS['fisher']}; one that occurred in no patient is "
        "not tested."
    )
    return Method(spec.id, "headline", sentence, parameters={"sides": 2, "arms": len(arms.names)})
