"""The order of the steps of one drug-eluting bead embolisation, as a table of what may follow what.

Oxaliplatin, beads until the contrast stands still, a wait, angiography; while stain is left, more beads and another
angiography, and last plain microspheres (the procedure of Liu et al., 2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

Step: TypeAlias = Literal[
    "infuse_drug", "inject_beads", "stasis", "wait", "angiography", "additional_beads", "plain_microspheres"
]
STEPS: tuple[Step, ...] = get_args(Step)
Stain: TypeAlias = Literal["none", "partial", "complete"]
"""How much of the tumour's stain an angiography still shows."""

FIRST: Step = "infuse_drug"
MAY_FOLLOW: Mapping[Step, tuple[Step, ...]] = {
    "infuse_drug": ("inject_beads",),
    "inject_beads": ("stasis",),
    "stasis": ("wait",),
    "wait": ("angiography",),
    "angiography": ("additional_beads", "plain_microspheres"),
    "additional_beads": ("angiography",),
    "plain_microspheres": (),
}
"""After an angiography only where stain is left, and plain microspheres only after additional beads."""

WORDS: Mapping[Step, str] = {
    "infuse_drug": "the infusion",
    "inject_beads": "the injection of beads",
    "stasis": "stasis",
    "wait": "the wait",
    "angiography": "angiography",
    "additional_beads": "additional beads",
    "plain_microspheres": "plain microspheres",
}


def order_violations(steps: Sequence[tuple[Step, Stain | None]]) -> tuple[str, ...]:
    """What is out of order in the steps of one session, each with the stain that an angiography left; () if nothing.

    A stain that was not recorded ends nothing and allows everything. A session that stops early is no violation of
    the order.

    >>> order_violations([("inject_beads", None)])
    ('step 1, the injection of beads, came without the infusion before it',)
    """
    found = []
    before: Step | None = None
    stain: Stain | None = None
    has_additional = False
    for number, (step, left) in enumerate(steps, start=1):
        here = f"step {number}, {WORDS[step]},"
        if before is None:
            if step != FIRST:
                found.append(f"{here} came without {WORDS[FIRST]} before it")
        elif before == "plain_microspheres" or (before == "angiography" and stain == "none"):
            found.append(f"{here} came after the end")
        elif step not in MAY_FOLLOW[before]:
            found.append(f"{here} came after {WORDS[before]}; expected {_expected(before)}")
        elif step == "plain_microspheres" and not has_additional:
            found.append(f"{here} came before additional beads")
        before, has_additional = step, has_additional or step == "additional_beads"
        stain = left if step == "angiography" else stain
    return tuple(found)


def _expected(before: Step) -> str:
    return " or ".join(WORDS[step] for step in MAY_FOLLOW[before])
