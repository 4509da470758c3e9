"""Deviations from the protocol in words: how many patients had any, how many a major one, what could not be judged."""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.narrative.sentences import Sentences
from calliper.displays.tables.deviations import ANY
from calliper.protocol.specs import Deviations, DeviationsAnalysis, Protocol
from calliper.results import Results


def deviations(spec: DeviationsAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """Patients with any and with a major deviation, overall and by arm, and the records that could not be judged."""
    forms = numbers.forms(protocol)
    shelf, words = Shelf(results, spec.id, "included"), Sentences(forms)
    arms = labels.ordered(protocol, shelf.groups())
    for level, what in (("any", "At least one protocol deviation"), ("major", "A major one")):
        shares = {group: _share(shelf, words, group, level) for group in ("overall", *arms)}
        if not shares["overall"]:
            return ()
        by_arm = [f"{shares[arm]} in {labels.arm(protocol, arm)}" for arm in arms if shares[arm]]
        listed = f": {labels.listed(by_arm)}" if len(by_arm) > 1 else ""
        words.add(f"{what} was found in {shares['overall']}{listed}.")
    unread = shelf.row("overall", ANY, "", "not_recorded")
    if unread is not None and unread.value:
        judged = words.quote(forms.count, shelf.row("overall", ANY, "", "judged"))
        count = words.quote(forms.count, unread)
        words.add(
            f"{judged} judgements were made; {count} could not be made, because a value was not recorded, and count "
            "as no deviations."
        )
    return words.text()


def _share(shelf: Shelf, words: Sentences, group: str, level: str) -> str:
    """`3 of 5 (60.0%)`, of all with `patients`; nothing where the group has no patient."""
    found = (shelf.row(group, ANY, level, "count"), shelf.row(group, ANY, "", "n"))
    counts = words.quote(lambda k, n: f"{words.forms.count(k)} of {words.forms.count(n)}", *found)
    share = words.quote(words.forms.percent, shelf.row(group, ANY, level, "proportion"))
    patients = " patients" if group == "overall" else ""
    return f"{counts}{patients} ({share}%)" if share else ""


def deviations_in_methods(spec: Deviations) -> str:
    """How deviations are found, for the Methods."""
    n = len(spec.rules)
    major = sum(rule.severity == "major" or rule.major_unless is not None for rule in spec.rules)
    held = "1 rule" if n == 1 else f"{n} rules"
    weighs = f"; deviations from {major} of them are, or can be, major" if major else "; all are minor"
    return (
        f"{spec.label} were read off the records by {held}, stated in the study file and listed with "
        f"the results{weighs}."
    )
