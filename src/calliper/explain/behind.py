"""The patients behind a number: who is counted, or whose records an estimate rests on, and from which record.

Where a row counts patients in a plain way (a group, a level, an event, a response, a criterion), those counted are
listed, and only if there are as many of them as the row says. Every other number rests on the patients of its
population and group, each with what the endpoint says of the patient.

The numbers of a study share few tables of records. So each table is made once, and one query over it answers for all
the numbers that rest on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from calliper.analyses.populations import limited
from calliper.analyses.safety_parts import any_of
from calliper.endpoints import Derived, Endpoint
from calliper.explain.counted import EVERYONE, counting, of_pair
from calliper.protocol.safety_specs import ANY_EVENT
from calliper.protocol.specs import (
    AgreementAnalysis,
    AnalysisSpec,
    Protocol,
    ResponseAnalysis,
    SafetyAnalysis,
)
from calliper.records.provenance import source, source_column
from calliper.results import Row

VALUES = ("time", "event", "response", "first", "second", "grade", "value", "status", "treatment", "reason")
"""Columns of endpoints that say what a record came to, as they are listed."""

NAMES = ("landmark", "term", "rule", "item", "treatment")
"""Columns of endpoints that a row's variable is one of."""


@dataclass(frozen=True, slots=True)
class Behind:
    """The rows, at `places`, of a table of records that many numbers share.

    `records` has `patient`, `arm`, what was derived, and `source`; one row a patient, or a patient and record.
    `is_counted`: the patients are those that the number counts; else those whose records it rests on.
    """

    records: pl.DataFrame
    places: tuple[int, ...]
    is_counted: bool

    @property
    def patients(self) -> pl.DataFrame:
        """The rows of the number alone."""
        return self.records[list(self.places)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A number of a table: whose rows it rests on, and those it counts (None: it counts no patients plainly)."""

    row: Row
    of: pl.Expr
    counts: pl.Expr | None


def patients_behind(protocol: Protocol, derived: Derived, row: Row) -> Behind:
    """The patients a row of a study's own results stands for."""
    return behind_all(protocol, derived, [row])[row.key]


def behind_all(protocol: Protocol, derived: Derived, rows: Iterable[Row]) -> dict[str, Behind]:
    """By its key, the patients that each row of a study's own results stands for."""
    specs = {spec.id: spec for spec in protocol.analyses}
    tables = _Tables(protocol, derived)
    asked: dict[int, tuple[pl.DataFrame, list[_Asked]]] = {}
    for row in rows:
        spec = specs.get(row.analysis)
        frame, one = tables.of_flow(row) if spec is None else tables.of_analysis(spec, row)
        asked.setdefault(id(frame), (frame, []))[1].append(one)
    return {key: held for frame, numbers in asked.values() for key, held in _answers(frame, numbers)}


def _answers(frame: pl.DataFrame, numbers: list[_Asked]) -> Iterable[tuple[str, Behind]]:
    """The rows of each number, of one query over the table of them all."""
    exprs = {f"of {i}": one.of for i, one in enumerate(numbers)}
    exprs |= {f"counts {i}": one.of & one.counts for i, one in enumerate(numbers) if one.counts is not None}
    # beside a column of its own, so that a mask of everyone is as long as the table
    masks = frame.with_row_index("_at").select("_at", **exprs)
    patients = frame["patient"].to_list()
    listed = _listed(frame)
    held: dict[str, tuple[int, ...]] = {
        name: tuple(at for at, is_chosen in enumerate(masks[name].to_list()) if is_chosen) for name in exprs
    }
    for i, one in enumerate(numbers):
        counted = held.get(f"counts {i}")
        if counted is not None and len({patients[at] for at in counted}) == one.row.value:
            yield one.row.key, Behind(listed, counted, is_counted=True)
        else:
            yield one.row.key, Behind(listed, held[f"of {i}"], is_counted=False)


class _Tables:
    """The tables of records of a study, each made when a number first rests on it."""

    def __init__(self, protocol: Protocol, derived: Derived) -> None:
        self.protocol = protocol
        self.derived = derived
        self.limits: dict[str, Derived] = {}
        self.made: dict[tuple[str, ...], pl.DataFrame] = {}
        self.held: dict[tuple[int, str], frozenset[str]] = {}

    def limited(self, population: str | None) -> Derived:
        if population is None:
            return self.derived
        if population not in self.limits:
            self.limits[population] = limited(self.protocol, self.derived, population)
        return self.limits[population]

    def of_analysis(self, spec: AnalysisSpec, row: Row) -> tuple[pl.DataFrame, _Asked]:
        """The endpoint's rows that the number is about beside the patients' own columns, or these alone."""
        derived = self.limited(spec.population)
        part = row.population.rpartition(".")[2] if spec.population is not None else row.population
        pair = _pair(spec, row)
        if pair is not None and all((name, at) in self.read(derived) for name, at in pair):
            frame = self.kept((spec.population or "", *pair[0], *pair[1]), lambda: _paired(derived, *pair))
            return frame, _Asked(row, self.of_group(frame, spec, row.group), of_pair(row, part))
        name = _endpoint(spec, derived, row)
        endpoint = derived.endpoints.get(name)
        if endpoint is None:
            variable = row.variable if row.variable in derived.cohort.patients.columns else ""
            narrowed: dict[str, str] = {"variable": variable}
        else:
            narrowed = self.about(endpoint, row)
        if endpoint is not None and row.variable == ANY_EVENT and isinstance(spec, SafetyAnalysis):
            frame = self.kept(
                (spec.population or "", name, "any"), lambda: _any(endpoint, derived.cohort.patients)
            )
        else:
            address = (spec.population or "", name, *(f"{at}={value}" for at, value in narrowed.items()))
            frame = self.kept(address, lambda: _beside(endpoint, narrowed, derived.cohort.patients))
        return frame, _Asked(row, self.of_group(frame, spec, row.group), counting(frame, spec, row, part))

    def kept(self, address: tuple[str, ...], make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """The table at an address, made the first time."""
        if address not in self.made:
            self.made[address] = make()
        return self.made[address]

    def read(self, derived: Derived) -> frozenset[tuple[str, str]]:
        """The responses that there are, each an endpoint and a landmark."""
        return frozenset(
            (name, landmark)
            for name, endpoint in derived.endpoints.items()
            if "landmark" in endpoint.frame.columns
            for landmark in self.values(endpoint.frame, "landmark")
        )

    def values(self, frame: pl.DataFrame, column: str) -> frozenset[str]:
        """What a column of a table holds; the table outlives this answer, so that its identity is its name."""
        name = (id(frame), column)
        if name not in self.held:
            self.held[name] = frozenset(frame[column].cast(pl.String).unique().drop_nulls())
        return self.held[name]

    def about(self, endpoint: Endpoint, row: Row) -> dict[str, str]:
        """The landmark, term, rule, item and window that the number names, by column; none where it names none."""
        frame = endpoint.frame
        variable = row.variable.rsplit(" ", maxsplit=1)[-1] if " to " not in row.variable else row.variable
        narrowed = {
            name: variable for name in NAMES if name in frame.columns and variable in self.values(frame, name)
        }
        window = row.level.removesuffix(" change")
        if "window" in frame.columns and window in self.values(frame, "window"):
            narrowed["window"] = window
        return narrowed

    def of_group(self, frame: pl.DataFrame, spec: AnalysisSpec, group: str) -> pl.Expr:
        """The rows of the patients of a group; a comparison is of both groups, a model of everyone."""
        by = getattr(spec, "by", None) or "arm"
        if by not in frame.columns:
            return EVERYONE
        names = group.split(" vs ")
        return (
            pl.col(by).cast(pl.String).is_in(names) if self.values(frame, by).issuperset(names) else EVERYONE
        )

    def of_flow(self, row: Row) -> tuple[pl.DataFrame, _Asked]:
        """Of the patient flow: by decision, criterion and population."""
        verdict = row.variable if row.variable and row.stat not in {"left", "pending"} else ""
        frame = self.kept(("flow", verdict), lambda: _screened(self.derived, verdict))
        of = EVERYONE
        is_limited = row.population in self.protocol.populations
        if is_limited:
            kept = pl.col("patient").is_in(self.limited(row.population).cohort.patients["patient"].implode())
            of = (~kept if row.stat == "left" else kept) & (pl.col("decision") == "included")
        if row.group.startswith("centre:"):
            of &= pl.col("centre") == row.group.removeprefix("centre:")
        elif row.group != "overall":
            of &= pl.col("arm") == row.group
        if row.stat in ("excluded", "pending", "included") and not row.variable:
            of &= pl.col("decision") == row.stat
        elif row.stat in ("left", "pending") and not is_limited:
            decision = "excluded" if row.stat == "left" else "pending"
            of &= (pl.col("decision") == decision) & (pl.col("left_at") == row.variable)
        elif row.variable and not is_limited:
            of &= pl.col("verdict") == row.stat
        return frame, _Asked(row, of, EVERYONE)


def _screened(derived: Derived, criterion: str) -> pl.DataFrame:
    """Every patient of the records, with the verdict of a criterion and the record it was read from."""
    cohort = derived.cohort
    if criterion:
        held = cohort.verdicts.filter(criterion=criterion).select("patient", "verdict", "source")
        return cohort.screened.join(held, on="patient", how="inner", maintain_order="left")
    placed = cohort.verdicts.group_by("patient", maintain_order=True).agg(pl.col("source").first())
    own = cohort.patients.with_columns(source()).select("patient", "source")
    places = pl.concat([own, placed.join(own, on="patient", how="anti")])
    return cohort.screened.join(places, on="patient", how="left", maintain_order="left")


def _own(patients: pl.DataFrame, variable: str) -> pl.DataFrame:
    """The patients' own columns; the value of one variable, and the place it was read from, set out."""
    own = patients.with_columns(source().alias("source"))
    if not variable:
        return own
    at = source_column(variable)
    place = pl.coalesce(pl.col(at), pl.col("source")) if at in own.columns else pl.col("source")
    return own.with_columns(place.alias("source"), pl.col(variable).alias("_value"))


def _beside(endpoint: Endpoint | None, narrowed: dict[str, str], patients: pl.DataFrame) -> pl.DataFrame:
    """The rows of an endpoint that are about some things, beside the patients' own columns; without one, these."""
    if endpoint is None:
        return _own(patients, narrowed["variable"])
    frame = endpoint.frame
    for name, value in narrowed.items():
        frame = frame.filter(pl.col(name) == value)
    return _with_own(frame, patients)


def _with_own(frame: pl.DataFrame, patients: pl.DataFrame) -> pl.DataFrame:
    beside = patients.select("patient", *(name for name in patients.columns if name not in frame.columns))
    return frame.join(beside, on="patient", how="inner", maintain_order="left")


def _any(endpoint: Endpoint, patients: pl.DataFrame) -> pl.DataFrame:
    """The worst of all terms, a row a patient, from the patient's first record of them."""
    places = endpoint.frame.group_by("patient", maintain_order=True).agg(pl.col("source").first())
    worst = any_of(endpoint.frame).join(places, on="patient", how="left", maintain_order="left")
    return _with_own(worst, patients)


Reading = tuple[str, str]
"""A response endpoint, and the landmark at which it is read."""


def _pair(spec: AnalysisSpec, row: Row) -> tuple[Reading, Reading] | None:
    """Of a number about two responses of each patient - two readings, or two landmarks - which they are."""
    if isinstance(spec, AgreementAnalysis):
        first, second = spec.endpoints
        return (first, row.variable), (second, row.variable)
    before, is_course, after = row.variable.partition(" to ")
    if is_course and isinstance(spec, ResponseAnalysis):
        return (spec.endpoint, before), (spec.endpoint, after)
    return None


def _paired(derived: Derived, first: Reading, second: Reading) -> pl.DataFrame:
    """Both responses of each patient, and both records."""
    left, right = (
        derived.endpoints[name].frame.filter(landmark=at).select("patient", "response", "source")
        for name, at in (first, second)
    )
    both = left.rename({"response": "first"}).join(
        right.rename({"response": "second"}), on="patient", how="inner", maintain_order="left"
    )
    places = pl.concat_str("source", "source_right", separator="; ", ignore_nulls=True)
    return _with_own(both.with_columns(places.alias("source")), derived.cohort.patients)


def _endpoint(spec: AnalysisSpec, derived: Derived, row: Row) -> str:
    """The endpoint of an analysis; of one that has several the one that the variable names."""
    named = getattr(spec, "endpoint", None) or getattr(spec, "response", None) or ""
    first = row.variable.split(" ", maxsplit=1)[0]
    return first if not named and first in derived.endpoints else str(named)


def _listed(frame: pl.DataFrame) -> pl.DataFrame:
    """Identifier, arm, what was derived, record."""
    shown = [name for name in ("_value", *VALUES) if name in frame.columns]
    return frame.select("patient", "arm", *shown, "source").rename({"_value": "value"}, strict=False)
