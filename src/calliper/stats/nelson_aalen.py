"""Nelson-Aalen: the cumulative hazard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.estimates import normal_quantile
from calliper.summaries.risk_table import RiskTable

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NelsonAalen:
    """The cumulative hazard at every distinct time, of events and of censorings alike; arrays of shape (k,).

    Limits are NaN before the first event.
    """

    time: Floats
    at_risk: Integers
    events: Integers
    hazard: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    confidence: float


def nelson_aalen(table: RiskTable, *, confidence: float = 0.95) -> NelsonAalen:
    """Estimate H(t) = sum over t_i <= t of d_i / n_i, with Var H(t) = sum of d_i / n_i^2.

    The limits are H exp(-/+ z SE / H). Nelson (1972, Technometrics 14, 945-966); Aalen (1978, Ann Stat 6,
    701-726); Klein and Moeschberger (2003, Survival Analysis, 2nd ed., eqs. 4.2.3 and 4.2.4, and the
    log-transformed interval of Bie, Borgan and Liestol 1987, Scand J Stat 14, 221-233). As R's `survfit`:
    `cumhaz` and `std.chaz`. Cause-specific: give it the risk table of one cause.

    Raises:
        CannotEstimate: the table holds no patient.
    """
    if not table.times.size:
        raise CannotEstimate("no cumulative hazard: no patient has a follow-up time")
    n = np.maximum(table.at_risk, 1)
    hazard: Floats = np.cumsum(table.events / n, dtype=np.float64)
    error: Floats = np.sqrt(np.cumsum(table.events / n**2, dtype=np.float64))
    share = np.divide(error, hazard, out=np.full(hazard.size, np.nan), where=hazard > 0)
    reach = np.exp(normal_quantile(confidence) * share)
    return NelsonAalen(
        time=table.times,
        at_risk=table.at_risk,
        events=table.events,
        hazard=hazard,
        standard_error=error,
        lower=hazard / reach,
        upper=hazard * reach,
        confidence=confidence,
    )
