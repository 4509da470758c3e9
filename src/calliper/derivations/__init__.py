"""Derivations: from checked records to baseline variables and endpoints, one patient at a time.

    baseline.py       cuts, flags, regrouped categories and spans of dates, before anyone is selected
    time_to_event.py  a time and a 0/1 event, recorded or counted between dates
    dates.py          the dates a time-to-event endpoint names, with the record each came from
    response.py       tumour response at each landmark
    toxicity.py       worst grade of each adverse event

No derivation looks across patients, so those of two partitions of patients, put together, are those of the whole. The
one exception is `terms: as recorded`, whose list of terms is read off all the patients given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import polars as pl

from calliper.derivations import response, time_to_event, toxicity
from calliper.endpoints import Endpoint
from calliper.protocol import specs
from calliper.records.tables import Records


class Derive(Protocol):
    """One kind's derivation. `spec` is of that kind; `patients` is `Cohort.patients`."""

    def __call__(
        self, name: str, spec: Any, protocol: specs.Protocol, records: Records, patients: pl.DataFrame, /
    ) -> Endpoint: ...


DERIVE: Mapping[type[specs.Spec], Derive] = {
    specs.TimeToEvent: time_to_event.derive,
    specs.Response: response.derive,
    specs.Toxicity: toxicity.derive,
}
