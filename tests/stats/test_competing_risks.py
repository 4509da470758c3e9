from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.competing_risks import cumulative_incidence, incidence_at
from calliper.stats.survival import kaplan_meier
from calliper.summaries.cause_table import CauseTable, cause_table
from calliper.summaries.risk_table import risk_table
from stats.competing_cases import CASES, causes, columns

# Ten patients; the numbers below are worked by hand from these.
K3 = cause_table(
    np.array([3, 5, 6, 8, 9, 11, 12, 14, 16, 20]),
    np.array(["pd", "death", "pd", "censored", "pd", "death", "pd", "censored", "death", "censored"]),
    causes=["pd", "death"],
)
PATIENTS = st.lists(
    st.tuples(st.integers(1, 12).map(float), st.sampled_from(["pd", "death", "censored"])),
    min_size=1,
    max_size=30,
)


def table_of(patients: list[tuple[float, str]]) -> CauseTable:
    time = np.array([t for t, _ in patients])
    return cause_table(time, np.array([c for _, c in patients], dtype=object), causes=["pd", "death"])


def test_incidence_by_hand():
    pd, death = cumulative_incidence(K3, "pd"), cumulative_incidence(K3, "death")
    # pd: 1/10 at 3, 1/10 at 6; S(9-) = 7/10 of 6 at risk; S(12-) = 7/10 x 4/6 of 4 at risk.
    at = {t: incidence_at(pd, t).incidence for t in (6, 12, 16)}
    assert at == pytest.approx({6: 0.2, 12: 0.2 + 0.7 / 6 + 0.7 / 6, 16: 0.2 + 1.4 / 6}, rel=1e-14)
    assert [incidence_at(death, t).incidence for t in (6, 12, 16)] == pytest.approx(
        [0.1, 0.1 + 0.7 / 6, 0.1 + 0.7 / 6 + 0.35 / 2], rel=1e-14
    )
    # While nobody is censored the incidence is a share of ten, and its variance that of a share.
    assert incidence_at(pd, 6).standard_error == pytest.approx(math.sqrt(0.2 * 0.8 / 10), rel=1e-12)
    # Deaths taken for censorings overstate progression: 1 - 9/10 x 7/8 x 5/6 x 3/4.
    naive = 1 - kaplan_meier(K3.one_cause("pd")).survival[6]
    assert naive == pytest.approx(1 - 0.9 * 7 / 8 * 5 / 6 * 3 / 4, rel=1e-14)
    assert naive > at[12]


def test_reading_the_curve():
    pd = cumulative_incidence(K3, "pd")
    assert incidence_at(pd, 20.5) is None
    start = incidence_at(pd, 1)
    assert start is not None
    assert (start.at_risk, start.incidence, start.standard_error, start.lower) == (10, 0.0, 0.0, None)
    between = incidence_at(pd, 8.5)
    assert between is not None
    assert between.at_risk == 6
    assert incidence_at(cumulative_incidence(K3, "death"), 4).lower is None


@pytest.mark.parametrize("case", CASES)
def test_curves_of_r(case):
    data = columns(case)
    table = cause_table(data["time"], data["cause"], causes=causes(case))
    for r in case["curves"]:
        ours = cumulative_incidence(table, str(r["cause"]), interval=r["scale"])
        assert ours.time == pytest.approx(r["time"], rel=1e-12)
        assert ours.at_risk.tolist() == r["n_risk"]
        for found, theirs in (
            (ours.incidence, r["p"]),
            (ours.standard_error, r["se"]),
            (ours.lower, r["lower"]),
            (ours.upper, r["upper"]),
        ):
            expected = np.array(theirs, dtype=float)
            assert found == pytest.approx(expected, rel=1e-10, abs=1e-14, nan_ok=True), r["scale"]


def jackknife(patients: list[tuple[float, str]], cause: str, t: float) -> float:
    """The infinitesimal jackknife by its definition: weigh each patient a little more, and look."""

    def incidence(weight: np.ndarray) -> float:
        survival, total = 1.0, 0.0
        for u in sorted({s for s, _ in patients if s <= t}):
            n = sum(w for w, (s, _) in zip(weight, patients) if s >= u)
            own = sum(w for w, (s, c) in zip(weight, patients) if s == u and c == cause)
            anything = sum(w for w, (s, c) in zip(weight, patients) if s == u and c != "censored")
            total += survival * own / n
            survival *= 1 - anything / n
        return total

    h, ones = 1e-5, np.ones(len(patients))
    slopes = [
        (incidence(ones + h * unit) - incidence(ones - h * unit)) / (2 * h) for unit in np.eye(len(patients))
    ]
    return math.sqrt(float(np.square(slopes).sum()))


@settings(deadline=None)
@given(PATIENTS)
def test_the_error_is_the_infinitesimal_jackknife(patients):
    for cause in ("pd", "death"):
        curve = cumulative_incidence(table_of(patients), cause)
        for t, error in zip(curve.time, curve.standard_error):
            assert error == pytest.approx(jackknife(patients, cause, t), rel=1e-6, abs=1e-7)


def test_the_error_keeps_its_digits_to_the_last_patient():
    # While nobody is censored F is a share of n, whatever else happens, and its variance F (1 - F) / n.
    n = 100_000
    pd = np.random.default_rng(1).random(n) < np.linspace(1, 0.3, n)
    events = np.array([pd, ~pd]).astype(int)
    for names, counts in ((("pd",), np.ones((1, n), dtype=int)), (("pd", "death"), events)):
        curve = cumulative_incidence(
            CauseTable(names, np.arange(n) + 1.0, counts, np.zeros(n, dtype=int)), "pd"
        )
        k = np.cumsum(counts[0])
        assert curve.incidence == pytest.approx(k / n, rel=1e-11)
        assert curve.standard_error == pytest.approx(np.sqrt(k * (n - k) / n**3), rel=1e-10)


@given(PATIENTS)
def test_everybody_is_free_or_has_had_one_of_the_events(patients):
    table = table_of(patients)
    shares = [cumulative_incidence(table, cause).incidence for cause in table.causes]
    assert sum(shares) + kaplan_meier(table.any_cause()).survival == pytest.approx(1, abs=1e-12)


@given(PATIENTS)
def test_a_cause_without_competitor_is_one_less_kaplan_meier(patients):
    time, event = np.array([t for t, _ in patients]), np.array([c == "pd" for _, c in patients])
    labels = np.where(event, "pd", "censored").astype(object)
    curve = cumulative_incidence(cause_table(time, labels, causes=["pd"]), "pd")
    km = kaplan_meier(risk_table(time, event))
    assert curve.incidence == pytest.approx(1 - km.survival, abs=1e-12)
    left = km.survival > 0
    assert curve.standard_error[left] == pytest.approx(km.standard_error[left], rel=1e-6, abs=1e-9)


@given(PATIENTS)
def test_everybody_twice_halves_the_variance(patients):
    once, twice = (cumulative_incidence(table_of(patients * k), "pd") for k in (1, 2))
    assert twice.incidence == pytest.approx(once.incidence, abs=1e-12)
    assert twice.standard_error * math.sqrt(2) == pytest.approx(once.standard_error, rel=1e-6, abs=1e-8)


def test_incidences_that_cannot_be_had():
    with pytest.raises(CannotEstimate, match="no patient has a follow-up time"):
        cumulative_incidence(CauseTable(("pd",), (), ((),), ()), "pd")
    with pytest.raises(ValueError, match="cause is 'relapse'"):
        cumulative_incidence(K3, "relapse")
    with pytest.raises(ValueError, match="interval is 'loglog'"):
        cumulative_incidence(K3, "pd", interval="loglog")
