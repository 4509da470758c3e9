"""The order of the steps of a session: every path that is allowed, and each way to leave it."""

from __future__ import annotations

import pytest

from calliper.disease.hcc.procedure import MAY_FOLLOW, STEPS, WORDS, order_violations

INFUSE, INJECT, STASIS, WAIT = (
    ("infuse_drug", None),
    ("inject_beads", None),
    ("stasis", None),
    ("wait", None),
)
NO_STAIN, SOME_STAIN, UNKNOWN = ("angiography", "none"), ("angiography", "partial"), ("angiography", None)
MORE, PLAIN = ("additional_beads", None), ("plain_microspheres", None)
TO_ANGIOGRAPHY = [INFUSE, INJECT, STASIS, WAIT]


@pytest.mark.parametrize(
    "steps",
    [
        [*TO_ANGIOGRAPHY, NO_STAIN],
        [*TO_ANGIOGRAPHY, SOME_STAIN, MORE, NO_STAIN],
        [*TO_ANGIOGRAPHY, SOME_STAIN, MORE, SOME_STAIN, PLAIN],
        [*TO_ANGIOGRAPHY, SOME_STAIN, MORE, SOME_STAIN, MORE, NO_STAIN],
        [*TO_ANGIOGRAPHY, UNKNOWN, MORE],
        [INFUSE, INJECT],
        [],
    ],
)
def test_orders_that_are_allowed(steps) -> None:
    assert order_violations(steps) == ()


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([INJECT, STASIS], "step 1, the injection of beads, came without the infusion before it"),
        ([*TO_ANGIOGRAPHY, NO_STAIN, MORE], "step 6, additional beads, came after the end"),
        (
            [*TO_ANGIOGRAPHY, SOME_STAIN, MORE, SOME_STAIN, PLAIN, MORE],
            "step 9, additional beads, came after the end",
        ),
        (
            [*TO_ANGIOGRAPHY, SOME_STAIN, PLAIN],
            "step 6, plain microspheres, came before additional beads",
        ),
        ([INFUSE, STASIS], "step 2, stasis, came after the infusion; expected the injection of beads"),
        (
            [*TO_ANGIOGRAPHY, SOME_STAIN, WAIT],
            "step 6, the wait, came after angiography; expected additional beads or plain microspheres",
        ),
        (
            [INFUSE, INJECT, INFUSE],
            "step 3, the infusion, came after the injection of beads; expected stasis",
        ),
    ],
)
def test_orders_that_are_not(steps, found: str) -> None:
    assert order_violations(steps) == (found,)


def test_every_step_is_in_the_table() -> None:
    assert set(MAY_FOLLOW) == set(WORDS) == set(STEPS)
    assert {step for following in MAY_FOLLOW.values() for step in following} == set(STEPS) - {"infuse_drug"}
