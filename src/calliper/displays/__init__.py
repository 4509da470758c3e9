"""Results to blocks: every printed number is looked up by key and rounded by displays/numbers.py; none is
computed.

`DISPLAY` has the displays of each kind of analysis; document.py puts them in order and numbers them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from calliper.blocks import Block, Figure
from calliper.displays.figures.cumulative_incidence import cumulative_incidence_figure
from calliper.displays.figures.forest import forest_figure
from calliper.displays.figures.kaplan_meier import kaplan_meier_figure
from calliper.displays.figures.response_flow import response_flow_figure
from calliper.displays.figures.safety_dots import dots_figure
from calliper.displays.figures.safety_grades import grades_figure
from calliper.displays.figures.spider import spider_figure
from calliper.displays.figures.subgroups import subgroups_figure
from calliper.displays.figures.swimmer import swimmer_figure
from calliper.displays.figures.trend import trend_figure
from calliper.displays.figures.visit_strips import visit_figure
from calliper.displays.figures.waterfall import waterfall_figure
from calliper.displays.narrative import results as told
from calliper.displays.narrative.agreement import agreement, recorded_beside_derived
from calliper.displays.narrative.baseline import baseline
from calliper.displays.narrative.competing import competing
from calliper.displays.narrative.courses import courses
from calliper.displays.narrative.definitions import definitions
from calliper.displays.narrative.deviations import deviations
from calliper.displays.narrative.exposure import exposure
from calliper.displays.narrative.response_flow import response_flow
from calliper.displays.narrative.safety import safety
from calliper.displays.narrative.schedule import schedule
from calliper.displays.narrative.subgroups import subgroups
from calliper.displays.narrative.treatments import treatment
from calliper.displays.tables.agreement import agreement_table, square_table
from calliper.displays.tables.baseline import baseline_table
from calliper.displays.tables.competing_adjusted import adjusted_table
from calliper.displays.tables.competing_risks import competing_risks_table
from calliper.displays.tables.courses import courses_table
from calliper.displays.tables.cox import cox_table
from calliper.displays.tables.definition_rates import definition_rates_table
from calliper.displays.tables.definitions import definitions_table
from calliper.displays.tables.deviations import deviations_table, register_lines, rules_table
from calliper.displays.tables.disagreements import disagreement_lines, scans_apart_lines
from calliper.displays.tables.exposure import exposure_table
from calliper.displays.tables.response import response_table
from calliper.displays.tables.safety import safety_table
from calliper.displays.tables.safety_kinds import kinds_table, overview_table
from calliper.displays.tables.safety_rates import rates_table
from calliper.displays.tables.safety_shifts import shift_table
from calliper.displays.tables.schedule import schedule_table
from calliper.displays.tables.subgroups import subgroups_table
from calliper.displays.tables.survival import survival_table
from calliper.displays.tables.treatment import treatment_table
from calliper.displays.tables.trend import trend_table
from calliper.protocol import specs
from calliper.protocol.safety_specs import SafetyFigure
from calliper.protocol.specs import Protocol
from calliper.results import Results

Display = Callable[[Any, Protocol, Results], tuple[Block, ...]]


def display_baseline(spec: specs.BaselineAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """How the arms differ in words, and the table."""
    return (*baseline(spec, protocol, results), baseline_table(spec, protocol, results))


def display_response(spec: specs.ResponseAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Response in words, the table, the flow between landmarks, and where recorded and derived categories differ."""
    table = response_table(spec, protocol, results)
    figure = response_flow_figure(spec, protocol, results) if spec.figure else None
    flow = (*response_flow(spec, protocol, results), *((figure,) if figure is not None else ()))
    words = told.response(spec, protocol, results)
    if spec != _first_of(spec.endpoint, protocol):
        return (*words, table, *flow)
    beside = recorded_beside_derived(spec, protocol, results)
    lines = disagreement_lines(spec, protocol, results)
    return (*words, table, *flow, *beside, *((lines,) if lines is not None else ()))


def _first_of(endpoint: str, protocol: Protocol) -> specs.ResponseAnalysis:
    """The first analysis of a response endpoint, which tells of all its scans; the others do not say it again."""
    held = (spec for spec in protocol.analyses if isinstance(spec, specs.ResponseAnalysis))
    return next(spec for spec in held if spec.endpoint == endpoint)


def display_survival(spec: specs.SurvivalAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Survival in words, the curves, and the table."""
    figure = (kaplan_meier_figure(spec, protocol, results),) if spec.figure else ()
    return (*told.survival(spec, protocol, results), *figure, survival_table(spec, protocol, results))


def display_cox(spec: specs.CoxAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Prognosis in words, the table, and the forest plot."""
    figure = forest_figure(spec, protocol, results)
    table = cox_table(spec, protocol, results)
    return (*told.prognosis(spec, protocol, results), table, *((figure,) if figure is not None else ()))


def display_subgroups(
    spec: specs.SubgroupsAnalysis, protocol: Protocol, results: Results
) -> tuple[Block, ...]:
    """The tests of interaction in words, the forest plot, and the table."""
    figure = subgroups_figure(spec, protocol, results)
    table = subgroups_table(spec, protocol, results)
    return (*subgroups(spec, protocol, results), *((figure,) if figure is not None else ()), table)


def display_competing_risks(
    spec: specs.CompetingRisksAnalysis, protocol: Protocol, results: Results
) -> tuple[Block, ...]:
    """Competing risks in words, the curves, the table, and that of the adjusted models."""
    figure = (cumulative_incidence_figure(spec, protocol, results),) if spec.figure else ()
    adjusted = adjusted_table(spec, protocol, results)
    tables = (competing_risks_table(spec, protocol, results), *((adjusted,) if adjusted is not None else ()))
    return (*competing(spec, protocol, results), *figure, *tables)


def display_safety(spec: specs.SafetyAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Severe events in words, the overview, the table by term, what the events led to, rates, shifts, the figures."""
    made: tuple[Block | None, ...] = (
        overview_table(spec, protocol, results),
        safety_table(spec, protocol, results),
        *(DRAW_SAFETY[name](spec, protocol, results) for name in spec.figures),
        kinds_table(spec, protocol, results),
        rates_table(spec, protocol, results),
        shift_table(spec, protocol, results),
    )
    return (*safety(spec, protocol, results), *(block for block in made if block is not None))


DRAW_SAFETY: dict[SafetyFigure, Callable[[specs.SafetyAnalysis, Protocol, Results], Figure | None]] = {
    "dots": dots_figure,
    "grades": grades_figure,
}
"""The figures of adverse events; None where nobody had one."""


def display_courses(spec: specs.CoursesAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """The change of the tumours by arm, and each patient drawn; a figure the data cannot support says why."""
    wanted: tuple[str, ...] = spec.figures or tuple(DRAW_COURSES)
    figures = (draw(spec, protocol, results) for name, draw in DRAW_COURSES.items() if name in wanted)
    drawn = (figure for figure in figures if figure is not None)
    return (*courses(spec, protocol, results), *drawn, courses_table(spec, protocol, results))


DRAW_COURSES: dict[str, Callable[[specs.CoursesAnalysis, Protocol, Results], Figure | None]] = {
    "waterfall": waterfall_figure,
    "spider": spider_figure,
    "swimmer": swimmer_figure,
}
"""The figures of single patients, in the order of the report; None where the data cannot support one."""


def display_agreement(
    spec: specs.AgreementAnalysis, protocol: Protocol, results: Results
) -> tuple[Block, ...]:
    """Agreement in words, one reading by the other, what that comes to, and the scans on which they differ."""
    lines = scans_apart_lines(spec, protocol, results)
    tables = (square_table(spec, protocol, results), agreement_table(spec, protocol, results))
    return (*agreement(spec, protocol, results), *tables, *((lines,) if lines is not None else ()))


def display_definitions(
    spec: specs.DefinitionsAnalysis, protocol: Protocol, results: Results
) -> tuple[Block, ...]:
    """How far the conclusion holds in words, and the tables of times to events and of response."""
    made = (definitions_table(spec, protocol, results), definition_rates_table(spec, protocol, results))
    return (*definitions(spec, protocol, results), *(table for table in made if table is not None))


def display_exposure(spec: specs.ExposureAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Exposure to a drug in words, and the table."""
    return (*exposure(spec, protocol, results), exposure_table(spec, protocol, results))


def display_schedule(spec: specs.ScheduleAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Follow-up against its schedule in words, the table, and the visits of each patient."""
    figure = visit_figure(spec, protocol, results) if spec.figure else None
    table = schedule_table(spec, protocol, results)
    return (*schedule(spec, protocol, results), table, *((figure,) if figure is not None else ()))


def display_treatment(
    spec: specs.TreatmentAnalysis, protocol: Protocol, results: Results
) -> tuple[Block, ...]:
    """Sessions and periods in words, and the table."""
    return (*treatment(spec, protocol, results), treatment_table(spec, protocol, results))


def display_deviations(
    spec: specs.DeviationsAnalysis, protocol: Protocol, results: Results
) -> tuple[Block, ...]:
    """Deviations in words, by rule and arm, the rules themselves, and the first lines of the register."""
    lines = register_lines(spec, protocol, results)
    tables = (deviations_table(spec, protocol, results), rules_table(spec, protocol))
    return (*deviations(spec, protocol, results), *tables, *((lines,) if lines is not None else ()))


def display_trend(spec: specs.TrendAnalysis, protocol: Protocol, results: Results) -> tuple[Block, ...]:
    """Measurements over time: the figure, and the table."""
    figure = trend_figure(spec, protocol, results) if spec.figure else None
    return (*((figure,) if figure is not None else ()), trend_table(spec, protocol, results))


DISPLAY: dict[type[specs.AnalysisSpec], Display] = {
    specs.BaselineAnalysis: display_baseline,
    specs.ResponseAnalysis: display_response,
    specs.SurvivalAnalysis: display_survival,
    specs.CoxAnalysis: display_cox,
    specs.SubgroupsAnalysis: display_subgroups,
    specs.CompetingRisksAnalysis: display_competing_risks,
    specs.SafetyAnalysis: display_safety,
    specs.AgreementAnalysis: display_agreement,
    specs.CoursesAnalysis: display_courses,
    specs.DefinitionsAnalysis: display_definitions,
    specs.DeviationsAnalysis: display_deviations,
    specs.ExposureAnalysis: display_exposure,
    specs.ScheduleAnalysis: display_schedule,
    specs.TreatmentAnalysis: display_treatment,
    specs.TrendAnalysis: display_trend,
}
