"""A hazard ratio in a subgroup where an arm has few patients is of them: it is hidden, and others are not."""

from __future__ import annotations

from calliper.results import Results, Row
from calliper.sharing.numbers import share_numbers
from displays.hand_results import protocol

STATS = ("hr.cox", "lower.cox", "upper.cox")


def results(few: int) -> Results:
    """Of each arm 20 are included; of the new arm `few` are men."""
    sizes = {"new": 20, "old": 20, "overall": 40}
    rows = [Row("flow", "screened", arm, "", "", "included", float(n)) for arm, n in sizes.items()]
    cells = {("new", "Male"): few, ("new", "Female"): 20 - few, ("old", "Male"): 10, ("old", "Female"): 10}
    rows += [Row("sub", "included", arm, "sex", level, "n", float(n)) for (arm, level), n in cells.items()]
    for level in ("Male", "Female"):
        rows += [Row("sub", "included", "new vs old", "sex", level, stat, 0.7123) for stat in STATS]
    return Results(tuple(rows), ())


def test_a_ratio_of_few_patients_is_hidden() -> None:
    made = results(3)
    hidden = share_numbers(protocol(), made, 5).hidden
    assert {f"sub/included/new vs old/sex/Male/{stat}" for stat in STATS} <= hidden
    assert not any(key.startswith("sub/included/new vs old/sex/Female") for key in hidden)
    assert not any(" vs " in key for key in share_numbers(protocol(), results(8), 5).hidden)
