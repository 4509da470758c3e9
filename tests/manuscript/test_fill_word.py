"""Word manuscripts: fields split over runs, in tables, headers and footnotes; the rest of the file stays."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest

from calliper.errors import OutputError
from calliper.manuscript.fill import fill
from calliper.manuscript.held import Held
from calliper.manuscript.paper import read_paper


def manuscript(tmp_path: Path) -> Path:
    """Fields whole, split over runs, in a table and in a header."""
    word = docx.Document()
    word.core_properties.comments = "Draft 3"
    word.sections[0].header.paragraphs[0].add_run("Median {{os.median.new}}")
    paragraph = word.add_paragraph("风险比 ")
    paragraph.add_run("{").bold = True
    paragraph.add_run("{os").italic = True
    paragraph.add_run(".hr | est")
    paragraph.add_run("imate}} 之后").underline = True
    word.add_paragraph("No field & <b>nothing</b>.")
    table = word.add_table(rows=2, cols=2)
    table.cell(1, 1).paragraphs[0].add_run("{{response.count | count_percent}}")
    path = tmp_path / "paper.docx"
    word.save(str(path))
    return path


def test_a_field_split_over_runs_keeps_the_formatting_of_its_first(tmp_path: Path, held: Held) -> None:
    done = fill(read_paper(manuscript(tmp_path)), held)
    word = docx.Document(BytesIO(done.content))
    runs = word.paragraphs[0].runs
    assert [run.text for run in runs] == ["风险比 ", "0.54 (0.33 to 0.87)", "", "", " 之后"]
    assert [bool(run.bold) for run in runs] == [False, True, False, False, False]
    assert runs[4].underline
    assert word.tables[0].cell(1, 1).text == "32 (80.0)"
    assert word.sections[0].header.paragraphs[0].text == "Median 18.6"
    assert word.paragraphs[1].text == "No field & <b>nothing</b>."
    assert next(field.place for field in done.fields).startswith('paragraph 1 ("')
    assert "table 1, row 2, cell 2" in [field.place for field in done.fields]


def test_the_properties_say_from_what_and_other_members_stay(tmp_path: Path, held: Held) -> None:
    path = manuscript(tmp_path)
    done = fill(read_paper(path), held)
    comments = docx.Document(BytesIO(done.content)).core_properties.comments
    assert comments == f"Draft 3\nFilled by Calliper from results.csv with SHA-256 {held.sha256}."
    with ZipFile(path) as old, ZipFile(BytesIO(done.content)) as new:
        assert old.namelist() == new.namelist()
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
    assert changed == {"word/document.xml", "word/header1.xml", "docProps/core.xml"}
    assert fill(read_paper(path), held).content == done.content


def test_what_is_no_word_file_is_told(tmp_path: Path) -> None:
    for name, content in (("a.docx", b"PK not a zip"), ("b.docx", _archive({"x.xml": "<x/>"}))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(OutputError, match="no Word file"):
            read_paper(tmp_path / name)
    bomb = '<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><w>&b;</w>'
    (tmp_path / "c.docx").write_bytes(_archive({"word/document.xml": bomb}))
    assert read_paper(tmp_path / "c.docx").paragraphs == ()


def test_another_kind_of_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(OutputError, match=r"expected a manuscript in \.md, \.txt or \.docx"):
        read_paper(tmp_path / "a.pdf")
    (tmp_path / "a.txt").write_bytes(b"caf\xe9")
    with pytest.raises(OutputError, match=r"not UTF-8 text \(byte 4\)"):
        read_paper(tmp_path / "a.txt")


def _archive(members: dict[str, str]) -> bytes:
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()
