"""Public cohorts as the analyses of R 4.2.2 in the known answers read them: `time` and `event`, levels in R's order."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import polars as pl

from shared import shared_data
from stats.competing_cases import mgus2


@cache
def answers() -> dict[str, Any]:
    """Every result of R, by its id."""
    text = shared_data("09_known_answers/r_known_answers.json").read_text(encoding="utf-8")
    return {answer["id"]: answer["result"] for answer in json.loads(text)["answers"]}


def read(path: str) -> pl.DataFrame:
    return pl.read_csv(shared_data(path), null_values=["NA", ""], infer_schema_length=None)


def lung() -> pl.DataFrame:
    return read("03_survival_classic/survival_lung.csv").with_columns(event=pl.col("status") - 1)


def veteran() -> pl.DataFrame:
    cells = pl.Enum(["squamous", "smallcell", "adeno", "large"])
    frame = read("03_survival_classic/survival_veteran.csv")
    return frame.with_columns(pl.col("celltype").cast(cells), event="status")


def colon(etype: int) -> pl.DataFrame:
    frame = read("03_survival_classic/survival_colon.csv").filter(etype=etype)
    return frame.with_columns(pl.col("rx").cast(pl.Enum(["Obs", "Lev", "Lev+5FU"])), event="status")


def recurrence() -> pl.DataFrame:
    return colon(1)


def colon_death() -> pl.DataFrame:
    return colon(2)


def ovarian() -> pl.DataFrame:
    return read("03_survival_classic/survival_ovarian.csv").rename({"futime": "time", "fustat": "event"})


def bmt() -> pl.DataFrame:
    return read("03_survival_classic/KMsurv_bmt.csv").with_columns(time="t2", event="d3")


def mercaptopurine() -> pl.DataFrame:
    pairs = read("03_survival_classic/KMsurv_drug6mp.csv")
    placebo = pairs.select(time="t1", event=pl.lit(1, pl.Int64), arm=pl.lit("placebo"))
    return pl.concat([placebo, pairs.select(time="t2", event="relapse", arm=pl.lit("6MP"))])


def malignancy() -> pl.DataFrame:
    return mgus2().with_columns(time="etime", event=(pl.col("event") == "pcm").cast(pl.Int64))


def bladder() -> pl.DataFrame:
    return read("03_survival_classic/survival_bladder2.csv").rename({"stop": "time"})


def resection_death() -> pl.DataFrame:
    return _resection("OS", "Death")


def resection_recurrence() -> pl.DataFrame:
    return _resection("RFS", "Recurrence")


def _resection(time: str, event: str) -> pl.DataFrame:
    frame = read("04_hcc/hepatocellular_resection.csv").with_columns(time=time, event=event)
    return frame.with_columns(hi=(pl.col("CXCL17T") > pl.col("CXCL17T").median()).cast(pl.Int64))


def pilot() -> pl.DataFrame:
    arms = pl.Enum(["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"])
    frame = read("01_cdisc_pilot/adam/adtte.csv")
    return frame.with_columns(pl.col("TRTP").cast(arms), time="AVAL", event=1 - pl.col("CNSR"))


def tern() -> pl.DataFrame:
    frame = read("06_tern/tern_ex_adtte.csv").filter(PARAMCD="OS")
    return frame.with_columns(time="AVAL", event=1 - pl.col("CNSR"))
