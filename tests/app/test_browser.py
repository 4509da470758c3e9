"""The page in a real browser: the whole path, two people at once, refresh and back, and use by keyboard and by all.

Where there is no Chromium the tests say so and the rest of the suite runs.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from app.page import find_browser, served
from calliper import load
from calliper.synth.demo import write_demo
from calliper.synth.patients import CENTRES
from intake.messy import PLANTED, write_messy
from intake.test_messy_centres import right_values
from shared import ROOT, shared_data

SLOW = 90_000
expect.set_options(timeout=SLOW)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_browser()
    with sync_playwright() as held:
        browser = held.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    with served(tmp_path_factory.mktemp("home")) as held:
        yield held


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return folder


@pytest.fixture
def page(browser: Browser, site: tuple[str, Any], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser that is signed in to a workspace of the test's own; whatever a script complains of fails the test."""
    workspace = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-30:].strip("-")
    context, page, complaints = open_page(browser, site, workspace)
    yield page
    context.close()
    assert complaints == []


def open_page(
    browser: Browser, site: tuple[str, Any], workspace: str, **options: Any
) -> tuple[Any, Page, list[str]]:
    base, app = site
    context = browser.new_context(base_url=base, accept_downloads=True, **options)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if "Content Security" in message.text else None,
    )
    page.on(
        "request",
        lambda asked: complaints.append(asked.url) if not asked.url.startswith((base, "data:")) else None,
    )
    page.goto(f"/enter?token={app.state.house.sessions.invite(workspace)}")
    return context, page, complaints


def send(page: Page, name: str, within: Locator | None = None) -> None:
    """Press a button that sends a form, and wait until the answer is on the screen."""
    with page.expect_navigation():
        (within or page).get_by_role("button", name=name).first.click()


def begin(page: Page, title: str, files: list[Path], protocol: list[Path] | None = None) -> str:
    """A study from these files, drafted; its address."""
    page.goto("/")
    page.get_by_label("Name of a new study").fill(title)
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Files of the centres").set_input_files(files)
    if protocol:
        page.get_by_text("I have a study file already").click()
        page.locator("input[name=protocol]").set_input_files(protocol)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Here now")).to_be_visible()
    page.get_by_role("button", name="Look at the files").click()
    page.wait_for_url("**/columns*")
    return page.url.split("/columns")[0]


def confirm_columns(page: Page, study: str) -> None:
    """Every guess of every centre, by the buttons."""
    page.goto(f"{study}/columns")
    for name in page.locator("nav.tabs a").all_inner_texts():
        page.goto(f"{study}/columns?centre={name.split()[0]}")
        for label in ("of this centre", "of this sheet"):
            if page.get_by_role("button", name=label).count():
                send(page, label)
                expect(page.get_by_text("all confirmed").first).to_be_visible()
                break


def confirm_design(page: Page, study: str) -> None:
    page.goto(f"{study}/design")
    send(page, "Confirm all of them")
    expect(page.get_by_text("Guessed, and to be confirmed")).to_have_count(0)


def run(page: Page, study: str) -> None:
    page.goto(f"{study}/run")
    page.get_by_role("button", name="Run the study").click()
    page.wait_for_url("**/results")


def download(page: Page, name: str) -> bytes:
    """A file of the report, by its link."""
    if not page.locator("details[open] .downloads").count():
        page.get_by_text("Download", exact=True).click()
    with page.expect_download() as caught:
        page.get_by_role("link", name=name, exact=True).click()
    return Path(caught.value.path()).read_bytes()


def results_of(content: bytes) -> dict[str, float | None]:
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    return {row["key"]: float(row["value"]) if row["value"] else None for row in rows}


def test_the_demonstration_by_clicks_gives_its_results_byte_for_byte(page: Page, demo: Path) -> None:
    files = [demo / f"{centre}.xlsx" for centre in CENTRES]
    study = begin(page, "Demonstration", files, [demo / "study.yaml", demo / "published.yaml"])
    run(page, study)
    assert download(page, "results.csv") == load(demo / "study.yaml").files()["results.csv"]


def test_three_hospitals_to_a_word_file_whose_numbers_are_the_results(
    page: Page, demo: Path, tmp_path: Path
) -> None:
    files = write_messy(tmp_path)
    study = begin(page, "Three hospitals", list(files.values()), [demo / "study.yaml"])
    # not before the guesses are confirmed
    page.goto(f"{study}/run")
    expect(page.get_by_text("The study cannot run yet")).to_be_visible()
    expect(page.get_by_role("button", name="Run the study")).to_have_count(0)
    confirm_columns(page, study)
    assert faults(page, f"{study}/problems", (360,)) == []
    # the planted slips, each answered in the page
    values = {(centre, written): value for centre, written, value in right_values()}
    for slip in PLANTED:
        page.goto(f"{study}/problems?centre={slip.centre}")
        problem = page.locator("li.problem", has_text=slip.written).first
        problem.get_by_text("Answer").first.click()
        problem.get_by_role("textbox", name="Value").fill(values[slip.centre, slip.written])
        problem.get_by_role("textbox", name="Who").fill("Dr Li")
        problem.get_by_role("textbox", name="Why").fill("typing error")
        send(page, "Answer", problem)
    page.goto(f"{study}/problems")
    expect(page.locator("li.problem.error")).to_have_count(0)
    run(page, study)
    word, table = download(page, "report.docx"), download(page, "results.csv")
    results = results_of(table)
    first = results_of(load(demo / "study.yaml").files()["results.csv"])
    assert results.keys() == first.keys()
    for key, value in first.items():
        assert results[key] == (None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)), key
    with zipfile.ZipFile(io.BytesIO(word)) as archive:
        text = re.sub(r"<[^>]+>", "", archive.read("word/document.xml").decode())
    for key in (
        "os/included/combination/os//median",
        "os/included/control/os//median",
        "ttp/included/control/ttp//median",
    ):
        assert f"{results[key]:.1f}" in text
    # the command line goes on with the same folder, and writes the same file
    with page.expect_download() as caught:
        page.get_by_role("link", name="The study's folder").click()
    with zipfile.ZipFile(caught.value.path()) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".key")]
    own = next(path for path in Path(page_home(page)).rglob("study.yaml"))
    assert load(own).files(formats=("docx",))["report.docx"] == word


def page_home(page: Page) -> str:
    return str(page.context._home)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _home(request: pytest.FixtureRequest) -> None:
    """The folder of the test's workspace, for tests that look into it."""
    if "page" in request.fixturenames:
        held = request.getfixturevalue("page")
        _, app = request.getfixturevalue("site")
        workspace = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-30:].strip("-")
        held.context._home = app.state.house.sessions.home / workspace


def test_the_colon_trial_by_clicks_alone(page: Page) -> None:
    study = begin(page, "Colon", [shared_data("03_survival_classic/survival_colon.csv")])
    confirm_columns(page, study)
    confirm_design(page, study)
    run(page, study)
    results = results_of(download(page, "results.csv"))
    ready = load(ROOT / "studies" / "colon.yaml").run()
    for arm in ("obs", "lev", "lev_5fu"):
        for stat in ("n", "events", "median", "median_lower", "median_upper"):
            row = ready.get(f"os/included/{arm}/os//{stat}")
            assert row is not None
            value = results[f"endpoint_2_curves/included/{arm}/endpoint_2//{stat}"]
            assert value == (None if row.value is None else pytest.approx(row.value, rel=1e-12))


def test_the_coimbra_cohort_by_clicks_alone(page: Page) -> None:
    study = begin(page, "Coimbra", [shared_data("04_hcc/uci_hcc_coimbra.csv")])
    confirm_columns(page, study)
    confirm_design(page, study)
    page.goto(f"{study}/design?part=arms")
    page.get_by_label("Column that says who had which treatment").fill("Class")
    send(page, "One arm for each value of this column")
    page.get_by_label("Label 1").fill("Dead at one year")
    page.get_by_label("Label 2").fill("Alive at one year")
    send(page, "Save")
    # an adult with a recorded bilirubin, counted while it is written
    page.goto(f"{study}/design?part=criteria")
    form = page.locator("#new-criterion")
    form.get_by_label("Variable").select_option(label="Age")
    form.get_by_label("Comparison").select_option(label="at least")
    form.get_by_label("Value").fill("18")
    form.get_by_role("button", name="Put into the rule").click()
    expect(page.locator("#count-new")).to_contain_text("165 true")
    form.get_by_label("In words").fill("Adult")
    form.get_by_role("button", name="Add").click()
    expect(page.get_by_text("165 left after it")).to_be_visible()
    run(page, study)
    results = results_of(download(page, "results.csv"))
    ready = load(ROOT / "studies" / "coimbra.yaml").run()
    for ours, theirs in (("arm_1", "dead"), ("arm_2", "alive")):
        for stat in ("n", "mean", "sd", "median"):
            row = ready.get(f"baseline/included/{theirs}/age//{stat}")
            assert row is not None
            assert results[f"baseline/included/{ours}/age//{stat}"] == pytest.approx(row.value, rel=1e-12)


def test_cancel_refresh_back_and_again(page: Page, demo: Path) -> None:
    files = [demo / f"{centre}.xlsx" for centre in CENTRES]
    study = begin(page, "Cancelled", files, [demo / "study.yaml"])
    page.goto(f"{study}/run")
    expect(page.get_by_role("group", name="Report as").get_by_label("pdf")).to_be_checked()
    send(page, "Run the study")
    page.reload()
    expect(page.locator("#progress")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. An earlier report is as it was.")).to_be_visible()
    page.goto(f"{study}/results")
    expect(page.get_by_text("there is no report yet")).to_be_visible()
    run(page, study)
    # back and forth: every screen is an address, and nothing is sent twice
    page.goto(f"{study}/design?part=facts")
    page.get_by_label("Period", exact=True).fill("2017 to 2019")
    send(page, "Save")
    page.go_back()
    page.go_back()
    expect(page).to_have_url(re.compile("/results$"))
    page.go_forward()
    page.reload()
    expect(page.get_by_label("Period", exact=True)).to_have_value("2017 to 2019")
    page.goto(f"{study}/results")
    expect(page.get_by_text("The study was changed after this report was made")).to_be_visible()


def test_two_people_at_once(browser: Browser, site: tuple[str, Any], tmp_path: Path) -> None:
    """Each has a study of the same name with other patients; each gets the results of their own."""
    held = []
    for at, who in enumerate(("anna", "ben")):
        rows = "".join(f"{n};{'AB'[n % 2]};{40 + at * 20 + n};{n};{n % 3 > 0:d}\n" for n in range(1, 21))
        path = tmp_path / f"{who}.csv"
        path.write_text("ID;Group;Age;OS months;Died\n" + rows, encoding="utf-8")
        context, page, complaints = open_page(browser, site, who)
        held.append((context, page, complaints, path))
    studies = [begin(page, "Same name", [path]) for _, page, _, path in held]
    for (_, page, _, _), study in zip(held, studies):
        confirm_columns(page, study)
        confirm_design(page, study)
        page.goto(f"{study}/run")
    for _, page, _, _ in held:
        page.get_by_role("button", name="Run the study").click()
    means = []
    for context, page, complaints, _ in held:
        page.wait_for_url("**/results")
        means.append(results_of(download(page, "results.csv"))["baseline/included/overall/age//mean"])
        assert complaints == []
        context.close()
    assert means == [pytest.approx(50.5), pytest.approx(70.5)]


@pytest.mark.parametrize("has_script", [True, False])
def test_two_hundred_megabytes_are_refused(
    browser: Browser, site: tuple[str, Any], tmp_path: Path, *, has_script: bool
) -> None:
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(200_000_000)
    context, page, _ = open_page(browser, site, "big", java_script_enabled=has_script)
    page.goto("/")
    page.get_by_label("Name of a new study").fill("Big")
    page.get_by_role("button", name="Begin").click()
    files = page.url
    page.get_by_label("Files of the centres").set_input_files(big)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("larger than 100 MB")).to_be_visible()
    page.goto(files)
    expect(page.get_by_text("No file yet")).to_be_visible()
    context.close()


def faults(page: Page, screen: str, widths: tuple[int, ...] = (1280, 360)) -> list[str]:
    """What is wrong with a screen at two widths: axe's violations, and scrolling sideways."""
    found: list[str] = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(screen)
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if overflow > 0:
            found.append(f"{screen} at {width}: {overflow} px too wide")
        # the report in its frame has checks of its own
        axe = Axe().run(page, options={"iframes": False})
        found += [
            f"{screen} at {width}: {held['id']}: {held['nodes'][0]['html'][:120]}"
            for held in axe.response["violations"]
        ]
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


def test_every_screen_at_two_widths_for_everybody(page: Page, demo: Path) -> None:
    """No axe violation, no scrolling sideways at 360 pixels, and a printed page without its tools."""
    files = [demo / f"{centre}.xlsx" for centre in CENTRES]
    study = begin(page, "Seen", files, [demo / "study.yaml"])
    run(page, study)
    parts = [f"design?part={part}" for part in ("facts", "arms", "criteria", "endpoints", "analyses", "text")]
    screens = ["files", "columns", "problems", *parts, "run", "results", "results/curves/os?interval=1"]
    every = ["/", "/audit", *(f"{study}/{screen}" for screen in screens), "/nowhere"]
    assert [line for screen in every for line in faults(page, screen)] == []
    page.goto("/")
    send(page, "中文")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    # the same elements in other words: what may not fit is told at the narrow width
    told = [screen for screen in every if not screen.endswith(("/files", "/nowhere", "interval=1"))]
    assert [line for screen in told for line in faults(page, screen, (360,))] == []
    send(page, "English")
    page.emulate_media(media="print")
    page.goto(f"{study}/results/curves/os")
    assert not page.locator(".top").is_visible()
    assert page.locator("svg.km").is_visible()


def test_the_keyboard_alone(page: Page, demo: Path) -> None:
    files = [demo / f"{centre}.xlsx" for centre in CENTRES]
    study = begin(page, "Keys", files, [demo / "study.yaml"])
    page.goto(f"{study}/columns")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    # unconfirm and confirm a column, and save it in its place
    page.get_by_role("checkbox", name="confirmed Sex").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("form.column.waiting")).to_have_count(1)
    page.goto(f"{study}/run")
    expect(page.get_by_text("found a guess")).to_be_visible()
    page.goto(f"{study}/columns")
    page.get_by_role("checkbox", name="confirmed Sex").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("form.column.waiting")).to_have_count(0)
    run(page, study)
    page.goto(f"{study}/results/curves/os")
    page.locator("svg.km").focus()
    for _ in range(5):
        page.keyboard.press("PageDown")
    expect(page.locator("#reading")).to_contain_text("months")
    expect(page.locator("#reading")).to_contain_text("DEB-TACE + sorafenib: ")
    # a number of the report, by its key
    report = page.goto(f"{study}/results")
    assert report is not None
    frame = page.frame_locator("iframe.report")
    number = frame.locator("[data-key]").first
    number.focus()
    page.keyboard.press("Enter")
    expect(frame.locator("body")).to_contain_text("patients")


def test_the_curve_under_the_pointer_is_the_result(page: Page, demo: Path) -> None:
    files = [demo / f"{centre}.xlsx" for centre in CENTRES]
    study = begin(page, "Curves", files, [demo / "study.yaml"])
    run(page, study)
    results = results_of(download(page, "results.csv"))
    page.goto(f"{study}/results/curves/os")
    steps = page.locator("path.step").first.get_attribute("data-steps") or ""
    key = "os/included/combination/os//curve@"
    known = {float(name[len(key) :]): value for name, value in results.items() if name.startswith(key)}
    drawn = {float(part.split(",")[0]): float(part.split(",")[1]) for part in steps.split()}
    assert len(drawn) == len(known) > 20
    for time, value in drawn.items():
        nearest = min(known, key=lambda held: abs(held - time))
        assert known[nearest] == pytest.approx(value, rel=1e-5)
    risk = page.locator("svg.km text.axis").all_text_contents()
    assert str(int(results["os/included/combination/os//at_risk@12"] or 0)) in risk
    # among men alone, analysed anew: fewer patients, and said to be exploratory
    page.get_by_label("Among").select_option(label="Sex: Male")
    expect(page.get_by_text("exploratory, not planned, not adjusted")).to_be_visible()
    n = int(page.locator("table.list tbody td.num").first.inner_text())
    assert n == results["baseline/included/combination/sex/Male/count"]
