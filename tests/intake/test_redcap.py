"""A REDCap project: an export and its data dictionary, with a repeated form, a checkbox and a marked identifier."""

from __future__ import annotations

from pathlib import Path

from calliper import load
from calliper.cli.main import run_command
from intake.test_messy_centres import confirm_all

DICTIONARY = """\
"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",\
"Choices, Calculations, OR Slider Labels","Field Note","Text Validation Type OR Show Slider Number",Identifier?
record_id,baseline,,text,Record,,,,
surname,baseline,,text,Surname,,,,y
sex,baseline,,radio,Sex at birth,"1, Male | 2, Female",,,
age,baseline,,text,Age,,,integer,
risk,baseline,,checkbox,"<b>Risk</b> factors","1, Alcohol | 2, Virus",,,
trt,baseline,,dropdown,Treatment,"1, TACE | 2, TACE + sorafenib",,,
os_months,baseline,,text,Survival (months),,,number,
died,baseline,,yesno,Died,,,,
ae_term,adverse_event,,text,Adverse event,,,,
ae_grade,adverse_event,,text,Grade,,,integer,
"""
EXPORT = """\
record_id,redcap_repeat_instrument,redcap_repeat_instance,surname,sex,age,risk___1,risk___2,trt,os_months,died,ae_term,ae_grade
1,,,Aaa,1,61,1,0,1,12.5,1,,
1,adverse_event,1,,,,,,,,,Fever,1
1,adverse_event,2,,,,,,,,,Pain,2
2,,,Bbb,2,48,0,1,2,20,0,,
3,,,Ccc,1,70,0,0,1,4,1,,
3,adverse_event,1,,,,,,,,,Fever,3
4,,,Ddd,2,55,1,1,2,9,1,,
"""


def test_a_project_becomes_a_study(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    (tmp_path / "dictionary.csv").write_text(DICTIONARY, encoding="utf-8")
    files = [str(tmp_path / name) for name in ("export.csv", "dictionary.csv")]
    assert run_command(["new", *files, "--out", str(tmp_path / "new")]) == 0
    folder = tmp_path / "new"
    found = (folder / "found.txt").read_text(encoding="utf-8")
    assert "column 'surname': the data dictionary marks it as an identifier; it is left out" in found
    confirm_all(folder)
    study = load(folder / "study.yaml")
    protocol = study.protocol
    assert not [problem for problem in study.check().problems if problem.severity == "error"]
    sex = protocol.variable("sex")
    assert getattr(sex, "codes", None) == {"1": "Male", "2": "Female"}
    assert sex.label == "Sex at birth"
    labels = [variable.label for variable in protocol.variables.values()]
    assert "Risk factors: Alcohol" in labels
    assert "Risk factors: Virus" in labels
    assert [arm.label for arm in protocol.arms.groups.values()] == ["TACE", "TACE + sorafenib"]
    included = study.run().get("flow/screened/overall///included")
    assert included is not None
    assert included.value == 4
    records = study.check()
    assert records.tables["adverse_events"].height == 3
    assert records.tables["adverse_events"]["grade"].to_list() == [1, 2, 3]
    assert not any("Aaa" in path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())
