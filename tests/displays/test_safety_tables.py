"""Tables of adverse events beside the first one: their cells, worked out from numbers typed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analyses.hand_harm import study
from calliper.blocks import Table
from calliper.displays.narrative.safety import safety
from calliper.displays.tables.safety import safety_table
from calliper.displays.tables.safety_kinds import kinds_table, overview_table
from calliper.displays.tables.safety_rates import rates_table
from calliper.displays.tables.safety_shifts import shift_table
from calliper.protocol.specs import Protocol, SafetyAnalysis
from calliper.results import Method, Results, Row

WORDS = {"serious": ["yes"]}


def spec_of(protocol: Protocol) -> SafetyAnalysis:
    (spec,) = protocol.analyses
    assert isinstance(spec, SafetyAnalysis)
    return spec


def at(place: str, **stats: float) -> list[Row]:
    group, variable, level = place.split("/")
    named = ((name.replace("__", "."), value) for name, value in stats.items())
    return [Row("safety", "included", group, variable, level, stat, value) for stat, value in named]


def share(place: str, count: float, n: float) -> list[Row]:
    limits = {"lower__clopper_pearson": 0.0, "upper__clopper_pearson": 0.5}
    return at(place, count=count, proportion=count / n, **limits)


def cells(table: Table | None) -> list[list[str]]:
    assert table is not None
    return [[cell.text for cell in row.cells] for row in table.rows]


def of_arms(variable: str, counts: Mapping[str, tuple[int, int]], *levels: str) -> list[Row]:
    """Patients with the event and all, by arm; every level with the same count."""
    rows: list[Row] = []
    for arm, (count, n) in counts.items():
        rows += at(f"{arm}/{variable}/", n=n, unknown=0)
        for level in levels:
            rows += share(f"{arm}/{variable}/{level}", count, n)
        rows += at(f"{arm}/{variable}/any grade", events=2 * count)
    return rows


def test_overview() -> None:
    protocol = study("rash", kinds=["serious", "fatal"], words=WORDS)
    rows = of_arms("any", {"test": (3, 10), "control": (1, 8)}, "any grade", "grade >=3")
    for kind, count in (("serious", 2), ("fatal", 0)):
        for arm, n in (("test", 9), ("control", 8)):
            rows += at(f"{arm}/any/{kind}", n=n, unknown=10 - n if arm == "test" else 0)
            rows += share(f"{arm}/any/{kind}", count, n)
    rows += at("between/any/serious", p=0.25)
    failed = Method("safety", "headline", "", "any fatal", failure="no test: it occurred in no patient")
    table = overview_table(spec_of(protocol), protocol, Results(tuple(rows), (failed,)))
    assert cells(table) == [
        ["Any adverse event", "3/10 (30.0)", "0.0 to 50.0", "1/8 (12.5)", "0.0 to 50.0", "—"],
        ["Grade ≥3", "3/10 (30.0)", "0.0 to 50.0", "1/8 (12.5)", "0.0 to 50.0", "—"],
        ["Serious", "2/9 (22.2)", "0.0 to 50.0", "2/8 (25.0)", "0.0 to 50.0", "0.250"],
        ["Fatal", "0/9 (0.0)", "0.0 to 50.0", "0/8 (0.0)", "0.0 to 50.0", "—"],
        ["Events, n", "6", "", "2", "", ""],
    ]
    assert table is not None
    assert table.caption == "Adverse events: overview (CTCAE version 5.0)"
    notes = {note.mark: note.text for note in table.footnotes}
    assert notes[table.rows[3].cells[-1].notes[0]] == "No test: it occurred in no patient."
    assert notes[table.rows[2].cells[1].notes[0]] == "N leaves out patients of whom it is not known."
    assert not table.rows[2].cells[3].notes


def test_what_the_events_were_and_led_to() -> None:
    """Rash was serious in one of test; itch in nobody, so that it has no line."""
    protocol = study("rash", "itch", kinds=["serious", "stopped"], words=WORDS)
    rows: list[Row] = []
    for term in ("rash", "itch"):
        rows += of_arms(term, {"test": (3, 10), "control": (0, 8)}, "any grade")
        for kind in ("serious", "stopped"):
            count = int(term == "rash" and kind == "serious")
            rows += at(f"test/{term}/{kind}", n=9, unknown=1) + share(f"test/{term}/{kind}", count, 9)
            rows += at(f"control/{term}/{kind}", n=8, unknown=0) + share(f"control/{term}/{kind}", 0, 8)
    table = kinds_table(spec_of(protocol), protocol, Results(tuple(rows), ()))
    assert cells(table) == [
        ["Rash", "", "", "", "", ""],
        ["TEST", "10", "3 (30.0)", "6", "1/9 (11.1)", "0/9 (0.0)"],
        ["CONTROL", "8", "0 (0.0)", "0", "0 (0.0)", "0 (0.0)"],
    ]
    assert table is not None
    assert [column.header for column in table.columns] == [
        "Adverse event", "N", "n (%)", "Events", "Serious", "Treatment stopped",
    ]  # fmt: skip
    assert any("left out" in note.text for note in table.footnotes)


def _rates(*, with_event: bool = True) -> Results:
    rows: list[Row] = []
    for arm, x in (("test", 5), ("control", int(with_event))):
        place = f"{arm}/rash/first event"
        rows += at(place, n=10, unknown=0, events=x, person_time=25.04)
        rows += at(place, rate=4.0 * x, lower__exact_poisson=6.49, upper__exact_poisson=46.67)
    here = "test vs control/rash/first event"
    rows += at(here, rate_difference=-16.0, lower__rate_difference=-34.94, upper__rate_difference=2.96)
    methods: tuple[Method, ...] = ()
    if with_event:
        rows += at(here, rate_ratio=0.0, lower__rate_ratio=0.0, upper__rate_ratio=59.7)
    else:
        failure = "no rate ratio: no patient of the reference arm had the event"
        methods = (Method("safety", "rate_ratio", "", "rash first event test vs control", failure=failure),)
    return Results(tuple(rows), methods)


def test_rates() -> None:
    protocol = study("rash", patient_years=True)
    table = rates_table(spec_of(protocol), protocol, _rates())
    assert cells(table) == [
        [
            "Rash", "5/25.0", "20.0 (6.5 to 46.7)", "1/25.0", "4.0 (6.5 to 46.7)", "0 (0 to 59.70)",
            "−16.0 (−34.9 to 3.0)",
        ]
    ]  # fmt: skip
    table = rates_table(spec_of(protocol), protocol, _rates(with_event=False))
    assert table is not None
    (cell,) = [cell for cell in table.rows[0].cells if cell.text == "—"]
    notes = {note.mark: note.text for note in table.footnotes}
    assert notes[cell.notes[0]] == "No rate ratio: no patient of the reference arm had the event."


def test_shifts() -> None:
    protocol = study("alt", shifts=["alt"])
    rows: list[Row] = []
    for arm in ("test", "control"):
        rows += at(f"{arm}/alt/shift", n=4) + at(f"{arm}/alt/worsened", n=3, count=1, proportion=1 / 3)
        for before in ("0", "1", "2", "3", "4", "5", "unknown"):
            for worst in ("0", "1", "2", "3", "4", "5", "unknown"):
                held = {("0", "0"): 2, ("1", "3"): 1, ("unknown", "unknown"): 1}
                rows += at(f"{arm}/alt/{before} to {worst}", count=held.get((before, worst), 0))
    table = shift_table(spec_of(protocol), protocol, Results(tuple(rows), ()))
    assert cells(table)[:4] == [
        ["Alt, TEST (n = 4)", "", "", "", "", "", "", "1/3 (33.3)"],
        ["0", "2", "0", "0", "0", "0", "0", ""],
        ["1", "0", "0", "0", "1", "0", "0", ""],
        ["Unknown", "0", "0", "0", "0", "0", "1", ""],
    ]
    assert table is not None
    assert [column.header for column in table.columns[1:-1]] == ["0", "1", "2", "3", "4", "Unknown"]


def _under_categories(**spec: Any) -> Table:
    protocol = study("rash", "itch", categories=True, test=False, **spec)
    rows: list[Row] = []
    for variable in ("any", "category:SKIN AND SUBCUTANEOUS TISSUE DISORDERS", "rash", "itch"):
        rows += of_arms(variable, {"test": (3, 10), "control": (0, 8)}, "any grade", "grade >=3")
    return safety_table(spec_of(protocol), protocol, Results(tuple(rows), ()))


def test_categories_head_their_terms() -> None:
    table = _under_categories(grades=False, any_event=True)
    assert [(row.cells[0].text, row.role) for row in table.rows] == [
        ("Any adverse event", "body"),
        ("Skin and subcutaneous tissue disorders", "group"),
        ("Rash", "level"),
        ("Itch", "level"),
    ]
    assert "each event and each category" in table.footnotes[0].text
    graded = _under_categories()
    assert [(row.cells[0].text, row.role) for row in graded.rows] == [
        ("Skin and subcutaneous tissue disorders", "total"), ("TEST", "level"), ("CONTROL", "level"),
        ("Rash", "group"), ("TEST", "level"), ("CONTROL", "level"),
        ("Itch", "group"), ("TEST", "level"), ("CONTROL", "level"),
    ]  # fmt: skip


def test_serious_and_fatal_events_in_words() -> None:
    protocol = study("rash", kinds=["serious", "fatal"], words=WORDS)
    rows = of_arms("rash", {"test": (3, 10), "control": (0, 8)}, "grade >=3")
    for kind, count in (("serious", 2), ("fatal", 0)):
        for arm, n in (("test", 10), ("control", 8)):
            rows += at(f"{arm}/any/{kind}", n=n) + share(f"{arm}/any/{kind}", count, n)
    (text,) = safety(spec_of(protocol), protocol, Results(tuple(rows), ()))
    assert text.text == (
        "Adverse events (CTCAE version 5.0) of grade 3 or worse: rash, 3/10 (30.0%) with TEST. Patients with a serious "
        "event: 2/10 (20.0%) with TEST and 2/8 (25.0%) with CONTROL. No patient had a fatal event."
    )
