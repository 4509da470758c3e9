"""The rows on which a rule of the protocol is judged, with every column that the rule may name."""

from __future__ import annotations

from datetime import date

import polars as pl

from calliper.derivations.dates import find_dates
from calliper.protocol.criteria import parse
from calliper.protocol.roles import OF_SESSIONS, ROLES_OF
from calliper.protocol.rule_columns import COUNTED, DATED_BY, LONG, words_of
from calliper.protocol.specs import DeviationRule, Deviations, Preceding, Protocol, TableSource
from calliper.records.provenance import ORDER, source
from calliper.records.role_cells import BETWEEN
from calliper.records.tables import Records

DATE, DAY, SOURCE = "_date", "_day", "source"
"""The row's own date, its day from the start, and its place in words."""

HAS_ROW, APPLIES = "_has_row", "_applies"
"""False on the row that stands for a session, or a patient, without one; true where the rule is about the row, null
where that is not known."""

_OF_ROW = dict(zip(ORDER, (f"{name}_of_row" for name in ORDER), strict=True))
"""The places of the rows, beside the patients' own."""


def judged_rows(
    rule: DeviationRule, spec: Deviations, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """The rows of the patients that a rule is about, in order of patient, date and place in the files.

    `where` is not false of them. Rows that begin before the start or after the cut-off are left out. Each has the
    columns of `rule_names` and of COUNTED that the rule names, and beside them DATE, SOURCE, HAS_ROW and APPLIES.
    """
    own = _own_rows(rule, protocol, records, patients)
    rows = own if rule.table == "patients" else _with_patients(own, rule, patients)
    rows = _dated(rows, rule, spec, protocol, patients)
    if "day" not in own.columns or rule.table == "patients":
        rows = rows.with_columns(pl.col(DAY).alias("day"))
    rows = _with_named_dates(rows, rule, spec, protocol=protocol, records=records, patients=patients)
    about = parse(rule.where).expression() if rule.where is not None else pl.lit(value=True)
    rows = rows.with_columns(about.alias(APPLIES)).filter(pl.col(APPLIES).fill_null(value=True))
    kept = _without_held(rows, rule)
    return _in_order(_counted(kept) if _asked(rule) & {*COUNTED} else kept)


def _own_rows(
    rule: DeviationRule, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """The rows as they stand, and one without a value for each session or patient where `every` asks for it."""
    if rule.table == "patients":
        return _placed(patients).with_columns(pl.lit(value=True).alias(HAS_ROW))
    if rule.endpoint is not None:
        held = _yes_or_no(records.tables[f"endpoint:{rule.endpoint}"].drop("reason", "detail", strict=False))
        held = held.with_columns(patients[name].clear().extend_constant(None, held.height).alias(place)
                                 for name, place in _OF_ROW.items())  # fmt: skip
    else:
        held = _of_table(rule.table or rule.order or "", protocol, records)
    held = held.with_columns(pl.lit(value=True).alias(HAS_ROW))
    if rule.every is None:
        return held
    units = _placed(patients).select("patient", SOURCE, *_OF_ROW.values())
    if rule.every == "session":
        units = _sessions(protocol, records)
    return pl.concat([held, units.with_columns(pl.lit(value=False).alias(HAS_ROW))], how="diagonal")


def _of_table(table: str, protocol: Protocol, records: Records) -> pl.DataFrame:
    """The columns that the study maps, a set as a column a word; rows of a session with what is known of it."""
    held = _split_sets(_mapped(table, protocol, records), table)
    if table not in OF_SESSIONS or protocol.data.sessions is None:
        return held
    sessions = _sessions(protocol, records).drop(SOURCE, *_OF_ROW.values())
    return held.join(sessions, on=["patient", "session"], how="left", maintain_order="left")


def _mapped(table: str, protocol: Protocol, records: Records) -> pl.DataFrame:
    source_of: TableSource = getattr(protocol.data, table)
    columns = {"patient": None, **source_of.columns, **source_of.further}
    held = _placed(records.tables[table]).select(*columns, SOURCE, *_OF_ROW.values())
    if not {"start", "end"} <= set(held.columns):
        return held
    return held.with_columns(((pl.col("end") - pl.col("start")).dt.total_days() + 1).alias(LONG))


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(source()).rename(_OF_ROW)


def _sessions(protocol: Protocol, records: Records) -> pl.DataFrame:
    """The sessions, each column as `session_NAME`."""
    held = _split_sets(_mapped("sessions", protocol, records), "sessions")
    kept = ("patient", "session", SOURCE, *_OF_ROW.values())
    return held.rename({name: f"session_{name}" for name in held.columns if name not in kept})


def _split_sets(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """A yes or no for each word of a set; null where the cell is blank."""
    return frame.with_columns(
        pl.when(pl.col(name).str.split(BETWEEN).list.contains(word))
        .then(pl.lit("yes"))
        .when(pl.col(name).is_not_null())
        .then(pl.lit("no"))
        .alias(f"{name}_{word}")
        for name, role in ROLES_OF[table].items()
        if role.kind == "set" and name in frame.columns
        for word in words_of(role)
    )


def _yes_or_no(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(pl.col(name)).then(pl.lit("yes")).when(~pl.col(name)).then(pl.lit("no")).alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.Boolean
    )


def _with_patients(rows: pl.DataFrame, rule: DeviationRule, patients: pl.DataFrame) -> pl.DataFrame:
    """The rows of these patients, with what the rule asks of each; of one name the row's own column stays."""
    asked = {*_asked(rule), rule.dated_by}
    names = [name for name in patients.columns if name in asked and name not in (*rows.columns, *ORDER)]
    return rows.join(patients.select("patient", *names), on="patient", how="inner", maintain_order="left")


def _dated(
    rows: pl.DataFrame, rule: DeviationRule, spec: Deviations, protocol: Protocol, patients: pl.DataFrame
) -> pl.DataFrame:
    """The rows with DATE and DAY, without those that begin before the start or after the cut-off.

    A row that is dated by its end, beyond the cut-off, is dated by the cut-off: up to there it is known.
    """
    cutoff = pl.lit(protocol.study.cutoff or date.max)
    usual = DATED_BY.get(rule.table or rule.order or "")
    begins = pl.col(usual) if usual in rows.columns else pl.lit(None, dtype=pl.Date)
    own = pl.col(rule.dated_by) if rule.dated_by is not None else begins
    start = pl.lit(None, dtype=pl.Date) if spec.start is None else pl.col(spec.start)
    rows = rows.with_columns(begins.alias("_begins"), own.alias(DATE)).join(
        patients.select("patient", start.alias("_start")), on="patient", how="left", maintain_order="left"
    )
    is_outside = (pl.col("_begins") < pl.col("_start")) | (pl.col("_begins") > cutoff)
    rows = rows.filter(~is_outside.fill_null(value=False))
    if rule.table != "patients":
        rows = rows.with_columns(
            pl.min_horizontal(DATE, pl.when(pl.col(DATE).is_not_null()).then(cutoff)).alias(DATE)
        )
    return rows.with_columns((pl.col(DATE) - pl.col("_start")).dt.total_days().alias(DAY))


def _asked(rule: DeviationRule) -> frozenset[str]:
    """What the rule names: a date of the study is worked out where it is asked for."""
    texts = (rule.rule, rule.where, rule.major_unless)
    return frozenset(name for text in texts if text is not None for name in parse(text).names)


def _with_named_dates(
    rows: pl.DataFrame,
    rule: DeviationRule,
    spec: Deviations,
    *,
    protocol: Protocol,
    records: Records,
    patients: pl.DataFrame,
) -> pl.DataFrame:
    """The rows with each date of `dates` and `preceding` that the rule asks for, and the days from it to the row's."""
    asked = _asked(rule)
    wanted = [name for name in (*spec.dates, *spec.preceding) if asked & {name, f"days_after_{name}"}]
    if spec.start is not None:
        until = pl.lit(protocol.study.cutoff or date.max).alias("until")
        people = patients.select("patient", pl.col(spec.start).alias("start"), until)
        for name in (name for name in spec.dates if name in wanted):
            found = find_dates([spec.dates[name]], people, records, patients)
            named = found.select("patient", pl.col("date").alias(name))
            rows = rows.join(named, on="patient", how="left", maintain_order="left")
    for name in (name for name in spec.preceding if name in wanted):
        rows = _preceding(rows, name, spec.preceding[name], records)
    return rows.with_columns(
        (pl.col(DATE) - pl.col(name)).dt.total_days().alias(f"days_after_{name}") for name in wanted
    )


def _preceding(rows: pl.DataFrame, name: str, spec: Preceding, records: Records) -> pl.DataFrame:
    """The date of the latest row of a table with these values on or before each row's own."""
    held = records.tables[spec.table]
    wanted = [pl.col(role).cast(pl.String).is_in(list(values)) for role, values in spec.where.items()]
    found = held.filter(*wanted).select("patient", pl.col(DATED_BY[spec.table]).alias(name)).drop_nulls()
    numbered = rows.with_row_index("_at")
    latest = (
        numbered.select("_at", "patient", DATE)
        .join(found, on="patient", how="inner")
        .filter(pl.col(name) <= pl.col(DATE))
        .group_by("_at")
        .agg(pl.col(name).max())
    )
    return numbered.join(latest, on="_at", how="left", maintain_order="left").drop("_at")


def _without_held(rows: pl.DataFrame, rule: DeviationRule) -> pl.DataFrame:
    """Of the rows that stand for a session or a patient, those where no other row is the rule's."""
    if rule.every is None:
        return rows
    key = ["patient"] if rule.every == "patient" else ["patient", "session"]
    held = rows.filter(HAS_ROW, pl.col(APPLIES).fill_null(value=False))
    return pl.concat([rows.filter(HAS_ROW), rows.filter(~pl.col(HAS_ROW)).join(held, on=key, how="anti")])


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("patient", DATE, *_OF_ROW.values(), nulls_last=True, maintain_order=True)


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with their place among the patient's, by date, and the days since the one before."""
    there = _in_order(rows.filter(HAS_ROW))
    there = there.with_columns(
        pl.int_range(1, pl.len() + 1).over("patient").alias("nth"),
        (pl.col(DATE) - pl.col(DATE).shift(1).over("patient")).dt.total_days().alias("days_since_previous"),
    )
    return pl.concat([there, rows.filter(~pl.col(HAS_ROW))], how="diagonal")
