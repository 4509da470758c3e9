"""What kind of study it is, where and when, who was in it and in which arm, in sentences from the study file."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.blocks import Text
from calliper.displays import labels
from calliper.displays.narrative.facts import Facts
from calliper.protocol import specs

UNKNOWN_WORDS = {
    "pending": "the patient is pending and not included",
    "include": "the patient stays in",
    "exclude": "the patient is excluded",
}
GUIDELINE = (
    "The report follows the STROBE statement for cohort studies; "
    "the section Checklist says where each item stands."
)
ROUTINE = (
    "The report follows the STROBE statement for cohort studies and its RECORD extension for records collected in "
    "routine care; the section Checklist says where each item stands."
)
TRIAL = (
    "The items of the STROBE statement are listed in the section Checklist; a randomised trial is reported by CONSORT, "
    "which asks for more."
)
UNSTATED = "Not in the study file, and for the authors to state"


def design(facts: Facts) -> tuple[Text, ...]:
    """What kind of study, to what end, by which guideline it is reported."""
    study, protocol = facts.protocol.study, facts.protocol
    first = f"This is a {study.design}"
    if protocol.centres:
        centres = [centre.label for centre in protocol.centres.values()]
        plural = "centre" if len(centres) == 1 else "centres"
        first += f" at {len(centres)} {plural}: {labels.listed(centres)}"
    parts = [
        labels.ended(first),
        f"Objective: {labels.ended(labels.in_sentence(study.objective))}" if study.objective else "",
        TRIAL if facts.is_randomised else ROUTINE if "retrospective" in study.design else GUIDELINE,
        "" if study.objective else f"{UNSTATED}: the objective.",
    ]
    return (Text(" ".join(part for part in parts if part)),)


def setting(facts: Facts) -> tuple[Text, ...]:
    """Dates, source, approval, and the statements a journal asks for; then those that nobody made."""
    study = facts.protocol.study
    stated = {
        "Recruitment period": study.period,
        "Data cut-off": labels.day(study.cutoff) if study.cutoff else None,
        "Setting": study.setting,
        "Source of the records": study.source,
        "Linkage of records": study.linkage,
        "Ethical approval": study.ethics.approval if study.ethics else None,
        "Consent": study.ethics.consent if study.ethics else None,
        "Registration": study.registration,
        "Funding": study.funding,
        "Conflicts of interest": study.conflicts,
        "Availability of data and code": study.availability,
    }
    held = " ".join(f"{name}: {labels.ended(text)}" for name, text in stated.items() if text)
    # without linked records there is nothing to state
    missing = [
        labels.in_sentence(name)
        for name, text in stated.items()
        if not text and name not in ("Linkage of records", "Setting")
    ]
    lost = f"{UNSTATED}: {labels.listed(missing)}." if missing else ""
    return (Text(" ".join(part for part in (held, lost) if part)),)


def eligibility(facts: Facts) -> tuple[Text, ...]:
    """Every criterion with its rule, and what happens where a rule cannot be told."""
    protocol = facts.protocol
    if not protocol.eligibility:
        return (
            Text("Every patient with a recorded arm was included; no eligibility criterion is declared."),
        )
    ways = dict.fromkeys(criterion.unknown for criterion in protocol.eligibility)
    common = next(iter(ways)) if len(ways) == 1 else None
    told = f" Where a rule cannot be told, {UNKNOWN_WORDS[common]}." if common else ""
    lead = (
        "Eligibility was decided by rule, in this order; a patient who fails several criteria is counted "
        f"at the first. An inclusion rule must be true and an exclusion rule false.{told}"
    )
    return (Text(lead), *(Text(_criterion(held, common), "item") for held in protocol.eligibility))


def _criterion(criterion: specs.Criterion, common: str | None) -> str:
    told = "" if common else f"; where it cannot be told, {UNKNOWN_WORDS[criterion.unknown]}"
    text = labels.in_sentence(criterion.text)
    return f"{criterion.id}, {criterion.kind}: {text}. Rule: {criterion.rule}{told}."


def groups(facts: Facts) -> tuple[Text, ...]:
    """How patients came to be in an arm, the reference, and the window in which treatment had to begin, if any."""
    arms = facts.protocol.arms
    names = [arm.label for arm in arms.groups.values()]
    if not facts.compares:
        return (Text(f"All patients belong to one arm, {names[0]}."),)
    given = "as randomised" if facts.is_randomised else "by the treatment recorded"
    reference = arms.groups[arms.reference].label
    lead = f"Patients were compared {given}: {labels.listed(names)}. The reference arm is {reference}."
    windows = (
        " ".join(_windows(facts)) or "The study file declares no days within which treatment had to begin."
    )
    return (Text(f"{lead} {windows}"),)


def _windows(facts: Facts) -> Iterator[str]:
    for spec in facts.analyses(specs.ExposureAnalysis):
        endpoint = facts.protocol.endpoints[spec.endpoint]
        if spec.delay_days is not None and isinstance(endpoint, specs.Exposure):
            first, last = spec.delay_days
            start = labels.in_sentence(labels.variable(facts.protocol, endpoint.start))
            yield (
                f"{endpoint.label} was to begin on day {first} to {last} from {start}; a patient who began on "
                "another day stays in the arm recorded."
            )
