"""What the published tables say, and the demonstration cohort must therefore give back.

Liu S, Yu G, Wang Q, et al. CalliSpheres microspheres drug-eluting bead transhepatic artery chemoembolization
with or without sorafenib for the treatment of large liver cancer: a multi-center retrospective study.
Published 30 December 2021. Tables 1 to 4, the Results text and, of Table 5, which factors are significant and
three hazard ratios. Where two places of the paper disagree the one used is named beside the number, and so is what
had to be assumed. Nothing else in this file was invented; what the paper leaves open is invented in `cohort`,
`survival` and `response`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Arm = Literal["combination", "control"]

ENTRY_FIRST = date(2017, 1, 1)
ENTRY_LAST = date(2019, 6, 30)
CUTOFF = date(2020, 6, 30)
"""The paper says "June 2020"; the last day of the month is assumed."""

DAYS_PER_MONTH = 30.4375
FOLLOW_UP_MONTHS = (8, 36)
"""Shortest and longest follow-up (Results). The mean printed there, 28.5, contradicts these medians."""

MONTH_1_DAYS = (21, 30, 45)
MONTH_3_DAYS = (70, 91, 112)
"""First day, target day and last day of the windows in which a scan counts as the landmark assessment. The paper
says "1 and 3 months"; the windows are assumed, and `demo_study.yaml` declares the same ones."""

OS_LOG_RANK = 6.470
TTP_LOG_RANK = 8.271

COX_SIGNIFICANT = ("nodules_over_3", "vascular_invasion", "metastasis", "treatment")
"""The factors with univariable P < 0.05 (Table 5); the other seven have P >= 0.05."""
COX_MULTIVARIABLE = {"nodules_over_3": 1.960, "vascular_invasion": 1.971, "treatment": 0.561}
"""Multivariable hazard ratios with P < 0.05 (Table 5), met within 4%; `metastasis` is in the model with P = 0.073."""


@dataclass(frozen=True)
class Moments:
    """A mean and a standard deviation (divisor n - 1) as printed, to one decimal."""

    mean: float
    sd: float


@dataclass(frozen=True)
class ArmTargets:
    """One column of Tables 1, 2 and 3, and the medians of the Results. Counts are patients.

    `table_1` maps a factor to its levels and their counts; each factor's counts add up to `patients`. The
    counts of `month_1` and `month_3` add up to the evaluable patients, which are fewer. `tace_events` holds
    patients with the event after the first session; nausea and vomiting are one row there, as printed.
    """

    treatment: str
    patients: int
    age_years: Moments
    largest_diameter_cm: Moments
    table_1: Mapping[str, Mapping[str, int]]
    month_1: Mapping[str, int]
    month_3: Mapping[str, int]
    tace_events: Mapping[str, int]
    median_os_months: float
    median_ttp_months: float


ARMS: Mapping[Arm, ArmTargets] = {
    "combination": ArmTargets(
        treatment="DEB-TACE + sorafenib",
        patients=42,
        age_years=Moments(60.3, 14.0),
        largest_diameter_cm=Moments(11.5, 3.7),
        table_1={
            "sex": {"M": 37, "F": 5},
            "aetiology": {"HBV": 33, "HCV": 4, "ALCOHOL": 3, "OTHER": 2},
            "cirrhosis": {"Y": 20, "N": 22},
            "nodules": {"<=3": 30, ">3": 12},
            "vascular_invasion": {"Y": 13, "N": 29},
            "metastasis": {"Y": 6, "N": 36},
            "ecog": {"0": 14, "1": 23, "2": 5},
            "child_pugh": {"A": 31, "B": 11},
            "bclc": {"B": 13, "C": 29},
            "afp": {"<=400": 18, ">400": 24},
            "previous_treatment": {"Y": 7, "N": 35},
        },
        month_1={"CR": 7, "PR": 25, "SD": 10, "PD": 0},
        month_3={"CR": 10, "PR": 22, "SD": 7, "PD": 1},
        tace_events={"Fever": 14, "Pain": 12, "Nausea and vomiting": 30, "Liver abscess": 0},
        median_os_months=18.6,
        median_ttp_months=8.3,
    ),
    "control": ArmTargets(
        treatment="DEB-TACE",
        patients=48,
        age_years=Moments(59.7, 13.2),
        largest_diameter_cm=Moments(11.0, 3.0),
        table_1={
            "sex": {"M": 41, "F": 7},
            "aetiology": {"HBV": 38, "HCV": 5, "ALCOHOL": 3, "OTHER": 2},
            "cirrhosis": {"Y": 23, "N": 25},
            "nodules": {"<=3": 35, ">3": 13},
            "vascular_invasion": {"Y": 15, "N": 33},
            "metastasis": {"Y": 8, "N": 40},
            "ecog": {"0": 16, "1": 26, "2": 6},
            "child_pugh": {"A": 35, "B": 13},
            "bclc": {"B": 15, "C": 33},
            "afp": {"<=400": 20, ">400": 28},
            "previous_treatment": {"Y": 8, "N": 40},
        },
        month_1={"CR": 6, "PR": 27, "SD": 11, "PD": 2},
        month_3={"CR": 5, "PR": 21, "SD": 12, "PD": 7},
        # The header of Table 3 prints n=42 for this arm; its P values need 48.
        tace_events={"Fever": 17, "Pain": 14, "Nausea and vomiting": 34, "Liver abscess": 0},
        median_os_months=12.7,
        # The Results and Figure 2 print 6.0, the abstract 6.9.
        median_ttp_months=6.0,
    ),
}

SORAFENIB_WORST_GRADES: Mapping[str, tuple[int, int, int]] = {
    "Hand-foot syndrome": (17, 4, 3),
    "Skin rash": (7, 2, 0),
    "Diarrhoea": (9, 4, 2),
    "Fatigue": (10, 1, 0),
    "Hypertension": (1, 2, 2),
    "Anorexia": (2, 3, 0),
}
"""Table 4: patients of the combination arm by worst grade 1, 2 and 3 (CTCAE 3.0); none had grade 4."""

DOSE_REDUCED = 6
"""Patients reduced to 400 mg a day for hand-foot syndrome or diarrhoea (Results)."""
INTERRUPTED_FOR_HYPERTENSION = 2
"""Patients with grade 3 hypertension whose sorafenib was held for a short time (Results)."""
