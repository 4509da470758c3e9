"""The CDISC pilot's table 14-5.01 from one analysis: body systems as lines over their terms, patients counted once."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

import pytest

import calliper
from calliper import pipeline
from calliper.analyses.safety import analyse_safety
from calliper.protocol.specs import SafetyAnalysis
from calliper.results import Results
from shared import ROOT, shared_data

ARMS = ("placebo", "low", "high")


@pytest.fixture(scope="module")
def held() -> tuple[Results, Results]:
    """The analysis with categories, and those of the study file."""
    shared_data("01_cdisc_pilot/adam/adsl.csv")
    loaded = calliper.load(ROOT / "studies" / "cdisc_pilot.yaml").loaded
    run = pipeline.run(loaded)
    (spec,) = [held for held in loaded.protocol.analyses if held.id == "safety"]
    assert isinstance(spec, SafetyAnalysis)
    under = spec.model_copy(update={"categories": True, "any_event": True})
    return analyse_safety(under, loaded.protocol, run.derived), run.results


def test_every_body_system_of_the_published_table(held: tuple[Results, Results]) -> None:
    made, _ = held
    with shared_data("01_cdisc_pilot/expected/14-5.01.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file))[3:]
    systems, cells = [row for row in table if not row[0].startswith("  ")], 0
    for row in systems:
        name = "any" if row[0] == "ANY BODY SYSTEM" else f"category:{row[0].strip()}"
        for place, arm in enumerate(ARMS):
            here = f"safety/included/{arm}/{name}/any grade/"
            count = re.match(r"\d+", row[1 + 2 * place].strip())
            events = row[2 + 2 * place].strip().strip("[]")
            assert count is not None
            assert made.by_key[f"{here}count"].value == int(count[0]), here
            assert made.by_key[f"{here}events"].value == int(events or 0), here
            cells += 2
    assert cells == 6 * len(systems) > 100


def test_systems_and_terms_are_those_of_two_endpoints(held: tuple[Results, Results]) -> None:
    """Every number of a body system is that of the endpoint that counts systems, every other that of the terms."""
    made, study = held
    compared = 0
    for row in made:
        if row.variable == "any":
            continue
        category = row.variable.removeprefix("category:")
        analysis = "safety" if category == row.variable else "body_systems"
        twin = study.by_key[replace(row, analysis=analysis, variable=category).key]
        assert row.value == twin.value, row.key
        compared += 1
    assert compared == sum(row.variable != "any" for row in (*study.of("safety"), *study.of("body_systems")))


def test_terms_stand_under_their_system_in_order(held: tuple[Results, Results]) -> None:
    made, _ = held
    order = list(dict.fromkeys(row.variable for row in made))
    systems = [name for name in order if name.startswith("category:")]
    assert systems == sorted(systems)
    assert order.index("category:CARDIAC DISORDERS") < order.index("ATRIAL FLUTTER") < order.index(systems[1])
