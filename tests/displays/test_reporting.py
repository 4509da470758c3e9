"""The running text of whole reports: the points of the Methods, limitations that hold, the summary, sobriety."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from calliper.analyses import ANALYSE
from calliper.blocks import Document, Figure, Section, Table, Text
from calliper.displays.narrative.facts import Facts
from calliper.displays.narrative.methods import POINTS, told
from calliper.displays.narrative.study_limits import study_limits
from calliper.displays.tables.multiplicity import printed_p_values
from calliper.protocol import specs
from calliper.results import Results, Row
from displays import hand_results
from displays.reported import NAMES, run

BANNED = (
    r"causes?(?!-specific)", r"caused", r"effective\w*", r"efficac\w+", r"improv\w+", r"benefi\w+", r"superior\w*",
    r"inferior\w*", r"synerg\w+", r"reduces", r"prolong\w*", r"led to", r"due to", r"owing to", r"thanks to",
    r"results? in", r"prevents?", r"protects?", r"significant(?:ly)?", r"safe and", r"proves?", r"demonstrates?",
    r"impact of", r"effect of",
)  # fmt: skip
CAUSAL = re.compile(rf"\b({'|'.join(BANNED)})\b", re.IGNORECASE)
AUTHORS = "for the authors to state"

POINT_WORDS: dict[str, tuple[str, ...]] = {
    # each of the points 1 to 25, by what its paragraph says of the study
    "demo": (
        "retrospective cohort at 3 centres", "January 2017 to June 2019", "Where a rule cannot be told",
        "on day 3 to 5 from first DEB-TACE", "Time zero was first DEB-TACE", "800 mg a day were planned",
        "Imaging follow-up", "mRECIST (2010)", "(OS) was counted from first DEB-TACE to death",
        "No date was completed", "CTCAE version 3.0", "0 errors and 6 queries", "no major protocol deviation",
        "P values are two-sided; the level of significance is 0.05", "reverse Kaplan-Meier",
        "adjusted for number of nodules, vascular invasion, extrahepatic metastasis and ECOG",
        "a median of 4 (3 to 5) days after first DEB-TACE", "time to progression, death competing",
        "No missing value was imputed", "Holm's step-down", "again in the per-protocol set",
        "No interaction with the arm was tested", "No sample size was calculated: all 90",
        "The report was made by", "28 rules",
    ),
    "minimal": (
        "This is a prospective cohort.", "registration", "no eligibility criterion is declared",
        "by the treatment recorded", "No endpoint is counted from a day", "how each treatment was given",
        "the schedule of visits", "Tumour response is no endpoint", "No time to an event", "No date was completed",
        "Adverse events are no endpoint", "Nothing was found", "all included patients", "Welch",
        "No survival curve", "No comparison of arms is adjusted", "whether anything that decides",
        "No competing event", "At baseline missing values", "names no primary test",
        "repeated with the choices of other statistical programs", "No subgroup was analysed",
        "No sample size was calculated: all 12", "No step draws random numbers", "were not read off",
    ),
    "competing": (
        "This is a randomised trial.", "funding", "Every patient", "as randomised", "time to progression was counted",
        "how each", "schedule", "no endpoint", "death ended the time as a competing event", "No date",
        "Adverse events are no", "Every cell", "all included", "95% confidence intervals", "No survival curve",
        "Arms were drawn by lot.", "drawn by lot", "Aalen-Johansen", "are censored",
        "The primary test is that of time to progression", "repeated", "No interaction", "all 12", "made by",
        "changes of the plan",
    ),
    "single": (
        "single-arm trial at 2 centres", "Conflicts of interest: None.", "I1", "belong to one arm, Treated",
        "overall survival was counted", "As usual.", "schedule", "no endpoint", "(OS), in months", "No date",
        "CTCAE version 5.0", "Nothing was found", "all included patients.", "two-sided", "Kaplan-Meier",
        "With one arm no comparison", "With one arm no treatment", "No competing event", "regression",
        "No P value is adjusted", "repeated", "No subgroup", "Ten patients were planned.", "made by", "None.",
    ),
}  # fmt: skip


def section(document: Document, name: str) -> Section:
    return next(held for held in document.sections if held.id == name)


def paragraphs(document: Document, name: str) -> list[str]:
    return [block.text for block in section(document, name).blocks if isinstance(block, Text)]


def everything(document: Document) -> Iterator[str]:
    """Every sentence that the report makes: paragraphs, captions, notes, words for those who cannot see a figure."""
    for held in document.sections:
        yield held.title
        for block in held.blocks:
            if isinstance(block, Text):
                yield block.text
                continue
            yield block.caption
            yield from (note.text for note in block.footnotes)
            if isinstance(block, Figure):
                yield block.alt
            elif block.id == "table-checklist":
                yield from (cell.text for row in block.rows for cell in row.cells)


@pytest.mark.parametrize("name", list(POINT_WORDS))
def test_each_of_the_points_is_told_and_says_what_the_study_file_does(name: str) -> None:
    texts = paragraphs(run(name).document, "methods")
    starts = [
        next(place for place, text in enumerate(texts) if text.startswith(f"{point.name}. "))
        for point in POINTS
    ]
    assert len(POINTS) == 25 == len(POINT_WORDS[name])
    assert starts == sorted(starts)
    assert starts[0] == 0
    for start, end, words in zip(starts, [*starts[1:], len(texts)], POINT_WORDS[name], strict=True):
        assert words in " ".join(texts[start:end])


def test_nothing_weights_or_matches_so_that_the_methods_may_say_so() -> None:
    kinds = {spec.__name__ for spec in ANALYSE}
    assert not [name for name in kinds if re.search("propens|weight|match", name, re.IGNORECASE)]
    text = " ".join(paragraphs(run("demo").document, "methods"))
    assert "no propensity score, matching or weighting was used" in text


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_of_any_report_speaks_of_cause(name: str) -> None:
    for text in everything(run(name).document):
        assert not CAUSAL.search(text), text


def test_what_the_authors_stated_is_not_asked_for_again() -> None:
    asked = [text for text in paragraphs(run("stated").document, "methods") if AUTHORS in text]
    # what no key of the study holds: the day of a recorded time, the schedule, what decided the arm
    assert len(asked) == 3
    bare = [text for text in paragraphs(run("small").document, "methods") if AUTHORS in text]
    assert len(bare) > len(asked)


@pytest.mark.parametrize("name", NAMES)
def test_the_summary_says_what_the_body_says(name: str) -> None:
    document = run(name).document
    body = {
        (block.text, block.keys)
        for held in document.sections
        if held.id not in ("summary", "methods")
        for block in held.blocks
        if isinstance(block, Text)
    }
    texts = [block for block in section(document, "summary").blocks if isinstance(block, Text)]
    assert document.sections[0].id == "summary"
    start = next((place for place, text in enumerate(texts) if text.text.startswith("Results. ")), len(texts))
    results = [replace(text, text=text.text.removeprefix("Results. ")) for text in texts[start:]]
    assert bool(results) == (name != "minimal")
    for text in results:
        assert text.keys or "unadjusted" in text.text
        assert (text.text, text.keys) in body


def test_the_primary_test_heads_the_summary() -> None:
    told_of = paragraphs(run("demo").document, "summary")
    assert "The primary test was that of overall survival, counted from first DEB-TACE" in told_of[1]
    assert told_of[2].startswith("Results. Median overall survival was")
    assert "names no primary endpoint" in paragraphs(run("small").document, "summary")[1]


STUDY = hand_results.protocol()


def limits(study: specs.Protocol, results: Results | None = None) -> str:
    made = hand_results.results() if results is None else results
    return "\n".join(text.text for text in study_limits(Facts(study, made)))


def changed(**facts_of_study: object) -> specs.Protocol:
    return STUDY.model_copy(update={"study": STUDY.study.model_copy(update=facts_of_study)})


def test_limits_of_a_study_by_hand() -> None:
    held = limits(STUDY)
    assert "not assigned at random" in held
    assert "No central or masked reading" in held
    assert "How much treatment patients had is no part" in held
    assert "Later anticancer therapy is not in the records" in held
    assert "All patients come from one centre." in held
    assert "No sample size was calculated: with 10 patients" in held
    assert "Values are missing of fit; none was imputed." in held
    # a model has the arm beside stage, two of twelve left, version 5.0, no scan is followed
    for other in ("No analysis adjusts", "no log of those screened", "CTCAE", "Whether scans", "one arm"):
        assert other not in held


def test_a_limit_goes_with_its_ground() -> None:
    assert "not assigned at random" not in limits(changed(design="randomised trial"))
    assert "were not made for this question" not in limits(changed(design="prospective cohort"))
    assert "No central" not in limits(changed(readers="Two masked readers."))
    assert "No sample size" not in limits(changed(sample_size="By the log-rank test."))
    alone = STUDY.model_copy(
        update={"analyses": tuple(spec for spec in STUDY.analyses if spec.kind != "cox")}
    )
    assert "No analysis adjusts the comparison of arms" in limits(alone)
    treated = STUDY.endpoints["response"].model_copy(update={"new_therapy": "start"})
    told_of = STUDY.model_copy(update={"endpoints": {**STUDY.endpoints, "response": treated}})
    assert "Later anticancer therapy" not in limits(told_of), "a date of it is read"
    toxicity = STUDY.endpoints["toxicity"].model_copy(update={"version": "3.0"})
    older = STUDY.model_copy(update={"endpoints": {**STUDY.endpoints, "toxicity": toxicity}})
    assert "CTCAE version 3.0; version 5.0 grades some of them otherwise." in limits(older)


@pytest.mark.parametrize(("screened", "is_told"), [(10.0, True), (11.0, False), (None, False)])
def test_a_study_that_took_everybody_has_no_screening_log(screened: float | None, is_told: bool) -> None:
    rows = [] if screened is None else [Row("flow", "screened", "overall", "", "", "screened", screened)]
    rows.append(Row("flow", "screened", "overall", "", "", "included", 10.0))
    assert ("no log of those screened" in limits(STUDY, Results(tuple(rows), ()))) == is_told


@pytest.mark.parametrize(("latest", "is_told"), [(5.0, True), (0.0, False)])
def test_a_drug_after_time_zero_is_immortal_time(latest: float, is_told: bool) -> None:
    exposure = {
        "kind": "exposure",
        "label": "Drug",
        "start": "start",
        "drugs": ["D"],
        "planned_mg_per_day": 1,
    }
    whole = STUDY.model_dump(by_alias=True, exclude_unset=True, mode="json")
    whole["endpoints"]["drug"] = {**exposure, "arms": ["new"]}
    whole["analyses"] = [*whole["analyses"], {"id": "drug", "kind": "exposure", "endpoint": "drug"}]
    study = specs.Protocol.model_validate(whole)
    days = {"median": latest / 2, "min": 0.0, "max": latest}
    rows = tuple(Row("drug", "started", "new", "delay", "", stat, value) for stat, value in days.items())
    told_of = limits(study, Results(rows, ()))
    words = "Patients with New drug began drug a median of 2.5 (0 to 5) days after first dose"
    assert (words in told_of) == is_told
    (text,) = told(
        next(point for point in POINTS if point.name == "Immortal time"), Facts(study, Results(rows, ()))
    )
    assert (words in text.text) == is_told


@pytest.mark.parametrize("name", NAMES)
def test_p_values_are_counted_by_section_and_add_up(name: str) -> None:
    outcome = run(name)
    held = next((held for held in outcome.document.sections if held.id == "multiplicity"), None)
    assert held is not None
    (table,) = [block for block in held.blocks if isinstance(block, Table) and block.id == "table-p-counts"]
    counts = [int(row.cells[1].text) for row in table.rows]
    # the obvious way: every key of a P value in the tables and labels before this section, each once
    place = outcome.document.sections.index(held)
    body = [one for one in outcome.document.sections[:place] if one.id != "summary"]
    assert counts[-1] == sum(counts[:-1]) == printed_p_values(outcome.results, body)
    assert [float(row.cells[2].text) for row in table.rows] == pytest.approx(
        [0.05 * count for count in counts]
    )


def test_the_declared_tests_are_adjusted_beside_their_p_values() -> None:
    outcome = run("demo")
    (table,) = [
        block
        for block in section(outcome.document, "multiplicity").blocks
        if isinstance(block, Table) and block.id == "table-declared-tests"
    ]
    p = [outcome.results.by_key[row.cells[2].keys[0]].value or 0 for row in table.rows[1:]]
    adjusted = [outcome.results.by_key[row.cells[3].keys[0]].value for row in table.rows[1:]]
    # three tests in ascending order, as they happen to be declared: 3 p1, 2 p2, p3, none below the one before it
    assert p == sorted(p)
    steps = [3 * p[0], 2 * p[1], p[2]]
    assert adjusted == pytest.approx([max(steps[: place + 1]) for place in range(3)])
    assert table.rows[0].cells[3].text == ""
