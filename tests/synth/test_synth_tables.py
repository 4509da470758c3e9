"""The workbooks give back Tables 1 to 4 of the paper. The expected numbers are typed from the paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from statistics import mean, stdev

import pytest

from synth.by_hand import COMBINATION, CONTROL, Demo, Row, of_patient

TABLE_1: list[tuple[str, Callable[[Row], object], dict[object, tuple[int, int]]]] = [
    ("sex", lambda p: p["Sex"], {"M": (37, 41), "F": (5, 7)}),
    (
        "aetiology",
        lambda p: p["Aetiology"],
        {"HBV": (33, 38), "HCV": (4, 5), "ALCOHOL": (3, 3), "OTHER": (2, 2)},
    ),
    ("cirrhosis", lambda p: p["Cirrhosis"], {"Y": (20, 23), "N": (22, 25)}),
    ("nodules", lambda p: p["Nodules"] > 3, {False: (30, 35), True: (12, 13)}),
    ("invasion", lambda p: p["Vascular invasion"], {"Y": (13, 15), "N": (29, 33)}),
    ("metastasis", lambda p: p["Extrahepatic metastasis"], {"Y": (6, 8), "N": (36, 40)}),
    ("ecog", lambda p: p["ECOG"], {0: (14, 16), 1: (23, 26), 2: (5, 6)}),
    ("child", lambda p: p["Child-Pugh"], {"A": (31, 35), "B": (11, 13)}),
    ("bclc", lambda p: p["BCLC"], {"B": (13, 15), "C": (29, 33)}),
    ("afp", lambda p: p["AFP (ng/mL)"] > 400, {False: (18, 20), True: (24, 28)}),
    ("previous", lambda p: p["Previous treatment"], {"Y": (7, 8), "N": (35, 40)}),
]


@pytest.mark.parametrize(("level", "expected"), [row[1:] for row in TABLE_1], ids=[row[0] for row in TABLE_1])
def test_table_1_counts(
    demo: Demo, level: Callable[[Row], object], expected: dict[object, tuple[int, int]]
) -> None:
    for column, treatment in enumerate((COMBINATION, CONTROL)):
        found = Counter(level(patient) for patient in demo.arm(treatment))
        assert found == {name: counts[column] for name, counts in expected.items()}


@pytest.mark.parametrize(
    ("treatment", "column", "printed"),
    [
        (COMBINATION, "Age", ("60.3", "14.0")),
        (CONTROL, "Age", ("59.7", "13.2")),
        (COMBINATION, "Largest diameter (cm)", ("11.5", "3.7")),
        (CONTROL, "Largest diameter (cm)", ("11.0", "3.0")),
    ],
)
def test_table_1_means_and_deviations_print_alike(
    demo: Demo, treatment: str, column: str, printed: tuple[str, str]
) -> None:
    values = [patient[column] for patient in demo.arm(treatment)]
    assert (f"{mean(values):.1f}", f"{stdev(values):.1f}") == printed


def test_ninety_patients_of_three_centres(demo: Demo) -> None:
    assert Counter(patient["Patient ID"][:6] for patient in demo.patients) == {
        "INV-LY": 38,
        "INV-DL": 29,
        "INV-BJ": 23,
    }
    assert len({patient["Patient ID"] for patient in demo.patients}) == 90
    assert (len(demo.arm(COMBINATION)), len(demo.arm(CONTROL))) == (42, 48)
    assert sum(patient["Sex"] == "M" for patient in demo.patients) == 78


@pytest.mark.parametrize(
    ("window", "treatment", "expected"),
    [
        ((21, 30, 45), COMBINATION, {"CR": 7, "PR": 25, "SD": 10}),
        ((21, 30, 45), CONTROL, {"CR": 6, "PR": 27, "SD": 11, "PD": 2, None: 2}),
        ((70, 91, 112), COMBINATION, {"CR": 10, "PR": 22, "SD": 7, "PD": 1, None: 2}),
        ((70, 91, 112), CONTROL, {"CR": 5, "PR": 21, "SD": 12, "PD": 7, None: 3}),
    ],
)
def test_table_2(
    demo: Demo, window: tuple[int, int, int], treatment: str, expected: dict[str | None, int]
) -> None:
    assert Counter(demo.landmark(patient, *window) for patient in demo.arm(treatment)) == expected


def with_event(demo: Demo, treatment: str, *terms: str) -> int:
    return sum(
        any(event["Term"] in terms for event in of_patient(demo.events, patient))
        for patient in demo.arm(treatment)
    )


def test_table_3(demo: Demo) -> None:
    for terms, expected in (
        (("Fever",), (14, 17)),
        (("Pain",), (12, 14)),
        (("Nausea", "Vomiting"), (30, 34)),
        (("Liver abscess",), (0, 0)),
    ):
        assert (with_event(demo, COMBINATION, *terms), with_event(demo, CONTROL, *terms)) == expected


def test_nausea_and_vomiting_overlap_so_their_counts_do_not_add_up_to_the_table(demo: Demo) -> None:
    for treatment, printed in ((COMBINATION, 30), (CONTROL, 34)):
        nausea, vomiting = with_event(demo, treatment, "Nausea"), with_event(demo, treatment, "Vomiting")
        assert max(nausea, vomiting) < printed < nausea + vomiting


TABLE_4 = {
    "Hand-foot syndrome": {1: 17, 2: 4, 3: 3},
    "Skin rash": {1: 7, 2: 2},
    "Diarrhoea": {1: 9, 2: 4, 3: 2},
    "Fatigue": {1: 10, 2: 1},
    "Hypertension": {1: 1, 2: 2, 3: 2},
    "Anorexia": {1: 2, 2: 3},
}


@pytest.mark.parametrize(("term", "expected"), TABLE_4.items(), ids=list(TABLE_4))
def test_table_4(demo: Demo, term: str, expected: dict[int, int]) -> None:
    worst: dict[str, int] = {}
    for event in demo.events:
        if event["Term"] == term:
            worst[event["Patient ID"]] = max(worst.get(event["Patient ID"], 0), event["Grade"])
    assert Counter(worst.values()) == expected
    assert set(worst) <= {patient["Patient ID"] for patient in demo.arm(COMBINATION)}


def test_counting_rows_would_be_wrong(demo: Demo) -> None:
    for term in ("Fever", "Hand-foot syndrome", "Diarrhoea"):
        rows = [event["Patient ID"] for event in demo.events if event["Term"] == term]
        assert len(rows) > len(set(rows))


def test_doses_reduced_and_held_as_the_results_say(demo: Demo) -> None:
    reduced = [event for event in demo.events if event["Action"] == "reduced"]
    held = [event for event in demo.events if event["Action"] == "interrupted"]
    assert len({event["Patient ID"] for event in reduced}) == 6
    assert {event["Term"] for event in reduced} == {"Hand-foot syndrome", "Diarrhoea"}
    assert [(event["Term"], event["Grade"]) for event in held] == [("Hypertension", 3)] * 2
    assert {event["Outcome"] for event in demo.events} == {"recovered"}
