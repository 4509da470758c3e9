"""The page under load: many sessions that upload, confirm and run at once; what was lost, and the slowest click."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from calliper import load
from calliper.synth.demo import write_demo
from calliper.synth.patients import CENTRES

SERVER = """\
import sys
from pathlib import Path
import uvicorn
from calliper.app.server import create_app
app = create_app(Path(sys.argv[1]))
n = int(sys.argv[2])
print(*(app.state.house.sessions.invite(f"user-{at}") for at in range(n)), flush=True)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[3]), log_level="error")
"""
PORT = 18765
EVERY_THIRD = 3
"""Every third session runs the demonstration; the others a small cohort each, whose mean age tells whose it is."""


@dataclass
class Clicks:
    """How long each kind of click took, over all sessions."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def timed(self, name: str, work: Any) -> Any:
        """One click."""
        start = time.perf_counter()
        answer = work()
        with self.lock:
            self.seconds[name].append(time.perf_counter() - start)
        assert answer.status_code == 200, (name, answer.status_code)
        return answer


def print_load(sessions: int) -> int:
    """Print the slowest clicks and the server's memory; how many sessions lost or mixed anything."""
    with tempfile.TemporaryDirectory() as held:
        home = Path(held)
        write_demo(home / "demo")
        expected = load(home / "demo" / "study.yaml").files()["results.csv"]
        arguments = [sys.executable, "-c", SERVER, str(home / "home"), str(sessions), str(PORT)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            tokens = server.stdout.readline().split()
            clicks, memory = Clicks(), _Memory(server.pid)
            memory.start()
            start = time.perf_counter()
            try:
                with ThreadPoolExecutor(sessions) as pool:
                    work = partial(
                        _session, tokens=tokens, demo=home / "demo", expected=expected, clicks=clicks
                    )
                    done = list(pool.map(work, range(sessions)))
            finally:
                memory.stop()
                server.terminate()
        wall = time.perf_counter() - start
    wrong = [each for each in done if each]
    print(f"\n## The page under load\n\n{sessions} sessions at once, {wall:.0f} s, two runs at a time.")
    print(f"Lost or mixed: {len(wrong)}.")
    print(f"Most memory: server {memory.server:,.0f} MB, with its runs {memory.all:,.0f} MB.\n")
    print(f"| {'click':<12} | times | median s | slowest s |\n|{'-' * 14}|------:|---------:|----------:|")
    for name, seconds in clicks.seconds.items():
        ordered = sorted(seconds)
        print(
            f"| {name:<12} | {len(ordered):>5} | {ordered[len(ordered) // 2]:>8.2f} | {ordered[-1]:>9.2f} |"
        )
    for each in wrong[:5]:
        print(f"- {each}")
    return len(wrong)


def _session(at: int, *, tokens: list[str], demo: Path, expected: bytes, clicks: Clicks) -> str:
    """One session from its link to its results; what was wrong, or ''."""
    base = f"http://127.0.0.1:{PORT}"
    with httpx2.Client(base_url=base, follow_redirects=True, timeout=600) as client:
        home = _patiently(lambda: client.get(f"/enter?token={tokens[at]}"))
        found = re.search(r'name="csrf" value="([^"]+)"', home.text)
        assert found is not None
        csrf = {"csrf": found[1]}

        def post(name: str, path: str, data: dict[str, str] | None = None, files: Any = None) -> Any:
            return clicks.timed(name, lambda: client.post(path, data={**csrf, **(data or {})}, files=files))

        study = str(post("begin", "/studies", {"title": "The same name"}).url.path).removesuffix("/files")
        is_demo = at % EVERY_THIRD == 0
        if is_demo:
            files = [("files", (f"{name}.xlsx", (demo / f"{name}.xlsx").read_bytes())) for name in CENTRES]
            files += [
                ("protocol", (name, (demo / name).read_bytes())) for name in ("study.yaml", "published.yaml")
            ]
        else:
            rows = "".join(f"{n};{'AB'[n % 2]};{20 + at + n};{n};{n % 3 > 0:d}\n" for n in range(1, 21))
            files = [("files", ("cohort.csv", f"ID;Group;Age;OS months;Died\n{rows}".encode()))]
        post("upload", f"{study}/files", files=files)
        page = post("look", f"{study}/files/draft")
        for centre in set(re.findall(r"\?centre=([a-z_]+)", page.text)):
            post("confirm", f"{study}/columns/{centre}")
        clicks.timed("problems", lambda: client.get(f"{study}/problems"))
        if not is_demo:
            post("confirm", f"{study}/design/guesses", {"all": "1"})
        clicks.timed("design", lambda: client.get(f"{study}/design?part=criteria"))
        start = time.perf_counter()
        post("start", f"{study}/run", {"formats": "html"})
        while True:
            said = clicks.timed("progress", lambda: client.get(f"{study}/run/progress")).text
            if "Done." in said or "stopped" in said or "cannot" in said:
                break
            time.sleep(0.5)
        with clicks.lock:
            clicks.seconds["whole run"].append(time.perf_counter() - start)
        if "Done." not in said:
            return f"session {at}: {said[:300]}"
        content = clicks.timed(
            "download", lambda: client.get(f"{study}/results/file/results.csv?download=1")
        ).content
    if is_demo:
        return "" if content == expected else f"session {at}: other results than the command line's"
    rows_of = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    mean = next(float(row["value"]) for row in rows_of if row["key"] == "baseline/included/overall/age//mean")
    return "" if mean == 30.5 + at else f"session {at}: mean age {mean}, its own is {30.5 + at}"


def _patiently(work: Any) -> Any:
    """A first request, while the server starts."""
    for _ in range(200):
        try:
            return work()
        except httpx2.ConnectError:
            time.sleep(0.1)
    return work()


class _Memory(threading.Thread):
    """The most memory of a process, and of it with its children, in megabytes; 0 where there is no /proc."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.server, self.all = pid, 0.0, 0.0
        self.is_over = threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(0.2):
            held = {pid: _resident(pid) for pid in (self.pid, *_children(self.pid))}
            self.server = max(self.server, held[self.pid])
            self.all = max(self.all, sum(held.values()))

    def stop(self) -> None:
        """No more looking."""
        self.is_over.set()
        self.join()


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue
    return found


def _resident(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(found[1]) / 1000 if found else 0.0
