"""Populations of the study file: which of the included patients each has, and analyses limited to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import polars as pl

from calliper.analyses.places import Entry, Place, collect
from calliper.analyses.wording import counted
from calliper.endpoints import Cohort, Derived, Endpoint
from calliper.protocol.criteria import parse
from calliper.protocol.specs import Population, Protocol
from calliper.results import Method, Results, within

FLOW = "flow"


def analyse_populations(protocol: Protocol, derived: Derived) -> Results:
    """How many patients of each arm each population of the study has, beside the patient flow.

    Rows `flow/NAME`, groups `overall` and each arm: `n`, `left` (patients for whom a condition is false) and `unknown`
    (those of whom the rule is unknown, and who are left out for that alone).
    """
    return collect(_entries(protocol, derived))


def _entries(protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    for name, spec in protocol.populations.items():
        held = members(spec, derived)
        for group in ("overall", *protocol.arms.groups):
            of_group = held if group == "overall" else held.filter(pl.col("arm") == group)
            is_in = of_group["is_in"]
            unknown = int(is_in.null_count())
            n = int(is_in.sum())
            yield from Place(FLOW, name, group).rows(
                {"n": n, "left": len(is_in) - unknown - n, "unknown": unknown}
            )
        n, unknown = int(held["is_in"].sum()), int(held["is_in"].null_count())
        yield Method(
            analysis=FLOW,
            name="population",
            sentence=_sentence(spec, protocol),
            subject=name,
            parameters={"rule": spec.rule, "without_major": spec.without_major},
            n_used=n,
            n_excluded=held.height - n,
            why_excluded=f"{counted(unknown, 'patient')} of them for an unknown rule" if unknown else "",
        )


def _sentence(spec: Population, protocol: Protocol) -> str:
    parts = []
    if spec.without_major is not None:
        parts.append("no major protocol deviation on record")
    if spec.rule is not None:
        parts.append(f"a true rule ({spec.rule})")
    unknown = " A patient of whom the rule is unknown is not among them." if spec.rule is not None else ""
    return f"{spec.label}: the included patients with {' and '.join(parts)}.{unknown}"


def members(spec: Population, derived: Derived) -> pl.DataFrame:
    """`patient`, `arm` and `is_in` (null where unknown) of every included patient, in the cohort's order."""
    patients = derived.cohort.patients
    is_in = parse(spec.rule).expression() if spec.rule is not None else pl.lit(value=True)
    held = patients.select("patient", "arm", is_in=is_in)
    if spec.without_major is None:
        return held
    frame = derived.endpoints[spec.without_major].frame
    major = frame.filter(pl.col("severity") == "major")["patient"].unique()
    return held.with_columns(pl.col("is_in") & ~pl.col("patient").is_in(major.implode()))


def limited(protocol: Protocol, derived: Derived, name: str) -> Derived:
    """The cohort and endpoints of the patients of a population; everyone else is as if never seen."""
    held = members(protocol.populations[name], derived).filter(pl.col("is_in").fill_null(value=False))
    return among(derived, held.select("patient"))


def among(derived: Derived, kept: pl.DataFrame) -> Derived:
    """The cohort and endpoints of the patients of `kept`."""
    cohort = Cohort(
        **{
            part.name: getattr(derived.cohort, part.name).join(
                kept, on="patient", how="semi", maintain_order="left"
            )
            for part in fields(Cohort)
        }
    )
    return Derived(cohort, {key: _of(endpoint, kept) for key, endpoint in derived.endpoints.items()})


def _of(endpoint: Endpoint, kept: pl.DataFrame) -> Endpoint:
    held: dict[str, Any] = {part.name: getattr(endpoint, part.name) for part in fields(Endpoint)}
    frames = {name: frame for name, frame in held.items() if isinstance(frame, pl.DataFrame)}
    limited_to = {
        name: frame.join(kept, on="patient", how="semi", maintain_order="left")
        for name, frame in frames.items()
    }
    return Endpoint(**{**held, **limited_to})


def within_population(name: str, made: Results) -> Results:
    """Results of an analysis that saw this population alone, whose rows say so."""
    rows = tuple(replace(row, population=within(name, row.population)) for row in made.rows)
    analyses = {row.analysis for row in rows} | {method.analysis for method in made.methods}
    return replace(made, rows=rows, populations=dict.fromkeys(sorted(analyses), name))
