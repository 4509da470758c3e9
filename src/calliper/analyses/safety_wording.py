"""The method sentences of a safety analysis, from its protocol."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.analyses.places import Place
from calliper.analyses.safety_parts import Arms, lists_what_counts
from calliper.analyses.wording import INTERVALS, TESTS, capital, counted, inside, listed, percent
from calliper.protocol.safety_specs import EventKind
from calliper.protocol.specs import Protocol, SafetyAnalysis, Toxicity
from calliper.results import Method


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
    if not spec.terms and lists_what_counts(endpoint):
        sentence += " A recorded term of which no event counts has no line."
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


KIND_WORDS: dict[EventKind, str] = {
    "serious": "recorded as serious",
    "related": "recorded as related to treatment",
    "reduced": "that were followed by a lower dose",
    "interrupted": "that were followed by an interruption of treatment",
    "stopped": "that were followed by the end of treatment",
    "fatal": "of grade 5 or with a fatal outcome",
}


def kinds_method(spec: SafetyAnalysis, kind: EventKind, unmatched: tuple[str, ...]) -> Method:
    """What makes an event one of this kind; a warning where every record has other words than those asked for."""
    asked = getattr(spec.words, kind, ())
    words = f" ({' or '.join(asked)})" if asked else ""
    warnings = (
        (
            f"no event is recorded as {kind} in the words {' or '.join(asked)}; recorded are "
            f"{listed(unmatched[:MOST_WORDS])}.",
        )
        if unmatched
        else ()
    )
    return Method(
        analysis=spec.id,
        name=kind,
        sentence=f"Events {KIND_WORDS[kind]}{words} are counted by patient.",
        parameters={"words": ", ".join(asked)},
        warnings=warnings,
    )


MOST_WORDS = 8
"""A warning names no more of the words that are recorded."""


def rate_methods(spec: SafetyAnalysis, confidence: float, arms: Arms) -> Iterator[Method]:
    """Rates of the first event, and the ratio and difference of two."""
    level = percent(confidence)
    parameters = {"confidence": confidence, "per_patient_years": 100}
    sentence = (
        "Exposure-adjusted rates are patients with the event per 100 patient-years at risk, up to the first event or "
        f"the end of the window, with exact Poisson {level} confidence intervals."
    )
    yield Method(spec.id, "exact_poisson", sentence, parameters=parameters)
    if arms.contrasts:
        sentence = f"Ratios of rates carry exact conditional {level} confidence intervals."
        yield Method(spec.id, "rate_ratio", sentence, parameters={"confidence": confidence})
        sentence = f"Differences of rates carry Wald {level} confidence intervals."
        yield Method(spec.id, "rate_difference", sentence, parameters={"confidence": confidence})


def sessions_method(spec: SafetyAnalysis, label: str, undated: int, measured: tuple[str, ...]) -> Method:
    """What is counted by session; events without a date lie after none.

    `measured` are the labels of the listed terms that laboratory values say.
    """
    events, values = counted(undated, "event"), listed(tuple(map(inside, measured)))
    of_dates = f"{events} without a date: after which session is not known, counted by patient alone."
    of_values = f"A session after which nothing was measured counts as one without {values}."
    warnings = (*([of_dates] if undated else []), *([of_values] if measured else []))
    return Method(
        analysis=spec.id,
        name="sessions",
        sentence=(
            f"Sessions ({inside(label)}) with the event are counted among all sessions; as sessions of one patient "
            "are not independent, these shares carry no interval."
        ),
        warnings=warnings,
    )


def shifts_method(spec: SafetyAnalysis) -> Method:
    """What a shift table holds."""
    return Method(
        spec.id,
        "shifts",
        "Patients are counted by the grade before treatment and the worst grade after; a patient whose worst grade is "
        "above the grade before got worse.",
    )
