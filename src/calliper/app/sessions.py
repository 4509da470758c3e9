"""Who is at the page: a one-time link gives a cookie, which opens one workspace, a folder of its own, until it ends."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

COOKIE = "calliper"
IDLE_SECONDS = 8 * 3600
"""A session ends after so long without a request; the workspace stays on disk."""
MOST_SESSIONS = 500
_WORKSPACE = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


@dataclass
class Session:
    """One browser in one workspace. `csrf` stands in each form; it changes as requests come, hence not frozen."""

    workspace: Path
    csrf: str
    language: str = "en"
    seen: float = 0.0


@dataclass
class Sessions:
    """The sessions and the links not used yet, in memory alone: a server started again knows none."""

    home: Path
    clock: Callable[[], float] = time.monotonic
    _links: dict[str, str] = field(default_factory=dict)
    _held: dict[str, Session] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def invite(self, workspace: str = "main") -> str:
        """A token that opens a workspace once."""
        if not _WORKSPACE.fullmatch(workspace):
            raise ValueError(f"found the workspace {workspace!r}; expected small letters, digits and hyphens")
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._links[token] = workspace
        return token

    def enter(self, token: str) -> str | None:
        """The cookie for a token, which is used up; None for one that is unknown or was used."""
        with self._lock:
            workspace = self._links.pop(token, None)
            if workspace is None:
                return None
            self._forget()
            cookie = secrets.token_urlsafe(32)
            folder = self.home / workspace
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._held[cookie] = Session(folder, secrets.token_urlsafe(32), seen=self.clock())
            return cookie

    def find(self, cookie: str | None) -> Session | None:
        """The session of a cookie, unless it expired."""
        with self._lock:
            session = self._held.get(cookie or "")
            now = self.clock()
            if session is None:
                return None
            if now - session.seen > IDLE_SECONDS:
                self._held.pop(cookie or "", None)
                return None
            session.seen = now
            return session

    def leave(self, cookie: str | None) -> None:
        """End a session."""
        with self._lock:
            self._held.pop(cookie or "", None)

    def _forget(self) -> None:
        """Drop sessions that expired; of too many, those that were idle longest."""
        now = self.clock()
        alive = {cookie: held for cookie, held in self._held.items() if now - held.seen <= IDLE_SECONDS}
        for cookie in sorted(alive, key=lambda cookie: alive[cookie].seen)[
            : max(0, len(alive) - MOST_SESSIONS + 1)
        ]:
            del alive[cookie]
        self._held = alive
