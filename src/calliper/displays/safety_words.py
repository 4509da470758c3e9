"""What adverse events, their categories and their kinds are called in print."""

from __future__ import annotations

from calliper.displays import labels
from calliper.protocol.safety_specs import EventKind
from calliper.protocol.specs import Protocol, SafetyAnalysis, Toxicity

CATEGORY = "category:"
"""A variable of the rows of a category begins with it."""

KINDS: dict[EventKind, str] = {
    "serious": "Serious",
    "related": "Related to treatment",
    "reduced": "Dose lowered",
    "interrupted": "Treatment interrupted",
    "stopped": "Treatment stopped",
    "fatal": "Fatal",
}

LEVELS: dict[str, str] = {
    "any grade": "any grade",
    "grade >=3": "grade ≥3",
    **{str(kind): labels.in_sentence(words) for kind, words in KINDS.items()},
    "first event": "rate of the first event",
    "session": "by session",
}
"""A level of the rows in words."""


def is_category(variable: str) -> bool:
    """Whether the rows of a variable are those of a category."""
    return variable.startswith(CATEGORY)


def event(endpoint: Toxicity, variable: str) -> str:
    """A term, a category or any event in words.

    Categories as MedDRA has them, in capitals alone, are printed in lower case.
    """
    if not is_category(variable):
        return labels.term(endpoint, variable)
    name = variable.removeprefix(CATEGORY)
    name = name.lower() if name.isupper() else name
    return name[:1].upper() + name[1:]


def toxicity(protocol: Protocol, spec: SafetyAnalysis) -> Toxicity:
    """The endpoint of a safety analysis; raises TypeError when it is another kind."""
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Toxicity):
        raise TypeError(f"{spec.endpoint} is not a toxicity endpoint")
    return endpoint


def dictionary(endpoint: Toxicity) -> str:
    """The dictionary and its version, `CTCAE version 3.0`; words that are no version stand apart."""
    joint = " " if endpoint.version[:1].isdigit() else ", "
    return f"{endpoint.dictionary}{joint}version {endpoint.version}"


def caption(protocol: Protocol, spec: SafetyAnalysis, what: str = "") -> str:
    """The analysis, what of it a table or figure shows, and by which dictionary."""
    endpoint = toxicity(protocol, spec)
    title = spec.title or endpoint.label
    return f"{title}{what and ': '}{what} ({dictionary(endpoint)})"


def counted_once(protocol: Protocol) -> str:
    """How patients are counted, and the interval of their share."""
    return f"CI: exact (Clopper-Pearson) {labels.confidence(protocol)} confidence interval."


def subject(protocol: Protocol, spec: SafetyAnalysis, text: str) -> str:
    """A method's subject - a term, a level, an arm or contrast - in words.

    The level is the last of the text's words that is one: a recorded term may hold such words itself.
    """
    endpoint = toxicity(protocol, spec)
    for level, words in LEVELS.items():
        term, found, rest = text.rpartition(f" {level}")
        if found and (not rest or rest.startswith(" ")):
            parts = [labels.in_sentence(event(endpoint, term)), words, _whose(protocol, rest.strip())]
            return ", ".join(part for part in parts if part)
    return labels.in_sentence(event(endpoint, text))


def _whose(protocol: Protocol, group: str) -> str:
    """An arm, or two compared; empty where none is named."""
    if " vs " in group:
        one, other = group.split(" vs ", maxsplit=1)
        return labels.contrast(protocol, one, other)
    return labels.arm(protocol, group) if group else ""


def head(endpoint: Toxicity) -> str:
    """What heads the names of the events: of an endpoint of laboratory values alone, that."""
    terms = () if isinstance(endpoint.terms, str) else endpoint.terms.values()
    return "Laboratory value" if terms and all(term.lab is not None for term in terms) else "Adverse event"
