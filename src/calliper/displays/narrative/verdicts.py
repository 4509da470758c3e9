"""Where an item of the checklist stands: what a report's study file, results and sections say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from calliper.blocks import Section, Text
from calliper.displays import labels
from calliper.displays.cells import Shelf
from calliper.displays.narrative.facts import Facts
from calliper.protocol import specs

Status = Literal["DONE", "PARTIAL", "AUTHOR MUST SUPPLY", "NOT APPLICABLE"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The status of an item, the reason, and the ids of the sections and blocks where it is met."""

    status: Status
    why: str
    where: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report as the judges see it: its facts, and its sections with their numbered tables and figures."""

    facts: Facts
    sections: Sequence[Section]

    def place(self, name: str) -> str:
        """The printed name of a section or block, `Methods` or `Table 3`; empty if the report has none such."""
        for section in self.sections:
            if section.id == name:
                return section.title
            for block in section.blocks:
                if not isinstance(block, Text) and block.id == name:
                    return block.number
        return ""

    def tables(self, kind: type[specs.AnalysisSpec]) -> tuple[str, ...]:
        """The ids of the first table of each analysis of a kind."""
        return tuple(f"table-{spec.id}" for spec in self.facts.protocol.analyses if isinstance(spec, kind))

    @property
    def study(self) -> specs.StudyFacts:
        """What the study is."""
        return self.facts.protocol.study

    @property
    def left(self) -> float:
        """How many of the screened patients are not in the study."""
        flow = Shelf(self.facts.results, "flow", "screened")
        rows = (flow.row("overall", "", "", stat) for stat in ("excluded", "pending"))
        return sum(row.value or 0 for row in rows if row is not None)

    @property
    def cuts(self) -> list[str]:
        """The labels of the grouped numbers among the baseline variables and factors."""
        used = [name for spec in self.facts.analyses(specs.BaselineAnalysis) for name in spec.variables]
        used += [name for spec in self.facts.analyses(specs.CoxAnalysis) for name in spec.factors]
        derived = self.facts.protocol.derived
        return [
            derived[name].label for name in dict.fromkeys(used) if isinstance(derived.get(name), specs.Cut)
        ]

    @property
    def divides(self) -> bool:
        """Whether patients were divided by something other than the arm."""
        by = any(getattr(spec, "by", None) is not None for spec in self.facts.protocol.analyses)
        return by or bool(self.facts.analyses(specs.SubgroupsAnalysis))

    @property
    def varies(self) -> bool:
        """Whether an analysis was made again in another way."""
        protocol = self.facts.protocol
        return bool(
            self.facts.results.conventions
            or self.facts.analyses(specs.DefinitionsAnalysis)
            or any(spec.population for spec in protocol.analyses)
        )


def done(why: str, *where: str) -> Verdict:
    """Met."""
    return Verdict("DONE", why, where)


def partial(why: str, *where: str) -> Verdict:
    """Met in part; `why` says what is left to the authors."""
    return Verdict("PARTIAL", why, where)


def authors(why: str) -> Verdict:
    """What no data can say."""
    return Verdict("AUTHOR MUST SUPPLY", why)


def absent(why: str) -> Verdict:
    """Nothing to say."""
    return Verdict("NOT APPLICABLE", why)


def needing(parts: dict[str, object], why: str, *where: str) -> Verdict:
    """Done where every part is there, partial where some are; the reason names what is missing."""
    lost = [name for name, held in parts.items() if not held]
    if not lost:
        return done(why, *where)
    told = f"Not in the study file: {labels.listed(lost)}."
    return authors(told) if len(lost) == len(parts) else partial(told, *where)


def stated(text: str | None, key: str, *where: str) -> Verdict:
    """Done where the authors stated it."""
    return done("Stated by the authors.", *where) if text else authors(f"No study.{key} in the study file.")
