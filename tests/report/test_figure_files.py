"""The files of figures: which are written, how large, and what the list says of those that are not."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from calliper.blocks import Box, Document, Figure, Footnote, Label, Scene, Section
from calliper.errors import OutputError
from calliper.report.contents import known_figures
from calliper.report.figure_files import KINDS, LIST, figure_files, smallest_points, stamped
from calliper.study import load
from small_study import write_study

WIDE = Scene(760, 380, (Box(0, 0, 380, 380, "arm:1", "none"), Label(400, 20, "Wide drawing", size=12)))
NARROW = Scene(380, 380, (Label(20, 20, "Narrow drawing", size=10),))


def report(banner: str = "", **scenes: Scene) -> Document:
    blocks = tuple(
        Figure(name, f"Figure {number}", "Caption", scene, "What it shows", (Footnote("", "n"),))
        for number, (name, scene) in enumerate(scenes.items(), 1)
    )
    return Document("Title", "", (), (Section("s", "S", blocks),), banner)


def listed(files: dict[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[LIST].decode("utf-8-sig"))))


def test_svg_alone_is_as_before() -> None:
    files = figure_files(report(wide=WIDE))
    assert list(files) == ["figures/wide.svg"]


def test_which_files_are_written_and_which_are_not() -> None:
    # 12 px of 760 are 3.8 points at 85 mm and 7.8 at 174; 10 px of 380 are 6.3 and 13.0
    files = figure_files(report(wide=WIDE, narrow=NARROW), KINDS)
    raster = [f"-{dpi}dpi.{kind}" for dpi in (300, 600) for kind in ("png", "tiff")]
    expected = ["wide.svg", "wide-174mm.pdf", *(f"wide-174mm{end}" for end in raster), "narrow.svg"]
    for width in (85, 174):
        expected += [f"narrow-{width}mm.pdf", *(f"narrow-{width}mm{end}" for end in raster)]
    assert list(files) == [*(f"figures/{name}" for name in expected), LIST]
    lines = listed(files)
    assert [line["file"] for line in lines if line["file"]] == expected
    (left_out,) = (line for line in lines if not line["file"])
    assert (left_out["figure"], left_out["width_mm"], left_out["smallest_letters_pt"]) == (
        "Figure 1",
        "85.0",
        "3.8",
    )
    assert "smaller than 6 points" in left_out["remark"]


def test_one_column_has_the_drawing_laid_out_for_it() -> None:
    held = report(wide=WIDE)
    (section,) = held.sections
    (figure,) = (block for block in section.blocks if isinstance(block, Figure))
    both = replace(held, sections=(replace(section, blocks=(replace(figure, narrow=NARROW),)),))
    files = figure_files(both, ("svg", "png"))
    assert {name.removeprefix("figures/") for name in files if name != LIST} == {
        *("wide.svg", "wide-one-column.svg"),
        *(f"wide-{width}mm-{dpi}dpi.png" for width in (85, 174) for dpi in (300, 600)),
    }
    with Image.open(BytesIO(files["figures/wide-85mm-300dpi.png"])) as image:
        assert image.size == (1004, round(1004 * NARROW.height / NARROW.width))
    assert not [line for line in listed(files) if line["remark"]]


def test_what_the_list_says_is_what_the_files_are() -> None:
    files = figure_files(report("Invented", wide=WIDE, narrow=NARROW), KINDS)
    checked = 0
    for line in listed(files):
        if line["format"] in ("png", "tiff"):
            with Image.open(BytesIO(files[f"figures/{line['file']}"])) as image:
                assert image.size == (int(line["width_px"]), int(line["height_px"]))
                assert image.size[0] == round(float(line["width_mm"]) / 25.4 * int(line["dpi"]))
                assert [round(dots) for dots in image.info["dpi"]] == [int(line["dpi"])] * 2
            checked += 1
    assert checked == 12


def test_a_pdf_figure_is_its_size_has_letters_and_no_pixels() -> None:
    files = figure_files(report("Invented data", wide=WIDE), ("pdf",))
    content = files["figures/wide-174mm.pdf"]
    (page,) = PdfReader(BytesIO(content)).pages
    width, height = float(page.mediabox.width), float(page.mediabox.height)
    assert width == pytest.approx(174 / 25.4 * 72, abs=0.01)
    assert height / width == pytest.approx(
        (380 + 18) / 760, abs=1e-4
    )  # the banner has 18 px under the drawing
    text = " ".join(page.extract_text().split())
    assert "Wide drawing" in text
    assert "Invented data" in text
    assert not page.images
    assert b"What it shows" in content or "What it shows".encode("utf-16-be") in content
    assert files == figure_files(report("Invented data", wide=WIDE), ("pdf",))


def test_sizes_of_letters() -> None:
    assert smallest_points(WIDE, 174) == pytest.approx(12 / 760 * 174 / 25.4 * 72)
    assert smallest_points(Scene(10, 10, ()), 174) is None
    assert stamped(WIDE, "") is WIDE


def test_formats_of_figures_are_known_by_name() -> None:
    assert known_figures(["tiff", "svg", "tiff"]) == ("svg", "tiff")
    with pytest.raises(
        OutputError, match=r"no figure is written as 'tif' \(did you mean 'tiff'\?\); the formats are svg"
    ):
        known_figures(["tif"])
    with pytest.raises(OutputError, match="no format is named"):
        known_figures([])


def test_a_run_writes_them_and_its_manifest_says_what_was_asked_for(tmp_path: Path) -> None:
    folder = load(write_study(tmp_path)).report(
        tmp_path / "out", formats=["html", "pdf"], figures=["svg", "png"]
    )
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["options"]["figures"] == ["svg", "png"]
    outputs = {entry["path"] for entry in manifest["outputs"]}
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert outputs == written - {"manifest.json"}
    assert {"report.html", "report.pdf", LIST, "figures/figure-os-174mm-600dpi.png"} <= outputs
