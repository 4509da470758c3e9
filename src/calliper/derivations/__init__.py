"""Derivations: from checked records to baseline variables and endpoints, one patient at a time.

    baseline.py       cuts, flags, categories, spans of dates and stages, before anyone is selected
    staging.py        the stages and scores of a disease, patient by patient
    queries.py        a stage derived that differs from the one recorded, and the study's own checks
    time_to_event.py  a time and a 0/1 event, recorded or counted between dates
    dates.py          the dates a time-to-event endpoint names, with the record each came from
    recorded.py       times and events that the centres recorded as such
    response.py       tumour response at each landmark
    scans.py          the responses table as scans, and the response in a window of days
    toxicity.py       worst grade of each adverse event
    units.py          days in the unit of a span or an endpoint

No derivation looks across patients, so those of two partitions of patients, put together, are those of the
whole. Only the list of terms of `terms: as recorded` is read off all the records given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from calliper.derivations import response, time_to_event, toxicity
from calliper.endpoints import Endpoint
from calliper.protocol import specs
from calliper.records.tables import Records

Derive = Callable[[str, Any, specs.Protocol, Records, pl.DataFrame], Endpoint]
"""From name, spec (of the kind), protocol, records and `Cohort.patients` to the endpoint."""

DERIVE: Mapping[type[specs.Spec], Derive] = {
    specs.TimeToEvent: time_to_event.derive,
    specs.Response: response.derive,
    specs.Toxicity: toxicity.derive,
}
