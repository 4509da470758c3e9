"""Best overall response: the worked sequences Q1-Q10, the table of confirmation row by row."""

from __future__ import annotations

import pytest

from calliper.disease.response_criteria import MRECIST_2010, criteria
from derivations.one_scan import Scan, best_confirmed, best_unconfirmed


def scans(text: str) -> list[Scan]:
    """`30 PR, 72 PR` as scans."""
    return [Scan(int(day), seen) for day, seen in (part.split() for part in text.split(",") if part.strip())]


@pytest.mark.parametrize(
    ("seen", "unconfirmed", "confirmed"),
    [
        ("30 PR, 72 PR, 115 SD, 160 PD", "PR", "PR"),
        ("30 PR, 75 SD, 120 PD", "PR", "SD"),
        ("30 CR, 70 CR", "CR", "CR"),
        ("30 CR, 70 PD", "CR", "SD"),
        ("20 SD, 55 PD", "PD", "PD"),
        ("33 SD, 80 PD", "SD", "SD"),
        ("30 NE, 72 PR, 100 PR", "PR", "PR"),
        ("30 PR", "PR", "SD"),
        ("", "NE", "NE"),
        ("25 PR", "PR", "NE"),
    ],
    ids=[f"Q{at}" for at in range(1, 11)],
)
def test_worked_sequences(seen: str, unconfirmed: str, confirmed: str) -> None:
    assert best_unconfirmed(scans(seen), MRECIST_2010).response == unconfirmed
    assert best_confirmed(scans(seen), MRECIST_2010).response == confirmed


@pytest.mark.parametrize(
    ("first", "later", "late_enough", "too_early"),
    [
        ("CR", "CR", "CR", "NE"),
        ("CR", "PR", "SD", "PD"),
        ("CR", "SD", "SD", "PD"),
        ("CR", "PD", "SD", "PD"),
        ("CR", "NE", "SD", "NE"),
        ("NE", "NE", "NE", "NE"),
        ("PR", "CR", "PR", "NE"),
        ("PR", "PR", "PR", "NE"),
        ("PR", "SD", "SD", "NE"),
        ("PR", "PD", "SD", "PD"),
        ("PR", "NE", "SD", "NE"),
        ("SD", "CR", "SD", "NE"),
        ("SD", "PR", "SD", "NE"),
        ("SD", "SD", "SD", "NE"),
        ("SD", "PD", "SD", "PD"),
        ("SD", "NE", "SD", "NE"),
    ],
)
def test_every_row_of_the_table_of_confirmation(
    first: str, later: str, late_enough: str, too_early: str
) -> None:
    """Days 30 and 58, where the minimum duration of stable disease is met; and days 10 and 27, where it is not."""
    assert best_confirmed(scans(f"30 {first}, 58 {later}"), MRECIST_2010).response == late_enough
    assert best_confirmed(scans(f"10 {first}, 27 {later}"), MRECIST_2010).response == too_early


@pytest.mark.parametrize(
    ("seen", "confirmed"),
    [
        ("30 PR, 57 PR", "SD"),
        ("30 PR, 58 PR", "PR"),
        ("30 PR, 57 PR, 58 PR", "PR"),
        ("30 PR, 44 NE, 58 PR", "PR"),
        ("30 PR, 40 NE, 50 NE, 58 PR", "SD"),
        ("30 PR, 44 SD, 58 PR", "PR"),
        ("30 PR, 40 SD, 50 SD, 58 PR", "SD"),
        ("30 PR, 44 SD, 58 CR", "PR"),
        ("30 PR, 44 CR, 58 PR", "SD"),
        ("30 PR, 44 CR, 58 CR", "PR"),
        ("30 PR, 44 CR, 50 SD, 80 CR", "SD"),
        ("30 PR, 44 SD, 58 CR, 90 CR", "CR"),
        ("30 CR, 44 PR, 58 CR", "SD"),
        ("30 CR, 44 NE, 58 CR", "CR"),
        ("30 PR, 58 CR, 90 CR", "CR"),
        ("30 PR, 44 PD, 58 PR", "SD"),
        ("10 SD, 27 SD, 28 SD", "SD"),
    ],
)
def test_what_may_lie_between(seen: str, confirmed: str) -> None:
    assert best_confirmed(scans(seen), MRECIST_2010).response == confirmed


def test_fields_decide() -> None:
    seen = scans("30 PR, 44 SD, 58 PR")
    assert best_confirmed(seen, criteria("mRECIST_2010", {"takes_sd_between": False})).response == "SD"
    assert best_confirmed(seen, criteria("mRECIST_2010", {"confirm_days": 29})).response == "SD"
    assert best_unconfirmed(scans("30 SD"), criteria("mRECIST_2010", {"sd_min_days": 31})).response == "NE"


def test_progression_is_absorbing() -> None:
    assert best_unconfirmed(scans("30 PD, 60 CR"), MRECIST_2010).response == "PD"


def test_reasons() -> None:
    assert best_confirmed(scans("30 PR, 58 PR"), MRECIST_2010).reason == "scan on day 30, confirmed on day 58"
    assert best_confirmed(scans("30 PR"), MRECIST_2010).reason == "PR not confirmed, scan on day 30"
    assert best_unconfirmed(scans("20 SD"), MRECIST_2010).reason == "SD on day 20, and nothing from day 28 on"
