"""Every exception Calliper raises on purpose.

    CalliperError
    |-- ProtocolError      study.yaml cannot be used; carries every mistake found
    |-- DataError          the records cannot be used; carries every problem found
    |-- OutputError        the report could not be written; the earlier one is untouched
    `-- CannotEstimate     the data cannot support a statistic (also a ValueError)
        `-- NoMaximum      a likelihood rises for ever: an estimate would be infinite

`CannotEstimate` is raised by the arithmetic and caught by the analyses, which print its sentence where the number
would stand. Any other exception is a bug and is never caught.
"""

from __future__ import annotations

from collections.abc import Sequence


class CalliperError(Exception):
    """The root: catch this to catch everything Calliper raises on purpose."""


class ProtocolError(CalliperError):
    """The study file cannot be used. `mistakes` holds one line a mistake, `file:line: path: found; expected`."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class DataError(CalliperError):
    """The records cannot be used. `problems` holds one line a problem, naming file, sheet, row, column and value."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class OutputError(CalliperError):
    """The report could not be written; what stood in the output folder before is untouched."""


class CannotEstimate(CalliperError, ValueError):  # noqa: N818 (it reads as the sentence it is)
    """The data cannot support a statistic; the message is a sentence fit to print in its place."""


class NoMaximum(CannotEstimate):
    """A likelihood has no maximum, as where covariates separate the patients with the event (separation)."""
