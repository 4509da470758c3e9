"""Slips in rows of adverse events by which one would be left uncounted, or counted twice, and nobody would see it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.protocol.safety_specs import ANY_EVENT, CATEGORY
from calliper.protocol.specs import Endpoint, Protocol, Toxicity
from calliper.records.column import Column, Verdict
from calliper.records.provenance import source
from calliper.records.slips import look_alike
from calliper.records.tables import PROVENANCE, Problem
from calliper.records.wording import quoted


def check_event_slips(
    protocol: Protocol, frame: pl.DataFrame, columns: Mapping[str, Column]
) -> list[Problem]:
    """Queries on words written otherwise than an endpoint asks for them, or in two ways, on starts that a window needs
    and rows repeated; errors on terms that are words of results.
    """
    specs = [spec for spec in protocol.endpoints.values() if isinstance(spec, Toxicity)]
    problems = _unread_words(specs, frame["term"], columns["term"], by="term")
    problems += _unread_words(specs, frame["category"], columns["category"], by="category")
    for by in dict.fromkeys(spec.by for spec in specs if spec.terms == "as recorded"):
        problems += _named_by_the_records(frame[by], columns[by])
    if any(spec.window is not None for spec in specs):
        problems += _no_start(frame, columns["start"])
    return [*problems, *_repeated(frame, columns["term"])]


def _unread_words(specs: list[Toxicity], words: pl.Series, column: Column, *, by: str) -> list[Problem]:
    """A query on each row whose word no term asks for, and that differs from one only in capitals, space or width.

    A word that no row has is told once, by wanted_words.
    """
    terms = [term for spec in specs if not isinstance(spec.terms, str) for term in spec.terms.values()]
    asked = [value for spec in specs if spec.by == by for value in _values(spec)]
    asked += [value for term in terms for value in term.compare_with if by == "term"]
    held = set(words.drop_nulls())
    named = pl.Series([word for word in asked if word in held], dtype=pl.String)
    near = dict(zip(look_alike(named), named))
    is_unread = words.is_not_null() & ~words.is_in(asked).fill_null(value=False)
    is_slip = is_unread & look_alike(words).is_in(list(near)).fill_null(value=False)
    slips = words.filter(is_slip)
    verdicts = [
        Verdict(
            "event_word",
            f"{quoted(word)} is no {by} of an endpoint, which asks for {quoted(near[key])}: the row is not counted "
            "there",
            "correct the cell, or add it to the values of the term",
        )
        for word, key in zip(slips, look_alike(slips))
    ]
    return column.report_each(is_slip, verdicts, severity="query")


def _named_by_the_records(words: pl.Series, column: Column) -> list[Problem]:
    """Where the records name the terms: an error on a word of results, a query on each second way of writing one."""

    def reserved(text: str) -> Verdict:
        message = f"{quoted(text)} is a word by which results name other lines"
        return Verdict(
            "reserved_term", message, f"write it otherwise, or give it a code under {column.table}.codes"
        )

    is_reserved = (words == ANY_EVENT) | words.str.starts_with(CATEGORY)
    problems = column.report(is_reserved.fill_null(value=False), reserved)
    marked = pl.DataFrame({"word": words, "key": look_alike(words)}).with_columns(
        first=pl.col("word").first().over("key"), is_first_of_word=pl.int_range(pl.len()).over("word") == 0
    )
    at = marked.select((pl.col("word") != pl.col("first")) & pl.col("is_first_of_word")).to_series()
    at = at.fill_null(value=False)
    verdicts = [
        Verdict(
            "two_spellings",
            f"{quoted(word)} looks like {quoted(first)}, and the two are counted as two terms",
            "write both alike, or gather them under terms of the endpoint",
        )
        for word, first in marked.filter(at).select("word", "first").iter_rows()
    ]
    return [*problems, *column.report_each(at, verdicts, severity="query")]


def _values(spec: Toxicity) -> list[str]:
    return (
        [] if isinstance(spec.terms, str) else [word for term in spec.terms.values() for word in term.values]
    )


def _no_start(frame: pl.DataFrame, column: Column) -> list[Problem]:
    def no_start(_text: str) -> Verdict:
        message = "the start is not recorded, and whether the event lies in a window is not known"
        return Verdict("no_start", message, "fill it in; until then the event counts")

    is_event = frame["patient"].is_not_null() & frame["term"].is_not_null()
    return column.report(column.text.is_null() & column.is_there & is_event, no_start, severity="query")


def _repeated(frame: pl.DataFrame, column: Column) -> list[Problem]:
    """One query on the first row that says again, in every column that is read, what one before it said.

    Where the files give no day an event may well have happened twice. Rows repeated are told with their number, not
    one by one: records kept visit by visit hold them by the hundred.
    """
    said = [name for name in frame.columns if name not in PROVENANCE]
    places = frame.with_columns(source()).select(*said, "source", first=pl.col("source").first().over(said))
    is_event = pl.all_horizontal(pl.col("patient", "term", "start").is_not_null())
    is_again = places.select(is_event & (pl.col("first") != pl.col("source"))).to_series()
    n_again = int(is_again.sum())
    if not n_again:
        return []
    others = f", and {n_again - 1} more rows repeat earlier ones" if n_again > 1 else ""
    message = f"the row says what {places['first'].filter(is_again)[0]} says{others}"
    verdict = Verdict("repeated_event", message, "remove it if it is a copy; until then it is an event more")
    at = is_again & (is_again.cum_sum() == 1)
    return column.report_each(at, [verdict], severity="query")


MANY = 10
"""Of so many patients one has an adverse event; fewer may well have had none."""


def check_silent_centres(protocol: Protocol, tables: Mapping[str, pl.DataFrame]) -> list[Problem]:
    """A query on each centre of MANY patients or more, of none of whom an adverse event is recorded.

    As likely the events of the centre were not collected, or its rows not read; yet a patient without a record counts
    as one without an event.
    """
    if protocol.data.adverse_events is None or not any(
        map(_takes_silence_for_none, protocol.endpoints.values())
    ):
        return []
    told = tables["adverse_events"]["patient"].unique().implode()
    centres = (
        tables["patients"]
        .drop_nulls("patient")
        .group_by("centre", maintain_order=True)
        .agg(pl.len().alias("patients"), pl.col("patient").is_in(told).any().alias("is_told"))
        .filter(~pl.col("is_told") & (pl.col("patients") >= MANY))
    )
    return [
        Problem(
            "query",
            "no_event_of_a_centre",
            f"of none of the {number} patients{_of(protocol, centre)} an adverse event is recorded",
            "confirm that events were asked for and that their rows are read; until then these patients had none",
            centre=centre or "",
            table="adverse_events",
        )
        for centre, number in centres.select("centre", "patients").iter_rows()
    ]


def _takes_silence_for_none(spec: Endpoint) -> bool:
    if not isinstance(spec, Toxicity) or spec.not_listed != "none":
        return False
    return isinstance(spec.terms, str) or any(term.values for term in spec.terms.values())


def _of(protocol: Protocol, centre: str | None) -> str:
    held = protocol.centres.get(centre or "")
    return f" of {held.label if held is not None else quoted(centre)}" if centre else ""
