"""The statistics once more, slowly, in loops that a reader can check against the definitions.

Nothing here is imported from Calliper or NumPy. Whatever is a ratio of counts is an exact fraction.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Patient:
    """One patient; `entry` is -1 where at risk from the start. `cause` is "" where the follow-up is censored."""

    entry: int
    time: int
    event: bool
    cause: str
    group: str
    stratum: str
    weight: float
    x: tuple[float, ...]
    marker: float


def distinct_times(patients: Sequence[Patient]) -> list[int]:
    """Every time at which somebody leaves, or comes under observation after the start."""
    return sorted({p.time for p in patients} | {p.entry for p in patients if p.entry > 0})


def at_risk(patients: Sequence[Patient], t: float) -> list[Patient]:
    return [p for p in patients if p.entry < t <= p.time]


def dying(patients: Sequence[Patient], t: float) -> list[Patient]:
    return [p for p in patients if p.event and p.time == t]


def kaplan_meier(patients: Sequence[Patient]) -> list[tuple[int, int, Fraction, Fraction | None]]:
    """At each distinct time: the time, at risk, S, and Greenwood's sum (None once S is 0)."""
    rows = []
    survival: Fraction = Fraction(1)
    greenwood: Fraction | None = Fraction(0)
    for t in distinct_times(patients):
        n, d = len(at_risk(patients, t)), len(dying(patients, t))
        if d:
            survival *= Fraction(n - d, n)
            if survival == 0:
                greenwood = None
            elif greenwood is not None:
                greenwood += Fraction(d, n * (n - d))
        rows.append((t, n, survival, greenwood))
    return rows


def nelson_aalen(patients: Sequence[Patient]) -> list[tuple[Fraction, Fraction]]:
    """At each distinct time: the cumulative hazard and its variance."""
    rows = []
    hazard, variance = Fraction(0), Fraction(0)
    for t in distinct_times(patients):
        n, d = len(at_risk(patients, t)), len(dying(patients, t))
        if d:
            hazard += Fraction(d, n)
            variance += Fraction(d, n * n)
        rows.append((hazard, variance))
    return rows


def median(patients: Sequence[Patient], *, first: bool) -> Fraction | None:
    """The first time with S <= 1/2; where S is 1/2, the middle of that time and the next fall, if any."""
    half = Fraction(1, 2)
    curve = kaplan_meier(patients)
    for t, _, survival, _ in curve:
        if survival < half or (survival == half and first):
            return Fraction(t)
        if survival == half:
            for later, _, lower, _ in curve:
                if lower < half:
                    return Fraction(t + later, 2)
            return Fraction(t)
    return None


def restricted_mean(patients: Sequence[Patient], tau: int) -> tuple[Fraction, Fraction]:
    """The area under S up to tau and its variance, each event by the area that is left after it."""

    def area(start: float, stop: int) -> Fraction:
        total = Fraction(0)
        for t in range(stop):
            if t >= start:
                level = Fraction(1)
                for time, _, survival, _ in kaplan_meier(patients):
                    if time <= t:
                        level = survival
                total += level
        return total

    variance = Fraction(0)
    for t in distinct_times(patients):
        n, d = len(at_risk(patients, t)), len(dying(patients, t))
        if t <= tau and 0 < d < n:
            variance += area(t, tau) ** 2 * Fraction(d, n * (n - d))
    return area(0, tau), variance


@dataclass(frozen=True)
class LogRank:
    observed: list[int]
    expected: list[Fraction]
    variance: list[list[Fraction]]
    chi2: Fraction | None


def log_rank(strata: Sequence[Sequence[Patient]], groups: Sequence[str]) -> LogRank:
    """Observed and expected events by group, their covariance, and the statistic; None where it has none."""
    observed = [0 for _ in groups]
    expected = [Fraction(0) for _ in groups]
    variance = [[Fraction(0) for _ in groups] for _ in groups]
    for patients in strata:
        for t in distinct_times(patients):
            n, d = len(at_risk(patients, t)), len(dying(patients, t))
            if not d:
                continue
            for i, g in enumerate(groups):
                n_i = len([p for p in at_risk(patients, t) if p.group == g])
                observed[i] += len([p for p in dying(patients, t) if p.group == g])
                expected[i] += Fraction(d * n_i, n)
                for j, h in enumerate(groups):
                    n_j = len([p for p in at_risk(patients, t) if p.group == h])
                    if n > 1:
                        same = Fraction(n_i, n) if i == j else Fraction(0)
                        cross = Fraction(n_i, n) * Fraction(n_j, n)
                        variance[i][j] += Fraction(d * (n - d), n - 1) * (same - cross)
    free = [i for i in range(len(groups)) if expected[i] > 0][1:]
    chi2 = None
    if free:
        difference = [observed[i] - expected[i] for i in free]
        solved = solve([[variance[i][j] for j in free] for i in free], difference)
        if solved is not None:
            chi2 = sum((a * b for a, b in zip(difference, solved)), Fraction(0))
    return LogRank(observed, expected, variance, chi2)


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Gauss and Jordan; None where the matrix has no inverse."""
    rows = [[*row, value] for row, value in zip(matrix, right)]
    for column in range(len(rows)):
        pivot = next((i for i in range(column, len(rows)) if rows[i][column] != 0), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for i in range(len(rows)):
            if i != column:
                factor = rows[i][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[column])]
    return [row[-1] for row in rows]


def cox(
    patients: Sequence[Patient], b: Sequence[float], *, efron: bool
) -> tuple[float, list[float], list[list[float]]]:
    """The log partial likelihood at b, its score and its information, within strata and with case weights."""
    p = len(b)
    value, score, information = 0.0, [0.0] * p, [[0.0] * p for _ in range(p)]
    for stratum in sorted({patient.stratum for patient in patients}):
        own = [patient for patient in patients if patient.stratum == stratum]
        for t in sorted({patient.time for patient in own if patient.event}):
            deaths = dying(own, t)
            weight = sum(patient.weight for patient in deaths) / len(deaths)
            for k, death in enumerate(deaths):
                value += death.weight * sum(b[i] * death.x[i] for i in range(p))
                # By Efron the k-th of d tied events finds the d of them at risk for the share 1 - k/d.
                share = k / len(deaths) if efron else 0.0
                total, first, second = 0.0, [0.0] * p, [[0.0] * p for _ in range(p)]
                for patient in at_risk(own, t):
                    part = 1 - share if patient in deaths else 1.0
                    risk = part * patient.weight * math.exp(sum(b[i] * patient.x[i] for i in range(p)))
                    total += risk
                    for i in range(p):
                        first[i] += risk * patient.x[i]
                        for j in range(p):
                            second[i][j] += risk * patient.x[i] * patient.x[j]
                value -= weight * math.log(total)
                for i in range(p):
                    score[i] += death.weight * death.x[i] - weight * first[i] / total
                    for j in range(p):
                        mean = first[i] / total * first[j] / total
                        information[i][j] += weight * (second[i][j] / total - mean)
    return value, score, information


def has_maximum(patients: Sequence[Patient]) -> bool:
    """Of one covariate: the likelihood falls to both sides where an event is not of the highest x at risk with it,
    and an event not of the lowest.
    """
    below = above = False
    for death in patients:
        if death.event:
            own = [p for p in patients if p.stratum == death.stratum]
            values = [p.x[0] for p in at_risk(own, death.time)]
            below = below or death.x[0] < max(values)
            above = above or death.x[0] > min(values)
    return below and above


def concordance(
    patients: Sequence[Patient], risk: Sequence[float], weight: Sequence[float]
) -> tuple[list[float], float | None]:
    """The weight of the pairs in which the higher risk has the event first, last, and of pairs of one risk; error.

    The error is the jackknife's: C of weights w has the derivative sum of w_j (s_ij - S) / (2 sum of w_i w_j) by
    w_i, over the partners j of i, with s_ij = 1, -1 or 0 and S the mean of all s_ij.
    """
    kinds = [0.0, 0.0, 0.0]
    partners: list[list[tuple[float, int]]] = [[] for _ in patients]
    for i, one in enumerate(patients):
        for j, other in enumerate(patients):
            outlived = other.time > one.time or (other.time == one.time and not other.event)
            if one.event and outlived and other.entry < one.time:
                kind = 0 if risk[i] > risk[j] else 1 if risk[i] < risk[j] else 2
                sign = (1, -1, 0)[kind]
                kinds[kind] += weight[i] * weight[j]
                partners[i].append((weight[j], sign))
                partners[j].append((weight[i], sign))
    total = sum(kinds)
    if not total:
        return kinds, None
    mean = (kinds[0] - kinds[1]) / total
    squares = 0.0
    for i, pairs in enumerate(partners):
        moved = sum(w * (sign - mean) for w, sign in pairs) / (2 * total)
        squares += (weight[i] * moved) ** 2
    return kinds, math.sqrt(squares)


def incidence(patients: Sequence[Patient], cause: str) -> list[tuple[Fraction, Fraction]]:
    """Aalen and Johansen's incidence of a cause and its variance, at each distinct time.

    Var F(t) = sum over t_i <= t of {S^2 q_j (1 - q_j) + B^2 q (1 - q) - 2 S B q_j (1 - q)} / n_i, where S is
    S(t_i-), q_j and q the shares of those at risk with the event by the cause and by any, and B = (F(t) -
    F(t_i)) / (1 - q), or 0 where q is 1.
    """
    steps = []
    survival, total = Fraction(1), Fraction(0)
    for t in distinct_times(patients):
        n = len(at_risk(patients, t))
        own = Fraction(len([p for p in dying(patients, t) if p.cause == cause]), n)
        everything = Fraction(len(dying(patients, t)), n)
        total += survival * own
        steps.append((n, survival, own, everything, total))
        survival *= 1 - everything
    rows = []
    for until, (*_, reached) in enumerate(steps):
        variance = Fraction(0)
        for n, before, own, everything, then in steps[: until + 1]:
            later = (reached - then) / (1 - everything) if everything != 1 else Fraction(0)
            variance += (
                before**2 * own * (1 - own)
                + later**2 * everything * (1 - everything)
                - 2 * before * later * own * (1 - everything)
            ) / n
        rows.append((reached, variance))
    return rows


def pairs_won(a: Sequence[float], b: Sequence[float]) -> Fraction:
    """Mann and Whitney's U: pairs in which a has the larger value, ties half."""
    return Fraction(sum((x > y) * 2 + (x == y) for x in a for y in b), 2)


def mann_whitney(a: Sequence[float], b: Sequence[float]) -> Fraction:
    """The exact p of U, from every way to deal the values to the two groups: twice the smaller tail."""
    pooled, seen = [*a, *b], pairs_won(a, b)
    below = above = ways = 0
    for chosen in itertools.combinations(range(len(pooled)), len(a)):
        u = pairs_won([pooled[i] for i in chosen], [pooled[i] for i in range(len(pooled)) if i not in chosen])
        ways, below, above = ways + 1, below + (u <= seen), above + (u >= seen)
    return min(Fraction(1), 2 * min(Fraction(below, ways), Fraction(above, ways)))


def rank_variance(a: Sequence[float], b: Sequence[float]) -> Fraction:
    """The variance of U over every way to deal the values: m n / 12 (N + 1 - sum (t^3 - t) / (N (N - 1)))."""
    pooled = [*a, *b]
    n, ties = len(pooled), 0
    for value in set(pooled):
        t = pooled.count(value)
        ties += t**3 - t
    return Fraction(len(a) * len(b), 12) * (n + 1 - Fraction(ties, n * (n - 1)))


def normal_p(u: Fraction, pairs: int, variance: Fraction, *, corrected: bool) -> float | None:
    """The two-sided p of U, half a step nearer to its mean where corrected; None without variance."""
    distance = abs(u - Fraction(pairs, 2))
    if corrected:
        distance = max(distance - Fraction(1, 2), Fraction(0))
    return math.erfc(float(distance) / math.sqrt(2 * variance)) if variance else None


def fisher(table: Sequence[Sequence[int]]) -> Fraction:
    """The probability of every table with these margins that is no likelier than this one."""
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table)]

    def likelihood(cells: Sequence[Sequence[int]]) -> Fraction:
        return Fraction(1, math.prod(math.factorial(x) for row in cells for x in row))

    every = [likelihood(cells) for cells in _tables(rows, columns)]
    seen = likelihood(table)
    return sum((p for p in every if p <= seen), Fraction(0)) / sum(every, Fraction(0))


def _tables(rows: Sequence[int], columns: Sequence[int]) -> Iterator[list[list[int]]]:
    if len(rows) == 1:
        yield [list(columns)]
        return
    for first in itertools.product(*(range(c + 1) for c in columns)):
        if sum(first) == rows[0]:
            left = [c - x for c, x in zip(columns, first)]
            for rest in _tables(rows[1:], left):
                yield [list(first), *rest]
