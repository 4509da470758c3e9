"""Sessions of local treatment: each once and in order, and the rows that name one against the table of sessions."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.protocol.specs import Protocol
from calliper.records.column import Column, Verdict
from calliper.records.tables import Problem
from calliper.records.wording import listed, quoted, suggestion


def check_sessions(_protocol: Protocol, frame: pl.DataFrame, columns: Mapping[str, Column]) -> list[Problem]:
    """Errors on sessions that share an identifier or a number, and on numbers against the order of the dates."""
    is_twice = _is_shared(frame, "patient", "session")

    def twice(text: str) -> Verdict:
        message = f"the patient has several sessions {quoted(text)}"
        return Verdict("duplicate_session", message, "keep one of them, or give each its own identifier")

    is_repeated = _is_shared(frame, "patient", "number") & ~is_twice

    def repeated(text: str) -> Verdict:
        message = f"the patient has several sessions with the number {quoted(text)}"
        return Verdict("session_number", message, "number the patient's sessions in their order")

    is_same_day = _is_shared(frame, "patient", "date") & ~is_twice & ~is_repeated

    def same_day(text: str) -> Verdict:
        message = f"the patient has several sessions on {quoted(text)}"
        return Verdict("same_day", message, "remove one if it is a copy; they are used as they stand")

    return [
        *columns["session"].report(is_twice, twice),
        *columns["number"].report(is_repeated, repeated),
        *_out_of_order(frame, columns["number"]),
        *columns["date"].report(is_same_day, same_day, severity="query"),
    ]


def _is_shared(frame: pl.DataFrame, *key: str) -> pl.Series:
    is_whole = pl.all_horizontal(pl.col(key).is_not_null())
    return frame.select(is_whole & (pl.len().over(key) > 1)).to_series()


def _out_of_order(frame: pl.DataFrame, column: Column) -> list[Problem]:
    """An error on a session that is dated before one with a smaller number; a query where a number is left out."""
    dated = frame.with_row_index("_at").drop_nulls(["patient", "number", "date"])
    ordered = dated.sort("patient", "number", "date").with_columns(
        pl.col("date").shift(1).over("patient").alias("date_before"),
        pl.col("number").shift(1).over("patient").alias("number_before"),
    )
    late = ordered.filter(
        (pl.col("date_before") > pl.col("date")) & (pl.col("number_before") < pl.col("number"))
    )
    gaps = ordered.filter(pl.col("number") > pl.col("number_before") + 1)
    problems: list[Problem] = []
    for rows, rule in ((late, "session_order"), (gaps, "session_gap")):
        verdicts = {
            at: _order(rule, number, date, number_before, date_before)
            for at, number, date, number_before, date_before in rows.select(
                "_at", "number", "date", "number_before", "date_before"
            ).iter_rows()
        }
        at = pl.int_range(frame.height, eager=True).is_in(list(verdicts))
        problems += column.report_each(
            at,
            [verdicts[row] for row in sorted(verdicts)],
            severity="error" if rule == "session_order" else "query",
        )
    return problems


def _order(rule: str, number: int, date: object, number_before: int, date_before: object) -> Verdict:
    if rule == "session_order":
        message = f"session {number} ({date}) is dated before session {number_before} ({date_before})"
        return Verdict(rule, message, "correct the number, or one of the dates")
    message = f"session {number} follows session {number_before}, and none is numbered between them"
    return Verdict(rule, message, "add the session, or confirm that it took place elsewhere")


def check_bead_sizes(
    _protocol: Protocol, frame: pl.DataFrame, columns: Mapping[str, Column]
) -> list[Problem]:
    """An error where the smallest bead is larger than the largest."""
    is_wrong = (frame["bead_size_min_um"] > frame["bead_size_max_um"]).fill_null(value=False)
    column, largest = columns["bead_size_min_um"], columns["bead_size_max_um"].text.filter(is_wrong)
    verdicts = [
        Verdict(
            "bead_size",
            f"the smallest beads ({small}) are larger than the largest ({large})",
            "correct the sizes",
        )
        for small, large in zip(column.text.filter(is_wrong), largest)
    ]
    return column.report_each(is_wrong, verdicts)


def check_steps(_protocol: Protocol, frame: pl.DataFrame, columns: Mapping[str, Column]) -> list[Problem]:
    """An error on steps of one session that share a number: their order is not known."""

    def shared(text: str) -> Verdict:
        return Verdict(
            "step_number", f"the session has several steps {quoted(text)}", "number the steps in their order"
        )

    return columns["step"].report(_is_shared(frame, "patient", "session", "step"), shared)


def check_named_sessions(frame: pl.DataFrame, column: Column, sessions: pl.DataFrame) -> list[Problem]:
    """An error on each row that names a session which its patient has not in the table of sessions.

    `sessions` has `patient` and `session`.
    """
    known = sessions.select("patient", "session").unique().with_columns(pl.lit(value=True).alias("is_known"))
    joined = frame.select("patient", "session").join(
        known, on=["patient", "session"], how="left", maintain_order="left"
    )
    is_stray = (
        joined["is_known"].is_null() & joined["patient"].is_not_null() & joined["session"].is_not_null()
    )
    if not is_stray.any():
        return []
    of_patient: dict[str, list[str]] = {}
    for patient, session in (
        sessions.drop_nulls(["patient", "session"]).select("patient", "session").iter_rows()
    ):
        of_patient.setdefault(patient, []).append(session)
    verdicts = [
        _stray(session, of_patient.get(patient, []))
        for patient, session in joined.filter(is_stray).select("patient", "session").iter_rows()
    ]
    return column.report_each(is_stray, verdicts)


def _stray(session: str, own: list[str]) -> Verdict:
    near = suggestion(session, own)
    held = f"; there are {listed(own, most=5)}" if own else ""
    message = f"the patient has no session {quoted(session)} in the table of sessions{near}{held}"
    return Verdict("unknown_session", message, "correct the identifier, or add the session")
