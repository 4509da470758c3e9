"""A document as data: what a display hands to a report writer.

Blocks hold finished text: numbers are already rounded (by displays/numbers.py) and each cell that shows a result
carries the result's key. Writers (report/) only lay out; they escape every text, so nothing here is markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Align = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell. `keys` are the results shown in it, in reading order; `notes` are footnote marks."""

    text: str
    keys: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of cells, as many as the table has columns. A `group` row heads the indented rows that follow it."""

    cells: tuple[Cell, ...]
    role: Literal["body", "group", "level", "total"] = "body"


@dataclass(frozen=True, slots=True)
class Column:
    """A table column. `spanner` is the header printed above neighbouring columns that share it."""

    header: str
    align: Align = "right"
    spanner: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Footnote:
    """`mark` is the superscript; an empty mark is a general note under the table. `keys` are the results quoted."""

    mark: str
    text: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A captioned table. `number` is its printed name, `Table 1`; raises ValueError if a row is ragged.

    `made` says how its numbers were made, a sentence a method; a format may leave it out, as Methods says it too.
    """

    id: str
    number: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    footnotes: tuple[Footnote, ...] = ()
    made: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(
                    f"{self.id}: a row has {len(row.cells)} cells for {len(self.columns)} columns: "
                    f"{[cell.text for cell in row.cells]}"
                )

    @property
    def keys(self) -> Iterator[str]:
        """The results shown in its cells, in reading order."""
        return (key for row in self.rows for cell in row.cells for key in cell.keys)


GREY = "grey "

Paint = str
"""`arm:0`, `arm:1` ... (the palette), `response:CR` (PR, SD, PD, NE), `grade:1` (to 5, unknown), `ink`, `muted`,
`rule`, `paper`, or `none`; with `GREY` before it in a shade of grey."""


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline through `points` (x, y in the scene's units)."""

    points: tuple[tuple[float, float], ...]
    stroke: Paint = "ink"
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon."""

    points: tuple[tuple[float, float], ...]
    fill: Paint
    opacity: float = 1.0
    stroke: Paint = "none"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with rounded corners of `radius`."""

    x: float
    y: float
    width: float
    height: float
    fill: Paint = "none"
    stroke: Paint = "ink"
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A small symbol centred at (x, y): `square`, `diamond`, `circle` or `tick` (a censoring mark)."""

    x: float
    y: float
    shape: Literal["square", "diamond", "circle", "tick"]
    size: float
    paint: Paint = "ink"


@dataclass(frozen=True, slots=True)
class Label:
    """Text set at (x, y) on its baseline. `turn` is degrees; `key` is the result shown, if any."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    size: float = 10.0
    bold: bool = False
    paint: Paint = "ink"
    turn: float = 0.0
    key: str = ""


Shape = Line | Area | Box | Mark | Label


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawing: shapes in painting order on a `width` x `height` sheet, origin top left, 1 unit = 1 CSS px."""

    width: float
    height: float
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A captioned drawing. `alt` says in words what it shows; `made` is as in a table.

    `scene` is as wide as two columns of a journal; `narrow` is the same drawing laid out for one, where there is one.
    """

    id: str
    number: str
    caption: str
    scene: Scene
    alt: str
    footnotes: tuple[Footnote, ...] = ()
    made: tuple[str, ...] = ()
    narrow: Scene | None = None

    @property
    def keys(self) -> Iterator[str]:
        """The results shown by its labels, in painting order."""
        return (shape.key for shape in self.scene.shapes if isinstance(shape, Label) and shape.key)

    def redrawn(self, change: Callable[[Shape], Shape]) -> Figure:
        """The figure with every shape of both its drawings as `change` makes it."""

        def drawn(scene: Scene) -> Scene:
            return replace(scene, shapes=tuple(map(change, scene.shapes)))

        narrow = None if self.narrow is None else drawn(self.narrow)
        return replace(self, scene=drawn(self.scene), narrow=narrow)


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, a list item, or a boxed note or warning. `keys` are the results quoted in it."""

    text: str
    role: Literal["paragraph", "item", "note", "warning"] = "paragraph"
    keys: tuple[str, ...] = ()


Block = Text | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A headed run of blocks; `id` is its anchor."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one number comes from: its `value` in full, how it was made, and the records that it rests on.

    `made` are places in the sentences, and `records` in the records, of the `Origins` that hold it; `lead` says of
    the records whose they are.
    """

    value: str
    made: tuple[int, ...]
    lead: str
    records: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the numbers of a document come from, by key. Numbers share sentences and records, which are held once.

    A record is the place of its heads, and a text a head: the patient, the arm, what was derived, the place in a file.
    """

    numbers: Mapping[str, Origin]
    sentences: tuple[str, ...]
    heads: tuple[tuple[str, ...], ...]
    records: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report. `banner` is printed at the top of every page when not empty (`Invented data`).

    `furniture` holds what a writer says of its own (`Contents`) in the language of the report, where not in English.
    `origins` is for a writer whose reader can ask where a number comes from; it names single patients.
    """

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    banner: str = ""
    language: str = "en"
    furniture: Mapping[str, str] = field(default_factory=dict)
    origins: Origins | None = None

    def says(self, words: str) -> str:
        """What a writer says of its own, in the language of the report."""
        return self.furniture.get(words, words)

    @property
    def keys(self) -> tuple[str, ...]:
        """The results that are shown anywhere, each once, in the order in which they first appear."""
        return tuple(dict.fromkeys(key for section in self.sections for key in _keys_of(section.blocks)))


def _keys_of(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        yield from block.keys
        if not isinstance(block, Text):
            yield from (key for note in block.footnotes for key in note.keys)
