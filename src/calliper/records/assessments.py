"""Scans and lesions together: what must fit between the two tables, and the rules of choosing target lesions.

Each query names its rule: L1 to L13 are those of docs/methods/response.md. They are judged by the criteria of each
response endpoint that is derived from lesions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import polars as pl

from calliper.disease.response_criteria import ResponseCriteria
from calliper.protocol.specs import Protocol, Response
from calliper.records.measured import PER_MM, counted, counts_viable, is_assessable, mark_baseline
from calliper.records.tables import PROVENANCE, Problem
from calliper.records.wording import clipped

Tables = Mapping[str, pl.DataFrame]

CENTIMETRES_MM = 3
"""A target smaller than this at baseline looks like centimetres."""

_KEPT = "confirm it; it is used as it stands"
_NO_TARGET = "record it as non-target, or confirm it; it is used as it stands"


class Check(NamedTuple):
    """Rows that break a rule: where `at` is true, with `message` (an expression of String)."""

    rule: str
    role: str
    at: pl.Expr
    message: pl.Expr
    action: str
    severity: Literal["error", "query"] = "query"


def check_assessments(protocol: Protocol, tables: Tables) -> list[Problem]:
    """The problems between scans and lesions, a list without repetitions; none where either table is not there."""
    if protocol.data.imaging is None or protocol.data.lesions is None:
        return []
    imaging, lesions = tables["imaging"], tables["lesions"]
    found = list(_between_tables(protocol, imaging, lesions))
    for spec in protocol.endpoints.values():
        if isinstance(spec, Response) and spec.lesions is not None and spec.start is not None:
            rules = spec.rules
            starts = tables["patients"].select(
                "patient",
                pl.col(spec.start).alias("start"),
                (pl.col(spec.death) if spec.death else pl.lit(None, dtype=pl.Date)).alias("death"),
            )
            starts = starts.drop_nulls("patient").unique("patient", keep="first", maintain_order=True)
            found += _of_endpoint(protocol, rules, imaging, lesions, starts)
    return list(dict.fromkeys(found))


def _between_tables(protocol: Protocol, imaging: pl.DataFrame, lesions: pl.DataFrame) -> Iterator[Problem]:
    scans = imaging.select("patient", "scan", "date").unique(["patient", "scan"], keep="first")
    placed = lesions.join(scans, on=["patient", "scan"], how="left", maintain_order="left")
    is_lost = pl.col("scan").is_not_null() & pl.col("patient").is_not_null() & pl.col("date").is_null()
    known = placed.join(scans.select("patient", "scan"), on=["patient", "scan"], how="semi")
    stray = placed.filter(is_lost).join(known, on=["patient", "scan"], how="anti", maintain_order="left")
    unknown = Check(
        "unknown_scan",
        "scan",
        pl.lit(value=True),
        pl.format("the patient has no scan '{}' in the table of scans", "scan"),
        "correct the identifier, or add the scan",
        "error",
    )
    yield from _problems(protocol, "lesions", stray, unknown)
    first_role = pl.col("role").sort_by("date").first().over("patient", "lesion")
    dated = placed.drop_nulls(["patient", "lesion", "role", "date"]).with_columns(
        first_role.alias("first_role")
    )
    changed = Check(
        "role_changed",
        "role",
        pl.col("role") != pl.col("first_role"),
        pl.format("lesion {} is {} here and was {} before", "lesion", "role", "first_role"),
        "correct one of them; the role of its first scan counts",
    )
    yield from _problems(protocol, "lesions", dated, changed)


def _of_endpoint(
    protocol: Protocol,
    rules: ResponseCriteria,
    imaging: pl.DataFrame,
    lesions: pl.DataFrame,
    starts: pl.DataFrame,
) -> Iterator[Problem]:
    scans = mark_baseline(imaging, lesions, starts, rules).join(
        starts.select("patient", "death"), on="patient", how="left", maintain_order="left"
    )
    for check in _scan_checks(rules):
        yield from _problems(protocol, "imaging", scans, check)
    columns = ("patient", "scan", "date", "start", "modality", "arterial_phase", "slice_mm", "is_baseline")
    one = scans.select(columns).unique(["patient", "scan"], keep="first")
    placed = lesions.join(one, on=["patient", "scan"], how="inner", maintain_order="left").with_columns(
        counted(rules)
    )
    targets = placed.filter((pl.col("role") == "target") & pl.col("is_baseline"))
    sum_mm = pl.col("counted").sum().over("patient")
    in_organ = pl.col("lesion").n_unique().over("patient", "organ")
    targets = targets.with_columns(
        sum_mm.alias("sum"),
        in_organ.alias("in_organ"),
        pl.col("lesion").n_unique().over("patient").alias("in_patient"),
        pl.int_range(pl.len()).over("patient").alias("nth"),
    )
    for check in (*_target_checks(rules), *_number_checks(rules)):
        yield from _problems(protocol, "lesions", targets, check)
    early = Check(
        "new_at_baseline",
        "role",
        pl.col("is_baseline") & (pl.col("role") == "new"),
        pl.format("lesion {} is called new at baseline", "lesion"),
        "record it as target or non-target; it counts for nothing",
    )
    yield from _problems(protocol, "lesions", placed, early)
    of_baseline = placed.filter("is_baseline").select("patient", "lesion")
    followed = placed.filter((pl.col("role") != "new") & (pl.col("date") > pl.col("start")))
    strays = followed.join(of_baseline, on=["patient", "lesion"], how="anti", maintain_order="left")
    late = Check(
        "not_at_baseline",
        "lesion",
        pl.col("role").is_in(["target", "non_target"]),
        pl.format(
            "{} lesion {} was not measured at baseline", pl.col("role").str.replace("_", "-"), "lesion"
        ),
        "measure it at baseline, or record it as new; it counts for nothing",
    )
    yield from _problems(protocol, "lesions", strays, late)
    ignored = Check(
        "L11",
        "kind",
        pl.col("kind").is_in(["effusion", "bland_thrombus", "cystic"])
        & (pl.col("role") != "target")
        & (pl.int_range(pl.len()).over("patient", "lesion") == 0),
        pl.format("{} is no tumour", pl.col("kind").str.replace_all("_", " ")),
        "confirm it (an effusion counts with positive cytology only); it counts for nothing",
    )
    yield from _problems(protocol, "lesions", placed, ignored)


def _scan_checks(rules: ResponseCriteria) -> Iterator[Check]:
    yield Check(
        "after_death",
        "date",
        pl.col("date") > pl.col("death"),
        pl.format("the scan of {} is after the patient's death ({})", "date", "death"),
        "correct one of the dates",
        "error",
    )
    age = (pl.col("start") - pl.col("date")).dt.total_days()
    has_baseline = pl.col("is_baseline").any().over("patient")
    is_first = pl.int_range(pl.len()).over("patient") == 0
    yield Check(
        "no_baseline",
        "scan",
        pl.col("start").is_not_null() & ~has_baseline & is_first,
        pl.format(
            "no scan with lesions in the {} days up to the start ({})",
            pl.lit(rules.baseline_oldest_days),
            "start",
        ),
        "add the baseline scan; until then no scan of the patient can be evaluated",
    )
    yield Check(
        "baseline_old",
        "date",
        pl.col("is_baseline") & (age.min().over("patient", "is_baseline") > rules.baseline_max_age_days),
        pl.format("the baseline scan is {} days older than the start", age),
        _KEPT,
    )
    if rules.needs_arterial_phase:
        yield Check(
            "no_arterial_phase",
            "arterial_phase",
            pl.col("arterial_phase") == "no",
            pl.lit(f"a scan without arterial phase shows no viable tumour ({rules.name})"),
            "confirm it; the hepatic lesions of the scan are not evaluable",
        )
    yield Check(
        "modality",
        "modality",
        ~pl.col("modality").is_in(list(rules.modalities)),
        pl.format("lesions are not measured by {}", "modality"),
        "confirm it; the lesions of the scan are not evaluable",
    )


def _target_checks(rules: ResponseCriteria) -> Iterator[Check]:
    """The rules of one target lesion at baseline: L1, L3 to L10, L12, L13."""
    size = (pl.col("counted") / PER_MM).round(2)
    shown = (
        pl.when(size.round() == size)
        .then(size.cast(pl.Int64).cast(pl.String))
        .otherwise(size.cast(pl.String))
    )
    is_node = pl.col("organ") == "LN"
    kind = pl.col("kind").fill_null("nodule")
    thick = (2 * pl.col("slice_mm")).fill_null(0)
    least = pl.when(pl.col("slice_mm") > 5).then(thick).otherwise(float(rules.target_min_mm))
    yield Check(
        "L1",
        "lesion",
        ~is_node & (size > 0) & (size < least),
        pl.format("target lesion {} measures {} mm, less than {} mm", "lesion", shown, least.cast(pl.Int64)),
        _NO_TARGET,
    )
    yield Check(
        "centimetres",
        "lesion",
        (size > 0) & (size < CENTIMETRES_MM),
        pl.format("target lesion {} measures {} mm, as if in centimetres", "lesion", shown),
        "write diameters in millimetres",
    )
    yield Check(
        "L3",
        "viable_mm",
        counts_viable(rules) & is_assessable(rules) & (size.is_null() | (size == 0)),
        pl.format("target lesion {} has no arterial enhancement at baseline", "lesion"),
        _NO_TARGET,
    )
    yield Check(
        "L4",
        "delineated",
        pl.col("delineated") == "no",
        pl.format("target lesion {} is not well delineated", "lesion"),
        _NO_TARGET,
    )
    for rule, kinds in (
        ("L5", ("infiltrative",)),
        ("L8", ("thrombus", "bland_thrombus")),
        ("L11", ("effusion", "malignant_effusion")),
        ("L12", ("bone_blastic", "leptomeningeal", "cystic")),
        *((("L7", ("atypical",)),) if rules.measures == "viable" else ()),
    ):
        yield Check(
            rule,
            "kind",
            kind.is_in(list(kinds)),
            pl.format("target lesion {} is {}", "lesion", kind.str.replace_all("_", " ")),
            _NO_TARGET,
        )
    if rules.reads_prior_treatment:
        yield Check(
            "L6",
            "prior_treatment",
            pl.col("prior_treatment") == "treated",
            pl.format("target lesion {} was treated before and has not progressed since", "lesion"),
            _NO_TARGET,
        )
    at_porta = kind == "porta_hepatis_node"
    for rule, nodes, needed in (
        ("L9", is_node & at_porta, rules.porta_hepatis_node_mm),
        ("L10", is_node & ~at_porta, rules.node_target_mm),
    ):
        yield Check(
            rule,
            "short_axis_mm",
            nodes & (size < float(needed)),
            pl.format(
                "the short axis of node {} is {} mm, less than {} mm", "lesion", shown, pl.lit(str(needed))
            ),
            _NO_TARGET,
        )
    yield Check(
        "L13",
        "whole_mm",
        ~is_node & ~counts_viable(rules) & is_assessable(rules) & size.is_null(),
        pl.format("target lesion {} has no whole diameter at baseline", "lesion"),
        "measure it; until then no scan of the patient can be evaluated",
    )


def _number_checks(rules: ResponseCriteria) -> Iterator[Check]:
    """L2, and a baseline whose sum is 0."""
    per_organ, per_patient = rules.max_targets_per_organ, rules.max_targets
    yield Check(
        "L2",
        "lesion",
        (pl.col("in_organ") > per_organ) | (pl.col("in_patient") > per_patient),
        pl.format(
            "one of {} target lesions, {} of them in {}; at most {}, {} an organ",
            "in_patient",
            "in_organ",
            "organ",
            pl.lit(per_patient),
            pl.lit(per_organ),
        ),
        "record the largest as targets and the others as non-target; they are used as they stand",
    )
    yield Check(
        "baseline_zero",
        "lesion",
        (pl.col("sum") == 0) & pl.col("counted").is_not_null().all().over("patient") & (pl.col("nth") == 0),
        pl.lit("the target lesions add up to 0 mm at baseline"),
        "correct the diameters, or record them as non-target",
        "error",
    )


def _problems(protocol: Protocol, table: str, rows: pl.DataFrame, check: Check) -> Iterator[Problem]:
    bad = rows.filter(check.at.fill_null(value=False)).select(
        "patient",
        pl.col(check.role).cast(pl.String).fill_null("").alias("value"),
        check.message.alias("message"),
        *PROVENANCE,
    )
    header = getattr(protocol.data, table).columns.get(check.role, "")
    for patient, value, message, centre, file, sheet, row in bad.iter_rows():
        yield Problem(
            check.severity,
            check.rule,
            message,
            check.action,
            centre=centre or "",
            file=file,
            sheet=sheet or "",
            row=row,
            column=header,
            value=clipped(value),
            patient=clipped(patient or ""),
            table=table,
        )
