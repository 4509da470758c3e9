"""What a journal's style changes beside numbers: the order of the arms, and colours for shades of grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from calliper.blocks import GREY, Area, Box, Figure, Label, Line, Mark, Paint, Section, Shape
from calliper.protocol.report_specs import Journal
from calliper.protocol.specs import Protocol

COLOURED = ("arm:", "response:", "grade:")
"""The beginnings of paints that are colours; the others are greys already."""


def with_arms_in_order(protocol: Protocol) -> Protocol:
    """The study with its arms in the journal's order, in which columns, curves and sentences follow."""
    order, reference = protocol.report.held.arms, protocol.arms.reference
    if order == "as_listed":
        return protocol
    last = order == "reference_last"
    groups = sorted(protocol.arms.groups.items(), key=lambda item: (item[0] == reference) is last)
    return protocol.model_copy(update={"arms": protocol.arms.model_copy(update={"groups": dict(groups)})})


def in_shades(sections: Sequence[Section], journal: Journal) -> tuple[Section, ...]:
    """The sections with every figure in shades of grey, where the journal prints so."""
    if not journal.grey:
        return tuple(sections)
    return tuple(
        replace(
            section,
            blocks=tuple(b.redrawn(_grey_shape) if isinstance(b, Figure) else b for b in section.blocks),
        )
        for section in sections
    )


def _grey_shape(shape: Shape) -> Shape:
    match shape:
        case Line():
            return replace(shape, stroke=_grey(shape.stroke))
        case Area() | Box():
            return replace(shape, fill=_grey(shape.fill), stroke=_grey(shape.stroke))
        case Mark() | Label():
            return replace(shape, paint=_grey(shape.paint))


def _grey(paint: Paint) -> Paint:
    return f"{GREY}{paint}" if paint.startswith(COLOURED) else paint
