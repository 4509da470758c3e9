"""Which of the choices on which good software differs a study makes, and which each analysis reads."""

from __future__ import annotations

from dataclasses import replace

from calliper.protocol import specs
from calliper.protocol.specs import Conventions, Protocol
from calliper.stats.conventions import CONVENTIONS, Convention

READS: dict[type[specs.AnalysisSpec], tuple[str, ...]] = {
    specs.BaselineAnalysis: ("means", "rank_p", "rank_continuity", "chi_square", "quantile"),
    specs.ResponseAnalysis: ("chi_square",),
    specs.SurvivalAnalysis: ("ties", "survival_ci", "median_ci", "median_flat"),
    specs.CoxAnalysis: ("ties",),
    specs.SubgroupsAnalysis: ("ties",),
    specs.CompetingRisksAnalysis: ("ties", "survival_ci"),
    specs.SafetyAnalysis: (),
    specs.AgreementAnalysis: (),
    specs.CoursesAnalysis: ("quantile",),
    specs.DeviationsAnalysis: (),
    specs.DefinitionsAnalysis: ("ties", "median_flat", "chi_square"),
    specs.ExposureAnalysis: ("survival_ci", "median_ci", "median_flat", "quantile"),
    specs.ScheduleAnalysis: ("quantile",),
    specs.TreatmentAnalysis: ("quantile",),
    specs.TrendAnalysis: ("quantile",),
}
"""The choices that can change a number of each kind of analysis; under conventions equal in them it is not run
again."""


def resolve(protocol: Protocol) -> Convention:
    """The named convention of the study, with the choices that `conventions` sets alone put over it."""
    return replace(CONVENTIONS[protocol.convention], **protocol.conventions.model_dump(exclude_none=True))


def under(protocol: Protocol, name: str) -> Protocol:
    """The same study under a named convention in full."""
    return protocol.model_copy(update={"convention": name, "conventions": Conventions()})
