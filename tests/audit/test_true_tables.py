"""Published tables that are right: those of the CDISC pilot, number by number, are not accused."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any

from calliper.audit.paper.checks import check_paper
from calliper.audit.paper.findings import Finding
from calliper.audit.paper.specs import Paper
from shared import shared_data

ARMS = ("placebo", "low", "high")
SIZES = dict(zip(ARMS, ("86", "84", "84"), strict=True))


def audited(claims: list[dict[str, Any]]) -> tuple[Finding, ...]:
    groups = {name: {"label": name, "n": n} for name, n in SIZES.items()}
    doc = {"calliper": "1", "citation": "CDISC pilot", "groups": groups, "claims": claims}
    return check_paper(Paper.model_validate(doc))


def rows_of(name: str) -> list[list[str]]:
    with shared_data(f"01_cdisc_pilot/expected/{name}").open(encoding="utf-8", newline="") as file:
        return [[cell.strip() for cell in row] for row in csv.reader(file)]


def counted(cell: str) -> tuple[str, str]:
    """The count and the percentage of `14 ( 16%)`; a bare 0 is 0%."""
    count, _, rest = cell.partition("(")
    return count.strip(), rest.strip(" )%").strip() or "0"


def claim(number: int, what: str, **keys: object) -> dict[str, Any]:
    return {"id": f"c{number}", "place": "Table 14-2.01", "what": what, **keys}


def baseline_claims(rows: list[list[str]]) -> Iterator[dict[str, Any]]:
    """A claim a block of numbers, and one a block of categories; the P value stands on the first line of each."""
    what, numbers, levels, p, p_levels = "", {}, {}, "", ""

    def made(number: int) -> Iterator[dict[str, Any]]:
        if "Mean" in numbers:
            means = {
                arm: {"mean": numbers["Mean"][at], "sd": numbers["SD"][at], "n": numbers["n"][at]}
                for at, arm in enumerate(ARMS)
            }
            ends = {"least": min(numbers["Min"][:3], key=float), "most": max(numbers["Max"][:3], key=float)}
            yield claim(2 * number, what, kind="means", groups=means, p=p, **ends)
        if levels:
            pairs = {level: [counted(cell) for cell in cells[:3]] for level, cells in levels.items()}
            counts, shares = (
                {level: {arm: held[at][part] for at, arm in enumerate(ARMS)} for level, held in pairs.items()}
                for part in (0, 1)
            )
            test = {"p": p_levels} if p_levels else {}
            yield claim(2 * number + 1, what, kind="counts", levels=counts, percents=shares, **test)

    for number, row in enumerate(rows[2:]):
        name, label, *cells = row
        if name:
            yield from made(number)
            what, numbers, levels, p, p_levels = name, {}, {}, cells[4], ""
        if label in ("n", "Mean", "SD", "Median", "Min", "Max"):
            numbers[label] = cells
        else:
            p_levels = p_levels or cells[4] or ("" if "Mean" in numbers else p)
            levels[label] = cells
    yield from made(len(rows))


def test_the_baseline_table_of_the_pilot_is_not_accused() -> None:
    findings = audited(list(baseline_claims(rows_of("14-2.01.csv"))))
    assert len(findings) > 100
    assert sum(each.check.endswith("P") for each in findings) >= 12
    assert [each for each in findings if each.verdict != "match"] == []


def test_the_table_of_adverse_events_of_the_pilot_is_not_accused() -> None:
    """Each event against placebo by Fisher's exact test, `>.99` and stars as they stand."""
    claims = []
    for number, row in enumerate(rows_of("14-5.01.csv")[2:]):
        held = {arm: counted(row[1 + 2 * at]) for at, arm in enumerate(ARMS)}
        for at, arm in enumerate(("low", "high")):
            p = row[7 + at].rstrip("*")
            if not re.fullmatch(r">?[\d.]+", p):
                continue
            both = {"placebo": held["placebo"], arm: held[arm]}
            claims.append(
                {
                    "id": f"e{number}_{arm}", "place": "Table 14-5.01", "what": row[0], "kind": "rates",
                    "test": "fisher",
                    "p": p, "counts": {name: count for name, (count, _) in both.items()},
                    "percents": {name: percent for name, (_, percent) in both.items()},
                }
            )  # fmt: skip
    findings = audited(claims)
    assert len(claims) > 300
    assert [each for each in findings if each.verdict not in ("match", "not checkable")] == []


def test_hazard_ratios_of_another_package_are_not_accused_for_their_log_rank_p_values() -> None:
    """Snapshots of R's tern: a hazard ratio with its limits beside P values of Wald, log-rank and likelihood ratio."""
    text = shared_data("06_tern/expected/snapshots/survival_coxph_pairwise.md").read_text(encoding="utf-8")
    parts = (
        r"\$pvalue\s+\[1\] (\S+)",
        r"\$lr_stat_df\s+\[1\] (\S+) (\S+)",
        r"\$hr\s+\[1\] (\S+)",
        r'\$hr_ci\s+\[1\] (\S+) (\S+)\s+attr\(,"label"\)\s+\[1\] "(\d+)% CI"',
    )
    found = re.findall(".*?".join(parts), text, re.DOTALL)
    assert len(found) >= 5
    assert {level for *_, level in found} == {"90", "95"}
    for places in (2, 3, 4):
        for number, (p, _, _, *ratio, level) in enumerate(found):
            printed = [f"{float(value):.{places}f}" for value in (p, *ratio)]
            keys = dict(zip(("p", "ratio", "lower", "upper"), printed, strict=True))
            ours = claim(number, "Survival", kind="ratio", confidence=level, **keys)
            assert [each for each in audited([ours]) if each.verdict != "match"] == [], found[number]
    p, chi2, df, *_ = found[0]
    test = claim(0, "Survival", kind="statistic", statistic=chi2, df=f"{float(df):.0f}", p=f"{float(p):.5f}")
    assert {each.verdict for each in audited([test])} == {"match"}
