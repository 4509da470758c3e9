"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("calliper", "numpy", "scipy", "polars", "lifelines", "scikit-survival", "statsmodels")


def print_machine() -> None:
    print(f"{platform.system()} {platform.machine()}, {_processor()}, {_cores()} cores, {_memory()}")
    print(", ".join([f"Python {platform.python_version()}", *map(_package, PACKAGES), _r()]))


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "processor not known"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> str:
    if not hasattr(os, "sysconf"):
        return "memory not known"
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} not installed"


def _r() -> str:
    if shutil.which("Rscript") is None:
        return "R not installed"
    asked = 'cat(paste0("R ", getRversion(), " survival ", packageVersion("survival")))'
    told = subprocess.run(["Rscript", "--vanilla", "-e", asked], capture_output=True, text=True, check=False)
    return told.stdout if told.returncode == 0 else "R without survival"
