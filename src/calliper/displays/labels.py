"""What the study file calls things: arms, variables, levels, landmarks and terms in words for print."""

from __future__ import annotations

import datetime

from calliper.protocol import specs
from calliper.protocol.specs import Protocol

RESPONSE_WORDS = {
    "CR": "Complete response",
    "PR": "Partial response",
    "SD": "Stable disease",
    "PD": "Progressive disease",
    "NE": "Not evaluable",
    "ORR": "Objective response (CR + PR)",
    "DCR": "Disease control (CR + PR + SD)",
}

TEST_WORDS = {
    "welch": "Welch's t test, two-sided",
    "pooled": "Student's t test (pooled variance), two-sided",
    "mann_whitney": "Mann-Whitney test, two-sided",
    "anova": "One-way analysis of variance",
    "kruskal_wallis": "Kruskal-Wallis test",
    "levene": "Levene's test of equal variances",
    "pearson": "Pearson chi-square test without continuity correction",
    "yates": "Chi-square test with Yates's continuity correction",
    "fisher": "Fisher's exact test, two-sided",
}


def arm(protocol: Protocol, name: str) -> str:
    """The label of an arm; `overall` is `Overall`."""
    if name in protocol.arms.groups:
        return protocol.arms.groups[name].label
    return "Overall" if name == "overall" else name


def arm_short(protocol: Protocol, name: str) -> str:
    """The short label of an arm where the study file gives one, else its label."""
    held = protocol.arms.groups.get(name)
    return held.short or held.label if held is not None else arm(protocol, name)


LONGEST_HEADING = 34
"""Characters of an arm's label that a column heading holds; a longer one gives way to the short label."""


def heading(protocol: Protocol, name: str) -> str:
    """The arm as a column heading: its label, or its short label where the label is long."""
    label = arm(protocol, name)
    return label if len(label) <= LONGEST_HEADING else arm_short(protocol, name)


def centre(protocol: Protocol, name: str) -> str:
    """The label of a centre; of none `Not stated`."""
    return protocol.centres[name].label if name in protocol.centres else name or "Not stated"


def abbreviations(protocol: Protocol, names: list[str]) -> str:
    """`short: label` for every arm that has a short label of its own."""
    pairs = [(arm_short(protocol, name), arm(protocol, name)) for name in names]
    shortened = [f"{short}: {label}." for short, label in pairs if short != label]
    return " ".join(shortened)


def reference(protocol: Protocol, by: str | None = None) -> str:
    """The group that others are compared with: the reference arm, or the first level of `by`."""
    return protocol.arms.reference if by in (None, "arm") else levels(protocol, by or "")[0]


def contrast(protocol: Protocol, group: str, reference: str, by: str | None = None) -> str:
    """`A vs B`, in short labels; of the levels of `by`, `stage A vs B`."""
    pair = f"{arm_short(protocol, group)} vs {arm_short(protocol, reference)}"
    return pair if by in (None, "arm") else f"{in_sentence(variable(protocol, by or ''))} {pair}"


def group(protocol: Protocol, name: str, by: str | None = None) -> str:
    """A group of patients on its own: an arm's label, or the level of `by` with the variable it is of."""
    if by in (None, "arm") or name == "overall":
        return arm(protocol, name)
    return f"{variable(protocol, by or '')} {name}"


def divided(label: str, protocol: Protocol, by: str | None) -> str:
    """A caption, and by what the patients are divided where not by arm: `Overall survival by stage`."""
    return label if by in (None, "arm") else f"{label} by {in_sentence(variable(protocol, by or ''))}"


def criteria(name: str) -> str:
    """Criteria of response after a verb: `by RECIST 1.1`, but `as recorded by the investigator`."""
    return name if name.startswith("as ") else f"by {name}"


def ordered(protocol: Protocol, groups: list[str], by: str | None = None) -> list[str]:
    """The groups in printing order: of the arms, or of the levels of `by`."""
    order = levels(protocol, by) if by else tuple(protocol.arms.groups)
    return [name for name in order if name in groups] + [name for name in groups if name not in order]


def variable(protocol: Protocol, name: str) -> str:
    """The label of a variable, without its unit; the factor `arm` is `Treatment arm`."""
    if name == "arm":
        return "Treatment arm"
    return protocol.variable(name).label


def variable_with_unit(protocol: Protocol, name: str) -> str:
    """The label of a variable, with its unit where it has one."""
    if name == "arm":
        return variable(protocol, name)
    held = protocol.variable(name)
    unit = getattr(held, "unit", None)
    return f"{held.label}, {unit}" if unit else held.label


def levels(protocol: Protocol, name: str) -> tuple[str, ...]:
    """The levels of a category in order; none for a number. The levels of `arm` are the arms' names."""
    if name == "arm":
        return tuple(protocol.arms.groups)
    return tuple(getattr(protocol.variable(name), "levels", ()))


def level(protocol: Protocol, name: str, value: str) -> str:
    """A level in words: an arm's label for `arm`, else the level itself."""
    return arm(protocol, value) if name == "arm" else value


def decimals(protocol: Protocol, name: str) -> int:
    """The decimals a number is printed with."""
    held = protocol.variable(name)
    return held.decimals if isinstance(held, specs.Number | specs.Span | specs.Score) else 1


def endpoint(protocol: Protocol, name: str) -> str:
    """The label of an endpoint."""
    return protocol.endpoints[name].label


def landmark(endpoint: specs.Response, name: str) -> str:
    """The endpoint at a landmark: `Tumour response at 3 months`, `Tumour response, best response`; the endpoint alone
    where that says it all.
    """
    held = endpoint.landmarks[name]
    if held.label.casefold() == endpoint.label.casefold():
        return endpoint.label
    return f"{endpoint.label}{',' if held.best else ' at'} {in_sentence(held.label)}"


def occasion(endpoint: specs.Response, name: str) -> str:
    """When a sentence on a landmark begins: `At 3 months`, `By best response`."""
    held = endpoint.landmarks[name]
    return f"{'By' if held.best else 'At'} {in_sentence(held.label)}"


def term(endpoint: specs.Toxicity, name: str) -> str:
    """An adverse event: its label where one is declared, else as recorded; `any` is any of them."""
    if name == "any":
        return "Any adverse event"
    declared = endpoint.terms
    return declared[name].label if isinstance(declared, dict) and name in declared else name


def curve(endpoint: specs.TimeToEvent) -> str:
    """What the height of a survival curve is: `Overall survival`, or for other endpoints `Event-free,
    TTP`.
    """
    return endpoint.label if "survival" in endpoint.label.casefold() else f"Event-free, {endpoint.short}"


def in_sentence(label: str) -> str:
    """A label inside a sentence: `First TACE` becomes `first TACE`, `DEB-TACE` and `ECOG` stay.

    >>> in_sentence("First DEB-TACE"), in_sentence("ECOG performance status"), in_sentence("TACE")
    ('first DEB-TACE', 'ECOG performance status', 'TACE')
    """
    starts_word = len(label) > 1 and label[0].isupper() and label[1].islower()
    return label[0].lower() + label[1:] if starts_word else label


def listed(items: list[str] | tuple[str, ...], joint: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {joint} {items[-1]}"


def confidence(protocol: Protocol) -> str:
    """The confidence level as a percentage, `95%`."""
    return f"{round(100 * protocol.confidence, 6):g}%"


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def day(date: datetime.date) -> str:
    """A date in words, the same on every machine.

    >>> day(datetime.date(2020, 6, 30))
    '30 June 2020'
    """
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def ended(sentence: str) -> str:
    """A sentence with a full stop, whichever way it was written."""
    text = sentence.strip()
    return text if not text or text[-1] in ".!?。" else text + "."


def counted_patients(n: int) -> str:
    """`1 patient`, `22 patients`."""
    return "1 patient" if n == 1 else f"{n:,} patients"
