"""Subgroups: hazard ratios of the arms within the levels of each factor, and a test of interaction a factor.

Every level has a Cox model of its own, fitted to its patients, with the arm as the only covariate. The test of a factor
is that of the products of arm and factor in one model of all its patients. What is found within a level is exploratory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from calliper.analyses.convention import resolve
from calliper.analyses.cox_model import Factor, complete_cases, fit_model, level_factor
from calliper.analyses.cox_penalised import fit_penalised
from calliper.analyses.cox_rows import instead_of, penalised_effect
from calliper.analyses.follow_up import Flags, FollowUp, follow_up
from calliper.analyses.groups import Groups, arm_groups, group_factor, levels_of
from calliper.analyses.places import Entry, Place, Refusal, attempt, collect
from calliper.analyses.subgroups_wording import cox_method, firth_method, interaction_method, summary_method
from calliper.analyses.survival import left_out
from calliper.endpoints import Derived
from calliper.errors import CannotEstimate
from calliper.protocol.specs import Protocol, SubgroupsAnalysis, TimeToEvent
from calliper.results import Method, Results
from calliper.stats.cox import hazard_ratio, lrt
from calliper.stats.estimates import ChiSquare
from calliper.stats.risk_sets import CoxTies


@dataclass(frozen=True, eq=False)
class _Study:
    """What every subgroup of one analysis shares."""

    spec: SubgroupsAnalysis
    protocol: Protocol
    times: FollowUp
    groups: Groups
    arm: Factor
    ties: CoxTies
    events: str

    def label(self, arm: str) -> str:
        """An arm in words."""
        return self.groups.labels[self.groups.names.index(arm)]


@dataclass(frozen=True, eq=False)
class _Subgroup:
    """Some of the patients: where their rows stand, in words, the subject of their methods, and who they are."""

    place: Place
    words: str
    subject: str
    here: Flags


def analyse_subgroups(spec: SubgroupsAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Compare the arms among all patients and within each level of each factor, and test each factor's interaction.

    A patient whose factor is not known is in no level of it and not in its test; the rows `missing` count them. What
    the data cannot support becomes a failed method, with subject `all`, `FACTOR LEVEL` or, of the test, `FACTOR`.
    """
    return collect(_entries(spec, protocol, derived))


def _entries(spec: SubgroupsAnalysis, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    patients, endpoint = derived.cohort.patients, protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, TimeToEvent):
        raise ValueError(f"{spec.endpoint} is not a time-to-event endpoint")
    groups = arm_groups(protocol, patients)
    study = _Study(
        spec=spec,
        protocol=protocol,
        times=follow_up(patients, derived.endpoints[spec.endpoint]),
        groups=groups,
        arm=group_factor(protocol, groups, None),
        ties=resolve(protocol).ties,
        events=endpoint.event_label,
    )
    used = complete_cases([study.arm], study.times)
    yield summary_method(spec, protocol, n_used=int(used.sum()), excluded=left_out(study.times, groups))
    yield cox_method(spec, protocol, ties=study.ties)
    yield interaction_method(spec, protocol, ties=study.ties)
    found = [*_subgroup(study, _Subgroup(Place(spec.id), "all patients", "all", used))]
    for name in spec.factors:
        found += _factor(study, name, patients, used)
    if any(isinstance(entry, Method) and entry.name == "firth" and not entry.failure for entry in found):
        yield firth_method(spec, protocol, ties=study.ties)
    yield from found


def _factor(study: _Study, name: str, patients: pl.DataFrame, used: Flags) -> Iterator[Entry]:
    """The levels of a factor, how many patients have none, and the test of its interaction with the arm."""
    label = study.spec.labels.get(name, study.protocol.variable(name).label)
    values, place = patients[name], Place(study.spec.id, variable=name)
    known = used & values.is_not_null().to_numpy()
    for level in levels_of(study.protocol, name):
        here = known & (values == level).fill_null(False).to_numpy()
        yield from _subgroup(
            study, _Subgroup(place.on(level=level), f"{label}: {level}", f"{name} {level}", here)
        )
    counts = {"n": int(known.sum()), "missing": int((used & ~known).sum())}
    yield from place.on(group="overall").rows(counts)
    method = replace(
        interaction_method(study.spec, study.protocol, ties=study.ties),
        subject=name,
        n_used=counts["n"],
        n_excluded=counts["missing"],
        why_excluded=f"not recorded: {label} ({counts['missing']})" if counts["missing"] else "",
    )
    test = attempt(_interaction, study, name, label, values, known)
    if isinstance(test, Refusal):
        yield replace(method, failure=test.sentence)
        return
    yield method
    stats = {"statistic.interaction": test.chi2, "df.interaction": test.df, "p.interaction": test.p}
    yield from place.on(group="between").rows(stats)


def _subgroup(study: _Study, held: _Subgroup) -> Iterator[Entry]:
    """The patients and events of each arm, and its hazard ratios against the reference."""
    arms = study.groups.of_patient.to_numpy()
    counts = {}
    for arm in study.groups.names:
        chosen = held.here & (arms == arm)
        counts[arm] = int(chosen.sum())
        events = int(study.times.event[chosen].sum())
        yield from held.place.on(group=arm).rows({"n": counts[arm], "events": events})
    everyone = {"n": int(held.here.sum()), "events": int(study.times.event[held.here].sum())}
    yield from held.place.on(group="overall").rows(everyone)
    yield from _ratios(study, held, counts)


def _ratios(study: _Study, held: _Subgroup, counts: dict[str, int]) -> Iterator[Entry]:
    method = replace(
        cox_method(study.spec, study.protocol, ties=study.ties),
        subject=held.subject,
        n_used=sum(counts.values()),
    )
    empty = [arm for arm, n in counts.items() if not n]
    if len(empty) == len(counts) and held.subject != "all":
        # a level that eligibility leaves empty lacks nothing
        return
    lost = study.groups.reference if study.groups.reference in empty else empty[0] if empty else ""
    if len(empty) > len(counts) - 2 or lost == study.groups.reference:
        nobody = "no patient" if len(empty) == len(counts) else f"no patient of {study.label(lost)}"
        yield replace(method, failure=f"no hazard ratio in the subgroup {held.words}: {nobody}")
        return
    for arm in empty:
        pair = f"{study.label(arm)} vs {study.label(study.groups.reference)}"
        yield replace(
            method, failure=f"no hazard ratio, {pair}, in the subgroup {held.words}: no patient of the former"
        )
    times = replace(study.times, known=held.here)
    fit = attempt(fit_model, [study.arm], times, ties=study.ties)
    if isinstance(fit, Refusal):
        yield replace(method, failure=f"in the subgroup {held.words}, {fit.sentence}")
        if fit.no_maximum:
            yield from _penalised(study, held, times)
        return
    for index, arm in enumerate(fit.terms[0].levels):
        hr = hazard_ratio(fit.cox, index, confidence=study.protocol.confidence)
        stats = {"hr.cox": hr.value, "lower.cox": hr.lower, "upper.cox": hr.upper}
        yield from held.place.on(group=f"{arm} vs {study.groups.reference}").rows(stats)


def _penalised(study: _Study, held: _Subgroup, times: FollowUp) -> Iterator[Entry]:
    """Firth's hazard ratios, where the likelihood of the subgroup has no maximum."""
    method = replace(firth_method(study.spec, study.protocol, ties=study.ties), subject=held.subject)
    confidence = study.protocol.confidence
    found = attempt(fit_penalised, [study.arm], times, ties=study.ties, confidence=confidence)
    if isinstance(found, Refusal):
        yield replace(method, failure=f"in the subgroup {held.words}, {found.sentence}")
        return
    words = instead_of(f"{study.arm.label} in the subgroup {held.words}")
    yield replace(method, n_used=found.firth.n, warnings=(f"{words}.",))
    for index, arm in enumerate(found.model.columns[0].levels):
        # no test within a subgroup, as of the ordinary ratios
        stats = {
            f"{stat}.firth": penalised_effect(found, index)[f"{stat}.firth"]
            for stat in ("hr", "lower", "upper")
        }
        yield from held.place.on(group=f"{arm} vs {study.groups.reference}").rows(stats)


def _interaction(study: _Study, name: str, label: str, values: pl.Series, known: Flags) -> ChiSquare:
    """The likelihood ratio test of the products of arm and factor, beside both.

    Raises CannotEstimate where fewer than two arms or levels have patients, an arm has none, or no event, in a level,
    or as `fit_model`.
    """
    arms, levels = study.groups.of_patient.to_numpy(), values.to_numpy()
    present = tuple(arm for arm in study.groups.names if (known & (arms == arm)).any())
    held = tuple(level for level in levels_of(study.protocol, name) if (known & (levels == level)).any())
    refusal = f"no test of interaction of the arm with {label}"
    if len(present) < 2 or len(held) < 2:
        lacking = "arms" if len(present) < 2 else "levels"
        raise CannotEstimate(f"{refusal}: fewer than two {lacking} have patients")
    for arm in present:
        for level in held:
            cell = known & (arms == arm) & (levels == level)
            if not cell.any():
                raise CannotEstimate(f"{refusal}: no patient of {study.label(arm)} has {level}")
            if not study.times.event[cell].any():
                raise CannotEstimate(
                    f"{refusal}: no {study.events} in {study.label(arm)} with {level} ({int(cell.sum())} patients), so "
                    "that the likelihood has no maximum"
                )
    first = _levels("arm", study.arm.label, study.groups.of_patient, known, present)
    second = _levels(name, label, values, known, held)
    times = replace(study.times, known=known)
    both = fit_model([first, second], times, ties=study.ties)
    full = fit_model([first, second], times, ties=study.ties, interactions=(("arm", name),))
    return lrt(full.cox, both.cox)


def _levels(name: str, label: str, values: pl.Series, known: Flags, present: Sequence[str]) -> Factor:
    """The levels that somebody has, as a factor; whichever is the reference, the test is the same."""
    held = values.to_frame().select(pl.when(pl.Series(known)).then(pl.col(values.name))).to_series()
    return level_factor(name, label, held, levels=present, level_labels=present, reference=present[0])
