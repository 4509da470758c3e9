"""Two readings of the same patients in sentences: how many alike, kappa, the rates by each, whom the third followed."""

from __future__ import annotations

from functools import partial

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.narrative.sentences import Sentences
from calliper.displays.numbers import Forms
from calliper.displays.readings import Readings, readings
from calliper.protocol.readings import response_of
from calliper.protocol.specs import AgreementAnalysis, Protocol, ResponseAnalysis
from calliper.results import Results


def agreement(spec: AgreementAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """A paragraph a landmark, then one of the scans that both read."""
    forms = numbers.forms(protocol)
    held, level = readings(spec, protocol, results), labels.confidence(protocol)
    paragraphs: list[Text] = []
    endpoint = response_of(protocol, spec.endpoints[0])
    for name in held.landmarks:
        words = Sentences(forms)
        alike = _alike(words, held, name, level)
        words.add(f"{labels.occasion(endpoint, name)}, {alike}" if alike else "")
        words.add(_rates(words, held, name))
        words.add(_adjudicated(words, held, name))
        paragraphs += words.text()
    words = Sentences(forms)
    words.add(
        _scans(
            words,
            held.scans,
            every="The category is the same on {all_scans} that both have.",
            some="The category is the same on {alike} of {scans} that both have",
        )
    )
    words.add(_unpaired(words, held))
    paragraphs += words.text()
    return tuple(paragraphs)


def recorded_beside_derived(spec: ResponseAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """On how many scans the recorded category is the derived one; nothing where none was recorded."""
    words = Sentences(numbers.forms(protocol))
    words.add(
        _scans(
            words,
            Shelf(results, spec.id, "scans"),
            every="The derived category is the recorded one on {all_scans} that have both.",
            some="The derived category is the recorded one on {alike} of {scans} that have both",
        )
    )
    return words.text()


def _alike(words: Sentences, held: Readings, landmark: str, level: str) -> str:
    shelf, forms = held.evaluable, words.forms
    share = words.quote(
        lambda k, n, part, low, high: (
            f"{forms.count(k)} of {forms.count(n)} patients evaluable by both ({forms.percent(part)}%, {level} "
            f"CI {forms.interval(low, high, forms.percent)})"
        ),
        shelf.row("overall", landmark, "alike", "count"),
        shelf.row("overall", landmark, "", "n"),
        *(
            shelf.row("overall", landmark, "alike", stat)
            for stat in ("proportion", "lower.clopper_pearson", "upper.clopper_pearson")
        ),
    )
    if not share:
        return ""
    pair = f"{labels.in_sentence(held.first)} and {labels.in_sentence(held.second)}"
    kappas = [_kappa(words, shelf, landmark, name, level) for name in ("unweighted", "linear")]
    told = "; ".join(kappa for kappa in kappas if kappa)
    return f"{share} were categorised alike by {pair}{told and f' ({told})'}."


def _kappa(words: Sentences, shelf: Shelf, landmark: str, name: str, level: str) -> str:
    lead = "kappa" if name == "unweighted" else "linear-weighted kappa"
    value, lower, upper = (
        shelf.row("overall", landmark, "", f"{stat}.{name}") for stat in ("kappa", "lower", "upper")
    )
    if lower is None or upper is None:
        return words.quote(lambda v: f"{lead} {words.forms.kappa(v)}", value)
    return words.quote(
        lambda v, low, high: (
            f"{lead} {words.forms.kappa(v)}, {level} CI {words.forms.interval(low, high, words.forms.kappa)}"
        ),
        value,
        lower,
        upper,
    )


def _rates(words: Sentences, held: Readings, landmark: str) -> str:
    shelf, rates = held.evaluable, []
    for group, name in (("first", held.first), ("second", held.second)):
        rate = words.quote(
            lambda k, n, share: (
                f"{words.forms.percent(share)}% ({words.forms.count(k)}/{words.forms.count(n)})"
            ),
            shelf.row(group, landmark, "ORR", "count"),
            shelf.row(group, landmark, "", "n"),
            shelf.row(group, landmark, "ORR", "proportion"),
        )
        rates += [f"{rate} by {labels.in_sentence(name)}"] if rate else []
    p = words.quote(words.forms.p_equation, shelf.row("between", landmark, "ORR", "p.mcnemar"))
    test = f" (McNemar's exact test, two-sided, descriptive: {p})" if p else ""
    return f"Objective response in these patients was {labels.listed(rates)}{test}." if rates else ""


def _adjudicated(words: Sentences, held: Readings, landmark: str) -> str:
    shelf = held.everyone
    n = shelf.row("adjudicated", landmark, "", "n")
    if n is None or not n.value:
        return ""
    levels = ("first", "second", "neither")
    rows = [shelf.row("adjudicated", landmark, level, "count") for level in levels]
    total = words.quote(lambda value: labels.counted_patients(int(value)), n)
    first, second, neither = (words.quote(words.forms.count, row) for row in rows)
    return (
        f"The two differ on {total} of all; the adjudication has the category of "
        f"{labels.in_sentence(held.first)} in {first}, that of {labels.in_sentence(held.second)} in {second} and "
        f"neither in {neither}."
    )


def _scans(words: Sentences, shelf: Shelf, *, every: str, some: str) -> str:
    """`every` with `{all_scans}` if all are alike; else `some` with `{alike}` and `{scans}`, the share and kappa."""
    n, alike, share = (
        shelf.row("overall", "", level, stat)
        for level, stat in (("", "n"), ("alike", "count"), ("alike", "proportion"))
    )
    if n is None or alike is None or not n.value:
        return ""
    if alike.value == n.value:
        lead = "the" if n.value == 1 else "all"
        return words.quote(lambda total: every.format(all_scans=f"{lead} {_counted(words.forms, total)}"), n)
    kappa = words.quote(
        lambda v: f"; kappa {words.forms.kappa(v)}", shelf.row("overall", "", "", "kappa.unweighted")
    )
    told = words.quote(
        lambda total, k: some.format(scans=_counted(words.forms, total), alike=words.forms.count(k)), n, alike
    )
    return f"{told} ({words.quote(words.forms.percent, share)}%{kappa})."


def _unpaired(words: Sentences, held: Readings) -> str:
    """How many scans one alone has; nothing where there is none."""
    rows = [held.scans.row(group, "", "", "unpaired") for group in ("first", "second")]
    if not any(row is not None and row.value for row in rows):
        return ""
    first, second = (words.quote(partial(_counted, words.forms), row) for row in rows)
    one, other = labels.in_sentence(held.first), labels.in_sentence(held.second)
    return f"Without a counterpart are {first} of {one} and {second} of {other}."


def _counted(forms: Forms, n: float | None) -> str:
    return "1 scan" if n == 1 else f"{forms.count(n)} scans"
