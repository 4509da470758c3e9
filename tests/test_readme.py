"""What the README shows is true: its study runs, its commands exist, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import calliper
from calliper.cli.main import parser
from shared import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")

PATIENTS = """\
ID,Age,Months,Dead,Arm
1,61,8.7,1,A
2,48,20.1,0,A
3,70,6.5,1,B
4,55,18.3,0,B
5,66,11.9,1,A
6,59,7.0,1,B
"""


def test_the_ten_line_study_is_ten_lines_and_runs(tmp_path: Path) -> None:
    study = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert len(study) == 1
    assert len(study[0].splitlines()) == 10
    (tmp_path / "study.yaml").write_text(study[0], encoding="utf-8")
    (tmp_path / "patients.csv").write_text(PATIENTS, encoding="utf-8")
    held = calliper.load(tmp_path / "study.yaml")
    median = held.run().get("os/included/new/os//median")
    assert median is not None
    # by hand: three patients, deaths at 8.7 and 11.9 (S = 2/3, 1/3), one censored at 20.1
    assert median.value == 11.9
    assert (held.report(tmp_path / "report") / "report.html").is_file()


def test_every_command_and_every_target_exists() -> None:
    shown = set(re.findall(r"^calliper (\w+)", README, re.MULTILINE)) | set(
        re.findall(r"`calliper (\w+)", README)
    )
    text = parser().format_help()
    assert shown
    assert all(re.search(rf"^\s+{command}\b", text, re.MULTILINE) for command in shown), shown
    targets = set(re.findall(r"^make (\w+)", README, re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets == {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_every_file_it_names_exists() -> None:
    named = re.findall(r"\]\(([^)#]+)\)", README) + re.findall(
        r"`((?:docs|studies)/[\w./]*|[A-Z]+\.md)`", README
    )
    assert named
    assert all((ROOT / name).exists() for name in named), named
