"""A page to test: a client that is signed in, and a browser where there is one."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from calliper.app.server import create_app

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class SignedIn:
    """A client with a session, and the token of its forms."""

    client: TestClient
    csrf: str
    workspace: Path

    def get(self, path: str) -> Any:
        """A page."""
        return self.client.get(path)

    def post(self, path: str, data: dict[str, Any] | None = None, files: Any = None) -> Any:
        """A form with its token; redirects are followed."""
        return self.client.post(path, data={"csrf": self.csrf, **(data or {})}, files=files)

    def study(self, title: str = "A study") -> str:
        """A new study's address."""
        answer = self.post("/studies", {"title": title})
        return str(answer.url.path).removesuffix("/files")

    def upload(self, study: str, *files: tuple[str, bytes]) -> str:
        """Upload files; what the page says."""
        answer = self.post(f"{study}/files", files=[("files", file) for file in files])
        assert answer.status_code == 200
        return str(answer.text)


def sign_in(app: FastAPI, workspace: str = "main") -> SignedIn:
    """A session in a workspace."""
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=True)
    token = app.state.house.sessions.invite(workspace)
    home = client.get(f"/enter?token={token}")
    found = re.search(r'name="csrf" value="([^"]+)"', home.text)
    assert found is not None
    return SignedIn(client, found[1], app.state.house.sessions.home / workspace)


def find_browser() -> str:
    """A Chromium of this machine, or one that Playwright installs; skips the test, saying so, where there is none."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as held:
        own = held.chromium.executable_path
    if not Path(own).exists():
        installing = [sys.executable, "-m", "playwright", "install", "chromium"]
        try:
            subprocess.run(
                installing, check=True, timeout=180, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except (subprocess.SubprocessError, OSError):
            pytest.skip(
                "no Chromium here, and Playwright could not install one (Debian: apt-get install chromium)"
            )
    return own


@contextmanager
def served(home: Path) -> Iterator[tuple[str, FastAPI]]:
    """The page on a port of this machine."""
    import uvicorn

    app = create_app(home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(100):
        if server.started:
            break
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}", app
    finally:
        server.should_exit = True
        thread.join(timeout=20)
