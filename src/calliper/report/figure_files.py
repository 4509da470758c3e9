"""Each figure as files of its own, as journals ask for them: SVG, PDF, PNG and TIFF, one or two columns wide.

One column has a drawing of its own, in which the letters are as large as in that of two. A width at which they would be
too small to read is not written, and figures.csv says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from calliper.blocks import Document, Figure, Label, Scene
from calliper.report import svg
from calliper.report.tabular import to_csv

KINDS = ("svg", "pdf", "png", "tiff")
USUAL = ("svg",)
WIDTHS_MM = (85.0, 174.0)
"""One column of a journal, and two."""

NARROW_BELOW_MM = 120.0
"""Narrower than this, a figure is drawn as it is laid out for one column."""

DPIS = (300, 600)
LEAST_POINTS = 6.0
"""The smallest letters that most journals print."""

LIST = "figures/figures.csv"
_POINTS_IN_A_MM = 72 / 25.4


class Line(NamedTuple):
    """A line of figures.csv: a file, or a width at which no file is written, with why not in `remark`."""

    figure: str
    file: str
    format: str
    width_mm: float | None
    dpi: int | None
    width_px: int | None
    height_px: int | None
    smallest_letters_pt: float | None
    remark: str = ""


def figure_files(document: Document, kinds: Sequence[str] = USUAL) -> dict[str, bytes]:
    """The files of every figure in these formats of KINDS, path to bytes, and a list of them where there is a choice.

    SVG has no width; of SVG alone there is no list. Raises OutputError where no font has a letter of a figure.
    """
    files: dict[str, bytes] = {}
    lines: list[Line] = []
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Figure):
                for line, content in _files(block, document, kinds):
                    lines.append(line)
                    if line.file:
                        files[f"figures/{line.file}"] = content
    if lines and set(kinds) != {"svg"}:
        files[LIST] = to_csv(Line._fields, lines)
    return files


def smallest_points(scene: Scene, width_mm: float) -> float | None:
    """The size in points of the smallest letters of a drawing printed so wide; None where it has none.

    >>> round(smallest_points(Scene(720, 400, (Label(0, 0, "n", size=10),)), 127), 9)
    5.0
    """
    sizes = [shape.size for shape in scene.shapes if isinstance(shape, Label) and shape.text]
    return min(sizes) * width_mm * _POINTS_IN_A_MM / scene.width if sizes else None


def stamped(scene: Scene, banner: str) -> Scene:
    """The drawing with the report's banner under it: a figure file travels alone, and must still say so."""
    if not banner:
        return scene
    stamp = Label(scene.width / 2, scene.height + 12, banner, anchor="middle", size=10, bold=True)
    return Scene(scene.width, scene.height + 18, (*scene.shapes, stamp))


def _files(figure: Figure, document: Document, kinds: Sequence[str]) -> Iterator[tuple[Line, bytes]]:
    if "svg" in kinds:
        title = f"{figure.number}. {figure.caption}"
        for name, scene in ((figure.id, figure.scene), (f"{figure.id}-one-column", figure.narrow)):
            if scene is not None:
                sheet = stamped(scene, document.banner)
                drawn = svg.render(sheet, name=name, title=title, description=figure.alt)
                line = Line(figure.number, f"{name}.svg", "svg", None, None, None, None, None)
                yield line, drawn.encode("utf-8")
    if set(kinds) == {"svg"}:
        return
    for width in WIDTHS_MM:
        one_column = figure.narrow if width < NARROW_BELOW_MM else None
        scene = stamped(one_column or figure.scene, document.banner)
        exact = smallest_points(scene, width)
        points = None if exact is None else round(exact, 1)
        if exact is not None and exact < LEAST_POINTS:
            remark = f"not written: its letters would be smaller than {LEAST_POINTS:g} points"
            yield Line(figure.number, "", "", width, None, None, None, points, remark), b""
            continue
        if "pdf" in kinds:
            file = f"{figure.id}-{width:g}mm.pdf"
            content = _pdf(figure, scene, document, width)
            yield Line(figure.number, file, "pdf", width, None, None, None, points), content
        if {"png", "tiff"} & set(kinds):
            yield from _raster(figure, scene, kinds, width, points)


def _raster(
    figure: Figure, scene: Scene, kinds: Sequence[str], width: float, points: float | None
) -> Iterator[tuple[Line, bytes]]:
    from calliper.report.raster import as_png, as_tiff, rasterised

    for dpi in DPIS:
        image = rasterised(scene, width_mm=width, dpi=dpi, name=figure.number)
        for kind, save in (("png", as_png), ("tiff", as_tiff)):
            if kind in kinds:
                file = f"{figure.id}-{width:g}mm-{dpi}dpi.{kind}"
                yield Line(figure.number, file, kind, width, dpi, *image.size, points), save(image, dpi)


def _pdf(figure: Figure, scene: Scene, document: Document, width: float) -> bytes:
    """The drawing alone on a sheet of its size: vectors and real letters, tagged with its alternative text."""
    from calliper.report.raster import drawing, letters
    from calliper.report.typesetting import fonts_for, literal, page

    title = literal(f"{figure.number}. {figure.caption}")
    height = width * scene.height / scene.width
    source = (
        f"#set document(title: {title}, date: none)\n#set text(lang: {literal(document.language[:2])})\n"
        f"#set page(width: {width}mm, height: {height:.4f}mm, margin: 0pt)\n"
        f'#image(bytes({literal(drawing(scene))}), format: "svg", width: 100%, height: 100%, '
        f'fit: "stretch", alt: {literal(figure.alt or figure.caption)})'
    )
    return page(source, fonts_for(letters(scene, figure.number)))
