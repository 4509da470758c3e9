"""Fields of a text are filled in the report's rounding, or all mistakes are told and nothing is written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from calliper.cli.main import run_command
from calliper.errors import DataError
from calliper.manuscript.fill import fill
from calliper.manuscript.held import Held
from calliper.manuscript.paper import read_paper


def filled(tmp_path: Path, held: Held, text: str) -> str:
    path = tmp_path / "paper.md"
    path.write_bytes(text.encode())
    return fill(read_paper(path), held, name="paper.md").content.decode()


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("os/included/new/os//median", "18.6"),
        ("os.median.new", "18.6"),
        ("os.new.median", "18.6"),
        (" os.median.new | estimate ", "18.6 (17.6 to NR)"),
        ("os.median.old|interval", "11.9 to 17.9"),
        ("os.hr", "0.54"),
        ("os.hr|estimate", "0.54 (0.33 to 0.87)"),
        ("os.hr|fixed 3", "0.536"),
        ("os.p.logrank", "0.011"),
        ("os.logrank.p|p_equation", "P = 0.011"),
        ("response.p|p_equation", "P < 0.001"),
        ("os.survival.new@12", "71.5"),
        ("os.survival@12|estimate", "71.5 (55.1 to 82.6)"),
        ("response.evaluable.proportion", "80.0"),
        ("response.count|count_percent", "32 (80.0)"),
        ("response.count|fraction_percent", "32/40 (80.0)"),
        ("response.count|fraction_interval clopper_pearson", "32/40 (80.0; 64.4 to 91.0)"),
        ("response.evaluable.proportion|estimate wilson", "80.0 (65.2 to 89.5)"),
        ("baseline.age.mean|mean_sd", "60.3 (14.0)"),
        ("baseline.age.median|median_iqr", "61.3 [50.0 to 71.0]"),
        ("baseline/included/overall/组 别/A|B/count", "7"),
        ("prognosis.epsilon|fixed 0", "3"),
    ],
)
def test_a_field_is_its_result_as_the_report_prints_it(
    tmp_path: Path, held: Held, field: str, expected: str
) -> None:
    assert filled(tmp_path, held, f"中位值为{{{{{field}}}}}个月。") == f"中位值为{expected}个月。"


def test_everything_else_stays_byte_for_byte(tmp_path: Path, held: Held) -> None:
    text = (
        "\ufeff# A {title}\r\n\r\nHR {{os.hr}} and\r\n  {{os.hr}} <b>&\t{{os.median.new}}\r| {{os.n}} |\n\n\n"
    )
    done = filled(tmp_path, held, text)
    assert done == text.replace("{{os.hr}}", "0.54").replace("{{os.median.new}}", "18.6").replace(
        "{{os.n}}", "42"
    )


def test_all_mistakes_are_told_with_their_places_and_near_keys(tmp_path: Path, held: Held) -> None:
    text = (
        "{{os.hr}}\n{{os.medain.new}} {{response.ORR.proportion}}\n\n{{os.hr|nice}} {{os.hr|p}} {{}}\n"
        "{{response.evaluable.proportion|estimate}} {{prognosis.epsilon}} {{=HYPERLINK(1)\x07}} {{os.median"
    )
    with pytest.raises(DataError) as raised:
        filled(tmp_path, held, text)
    told = raised.value.problems
    assert len(told) == 9
    assert told[0].startswith("paper.md: line 2: {{os.medain.new}}: no result 'os.medain.new'; near it: ")
    assert "os/included/new/os//median," in told[0]
    assert "means 2 results: response/evaluable/new/m3/ORR/proportion, response/all/" in told[1]
    assert told[2].startswith("paper.md: line 4: {{os.hr|nice}}: no form is called 'nice'; the forms are p, ")
    assert "is not a P value" in told[3]
    assert "the field is empty" in told[4]
    assert "line 5" in told[5]
    assert "name one of wilson, clopper_pearson" in told[5]
    assert "has no form of its own" in told[6]
    assert "\x07" not in told[7]
    assert "is not closed" in told[8]


def test_the_command_writes_a_copy_and_says_from_what(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text("HR {{os.hr | estimate}}.", encoding="utf-8")
    assert run_command(["fill", str(paper), "--results", str(folder)]) == 0
    out = tmp_path / "paper.filled.md"
    assert paper.read_text(encoding="utf-8") == "HR {{os.hr | estimate}}."
    assert out.read_text(encoding="utf-8") == "HR 0.54 (0.33 to 0.87)."
    told = json.loads((tmp_path / "paper.filled.md.filled.json").read_text(encoding="utf-8"))
    assert told["results"] == {
        "path": "results.csv",
        "sha256": hashlib.sha256((folder / "results.csv").read_bytes()).hexdigest(),
    }
    (field,) = told["fields"]
    assert (field["place"], field["text"]) == ("line 1", "0.54 (0.33 to 0.87)")
    assert [held["value"] for held in field["results"]] == [0.5361, 0.3312, 0.8679]
    assert "Filled 1 fields" in capsys.readouterr().out
    before = out.read_bytes()
    assert run_command(["fill", str(paper), "--results", str(folder)]) == 0, "its own output may be replaced"
    assert out.read_bytes() == before
    out.write_text("edited", encoding="utf-8")
    assert run_command(["fill", str(paper), "--results", str(folder)]) == 3
    assert out.read_text(encoding="utf-8") == "edited"
    assert "edited since" in capsys.readouterr().err


def test_nothing_is_written_over_the_manuscript_or_with_a_mistake_in_it(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text("{{os.hr}} {{nothing}}", encoding="utf-8")
    assert run_command(["fill", str(paper), "--results", str(folder), "--out", str(paper)]) == 3
    assert run_command(["fill", str(paper), "--results", str(folder)]) == 1
    assert "no result 'nothing'" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["paper.md", "report"]


def test_results_that_were_changed_since_are_refused(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text("{{os.hr}}", encoding="utf-8")
    held = (folder / "results.json").read_text(encoding="utf-8")
    (folder / "results.json").write_text(held.replace("0.5361", "0.4361"), encoding="utf-8")
    assert run_command(["fill", str(paper), "--results", str(folder)]) == 3
    assert "was changed since it was written" in capsys.readouterr().err
