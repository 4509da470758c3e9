"""Adverse events in words: who had a severe one, by term and arm, and who a serious or a fatal one."""

from __future__ import annotations

from functools import partial

from calliper.blocks import Text
from calliper.displays import labels, numbers, safety_words
from calliper.displays.cells import Shelf
from calliper.displays.narrative.sentences import Sentences
from calliper.displays.numbers import Forms
from calliper.protocol.safety_specs import EventKind
from calliper.protocol.specs import Protocol, SafetyAnalysis, Toxicity
from calliper.results import Results, Row

MOST_TERMS = 8
"""How many adverse events a sentence lists; the others stand in the table."""

TOLD: tuple[EventKind, ...] = ("serious", "fatal")
"""The kinds of event that a sentence tells; the others stand in the table."""


def safety(spec: SafetyAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """Patients with a grade 3 or worse event by term and arm; where grades are not shown, with any event."""
    forms = numbers.forms(protocol)
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Toxicity):
        return ()
    words = Sentences(forms)
    level, lead = ("grade >=3", " of grade 3 or worse") if spec.grades else ("any grade", "")
    rows = [
        row
        for row in results.of(spec.id)
        if row.level == level and row.stat == "count" and not safety_words.is_category(row.variable)
    ]
    graded = f"{endpoint.label} ({safety_words.dictionary(endpoint)})"
    found: dict[str, list[Row]] = {}
    for row in (row for row in rows if row.value):
        found.setdefault(row.variable, []).append(row)
    if found:
        told = _commonest(found, spec, results)
        terms = [
            f"{labels.in_sentence(labels.term(endpoint, term))}, "
            + labels.listed([_patients_with(words, protocol, spec, results, row) for row in found[term]])
            for term in told
        ]
        others = len(found) - len(told)
        rest = f". {others} less common events stand in the table" if others else ""
        words.add(f"{graded}{lead}: {'; '.join(terms)}{rest}.")
    elif rows:
        words.keys += [row.key for row in rows]
        words.add(f"No patient had an event{lead} among {labels.in_sentence(graded)}.")
    for kind in (kind for kind in spec.kinds if kind in TOLD):
        words.add(_of_kind(words, protocol, spec, results, kind))
    return words.text()


def _of_kind(
    words: Sentences, protocol: Protocol, spec: SafetyAnalysis, results: Results, kind: EventKind
) -> str:
    """Patients with any serious, or any fatal, event by arm; empty where the results hold none."""
    shelf, name = Shelf(results, spec.id, "included"), safety_words.LEVELS[kind]
    rows = {
        group: shelf.row(group, "any", kind, "count") for group in labels.ordered(protocol, shelf.groups())
    }
    held = [row for row in rows.values() if row is not None]
    if held and not any(row.value for row in held):
        words.keys += [row.key for row in held]
        return f"No patient had a {name} event."
    shares = []
    for group in rows:
        stats = (shelf.row(group, "any", kind, stat) for stat in ("count", "n", "proportion"))
        share = words.quote(partial(_share, words.forms), *stats)
        if share:
            shares.append(f"{share} with {labels.arm(protocol, group)}")
    return f"Patients with a {name} event: {labels.listed(shares)}." if shares else ""


def _share(forms: Forms, count: float | None, n: float | None, part: float | None) -> str:
    return f"{forms.count(count)}/{forms.count(n)} ({forms.percent(part)}%)"


def _commonest(found: dict[str, list[Row]], spec: SafetyAnalysis, results: Results) -> list[str]:
    """The terms that a sentence lists, in the order of the table: all, or those commonest in any one arm.

    Terms as common as the last one listed are listed too.
    """
    shelf = Shelf(results, spec.id, "included")

    def share(term: str) -> float:
        rows = (shelf.row(row.group, term, row.level, "proportion") for row in found[term])
        return max((row.value for row in rows if row is not None and row.value is not None), default=0.0)

    shares = {term: share(term) for term in found}
    least = sorted((share for term, share in shares.items() if term != "any"), reverse=True)[:MOST_TERMS]
    return [term for term in found if not least or shares[term] >= least[-1]]


def _patients_with(
    words: Sentences, protocol: Protocol, spec: SafetyAnalysis, results: Results, row: Row
) -> str:
    shelf = Shelf(results, spec.id, "included")
    share = words.quote(
        partial(_share, words.forms),
        row,
        shelf.row(row.group, row.variable, "", "n"),
        shelf.row(row.group, row.variable, row.level, "proportion"),
    )
    return f"{share} with {labels.arm(protocol, row.group)}"
