"""The demonstration's published numbers: transcribed twice, addressed to results that the study declares."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from math import erfc, exp, log, sqrt
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from calliper.audit.claims import Claim, Published, load_claims
from calliper.audit.compare import Verdict, judge
from calliper.synth import targets

SYNTH = Path(str(files("calliper.synth")))
ARMS = {"exp": "combination", "ctl": "control"}


@pytest.fixture(scope="module")
def published() -> Published:
    return load_claims(SYNTH / "demo_published.yaml")


@pytest.fixture(scope="module")
def claims(published: Published) -> dict[str, Claim]:
    return {claim.id: claim for claim in published.claims}


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load((SYNTH / "demo_study.yaml").read_text(encoding="utf-8"))
    return found


def printed(claims: dict[str, Claim], name: str) -> float:
    return float(claims[name].printed)


def test_ids_are_unique_and_every_table_is_there(published: Published) -> None:
    assert len({claim.id for claim in published.claims}) == len(published.claims)
    places = Counter(claim.where for claim in published.claims)
    # Table 1: n, 2 x (2 means, 2 SDs), 50 counts, 13 P. Table 2: 4 n, 16 counts, 8 percents. Table 3: 2 n,
    # 8 counts, 4 P. Table 4: 6 x 5. Table 5: 11 x (HR, limits, P) and 4 x (coefficient, HR, limits, P).
    assert places["Table 1"] == 2 + 8 + 50 + 13
    assert places["Table 2"] == 4 + 16 + 8
    assert places["Table 3"] == 2 + 8 + 4
    assert places["Table 4"] == 30
    assert places["Table 5, single-factor"] == 44
    assert places["Table 5, multi-factor"] == 20


def test_all_38_p_values_of_the_tables_and_the_text_are_there(published: Published) -> None:
    # 13 of Table 1, 4 of Table 2, 2 of the curves, 4 of Table 3, 11 + 4 of Table 5.
    assert sum(claim.kind == "p" for claim in published.claims) == 38


def test_the_terminal_shows_about_twenty_numbers(published: Published) -> None:
    assert 18 <= sum(claim.headline for claim in published.claims) <= 24


def levels(study: dict[str, Any], variable: str) -> set[str]:
    if variable in study["variables"]:
        return {str(level) for level in study["variables"][variable].get("codes", {}).values()}
    spec = study["derived"][variable]
    return set(spec["labels"]) if "cut" in spec else set(spec["groups"])


def check_key(key: str, study: dict[str, Any]) -> None:
    parts = key.split("/")
    assert len(parts) == 6, key
    analysis, population, group, variable, level, stat = parts
    specs = {spec["id"]: spec for spec in study["analyses"]}
    arms = {"combination", "control", "overall", "between"}
    assert stat
    if analysis == "flow":
        assert (population, level) == ("screened", ""), key
        assert group in arms
        assert stat in {"screened", "excluded", "pending", "included"}, key
        return
    spec = specs[analysis]
    assert population == {"response": "evaluable", "exposure": "started"}.get(spec["kind"], "included"), key
    match spec["kind"]:
        case "baseline":
            assert variable in spec["variables"], key
            assert group in arms
            assert level == "" or level in levels(study, variable), key
            assert stat in (
                {"count", "proportion"} if level else {"n", "mean", "sd", "p.pooled", "p.pearson"}
            ), key
        case "response":
            assert variable in study["endpoints"][spec["endpoint"]]["landmarks"], key
            assert level in {"", "CR", "PR", "SD", "PD", "ORR", "DCR"}, key
            assert group in arms
            assert stat in {"n", "count", "proportion", "statistic.pearson", "p.pearson"}, key
        case "survival":
            assert (variable, level) == (spec["endpoint"], ""), key
            assert group in arms
        case "safety":
            kinds = set(spec.get("kinds", ())) if variable == "any" else set()
            assert variable == "any" or variable in study["endpoints"][spec["endpoint"]]["terms"], key
            assert level in {"", "any grade", "grade 1", "grade 2", "grade 3", "grade 4", *kinds}, key
            assert group in arms & {*spec.get("arms", arms), "between"}, key
            assert spec.get("test", True) or group != "between"
        case "exposure":
            assert group in set(study["endpoints"][spec["endpoint"]]["arms"]), key
            assert (variable, level, stat) in {("reduced", "", "count"), ("interrupted", "", "count")}, key
        case "cox":
            assert group in {"univariable", *(model["id"] for model in spec["models"])}, key
            assert variable in spec["factors"], key
            groups = set(study["arms"]["groups"]) if variable == "arm" else set()
            assert level == "" or level in groups or level in levels(study, variable), key
            assert stat in {"hr", "lower", "upper", "p", "coefficient", "p.factor"}, key


def test_every_key_speaks_of_something_the_study_declares(
    published: Published, study: dict[str, Any]
) -> None:
    keys = [claim.key for claim in published.claims if claim.key is not None]
    assert len(keys) > 250
    for key in keys:
        check_key(key, study)


FACTORS = {
    "sex": "sex", "aetiology": "aetiology", "cirrhosis": "cirrhosis", "nodules": "nodules",
    "vascular_invasion": "vascular", "metastasis": "metastasis", "ecog": "ecog", "child_pugh": "child",
    "bclc": "bclc", "afp": "afp", "previous_treatment": "previous",
}  # fmt: skip
LEVELS = {
    "M": "male",
    "F": "female",
    "Y": "yes",
    "N": "no",
    "<=3": "le3",
    ">3": "gt3",
    "<=400": "le400",
    ">400": "gt400",
}


@pytest.mark.parametrize("short", ARMS)
def test_two_transcriptions_of_tables_1_to_3_agree(claims: dict[str, Claim], short: str) -> None:
    arm = targets.ARMS[ARMS[short]]  # type: ignore[index]
    for factor, counts in arm.table_1.items():
        for level, count in counts.items():
            name = f"t1_{FACTORS[factor]}_{LEVELS.get(level, level.lower())}_{short}"
            assert printed(claims, name) == count, name
    for name, moments in (("age", arm.age_years), ("diameter", arm.largest_diameter_cm)):
        assert printed(claims, f"t1_{name}_mean_{short}") == moments.mean
        assert printed(claims, f"t1_{name}_sd_{short}") == moments.sd
    for month, counts in (("m1", arm.month_1), ("m3", arm.month_3)):
        for category, count in counts.items():
            assert printed(claims, f"t2_{month}_{category.lower()}_{short}") == count
    for term, count in arm.tace_events.items():
        name = {"Nausea and vomiting": "nausea_vomiting"}.get(term, term.lower().replace(" ", "_"))
        assert printed(claims, f"t3_{name}_{short}") == count
    assert printed(claims, f"res_os_{short}") == arm.median_os_months
    assert printed(claims, f"res_ttp_{short}") == arm.median_ttp_months


def test_two_transcriptions_of_table_4_agree(claims: dict[str, Claim]) -> None:
    names = {"Hand-foot syndrome": "hand_foot", "Skin rash": "rash"}
    for term, grades in targets.SORAFENIB_WORST_GRADES.items():
        name = names.get(term, term.lower())
        assert [printed(claims, f"t4_{name}_grade_{grade}") for grade in (1, 2, 3, 4)] == [*grades, 0]
        assert printed(claims, f"t4_{name}_any") == sum(grades)


@pytest.mark.parametrize("month", ["m1", "m3"])
@pytest.mark.parametrize("short", ARMS)
def test_the_printed_percents_of_table_2_come_from_its_counts(
    claims: dict[str, Claim], month: str, short: str
) -> None:
    cr, pr, sd, pd = (printed(claims, f"t2_{month}_{name}_{short}") for name in ("cr", "pr", "sd", "pd"))
    n = cr + pr + sd + pd
    assert n == printed(claims, f"res_{month}_n_{short}")
    for name, responders in (("orr", cr + pr), ("dcr", cr + pr + sd)):
        for place in ("t2", "res"):
            claim = claims[f"{place}_{month}_{name}_{short}"]
            assert judge("percent", claim.number, responders / n) == "match"


def pearson(table: list[list[float]]) -> tuple[float, float]:
    """Chi-square without continuity correction and its P on 1 df, from the definition."""
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    chi2 = sum(
        (table[i][j] - rows[i] * columns[j] / sum(rows)) ** 2 / (rows[i] * columns[j] / sum(rows))
        for i in range(2)
        for j in range(2)
    )
    return chi2, erfc(sqrt(chi2 / 2))


@pytest.mark.parametrize(
    ("month", "name", "chi2_verdict", "p_verdict"),
    [
        ("m1", "orr", "match", "match"),
        ("m1", "dcr", "rounding", "differs"),
        ("m3", "orr", "match", "match"),
        ("m3", "dcr", "rounding", "rounding"),
    ],
)
def test_the_verdicts_on_table_2_that_its_own_counts_give(
    claims: dict[str, Claim], month: str, name: str, chi2_verdict: Verdict, p_verdict: Verdict
) -> None:
    table = []
    for short in ARMS:
        cr, pr, sd, pd = (printed(claims, f"t2_{month}_{part}_{short}") for part in ("cr", "pr", "sd", "pd"))
        good = cr + pr + (sd if name == "dcr" else 0)
        table.append([good, cr + pr + sd + pd - good])
    chi2, p = pearson(table)
    assert judge("number", claims[f"res_{month}_{name}_chi2"].number, chi2) == chi2_verdict
    assert judge("p", claims[f"res_{month}_{name}_p"].number, p) == p_verdict


@pytest.mark.parametrize(
    ("factor", "upper", "lower", "verdict"),
    [
        ("sex", "male", "female", "match"),
        ("cirrhosis", "yes", "no", "rounding"),
        ("nodules", "le3", "gt3", "match"),
        ("vascular", "yes", "no", "rounding"),
        ("metastasis", "yes", "no", "match"),
        ("child", "a", "b", "match"),
        ("bclc", "b", "c", "match"),
        ("afp", "le400", "gt400", "match"),
        ("previous", "yes", "no", "match"),
    ],
)
def test_the_verdicts_on_table_1_that_its_own_counts_give(
    claims: dict[str, Claim], factor: str, upper: str, lower: str, verdict: Verdict
) -> None:
    table = [[printed(claims, f"t1_{factor}_{level}_{short}") for level in (upper, lower)] for short in ARMS]
    assert judge("p", claims[f"t1_{factor}_p"].number, pearson(table)[1]) == verdict


@pytest.mark.parametrize(
    ("term", "verdict"), [("fever", "rounding"), ("pain", "match"), ("nausea_vomiting", "match")]
)
def test_the_p_values_of_table_3_need_48_patients_not_the_42_of_its_header(
    claims: dict[str, Claim], term: str, verdict: Verdict
) -> None:
    with_event = [printed(claims, f"t3_{term}_{short}") for short in ARMS]
    found = [
        judge("p", claims[f"t3_{term}_p"].number, pearson([[e, n - e] for e, n in zip(with_event, ns)])[1])
        for ns in ((42, 48), (42, 42))
    ]
    assert found == [verdict, "differs"]


def test_a_printed_number_that_its_own_counts_contradict_has_a_note(claims: dict[str, Claim]) -> None:
    for name in ("t1_age_p", "t1_aetiology_p", "t1_diameter_p", "res_m1_dcr_p", "t3_n_ctl", "abs_ttp_ctl"):
        assert claims[name].note, name


def test_the_notes_on_table_5_quote_what_the_print_implies(published: Published) -> None:
    """Wald P from the printed limits: z = ln HR / ((ln upper - ln lower) / 3.92)."""
    rows: dict[str, dict[str, Claim]] = {}
    for claim in published.claims:
        if claim.where.startswith("Table 5") and claim.key is not None and "/ecog/" not in claim.key:
            row, _, part = claim.id.rpartition("_")
            rows.setdefault(row, {})[part] = claim
    assert len(rows) == 14
    for parts in rows.values():
        hr, lower, upper, p = (float(parts[part].printed) for part in ("hr", "lower", "upper", "p"))
        implied = erfc(abs(log(hr)) / ((log(upper) - log(lower)) / 3.919928) / sqrt(2))
        note = parts["hr"].note
        assert note is not None
        quoted = re.search(r"implies P = (0\.\d+)", note)
        if quoted:
            assert f"{implied:.{len(quoted[1]) - 2}f}" == quoted[1], note
        else:
            # Only for vascular invasion in the multi-factor model do interval and P agree.
            assert f"{implied:.3f}" == f"{p:.3f}" == "0.008"
        if "b" in parts:
            assert f"= {exp(float(parts['b'].printed)):.3f}, not {parts['hr'].printed}" in note


def test_the_notes_on_table_5_say_which_numbers_the_cohort_is_calibrated_to(claims: dict[str, Claim]) -> None:
    names = {"nodules_over_3": "nodules", "vascular_invasion": "vascular", "treatment": "treatment"}
    calibrated = {f"t5m_{names[factor]}_hr": ratio for factor, ratio in targets.COX_MULTIVARIABLE.items()}
    for name, claim in claims.items():
        if name.startswith("t5") and claim.note is not None:
            said = claim.note.startswith("The invented cohort is calibrated to this number within about 4%")
            assert said == (name in calibrated), name
    assert {name: printed(claims, name) for name in calibrated} == calibrated


def test_the_printed_mean_follow_up_is_impossible(claims: dict[str, Claim]) -> None:
    # Half of 42 and half of 48 at most pass their median, nobody 36 months: 25.7267.
    bound = (21 * 18.6 + 21 * 36 + 24 * 12.7 + 24 * 36) / 90
    reason = claims["res_follow_up_mean"].not_checkable
    assert bound < printed(claims, "res_follow_up_mean")
    assert reason is not None
    assert f"{bound:.1f}" in reason
