"""227 resected hepatocellular carcinomas: OS and RFS by BCLC stage and vascular invasion, equal to R."""

from __future__ import annotations

import pytest

import calliper
from calliper.results import Results
from shared import ROOT, shared_data
from studies.answers import check_cox, check_kaplan_meier, check_logrank, value

STAGES = {"bclc_1": "BCLC=1", "bclc_2": "BCLC=2"}
TERMS = {
    "Age": "age/",
    "Gender": "sex/code 1",
    "AFP": "afp/code 2",
    "Tumorsize": "size/code 2",
    "Vascularinvasion": "vascular_invasion/Yes",
    "Tumormultiplicity": "multiplicity/code 2",
    "BCLC": "bclc/code 2",
    "CXCL17T": "cxcl17/",
}


@pytest.fixture(scope="module")
def results() -> Results:
    shared_data("04_hcc/hepatocellular_resection.csv")
    return calliper.load(ROOT / "studies" / "hcc_resection.yaml").run()


def test_overall_survival_by_stage(results: Results) -> None:
    check_kaplan_meier(results, "os_bclc/included/{group}/os/", "hcc_os_bclc_km_log", STAGES)
    check_logrank(results, "os_bclc", "os", "hcc_os_lr_bclc", STAGES)


@pytest.mark.parametrize("endpoint", ["os", "rfs"])
def test_multivariable_cox(results: Results, endpoint: str) -> None:
    check_cox(results, f"cox_{endpoint}/included/full", f"hcc_{endpoint}_cox_efron", TERMS)


def test_by_vascular_invasion_uses_every_patient(results: Results) -> None:
    for endpoint, events in (("os", 97), ("rfs", 143)):
        stem = f"{endpoint}_invasion/included"
        assert value(results, f"{stem}/No/{endpoint}//n") == 186
        assert value(results, f"{stem}/Yes/{endpoint}//n") == 41
        counted = [value(results, f"{stem}/{level}/{endpoint}//events") for level in ("No", "Yes")]
        assert sum(n for n in counted if n is not None) == events


def test_the_screened_model_holds_the_factors_below_the_line(results: Results) -> None:
    for endpoint in ("os", "rfs"):
        factors = {term.split("/")[0] for term in TERMS.values()}
        below = set()
        for factor in factors:
            p = value(results, f"cox_{endpoint}/included/univariable/{factor}//p.factor")
            assert p is not None
            if p < 0.05:
                below.add(factor)
        held = {
            row.variable
            for row in results.of(f"cox_{endpoint}")
            if row.group == "screened" and row.stat == "p.factor"
        }
        assert held == below
        assert held
