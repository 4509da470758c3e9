"""Who had an event, by worst grade, and how the arms compare."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from calliper.analyses.association import associate
from calliper.analyses.places import Entry, Place, Refusal, attempt, proportion
from calliper.analyses.safety_parts import Arms, Harm
from calliper.analyses.safety_wording import term_method, untested
from calliper.stats.fisher import fisher
from calliper.stats.proportions import clopper_pearson, newcombe
from calliper.summaries.crosstab import Crosstab, crosstab

GRADES = ("grade 1", "grade 2", "grade 3", "grade 4", "grade 5")
SEVERE = ("grade 3", "grade 4", "grade 5")
NONE, NO_GRADE, UNKNOWN = "none", "grade unknown", "unknown"
OUTCOMES = (NONE, *GRADES, NO_GRADE, UNKNOWN)


def count_event(place: Place, rows: pl.DataFrame, harm: Harm) -> Iterator[Entry]:
    """The rows of one event (a term, a category, any): `rows` has `patient`, `occurred`, `grade`, `events`."""
    spec, arms = harm.spec, harm.arms
    held = pl.concat(harm.by_arm(rows).values()).with_columns(_outcome())
    table = crosstab(held["arm"], held["outcome"], rows=arms.names, columns=OUTCOMES)
    by_arm = {
        arm: dict(zip(OUTCOMES, row, strict=True)) for arm, row in zip(table.rows, table.counts, strict=True)
    }
    events = dict(
        held.filter(pl.col("events").is_not_null()).group_by("arm").agg(pl.col("events").sum()).iter_rows()
    )
    for arm, counts in by_arm.items():
        yield from _arm_rows(place.on(group=arm), counts, events.get(arm), spec.grades, harm.confidence)
    for level in ("any grade", "grade >=3") if spec.grades else ("any grade",):
        reached = {arm: _reached(level, counts) for arm, counts in by_arm.items()}
        n = {arm: _known(counts) for arm, counts in by_arm.items()}
        yield from compare(
            place.on(level=level), reached, n, arms, is_tested=spec.test, confidence=harm.confidence
        )
    ungraded = sum(counts[NO_GRADE] for counts in by_arm.values())
    unknown = sum(counts[UNKNOWN] for counts in by_arm.values())
    if (ungraded and spec.grades) or unknown:
        yield term_method(
            spec, place.variable, n_used=arms.n_patients - unknown, unknown=unknown, ungraded=ungraded
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
        yield from share(place.on(level=level), _reached(level, counts), n, confidence)
    if events is not None:
        yield from place.on(level="any grade").rows({"events": events})


def share(place: Place, x: int, n: int, confidence: float) -> Iterator[Entry]:
    """`x` patients of `n`, with the exact interval; where nobody had it, its upper limit stands all the same."""
    yield from place.rows(proportion(x, n))
    interval = attempt(clopper_pearson, x, n, confidence)
    if not isinstance(interval, Refusal):
        limits = {"lower.clopper_pearson": interval.lower, "upper.clopper_pearson": interval.upper}
        yield from place.rows(limits)


def compare(
    place: Place,
    reached: dict[str, int],
    n: dict[str, int],
    arms: Arms,
    *,
    is_tested: bool,
    confidence: float,
) -> Iterator[Entry]:
    """The test over all arms and the difference of each contrast, of `reached` patients among `n`, by arm."""
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
