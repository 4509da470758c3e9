"""The screens without a browser: what forms write, what they refuse, and that nothing else of a file changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.page import SignedIn, sign_in
from calliper import load
from calliper.app import edit
from calliper.app.runs import Run
from calliper.app.screens.audit import EXAMPLE
from calliper.app.server import create_app
from calliper.errors import DataError

ROWS = "".join(f"{n};{'AB'[n % 2]};{40 + n};{n};{n % 3 > 0:d};{'男女'[n % 2]}\n" for n in range(1, 21))
COHORT = f"ID;Group;Age;OS months;Died;性别\n{ROWS}".encode()


@pytest.fixture
def me(tmp_path: Path) -> Iterator[SignedIn]:
    app = create_app(tmp_path / "home")
    with TestClient(app):
        yield sign_in(app)


@pytest.fixture
def study(me: SignedIn) -> str:
    """A drafted study."""
    address = me.study("Drafted")
    me.upload(address, ("cohort.csv", COHORT))
    assert "guesses wait for you" in me.post(f"{address}/files/draft").text
    return address


def folder_of(me: SignedIn, study: str) -> Path:
    return me.workspace / study.rsplit("/", 1)[1]


def confirm(me: SignedIn, study: str) -> None:
    me.post(f"{study}/columns/files")
    me.post(f"{study}/design/guesses", {"all": "1"})


def test_the_page_tells_nobody_of_anything(
    me: SignedIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    app = create_app(tmp_path / "silent")
    held = app._telemetry
    assert not any(held[key] for key in ("tracing", "metrics", "logs", "operation_spans", "auto_configure"))


def test_a_column_is_changed_in_its_place_and_nothing_else(me: SignedIn, study: str) -> None:
    path = folder_of(me, study) / "mappings" / "files.yaml"
    before = path.read_text(encoding="utf-8").splitlines()
    at = next(
        at for at, line in enumerate(re.findall(r"- header: (.*)", "\n".join(before))) if line == "性别"
    )
    form = {"as": "性别", "codes": "男 = Male\n女 = Female\n", "missing": "不详\n", "confirm": "1"}
    assert me.post(f"{study}/columns/files/0/{at}", form).status_code == 200
    after = path.read_text(encoding="utf-8").splitlines()
    assert after[:3] == before[:3]  # the comment at its head
    text = "\n".join(after)
    assert "codes: {男: Male, 女: Female}" in text
    assert "missing: [不详]" in text
    changed = [line for line in after if line not in before]
    assert len(changed) <= 4


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"as": "Age", "codes": "no sign"}, "expected text = meaning"),
        ({"as": "Age", "short_years": "soon"}, "expected a year of four digits"),
        ({"as": "Age", "short_years": "99"}, "short_years"),
        ({"as": "Age", "unit": "diameter|ft|cm"}, "found the unit"),
        ({"as": "ID"}, "in two columns; expected it in one"),
    ],
)
def test_a_form_that_makes_no_sense_changes_nothing(
    me: SignedIn, study: str, form: dict[str, str], said: str
) -> None:
    path = folder_of(me, study) / "mappings" / "files.yaml"
    before = path.read_bytes()
    page = me.post(f"{study}/columns/files/0/2", form)
    assert said in page.text
    assert path.read_bytes() == before


def test_what_forms_write_the_command_line_runs(me: SignedIn, study: str) -> None:
    confirm(me, study)
    path = folder_of(me, study) / "study.yaml"
    path.write_text("# a remark of the authors\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    facts = {
        "title": "Two treatments", "design": "retrospective cohort", "cutoff": "2020-06-30",
        "language": "zh", "journal": "lancet",
    }  # fmt: skip
    me.post(f"{study}/design/facts", facts)
    me.post(f"{study}/design/arms", {
        "column": "Group", "name0": "arm_a", "label0": "New", "values0": "A", "label1": "Old", "values1": "B",
        "reference": "arm_a",
    })  # fmt: skip
    me.post(f"{study}/design/criteria", {"kind": "inclusion", "text": "Over 45", "rule": "age > 45"})
    me.post(f"{study}/design/endpoints", {
        "label": "Survival again", "short": "S2", "way": "recorded", "time": "os_time", "event": "os_event",
    })  # fmt: skip
    me.post(f"{study}/design/analyses", {"kind": "survival", "endpoint": "s2"})
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# a remark of the authors\n")
    held = load(path)
    assert held.protocol.study.title == "Two treatments"
    assert str(held.protocol.study.cutoff) == "2020-06-30"
    assert (held.protocol.report.language, held.protocol.report.journal) == ("zh", "lancet")
    assert {name: arm.values for name, arm in held.protocol.arms.groups.items()} == {
        "arm_a": ("A",),
        "old": ("B",),
    }
    assert held.protocol.eligibility[0].id == "I1"
    results = held.run()
    included = results.get("flow/screened/overall///included")
    assert included is not None
    assert included.value == 15  # ages 41 to 60, over 45
    assert results.get("s2_curves/included/arm_a/s2//n") is not None
    # and away again
    me.post(f"{study}/design/criteria", {"drop": "0"})
    me.post(f"{study}/design/endpoints", {"drop": "s2"})
    again = load(path).protocol
    assert again.eligibility == ()
    assert "s2" not in again.endpoints
    assert [spec.id for spec in again.analyses if spec.id == "s2_curves"] == []


@pytest.mark.parametrize(
    ("address", "form", "said"),
    [
        ("arms", {"column": ""}, "found no column"),
        ("arms", {"column": "Group", "label0": "New", "values0": ""}, "without a label or without values"),
        ("criteria", {"text": "Adult", "rule": ""}, "found no rule or no words"),
        ("criteria", {"drop": "7"}, "not in the study file any more"),
        ("endpoints", {"label": "", "way": "recorded"}, "found no name"),
        ("endpoints", {"label": "OS", "way": "recorded"}, "the column of the time and the column of the event"),
        ("endpoints", {"label": "OS", "way": "dates", "start": "a", "event_date": "b"}, "found no last contact"),
        ("analyses", {"kind": "cox", "endpoint": "os"}, "found no factors"),
        ("analyses", {"kind": "magic"}, "found no kind of analysis"),
        ("guesses", {"name": "none"}, "not in the study file any more"),
    ],
)  # fmt: skip
def test_forms_that_cannot_be_carried_out_say_so(
    me: SignedIn, study: str, address: str, form: dict[str, str], said: str
) -> None:
    path = folder_of(me, study) / "study.yaml"
    before = path.read_bytes()
    assert said in me.post(f"{study}/design/{address}", form).text
    assert path.read_bytes() == before


def test_a_rule_is_counted_while_it_is_written(me: SignedIn, study: str) -> None:
    assert "<strong>15</strong> true, 5 false" in me.post(f"{study}/design/count", {"rule": "age > 45"}).text
    assert "found" in me.post(f"{study}/design/count", {"rule": "aeg > 45"}).text
    assert me.post(f"{study}/design/count", {"rule": ""}).text.strip() == ""


def test_the_study_file_as_text_keeps_what_is_typed_and_lists_its_mistakes(me: SignedIn, study: str) -> None:
    path = folder_of(me, study) / "study.yaml"
    text = path.read_text(encoding="utf-8").replace("kind: cox", "kind: coks")
    page = me.post(f"{study}/design/text", {"text": text})
    assert path.read_text(encoding="utf-8") == text
    assert "study.yaml has mistakes:" in page.text
    assert "coks" in page.text
    assert "cannot run yet" in me.get(f"{study}/run").text
    broken = me.post(f"{study}/design/text", {"text": "a: [1"})
    assert broken.status_code == 200
    for part in ("facts", "arms", "criteria", "endpoints", "analyses"):
        assert "Correct the study file as text first." in me.get(f"{study}/design?part={part}").text
    assert me.get(f"{study}/problems").status_code == 200
    assert me.get(f"{study}/columns").status_code == 200


def test_a_study_is_drafted_anew_only_where_that_is_said(me: SignedIn, study: str) -> None:
    confirm(me, study)
    before = (folder_of(me, study) / "study.yaml").read_bytes()
    me.post(f"{study}/files/draft")
    assert (folder_of(me, study) / "study.yaml").read_bytes() == before
    assert "guesses wait for you" in me.post(f"{study}/files/draft", {"again": "1"}).text


def test_answers_and_workbooks_of_questions(me: SignedIn) -> None:
    study = me.study("Slips")
    me.upload(study, ("cohort.csv", COHORT.replace(b"5;B;45", b"5;B;4S")))
    me.post(f"{study}/files/draft")
    confirm(me, study)
    page = me.get(f"{study}/problems").text
    assert "&#39;4S&#39; is not a number" in page
    assert "C6" in page
    asked = me.get(f"{study}/problems/workbooks")
    assert asked.content[:2] == b"PK"
    told = {
        "file": "files/cohort.csv",
        "sheet": "",
        "row": "6",
        "column": "Age",
        "found": "4S",
        "who": "Dr Li",
    }
    assert (
        "expected an answer"
        in me.post(f"{study}/problems/answer", {**told, "verdict": "corrected", "value": ""}).text
    )
    page = me.post(f"{study}/problems/answer", {**told, "verdict": "corrected", "value": "45"}).text
    assert "is not a number" not in page
    assert "Dr Li" in (folder_of(me, study) / "answers.csv").read_text(encoding="utf-8")
    assert "not a workbook" not in page
    refused = me.post(f"{study}/problems/workbooks", files=[("workbook", ("a.xlsx", b"PK\x03\x04nothing"))])
    assert 'class="wrong"' in refused.text


def test_errors_are_put_off_and_taken_up_again(me: SignedIn) -> None:
    study = me.study("Later")
    me.upload(study, ("cohort.csv", COHORT.replace(b"5;B;45", b"5;B;4S")))
    me.post(f"{study}/files/draft")
    confirm(me, study)
    path = folder_of(me, study) / "study.yaml"
    before = path.read_text(encoding="utf-8")
    assert "Leave these records out for now" in me.get(f"{study}/problems").text
    with pytest.raises(DataError):
        load(path).run()
    page = me.post(f"{study}/problems/defer", {"defer": "1"}).text
    assert "Patients left out now: 1." in page
    assert "&#39;4S&#39; is not a number" in page  # it is still asked
    assert me.get(f"{study}/problems/workbooks").content[:2] == b"PK"
    included = load(path).run().get("flow/screened/overall///included")
    assert included is not None
    assert included.value == 19
    assert "Leave these records out for now" in me.post(f"{study}/problems/defer").text
    assert path.read_text(encoding="utf-8") == before


def test_a_step_before_its_draft_leads_to_the_files(me: SignedIn) -> None:
    study = me.study("Empty")
    for step in ("columns", "problems", "design", "run"):
        page = me.get(f"{study}/{step}")
        assert page.url.path == f"{study}/files"
        assert "upload the centres&#39; files first" in page.text


def test_an_answer_to_no_row_is_refused(me: SignedIn, study: str) -> None:
    told = {
        "file": "files/cohort.csv",
        "sheet": "",
        "row": "six",
        "column": "Age",
        "found": "4S",
        "who": "Dr Li",
    }
    assert "expected an answer" in me.post(f"{study}/problems/answer", {**told, "verdict": "right"}).text
    assert not (folder_of(me, study) / "answers.csv").exists()


def test_the_audit_page(me: SignedIn) -> None:
    assert EXAMPLE.splitlines()[0] in me.get("/audit").text
    page = me.post("/audit", {"text": EXAMPLE}).text
    assert "A one-sided P value" in page
    assert page.count('class="verdict inconsistent"') == 3  # two findings and their count
    table = (
        "id,place,what,kind,key,printed\npaper,,,,citation,A paper\nnew,,New,group,n,42\nold,,Old,group,n,48\n"
        "x,T1,Share,percent,count,14\nx,,,,of,42\nx,,,,percent,35.0\n"
    )
    for text in (table, table.replace(",", "\t")):
        assert "inconsistent" in me.post("/audit", {"text": text}).text
    wrong = me.post("/audit", {"text": EXAMPLE.replace("kind: means", "kind: meens")}).text
    assert "found no known kind" in wrong
    head = "<tr><th></th><th>New (n = 42)</th><th>Old (n = 48)</th></tr>"
    row = "<tr><td>Age</td><td>60.3 ± 14.0</td><td>59.7 ± 13.2</td></tr>"
    paper = f"<html><body><table>{head}{row}</table></body></html>".encode()
    drafted = me.post("/audit", files=[("paper", ("paper.html", paper))]).text
    assert "draft: true" in drafted
    assert "60.3" in drafted


def test_an_edit_is_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1 # kept\nb: [x,\n  y]\n", encoding="utf-8")
    document = edit.read(path)
    document["a"] = 2
    edit.write(path, document)
    assert "# kept" in path.read_text(encoding="utf-8")
    assert sorted(held.name for held in tmp_path.iterdir()) == ["a.yaml"]
    (tmp_path / "b.yaml").write_text("- 1\n", encoding="utf-8")
    with pytest.raises(edit.EditError, match="no mapping"):
        edit.read(tmp_path / "b.yaml")


def test_a_chinese_page_tells_what_the_checks_say(me: SignedIn, study: str) -> None:
    """The evidence of guesses, a refusal, a problem and a workbook of questions, in the session's language."""
    assert "whole numbers" in me.get(f"{study}/columns").text
    me.post("/language/zh")
    columns = me.get(f"{study}/columns").text
    assert "个值为整数" in columns
    assert "whole numbers" not in columns
    assert "文件为空" in me.upload(study, ("nothing.csv", b""))
    facts = me.get(f"{study}/design").text
    assert "报告语言" in facts
    assert "回顾性队列" in facts


def test_a_run_that_is_over_shows_its_screen_anew(me: SignedIn, study: str) -> None:
    """The part of the screen that asks how far a run is leads on when it is over: to the report, or to the screen."""
    runs = me.client.app.state.house.runs  # type: ignore[attr-defined]
    folder = folder_of(me, study)
    ways = {"done": ("hx-redirect", f"{study}/results"), "failed": ("hx-refresh", "true")}
    ways["cancelled"] = ways["failed"]
    for status, (header, value) in ways.items():
        runs._held[folder] = Run(status=status)  # type: ignore[arg-type]
        answer = me.client.get(f"{study}/run/progress", headers={"hx-request": "true"})
        assert answer.headers[header] == value
        assert header not in me.get(f"{study}/run/progress").headers
    runs._held[folder] = Run(status="running", steps=["Checking every cell"], total=9)
    assert "hx-refresh" not in me.client.get(f"{study}/run/progress", headers={"hx-request": "true"}).headers
    shown = me.get(f"{study}/run").text
    # the button stands outside what is replaced as the run goes on
    progress = shown[shown.index('id="progress"') : shown.index("</div>", shown.index('id="progress"'))]
    assert "/run/cancel" in shown
    assert "/run/cancel" not in progress
    del runs._held[folder]


@pytest.mark.parametrize(
    "text", ["a: " + "[" * 1200 + "]" * 1200, "a: " + "{b: " * 600 + "1" + "}" * 600, "a: &a [*a]"]
)
def test_a_text_nested_without_end_is_refused_and_mended_as_text(me: SignedIn, study: str, text: str) -> None:
    before = (folder_of(me, study) / "study.yaml").read_text(encoding="utf-8")
    page = me.post(f"{study}/design/entry", {"part": "analyses", "text": text})
    assert page.status_code == 200
    assert 'class="wrong"' in page.text
    assert me.post(f"{study}/design/text", {"text": text}).status_code == 200
    for step in ("columns", "problems", "design", "design?part=analyses", "run"):
        assert me.get(f"{study}/{step}").status_code == 200, step
    assert "study.yaml has mistakes" not in me.post(f"{study}/design/text", {"text": before}).text


def test_what_cannot_be_read_is_answered_with_a_sentence(me: SignedIn, study: str) -> None:
    for answer, code in (
        (me.post(f"{study}/design/text", {"text": "x" * 3_000_000}), 400),
        (me.get(f"{study}/problems?start=soon"), 404),
        (me.get(f"{study}/columns/files/0/x"), 404),
        (me.post(f"{study}/columns/files/x"), 404),
    ):
        assert answer.status_code in (code, 405)
        assert "<h1>" in answer.text
        assert "detail" not in answer.text


def test_a_study_file_of_another_editor_is_shown_and_kept(me: SignedIn, study: str) -> None:
    """Line ends and a mark of Windows stay where a form changes nothing; bytes that are no UTF-8 are told."""
    path = folder_of(me, study) / "study.yaml"
    before = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(before)
    page = me.post(f"{study}/design/analyses", {"kind": "cox", "endpoint": "nothing", "variables": "age"})
    assert 'class="wrong"' in page.text
    assert path.read_bytes() == before
    path.write_bytes("study: 研究\n".encode("gbk"))
    for step in ("columns", "problems", "design", "design?part=text", "run"):
        page = me.get(f"{study}/{step}")
        assert page.status_code == 200, step
    assert "which is not UTF-8" in me.get(f"{study}/design").text
    path.write_bytes(before)
    assert "which is not UTF-8" not in me.get(f"{study}/design").text
