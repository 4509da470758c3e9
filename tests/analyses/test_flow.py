"""The flow of patients, counted by hand, and the convention in force."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from analyses.hand_cohort import OS, protocol, value
from calliper.analyses import ANALYSE, analyse_flow
from calliper.analyses.convention import resolve
from calliper.analyses.survival import even_ticks
from calliper.analyses.survival_wording import summary_method
from calliper.endpoints import SCREENED, VERDICTS, Cohort
from calliper.protocol import specs
from calliper.results import Results

BASELINE = {"id": "baseline", "kind": "baseline", "variables": ["x"]}
SURVIVAL = {"id": "os", "kind": "survival", "endpoint": "os"}
CRITERIA = [
    {"id": "I1", "kind": "inclusion", "text": "Adult", "rule": "age >= 18"},
    {"id": "E1", "kind": "exclusion", "text": "Second tumour", "rule": 'second = "Yes"'},
]


@pytest.fixture(scope="module")
def found() -> Results:
    screened = [
        ("p0", "north", "test", "included", None, ""),
        ("p1", "north", "control", "excluded", "I1", "too young"),
        ("p2", "south", "test", "excluded", "E1", "second tumour"),
        ("p3", "south", "test", "pending", "E1", "not recorded"),
        ("p4", "south", None, "excluded", "arm", "the arm is not recorded"),
    ]
    verdicts = [
        *(
            (f"p{i}", "I1", verdict, "hand")
            for i, verdict in enumerate(["pass", "fail", "pass", "pass", "pass"])
        ),
        *(
            (f"p{i}", "E1", verdict, "hand")
            for i, verdict in enumerate(["pass", "fail", "fail", "unknown", "pass"])
        ),
    ]
    cohort = Cohort(
        patients=pl.DataFrame({"patient": ["p0"], "arm": ["test"]}),
        screened=pl.DataFrame(screened, schema=SCREENED, orient="row"),
        verdicts=pl.DataFrame(verdicts, schema=VERDICTS, orient="row"),
    )
    centres = {"north": {"label": "North"}, "south": {"label": "South"}}
    return analyse_flow(protocol(BASELINE, eligibility=CRITERIA, centres=centres), cohort, 3)


@pytest.mark.parametrize(
    ("group", "counts"),
    [
        ("overall", (5, 3, 1, 1)),
        ("test", (3, 1, 1, 1)),
        ("control", (1, 1, 0, 0)),
        ("centre:north", (2, 1, 0, 1)),
        ("centre:south", (3, 2, 1, 0)),
    ],
)
def test_decisions(found: Results, group: str, counts: tuple[int, ...]) -> None:
    stats = ("screened", "excluded", "pending", "included")
    assert tuple(value(found, f"flow/screened/{group}///{stat}") for stat in stats) == counts
    assert counts[0] == sum(counts[1:])


def test_criteria(found: Results) -> None:
    def of(criterion: str) -> tuple[float, ...]:
        stats = ("pass", "fail", "unknown", "left", "pending")
        return tuple(value(found, f"flow/screened/overall/{criterion}//{stat}") for stat in stats)

    assert of("I1") == (4, 1, 0, 1, 0)
    assert of("E1") == (2, 2, 1, 1, 1)
    assert value(found, "flow/screened/overall/arm//left") == 1
    assert value(found, "flow/screened/test/E1//left") == 1
    assert value(found, "flow/screened/test/E1//pending") == 1
    for group in ("overall", "test", "control", "centre:north", "centre:south"):
        for stat, total in (("left", "excluded"), ("pending", "pending")):
            parts = sum(
                value(found, f"flow/screened/{group}/{place}//{stat}") for place in ("I1", "E1", "arm")
            )
            assert parts == value(found, f"flow/screened/{group}///{total}"), "the reasons add up to the box"
    assert value(found, "flow/screened/overall///records_excluded") == 3
    (method,) = found.methods
    assert method.n_used == 5
    assert "2 eligibility criteria" in method.sentence
    assert "Left out before screening: 3 records with errors." in method.sentence


def test_one_record_is_not_one_records() -> None:
    cohort = Cohort(
        patients=pl.DataFrame({"patient": ["p0"], "arm": ["test"]}),
        screened=pl.DataFrame([("p0", None, "test", "included", None, "")], schema=SCREENED, orient="row"),
        verdicts=pl.DataFrame([], schema=VERDICTS),
    )
    (method,) = analyse_flow(protocol(BASELINE), cohort, 1).methods
    assert method.sentence.startswith("No eligibility criterion was set; 1 patient was screened.")
    assert method.sentence.endswith("Left out before screening: 1 record with errors.")


def test_every_kind_of_analysis_is_there() -> None:
    assert set(ANALYSE) == set(specs.AnalysisSpec.__subclasses__())


def test_one_choice_overrides_the_convention() -> None:
    study = protocol(BASELINE, convention="spss", conventions={"ties": "efron"})
    assert resolve(study).ties == "efron"
    assert resolve(study).median_ci == "spss"
    assert resolve(protocol(BASELINE)).survival_ci == "log"


def test_kaplan_meier_sentence_follows_the_convention() -> None:
    def sentence(**choices: Any) -> str:
        study = protocol(SURVIVAL, endpoints={"os": OS}, **choices)
        spec = study.analyses[0]
        assert isinstance(spec, specs.SurvivalAnalysis)
        return summary_method(spec, study, n_used=1, excluded=(0, "")).sentence

    assert sentence() == (
        "Survival curves were estimated by the Kaplan-Meier method with pointwise 95% confidence intervals "
        "on the log scale; the median and the quartiles carry Brookmeyer-Crowley 95% intervals, and where the "
        "curve is level at a quantile the midpoint of the level piece is taken. Median follow-up is that of "
        "the reverse Kaplan-Meier method."
    )
    spss = sentence(convention="spss", alpha=0.1)
    assert "pointwise 90% confidence intervals without transformation" in spss
    assert "symmetric 90% intervals from the standard error of the quantile (Collett)" in spss
    assert "its first time is taken" in spss


@pytest.mark.parametrize(
    ("last", "unit", "ticks"),
    [
        (36.4, "months", (0, 12, 24, 36)),
        (20.0, "months", (0, 6, 12, 18)),
        (0.0, "months", (0,)),
        (900, "days", (0, 200, 400, 600, 800)),
        (5, "years", (0, 1, 2, 3, 4, 5)),
        (0.6, "years", (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)),
    ],
)
def test_even_ticks(last: float, unit: str, ticks: tuple[float, ...]) -> None:
    assert even_ticks(last, unit=unit) == pytest.approx(ticks)
