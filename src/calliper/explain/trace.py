"""One number of a study: its value, how it was made, and the patients and records behind it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from calliper import pipeline
from calliper.blocks import Cell, Column, Section, Table, TableRow, Text
from calliper.errors import DataError
from calliper.explain.behind import Behind, patients_behind
from calliper.explain.values import text_of
from calliper.pipeline import Progress
from calliper.protocol.load import Loaded
from calliper.protocol.mistakes import one_of
from calliper.results import CONVENTIONS, Method, Results, Row

NEAR = 5
"""Keys named where there is no such result."""

BEGINNING = 30
"""Keys listed that begin as the one asked for."""

HEADS = {"source": "Record"}

NO_METHOD = "No method is named for this number."

OF_A_CONVENTION = (
    "This number was made under another software convention, of the patients of the study's own number."
)


def trace(loaded: Loaded, key: str, progress: Progress) -> tuple[Section, ...]:
    """The result with this key (as in results.csv, or as the report shows it), its methods and its patients.

    Runs the study. Raises DataError as `pipeline.run`; or there is no such result, and the message names keys that
    begin so, or near ones.
    """
    run = pipeline.run(loaded, progress)
    row = run.results.get(key)
    if row is None:
        raise DataError([unknown_key(run.results, key)])
    methods = methods_behind(run.results, row)
    if row.analysis == CONVENTIONS:
        return (_number(row), _methods(methods), Section("patients", "Patients", (Text(OF_A_CONVENTION),)))
    behind = patients_behind(loaded.protocol, run.derived, row)
    return _number(row), _methods(methods), _patients(behind, row)


def value_of(row: Row) -> str:
    """The value in full with its unit; a whole number as one.

    >>> value_of(Row("os", "included", "new", "os", "", "n", 42.0)), value_of(Row("a", "b", "", "", "", "p", 0.1 + 0.2))
    ('42', '0.30000000000000004')
    """
    value = "not reached" if row.value is None else repr(row.value).removesuffix(".0")
    return f"{value} {row.unit}".strip()


def method_lines(method: Method) -> list[str]:
    """A method in sentences: what it is, its parameters, who was used and left out, its warnings."""
    lines = [method.sentence or method.failure]
    told = [f"{name} = {text_of(value)}" for name, value in method.parameters.items()]
    if told:
        lines.append(f"Parameters: {', '.join(told)}.")
    if method.n_used is not None:
        why = f" ({method.why_excluded})" if method.why_excluded else ""
        lines.append(f"Used: {method.n_used}. Left out: {method.n_excluded}{why}.")
    return [*lines, *(f"Warning: {warning}" for warning in method.warnings)]


def whose(behind: Behind, n: int) -> str:
    """What is said above the n patients behind a number."""
    words = f"{n} {'patient' if n == 1 else 'patients'}"
    if not n:
        return f"The {words}."
    if behind.is_counted:
        return f"The {words} that this number counts:"
    return f"The {words} of its population and group, whose records it rests on:"


def heads_of(behind: Behind) -> tuple[str, ...]:
    """The heads of the columns of a list of patients."""
    return tuple(HEADS.get(name, name.replace("_", " ").capitalize()) for name in behind.records.columns)


def unknown_key(results: Results, key: str) -> str:
    """What to say of a key that no result has."""
    known = tuple(results.by_key)
    begun = [name for name in known if name.startswith(key)]
    if begun:
        rest = f"\nand {len(begun) - BEGINNING} more" if len(begun) > BEGINNING else ""
        return f"'{key}' begins {len(begun)} results; name one:\n" + "\n".join(begun[:BEGINNING]) + rest
    analysis = key.split("/", maxsplit=1)[0]
    same = [name for name in known if name.startswith(f"{analysis}/")]
    near = difflib.get_close_matches(key, same or known, n=NEAR, cutoff=0.5)
    hint = f"; did you mean {one_of([repr(name) for name in near])}?" if near else ""
    if not same:
        analyses = dict.fromkeys(row.analysis for row in results)
        hint += f" (the analyses are {', '.join(analyses)})"
    return f"found no result '{key}' among the {len(known)} of the study{hint}; results.csv has every key"


def methods_behind(results: Results, row: Row) -> tuple[Method, ...]:
    """The methods that made a row: those of its name, for the whole analysis and for what the row is about."""
    measure, _, name = row.stat.partition(".")
    name = name or ("headline" if measure == "p" else "summary")
    about = {row.variable, row.group, row.level, f"{row.variable} {row.level}", f"{row.variable} {row.group}"}
    about |= {f"{row.group} {row.variable}", row.population, ""}
    held = [method for method in results.methods_of(row.analysis) if method.subject in about]
    named = [method for method in held if method.name == name]
    whole = [method for method in held if method.name == "summary" and not method.subject]
    return (*named, *(method for method in whole if method not in named))


def _number(row: Row) -> Section:
    parts = {
        "Value": value_of(row),
        "Analysis": row.analysis,
        "Population": row.population,
        "Group": row.group,
        "Variable": row.variable,
        "Level": row.level,
        "Statistic": row.stat,
        "At": "" if row.at is None else text_of(row.at),
    }
    rows = tuple(TableRow((Cell(name), Cell(text))) for name, text in parts.items() if text)
    table = Table("number", "", row.key, (Column("Result", "left"), Column("", "left")), rows)
    return Section("number", f"Result {row.key}", (table,))


def _methods(methods: Sequence[Method]) -> Section:
    blocks = [Text(line) for method in methods for line in method_lines(method)]
    return Section("methods", "How it was made", tuple(blocks) or (Text(NO_METHOD),))


def _patients(behind: Behind, row: Row) -> Section:
    frame = behind.patients
    lead = whose(behind, frame["patient"].n_unique())
    columns = tuple(Column(head, "left") for head in heads_of(behind))
    rows = tuple(TableRow(tuple(Cell(text_of(value)) for value in line)) for line in frame.iter_rows())
    table = Table("patients", "", f"Patients behind {row.key}", columns, rows)
    return Section("patients", "Patients", (Text(lead), table) if rows else (Text(lead),))
