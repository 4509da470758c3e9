"""What every part of a safety analysis counts: whose events, of which terms, known of whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from calliper.endpoints import EVENTS, Derived
from calliper.protocol.specs import Protocol, SafetyAnalysis, Toxicity

NO_CATEGORY = "not recorded"


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


@dataclass(frozen=True, eq=False)
class Harm:
    """The patients of the arms that were asked, what is known of them term by term, and their single events.

    `patients` has `patient` and `arm`; `frame` is as TOXICITIES and `events` as EVENTS, of these patients alone.
    `terms` are all of the endpoint, in its order; `listed` those that have rows of their own: where the records give
    the terms and not every record counts, those that a patient had.
    """

    spec: SafetyAnalysis
    endpoint: Toxicity
    confidence: float
    arms: Arms
    patients: pl.DataFrame
    frame: pl.DataFrame
    events: pl.DataFrame
    terms: tuple[str, ...]

    @property
    def listed(self) -> tuple[str, ...]:
        """The terms of the table."""
        if self.spec.terms or not lists_what_counts(self.endpoint):
            return self.spec.terms or self.terms
        had = set(self.frame.filter("occurred")["term"])
        return tuple(term for term in self.terms if term in had)

    def of_term(self, term: str) -> pl.DataFrame:
        """What is known of the patients and one term."""
        return self._by_term.get((term,), self.frame.clear())

    @cached_property
    def _by_term(self) -> dict[tuple[object, ...], pl.DataFrame]:
        # of many terms, so that none is looked for in the rows of all
        return self.frame.partition_by("term", as_dict=True, maintain_order=True)

    def by_arm(self, frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """The rows of each arm's patients, every patient among them, with nulls where `frame` says nothing."""
        held = self.patients.join(frame, on="patient", how="left", maintain_order="left")
        return {arm: held.filter(pl.col("arm") == arm) for arm in self.arms.names}


def lists_what_counts(endpoint: Toxicity) -> bool:
    """Whether the records give the terms, of which some may have no record that counts."""
    is_narrowed = endpoint.window is not None or endpoint.compares or bool(endpoint.related or endpoint.where)
    return endpoint.terms == "as recorded" and is_narrowed


def harm_of(spec: SafetyAnalysis, protocol: Protocol, derived: Derived) -> Harm:
    """What the analysis counts. Raises ValueError when its endpoint is none of toxicity.

    Arms whose events the endpoint does not ask for are left out: nothing is known of them.
    """
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Toxicity):
        raise ValueError(f"{spec.endpoint} is not a toxicity endpoint")
    names = tuple(
        arm
        for arm in protocol.arms.groups
        if (not spec.arms or arm in spec.arms) and (not endpoint.arms or arm in endpoint.arms)
    )
    patients = derived.cohort.patients.select("patient", "arm").filter(pl.col("arm").is_in(names))
    held = derived.endpoints[spec.endpoint]
    events = held.events if held.events is not None else pl.DataFrame(schema=EVENTS)
    reference = protocol.arms.reference if protocol.arms.reference in names else None
    as_recorded = tuple(held.frame["term"].unique(maintain_order=True))
    return Harm(
        spec=spec,
        endpoint=endpoint,
        confidence=protocol.confidence,
        arms=Arms(names, reference, patients.height),
        patients=patients,
        frame=held.frame.join(patients.select("patient"), on="patient", how="semi", maintain_order="left"),
        events=events.join(patients.select("patient"), on="patient", how="semi", maintain_order="left"),
        terms=as_recorded if isinstance(endpoint.terms, str) else tuple(endpoint.terms),
    )


def any_of(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a patient: any of the terms of the frame, at its worst known grade.

    Whether it occurred is unknown only where no term is known to have occurred and some term is unknown. The days at
    risk end with the first event of any term: unknown where those of one term are.
    """
    happened = pl.col("occurred").eq_missing(True)
    days = pl.col("days_at_risk")
    return frame.group_by("patient", maintain_order=True).agg(
        pl.col("occurred").any(ignore_nulls=False),
        pl.col("grade").filter(happened).max(),
        pl.when(pl.col("events").count() > 0).then(pl.col("events").sum()).alias("events"),
        pl.when(days.is_not_null().all()).then(days.min()).alias("days_at_risk"),
    )
