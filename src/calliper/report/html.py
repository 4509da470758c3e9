"""A document as one HTML file: nothing fetched, every text escaped, no script but that of `origins`, where it has any.

Each printed result carries `data-key`: the key of its row in results.csv, several keys separated by line
feeds. The policy in the head forbids scripts (other than that one, by its hash), fonts, frames and connections,
whatever the text of a cell says.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib.resources import files

from calliper.blocks import Block, Cell, Column, Document, Figure, Footnote, Section, Table, TableRow, Text
from calliper.report import origins, svg

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_SIGN = re.compile(r" (=|&lt;|&gt;) (?=[\d.−])")
MANY_COLUMNS = 6
FEW_COLUMNS = 3
"""Tables with more than MANY_COLUMNS are set closer; with FEW_COLUMNS or fewer they are not stretched to
the page.
"""


MADE = "How these numbers were made"


def render(document: Document) -> str:
    """The whole report, ready to be written as UTF-8. Equal documents give equal text."""
    banner = f'<p class="banner" role="note">{_text(document.banner)}</p>\n' if document.banner else ""
    made = _text(document.says(MADE))
    sections = "\n".join(_section(section, made) for section in document.sections)
    policy = POLICY if document.origins is None else origins.allowed() + POLICY
    return (
        "<!DOCTYPE html>\n"
        f'<html lang="{_text(document.language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_text(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="generator" content="Calliper">\n'
        f"<title>{_text(document.title)}</title>\n<style>\n{_style()}{_running_head(document.banner)}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#report">{_text(document.says("Skip to the report"))}</a>\n{banner}'
        f'<div class="page">\n{_contents(document)}\n<main id="report">\n{_head(document)}\n{sections}\n'
        f"</main>\n</div>\n{origins.panel(document)}"
        "</body>\n</html>\n"
    )


@cache
def _style() -> str:
    return files(__package__).joinpath("style.css").read_text(encoding="utf-8")


def _running_head(banner: str) -> str:
    """The rule that repeats the banner on every printed page; CSS escapes keep its text a text."""
    if not banner:
        return ""
    safe = "".join(
        letter if letter.isalnum() and letter.isascii() else f"\\{ord(letter):x} " for letter in banner
    )
    style = "font: 600 8pt Helvetica, Arial, sans-serif; color: #6b3a00; letter-spacing: .04em"
    return f'@page {{ @top-center {{ content: "{safe}"; {style}; }} }}\n'


def _head(document: Document) -> str:
    facts = "".join(
        f"<div><dt>{_text(name)}</dt><dd>{_text(fact)}</dd></div>" for name, fact in document.facts
    )
    subtitle = f'<p class="subtitle">{_text(document.subtitle)}</p>\n' if document.subtitle else ""
    listed = f'\n<dl class="facts">{facts}</dl>' if facts else ""
    return f"<header>\n{subtitle}<h1>{_text(document.title)}</h1>{listed}\n</header>"


def _contents(document: Document) -> str:
    title = _text(document.says("Contents"))
    items = "\n".join(_entry(section) for section in document.sections)
    return f'<nav class="contents" aria-label="{title}">\n<p>{title}</p>\n<ol>\n{items}\n</ol>\n</nav>'


def _entry(section: Section) -> str:
    inside = "".join(
        f'<li><a href="#{_text(block.id)}" title="{_text(block.caption)}">{_text(block.number)}</a></li>'
        for block in section.blocks
        if isinstance(block, Table | Figure)
    )
    nested = f"<ul>{inside}</ul>" if inside else ""
    return f'<li><a href="#{_text(section.id)}">{_text(section.title)}</a>{nested}</li>'


def _section(section: Section, made: str) -> str:
    parts: list[str] = []
    listing = False
    for block in section.blocks:
        item = isinstance(block, Text) and block.role == "item"
        if item != listing:
            parts.append("<ul>" if item else "</ul>")
            listing = item
        parts.append(_block(block, made))
    if listing:
        parts.append("</ul>")
    name = _text(section.id)
    body = "\n".join(parts)
    return (
        f'<section id="{name}" aria-labelledby="{name}-heading">\n'
        f'<h2 id="{name}-heading">{_text(section.title)}</h2>\n'
        f"{body}\n</section>"
    )


def _block(block: Block, made: str) -> str:
    """A block; `made` is the title of the panel on how its numbers were made."""
    if isinstance(block, Text):
        return _paragraph(block)
    return _table(block, made) if isinstance(block, Table) else _figure(block, made)


def _paragraph(text: Text) -> str:
    keys = _keys(text.keys)
    words = _unbroken(text.text)
    if text.role == "item":
        return f"<li{keys}>{words}</li>"
    kind = "" if text.role == "paragraph" else f' class="{text.role}"'
    return f"<p{kind}{keys}>{words}</p>"


def _unbroken(text: str) -> str:
    """Escaped running text in which no line ends between a symbol, its sign and its number."""
    return _SIGN.sub("\u00a0\\1\u00a0", _text(text))


def _figure(figure: Figure, made: str) -> str:
    name, title = _text(figure.id), f"{figure.number}. {figure.caption}"
    drawing = svg.render(figure.scene, name=figure.id, title=title, description=figure.alt)
    return (
        f'<figure id="{name}">\n{_scrolling(figure.number)}\n'
        f"{drawing}\n</div>\n"
        f"<figcaption>{_caption(figure.number, figure.caption)}</figcaption>\n"
        f"{_footnotes(figure.footnotes)}{_made(figure.made, made)}</figure>"
    )


def _table(table: Table, made: str) -> str:
    name = _text(table.id)
    rows = "\n".join(_row(row, table.columns) for row in table.rows)
    width = ' class="dense"' if len(table.columns) > MANY_COLUMNS else ""
    width = width or (' class="slim"' if len(table.columns) <= FEW_COLUMNS else "")
    return (
        f'<div class="table" id="{name}">\n{_scrolling(table.number)}\n'
        f"<table{width}>\n<caption><span>{_caption(table.number, table.caption)}</span></caption>\n"
        f"<thead>\n{_header(table.columns)}\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>\n"
        f"{_footnotes(table.footnotes)}{_made(table.made, made)}</div>"
    )


def _scrolling(name: str) -> str:
    """The start of a box that scrolls sideways on a narrow sheet, by keyboard too."""
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{_text(name)}">'


def _caption(number: str, caption: str) -> str:
    return f"<b>{_text(number)}.</b> {_text(caption)}"


def _header(columns: tuple[Column, ...]) -> str:
    """One header row, or two where columns have spanners: a run of equal spanners is one cell above its
    columns.
    """
    if not any(column.spanner for column in columns):
        return "<tr>" + "".join(_head_cell(column) for column in columns) + "</tr>"
    upper, lower, place = [], [], 0
    while place < len(columns):
        column, end = columns[place], place + 1
        if not column.spanner:
            upper.append(_head_cell(column, ' rowspan="2"'))
            place = end
            continue
        while end < len(columns) and columns[end].spanner == column.spanner:
            end += 1
        upper.append(
            f'<th scope="colgroup" class="spanner" colspan="{end - place}">{_text(column.spanner)}</th>'
        )
        lower += [_head_cell(held) for held in columns[place:end]]
        place = end
    return f"<tr>{''.join(upper)}</tr>\n<tr>{''.join(lower)}</tr>"


def _head_cell(column: Column, span: str = "") -> str:
    if not column.header:
        return f'<td class="{column.align}"{span}></td>'
    return (
        f'<th scope="col" class="{column.align}"{span}>{_unbroken(column.header)}{_marks(column.notes)}</th>'
    )


def _row(row: TableRow, columns: tuple[Column, ...]) -> str:
    first, *others = row.cells
    scope = "rowgroup" if row.role == "group" else "row"
    head = f'<th scope="{scope}" class="{columns[0].align}"{_keys(first.keys)}>{_content(first)}</th>'
    cells = "".join(
        f'<td class="{column.align}"{_keys(cell.keys)}>{_content(cell)}</td>'
        for cell, column in zip(others, columns[1:], strict=True)
    )
    return f'<tr class="{row.role}">{head}{cells}</tr>'


def _content(cell: Cell) -> str:
    return f"{_text(cell.text)}{_marks(cell.notes)}"


def _marks(notes: tuple[str, ...]) -> str:
    return f"<sup>{_text(','.join(notes))}</sup>" if notes else ""


def _footnotes(notes: tuple[Footnote, ...]) -> str:
    if not notes:
        return ""
    lines = "".join(
        f"<p{_keys(note.keys)}>{f'<sup>{_text(note.mark)}</sup> ' if note.mark else ''}{_text(note.text)}</p>"
        for note in notes
    )
    return f'<div class="notes">{lines}</div>\n'


def _made(sentences: tuple[str, ...], title: str) -> str:
    """How the numbers were made, folded away until it is asked for; and how to get from one to its patients."""
    if not sentences:
        return ""
    lines = "".join(f"<li>{_text(sentence)}</li>" for sentence in sentences)
    return (
        f'<details class="made"><summary>{title}</summary>\n<ul>{lines}</ul>\n'
        "<p>The pointer on a number shows its key. <code>calliper trace STUDY.yaml KEY</code> gives the number in "
        "full, the patients behind it and their records.</p></details>\n"
    )


def _keys(keys: tuple[str, ...]) -> str:
    return f' data-key="{"&#10;".join(_text(key) for key in keys)}"' if keys else ""


def _text(text: str) -> str:
    """Escaped for element and attribute alike, without control characters."""
    return escape("".join(letter for letter in text if letter >= " " or letter in "\t\n"), quote=True)
