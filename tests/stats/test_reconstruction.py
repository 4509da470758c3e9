"""Patients from a curve: by hand, back from curves of published trials within the stated error, and what is refused."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy.special import chdtrc

from calliper.audit.paper.checks import check_paper
from calliper.audit.paper.checks.curves import LOG_RATIO_ERROR
from calliper.audit.paper.specs import Paper
from calliper.errors import CannotEstimate
from calliper.stats.cox import fit_cox
from calliper.stats.reconstruction import reconstruct
from shared import shared_data

Times = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def test_ten_patients_by_hand() -> None:
    """Ten at risk; a death at 1 (0.9) and 2 (0.8); two censored before 3, where six are at risk; deaths at 4 and 5.

    0.8 x 5/6 = 0.6667, 0.6667 x 4/5 = 0.5333; the four who are left are censored at the end, 6.
    """
    curve = [(1, 0.9), (2, 0.8), (4, 0.66667), (5, 0.53333), (6, 0.53333)]
    made = reconstruct(curve, [(0, 10), (3, 6)], events=4)
    assert sorted(made.time[made.event]) == [1, 2, 4, 5]
    assert len(made.time) == 10
    assert sorted(made.time[~made.event]) == [1, 2, 6, 6, 6, 6]


def test_without_censoring_everyone_comes_back() -> None:
    times = np.array([1.0, 2.0, 2.0, 3.5, 5.0, 7.0])
    curve = [(1, 5 / 6), (2, 3 / 6), (3.5, 2 / 6), (5, 1 / 6), (7, 0.0)]
    made = reconstruct(curve, [(0, 6), (3, 3)], events=6)
    assert made.event.all()
    assert list(np.sort(made.time)) == list(times)


@pytest.mark.parametrize(
    ("curve", "at_risk", "why"),
    [
        ([(1, 0.5), (2, 0.6)], [(0, 4)], "must rise, and its survival must not"),
        ([(2, 0.5), (1, 0.4)], [(0, 4)], "must rise, and its survival must not"),
        ([(1, 0.5)], [(1, 4)], "begin at time 0"),
        ([(1, 0.5)], [(0, 4), (2, 5)], "numbers must not"),
        ([(1, 1.5)], [(0, 4)], "its survival must not|from 0 to 1"),
    ],
)
def test_what_is_no_curve_is_refused(
    curve: list[tuple[float, float]], at_risk: list[tuple[float, int]], why: str
) -> None:
    with pytest.raises(CannotEstimate, match=why):
        reconstruct(curve, at_risk)


# --- published trials ---------------------------------------------------------------------------------------------


def kaplan_meier(time: Times, event: Flags) -> list[tuple[float, float]]:
    at = np.unique(time[event])
    steps = [1 - (event & (time == t)).sum() / (time >= t).sum() for t in at]
    return [*zip(at.tolist(), np.cumprod(steps).tolist(), strict=True)]


def score(time: Times, event: Flags, second: Flags) -> tuple[float, float]:
    """Observed less expected of the second arm, and its variance, of the log-rank test."""
    excess = variance = 0.0
    for t in np.unique(time[event]):
        at_risk, deaths = time >= t, event & (time == t)
        n, n_second, d = at_risk.sum(), (at_risk & second).sum(), deaths.sum()
        excess += (deaths & second).sum() - d * n_second / n
        if n > 1:
            variance += d * (n_second / n) * (1 - n_second / n) * (n - d) / (n - 1)
    return excess, variance


def log_ratio(arms: list[tuple[Times, Flags, Flags]]) -> float:
    time, event, second = (np.concatenate([arm[part] for arm in arms]) for part in range(3))
    return float(fit_cox(time, event.astype(float), second[:, None].astype(float)).coefficients[0])


@pytest.mark.parametrize("has_events", [True, False])
def test_trials_come_back_within_the_stated_error(has_events: bool) -> None:
    rows = pl.read_parquet(shared_data("05_recon_km/kmdata_ipd.parquet"))
    off = []
    for trial in rows.partition_by("name"):
        held, made = [], []
        for number, arm in enumerate(trial.partition_by("arm", maintain_order=True)[:2]):
            time, event = arm["time"].to_numpy(), arm["event"].to_numpy() == 1
            curve = [(t, round(s, 3)) for t, s in kaplan_meier(time, event)]
            curve.append((float(time.max()), curve[-1][1]))
            at_risk = [(float(t), int((time >= t).sum())) for t in np.linspace(0, time.max() * 0.9, 8)]
            back = reconstruct(curve, at_risk, events=int(event.sum()) if has_events else None)
            assert len(back.time) == len(time)
            held.append((time, event, np.full(len(time), number == 1)))
            made.append((back.time, back.event, np.full(len(time), number == 1)))
        off.append(abs(log_ratio(made) - log_ratio(held)))
    assert len(off) == 197
    assert np.median(off) < 0.005
    assert np.max(off) < LOG_RATIO_ERROR[has_events]


def claims_of(trial: pl.DataFrame) -> tuple[dict[str, object], float]:
    """A claims file of a trial's curves as read to three decimals, and its log hazard ratio."""
    groups, curves, parts = {}, {}, []
    for number, arm in enumerate(trial.partition_by("arm", maintain_order=True)[:2]):
        time, event = arm["time"].to_numpy(), arm["event"].to_numpy() == 1
        name = f"arm_{number}"
        curve = kaplan_meier(time, event)
        median = next((t for t, s in curve if s <= 0.5), None)
        steps = [[f"{t:.4f}", f"{s:.3f}"] for t, s in [*curve, (float(time.max()), curve[-1][1])]]
        at_risk = [[f"{t:.4f}", str((time >= t).sum())] for t in np.linspace(0, time.max() * 0.9, 8)]
        groups[name] = {"label": name, "n": str(len(time))}
        curves[name] = {"steps": steps, "at_risk": at_risk, "events": str(event.sum())}
        curves[name]["median"] = "NR" if median is None else f"{median:.2f}"
        parts.append((time, event, np.full(len(time), number == 1)))
    time, event, second = (np.concatenate([arm[part] for arm in parts]) for part in range(3))
    excess, variance = score(time, event, second)
    chi2 = excess**2 / variance
    claim = {"id": "os", "place": "Figure 2", "what": "Survival", "kind": "curves", "groups": curves}
    ratio = log_ratio(parts)
    claim |= {
        "statistic": f"{chi2:.2f}",
        "p": f"{chdtrc(1, chi2):.3f}",
        "ratio": f"{np.exp(ratio):.2f}",
    }
    return {"calliper": "1", "citation": "A trial", "groups": groups, "claims": [claim]}, ratio


def test_true_papers_with_curves_are_not_accused_and_a_wrong_ratio_is() -> None:
    trials = pl.read_parquet(shared_data("05_recon_km/kmdata_ipd.parquet")).partition_by(
        "name", maintain_order=True
    )
    seen = tried = 0
    for trial in trials[::8]:
        doc, ratio = claims_of(trial)
        against = [each for each in check_paper(Paper.model_validate(doc)) if each.verdict != "match"]
        assert not against, against
        if abs(ratio) > 0.2:
            claim = doc["claims"][0]  # type: ignore[index]
            claim["ratio"] = f"{np.exp(-ratio):.2f}"
            (found,) = [
                each
                for each in check_paper(Paper.model_validate(doc))
                if each.check == "ratio from the curves"
            ]
            tried += 1
            seen += found.verdict == "inconsistent" and "The first group over the second" in found.explanation
    assert tried > 5
    assert seen == tried
