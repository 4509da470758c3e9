"""Quantiles of samples as R's `quantile` gives each type (tests/fixtures/r/make_conventions.R)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from calliper.errors import CannotEstimate
from calliper.stats.conventions import QuantileKind
from calliper.summaries.moments import ValueCounts, value_counts

SAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[1] / "fixtures" / "r" / "conventions.json").read_text()
)["samples"]
SHARES = (0.05, 0.25, 0.5, 0.75, 0.9)


@pytest.mark.parametrize("kind", get_args(QuantileKind))
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"n={len(sample['values'])}")
def test_each_type_is_rs(sample: dict[str, Any], kind: QuantileKind) -> None:
    values = value_counts(np.array(sample["values"], dtype=np.float64))
    found = [values.quantile(share, kind=kind) for share in SHARES]
    assert found == pytest.approx(sample["quantiles"][str(kind)], rel=1e-13)


def test_sas_averages_where_the_rank_is_whole() -> None:
    """Of 1 2 2 9: np is 1 at 0.25 (mean of 1 and 2), 2 at 0.5 (2 and 2), 3 at 0.75 (2 and 9)."""
    values = ValueCounts((1.0, 2.0, 9.0), (1, 2, 1))
    assert [values.quantile(p, kind=2) for p in (0.25, 0.5, 0.75)] == [1.5, 2.0, 5.5]
    # 0.29 x 100 falls short of 29 in floating point
    hundred = value_counts(np.arange(1.0, 101.0))
    assert hundred.quantile(0.29, kind=2) == 29.5


def test_what_has_no_quantile_is_refused() -> None:
    with pytest.raises(CannotEstimate, match="no value is known"):
        ValueCounts().quantile(0.5, kind=2)
    for p in (1.1, -0.1):
        with pytest.raises(ValueError, match="expected a number from 0 to 1"):
            ValueCounts((1.0,), (1,)).quantile(p)
    with pytest.raises(ValueError, match="kind is 5; expected 2, 6 or 7"):
        ValueCounts((1.0,), (1,)).quantile(0.5, kind=5)
