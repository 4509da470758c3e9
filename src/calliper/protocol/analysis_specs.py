"""Analyses and their options: the key `analyses` of the study file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from calliper.protocol.safety_specs import EventKind, EventWords, SafetyFigure
from calliper.protocol.spec import Name, Spec, Words, given

UnderAxis = Literal["at_risk", "events", "censored"]
"""Numbers at the ticks of a curve: at risk, and events and censorings so far."""


class AnalysisSpec(Spec):
    """What every analysis has: an id (first in its results' keys) and the title of its table or figure.

    `population` limits it to some of the included patients.
    """

    id: Name
    title: Words | None = None
    population: Name | None = None


class BaselineAnalysis(AnalysisSpec):
    """Baseline characteristics by arm.

    `show` overrides how a number is printed; `tests: none` prints no P value.
    """

    kind: Literal["baseline"]
    variables: tuple[Name, ...] = Field(min_length=1)
    show: dict[Name, Literal["mean", "median", "both"]] = {}
    default_show: Literal["mean", "median", "both"] = "mean"
    tests: Literal["all", "none"] = "all"


class ResponseAnalysis(AnalysisSpec):
    """Response categories, ORR and DCR by arm at each landmark of a response endpoint.

    `figure` is that of the patients who go from one response to another between landmarks; it needs two of them.
    """

    kind: Literal["response"]
    endpoint: Name
    landmarks: tuple[Name, ...] = ()
    figure: bool = True


class SurvivalAnalysis(AnalysisSpec):
    """Kaplan-Meier, log-rank and follow-up of one time-to-event endpoint, by arm or by another category.

    `rmst` is the time, in the endpoint's unit, to which the mean is restricted. `stop_below` ends each curve of the
    figure where fewer are at risk: that many patients, or below 1 that share of the group. `under_axis` has the numbers
    that stand under it at the ticks.
    """

    kind: Literal["survival"]
    endpoint: Name
    by: Name | None = None
    at: tuple[float, ...] = ()
    ticks: tuple[float, ...] = ()
    rmst: float | None = None
    figure: bool = True
    stop_below: float | None = None
    under_axis: tuple[UnderAxis, ...] = Field(default=("at_risk",), min_length=1)


class Model(Spec):
    """One multivariable model: factors named in advance, or those with a univariable P below `p_below`."""

    id: Name
    label: Words
    factors: tuple[Name, ...] = ()
    p_below: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _factors_or_screen(self) -> Model:
        if bool(self.factors) == (self.p_below is not None):
            raise ValueError(f"found {given(self, 'factors', 'p_below')}; expected factors, or p_below")
        return self


class CoxAnalysis(AnalysisSpec):
    """Cox regression: each factor alone, then each model. `arm` is a factor like any other.

    `references` names a factor's reference level; the default is its first level (the reference arm for
    `arm`).
    """

    kind: Literal["cox"]
    endpoint: Name
    factors: tuple[Name, ...] = Field(min_length=1)
    references: dict[Name, str] = {}
    models: tuple[Model, ...] = ()
    univariable: bool = True


class SubgroupsAnalysis(AnalysisSpec):
    """Hazard ratios of the arms within the levels of each factor, and a test of interaction a factor; exploratory.

    `labels` has other words for a factor in the table and the figure.
    """

    kind: Literal["subgroups"]
    endpoint: Name
    factors: tuple[Name, ...] = Field(min_length=1)
    labels: dict[Name, Words] = {}


class CompetingRisksAnalysis(AnalysisSpec):
    """Cumulative incidence of an endpoint's event and of its competing events, by arm or by another category.

    Beside Gray's test stand the hazard ratios of the group: cause-specific (Cox) and, secondary, of the
    subdistribution (Fine and Gray), each alone and, where `adjust` names other factors, together with them.
    `fine_gray` says whose ties, tied censorings and variance the latter takes: `cmprsk`'s or `survival`'s.
    """

    kind: Literal["competing_risks"]
    endpoint: Name
    by: Name | None = None
    at: tuple[float, ...] = ()
    ticks: tuple[float, ...] = ()
    adjust: tuple[Name, ...] = ()
    fine_gray: Literal["cmprsk", "survival"] = "cmprsk"
    figure: bool = True


class SafetyAnalysis(AnalysisSpec):
    """Adverse events by arm and grade, patients counted once by their worst grade.

    `categories` puts the terms under the table's categories, each with its own line; `kinds` counts the patients with
    a serious event, one that led to a lower dose and so on, of any term and of each. `patient_years` adds rates to the
    first event, `sessions` (an endpoint of treatments) the share of treatment sessions with the event, `shifts` tables
    of the worst grade by the grade before, of these terms.
    """

    kind: Literal["safety"]
    endpoint: Name
    terms: tuple[Name, ...] = ()
    arms: tuple[Name, ...] = ()
    any_event: bool = False
    grades: bool = True
    test: bool = True
    categories: bool = False
    kinds: tuple[EventKind, ...] = ()
    words: EventWords = EventWords()
    patient_years: bool = False
    sessions: Name | None = None
    shifts: tuple[Name, ...] = ()
    figures: tuple[SafetyFigure, ...] = ()


class CoursesAnalysis(AnalysisSpec):
    """The courses of single patients, described and not tested: change of the tumour, treatments, follow-up.

    `response` is a response endpoint, whose start is day 0; `follow_up` a time-to-event endpoint from the same start,
    `treatments` an endpoint of that kind. `figures` are those to draw; without it, all that the data allow.
    """

    kind: Literal["courses"]
    response: Name
    follow_up: Name | None = None
    treatments: Name | None = None
    figures: tuple[Literal["waterfall", "spider", "swimmer"], ...] = ()


class AgreementAnalysis(AnalysisSpec):
    """Agreement of two readings of the same patients: two response endpoints, whatever differs between them.

    Two readers, two criteria of one data set, recorded beside derived. `adjudicated`, a third response endpoint, says
    whom it followed where the two differ. Without `landmarks` all that both endpoints have are compared.
    """

    kind: Literal["agreement"]
    endpoints: tuple[Name, Name]
    adjudicated: Name | None = None
    landmarks: tuple[Name, ...] = ()


class DefinitionsAnalysis(AnalysisSpec):
    """The comparison of the arms under several definitions of an endpoint, and whether its conclusion holds.

    The first time-to-event endpoint named is the main definition of its kind; of response it is the first landmark of
    the first response endpoint, among the patients of the first of `denominators`. Without `landmarks` all of every
    response endpoint are taken.
    """

    kind: Literal["definitions"]
    endpoints: tuple[Name, ...] = Field(min_length=1)
    landmarks: tuple[Name, ...] = ()
    rates: tuple[Literal["ORR", "DCR"], ...] = Field(default=("ORR", "DCR"), min_length=1)
    denominators: tuple[Literal["evaluable", "all"], ...] = Field(default=("evaluable", "all"), min_length=1)


class ExposureAnalysis(AnalysisSpec):
    """Exposure to a drug by arm, described: duration, doses, reductions, pauses, and the delay to the first dose.

    `delay_days` are the days from the start, both ends inside, in which the first dose was due; `at` the days from the
    first dose at which the share with a reduction is printed.
    """

    kind: Literal["exposure"]
    endpoint: Name
    delay_days: tuple[int, int] | None = None
    at: tuple[float, ...] = ()


class DeviationsAnalysis(AnalysisSpec):
    """Deviations from the protocol by rule and arm, described, and the register of all of them."""

    kind: Literal["deviations"]
    endpoint: Name


class ScheduleAnalysis(AnalysisSpec):
    """Follow-up against its schedule by arm: visits due, on time, late and missed, and how often visits came.

    `figure: false` for no figure of the visits of each patient.
    """

    kind: Literal["follow_up_schedule"]
    endpoint: Name
    figure: bool = True


class TreatmentAnalysis(AnalysisSpec):
    """Sessions and periods of treatment by arm, described: how many a patient had, when, how far apart."""

    kind: Literal["treatment"]
    endpoint: Name
    items: tuple[Name, ...] = ()


class TrendAnalysis(AnalysisSpec):
    """Measurements by window of days and arm, described and not compared: medians, quartiles, change from the first."""

    kind: Literal["trend"]
    endpoint: Name
    items: tuple[Name, ...] = ()
    figure: bool = True


Analysis = Annotated[
    BaselineAnalysis
    | ResponseAnalysis
    | SurvivalAnalysis
    | CoxAnalysis
    | SubgroupsAnalysis
    | CompetingRisksAnalysis
    | SafetyAnalysis
    | AgreementAnalysis
    | CoursesAnalysis
    | DefinitionsAnalysis
    | ExposureAnalysis
    | DeviationsAnalysis
    | ScheduleAnalysis
    | TreatmentAnalysis
    | TrendAnalysis,
    Field(discriminator="kind"),
]
