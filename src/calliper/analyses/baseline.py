"""Baseline characteristics by arm: summaries, tests between arms, standardised differences."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from calliper.analyses.association import FEWEST_EXPECTED, associate
from calliper.analyses.convention import resolve
from calliper.analyses.groups import Groups, arm_groups, is_number, levels_of
from calliper.analyses.number_tests import Measured, compare_numbers, headline_test
from calliper.analyses.places import Entry, Place, Refusal, attempt, collect, proportion
from calliper.analyses.wording import TESTS, categories_in_words, listed, rank_p_in_words
from calliper.endpoints import Derived
from calliper.protocol.specs import BaselineAnalysis, Number, Protocol, Span
from calliper.results import Method, Results
from calliper.stats.balance import smd_means, smd_proportions
from calliper.stats.conventions import Convention, QuantileKind
from calliper.summaries.crosstab import Crosstab, crosstab
from calliper.summaries.moments import Moments, ValueCounts, moments, value_counts

MISSING = "value not recorded"
QUARTILES = {"median": 0.5, "q1": 0.25, "q3": 0.75}


def analyse_baseline(spec: BaselineAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Summarise each variable of `spec` by arm and overall, compare the arms, and measure their imbalance.

    A missing value is counted and is never a level. With one arm, or `tests: none`, there are no tests.
    """
    patients = derived.cohort.patients
    arms = arm_groups(protocol, patients)
    return collect(_entries(spec, protocol, patients, arms))


def _entries(
    spec: BaselineAnalysis, protocol: Protocol, patients: pl.DataFrame, arms: Groups
) -> Iterator[Entry]:
    convention = resolve(protocol)
    yield from _general_methods(spec, protocol, arms, convention)
    for name in spec.variables:
        place, values = Place(spec.id, variable=name), patients[name]
        variable = protocol.variable(name)
        if is_number(variable):
            unit = (variable.unit or "") if isinstance(variable, Number | Span) else ""
            yield from _number(place, values, arms, unit=unit, spec=spec, convention=convention)
        else:
            levels = levels_of(protocol, name)
            yield from _category(place, values, arms, levels=levels, spec=spec, convention=convention)


def _number(
    place: Place,
    values: pl.Series,
    arms: Groups,
    *,
    unit: str,
    spec: BaselineAnalysis,
    convention: Convention,
) -> Iterator[Entry]:
    kind = convention.quantile
    held = {arm: values.filter(arms.of_patient == arm) for arm in arms.names}
    by_arm = {arm: Measured(moments(known), value_counts(known)) for arm, known in held.items()}
    for arm, measured in by_arm.items():
        yield from _number_rows(place.on(group=arm), measured, arms.sizes[arm], unit, kind)
    everyone = Measured(
        sum((measured.spread for measured in by_arm.values()), Moments()),
        sum((measured.values for measured in by_arm.values()), ValueCounts()),
    )
    yield from _number_rows(place.on(group="overall"), everyone, len(values), unit, kind)
    if _is_tested(spec, arms):
        yield from compare_numbers(
            place.on(group="between"),
            [by_arm[arm] for arm in arms.present],
            test=_test_of_numbers(spec.show.get(place.variable, spec.default_show), convention, arms),
            convention=convention,
            n_excluded=len(values) - everyone.values.n,
            why_excluded=MISSING,
        )
    for arm, contrast in arms.contrasts:
        smd = attempt(smd_means, by_arm[arm].spread, by_arm[arms.reference].spread)
        yield from _smd(place.on(group=contrast), smd)


def _number_rows(
    place: Place, measured: Measured, patients: int, unit: str, kind: QuantileKind
) -> Iterator[Entry]:
    values, spread = measured.values, measured.spread
    yield from place.rows({"n": values.n, "missing": patients - values.n})
    if values.n:
        yield from place.rows({"mean": spread.mean}, unit=unit)
    if values.n > 1:
        yield from place.rows({"sd": spread.sd}, unit=unit)
    if values.n:
        quartiles = {name: values.quantile(p, kind=kind) for name, p in QUARTILES.items()}
        yield from place.rows({**quartiles, "min": values.minimum, "max": values.maximum}, unit=unit)


def _category(
    place: Place,
    values: pl.Series,
    arms: Groups,
    *,
    levels: tuple[str, ...],
    spec: BaselineAnalysis,
    convention: Convention,
) -> Iterator[Entry]:
    table = crosstab(arms.of_patient, values, rows=arms.names, columns=levels)
    by_arm = dict(zip(table.rows, table.counts, strict=True))
    for arm, counts in by_arm.items():
        yield from _category_rows(place.on(group=arm), levels, counts, arms.sizes[arm])
    yield from _category_rows(place.on(group="overall"), levels, table.column_totals, len(values))
    if _is_tested(spec, arms):
        yield from associate(
            place.on(group="between"),
            Crosstab(arms.present, levels, tuple(by_arm[arm] for arm in arms.present)),
            chi_square=convention.chi_square,
            subject=place.variable,
            n_excluded=len(values) - table.total,
            why_excluded=MISSING,
        )
    for arm, contrast in arms.contrasts:
        smd = attempt(smd_proportions, by_arm[arm], by_arm[arms.reference])
        yield from _smd(place.on(group=contrast), smd)


def _category_rows(
    place: Place, levels: tuple[str, ...], counts: tuple[int, ...], patients: int
) -> Iterator[Entry]:
    n = sum(counts)
    yield from place.rows({"n": n, "missing": patients - n})
    for level, count in zip(levels, counts, strict=True):
        yield from place.on(level=level).rows(proportion(count, n))


def _smd(place: Place, smd: float | Refusal) -> Iterator[Entry]:
    if isinstance(smd, Refusal):
        subject = f"{place.variable} {place.group}"
        yield Method(place.analysis, "smd", _SMD, subject=subject, failure=smd.sentence)
    else:
        yield from place.rows({"smd": smd})


_SMD = (
    "Standardised differences are the difference of the means over the root mean square of the standard "
    "deviations, and for categories the Mahalanobis distance between the proportions of their levels, which "
    "has no sign."
)


def _is_tested(spec: BaselineAnalysis, arms: Groups) -> bool:
    return spec.tests == "all" and len(arms.present) > 1


def _test_of_numbers(shown: str, convention: Convention, arms: Groups) -> str:
    return headline_test(len(arms.present), convention=convention, by_rank=shown == "median")


def _general_methods(
    spec: BaselineAnalysis, protocol: Protocol, arms: Groups, convention: Convention
) -> Iterator[Entry]:
    yield Method(
        analysis=spec.id,
        name="summary",
        sentence="Numbers are summarised by mean, standard deviation, median, quartiles (type "
        f"{convention.quantile} of Hyndman and Fan) and range, and categories by count and proportion of the "
        "patients whose value is known; missing values are counted "
        "apart and are never a level.",
        parameters={"quantile_type": convention.quantile},
        n_used=len(arms.of_patient),
    )
    yield _headline_method(spec, protocol, arms, convention)
    if arms.contrasts:
        reference = protocol.arms.groups[arms.reference].label
        sentence = f"{_SMD} Each arm is compared with {reference}."
        yield Method(spec.id, "smd", sentence, parameters={"reference": arms.reference})


def _headline_method(
    spec: BaselineAnalysis, protocol: Protocol, arms: Groups, convention: Convention
) -> Method:
    if spec.tests == "none":
        return Method(spec.id, "headline", "Baseline characteristics were not tested between arms.")
    if len(arms.present) < 2:
        failure = "no test between arms: only one arm has patients"
        if not arms.present:
            failure = "no test between arms: no patient is included"
        return Method(spec.id, "headline", "No test between arms was made.", failure=failure)
    numbers = [name for name in spec.variables if is_number(protocol.variable(name))]
    ranked = {spec.show.get(name, spec.default_show) == "median" for name in numbers}
    words = [
        f"{TESTS[_test_of_numbers(shown, convention, arms)]} for numbers shown as {shown}"
        for shown, by_rank in (("mean", False), ("median", True))
        if by_rank in ranked
    ]
    if len(numbers) < len(spec.variables):
        words.append(
            f"{categories_in_words(convention)} for categories, or {TESTS['fisher']} where an expected count is below "
            f"{FEWEST_EXPECTED:g}"
        )
    sentence = f"Baseline characteristics were compared between arms by {listed(words)}."
    if True in ranked and len(arms.present) == 2:
        sentence += f" {rank_p_in_words(convention)}"
    return Method(spec.id, "headline", sentence, parameters={"sides": 2, "arms": len(arms.present)})
