"""Results as an analysis results dataset (ARD): one row a statistic, with the columns of the R package cards.

CDISC's Analysis Results Standard asks for results as data; cards (Sjoberg et al., 2023) gives such data their usual
columns. Ours are the same, with further ones that lead back to the result: docs/exports.md has the mapping. A method
that failed, or warns of one comparison, has a row of its own without a statistic.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from calliper.blocks import Block, Document, Figure, Label, Table, Text
from calliper.report.tabular import Value, rows_to_json

COLUMNS = (
    "group1", "group1_level", "variable", "variable_level", "context", "stat_name", "stat_label", "stat", "stat_fmt",
    "warning", "error", "key", "analysis", "population", "method", "at", "unit", "stat_fmt_n",
)  # fmt: skip

NAMES: Mapping[str, str] = {
    "n": "N", "count": "n", "proportion": "p", "q1": "p25", "q3": "p75", "p": "p.value", "lower": "conf.low",
    "upper": "conf.high", "se": "std.error", "df": "parameter",
}  # fmt: skip
"""A measure of ours, and its name in cards where that differs; each name stands for one measure."""

LABELS: Mapping[str, str] = {
    "n": "N", "count": "n", "proportion": "Proportion", "mean": "Mean", "sd": "SD", "median": "Median", "q1": "Q1",
    "q3": "Q3", "min": "Min", "max": "Max", "p": "P value", "lower": "CI Lower Bound", "upper": "CI Upper Bound",
    "se": "Standard Error", "df": "Degrees of Freedom", "hr": "Hazard Ratio", "smd": "Standardised Mean Difference",
}  # fmt: skip

ARM, MODEL, SITE, OTHER = "arm", "model", "site", "group"
BETWEEN, OVERALL, CENTRE = "between", "overall", "centre:"


@dataclass(frozen=True, slots=True)
class Statistic:
    """A result by the parts of its address, and its value."""

    key: str
    analysis: str
    population: str
    group: str
    variable: str
    level: str
    stat: str
    at: float | None
    value: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Made:
    """How a method of an analysis fared: what it warns of, and why it failed, for `subject` or (empty) as a whole."""

    analysis: str
    name: str
    subject: str
    warning: str
    failure: str


@dataclass(frozen=True, slots=True)
class Analysed:
    """What the study file says of an analysis: its kind, and the variable whose levels are its groups (or none)."""

    kind: str
    by: str | None = None


def render(
    document: Document,
    statistics: list[Statistic],
    methods: list[Made],
    analyses: Mapping[str, Analysed],
    arms: tuple[str, ...],
) -> dict[str, bytes]:
    """The files ard.json and ard.parquet, which hold the same rows in the order of the results."""
    rows = [*_statistics(document, statistics, methods, analyses, arms), *_methods(methods, analyses)]
    return {"ard.json": rows_to_json(COLUMNS, rows), "ard.parquet": _parquet(rows)}


def grouped(group: str, by: str | None, arms: tuple[str, ...]) -> tuple[str | None, str | None]:
    """`group1` and `group1_level` of a result's group.

    >>> grouped("overall", None, ("a", "b")), grouped("between", None, ("a", "b")), grouped("a", None, ("a", "b"))
    ((None, None), ('arm', None), ('arm', 'a'))
    """
    if group == OVERALL:
        return None, None
    if group == BETWEEN:
        return by or ARM, None
    if group.startswith(CENTRE):
        return SITE, group.removeprefix(CENTRE)
    parts = group.split(" vs ")
    if by is not None and not set(parts) <= set(arms):
        return by, group
    if set(parts) <= set(arms):
        return ARM, group
    return OTHER, group


def stat_named(stat: str) -> tuple[str, str]:
    """The name in cards and the method of a stat, `measure` or `measure.method`.

    >>> stat_named("lower.wilson"), stat_named("count")
    (('conf.low', 'wilson'), ('n', ''))
    """
    measure, _, method = stat.partition(".")
    return NAMES.get(measure, measure), method


def _statistics(
    document: Document,
    statistics: list[Statistic],
    methods: list[Made],
    analyses: Mapping[str, Analysed],
    arms: tuple[str, ...],
) -> Iterator[list[Value]]:
    shown = printed(document)
    warned = {(made.analysis, made.name): made.warning for made in methods if not made.subject}
    for row in statistics:
        of = analyses.get(row.analysis, Analysed(row.analysis))
        name, method = stat_named(row.stat)
        measure = row.stat.partition(".")[0]
        text, together = shown.get(row.key, (None, None))
        warning = warned.get((row.analysis, method or ("headline" if measure == "p" else "summary")))
        yield [
            *grouped(row.group, of.by, arms), row.variable or None, row.level or None, _context(of.kind, method),
            name, LABELS.get(measure, measure.replace("_", " ")), row.value, text, warning or None, None, row.key,
            row.analysis, row.population, method or None, row.at, row.unit or None, together,
        ]  # fmt: skip


def _methods(methods: list[Made], analyses: Mapping[str, Analysed]) -> Iterator[list[Value]]:
    """A row of each method that failed, or that warns of one comparison: no row of a statistic can say so."""
    for made in methods:
        if not (made.failure or (made.subject and made.warning)):
            continue
        of = analyses.get(made.analysis, Analysed(made.analysis))
        yield [
            None, None, made.subject or None, None, _context(of.kind, made.name), None, None, None, None,
            made.warning or None, made.failure or None, None, made.analysis, None, made.name, None, None, None,
        ]  # fmt: skip


def _context(kind: str, method: str) -> str:
    return f"{kind}.{method}" if method else kind


def printed(document: Document) -> dict[str, tuple[str, int]]:
    """By key of a result: the text that shows it, and how many results that text shows.

    Of several texts that of a table goes before that of a figure and of running text, then the one that shows the
    fewest results; then the first.
    """
    best: dict[str, tuple[int, int, str]] = {}
    for section in document.sections:
        for block in section.blocks:
            for order, text, keys in _texts(block):
                for key in keys:
                    held = best.get(key)
                    if held is None or (order, len(keys)) < held[:2]:
                        best[key] = (order, len(keys), text)
    return {key: (text, n) for key, (_, n, text) in best.items()}


def _texts(block: Block) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    if isinstance(block, Table):
        for row in block.rows:
            yield from ((0, cell.text, cell.keys) for cell in row.cells if cell.keys)
    elif isinstance(block, Figure):
        labels = (shape for shape in block.scene.shapes if isinstance(shape, Label))
        yield from ((1, label.text, (label.key,)) for label in labels if label.key)
    if isinstance(block, Text):
        yield 3, block.text, block.keys
    else:
        yield from ((2, note.text, note.keys) for note in block.footnotes)


def _parquet(rows: list[list[Value]]) -> bytes:
    import polars as pl

    kinds = {"stat": pl.Float64, "at": pl.Float64, "stat_fmt_n": pl.Int64}
    schema = {name: kinds.get(name, pl.String) for name in COLUMNS}
    stream = io.BytesIO()
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(stream)
    return stream.getvalue()
