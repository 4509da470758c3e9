"""Where good software differs: the choices of R, SAS and SPSS, by name.

Sources, and what is left open, are in docs/methods/survival.md, cox.md and means.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Ties: TypeAlias = Literal["efron", "breslow"]
SurvivalInterval: TypeAlias = Literal["log", "log-log", "plain", "logit", "arcsine"]
MedianInterval: TypeAlias = Literal["brookmeyer-crowley", "spss"]
FlatRule: TypeAlias = Literal["midpoint", "first"]
MeansTest: TypeAlias = Literal["welch", "pooled"]


@dataclass(frozen=True)
class Convention:
    """One choice for each question on which programs disagree.

    `ties`: how the Cox likelihood treats events at one time. `survival_ci`: the scale on which the interval
    of S(t) is symmetric. `median_ci`: where S(t)'s interval holds the quantile, or estimate and standard
    error. `median_flat`: the quantile where the curve is level at it. `means`: whether the two arms share a
    variance.
    """

    ties: Ties
    survival_ci: SurvivalInterval
    median_ci: MedianInterval
    median_flat: FlatRule
    means: MeansTest


CONVENTIONS: dict[str, Convention] = {
    "r": Convention("efron", "log", "brookmeyer-crowley", "midpoint", "welch"),
    "sas": Convention("breslow", "log-log", "brookmeyer-crowley", "midpoint", "pooled"),
    "spss": Convention("breslow", "plain", "spss", "first", "pooled"),
}
