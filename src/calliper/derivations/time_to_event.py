"""Time-to-event endpoints: a time, a 0/1 event, its cause, the reason and the deciding record of each patient."""

from __future__ import annotations

from datetime import date

import polars as pl

from calliper.derivations import ending
from calliper.derivations.adequate_scans import adequate_scans, is_judged, last_scan, readable, therapy_starts
from calliper.derivations.dates import earliest, find_dates
from calliper.derivations.recorded import recorded_times
from calliper.endpoints import TIMES, Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import Protocol, TimeToEvent
from calliper.records.provenance import source
from calliper.records.tables import Records


def derive(
    name: str, spec: TimeToEvent, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row for each patient of `patients`, sorted by patient; time and event are null where not known.

    From dates, time is end - start in days, shown in the unit of `spec`. What comes first of its events and
    competing events, on or before the cut-off, decides (of two on one day, an event before a competing event,
    and then the one listed first). A competing event ends the time and is no event; `cause` names it. Without
    either the patient is censored at the date of the first `censor` entry that has one, never after the
    cut-off. An event after the cut-off is no event; unless follow-up is by scans (an entry of `censor` reads the
    responses, or `assessments` censor), it proves the patient event-free at the cut-off and censors there. An
    event on day 0 takes half a day; censoring on day 0 stays 0.

    With `assessments` an event too long after the last adequate scan before it censors at that scan; a new
    therapy ends the reading of scans and events, and censors at the last adequate scan on or before it; without
    an adequate scan that is day 0. docs/methods/endpoints.md has the whole table.

    Raises:
        DataError: an event or a new therapy precedes the start (every such patient is listed), or, for recorded
            times, as `recorded_times`; for categories, as `scans.add_category`.
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
    words = ending.Words.of(spec, protocol, cutoff)
    people = patients.select(
        "patient",
        pl.col(start).alias("start"),
        pl.lit(cutoff).alias("until"),
        is_judged(spec.assessments, start),
        source(),
    )
    if spec.assessments is not None:
        records = readable(spec.assessments, protocol, records, people, cutoff=cutoff)
    people = people.join(
        therapy_starts(spec.new_therapy, people, records, patients), on="patient", how="left"
    ).with_columns(pl.min_horizontal("until", "therapy_date").alias("until"))
    _refuse_before_start(people, "therapy_", words.start)
    candidates = _candidates(spec, people, records, patients)
    _refuse_before_start(candidates.join(people.select("patient", "start"), on="patient"), "", words.start)
    scans = adequate_scans(spec.assessments, people, records)
    first = earliest(candidates.filter(pl.col("date") <= cutoff), "event_")
    dated = (
        people.join(first, on="patient", how="left")
        .join(earliest(candidates.filter(pl.col("date") > cutoff), "later_"), on="patient", how="left")
        .join(_censoring(spec, people, records, patients), on="patient", how="left")
        .join(last_scan(_before(first, scans), "before_"), on="patient", how="left")
        .join(last_scan(scans, "last_"), on="patient", how="left")
        .join(_origins(spec, people, records, patients), on="patient", how="left")
    )
    return ending.decide(dated, spec, words)


def _candidates(
    spec: TimeToEvent, people: pl.DataFrame, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """What may end a time, as `find_dates`, with `cause` and `is_scan`; nothing after a new therapy."""
    sources = (*spec.events, *spec.competing)
    causes = [*("event" for _ in spec.events), *(entry.name for entry in spec.competing)]
    facts = pl.DataFrame(
        {
            "entry": range(len(sources)),
            "cause": causes,
            "is_scan": [entry.table == "responses" for entry in sources],
        },
        schema={"entry": pl.Int32, "cause": pl.String, "is_scan": pl.Boolean},
    )
    found = find_dates(sources, people, records, patients).join(facts, on="entry")
    ends = people.select("patient", "therapy_date")
    is_after_therapy = (pl.col("date") > pl.col("therapy_date")).fill_null(value=False)
    return found.join(ends, on="patient").filter(~is_after_therapy).drop("therapy_date")


def _before(first: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    """The adequate scans before each patient's event; one on the day of a death is before it."""
    is_before = (pl.col("date") < pl.col("event_date")) | (
        (pl.col("date") == pl.col("event_date")) & ~pl.col("event_is_scan")
    )
    return scans.join(
        first.select("patient", "event_date", "event_is_scan"), on="patient", maintain_order="left"
    ).filter(is_before)


def _censoring(
    spec: TimeToEvent, people: pl.DataFrame, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """Each patient's date under the first censoring entry that has one."""
    if not spec.censor:
        words = {f"censor_{name}": pl.String for name in ("reason", "note", "source")}
        return pl.DataFrame(schema={"patient": pl.String, "censor_date": pl.Date, **words})
    return (
        find_dates(spec.censor, people, records, patients)
        .unique("patient", keep="first", maintain_order=True)
        .select("patient", pl.col("date", "reason", "note", "source").name.prefix("censor_"))
    )


def _origins(
    spec: TimeToEvent, people: pl.DataFrame, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """Each patient's day 0, where it can be known: the start, or the date of `counted_from`."""
    if spec.counted_from is None:
        return people.select("patient", pl.col("start").alias("origin"))
    found = find_dates([spec.counted_from], people, records, patients)
    return found.select("patient", pl.col("date").alias("origin"))


def _refuse_before_start(dates: pl.DataFrame, prefix: str, start_label: str) -> None:
    early = dates.filter(pl.col(f"{prefix}date") < pl.col("start")).sort("patient")
    if early.height:
        raise DataError(
            [
                f"{row[f'{prefix}source']}: patient {row['patient']}: {row[f'{prefix}reason']} on "
                f"{row[f'{prefix}date']} is before {start_label} on {row['start']}; correct one of the dates"
                for row in early.iter_rows(named=True)
            ]
        )
