"""The study in order. Read this file first: it is the only one that knows all the stages.

    study.yaml -> read -> check -> baseline -> eligibility -> endpoints -> analyses -> document

Each stage is a function from one shape to the next; stages share shapes and never each other's code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import derivations, eligibility, ingest, results
from .analyses import ANALYSE
from .analyses.flow import analyse_flow
from .blocks import Document
from .derivations.baseline import derive_baseline
from .displays.document import document
from .endpoints import Derived
from .errors import DataError
from .protocol.load import Loaded
from .records.check import check
from .records.tables import Records
from .results import Results
from .versions import software

Progress = Callable[[str], None]
"""Called with a few words before each step; the command line shows them."""


def _silent(step: str) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one run of a study made, each shape as its stage left it."""

    records: Records
    derived: Derived
    results: Results
    document: Document


def read(loaded: Loaded, progress: Progress = _silent) -> Records:
    """Read and check every record of a study; problems are in the answer, errors or not."""
    progress("Reading the records")
    raw = ingest.read(loaded.protocol, loaded.folder)
    progress("Checking every cell")
    return check(loaded.protocol, raw)


def run(loaded: Loaded, progress: Progress = _silent) -> Run:
    """Run a study from its records to its document.

    Raises DataError listing every error of the records when the study file says `on_error: stop`, or when an error is
    not one record's (a missing file, a missing column).
    """
    protocol = loaded.protocol
    records = read(loaded, progress)
    stopping = stopping_errors(loaded, records)
    if stopping:
        raise DataError(stopping)

    progress("Selecting patients")
    cohort = eligibility.select(protocol, derive_baseline(protocol, records))
    progress("Deriving endpoints")
    endpoints = {
        name: derivations.DERIVE[type(spec)](name, spec, protocol, records, cohort.patients)
        for name, spec in protocol.endpoints.items()
    }
    derived = Derived(cohort=cohort, endpoints=endpoints)

    parts = [analyse_flow(protocol, cohort, records_excluded=len(records.excluded))]
    for spec in protocol.analyses:
        progress(f"Analysing {spec.id}")
        parts.append(ANALYSE[type(spec)](spec, protocol, derived))
    made = results.join(parts)

    progress("Composing the report")
    return Run(records, derived, made, document(protocol, made, records.problems, software()))


def stopping_errors(loaded: Loaded, records: Records) -> tuple[str, ...]:
    """The lines of the errors that stop a run: all, or under `exclude_record` those no single record answers for."""
    excluding = loaded.protocol.reading.on_error == "exclude_record"
    return tuple(
        problem.line
        for problem in records.problems
        if problem.severity == "error" and not (excluding and problem.row is not None)
    )
