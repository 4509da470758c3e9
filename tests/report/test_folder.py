"""A report folder is written whole or not at all, and never over a stranger's files."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from calliper.errors import OutputError
from calliper.report import folder
from calliper.report.folder import write_folder


def a_report(text: str) -> dict[str, bytes]:
    files = {"report.html": text.encode(), "figures/os.svg": b"<svg/>"}
    outputs = [{"path": name, "sha256": sha256(content).hexdigest()} for name, content in files.items()]
    return {**files, "manifest.json": json.dumps({"outputs": outputs}).encode()}


def held(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_writes_every_file_and_leaves_nothing_beside(tmp_path: Path) -> None:
    write_folder(tmp_path / "deep" / "out", a_report("one"))
    assert held(tmp_path / "deep" / "out") == a_report("one")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_replaces_an_earlier_report_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(out, a_report("one"))
    later = {key: value for key, value in a_report("two").items() if key != "figures/os.svg"}
    write_folder(out, later)
    assert held(out) == later
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failure_while_writing_leaves_the_earlier_report(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(out, a_report("one"))
    with pytest.raises(OutputError, match="the earlier report is untouched"):
        write_folder(out, {**a_report("two"), "report.html/inside": b"a file cannot hold a file"})
    assert held(out) == a_report("one")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("cut", [OSError("disk"), KeyboardInterrupt()])
def test_a_failure_between_the_two_renames_puts_the_earlier_report_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: BaseException
) -> None:
    out = tmp_path / "out"
    write_folder(out, a_report("one"))
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if ".new-" in self.name:
            raise cut
        return rename(self, target)

    monkeypatch.setattr(folder.Path, "rename", failing)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        write_folder(out, a_report("two"))
    assert held(out) == a_report("one")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_refuses_a_folder_with_other_peoples_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(out, a_report("one"))
    (out / "thesis.docx").write_bytes(b"years of work")
    with pytest.raises(
        OutputError, match=r"did not write or that were changed since \(thesis.docx\); choose another"
    ):
        write_folder(out, a_report("two"))
    assert held(out) == {**a_report("one"), "thesis.docx": b"years of work"}


def test_refuses_a_report_that_somebody_worked_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(out, a_report("one"))
    (out / "report.html").write_text("one, with my remarks", encoding="utf-8")
    with pytest.raises(OutputError, match=r"changed since \(report.html\)"):
        write_folder(out, a_report("two"))
    assert (out / "report.html").read_text(encoding="utf-8") == "one, with my remarks"


def test_refuses_a_whole_disk_without_reading_it(tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"{number}.txt").write_bytes(b"")
    with pytest.raises(OutputError, match=r"and more\)"):
        write_folder(tmp_path, a_report("one"))
    with pytest.raises(OutputError, match="choose another folder"):
        write_folder(Path("/"), a_report("one"))


def test_refuses_a_folder_that_is_no_report_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "centre.xlsx").write_bytes(b"")
    with pytest.raises(OutputError, match="holds files Calliper did not write"):
        write_folder(tmp_path / "data", a_report("one"))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="is a file; name a folder"):
        write_folder(tmp_path / "file", a_report("one"))


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_folder(tmp_path / "out", a_report("one"))
    assert held(tmp_path / "out") == a_report("one")
