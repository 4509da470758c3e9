"""The domain RS: the overall response that one evaluator recorded at each visit."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.ingest.sdtm_rows import Findings, Row
from calliper.ingest.sdtm_words import OVERALL, plain
from calliper.protocol.specs import Protocol, Response
from calliper.records.column import Verdict
from calliper.records.tables import Problem
from calliper.records.wording import listed, quoted, suggestion


def overall_responses(
    rows: Sequence[Row], reader: str | None, protocol: Protocol, findings: Findings
) -> list[Row]:
    """The rows of overall responses, of one evaluator; others are counted.

    Several evaluators without one that is named, or several criteria, are an error: which responses are the recorded
    ones is not guessed.
    """
    overall = []
    for row in rows:
        if plain(row["RSTESTCD"]) == OVERALL:
            overall.append(row)
        else:
            findings.leave(row, f"with RSTESTCD {quoted(row['RSTESTCD'])}")
    evaluators = list(dict.fromkeys(row.evaluator for row in overall))
    if reader is None and len(evaluators) > 1:
        names = listed([name or "no evaluator" for name in evaluators])
        _of_file(
            overall[0],
            "two_readers",
            f"{len(evaluators)} evaluators recorded responses: {names}",
            "name one as data.tumours.rs.reader",
            findings,
        )
        return []
    if reader is not None and overall and reader not in evaluators:
        message = f"no response is by {quoted(reader)}{suggestion(reader, evaluators)}"
        action = f"correct data.tumours.rs.reader; the evaluators are {listed(evaluators)}"
        _of_file(overall[0], "other_reader", message, action, findings)
        return []
    kept = []
    for row in overall:
        if reader in (None, row.evaluator):
            kept.append(row)
        else:
            findings.leave(row, f"of the evaluator {quoted(row.evaluator or 'no evaluator')}")
    _check_criteria(kept, protocol, findings)
    return kept


def _check_criteria(rows: Sequence[Row], protocol: Protocol, findings: Findings) -> None:
    """An error on responses by several criteria; a query on criteria that no endpoint has."""
    criteria = list(dict.fromkeys(plain(row["RSCAT"]) for row in rows if row["RSCAT"]))
    if len(criteria) > 1:
        action = "keep those of one by keep: {RSCAT: [...]} in the file's entry of the study file"
        message = f"responses are by {len(criteria)} criteria: {listed(criteria)}"
        _of_file(rows[0], "two_criteria", message, action, findings)
        return
    known = [spec.criteria for spec in protocol.endpoints.values() if isinstance(spec, Response)]
    if criteria and known and criteria[0] not in map(plain, known):
        first = next(row for row in rows if row["RSCAT"])
        message = (
            f"responses are by {quoted(first['RSCAT'])}, and the endpoints' criteria are {listed(known)}"
        )
        findings.query(
            first, "RSCAT", Verdict("other_criteria", message, "confirm that the two may be compared")
        )


def _of_file(row: Row, rule: str, message: str, action: str, findings: Findings) -> None:
    """An error of the file, not of one of its rows."""
    findings.problems.append(
        Problem(
            "error",
            rule,
            message,
            action,
            file=row.place.file,
            sheet=row.place.sheet,
            column={"two_criteria": "RSCAT"}.get(rule, "RSEVALID"),
            table="responses",
        )
    )
