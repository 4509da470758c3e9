"""NIST's certified means, deviations and analyses of variance: data made hard for floating point."""

from __future__ import annotations

import math
from functools import partial

import polars as pl

from calliper.stats.means import anova
from calliper.summaries.moments import Moments, moments
from proof.cohorts import read
from proof.ledger import Case, Ledger, Source


def univariate(ledger: Ledger, *, name: str) -> None:
    """The whole, and the same values in three parts that are added."""
    certified = _certified("univariate", name)
    values = read(f"08_nist/univariate_{name}.csv")["y"].cast(pl.Float64)
    half = len(values) // 2
    for found in (moments(values), moments(values[:1]) + moments(values[1:half]) + moments(values[half:])):
        ledger.equal("numbers of values", found.n, certified["n"])
        ledger.agree("means", found.mean, certified["certified_mean"], rel=1e-14)
        ledger.agree("standard deviations", found.sd, certified["certified_sd"], rel=1e-10)


def variance(ledger: Ledger, *, name: str) -> None:
    certified = _certified("anova", name)
    groups = [moments(part["y"]) for part in read(f"08_nist/{name}.csv").partition_by("group")]
    found, total = anova(groups), sum(groups, Moments())
    within = math.fsum(group.m2 for group in groups)
    between = math.fsum(group.n * (group.mean - total.mean) ** 2 for group in groups)
    ours = (total.n, len(groups), found.df1, found.df2)
    theirs = [certified[key] for key in ("n", "k", "df_between", "df_within")]
    ledger.equal("numbers of values", ours, theirs)
    ledger.agree("F", found.f, certified["F"], rel=1e-11)
    ours = (between, between / found.df1, within, within / found.df2)
    theirs = [certified[key] for key in ("ss_between", "ms_between", "ss_within", "ms_within")]
    ledger.agree("sums of squares and mean squares", ours, theirs, rel=1e-11)
    ours = (between / total.m2, math.sqrt(within / found.df2))
    ledger.agree("R squared, residual deviation", ours, (certified["r2"], certified["resid_sd"]), rel=1e-11)


def _certified(kind: str, name: str) -> dict[str, float]:
    table = read(f"08_nist/certified_{kind}.csv")
    return table.row(by_predicate=pl.col("dataset") == name, named=True)


CASES: dict[str, Case] = {name: partial(univariate, name=name) for name in ("Michelso", "NumAcc1", "NumAcc2")}
CASES |= {name: partial(variance, name=name) for name in ("SiRstv", "SmLs01", "SmLs02", "SmLs03")}

SOURCE = Source(
    name="NIST's certified values",
    what="Three univariate sets and four of one-way analysis of variance",
    reference="NIST Statistical Reference Datasets",
    cases=CASES,
)
