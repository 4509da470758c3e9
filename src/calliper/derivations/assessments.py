"""Which scans are one assessment, and each lesion of an assessment as the best of its scans measured it.

Patients are numbered (`who`), scans stand by patient and date (`at`), an assessment has the number of its first scan, a
lesion of a patient one of its own (`lesion_of`). Diameters are whole steps of 0.0001 mm.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from calliper.disease.response_criteria import ResponseCriteria
from calliper.records.measured import PER_MM, counted, is_assessable

OF_LESION = ("assessment", "lesion_of")
WORDS = ("patient", "scan", "lesion", "role", "organ", "kind", "status", "pattern", "treated")
SIZES = ("whole_mm", "viable_mm", "short_axis_mm")


def with_assessments(scans: pl.DataFrame, rules: ResponseCriteria) -> pl.DataFrame:
    """Add `assessment`: scans of one day, or of one visit within some days of its first; all of baseline are one.

    Args:
        scans: `who`, `at` (UInt32, the position here), `date`, `visit`, `is_baseline`; by patient and date, those of
            baseline first.
        rules: the days of a visit.
    """
    who, day = scans["who"].to_numpy(), scans["date"].to_physical().to_numpy()
    visit = scans["visit"].cast(pl.Categorical).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    is_baseline = scans["is_baseline"].to_numpy()
    first = np.arange(who.size, dtype=np.uint32)
    for rows in _by_turn(who)[1:]:
        opened = first[rows - 1]
        is_of_visit = (
            (visit[rows] >= 0)
            & (visit[rows] == visit[opened])
            & (day[rows] - day[opened] <= rules.assessment_days)
        )
        is_later = ~is_baseline[opened] & ((day[rows] == day[rows - 1]) | is_of_visit)
        joins = np.where(is_baseline[rows], is_baseline[opened], is_later)
        first[rows[joins]] = opened[joins]
    return scans.with_columns(pl.Series("assessment", first))


def _by_turn(who: npt.NDArray[np.uint32]) -> list[npt.NDArray[np.int64]]:
    """The positions of the first scan of every patient, of the second, and so on; `who` is sorted."""
    at = np.arange(who.size)
    is_first = np.concatenate([np.ones(min(1, who.size), dtype=bool), who[1:] != who[:-1]])
    turn = at - np.maximum.accumulate(np.where(is_first, at, 0))
    order = np.argsort(turn, kind="stable")
    return np.split(order, np.searchsorted(turn[order], np.arange(1, turn.max(initial=0) + 1)))


def after_start(scans: pl.DataFrame) -> pl.DataFrame:
    """The assessments that are no baseline, one row each, in their order.

    Args:
        scans: as `with_assessments` gives them, with `scan`, `modality` and `baseline_modality` (null: not known).

    Returns:
        `assessment`, `who`, `scan` (identifiers, `; ` between them), `first_day`, `last_day`, `is_switched` (no scan
        has the modality of baseline, and every modality is known), and `at`, `visit`, `modality` of the last scan.
    """
    later = scans.filter(~pl.col("is_baseline")).with_columns(
        (pl.col("modality") != pl.col("baseline_modality")).fill_null(value=False).alias("is_switched"),
    )
    last = later.unique("assessment", keep="last", maintain_order=True)
    first = later.unique("assessment", keep="first", maintain_order=True)
    whole = last.select(
        "assessment",
        "who",
        "scan",
        first["date"].alias("first_day"),
        pl.col("date").alias("last_day"),
        "is_switched",
        "at",
        "visit",
        "modality",
    )
    # most assessments are one scan, whose identifier is theirs
    several = whole.filter(pl.col("at") != pl.col("assessment")).select("assessment")
    joined = (
        later.join(several, on="assessment", how="semi", maintain_order="left")
        .group_by("assessment", maintain_order=True)
        .agg(pl.col("scan").str.join("; "), pl.col("is_switched").all())
    )
    return whole.update(joined, on="assessment", how="left")


def lesion_rows(scans: pl.DataFrame, table: pl.DataFrame, rules: ResponseCriteria) -> pl.DataFrame:
    """Every lesion at every scan, the best scan of an assessment first: baseline's modality, then with arterial phase.

    Args:
        scans: as `after_start` takes them, with `patient` and `arterial_phase`.
        table: the table of lesions.
        rules: which diameter counts.

    Returns:
        `assessment`, `lesion_of`, `who`, `date`, `is_baseline`, the lesion's words, `is_assessable`, `counted` (the
        diameter that counts, null: not assessed), `longest` (the one recorded), `order` (of the rows). The fragments
        of a lesion are one row with their sum.
    """
    is_other = pl.col("modality").ne_missing(pl.col("baseline_modality"))
    lacks_arterial = (pl.col("arterial_phase") == "no").fill_null(value=False)
    ranked = scans.sort("assessment", is_other, lacks_arterial, "at").with_row_index("turn")
    of_scan = ranked.select(
        "patient", "scan", "modality", "arterial_phase", "assessment", "turn", "who", "date", "is_baseline"
    )
    longest = (
        pl.when(pl.col("organ") == "LN")
        .then(pl.col("short_axis_mm"))
        .otherwise(pl.max_horizontal("whole_mm", "viable_mm"))
    )
    code = pl.col("lesion").cast(pl.Categorical).to_physical().cast(pl.Int64)
    named = table.select(*WORDS, *SIZES).drop_nulls(["lesion", "role", "organ"]).with_row_index("row")
    sized = named.join(of_scan, on=["patient", "scan"], how="inner").select(
        "turn",
        "row",
        "assessment",
        (pl.col("who").cast(pl.Int64) * 2**32 + code).alias("lesion_of"),
        "who",
        "date",
        "is_baseline",
        *WORDS[2:],
        is_assessable(rules).alias("is_assessable"),
        counted(rules),
        (longest * PER_MM).round().cast(pl.Int64).alias("longest"),
    )
    return _with_fragments_added(sized.sort("turn", "row")).drop("turn", "row").with_row_index("order")


def _with_fragments_added(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a lesion that split, at one scan, as one with their sum; null where one was not assessed."""
    at_scan = ["turn", "lesion_of"]
    split = rows.filter(pl.col("status") == "fragment").select(at_scan).unique()
    if split.is_empty():
        return rows
    added = (
        rows.join(split, on=at_scan, how="semi", maintain_order="left")
        .group_by(at_scan, maintain_order=True)
        .agg(
            pl.exclude("counted", "longest").first(),
            pl.when(pl.col("counted").is_not_null().all()).then(pl.col("counted").sum()).alias("counted"),
            pl.col("longest").sum(),
        )
    )
    others = rows.join(split, on=at_scan, how="anti", maintain_order="left")
    return pl.concat([others, added.select(rows.columns)]).sort("turn", "row")


def best_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Each lesion of an assessment once: its first row with a diameter that counts, or else its first.

    `rows` are those of `lesion_rows`; `order` is that of the lesion's first row.
    """
    if not _has_twice(rows):
        return rows
    first = rows.unique(OF_LESION, keep="first", maintain_order=True)
    unsized = first.filter(pl.col("counted").is_null()).select(*OF_LESION, "order")
    better = (
        rows.filter(pl.col("counted").is_not_null())
        .unique(OF_LESION, keep="first", maintain_order=True)
        .drop("order")
        .join(unsized, on=OF_LESION, how="inner")
    )
    kept = first.join(better, on=OF_LESION, how="anti", maintain_order="left")
    return pl.concat([kept, better.select(rows.columns)])


def _has_twice(rows: pl.DataFrame) -> bool:
    """Whether any lesion has several rows at an assessment; its patient is the assessment's."""
    key = pl.col("assessment").cast(pl.Int64) * 2**32 + pl.col("lesion_of") % 2**32
    return bool(rows.select((key.sort().diff() == 0).any()).item())
