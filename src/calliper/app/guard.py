"""What stands before every request: which hosts may be asked for, who may post, how large, and what a page may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 100_000_000
"""A request's body may be so large; a longer one is refused as it comes, whatever it said of its length."""
MOST_DRAINED = 2_000_000_000
"""Of a refused body so much is read and thrown away, so that the browser comes to read the answer."""

HOSTS = ("127.0.0.1", "localhost", "testserver")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""No script or style stands in a page, and none comes from elsewhere."""

HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: Application, refuse: Callable[[int, str], bytes]) -> None:
        """`refuse` makes the page that says why, from a status and a sentence."""
        self.app = app
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        host = headers.get(b"host", b"").decode("latin-1")
        if urlsplit(f"//{host}").hostname not in HOSTS:
            await self._answer(send, 421, "This page answers only on this machine.")
            return
        if scope["method"] not in ("GET", "HEAD"):
            origin = headers.get(b"origin", b"").decode("latin-1")
            if origin not in ("", f"http://{host}"):
                await self._answer(send, 403, "This request came from another page.")
                return
        length = headers.get(b"content-length", b"0")
        counted = _Counted(receive, MOST_BYTES)
        if length.isdigit() and int(length) > MOST_BYTES:
            await counted.drain()
            await self._answer(send, 413, _too_large())
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                held = {name.lower() for name, _ in message["headers"]}
                more = ((name, value) for name, value in HEADERS.items() if name not in held)
                message["headers"] = [*message["headers"], *more]
            await send(message)

        try:
            await self.app(scope, counted, sending)
        except TooLargeError:
            if started:
                raise
            await counted.drain()
            await self._answer(send, 413, _too_large())

    async def _answer(self, send: Send, status: int, sentence: str) -> None:
        body = self.refuse(status, sentence)
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            *HEADERS.items(),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _too_large() -> str:
    most = MOST_BYTES // 1_000_000
    return (
        f"The upload is larger than {most} MB. Upload fewer files at once, or save large tables as Parquet."
    )


class TooLargeError(Exception):
    """A body grew beyond what is read."""


class _Counted:
    """A request's body, counted as it comes."""

    def __init__(self, receive: Receive, most: int) -> None:
        self.receive = receive
        self.most = most
        self.n = 0
        self.is_over = False

    async def __call__(self) -> Message:
        message = await self.receive()
        if message["type"] == "http.request":
            self.n += len(message.get("body", b""))
            self.is_over = not message.get("more_body", False)
            if self.n > self.most:
                raise TooLargeError
        elif message["type"] == "http.disconnect":
            self.is_over = True
        return message

    async def drain(self) -> None:
        """Read what is left and keep none of it."""
        while not self.is_over and self.n < MOST_DRAINED:
            message = await self.receive()
            self.n += len(message.get("body", b""))
            self.is_over = message["type"] == "http.disconnect" or not message.get("more_body", False)
