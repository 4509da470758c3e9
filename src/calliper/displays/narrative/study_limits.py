"""Limitations that follow from how a study was made and what its records hold; each stands only where it holds."""

from __future__ import annotations

from collections.abc import Callable

from calliper.blocks import Text
from calliper.displays import labels
from calliper.displays.cells import Shelf
from calliper.displays.narrative.facts import Facts
from calliper.displays.narrative.handled import adjustments, late_starts
from calliper.displays.narrative.sentences import Sentences
from calliper.protocol import specs

OLDER_CTCAE = ("2.0", "3.0", "4.0", "4.02", "4.03")
"""Versions that grade some events otherwise than the fifth."""


def study_limits(facts: Facts) -> tuple[Text, ...]:
    """Every limitation of LIMITS that holds, as items of a list."""
    return tuple(text for limit in LIMITS for text in limit(facts))


def _item(sentence: str) -> tuple[Text, ...]:
    return (Text(sentence, "item"),) if sentence else ()


def _observed(facts: Facts) -> bool:
    """Whether arms are compared to which nobody was assigned at random."""
    return facts.compares and not facts.is_randomised


def assignment(facts: Facts) -> tuple[Text, ...]:
    """Treatment was chosen for reasons."""
    if not _observed(facts):
        return ()
    retrospective = "retrospective" in facts.protocol.study.design
    looking = " and the records were not made for this question" if retrospective else ""
    return _item(
        f"Treatment was not assigned at random{looking}. Arms may differ in what was measured and in "
        "what was not; a difference between them is an association, and the unadjusted comparisons "
        "make no allowance for it."
    )


def adjustment(facts: Facts) -> tuple[Text, ...]:
    """No model with the arm and something else."""
    if not _observed(facts) or adjustments(facts):
        return ()
    return _item("No analysis adjusts the comparison of arms for confounding.")


def one_arm(facts: Facts) -> tuple[Text, ...]:
    """Nothing to compare with."""
    return (
        () if facts.compares else _item("There is one arm: nothing here tells how other patients would fare.")
    )


def screening(facts: Facts) -> tuple[Text, ...]:
    """Everybody in the records is in the study: there is no log of those who are not."""
    words = Sentences(facts.forms)
    flow = Shelf(facts.results, "flow", "screened")
    screened, included = (flow.row("overall", "", "", stat) for stat in ("screened", "included"))
    if screened is None or included is None or not screened.value or screened.value != included.value:
        return ()
    n = words.quote(facts.forms.count, included)
    words.add(
        f"All {n} patients of the records were included: there is no log of those screened, so that who else was "
        "treated, and why they are not here, is not known."
    )
    return tuple(Text(text.text, "item", text.keys) for text in words.text())


def immortal(facts: Facts) -> tuple[Text, ...]:
    """Drugs of some arms that began after time zero."""
    words = Sentences(facts.forms)
    for sentence in late_starts(facts, words) if _observed(facts) else []:
        words.add(sentence)
    return tuple(Text(text.text, "item", text.keys) for text in words.text())


def scanning(facts: Facts) -> tuple[Text, ...]:
    """Progression read off scans whose frequency nobody compared; where it was, its own warning says what it found."""
    reads = any(
        spec.assessments is not None or any(source.table == "responses" for source in spec.events)
        for spec in facts.endpoints(specs.TimeToEvent)
    )
    if not reads or not facts.compares or facts.analyses(specs.ScheduleAnalysis):
        return ()
    return _item(
        "Whether scans came as often in each arm was not examined; progression is seen sooner where they do."
    )


def readers(facts: Facts) -> tuple[Text, ...]:
    """No reader named, in the study file or for the lesions."""
    held = facts.endpoints(specs.Response)
    named = facts.protocol.study.readers or any(spec.lesions and spec.lesions.readers for spec in held)
    if not held or named:
        return ()
    return _item("No central or masked reading of the scans is declared.")


def dictionary(facts: Facts) -> tuple[Text, ...]:
    """An older version of the CTCAE."""
    held = facts.endpoints(specs.Toxicity)
    older = dict.fromkeys(
        spec.version for spec in held if spec.dictionary.upper() == "CTCAE" and spec.version in OLDER_CTCAE
    )
    if not older:
        return ()
    return _item(
        f"Adverse events were graded by CTCAE version {labels.listed(list(older))}; version 5.0 grades some of them "
        "otherwise."
    )


def exposure(facts: Facts) -> tuple[Text, ...]:
    """Neither sessions nor doses."""
    if any(isinstance(spec, specs.Treatments | specs.Exposure) for spec in facts.protocol.endpoints.values()):
        return ()
    return _item("How much treatment patients had is no part of the study.")


def later_therapy(facts: Facts) -> tuple[Text, ...]:
    """Times to events, and no record of what was given afterwards."""
    held = facts.protocol.endpoints.values()
    is_read = any(
        isinstance(spec, specs.TimeToEvent | specs.Response) and spec.new_therapy is not None for spec in held
    )
    if is_read or facts.protocol.data.other_therapy is not None or not facts.endpoints(specs.TimeToEvent):
        return ()
    return _item(
        "Later anticancer therapy is not in the records; it may bear on survival, and not be alike in all."
    )


def incomplete(facts: Facts) -> tuple[Text, ...]:
    """Baseline variables with missing values."""
    lost = [
        labels.in_sentence(labels.variable(facts.protocol, name))
        for spec in facts.analyses(specs.BaselineAnalysis)
        for name in spec.variables
        if (row := Shelf(facts.results, spec.id, "included").row("overall", name, "", "missing")) is not None
        and row.value
    ]
    if not lost:
        return ()
    return _item(f"Values are missing of {labels.listed(list(dict.fromkeys(lost)))}; none was imputed.")


def centres(facts: Facts) -> tuple[Text, ...]:
    """One centre, or none named."""
    if len(facts.protocol.centres) > 1:
        return ()
    return _item("All patients come from one centre.")


def size(facts: Facts) -> tuple[Text, ...]:
    """No size was calculated."""
    if facts.protocol.study.sample_size:
        return ()
    words = Sentences(facts.forms)
    n = words.quote(
        facts.forms.count, Shelf(facts.results, "flow", "screened").row("overall", "", "", "included")
    )
    words.add(
        f"No sample size was calculated: with {n} patients, an estimate whose interval holds no effect does not show "
        "that there is none."
        if n
        else ""
    )
    return tuple(Text(text.text, "item", text.keys) for text in words.text())


LIMITS: tuple[Callable[[Facts], tuple[Text, ...]], ...] = (
    assignment, adjustment, one_arm, screening, immortal, scanning, readers, dictionary, exposure, later_therapy,
    incomplete, centres, size,
)  # fmt: skip
"""In the order of the report."""
