"""Scans and lesions together: what must fit between the two tables, by the criteria of each endpoint derived from them.

The rules of choosing target lesions are in target_rules.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

import polars as pl

from calliper.disease.response_criteria import ResponseCriteria
from calliper.protocol.specs import FromLesions, Protocol, Response
from calliper.records.measured import counted, counts_viable, mark_baseline, of_one_reader
from calliper.records.tables import PROVENANCE, Problem
from calliper.records.target_rules import KEPT, Check, number_checks, target_checks, tenfold_check
from calliper.records.wording import clipped

Tables = Mapping[str, pl.DataFrame]


def check_assessments(protocol: Protocol, tables: Tables) -> list[Problem]:
    """The problems between scans and lesions, a list without repetitions; none where either table is not there."""
    if protocol.data.imaging is None or protocol.data.lesions is None:
        return []
    imaging, lesions = tables["imaging"], tables["lesions"]
    found = list(_between_tables(protocol, imaging, lesions))
    known = {
        reader
        for spec in protocol.endpoints.values()
        if isinstance(spec, Response) and spec.lesions is not None
        for reader in spec.lesions.readers
    }
    for spec in protocol.endpoints.values():
        if isinstance(spec, Response) and spec.lesions is not None and spec.start is not None:
            starts = tables["patients"].select(
                "patient",
                pl.col(spec.start).alias("start"),
                (pl.col(spec.death) if spec.death else pl.lit(None, dtype=pl.Date)).alias("death"),
            )
            starts = starts.drop_nulls("patient").unique("patient", keep="first", maintain_order=True)
            of_patients = imaging.join(starts, on="patient", how="semi")
            found += _of_readers(protocol, spec.lesions, of_patients, known)
            read = of_one_reader(imaging, spec.lesions.readers)
            found += _of_endpoint(protocol, spec.rules, read, lesions, starts)
    return list(dict.fromkeys(found))


def _between_tables(protocol: Protocol, imaging: pl.DataFrame, lesions: pl.DataFrame) -> Iterator[Problem]:
    scans = imaging.select("patient", "scan", "date", "reader").unique(["patient", "scan"], keep="first")
    named = lesions.drop_nulls(["patient", "scan"])
    stray = named.join(scans, on=["patient", "scan"], how="anti", maintain_order="left")
    unknown = Check(
        "unknown_scan",
        "scan",
        pl.lit(value=True),
        pl.format("the patient has no scan '{}' in the table of scans", "scan"),
        "correct the identifier, or add the scan",
        "error",
    )
    yield from _problems(protocol, "lesions", stray, unknown)
    dated = (
        named.drop_nulls(["lesion", "role"])
        .join(scans.drop_nulls("date"), on=["patient", "scan"], how="inner", maintain_order="left")
        .with_columns(
            pl.col("role").sort_by("date").first().over("patient", "lesion", "reader").alias("first_role")
        )
    )
    changed = Check(
        "role_changed",
        "role",
        pl.col("role") != pl.col("first_role"),
        pl.format("lesion {} is {} here and was {} before", "lesion", "role", "first_role"),
        "correct one of them; the role of its first scan counts",
    )
    yield from _problems(protocol, "lesions", dated, changed)
    yield from _problems(protocol, "lesions", _with_first_size(dated), tenfold_check())


def _with_first_size(dated: pl.DataFrame) -> pl.DataFrame:
    """Lesions with `size`, the short axis of a node and else the whole diameter, and the first scan that has one."""
    size = pl.when(pl.col("organ") == "LN").then(pl.col("short_axis_mm")).otherwise(pl.col("whole_mm"))
    sized = dated.with_columns(size.alias("size"))
    key = ["patient", "lesion", "reader"]
    first = (
        sized.filter(pl.col("size") > 0)
        .sort("date", "_file", "_sheet", "_row")
        .unique(key, keep="first", maintain_order=True)
        .select(*key, pl.col("size").alias("first_size"), pl.col("date").alias("first_date"))
    )
    return sized.join(first, on=key, how="left", nulls_equal=True, maintain_order="left")


def _of_readers(
    protocol: Protocol, lesions: FromLesions, imaging: pl.DataFrame, known: Set[str]
) -> Iterator[Problem]:
    """Scans that two readers read where none is preferred, and scans of readers whom no endpoint names (`known`)."""
    reader = pl.col("reader")
    if lesions.readers:
        yield from _problems(
            protocol,
            "imaging",
            imaging,
            Check(
                "other_reader",
                "reader",
                ~reader.is_in(sorted(known)).fill_null(value=False),
                pl.format("'{}' is none of the study file's readers", reader.fill_null("")),
                "add the reader under lesions.readers of the endpoint; the scan is not read",
            ),
        )
        return
    yield from _problems(
        protocol,
        "imaging",
        imaging,
        Check(
            "two_readers",
            "reader",
            reader.drop_nulls().n_unique().over("patient", "date") > 1,
            pl.format("several readers read the patient's scans of {}", "date"),
            "name the readers in their order under lesions.readers of the endpoint",
            "error",
        ),
    )


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
    has_phase = "arterial_phase" in getattr(protocol.data.imaging, "columns", {})
    for check in _scan_checks(rules, has_phase=has_phase):
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
    for check in (*target_checks(rules), *number_checks(rules)):
        yield from _problems(protocol, "lesions", targets, check)
    early = Check(
        "new_at_baseline",
        "role",
        pl.col("is_baseline") & (pl.col("role") == "new"),
        pl.format("lesion {} is called new at baseline", "lesion"),
        "record it as target or non-target; it counts for nothing",
    )
    yield from _problems(protocol, "lesions", placed, early)
    gone = Check(
        "new_not_viable",
        "viable_mm",
        counts_viable(rules)
        & (pl.col("role") == "new")
        & (pl.col("viable_mm") == 0)
        & ~pl.col("status").is_in(["absent", "merged", "removed"]).fill_null(value=False),
        pl.format("nothing of new lesion {} is viable here", "lesion"),
        "give it the status absent, or confirm it; it counts as a new lesion still",
    )
    yield from _problems(protocol, "lesions", placed, gone)
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


def _scan_checks(rules: ResponseCriteria, *, has_phase: bool) -> Iterator[Check]:
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
        KEPT,
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
            "arterial_phase_blank",
            "arterial_phase",
            pl.lit(has_phase) & pl.col("arterial_phase").is_null() & pl.col("modality").is_in(["CT", "MRI"]),
            pl.lit(f"whether the scan has an arterial phase is not recorded ({rules.name})"),
            "fill it in; the scan is read as one that has",
        )
    yield Check(
        "modality",
        "modality",
        ~pl.col("modality").is_in(list(rules.modalities)),
        pl.format("lesions are not measured by {}", "modality"),
        "confirm it; the lesions of the scan are not evaluable",
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
