"""One job of one tool in a process of its own; says what it measured in lines of JSON (peers.R says the same).

python bench/child.py TOOL JOB FOLDER SMALL_FOLDER RUNS PATIENCE: warms up on the small cohort (imports, compiled
code), loads the data, says {"ready": ...}, then {"seconds": ..., "cpu": ...} after each of up to RUNS runs,
stopping early once PATIENCE seconds have gone, and at the end {"peak_mb": ..., "answer": ...}.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

Answer: TypeAlias = dict[str, list[float]]


@dataclass(frozen=True)
class Task:
    """`prepare` loads a cohort and returns the work to be timed; `answer` says what the work found, untimed."""

    prepare: Callable[[Path], Callable[[], Any]]
    answer: Callable[[Any], Answer]


def main() -> None:
    tool, job, folder, small, runs, patience = sys.argv[1:]
    warnings.simplefilter("ignore")
    try:
        measure(task(tool, job), Path(folder), Path(small), int(runs), float(patience))
    except ModuleNotFoundError as error:
        say(missing=error.name)


def task(tool: str, job: str) -> Task:
    if job.startswith("lesions"):
        from lesions import TASKS
    elif tool.startswith("calliper"):
        from ours import TASKS
    else:
        from peers_python import TASKS
    return TASKS[tool, job]


def measure(task: Task, folder: Path, small: Path, runs: int, patience: float) -> None:
    task.prepare(small)()
    work = task.prepare(folder)
    gc.collect()
    forget_peak()
    say(ready=True, loaded_mb=memory_mb("VmRSS"))
    begun = time.perf_counter()
    for _ in range(runs):
        found = None
        start, start_of_cpu = time.perf_counter(), time.process_time()
        found = work()
        say(seconds=time.perf_counter() - start, cpu=time.process_time() - start_of_cpu)
        if time.perf_counter() - begun > patience:
            break
    say(peak_mb=memory_mb("VmHWM"), answer=task.answer(found))


def say(**message: object) -> None:
    print(json.dumps(message), flush=True)


def memory_mb(field: str) -> float:
    """Return the memory held now (VmRSS) or at its highest (VmHWM); where Linux does not say, the highest."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith(field))
        return int(line.split()[1]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def forget_peak() -> None:
    """Start the highest memory anew, so that it is the work's and not that of loading; Linux alone can."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


if __name__ == "__main__":
    main()
