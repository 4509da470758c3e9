"""The sentences: facts of the study file, numbers of the results, and what limits them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from calliper.blocks import Document, Text
from calliper.displays import labels
from calliper.displays.document import document
from calliper.displays.narrative import results as told
from calliper.displays.narrative.baseline import baseline
from calliper.displays.narrative.facts import Facts
from calliper.displays.narrative.limits import limits
from calliper.displays.narrative.methods import methods
from calliper.displays.narrative.responses import response
from calliper.displays.narrative.safety import safety
from calliper.displays.tables.multiplicity import printed_p_values
from calliper.protocol.specs import Landmark, Protocol, Response
from calliper.protocol.time_specs import DateSource
from calliper.records.tables import Problem
from calliper.results import Method, Results, Row
from calliper.study import load
from calliper.synth.demo import write_demo
from displays import hand_results
from displays.hand_results import analysis

STUDY = hand_results.protocol()
RESULTS = hand_results.results()


def test_methods_state_design_rules_endpoints_and_software() -> None:
    text = "\n".join(
        block.text for block in methods(Facts(STUDY, RESULTS, {"calliper": "0.1.0", "numpy": "2.2"}))
    )
    for expected in (
        "Design. This is a retrospective cohort at 1 centre: East.",
        "Setting. Data cut-off: 31 December 2021.",
        "I1, inclusion: adults. Rule: age >= 18; where it cannot be told, the patient is pending and not "
        "included.",
        'E1, exclusion: unfit. Rule: fit = "No"; where it cannot be told, the patient is excluded.',
        "Patients were compared by the treatment recorded: New drug and Old drug. The reference arm is Old "
        "drug.",
        "Overall survival (OS) was counted from first dose to death.",
        "Without an event, time is censored at first dose, and never after the data cut-off.",
        "Tumour response was categorised by RECIST 1.1",
        "Adverse events were graded by CTCAE version 5.0",
        "P values are two-sided; the level of significance is 0.05",
        "Survival was estimated by the Kaplan-Meier method.",
        "Software. The report was made by calliper 0.1.0 and numpy 2.2.",
    ):
        assert expected in text


def test_response_in_words() -> None:
    (text,) = told.response(analysis(STUDY, "response"), STUDY, RESULTS)
    assert text.text == (
        "At best response, objective response among evaluable patients was 75.0% (3/4) with New drug and "
        "20.0% (1/5) with Old drug (difference 55.0 percentage points, 95% CI −8.5 to 83.0; P = 0.028). "
        "These comparisons are unadjusted."
    )


def with_best() -> Protocol:
    """The study with a best response of scans, and the same by other criteria."""
    endpoint = STUDY.endpoints["response"]
    assert isinstance(endpoint, Response)
    best = {"best": Landmark(label="Best response", best="unconfirmed")}
    first = endpoint.model_copy(update={"start": "start", "landmarks": best})
    second = first.model_copy(update={"criteria": "mRECIST (2010)"})
    return STUDY.model_copy(update={"endpoints": {"response": first, "other": second}})


def test_a_best_response_is_no_moment() -> None:
    study = with_best()
    (text,) = told.response(analysis(study, "response"), study, RESULTS)
    assert text.text.startswith(
        "By best response, objective response among evaluable patients was 75.0% (3/4)"
    )
    assert labels.landmark(study.endpoints["response"], "best") == "Tumour response, best response"  # type: ignore[arg-type]


def test_rules_that_two_response_endpoints_share_are_told_once() -> None:
    study = with_best()
    first, second = study.endpoints.values()
    assert isinstance(first, Response)
    assert isinstance(second, Response)
    rule = "The best response is that of the scans up to the first progression"
    assert response(study, first).startswith(
        "Tumour response was categorised by RECIST 1.1 as the centres recorded it after first dose, "
        "as best response (unconfirmed)."
        f" {rule}"
    )
    assert response(study, second).endswith(
        "as best response (unconfirmed). The other rules are those of tumour response by RECIST 1.1."
    )


def test_survival_in_words() -> None:
    (text,) = told.survival(analysis(STUDY, "os"), STUDY, RESULTS)
    assert text.text == (
        "Median overall survival was not reached with New drug (0 deaths in 4 patients) and 12.7 months "
        "(95% CI 9.6 to NR) with Old drug (4 deaths in 6 patients). The curves were compared by the "
        "two-sided log-rank test: P = 0.011."
    )


def test_one_patient_is_one_patient() -> None:
    rows = [replace(row, value=1.0) if row.key == "os/included/new/os//n" else row for row in RESULTS.rows]
    (text,) = told.survival(analysis(STUDY, "os"), STUDY, Results(tuple(rows), RESULTS.methods))
    assert "(0 deaths in 1 patient) and" in text.text


def test_a_median_without_any_limit_has_no_interval() -> None:
    """Where a curve falls to 0 in one step, as of one patient, nothing tells where the limits would lie."""
    limits_of = {f"os/included/old/os//median_{end}" for end in ("lower", "upper")}
    rows = [replace(row, value=None) if row.key in limits_of else row for row in RESULTS.rows]
    assert len([row for row in rows if row.key in limits_of]) == 2
    (text,) = told.survival(analysis(STUDY, "os"), STUDY, Results(tuple(rows), RESULTS.methods))
    assert "and 12.7 months with Old drug (4 deaths in 6 patients)" in text.text


def test_a_time_from_response_is_no_comparison_of_the_arms_as_they_began() -> None:
    """Who has a duration of response is told by what came after the start (Anderson, Cain and Gelber 1983)."""
    first = {"date": "start", "reason": "first response"}
    endpoint = STUDY.endpoints["os"].model_copy(update={"counted_from": DateSource.model_validate(first)})
    study = STUDY.model_copy(update={"endpoints": {**STUDY.endpoints, "os": endpoint}})
    (text,) = told.survival(analysis(study, "os"), study, RESULTS)
    assert text.text.endswith(
        "This time is of those patients alone who had first response, and what happened after the start chose them: "
        "the comparison is descriptive."
    )


def test_limits_name_the_best_response_with_one_comma() -> None:
    study = STUDY.model_copy(update={"endpoints": {**STUDY.endpoints, **with_best().endpoints}})
    failed = Method(
        "response", "newcombe", "", subject="best ORR", failure="no test: it occurred in no patient"
    )
    held = limits(Facts(study, replace(RESULTS, methods=(failed,))), ())
    assert "Tumour response, best response, objective response (CR + PR), not estimated" in "\n".join(
        text.text for text in held
    )


def test_prognosis_in_words_speaks_of_association() -> None:
    alone, model, last = told.prognosis(analysis(STUDY, "cox"), STUDY, RESULTS)
    assert (
        "associated with overall survival at P < 0.05: age, years (HR 0.56, 95% CI 0.33 to 0.97, P = 0.037)"
        in alone.text
    )
    assert "stage, B vs A (HR 0.56" in model.text
    assert "exploratory" in last.text


def test_safety_in_words() -> None:
    (text,) = safety(analysis(STUDY, "safety"), STUDY, RESULTS)
    assert (
        text.text == "No patient had an event of grade 3 or worse among adverse events (CTCAE version 5.0)."
    )


def _section(name: str, **arguments: object) -> str:
    made = document(STUDY, RESULTS, **({"problems": (), "versions": {}} | arguments))  # type: ignore[arg-type]
    (section,) = [section for section in made.sections if section.id == name]
    return "\n".join(block.text for block in section.blocks if hasattr(block, "text"))


def test_limits_count_the_p_values_that_are_printed() -> None:
    made = document(STUDY, RESULTS, (), {})
    # baseline 2; response 2; log-rank 1; rash 1; Cox alone: age, stage B and C and overall, arm; model:
    # the last four
    expected = 2 + 2 + 1 + 1 + 5 + 4
    assert printed_p_values(RESULTS, made.sections) == expected
    assert f"The tables and figures print {expected} P values" in _section("limitations")


def test_limits_hold_every_warning_and_failure_once() -> None:
    text = _section("limitations")
    assert "not assigned at random" in text
    assert text.count("no finite hazard ratio: no event in one arm.") == 1
    assert "Overall survival: Only 1.3 events." in text


def test_limits_name_the_subject_of_a_failure() -> None:
    failed = (
        Method("baseline", "headline", "", subject="fit", failure="no test: nobody knows"),
        Method("baseline", "fisher", "", subject="sex", failure="no exact test: too large"),
        Method("safety", "headline", "", subject="rash grade >=3", failure="no test: nobody had it"),
        Method("response", "headline", "", subject="best DCR all", failure="no test: all alike"),
        Method("cox", "summary", "", subject="main", failure="no model: no event"),
    )
    lines = [text.text for text in limits(Facts(STUDY, Results((), failed)), ()) if text.role == "warning"]
    assert lines == [
        "Baseline, fit, not estimated: no test: nobody knows.",
        "Adverse events, rash, grade ≥3, not estimated: no test: nobody had it.",
        "Tumour response, best response, disease control (CR + PR + SD), not estimated: no test: all alike.",
        "Overall survival, main model, not estimated: no model: no event.",
    ]


def test_a_safety_paragraph_lists_the_commonest_events_and_counts_the_others() -> None:
    spec = analysis(STUDY, "safety").model_copy(update={"grades": False})
    rows = []
    for place in range(1, 13):
        rows += [
            Row("safety", "included", "new", f"event {place}", level, stat, value)
            for level, stat, value in (
                ("", "n", 20.0), ("any grade", "count", float(place)), ("any grade", "proportion", place / 20),
            )
        ]  # fmt: skip
    (text,) = safety(spec, STUDY, Results(tuple(rows), ()))
    assert text.text.startswith(
        "Adverse events (CTCAE version 5.0): event 5, 5/20 (25.0%) with New drug; event 6,"
    )
    assert text.text.endswith(
        "event 12, 12/20 (60.0%) with New drug. 4 less common events stand in the table."
    )


def test_methods_say_nothing_twice(demo: Document) -> None:
    (section,) = [section for section in demo.sections if section.id == "methods"]
    sentences = [
        sentence
        for block in section.blocks
        if isinstance(block, Text)
        for sentence in re.split(r"(?<=\.)\s+(?=[A-Z])", block.text)
    ]
    # Said of two endpoints, or of two tables: what holds for each.
    shared = {
        "A patient without a record of an event is taken to have had none.",
        "A scan is adequate with the response CR, PR, SD or PD (tumour response by mRECIST (2010)).",
        "Proportions carry exact Clopper-Pearson 95% confidence intervals.",
        "The scans of one patient are not independent, so that neither the share nor kappa has an interval.",
        "The other rules are those of TTP.",
    }
    again = {sentence for sentence in sentences if sentences.count(sentence) > 1} - shared
    assert not again
    text = " ".join(sentences)
    assert "Wilson" not in text  # computed, and printed nowhere in this report
    assert (
        text.count("two-sided") == 4
    )  # P values as a whole, the log-rank test, McNemar's, that of definitions
    assert text.count("Kaplan-Meier") == 3  # the curves, the follow-up, and the first reduction of the dose


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Document:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return load(folder / "study.yaml").outcome.document


def test_data_section_lists_problems_and_pending_patients() -> None:
    problem = Problem(
        "query", "plausible", "Age 99 is above 80", "check it", centre="east", file="p.csv", row=3
    )
    text = _section("data", problems=(problem,))
    assert "Records left out" not in text  # no such row in the hand results
    assert "pending because eligibility could not be told: 1." in text
    assert "found no problem" in _section("data")


def test_banner_only_where_the_records_are_invented() -> None:
    assert document(STUDY, RESULTS, (), {}).banner == "INVENTED DATA - no patient is described"
    assert document(hand_results.protocol(invented=False), RESULTS, (), {}).banner == ""


def test_a_study_whose_every_method_failed_still_makes_a_document() -> None:
    nothing = Results((), RESULTS.methods)
    made = document(STUDY, nothing, (), {})
    assert [section.id for section in made.sections][:3] == ["summary", "patients", "baseline"]


def test_baseline_in_words_names_what_differs() -> None:
    (text,) = baseline(analysis(STUDY, "baseline"), STUDY, RESULTS)
    # sex differs by 0.9, age by 0.0215; of fitness no difference is in the results
    assert text.text == (
        "The standardised difference, New drug vs Old drug, was above 0.1 for sex (0.900), and for no other "
        "characteristic of which it could be estimated. A characteristic alike in both arms does not show that they "
        "are alike in what was not recorded."
    )
    assert text.keys == ("baseline/included/new vs old/sex//smd",)
    alike = [row for row in RESULTS if row.key not in text.keys]
    (text,) = baseline(analysis(STUDY, "baseline"), STUDY, Results(tuple(alike), ()))
    assert text.text.startswith(
        "No standardised difference, New drug vs Old drug, was above 0.1; that of sex and fit could not be "
        "estimated."
    )
    assert baseline(analysis(STUDY, "baseline"), STUDY, Results((), ())) == ()


@pytest.mark.parametrize(
    ("screened", "excluded", "pending", "expected"),
    [
        (10, 0, 0, "All 10 patients of the records were included."),
        (12, 2, 0, "Of 12 patients screened, 10 were included and 2 excluded."),
        (
            12,
            1,
            1,
            "Of 12 patients screened, 10 were included, 1 excluded and 1 left pending because eligibility could not be "
            "told.",
        ),
    ],
)
def test_patients_in_words(screened: int, excluded: int, pending: int, expected: str) -> None:
    counts = {"screened": screened, "included": 10, "excluded": excluded, "pending": pending}
    rows = tuple(Row("flow", "screened", "overall", "", "", stat, float(n)) for stat, n in counts.items())
    (text,) = told.patients(STUDY, Results(rows, ()))
    assert text.text == expected
