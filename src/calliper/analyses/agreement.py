"""Agreement of two readings of the same patients, at each landmark and scan by scan; neither is taken as true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from calliper.analyses.places import Entry, Place, Refusal, attempt, collect, proportion
from calliper.analyses.scan_pairs import compare_scans, scans_apart
from calliper.analyses.square_tables import (
    KAPPAS,
    alike,
    cells,
    kappa_in_words,
    kappas,
    known_to_both,
    square,
)
from calliper.analyses.wording import inside, percent
from calliper.endpoints import Derived
from calliper.protocol.readings import compared_landmarks, told_apart
from calliper.protocol.specs import AgreementAnalysis, Protocol
from calliper.results import RATES, Method, Results
from calliper.stats.paired_tables import mcnemar_exact
from calliper.stats.proportions import clopper_pearson
from calliper.summaries.crosstab import Crosstab


def analyse_agreement(spec: AgreementAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Tabulate the included patients' responses by two endpoints of `spec`, at each landmark that both have.

    Population `all`: every included patient, not evaluable a category; `evaluable`: those evaluable by both;
    `scans`: scans, where both endpoints were derived from lesions. The arms are not told apart: what is described is
    the reading, not the treatment. Groups `first` and `second` are the endpoints in their order.
    """
    first, second = (derived.endpoints[name] for name in spec.endpoints)
    return replace(collect(_entries(spec, protocol, derived)), listings=scans_apart(spec.id, first, second))


def _entries(spec: AgreementAnalysis, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    yield from _methods(spec, protocol)
    names = (*spec.endpoints, *((spec.adjudicated,) if spec.adjudicated is not None else ()))
    for landmark in compared_landmarks(protocol, spec):
        read = [_responses(derived, name, landmark) for name in names]
        place = Place(spec.id, variable=landmark)
        table = square(read[0], read[1])
        yield from cells(place.on(population="all", group="overall"), table)
        for population, part in (("evaluable", known_to_both(table)), ("all", table)):
            yield from _compared(place.on(population=population), part, protocol.confidence)
        if spec.adjudicated is not None:
            yield from _adjudicated(place.on(population="all", group="adjudicated"), *read)
    first, second = (derived.endpoints[name] for name in spec.endpoints)
    yield from compare_scans(Place(spec.id), first, second)


def _responses(derived: Derived, endpoint: str, landmark: str) -> pl.Series:
    """The category of every included patient, in the order of the cohort; a patient without a row is NE."""
    rows = derived.endpoints[endpoint].frame.filter(pl.col("landmark") == landmark)
    patients = derived.cohort.patients.select("patient")
    known = patients.join(rows, on="patient", how="left", maintain_order="left")
    return known["response"].fill_null("NE")


def _compared(place: Place, table: Crosstab, confidence: float) -> Iterator[Entry]:
    overall = place.on(group="overall")
    subject = f"{place.variable} {place.population}"
    yield from alike(overall, table, confidence=confidence)
    names = KAPPAS if place.population == "evaluable" else ("unweighted",)
    yield from kappas(overall, table, *names, confidence=confidence, subject=subject)
    for group, totals in (("first", table.row_totals), ("second", table.column_totals)):
        held = dict(zip(table.rows, totals, strict=True))
        yield from _reading(place.on(group=group), held, confidence)
    for rate, categories in RATES.items():
        answers = _answers(table, categories)
        changed = {"first_only": answers[0][1], "second_only": answers[1][0]}
        yield from overall.on(level=rate).rows(changed)
        if rate == "ORR":
            yield from _mcnemar(place.on(group="between", level=rate), answers, subject)


def _reading(place: Place, counts: dict[str, int], confidence: float) -> Iterator[Entry]:
    """One reading alone: its categories, and the rates with exact intervals."""
    n = sum(counts.values())
    yield from place.rows({"n": n})
    for category, count in counts.items():
        yield from place.on(level=category).rows(proportion(count, n))
    for rate, categories in RATES.items():
        x = sum(counts[category] for category in categories)
        here = place.on(level=rate)
        yield from here.rows(proportion(x, n))
        interval = attempt(clopper_pearson, x, n, confidence)
        if not isinstance(interval, Refusal):
            yield from here.rows(
                {"lower.clopper_pearson": interval.lower, "upper.clopper_pearson": interval.upper}
            )


def _answers(table: Crosstab, reached: tuple[str, ...]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The square table as yes or no: ((both, only the first), (only the second, neither))."""
    sums = [[0, 0], [0, 0]]
    for first, row in zip(table.rows, table.counts, strict=True):
        for second, count in zip(table.columns, row, strict=True):
            sums[first not in reached][second not in reached] += count
    (both, first_only), (second_only, neither) = sums
    return (both, first_only), (second_only, neither)


def _mcnemar(place: Place, answers: tuple[tuple[int, int], tuple[int, int]], subject: str) -> Iterator[Entry]:
    p = attempt(mcnemar_exact, answers)
    if isinstance(p, Refusal):
        yield Method(place.analysis, "mcnemar", "", subject=subject, failure=p.sentence)
    else:
        yield from place.rows({"p.mcnemar": p})


def _adjudicated(place: Place, first: pl.Series, second: pl.Series, third: pl.Series) -> Iterator[Entry]:
    """Of the patients on whom the two differ, whose category the third has."""
    differ = first != second
    as_first, as_second = (third == first) & differ, (third == second) & differ
    taken = {"first": as_first, "second": as_second, "neither": differ & ~as_first & ~as_second}
    n = int(differ.sum())
    yield from place.rows({"n": n})
    for level, patients in taken.items():
        yield from place.on(level=level).rows(proportion(int(patients.sum()), n))


def _methods(spec: AgreementAnalysis, protocol: Protocol) -> Iterator[Method]:
    first, second = (inside(name) for name in told_apart(protocol, spec.endpoints))
    third = "" if spec.adjudicated is None else inside(protocol.endpoints[spec.adjudicated].label)
    followed = (
        f" Where they differ, it is told whose category is that of the adjudication, {third}."
        if third
        else ""
    )
    level = percent(protocol.confidence)
    yield Method(
        spec.id,
        "summary",
        f"The responses of the same patients, {first} beside {second}, were tabulated against each other at each "
        "landmark that both have, for all arms together. Neither is taken to be true, and the comparison is "
        f"descriptive.{followed}",
        parameters={"first": spec.endpoints[0], "second": spec.endpoints[1], "adjudicated": spec.adjudicated},
    )
    yield Method(
        spec.id,
        "clopper_pearson",
        f"The share of patients categorised alike, and rates, carry exact Clopper-Pearson {level} confidence "
        "intervals.",
        parameters={"confidence": protocol.confidence},
    )
    for name in KAPPAS:
        yield Method(spec.id, name, kappa_in_words(name), parameters={"confidence": protocol.confidence})
    yield Method(
        spec.id,
        "mcnemar",
        "Objective response by the two was compared by McNemar's exact test, two-sided, as a description of how often "
        "they differ in one direction.",
        parameters={"sides": 2},
    )
