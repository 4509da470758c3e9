"""Headings, and the list of them at the front: a field that lists no page numbers, so it is true as written."""

from __future__ import annotations

from calliper.blocks import Section
from calliper.report.word.elements import Element, element, field, paragraph, run


def heading(section: Section, place: int) -> Element:
    """A numbered heading; Word counts, `place` is where the section stands (the first is 1)."""
    start = element("bookmarkStart", id=place, name=_bookmark(place))
    return paragraph("Heading1", start, run(section.title), element("bookmarkEnd", id=place))


def listed(sections: tuple[Section, ...], title: str) -> list[Element]:
    """The list of headings under its title, each a link."""
    if not sections:
        return []
    start, code, middle, _, stop = field('TOC \\o "1-1" \\n \\h \\z', "")
    entries = []
    for place, section in enumerate(sections, start=1):
        link = element("hyperlink", run(f"{place}\t"), run(section.title), anchor=_bookmark(place), history=1)
        before = [start, code, middle] if place == 1 else []
        after = [stop] if place == len(sections) else []
        entries.append(paragraph("TOC1", *before, link, *after))
    return [paragraph("CalliperContents", run(title)), *entries]


def _bookmark(place: int) -> str:
    return f"_Toc{place:08d}"
