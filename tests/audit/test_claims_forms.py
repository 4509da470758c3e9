"""The claims file as a table, and drafts of one from the tables of a paper."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest

from calliper.audit.paper.checks import check_paper
from calliper.audit.paper.draft.placed import as_yaml, placed
from calliper.audit.paper.draft.tables import tables_of
from calliper.audit.paper.load import load_paper
from calliper.cli.main import run_command
from calliper.errors import OutputError, ProtocolError

SHEET = """id,place,what,kind,key,printed
paper,,,,citation,"Author A. Title. Journal, 2021."
new,,New treatment,group,n,42
old,,Standard treatment,group,n,48
age,Table 1,Age,means,groups.new.mean,60.3
age,,,,groups.new.sd,14.0
age,,,,groups.old.mean,59.7
age,,,,groups.old.sd,13.2
age,,,,p,0.417
size,Table 1,Diameter,counts,levels.[>= 1.5 cm].new,37
size,,,,levels.[>= 1.5 cm].old,41
size,,,,levels.[< 1.5 cm].new,5
size,,,,levels.[< 1.5 cm].old,7
size,,,,percents.[>= 1.5 cm].new,88.10
rash,Table 4,Rash,toxicity,group,new
rash,,,,grades.1,7
rash,,,,grades.2,2
rash,,,,total,9
men,Results,Men,sum,whole,78
men,,,,parts.1,37
men,,,,parts.2,41
"""
YAML = """calliper: 1
citation: Author A. Title. Journal, 2021.
groups: {new: {label: New treatment, n: 42}, old: {label: Standard treatment, n: 48}}
claims:
  - {id: age, place: Table 1, what: Age, kind: means, p: 0.417,
     groups: {new: {mean: 60.3, sd: 14.0}, old: {mean: 59.7, sd: 13.2}}}
  - id: size
    place: Table 1
    what: Diameter
    kind: counts
    levels: {">= 1.5 cm": {new: 37, old: 41}, "< 1.5 cm": {new: 5, old: 7}}
    percents: {">= 1.5 cm": {new: 88.10}}
  - {id: rash, place: Table 4, what: Rash, kind: toxicity, group: new, grades: {1: 7, 2: 2}, total: 9}
  - {id: men, place: Results, what: Men, kind: sum, whole: 78, parts: [37, 41]}
"""


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_the_table_says_the_same_as_the_yaml(tmp_path: Path, suffix: str) -> None:
    sheet, yaml = tmp_path / f"claims{suffix}", tmp_path / "claims.yaml"
    plain = SHEET.replace(", 2021", "; 2021").replace('"', "")
    text = SHEET if suffix == ".csv" else plain.replace(",", "\t")
    sheet.write_text(text, encoding="utf-8-sig")
    yaml.write_text(YAML if suffix == ".csv" else YAML.replace(", 2021", "; 2021"), encoding="utf-8")
    assert load_paper(sheet) == load_paper(yaml)


def test_mistakes_of_a_table_have_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    text = SHEET.replace("groups.new.sd,14.0", "groups.new.sd,many").replace("parts.2,41", "parts.3,41")
    path.write_text(text + "men,,,,whole,79\n,,,,x,1\n", encoding="utf-8")
    with pytest.raises(ProtocolError) as caught:
        load_paper(path)
    text = "\n".join(caught.value.mistakes)
    assert "claims.csv:6: claims.age.groups.new.sd: found 'many'" in text
    assert "claims.csv:21: found the key 'parts.3' of 'men'" in text
    assert "claims.csv:22: found the key 'whole' of 'men' again" in text
    assert "claims.csv:23: found no id or no key" in text


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ProtocolError, match="expected id, place, what, kind, key, printed"):
        load_paper(path)


HTML = """<html><body><script>var x = "<table><tr><td>no</td></tr></table>";</script>
<table><caption>Table 1. Baseline</caption>
<thead><tr><th rowspan="2">Characteristic</th><th colspan="2">Treatment</th><th rowspan="2">P value</th></tr>
<tr><th>New (n = 42)</th><th>Standard (n=48)</th></tr></thead><tbody>
<tr><td>Age, years</td><td>60.3 &#177; 14.0</td><td>59.7 ± 13.2</td><td>0.417</td></tr>
<tr><td>Sex</td><td></td><td></td><td>0.709</td></tr>
<tr><td>male</td><td>37 (88.1%)</td><td>41 (85.4%)</td><td></td></tr>
<tr><td>female</td><td>5 (11.9%)</td><td>7 (14.6%)</td><td></td></tr>
<tr><td>Diameter, cm</td><td>11.5 (3.7)</td><td>11.0 (3.0)</td><td>NS</td></tr>
<tr><td>Fever</td><td>14</td><td>17</td><td>0.835*</td></tr>
</tbody></table>
<table><tr><th>Factor</th><th>HR (95% CI)</th></tr><tr><td>Age</td><td>0.976 (0.948-1.011)</td></tr></table>
</body></html>"""


def drafted(path: Path) -> tuple[str, Path]:
    """The draft of a paper, and a claims file that a person made of it by completing it."""
    text = as_yaml(placed(tables_of(path)), path.name)
    done = path.with_name("claims.yaml")
    done.write_text(text.replace("draft: true\n", ""), encoding="utf-8")
    return text, done


@pytest.mark.parametrize("name", ["paper.html", "paper.xml", "paper.docx"])
def test_a_draft_places_what_cells_say_and_lists_the_rest(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("html"):
        path.write_text(HTML, encoding="utf-8")
    elif name.endswith("xml"):
        head = "<table-wrap><label>Table 1</label><caption><title>Baseline</title></caption><table>"
        wrapped = HTML.replace("<table><caption>Table 1. Baseline</caption>", head)
        wrapped = wrapped.replace("</tbody></table>", "</tbody></table></table-wrap>")
        path.write_text(wrapped.partition("</script>")[2], encoding="utf-8")
    else:
        word(path)
    text, done = drafted(path)
    paper = load_paper(done)
    assert {group.n for group in paper.groups.values()} == {"42", "48"}
    kinds = [(claim.what, claim.kind) for claim in paper.claims]
    assert kinds == [("Age, years", "means"), ("Sex", "counts"), ("Fever", "rates")]
    age, sex, fever = paper.claims
    assert (age.p, sex.p, fever.p) == ("0.417", "0.709", "0.835")  # type: ignore[union-attr]
    assert sex.percents["male"] == {"group_1": "88.1", "group_2": "85.4"}  # type: ignore[union-attr]
    assert "# not placed: Table 1, Diameter, cm, " in text
    assert "11.5 (3.7)" in text
    assert "# not placed: Table 1, Diameter, cm, P value: NS" in text
    assert "# not placed: Table 2: Age | 0.976 (0.948-1.011)" in text
    verdicts = {(each.what, each.check): each.verdict for each in check_paper(paper)}
    assert verdicts["Age, years", "test of the means, P"] == "inconsistent"
    assert verdicts["Sex", "test of the groups, P"] == "match"


def word(path: Path) -> None:
    """The tables of HTML in a Word file."""
    document = docx.Document()
    rows = [
        ["Characteristic", "New (n = 42)", "Standard (n=48)", "P value"],
        ["Age, years", "60.3 ± 14.0", "59.7 ± 13.2", "0.417"],
        ["Sex", "", "", "0.709"],
        ["male", "37 (88.1%)", "41 (85.4%)", ""],
        ["female", "5 (11.9%)", "7 (14.6%)", ""],
        ["Diameter, cm", "11.5 (3.7)", "11.0 (3.0)", "NS"],
        ["Fever", "14", "17", "0.835*"],
    ]
    for held in (rows, [["Factor", "HR (95% CI)"], ["Age", "0.976 (0.948-1.011)"]]):
        table = document.add_table(len(held), len(held[0]))
        for at, row in enumerate(held):
            for column, text in enumerate(row):
                table.cell(at, column).text = text
    document.save(str(path))


def test_a_draft_is_no_claims_file_until_a_person_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper, out = tmp_path / "paper.html", tmp_path / "claims.yaml"
    paper.write_text(HTML, encoding="utf-8")
    assert run_command(["claims", str(paper), "--out", str(out)]) == 0
    assert "2 tables: 3 claims placed" in capsys.readouterr().out
    assert run_command(["audit", str(out)]) == 1
    assert "this is a draft" in capsys.readouterr().err
    before = out.read_bytes()
    assert run_command(["claims", str(paper), "--out", str(out)]) == 3
    assert "is there already" in capsys.readouterr().err
    assert out.read_bytes() == before


def test_hostile_cells_stay_in_their_comment_or_their_text(tmp_path: Path) -> None:
    path = tmp_path / "paper.html"
    evil = 'x"}\u2028- {id: y, evil: true}'
    path.write_text(
        f"<table><tr><th>{evil}</th><th>A (n = 4)</th></tr><tr><td>{evil}</td><td>2 &#10;groups: 3</td></tr>"
        f"<tr><td>{evil}</td><td>2</td></tr></table>",
        encoding="utf-8",
    )
    _, done = drafted(path)
    paper = load_paper(done)
    assert [claim.kind for claim in paper.claims] == ["rates"]


def test_what_is_no_paper_is_told(tmp_path: Path) -> None:
    for name, content in (("a.pdf", b"x"), ("b.docx", b"no zip")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(OutputError, match=name):
            tables_of(tmp_path / name)
    with pytest.raises(OutputError, match=r"c\.html"):
        tables_of(tmp_path / "c.html")
