"""The definitions of an endpoint in words: the main one's numbers, and under how many others its conclusion holds."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.blocks import Text
from calliper.displays import labels
from calliper.displays.cells import Shelf
from calliper.displays.definition_words import rate_in_words, times_in_words
from calliper.displays.definitions import HOLDS, UNTOLD, Grid
from calliper.displays.effects import FIRTH
from calliper.displays.narrative.sentences import Sentences
from calliper.protocol.definitions import Definition, rate_definitions, time_definitions
from calliper.protocol.specs import DefinitionsAnalysis, Protocol
from calliper.results import Results

EXPLORATORY = "These comparisons are exploratory; no P value is adjusted for the number of definitions."
RATE_WORDS = {"ORR": "objective response", "DCR": "disease control"}


def definitions(spec: DefinitionsAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """A paragraph for each thing compared: in how many of the other definitions the conclusion on each arm held."""
    grid = Grid(spec, protocol, results)
    grids = [time_definitions(spec, protocol)]
    grids += [rate_definitions(spec, protocol, rate) for rate in spec.rates]
    told = [text for compared in grids for text in _compared(grid, compared)]
    return (*told, Text(EXPLORATORY)) if told else ()


def _compared(grid: Grid, compared: Sequence[Definition]) -> tuple[Text, ...]:
    words = Sentences(grid.forms)
    for arm in grid.others if compared else ():
        words.add(_held(words, grid, compared[0], arm))
        words.add(_without(grid, compared, arm))
    return words.text()


def _held(words: Sentences, grid: Grid, main: Definition, arm: str) -> str:
    """`In 3 of 4 other definitions the conclusion on ... (A vs B: hazard ratio ...) held`."""
    level = main.level if main.reading == "rate" else ""
    shelf = Shelf(grid.results, grid.spec.id, "included")
    definitions, held, untold = (
        shelf.row(grid.pair(arm), "", level, stat) for stat in ("definitions", "held", "untold")
    )
    counts = words.quote(lambda k, m: f"{words.forms.count(k)} of {words.forms.count(m)}", held, definitions)
    if not counts or untold is None:
        return ""
    versus = labels.contrast(grid.protocol, arm, grid.reference)
    found = "; ".join(
        part for part in (_estimate(words, grid, main, arm), _p(words, grid, main, arm)) if part
    )
    beyond = f"; in {words.quote(words.forms.count, untold)} it cannot be told" if untold.value else ""
    what = _what(grid, main)
    return f"In {counts} other definitions the conclusion on {what} ({versus}{found and ': '}{found}) held{beyond}."


def _what(grid: Grid, main: Definition) -> str:
    if main.reading == "rate":
        moment = labels.in_sentence(rate_in_words(grid.spec, grid.protocol, main))
        return f"{RATE_WORDS[main.level]}, {moment}"
    return labels.in_sentence(times_in_words(grid.spec, grid.protocol)[main.endpoint])


def _estimate(words: Sentences, grid: Grid, main: Definition, arm: str) -> str:
    level = labels.confidence(grid.protocol)
    if main.reading == "rate":
        return words.quote(
            lambda v, low, high: (
                f"difference {words.forms.percent(v)} percentage points, {level} CI "
                f"{words.forms.interval(low, high, words.forms.percent)}"
            ),
            *grid.difference(main, arm),
        )
    _, found = grid.ratio(main, arm)
    if found is None:
        return ""
    return words.quote(
        lambda v, low, high: (
            f"hazard ratio {words.forms.sharper(words.forms.ratio, low, high)(v)}, {level} CI "
            f"{words.forms.interval(low, high, words.forms.ratio)}{f', {FIRTH}' if found.is_firth else ''}"
        ),
        *found.rows[:3],
    )


def _p(words: Sentences, grid: Grid, main: Definition, arm: str) -> str:
    """The P value by which the conclusion is read: of the test of two arms, or of the contrast."""
    if grid.by_test:
        return words.quote(words.forms.p_equation, grid.p_of_test(main))
    if main.reading == "rate":
        return ""
    _, found = grid.ratio(main, arm)
    return words.quote(words.forms.p_equation, found.p) if found is not None else ""


def _without(grid: Grid, compared: Sequence[Definition], arm: str) -> str:
    """The definitions under which the conclusion did not hold, by name."""
    names = [
        f"{_name(grid, one)} - {verdict}"
        for one in compared[1:]
        if (verdict := grid.verdict(one, arm, is_main=False).text) not in (HOLDS, UNTOLD)
    ]
    return f"It did not hold under: {'; '.join(names)}." if names else ""


def _name(grid: Grid, definition: Definition) -> str:
    if definition.reading == "rate":
        return labels.in_sentence(rate_in_words(grid.spec, grid.protocol, definition))
    words = labels.in_sentence(times_in_words(grid.spec, grid.protocol)[definition.endpoint])
    return f"{words} (cumulative incidence)" if definition.reading == "incidence" else words
