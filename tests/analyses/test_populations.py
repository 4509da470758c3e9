"""Analyses limited to a population, against the study that has no other patients; and who is in a population."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest

from calliper import pipeline
from calliper.blocks import Table, Text
from calliper.protocol.load import Loaded, load
from calliper.protocol.specs import Criterion, Population
from calliper.results import CONVENTIONS, MULTIPLICITY, Results, within
from calliper.synth.demo import write_demo
from deviation_study import PATIENTS, STUDY, load_study

RULE = "age >= 57"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return load(folder / "study.yaml")


@pytest.fixture(scope="module")
def limited(demo: Loaded) -> Results:
    """Every analysis of the demonstration among some of its patients."""
    populations = {**demo.protocol.populations, "older": Population(label="Older patients", rule=RULE)}
    analyses = tuple(spec.model_copy(update={"population": "older"}) for spec in demo.protocol.analyses)
    changed = demo.protocol.model_copy(update={"populations": populations, "analyses": analyses})
    return pipeline.run(replace(demo, protocol=changed)).results


@pytest.fixture(scope="module")
def twin(demo: Loaded) -> Results:
    """The same analyses, of a study that includes no other patient."""
    older = Criterion(id="OLD", kind="inclusion", text="Older", rule=RULE)
    analyses = tuple(spec.model_copy(update={"population": None}) for spec in demo.protocol.analyses)
    changed = demo.protocol.model_copy(
        update={"eligibility": (*demo.protocol.eligibility, older), "analyses": analyses}
    )
    return pipeline.run(replace(demo, protocol=changed)).results


APART = ("flow", CONVENTIONS)


def test_every_number_is_that_of_a_study_of_these_patients_alone(limited: Results, twin: Results) -> None:
    # adjusted P values name their analyses, whose population it is
    expected = {
        (
            row if row.analysis == MULTIPLICITY else replace(row, population=within("older", row.population))
        ).key: row.value
        for row in twin
        if row.analysis not in APART
    }
    assert {row.key: row.value for row in limited if row.analysis not in APART} == expected
    assert len(expected) > 3000


def test_courses_listings_and_methods_too(limited: Results, twin: Results) -> None:
    assert limited.courses == twin.courses
    assert limited.listings == twin.listings
    mine, theirs = (
        [method for method in held.methods if method.analysis not in APART] for held in (limited, twin)
    )
    assert mine == theirs


def test_conclusions_under_other_conventions_too(limited: Results, twin: Results) -> None:
    assert [(flip.kind, dict(flip.conclusions)) for flip in limited.flips] == [
        (flip.kind, dict(flip.conclusions)) for flip in twin.flips
    ]


def test_the_population_has_the_patients_that_the_twin_includes(limited: Results, twin: Results) -> None:
    for group in ("overall", *("combination", "control")):
        included = twin.get(f"flow/screened/{group}///included")
        assert included is not None
        assert limited.by_key[f"flow/older/{group}///n"].value == included.value


def test_nobody_in_the_per_protocol_set_has_a_major_deviation(tmp_path: Path) -> None:
    """P2 and P3 of the combination have one, nobody of the other arm."""
    results = load_study(tmp_path).run()
    n = {
        arm: results.by_key[f"flow/per_protocol/{arm}///n"].value
        for arm in ("combination", "tace", "overall")
    }
    assert n == {"combination": 1, "tace": 2, "overall": 3}
    analyses = [{"id": "again", "kind": "deviations", "endpoint": "protocol", "population": "per_protocol"}]
    (tmp_path / "again").mkdir()
    again = load_study(tmp_path / "again", {"analyses": analyses}).run()
    assert again.by_key["again/per_protocol/overall/any//n"].value == 3
    assert again.by_key["again/per_protocol/overall/any/major/count"].value == 0
    assert again.by_key["again/per_protocol/overall/any/any/count"].value == 1


def test_in_the_demonstration_the_set_and_those_with_a_major_deviation_are_all(demo: Loaded) -> None:
    run = pipeline.run(demo)
    frame = run.derived.endpoints["protocol"].frame
    patients = run.derived.cohort.patients
    for arm in ("combination", "control"):
        own = patients.filter(arm=arm)["patient"].to_list()
        major = {row[0] for row in frame.select("patient", "severity").iter_rows() if row[1] == "major"}
        n = run.results.by_key[f"flow/per_protocol/{arm}///n"].value
        assert n == len(own) - len(major & set(own))
        assert 0 < len(major & set(own)) < len(own)


def test_counts_of_a_population_add_up_and_an_unknown_rule_is_counted(tmp_path: Path) -> None:
    """Sizes are 12, 8, 5 and, in the other arm, 11 and not known."""
    populations = {
        "large": {"label": "Large tumours", "rule": "size > 6"},
        "both": {"label": "Large, per protocol", "rule": "size > 6", "without_major": "protocol"},
        **STUDY["populations"],
    }
    results = load_study(tmp_path, {"populations": populations}).run()

    def counts(name: str, arm: str) -> list[float | None]:
        return [results.by_key[f"flow/{name}/{arm}///{stat}"].value for stat in ("n", "left", "unknown")]

    assert counts("large", "combination") == [2, 1, 0]
    assert counts("large", "tace") == [1, 0, 1]
    assert counts("both", "combination") == [1, 2, 0]
    assert counts("both", "overall") == [2, 2, 1]


def test_rows_of_other_analyses_keep_their_keys(tmp_path: Path) -> None:
    plain = copy.deepcopy(STUDY)
    del plain["populations"]
    without = {"populations": {}, "analyses": STUDY["analyses"][:2]}
    (tmp_path / "without").mkdir()
    before = load_study(tmp_path / "without", without).run()
    after = load_study(tmp_path).run()
    theirs = [row for row in before if row.analysis != CONVENTIONS]
    assert set(theirs) <= set(after.rows)
    assert {row.analysis for row in set(after.rows) - set(before.rows)} <= {"strict", "flow", CONVENTIONS}


def test_captions_notes_headers_and_methods_say_the_population_and_its_size(tmp_path: Path) -> None:
    document = load_study(tmp_path).document()
    blocks = {section.title: section.blocks for section in document.sections}
    whole, lead, strict = blocks["Baseline characteristics"]
    assert isinstance(whole, Table)
    assert isinstance(strict, Table)
    assert lead == Text(
        "Per-protocol set: 1 of 3 included patients in Combination and 2 of 2 in TACE.",
        keys=(
            "flow/per_protocol/combination///n", "flow/screened/combination///included",
            "flow/per_protocol/tace///n", "flow/screened/tace///included",
        ),
    )  # fmt: skip
    assert strict.caption == f"{whole.caption}, per-protocol set"
    assert strict.footnotes[0].text == lead.text  # type: ignore[union-attr]
    heads = [column.header for column in strict.columns]
    assert heads[1:4] == ["Combination (n = 1)", "TACE (n = 2)", "Overall (n = 3)"]
    sizes = next(block for block in blocks["Patients"] if isinstance(block, Table))
    assert [[cell.text for cell in row.cells] for row in sizes.rows] == [
        ["Included patients", "3", "2", "5"],
        ["Per-protocol set", "1", "2", "3"],
    ]
    told = " ".join(block.text for block in blocks["Methods"] if isinstance(block, Text))
    assert "Per-protocol set: the included patients with no major protocol deviation on record." in told


def test_a_population_of_nobody_is_told_and_does_not_stop_the_run(tmp_path: Path) -> None:
    populations = {"per_protocol": {"label": "Nobody", "rule": "size > 100"}}
    late = [PATIENTS[0], *([*row[:3], "5", row[4]] for row in PATIENTS[1:])]
    results = load_study(tmp_path, {"populations": populations}, patients=late).run()
    assert results.by_key["flow/per_protocol/overall///n"].value == 0
