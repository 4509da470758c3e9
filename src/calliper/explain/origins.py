"""Where every number of a document comes from, for a page whose reader can ask: `trace` for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable

from calliper.blocks import Origin, Origins
from calliper.explain.behind import Behind, behind_all
from calliper.explain.trace import (
    NO_METHOD,
    OF_A_CONVENTION,
    heads_of,
    method_lines,
    methods_behind,
    value_of,
    whose,
)
from calliper.explain.values import text_of
from calliper.pipeline import Run
from calliper.protocol.specs import Protocol
from calliper.results import CONVENTIONS, Row

PATIENTS_IN_A_PAGE = 1_000
"""Of a larger study a page lists no patients: `calliper trace` does."""


def origins(protocol: Protocol, run: Run, keys: Iterable[str]) -> Origins:
    """Where the results with these keys come from; a key that the study's results lack is passed over."""
    rows = [row for row in map(run.results.get, keys) if row is not None]
    is_small = len(run.derived.cohort.screened) <= PATIENTS_IN_A_PAGE
    own = [row for row in rows if row.analysis != CONVENTIONS]
    behind = behind_all(protocol, run.derived, own) if is_small else {}
    held = _Held()
    numbers = {}
    for row in rows:
        lines = [line for method in methods_behind(run.results, row) for line in method_lines(method)]
        made = tuple(held.sentence(line) for line in lines or [NO_METHOD])
        lead, places = _records(row, behind.get(row.key), held)
        numbers[row.key] = Origin(value_of(row), made, lead, places)
    return Origins(numbers, tuple(held.sentences), tuple(held.heads), tuple(held.records))


def _records(row: Row, behind: Behind | None, held: _Held) -> tuple[str, tuple[int, ...]]:
    """What is said of the patients behind a number, and their records."""
    if row.analysis == CONVENTIONS:
        return OF_A_CONVENTION, ()
    if behind is None:
        return f"calliper trace STUDY.yaml '{row.key}' lists the patients.", ()
    places, patients = held.table(behind)
    lead = whose(behind, len({patients[at] for at in behind.places}))
    return lead, tuple(places[at] for at in behind.places)


class _Held:
    """Sentences and records, each once, in the order in which a number first needed them."""

    def __init__(self) -> None:
        self.sentences: dict[str, int] = {}
        self.heads: dict[tuple[str, ...], int] = {}
        self.records: dict[tuple[int, tuple[str, ...]], int] = {}
        self._tables: dict[int, tuple[list[int], list[str]]] = {}

    def sentence(self, text: str) -> int:
        return self.sentences.setdefault(text, len(self.sentences))

    def table(self, behind: Behind) -> tuple[list[int], list[str]]:
        """By row of the table that a number shares with others: the place of its record, and its patient."""
        name = id(behind.records)
        if name not in self._tables:
            frame = behind.records
            head = self.heads.setdefault(heads_of(behind), len(self.heads))
            columns = [[text_of(value) for value in frame[column].to_list()] for column in frame.columns]
            lines = [(head, line) for line in zip(*columns, strict=True)]
            places = [self.records.setdefault(line, len(self.records)) for line in lines]
            self._tables[name] = places, frame["patient"].to_list()
        return self._tables[name]
