"""Calliper: from the records of several hospitals to a paper-ready, self-consistent report.

    study = calliper.load("study.yaml")     # every mistake in the study file at once
    results = study.run()                   # one row a statistic
    results.to_polars()
    study.report("out/")                    # report.html, results.csv, figures, manifest

The map of the package, in the order the data go:

    protocol/      the study file: what a user declares
    ingest/        files of the centres -> raw records
    records/       raw records -> checked, typed tables and a list of problems
    eligibility    who is in, who left, and why
    derivations/   baseline groups, response, times to events, worst grades; one patient at a time
    analyses/      summaries and statistics -> rows of results, each with its method
    displays/      results -> tables, figures and sentences as blocks; the only place that rounds
    report/        blocks -> files
    pipeline       the above in order

    summaries/     counts and sums that add up over partitions
    stats/         arithmetic on summaries and arrays
    exports/       derived data as datasets, to program the numbers again
    explain/       one patient, or one number, from the cells on
    runs/          two runs held against each other; a run made again
    sharing/       what of a report may leave the hospital
    audit/         a paper's printed numbers against a run's results
    manuscript/    an author's text: fields filled from a report, printed numbers held against it
    synth/         invented cohorts with known truth
    cli/           the command line
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from calliper.errors import CalliperError, CannotEstimate, DataError, OutputError, ProtocolError

if TYPE_CHECKING:
    from calliper.results import Method, Results, Row
    from calliper.study import Study, load

__all__ = [
    "CalliperError",
    "CannotEstimate",
    "DataError",
    "Method",
    "OutputError",
    "ProtocolError",
    "Results",
    "Row",
    "Study",
    "load",
]

_HOMES = {"Study": "study", "load": "study", "Method": "results", "Results": "results", "Row": "results"}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `calliper --help` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'calliper' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
