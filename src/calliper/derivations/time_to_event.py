"""Time-to-event endpoints: a time, a 0/1 event, the reason and the deciding record of each patient."""

from __future__ import annotations

from datetime import date

import polars as pl

from calliper.derivations.dates import find_dates
from calliper.derivations.recorded import recorded_times
from calliper.derivations.units import in_unit
from calliper.endpoints import TIMES, Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import Protocol, TimeToEvent
from calliper.records.provenance import source
from calliper.records.tables import Records

DAYS_OF_EVENT_ON_DAY_0 = 0.5
"""An event on the day of the start takes half a day, so that it happens while the patient is at risk."""


def derive(
    name: str, spec: TimeToEvent, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row for each patient of `patients`, sorted by patient; time and event are null where not known.

    From dates, time is end - start in days, shown in the unit of `spec`. The event is the earliest of its
    events on or before the cut-off (of two on one day, the one listed first). Without an event the patient is
    censored at the date of the first `censor` entry that has one, never after the cut-off. An event after the
    cut-off is no event; unless follow-up is by scans (an entry of `censor` reads the responses), it proves
    the patient event-free at the cut-off and censors there. An event on day 0 takes half a day; censoring on
    day 0 stays 0.

    Raises:
        DataError: an event precedes the start (every such patient is listed), or, for recorded times, as
            `recorded_times`.
    """
    if spec.recorded is not None:
        frame = recorded_times(spec.recorded, records, patients)
    elif spec.start is not None:
        frame = _from_dates(spec, spec.start, protocol, records, patients)
    else:
        raise ValueError(f"endpoint {name} has neither a recorded time nor a start")
    return Endpoint(name=name, kind="time_to_event", frame=frame.select(TIMES.keys()).sort("patient"))


def _from_dates(
    spec: TimeToEvent, start: str, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    cutoff = protocol.study.cutoff or date.max
    start_label = protocol.variable(start).label
    starts = patients.select("patient", pl.col(start).alias("start"))
    candidates = find_dates(spec.events, starts, records, patients, cutoff=cutoff)
    _refuse_events_before_start(candidates.join(starts, on="patient"), start_label)
    dated = (
        patients.select("patient", pl.col(start).alias("start"), source())
        .join(_earliest(candidates.filter(pl.col("date") <= cutoff), "event"), on="patient", how="left")
        .join(_earliest(candidates.filter(pl.col("date") > cutoff), "later"), on="patient", how="left")
        .join(_censoring(spec, records, patients, starts, cutoff), on="patient", how="left")
    )
    is_seen_at_scans = any("responses" in (entry.first, entry.last) for entry in spec.censor)
    ended = dated.with_columns(_end(cutoff, proves_event_free=not is_seen_at_scans))
    return ended.select("patient", *_time_and_event(spec), _reason(start_label, cutoff), _deciding_record())


def _earliest(candidates: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Each patient's earliest candidate, columns `date`, `reason`, `source` under the prefix."""
    return (
        candidates.sort("patient", "date", "entry")
        .unique("patient", keep="first", maintain_order=True)
        .select("patient", pl.col("date", "reason", "source").name.prefix(f"{prefix}_"))
    )


def _censoring(
    spec: TimeToEvent, records: Records, patients: pl.DataFrame, starts: pl.DataFrame, cutoff: date
) -> pl.DataFrame:
    """Each patient's date under the first censoring entry that has one."""
    return (
        find_dates(spec.censor, starts, records, patients, cutoff=cutoff)
        .unique("patient", keep="first", maintain_order=True)
        .select("patient", pl.col("date", "reason", "source").name.prefix("censor_"))
    )


def _refuse_events_before_start(candidates: pl.DataFrame, start_label: str) -> None:
    early = candidates.filter(pl.col("date") < pl.col("start"))
    if early.height:
        raise DataError(
            [
                f"{row['source']}: patient {row['patient']}: {row['reason']} on {row['date']} is before "
                f"{start_label} on {row['start']}; correct one of the dates"
                for row in early.iter_rows(named=True)
            ]
        )


HAS_EVENT = pl.col("event_date").is_not_null()


def _end(cutoff: date, *, proves_event_free: bool) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """The date that ends the time; whether a later event, or else a later contact, censors at the cut-off."""
    is_proven = ~HAS_EVENT & pl.col("later_date").is_not_null() & pl.lit(proves_event_free)
    is_cut = ~HAS_EVENT & ~is_proven & (pl.col("censor_date") > cutoff).fill_null(value=False)
    end = (
        pl.when(HAS_EVENT)
        .then(pl.col("event_date"))
        .when(is_proven | is_cut)
        .then(pl.lit(cutoff))
        .otherwise(pl.col("censor_date"))
    )
    return end.alias("end"), is_proven.alias("is_proven"), is_cut.alias("is_cut")


DAYS = (pl.col("end") - pl.col("start")).dt.total_days()


def _time_and_event(spec: TimeToEvent) -> tuple[pl.Expr, pl.Expr]:
    days = (
        pl.when(HAS_EVENT & (DAYS == 0)).then(pl.lit(DAYS_OF_EVENT_ON_DAY_0)).otherwise(DAYS.cast(pl.Float64))
    )
    time = pl.when(DAYS >= 0).then(in_unit(days, spec.unit))
    event = pl.when(DAYS >= 0).then(HAS_EVENT.cast(pl.Int64))
    return time.alias("time"), event.alias("event")


def _reason(start_label: str, cutoff: date) -> pl.Expr:
    return (
        pl.when(pl.col("start").is_null())
        .then(pl.lit(f"{start_label} not recorded"))
        .when(pl.col("end").is_null())
        .then(pl.lit("no event and no date of follow-up"))
        .when(pl.col("start") > cutoff)
        .then(pl.lit(f"{start_label} after the cut-off"))
        .when(DAYS < 0)
        .then(pl.concat_str("censor_reason", pl.lit(f", before {start_label}")))
        .when(HAS_EVENT & (DAYS == 0))
        .then(pl.concat_str("event_reason", pl.lit(" (on day 0, counted as half a day)")))
        .when(HAS_EVENT)
        .then(pl.col("event_reason"))
        .when(pl.col("is_proven"))
        .then(pl.concat_str("later_reason", pl.lit(" after the cut-off (cut-off)")))
        .when(pl.col("is_cut"))
        .then(pl.concat_str("censor_reason", pl.lit(" (cut-off)")))
        .otherwise(pl.col("censor_reason"))
        .alias("reason")
    )


def _deciding_record() -> pl.Expr:
    """The record of the event or of the censoring date; the patient's own where there is no time."""
    return (
        pl.when(pl.col("start").is_null() | pl.col("end").is_null())
        .then(pl.col("source"))
        .when(HAS_EVENT)
        .then(pl.col("event_source"))
        .when(pl.col("is_proven"))
        .then(pl.col("later_source"))
        .otherwise(pl.col("censor_source"))
        .alias("source")
    )
