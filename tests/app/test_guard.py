"""What stands before the page: links, cookies, tokens, hosts, sizes, folders."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.page import SignedIn, sign_in
from calliper.app import guard, sessions
from calliper.app.server import create_app

PAGES = ("/", "/audit")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    made = create_app(tmp_path / "home")
    with TestClient(made):
        yield made


@pytest.fixture
def me(app: FastAPI) -> SignedIn:
    return sign_in(app)


def test_a_link_opens_one_browser_once(app: FastAPI) -> None:
    client = TestClient(app, base_url="http://127.0.0.1")
    assert client.get("/").status_code == 401
    assert client.get("/enter?token=guess").status_code == 403
    token = app.state.house.sessions.invite()
    assert client.get(f"/enter?token={token}").status_code == 200
    other = TestClient(app, base_url="http://127.0.0.1")
    assert other.get(f"/enter?token={token}").status_code == 403
    assert other.get("/").status_code == 401
    cookie = next(held for held in client.cookies.jar if held.name == "calliper")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "strict"


def test_a_session_expires_and_its_studies_stay(tmp_path: Path) -> None:
    app = create_app(tmp_path / "home")
    now = 0.0
    app.state.house.sessions.clock = lambda: now
    me = sign_in(app)
    me.study("Kept")
    now = sessions.IDLE_SECONDS - 1.0
    assert me.get("/").status_code == 200
    now += sessions.IDLE_SECONDS + 1.0
    assert me.get("/").status_code == 401
    assert "Kept" in sign_in(app).get("/").text


def test_a_form_needs_its_session_s_token(me: SignedIn, app: FastAPI) -> None:
    study = me.study()
    for path in (
        "/studies",
        f"{study}/files",
        f"{study}/run",
        "/leave",
        "/invite",
        "/audit",
        f"{study}/design/text",
    ):
        assert me.client.post(path, data={"title": "x", "text": "y"}).status_code == 403, path
        assert me.client.post(path, data={"csrf": "guess", "title": "x"}).status_code == 403, path
    other = sign_in(app, "other")
    assert me.client.post("/studies", data={"csrf": other.csrf, "title": "x"}).status_code == 403


def test_another_page_or_host_is_refused(me: SignedIn) -> None:
    data = {"csrf": me.csrf, "title": "x"}
    assert me.client.post("/studies", data=data, headers={"origin": "http://evil.example"}).status_code == 403
    assert me.client.post("/studies", data=data, headers={"origin": "null"}).status_code == 403
    # a name that was made to point here (DNS rebinding)
    assert me.client.get("/", headers={"host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("path", [*PAGES, "/nowhere", "/static/app.css", "/static/htmx.min.js"])
def test_every_answer_has_the_rules_of_the_page(me: SignedIn, path: str) -> None:
    headers = me.get(path).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_no_script_style_or_handler_stands_in_a_template() -> None:
    folder = Path(guard.__file__).parent / "templates"
    for path in folder.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<style" not in text, path.name
        assert " style=" not in text, path.name
        assert " onclick" not in text, path.name
        assert "javascript:" not in text, path.name
        assert all("src=" in part.split(">")[0] for part in text.split("<script")[1:]), path.name
        assert "//" not in text.replace("http://127.0.0.1", "").split("<body")[0].replace("<!--", ""), (
            path.name
        )


def test_a_body_that_lies_about_its_length_is_refused_as_it_comes(
    me: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MOST_BYTES", 50_000)
    study = me.study()

    def chunks() -> Iterator[bytes]:
        head = f'--b\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n{me.csrf}\r\n--b\r\n'
        yield head.encode() + b'content-disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
        for _ in range(100):
            yield b"a" * 10_000
        yield b"\r\n--b--\r\n"

    answer = me.client.post(
        f"{study}/files", content=chunks(), headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 413
    assert "The upload is larger than" in answer.text
    assert me.get(f"{study}/files").status_code == 200
    assert not (me.workspace / study.rsplit("/", 1)[1] / "files").exists()


def test_workspaces_do_not_see_each_other(app: FastAPI) -> None:
    anna, ben = sign_in(app, "anna"), sign_in(app, "ben")
    study = anna.study("Secret of Anna")
    assert "Secret of Anna" not in ben.get("/").text
    for path in ("", "/files", "/columns", "/results", "/results/study.zip", "/results/file/report.html"):
        assert ben.get(study + path).status_code == 404, path
    assert ben.post(f"{study}/files", files=[("files", ("a.csv", b"a,b\n1,2\n"))]).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/s/..%2f..", "/s/a%00b", "/s/A", "/s/" + "a" * 90,
        "/s/{study}/results/file/../study.yaml", "/s/{study}/results/file/%2e%2e/study.yaml",
        "/s/{study}/results/file/..%2f..%2f..%2fetc%2fpasswd", "/s/{study}/results/file//etc/passwd",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_a_study(me: SignedIn, path: str) -> None:
    study = me.study()
    folder = me.workspace / study.rsplit("/", 1)[1]
    (folder / "report").mkdir()
    (folder / "study.yaml").write_text("secret of the study", encoding="utf-8")
    answer = me.get(path.replace("/s/{study}", study))
    assert answer.status_code in (404, 400)
    assert "secret of the study" not in answer.text


def test_the_study_s_folder_leaves_without_the_key(me: SignedIn) -> None:
    study = me.study()
    folder = me.workspace / study.rsplit("/", 1)[1]
    (folder / "study.yaml").write_text("calliper: 1\n", encoding="utf-8")
    (folder / "pseudonyms.key").write_text("k" * 64, encoding="utf-8")
    content = me.get(f"{study}/results/study.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
    assert [name for name in names if name.endswith("study.yaml")]
    assert not [name for name in names if name.endswith(".key")]


def test_an_invitation_opens_a_workspace_of_its_own(me: SignedIn, app: FastAPI) -> None:
    me.study("Mine")
    page = me.post("/invite").text
    token = page.split("/enter?token=")[1].split('"')[0]
    guest = TestClient(app, base_url="http://127.0.0.1")
    home = guest.get(f"/enter?token={token}").text
    assert "Mine" not in home


def test_the_page_speaks_chinese(me: SignedIn) -> None:
    page = me.post("/language/zh", {"back": "/audit"})
    assert page.url.path == "/audit"
    assert 'lang="zh-CN"' in page.text
    assert me.post("/language/zh", {"back": "//evil.example"}).url.path == "/"
