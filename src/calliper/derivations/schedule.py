"""Visits held against their schedule, one row a patient: those on time, early and late, and those nobody came to."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from calliper.derivations import due_visits
from calliper.derivations.dates import earliest, find_dates
from calliper.endpoints import NO_START, SCHEDULES, VISITS, Endpoint
from calliper.protocol.check_schedule import UNDONE
from calliper.protocol.specs import Protocol, Schedule
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records

NO_END = "end of follow-up not recorded"
AT_CUTOFF = "data cut-off"
BETWEEN = "; "
NO_ENDS = pl.DataFrame(
    schema={
        "patient": pl.String,
        "end_date": pl.Date,
        **dict.fromkeys(("end_reason", "end_note", "end_source"), pl.String),
    }
)
STATES = ("done", "not_done", "not_recorded")


def derive(
    name: str, spec: Schedule, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row a patient, in the order of the cohort; who has no start or no end of follow-up has a reason alone.

    Follow-up ends on the earliest date of `spec.until`, or else at the cut-off. Visits after the start count up to that
    day, inside. A visit without a date counts for nothing (it is a query).
    """
    ends = _ends(spec, protocol, records, patients)
    visits = _visits(spec, records, ends)
    plan = due_visits.Schedule(
        due=spec.due, on_time=spec.on_time, late_until=spec.late_until, anchor=spec.anchor
    )
    days: dict[str, list[int]] = dict(visits.group_by("patient", maintain_order=True).agg("day").iter_rows())
    judged = {patient: due_visits.judge_visits(held, plan) for patient, held in days.items()}
    rows = [_row(end, judged.get(end["patient"], ()), plan) for end in ends.iter_rows(named=True)]
    timed = pl.DataFrame(
        [(patient, *visit) for patient, held in judged.items() for visit in held],
        schema={"patient": pl.String, **{key: VISITS[key] for key in ("day", "interval", "timing")}},
        orient="row",
    )
    of_days = timed.join(visits, on=["patient", "day"], how="left", maintain_order="left")
    frame = pl.DataFrame(rows, schema=SCHEDULES)
    return Endpoint(
        name=name,
        kind="schedule",
        frame=_with_content(frame, of_days) if spec.content else frame,
        visits=of_days.select(VISITS.keys()),
    )


def _ends(spec: Schedule, protocol: Protocol, records: Records, patients: pl.DataFrame) -> pl.DataFrame:
    """`patient`, `start`, `end`, `ending` (its words), `note`, `source`, and `why_not` nothing is counted."""
    cutoff = protocol.study.cutoff
    people = patients.select("patient", pl.col(spec.start).alias("start"))
    until = people.with_columns(until=pl.lit(cutoff or date.max))
    found = earliest(find_dates(spec.until, until, records, patients), "end_") if spec.until else NO_ENDS
    own = people.hstack(patients.select(source().alias("own")))
    own = own.join(found, on="patient", how="left", maintain_order="left")
    limit = pl.lit(cutoff, dtype=pl.Date)
    is_own = (pl.col("end_date") <= limit).fill_null(value=cutoff is None)
    start = protocol.variable(spec.start).label
    own = own.select(
        "patient",
        "start",
        pl.when(is_own).then("end_date").otherwise(limit).alias("end"),
        pl.when(is_own).then("end_reason").otherwise(pl.lit(AT_CUTOFF)).alias("ending"),
        pl.when(is_own).then("end_note").alias("note"),
        pl.when(is_own).then(pl.coalesce("end_source", "own")).otherwise("own").alias("source"),
    )
    return own.with_columns(
        pl.when(pl.col("start").is_null())
        .then(pl.lit(NO_START))
        .when(pl.col("end").is_null())
        .then(pl.lit(NO_END))
        .when(pl.col("end") < pl.col("start"))
        .then(pl.format(f"{{}} before {start}", "ending"))
        .alias("why_not")
    )


def _visits(spec: Schedule, records: Records, ends: pl.DataFrame) -> pl.DataFrame:
    """One row a patient and day of follow-up with a visit: `day`, STATES, `source` of every row of the day."""
    held = records.tables[spec.visits]
    wanted = [pl.col(role).cast(pl.String).is_in(list(words)) for role, words in spec.where.items()]
    known = ends.filter(pl.col("why_not").is_null()).select("patient", "start", "end")
    rows = (
        held.filter(*wanted)
        .select("patient", "date", *spec.content, source(), *ORDER)
        .join(known, on="patient", how="inner")
        .filter((pl.col("date") > pl.col("start")) & (pl.col("date") <= pl.col("end")))
        .with_columns(day=(pl.col("date") - pl.col("start")).dt.total_days())
        .sort("patient", "day", *ORDER)
    )
    # of several records of a day, one that says that something was done decides
    is_done = {role: (~pl.col(role).cast(pl.String).is_in(UNDONE)).max() for role in spec.content}
    return (
        rows.group_by("patient", "day", maintain_order=True)
        .agg(pl.col("source").str.join(BETWEEN), **{f"is_{role}": done for role, done in is_done.items()})
        .with_columns(
            _roles(spec, "done", lambda is_done: is_done),
            _roles(spec, "not_done", lambda is_done: ~is_done),
            _roles(spec, "not_recorded", lambda is_done: is_done.is_null()),
        )
        .select("patient", "day", *STATES, "source")
    )


def _roles(spec: Schedule, name: str, holds: Any) -> pl.Expr:
    """The roles of the content of which something holds, `; ` between them."""
    if not spec.content:
        return pl.lit("").alias(name)
    each = [pl.when(holds(pl.col(f"is_{role}"))).then(pl.lit(role)) for role in spec.content]
    return pl.concat_str(each, separator=BETWEEN, ignore_nulls=True).alias(name)


def _row(
    end: dict[str, Any], visits: tuple[due_visits.Visit, ...], plan: due_visits.Schedule
) -> dict[str, Any]:
    """The values of one patient, by column; those of the content apart."""
    held = {"patient": end["patient"], "source": end["source"]}
    if end["why_not"] is not None:
        return {**held, "reason": end["why_not"]}
    followed = (end["end"] - end["start"]).days
    of = {timing: sum(visit.timing == timing for visit in visits) for timing in ("on time", "early", "late")}
    after_missed = len(visits) - sum(of.values())
    missed = due_visits.visits_missed(visits, followed, plan)
    due = of["on time"] + of["late"] + after_missed + missed
    return {
        **held,
        "days_followed": followed,
        "due": due,
        "attended": len(visits),
        "on_time": of["on time"],
        "early": of["early"],
        "late": of["late"],
        "after_missed": after_missed,
        "missed": missed,
        "days_since_last": followed - (visits[-1].day if visits else 0),
        "share": of["on time"] / due if due else None,
        "reason": end["ending"],
        "detail": f"{end['ending']} on {end['end']}{'; ' + end['note'] if end['note'] else ''}",
    }


def _with_content(frame: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """How many visits of each patient were complete, incomplete, or neither for want of a record."""
    is_incomplete = pl.col("not_done") != ""
    is_untold = ~is_incomplete & (pl.col("not_recorded") != "")
    counts = visits.group_by("patient").agg(
        (~is_incomplete & ~is_untold).sum().cast(pl.Int64).alias("n_complete"),
        is_incomplete.sum().cast(pl.Int64).alias("n_incomplete"),
        is_untold.sum().cast(pl.Int64).alias("n_untold"),
    )
    named = {"complete": "n_complete", "incomplete": "n_incomplete", "content_not_recorded": "n_untold"}
    return (
        frame.join(counts, on="patient", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("attended").is_not_null()).then(pl.col(count).fill_null(0)).alias(name)
            for name, count in named.items()
        )
        .select(SCHEDULES.keys())
    )
