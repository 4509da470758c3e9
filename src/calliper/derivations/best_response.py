"""Best overall response of each patient, unconfirmed and confirmed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from calliper.disease.response_criteria import ResponseCriteria


def best_responses(scans: pl.DataFrame, criteria: ResponseCriteria, *, is_confirmed: bool) -> pl.DataFrame:
    """The best of each patient's scans up to the first progression: CR, PR, SD (from `sd_min_days` on), PD, else NE.

    Confirmed, a CR or PR counts only when a later scan confirms it: CR is confirmed by CR, PR by PR or CR, at least
    `confirm_days` later; between the two may lie `max_ne_between` scans not evaluable, and before the confirmation of
    a PR one SD. A response that is not confirmed is SD where any response or stable disease was seen on or after
    `sd_min_days`. Else it is PD where progression followed, or regrowth after a CR; else NE.

    Args:
        scans: by patient and day: `patient`, `day` (from the start, Int64), `response` (CR, PR, SD, PD, NE;
            NONCR_NONPD counts as SD). Those after new anticancer therapy or the cut-off are left out before.
        criteria: the days, and what may lie between.
        is_confirmed: whether a CR or PR needs its confirmation.

    Returns:
        One row for each patient of `scans`: its other columns as the scan has them that gave the best, `best` and
        `reason`.
    """
    response, day = pl.col("response"), pl.col("day")
    read = _to_progression(scans)
    counts = _confirmed(read, criteria) if is_confirmed else _unconfirmed(read)
    stable = pl.lit(criteria.sd_min_days)
    early = pl.format("{} on day {}, and nothing from day {} on", response, day, stable)
    on_day = pl.format("scan on day {}", day)
    is_regrown = pl.col("n_complete_before") > 0 if is_confirmed else pl.lit(value=False)
    may_be_stable = response.is_in(["CR", "PR", "SD"]) & (day >= criteria.sd_min_days)
    unlike = pl.when(response != "SD").then(pl.format("{} not confirmed, ", response)).otherwise(pl.lit(""))
    # what a scan can be the best as, the best first; of several scans that are one, the first of them
    choices: list[tuple[pl.Expr, str, pl.Expr]] = [
        (pl.col("counts") & (response == "CR"), "CR", pl.col("how")),
        (pl.col("counts") & (response == "PR"), "PR", pl.col("how")),
        (may_be_stable, "SD", pl.concat_str(unlike, on_day)),
        (is_regrown & response.is_in(["PR", "SD"]), "PD", pl.format("{} on day {} after CR", response, day)),
        (response == "PD", "PD", on_day),
        (response != "NE", "NE", early),
        (pl.lit(value=True), "NE", pl.lit("no evaluable scan")),
    ]
    rank = pl.coalesce(pl.when(is_so).then(at) for at, (is_so, _, _) in enumerate(choices))
    ranked = counts.with_columns(rank.alias("rank")).with_row_index("at")
    # where none is evaluable it is the last that says so
    turn = pl.when(pl.col("rank") == len(choices) - 1).then(-pl.col("at").cast(pl.Int64)).otherwise("at")
    best = ranked.sort("rank", turn).unique("who", keep="first", maintain_order=True).sort("at")
    return best.with_columns(
        _chosen(pl.lit(what) for _, what, _ in choices).alias("best"),
        _chosen(why for _, _, why in choices).alias("reason"),
    ).select(*scans.columns, "best", "reason")


def _chosen(values: Iterable[pl.Expr]) -> pl.Expr:
    """The value at the place that `rank` names."""
    return pl.coalesce(pl.when(pl.col("rank") == at).then(value) for at, value in enumerate(values))


def _to_progression(scans: pl.DataFrame) -> pl.DataFrame:
    """The scans up to each patient's first progression, which is the last of them; with `who`, `n_complete_before`."""
    who, seen = scans["patient"].rle_id().to_numpy(), scans["response"].to_numpy()
    first = np.searchsorted(who, who)
    n_progressed, n_complete = (
        before - before[first]
        for before in (np.cumsum(seen == what) - (seen == what) for what in ("PD", "CR"))
    )
    numbered = scans.with_columns(pl.Series("who", who), pl.Series("n_complete_before", n_complete))
    return numbered.filter(pl.Series(n_progressed == 0))


def _unconfirmed(read: pl.DataFrame) -> pl.DataFrame:
    """Add `counts`, true, and `how` a scan counts."""
    return read.with_columns(
        pl.lit(value=True).alias("counts"), pl.format("scan on day {}", "day").alias("how")
    )


def _confirmed(read: pl.DataFrame, criteria: ResponseCriteria) -> pl.DataFrame:
    """Add `counts`, whether a later scan confirms a CR or PR, and `how`."""
    confirming = _confirming(read, criteria)
    later = read["day"].gather(pl.Series(np.maximum(confirming, 0)))
    how = pl.format("scan on day {}, confirmed on day {}", "day", later)
    return read.with_columns(pl.Series("counts", confirming >= 0), how.alias("how"))


def _confirming(read: pl.DataFrame, criteria: ResponseCriteria) -> npt.NDArray[np.int64]:
    """For each scan the position of the first that confirms it, -1 where none does.

    All responses are followed together, a scan further at each step; one that is settled is followed no more. What
    regrows after a CR confirms nothing.
    """
    seen, day = read["response"].to_numpy(), read["day"].to_numpy()
    who = read["who"].to_numpy()
    found = np.full(seen.size, -1)
    at = np.flatnonzero((seen == "CR") | (seen == "PR"))
    n_stable = n_lost = came_complete = np.zeros(at.size, dtype=np.int64)
    step = 0
    while at.size:
        step += 1
        row = np.minimum(at + step, seen.size - 1)
        is_theirs = (at + step < seen.size) & (who[row] == who[at])
        what, is_of_cr = seen[row], seen[at] == "CR"
        is_lower = (what == "PR") | (what == "SD")
        may_confirm = (what == "CR") | ((what == "PR") & ~is_of_cr)
        is_open = is_theirs & ~((came_complete > 0) & is_lower)
        confirms = is_open & may_confirm & (day[row] - day[at] >= criteria.confirm_days)
        found[at[confirms]] = row[confirms]
        is_stable = (what == "SD") & ~is_of_cr & criteria.takes_sd_between
        n_stable, n_lost = n_stable + is_stable, n_lost + (what == "NE")
        came_complete = came_complete | (what == "CR")
        goes_on = is_open & ~confirms & (may_confirm | is_stable | (what == "NE"))
        goes_on &= (n_stable <= 1) & (n_lost <= criteria.max_ne_between)
        at, n_stable, n_lost, came_complete = (
            held[goes_on] for held in (at, n_stable, n_lost, came_complete)
        )
    return found
