"""Which tests of a study are confirmatory, and in which order: the key `multiplicity` of the study file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from calliper.protocol.spec import Spec

Hypothesis = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*( [a-z][a-z0-9_]* (ORR|DCR))?$", max_length=90)
]
"""A test between the arms: the id of an analysis, and for a response its landmark and rate, `response month_3 ORR`."""


class Multiplicity(Spec):
    """The primary test, made at the level of significance, and the secondary ones, adjusted for their number.

    The secondary tests are one family; `method` controls its error: Holm's step-down or Hochberg's step-up.
    """

    primary: Hypothesis
    secondary: tuple[Hypothesis, ...] = ()
    method: Literal["holm", "hochberg"] = Field(default="holm")


def parts(hypothesis: str) -> tuple[str, str, str]:
    """The analysis, the landmark and the rate of a test; the latter two empty for a test of times.

    >>> parts("os"), parts("response month_3 ORR")
    (('os', '', ''), ('response', 'month_3', 'ORR'))
    """
    analysis, landmark, rate, *_ = [*hypothesis.split(" "), "", ""]
    return analysis, landmark, rate
