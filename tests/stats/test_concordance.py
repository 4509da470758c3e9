"""Concordance of intervals, weights and clusters; R's numbers and the pairs counted one by one are in tests/proof."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.concordance import concordance

# (entry, time, event, risk)
ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 6), st.integers(0, 1), st.integers(0, 4)),
    min_size=3,
    max_size=25,
)


def columns(rows):
    entry, span, event, risk = (np.array(column, dtype=float) for column in zip(*rows))
    return entry, entry + span, event, risk


def test_late_entry_by_hand():
    # The event at 2 is at risk with (0, 4], not with (2, 5] and (3, 6]; at 4 with those two.
    entry, time, event = np.array([0, 0, 2, 3.0]), np.array([2, 4, 5, 6.0]), np.array([1, 1, 0, 0])
    found = concordance(time, event, np.array([3.0, 1.0, 2.0, 1.0]), entry=entry)
    assert (found.concordant, found.discordant, found.tied_risk) == (1, 1, 1)
    assert found.value == 1.5 / 3


def test_a_weight_of_two_is_two_patients_who_are_not_compared_with_each_other():
    time, event, risk = np.array([1, 2, 3, 4.0]), np.array([1, 0, 1, 0]), np.array([3.0, 3, 2, 5])
    found = concordance(time, event, risk, weights=np.array([2, 1, 1, 3.0]))
    # Of the first: 2 x 1 with the second of one risk, 2 x 1 right, 2 x 3 wrong; of the third: 1 x 3 wrong.
    assert (found.concordant, found.discordant, found.tied_risk) == (2, 9, 2)


@settings(deadline=None, max_examples=25)
@given(ROWS, st.lists(st.sampled_from([0.25, 1.0, 3.0]), min_size=1, max_size=7))
def test_the_error_is_the_infinitesimal_jackknife(rows, weights):
    """Weigh each patient a little more, and look."""
    entry, time, event, risk = columns(rows)
    weight = np.resize(np.array(weights), time.size)
    try:
        found = concordance(time, event, risk, entry=entry, weights=weight)
    except CannotEstimate:
        return
    assume(found.standard_error > 1e-3)
    slopes = []
    for i in range(time.size):
        h = np.zeros(time.size)
        h[i] = 1e-4 * weight[i]
        up, down = (
            concordance(time, event, risk, entry=entry, weights=weight + s * h).value for s in (1, -1)
        )
        slopes.append((up - down) / 2e-4)
    assert found.standard_error == pytest.approx(np.sqrt(np.square(slopes).sum()), rel=1e-5)


@settings(deadline=None)
@given(ROWS, st.sampled_from([0.25, 0.5]))
def test_a_patient_cut_in_two_is_the_same_patient(rows, share):
    entry, time, event, risk = columns(rows)
    middle, patient = entry + share * (time - entry), np.arange(time.size)
    try:
        whole = concordance(time, event, risk, entry=entry)
    except CannotEstimate:
        return
    pieces = concordance(
        np.concatenate([middle, time]),
        np.concatenate([np.zeros(time.size), event]),
        np.tile(risk, 2),
        entry=np.concatenate([entry, middle]),
        cluster=np.tile(patient, 2),
    )
    assert (pieces.concordant, pieces.discordant) == (whole.concordant, whole.discordant)
    assert pieces.standard_error == pytest.approx(whole.standard_error, rel=1e-10, abs=1e-12)


def test_what_is_no_entry_weight_or_cluster():
    time, event, risk = np.array([1.0, 2, 3]), np.array([1, 1, 0]), np.array([1.0, 2, 3])
    with pytest.raises(
        ValueError, match=r"entry\[1\] is 2; expected zero or more, and less than the end of follow"
    ):
        concordance(time, event, risk, entry=np.array([0.0, 2, 0]))
    with pytest.raises(ValueError, match=r"weights\[2\] is 0; expected more than zero"):
        concordance(time, event, risk, weights=np.array([1.0, 1, 0]))
    with pytest.raises(ValueError, match="3 times and 2 entries"):
        concordance(time, event, risk, entry=np.zeros(2))
    with pytest.raises(ValueError, match="3 times and 2 weights"):
        concordance(time, event, risk, weights=np.ones(2))
    with pytest.raises(ValueError, match="3 times, 3 flags, 3 risks, 3 strata, 2 clusters"):
        concordance(time, event, risk, cluster=np.zeros(2))
    with pytest.raises(CannotEstimate, match="no two patients can be compared"):
        concordance(time, event, risk, entry=np.array([0.0, 1, 2]))
