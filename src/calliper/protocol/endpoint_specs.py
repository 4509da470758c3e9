"""Endpoints: the key `endpoints` of the study file, each kind in a file of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from calliper.protocol.deviation_specs import Deviations
from calliper.protocol.measurement_specs import Measurements
from calliper.protocol.response_specs import Response
from calliper.protocol.time_specs import TimeToEvent
from calliper.protocol.toxicity_specs import Toxicity
from calliper.protocol.treatment_specs import Exposure, Schedule, Treatments

Endpoint = Annotated[
    TimeToEvent | Response | Toxicity | Treatments | Exposure | Schedule | Deviations | Measurements,
    Field(discriminator="kind"),
]
