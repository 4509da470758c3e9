"""The hazard ratio at an address: the ordinary one, or Firth's where the ordinary fit was refused."""

from __future__ import annotations

from dataclasses import dataclass

from calliper.blocks import Cell
from calliper.displays import labels
from calliper.displays.cells import Shelf, shown
from calliper.displays.numbers import Forms
from calliper.results import Row

FIRTH = "Firth's penalised likelihood"


@dataclass(frozen=True, slots=True)
class Effect:
    """A hazard ratio with its limits and P value. `is_firth` ones are printed with words that say so."""

    hr: Row
    lower: Row
    upper: Row
    p: Row
    is_firth: bool

    @property
    def rows(self) -> tuple[Row, Row, Row, Row]:
        """The ratio, its limits and its P value."""
        return self.hr, self.lower, self.upper, self.p

    def text(self, forms: Forms) -> str:
        """`ratio (lower to upper)`."""
        return forms.estimate(self.hr.value, self.lower.value, self.upper.value, forms.ratio)

    def ratio_cell(self, forms: Forms, notes: tuple[str, ...]) -> Cell:
        """The text, with the keys of its numbers."""
        return Cell(self.text(forms), (self.hr.key, self.lower.key, self.upper.key), notes)

    def p_cell(self, forms: Forms, notes: tuple[str, ...]) -> Cell:
        """The P value."""
        return shown(forms.p_value, self.p, notes=notes)


def effect(shelf: Shelf, group: str, variable: str, level: str, *, ordinary: str = "") -> Effect | None:
    """The effect at this address; `ordinary` is the method half of the ordinary stats. None without a fit."""
    for method in (ordinary, ".firth"):
        rows = [
            shelf.row(group, variable, level, f"{stat}{method}") for stat in ("hr", "lower", "upper", "p")
        ]
        hr, lower, upper, p = rows
        if hr is not None and lower is not None and upper is not None and p is not None:
            return Effect(hr, lower, upper, p, is_firth=method == ".firth")
    return None


def is_reference(shelf: Shelf, group: str, factor: str, level: str) -> bool:
    """Whether the fit of this group compares the factor's other levels with this one."""
    rows = (shelf.row(group, factor, level, stat) for stat in ("reference", "reference.firth"))
    return any(row is not None for row in rows)


def failures(shelf: Shelf, *subjects: str) -> list[str]:
    """Why there is no fit of any of these subjects: the ordinary fit's sentence, then that of Firth's."""
    methods = shelf.results.methods_of(shelf.analysis)
    return [method.failure for method in methods if method.failure and method.subject in subjects]


def firth_note(refusal: str) -> str:
    """The footnote of a hazard ratio by Firth's penalised likelihood: why it stands there."""
    refusal, _, _ = refusal.partition("; Firth's")  # which is what was done
    return labels.ended(
        f"{FIRTH}, with a profile penalised likelihood interval and a penalised likelihood ratio test. The "
        f"ordinary fit was refused: {refusal}"
    )
