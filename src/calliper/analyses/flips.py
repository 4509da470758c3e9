"""Which conclusions change between the results of one study under several conventions; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from calliper.results import NOT_ESTIMATED, Flip, FlipKind, Results, Row

INTERVALS = {
    "hr": ("lower", "upper", 1.0),
    "hr.cox": ("lower.cox", "upper.cox", 1.0),
    "hr.firth": ("lower.firth", "upper.firth", 1.0),
    "hr.cause_specific": ("lower.cause_specific", "upper.cause_specific", 1.0),
    "difference": ("lower.newcombe", "upper.newcombe", 0.0),
}
"""Effects: the stats of their limits, and the value that means no effect."""

READ_OFF_A_CURVE = ("median", "q1", "q3", "follow_up", "survival")
"""Numbers that may not be reached; their limits are `median_lower`, `median_upper` and so on."""

ByConvention: TypeAlias = Mapping[str, Results]


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a number is read: the kind of its conclusion, the stats of its limits, the line it may cross."""

    kind: FlipKind
    limits: tuple[str, ...] = ()
    line: float = 0.0


def find_flips(results: ByConvention, *, alpha: float) -> tuple[Flip, ...]:
    """Every conclusion that is not the same in all of `results`, in their order.

    Args:
        results: the results of one study by convention, the study's own first.
        alpha: the level of significance; P equal to it is not below it.

    A P value that is another's under every convention (the headline is that of its test; of a factor with one
    coefficient both have the same) is told once. Where a model has other factors, that is told once, not for each
    number of a factor that came or went.
    """
    rows = _every_row(results)
    flips = [*_factors(results, rows)]
    refitted = {(flip.row.analysis, flip.row.group) for flip in flips}
    for key, row in rows.items():
        reading = _reading(row, rows, alpha)
        if reading is None or _is_repeated(row, results):
            continue
        beside = tuple(_beside(row, stat) for stat in reading.limits)
        conclusions = {
            name: _conclusion(reading, [found.get(one) for one in (key, *beside)])
            for name, found in results.items()
        }
        if len(set(conclusions.values())) == 1:
            continue
        kind = reading.kind
        if NOT_ESTIMATED in conclusions.values():
            kind = "estimate"
        elif kind == "quantile" and len({found.by_key[key].value is None for found in results.values()}) == 1:
            kind = "limit"
        if kind != "estimate" or (row.analysis, row.group) not in refitted:
            flips.append(Flip(kind, row, beside, conclusions))
    places = {key: place for place, key in enumerate(rows)}
    return tuple(sorted(flips, key=lambda flip: places[flip.row.key]))


def _every_row(results: ByConvention) -> dict[str, Row]:
    """Each address once: the study's rows, then those that only another convention has."""
    rows: dict[str, Row] = {}
    for found in results.values():
        rows |= {key: row for key, row in found.by_key.items() if key not in rows}
    return rows


def _beside(row: Row, stat: str) -> str:
    """The key of another number at the same place."""
    return replace(row, stat=stat).key


def _reading(row: Row, rows: Mapping[str, Row], alpha: float) -> _Reading | None:
    """How a number is read; None where no conclusion is drawn from it."""
    if row.stat == "p" or row.stat.startswith("p."):
        return _Reading("p", line=alpha)
    if row.stat in INTERVALS:
        lower, upper, no_effect = INTERVALS[row.stat]
        return _Reading("interval", (lower, upper), no_effect)
    if row.stat in READ_OFF_A_CURVE and _beside(row, f"{row.stat}_lower") in rows:
        return _Reading("quantile", (f"{row.stat}_lower", f"{row.stat}_upper"))
    return None


def _conclusion(reading: _Reading, numbers: list[Row | None]) -> str:
    """What is concluded from the number and its limits, in words."""
    if any(row is None for row in numbers):
        return NOT_ESTIMATED
    values = [row.value for row in numbers if row is not None]
    if reading.kind == "quantile":
        if numbers[0] is not None and numbers[0].stat == "survival" and len(set(values)) == 1:
            # before the first event Greenwood's standard error is 0: limits at the estimate itself are no interval
            values[1:] = [None, None]
        names = ("estimate", "lower limit", "upper limit")
        absent = [name for name, value in zip(names, values, strict=True) if value is None]
        return f"not reached: {', '.join(absent)}" if absent else "reached"
    line = f"{reading.line:g}"
    if reading.kind == "p":
        return f"P < {line}" if values[0] is not None and values[0] < reading.line else f"P >= {line}"
    lower, upper = values[1:]
    if lower is not None and lower > reading.line:
        return f"interval above {line}"
    return (
        f"interval below {line}" if upper is not None and upper < reading.line else f"interval holds {line}"
    )


def _is_repeated(row: Row, results: ByConvention) -> bool:
    """Whether the P value is, under every convention, another one that is told."""
    if row.stat == "p.factor":
        found = [held.get(_beside(row, "df.factor")) for held in results.values()]
        return all(df is None or df.value == 1 for df in found)
    if row.stat.startswith("p."):
        pairs = [(held.get(row.key), held.get(_beside(row, "p"))) for held in results.values()]
        return all(one is not None and other is not None and one.value == other.value for one, other in pairs)
    return False


def _factors(results: ByConvention, rows: Mapping[str, Row]) -> Iterator[Flip]:
    """The models that hold other factors under another convention, at the row of their number of parameters."""
    models = dict.fromkeys(
        (method.analysis, method.subject)
        for found in results.values()
        for method in found.methods
        if "factors" in method.parameters
    )
    for analysis, subject in models:
        chosen = {
            name: next(
                str(method.parameters.get("factors", "")) or "none"
                for method in found.methods_of(analysis)
                if method.subject == subject
            )
            for name, found in results.items()
        }
        size = next(
            (
                row
                for row in rows.values()
                if (row.analysis, row.group) == (analysis, subject)
                and row.stat in ("parameters", "parameters.firth")
            ),
            None,
        )
        if len(set(chosen.values())) > 1 and size is not None:
            yield Flip("factors", size, (), chosen)
