"""What "the same result" means, for each shape of result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calliper.stats.cox import Concordance, CoxFit


def same_fit(one: CoxFit | None, two: CoxFit | None, *, factor: Any = 1.0, rel: float = 1e-7) -> None:
    """Two Cox fits of one model, or two refusals; the coefficients of the second are `factor` times the first's."""
    assert (one is None) == (two is None), (one, two)
    if one is None or two is None:
        return
    error = one.standard_errors * factor
    off = np.abs(two.coefficients - one.coefficients * factor)
    assert (off <= rel * np.maximum(np.abs(error), np.abs(one.coefficients * factor))).all()
    assert two.standard_errors == pytest.approx(np.abs(error), rel=rel)
    assert [two.loglik_null, two.loglik] == pytest.approx([one.loglik_null, one.loglik], rel=1e-9, abs=1e-12)
    for before, after in (
        (one.score_test, two.score_test),
        (one.lrt, two.lrt),
        (one.wald_test, two.wald_test),
    ):
        assert after.chi2 == pytest.approx(before.chi2, rel=1e-6, abs=1e-9)


def same_test(one: Any, two: Any, *, rel: float = 1e-9) -> None:
    """Two log-rank or Gray tests of one comparison, or two refusals."""
    assert (one is None) == (two is None), (one, two)
    if one is None:
        return
    assert two.df == one.df
    assert two.observed == pytest.approx(one.observed, rel=1e-12)
    assert two.expected == pytest.approx(one.expected, rel=1e-12, abs=1e-12)
    assert np.array(two.variance) == pytest.approx(np.array(one.variance), rel=1e-9, abs=1e-12)
    # Where groups hardly overlap the covariance is nearly singular, and the statistic keeps fewer digits.
    if np.linalg.cond(np.array(one.variance)[1:, 1:] + 1e-300) < 1e6:
        assert two.chi2 == pytest.approx(one.chi2, rel=max(rel, 1e-7), abs=1e-9)


def same_concordance(one: Concordance | None, two: Concordance | None) -> None:
    """Pair for pair the same; the error is a sum over patients, who may come in another order."""
    assert (one is None) == (two is None), (one, two)
    if one and two:
        counts = [(c.concordant, c.discordant, c.tied_risk) for c in (one, two)]
        assert counts[0] == counts[1]
        assert two.standard_error == pytest.approx(one.standard_error, rel=1e-12, abs=1e-12)
