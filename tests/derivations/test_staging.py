"""Stages and scores of a study: derived from its variables, compared with what was recorded, its checks as queries."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import calliper
from calliper.derivations.baseline import derive_baseline
from calliper.errors import ProtocolError
from calliper.records.tables import Problem
from protocol.test_any_damage import ABSENT, JUNK, paths

STUDY = """\
calliper: 1
study: {title: Staged patients, design: retrospective cohort}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
variables:
  bili: {type: number, column: Bilirubin, label: Bilirubin, unit: umol/L}
  alb: {type: number, column: Albumin, label: Albumin, unit: g/L}
  inr: {type: number, column: INR, label: INR}
  ascites: {type: category, column: Ascites, label: Ascites, codes: {0: None, 1: Mild, 2: Moderate to severe}}
  enc: {type: category, column: Encephalopathy, label: Encephalopathy, codes: {0: None, 1: Grade 1-2}}
  ecog: {type: integer, column: ECOG, label: ECOG}
  invasion: {type: category, column: Invasion, label: Invasion, codes: {Y: "Yes", N: "No"}}
  spread: {type: category, column: Spread, label: Spread, codes: {Y: "Yes", N: "No"}}
  nodules: {type: integer, column: Nodules, label: Nodules}
  diameter: {type: number, column: Diameter, label: Diameter, unit: cm}
  bclc: {type: category, column: BCLC, label: BCLC stage, codes: {A: A, B: B, C: C, D: D}}
  points: {type: integer, column: Points, label: Child-Pugh points}
derived:
  child:
    stage: child_pugh
    items: {bilirubin: bili, albumin: alb, inr: inr, ascites: ascites, encephalopathy: enc}
    label: Child-Pugh class
  counted:
    score: child_pugh
    items: {bilirubin: bili, albumin: alb, inr: inr, ascites: ascites, encephalopathy: enc}
    label: Child-Pugh points
    compare_with: points
  derived_bclc:
    stage: bclc
    version: 2022
    items:
      {ecog: ecog, child_pugh: child, macrovascular: invasion, spread: spread, nodules: nodules, diameter: diameter}
    label: BCLC stage
    compare_with: bclc
  albi: {score: albi, items: {bilirubin: bili, albumin: alb}, label: ALBI}
checks:
  - {id: XF08, text: Child-Pugh A with ECOG 2, rule: 'child = "A" and ecog = 2'}
arms: {column: Arm, groups: {a: {label: A, values: [A]}}, reference: a}
eligibility:
  - {id: I3, kind: inclusion, text: BCLC B or C, rule: 'derived_bclc in ("B", "C")'}
analyses:
  - {id: baseline, kind: baseline, variables: [child, counted, derived_bclc, albi]}
"""

PATIENTS = """\
ID,Arm,Bilirubin,Albumin,INR,Ascites,Encephalopathy,ECOG,Invasion,Spread,Nodules,Diameter,BCLC,Points
P1,A,30,36,1.2,0,0,0,N,N,1,11.5,B,5
P2,A,40,33,1.8,1,0,0,N,N,4,6,B,8
P3,A,55,27,1.5,1,0,2,Y,N,1,11,D,10
P4,A,,33,1.8,1,0,1,N,N,1,11,C,
P5,A,30,36,1.2,0,0,2,N,N,1,11,C,5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "patients.csv").write_text(PATIENTS, encoding="utf-8")
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    return tmp_path


def derived(folder: Path) -> pl.DataFrame:
    study = calliper.load(folder / "study.yaml")
    return derive_baseline(study.protocol, study.check())


def queries(folder: Path, rule: str) -> list[Problem]:
    return [
        problem for problem in calliper.load(folder / "study.yaml").check().problems if problem.rule == rule
    ]


def test_stages_and_scores_are_columns_like_any_other(folder: Path) -> None:
    frame = derived(folder)
    assert frame["child"].to_list() == ["A", "B", "C", None, "A"]
    assert frame["counted"].to_list() == [5.0, 9.0, 10.0, None, 5.0]
    assert frame["derived_bclc"].to_list() == ["A", "B", "D", None, "C"]
    assert frame.schema["child"] == pl.String
    assert frame.schema["counted"] == pl.Float64
    # 0.66 log10 30 - 0.085 x 36 = 0.974900 - 3.06
    assert frame["albi"][0] == pytest.approx(-2.0851, abs=5e-5)
    assert frame["albi"][3] is None


def test_eligibility_and_tables_read_them(folder: Path) -> None:
    results = calliper.load(folder / "study.yaml").run()
    found = {
        key: row.value if (row := results.get(key)) else None
        for key in (
            "flow/screened/overall///included",
            "baseline/included/a/child/B/count",
            "baseline/included/a/counted//mean",
        )
    }
    # P2 is B and P5 is C; P1 is A, P3 is D, and of P4 it is not known
    assert list(found.values()) == [2, 1, (9 + 5) / 2]


def test_a_recorded_stage_that_differs_is_a_query_with_the_items(folder: Path) -> None:
    (query,) = queries(folder, "differs_from_derived")[1:]
    assert (query.severity, query.patient, query.row, query.column, query.value) == (
        "query",
        "P1",
        2,
        "BCLC",
        "B",
    )
    assert query.line == (
        "patients.csv, row 2, column 'BCLC': BCLC stage: recorded 'B', derived 'A' by version 2022; ECOG 0, a "
        "single nodule of 11.5 cm: stage A (LEGACY_LARGE gives what is recorded); confirm the recorded value and "
        "the items; both are used as they stand"
    )


def test_a_recorded_number_that_differs_is_a_query_with_the_points(folder: Path) -> None:
    query = queries(folder, "differs_from_derived")[0]
    assert (query.patient, query.column, query.value) == ("P2", "Points", "8")
    assert query.message == (
        "Child-Pugh points: recorded '8', derived '9'; bilirubin 40 umol/L (2), albumin 33 g/L (2), "
        "INR 1.8 (2), ascites mild (2), encephalopathy none (1): 9 points"
    )


def test_a_check_that_is_true_is_a_query(folder: Path) -> None:
    (query,) = queries(folder, "XF08")
    assert (query.severity, query.patient) == ("query", "P5")
    assert query.message == 'Child-Pugh A with ECOG 2; child = A, ecog = 2; rule: child = "A" and ecog = 2'


def test_a_patient_is_explained_with_the_points(folder: Path) -> None:
    found = calliper.load(folder / "study.yaml").explain("P4")
    assert "the stage child_pugh: bilirubin is not recorded; bili = not recorded, alb = 33" in found
    assert "the stage bclc, version 2022: Child-Pugh class is not recorded" in found


def test_every_item_and_no_stage_is_a_query_once(folder: Path) -> None:
    """Albumin in g/dL under g/L: 0.66 log10 30 - 0.085 x 3.6 = 0.974900 - 0.306 = 0.67; no one has such a score."""
    text = STUDY.replace(
        "checks:", "  grade: {stage: malbi, items: {bilirubin: bili, albumin: alb}, label: Grade}\nchecks:"
    )
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    (folder / "patients.csv").write_text(PATIENTS.replace("P5,A,30,36", "P5,A,30,3.6"), encoding="utf-8")
    plain, modified = queries(folder, "not_derived")
    assert (plain.severity, plain.patient, plain.row) == ("query", "P5", 6)
    assert plain.message == (
        "no albi from these items: bilirubin 30 umol/L, albumin 3.6 g/L: the score would be 0.67; check the units"
    )
    assert modified.message.startswith("no malbi from these items: ")


def test_limits_of_afp_and_levels_of_thrombus(folder: Path) -> None:
    text = (
        STUDY[: STUDY.index("derived:")]
        + """\
  afp: {type: text, column: AFP, label: AFP}
  vp: {type: category, column: Vp, label: Portal vein, codes: {0: Vp0, 1: Vp1, 4: Vp4}}
  vv: {type: category, column: Vv, label: Hepatic vein, codes: {0: Vv0, 3: Vv3}}
derived:
  high_afp: {stage: afp_400, version: IU/mL, items: {afp: afp}, label: AFP above 400 ng/mL}
  in_vein: {stage: macrovascular, items: {portal_vein: vp, hepatic_vein: vv}, label: Macrovascular invasion}
"""
        + STUDY[STUDY.index("arms:") : STUDY.index("eligibility:")]
        + STUDY[STUDY.index("analyses:") :].replace(
            "[child, counted, derived_bclc, albi]", "[high_afp, in_vein]"
        )
    )
    rows = PATIENTS.splitlines()
    added = ["AFP,Vp,Vv", "<0.6,0,0", ">1210,1,", ">200,0,3", "331,0,", ",4,0"]
    csv = "\n".join(f"{row},{cells}" for row, cells in zip(rows, added, strict=True))
    (folder / "patients.csv").write_text(csv + "\n", encoding="utf-8")
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    frame = derived(folder)
    assert frame["high_afp"].to_list() == ["≤400", ">400", None, ">400", None]
    assert frame["in_vein"].to_list() == ["No", "Yes", "Yes", None, "Yes"]
    (query,) = queries(folder, "not_derived")
    assert (query.patient, query.message) == (
        "P3",
        "no afp_400 from these items: AFP >200 IU/mL: may lie on either side of 400 ng/mL",
    )


def test_a_study_without_either_is_left_alone(folder: Path) -> None:
    text = STUDY.replace("    compare_with: points\n", "").replace("    compare_with: bclc\n", "")
    text = text[: text.index("checks:")] + text[text.index("arms:") :]
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    assert calliper.load(folder / "study.yaml").check().problems == ()


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        (
            "stage: child_pugh",
            "stage: child_pug",
            "derived.child.stage: found 'child_pug'; expected the stage child_pugh, bclc, macrovascular, afp_400, "
            "albi, malbi, up_to_seven, six_and_twelve, seven_eleven, tumour_burden, hap, mhap or mhap_ii "
            "(did you mean 'child_pugh'?)",
        ),
        (
            "{score: albi,",
            "{score: bclc, version: 2022,",
            "derived.albi.score: found 'bclc'; expected the score child_pugh, albi, malbi, up_to_seven, "
            "six_and_twelve, seven_eleven, tumour_burden, hap, mhap or mhap_ii",
        ),
        (
            "{score: albi, items: {bilirubin: bili, albumin: alb}",
            "{score: albi, items: {bilirubin: bili}",
            "derived.albi.items: found no variable for 'albumin'; expected every item of 'albi'",
        ),
        (
            "{score: albi, items: {bilirubin: bili, albumin: alb}",
            "{score: albi, items: {bilirubin: bili, albumin: alb, inr: inr}",
            "derived.albi.items.inr: found 'inr'; expected an item of 'albi': bilirubin or albumin",
        ),
        (
            "label: Albumin, unit: g/L",
            "label: Albumin, unit: g/l",
            "derived.albi.items.albumin: found the unit 'g/l' of 'alb'; expected of 'albumin' g/L or g/dL",
        ),
        (
            "label: Albumin, unit: g/L",
            "label: Albumin",
            "derived.albi.items.albumin: found no unit of 'alb'; expected of 'albumin' g/L or g/dL",
        ),
        (
            "0: None, 1: Mild,",
            "0: None, 1: Some,",
            "derived.child.items.ascites: found the level 'Some' of 'ascites'; expected of 'ascites' none, absent, "
            "mild, slight, controlled, moderate, severe, moderate to severe or refractory "
            "(regroup: puts levels together)",
        ),
        (
            "    version: 2022\n",
            "",
            "derived.derived_bclc: found no version; expected one of 'bclc': 2022, 2018 or LEGACY_LARGE",
        ),
        (
            "version: 2022",
            "version: 2021",
            "derived.derived_bclc.version: found '2021'; expected a version of 'bclc': 2022, 2018 or LEGACY_LARGE "
            "(did you mean '2022'?)",
        ),
        (
            "{score: albi,",
            "{score: albi, version: 2022,",
            "derived.albi.version: found '2022'; expected none, 'albi' has one version",
        ),
        (
            "macrovascular: invasion,",
            "macrovascular: nodules,",
            "derived.derived_bclc.items.macrovascular: found the number 'nodules'; expected the name of a category "
            "variable",
        ),
        (
            "child_pugh: child,",
            "child_pugh: albi,",
            "derived.derived_bclc.items.child_pugh: found 'albi', which is derived here or below; expected one "
            "from above",
        ),
        (
            "codes: {A: A, B: B, C: C, D: D}",
            "codes: {A: A, B: B, C: C, X: X}",
            "derived.derived_bclc.compare_with: found the level 'X' of 'bclc'; expected 0, A, B, C or D",
        ),
        (
            "compare_with: points",
            "compare_with: bclc",
            "derived.counted.compare_with: found the category 'bclc'; expected the name of a number variable",
        ),
        (
            "ecog = 2'",
            "ecgo = 2'",
            "checks.XF08.rule: column 17: found 'ecgo'; expected the name of a variable (did you mean 'ecog'?)",
        ),
        (
            "label: ALBI}",
            "label: ALBI, lable: x}",
            "derived.albi.lable: found the key 'lable'; expected items, version, label, compare_with, score or "
            "decimals (did you mean 'label'?)",
        ),
    ],
)
def test_what_does_not_fit_is_named(folder: Path, old: str, new: str, mistake: str) -> None:
    assert old in STUDY
    (folder / "study.yaml").write_text(STUDY.replace(old, new), encoding="utf-8")
    with pytest.raises(ProtocolError) as held:
        calliper.load(folder / "study.yaml")
    assert mistake in [line.split(": ", 1)[1] for line in held.value.mistakes]


WHOLE: dict[str, Any] = YAML(typ="safe").load(STUDY)
PATHS = [path for path in paths(WHOLE) if path[0] in ("derived", "checks")]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(path=st.sampled_from(PATHS), junk=st.sampled_from(JUNK))
def test_a_damaged_stage_is_a_mistake_with_its_line(
    path: tuple[Any, ...], junk: object, folder: Path
) -> None:
    whole = copy.deepcopy(WHOLE)
    holder: Any = whole
    for step in path[:-1]:
        holder = holder[step]
    if junk is ABSENT:
        del holder[path[-1]]
    else:
        holder[path[-1]] = junk
    YAML().dump(whole, folder / "study.yaml")
    try:
        calliper.load(folder / "study.yaml")
    except ProtocolError as error:
        for line in error.mistakes:
            assert line.startswith("study.yaml:")
            assert "; expected " in line
