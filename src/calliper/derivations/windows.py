"""The windows in which adverse events count; none of one patient's overlap, so an event lies in one at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from calliper.derivations.dates import find_dates
from calliper.protocol.specs import Protocol, Toxicity
from calliper.records.tables import Records

EVER, NEVER = date.min, date.max
"""The first day of a window that has none, and the last of one that does not close."""

COLUMNS: dict[str, type[pl.DataType]] = {
    "patient": pl.String,
    "session": pl.Int64,
    "anchor": pl.Date,
    "opens": pl.Date,
    "closes": pl.Date,
}


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of the patients of an endpoint.

    `frame` has one row a window, by patient and day: `patient`, `session` (its number, or null), `anchor` (its day 0,
    null where there is none), `opens` and `closes` (both days inside). `people` has one row a patient: `patient`,
    `origin` (day 0 of the endpoint: its start, or else the first anchor), `without` (why the patient has no window, or
    null) and `followed_to` (the last day of follow-up, or null).
    """

    frame: pl.DataFrame
    people: pl.DataFrame


def find_windows(spec: Toxicity, protocol: Protocol, records: Records, patients: pl.DataFrame) -> Windows:
    """The windows of each patient of `patients`, cut at the data cut-off.

    Without a key that says when events count, each patient has one window that holds every day. Sessions and doses
    from before `spec.start` are an earlier line and not read. A row of `exposure` with dose 0 is no dose; a drug whose
    latest row has no end is taken up to the cut-off.
    """
    cutoff = protocol.study.cutoff or NEVER
    start = pl.col(spec.start) if spec.start else pl.lit(None, dtype=pl.Date)
    people = patients.select("patient", "arm", start=start)
    asked = people.filter(pl.col("arm").is_in(spec.arms)) if spec.arms else people
    if spec.start is not None and spec.window is not None:
        asked = asked.drop_nulls("start")
    frame = _windows(spec, records, asked, cutoff).with_columns(
        pl.min_horizontal("closes", pl.lit(cutoff)).alias("closes")
    )
    first = frame.group_by("patient").agg(pl.col("anchor").min().alias("first"))
    held = people.join(first, on="patient", how="left", maintain_order="left")
    held = held.join(_followed(spec, records, patients, cutoff), on="patient", how="left")
    return Windows(
        frame.select(COLUMNS.keys()).sort("patient", "opens"),
        held.select(
            "patient",
            pl.coalesce("start", "first").alias("origin"),
            _without(spec, protocol, has_window=pl.col("patient").is_in(frame["patient"].implode())),
            "followed_to",
        ),
    )


def _windows(spec: Toxicity, records: Records, people: pl.DataFrame, cutoff: date) -> pl.DataFrame:
    if spec.after_each is not None:
        sessions = _rows(spec.after_each.drugs, records, people, cutoff)
        return _after_each(sessions, *spec.after_each.days)
    if spec.on_drug is not None:
        return _on_drug(_rows(spec.on_drug.drugs, records, people, cutoff), spec.on_drug.days_after)
    low, high = spec.until_next.days if spec.until_next is not None else spec.window_days or (None, None)
    opens = pl.lit(EVER) if low is None else pl.col("start") + pl.duration(days=low)
    closes = pl.lit(NEVER) if high is None else pl.col("start") + pl.duration(days=high)
    made = people.select(
        "patient",
        pl.lit(None, dtype=pl.Int64).alias("session"),
        pl.col("start").alias("anchor"),
        opens.alias("opens"),
        closes.alias("closes"),
    )
    if spec.until_next is None:
        return made
    sessions = _rows(spec.until_next.drugs, records, people, cutoff).filter(pl.col("begun") > pl.col("start"))
    following = sessions.group_by("patient").agg((pl.col("begun").min() - pl.duration(days=1)).alias("eve"))
    return made.join(following, on="patient", how="left").with_columns(pl.min_horizontal("closes", "eve"))


def _rows(drugs: tuple[str, ...], records: Records, people: pl.DataFrame, cutoff: date) -> pl.DataFrame:
    """The rows of `exposure` that are read: `patient`, `start` of the endpoint, `begun`, `end`, `dose`."""
    return (
        records.tables["exposure"]
        .select("patient", "drug", pl.col("start").alias("begun"), "end", "dose")
        .filter(pl.col("drug").is_in(drugs) & (pl.col("begun") <= cutoff))
        .join(people, on="patient", how="inner")
        .filter((pl.col("begun") >= pl.col("start")).fill_null(value=True))
    )


def _after_each(sessions: pl.DataFrame, low: int, high: int) -> pl.DataFrame:
    """A window each session day; it ends the day before that of the next session opens."""
    days = sessions.unique(["patient", "begun"]).sort("patient", "begun")
    opens = pl.col("begun") + pl.duration(days=low)
    following = opens.shift(-1).over("patient") - pl.duration(days=1)
    return days.select(
        "patient",
        (pl.int_range(pl.len()).over("patient") + 1).cast(pl.Int64).alias("session"),
        pl.col("begun").alias("anchor"),
        opens.alias("opens"),
        pl.min_horizontal(pl.col("begun") + pl.duration(days=high), following).alias("closes"),
    )


def _on_drug(rows: pl.DataFrame, days_after: int) -> pl.DataFrame:
    doses = rows.filter((pl.col("dose") > 0).fill_null(value=True))
    is_latest = pl.col("begun") == pl.col("begun").max()
    goes_on = pl.col("end").filter(is_latest).is_null().any()
    last = pl.max_horizontal(pl.col("end").max(), pl.col("begun").max()) + pl.duration(days=days_after)
    return doses.group_by("patient").agg(
        pl.lit(None, dtype=pl.Int64).alias("session"),
        pl.col("begun").min().alias("anchor"),
        pl.col("begun").min().alias("opens"),
        pl.when(goes_on).then(pl.lit(NEVER)).otherwise(last).alias("closes"),
    )


def _without(spec: Toxicity, protocol: Protocol, *, has_window: pl.Expr) -> pl.Expr:
    """Why a patient has no window; null where there is one."""
    start = protocol.variable(spec.start).label if spec.start else "the start"
    given = spec.after_each or spec.on_drug
    drugs = given.drugs if given is not None else ()
    what = f"no {'session' if spec.after_each else 'dose'} of {' or '.join(drugs)} recorded"
    needs_start = spec.start is not None and spec.window is not None
    return (
        pl.when(has_window)
        .then(None)
        .when(~pl.col("arm").is_in(spec.arms) & pl.lit(bool(spec.arms)))
        .then(pl.lit("not asked for in this arm"))
        .when(pl.col("start").is_null() & pl.lit(needs_start))
        .then(pl.lit(f"{start} not recorded"))
        .otherwise(pl.lit(what))
        .alias("without")
    )


def _followed(spec: Toxicity, records: Records, patients: pl.DataFrame, cutoff: date) -> pl.DataFrame:
    """The date of the first of `followed_to` that a patient has, never after the cut-off; without it the cut-off."""
    whole = pl.lit(cutoff if cutoff != NEVER else None, dtype=pl.Date)
    if not spec.followed_to:
        return patients.select("patient", whole.alias("followed_to"))
    start = pl.col(spec.start) if spec.start else pl.lit(EVER)
    asked = patients.select("patient", start.alias("start"), pl.lit(cutoff).alias("until"))
    dates = find_dates(spec.followed_to, asked, records, patients).unique(
        "patient", keep="first", maintain_order=True
    )
    return dates.select("patient", pl.min_horizontal("date", whole).alias("followed_to"))
