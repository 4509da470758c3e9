"""Scans with category and day, recorded or derived from lesions; the response in a window of days, and the best."""

from __future__ import annotations

from datetime import date

import polars as pl

from calliper.derivations.best_response import best_responses
from calliper.disease.response_criteria import ResponseCriteria
from calliper.errors import DataError
from calliper.protocol.specs import Landmark, Response
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records

EVALUABLE = ("CR", "PR", "SD", "PD")

SCAN_COLUMNS = ("patient", "category", "day", "visit", "source", *ORDER)

# a scan on the day new therapy starts shows what was before it
IS_BEFORE_NEW_THERAPY = (pl.col("date") <= pl.col("new_therapy")).fill_null(value=True)


def add_category(recorded: pl.DataFrame, spec: Response) -> pl.DataFrame:
    """Add `category` (CR, PR, SD, PD, NE; null stays null) to rows of `patient`, `recorded`, `source`.

    Raises:
        DataError: a recorded text is not among the codes of `spec`; every such record is listed.
    """
    unknown = recorded.filter(pl.col("recorded").is_in(list(spec.codes)).not_()).sort("patient", "source")
    if unknown.height:
        raise DataError(
            [
                f"{row['source']}: patient {row['patient']}: the response '{row['recorded']}' has no code; "
                f"expected one of {', '.join(spec.codes)}"
                for row in unknown.iter_rows(named=True)
            ]
        )
    coded = pl.col("recorded").replace_strict(spec.codes, default=None, return_dtype=pl.String)
    return recorded.with_columns(coded.alias("category"))


def read_scans(spec: Response, records: Records, people: pl.DataFrame, *, cutoff: date) -> pl.DataFrame:
    """The scans of these patients that are not after the cut-off, nor after the start of new therapy.

    Args:
        spec: whose codes are applied.
        records: its `responses` are read.
        people: `patient`, `start`, `new_therapy` (Date).
        cutoff: the data cut-off.

    Returns:
        `patient`, `category`, `day` (from the start; null where a date is not known), `visit`, `source`,
        provenance.

    Raises:
        DataError: as `add_category`.
    """
    rows = (
        records.tables["responses"]
        .filter(pl.col("date").is_null() | (pl.col("date") <= cutoff))
        .join(people.select("patient", "start", "new_therapy"), on="patient", how="inner")
        .filter(IS_BEFORE_NEW_THERAPY)
        .with_columns(
            (pl.col("date") - pl.col("start")).dt.total_days().alias("day"),
            pl.col("response").alias("recorded"),
            source(),
        )
    )
    return add_category(rows, spec).select(SCAN_COLUMNS)


def from_derived(derived: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Scans derived from lesions (columns SCANS of endpoints.py) as `read_scans` gives recorded ones."""
    rows = derived.join(people.select("patient", "new_therapy"), on="patient", how="inner")
    return (
        rows.filter(IS_BEFORE_NEW_THERAPY)
        .select(pl.col("response").alias("category"), pl.all())
        .select(SCAN_COLUMNS)
    )


def response_in_window(
    landmark: Landmark, scans: pl.DataFrame, people: pl.DataFrame, *, start_label: str, cutoff: date
) -> pl.DataFrame:
    """The response of each patient at a landmark with a day and a window (both ends inside).

    The evaluable scan nearest to the day counts, of two equally near the earlier. Progression is absorbing:
    PD at or before that scan is the response, and so is PD before the window where no scan in it is
    evaluable. CR, PR and SD are not carried forward. Scans before the start are no part of follow-up.

    Returns:
        `patient`, `response`, `day`, `reason`, `source`, one row for each of `people`.

    Raises:
        DataError: two evaluable scans of one patient and day disagree; every such day is listed.
    """
    if landmark.day is None or landmark.window is None:
        raise ValueError(f"landmark {landmark.label} has no day and window")
    opens, closes = landmark.window
    followed = scans.filter(pl.col("day") >= 0)
    evaluable = followed.filter(pl.col("category").is_in(EVALUABLE))
    _refuse_disagreement(evaluable)
    in_window = pl.col("day").is_between(opens, closes)
    chosen = (
        evaluable.filter(in_window)
        .with_columns((pl.col("day") - landmark.day).abs().alias("distance"))
        .sort("patient", "distance", "day", *ORDER)
    )
    progression = evaluable.filter(pl.col("category") == "PD").sort("patient", "day", *ORDER)
    unread = followed.filter(in_window & ~pl.col("category").is_in(EVALUABLE).fill_null(value=False)).sort(
        "patient", "day", *ORDER
    )
    joined = people
    for prefix, part in (("scan", chosen), ("pd", progression), ("unread", unread)):
        first = part.unique("patient", keep="first", maintain_order=True)
        columns = pl.col("category", "day", "source").name.prefix(f"{prefix}_")
        joined = joined.join(first.select("patient", columns), on="patient", how="left")
    return joined.select("patient", *_outcome(landmark.window, start_label, cutoff))


def _refuse_disagreement(evaluable: pl.DataFrame) -> None:
    of_day = evaluable.filter(pl.struct("patient", "day").is_duplicated())
    clashes = (
        of_day.sort("patient", "day", *ORDER)
        .group_by("patient", "day", maintain_order=True)
        .agg("category", "source")
        .filter(pl.col("category").list.n_unique() > 1)
    )
    if clashes.height:
        raise DataError(
            [
                f"{'; '.join(places)}: patient {patient} has {' and '.join(found)} on day {day}; keep one"
                for patient, day, found, places in clashes.iter_rows()
            ]
        )


def _outcome(window: tuple[int, int], start_label: str, cutoff: date) -> tuple[pl.Expr, ...]:
    opens, closes = window
    days = f"days {opens}-{closes}"
    has_scan = pl.col("scan_day").is_not_null()
    # with no evaluable scan in the window, PD by its end is PD before it
    is_progressed = (pl.col("pd_day") <= pl.coalesce("scan_day", pl.lit(closes))).fill_null(value=False)
    is_carried = is_progressed & (~has_scan | (pl.col("pd_day") < pl.col("scan_day")))
    cutoff_day = (pl.lit(cutoff) - pl.col("start")).dt.total_days()
    reason = (
        pl.when(pl.col("start").is_null())
        .then(pl.lit(f"{start_label} not recorded"))
        .when(is_carried)
        .then(pl.format("PD on day {}, carried forward", "pd_day"))
        .when(has_scan)
        .then(pl.format("scan on day {}", "scan_day"))
        .when(pl.col("unread_day").is_not_null())
        .then(pl.format("scan on day {} not evaluable", "unread_day"))
        .when(pl.col("death_day") <= closes)
        .then(pl.format(f"died on day {{}}, without a scan in {days}", "death_day"))
        .when(cutoff_day < closes)
        .then(pl.format(f"no scan in {days} (cut-off on day {{}})", cutoff_day))
        .otherwise(pl.lit(f"no scan in {days}"))
    )
    return (
        pl.when(is_progressed)
        .then(pl.lit("PD"))
        .otherwise(pl.coalesce("scan_category", pl.lit("NE")))
        .alias("response"),
        pl.when(is_progressed).then(pl.col("pd_day")).otherwise(pl.col("scan_day")).alias("day"),
        reason.alias("reason"),
        pl.when(is_progressed)
        .then(pl.col("pd_source"))
        .otherwise(pl.coalesce("scan_source", "unread_source", "own_source"))
        .alias("source"),
    )


def best_of_scans(
    landmark: Landmark,
    scans: pl.DataFrame,
    people: pl.DataFrame,
    rules: ResponseCriteria,
    *,
    start_label: str,
) -> pl.DataFrame:
    """The best response of each patient's scans after the start, confirmed or not as `landmark.best` says.

    Returns and Raises:
        as `response_in_window`.
    """
    followed = scans.filter(pl.col("day") >= 0).with_columns(
        pl.col("category").fill_null("NE").alias("response")
    )
    _refuse_disagreement(followed.filter(pl.col("category").is_in(EVALUABLE)))
    is_worse = pl.col("response") == "NE"
    is_first = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("patient", "day")
    )
    one_a_day = (
        followed.sort("patient", "day", is_worse, *ORDER)
        .filter(is_first)
        .select("patient", "day", "response", "source")
    )
    found = best_responses(one_a_day, rules, is_confirmed=landmark.best == "confirmed")
    without = (
        pl.when(pl.col("death_day").is_not_null())
        .then(pl.format("died on day {}, without a scan", "death_day"))
        .otherwise(pl.lit("no scan"))
    )
    reason = (
        pl.when(pl.col("start").is_null())
        .then(pl.lit(f"{start_label} not recorded"))
        .otherwise(pl.coalesce("reason", without))
    )
    return people.join(found, on="patient", how="left", maintain_order="left").select(
        "patient",
        pl.col("best").fill_null("NE").alias("response"),
        "day",
        reason.alias("reason"),
        pl.coalesce("source", "own_source").alias("source"),
    )
