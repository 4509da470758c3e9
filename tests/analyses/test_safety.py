"""Adverse events against the published tables recomputed by hand: Liu et al. (2021), Tables 3 and 4."""

from __future__ import annotations

import pytest

from analyses.hand_cohort import analyse, failures, patients, protocol, toxicities, value
from calliper.protocol.specs import Protocol
from calliper.results import Results

TERMS = ("fever", "pain", "nausea", "abscess")


def _study(*terms: str, arms: tuple[str, ...] = ("combination", "control"), **spec: object) -> Protocol:
    endpoint = {
        "kind": "toxicity",
        "label": "Adverse events",
        "dictionary": "CTCAE",
        "version": "3.0",
        "terms": {term: {"label": term, "values": [term]} for term in terms},
    }
    safety = {"id": "safety", "kind": "safety", "endpoint": "events", **spec}
    return protocol(safety, arms=arms, reference=arms[-1], endpoints={"events": endpoint})


@pytest.fixture(scope="module")
def table_3() -> Results:
    frame = patients(arm=["combination"] * 42 + ["control"] * 48)
    affected = {"fever": (14, 17), "pain": (12, 14), "nausea": (30, 34), "abscess": (0, 0)}
    rows = [
        (f"p{i}", term, 1 if occurred else 0, occurred, 2 if occurred else 0)
        for term, (first, second) in affected.items()
        for i in range(90)
        for occurred in [i < first if i < 42 else i - 42 < second]
    ]
    return analyse(_study(*TERMS), frame, toxicities("events", rows))


@pytest.mark.parametrize(
    ("term", "arm", "count", "percents"),
    [
        ("fever", "combination", 14, (33.33, 19.57, 49.55)),
        ("fever", "control", 17, (35.42, 22.16, 50.54)),
        ("pain", "combination", 12, (28.57, 15.72, 44.58)),
        ("pain", "control", 14, (29.17, 16.95, 44.06)),
        ("nausea", "combination", 30, (71.43, 55.42, 84.28)),
        ("nausea", "control", 34, (70.83, 55.94, 83.05)),
        ("abscess", "combination", 0, (0, 0, 8.41)),
        ("abscess", "control", 0, (0, 0, 7.40)),
    ],
)
def test_table_3(
    table_3: Results, term: str, arm: str, count: int, percents: tuple[float, float, float]
) -> None:
    here = f"safety/included/{arm}/{term}/any grade/"
    assert value(table_3, here + "count") == count
    shares = [
        value(table_3, here + stat)
        for stat in ("proportion", "lower.clopper_pearson", "upper.clopper_pearson")
    ]
    assert tuple(100 * share for share in shares) == pytest.approx(percents, abs=0.005)
    assert value(table_3, here + "events") == 2 * count


@pytest.mark.parametrize(("term", "pearson"), [("fever", 0.83562), ("pain", 0.95044), ("nausea", 0.95044)])
def test_tests_of_table_3(table_3: Results, term: str, pearson: float) -> None:
    """Worked from the counts with 48 controls; the exact P is 1.000 in all three rows, and the headline."""
    between = f"safety/included/between/{term}/any grade/"
    assert value(table_3, between + "p") == pytest.approx(1, abs=5e-4)
    assert value(table_3, between + "p") == value(table_3, between + "p.fisher")
    assert value(table_3, between + "p.pearson") == pytest.approx(pearson, abs=5e-6)


def test_an_event_that_nobody_had_is_not_tested(table_3: Results) -> None:
    assert table_3.get("safety/included/between/abscess/any grade/p") is None
    assert failures(table_3)["headline", "abscess any grade"] == "no test: it occurred in no patient"
    assert value(table_3, "safety/included/combination vs control/abscess/any grade/difference") == 0


@pytest.fixture(scope="module")
def table_4() -> Results:
    """Grades 1 to 4 of six events on sorafenib, in one arm of 42."""
    grades = {
        "hand_foot": (17, 4, 3, 0),
        "rash": (7, 2, 0, 0),
        "diarrhoea": (9, 4, 2, 0),
        "fatigue": (10, 1, 0, 0),
        "hypertension": (1, 2, 2, 0),
        "anorexia": (2, 3, 0, 0),
    }
    rows = []
    for term, counts in grades.items():
        worst = [grade + 1 for grade, count in enumerate(counts) for _ in range(count)]
        worst += [0] * (42 - len(worst))
        rows += [(f"p{i}", term, grade, grade > 0, None) for i, grade in enumerate(worst)]
    frame = patients(arm=["combination"] * 42 + ["control"] * 48)
    study = _study(*grades, arms=("combination", "control"))
    only = study.model_copy(
        update={"analyses": (study.analyses[0].model_copy(update={"arms": ("combination",), "test": False}),)}
    )
    return analyse(only, frame, toxicities("events", rows))


@pytest.mark.parametrize(
    ("term", "any_grade", "severe"),
    [
        ("hand_foot", (24, 57.14, 40.96, 72.28), (3, 7.14, 1.50, 19.48)),
        ("rash", (9, 21.43, 10.30, 36.81), (0, 0, 0, 8.41)),
        ("diarrhoea", (15, 35.71, 21.55, 51.97), (2, 4.76, 0.58, 16.16)),
        ("fatigue", (11, 26.19, 13.86, 42.04), (0, 0, 0, 8.41)),
        ("hypertension", (5, 11.90, 3.98, 25.63), (2, 4.76, 0.58, 16.16)),
        ("anorexia", (5, 11.90, 3.98, 25.63), (0, 0, 0, 8.41)),
    ],
)
def test_table_4(
    table_4: Results, term: str, any_grade: tuple[float, ...], severe: tuple[float, ...]
) -> None:
    for level, (count, *percents) in (("any grade", any_grade), ("grade >=3", severe)):
        here = f"safety/included/combination/{term}/{level}/"
        assert value(table_4, here + "count") == count
        stats = ("proportion", "lower.clopper_pearson", "upper.clopper_pearson")
        assert [100 * value(table_4, here + stat) for stat in stats] == pytest.approx(percents, abs=0.0051)
    grades = [f"grade {grade}" for grade in range(1, 6)] + ["grade unknown"]
    here = f"safety/included/combination/{term}/"
    assert sum(value(table_4, f"{here}{grade}/count") for grade in grades) == any_grade[0]


def test_table_of_one_arm_has_no_other(table_4: Results) -> None:
    assert {row.group for row in table_4} == {"combination"}
    assert not failures(table_4)


def test_unknowns_leave_the_denominator() -> None:
    """Five patients an arm: one not known to have had it, one with the event and no grade."""
    rows = []
    for arm in (0, 5):
        states = [(3, True), (1, True), (None, True), (0, False), (None, None)]
        rows += [
            (f"p{arm + i}", "fever", grade, occurred, None) for i, (grade, occurred) in enumerate(states)
        ]
    frame = patients(arm=["combination"] * 5 + ["control"] * 5)
    found = analyse(_study("fever"), frame, toxicities("events", rows))
    here = "safety/included/combination/fever/"
    assert (value(found, here + "/n"), value(found, here + "/unknown")) == (4, 1)
    assert value(found, here + "any grade/proportion") == 3 / 4
    assert value(found, here + "grade unknown/count") == 1
    assert value(found, here + "grade >=3/count") == 1
    (method,) = [m for m in found.methods if (m.name, m.subject) == ("summary", "fever")]
    assert (method.n_used, method.n_excluded, method.why_excluded) == (8, 2, "not known whether it occurred")
    assert method.warnings == (
        "2 patients with an event of unknown grade: counted in any grade and not in grade >=3.",
    )


def test_any_event_counts_a_patient_once() -> None:
    """p0 has both events, p1 one and does not know the other, p2 none and unknown, p3 neither."""
    states = {
        "p0": ((2, True), (3, True)),
        "p1": ((1, True), (None, None)),
        "p2": ((0, False), (None, None)),
        "p3": ((0, False), (0, False)),
    }
    rows = [
        (patient, term, grade, occurred, 1 if occurred else 0)
        for patient, pair in states.items()
        for term, (grade, occurred) in zip(("fever", "pain"), pair, strict=True)
    ]
    frame = patients(arm=["combination", "combination", "combination", "control"])
    found = analyse(
        _study("fever", "pain", any_event=True, terms=["fever"]), frame, toxicities("events", rows)
    )
    here = "safety/included/combination/any/"
    assert (value(found, here + "/n"), value(found, here + "/unknown")) == (2, 1)
    assert value(found, here + "any grade/count") == 2
    assert value(found, here + "grade 3/count") == 1
    assert value(found, here + "grade 1/count") == 1
    assert value(found, here + "any grade/events") == 3
    assert not [row for row in found if row.variable == "pain"]


def test_three_arms_are_also_compared_pair_by_pair() -> None:
    """3/4, 1/4, 1/4: each pair with the reference is [[3, 1], [1, 3]], exact P 34/70."""
    happened = [True, True, True, False, True, False, False, False, True, False, False, False]
    frame = patients(arm=["a"] * 4 + ["b"] * 4 + ["c"] * 4)
    rows = [(f"p{i}", "fever", int(occurred), occurred, None) for i, occurred in enumerate(happened)]
    found = analyse(_study("fever", arms=("a", "b", "c"), grades=False), frame, toxicities("events", rows))
    assert value(found, "safety/included/a vs c/fever/any grade/p.fisher") == pytest.approx(34 / 70)
    assert value(found, "safety/included/b vs c/fever/any grade/p.fisher") == pytest.approx(1)
    assert 0 < value(found, "safety/included/between/fever/any grade/p") < 1
    assert not [row for row in found if row.level.startswith("grade")]


@pytest.mark.parametrize(
    ("narrowed", "lines"),
    [
        ({}, {"fever", "pain"}),
        ({"window_days": [0, 30], "start": "index"}, {"fever"}),
        ({"related": ["probable"]}, {"fever"}),
    ],
)
def test_a_recorded_term_of_which_no_event_counts_has_no_line(
    narrowed: dict[str, object], lines: set[str]
) -> None:
    """Pain was recorded, as the frame's term shows, but of nobody in a way that counts."""
    endpoint = {
        "kind": "toxicity",
        "label": "Adverse events",
        "dictionary": "CTCAE",
        "version": "3.0",
        "terms": "as recorded",
        **narrowed,
    }
    spec = {"id": "safety", "kind": "safety", "endpoint": "events", "any_event": True}
    arms = ("combination", "control")
    study = protocol(spec, arms=arms, reference="control", endpoints={"events": endpoint})
    rows = [
        (f"p{i}", term, int(happened), happened, int(happened))
        for term in ("fever", "pain")
        for i in range(4)
        for happened in [term == "fever" and i < 3]
    ]
    frame = patients(arm=["combination", "combination", "control", "control"])
    results = analyse(study, frame, toxicities("events", rows))
    assert {row.variable for row in results.of("safety")} == {"any", *lines}
    assert value(results, "safety/included/combination/any/any grade/count") == 2
    assert value(results, "safety/included/control/fever/any grade/count") == 1
    (sentence,) = (
        method.sentence for method in results.methods if method.name == "summary" and not method.subject
    )
    assert ("of which no event counts has no line" in sentence) == bool(narrowed)
