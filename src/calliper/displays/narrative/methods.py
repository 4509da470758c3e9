"""The Methods section: twenty-five points, each told from the fields that drove the code, or said not to be there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from calliper.blocks import Text
from calliper.displays.narrative import handled, measured_how, statistics, study_design
from calliper.displays.narrative.facts import Facts


@dataclass(frozen=True, slots=True)
class Point:
    """What a Methods section has to say: its name, which begins the first paragraph, and what tells it."""

    name: str
    tell: Callable[[Facts], tuple[Text, ...]]


POINTS: tuple[Point, ...] = (
    Point("Design", study_design.design),
    Point("Setting", study_design.setting),
    Point("Eligibility", study_design.eligibility),
    Point("Groups", study_design.groups),
    Point("Time zero", measured_how.time_zero),
    Point("Treatment", measured_how.treatment_given),
    Point("Follow-up", measured_how.followed),
    Point("Response", measured_how.responses),
    Point("Times to events", measured_how.times),
    Point("Partial dates", measured_how.dates),
    Point("Safety", measured_how.safety),
    Point("Data management", measured_how.data),
    Point("Patients analysed", handled.analysed_sets),
    Point("Statistics", statistics.statistics),
    Point("Survival analysis", handled.survival),
    Point("Confounding", handled.confounding),
    Point("Immortal time", handled.immortal_time),
    Point("Competing risks", handled.competing),
    Point("Missing values", handled.missing),
    Point("Multiplicity", handled.multiplicity),
    Point("Sensitivity analyses", handled.sensitivity),
    Point("Subgroups", handled.subgroups),
    Point("Study size", handled.study_size),
    Point("Software", statistics.software),
    Point("Departures from the plan", handled.departures),
)
"""In the order in which they are told; docs/methods/reporting.md has what each must say."""


def methods(facts: Facts) -> tuple[Text, ...]:
    """Every point, in order. A method none of whose numbers the report shows is not told."""
    return tuple(text for point in POINTS for text in told(point, facts))


def told(point: Point, facts: Facts) -> tuple[Text, ...]:
    """The paragraphs of one point, the first headed by its name."""
    first, *others = point.tell(facts)
    return (replace(first, text=f"{point.name}. {first.text}"), *others)
