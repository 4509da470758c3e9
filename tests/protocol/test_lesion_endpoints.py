"""A response derived from lesions in the study file: what loads, and each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.protocol.specs import Response
from protocol.study_text import changed, load_text, mistakes_of

ENDPOINT = """\
  lesion_response:
    kind: response
    label: Derived
    criteria: mRECIST (2010)
    start: first_tace
    new_therapy: death
    death: death
    lesions: {rules: mRECIST_2010, change: {pd_absolute_mm: 5, pr_decrease_percent: 30.5}, readers: [A, B]}
    landmarks:
      week_4: {label: 4 weeks, day: 28, window: [20, 45]}
      best: {label: Best, best: confirmed}
"""


def study(old: str = "", new: str = "") -> str:
    assert ENDPOINT.count(old) >= 1
    return changed("analyses:\n", ENDPOINT.replace(old, new, 1) + "analyses:\n")


def test_it_loads(tmp_path: Path) -> None:
    spec = load_text(tmp_path, study()).protocol.endpoints["lesion_response"]
    assert isinstance(spec, Response)
    assert spec.lesions is not None
    assert spec.rules.pd_absolute_mm == 5
    assert str(spec.rules.pr_decrease_percent) == "30.5"
    assert spec.rules.confirm_days == 28


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "rules: mRECIST_2010",
            "rules: mRECIST_2020",
            "lesions.rules: found 'mRECIST_2020'; expected other criteria: its points (Llovet and Lencioni, "
            "J Hepatol 2020) are not yet checked against the source; use mRECIST_2010, and change single fields "
            "where your charter says so",
        ),
        (
            "rules: mRECIST_2010",
            "rules: mRECIST1.1",
            "lesions.rules: found 'mRECIST1.1'; expected other criteria: there are no criteria of this name; "
            "mRECIST (2010) measures the viable tumour (mRECIST_2010), RECIST 1.1 the whole lesion (RECIST_1_1)",
        ),
        (
            "criteria: mRECIST (2010)",
            "criteria: mRECIST 1.1",
            "criteria: found 'mRECIST 1.1'; expected other criteria: there are no criteria of this name; "
            "mRECIST (2010) measures the viable tumour (mRECIST_2010), RECIST 1.1 the whole lesion (RECIST_1_1)",
        ),
        (
            "rules: mRECIST_2010",
            "rules: RECIST_1_0",
            "lesions.rules: found 'RECIST_1_0'; expected mRECIST_2010 or RECIST_1_1 (did you mean 'RECIST_1_1'?)",
        ),
        (
            "pd_absolute_mm: 5",
            "pd_absolute_cm: 5",
            "lesions.change.pd_absolute_cm: found the key 'pd_absolute_cm'; expected",
        ),
        (
            "best: confirmed",
            "variable: best",
            "landmarks.best: found a recorded response; expected day, visit or best, as lesions: derives it",
        ),
        (
            "day: 28, window: [20, 45]",
            "visit: M1",
            "landmarks.week_4.visit: found no role 'visit' in data.imaging.columns; expected it, as this endpoint "
            "reads it",
        ),
        (
            "new_therapy: death",
            "new_therapy: age",
            "new_therapy: found the number 'age'; expected the name of a date variable",
        ),
        (
            "    start: first_tace\n",
            "",
            "lesions: found no start in this endpoint; expected start:, the first treatment",
        ),
        (
            "readers: [A, B]",
            "repeat_treatment: [DEB-TACE]",
            "lesions.repeat_treatment: found no table data.exposure; expected it, as this endpoint reads it",
        ),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, says: str) -> None:
    (found,) = mistakes_of(tmp_path, study(old, new))
    assert f"endpoints.lesion_response.{says}" in found
