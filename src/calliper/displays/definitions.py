"""The results of an analysis of definitions, as its tables and sentences look them up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from calliper.blocks import Cell, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import NOTHING, Notes, Shelf, p_cell
from calliper.displays.definition_words import DEFINITIONS
from calliper.displays.effects import Effect, effect
from calliper.protocol.definitions import Definition
from calliper.protocol.specs import DefinitionsAnalysis, Protocol
from calliper.results import Results, Row

MAIN = "main definition"
HOLDS = "holds"
ACROSS = "same direction, P on the other side"
ONE_INTERVAL = "same direction, only one interval includes no effect"
OTHER = "not the same direction"
UNTOLD = "cannot be told"

Compared = Callable[[Definition, str], Sequence[Cell]]
"""The estimate, its P value and the verdict of a definition and an arm."""


class Grid:
    """One analysis: its arms and results, and the parts that the rows of both its tables share."""

    def __init__(self, spec: DefinitionsAnalysis, protocol: Protocol, results: Results) -> None:
        self.spec, self.protocol, self.results = spec, protocol, results
        self.forms = numbers.forms(protocol)
        self.arms = list(protocol.arms.groups)
        self.reference = protocol.arms.reference
        self.others = [arm for arm in self.arms if arm != self.reference]
        self.level = labels.confidence(protocol)
        self.caption = spec.title or DEFINITIONS

    @property
    def by_test(self) -> bool:
        """Whether a conclusion is read off the test between two arms."""
        return len(self.arms) == 2

    def shelf(self, definition: Definition) -> Shelf:
        """The results of the definition's patients."""
        return Shelf(self.results, self.spec.id, definition.population)

    def row(self, definition: Definition, group: str, stat: str) -> Row | None:
        """A number where the definition's effect stands."""
        return self.shelf(definition).row(group, definition.variable, definition.level, stat)

    def pair(self, arm: str) -> str:
        """The contrast of an arm with the reference, as results call it."""
        return f"{arm} vs {self.reference}"

    def why(self, name: str, subject: str) -> str:
        """The sentence of the method of this name and subject, if it failed."""
        methods = self.results.methods_of(self.spec.id)
        found = (
            made.failure for made in methods if (made.name, made.subject) == (name, subject) and made.failure
        )
        return next(found, "")

    def verdict(self, definition: Definition, arm: str, *, is_main: bool) -> Cell:
        """Whether the main definition's conclusion about an arm holds under this one."""
        if is_main:
            return Cell(MAIN)
        stats = ("holds", "same_direction", "same_side")
        rows = [self.row(definition, self.pair(arm), f"{stat}{definition.suffix}") for stat in stats]
        held = [row for row in rows if row is not None]
        if len(held) < len(stats):
            return Cell(UNTOLD)
        words = (
            HOLDS if held[0].value else (ACROSS if self.by_test else ONE_INTERVAL) if held[1].value else OTHER
        )
        return Cell(words, tuple(row.key for row in held))

    def ratio(self, definition: Definition, arm: str) -> tuple[str, Effect | None]:
        """The method that would give the hazard ratio of an arm, and the one there is: Firth's where it was refused."""
        ordinary = "cause_specific" if definition.level else "cox"
        if definition.reading == "incidence":
            ordinary = "fine_gray"
        place = (self.pair(arm), definition.variable, definition.level)
        found = effect(self.shelf(definition), *place, ordinary=f".{ordinary}")
        is_other = found is not None and found.is_firth and definition.reading == "incidence"
        return ordinary, None if is_other else found

    def difference(self, definition: Definition, arm: str) -> list[Row | None]:
        """The difference of a rate, and its limits."""
        stats = ("difference", "lower.newcombe", "upper.newcombe")
        return [self.row(definition, self.pair(arm), stat) for stat in stats]

    def p_of_test(self, definition: Definition) -> Row | None:
        """The P value of the test between all arms."""
        stat = {"rate": "p", "incidence": "p.gray", "hazard": "p.logrank"}[definition.reading]
        level = "" if definition.reading == "hazard" else definition.level
        return self.shelf(definition).row("between", definition.variable, level, stat)

    def lines(
        self, counted: Sequence[Cell], definition: Definition, compared: Compared, notes: Notes
    ) -> list[TableRow]:
        """A row for the definition, and of three or more arms one for each that is compared with the reference."""
        role: Literal["body", "level"] = "level" if definition.reading == "rate" and self.by_test else "body"
        if self.by_test:
            return [TableRow((*counted, *compared(definition, self.others[0])), role)]
        blank = [NOTHING] * (len(counted) - 1)
        rows = [TableRow((*counted, NOTHING, self.test(definition, notes), NOTHING), role)]
        for arm in self.others:
            head = Cell(labels.contrast(self.protocol, arm, self.reference))
            rows.append(TableRow((head, *blank, *compared(definition, arm)), "level"))
        return rows

    def test(self, definition: Definition, notes: Notes) -> Cell:
        """The P value of the test between all arms, with the name of a test that was chosen by the data."""
        name, level = definition.endpoint, definition.level
        words = ""
        if definition.reading == "rate":
            subject = f"{definition.variable} {level}" + (" all" if definition.population == "all" else "")
            method = self.shelf(definition).method("headline", subject)
            words = labels.TEST_WORDS.get(
                str(method.parameters.get("test", "")) if method is not None else "", ""
            )
            failure = self.why("headline", subject) or self.why("headline", name)
        elif definition.reading == "incidence":
            failure = self.why("gray", f"{name} gray {level}") or self.why("gray", name)
        else:
            failure = self.why("logrank", name)
        return p_cell(self.p_of_test(definition), notes, test=words, failure=failure)

    def holding(self, none: str) -> str:
        """When a conclusion is said to hold."""
        alpha = f"{self.protocol.alpha:g}"
        sides = (
            f"P is on the same side of {alpha}"
            if self.by_test
            else f"both intervals, or neither, include {none}"
        )
        return (
            f"A conclusion holds where the estimate is on the same side of {none} as that of the main definition and "
            f"{sides}. Exploratory: no P value is adjusted for the number of definitions."
        )
