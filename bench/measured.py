"""Run one command and say in a line of JSON what it took: python -I -S measured.py COMMAND [ARGUMENT ...].

A process of its own, and a small one: Linux counts a parent's memory towards the highest of what it starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time


def main() -> None:
    with tempfile.TemporaryFile("w+") as words:
        start = time.perf_counter()
        child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=words)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        words.seek(0)
        last = (words.read().strip().splitlines() or ["it said nothing"])[-1]
    peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    told = {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "peak_mb": peak}
    print(json.dumps(told | {"status": child.returncode, "last_words": last}))


if __name__ == "__main__":
    main()
