"""Baseline tables against a published table recomputed, and against R on the Coimbra cohort."""

from __future__ import annotations

import json

import polars as pl
import pytest

from analyses.hand_cohort import analyse, category, failures, number, patients, protocol, value
from calliper.results import Results
from shared import shared_data

BASELINE = {"id": "baseline", "kind": "baseline"}

# Liu et al. (2021), Table 1: counts by level, combination (42) then control (48).
TABLE_1 = {
    "sex": {"Male": (37, 41), "Female": (5, 7)},
    "aetiology": {"HBV": (33, 38), "HCV": (4, 5), "Alcohol": (3, 3), "Other": (2, 2)},
    "cirrhosis": {"Yes": (20, 23), "No": (22, 25)},
    "nodules": {">3": (12, 13), "<=3": (30, 35)},
    "vascular": {"Yes": (13, 15), "No": (29, 33)},
    "metastasis": {"Yes": (6, 8), "No": (36, 40)},
    "ecog": {"0": (14, 16), "1": (23, 26), "2": (5, 6)},
    "child": {"B": (11, 13), "A": (31, 35)},
    "bclc": {"C": (29, 33), "B": (13, 15)},
    "afp": {">400": (24, 28), "<=400": (18, 20)},
    "previous": {"Yes": (7, 8), "No": (35, 40)},
}


@pytest.fixture(scope="module")
def table_1() -> Results:
    columns = {
        name: [level for arm in (0, 1) for level, count in levels.items() for level in [level] * count[arm]]
        for name, levels in TABLE_1.items()
    }
    study = protocol(
        {**BASELINE, "variables": list(TABLE_1)},
        variables={name: category(name, *levels) for name, levels in TABLE_1.items()},
        arms=("combination", "control"),
    )
    return analyse(study, patients(arm=["combination"] * 42 + ["control"] * 48, **columns))


@pytest.mark.parametrize("name", [name for name, levels in TABLE_1.items() if len(levels) == 2])
def test_chi_square_of_two_levels_by_its_short_formula(table_1: Results, name: str) -> None:
    """For [[a, b], [c, d]] chi-square is n (ad - bc)^2 over the product of the four margins."""
    (a, c), (b, d) = TABLE_1[name].values()
    chi2 = 90 * (a * d - b * c) ** 2 / (42 * 48 * (a + c) * (b + d))
    between = f"baseline/included/between/{name}/"
    assert value(table_1, between + "/statistic.pearson") == pytest.approx(chi2, rel=1e-10, abs=1e-12)
    fewest = min(42 * (a + c), 42 * (b + d)) / 90
    assert value(table_1, between + "/min_expected") == pytest.approx(fewest)
    assert value(table_1, between + "/p") == value(table_1, between + "/p.pearson")
    first = next(iter(TABLE_1[name]))
    assert value(table_1, f"baseline/included/combination/{name}/{first}/proportion") == a / 42
    assert value(table_1, f"baseline/included/overall/{name}/{first}/count") == a + c


@pytest.mark.parametrize(
    ("name", "p", "smd"),
    [
        ("sex", 0.7092, 0.079),
        ("aetiology", 0.9958, 0.053),
        ("cirrhosis", 0.9775, 0.006),
        ("nodules", 0.8751, 0.033),
        ("vascular", 0.97573, 0.006),
        ("metastasis", 0.7559, 0.066),
        ("ecog", 0.9960, 0.019),
        ("child", 0.9239, 0.020),
        ("bclc", 0.9757, 0.006),
        ("afp", 0.9092, 0.024),
        ("previous", 1.0, 0.0),
    ],
)
def test_published_table_recomputed(table_1: Results, name: str, p: float, smd: float) -> None:
    """P values and standardised differences worked from the printed counts, apart from this code."""
    assert value(table_1, f"baseline/included/between/{name}//p.pearson") == pytest.approx(p, abs=5e-5)
    contrast = f"baseline/included/combination vs control/{name}//smd"
    assert value(table_1, contrast) == pytest.approx(smd, abs=5.01e-4)


def test_small_expected_count_makes_fisher_the_headline(table_1: Results) -> None:
    """Aetiology: four patients have another, 4 x 42 / 90 expected; the exact P is 1.000."""
    between = "baseline/included/between/aetiology//"
    assert value(table_1, between + "min_expected") == pytest.approx(4 * 42 / 90)
    assert value(table_1, between + "p") == value(table_1, between + "p.fisher") == pytest.approx(1, abs=5e-4)
    (method,) = [method for method in table_1.methods if method.subject == "aetiology"]
    assert method.parameters["test"] == "fisher"


@pytest.fixture(scope="module")
def coimbra() -> pl.DataFrame:
    frame = pl.read_csv(shared_data("04_hcc/uci_hcc_coimbra.csv"), infer_schema_length=None)
    return frame.with_columns(arm=pl.col("Class").replace_strict({0: "dead", 1: "alive"}))


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, dict[str, float]]]:
    held = json.loads(shared_data("09_known_answers/r_known_answers.json").read_text())["answers"]
    return {entry["id"]: entry["result"] for entry in held if entry["id"].startswith("uci")}


def test_numbers_as_r(coimbra: pl.DataFrame, answers: dict[str, dict[str, dict[str, float]]]) -> None:
    names = list(answers["uci_cont"])
    columns = {name.lower(): coimbra[name].cast(pl.Float64).to_list() for name in names}
    study = protocol(
        {**BASELINE, "variables": list(columns), "show": {"afp": "median"}},
        variables={name: number(name, "u") for name in columns},
        arms=("alive", "dead"),
        reference="dead",
    )
    found = analyse(study, patients(arm=coimbra["arm"].to_list(), **columns))
    for name in names:
        expected, variable = answers["uci_cont"][name], name.lower()
        for arm in ("alive", "dead"):
            here = f"baseline/included/{arm}/{variable}//"
            assert value(found, here + "mean") == pytest.approx(expected[f"mean_{arm}"], rel=1e-10)
            assert value(found, here + "median") == pytest.approx(expected[f"median_{arm}"], rel=1e-10)
        overall = f"baseline/included/overall/{variable}//"
        assert value(found, overall + "n") == expected["n"]
        assert value(found, overall + "n") + value(found, overall + "missing") == 165
        between = f"baseline/included/between/{variable}//"
        assert value(found, between + "p.welch") == pytest.approx(expected["welch_p"], rel=1e-10)
        assert value(found, between + "p.mann_whitney") == pytest.approx(expected["wilcoxon_p"], rel=1e-10)
        headline = "p.mann_whitney" if variable == "afp" else "p.welch"
        assert value(found, between + "p") == value(found, between + headline)
    row = found.get("baseline/included/alive/age//mean")
    assert row is not None
    assert row.unit == "u"
    methods = {m.subject: m for m in found.methods if m.name == "headline"}
    assert methods["afp"].n_excluded == 165 - 157
    assert methods["afp"].why_excluded == "value not recorded"
    assert "Welch's t test for numbers shown as mean" in methods[""].sentence
    assert "the Mann-Whitney test for numbers shown as median" in methods[""].sentence


def test_categories_as_r(coimbra: pl.DataFrame, answers: dict[str, dict[str, dict[str, float]]]) -> None:
    names = list(answers["uci_cat"])
    columns = {name.lower(): coimbra[name].cast(pl.Int64).cast(pl.String).to_list() for name in names}
    study = protocol(
        {**BASELINE, "variables": list(columns)},
        variables={name: category(name, *"01234") for name in columns},
        arms=("alive", "dead"),
        reference="dead",
    )
    found = analyse(study, patients(arm=coimbra["arm"].to_list(), **columns))
    for name in names:
        expected, between = answers["uci_cat"][name], f"baseline/included/between/{name.lower()}//"
        assert value(found, between + "p.pearson") == pytest.approx(expected["chisq_nocorr"], rel=1e-10)
        assert value(found, between + "p.fisher") == pytest.approx(expected["fisher"], rel=1e-8)
        sparse = value(found, between + "min_expected") < 5
        headline = expected["fisher"] if sparse else expected["chisq_nocorr"]
        assert value(found, between + "p") == pytest.approx(headline, rel=1e-8)


def test_convention_chooses_the_t_test() -> None:
    """By hand: 1 2 3 against 2 4 6 has t = -2 / sqrt(2.5 x 2/3) both ways, on 4 and 2.94 degrees."""
    frame = patients(arm=["test"] * 3 + ["control"] * 3, x=[1.0, 2.0, 3.0, 2.0, 4.0, 6.0])
    for convention, test, df in (("r", "welch", (5 / 3) ** 2 / ((1 / 9 + 16 / 9) / 2)), ("sas", "pooled", 4)):
        study = protocol(
            {**BASELINE, "variables": ["x"]}, variables={"x": number("x")}, convention=convention
        )
        found = analyse(study, frame)
        between = "baseline/included/between/x//"
        assert value(found, between + f"statistic.{test}") == pytest.approx(-2 / (2.5 * 2 / 3) ** 0.5)
        assert value(found, between + f"df.{test}") == pytest.approx(df)
        assert value(found, between + "p") == value(found, between + f"p.{test}")
        smd = value(found, "baseline/included/test vs control/x//smd")
        assert smd == pytest.approx(-2 / 2.5**0.5)


def test_exact_test_too_large_gives_way_with_a_warning() -> None:
    """5,998 patients, one level with 4 of them: sparse, and no exact test of 2x3 at this size."""
    levels = (["A"] * 2000 + ["B"] * 997 + ["C"] * 2) * 2
    study = protocol({**BASELINE, "variables": ["c"]}, variables={"c": category("c", "A", "B", "C")})
    found = analyse(study, patients(arm=["test"] * 2999 + ["control"] * 2999, c=levels))
    between = "baseline/included/between/c//"
    assert value(found, between + "p") == value(found, between + "p.pearson") == 1
    assert found.get(between + "p.fisher") is None
    assert failures(found)["fisher", "c"].startswith("no exact test: a 2x3 table of 5998 patients")
    (method,) = [method for method in found.methods if (method.name, method.subject) == ("headline", "c")]
    assert method.warnings == ("c: the exact test was not feasible; the chi-square test replaces it.",)


def test_three_arms_anova_and_kruskal_wallis() -> None:
    """Worked by hand: 1 2 3, 2 3 4, 6 7 8: F = (42 / 2) / (6 / 6) = 21 on 2 and 6."""
    arms = ["a"] * 3 + ["b"] * 3 + ["c"] * 3
    study = protocol(
        {**BASELINE, "variables": ["x"]}, variables={"x": number("x")}, arms=("a", "b", "c"), reference="b"
    )
    found = analyse(study, patients(arm=arms, x=[1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0]))
    between = "baseline/included/between/x//"
    assert value(found, between + "statistic.anova") == pytest.approx(21)
    assert (value(found, between + "df1.anova"), value(found, between + "df2.anova")) == (2, 6)
    assert value(found, between + "df.kruskal_wallis") == 2
    assert value(found, between + "p") == value(found, between + "p.anova")
    assert value(found, "baseline/included/a vs b/x//smd") == pytest.approx(-1)
    assert found.get("baseline/included/b vs b/x//smd") is None


def test_missing_is_counted_and_is_no_level() -> None:
    study = protocol(
        {**BASELINE, "variables": ["c", "x"]}, variables={"c": category("c", "Y", "N"), "x": number("x")}
    )
    frame = patients(
        arm=["test"] * 3 + ["control"] * 3,
        c=["Y", "N", None, "Y", "Y", "N"],
        x=[1.0, None, None, 2.0, 3.0, 5.0],
    )
    found = analyse(study, frame)
    test = "baseline/included/test/"
    assert (value(found, test + "c//n"), value(found, test + "c//missing")) == (2, 1)
    assert value(found, test + "c/Y/proportion") == 0.5
    assert (value(found, test + "x//n"), value(found, test + "x//missing")) == (1, 2)
    assert found.get(test + "x//sd") is None
    assert not [row for row in found if row.level not in {"", "Y", "N"}]
    assert "known values" in failures(found)["headline", "x"]


def test_tests_none_prints_no_p() -> None:
    study = protocol({**BASELINE, "variables": ["x"], "tests": "none"}, variables={"x": number("x")})
    found = analyse(study, patients(arm=["test", "test", "control", "control"], x=[1.0, 2.0, 3.0, 5.0]))
    assert not [row for row in found if row.group == "between"]
    assert not failures(found)
