"""The table of measurements over time: of each item and window the spread by arm, and that of the change."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import NOTHING, Notes, Shelf, shown
from calliper.displays.numbers import Forms
from calliper.protocol.specs import Measured, Measurements, Protocol, TrendAnalysis
from calliper.results import Results


def measurements_of(spec: TrendAnalysis, protocol: Protocol) -> Measurements:
    """The endpoint of an analysis; raises TypeError when it is another kind."""
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Measurements):
        raise TypeError(f"{spec.endpoint} is not an endpoint of measurements")
    return endpoint


def title(item: Measured) -> str:
    """An item with its unit."""
    return f"{item.label}, {item.unit}" if item.unit else item.label


def trend_table(spec: TrendAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: windows within items. Columns: of each arm patients, median and quartiles, and of the change."""
    endpoint, shelf = measurements_of(spec, protocol), Shelf(results, spec.id, "included")
    groups = labels.ordered(protocol, shelf.groups())
    first = next(iter(endpoint.windows))
    has_changes = len(endpoint.windows) > 1
    heads = ["n", "Median [quartiles]", *(["Change [quartiles]"] if has_changes else [])]
    columns = [Column("", "left")]
    columns += [Column(head, "right", labels.heading(protocol, group)) for group in groups for head in heads]
    rows: list[TableRow] = []
    for name in spec.items or endpoint.items:
        item = endpoint.items[name]
        rows.append(TableRow((Cell(title(item)), *[NOTHING] * (len(columns) - 1)), "group"))
        for window, moment in endpoint.windows.items():
            cells = [
                cell
                for group in groups
                for cell in _cells(
                    numbers.forms(protocol),
                    shelf,
                    group,
                    name,
                    window,
                    item=item,
                    first=first if has_changes else None,
                )
            ]
            rows.append(TableRow((Cell(moment.label), *cells), "level"))
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=spec.title or endpoint.label,
        columns=tuple(columns),
        rows=tuple(rows),
        footnotes=_notes(endpoint, protocol, groups, has_changes=has_changes).all(),
    )


def _cells(
    forms: Forms, shelf: Shelf, group: str, name: str, window: str, *, item: Measured, first: str | None
) -> Iterator[Cell]:
    """Patients, median and quartiles; with `first` the change from it, of which the first has none."""
    yield shown(forms.count, shelf.row(group, name, window, "n"))

    def spread(level: str) -> Cell:
        rows = (shelf.row(group, name, level, stat) for stat in ("median", "q1", "q3"))
        return shown(lambda m, low, high: forms.median_iqr(m, low, high, item.decimals), *rows)

    yield spread(window)
    if first is not None:
        yield NOTHING if window == first else spread(f"{window} change")


def _notes(endpoint: Measurements, protocol: Protocol, groups: list[str], *, has_changes: bool) -> Notes:
    forms = numbers.forms(protocol)
    notes = Notes(forms)
    start = labels.in_sentence(labels.variable(protocol, endpoint.start))
    windows = "; ".join(
        f"{moment.label}: days {days(forms, moment.days)}{'' if moment.day is not None else ', the last value'}"
        for moment in endpoint.windows.values()
    )
    notes.add(f"Days from {start}. {windows}.")
    if has_changes:
        first = labels.in_sentence(next(iter(endpoint.windows.values())).label)
        notes.add(f"Change: from {first}, of patients with both values.")
    notes.add(
        "n: patients with a value in the window; who is followed for less long is not in the later ones. "
        "Descriptive: no test was made."
    )
    notes.add(labels.abbreviations(protocol, groups))
    return notes


def days(forms: Forms, held: tuple[int, int]) -> str:
    """A window of days.

    >>> days(numbers.PLAIN, (-28, 0)), days(numbers.PLAIN, (15, 42))
    ('−28 to 0', '15 to 42')
    """
    return forms.between(*(forms.fixed(day, 0) for day in held))
