"""The Cox model with a gamma frailty: centres (or families, or patients) differ by more than the covariates say.

The hazard of a patient of cluster i is u_i h0(t) exp(x'b); the frailties u_i are independent gamma variables of
mean 1 and variance theta = 1 / nu. For a given theta the EM algorithm and penalised likelihood end at the same
estimates (Therneau, Grambsch and Pankratz 2003, J Comput Graph Stat 12, 156-175): with w_i = log u_i and Z the
indicators of the clusters, those of b and w that maximise

    PL(Xb + Zw) + nu sum of (w_i - exp(w_i) + 1)

PL Cox's partial likelihood. theta maximises the likelihood with the frailties integrated out, which at these
estimates is that sum, plus for each cluster with d events

    d - (nu + d) log(1 + d theta) + sum over k < d of log(1 + k theta)

(Therneau and Grambsch 2000, Modeling Survival Data, section 9.6; Nielsen, Gill, Andersen and Sorensen 1992, Scand
J Stat 19, 25-43.) At theta = 0 it is Cox's partial likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.conventions import Ties
from calliper.stats.cox import fit_cox
from calliper.stats.cox_data import CoxData, cox_data
from calliper.stats.cox_fit import CoxFit
from calliper.stats.cox_objective import cox_objective
from calliper.stats.cox_residuals import martingale_residuals
from calliper.stats.estimates import ChiSquare, chi_square
from calliper.stats.newton import climb, newton_step
from calliper.stats.partial_likelihood import Likelihood, likelihood
from calliper.stats.risk_sets import RiskSets
from calliper.summaries.columns import Column

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

# Variances are tried from 4^-5 to 4^2, and on as long as the likelihood rises, but not beyond the largest.
_LADDER = (4.0**-5, 4.0**2)
_LARGEST = 1e4


@dataclass(frozen=True)
class FrailtyTest:
    """The likelihood ratio test of theta = 0.

    A variance cannot be negative, so that the statistic is 0 half the time under the hypothesis: p is half that
    of a chi-square with one degree of freedom, and 1 where the statistic is 0.
    """

    chi2: float
    p: float


@dataclass(frozen=True, eq=False)
class FrailtyFit:
    """A fitted model. `coefficients` and `standard_errors` have shape (p,), `covariance` (p, p), as `names`.

    exp(b) compares patients of one cluster. `frailties` (q,) are those of `clusters`, of mean 1, and
    `log_frailty_errors` (q,) the standard errors of their logarithms. The covariances take theta for known.
    `loglik` is the likelihood without the frailties, `loglik_cox` that of the Cox model of the same covariates,
    theta = 0. `theta_test` is None where theta was given.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    standard_errors: Floats
    wald_test: ChiSquare
    theta: float
    theta_test: FrailtyTest | None
    clusters: tuple[object, ...]
    frailties: Floats
    log_frailty_errors: Floats
    loglik_cox: float
    loglik: float
    n: int
    n_events: int
    ties: Ties

    @property
    def kendall_tau(self) -> float:
        """Return theta / (2 + theta), Kendall's tau of the times of two patients of a cluster (Oakes 1989, JASA 84)."""
        return self.theta / (2 + self.theta)


def gamma_frailty(
    time: Column,
    event: Column,
    X: npt.ArrayLike,
    cluster: Column,
    *,
    theta: float | None = None,
    ties: Ties = "efron",
    strata: Column | None = None,
    entry: Column | None = None,
    names: Sequence[str] | None = None,
) -> FrailtyFit:
    """Fit log h(t | x, cluster i) = log u_i + log h0(t) + x'b, u_i gamma of mean 1 and variance theta.

    Args:
        time: as for `fit_cox`, as are `event`, `X`, `strata` and `names`.
        cluster: each row's cluster; two or more. Rows times clusters are held in memory.
        theta: the variance; estimated if not given.
        ties: "efron" or "breslow".
        entry: where each interval of a patient starts who is followed from time 0 (repeated events, covariates
            that change). It is not for patients who join late: those who lived until then are less frail, and
            their frailty no longer has mean 1.

    Raises:
        CannotEstimate: as `fit_cox`; one cluster; a variance that grows without end; no convergence.
        ValueError: as `fit_cox`, other rules for ties, or a theta that is not a positive number.
    """
    if ties not in ("efron", "breslow"):
        raise ValueError(f"ties is {ties!r}; expected efron or breslow")
    if theta is not None and not (0 < theta < math.inf):
        raise ValueError(f"theta is {theta}; expected a number above zero, or None to estimate it")
    cox = fit_cox(time, event, X, ties=ties, strata=strata, entry=entry, names=names)
    data = cox_data(time, event, X, strata=strata, entry=entry)
    labels, member = np.unique(np.asarray(cluster), return_inverse=True)
    if member.size != data.n:
        raise ValueError(f"{data.n} times and {member.size} clusters; expected as many of each")
    if labels.size < 2:
        raise CannotEstimate("no frailty model: all patients are of one cluster")
    model = _model(data, member, ties)
    alone = _without_frailty(model, cox, data, member)
    found = _best(model, alone) if theta is None else _fit(model, theta, alone.place)
    q = labels.size
    b, covariance, errors = cox.coefficients, cox.covariance, np.zeros(q)
    if found.theta > 0:
        inverse = np.linalg.inv(found.information)
        b = found.place[q:] / model.spread
        covariance = inverse[q:, q:] / np.outer(model.spread, model.spread)
        errors = np.sqrt(np.diag(inverse)[:q])
    gain = max(2 * (found.loglik - cox.loglik), 0.0)
    half = FrailtyTest(gain, chi_square(gain, 1).p / 2 if gain > 0 else 1.0)
    return FrailtyFit(
        names=cox.names,
        coefficients=b,
        covariance=covariance,
        standard_errors=np.sqrt(np.diag(covariance)),
        wald_test=chi_square(float(b @ np.linalg.solve(covariance, b)), b.size),
        theta=found.theta,
        theta_test=half if theta is None else None,
        clusters=tuple(labels.tolist()),
        frailties=np.exp(found.place[:q]),
        log_frailty_errors=errors,
        loglik_cox=cox.loglik,
        loglik=found.loglik,
        n=data.n,
        n_events=cox.n_events,
        ties=ties,
    )


@dataclass(frozen=True, eq=False)
class _Model:
    """Indicators of the clusters and scaled covariates, (n, q + p), in the order of the sets; events by cluster."""

    sets: RiskSets
    columns: Floats
    spread: Floats
    events: Floats


@dataclass(frozen=True, eq=False)
class _Found:
    """The best w and b, (q + p,), for one theta: the penalised information, the likelihood, and its slope in theta."""

    theta: float
    place: Floats
    information: Floats
    loglik: float
    slope: float


def _model(data: CoxData, member: Integers, ties: Ties) -> _Model:
    objective = cox_objective(data, ties=ties)
    own = member[objective.sets.order]
    indicators = np.eye(int(own.max()) + 1)[own]
    events = np.bincount(own, weights=objective.sets.event).astype(np.float64)
    return _Model(objective.sets, np.column_stack([indicators, objective.X]), objective.spread, events)


def _without_frailty(model: _Model, cox: CoxFit, data: CoxData, member: Integers) -> _Found:
    """theta = 0; from there the likelihood rises by the sum of (events - expected)^2 - events, halved."""
    excess = np.bincount(member, weights=martingale_residuals(cox, data))
    place = np.concatenate([np.zeros(excess.size), cox.coefficients * model.spread])
    slope = float((excess**2 - model.events).sum()) / 2
    return _Found(0.0, place, np.zeros((0, 0)), cox.loglik, slope)


def _fit(model: _Model, theta: float, start: Floats) -> _Found:
    q, nu = model.events.size, 1 / theta

    def evaluate(place: Floats) -> Likelihood:
        found, w = likelihood(model.sets, model.columns, place), place[:q]
        score, information = found.score.copy(), found.information.copy()
        with np.errstate(over="ignore", invalid="ignore"):  # a step too far, which is not taken
            score[:q] -= nu * np.expm1(w)
            information[np.arange(q), np.arange(q)] += nu * np.exp(w)
            return Likelihood(found.value + nu * float((w - np.expm1(w)).sum()), score, information)

    place, current = start, evaluate(start)
    for _ in range(100):
        step = newton_step(current)
        if step is None:
            break
        before = place
        place, current = climb(evaluate, place, step[0], current)
        if step[1] <= 1e-18 or np.array_equal(place, before):
            loglik, slope = _integrated(model.events, place[:q], theta)
            return _Found(theta, place, current.information, current.value + loglik, slope)
    raise CannotEstimate(f"no frailty model: the fit at a variance of {theta:g} does not settle")


def _integrated(events: Floats, w: Floats, theta: float) -> tuple[float, float]:
    """What integration adds to the penalised likelihood, and the slope of both in theta; w and b are at their best."""
    d, nu = events, 1 / theta
    earlier = np.arange(int(d.max()))

    def below(terms: Floats) -> Floats:
        return np.asarray(np.concatenate([[0.0], np.cumsum(terms)])[d.astype(np.int64)])

    added = d - (nu + d) * np.log1p(d * theta) + below(np.log1p(earlier * theta))
    slope = (
        nu**2 * (np.log1p(d * theta) - (w - np.expm1(w))) - nu * d + below(earlier / (1 + earlier * theta))
    )
    return float(added.sum()), float(slope.sum())


def _best(model: _Model, alone: _Found) -> _Found:
    """The theta of the greatest likelihood: the best of a ladder, then where the slope is 0 beside it."""
    tried, theta = [alone], _LADDER[0]
    while theta <= _LADDER[1] or tried[-1].loglik >= max(found.loglik for found in tried):
        if theta > _LARGEST:
            raise CannotEstimate("no frailty model: the variance of the frailties grows without end")
        tried.append(_fit(model, theta, tried[-1].place))
        theta *= 4
    at = max(range(len(tried)), key=lambda rung: tried[rung].loglik)
    if tried[at].slope > 0:
        return _level(model, tried[at], tried[at + 1])
    return _level(model, tried[at - 1], tried[at]) if at else alone


def _level(model: _Model, low: _Found, high: _Found) -> _Found:
    """Where the slope, above 0 at low and below at high, is 0: regula falsi, the Illinois way."""
    left, right, kept = low.slope, high.slope, 0
    for _ in range(200):
        aim = (low.theta * right - high.theta * left) / (right - left)
        found = _fit(model, aim, low.place)
        if min(aim - low.theta, high.theta - aim) <= 1e-10 * aim or found.slope == 0:
            return found
        if found.slope > 0:
            low, left, right, kept = found, found.slope, right / 2 if kept > 0 else right, 1
        else:
            high, right, left, kept = found, found.slope, left / 2 if kept < 0 else left, -1
    raise CannotEstimate("no frailty model: the variance of the frailties does not settle")
