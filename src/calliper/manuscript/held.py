"""The results of a report folder, as they were written, and found by parts of their addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from calliper.displays.numbers import TO, Forms
from calliper.errors import OutputError
from calliper.results import Row
from calliper.runs.written import RESULTS, Manifest, read_run

TABLE = "results.csv"

Place = tuple[str, str, str, str, str, float | None]
"""An address without its statistic: analysis, population, group, variable, level, time."""


@dataclass(frozen=True)
class Held:
    """The rows of a report folder; `sha256` is the hash of its results.csv, as its manifest has it.

    `forms` are those of the journal and the language in which the report was printed.
    """

    folder: Path
    manifest: Manifest
    rows: tuple[Row, ...]
    sha256: str
    forms: Forms

    @cached_property
    def by_key(self) -> Mapping[str, Row]:
        """Every row under its key."""
        return {row.key: row for row in self.rows}

    @cached_property
    def at(self) -> Mapping[Place, Mapping[str, Row]]:
        """The rows of one place, by statistic."""
        places: dict[Place, dict[str, Row]] = {}
        for row in self.rows:
            places.setdefault(place(row), {})[row.stat] = row
        return places

    def beside(self, row: Row, stat: str) -> Row | None:
        """Another statistic at the place of this one, or None."""
        return self.at[place(row)].get(stat)


def place(row: Row) -> Place:
    """Where a row stands, whatever its statistic."""
    return row.analysis, row.population, row.group, row.variable, row.level, row.at


def read_held(folder: Path) -> Held:
    """Read the results of a report folder.

    Raises OutputError when it is no report folder, or its results are not those that were written.
    """
    run = read_run(folder)
    held = json.loads((folder / RESULTS).read_bytes())
    try:
        rows = tuple(
            Row(**{name: row[name] for name in Row.__dataclass_fields__ if name in row}) for row in held
        )
        sha256 = run.manifest.outputs[TABLE]
    except (KeyError, TypeError) as error:
        raise OutputError(f"{folder} holds no results of a run; run the study again") from error
    forms = Forms(run.manifest.journal, TO.get(run.manifest.language, TO["en"]))
    return Held(folder, run.manifest, rows, sha256, forms)
