"""`calliper demo`: the paper's study on the invented cohort gives the paper's printed numbers, and says where not."""

from __future__ import annotations

import html
import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

import calliper
from calliper.cli.main import run_command
from calliper.report import origins
from calliper.report.html import POLICY
from calliper.results import Results
from calliper.study import Study
from calliper.synth.demo import write_demo


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return calliper.load(folder / "study.yaml")


def value(results: Results, key: str) -> float:
    row = results.get(key)
    assert row is not None, key
    assert row.value is not None, key
    return row.value


def printed(number: float, places: int) -> str:
    return str(Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


TABLE_1 = {
    ("sex", "Male"): (37, 41), ("sex", "Female"): (5, 7),
    ("aetiology", "Hepatitis B"): (33, 38), ("aetiology", "Hepatitis C"): (4, 5),
    ("aetiology", "Alcohol"): (3, 3), ("aetiology", "Other"): (2, 2),
    ("cirrhosis", "Yes"): (20, 23), ("cirrhosis", "No"): (22, 25),
    ("nodules_group", "≤3"): (30, 35), ("nodules_group", ">3"): (12, 13),
    ("vascular_invasion", "Yes"): (13, 15), ("vascular_invasion", "No"): (29, 33),
    ("metastasis", "Yes"): (6, 8), ("metastasis", "No"): (36, 40),
    ("ecog", "0"): (14, 16), ("ecog", "1"): (23, 26), ("ecog", "2"): (5, 6),
    ("child", "A"): (31, 35), ("child", "B"): (11, 13),
    ("bclc", "B"): (13, 15), ("bclc", "C"): (29, 33),
    ("afp_group", "≤400"): (18, 20), ("afp_group", ">400"): (24, 28),
    ("previous", "Yes"): (7, 8), ("previous", "No"): (35, 40),
}  # fmt: skip


def test_table_1(study: Study) -> None:
    results = study.run()
    for (variable, level), counts in TABLE_1.items():
        for arm, count in zip(("combination", "control"), counts, strict=True):
            assert value(results, f"baseline/included/{arm}/{variable}/{level}/count") == count, (
                variable,
                level,
                arm,
            )
    means = {"age": (("60.3", "14.0"), ("59.7", "13.2")), "diameter": (("11.5", "3.7"), ("11.0", "3.0"))}
    for variable, by_arm in means.items():
        for arm, (mean, sd) in zip(("combination", "control"), by_arm, strict=True):
            assert printed(value(results, f"baseline/included/{arm}/{variable}//mean"), 1) == mean
            assert printed(value(results, f"baseline/included/{arm}/{variable}//sd"), 1) == sd
    assert value(results, "baseline/included/overall/sex/Male/count") == 78


TABLE_2: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "month_1": {"CR": (7, 6), "PR": (25, 27), "SD": (10, 11), "PD": (0, 2), "ORR": (32, 33), "DCR": (42, 44)},
    "month_3": {"CR": (10, 5), "PR": (22, 21), "SD": (7, 12), "PD": (1, 7), "ORR": (32, 26), "DCR": (39, 38)},
}


def test_table_2(study: Study) -> None:
    results = study.run()
    for landmark, categories in TABLE_2.items():
        for category, counts in categories.items():
            for arm, count in zip(("combination", "control"), counts, strict=True):
                assert value(results, f"response/evaluable/{arm}/{landmark}/{category}/count") == count
    assert [value(results, f"response/evaluable/overall/{landmark}//n") for landmark in TABLE_2] == [88, 85]
    tests = {"month_1/ORR": (0.2253, 0.6350), "month_1/DCR": (1.8686, 0.1716), "month_3/ORR": (4.8247, 0.0281),
             "month_3/DCR": (4.2335, 0.0396)}  # fmt: skip
    for place, (chi2, p) in tests.items():
        stem = f"response/evaluable/between/{place}"
        assert value(results, f"{stem}/statistic.pearson") == pytest.approx(chi2, abs=5e-5)
        assert value(results, f"{stem}/p.pearson") == pytest.approx(p, abs=5e-5)
    assert value(results, "response/evaluable/between/month_3/DCR/p") == pytest.approx(0.0612, abs=5e-5), (
        "Fisher leads"
    )


def test_tables_3_and_4(study: Study) -> None:
    results = study.run()
    for term, counts in {
        "fever": (14, 17),
        "pain": (12, 14),
        "nausea_vomiting": (30, 34),
        "liver_abscess": (0, 0),
    }.items():
        for arm, count in zip(("combination", "control"), counts, strict=True):
            assert value(results, f"tace_safety/included/{arm}/{term}/any grade/count") == count
    assert value(results, "tace_safety/included/control/fever//n") == 48
    grades = {
        "hand_foot": (17, 4, 3, 0), "rash": (7, 2, 0, 0), "diarrhoea": (9, 4, 2, 0), "fatigue": (10, 1, 0, 0),
        "hypertension": (1, 2, 2, 0), "anorexia": (2, 3, 0, 0),
    }  # fmt: skip
    for term, counts in grades.items():
        stem = f"sorafenib_safety/included/combination/{term}"
        assert tuple(value(results, f"{stem}/grade {grade}/count") for grade in (1, 2, 3, 4)) == counts
        assert value(results, f"{stem}/any grade/count") == sum(counts)
        assert value(results, f"{stem}/grade >=3/count") == counts[2] + counts[3]


def test_survival(study: Study) -> None:
    results = study.run()
    medians = {"os": ("18.6", "12.7"), "ttp": ("8.3", "6.0")}
    for endpoint, by_arm in medians.items():
        for arm, median in zip(("combination", "control"), by_arm, strict=True):
            assert printed(value(results, f"{endpoint}/included/{arm}/{endpoint}//median"), 1) == median
    for endpoint, chi2 in {"os": "6.470", "ttp": "8.271"}.items():
        statistic = value(results, f"{endpoint}/included/between/{endpoint}//statistic.logrank")
        assert printed(statistic, 3) == chi2


def test_the_direction_of_the_multivariable_result(study: Study) -> None:
    results = study.run()
    for model in ("screened", "prespecified"):
        stem = f"prognosis/included/{model}"
        assert value(results, f"{stem}/arm/combination/upper") < 1
        assert value(results, f"{stem}/nodules_group/>3/lower") > 1
        assert value(results, f"{stem}/vascular_invasion/Yes/lower") > 1
    screened = {
        row.variable for row in results.of("prognosis") if row.group == "screened" and row.stat == "p.factor"
    }
    assert screened == {"nodules_group", "vascular_invasion", "metastasis", "arm"}


def test_every_convention_gives_the_same_counts_and_medians(study: Study, tmp_path: Path) -> None:
    write_demo(tmp_path)
    text = (tmp_path / "study.yaml").read_text(encoding="utf-8")
    for convention in ("sas", "spss"):
        (tmp_path / "other.yaml").write_text(text + f"\nconvention: {convention}\n", encoding="utf-8")
        other = calliper.load(tmp_path / "other.yaml").run()
        for key in ("os/included/combination/os//median", "response/evaluable/control/month_3/ORR/count"):
            assert value(other, key) == value(study.run(), key)
        assert value(other, "baseline/included/between/age//p") == value(
            study.run(), "baseline/included/between/age//p.pooled"
        )


def test_the_report_says_invented_and_compares(study: Study, tmp_path: Path) -> None:
    page = (study.report(tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    assert "INVENTED DATA" in page
    assert "one-sided" in page
    for figure in (tmp_path / "out" / "figures").iterdir():
        drawn = figure.read_text(encoding="utf-8")
        assert drawn.startswith("<svg")
        assert "INVENTED DATA" in drawn, "a figure file travels alone"
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["invented"] is True
    reasons = {comparison.claim.id: comparison for comparison in study.comparisons}
    assert len(reasons) > 250
    assert all(c.reason for c in study.comparisons if c.verdict in {"differs", "not checkable"})


# What the paper's own counts, moments and intervals give when worked apart from Calliper: halved P values, headers
# that are not the denominators, a median that two places print differently, digits cut off instead of rounded.
NOT_MATCHING = {
    "differs": {
        "abs_ttp_ctl", "t1_age_p", "t1_aetiology_p", "t1_diameter_p", "t2_m1_n_ctl", "t2_m3_n_exp", "t2_m3_n_ctl",
        "res_m1_dcr_p", "t3_n_ctl",
    },
    "rounding": {
        "t1_cirrhosis_p", "t1_vascular_p", "res_m1_dcr_chi2", "res_m3_dcr_chi2", "res_m3_dcr_p", "t3_fever_p",
    },
    "not checkable": {
        "res_follow_up_mean", "t3_liver_abscess_p", "res_tace_event_shortest", "res_tace_event_longest",
    },
}  # fmt: skip


def test_every_verdict_outside_table_5_and_the_intervals_is_the_one_worked_by_hand(study: Study) -> None:
    """Table 5 and the limits of the medians rest on times that are not published."""
    found: dict[str, set[str]] = {verdict: set() for verdict in NOT_MATCHING}
    for made in study.comparisons:
        on_times = made.claim.where.startswith("Table 5") or "95% limit" in made.claim.what
        if made.verdict != "match" and not on_times:
            found[made.verdict].add(made.claim.id)
    assert found == NOT_MATCHING


def test_what_is_derived_beside_the_paper_moves_no_comparison(study: Study) -> None:
    """The verdicts on the paper were the same when the responses of the cohort were only recorded categories."""
    counts = Counter(made.verdict for made in study.comparisons)
    assert counts == {"match": 186, "rounding": 6, "differs": 77, "not checkable": 7}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o755), (0o077, 0o700)])
def test_a_report_is_as_private_as_its_writer_keeps_files(
    study: Study, tmp_path: Path, umask: int, mode: int
) -> None:
    before = os.umask(umask)
    try:
        out = study.report(tmp_path / "out")
    finally:
        os.umask(before)
    assert out.stat().st_mode & 0o777 == (out / "figures").stat().st_mode & 0o777 == mode


def test_mistakes_of_the_published_numbers_are_told_before_the_run(tmp_path: Path) -> None:
    write_demo(tmp_path)
    (tmp_path / "published.yaml").write_text("calliper: 2\n", encoding="utf-8")
    steps: list[str] = []
    study = Study(calliper.load(tmp_path / "study.yaml").loaded, steps.append)
    with pytest.raises(calliper.ProtocolError, match=r"published\.yaml:1: "):
        study.report(tmp_path / "out")
    assert not steps


def test_the_page_reaches_nothing_outside_itself(study: Study, tmp_path: Path) -> None:
    page = (study.report(tmp_path / "out") / "report.html").read_text(encoding="utf-8")
    links = set(
        re.findall(r"""(?:\s(?:src|href|action|data)\s*=\s*["']?|url\(|@import\s)([^"')\s>]+)""", page)
    )
    assert links
    assert all(link.startswith("#") for link in links), links
    named = {
        address
        for address in re.findall(r"https?://[^\s\"'<]+", page)
        if address != "http://www.w3.org/2000/svg"
    }
    assert not named
    assert re.findall("<script[^>]*>", page) == ['<script type="application/json" id="origins">', "<script>"]
    assert f"<script>{origins.script()}</script>" in page
    policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', page)[0])
    assert policy == f"{origins.allowed()}{POLICY}"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy.partition("style-src")[0]


def test_the_command_prints_paper_and_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "demo"
    assert run_command(["demo", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("INVENTED DATA")
    assert str(out / "report" / "report.html") in shown
    assert re.search(r"Median overall survival.*18\.6\s+18\.60\s+match", shown)
    assert run_command(["demo", "--out", str(out)]) == 0, "a second time into the same folder"
