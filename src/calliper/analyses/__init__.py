"""Analyses: the derived cohort in, rows of results and the methods behind them out; no number is made here.

    baseline.py      characteristics by arm, tests, standardised differences
    response.py      response categories, ORR and DCR
      response_flow.py              who goes from which response to which between landmarks
    survival.py      Kaplan-Meier, follow-up, log-rank, hazard ratios by group
      restricted_mean.py            means restricted to a time, their differences and ratios
    hazard.py        Cox regression, each factor alone and each model
    subgroups.py     hazard ratios of the arms within levels of factors, and tests of interaction
    competing_risks.py   cumulative incidence, Gray's test, cause-specific and subdistribution hazards
    safety.py        adverse events by worst grade
      safety_parts.py, safety_counts.py     what is counted of whom; one event by arm
      safety_categories.py, safety_kinds.py, safety_rates.py, safety_shifts.py   system organ classes; serious, fatal
          and so on; per patient-year and session; from the grade before to the worst
    trend.py         measurements over time
    exposure.py      how long and how much of a drug was taken; the first reduction
    treatment.py     sessions and periods of treatment, how many and how far apart
    schedule.py      visits held against their schedule, and whether they came as often in each arm
    courses.py       the courses of single patients, and the best change of their tumours
    agreement.py     two readings of the same patients: square tables, kappa, rates side by side
    definitions.py   the arms compared under several definitions of an endpoint, and whether the conclusion holds
    deviations.py    where the protocol was not kept, by rule and arm, and the register
    populations.py   some of the patients, to whom analyses are limited
    multiplicity.py  the P values of the declared secondary tests, adjusted for their number
    flow.py          who was screened, excluded and included
    sensitivity.py   all of these under the conventions of R, SAS and SPSS
      groups.py, convention.py      the groups compared, the conventions in force
      flips.py                      which conclusions change between conventions
      spread.py                     a measurement in numbers
      places.py, wording.py, *_wording.py   where rows stand; method sentences
      association.py, number_tests.py   tests of categories and of numbers, and the headline
      square_tables.py, scan_pairs.py       one reading by another; scan by scan, and where they differ
      conclusions.py                what is concluded from a comparison, and whether another concludes the same
      follow_up.py, outcomes.py             times, and what ended them, as arrays
      cox_model.py, cox_rows.py, cause_models.py   fitted models and their rows

The vocabulary of the rows is docs/results.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from calliper.analyses.agreement import analyse_agreement
from calliper.analyses.baseline import analyse_baseline
from calliper.analyses.competing_risks import analyse_competing_risks
from calliper.analyses.courses import analyse_courses
from calliper.analyses.definitions import analyse_definitions
from calliper.analyses.deviations import analyse_deviations
from calliper.analyses.exposure import analyse_exposure
from calliper.analyses.flow import analyse_flow
from calliper.analyses.hazard import analyse_cox
from calliper.analyses.multiplicity import analyse_multiplicity
from calliper.analyses.populations import analyse_populations, limited, within_population
from calliper.analyses.response import analyse_response
from calliper.analyses.safety import analyse_safety
from calliper.analyses.schedule import analyse_schedule
from calliper.analyses.subgroups import analyse_subgroups
from calliper.analyses.survival import analyse_survival
from calliper.analyses.treatment import analyse_treatment
from calliper.analyses.trend import analyse_trend
from calliper.endpoints import Derived
from calliper.protocol import specs
from calliper.results import Results

__all__ = ["ANALYSE", "analyse", "analyse_flow", "analyse_multiplicity", "analyse_populations"]

ANALYSE: dict[type[specs.AnalysisSpec], Callable[[Any, specs.Protocol, Derived], Results]] = {
    specs.BaselineAnalysis: analyse_baseline,
    specs.ResponseAnalysis: analyse_response,
    specs.SurvivalAnalysis: analyse_survival,
    specs.CoxAnalysis: analyse_cox,
    specs.SubgroupsAnalysis: analyse_subgroups,
    specs.CompetingRisksAnalysis: analyse_competing_risks,
    specs.SafetyAnalysis: analyse_safety,
    specs.AgreementAnalysis: analyse_agreement,
    specs.CoursesAnalysis: analyse_courses,
    specs.DefinitionsAnalysis: analyse_definitions,
    specs.DeviationsAnalysis: analyse_deviations,
    specs.ExposureAnalysis: analyse_exposure,
    specs.ScheduleAnalysis: analyse_schedule,
    specs.TreatmentAnalysis: analyse_treatment,
    specs.TrendAnalysis: analyse_trend,
}


def analyse(spec: specs.AnalysisSpec, protocol: specs.Protocol, derived: Derived) -> Results:
    """Run one analysis, on the patients of its population where the study limits it to one."""
    if spec.population is None:
        return ANALYSE[type(spec)](spec, protocol, derived)
    seen = limited(protocol, derived, spec.population)
    return within_population(spec.population, ANALYSE[type(spec)](spec, protocol, seen))
