"""Exposure to a drug, one row a patient: how long, how much, what was reduced or paused, and what ended it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from calliper.derivations.doses import Doses, Period, sum_doses
from calliper.derivations.drug_periods import AT_CUTOFF, DrugPeriod, read_periods
from calliper.endpoints import EXPOSURES, NO_START, Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import Exposure, Protocol
from calliper.records.tables import Records

NEVER = "never started"


def derive(
    name: str, spec: Exposure, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row a patient of the endpoint's arms, in the order of the cohort; who never took the drug has a reason alone.

    Days are counted from `spec.start`; doses before it are left out, as are those after the cut-off. How the doses sum
    up is said in doses.py.

    Raises:
        DataError: a row has no dose or one above the plan, two share days, or a period has no end that can be told,
            or ends after what ended it; every such row is listed.
    """
    own = patients.filter(pl.col("arm").is_in(spec.arms)) if spec.arms else patients
    cutoff = protocol.study.cutoff
    periods, faults = read_periods(spec, records, own, cutoff=cutoff)
    if faults:
        raise DataError([fault.line for fault in faults])
    planned = Decimal(repr(spec.planned_mg_per_day))
    rows = [
        {"patient": patient, **_row(origin, periods.get(patient, ()), planned)}
        for patient, origin in own.select("patient", spec.start).iter_rows()
    ]
    return Endpoint(name, "exposure", pl.DataFrame(rows, schema=EXPOSURES))


def _row(origin: date | None, held: Sequence[DrugPeriod], planned: Decimal) -> dict[str, Any]:
    """The values of one patient, by column."""
    if origin is None:
        return {"reason": NO_START}
    counted = [_from(period, origin) for period in held if period.last >= origin]
    doses = sum_doses(
        [Period(period.first, period.last, period.mg_per_day) for period in counted],
        planned_mg_per_day=planned,
    )
    if doses is None:
        return {"reason": NEVER, **_told(counted)}
    last = [period for period in counted if period.mg_per_day > 0][-1]
    after = [period for period in counted if period.first > last.first]
    return {
        **_values(doses, origin),
        "was_on_before": doses.first_day == origin and _is_dose_on(held, origin - timedelta(days=1)),
        "is_ongoing": last.is_open,
        "reason": _ending(last, after),
        **_told(counted),
    }


def _from(period: DrugPeriod, origin: date) -> DrugPeriod:
    return replace(period, first=max(period.first, origin))


def _values(doses: Doses, origin: date) -> dict[str, Any]:
    def day(on: date) -> int:
        return (on - origin).days

    return {
        "first_day": day(doses.first_day),
        "last_day": day(doses.last_day),
        "duration_days": doses.duration_days,
        "on_drug_days": doses.on_drug_days,
        "cumulative_mg": float(doses.cumulative_mg),
        "mean_daily_mg": float(doses.mean_daily_mg),
        "mean_daily_mg_without_pauses": float(doses.mean_daily_mg_without_pauses),
        "rdi_percent": float(doses.rdi_percent),
        "reductions": len(doses.reductions),
        "first_reduction_day": day(doses.reductions[0]) if doses.reductions else None,
        "interruptions": len(doses.interruptions),
        "longest_interruption_days": doses.longest_interruption_days,
        "days_unrecorded": doses.days_unrecorded,
    }


def _is_dose_on(held: Sequence[DrugPeriod], day: date) -> bool:
    return any(period.first <= day <= period.last and period.mg_per_day > 0 for period in held)


def _ending(last: DrugPeriod, after: Sequence[DrugPeriod]) -> str:
    """What ended the last period with a dose; the reason of a pause that no dose followed is why it was stopped."""
    if last.is_open:
        return (
            f"ongoing at {AT_CUTOFF}"
            if last.cut_at == AT_CUTOFF
            else f"ongoing when last seen: {last.cut_at}"
        )
    if last.cut_at is not None:
        return f"no end recorded, taken until: {last.cut_at}"
    why = next((period.why for period in after if period.why), None)
    return f"stopped: {why.replace('_', ' ')}" if why else "stopped"


def _told(counted: Sequence[DrugPeriod]) -> dict[str, str | None]:
    """Completed dates, and the records."""
    notes = dict.fromkeys(f"{period.note} ({period.source})" for period in counted if period.note)
    return {
        "detail": "; ".join(notes) or None,
        "source": "; ".join(period.source for period in counted) or None,
    }
