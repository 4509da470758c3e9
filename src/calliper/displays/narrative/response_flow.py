"""What became of the patients with partial response by the next landmark, in a sentence an arm."""

from __future__ import annotations

from itertools import pairwise

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.narrative.sentences import Sentences
from calliper.protocol.specs import RESPONSE_CATEGORIES, Protocol, Response, ResponseAnalysis
from calliper.results import Results

FOLLOWED = "PR"
NOUNS = {
    "CR": "a complete response",
    "PR": "a partial response",
    "SD": "stable disease",
    "PD": "progressive disease",
}


def response_flow(spec: ResponseAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """Of those with partial response at one landmark, how many had which response at the next."""
    forms = numbers.forms(protocol)
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Response):
        return ()
    shelf, words = Shelf(results, spec.id, "all"), Sentences(forms)
    for first, then in pairwise(endpoint.moments(spec.landmarks or tuple(endpoint.landmarks))):
        before, after = (labels.in_sentence(endpoint.landmarks[name].label) for name in (first, then))
        told = [
            sentence
            for arm in labels.ordered(protocol, shelf.groups())
            if (sentence := _followed(words, protocol, shelf, arm, (first, then)))
        ]
        if told:
            lead = f"Of the patients with {NOUNS[FOLLOWED]} at {before}, these were the responses at {after}"
            words.add(f"{lead}: {'; '.join(told)}.")
    return words.text()


def _followed(words: Sentences, protocol: Protocol, shelf: Shelf, arm: str, moments: tuple[str, str]) -> str:
    """`with TACE, of 25 patients 3 a complete response and 22 a partial response`; empty where there were none."""
    forms = numbers.forms(protocol)
    first, then = moments
    n = shelf.row(arm, first, FOLLOWED, "count")
    if n is None or not n.value:
        return ""
    became = []
    for category in RESPONSE_CATEGORIES:
        row = shelf.row(arm, f"{first} to {then}", f"{FOLLOWED} to {category}", "count")
        if row is not None and row.value:
            count = words.quote(forms.count, row)
            became.append(f"{count} {NOUNS.get(category, 'not evaluable')}")
    of = f"{words.quote(forms.count, n)} {'patient' if n.value == 1 else 'patients'}"
    return f"with {labels.arm(protocol, arm)}, of {of}, {labels.listed(became)}" if became else ""
