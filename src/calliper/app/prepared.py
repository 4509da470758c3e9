"""A study's patients while somebody writes its criteria: read once, asked often; the last few studies are kept."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from calliper import eligibility, pipeline
from calliper.app.studies import Place
from calliper.derivations.baseline import derive_baseline
from calliper.intake.queries import Question, questions_of
from calliper.protocol.criteria import check_types, parse, rule_types
from calliper.protocol.load import Loaded
from calliper.protocol.specs import Criterion
from calliper.records.tables import Records

MOST_KEPT = 4


@dataclass(frozen=True)
class Prepared:
    """The records as they were checked, one row a patient with every derived variable, and what is to be asked."""

    loaded: Loaded
    records: Records
    patients: pl.DataFrame

    @cached_property
    def questions(self) -> list[Question]:
        """The open questions."""
        return questions_of(self.loaded, self.records)


class Kept:
    """The last few studies that were read, by what was read."""

    def __init__(self, at_once: int = 2) -> None:
        self._held: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = threading.Lock()
        self._turn = threading.Semaphore(at_once)

    def of(self, place: Place) -> Prepared:
        """A study's patients. Raises ProtocolError for mistakes of the study file."""
        loaded = place.loaded()
        key = _key(place, loaded)
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        with self._turn:
            records = pipeline.read(loaded)
            made = Prepared(loaded, records, derive_baseline(loaded.protocol, records))
        with self._lock:
            self._held[key] = made
            while len(self._held) > MOST_KEPT:
                self._held.popitem(last=False)
        return made


def _key(place: Place, loaded: Loaded) -> str:
    """What a reading depends on: the study file, its layers, and its files as they lie there."""
    made = hashlib.sha256(loaded.sha256.encode())
    for layer in loaded.layers.files:
        made.update(layer.sha256.encode())
    for path in place.files:
        found = path.stat()
        made.update(f"{path}|{found.st_mtime_ns}|{found.st_size}".encode())
    return made.hexdigest()


@dataclass(frozen=True, slots=True)
class Count:
    """How many patients a rule lets in, keeps out, or cannot tell of."""

    true: int
    false: int
    unknown: int


def count(prepared: Prepared, rule: str) -> Count:
    """Of how many patients a rule is true, false and unknown. Raises ValueError for a rule that cannot be read."""
    parsed = parse(rule)
    mistakes = check_types(parsed, rule_types(prepared.loaded.protocol))
    if mistakes:
        raise ValueError(mistakes[0])
    held = prepared.patients.select(parsed.expression().alias("verdict"))["verdict"]
    n_true = int(held.sum() or 0)
    unknown = held.null_count()
    return Count(n_true, held.len() - n_true - unknown, unknown)


def left_after(prepared: Prepared, criteria: tuple[Criterion, ...]) -> list[int]:
    """How many patients are left after each criterion, in their order; the first number is all."""
    protocol = prepared.loaded.protocol
    left = [prepared.patients.height]
    for end in range(1, len(criteria) + 1):
        cohort = eligibility.select(
            protocol.model_copy(update={"eligibility": criteria[:end]}), prepared.patients
        )
        left.append(cohort.patients.height)
    return left
