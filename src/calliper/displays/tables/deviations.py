"""Deviations from the protocol: counted by rule and arm, the rules in words, and the first lines of the register."""

from __future__ import annotations

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.displays import labels, numbers
from calliper.displays.cells import NOTHING, Notes, Shelf, shown
from calliper.protocol.specs import DeviationRule, Deviations, DeviationsAnalysis, Protocol
from calliper.results import Results

MOST_LINES = 50
FEW_LINES = 10
"""Of a register longer than MOST_LINES so many are printed, and more where more are major."""
ANY = "any"
AFFECTS = {
    "response": "Response",
    "ttp": "Time to progression",
    "safety": "Safety",
    "none": "—",
}


def deviations_table(spec: DeviationsAnalysis, protocol: Protocol, results: Results) -> Table:
    """Rows: patients with deviations, then the rules. Columns: of each arm deviations, the major ones, not recorded."""
    forms = numbers.forms(protocol)
    endpoint = deviations_of(spec, protocol)
    shelf = Shelf(results, spec.id, "included")
    arms = labels.ordered(protocol, shelf.groups())
    groups = [*arms, "overall"] if len(arms) > 1 else arms

    def patients(words: str, level: str) -> TableRow:
        cells = []
        for group in groups:
            found = (
                shelf.row(group, ANY, level, "count"),
                shelf.row(group, ANY, "", "n"),
                shelf.row(group, ANY, level, "proportion"),
            )
            cells += [shown(forms.fraction_percent, *found), NOTHING, NOTHING]
        return TableRow((Cell(words), *cells))

    def counts(words: str, rule: str) -> TableRow:
        cells = []
        for group in groups:
            found = (shelf.row(group, rule, "", stat) for stat in ("deviations", "judged"))
            cells += [
                shown(lambda k, n: f"{forms.count(k)}/{forms.count(n)}", *found),
                shown(forms.count, shelf.row(group, rule, "major", "deviations")),
                shown(forms.count, shelf.row(group, rule, "", "not_recorded")),
            ]
        return TableRow((Cell(words), *cells), "total" if rule == ANY else "body")

    heads = [
        Column(head, "right", labels.heading(protocol, group))
        for group in groups
        for head in ("Deviations/ judged", "Major", "Not recorded")
    ]
    return Table(
        id=f"table-{spec.id}",
        number="",
        caption=f"{spec.title or endpoint.label} by rule",
        columns=(Column("Rule", "left"), *heads),
        rows=(
            patients("Patients with any deviation, n/N (%)", "any"),
            patients("Patients with a major deviation, n/N (%)", "major"),
            *(counts(f"{rule.id}. {rule.text}", rule.id) for rule in endpoint.rules),
            counts("All rules", ANY),
        ),
        footnotes=_notes(protocol, arms).all(),
    )


def _notes(protocol: Protocol, arms: list[str]) -> Notes:
    forms = numbers.forms(protocol)
    notes = Notes(forms)
    notes.add(
        "Judged: the records that a rule could be held against, met or not. Not recorded: records of which a value "
        "that the rule needs is absent; they are no deviations and are not among those judged. Descriptive: no test "
        "was made."
    )
    notes.add(labels.abbreviations(protocol, arms))
    return notes


def rules_table(spec: DeviationsAnalysis, protocol: Protocol) -> Table:
    """Each rule as the study file has it: what it is read from, when, and how much a deviation weighs."""
    endpoint = deviations_of(spec, protocol)
    rows = tuple(
        TableRow(
            (
                Cell(f"{rule.id}. {rule.text}"),
                Cell(_read(protocol, rule)),
                Cell(rule.rule or "the order of the steps of a session"),
                Cell(_severity(rule)),
                Cell(AFFECTS[rule.affects]),
            )
        )
        for rule in endpoint.rules
    )
    heads = ("Rule", "Held against", "Condition", "Severity", "May change")
    return Table(
        id=f"table-{spec.id}-rules",
        number="",
        caption=f"{spec.title or endpoint.label}: the rules",
        columns=tuple(Column(head, "left") for head in heads),
        rows=rows,
        footnotes=(Footnote("", "Names are those of the study file."),),
    )


def _read(protocol: Protocol, rule: DeviationRule) -> str:
    words = protocol.endpoints[rule.endpoint].label if rule.endpoint is not None else rule.read_from
    words = words.replace("_", " ") if rule.endpoint is None else words
    return f"{words} where {rule.where}" if rule.where else words


def _severity(rule: DeviationRule) -> str:
    return f"minor where {rule.major_unless}, else major" if rule.major_unless else rule.severity or "minor"


def register_lines(spec: DeviationsAnalysis, protocol: Protocol, results: Results) -> Table | None:
    """The first deviations, a line each, the major ones before the others; None where there is none."""
    endpoint = deviations_of(spec, protocol)
    listing = results.listing(spec.id, "deviations")
    if listing is None or not listing.rows:
        return None
    every = [dict(zip(listing.columns, row, strict=True)) for row in listing.rows]
    lines = sorted(every, key=lambda line: line["severity"] != "major")
    if len(lines) > MOST_LINES:
        major = sum(line["severity"] == "major" for line in lines)
        lines = lines[: min(max(FEW_LINES, major), MOST_LINES)]
    rows = [
        TableRow(
            (
                Cell(f"{line['patient']}, {labels.arm_short(protocol, str(line['arm']))}"),
                Cell(str(line["date"] or "")),
                Cell(f"{line['rule']}. {line['expected']}"),
                Cell(str(line["observed"])),
                Cell(str(line["severity"]).capitalize()),
            )
        )
        for line in lines
    ]
    left = len(listing.rows) - len(lines)
    more = f" The first {len(lines)} of {len(listing.rows)} are printed." if left else ""
    return Table(
        id=f"table-{spec.id}-register",
        number="",
        caption=f"{spec.title or endpoint.label}: register",
        columns=tuple(
            Column(head, "left") for head in ("Patient", "Date", "Expected", "Observed", "Severity")
        ),
        rows=tuple(rows),
        footnotes=(
            Footnote(
                "", f"Major first, then by patient and rule.{more} deviations.csv has each with its record."
            ),
        ),
    )


def deviations_of(spec: DeviationsAnalysis, protocol: Protocol) -> Deviations:
    """The endpoint of the analysis; TypeError when it is no endpoint of deviations."""
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Deviations):
        raise TypeError(f"{spec.endpoint} is not an endpoint of deviations")
    return endpoint
