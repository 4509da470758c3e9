"""The key `data.tumours`: the tables it stands for, and each mistake."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from calliper.protocol.data_specs import Modality, Organ, Role, State
from calliper.protocol.roles import ROLES_OF
from calliper.protocol.specs import Reshaped
from protocol.study_text import changed, load_text, mistakes_of
from shared import ROOT

TUMOURS = """\
  tumours:
    standard: sdtm
    tu: {files: [{path: tu.csv, centre: north}]}
    tr:
      files: [{path: tr.csv}]
      impute: {date: {field: progression, not_before: [first_tace]}}
    rs: {files: [{path: rs.csv}], reader: INVESTIGATOR}
    arterial_phase: yes
    locations: {BODY: OTHER}
    tests: {VIABLE: viable}
"""
TABLES = (
    "  responses:\n    files: [{path: scans.csv}]\n"
    "    columns: {patient: ID, date: Date, visit: Visit, response: mRECIST}\n",
    "  imaging: {files: [{path: i.csv}], columns: {patient: ID, scan: Scan, date: Day, reader: Reader}}\n"
    "  lesions: {files: [{path: s.csv}], columns: {patient: ID, scan: S, lesion: L, organ: Organ, role: Role}}\n",
)
MRECIST = """\
  viable:
    kind: response
    label: Derived
    criteria: mRECIST (2010)
    start: first_tace
    lesions: {rules: mRECIST_2010}
    landmarks: {best: {label: Best, best: confirmed}}
"""


def study(old: str = "", new: str = "") -> str:
    assert not old or TUMOURS.count(old) == 1
    text = changed(TABLES[0], TUMOURS.replace(old, new, 1) if old else TUMOURS)
    assert text.count(TABLES[1]) == 1
    return text.replace(TABLES[1], "").replace("analyses:\n", MRECIST + "analyses:\n", 1)


def test_it_stands_for_scans_lesions_and_responses(tmp_path: Path) -> None:
    data = load_text(tmp_path, study()).protocol.data
    assert isinstance(data.imaging, Reshaped)
    assert isinstance(data.lesions, Reshaped)
    assert isinstance(data.responses, Reshaped)
    assert [file.path for file in data.lesions.files] == ["tr.csv"]
    assert data.imaging.impute["date"].field == "progression"
    assert data.recorded_reader == "INVESTIGATOR"


def test_without_rs_the_responses_are_a_table_of_their_own(tmp_path: Path) -> None:
    without = study("    rs: {files: [{path: rs.csv}], reader: INVESTIGATOR}\n", "")
    data = load_text(tmp_path, without.replace("variables:\n", TABLES[0] + "variables:\n", 1)).protocol.data
    assert data.responses is not None
    assert not isinstance(data.responses, Reshaped)
    assert data.recorded_reader is None


def test_the_pages_example_loads(tmp_path: Path) -> None:
    page = (ROOT / "docs/study_file.md").read_text(encoding="utf-8")
    example = page[page.index("tumours:\n  standard: sdtm") :].split("```")[0]
    indented = "".join(f"  {line}\n" for line in example.splitlines())
    text = changed(TABLES[0], indented).replace(TABLES[1], "")
    tumours = load_text(tmp_path, text).protocol.data.tumours
    assert tumours is not None
    assert tumours.locations == {"BODY": "OTHER", "CHEST": "OTHER"}
    assert list(tumours.domains) == ["tu", "tr", "rs"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("standard: sdtm", "standard: adam", "data.tumours.standard: found 'adam'; expected sdtm"),
        (
            "{path: tr.csv}",
            "{path: 'http://x/tr.csv'}",
            "found the address 'http://x/tr.csv'; expected the path",
        ),
        (
            "centre: north",
            "centre: nroth",
            "data.tumours.tu.files[1].centre: found 'nroth'; expected the name of",
        ),
        (
            "[{path: rs.csv}]",
            "[{path: rs.csv}, {path: rs.csv}]",
            "found 'rs.csv' a second time in this table",
        ),
        ("[{path: rs.csv}]", "[]", "data.tumours.rs.files: found an empty list"),
        (
            "date: {field",
            "day: {field",
            "data.tumours.tr.impute.day: found 'day'; expected a role of this domain",
        ),
        ("[first_tace]", "[first_tce]", "found 'first_tce'; expected the name of a date variable"),
        ("BODY: OTHER", "BODY: BODY", "data.tumours.locations.BODY: found 'BODY'; expected LIVER, LN, LUNG"),
        (
            "VIABLE: viable",
            "VIABLE: large",
            "found 'large'; expected longest, short_axis, diameter, viable, state",
        ),
        ("arterial_phase: yes", "arterial_phase: true", "found true; expected yes or no"),
        ("arterial_phase: yes", "unit: in", "data.tumours.unit: found 'in'; expected mm or cm"),
        (
            "    arterial_phase: yes\n",
            "",
            "data.tumours: found no arterial_phase; expected yes or no, as endpoint 'viable' (mRECIST_2010) reads it "
            "and SDTM does not record it",
        ),
        (
            "{VIABLE: viable}",
            "{}",
            "data.tumours: found no test that is viable; expected tests: {CODE: viable}, as endpoint 'viable' "
            "(mRECIST_2010) measures viable tumour, for which SDTM has no test of its own",
        ),
    ],
)
def test_each_mistake_has_its_line(old: str, new: str, says: str, tmp_path: Path) -> None:
    found = mistakes_of(tmp_path, study(old, new))
    assert any(says in line for line in found), found
    assert len(found) == 1, found


def test_a_table_beside_tumours_that_tumours_makes_is_refused(tmp_path: Path) -> None:
    both = changed(TABLES[0], TUMOURS)
    assert mistakes_of(tmp_path, both) == [
        "study.yaml:12: data: found tumours and imaging and lesions; expected one of the two, as tumours makes it"
    ]


def test_its_words_are_those_of_the_tables_it_becomes() -> None:
    lesions = ROLES_OF["lesions"]
    assert get_args(Organ) == lesions["organ"].meanings
    assert get_args(State) == lesions["status"].meanings
    assert get_args(Role) == (*lesions["role"].meanings, "ignored")
    assert get_args(Modality) == ROLES_OF["imaging"]["modality"].meanings


def test_its_tables_have_the_roles_that_tables_must_have(tmp_path: Path) -> None:
    data = load_text(tmp_path, study()).protocol.data
    for name in ("imaging", "lesions", "responses"):
        table = getattr(data, name)
        needed = {role for role, held in ROLES_OF[name].items() if held.is_needed}
        assert needed <= set(table.columns) <= set(ROLES_OF[name]), name
        assert len(set(table.columns.values())) == len(table.columns), "two roles under one header"
