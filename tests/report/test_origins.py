"""Where a page's numbers come from: the page says what `calliper trace` says, and nothing else in it can run."""

import base64
import dataclasses
import hashlib
import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

import calliper
from calliper.blocks import Document, Origin, Origins, Section, Text
from calliper.explain import origins as made_origins
from calliper.explain.behind import patients_behind
from calliper.explain.values import text_of
from calliper.report import html, origins
from calliper.study import Study
from small_study import write_study

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 & \"'"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return calliper.load(write_study(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="module")
def page(study: Study) -> str:
    return study.files()["report.html"].decode("utf-8")


def data_of(page: str) -> dict[str, object]:
    (text,) = re.findall(r'<script type="application/json" id="origins">(.*?)</script>', page, re.DOTALL)
    held = json.loads(text)
    assert isinstance(held, dict)
    return held


def places(ranges: str) -> list[int]:
    """Ranges unfolded, written apart from the script: `0-2 7`."""
    runs = [run.split("-") for run in ranges.split()]
    return [at for run in runs for at in range(int(run[0]), int(run[-1]) + 1)]


def test_every_number_shown_is_in_the_page_with_the_patients_and_records_that_trace_names(
    study: Study, page: str
) -> None:
    data = data_of(page)
    numbers, records, texts, sets = (data[name] for name in ("numbers", "records", "texts", "sets"))
    assert isinstance(numbers, dict)
    assert isinstance(records, list)
    assert isinstance(texts, list)
    assert isinstance(sets, list)
    shown = {key for held in re.findall(r' data-key="([^"]*)"', page) for key in unescape(held).split("\n")}
    outcome, compared = study.outcome, 0
    assert set(numbers) == {key for key in shown if outcome.results.get(key) is not None}
    assert len(numbers) > 100
    for key, (value, made, lead, chosen) in numbers.items():
        row = outcome.results.by_key[key]
        assert value == ("not reached" if row.value is None else f"{row.value!r}".removesuffix(".0")) + (
            f" {row.unit}" if row.unit else ""
        )
        assert places(made), key
        if row.analysis == "conventions":
            continue
        behind = patients_behind(study.protocol, outcome.derived, row)
        told = [[texts[text] for text in records[at][1:]] for at in places(sets[chosen])]
        assert told == [[text_of(value) for value in line] for line in behind.patients.iter_rows()], key
        assert ("counts" in texts[lead]) == (behind.is_counted and bool(told)), key
        compared += len(told)
    assert compared > 500


def test_the_sentences_of_a_number_are_those_of_its_method(study: Study, page: str) -> None:
    data = data_of(page)
    numbers, sentences = data["numbers"], data["sentences"]
    assert isinstance(numbers, dict)
    assert isinstance(sentences, list)
    made = [sentences[at] for at in places(numbers["os/included/between/os//p.logrank"][1])]
    (method,) = (held for held in study.run().methods_of("os") if held.name == "logrank")
    assert method.sentence in made
    assert f"Used: {method.n_used}. Left out: {method.n_excluded}." in " ".join(made)


def test_the_policy_lets_the_script_of_the_page_run_and_no_other(page: str) -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert re.findall(r"script-src [^;]*;", unescape(policy)) == [f"script-src 'sha256-{digest}';"]
    for word in ("innerHTML", "eval(", "fetch(", "XMLHttpRequest", "import(", "http"):
        assert word not in script


def test_hostile_text_cannot_end_the_block_of_data() -> None:
    number = Origin(HOSTILE, (0,), HOSTILE, (0,))
    held = Origins({HOSTILE: number}, (HOSTILE,), ((HOSTILE,),), ((0, (HOSTILE,)),))
    document = Document("T", "", (), (Section("s", "S", (Text("1", keys=(HOSTILE,)),)),), origins=held)
    made = html.render(document)
    assert made.count("<script") == 2
    data = data_of(made)
    assert data["texts"] == [HOSTILE]
    assert data["sentences"] == [HOSTILE]
    assert data["numbers"] == {HOSTILE: [HOSTILE, "0", 0, 0]}


def test_a_document_without_origins_has_no_script(study: Study) -> None:
    made = html.render(study.document())
    assert "<script" not in made
    assert "script-src" not in made
    assert 'id="origin' not in made


def test_a_report_to_share_names_no_patient(study: Study) -> None:
    page = study.files(share=2)["report.html"].decode("utf-8")
    assert "<script" not in page
    for patient in study.outcome.derived.cohort.screened["patient"]:
        assert patient not in page


def test_of_a_large_study_the_page_names_the_command_instead(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_origins, "PATIENTS_IN_A_PAGE", 1)
    held = made_origins.origins(study.protocol, study.outcome, study.document().keys)
    assert not held.records
    key = "os/included/new/os//n"
    assert held.numbers[key].lead == f"calliper trace STUDY.yaml '{key}' lists the patients."


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium to open the page in")
def test_a_click_and_the_keyboard_show_the_patients_in_a_browser(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's own script, followed by what a reader does: a key on one number, an arrow to the next, Escape."""
    document = study.document()
    held = made_origins.origins(study.protocol, study.outcome, document.keys)
    own = origins.script()
    acts = """
    (() => {
      const said = [];
      const body = document.getElementById("origin-body");
      const press = (place, key) => place.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      const first = document.querySelector("td[data-key^='baseline/']");
      press(first, "Enter");
      said.push(first.dataset.key.split("\\n")[0] === body.querySelector("code").textContent);
      said.push(body.querySelectorAll("tbody tr").length > 0);
      press(first, "ArrowRight");
      const second = document.activeElement;
      said.push(second !== first && second.parentElement === first.parentElement);
      second.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      said.push(body.querySelector("code").textContent === second.dataset.key.split("\\n")[0]);
      press(second, "Escape");
      said.push(document.getElementById("origin").hidden && document.activeElement === second);
      said.push([...first.closest("table").querySelectorAll("[tabindex='0']")].length === 1);
      document.title = said.join(" ");
    })();
    """
    monkeypatch.setattr(origins, "script", lambda: own + acts)
    origins.allowed.cache_clear()
    page = tmp_path / "page.html"
    page.write_text(html.render(dataclasses.replace(document, origins=held)), encoding="utf-8")
    origins.allowed.cache_clear()
    words = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'user'}",
    ]
    done = subprocess.run(
        [*words, "--dump-dom", page.as_uri()], capture_output=True, text=True, check=True, timeout=120
    )
    assert re.findall("<title>(.*?)</title>", done.stdout) == ["true true true true true true"]
