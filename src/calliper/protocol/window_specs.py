"""When an adverse event counts: windows that treatment opens and closes; what was there before; limits of values."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from calliper.protocol.spec import Spec, given

LONGEST_WINDOW = 100_000
"""Days."""

WindowDay = Annotated[int, Field(ge=-LONGEST_WINDOW, le=LONGEST_WINDOW)]

Drugs = Annotated[tuple[str, ...], Field(min_length=1)]
"""Values of the role `drug` of the table `exposure`."""


class AfterEach(Spec):
    """A window after each session (a row of `exposure` with one of `drugs`): `days` from it, both ends inside.

    Where two are open, the later session's counts. Sessions of one day are one.
    """

    drugs: Drugs
    days: tuple[WindowDay, WindowDay]

    @model_validator(mode="after")
    def _lower_end_first(self) -> AfterEach:
        if self.days[0] > self.days[1]:
            raise ValueError(f"found days {list(self.days)}; expected the lower end first")
        return self


class UntilNext(Spec):
    """A window of `days` from the endpoint's start that ends the day before the next session of `drugs`, if sooner."""

    drugs: Drugs
    days: tuple[WindowDay, WindowDay | None] = (0, None)

    @model_validator(mode="after")
    def _lower_end_first(self) -> UntilNext:
        low, high = self.days
        if high is not None and low > high:
            raise ValueError(f"found days {[low, high]}; expected the lower end first")
        return self


class OnDrug(Spec):
    """A window from the first dose of `drugs` to `days_after` the last, breaks between them included."""

    drugs: Drugs
    days_after: int = Field(ge=0, le=LONGEST_WINDOW)


class Before(Spec):
    """What was there before a window opens.

    `compare: true`: an event of which the patient already had the same term counts only at a higher grade.
    """

    compare: bool


class DefaultLimits(Spec):
    """Limits of a test, in `unit`, for values whose laboratory's own are not recorded."""

    unit: str
    lower: float | None = Field(default=None, ge=0)
    upper: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_at_least(self) -> DefaultLimits:
        if self.lower is None and self.upper is None:
            raise ValueError(f"found {given(self, 'lower', 'upper')}; expected lower or upper, or both")
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise ValueError(
                f"found lower {self.lower:g} and upper {self.upper:g}; expected the lower limit below"
            )
        return self
