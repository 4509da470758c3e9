"""What a statistic is a number of, and which others are printed beside it; docs/results.md has the vocabulary."""

from __future__ import annotations

from typing import Literal

from calliper.manuscript.held import Held
from calliper.results import CONVENTIONS, Row

Kind = Literal["p", "percent", "ratio", "count", "statistic", "coefficient", "degrees", "kappa", "number"]

_KINDS: dict[Kind, tuple[str, ...]] = {
    "p": ("p",),
    "percent": ("proportion", "survival", "survival_lower", "survival_upper", "share", "difference", "cif"),
    "ratio": ("hr", "reference", "or", "rr", "rate_ratio", "ratio"),
    "count": (
        "n", "count", "events", "censored", "missing", "screened", "included", "excluded", "pending", "pass",
        "fail", "unknown", "left", "patients", "judged", "deviations", "not_recorded", "sessions", "at_risk",
        "cumulative_events", "cumulative_censored", "first_only", "second_only", "parameters",
    ),
    "statistic": ("statistic", "min_expected", "loglik", "loglik_null"),
    "coefficient": ("coefficient", "smd", "se", "concordance"),
    "degrees": ("df", "df1", "df2"),
    "kappa": ("kappa",),
    "number": (
        "mean", "sd", "median", "q1", "q3", "min", "max", "follow_up", "person_time", "min_time", "max_time",
        "median_lower", "median_upper", "q1_lower", "q1_upper", "q3_lower", "q3_upper", "follow_up_lower",
        "follow_up_upper",
    ),
}  # fmt: skip

KIND: dict[str, Kind] = {measure: kind for kind, measures in _KINDS.items() for measure in measures}

_LIMITED = ("proportion", "hr", "or", "rr", "rate_ratio", "rate_difference", "rate", "difference", "kappa")
"""The measures whose limits are `lower` and `upper`; those of others carry the measure's name."""

_DRAWN = ("curve", "curve_lower", "curve_upper", "censored_here")
"""The steps of a figure's curves, which no sentence prints."""


def measure_of(stat: str) -> str:
    """The measure of a statistic, without its method.

    >>> measure_of("p.logrank"), measure_of("median")
    ('p', 'median')
    """
    return stat.partition(".")[0]


def method_of(stat: str) -> str:
    """The method of a statistic, or empty."""
    return stat.partition(".")[2]


def is_quotable(row: Row) -> bool:
    """True where a manuscript may print it: no step of a curve, no number of another program's conventions."""
    return row.analysis != CONVENTIONS and row.stat not in _DRAWN


def kind_of(held: Held, row: Row) -> Kind | None:
    """What a result is a number of, its limits as their estimate; None for a measure that is not in the vocabulary."""
    measure = measure_of(row.stat)
    if row.unit == "%":
        return "number"
    if measure in ("lower", "upper"):
        owner = _owner(held, row)
        return None if owner is None else kind_of(held, owner)
    if measure.startswith("share"):
        return "percent"
    return KIND.get(measure)


def is_percent(held: Held, row: Row) -> bool:
    """True for a result that is kept as a proportion and printed as a percentage."""
    return kind_of(held, row) == "percent"


def _owner(held: Held, row: Row) -> Row | None:
    """The estimate whose limit this row is."""
    method = method_of(row.stat)
    for stat in (*(f"{measure}.{method}" for measure in _LIMITED), *_LIMITED):
        found = held.beside(row, stat)
        if found is not None and (method or "." not in stat):
            return found
    return held.beside(row, method) if method else None


def intervals(held: Held, row: Row) -> dict[str, tuple[Row, Row]]:
    """The limits printed beside an estimate, by method (empty where the limits name none)."""
    here = held.at[(row.analysis, row.population, row.group, row.variable, row.level, row.at)]
    measure, method = measure_of(row.stat), method_of(row.stat)
    found: dict[str, tuple[Row, Row]] = {}
    named = (f"{measure}_lower", f"{measure}_upper")
    if all(stat in here for stat in named):
        found[""] = (here[named[0]], here[named[1]])
    if measure not in _LIMITED:
        return found
    for stat, lower in here.items():
        if measure_of(stat) != "lower":
            continue
        of = method_of(stat)
        upper = here.get(f"upper.{of}" if of else "upper")
        owner = _owner(held, lower)
        if upper is not None and (
            owner is row or (owner is not None and owner.stat == measure and not method)
        ):
            found[of] = (lower, upper)
    return found


def spreads(held: Held, row: Row) -> dict[str, tuple[Row, Row]]:
    """What is printed beside a median or a mean: `iqr` its quartiles, `range` the smallest and the largest."""
    if row.stat not in ("median", "mean"):
        return {}
    pairs = {"iqr": ("q1", "q3"), "range": ("min", "max")}
    found = {}
    for name, (low, high) in pairs.items():
        one, other = held.beside(row, low), held.beside(row, high)
        if one is not None and other is not None:
            found[name] = (one, other)
    return found


def total_of(held: Held, row: Row) -> Row | None:
    """What a count was divided by: the `n` at its place, or at the nearest place around it.

    Without a level, without a variable; `None` where there is none.
    """
    where = (row.analysis, row.population, row.group)
    places = (
        (*where, row.variable, row.level, row.at),
        (*where, row.variable, row.level, None),
        (*where, row.variable, "", None),
        (*where, "", "", None),
    )
    for found in (held.at.get(one, {}) for one in places):
        for stat in ("n", "judged", "patients"):
            if stat in found and stat != row.stat:
                return found[stat]
    return None
