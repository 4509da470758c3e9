"""The study in order. Read this file first: it is the only one that knows all the stages.

    study.yaml -> read -> check -> baseline -> eligibility -> endpoints -> analyses -> document

Each stage is a function from one shape to the next; stages share shapes and never each other's code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from calliper import derivations, eligibility, ingest, results
from calliper.analyses import analyse, analyse_flow, analyse_multiplicity, analyse_populations
from calliper.analyses.sensitivity import analyse_conventions
from calliper.blocks import Document
from calliper.derivations.baseline import derive_baseline
from calliper.derivations.queries import with_queries
from calliper.displays.document import document
from calliper.endpoints import Derived
from calliper.engine.local import add, map_partitions
from calliper.errors import DataError
from calliper.protocol.load import Loaded
from calliper.protocol.specs import Protocol
from calliper.records.check import as_found, check, stopping_errors
from calliper.records.tables import Records
from calliper.results import Results
from calliper.versions import software

PATIENTS_IN_A_PART = 250_000
"""Patients derived at a time, so that a registry's derivations need the memory of one part."""

Progress = Callable[[str], None]
"""Called with a few words before each step; the command line shows them."""


def silent(step: str) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one run of a study made, each shape as its stage left it."""

    records: Records
    derived: Derived
    results: Results
    document: Document


def read(loaded: Loaded, progress: Progress = silent) -> Records:
    """Read and check every record of a study; problems are in the answer, errors or not."""
    progress("Reading the records")
    raw = ingest.read(loaded.protocol, loaded.folder, loaded.layers)
    progress("Checking every cell")
    return as_found(with_queries(loaded.protocol, check(loaded.protocol, raw)))


def prepare(loaded: Loaded, progress: Progress = silent) -> tuple[Records, Derived]:
    """The checked records of a study, and what is derived from them, before anything is analysed.

    Raises DataError listing every error of the records when the study file says `on_error: stop`, or when an error is
    not one record's (a missing file, a missing column).
    """
    protocol = loaded.protocol
    records = read(loaded, progress)
    stopping = stopping_errors(protocol, records)
    if stopping:
        raise DataError(stopping)
    progress("Selecting patients and deriving endpoints")
    patients = derive_baseline(protocol, records).sort("patient")
    slices = list(patients.iter_slices(PATIENTS_IN_A_PART)) or [patients]
    return records, add(map_partitions(lambda part: derive(protocol, records, part), slices))


def run(loaded: Loaded, progress: Progress = silent) -> Run:
    """Run a study from its records to its document; raises as `prepare`."""
    protocol = loaded.protocol
    records, derived = prepare(loaded, progress)
    parts = [analyse_flow(protocol, derived.cohort, *records.n_excluded)]
    parts.append(analyse_populations(protocol, derived))
    for spec in protocol.analyses:
        progress(f"Analysing {spec.id}")
        parts.append(analyse(spec, protocol, derived))
    progress("Comparing conventions")
    made = results.join(parts)
    parts += [analyse_multiplicity(protocol, made), analyse_conventions(protocol, derived, made)]
    made = results.join(parts)

    progress("Composing the report")
    return Run(records, derived, made, document(protocol, made, records.problems, software()))


def derive(protocol: Protocol, records: Records, patients: pl.DataFrame) -> Derived:
    """Eligibility and endpoints of some of the patients. Nothing in it looks past one patient, so parts add up."""
    cohort = eligibility.select(protocol, patients)
    endpoints = derivations.derive_endpoints(protocol, records, cohort.patients)
    return Derived(cohort=cohort, endpoints=endpoints)
