"""The verdicts on a manuscript's numbers in words, and as a table for a spreadsheet."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from calliper.manuscript.held import TABLE, Held
from calliper.manuscript.verify import STATUSES, Verdict
from calliper.report.tabular import to_csv, to_json
from calliper.report.text import plain
from calliper.versions import software

VERIFY, MANIFEST = "verify.csv", "manifest.json"
COLUMNS = ("place", "number", "context", "status", "why", "results", "keys")
LINES = 60
"""Numbers printed before the rest are counted; verify.csv has them all."""

KEYS = 10
"""Keys of one number in verify.csv; `results` counts all."""


def hidden(held: Held) -> str:
    """What to know of a report whose small counts are hidden, or nothing."""
    if held.manifest.options.get("share") is None:
        return ""
    return "This report hides small counts: what it hides has no result here. Verify with the whole report."


def needs_work(verdicts: Sequence[Verdict]) -> bool:
    """True where a number is in conflict with the results, or no result supports it."""
    return any(verdict.status in ("conflict", "unsupported") for verdict in verdicts)


def verdicts_text(verdicts: Sequence[Verdict], *, notes: Sequence[str] = ()) -> str:
    """How many numbers are what, then those to look at; `notes` come before them."""
    counts = Counter(verdict.status for verdict in verdicts)
    lines = [
        f"Numbers: {', '.join(f'{counts[status]} {status}' for status in STATUSES if counts[status]) or 'none'}.",
        *(note for note in notes if note),
    ]
    for status in ("conflict", "unsupported", "ambiguous"):
        held = [verdict for verdict in verdicts if verdict.status == status]
        if held:
            lines += ["", f"{status.capitalize()}:", *(f"  {_line(verdict)}" for verdict in held[:LINES])]
        if len(held) > LINES:
            lines.append(f"  and {len(held) - LINES} more (all of them with --out)")
    return "\n".join(lines) + "\n"


def _line(verdict: Verdict) -> str:
    keys = f" [{verdict.keys[0]}]" if verdict.keys and verdict.status == "conflict" else ""
    return plain(f"{verdict.place}: {verdict.number}: {verdict.why}{keys}: ... {verdict.context} ...")


def verdicts_files(verdicts: Sequence[Verdict], manuscript: Path, held: Held) -> dict[str, bytes]:
    """verify.csv with every number, and a manifest of it."""
    rows = [
        (one.place, one.number, one.context, one.status, one.why, len(one.keys), "; ".join(one.keys[:KEYS]))
        for one in verdicts
    ]
    table = to_csv(COLUMNS, rows)
    manifest = to_json(
        {
            "software": {"calliper": software()["calliper"]},
            "manuscript": {
                "path": manuscript.name,
                "sha256": hashlib.sha256(manuscript.read_bytes()).hexdigest(),
            },
            "results": {"path": TABLE, "sha256": held.sha256},
            "outputs": [{"path": VERIFY, "sha256": hashlib.sha256(table).hexdigest(), "size": len(table)}],
        }
    )
    return {VERIFY: table, MANIFEST: manifest}
