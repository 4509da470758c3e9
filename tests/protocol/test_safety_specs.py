"""What a safety analysis names: each mistake told on the line where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.study_text import changed, load_text, mistakes_of

OLD = "{id: safety, kind: safety, endpoint: harm, terms: [fever], arms: [combination]}"
ROWS = """\
  rows:
    kind: toxicity
    label: Events
    dictionary: CTCAE
    version: 3.0
    start: first_tace
    terms:
      fever: {label: Fever, values: [Fever]}
"""
WINDOW = "    window_days: [0, 30]\n"


def study(spec: str, *, rows: str = ROWS, roles: str = "") -> str:
    """The study with another safety analysis, a second endpoint `rows`, and more roles of its table."""
    text = changed(OLD, f"{{id: safety, kind: safety, {spec}}}")
    text = text.replace("  response:\n    kind: response\n", f"{rows}  response:\n    kind: response\n", 1)
    return text.replace("start: Start}\n  imaging", f"start: Start{roles}}}\n  imaging", 1)


TREATMENTS = """\
  treatments:
    kind: treatments
    label: Treatments
    start: {start}
    items: {{tace: {{label: TACE, drugs: [{drug}], as: {taken}}}}}
"""
EXPOSURE = (
    "  exposure: {files: [{path: e.csv}], columns: {patient: ID, drug: Drug, start: Start, end: End}}\n"
)
EACH = "    after_each: {drugs: [TACE], days: [0, 30]}\n"


def with_sessions(
    drug: str = "TACE", taken: str = "session", start: str = "first_tace", each: str = EACH
) -> str:
    rows = ROWS + each + TREATMENTS.format(start=start, drug=drug, taken=taken)
    text = study("endpoint: rows, sessions: treatments", rows=rows)
    return text.replace("  contacts:\n", f"{EXPOSURE}  contacts:\n", 1)


CASES = {
    "kind without a role": (
        study("endpoint: rows, kinds: [reduced]"),
        "kinds[1]: found no role 'action' in data.adverse_events.columns; expected it, as this endpoint reads it",
    ),
    "kind without words": (
        study("endpoint: rows, kinds: [serious]", roles=", serious: Serious"),
        "kinds[1]: found 'serious' without words.serious; expected the recorded words that say so, as [yes]",
    ),
    "words without the kind": (
        study("endpoint: rows, words: {related: [yes]}"),
        "words.related: found words for 'related', which kinds does not have; expected it among kinds",
    ),
    "kinds of a patients' column": (
        study("endpoint: harm, kinds: [fatal]", roles=", outcome: Outcome"),
        "kinds: found kinds, but 'pain' is a patients' column, of which no single events are known; expected an "
        "endpoint whose terms have values or lab",
    ),
    "rates of a patients' column": (
        study("endpoint: harm, patient_years: true"),
        "patient_years: found patient_years, but 'pain' is a patients' column, of which no single events are known; "
        "expected an endpoint whose terms have values or lab",
    ),
    "no categories": (
        study("endpoint: rows, categories: true"),
        "categories: found no role 'category' in data.adverse_events.columns; expected it, as this endpoint reads it",
    ),
    "categories of categories": (
        study(
            "endpoint: rows, categories: true",
            rows=ROWS + "    by: category\n",
            roles=", category: Class",
        ),
        "categories: found categories, but the terms of 'rows' are the table's categories themselves; expected an "
        "endpoint with by: term",
    ),
    "grades that are not shown": (
        study("endpoint: rows, grades: false, figures: [dots, grades]"),
        "figures[2]: found the figure grades with grades: false; expected grades: true, as it draws them",
    ),
    "a figure twice": (
        study("endpoint: rows, figures: [dots, dots]"),
        "figures[2]: found 'dots' a second time; expected it once",
    ),
    "time without a beginning": (
        study("endpoint: rows, patient_years: true"),
        "patient_years: found patient_years, but 'rows' has no window with a first day; expected one, as the time at "
        "risk begins with it",
    ),
    "shifts without a beginning": (
        study("endpoint: rows, shifts: [fever]"),
        "shifts: found shifts, but 'rows' has no window with a first day; expected one, before which the baseline lies",
    ),
    "shifts of a comparison": (
        study("endpoint: rows, shifts: [fever]", rows=f"{ROWS}{WINDOW}    baseline: {{compare: true}}\n"),
        "shifts: found shifts, but 'rows' compares with the baseline; expected baseline: {compare: false}",
    ),
    "shifts of no term": (
        study("endpoint: rows, shifts: [pain]", rows=ROWS + WINDOW),
        "shifts[1]: found 'pain'; expected a term of 'rows': fever",
    ),
    "an arm that was not asked": (
        study("endpoint: rows, arms: [control]", rows=f"{ROWS}{WINDOW}    arms: [combination]\n"),
        "arms[1]: found 'control', whose events 'rows' does not ask for; expected one of its own arms",
    ),
    "sessions of another endpoint": (
        study("endpoint: rows, sessions: response"),
        "sessions: found 'response'; expected the name of a treatments endpoint",
    ),
    "sessions after which nothing counts": (
        with_sessions(each=WINDOW),
        "sessions: found sessions, but 'rows' has no after_each, which says after which session an event was; "
        "expected an endpoint with after_each",
    ),
    "sessions of another drug": (
        with_sessions(drug="HAIC"),
        "sessions: found 'treatments', of which no item as: session has the drugs TACE, after which 'rows' counts; "
        "expected the same drugs",
    ),
    "periods": (
        with_sessions(taken="period"),
        "sessions: found 'treatments', of which no item as: session has the drugs TACE, after which 'rows' counts; "
        "expected the same drugs",
    ),
    "sessions from another day": (
        with_sessions(start="death"),
        "sessions: found 'treatments', which starts at death; expected the start of 'rows'",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_mistake_and_its_line(name: str, tmp_path: Path) -> None:
    text, expected = CASES[name]
    (line,) = mistakes_of(tmp_path, text)
    at = next(number for number, row in enumerate(text.splitlines(), 1) if "id: safety" in row)
    assert line == f"study.yaml:{at}: analyses.safety.{expected}"


def test_all_of_it_together(tmp_path: Path) -> None:
    text = with_sessions().replace(
        "sessions: treatments}",
        "sessions: treatments, categories: true, any_event: true, kinds: [serious, fatal], words: {serious: [yes]}, "
        "patient_years: true, shifts: [fever], figures: [dots, grades]}",
    )
    roles = ", serious: Serious, outcome: Outcome, category: Class, end: End"
    loaded = load_text(
        tmp_path, text.replace("start: Start}\n  imaging", f"start: Start{roles}}}\n  imaging", 1)
    )
    (spec,) = [held for held in loaded.protocol.analyses if held.id == "safety"]
    assert spec.figures == ("dots", "grades")  # type: ignore[union-attr]


def test_words_are_text(tmp_path: Path) -> None:
    """YAML reads a bare yes as true."""
    text = study("endpoint: rows, kinds: [serious], words: {serious: [yes]}", roles=", serious: Serious")
    loaded = load_text(tmp_path, text)
    (spec,) = [held for held in loaded.protocol.analyses if held.id == "safety"]
    assert spec.words.serious == ("yes",)  # type: ignore[union-attr]
