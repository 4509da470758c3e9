"""How the report is printed: the key `report` of the study file, and the journals whose style it may name.

A journal is a file of journals/, TOML with the fields of `Journal`: copy one to make another. What a file leaves out
is as in the plain style, that of `Journal()`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr, model_validator

from calliper.protocol.mistakes import one_of
from calliper.protocol.spec import Spec, Words

FOLDER = Path(__file__).parent / "journals"
PLAIN = "plain"


class Journal(Spec):
    """The style of a journal: how numbers are printed, in what order columns stand, in colour or grey.

    `like` says whose style it is, and `checked` against what. `decimal` is the decimal mark. `limits` stands between
    two limits, a word or a dash; a dash gives way to `to` where a limit is negative. `thousands` parts thousands, from
    10,000 on. P values have `p_decimals` decimals; from `p_above` on they have `p_decimals_above`, and where `p_digits`
    is given no more than so many digits that count; one that fewer decimals would bring to 0.05 from below keeps the
    more. None is printed below `p_least`. `p_zero` prints the zero before its mark. `percent_decimals` and
    `ratio_decimals` are those of percentages and ratios. `arms` orders the columns of the arms, `overall` says where
    the column of all patients stands in the baseline table, and `baseline_p` whether that has P values. `grey` draws in
    shades of grey.
    """

    like: Words = "Calliper's own style, after SAMPL (Lang and Altman 2013)"
    checked: Words | None = None
    decimal: Literal[".", "·"] = "."
    limits: Literal["to", "–", "-"] = "to"
    thousands: Literal["comma", "space"] = "comma"
    p_decimals: int = Field(default=3, ge=3, le=5)
    p_above: float | None = Field(default=None, gt=0, lt=1)
    p_decimals_above: int = Field(default=2, ge=2, le=5)
    p_least: float = Field(default=0.001, ge=0.00001, le=0.001)
    p_digits: int | None = Field(default=None, ge=1, le=3)
    p_zero: bool = True
    percent_decimals: int = Field(default=1, ge=0, le=2)
    ratio_decimals: int = Field(default=2, ge=2, le=3)
    arms: Literal["as_listed", "reference_first", "reference_last"] = "as_listed"
    overall: Literal["first", "last", "none"] = "last"
    baseline_p: bool = True
    grey: bool = False


@cache
def journal_names() -> tuple[str, ...]:
    """The styles a study file may name."""
    return (PLAIN, *sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def journal_named(name: str) -> Journal:
    """The style of this name, one of `journal_names`."""
    if name == PLAIN:
        return Journal()
    return Journal.model_validate(tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")))


class Report(Spec):
    """How the report is printed: the style of a journal, what of it is otherwise, and the language of its labels."""

    journal: Words = PLAIN
    style: Journal = Journal()
    language: Literal["en", "zh"] = "en"

    _held: Journal = PrivateAttr(default_factory=Journal)

    @property
    def held(self) -> Journal:
        """The journal's style with what the study file changes of it."""
        return self._held

    @model_validator(mode="after")
    def _is_a_style(self) -> Report:
        if self.journal not in journal_names():
            raise ValueError(f"found journal {self.journal!r}; expected {one_of(journal_names())}")
        given = {name: getattr(self.style, name) for name in self.style.model_fields_set}
        self._held = journal_named(self.journal).model_copy(update=given)
        return self
