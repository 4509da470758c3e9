"""An endpoint of treatments in the study file: what loads, and each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.protocol.specs import Treatments
from protocol.study_text import changed, load_text, mistakes_of

TABLE = """\
  exposure: {files: [{path: drugs.csv}], columns: {patient: ID, drug: Drug, start: Start, end: End}}
variables:
"""
ENDPOINT = """\
  given:
    kind: treatments
    label: Treatments
    start: first_tace
    items:
      tace: {label: DEB-TACE, drugs: [DEB-TACE, cTACE], as: session}
      sorafenib: {label: Sorafenib, drugs: [Sorafenib], as: period}
analyses:
"""


def study(old: str = "", new: str = "", *, table: str = TABLE) -> str:
    assert ENDPOINT.count(old) >= 1
    text = changed("analyses:\n", ENDPOINT.replace(old, new, 1))
    assert text.count("variables:\n") == 1
    return text.replace("variables:\n", table)


def test_it_loads(tmp_path: Path) -> None:
    spec = load_text(tmp_path, study()).protocol.endpoints["given"]
    assert isinstance(spec, Treatments)
    assert {name: (item.drugs, item.taken) for name, item in spec.items.items()} == {
        "tace": (("DEB-TACE", "cTACE"), "session"),
        "sorafenib": (("Sorafenib",), "period"),
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "as: session",
            "as: visit",
            "items.tace.as: found 'visit'; expected session or period",
        ),
        (
            ", as: period",
            "",
            "items.sorafenib.as: found nothing; expected session or period",
        ),
        (
            "as: session",
            "as: session, drug: TACE",
            "items.tace.drug: found the key 'drug'; expected label, drugs or as (did you mean 'drugs'?)",
        ),
        (
            "[Sorafenib]",
            "[Sorafenib, cTACE]",
            "items.sorafenib.drugs[2]: found 'cTACE', which the treatment 'tace' has already; expected each drug once",
        ),
        (
            "[Sorafenib]",
            "[Sorafenib, Sorafenib]",
            "items.sorafenib.drugs[2]: found 'Sorafenib', which this treatment has already; expected each drug once",
        ),
        (
            "start: first_tace",
            "start: age",
            "start: found the number 'age'; expected the name of a date variable",
        ),
        (
            "    start: first_tace\n",
            "",
            "start: found nothing; expected text",
        ),
    ],
)
def test_each_mistake_is_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    (mistake,) = mistakes_of(tmp_path, study(old, new))
    assert f"endpoints.given.{says}" in mistake


def test_the_table_must_be_there_with_ends_for_periods(tmp_path: Path) -> None:
    (absent,) = mistakes_of(tmp_path, study(table="variables:\n"))
    assert "endpoints.given: found no table data.exposure; expected it, as this endpoint reads it" in absent
    (endless,) = mistakes_of(tmp_path, study(table=TABLE.replace(", end: End", "")))
    assert "endpoints.given.items.sorafenib.as: found no role 'end' in data.exposure.columns" in endless
    (nameless,) = mistakes_of(tmp_path, study(table=TABLE.replace(" drug: Drug,", "")))
    assert "endpoints.given: found no role 'drug' in data.exposure.columns" in nameless


def test_a_swimmer_needs_the_follow_up_whose_bars_it_draws(tmp_path: Path) -> None:
    courses = "  - {id: courses, kind: courses, response: response, figures: [spider, swimmer]}\n"
    (mistake,) = mistakes_of(tmp_path, study().replace("analyses:\n", f"analyses:\n{courses}"))
    assert "analyses.courses.figures[2]: found swimmer without follow_up; expected follow_up:" in mistake
