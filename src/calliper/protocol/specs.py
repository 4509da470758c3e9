"""What a study file may say: one class per kind, frozen, unknown keys refused.

Read `Protocol` at the bottom first. Every field is a key of study.yaml; docs/study_file.md shows them in use.
The larger keys have files of their own; every class can be imported from here.
Names that must exist elsewhere in the file are checked by load.py, where the whole file is known.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from calliper.protocol.analysis_specs import (
    AgreementAnalysis,
    Analysis,
    AnalysisSpec,
    BaselineAnalysis,
    CompetingRisksAnalysis,
    CoursesAnalysis,
    CoxAnalysis,
    DefinitionsAnalysis,
    DeviationsAnalysis,
    ExposureAnalysis,
    Model,
    ResponseAnalysis,
    SafetyAnalysis,
    ScheduleAnalysis,
    SubgroupsAnalysis,
    SurvivalAnalysis,
    TreatmentAnalysis,
    TrendAnalysis,
)
from calliper.protocol.check_specs import Check, DatesCheck, Jump
from calliper.protocol.data_specs import (
    DatedDomain,
    Domain,
    FurtherColumn,
    Reading,
    Reshaped,
    SourceFile,
    Tables,
    TableSource,
    Tumours,
)
from calliper.protocol.deviation_specs import DeviationRule, Deviations, Preceding
from calliper.protocol.endpoint_specs import Endpoint
from calliper.protocol.measurement_specs import Measured, Measurements, Moment
from calliper.protocol.multiplicity_specs import Multiplicity
from calliper.protocol.population_specs import Population
from calliper.protocol.report_specs import Report
from calliper.protocol.response_specs import RESPONSE_CATEGORIES, FromLesions, Landmark, Response
from calliper.protocol.spec import (
    Day,
    Name,
    Spec,
    Words,
)
from calliper.protocol.time_specs import (
    Assessments,
    CompetingSource,
    DateSource,
    Despite,
    NewTherapy,
    RecordedTime,
    Refractory,
    TimeToEvent,
)
from calliper.protocol.toxicity_specs import Term, Toxicity
from calliper.protocol.treatment_specs import Exposure, Schedule, Treatment, Treatments
from calliper.protocol.variable_specs import (
    Bounds,
    Case,
    Category,
    Choose,
    Cut,
    Date,
    Derived,
    Flag,
    FreeText,
    Impute,
    Number,
    Regroup,
    RowDate,
    Score,
    Span,
    Stage,
    Variable,
)

__all__ = [
    "RESPONSE_CATEGORIES",
    "AgreementAnalysis",
    "Analysis",
    "AnalysisSpec",
    "Arm",
    "Arms",
    "Assessments",
    "BaselineAnalysis",
    "Bounds",
    "Case",
    "Category",
    "Centre",
    "Check",
    "Choose",
    "CompetingRisksAnalysis",
    "CompetingSource",
    "Conventions",
    "CoursesAnalysis",
    "CoxAnalysis",
    "Criterion",
    "Cut",
    "Date",
    "DateSource",
    "DatedDomain",
    "DatesCheck",
    "Day",
    "DefinitionsAnalysis",
    "Derived",
    "Despite",
    "DeviationRule",
    "Deviations",
    "DeviationsAnalysis",
    "Domain",
    "Endpoint",
    "Ethics",
    "Exposure",
    "ExposureAnalysis",
    "Flag",
    "FreeText",
    "FromLesions",
    "FurtherColumn",
    "Guess",
    "Impute",
    "Jump",
    "Landmark",
    "Measured",
    "Measurements",
    "Model",
    "Moment",
    "Multiplicity",
    "Name",
    "NewTherapy",
    "Number",
    "Population",
    "Preceding",
    "Protocol",
    "Pseudonyms",
    "Reading",
    "RecordedTime",
    "Refractory",
    "Regroup",
    "Reshaped",
    "Response",
    "ResponseAnalysis",
    "RowDate",
    "SafetyAnalysis",
    "Schedule",
    "ScheduleAnalysis",
    "Score",
    "SourceFile",
    "Span",
    "Spec",
    "Stage",
    "StudyFacts",
    "SubgroupsAnalysis",
    "SurvivalAnalysis",
    "TableSource",
    "Tables",
    "Term",
    "TimeToEvent",
    "Toxicity",
    "Treatment",
    "TreatmentAnalysis",
    "Treatments",
    "TrendAnalysis",
    "Tumours",
    "Variable",
    "Words",
]


class Ethics(Spec):
    """Approval and consent, as the report must state them."""

    approval: Words
    consent: Words | None = None


class StudyFacts(Spec):
    """What the study is, and what only its authors can state; `invented: true` labels every page as invented data.

    The sentences from `background` to `availability` stand in the Methods and the checklist as they are written.
    """

    title: Words
    short_title: Words | None = None
    design: Literal["retrospective cohort", "prospective cohort", "randomised trial", "single-arm trial"]
    objective: Words | None = None
    period: Words | None = None
    cutoff: Day | None = None
    ethics: Ethics | None = None
    registration: Words | None = None
    funding: Words | None = None
    source: Words | None = None
    background: Words | None = None
    setting: Words | None = None
    procedures: Words | None = None
    readers: Words | None = None
    confounding: Words | None = None
    sample_size: Words | None = None
    linkage: Words | None = None
    changes: Words | None = None
    conflicts: Words | None = None
    availability: Words | None = None
    invented: bool = False


class Centre(Spec):
    """One hospital. `aliases` are other names the files use for it."""

    label: Words
    aliases: tuple[str, ...] = ()


class Arm(Spec):
    """One arm. `values` are the raw values of the arm column that mean it."""

    label: Words
    short: Words | None = None
    values: tuple[str, ...] = Field(min_length=1)


class Arms(Spec):
    """How arms are recognised, in printing order. `reference` is the arm others are compared with."""

    column: str
    groups: dict[Name, Arm] = Field(min_length=1)
    reference: Name


class Criterion(Spec):
    """One eligibility criterion.

    An inclusion rule must be true, an exclusion rule must be false. Where the rule is unknown the patient is
    `pending` (out, listed as such), `include`d or `exclude`d.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=20)]
    kind: Literal["inclusion", "exclusion"]
    text: Words
    rule: Words
    unknown: Literal["pending", "include", "exclude"] = "pending"


class Conventions(Spec):
    """Choices on which good software disagrees; each overrides the named `convention`."""

    ties: Literal["efron", "breslow", "discrete", "marginal"] | None = None
    survival_ci: Literal["plain", "log", "log-log", "logit", "arcsine"] | None = None
    median_ci: Literal["brookmeyer-crowley", "spss"] | None = None
    median_flat: Literal["midpoint", "first"] | None = None
    means: Literal["welch", "pooled"] | None = None
    rank_p: Literal["exact", "normal"] | None = None
    rank_continuity: Literal["corrected", "uncorrected"] | None = None
    chi_square: Literal["pearson", "yates"] | None = None
    quantile: Literal[2, 6, 7] | None = None


class Guess(Spec):
    """What a draft guessed of a section of this file, with its evidence; no study runs before it is confirmed."""

    evidence: Words
    confirm: bool = False


class Pseudonyms(Spec):
    """Where the key of the pseudonyms lies that mappings put in the place of identifiers: a file to keep apart."""

    key: Words


class Protocol(Spec):
    """A whole study file.

    `mappings` name a file for each centre that writes otherwise than this file says, `answers` the corrections that
    centres gave, `pseudonyms` the key of theirs. `guesses` are what a draft left to be confirmed.
    """

    calliper: Literal[1]
    study: StudyFacts
    centres: dict[Name, Centre] = {}
    reading: Reading = Reading()
    mappings: tuple[Words, ...] = ()
    answers: Words | None = None
    pseudonyms: Pseudonyms | None = None
    guesses: dict[str, Guess] = {}
    data: Tables
    variables: dict[Name, Variable] = {}
    derived: dict[Name, Derived] = {}
    checks: tuple[Check, ...] = ()
    arms: Arms
    eligibility: tuple[Criterion, ...] = ()
    endpoints: dict[Name, Endpoint] = {}
    populations: dict[Name, Population] = {}
    analyses: tuple[Analysis, ...] = Field(min_length=1)
    multiplicity: Multiplicity | None = None
    convention: Literal["r", "sas", "spss"] = "r"
    conventions: Conventions = Conventions()
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    published: str | None = None
    report: Report = Report()

    @property
    def confidence(self) -> float:
        """The confidence level of every interval, 1 - alpha."""
        return 1.0 - self.alpha

    def variable(self, name: str) -> Number | Category | Date | FreeText | Derived:
        """A variable or derived variable by name; KeyError if there is none."""
        return self.variables[name] if name in self.variables else self.derived[name]
