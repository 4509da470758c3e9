"""Words that the study file asks for and the records write otherwise: `DEBTACE` where every row says `DEB-TACE`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from calliper.protocol.roles import ROLES_OF
from calliper.protocol.specs import (
    DateSource,
    Exposure,
    Protocol,
    Response,
    RowDate,
    Schedule,
    TableSource,
    TimeToEvent,
    Toxicity,
)
from calliper.protocol.window_specs import AfterEach, OnDrug, UntilNext
from calliper.records.tables import Problem
from calliper.records.wording import listed, quoted


def check_wanted_words(protocol: Protocol, tables: Mapping[str, pl.DataFrame]) -> list[Problem]:
    """A query for each word of an endpoint, or of a table's `arms`, that no row of its table has but for its spelling.

    Capitals, spaces and marks are its spelling. It would be asked for in vain, and silently. A word that no row has in
    any spelling is no query: a list of drugs may well name one that nobody took.
    """
    found = []
    for table, role, word, where in dict.fromkeys(_wanted(protocol)):
        frame = tables[table]
        if role not in frame.columns or frame.schema[role] != pl.String:
            continue
        held = frame[role].drop_nulls().unique(maintain_order=True).to_list()
        near = [other for other in held if other != word and _plain(other) == _plain(word)]
        if near and word not in held:
            message = (
                f"{where} asks for {quoted(word)} in the role '{role}' of {table}, "
                f"and no row has it; there is {listed(near)}"
            )
            action = "write the word as the rows do, or correct the rows"
            found.append(Problem("query", "wanted_word", message, action, value=word, table=table))
    return found


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _wanted(protocol: Protocol) -> Iterator[tuple[str, str, str, str]]:
    """Table, role, word, and the endpoint or key that asks for it."""
    for name, made in protocol.derived.items():
        if isinstance(made, RowDate):
            for role, words in made.where.items():
                yield from ((made.table, role, word, f"derived.{name}") for word in words)
    for name, spec in protocol.endpoints.items():
        where = f"endpoints.{name}"
        drugs: list[str] = []
        match spec:
            case TimeToEvent():
                coded = spec.assessments is not None and spec.assessments.response is not None
                yield from ((*wanted, where) for wanted in _words_of_dates(_sources(spec), derived=coded))
            case Response():
                drugs += spec.lesions.repeat_treatment if spec.lesions is not None else ()
            case Schedule():
                yield from (
                    (spec.visits, role, word, where) for role, words in spec.where.items() for word in words
                )
                derived = spec.response is not None
                yield from ((*wanted, where) for wanted in _words_of_dates(spec.until, derived=derived))
            case Exposure():
                drugs += spec.drugs
            case Toxicity():
                drugs += [drug for held in _treatments(spec) for drug in held.drugs]
                yield from ((*wanted, where) for wanted in _words_of_events(spec))
        yield from (("exposure", "drug", drug, where) for drug in drugs)
    for table in ROLES_OF:
        held: TableSource | None = getattr(protocol.data, table)
        yield from ((table, "drug", drug, f"data.{table}.arms") for drug in (held.arms if held else ()))


def _treatments(spec: Toxicity) -> tuple[AfterEach | UntilNext | OnDrug, ...]:
    return tuple(held for held in (spec.after_each, spec.until_next, spec.on_drug) if held is not None)


def _words_of_events(spec: Toxicity) -> Iterator[tuple[str, str, str]]:
    """Table, role and word of what a toxicity endpoint asks for in rows of adverse events."""
    terms = () if isinstance(spec.terms, str) else spec.terms.values()
    yield from (("adverse_events", spec.by, word) for term in terms for word in term.values)
    yield from (("adverse_events", "term", word) for term in terms for word in term.compare_with)
    wanted = {**spec.where, **({"related": spec.related} if spec.related else {})}
    for role, words in wanted.items():
        yield from (("adverse_events", role, word) for word in words)


def _words_of_dates(sources: Iterable[DateSource], *, derived: bool) -> Iterator[tuple[str, str, str]]:
    """Table, role and word of the entries that give a date; `derived` responses are asked for by fixed words."""
    for source in sources:
        for held in (source.despite, source.refractory):
            yield from (("exposure", "drug", drug) for drug in (held.drugs if held is not None else ()))
        if source.table is not None and not (source.table == "responses" and derived):
            yield from ((source.table, role, word) for role, words in source.where.items() for word in words)


def _sources(spec: TimeToEvent) -> Iterator[DateSource]:
    yield from (*spec.events, *spec.competing, *spec.censor)
    yield from spec.new_therapy.first_of if spec.new_therapy is not None else ()
    if spec.counted_from is not None:
        yield spec.counted_from
