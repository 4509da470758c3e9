"""Hazard ratios within subgroups and tests of interaction: equal to R's, and refused where the data cannot tell."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from analyses.hand_cohort import OS, analyse, category, failures, patients, protocol, times, value
from calliper.results import Results
from shared import ROOT

R: dict[str, Any] = json.loads((ROOT / "tests/fixtures/r/subgroups.json").read_text())
COHORT: dict[str, list[Any]] = R["cohort"]
SPEC = {"id": "sub", "kind": "subgroups", "endpoint": "os", "factors": ["sex", "stage"]}
PAIR = "test vs control"


def found(
    columns: dict[str, Sequence[Any]],
    *,
    stages: Sequence[str] = ("A", "B", "C"),
    arms: Sequence[str] = ("test", "control"),
    reference: str = "control",
    **rest: Any,
) -> Results:
    study = protocol(
        SPEC,
        arms=arms,
        reference=reference,
        variables={"sex": category("Sex", "F", "M"), "stage": category("Stage", *stages)},
        endpoints={"os": OS},
        **rest,
    )
    frame = patients(**{name: columns[name] for name in ("arm", "sex", "stage")})
    return analyse(study, frame, times("os", frame["patient"].to_list(), columns["time"], columns["status"]))


def small(*rows: tuple[str, str, str, int, int]) -> dict[str, list[Any]]:
    """Arm, sex, stage, time, event of each patient."""
    return dict(
        zip(("arm", "sex", "stage", "time", "status"), map(list, zip(*rows, strict=True)), strict=True)
    )


def check_place(results: Results, place: str, answer: dict[str, Any], *, rel: float = 1e-8) -> None:
    """Counts and hazard ratios at `VARIABLE/LEVEL` against R's."""
    for arm, n in answer["n"].items():
        assert value(results, f"sub/included/{arm}/{place}/n") == n
        assert value(results, f"sub/included/{arm}/{place}/events") == answer["events"][arm]
    held = [value(results, f"sub/included/{PAIR}/{place}/{stat}.cox") for stat in ("hr", "lower", "upper")]
    assert held == pytest.approx([answer[name][0] for name in ("hr", "lower", "upper")], rel=rel)


@pytest.mark.parametrize("answer", R["made"], ids=lambda answer: answer["ties"])
def test_equal_to_r_with_patients_whose_sex_is_not_known(answer: dict[str, Any]) -> None:
    results = found(COHORT, conventions={"ties": answer["ties"]})
    check_place(results, "/", answer["all"])
    for factor, held in answer["factors"].items():
        for level, place in held["levels"].items():
            check_place(results, f"{factor}/{level}", place)
        test = [
            value(results, f"sub/included/between/{factor}//{stat}.interaction")
            for stat in ("statistic", "df", "p")
        ]
        assert test == pytest.approx([held["test"][stat] for stat in ("statistic", "df", "p")], rel=1e-7)
        assert value(results, f"sub/included/overall/{factor}//n") == held["test"]["n"]
    unknown = COHORT["sex"].count(None)
    assert unknown > 0
    assert value(results, "sub/included/overall/sex//missing") == unknown
    (method,) = [m for m in results.methods if m.name == "interaction" and m.subject == "sex"]
    assert (method.n_excluded, method.why_excluded) == (unknown, f"not recorded: Sex ({unknown})")
    assert not failures(results)


def test_a_hazard_ratio_by_hand() -> None:
    # Women: test dies at 1, then control at 2, test is censored at 3. At 1 the risk set is {t, c, t}, at 2 {c, t}:
    # L(h) = h / (2h + 1) x 1 / (1 + h), highest where 1/h = 2/(2h + 1) + 1/(h + 1): 2h^2 = 1.
    women = [("test", "F", "A", 1, 1), ("control", "F", "A", 2, 1), ("test", "F", "A", 3, 0)]
    men = [
        ("test", "M", "A", 2, 1),
        ("control", "M", "A", 1, 1),
        ("test", "M", "A", 4, 1),
        ("control", "M", "A", 5, 0),
    ]
    results = found(small(*women, *men), stages=("A",))
    assert value(results, f"sub/included/{PAIR}/sex/F/hr.cox") == pytest.approx(math.sqrt(0.5), rel=1e-8)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_of_rows_levels_and_reference_change_no_test(seed: int) -> None:
    base = found(COHORT)
    order = np.random.default_rng(seed).permutation(len(COHORT["time"]))
    moved = {name: [column[i] for i in order] for name, column in COHORT.items()}
    shuffled = found(moved, stages=("C", "A", "B"), arms=("control", "test"))
    swapped = found(COHORT, reference="test")
    for factor in SPEC["factors"]:
        key = f"sub/included/between/{factor}//statistic.interaction"
        assert value(shuffled, key) == pytest.approx(value(base, key), rel=1e-8)
        assert value(swapped, key) == pytest.approx(value(base, key), rel=1e-8)
    for place in ("/", "sex/M", "stage/C"):
        one, other = (f"sub/included/{pair}/{place}/hr.cox" for pair in (PAIR, "control vs test"))
        assert value(shuffled, one) == pytest.approx(value(base, one), rel=1e-8)
        assert value(swapped, other) == pytest.approx(1 / value(base, one), rel=1e-8)


def test_an_arm_without_an_event_in_a_level_has_firths_ratio_and_no_test() -> None:
    rows = [("test", "F", "A", i, 1) for i in (2, 4, 6)] + [("control", "F", "A", i, 1) for i in (1, 3, 5)]
    rows += [("test", "M", "A", i, 0) for i in (3, 5)] + [("control", "M", "A", i, 1) for i in (1, 2, 4)]
    results = found(small(*rows), stages=("A",))
    assert results.get(f"sub/included/{PAIR}/sex/M/hr.cox") is None
    assert 0 < value(results, f"sub/included/{PAIR}/sex/M/hr.firth") < 1
    assert results.get("sub/included/between/sex//p.interaction") is None
    said = failures(results)
    assert said["interaction", "sex"] == (
        "no test of interaction of the arm with Sex: no deaths in TEST with M (2 patients), so that the likelihood has "
        "no maximum"
    )
    assert said["interaction", "stage"].endswith("fewer than two levels have patients")
    assert said["cox", "sex M"].startswith("in the subgroup Sex: M, no finite hazard ratio")
    assert any(method.name == "firth" and not method.subject for method in results.methods)


def test_no_patient_of_an_arm_in_a_level_and_nobody_in_a_level() -> None:
    rows = [
        ("test", "F", "A", 1, 1),
        ("control", "F", "A", 2, 1),
        ("test", "F", "A", 3, 1),
        ("test", "M", "A", 3, 1),
    ]
    results = found(small(*rows), stages=("A", "B"))
    said = failures(results)
    assert said["cox", "sex M"] == "no hazard ratio in the subgroup Sex: M: no patient of CONTROL"
    assert (
        said["interaction", "sex"]
        == "no test of interaction of the arm with Sex: no patient of CONTROL has M"
    )
    assert value(results, "sub/included/overall/stage/B/n") == 0
    assert ("cox", "stage B") not in said


def test_of_three_arms_one_absent_from_a_level() -> None:
    rows = [
        (arm, "F", "A", time, 1) for arm, time in (("a", 1), ("b", 2), ("c", 3), ("a", 4), ("b", 5), ("c", 6))
    ]
    rows += [("a", "M", "A", 2, 1), ("c", "M", "A", 1, 1), ("a", "M", "A", 5, 1), ("c", "M", "A", 6, 1)]
    results = found(small(*rows), stages=("A",), arms=("a", "b", "c"), reference="a")
    assert results.get("sub/included/c vs a/sex/M/hr.cox") is not None
    assert results.get("sub/included/b vs a/sex/M/hr.cox") is None
    said = failures(results)
    assert said["cox", "sex M"] == "no hazard ratio, B vs A, in the subgroup Sex: M: no patient of the former"
    assert said["interaction", "sex"].endswith("no patient of B has M")


def test_nobody_at_all() -> None:
    results = found(small(("test", "F", "A", 1, 1), ("test", "M", "A", 2, 0)), stages=("A",))
    assert (
        failures(results)["cox", "all"]
        == "no hazard ratio in the subgroup all patients: no patient of CONTROL"
    )
