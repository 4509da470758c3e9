"""Adverse events by arm: each patient counted once a term, by the worst grade."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from calliper.analyses.association import associate
from calliper.analyses.places import Entry, Place, Refusal, attempt, collect, proportion
from calliper.analyses.safety_wording import Arms, general_methods, term_method, untested
from calliper.endpoints import Derived
from calliper.protocol.specs import Protocol, SafetyAnalysis, Toxicity
from calliper.results import Results
from calliper.stats.fisher import fisher
from calliper.stats.proportions import clopper_pearson, newcombe
from calliper.summaries.crosstab import Crosstab, crosstab

GRADES = ("grade 1", "grade 2", "grade 3", "grade 4", "grade 5")
SEVERE = ("grade 3", "grade 4", "grade 5")
NONE, NO_GRADE, UNKNOWN = "none", "grade unknown", "unknown"
OUTCOMES = (NONE, *GRADES, NO_GRADE, UNKNOWN)
ANY_EVENT = "any"


def analyse_safety(spec: SafetyAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Count the patients of each arm with each adverse event, by worst grade, and compare the arms.

    The denominator of a term is the patients of whom it is known whether it occurred.
    """
    return collect(_entries(spec, protocol, derived))


def _entries(spec: SafetyAnalysis, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Toxicity):
        raise ValueError(f"{spec.endpoint} is not a toxicity endpoint")
    frame = derived.endpoints[spec.endpoint].frame
    names = tuple(arm for arm in protocol.arms.groups if not spec.arms or arm in spec.arms)
    patients = derived.cohort.patients.select("patient", "arm").filter(pl.col("arm").is_in(names))
    reference = protocol.arms.reference if protocol.arms.reference in names else None
    arms = Arms(names, reference, patients.height)
    terms = _terms(endpoint, frame)
    yield from general_methods(spec, endpoint, protocol, arms)
    if spec.any_event:
        place, rows = Place(spec.id, variable=ANY_EVENT), _any_event(frame, terms)
        yield from _term(place, rows, patients, arms, spec=spec, confidence=protocol.confidence)
    for term in spec.terms or terms:
        rows = frame.filter(pl.col("term") == term)
        place = Place(spec.id, variable=term)
        yield from _term(place, rows, patients, arms, spec=spec, confidence=protocol.confidence)


def _terms(endpoint: Toxicity, frame: pl.DataFrame) -> tuple[str, ...]:
    if endpoint.terms == "as recorded":
        return tuple(frame["term"].unique(maintain_order=True))
    return tuple(endpoint.terms)


def _any_event(frame: pl.DataFrame, terms: Sequence[str]) -> pl.DataFrame:
    """One row a patient: any term of the endpoint, at its worst known grade.

    Unknown only where no term is known to have occurred and some term is unknown.
    """
    happened = pl.col("occurred").eq_missing(True)
    return (
        frame.filter(pl.col("term").is_in(terms))
        .group_by("patient")
        .agg(
            pl.col("occurred").any(ignore_nulls=False),
            pl.col("grade").filter(happened).max(),
            pl.when(pl.col("events").count() > 0).then(pl.col("events").sum()).alias("events"),
        )
    )


def _outcome() -> pl.Expr:
    """What is known of a patient and a term: one of OUTCOMES."""
    graded = pl.col("grade").is_between(1, 5)
    return (
        pl.when(pl.col("occurred").is_null())
        .then(pl.lit(UNKNOWN))
        .when(~pl.col("occurred"))
        .then(pl.lit(NONE))
        .when(graded.fill_null(value=False))
        .then(pl.format("grade {}", pl.col("grade")))
        .otherwise(pl.lit(NO_GRADE))
        .alias("outcome")
    )


def _term(
    place: Place,
    rows: pl.DataFrame,
    patients: pl.DataFrame,
    arms: Arms,
    *,
    spec: SafetyAnalysis,
    confidence: float,
) -> Iterator[Entry]:
    held = patients.join(rows, on="patient", how="left", maintain_order="left").with_columns(_outcome())
    table = crosstab(held["arm"], held["outcome"], rows=arms.names, columns=OUTCOMES)
    by_arm = {
        arm: dict(zip(OUTCOMES, row, strict=True)) for arm, row in zip(table.rows, table.counts, strict=True)
    }
    events = dict(
        held.filter(pl.col("events").is_not_null()).group_by("arm").agg(pl.col("events").sum()).iter_rows()
    )
    for arm, counts in by_arm.items():
        yield from _arm_rows(place.on(group=arm), counts, events.get(arm), spec.grades, confidence)
    for level in ("any grade", "grade >=3") if spec.grades else ("any grade",):
        reached = {arm: _reached(level, counts) for arm, counts in by_arm.items()}
        n = {arm: _known(counts) for arm, counts in by_arm.items()}
        yield from _compare(
            place.on(level=level), reached, n, arms, is_tested=spec.test, confidence=confidence
        )
    ungraded = sum(counts[NO_GRADE] for counts in by_arm.values())
    unknown = sum(counts[UNKNOWN] for counts in by_arm.values())
    if (ungraded and spec.grades) or unknown:
        yield term_method(
            spec, place.variable, n_used=arms.n_patients - unknown, unknown=unknown, ungraded=ungraded
        )


def _known(counts: dict[str, int]) -> int:
    return sum(counts.values()) - counts[UNKNOWN]


def _reached(level: str, counts: dict[str, int]) -> int:
    if level == "any grade":
        return _known(counts) - counts[NONE]
    return sum(counts[grade] for grade in SEVERE)


def _arm_rows(
    place: Place, counts: dict[str, int], events: int | None, has_grades: bool, confidence: float
) -> Iterator[Entry]:
    n = _known(counts)
    yield from place.rows({"n": n, "unknown": counts[UNKNOWN]})
    if has_grades:
        for grade in (*GRADES, NO_GRADE):
            yield from place.on(level=grade).rows(proportion(counts[grade], n))
    for level in ("any grade", "grade >=3") if has_grades else ("any grade",):
        here, x = place.on(level=level), _reached(level, counts)
        yield from here.rows(proportion(x, n))
        interval = attempt(clopper_pearson, x, n, confidence)
        if not isinstance(interval, Refusal):
            limits = {"lower.clopper_pearson": interval.lower, "upper.clopper_pearson": interval.upper}
            yield from here.rows(limits)
    if events is not None:
        yield from place.on(level="any grade").rows({"events": events})


def _compare(
    place: Place,
    reached: dict[str, int],
    n: dict[str, int],
    arms: Arms,
    *,
    is_tested: bool,
    confidence: float,
) -> Iterator[Entry]:
    subject = f"{place.variable} {place.level}"
    table = {arm: (reached[arm], n[arm] - reached[arm]) for arm in arms.names}
    if is_tested and len(arms.names) > 1:
        if any(reached.values()):
            yield from associate(
                place.on(group="between"),
                Crosstab(arms.names, ("had it", "had it not"), tuple(table.values())),
                subject=subject,
                n_excluded=arms.n_patients - sum(n.values()),
                why_excluded="not known whether it occurred",
                is_exact_first=True,
            )
        else:
            yield untested(place, subject, n_used=sum(n.values()))
    for arm, base, contrast in arms.contrasts:
        here = place.on(group=contrast)
        if is_tested and len(arms.names) > 2:
            pairwise = attempt(fisher, (table[arm], table[base]))
            if not isinstance(pairwise, Refusal):
                yield from here.rows({"p.fisher": pairwise})
        difference = attempt(newcombe, reached[arm], n[arm], reached[base], n[base], confidence)
        if not isinstance(difference, Refusal):
            limits = {"lower.newcombe": difference.lower, "upper.newcombe": difference.upper}
            yield from here.rows({"difference": difference.value, **limits})
