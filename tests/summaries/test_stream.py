"""A cohort in partitions of Parquet: its summaries are those of the whole."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from calliper.engine.local import add
from calliper.stats.cox import fit_cox
from calliper.stats.cox_counted import fit_cox_rows
from calliper.stats.cox_summed import fit_cox_summed
from calliper.summaries.cox_rows import cox_rows, gathered
from calliper.summaries.moments import moments, value_counts
from calliper.summaries.risk_set_sums import risk_set_sums
from calliper.summaries.risk_table import risk_tables, stratified_risk_tables
from calliper.summaries.stream import partitions

ARMS, CENTRES = ("new", "old"), ("north", "south")


@pytest.fixture(scope="module")
def cohort() -> pl.DataFrame:
    rng = np.random.default_rng(11)
    n = 900
    arm = rng.integers(0, 2, n)
    time = np.ceil(rng.exponential(300 * np.exp(0.5 * arm)))
    return pl.DataFrame(
        {
            "days": time.astype(np.int32),
            "dead": rng.random(n) < 0.7,
            "arm": pl.Series(np.array(ARMS)[arm], dtype=pl.Enum(ARMS)),
            "old": arm.astype(np.uint8),
            "centre": np.array(CENTRES)[rng.integers(0, 2, n)],
            "age": rng.integers(30, 85, n).astype(np.uint8),
        }
    )


@pytest.fixture(scope="module")
def folder(cohort, tmp_path_factory):
    place = tmp_path_factory.mktemp("registry")
    for part, first in enumerate((0, 250, 600)):
        cohort[first : (250, 600, 900)[part]].write_parquet(place / f"part_{part}.parquet")
    return place


def test_partitions_hold_every_row_once(cohort, folder):
    for rows in (7_000, 300, 97):
        parts = list(partitions(folder, rows=rows))
        assert all(0 < part.height <= rows for part in parts)
        assert pl.concat(parts).equals(cohort)
    some = list(partitions(folder / "part_1.parquet", columns=["age", "days"]))
    assert pl.concat(some).equals(cohort[250:600].select("age", "days"))


def test_summaries_of_partitions_are_those_of_the_whole(cohort, folder):
    tables = [
        risk_tables(part["days"], part["dead"], part["arm"], groups=ARMS) for part in partitions(folder)
    ]
    whole = risk_tables(cohort["days"], cohort["dead"], cohort["arm"], groups=ARMS)
    assert {arm: add(table[arm] for table in tables) for arm in ARMS} == whole
    by_centre = [
        stratified_risk_tables(
            part["days"], part["dead"], part["arm"], part["centre"], groups=ARMS, strata=CENTRES
        )
        for part in (cohort, *partitions(folder, rows=200))
    ]
    assert add(by_centre[1:]) == by_centre[0]
    assert by_centre[0].by_group() == whole
    ages = [moments(part["age"]) for part in partitions(folder)]
    assert add(ages).mean == pytest.approx(moments(cohort["age"]).mean, rel=1e-14)
    assert add(value_counts(part["age"]) for part in partitions(folder)) == value_counts(cohort["age"])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_a_model_of_partitions_is_that_of_the_whole(cohort, folder, ties):
    options = {
        "time": "days",
        "event": "dead",
        "covariates": ["old", "age"],
        "stratum": "centre",
        "strata": CENTRES,
    }
    X = cohort.select("old", "age").to_numpy().astype(float)
    whole = fit_cox(cohort["days"], cohort["dead"], X, strata=cohort["centre"], ties=ties)
    kept = fit_cox_rows(gathered(cox_rows(part, **options) for part in partitions(folder)), ties=ties)
    asked = fit_cox_summed(
        lambda b, centre: add(
            risk_set_sums(cox_rows(part, **options), b, centre=centre)
            for part in partitions(folder, rows=150)
        ),
        p=2,
        ties=ties,
    )
    for fit in (kept, asked):
        assert (fit.n, fit.n_events) == (whole.n, whole.n_events)
        assert fit.coefficients == pytest.approx(whole.coefficients, rel=1e-10)
        assert fit.covariance == pytest.approx(whole.covariance, rel=1e-10)
        assert (fit.loglik, fit.loglik_null) == pytest.approx((whole.loglik, whole.loglik_null), rel=1e-12)
        assert fit.score_test.chi2 == pytest.approx(whole.score_test.chi2, rel=1e-10)
        assert fit.names == ("old", "age")


def test_what_is_no_cohort_is_refused(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere.parquet"):
        with pytest.raises(ValueError, match="no Parquet file"):
            list(partitions(place))
    with pytest.raises(ValueError, match="rows is 0"):
        list(partitions(tmp_path, rows=0))
