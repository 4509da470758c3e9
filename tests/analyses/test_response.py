"""Response against the published table recomputed by hand: Liu et al. (2021), Table 2.

Limits, chi-square and Fisher P values and Newcombe differences were worked from the counts alone, apart from
this code; they stand here with the digits worked.
"""

from __future__ import annotations

import pytest

from analyses.hand_cohort import analyse, failures, patients, protocol, responses, value
from calliper.results import Results

RESPONSE = {
    "kind": "response",
    "label": "Tumour response",
    "criteria": "mRECIST (2010)",
    "landmarks": {
        "m1": {"label": "1 month", "only_record": True},
        "m3": {"label": "3 months", "only_record": True},
    },
}
# CR PR SD PD, and NE: those without an evaluable scan.
COUNTS = {
    "m1": {"combination": (7, 25, 10, 0, 0), "control": (6, 27, 11, 2, 2)},
    "m3": {"combination": (10, 22, 7, 1, 2), "control": (5, 21, 12, 7, 3)},
}
STUDY = protocol(
    {"id": "response", "kind": "response", "endpoint": "best"},
    arms=("combination", "control"),
    endpoints={"best": RESPONSE},
)


@pytest.fixture(scope="module")
def found() -> Results:
    frame = patients(arm=["combination"] * 42 + ["control"] * 48)
    by_landmark = {
        landmark: [
            category
            for counts in arms.values()
            for category, count in zip(("CR", "PR", "SD", "PD", "NE"), counts, strict=True)
            for category in [category] * count
        ]
        for landmark, arms in COUNTS.items()
    }
    return analyse(STUDY, frame, responses("best", frame["patient"].to_list(), by_landmark))


@pytest.mark.parametrize(
    ("where", "counts", "clopper_pearson", "wilson"),
    [
        ("evaluable/combination/m1/ORR", (32, 42), (60.55, 87.95), (61.47, 86.52)),
        ("evaluable/control/m1/ORR", (33, 46), (56.54, 84.01), (57.45, 82.68)),
        ("evaluable/combination/m1/DCR", (42, 42), (91.59, 100), (91.62, 100)),
        ("evaluable/control/m1/DCR", (44, 46), (85.16, 99.47), (85.47, 98.80)),
        ("evaluable/combination/m3/ORR", (32, 40), (64.35, 90.95), (65.24, 89.50)),
        ("evaluable/control/m3/ORR", (26, 45), (42.15, 72.34), (43.30, 71.03)),
        ("evaluable/combination/m3/DCR", (39, 40), (86.84, 99.94), (87.12, 99.56)),
        ("evaluable/control/m3/DCR", (38, 45), (70.54, 93.51), (71.22, 92.25)),
    ],
)
def test_rates(
    found: Results,
    where: str,
    counts: tuple[int, int],
    clopper_pearson: tuple[float, float],
    wilson: tuple[float, float],
) -> None:
    x, n = counts
    key = f"response/{where}"
    assert value(found, key + "/count") == x
    assert value(found, key + "/proportion") == x / n
    assert value(found, key.rsplit("/", 1)[0] + "//n") == n
    for name, limits in (("clopper_pearson", clopper_pearson), ("wilson", wilson)):
        ends = tuple(100 * value(found, f"{key}/{end}.{name}") for end in ("lower", "upper"))
        assert ends == pytest.approx(limits, abs=0.005)


@pytest.mark.parametrize(
    ("where", "pearson", "fisher_and_fewest", "difference"),
    [
        ("m1/ORR", (0.2253, 0.6350), (0.8085, 10.98), (4.45, -13.89, 22.08)),
        ("m1/DCR", (1.8686, 0.1716), (0.4953, 0.95), (4.35, -4.60, 14.53)),
        ("m3/ORR", (4.8247, 0.0281), (0.0364, 12.71), (22.22, 2.39, 39.54)),
        ("m3/DCR", (4.2335, 0.0396), (0.0612, 3.76), (13.06, 0.06, 26.44)),
    ],
)
def test_comparisons(
    found: Results,
    where: str,
    pearson: tuple[float, float],
    fisher_and_fewest: tuple[float, float],
    difference: tuple[float, float, float],
) -> None:
    (chi2, p), (fisher, fewest) = pearson, fisher_and_fewest
    between = f"response/evaluable/between/{where}/"
    assert value(found, between + "statistic.pearson") == pytest.approx(chi2, abs=5e-5)
    assert value(found, between + "df.pearson") == 1
    assert value(found, between + "p.pearson") == pytest.approx(p, abs=5e-5)
    assert value(found, between + "p.fisher") == pytest.approx(fisher, abs=5e-5)
    assert value(found, between + "min_expected") == pytest.approx(fewest, abs=0.006)
    assert value(found, between + "p") == value(found, between + ("p.fisher" if fewest < 5 else "p.pearson"))
    contrast = f"response/evaluable/combination vs control/{where}/"
    worked = [
        100 * value(found, contrast + stat) for stat in ("difference", "lower.newcombe", "upper.newcombe")
    ]
    assert worked == pytest.approx(difference, abs=0.0051)


@pytest.mark.parametrize(
    ("where", "pearson", "fisher"),
    [
        ("m1/ORR", 0.4317, None),
        ("m1/DCR", 0.0556, 0.1200),
        ("m3/ORR", 0.0294, 0.0463),
        ("m3/DCR", 0.0653, 0.0782),
    ],
)
def test_all_patients_as_denominator(
    found: Results, where: str, pearson: float, fisher: float | None
) -> None:
    between = f"response/all/between/{where}/"
    assert value(found, between + "p.pearson") == pytest.approx(pearson, abs=5e-5)
    if fisher is not None:
        assert value(found, between + "p.fisher") == pytest.approx(fisher, abs=5e-5)
    landmark, _ = where.split("/")
    assert value(found, f"response/all/control/{landmark}//n") == 48
    assert value(found, f"response/all/control/{landmark}/NE/count") == {"m1": 2, "m3": 3}[landmark]


def test_headline_names_its_test_and_who_is_left_out(found: Results) -> None:
    methods = {method.subject: method for method in found.methods if method.name == "headline"}
    assert methods["m1 ORR"].parameters["test"] == "pearson"
    assert methods["m1 DCR"].parameters["test"] == "fisher"
    assert (methods["m1 DCR"].n_used, methods["m1 DCR"].n_excluded) == (88, 2)
    assert methods["m1 DCR"].why_excluded == "response not evaluable"
    assert (methods["m1 DCR all"].n_used, methods["m1 DCR all"].n_excluded) == (90, 0)
    assert methods["m1 DCR all"].parameters["population"] == "all"


def test_levels_add_up(found: Results) -> None:
    for population in ("evaluable", "all"):
        for group in ("combination", "control", "overall"):
            here = f"response/{population}/{group}/m3/"
            levels = ("CR", "PR", "SD", "PD", *(("NE",) if population == "all" else ()))
            assert sum(value(found, f"{here}{level}/count") for level in levels) == value(found, here + "/n")
            assert value(found, here + "DCR/count") - value(found, here + "ORR/count") == value(
                found, here + "SD/count"
            )


def test_everyone_responds_is_no_test() -> None:
    frame = patients(arm=["combination"] * 3 + ["control"] * 3)
    endpoint = responses("best", frame["patient"].to_list(), {"m1": ["CR"] * 6, "m3": ["PD"] * 6})
    found = analyse(STUDY, frame, endpoint)
    assert found.get("response/evaluable/between/m1/ORR/p") is None
    assert found.get("response/evaluable/between/m3/DCR/p") is None
    assert failures(found)["headline", "m1 ORR"].startswith("no test")
    assert value(found, "response/evaluable/combination/m3/ORR/proportion") == 0


def test_nobody_evaluable_in_an_arm() -> None:
    frame = patients(arm=["combination"] * 2 + ["control"] * 2)
    ids = frame["patient"].to_list()
    found = analyse(STUDY, frame, responses("best", ids[2:], {"m1": ["CR", "PD"], "m3": ["CR", "PD"]}))
    assert value(found, "response/evaluable/combination/m1//n") == 0
    assert found.get("response/evaluable/combination/m1/ORR/proportion") is None
    assert value(found, "response/all/combination/m1/NE/count") == 2
    assert ("newcombe", "m1 ORR combination vs control") in failures(found)


def test_bounds_for_those_not_known_at_3_months(found: Results) -> None:
    """Responses 32 of 42 with 2 not known, and 26 of 48 with 3 not known."""
    expected = {
        "response/all/combination/m3/ORR/lower.unknown": 32 / 42,
        "response/all/combination/m3/ORR/upper.unknown": 34 / 42,
        "response/all/control/m3/ORR/upper.unknown": 29 / 48,
        "response/all/combination vs control/m3/ORR/lower.unknown": 32 / 42 - 29 / 48,
        "response/all/combination vs control/m3/ORR/upper.unknown": 34 / 42 - 26 / 48,
    }
    assert {key: value(found, key) for key in expected} == pytest.approx(expected, rel=1e-12)
