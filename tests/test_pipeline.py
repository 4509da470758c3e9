"""The study in order: what must hold whatever the stages do."""

from __future__ import annotations

from pathlib import Path

import pytest

import calliper
from calliper import pipeline
from calliper.synth.demo import write_demo
from small_study import write_study


def test_a_cohort_derived_in_parts_gives_the_same_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Derivations look at one patient at a time, so parts of 7 patients give the bytes of the whole."""
    write_demo(tmp_path)
    whole = calliper.load(tmp_path / "study.yaml").outcome
    monkeypatch.setattr(pipeline, "PATIENTS_IN_A_PART", 7)
    parts = calliper.load(tmp_path / "study.yaml").outcome
    assert parts.derived.cohort.patients.equals(whole.derived.cohort.patients)
    for name, endpoint in whole.derived.endpoints.items():
        assert parts.derived.endpoints[name].frame.equals(endpoint.frame), name
    assert parts.results == whole.results
    assert parts.document == whole.document


def test_a_study_with_nobody_in_it_reaches_its_report(tmp_path: Path) -> None:
    """Nobody eligible: every analysis says why it has no numbers, and the report is written."""
    path = write_study(tmp_path)
    path.write_text(
        path.read_text(encoding="utf-8").replace("rule: age >= 18", "rule: age >= 100"), encoding="utf-8"
    )
    study = calliper.load(path)
    assert study.run().get("flow/screened/overall///included").value == 0  # type: ignore[union-attr]
    for spec in study.protocol.analyses:
        assert any(method.failure for method in study.run().methods_of(spec.id)), spec.id
    assert (study.report(tmp_path / "out") / "report.html").is_file()


def test_each_step_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    study = calliper.load(write_study(tmp_path))
    pipeline.run(study.loaded, told.append)
    assert told[0] == "Reading the records"
    assert [step for step in told if step.startswith("Analysing")] == [
        f"Analysing {spec.id}" for spec in study.protocol.analyses
    ]
