"""The benchmark's own machinery, small and without peers: what it times is compared, and what fails is said."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from shared import ROOT

BENCH = ROOT / "bench"
MODULES = ("timing", "table", "aims", "data", "lesion_data", "machine", "process", "run")


@pytest.fixture(scope="module")
def bench() -> Iterator[dict[str, ModuleType]]:
    sys.path.insert(0, str(BENCH))
    try:
        yield {name: __import__(name) for name in MODULES}
    finally:
        sys.path.remove(str(BENCH))
        for name in MODULES:
            sys.modules.pop(name, None)


def test_a_small_run_times_us_and_its_answers_agree(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    jobs = ("km-days", "cox-cont", "growth")
    command = [sys.executable, str(BENCH / "run.py"), "--sizes", "1000", "--jobs", *jobs, "--json", str(told)]
    tools = ("calliper", "calliper-arrays")
    run = subprocess.run([*command, "--tools", *tools], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    timings = json.loads(told.read_text())
    measured = {(timing["tool"], timing["job"]) for timing in timings if timing["seconds"]}
    compared = {(tool, job) for tool in tools for job in ("km-days", "cox-cont")}
    assert measured == compared | {("calliper", f"growth-{part}") for part in ("km", "read", "fit")}


def test_the_cohort_is_the_one_described(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    data = bench["data"]
    folder = data.write_cohort(tmp_path / "cohort", 20_000)
    days, time = data.column(folder, "time_days"), data.column(folder, "time_cont")
    assert days.size == time.size == 20_000
    np.testing.assert_array_equal(days, np.ceil(time))
    assert 1 <= days.min() <= days.max() == data.END
    assert data.column(folder, "event").mean() == pytest.approx(0.7, abs=0.02)
    assert [np.unique(data.column(folder, name)).size for name in data.COVARIATES[:-1]] == [2] * 10
    assert 18 <= data.column(folder, "age").min() < data.column(folder, "age").max() <= 90


def test_response_from_lesions_is_timed_part_by_part(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    command = [
        sys.executable,
        str(BENCH / "run.py"),
        "--sizes",
        "200",
        "--jobs",
        "lesions",
        "--json",
        str(told),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    timings = json.loads(told.read_text())
    measured = {timing["job"] for timing in timings if timing["seconds"] and timing["cpu"]}
    assert measured == {f"lesions-{part}" for part in ("whole", "response", "best", "ttp", "pfs")}


def test_the_lesions_are_those_described(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    data = bench["lesion_data"]
    folder = data.write_lesions(tmp_path / "lesions", 5_000)
    imaging, lesions = (pl.read_parquet(folder / f"{name}.parquet") for name in ("imaging", "lesions"))
    assert imaging.height == 5_000 * 8
    at_scan = lesions.filter(pl.col("role") != "new").group_by("patient", "scan").len()
    assert (at_scan.height, set(at_scan["len"])) == (5_000 * 8, {3})
    later = lesions.filter((pl.col("role") != "new") & (pl.col("scan") != "S1"))
    assert (later["status"] == "not_assessed").mean() == pytest.approx(1 / 30, abs=0.003)
    assert lesions.filter(pl.col("role") == "new")["patient"].n_unique() == pytest.approx(1_000, abs=100)
    assert data.rows_of_lesions(folder) == lesions.height


def test_patients_do_not_depend_on_the_cohort_they_are_in(bench: dict[str, ModuleType]) -> None:
    data = bench["data"]
    few = [block["time_cont"] for block in data.blocks(20, size=10)]
    more = [block["time_cont"] for block in data.blocks(30, size=10)]
    np.testing.assert_array_equal(np.concatenate(few), np.concatenate(more)[:20])
    assert not np.array_equal(few[0], few[1])


def test_a_run_over_its_budget_is_ended_and_one_that_keeps_to_it_is_not(bench: dict[str, ModuleType]) -> None:
    said = "import sys, time; print('noise'); print('{\"ready\": true}', flush=True); time.sleep(%s)"
    for seconds, expected in ((60, True), (0, False)):
        command = [sys.executable, "-c", said % seconds]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            messages, ended = bench["timing"].listen(child, budget=1.0)
        assert messages == [{"ready": True}]
        assert ended is expected


def test_a_peer_that_is_not_installed_is_said_to_be(
    bench: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    timing = bench["timing"]
    cohort = timing.Cohort(10, tmp_path, tmp_path)
    found = timing.time_job("R coxph", "cox-days", cohort, timing.Limits(runs=1, patience=1, budget=1))
    assert (found.note, found.seconds) == ("not installed (Rscript)", ())


def test_answers_are_held_against_ours(bench: dict[str, ModuleType]) -> None:
    table = bench["table"]
    ours = {"median": [2.0, 4.0], "log-rank": [10.0]}
    assert table.differences({"median": [2.0, 4.000002]}, ours) == {"median": pytest.approx(5e-7)}
    assert table.beyond_tolerance(table.differences({"median": [2.0, 4.00002]}, ours)) == {
        "median": pytest.approx(5e-6)
    }
    for wrong in ([2.0], [2.0, None], [2.0, float("nan")]):
        assert "median" in table.beyond_tolerance(table.differences({"median": wrong}, ours))


def test_an_answer_that_differs_or_a_failure_ends_the_run_with_an_error(
    bench: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    timing, run = bench["timing"], bench["run"]
    told = {
        "calliper": {"seconds": (1.0,), "answer": {"log-rank": [10.0]}},
        "R": {"seconds": (1.0,), "answer": {"log-rank": [10.0000001]}},
        "lifelines": {"seconds": (1.0,), "answer": {"log-rank": [10.1]}},
        "statsmodels": {"note": "failed: no memory"},
    }
    monkeypatch.setattr(
        run, "time_job", lambda tool, job, cohort, limits: timing.Timing(tool, job, cohort.n, **told[tool])
    )
    made = run.Bench(tmp_path, timing.Limits(runs=1, patience=1, budget=1), list(told))
    made.compare("km-days", [1_000])
    assert made.wrong == [
        "km-days, 1,000, lifelines: log-rank beyond 1e-06",
        "km-days, 1,000, statsmodels: failed: no memory",
    ]


def test_an_aim_is_met_by_a_lower_bound_but_not_missed_by_one(bench: dict[str, ModuleType]) -> None:
    timing, judge, aim = (
        bench["timing"].Timing,
        bench["aims"].judge,
        bench["aims"].Ratio("km", 10, ("R",), 50),
    )

    def verdict(peer: object) -> str:
        ours = timing("calliper", "km", 10, seconds=(0.1, 0.2, 0.3))
        return str(judge(aim, {("calliper", "km", 10): ours, ("R", "km", 10): peer})[1])

    assert verdict(timing("R", "km", 10, seconds=(11.0,))) == "met"
    assert verdict(timing("R", "km", 10, seconds=(9.0,))) == "not met"
    assert verdict(timing("R", "km", 10, at_least=20.0, note="over 20 s")) == "met"
    assert verdict(timing("R", "km", 10, at_least=5.0, note="over 5 s")) == "not known"
    assert verdict(timing("R", "km", 10, note="not installed (Rscript)")) == "not installed (Rscript)"


def test_growth_is_linear_within_a_tenth(bench: dict[str, ModuleType]) -> None:
    timing, judge = bench["timing"].Timing, bench["aims"].judge
    aim = bench["aims"].Linear("growth-fit", 10, 100, "s")
    for seconds, expected in ((0.9, "met"), (1.09, "met"), (1.2, "not met")):
        taken = {10: 0.1, 100: seconds}
        timings = {
            ("calliper", "growth-fit", n): timing("calliper", "growth-fit", n, seconds=(s,))
            for n, s in taken.items()
        }
        assert judge(aim, timings)[1] == expected
    assert judge(aim, {})[1] == "not measured"


def test_a_whole_process_is_measured_by_itself(bench: dict[str, ModuleType]) -> None:
    process = bench["process"]
    work = "held = bytearray(60 * 2**20); held[::4096] = b'x' * len(held[::4096]); sum(range(10**6))"
    ours = bytearray(300 * 2**20)  # the benchmark's own memory, which must not count
    ours[::4096] = b"x" * len(ours[::4096])
    timing = process.time_command(process.Command("script", "job", (sys.executable, "-S", "-c", work)), 2)
    assert (timing.note, len(timing.seconds), len(timing.cpu)) == ("", 2, 2)
    assert 60 < timing.peak_mb < 150
    assert all(cpu > 0 for cpu in timing.cpu)


def test_a_whole_process_that_fails_says_its_last_words(bench: dict[str, ModuleType]) -> None:
    process = bench["process"]
    failing = (sys.executable, "-c", "import sys; print('first', file=sys.stderr); sys.exit('no such study')")
    timing = process.time_command(process.Command("script", "job", failing), 2)
    assert (timing.median, timing.note) == (None, "failed: no such study")


def test_every_run_of_a_whole_process_starts_without_its_folder(
    bench: dict[str, ModuleType], tmp_path: Path
) -> None:
    process, out = bench["process"], tmp_path / "out"
    words = (sys.executable, "-c", f"import os; os.mkdir({str(out)!r})")  # fails where the folder is there
    timing = process.time_command(process.Command("script", "job", words, out), 2)
    assert (timing.note, len(timing.seconds)) == ("", 2)


def test_a_script_that_cannot_run_here_names_what_it_lacks(
    bench: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = bench["process"]
    lacking = {"Python": ("report_peer.py", "", ("json", "no_such_package", "nor_this_one"))}
    monkeypatch.setattr(process, "SCRIPTS", lacking)
    timing = process._script("Python", tmp_path)
    assert timing.note == "not installed (no_such_package, nor_this_one)"


def test_the_scripts_are_given_ninety_patients(bench: dict[str, ModuleType], tmp_path: Path) -> None:
    table = pl.read_csv(bench["process"].write_table(tmp_path) / "cohort.csv")
    assert (table.height, table.width) == (90, 13)
    drawn = bench["data"].block(1, 0, 90)
    assert table.columns == [*bench["data"].COVARIATES, "time_days", "event"]
    for name in table.columns:
        np.testing.assert_array_equal(table[name].to_numpy(), drawn[name])
