"""ADAE: the single events that count; ADTOX: the worst grade of each patient and term, those without it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from calliper.exports.dataset import Column, Dataset, Variable, dataset, short_names
from calliper.exports.parameters import dated, parameter_columns, relative, with_people, with_start
from calliper.exports.subjects import arm_columns, whose, yes_no
from calliper.protocol.specs import Toxicity

if TYPE_CHECKING:
    from calliper.endpoints import Derived, Endpoint
    from calliper.protocol.specs import Protocol


def adae(protocol: Protocol, derived: Derived) -> Dataset | None:
    """One row an event that counts, by endpoint; None where no endpoint of adverse events has single events."""
    specs = _toxicities(protocol)
    held = {name: derived.endpoints[name] for name in specs if derived.endpoints[name].events is not None}
    if not held:
        return None
    parts = [
        with_start(_named(name, specs[name], endpoint.events), specs[name].start, derived)
        for name, endpoint in held.items()
        if endpoint.events is not None
    ]
    frame = with_people(pl.concat(parts), derived)
    columns = [*whose(protocol), *arm_columns(protocol, "TRTP", "TRTA"), *_terms(protocol), *_event_columns()]
    return dataset("ADAE", "Adverse Events Analysis Dataset", frame, columns)


def adtox(protocol: Protocol, derived: Derived) -> Dataset | None:
    """One row an included patient of the endpoint's arms, endpoint and term; None without such an endpoint."""
    specs = _toxicities(protocol)
    if not specs:
        return None
    terms = {
        f"{name} {term}": label
        for name, spec in specs.items()
        for term, label in _labels(spec, derived.endpoints[name]).items()
    }
    words = _short_first(terms)
    codes = short_names(words.values())
    parts = [
        with_start(_named(name, spec, derived.endpoints[name].frame), spec.start, derived)
        for name, spec in specs.items()
    ]
    key = pl.concat_str("endpoint", pl.lit(" "), "term")
    by_place = {place: codes[word] for place, word in words.items()}
    frame = with_people(pl.concat(parts), derived).with_columns(
        key.replace_strict(by_place, default=None, return_dtype=pl.String).alias("parameter"),
        pl.col("term_label").alias("param"),
    )
    listed = tuple((by_place[place], f"{label} ({place})") for place, label in terms.items())
    columns = [
        *whose(protocol), *arm_columns(protocol, "TRTP", "TRTA"), *parameter_columns(listed), *_terms(protocol)[:1],
        *_grade_columns(),
    ]  # fmt: skip
    return dataset("ADTOX", "Worst Grade Analysis Dataset", frame, columns)


def _short_first(terms: dict[str, str]) -> dict[str, str]:
    """Each `endpoint term` with a word to be named by: the term itself, made different where two endpoints have it."""
    return {place: f"{place.split(' ', 1)[1]} {place.split(' ', 1)[0]}" for place in terms}


def _toxicities(protocol: Protocol) -> dict[str, Toxicity]:
    return {name: spec for name, spec in protocol.endpoints.items() if isinstance(spec, Toxicity)}


def _labels(spec: Toxicity, endpoint: Endpoint) -> dict[str, str]:
    """Each term's words; a recorded term is its own."""
    declared = {} if isinstance(spec.terms, str) else {name: term.label for name, term in spec.terms.items()}
    return {term: declared.get(term, term) for term in endpoint.frame["term"].unique(maintain_order=True)}


def _named(name: str, spec: Toxicity, frame: pl.DataFrame) -> pl.DataFrame:
    declared = {} if isinstance(spec.terms, str) else {term: held.label for term, held in spec.terms.items()}
    label = pl.col("term").replace_strict(declared, default=pl.col("term"), return_dtype=pl.String)
    return frame.with_columns(pl.lit(name).alias("endpoint"), label.alias("term_label"))


def _terms(protocol: Protocol) -> list[Column]:
    names = tuple((name, spec.label) for name, spec in _toxicities(protocol).items())
    graded = "; ".join(
        f"{name}: {spec.dictionary} {spec.version}" for name, spec in _toxicities(protocol).items()
    )
    return [
        Column(Variable("ENDPOINT", "Endpoint, by its name in the study file", "text", "Assigned",
                        f"An event may count in several. Graded by {graded}.", names), pl.col("endpoint")),
        Column(Variable("AETERM", "Term", "text", "Assigned", "The term's label in the study file, or as recorded."),
               pl.col("term_label")),
        Column(Variable("AEDECOD", "Term, by its name in the study file", "text", "Assigned", "As it says."),
               pl.col("term")),
    ]  # fmt: skip


def _event_columns() -> list[Column]:
    collected = "As the centre recorded it."
    counted = "from the start on the start is day 1, before it days are negative."
    return [
        Column(Variable("AECAT", "Category (system organ class)", "text", "Collected", collected), pl.col("category")),
        Column(Variable("AETOXGR", "Grade", "integer", "Collected", "Recorded, or of a laboratory value (AEORIG)."),
               pl.col("grade")),
        Column(Variable("BASEGR", "Grade before the window", "integer", "Derived",
                        "Of the same term; 0: absent, empty: not known."), pl.col("baseline_grade")),
        Column(Variable("STARTDT", "Start, day 0 of the endpoint", "date", "Collected",
                        "Empty where the endpoint names no start."), pl.col("start")),
        Column(Variable("ASTDT", "Analysis Start Date", "date", "Derived", "STARTDT and the days of the event."),
               dated("study_day")),
        Column(Variable("ASTDY", "Analysis Start Relative Day", "integer", "Derived",
                        f"From the endpoint's start, or else the first window's; {counted}"), relative("study_day")),
        Column(Variable("AENDT", "Analysis End Date", "date", "Derived", "As ASTDT; empty where no end is recorded."),
               dated("end_day")),
        Column(Variable("AENDY", "Analysis End Relative Day", "integer", "Derived", "As ASTDY."), relative("end_day")),
        Column(Variable("WINDAY", "Days from the start of its window", "integer", "Derived",
                        "Of the session or the first dose, which is day 0; empty where not dated."), pl.col("day")),
        Column(Variable("SESSION", "Session in whose window it lies", "integer", "Derived", "Its number, from 1."),
               pl.col("session")),
        Column(Variable("AESER", "Serious", "text", "Collected", collected), pl.col("serious")),
        Column(Variable("AEREL", "Related to", "text", "Collected", collected), pl.col("related")),
        Column(Variable("AEACN", "Action taken", "text", "Collected", collected), pl.col("action")),
        Column(Variable("AEOUT", "Outcome", "text", "Collected", collected), pl.col("outcome")),
        Column(Variable("AEORIG", "Recorded, or of a laboratory value", "text", "Derived", "recorded or laboratory."),
               pl.col("origin")),
        Column(Variable("SOURCE", "Record (file, sheet, row)", "text", "Collected", "Where the event was read."),
               pl.col("source")),
    ]  # fmt: skip


def _grade_columns() -> list[Column]:
    return [
        Column(Variable("AVAL", "Analysis Value: worst grade", "integer", "Derived",
                        "0 where it did not occur; empty where it is unknown."), pl.col("grade")),
        Column(Variable("OCCURFL", "Occurred Flag", "text", "Derived", "Empty: not known whether it occurred.",
                        (("Y", "Yes"), ("N", "No"))), yes_no(pl.col("occurred"))),
        Column(Variable("EVENTS", "Number of events", "integer", "Derived", "Rows that count."), pl.col("events")),
        Column(Variable("BASEGR", "Grade before the window", "integer", "Derived", "0: absent, empty: not known."),
               pl.col("baseline_grade")),
        Column(Variable("STARTDT", "Start, day 0 of the endpoint", "date", "Collected",
                        "Empty where the endpoint names no start."), pl.col("start")),
        Column(Variable("ADY", "Relative Day of the first occurrence", "integer", "Derived",
                        "From the endpoint's start, which is day 1."), relative("day")),
        Column(Variable("RISKDAYS", "Days at risk", "integer", "Derived",
                        "To the first occurrence, or to the end of the window or of follow-up, both days in."),
               pl.col("days_at_risk")),
        Column(Variable("REASON", "Why this grade", "text", "Derived", "In the words of the derivation."),
               pl.col("reason")),
        Column(Variable("SOURCE", "Record that decided (file, sheet, row)", "text", "Collected", "As it says."),
               pl.col("source")),
    ]  # fmt: skip
