"""Exposure and treatment in the study file: what loads, and each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper.protocol.specs import Exposure, ExposureAnalysis
from protocol.study_text import changed, load_text, mistakes_of

TABLE = """\
  exposure: {files: [{path: drugs.csv}], columns: {patient: ID, drug: Drug, start: Start, end: End, dose: mg}}
variables:
"""
ENTRIES = """\
  given: {kind: treatments, label: Given, start: first_tace, items: {tace: {label: TACE, drugs: [TACE], as: session}}}
  drug:
    kind: exposure
    label: Sorafenib
    start: first_tace
    drugs: [Sorafenib, Nexavar]
    planned_mg_per_day: 800
    until: [{date: death, reason: death}, {last: contacts, reason: last contact}]
    arms: [combination]
analyses:
  - {id: sessions, kind: treatment, endpoint: given, items: [tace]}
  - {id: doses, kind: exposure, endpoint: drug, delay_days: [3, 5], at: [30, 90]}
"""


def study(old: str = "", new: str = "", *, table: str = TABLE) -> str:
    assert ENTRIES.count(old) >= 1
    text = changed("analyses:\n", ENTRIES.replace(old, new, 1))
    assert text.count("variables:\n") == 1
    return text.replace("variables:\n", table)


def test_it_loads(tmp_path: Path) -> None:
    protocol = load_text(tmp_path, study()).protocol
    spec, analysis = protocol.endpoints["drug"], protocol.analyses[1]
    assert isinstance(spec, Exposure)
    assert (spec.drugs, spec.planned_mg_per_day, spec.arms) == (
        ("Sorafenib", "Nexavar"),
        800,
        ("combination",),
    )
    assert [entry.reason for entry in spec.until] == ["death", "last contact"]
    assert isinstance(analysis, ExposureAnalysis)
    assert (analysis.delay_days, analysis.at) == ((3, 5), (30, 90))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[Sorafenib, Nexavar]", "[Sorafenib, Sorafenib]",
         "endpoints.drug.drugs[2]: found 'Sorafenib' a second time; expected it once"),
        ("drugs: [Sorafenib, Nexavar]", "drugs: []", "endpoints.drug.drugs: found "),
        ("arms: [combination]", "arms: [combined]",
         "endpoints.drug.arms[1]: found 'combined'; expected the name of an arm"),
        ("arms: [combination]", "arms: [control, control]", "endpoints.drug.arms[2]: found 'control' a second time"),
        ("date: death, reason: death", "date: age, reason: death",
         "endpoints.drug.until[1].date: found the number 'age'; expected the name of a date variable"),
        ("planned_mg_per_day: 800", "planned_mg_per_day: 0", "endpoints.drug.planned_mg_per_day: found 0; expected"),
        ("    start: first_tace\n", "", "endpoints.drug.start: found nothing"),
        ("    start: first_tace\n", "    start: age\n",
         "endpoints.drug.start: found the number 'age'; expected the name of a date variable"),
        ("delay_days: [3, 5]", "delay_days: [5, 3]",
         "analyses.doses.delay_days: found 5 before 3; expected the lower end"),
        ("at: [30, 90]", "at: [30, -1]", "analyses.doses.at[2]: found -1; expected a time of at least 0"),
        ("at: [30, 90]", "at: [30, 30]", "analyses.doses.at[2]: found 30 a second time"),
        ("endpoint: drug", "endpoint: given",
         "analyses.doses.endpoint: found the treatments endpoint 'given'; expected an exposure endpoint"),
        ("endpoint: given", "endpoint: drug",
         "analyses.sessions.endpoint: found the exposure endpoint 'drug'; expected a treatments endpoint"),
        ("items: [tace]", "items: [tase]",
         "analyses.sessions.items[1]: found 'tase'; expected a treatment of 'given': tace (did you mean 'tace'?)"),
        ("items: [tace]", "items: [tace, tace]", "analyses.sessions.items[2]: found 'tace' a second time"),
    ],
)  # fmt: skip
def test_each_mistake_is_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    (mistake,) = mistakes_of(tmp_path, study(old, new))
    assert says in mistake


@pytest.mark.parametrize("role", ["drug", "end", "dose"])
def test_the_table_must_have_its_roles(tmp_path: Path, role: str) -> None:
    header = {"drug": " drug: Drug,", "end": " end: End,", "dose": ", dose: mg"}[role]
    text = study(table=TABLE.replace(header, ""))
    # the endpoint of treatments asks for the drug as well
    told = [mistake for mistake in mistakes_of(tmp_path, text) if "endpoints.drug" in mistake]
    assert len(told) == 1
    assert (
        f"endpoints.drug: found no role '{role}' in data.exposure.columns; expected it, as this endpoint"
        in told[0]
    )


def test_the_table_must_be_there(tmp_path: Path) -> None:
    told = [line for line in mistakes_of(tmp_path, study(table="variables:\n")) if "endpoints.drug" in line]
    assert len(told) == 1
    assert "endpoints.drug: found no table data.exposure; expected it, as this endpoint reads it" in told[0]
