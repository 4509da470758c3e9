"""The forest plot of one multivariable Cox model: hazard ratios and intervals on a logarithmic axis."""

from __future__ import annotations

from calliper.blocks import Figure, Footnote, Label, Line, Scene, Shape
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.effects import FIRTH, Effect, effect, firth_note, is_reference
from calliper.displays.figures.axis import Logarithmic
from calliper.displays.figures.lettering import clip, wrap
from calliper.displays.figures.ratios import interval_shapes, ratio_axis, ratio_scale
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.language.speaker import say_in
from calliper.displays.numbers import Forms
from calliper.protocol.specs import CoxAnalysis, Model, Protocol
from calliper.results import Results

LEFT, RIGHT = 290.0, 560.0
NARROW_LEFT, NARROW_RIGHT = 12.0, 178.0
TEXT = 12.0
STEP = 20.0


def forest_figure(spec: CoxAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """The forest plot of the pre-specified model, else of the first that was fitted; None if none was.

    A model fitted by Firth's penalised likelihood is drawn, and said to be, where no model has an ordinary fit.
    """
    shelf, rows = Shelf(results, spec.id, "included"), results.of(spec.id)
    ordinary, penalised = (
        [model for model in spec.models if any(row.group == model.id and row.stat == stat for row in rows)]
        for stat in ("hr", "hr.firth")
    )
    models = sorted(ordinary or penalised, key=lambda model: not model.factors)
    if not models:
        return None
    model, is_firth = models[0], not ordinary
    endpoint = labels.endpoint(protocol, spec.endpoint)
    drawn = f"Squares: hazard ratios. Lines: {labels.confidence(protocol)} confidence intervals."
    return Figure(
        id=f"figure-{spec.id}",
        number="",
        caption=f"{endpoint}: hazard ratios of the multivariable model ({labels.in_sentence(model.label)})",
        scene=_scene(spec, protocol, shelf, model, WIDE),
        narrow=_scene(spec, protocol, shelf, model, NARROW),
        alt=_alt(spec, protocol, shelf, model),
        footnotes=(Footnote("", f"{drawn} {firth_note(shelf.failure(model.id))}" if is_firth else drawn),),
    )


def _effects(spec: CoxAnalysis, protocol: Protocol, shelf: Shelf, model: Model) -> list[tuple[str, Effect]]:
    """Each coefficient of the model: its label and its effect."""
    found = []
    for factor in spec.factors:
        reference = next(
            (
                level
                for level in labels.levels(protocol, factor)
                if is_reference(shelf, model.id, factor, level)
            ),
            "",
        )
        for level in labels.levels(protocol, factor) or ("",):
            held = effect(shelf, model.id, factor, level)
            if held is not None:
                label = labels.variable_with_unit(protocol, factor)
                if level:
                    words = labels.level(protocol, factor, level)
                    label += f": {words} vs {labels.level(protocol, factor, reference)}"
                found.append((label, held))
    return found


def _scene(spec: CoxAnalysis, protocol: Protocol, shelf: Shelf, model: Model, sheet: Sheet) -> Scene:
    """A line an effect; on a narrow sheet its name stands over its interval."""
    effects, forms = _effects(spec, protocol, shelf, model), numbers.forms(protocol)
    say = say_in(protocol)
    limits = [row for _, held in effects for row in (held.lower, held.upper)]
    ticks, across = ratio_scale(limits, sheet.of(LEFT, NARROW_LEFT), sheet.of(RIGHT, NARROW_RIGHT))
    p_edge = sheet.width - sheet.of(10.0, 4.0)
    ratio_edge = p_edge - sheet.of(60.0, 52.0)
    level = labels.confidence(protocol)
    ratio = "HR, Firth" if any(held.is_firth for _, held in effects) else "HR"
    shapes: list[Shape] = [
        Label(ratio_edge, 14.0, f"{ratio} ({level} CI)", "end", 11.0, paint="muted"),
        Label(p_edge, 14.0, "P", "end", 11.0, paint="muted"),
        Line(((4.0, 21.0), (p_edge, 21.0)), "rule", 0.8),
    ]
    y = 24.0
    for label, held in effects:
        lines = clip(wrap(say(label), TEXT, sheet.of(LEFT - 24, sheet.width - 12)), 3)
        shapes += [
            Label(4.0, y + STEP - 4 + index * 14, line, "start", TEXT) for index, line in enumerate(lines)
        ]
        at = y + STEP - 4 + sheet.of(0.0, len(lines) * 14 + 2)
        shapes += _effect(forms, held, at, across, (ratio_edge, p_edge))
        if sheet.is_narrow:  # the line of no effect stops for the names
            shapes.insert(0, Line(((across(1.0), at - 14), (across(1.0), at + 5)), "muted", 0.9, (3.0, 3.0)))
        y += STEP + sheet.of((len(lines) - 1) * 14, len(lines) * 14 + 4)
    if not sheet.is_narrow:
        shapes.insert(0, Line(((across(1.0), 26.0), (across(1.0), y + 8)), "muted", 0.9, (3.0, 3.0)))
    return Scene(sheet.width, y + 52, tuple(shapes + ratio_axis(forms, ticks, across, y + 8)))


def _effect(
    forms: Forms, held: Effect, y: float, across: Logarithmic, edges: tuple[float, float]
) -> list[Shape]:
    hr, lower, upper, p = held.rows
    shapes: list[Shape] = [
        Label(edges[0], y, held.text(forms), "end", TEXT, key=hr.key),
        Label(edges[1], y, forms.p_value(p.value), "end", TEXT, key=p.key),
    ]
    return [*shapes, *interval_shapes(hr, lower, upper, y=y - 4, across=across)]


def _alt(spec: CoxAnalysis, protocol: Protocol, shelf: Shelf, model: Model) -> str:
    effects = _effects(spec, protocol, shelf, model)
    by = f" by {FIRTH}" if any(held.is_firth for _, held in effects) else ""
    parts = [f"{label}: {held.text(numbers.forms(protocol))}" for label, held in effects]
    return f"Forest plot of hazard ratios{by}. {'; '.join(parts)}."
