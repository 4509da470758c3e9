"""Endpoints and analyses by forms, and as text: what they write gives the numbers of the same written by hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from app.page import SignedIn, sign_in
from calliper import load
from calliper.app import edit, entries
from calliper.app.edit import EditError
from calliper.app.server import create_app
from calliper.results import Results
from calliper.synth.demo import write_demo
from calliper.synth.patients import CENTRES

HEAD = {"unit": "months", "start": "first_tace"}


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> tuple[SignedIn, str, Path]:
    """The demonstration as a study on the page: who is signed in, its address, its study file."""
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    me = sign_in(create_app(tmp_path_factory.mktemp("home")))
    study = me.study("Demonstration")
    me.upload(study, *((f"{centre}.xlsx", (folder / f"{centre}.xlsx").read_bytes()) for centre in CENTRES))
    me.post(f"{study}/files", files=[("protocol", ("study.yaml", (folder / "study.yaml").read_bytes()))])
    me.post(f"{study}/files/draft")
    return me, study, me.workspace / study.rsplit("/", 1)[1] / "study.yaml"


FORMS: tuple[dict[str, str], ...] = (
    {**HEAD, "label": "Survival", "short": "OSX", "way": "dates", "event_date": "death_date", "last": "table:contacts"},
    {**HEAD, "label": "To progression", "short": "TTPX", "way": "progression", "response": "response"},
    {
        **HEAD, "label": "Free of progression", "short": "PFSX", "way": "progression", "response": "response",
        "death_is": "event", "death": "death_date",
    },
    {
        **HEAD, "label": "Progression or death first", "short": "TTPY", "way": "progression", "response": "response",
        "death_is": "competing", "death": "death_date",
    },
    {**HEAD, "label": "Response again", "way": "response"},
    {**HEAD, "label": "Harm", "way": "harm", "version": "3.0", "first_day": "0", "last_day": "30"},
    {
        **HEAD, "label": "Drug", "way": "exposure", "drugs": "Sorafenib\n", "dose": "800", "death": "death_date",
        "last": "table:contacts",
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def results(at: tuple[SignedIn, str, Path]) -> Results:
    me, study, path = at
    for form in FORMS:
        page = me.post(f"{study}/design/endpoints", form)
        assert form["label"] in page.text
        assert 'role="alert"' not in page.text
    by_hand = "{like: pfs, assessments: {response: response, adequate: [CR, PR, SD, PD]}, label: By hand, short: PFSH}"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  pfs:\n", f"  pfs_by_hand: {by_hand}\n  pfs:\n", 1), encoding="utf-8")
    kinds = {
        "survival": ("osx", "ttpx", "pfsx", "pfs_by_hand"), "competing_risks": ("ttpy", "ttp_death_competes"),
        "response": ("ra",), "safety": ("h",), "exposure": ("d",), "courses": ("response",),
        "treatment": ("treatments",), "trend": ("liver",), "follow_up_schedule": ("follow_up",),
        "deviations": ("protocol",),
    }  # fmt: skip
    # one through the page, the others as its form would
    page = me.post(
        f"{study}/design/analyses", {"kind": "cox", "endpoint": "os", "variables": ["ecog", "sex"]}
    )
    assert 'role="alert"' not in page.text
    document = edit.read(path)
    for kind, names in kinds.items():
        for name in names:
            entries.add_analysis(document, {"kind": kind, "endpoint": name}, ())
    entries.add_analysis(document, {"kind": "subgroups", "endpoint": "os"}, ("ecog", "vascular_invasion"))
    edit.write(path, document)
    return load(path).run()


def same(results: Results, one: str, other: str) -> int:
    """How many numbers of two analyses are there, alike in all."""
    first = {row.key.removeprefix(f"{one}/"): row.value for row in results if row.key.startswith(f"{one}/")}
    second = {
        row.key.removeprefix(f"{other}/"): row.value for row in results if row.key.startswith(f"{other}/")
    }
    name = common(second)
    own = common(first)
    renamed = {key.replace(f"/{own}/", f"/{name}/"): value for key, value in first.items()}
    shared = renamed.keys() & second.keys()
    assert {key: renamed[key] for key in shared} == {key: second[key] for key in shared}
    return len(shared)


def common(keys: Iterable[str]) -> str:
    """The word that stands most often in the third place of keys: the endpoint's."""
    held = [key.split("/")[2] for key in keys]
    return max(set(held), key=held.count)


@pytest.mark.parametrize(
    ("by_form", "by_hand", "least"),
    [
        ("osx_curves", "os", 100),
        ("ttpx_curves", "ttp", 100),
        ("pfsx_curves", "pfs_by_hand_curves", 100),
        ("ttpy_incidence", "ttp_death_competes_incidence", 50),
        ("ra_rates", "response", 20),
        ("d_exposure", "sorafenib", 10),
    ],
)
def test_a_form_writes_what_a_hand_would(results: Results, by_form: str, by_hand: str, least: int) -> None:
    assert same(results, by_form, by_hand) >= least


def test_events_of_a_window_are_those_of_the_window(results: Results, at: tuple[SignedIn, str, Path]) -> None:
    held = load(at[2]).loaded.protocol.endpoints["h"]
    assert held.window_days == (0, 30)
    assert any(row.analysis == "h_safety" and row.value for row in results)


def test_a_form_that_brings_a_mistake_changes_nothing(
    results: Results, at: tuple[SignedIn, str, Path]
) -> None:
    me, study, path = at
    before = path.read_bytes()
    # hazard ratios of a response are none
    page = me.post(f"{study}/design/analyses", {"kind": "cox", "endpoint": "response", "variables": "ecog"})
    assert 'role="alert"' in page.text
    assert "response" in page.text
    # an endpoint that others rest on
    page = me.post(f"{study}/design/endpoints", {"drop": "response"})
    assert 'role="alert"' in page.text
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"way": "progression", "start": "first_tace"}, "found nothing for the response endpoint"),
        (
            {"way": "progression", "start": "first_tace", "response": "response", "death_is": "event"},
            "found nothing for the date of death",
        ),
        (
            {"way": "harm", "version": "5.0", "first_day": "0"},
            "found nothing for the date from which time runs",
        ),
        ({"way": "harm", "version": "5.0", "start": "x", "last_day": "soon"}, "expected a day, as 0 or 30"),
        ({"way": "exposure", "start": "x", "drugs": "A", "dose": "much"}, "expected a dose in mg a day"),
        ({"way": "by magic"}, "found no kind of endpoint"),
    ],
)
def test_what_a_form_lacks_is_said(form: dict[str, str], said: str) -> None:
    study: dict[str, object] = {"endpoints": {}}
    with pytest.raises(EditError, match=said):
        entries.add_endpoint(study, {"label": "It", **form})
    assert study == {"endpoints": {}}


def test_one_entry_as_text(results: Results, at: tuple[SignedIn, str, Path]) -> None:
    me, study, path = at
    before = path.read_text(encoding="utf-8")
    assert "kind: time_to_event" in me.get(f"{study}/design?part=endpoints").text
    # as it is shown it is saved, and nothing of the study changes
    document = edit.text_of({"kind": "toxicity", "label": "X"})
    assert document == "kind: toxicity\nlabel: X\n"
    text = """\
kind: time_to_event
label: Death
short: D
unit: years
start: first_tace
events:
  - {date: death_date, reason: death}
censor:
  - {last: contacts, reason: alive}
"""
    me.post(
        f"{study}/design/entry", {"part": "endpoints", "key": "death", "text": text.replace("\n", "\r\n")}
    )
    assert load(path).loaded.protocol.endpoints["death"].label == "Death"
    me.post(
        f"{study}/design/entry", {"part": "endpoints", "key": "death", "text": text.replace("Death", "Died")}
    )
    assert load(path).loaded.protocol.endpoints["death"].label == "Died"
    me.post(
        f"{study}/design/entry", {"part": "analyses", "text": "id: died\nkind: survival\nendpoint: death\n"}
    )
    assert load(path).loaded.protocol.analyses[-1].id == "died"
    # mistakes are kept as typed, and listed
    page = me.post(f"{study}/design/entry", {"part": "analyses", "text": "id: odd\nkind: survivl\n"})
    assert "study.yaml has mistakes" in page.text
    assert "survivl" in page.text
    n = len(load_analyses(path))
    page = me.post(f"{study}/design/analyses", {"drop": str(n - 1)})
    assert "study.yaml has mistakes" not in page.text
    for wrong, said in (
        ("a: [", "cannot be read as YAML (line"),
        ("only words", "found no keys with values"),
    ):
        page = me.post(f"{study}/design/entry", {"part": "analyses", "text": wrong})
        assert said in page.text
    assert (
        me.post(f"{study}/design/entry", {"part": "data", "key": "patients", "text": "a: 1"}).status_code
        == 200
    )
    after = path.read_text(encoding="utf-8")
    assert after.startswith(before.split("endpoints:", maxsplit=1)[0])


def load_analyses(path: Path) -> list[object]:
    return list(edit.read(path)["analyses"])
