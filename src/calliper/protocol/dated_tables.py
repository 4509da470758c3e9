"""The long tables whose rows have a date, and the role that holds it."""

from __future__ import annotations

from typing import Literal

DATE_ROLES = {
    "responses": "date",
    "adverse_events": "start",
    "contacts": "date",
    "exposure": "start",
    "visits": "date",
    "imaging": "date",
    "sessions": "date",
    "other_therapy": "start",
    "labs": "date",
}
"""The role that dates a row of each table that holds dates, unless a `role` of the study file says `end`."""

DatedTable = Literal[
    "responses", "adverse_events", "contacts", "exposure", "visits", "sessions", "other_therapy", "labs"
]
"""The tables from which the study file may take a date."""

WITH_AN_END: tuple[DatedTable, ...] = ("adverse_events", "exposure", "other_therapy")
"""Those whose rows last from a start to an end."""
