"""The published table 14-5.01 of the CDISC pilot, against results of safety analyses."""

from __future__ import annotations

import csv
import re
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

from calliper.results import Results
from shared import shared_data
from studies.answers import value


def rows_of(name: str) -> list[list[str]]:
    path = shared_data(f"01_cdisc_pilot/expected/{name}")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def prints_as(number: float, text: str) -> bool:
    """Whether the number rounds to `text`; the published table sends an exact half to either side (60.55 to 60.5)."""
    places = Decimal(1).scaleb(-len(text.split(".")[1]) if "." in text else 0)
    exact = Decimal(repr(number))
    return Decimal(text) in {exact.quantize(places, rule) for rule in (ROUND_HALF_UP, ROUND_HALF_DOWN)}


def place_of(row: list[str]) -> str:
    """Where the row stands in our results: a preferred term is indented, a body system is not."""
    if row[0] == "ANY BODY SYSTEM":
        return "body_systems/included/{group}/any"
    return f"{'safety' if row[0].startswith('  ') else 'body_systems'}/included/{{group}}/{row[0].strip()}"


def check_event_table(results: Results) -> None:
    """Patients, percent, events and the two Fisher P values of every preferred term, body system and of any event."""
    table = rows_of("14-5.01.csv")[3:]
    cells = 0
    for row in table:
        for position, group in enumerate(("placebo", "low", "high")):
            text, events = row[1 + 2 * position].strip(), row[2 + 2 * position].strip()
            stem = place_of(row).format(group=group)
            count = re.match(r"\d+", text)
            assert count is not None, row
            assert value(results, f"{stem}/any grade/count") == int(count[0]), stem
            share = re.search(r"\(\s*([\d.]+)%\)", text)
            if share is not None:
                proportion = value(results, f"{stem}/any grade/proportion")
                assert proportion is not None
                assert prints_as(100 * proportion, share[1]), stem
            counted = value(results, f"{stem}/any grade/events")
            assert counted == (int(events.strip("[]")) if events else 0), stem
            cells += 2
        for position, contrast in ((7, "low vs placebo"), (8, "high vs placebo")):
            text = row[position].strip().rstrip("*")
            stem = place_of(row).format(group=contrast)
            found = results.get(f"{stem}/any grade/p.fisher")
            if not text:
                assert found is None, f"{stem}: no events in either arm, so no test"
                continue
            assert found is not None, stem
            assert found.value is not None
            assert found.value > 0.99 if text == ">.99" else prints_as(found.value, text), stem
            cells += 1
    for analysis, indented in (("safety", True), ("body_systems", False)):
        recorded = {row.variable for row in results.of(analysis)} - {"any"}
        assert recorded == {row[0].strip() for row in table if row[0].startswith("  ") == indented} - {
            "ANY BODY SYSTEM"
        }
    assert cells > 1800
