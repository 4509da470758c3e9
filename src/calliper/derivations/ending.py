"""What ends a patient's time: the event, a rule that sets it aside, or censoring, with the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from calliper.derivations.units import in_unit
from calliper.protocol.specs import Protocol, TimeToEvent

DAYS_OF_EVENT_ON_DAY_0 = 0.5
"""An event on the day of the start takes half a day, so that it happens while the patient is at risk."""

IS_FOUND = pl.col("event_date").is_not_null()
IS_COUNTED = IS_FOUND & ~pl.col("is_late")
DAYS = (pl.col("end") - pl.col("origin")).dt.total_days()


@dataclass(frozen=True, slots=True)
class Words:
    """The names that the reasons use: of the index date, of day 0, and of the baseline."""

    start: str
    origin: str
    baseline: str
    cutoff: date

    @classmethod
    def of(cls, spec: TimeToEvent, protocol: Protocol, cutoff: date) -> Words:
        """Those of an endpoint that is counted between dates."""
        start = protocol.variable(spec.start or "").label
        baseline = spec.assessments.baseline if spec.assessments is not None else None
        return cls(
            start=start,
            origin=spec.counted_from.reason if spec.counted_from is not None else start,
            baseline=protocol.variable(baseline).label if baseline is not None else "",
            cutoff=cutoff,
        )


def decide(dated: pl.DataFrame, spec: TimeToEvent, words: Words) -> pl.DataFrame:
    """Time, event, cause, reason, detail and deciding record of each patient.

    Args:
        dated: one row a patient: `start`, `origin` (day 0), `source` and `is_judged`; `event_*`, the first event
            or competing event by the cut-off; `later_*`, the first after it; `before_*`, the last adequate scan
            before the event; `last_*`, the last one that is read; `therapy_*`; `censor_*`.
        spec: the endpoint.
        words: for the reasons.
    """
    ended = dated.with_columns(_rules(spec)).with_columns(_end(spec, words.cutoff))
    return ended.select(
        "patient", *_time_event_cause(spec), _reason(spec, words), _detail(), _deciding_record()
    )


def _rules(spec: TimeToEvent) -> list[pl.Expr]:
    """Which rule decides: the event came too late after a scan; day 0 came after the event; scans censor."""
    longest = spec.assessments.max_gap_days if spec.assessments is not None else None
    gap = (pl.col("event_date") - pl.max_horizontal("before_date", "origin")).dt.total_days()
    is_late = (gap > longest).fill_null(value=False) if longest is not None else pl.lit(value=False)
    scans_censor = spec.assessments is not None and not spec.censor
    return [
        gap.alias("gap"),
        (IS_FOUND & is_late).alias("is_late"),
        (pl.col("event_date") < pl.col("origin")).fill_null(value=False).alias("is_early"),
        (~IS_FOUND & (pl.lit(scans_censor) | pl.col("therapy_date").is_not_null())).alias("is_at_scan"),
    ]


def _end(spec: TimeToEvent, cutoff: date) -> list[pl.Expr]:
    """The date that ends the time; whether a later event, or else a later contact, censors at the cut-off."""
    is_seen_at_scans = any(entry.table == "responses" for entry in spec.censor)
    is_open = ~IS_FOUND & ~pl.col("is_at_scan")
    is_proven = is_open & pl.col("later_date").is_not_null() & pl.lit(not is_seen_at_scans)
    is_cut = is_open & ~is_proven & (pl.col("censor_date") > cutoff).fill_null(value=False)
    day_0 = pl.min_horizontal("origin", pl.lit(cutoff))
    end = (
        pl.when(pl.col("origin").is_null())
        .then(None)
        .when(pl.col("is_late"))
        .then(pl.max_horizontal("before_date", day_0))
        .when(IS_FOUND)
        .then(pl.col("event_date"))
        .when(pl.col("is_at_scan"))
        .then(pl.max_horizontal("last_date", day_0))
        .when(is_proven | is_cut)
        .then(pl.lit(cutoff))
        .otherwise(pl.col("censor_date"))
    )
    return [end.alias("end"), is_proven.alias("is_proven"), is_cut.alias("is_cut")]


def _time_event_cause(spec: TimeToEvent) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    days = DAYS.cast(pl.Float64)
    if spec.add_one_day:
        days = days + 1.0
    else:
        days = pl.when(IS_COUNTED & (DAYS == 0)).then(pl.lit(DAYS_OF_EVENT_ON_DAY_0)).otherwise(days)
    has_time = (DAYS >= 0) & ~pl.col("is_early")
    is_event = IS_COUNTED & (pl.col("event_cause") == "event")
    return (
        pl.when(has_time).then(in_unit(days, spec.unit)).alias("time"),
        pl.when(has_time).then(is_event.cast(pl.Int64)).alias("event"),
        pl.when(has_time & IS_COUNTED).then(pl.col("event_cause")).alias("cause"),
    )


def _reason(spec: TimeToEvent, words: Words) -> pl.Expr:
    longest = spec.assessments.max_gap_days if spec.assessments is not None else None
    of_day_0 = "" if spec.add_one_day else " (on day 0, counted as half a day)"
    competing = (
        pl.when(pl.col("event_cause") != "event").then(pl.lit(" (competing event)")).otherwise(pl.lit(""))
    )
    return (
        pl.when(pl.col("start").is_null())
        .then(pl.lit(f"{words.start} not recorded"))
        .when(pl.col("origin").is_null())
        .then(pl.lit(f"no {words.origin}"))
        .when(pl.col("is_early"))
        .then(pl.concat_str("event_reason", pl.lit(f" before {words.origin}")))
        .when(pl.col("end").is_null())
        .then(pl.lit("no event and no date of follow-up"))
        .when(pl.col("origin") > words.cutoff)
        .then(pl.lit(f"{words.origin} after the cut-off"))
        .when(DAYS < 0)
        .then(pl.concat_str("censor_reason", pl.lit(f", before {words.origin}")))
        .when(pl.col("is_late"))
        .then(_late(longest, words))
        .when(IS_FOUND & (DAYS == 0))
        .then(pl.concat_str("event_reason", competing, pl.lit(of_day_0)))
        .when(IS_FOUND)
        .then(pl.concat_str("event_reason", competing))
        .when(pl.col("is_at_scan"))
        .then(_at_scan(words))
        .when(pl.col("is_proven"))
        .then(pl.concat_str("later_reason", pl.lit(" after the cut-off (cut-off)")))
        .when(pl.col("is_cut"))
        .then(pl.concat_str("censor_reason", pl.lit(" (cut-off)")))
        .otherwise(pl.col("censor_reason"))
        .alias("reason")
    )


def _late(longest: int | None, words: Words) -> pl.Expr:
    """An event set aside for the gap before it."""
    after_scan = f" more than {longest} days after the last adequate scan; censored at that scan"
    after_start = (
        f" more than {longest} days after {words.origin}, without an adequate scan; censored on day 0"
    )
    return (
        pl.when(pl.col("before_date").is_not_null())
        .then(pl.concat_str("event_reason", pl.lit(after_scan)))
        .when(~pl.col("is_judged"))
        .then(pl.lit(f"{_no_baseline(words)}; censored on day 0"))
        .otherwise(pl.concat_str("event_reason", pl.lit(after_start)))
    )


def _at_scan(words: Words) -> pl.Expr:
    """Censored by the scans themselves: at the last one that is read, or else on day 0."""
    upto = pl.concat_str(pl.lit(" up to "), "therapy_reason").fill_null("")
    return (
        pl.when(pl.col("last_date").is_not_null())
        .then(pl.concat_str(pl.lit("no event at the last adequate scan"), upto))
        .when(~pl.col("is_judged"))
        .then(pl.lit(f"{_no_baseline(words)}; censored on day 0"))
        .otherwise(pl.concat_str(pl.lit("no adequate scan"), upto, pl.lit("; censored on day 0")))
    )


def _detail() -> pl.Expr:
    """The dates behind a reason that names none, and whether the date that decided was imputed."""
    came = pl.format("{} on {}", "event_reason", "event_date")
    dates = (
        pl.when(pl.col("is_early"))
        .then(came)
        .when(pl.col("is_late"))
        .then(pl.format("{}, {} days after", came, "gap"))
        .when(pl.col("is_at_scan"))
        .then(pl.format("{} on {}", "therapy_reason", "therapy_date"))
    )
    note = (
        pl.when(IS_FOUND)
        .then(pl.col("event_note"))
        .when(pl.col("is_at_scan"))
        .then(pl.col("therapy_note"))
        .when(pl.col("is_proven"))
        .then(pl.col("later_note"))
        .otherwise(pl.col("censor_note"))
    )
    joined = pl.concat_str(dates, note, separator="; ", ignore_nulls=True)
    is_dated = pl.col("origin").is_not_null() & pl.col("end").is_not_null() & (joined != "")
    return pl.when(is_dated).then(joined).alias("detail")


def _no_baseline(words: Words) -> str:
    return f"no {words.baseline} by {words.start}"


def _deciding_record() -> pl.Expr:
    """The record of the event, or of what censored; the patient's own where there is none."""
    return (
        pl.when(pl.col("origin").is_null() | pl.col("end").is_null())
        .then(pl.col("source"))
        .when(pl.col("is_late"))
        .then(pl.coalesce("before_source", "event_source"))
        .when(IS_FOUND)
        .then(pl.col("event_source"))
        .when(pl.col("is_at_scan"))
        .then(pl.coalesce("last_source", "therapy_source", "source"))
        .when(pl.col("is_proven"))
        .then(pl.col("later_source"))
        .otherwise(pl.col("censor_source"))
        .alias("source")
    )
