"""Derivations: from checked records to baseline variables and endpoints, one patient at a time.

    baseline.py       cuts, flags, categories, spans of dates and stages, before anyone is selected
    staging.py        the stages and scores of a disease, patient by patient
    queries.py        a stage derived that differs from the one recorded, and the study's own checks
    time_to_event.py  a time and a 0/1 event, recorded or counted between dates
    dates.py          the dates a time-to-event endpoint names, with the record each came from
    despite.py, refractory.py  progression that treatment did not answer; refractory to chemoembolisation
    adequate_scans.py the scans that follow an endpoint, and the new therapy that ends their reading
    ending.py         what ends a patient's time: event, rule or censoring, and the words for it
    recorded.py       times and events that the centres recorded as such
    response.py       tumour response at each landmark, and the best
    scans.py          scans, recorded or derived: the response in a window of days, and the best of all
    lesions.py        the response of each scan, derived from the tables of scans and lesions
    assessments.py    which scans are one assessment, and each lesion as the best of them measured it
    baseline_lesions.py, target_sums.py  what each scan is held against: baseline, sums, nadir
    other_lesions.py, new_lesions.py  lesions that are no targets, and those that baseline did not have
    target_response.py, overall_response.py, best_response.py  the rules, exact
    scan_verdicts.py  what a scan shows as a whole: its rule, day, reason and flags
    sizes.py          thresholds met exactly, sizes and changes in words
    toxicity.py       worst grade of each adverse event
    windows.py, recorded_events.py, laboratory_events.py, worst_grades.py  when an event counts, and what it comes to
    treatments.py     sessions and periods of treatment, by day from the start
    measurements.py   one value of each measurement in each window of days
    exposure.py, drug_periods.py, doses.py  the periods of a drug, and what they come to
    schedule.py, due_visits.py  visits held against when they were due
    deviations.py, judged_rows.py  the protocol's rules held against the records they are about
    units.py          days in the unit of a span or an endpoint

No derivation looks across patients, so those of two partitions of patients, put together, are those of the
whole. Only the list of terms of `terms: as recorded` is read off all the records given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from calliper.derivations import (
    deviations,
    exposure,
    measurements,
    response,
    schedule,
    time_to_event,
    toxicity,
    treatments,
)
from calliper.endpoints import Endpoint
from calliper.protocol import specs
from calliper.records.tables import PROVENANCE, TABLES, Records

SHOWN = ("scan", "target", "non_target", "new", "new_site", "overall")
"""What a derived scan shows besides its response, as an endpoint's `where` may ask."""

Derive = Callable[[str, Any, specs.Protocol, Records, pl.DataFrame], Endpoint]
"""From name, spec (of the kind), protocol, records and `Cohort.patients` to the endpoint."""

DERIVE: Mapping[type[specs.Spec], Derive] = {
    specs.TimeToEvent: time_to_event.derive,
    specs.Response: response.derive,
    specs.Toxicity: toxicity.derive,
    specs.Treatments: treatments.derive,
    specs.Measurements: measurements.derive,
    specs.Deviations: deviations.derive,
    specs.Exposure: exposure.derive,
    specs.Schedule: schedule.derive,
}


def derive_endpoints(
    protocol: specs.Protocol, records: Records, patients: pl.DataFrame
) -> Mapping[str, Endpoint]:
    """Every endpoint of these patients by name, in the order of the study file.

    A time-to-event endpoint whose `assessments` name a response that is derived from lesions reads the derived
    scans in place of the responses table; so do a schedule and deviations with a `response`; the latter read the other
    endpoints too.
    """
    made: dict[str, Endpoint] = {}
    for name, spec in sorted(protocol.endpoints.items(), key=lambda held: _IN_ORDER.get(held[1].kind, 1)):
        read = records
        if isinstance(spec, specs.Deviations):
            read = _with_endpoints(_with_derived_responses(records, made.get(spec.response or "")), made)
        if isinstance(spec, specs.Schedule):
            read = _with_derived_responses(records, made.get(spec.response or ""))
        if isinstance(spec, specs.TimeToEvent) and spec.assessments is not None:
            read = _with_derived_responses(records, made.get(spec.assessments.response or ""))
        made[name] = DERIVE[type(spec)](name, spec, protocol, read, patients)
    return {name: made[name] for name in protocol.endpoints}


_IN_ORDER = {"response": 0, "deviations": 2}
"""Kinds of endpoints that others read come first, those that read others last."""


def _with_endpoints(records: Records, made: Mapping[str, Endpoint]) -> Records:
    """The records with what was derived, as tables `endpoint:NAME`."""
    frames = {f"endpoint:{name}": endpoint.frame for name, endpoint in made.items()}
    return replace(records, tables={**records.tables, **frames})


def _with_derived_responses(records: Records, response: Endpoint | None) -> Records:
    if response is None or response.scans is None:
        return records
    rows = response.scans.select(*TABLES["responses"], *SHOWN, *PROVENANCE)
    return replace(records, tables={**records.tables, "responses": rows})
