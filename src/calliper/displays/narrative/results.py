"""Short Results paragraphs. Every number in them is a looked-up result; no sentence says that treatment acts.

Words are `with`, `higher`, `lower`, `associated with`: the comparison of a cohort shows no cause (STROBE
item 20).
"""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.effects import FIRTH, Effect, effect, is_reference
from calliper.displays.narrative.sentences import Sentences
from calliper.protocol.specs import (
    CoxAnalysis,
    Protocol,
    Response,
    ResponseAnalysis,
    SurvivalAnalysis,
    TimeToEvent,
)
from calliper.results import Results


def patients(protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """How many were screened, left out and included, by arm and centre."""
    forms = numbers.forms(protocol)
    flow, words = Shelf(results, "flow", "screened"), Sentences(forms)
    words.add(_left(words, flow))
    if not words.sentences:
        return ()
    for prefix, names in (("", protocol.arms.groups), ("centre:", protocol.centres)):
        sizes = []
        for name, spec in names.items():
            size = words.quote(forms.count, flow.row(f"{prefix}{name}", "", "", "included"))
            if size:
                sizes.append(f"{size} {'at' if prefix else 'in'} {spec.label}")
        words.add(f"By {'centre' if prefix else 'arm'}: {labels.listed(sizes)}." if len(sizes) > 1 else "")
    return words.text()


def _left(words: Sentences, flow: Shelf) -> str:
    """How many were screened and what became of them; a way out that nobody took is not told."""
    rows = {
        stat: flow.row("overall", "", "", stat) for stat in ("screened", "included", "excluded", "pending")
    }
    included = words.quote(words.forms.count, rows["included"])
    if not included:
        return ""
    left = {
        stat: words.quote(words.forms.count, row)
        for stat, row in rows.items()
        if stat in ("excluded", "pending") and row is not None and row.value
    }
    if not left:
        return f"All {included} patients of the records were included."
    parts = [f"{included} were included"]
    parts += [f"{left['excluded']} excluded"] if "excluded" in left else []
    parts += (
        [f"{left['pending']} left pending because eligibility could not be told"] if "pending" in left else []
    )
    return f"Of {words.quote(words.forms.count, rows['screened'])} patients screened, {labels.listed(parts)}."


def response(spec: ResponseAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """Objective response by arm at each landmark, among evaluable patients."""
    forms = numbers.forms(protocol)
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Response):
        return ()
    shelf, words = Shelf(results, spec.id, "evaluable"), Sentences(forms)
    for landmark in spec.landmarks or tuple(endpoint.landmarks):
        rates = []
        for group in labels.ordered(protocol, shelf.groups()):
            rate = words.quote(
                lambda k, n, share: f"{forms.percent(share)}% ({forms.count(k)}/{forms.count(n)})",
                shelf.row(group, landmark, "ORR", "count"),
                shelf.row(group, landmark, "", "n"),
                shelf.row(group, landmark, "ORR", "proportion"),
            )
            if rate:
                rates.append(f"{rate} with {labels.arm(protocol, group)}")
        if not rates:
            continue
        words.add(
            f"{labels.occasion(endpoint, landmark)}, objective response among evaluable patients was "
            f"{labels.listed(rates)}{_compared(words, protocol, shelf, landmark)}."
        )
    words.add("These comparisons are unadjusted." if words.sentences and shelf.contrasts() else "")
    return words.text()


def _compared(words: Sentences, protocol: Protocol, shelf: Shelf, landmark: str) -> str:
    forms = numbers.forms(protocol)
    p = words.quote(forms.p_equation, shelf.row("between", landmark, "ORR", "p"))
    pairs = shelf.contrasts()
    if len(pairs) != 1:
        return f" ({p})" if p else ""
    pair = f"{pairs[0][0]} vs {pairs[0][1]}"
    difference = words.quote(
        lambda v, low, high: (
            f"difference {forms.percent(v)} percentage points, {labels.confidence(protocol)} CI "
            f"{forms.interval(low, high, forms.percent)}"
        ),
        shelf.row(pair, landmark, "ORR", "difference"),
        shelf.row(pair, landmark, "ORR", "lower.newcombe"),
        shelf.row(pair, landmark, "ORR", "upper.newcombe"),
    )
    return f" ({'; '.join(part for part in (difference, p) if part)})" if difference or p else ""


def survival(spec: SurvivalAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """Events, medians, the log-rank test and unadjusted hazard ratios of one endpoint."""
    forms = numbers.forms(protocol)
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, TimeToEvent):
        return ()
    shelf, words, name = Shelf(results, spec.id, "included"), Sentences(forms), spec.endpoint
    medians = []
    for group in labels.ordered(protocol, shelf.groups(), spec.by):
        events = words.quote(
            lambda k, n: (
                f"{forms.count(k)} {labels.in_sentence(endpoint.event_label)} in "
                f"{labels.counted_patients(int(n))}"
            ),
            shelf.row(group, name, "", "events"),
            shelf.row(group, name, "", "n"),
        )
        median = _median(words, protocol, shelf, group, name)
        if median:
            held = labels.in_sentence(labels.group(protocol, group, spec.by)) if spec.by else ""
            medians.append(f"{median} with {held or labels.arm(protocol, group)} ({events})")
    if medians:
        words.add(f"Median {labels.in_sentence(endpoint.label)} was {labels.listed(medians)}.")
    p = words.quote(forms.p_equation, shelf.row("between", name, "", "p.logrank"))
    words.add(f"The curves were compared by the two-sided log-rank test: {p}." if p else "")
    for group, reference in shelf.contrasts():
        words.add(_hazard(words, protocol, shelf, (group, reference), spec))
        words.add(_restricted(words, protocol, shelf, (group, reference), spec))
    if endpoint.counted_from is not None and p:
        words.add(
            f"This time is of those patients alone who had {endpoint.counted_from.reason}, and what happened after the "
            "start chose them: the comparison is descriptive."
        )
    return words.text()


def _median(words: Sentences, protocol: Protocol, shelf: Shelf, group: str, name: str) -> str:
    forms = numbers.forms(protocol)
    endpoint, level = protocol.endpoints[name], labels.confidence(protocol)
    unit = endpoint.unit if isinstance(endpoint, TimeToEvent) else ""
    found = [shelf.row(group, name, "", stat) for stat in ("median", "median_lower", "median_upper")]
    if found[0] is not None and found[0].value is None:
        words.keys.append(found[0].key)
        return "not reached"
    if all(row is None or row.value is None for row in found[1:]):
        return words.quote(lambda v: f"{forms.duration(v)} {unit}", found[0])
    return words.quote(
        lambda v, low, high: (
            f"{forms.duration(v)} {unit} ({level} CI {forms.interval(low, high, forms.duration)})"
        ),
        *found,
    )


def _restricted(
    words: Sentences, protocol: Protocol, shelf: Shelf, pair: tuple[str, str], spec: SurvivalAnalysis
) -> str:
    """The difference of the restricted means, where the study file asks for them and they could be made."""
    endpoint = protocol.endpoints[spec.endpoint]
    if spec.rmst is None or not isinstance(endpoint, TimeToEvent):
        return ""
    rows = [
        shelf.row(" vs ".join(pair), spec.endpoint, "", f"{stat}.rmst", spec.rmst)
        for stat in ("difference", "lower", "upper", "p")
    ]
    forms, level = words.forms, labels.confidence(protocol)
    said = words.quote(
        lambda d, low, high, p: (
            f"{forms.duration(d)} {endpoint.unit} ({level} CI {forms.interval(low, high, forms.duration)}; "
            f"{forms.p_equation(p)})"
        ),
        *rows,
    )
    versus = labels.contrast(protocol, *pair, spec.by)
    restricted = f"the mean restricted to {spec.rmst:g} {endpoint.unit}"
    return f"The unadjusted difference of {restricted}, {versus}, was {said}." if said else ""


def _hazard(
    words: Sentences, protocol: Protocol, shelf: Shelf, pair: tuple[str, str], spec: SurvivalAnalysis
) -> str:
    forms = numbers.forms(protocol)
    found = effect(shelf, " vs ".join(pair), spec.endpoint, "", ordinary=".cox")
    if found is None:
        return ""
    ratio = words.quote(
        lambda v, low, high: (
            f"{forms.sharper(forms.ratio, low, high)(v)} ({labels.confidence(protocol)} CI "
            f"{forms.interval(low, high, forms.ratio)})"
        ),
        *found.rows[:3],
    )
    versus = labels.contrast(protocol, *pair, spec.by)
    by = f" by {FIRTH}, as the ordinary likelihood has no maximum" if found.is_firth else ""
    return f"The unadjusted hazard ratio, {versus}, was {ratio}{by}."


def prognosis(spec: CoxAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """The effects of each multivariable model with P below alpha, said as associations."""
    forms = numbers.forms(protocol)
    shelf = Shelf(results, spec.id, "included")
    endpoint = labels.in_sentence(labels.endpoint(protocol, spec.endpoint))
    paragraphs: list[Text] = []
    groups = ([("univariable", "the univariable analyses")] if spec.univariable else []) + [
        (model.id, f"the multivariable model ({labels.in_sentence(model.label)})") for model in spec.models
    ]
    for group, label in groups:
        words = Sentences(forms)
        effects = _effects(results, spec, group)
        found = [
            _effect(words, protocol, shelf, held)
            for held in effects
            if held.p.value is not None and held.p.value < protocol.alpha
        ]
        sentence = (
            f"In {label}, these were associated with {endpoint} at P < {protocol.alpha:g}: "
            f"{'; '.join(found)}."
        )
        if found:
            words.add(sentence)
        elif effects:
            words.add(f"In {label}, nothing was associated with {endpoint} at P < {protocol.alpha:g}.")
        paragraphs += words.text()
    if paragraphs:
        paragraphs.append(
            Text("These analyses are exploratory: P values are not adjusted for the number of factors.")
        )
    return tuple(paragraphs)


def _effects(results: Results, spec: CoxAnalysis, group: str) -> list[Effect]:
    """Every coefficient of the group's fits, in order."""
    shelf = Shelf(results, spec.id, "included")
    rows = [row for row in results.of(spec.id) if row.group == group and row.stat in ("hr", "hr.firth")]
    found = [effect(shelf, group, row.variable, row.level) for row in rows]
    return [held for held in found if held is not None]


def _effect(words: Sentences, protocol: Protocol, shelf: Shelf, held: Effect) -> str:
    forms = numbers.forms(protocol)
    row = held.hr
    label = labels.in_sentence(labels.variable_with_unit(protocol, row.variable))
    if row.level:
        label += f", {labels.level(protocol, row.variable, row.level)}"
        label += _versus(protocol, shelf, row.group, row.variable)
    quoted = words.quote(
        lambda v, low, high, p: (
            f"HR {forms.sharper(forms.ratio, low, high)(v)}, {labels.confidence(protocol)} CI "
            f"{forms.interval(low, high, forms.ratio)}, {forms.p_equation(p)}"
        ),
        *held.rows,
    )
    return f"{label} ({quoted}{f', {FIRTH}' if held.is_firth else ''})"


def _versus(protocol: Protocol, shelf: Shelf, group: str, factor: str) -> str:
    for level in labels.levels(protocol, factor):
        if is_reference(shelf, group, factor, level):
            return f" vs {labels.level(protocol, factor, level)}"
    return ""
