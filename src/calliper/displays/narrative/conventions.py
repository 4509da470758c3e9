"""The study under other software conventions, in words."""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.tables.conventions import PROGRAMS, Compared
from calliper.protocol.specs import Protocol
from calliper.results import CONVENTIONS, STUDY

SAME_EVERYWHERE = {"logrank": "the log-rank test", "fisher": "Fisher's exact test"}
"""Tests that are said to be the same in all programs, where the results are."""


def sensitivity(protocol: Protocol, held: Compared) -> tuple[Text, ...]:
    """How many numbers were compared, how many differ, and how many conclusions change."""
    forms = numbers.forms(protocol)
    shelf = Shelf(held.results, CONVENTIONS, STUDY)
    compared, differ, flips = (shelf.row("", "", "", stat) for stat in ("compared", "differ", "flips"))
    if compared is None or differ is None or flips is None:
        return ()
    programs = labels.listed([PROGRAMS[name] for name in held.others])
    mine = f"those of {PROGRAMS[held.own]}" if held.own else "no single program's"
    lead = (
        "Good software differs where more than one choice is sound. The choices of this study are "
        f"{mine}; the analyses were repeated with those of {programs}, as the last table of this section "
        f"lists them. Of {forms.count(compared.value)} numbers compared, {forms.count(differ.value)} "
        "differ under some convention"
    )
    keys = (compared.key, differ.key)
    if flips.value:
        told = "conclusion changes" if flips.value == 1 else "conclusions change"
        texts = [Text(f"{lead}; {forms.count(flips.value)} {told}.", keys=(*keys, flips.key))]
    else:
        texts = [Text(f"{lead}; no conclusion changes.", keys=keys)]
    return (*texts, *_same(protocol, held))


def _same(protocol: Protocol, held: Compared) -> tuple[Text, ...]:
    """The tests that have the same P value under every convention."""
    own = {spec.id for spec in protocol.analyses}
    made = {row.stat for row in held.results if row.analysis in own}
    differing = {row.stat for row in held.results.of(CONVENTIONS)}
    same = [
        words
        for test, words in SAME_EVERYWHERE.items()
        if f"p.{test}" in made and f"p.{test}" not in differing
    ]
    if not same:
        return ()
    verb = "is" if len(same) == 1 else "are"
    sentence = f"{labels.listed(same)} {verb} the same under every convention, and so is every count."
    return (Text(f"{sentence[0].upper()}{sentence[1:]}"),)
