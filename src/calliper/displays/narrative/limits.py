"""Limitations that follow from the study file and the results, written without anyone's leave."""

from __future__ import annotations

from collections.abc import Sequence

from ...blocks import Figure, Section, Table, Text
from ...protocol.specs import Protocol
from ...results import Results
from .. import labels, numbers


def limits(protocol: Protocol, results: Results, sections: Sequence[Section]) -> tuple[Text, ...]:
    """Design, multiplicity, then every warning and failure of a method."""
    boxed = [
        *_design(protocol),
        *_multiplicity(protocol, results, sections),
    ]
    listed = [
        *(
            Text(f"{_title(protocol, method.analysis)}: {labels.ended(warning)}", "warning")
            for method in results.methods
            for warning in method.warnings
        ),
        *(
            Text(
                f"{_title(protocol, method.analysis)}, not estimated: {labels.ended(method.failure)}",
                "warning",
            )
            for method in results.methods
            if method.failure
        ),
    ]
    return tuple(dict.fromkeys([*boxed, *listed]))


def _design(protocol: Protocol) -> list[Text]:
    if protocol.study.design == "randomised trial" or len(protocol.arms.groups) < 2:
        return []
    retrospective = "retrospective" in protocol.study.design
    looking = " and the records were not made for this question" if retrospective else ""
    return [
        Text(
            f"Treatment was not assigned at random{looking}. Arms may differ in what was measured and in "
            "what was not; a difference between them is an association, and the unadjusted comparisons "
            "make no allowance for it.",
            "note",
        )
    ]


def printed_p_values(results: Results, sections: Sequence[Section]) -> int:
    """How many distinct P values the tables and figures of these sections print."""
    keys: set[str] = set()
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Table):
                keys.update(key for row in block.rows for cell in row.cells for key in cell.keys)
            elif isinstance(block, Figure):
                keys.update(shape.key for shape in block.scene.shapes if hasattr(shape, "key"))
    rows = (results.get(key) for key in keys)
    return sum(1 for row in rows if row is not None and row.stat.split(".")[0] == "p")


def _multiplicity(protocol: Protocol, results: Results, sections: Sequence[Section]) -> list[Text]:
    printed = printed_p_values(results, sections)
    if not printed:
        return []
    return [
        Text(
            f"This report prints {printed} P values, none adjusted for their number. If no association "
            f"existed, about {numbers.fixed(printed * protocol.alpha, 1)} would still be expected below "
            f"{protocol.alpha:g}.",
            "note",
        )
    ]


def _title(protocol: Protocol, analysis: str) -> str:
    for spec in protocol.analyses:
        if spec.id == analysis:
            endpoint = getattr(spec, "endpoint", None)
            return spec.title or (labels.endpoint(protocol, endpoint) if endpoint else "Baseline")
    return "Patients"
