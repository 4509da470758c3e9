"""The difference of two runs in words, and as a table for a spreadsheet."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from calliper.report.tabular import to_csv, to_json
from calliper.runs.changes import Cause, Change, Difference
from calliper.runs.written import MANIFEST, Written
from calliper.versions import software

DIFF = "diff.csv"
DIFF_COLUMNS = ("kind", "key", "first", "second")
LINES = 40
"""Changed numbers printed before the rest are counted by analysis; diff.csv has them all."""

HASH = 12
"""Digits of a hash that are printed: enough to tell two files apart."""


def difference_text(found: Difference, first: Written, second: Written) -> str:
    """Numbers that changed, appeared and vanished, then why, as far as the manifests tell."""
    counts = Counter(change.kind for change in found.changes)
    lines = [
        f"First:  {first.folder}",
        f"Second: {second.folder}",
        "",
        f"Numbers: {found.same} the same, {counts['changed']} changed, {counts['appeared']} appeared, "
        f"{counts['vanished']} vanished.",
        *_table(found.changes[:LINES]),
        *_rest(found.changes[LINES:]),
        *_listed("Methods told otherwise, or in one run alone", found.methods),
        *_listed("Files with other bytes", found.files),
        "",
        *_why(found),
    ]
    return "\n".join(lines) + "\n"


def difference_files(found: Difference, first: Written, second: Written) -> dict[str, bytes]:
    """diff.csv with every changed number, and a manifest of it."""
    rows = [(change.kind, change.key, change.first, change.second) for change in found.changes]
    table = to_csv(DIFF_COLUMNS, rows)
    entry = {"path": DIFF, "sha256": hashlib.sha256(table).hexdigest(), "size": len(table)}
    compared = [
        {"protocol": run.manifest.protocol[1], "outputs": dict(sorted(run.manifest.outputs.items()))}
        for run in (first, second)
    ]
    manifest = to_json({"software": software(), "compared": compared, "outputs": [entry]})
    return {DIFF: table, MANIFEST: manifest}


def _table(changes: Sequence[Change]) -> list[str]:
    if not changes:
        return []
    width = max(len(change.key) for change in changes)
    return [
        "",
        *(
            f"  {change.kind:<8}  {change.key:<{width}}  {_both(change)}".rstrip()
            for change in changes
        ),
    ]  # fmt: skip


def _both(change: Change) -> str:
    if change.kind == "appeared":
        return _value(change.second)
    if change.kind == "vanished":
        return _value(change.first)
    return f"{_value(change.first)} -> {_value(change.second)}"


def _value(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.10g}"


def _rest(changes: Sequence[Change]) -> list[str]:
    if not changes:
        return []
    counts = Counter(change.key.split("/", maxsplit=1)[0] for change in changes)
    told = ", ".join(f"{name} {n}" for name, n in counts.items())
    return [f"  and {len(changes)} more: {told} (all of them with --out)"]


def _listed(head: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    shown = ", ".join(names[:LINES]) + (f" and {len(names) - LINES} more" if len(names) > LINES else "")
    return [f"{head}: {shown}."]


def _why(found: Difference) -> list[str]:
    if found.causes:
        return ["What the manifests have otherwise:", *(f"  {cause_text(cause)}" for cause in found.causes)]
    if found.is_same:
        return ["The manifests have the same inputs, study file, software and options."]
    return [
        "The manifests name the same inputs, study file, software and options: these runs should be the same.",
        "The machines may do their arithmetic otherwise, or a file was not made by the run.",
    ]


def cause_text(cause: Cause) -> str:
    """`input events.csv: 1f3a5e0c2b17 -> 99b0d2f4a613`; versions and options in full."""
    is_hash = cause.what in {"input", "study file", "source"}

    def shown(value: str | None) -> str:
        if value is None:
            return "absent"
        return value[:HASH] if is_hash else value

    what = "source files of" if cause.what == "source" else cause.what
    return f"{what} {cause.name}: {shown(cause.first)} -> {shown(cause.second)}"
