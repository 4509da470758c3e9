"""Tumour response by arm at each landmark: categories, objective response and disease control."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from calliper.analyses.association import FEWEST_EXPECTED, associate
from calliper.analyses.convention import resolve
from calliper.analyses.groups import Groups, arm_groups
from calliper.analyses.places import Entry, Place, Refusal, attempt, collect, proportion
from calliper.analyses.repeated_treatment import after_repeats
from calliper.analyses.response_flow import flow
from calliper.analyses.scan_pairs import compare_recorded, disagreements
from calliper.analyses.wording import INTERVALS, TESTS, categories_in_words, listed, percent
from calliper.endpoints import Derived
from calliper.protocol.specs import Protocol, Response, ResponseAnalysis
from calliper.results import RATES, Method, Results
from calliper.stats.conventions import ChiSquareTest
from calliper.stats.proportions import clopper_pearson, newcombe, wilson
from calliper.summaries.crosstab import Crosstab, crosstab

CATEGORIES = ("CR", "PR", "SD", "PD", "NE")


def analyse_response(spec: ResponseAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Count the response of the included patients at each landmark of `spec`, and compare the arms.

    Every rate has two denominators: population `evaluable`, the patients whose response is known, and `all`,
    the included patients, in which a response not known counts as failure. The bounds `lower.unknown` and
    `upper.unknown` say where a rate, or a difference, would lie if they had all failed or all succeeded.
    Population `scans` and the listing `disagreements` hold recorded categories beside those derived from lesions.
    """
    listings = disagreements(spec.id, derived.endpoints[spec.endpoint])
    return replace(collect(_entries(spec, protocol, derived)), listings=listings)


def _entries(spec: ResponseAnalysis, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Response):
        raise ValueError(f"{spec.endpoint} is not a response endpoint")
    patients = derived.cohort.patients
    arms = arm_groups(protocol, patients)
    frame = derived.endpoints[spec.endpoint].frame
    yield from _general_methods(spec, endpoint, protocol, arms)
    for landmark in spec.landmarks or tuple(endpoint.landmarks):
        counts = _counts(patients, frame.filter(pl.col("landmark") == landmark), arms)
        for population in ("evaluable", "all"):
            place = Place(spec.id, population, variable=landmark)
            yield from _landmark(
                place,
                counts,
                arms,
                confidence=protocol.confidence,
                chi_square=resolve(protocol).chi_square,
            )
    landmarks = spec.landmarks or tuple(endpoint.landmarks)
    held = derived.endpoints[spec.endpoint]
    yield from after_repeats(Place(spec.id), endpoint, held, patients, arms, landmarks=landmarks)
    yield from flow(spec, endpoint, patients, frame, arms)
    yield from compare_recorded(Place(spec.id), derived.endpoints[spec.endpoint])


def _counts(patients: pl.DataFrame, landmark: pl.DataFrame, arms: Groups) -> Crosstab:
    """Arms by category; a patient without a row is not evaluable."""
    known = patients.select("patient").join(landmark, on="patient", how="left", maintain_order="left")
    return crosstab(arms.of_patient, known["response"].fill_null("NE"), rows=arms.names, columns=CATEGORIES)


def _landmark(
    place: Place, counts: Crosstab, arms: Groups, *, confidence: float, chi_square: ChiSquareTest
) -> Iterator[Entry]:
    shown = CATEGORIES if place.population == "all" else CATEGORIES[:-1]
    by_arm = {
        arm: {category: count for category, count in zip(CATEGORIES, row, strict=True) if category in shown}
        for arm, row in zip(counts.rows, counts.counts, strict=True)
    }
    overall = {category: sum(held[category] for held in by_arm.values()) for category in shown}
    for group, held in (*by_arm.items(), ("overall", overall)):
        yield from _group_rows(place.on(group=group), held, confidence)
    for rate, categories in RATES.items():
        reached = {arm: sum(held[category] for category in categories) for arm, held in by_arm.items()}
        n = {arm: sum(held.values()) for arm, held in by_arm.items()}
        yield from _compare(
            place.on(level=rate),
            reached,
            n,
            arms,
            confidence=confidence,
            chi_square=chi_square,
            out=counts.total,
            unknown={arm: held.get("NE", 0) for arm, held in by_arm.items()},
        )


def _group_rows(place: Place, counts: dict[str, int], confidence: float) -> Iterator[Entry]:
    n = sum(counts.values())
    yield from place.rows({"n": n})
    for category, count in counts.items():
        yield from place.on(level=category).rows(proportion(count, n))
    for rate, categories in RATES.items():
        here, x = place.on(level=rate), sum(counts[category] for category in categories)
        yield from here.rows(proportion(x, n))
        for name, kernel in (("clopper_pearson", clopper_pearson), ("wilson", wilson)):
            interval = attempt(kernel, x, n, confidence)
            if not isinstance(interval, Refusal):
                yield from here.rows({f"lower.{name}": interval.lower, f"upper.{name}": interval.upper})
        if "NE" in counts and n:
            yield from here.rows({"lower.unknown": x / n, "upper.unknown": (x + counts["NE"]) / n})


def _compare(
    place: Place,
    reached: dict[str, int],
    n: dict[str, int],
    arms: Groups,
    *,
    confidence: float,
    chi_square: ChiSquareTest,
    out: int,
    unknown: dict[str, int],
) -> Iterator[Entry]:
    """Test one rate between the arms, and estimate each arm's difference from the reference."""
    subject = f"{place.variable} {place.level}" + (" all" if place.population == "all" else "")
    if len(arms.present) > 1:
        table = Crosstab(
            arms.present,
            ("reached", "not reached"),
            tuple((reached[arm], n[arm] - reached[arm]) for arm in arms.present),
        )
        between = place.on(group="between")
        for entry in associate(
            between,
            table,
            chi_square=chi_square,
            subject=subject,
            n_excluded=out - table.total,
            why_excluded="response not evaluable",
        ):
            yield _with_population(entry, place.population)
    for arm, contrast in arms.contrasts:
        pair = (reached[arm], n[arm], reached[arms.reference], n[arms.reference])
        difference = attempt(newcombe, *pair, confidence)
        if isinstance(difference, Refusal):
            sentence = f"Difference of proportions, {INTERVALS['newcombe']} interval."
            failed = Method(place.analysis, "newcombe", sentence, subject=f"{subject} {contrast}")
            yield replace(failed, failure=difference.sentence)
        else:
            limits = {"lower.newcombe": difference.lower, "upper.newcombe": difference.upper}
            yield from place.on(group=contrast).rows({"difference": difference.value, **limits})
            if place.population == "all":
                yield from place.on(group=contrast).rows(
                    _if_unknown(pair, unknown[arm], unknown[arms.reference])
                )


def _if_unknown(
    pair: tuple[int, int, int, int], unknown: int, unknown_reference: int
) -> dict[str, float | None]:
    """The difference if every response that is not known had gone against the arm, or in its favour."""
    x, n, x_reference, n_reference = pair
    return {
        "lower.unknown": x / n - (x_reference + unknown_reference) / n_reference,
        "upper.unknown": (x + unknown) / n - x_reference / n_reference,
    }


def _with_population(entry: Entry, population: str) -> Entry:
    if isinstance(entry, Method):
        return replace(entry, parameters={**entry.parameters, "population": population})
    return entry


def _general_methods(
    spec: ResponseAnalysis, endpoint: Response, protocol: Protocol, arms: Groups
) -> Iterator[Entry]:
    level = percent(protocol.confidence)
    yield Method(
        analysis=spec.id,
        name="summary",
        sentence=f"Objective response ({listed(RATES['ORR'])}) and disease control ({listed(RATES['DCR'])}) "
        "are given among the patients with an evaluable response and among all included patients, of whom "
        "those not evaluable count as failures.",
        parameters={"criteria": endpoint.criteria},
        n_used=len(arms.of_patient),
    )
    for name in ("clopper_pearson", "wilson"):
        sentence = f"Proportions carry {INTERVALS[name]} {level} confidence intervals."
        yield Method(spec.id, name, sentence, parameters={"confidence": protocol.confidence})
    yield Method(
        spec.id,
        "unknown",
        "The bounds of a rate among all included patients are those if every patient not evaluable had failed, or had "
        "succeeded; of a difference, if all of them had gone against the arm, or in its favour.",
    )
    if arms.contrasts:
        reference = protocol.arms.groups[arms.reference].label
        sentence = (
            f"Differences of proportions from {reference} carry {INTERVALS['newcombe']} {level} confidence "
            "intervals."
        )
        yield Method(
            analysis=spec.id,
            name="newcombe",
            sentence=sentence,
            parameters={"confidence": protocol.confidence, "reference": arms.reference},
        )
    yield _headline_method(spec, arms, categories_in_words(resolve(protocol)))


def _headline_method(spec: ResponseAnalysis, arms: Groups, test: str) -> Method:
    if len(arms.present) < 2:
        failure = "no test between arms: fewer than two arms have patients"
        return Method(spec.id, "headline", "No test between arms was made.", failure=failure)
    sentence = (
        f"Rates of response and control were compared between arms by {test}, or "
        f"{TESTS['fisher']} where an expected count is below {FEWEST_EXPECTED:g}."
    )
    return Method(spec.id, "headline", sentence, parameters={"sides": 2, "arms": len(arms.present)})
