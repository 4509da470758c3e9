"""Agreement of two readings, worked by hand: square tables, kappa, rates side by side, scans paired and told apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.hand_cohort import analyse, cohort, failures, patients, protocol, responses, value
from calliper.analyses import ANALYSE
from calliper.analyses.scan_pairs import pair_scans
from calliper.endpoints import RESPONSES, SCANS, Derived, Endpoint
from calliper.results import Results, Row

SCALE = ("CR", "PR", "SD", "PD")
ALL = (*SCALE, "NE")

TABLE = {
    "CR": (2, 1, 0, 0, 0),
    "PR": (1, 5, 1, 0, 1),
    "SD": (0, 2, 3, 1, 0),
    "PD": (0, 0, 0, 2, 0),
    "NE": (0, 0, 0, 0, 1),
}
"""First reader in rows, second in columns, both in the order of ALL: twenty patients at one month."""

PAIRS = [
    (one, other) for one, row in TABLE.items() for other, n in zip(ALL, row, strict=True) for _ in range(n)
]
# Three as the first, two as the second, two as neither, in the order of the seven pairs that differ.
THIRD = {
    ("CR", "PR"): ["CR"],
    ("PR", "CR"): ["PR"],
    ("PR", "SD"): ["SD"],
    ("PR", "NE"): ["SD"],
    ("SD", "PR"): ["PR", "NE"],
    ("SD", "PD"): ["SD"],
}


def endpoint(label: str, *landmarks: str) -> dict[str, Any]:
    held = {name: {"label": name, "only_record": True} for name in landmarks}
    return {"kind": "response", "label": label, "criteria": "mRECIST (2010)", "landmarks": held}


ENDPOINTS = {
    "one": endpoint("First reader", "m1", "m3", "own"),
    "two": endpoint("Second reader", "m3", "m1"),
    "third": endpoint("Adjudication", "m1", "m3"),
}


def study(**more: Any) -> Any:
    spec = {"id": "readers", "kind": "agreement", "endpoints": ["one", "two"], **more}
    return protocol(spec, endpoints=ENDPOINTS)


def run(
    first: Mapping[str, Sequence[str]],
    second: Mapping[str, Sequence[str]],
    third: Mapping[str, Sequence[str]] | None = None,
    *,
    arms: Sequence[str] | None = None,
    **more: Any,
) -> Results:
    n = len(next(iter(first.values())))
    frame = patients(
        arm=list(arms) if arms is not None else ["test", "control"] * (n // 2) + ["test"] * (n % 2)
    )
    ids = frame["patient"].to_list()
    held = [responses("one", ids, first), responses("two", ids, second)]
    if third is not None:
        held.append(responses("third", ids, third))
    return analyse(study(**more), frame, *held)


@pytest.fixture(scope="module")
def found() -> Results:
    left = {pair: list(categories) for pair, categories in THIRD.items()}
    third = [left[pair].pop(0) if pair in left else pair[0] for pair in PAIRS]
    # At three months: six whom only the first calls PR, and fourteen stable by both.
    m3 = ["PR"] * 6 + ["SD"] * 14
    return run(
        {"m1": [one for one, _ in PAIRS], "m3": m3, "own": m3},
        {"m1": [other for _, other in PAIRS], "m3": ["SD"] * 20},
        {"m1": third, "m3": ["SD"] * 20},
        adjudicated="third",
    )


def test_the_square_table_has_the_first_reader_in_rows(found: Results) -> None:
    for one, row in TABLE.items():
        for other, n in zip(ALL, row, strict=True):
            assert value(found, f"readers/all/overall/m1/{one}, {other}/count") == n


def test_landmarks_that_one_alone_has_are_not_compared(found: Results) -> None:
    assert {row.variable for row in found} == {"m1", "m3"}
    only = run({"m1": ["CR"], "m3": ["CR"]}, {"m1": ["CR"], "m3": ["CR"]}, landmarks=["m3"])
    assert {row.variable for row in only} == {"m3"}


def test_how_many_are_alike(found: Results) -> None:
    """Of 18 evaluable by both 2 + 5 + 3 + 2 are; of all 20 one more, evaluable by neither."""
    for population, (same, n), limits in (
        ("evaluable", (12, 18), (0.4099, 0.8666)),
        ("all", (13, 20), (0.4078, 0.8461)),
    ):
        place = f"readers/{population}/overall/m1/"
        assert value(found, place + "/n") == n
        assert value(found, place + "alike/count") == same
        assert value(found, place + "alike/proportion") == same / n
        ends = [value(found, f"{place}alike/{end}.clopper_pearson") for end in ("lower", "upper")]
        # binom.test(12, 18) and binom.test(13, 20) of R
        assert ends == pytest.approx(limits, abs=5e-5)


def test_kappa(found: Results) -> None:
    """Evaluable: o = 216/324, e = (3x3 + 7x8 + 6x4 + 2x3)/324 = 95/324. Steps apart: 6 seen, 326/18 by chance.

    All: o = 260/400, e = (3x3 + 8x8 + 6x4 + 2x3 + 1x2)/400 = 105/400.
    """
    evaluable = "readers/evaluable/overall/m1//"
    assert value(found, evaluable + "kappa.unweighted") == pytest.approx(121 / 229, rel=1e-12)
    assert value(found, evaluable + "kappa.linear") == pytest.approx(1 - 6 / (326 / 18), rel=1e-12)
    assert value(found, "readers/all/overall/m1//kappa.unweighted") == pytest.approx(31 / 59, rel=1e-12)
    assert found.get("readers/all/overall/m1//kappa.linear") is None


def fleiss_error(table: Sequence[Sequence[int]]) -> float:
    """The standard error of unweighted kappa as Fleiss, Cohen and Everitt (1969) print it, in fractions."""
    n = sum(map(sum, table))
    p = [[Fraction(count, n) for count in row] for row in table]
    k = range(len(p))
    rows, columns = [sum(row) for row in p], [sum(p[i][j] for i in k) for j in k]
    seen, chance = sum(p[i][i] for i in k), sum(rows[i] * columns[i] for i in k)
    a = sum(p[i][i] * ((1 - chance) - (rows[i] + columns[i]) * (1 - seen)) ** 2 for i in k)
    b = (1 - seen) ** 2 * sum(p[i][j] * (columns[i] + rows[j]) ** 2 for i in k for j in k if i != j)
    c = (seen * chance - 2 * chance + seen) ** 2
    return math.sqrt((a + b - c) / (n * (1 - chance) ** 4))


def test_the_interval_of_kappa(found: Results) -> None:
    for population, table in (
        ("evaluable", [TABLE[name][:4] for name in SCALE]),
        ("all", list(TABLE.values())),
    ):
        place = f"readers/{population}/overall/m1//"
        kappa, error = value(found, place + "kappa.unweighted"), fleiss_error(table)
        assert value(found, place + "se.unweighted") == pytest.approx(error, rel=1e-9)
        assert value(found, place + "lower.unweighted") == pytest.approx(kappa - 1.959964 * error, abs=1e-6)
        assert value(found, place + "upper.unweighted") == pytest.approx(kappa + 1.959964 * error, abs=1e-6)


@pytest.mark.parametrize(
    ("where", "counts", "only", "n"),
    [
        ("evaluable/ORR", (10, 11), (1, 2), 18),
        ("evaluable/DCR", (16, 15), (1, 0), 18),
        ("all/ORR", (11, 11), (2, 2), 20),
        ("all/DCR", (17, 15), (2, 0), 20),
    ],
)
def test_rates_side_by_side(
    found: Results, where: str, counts: tuple[int, int], only: tuple[int, int], n: int
) -> None:
    population, rate = where.split("/")
    for group, x in zip(("first", "second"), counts, strict=True):
        assert value(found, f"readers/{population}/{group}/m1/{rate}/count") == x
        assert value(found, f"readers/{population}/{group}/m1/{rate}/proportion") == x / n
        assert value(found, f"readers/{population}/{group}/m1//n") == n
    place = f"readers/{population}/overall/m1/{rate}/"
    assert (value(found, place + "first_only"), value(found, place + "second_only")) == only


def test_mcnemar(found: Results) -> None:
    """1 and 2 of three: 2 x (1 + 3)/8 = 1; 6 and 0 of six: 2/64."""
    assert value(found, "readers/evaluable/between/m1/ORR/p.mcnemar") == 1
    assert value(found, "readers/evaluable/between/m3/ORR/p.mcnemar") == pytest.approx(1 / 32, rel=1e-12)
    assert not [row for row in found if row.stat == "p.mcnemar" and row.level != "ORR"]


def test_whom_the_adjudication_followed(found: Results) -> None:
    place = "readers/all/adjudicated/m1/"
    taken = {level: value(found, f"{place}{level}/count") for level in ("first", "second", "neither")}
    assert (value(found, place + "/n"), taken) == (7, {"first": 3, "second": 2, "neither": 2})
    # at three months all six as the second
    assert value(found, "readers/all/adjudicated/m3/second/proportion") == 1


def test_a_reader_with_one_category_leaves_no_kappa(found: Results) -> None:
    assert found.get("readers/evaluable/overall/m3//kappa.unweighted") is None
    told = failures(found)
    assert "could not differ from chance" in told["unweighted", "m3 evaluable"]
    assert "could not differ from chance" in told["linear", "m3 evaluable"]


def test_nobody_evaluable_by_both() -> None:
    found = run({"m1": ["NE", "CR"], "m3": ["NE", "NE"]}, {"m1": ["PR", "NE"], "m3": ["NE", "NE"]})
    assert value(found, "readers/evaluable/overall/m1//n") == 0
    assert found.get("readers/evaluable/overall/m1/alike/proportion") is None
    assert failures(found)["unweighted", "m1 evaluable"] == "no kappa: no patient was read twice"
    assert failures(found)["mcnemar", "m1 evaluable"] == "no test of change: no patient changed"
    assert value(found, "readers/all/first/m1/ORR/count") == 1


def test_full_agreement_has_no_interval_of_kappa() -> None:
    both = {"m1": ["CR", "PR", "SD", "PD"], "m3": ["CR", "PR", "PR", "SD"]}
    found = run(both, both)
    assert value(found, "readers/evaluable/overall/m1//kappa.unweighted") == 1
    assert found.get("readers/evaluable/overall/m1//lower.unweighted") is None


def test_a_patient_without_a_row_is_not_evaluable() -> None:
    frame = patients(arm=["test", "control", "test"])
    one = responses("one", ["p0", "p1", "p2"], {"m1": ["CR", "SD", "NE"]})
    two = responses("two", ["p1"], {"m1": ["SD"]})
    found = analyse(study(landmarks=["m1"]), frame, one, two)
    assert value(found, "readers/all/overall/m1/CR, NE/count") == 1
    assert value(found, "readers/all/overall/m1/NE, NE/count") == 1
    assert value(found, "readers/evaluable/overall/m1//n") == 1


READ = st.lists(st.tuples(st.sampled_from(ALL), st.sampled_from(ALL)), min_size=1, max_size=25)


@given(pairs=READ)
def test_exchanged_readings_transpose_the_table_and_keep_kappa(pairs: list[tuple[str, str]]) -> None:
    ours, theirs = ({name: [pair[at] for pair in pairs] for name in ("m1", "m3")} for at in (0, 1))
    found, turned = run(ours, theirs), run(theirs, ours)
    assert len(found) == len(turned)
    groups = {"first": "second", "second": "first"}
    stats = {"first_only": "second_only", "second_only": "first_only"}
    for row in found:
        level = ", ".join(reversed(row.level.split(", ")))
        key = Row(
            row.analysis,
            row.population,
            groups.get(row.group, row.group),
            row.variable,
            level,
            stats.get(row.stat, row.stat),
            None,
        ).key
        assert value(turned, key) == pytest.approx(row.value, rel=1e-9, abs=1e-12), key


@given(pairs=READ, draw=st.randoms(use_true_random=False))
def test_neither_arms_nor_the_order_of_rows_matter(pairs: list[tuple[str, str]], draw: Any) -> None:
    shuffled = draw.sample(pairs, len(pairs))
    arms = [draw.choice(["test", "control"]) for _ in pairs]

    def of(held: list[tuple[str, str]], **more: Any) -> Results:
        one, two = ({name: [pair[at] for pair in held] for name in ("m1", "m3")} for at in (0, 1))
        return run(one, two, **more)

    assert of(pairs).rows == of(shuffled, arms=arms).rows


# --- scans -------------------------------------------------------------------------------------------------------

START = date(2018, 1, 10)


def scans(*rows: tuple[str, int, str | None, str], name: str = "x") -> pl.DataFrame:
    """Columns SCANS from patient, day, visit and response; the reason and the source name the reading."""
    held = [
        {
            "patient": patient,
            "date": START + timedelta(days=day),
            "day": day,
            "visit": visit,
            "response": response,
            "rule": "O8",
            "reason": f"{name} {response}",
            "source": f"{name}.csv, row {at}",
            "_centre": "a",
        }
        for at, (patient, day, visit, response) in enumerate(rows, start=2)
    ]
    return pl.DataFrame(held, schema=SCANS)


FIRST = scans(
    ("p0", 30, None, "PR"),
    ("p0", 90, "M3", "PD"),  # dated by its first day; the second reading dates it 93
    ("p1", 30, "M1", "SD"),
    ("p1", 60, None, "SD"),  # read by the first alone
    ("p2", 30, "extra", "SD"),
    ("p2", 40, "extra", "SD"),  # a visit twice names no scan
    name="one",
)
SECOND = scans(
    ("p0", 30, None, "PR"),
    ("p0", 93, "M3", "SD"),
    ("p1", 30, "M2", "NE"),
    ("p2", 50, "extra", "SD"),
    ("p3", 30, None, "CR"),
    name="two",
)


def of_scans(first: pl.DataFrame, second: pl.DataFrame) -> Results:
    frame = patients(arm=["test", "control", "test", "control"])
    empty = pl.DataFrame(schema=RESPONSES)
    held = {
        name: Endpoint(name, "response", empty, found) for name, found in (("one", first), ("two", second))
    }
    made = study()
    return ANALYSE[type(made.analyses[0])](made.analyses[0], made, Derived(cohort(frame), held))


def test_scans_are_paired_by_day_else_by_visit() -> None:
    pairs = pair_scans(FIRST, SECOND)
    days = [(held - START).days for held in pairs["date"]]
    assert list(
        zip(pairs["patient"], days, pairs["first_response"], pairs["second_response"], strict=True)
    ) == [
        ("p0", 30, "PR", "PR"),
        ("p0", 90, "PD", "SD"),
        ("p1", 30, "SD", "NE"),
    ]


def test_rows_of_scans() -> None:
    """Three pairs, one alike; kappa: o = 1/3, e = 1/9 (PR by PR) + 1/9 (SD by SD), (3 - 2)/(9 - 2) = 1/7."""
    found = of_scans(FIRST, SECOND)
    place = "readers/scans/overall//"
    assert [value(found, place + stat) for stat in ("/n", "/patients", "alike/count")] == [3, 2, 1]
    assert value(found, place + "PD, SD/count") == value(found, place + "SD, NE/count") == 1
    assert value(found, place + "/kappa.unweighted") == pytest.approx(1 / 7, rel=1e-12)
    assert found.get(place + "/lower.unweighted") is None
    assert value(found, "readers/scans/first///unpaired") == 3
    assert value(found, "readers/scans/second///unpaired") == 2


def test_the_scans_apart_are_listed_with_both_reasons() -> None:
    listing = of_scans(FIRST, SECOND).listing("readers", "scans_apart")
    assert listing is not None
    lines = [dict(zip(listing.columns, row, strict=True)) for row in listing.rows]
    assert [(line["patient"], line["date"]) for line in lines] == [("p0", "2018-04-10"), ("p1", "2018-02-09")]
    assert lines[0] | {"visit": "M3"} == {
        "patient": "p0",
        "centre": "a",
        "date": "2018-04-10",
        "visit": "M3",
        "first": "PD",
        "second": "SD",
        "first_rule": "O8",
        "second_rule": "O8",
        "first_reason": "one PD",
        "second_reason": "two SD",
        "first_source": "one.csv, row 3",
        "second_source": "two.csv, row 3",
    }


def test_scans_of_one_endpoint_alone_are_not_compared() -> None:
    frame = patients(arm=["test", "control"])
    one = Endpoint("one", "response", pl.DataFrame(schema=RESPONSES), FIRST)
    two = responses("two", ["p0"], {"m1": ["PR"], "m3": ["PR"]})
    found = analyse(study(), frame, one, two)
    assert not [row for row in found if row.population == "scans"]
    assert found.listings == ()


@given(seed=st.integers(0, 9))
def test_the_order_of_scans_changes_nothing(seed: int) -> None:
    turned = [frame.sample(fraction=1, shuffle=True, seed=seed) for frame in (FIRST, SECOND)]
    assert of_scans(*turned).rows == of_scans(FIRST, SECOND).rows
    assert of_scans(*turned).listings == of_scans(FIRST, SECOND).listings


def test_recorded_beside_derived() -> None:
    """Of four scans one has no recorded category; of three, two alike: o = 2/3, e = (2 x 2 + 1 x 0 + 0 x 1)/9."""
    held = scans(
        ("p0", 30, None, "PR"), ("p0", 60, None, "PR"), ("p1", 30, None, "SD"), ("p1", 60, None, "PD")
    )
    held = held.with_columns(recorded=pl.Series(["PR", "PR", "CR", None], dtype=pl.String))
    made = protocol({"id": "r", "kind": "response", "endpoint": "one"}, endpoints=ENDPOINTS)
    frame = patients(arm=["test", "control"])
    found = analyse(made, frame, Endpoint("one", "response", pl.DataFrame(schema=RESPONSES), held))
    place = "r/scans/overall//"
    assert [value(found, place + stat) for stat in ("/n", "/patients", "alike/count")] == [3, 2, 2]
    assert value(found, place + "CR, SD/count") == 1
    assert value(found, place + "/kappa.unweighted") == pytest.approx(
        (2 / 3 - 4 / 9) / (1 - 4 / 9), rel=1e-12
    )
    listing = found.listing("r", "disagreements")
    assert listing is not None
    assert listing.columns == ("patient", "centre", "date", "recorded", "derived", "rule", "reason", "source")
    assert listing.rows == (("p1", "a", "2018-02-09", "CR", "SD", "O8", "x SD", "x.csv, row 4"),)


def test_without_recorded_categories_nothing_is_compared() -> None:
    made = protocol({"id": "r", "kind": "response", "endpoint": "one"}, endpoints=ENDPOINTS)
    found = analyse(
        made,
        patients(arm=["test", "control"]),
        Endpoint("one", "response", pl.DataFrame(schema=RESPONSES), FIRST),
    )
    assert found.listings == ()
    assert not [row for row in found if row.population == "scans"]
