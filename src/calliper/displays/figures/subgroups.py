"""The forest plot of subgroups: events and patients by arm, hazard ratios and intervals, P values of interaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calliper.blocks import Box, Figure, Footnote, Label, Line, Mark, Scene, Shape
from calliper.displays import labels
from calliper.displays.cells import DASH
from calliper.displays.effects import FIRTH
from calliper.displays.figures.axis import Logarithmic
from calliper.displays.figures.lettering import clip, width, wrap
from calliper.displays.figures.ratios import Ticks, diamond_shapes, interval_shapes, ratio_axis, ratio_scale
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.subgroups import EXPLORATORY, Ratio, Subgroups, read_subgroups
from calliper.protocol.specs import Protocol, SubgroupsAnalysis
from calliper.results import Results

START = 4.0
INDENT = 12.0
NAMES = 150.0
"""Room for the names of subgroups, px."""
COUNT = 70.0
"""Room for the counts of an arm, px."""
TEXT = 12.0
SMALL = 11.0
HEAD = 10.0
LEADING = 13.0
STEP = 17.0
MOST_ARMS = 3
"""Counts of more arms leave no room for the plot; the table has them."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What every line is drawn with: the scale, and where each arm's counts end."""

    held: Subgroups
    sheet: Sheet
    across: Logarithmic
    ticks: Ticks
    counts: dict[str, float]

    @property
    def p(self) -> float:
        """Where P values end."""
        return self.sheet.width - self.sheet.of(8.0, 4.0)

    @property
    def ratio(self) -> float:
        """Where ratios end."""
        return _ratio_edge(self.sheet)


def subgroups_figure(spec: SubgroupsAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """The forest plot; None where no hazard ratio could be estimated."""
    held = read_subgroups(spec, protocol, results)
    ratios = [
        found
        for factor, level in (
            ("", ""),
            *((name, level) for name in spec.factors for level in held.levels(name)),
        )
        for arm in held.compared
        if (found := held.ratio(arm, factor, level)) is not None
    ]
    if not ratios:
        return None
    firth = f" Hollow: {FIRTH}; the table says why." if any(found.is_firth for found in ratios) else ""
    level = labels.confidence(protocol)
    drawn = (
        f"Squares: hazard ratios compared with {labels.arm(protocol, protocol.arms.reference)}. Lines: {level} "
        f"confidence intervals. Diamond: all patients. P: test of interaction of the arm with the factor."
        f"{firth} {EXPLORATORY}"
    )
    return Figure(
        id=f"figure-{spec.id}",
        number="",
        caption=f"{spec.title or held.endpoint.label + ' in subgroups'}: hazard ratios",
        scene=_scene(_laid_out(held, ratios, WIDE)),
        narrow=_scene(_laid_out(held, ratios, NARROW)),
        alt=_alt(held),
        footnotes=(Footnote("", drawn),),
    )


def _laid_out(held: Subgroups, ratios: Sequence[Ratio], sheet: Sheet) -> _Sheet:
    """The columns of a sheet; on a narrow one the counts stand over the interval, at the right."""
    limits = [row for found in ratios for row in (found.lower, found.upper)]
    right = _ratio_edge(sheet) - max(width(found.text(held.forms), TEXT) for found in ratios) - 10
    if sheet.is_narrow:
        ends = {arm: sheet.width - 4 - COUNT * place for place, arm in enumerate(reversed(held.arms))}
        counts = {arm: ends[arm] for arm in held.arms}
        left = START + INDENT
    else:
        counts = {arm: START + NAMES + COUNT * (place + 1) for place, arm in enumerate(held.arms)}
        left = (
            max(counts.values(), default=START + NAMES) + 16
            if len(counts) <= MOST_ARMS
            else START + NAMES + 16
        )
    ticks, across = ratio_scale(limits, left, right)
    return _Sheet(held, sheet, across, ticks, counts if len(counts) <= MOST_ARMS else {})


def _ratio_edge(sheet: Sheet) -> float:
    return sheet.width - sheet.of(68.0, 62.0)


def _scene(sheet: _Sheet) -> Scene:
    held = sheet.held
    shapes, top = _heads(sheet)
    y = top
    lines, y = _line(sheet, "All patients", "", "", y)
    for factor in held.spec.factors:
        y += 6
        head, y = _factor(sheet, factor, y)
        lines += head
        for level in held.levels(factor):
            if held.has_patients(factor, level):
                more, y = _line(sheet, level, factor, level, y)
                lines += more
    y += 10
    one = sheet.across(1.0)
    behind: list[Shape] = [Line(((one, top + 3), (one, y)), "muted", 0.9, (3.0, 3.0))]
    overall = held.ratio(held.compared[0], "", "") if len(held.compared) == 1 else None
    if overall is not None and overall.hr.value is not None:
        x = round(sheet.across(overall.hr.value), 2)
        behind.append(Line(((x, top + 3), (x, y)), "arm:0", 0.8, (1.0, 3.0)))
    axis = ratio_axis(held.forms, sheet.ticks, sheet.across, y)
    return Scene(sheet.sheet.width, y + 44, (*shapes, *behind, *lines, *axis))


def _heads(sheet: _Sheet) -> tuple[list[Shape], float]:
    """The heads of the columns from the top of the sheet, and their lower edge; contrasts where there are several."""
    held, protocol = sheet.held, sheet.held.protocol
    shapes: list[Shape] = []
    y = 12.0
    if len(held.compared) > 1:
        x = START
        for place, arm in enumerate(held.compared):
            text = held.contrast(arm)
            wide = 14 + width(text, SMALL)
            if x > START and x + wide > sheet.sheet.width:
                x, y = START, y + LEADING + 2
            shapes += [
                Mark(x + 5, y - 4, "square", 8.0, _paint(place)),
                Label(x + 14, y, text, "start", SMALL),
            ]
            x += wide + 22
        y += 20
    wrapped = {arm: clip(wrap(labels.arm_short(protocol, arm), HEAD, COUNT - 4), 3) for arm in sheet.counts}
    deep = max((len(lines) for lines in wrapped.values()), default=0)
    bottom = y + deep * LEADING
    events = held.endpoint.event_label
    if wrapped:
        middle = (min(sheet.counts.values()) - COUNT + max(sheet.counts.values())) / 2 + 12
        shapes.append(Label(middle, y, f"{events[:1].upper()}{events[1:]}/n", "middle", SMALL, paint="muted"))
    for arm, lines in wrapped.items():
        for place, line in enumerate(lines):
            at = bottom - (len(lines) - 1 - place) * LEADING
            shapes.append(Label(sheet.counts[arm], at, line, "end", HEAD, paint="muted"))
    if sheet.sheet.is_narrow and deep:
        bottom += 2 * LEADING + 3
    shapes += [
        Label(sheet.ratio, bottom, f"HR ({labels.confidence(protocol)} CI)", "end", SMALL, paint="muted"),
        Label(sheet.p, bottom - LEADING if deep else bottom, "P", "end", SMALL, paint="muted"),
        *([Label(sheet.p, bottom, "interaction", "end", HEAD, paint="muted")] if deep else []),
        Line(((START, bottom + 7), (sheet.p, bottom + 7)), "rule", 0.8),
    ]
    return shapes, bottom + 7


def _factor(sheet: _Sheet, factor: str, top: float) -> tuple[list[Shape], float]:
    """The factor's name and the P value of its interaction."""
    held = sheet.held
    room = sheet.sheet.of(sheet.across.start - START - 12, sheet.p - START - 60)
    lines = clip(wrap(held.label(factor), TEXT, room, bold=True), 2)
    y = top + STEP
    shapes: list[Shape] = [
        *_paper(sheet, y, len(lines)),
        *(
            Label(START, y + place * LEADING, line, "start", TEXT, bold=True)
            for place, line in enumerate(lines)
        ),
    ]
    p = held.p(factor)
    text, key = (DASH, "") if p is None else (held.forms.p_value(p.value), p.key)
    return [*shapes, Label(sheet.p, y, text, "end", TEXT, key=key)], y + (len(lines) - 1) * LEADING


def _line(sheet: _Sheet, name: str, factor: str, level: str, top: float) -> tuple[list[Shape], float]:
    """A subgroup's name and counts, and a ratio a contrast, one under the other; and the lower edge."""
    held, y = sheet.held, top + STEP
    indent = INDENT if factor else 0.0
    room = (NAMES if sheet.counts else sheet.across.start - START - 12) - indent
    if sheet.sheet.is_narrow:
        room = min(sheet.counts.values(), default=sheet.p) - COUNT - START - indent
    names = clip(wrap(name, TEXT, room, bold=not factor), 3)
    shapes: list[Shape] = [
        *_paper(sheet, y, len(names)),
        *(
            Label(START + indent, y + place * LEADING, line, "start", TEXT, bold=not factor)
            for place, line in enumerate(names)
        ),
    ]
    for arm, x in sheet.counts.items():
        events, n = held.counts(arm, factor, level)
        if events is not None and n is not None:
            text = f"{held.forms.count(events.value)}/{held.forms.count(n.value)}"
            shapes.append(Label(x, y, text, "end", TEXT, key=events.key))
    below = sheet.sheet.of(0.0, (len(names) - 1) * LEADING + STEP - 1)
    for place, arm in enumerate(held.compared):
        shapes += _ratio(sheet, arm, factor, level, place=place, y=y + below + place * (STEP - 1))
    deep = max((len(names) - 1) * LEADING, below + (len(held.compared) - 1) * (STEP - 1))
    return shapes, y + deep + (3 if len(held.compared) > 1 else 0)


def _paper(sheet: _Sheet, y: float, lines: int) -> list[Shape]:
    """On a narrow sheet the names stand over the plot: what hides its lines behind them."""
    if not sheet.sheet.is_narrow:
        return []
    return [Box(START, y - LEADING + 2, sheet.across.end - START + 4, lines * LEADING + 2, "paper", "none")]


def _ratio(sheet: _Sheet, arm: str, factor: str, level: str, *, place: int, y: float) -> list[Shape]:
    found = sheet.held.ratio(arm, factor, level)
    if found is None:
        return [Label(sheet.ratio, y, DASH, "end", TEXT)]
    paint = _paint(place) if len(sheet.held.compared) > 1 else "arm:0"
    draw = interval_shapes if factor else diamond_shapes
    shapes = draw(*found.rows, y=y - 4, across=sheet.across, paint=paint)
    if found.is_firth and found.hr.value is not None:
        shapes.append(Mark(round(sheet.across(found.hr.value), 2), y - 4, "square", 4.0, "paper"))
    return [*shapes, Label(sheet.ratio, y, found.text(sheet.held.forms), "end", TEXT, key=found.hr.key)]


def _paint(place: int) -> str:
    return f"arm:{place}"


def _alt(held: Subgroups) -> str:
    """The figure in words."""
    parts = []
    for factor in held.spec.factors:
        p = held.p(factor)
        test = "no test of interaction" if p is None else f"interaction {held.forms.p_equation(p.value)}"
        told = [
            f"{level}, {held.contrast(arm)}, {found.text(held.forms)}"
            for level in held.levels(factor)
            for arm in held.compared
            if (found := held.ratio(arm, factor, level)) is not None
        ]
        parts.append(f"{held.label(factor)} ({test}): {'; '.join(told) or 'no hazard ratio'}.")
    return f"Forest plot of hazard ratios of {labels.in_sentence(held.endpoint.label)} in subgroups. {' '.join(parts)}"
