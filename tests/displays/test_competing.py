"""Competing risks in print, over results typed by hand: what each cell shows, and the words beside a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import pytest

from calliper.blocks import Area, Cell, Document, Figure, Label, Line, Table
from calliper.displays.addresses import described
from calliper.displays.document import document
from calliper.displays.figures.cumulative_incidence import cumulative_incidence_figure
from calliper.displays.narrative.competing import competing
from calliper.displays.tables.competing_adjusted import adjusted_table
from calliper.displays.tables.competing_risks import competing_risks_table
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol
from calliper.results import Method, Results, Row
from displays.printed import NUMBER, cells, is_rounding, labels, quoting_notes, texts, values

STUDY = Protocol.model_validate(
    {
        "calliper": 1,
        "study": {"title": "A study by hand", "design": "retrospective cohort"},
        "data": {"patients": {"files": [{"path": "p.csv"}], "columns": {"patient": "id"}}},
        "variables": {
            "age": {"type": "integer", "column": "Age", "label": "Age", "unit": "years"},
            "months": {"type": "number", "column": "T", "label": "Months"},
            "ended": {
                "type": "category", "column": "E", "label": "Ended", "codes": {k: k for k in ("pd", "dead", "alive")},
            },
        },
        "arms": {
            "column": "Arm",
            "groups": {"new": {"label": "New drug", "values": ["n"]}, "old": {"label": "Old drug", "values": ["o"]}},
            "reference": "old",
        },
        "endpoints": {
            "ttp": {
                "kind": "time_to_event", "label": "Time to progression", "short": "TTP", "unit": "months",
                "event_label": "progression",
                "recorded": {
                    "time": "months", "cause": "ended",
                    "causes": {"pd": "event", "dead": "death_without_it", "alive": "censored"},
                },
            }
        },
        "analyses": [
            {"id": "ttp", "kind": "competing_risks", "endpoint": "ttp", "at": [6, 12], "adjust": ["age"]}
        ],
    }
)  # fmt: skip
SPEC = STUDY.analyses[0]
assert isinstance(SPEC, CompetingRisksAnalysis)
EVENT, DEATH = "event", "death_without_it"
REFUSED = "Death without it: no finite hazard ratio for the arm: NEW"


def at(place: str, stats: Mapping[str, float | None], when: float | None = None) -> list[Row]:
    group, variable, level = place.split("/")
    return [
        Row("ttp", "included", group, variable, level, stat, value, when) for stat, value in stats.items()
    ]


def ratio(place: str, method: str, *numbers: float) -> list[Row]:
    """A hazard ratio, its limits and its P value."""
    names = dict(zip(("hr", "lower", "upper", "p"), numbers, strict=True))
    return at(place, {f"{stat}.{method}": number for stat, number in names.items()})


def rows() -> Iterable[Row]:
    counts = {"new": (40, 11, 21, 8), "old": (50, 9, 30, 11), "overall": (90, 20, 51, 19)}
    for group, (n, censored, own, other) in counts.items():
        yield from at(f"{group}/ttp/", {"n": n, "censored": censored})
        yield from at(f"{group}/ttp/{EVENT}", {"events": own})
        yield from at(f"{group}/ttp/{DEATH}", {"events": other})
        for when, share in ((6.0, 0.305), (12.0, 0.512)):
            limits = {"incidence_lower": share - 0.1004, "incidence_upper": share + 0.1306}
            yield from at(f"{group}/ttp/{EVENT}", {"incidence": share, **limits}, when)
            yield from at(
                f"{group}/ttp/",
                {"event_free": 0.9 - share, "event_free_lower": 0.2, "event_free_upper": 0.7},
                when,
            )
        # nobody has died by 6 months in the new arm: an incidence of 0 without limits
        early = (0.0, None, None) if group == "new" else (0.04, 0.011, 0.099)
        for when, (share_of, low, high) in ((6.0, early), (12.0, (0.125, 0.0601, 0.2144))):
            stats = {"incidence": share_of, "incidence_lower": low, "incidence_upper": high}
            yield from at(f"{group}/ttp/{DEATH}", stats, when)
    for group in ("new", "old"):
        for when, n in ((0.0, 45.0), (6.0, 30.0), (12.0, 15.0)):
            yield from at(f"{group}/ttp/", {"at_risk": n}, when)
        for cause, heights in ((EVENT, (0.0, 0.305, 0.512)), (DEATH, (0.0, 0.04, 0.125))):
            for when, height in zip((0.0, 6.0, 12.0), heights, strict=True):
                limits = (height / 2, height * 1.5) if height else (None, None)
                stats = {"curve": height, "curve_lower": limits[0], "curve_upper": limits[1]}
                yield from at(f"{group}/ttp/{cause}", stats, when)
    yield from at(f"between/ttp/{EVENT}", {"statistic.gray": 6.4701, "df.gray": 1, "p.gray": 0.01097})
    yield from at(f"between/ttp/{DEATH}", {"statistic.gray": 0.0441, "df.gray": 1, "p.gray": 0.8337})
    yield from ratio(f"new vs old/ttp/{EVENT}", "cause_specific", 0.561, 0.327, 0.965, 0.0365)
    yield from ratio(f"new vs old/ttp/{EVENT}", "fine_gray", 0.612, 0.371, 1.0098, 0.0546)
    yield from ratio(f"new vs old/ttp/{DEATH}", "firth", 0.07, 0.0011, 0.58, 0.00041)
    for cause in (EVENT, DEATH):
        group = f"adjusted {cause}"
        yield from at(f"{group}//", {"n.fine_gray": 88, "events.fine_gray": 49, "competing.fine_gray": 18})
        for method in ("cause_specific", "fine_gray"):
            yield from at(f"{group}/arm/old", {f"reference.{method}": 1})
            yield from ratio(f"{group}/arm/new", method, 0.58, 0.34, 0.99, 0.046)
            yield from ratio(f"{group}/age/", method, 1.013, 0.997, 1.0297, 0.1144)


METHODS = (
    Method(
        "ttp",
        "summary",
        "Aalen-Johansen.",
        parameters={"survival_ci": "log"},
        n_excluded=2,
        why_excluded="no time: not recorded (2)",
    ),
    Method("ttp", "gray", "Gray."),
    Method("ttp", "cause_specific", "Cox.", parameters={"ties": "efron"}),
    Method("ttp", "fine_gray", "Fine and Gray."),
    Method("ttp", "cause_specific", "Cox.", subject=f"cause_specific {DEATH}", failure=REFUSED),
    Method("ttp", "firth", "Firth.", subject=f"firth {DEATH}"),
    Method(
        "ttp",
        "fine_gray",
        "Fine and Gray.",
        subject=f"fine_gray {DEATH}",
        failure="Death: no Fine-Gray model",
    ),
)
RESULTS = Results(tuple(rows()), METHODS)


def found(table: Table) -> dict[str, list[tuple[Cell, ...]]]:
    lines: dict[str, list[tuple[Cell, ...]]] = {}
    for row in table.rows:
        lines.setdefault(row.cells[0].text, []).append(row.cells[1:])
    return lines


def notes_of(table: Table, cell: Cell) -> list[str]:
    by_mark = {note.mark: note.text for note in table.footnotes if note.mark}
    return [by_mark[mark] for mark in cell.notes]


def test_table() -> None:
    table = competing_risks_table(SPEC, STUDY, RESULTS)
    lines = found(table)
    assert [column.header for column in table.columns] == ["", "New drug", "Old drug", "Overall"]
    assert [row.cells[0].text for row in table.rows if row.role == "group"] == [
        "Progression", "Death without it", "Free of every event",
    ]  # fmt: skip
    assert [cell.text for cell in lines["Patients, n"][0]] == ["40", "50", "90"]
    own, other = lines["Patients with the event first, n"]
    assert [cell.text for cell in own] == ["21", "30", "51"]
    assert [cell.text for cell in other] == ["8", "11", "19"]
    own, other = lines["Cumulative incidence at 6 months, % (95% CI)"]
    assert own[0].text == "30.5 (20.5 to 43.6)"
    assert [cell.text for cell in other] == ["0.0", "4.0 (1.1 to 9.9)", "4.0 (1.1 to 9.9)"]
    assert notes_of(table, other[0]) == ["Nobody, or everybody, had an event by then: there is no interval."]
    own, other = lines["Gray's test, two-sided"]
    assert [cell.text for cell in own] == ["", "", "χ² = 6.470, df = 1, P = 0.011"]
    assert other[2].text == "χ² = 0.044, df = 1, P = 0.834"
    own, other = lines["Cause-specific hazard ratio (95% CI)"]
    assert [cell.text for cell in own] == ["0.56 (0.33 to 0.97)", "reference", ""]
    assert other[0].text == "0.070 (0.001 to 0.58)"
    assert notes_of(table, other[0])[0].startswith("Firth's penalised likelihood")
    own, other = lines["Subdistribution hazard ratio, secondary (95% CI)"]
    assert own[0].text == "0.61 (0.37 to 1.01)"
    assert (other[0].text, notes_of(table, other[0])) == ("—", ["Death: no Fine-Gray model."])
    assert [cell.text for cell in lines["P value, Wald"][0]] == ["0.037", "", ""]
    general = " ".join(note.text for note in table.footnotes if not note.mark)
    assert "Left out: 2 patients (no time: not recorded (2))." in general
    assert "Tied times: Efron." in general
    assert "CI: 95% confidence interval, that of an incidence on the log scale." in general


def test_adjusted_table() -> None:
    table = adjusted_table(SPEC, STUDY, RESULTS)
    assert table is not None
    lines = found(table)
    assert [column.spanner for column in table.columns] == [
        "",
        *["Progression"] * 4,
        *["Death without it"] * 4,
    ]
    assert [cell.text for cell in lines["New drug"][0]] == ["0.58 (0.34 to 0.99)", "0.046"] * 4
    assert [cell.text for cell in lines["Old drug"][0]] == ["reference", ""] * 4
    # limits on both sides of 1 print on both sides of 1
    assert [cell.text for cell in lines["Age, years"][0]] == ["1.01 (1.00 to 1.03)", "0.114"] * 4
    (note, _) = [note for note in table.footnotes if note.keys]
    assert note.text == "Progression: 88 patients, 49 with this event first and 18 with another."
    assert adjusted_table(SPEC.model_copy(update={"adjust": ()}), STUDY, RESULTS) is None


def test_a_single_group_is_not_compared() -> None:
    alone = Results(tuple(row for row in RESULTS if row.group == "old"), METHODS[:1])
    table = competing_risks_table(SPEC, STUDY, alone)
    assert [column.header for column in table.columns] == ["", "Old drug"]
    assert "Gray's test, two-sided" not in found(table)
    assert adjusted_table(SPEC, STUDY, alone) is None
    shown = [
        s.text for s in cumulative_incidence_figure(SPEC, STUDY, alone).scene.shapes if isinstance(s, Label)
    ]
    assert "HR (95% CI)" not in shown
    assert competing(SPEC, STUDY, alone)[0].text.endswith("with Old drug (30 of 50 patients in all).")


def test_a_share_without_an_event_has_no_interval() -> None:
    """Free of every event at 6 months: 1 with limits of 1 and 1, by Greenwood's error of 0."""
    stats = ("event_free", "event_free_lower", "event_free_upper")
    rows = [
        Row(*row_place(row), 1.0, row.at) if row.stat in stats and row.at == 6 else row for row in RESULTS
    ]
    table = competing_risks_table(SPEC, STUDY, Results(tuple(rows), METHODS))
    (cells,) = found(table)["At 6 months, % (95% CI)"]
    assert [cell.text for cell in cells] == ["100.0"] * 3
    assert notes_of(table, cells[0]) == ["Nobody, or everybody, had an event by then: there is no interval."]


def row_place(row: Row) -> tuple[str, str, str, str, str, str]:
    return row.analysis, row.population, row.group, row.variable, row.level, row.stat


def test_a_time_after_the_follow_up_is_not_told_in_the_key_and_the_text() -> None:
    late = SPEC.model_copy(update={"at": (6.0, 12.0, 60.0)})
    assert competing(late, STUDY, RESULTS) == competing(SPEC, STUDY, RESULTS)
    assert cumulative_incidence_figure(late, STUDY, RESULTS) == figure()
    assert [
        cell.text
        for cell in found(competing_risks_table(late, STUDY, RESULTS))["At 60 months, % (95% CI)"][0]
    ] == ["—"] * 3


def figure() -> Figure:
    return cumulative_incidence_figure(SPEC, STUDY, RESULTS)


def test_a_panel_an_event_with_curves_that_rise() -> None:
    scene = figure().scene
    steps = [s for s in scene.shapes if isinstance(s, Line) and s.width == 2.0 and len(s.points) > 2]
    assert len(steps) == 4
    for line in steps:
        for (x0, y0), (x1, y1) in pairwise(line.points):
            assert x0 == x1 or y0 == y1
            assert x1 >= x0
            assert y1 <= y0
    # both panels have the same time axis; the second stands below the first
    assert max(y for _, y in steps[0].points) < min(y for _, y in steps[2].points)
    assert {line.points[0][0] for line in steps} == {steps[0].points[0][0]}


def test_each_panel_has_an_axis_that_holds_its_curves() -> None:
    """Limits reach 0.512 * 1.5 = 0.768 and 0.125 * 1.5 = 0.1875: axes to 80% and to 20%."""
    made = figure()
    ticks = [
        s.text
        for s in made.scene.shapes
        if isinstance(s, Label) and s.anchor == "end" and s.size == 11.0 and not s.key
    ]
    assert [text for text in ticks if text.replace(".", "").isdigit()] == [
        "0",
        "20",
        "40",
        "60",
        "80",
        "0",
        "5",
        "10",
        "15",
        "20",
    ]
    assert "The vertical axes differ." in made.footnotes[0].text
    areas = [s for s in made.scene.shapes if isinstance(s, Area)]
    assert len(areas) == 4


def test_one_table_of_numbers_at_risk_under_the_last_panel() -> None:
    scene = figure().scene
    keyed = [s for s in scene.shapes if isinstance(s, Label) and "/at_risk@" in s.key]
    assert len(keyed) == 6
    assert min(s.y for s in keyed) > max(y for s in scene.shapes if isinstance(s, Line) for _, y in s.points)


def test_the_key_shows_no_ratio_where_the_ordinary_fit_was_refused() -> None:
    shown = [s.text for s in figure().scene.shapes if isinstance(s, Label)]
    assert "0.56 (0.33 to 0.97)" in shown
    assert shown.count("reference") == 2
    assert "—" in shown
    assert "Gray's test P = 0.011 (two-sided)" in shown
    assert "12.5 (6.0 to 21.4)" in shown
    assert "New drug 51.2 (41.2 to 64.3)" in figure().alt


def test_in_words() -> None:
    own, other, last = (text.text for text in competing(SPEC, STUDY, RESULTS))
    assert own == (
        "The cumulative incidence of progression at 12 months was 51.2% (95% CI 41.2 to 64.3) with New drug (21 of 40 "
        "patients in all) and 51.2% (95% CI 41.2 to 64.3) with Old drug (30 of 50 patients in all). Gray's test of "
        "progression, two-sided: P = 0.011. Hazard ratios, New drug vs Old drug: cause-specific 0.56, 95% CI 0.33 to "
        "0.97, P = 0.037; subdistribution (secondary) 0.61, 95% CI 0.37 to 1.01, P = 0.055."
    )
    assert other.endswith(
        "cause-specific 0.070, 95% CI 0.001 to 0.58, P < 0.001, Firth's penalised likelihood."
    )
    assert last.startswith("These comparisons are unadjusted.")


@pytest.fixture(scope="module")
def whole() -> Document:
    return document(STUDY, RESULTS, (), {"calliper": "0"})


def test_every_number_is_its_result_rounded(whole: Document) -> None:
    checked = 0
    for table, cell in cells(whole):
        shown = values(RESULTS, cell.keys)
        for token in NUMBER.findall(cell.text):
            assert any(is_rounding(token, value) for value in shown), (table.id, cell.text, token)
            checked += 1
    for label in labels(whole):
        (value,) = values(RESULTS, (label.key,))
        assert any(is_rounding(token, value) for token in NUMBER.findall(label.text)), label
        checked += 1
    for text in texts(whole):
        for value in values(RESULTS, text.keys):
            assert any(is_rounding(t, value) for t in NUMBER.findall(text.text.replace("P < ", "P <"))), (
                text.text
            )
    for note in quoting_notes(whole):
        tokens = NUMBER.findall(note.text.partition(": ")[2])
        assert all(is_rounding(t, v) for t, v in zip(tokens, values(RESULTS, note.keys), strict=True))
    assert checked > 100


@pytest.mark.parametrize(
    ("place", "stat", "words"),
    [
        (
            f"new vs old/ttp/{EVENT}",
            "hr.cause_specific",
            "progression, New drug vs Old drug, hazard ratio, cause-specific (95% CI)",
        ),
        (
            f"new vs old/ttp/{EVENT}",
            "p.fine_gray",
            "progression, New drug vs Old drug, P value, Wald, subdistribution",
        ),
        (f"between/ttp/{DEATH}", "p.gray", "death without it, P value, Gray's test"),
        (
            f"adjusted {EVENT}/arm/new",
            "hr.cause_specific",
            "progression, Treatment arm, New drug, adjusted, hazard ratio, cause-specific (95% CI)",
        ),
        (
            f"adjusted {DEATH}/age/",
            "p.cause_specific",
            "death without it, Age, adjusted, P value, Wald, cause-specific",
        ),
    ],
)
def test_a_number_away_from_its_table_says_whose_it_is(place: str, stat: str, words: str) -> None:
    (row,) = at(place, {stat: 0.5})
    assert described(STUDY, row) == words
