"""Cells of a paper's tables as claims, where a cell says by itself what it is; every other is listed, not guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from calliper.audit.paper.draft.tables import Drawn

NUMBER = r"[-−]?\d*[.·]?\d+"
N = re.compile(r"\bn\s*=\s*(\d[\d,]*)", re.IGNORECASE)
P_HEAD = re.compile(r"p[\s-]*(value)?s?\W*", re.IGNORECASE)
P_CELL = re.compile(rf"p?\s*=?\s*([<>]?\s?{NUMBER})", re.IGNORECASE)
MEAN = re.compile(rf"({NUMBER})\s*(?:±|\+/-|\+-)\s*({NUMBER})")
COUNT = re.compile(rf"(\d[\d,]*)(?:\s*[(/]\s*({NUMBER})\s*%?\s*\)?)?")


@dataclass
class Claimed:
    """A claim as it is being placed: its kind, its words, and its values by the way to each."""

    place: str
    what: str
    kind: str
    values: dict[str, object] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


@dataclass
class Draft:
    """Groups by name (label, n), claims, and what was not placed."""

    groups: dict[str, tuple[str, str]] = field(default_factory=dict)
    claims: list[Claimed] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def placed(tables: Sequence[Drawn]) -> Draft:
    """What the cells of tables say by themselves: groups by `n = 42` in a header, `60.3 ± 14.0`, `37 (88.1%)`, P."""
    draft = Draft()
    for number, table in enumerate(tables, start=1):
        _table(draft, table, f"Table {number}")
    return draft


def as_yaml(draft: Draft, source: str) -> str:
    """The draft as text; it is no claims file until a person takes out the line that says so."""
    lines = [
        f"# Drafted from {_one_line(source)}. Compare every claim with the paper, place what was not, complete it;",
        "# then take out the line below. Nothing was guessed: what a cell does not say by itself is listed at the end.",
        "draft: true",
        "calliper: 1",
        "citation: TO COMPLETE",
        "groups:",
    ]
    lines += [
        f"  {name}: {{label: {json.dumps(label, ensure_ascii=False)}, n: {n}}}"
        for name, (label, n) in draft.groups.items()
    ] or ["  # no header has n = ...: name the groups here, as  new: {label: New treatment, n: 42}"]
    lines.append("claims:")
    for number, claim in enumerate(draft.claims, start=1):
        lines += [f"  # {_one_line(remark)}" for remark in claim.remarks]
        head = {
            "id": f"claim_{number}",
            "place": claim.place,
            "what": claim.what or "TO COMPLETE",
            "kind": claim.kind,
        }
        lines.append(f"  - {json.dumps({**head, **claim.values}, ensure_ascii=False)}")
    if not draft.claims:
        lines.append("  # none was placed")
    lines += [f"# not placed: {_one_line(each)}" for each in draft.left]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    """Without what could end a comment."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _table(draft: Draft, table: Drawn, place: str) -> None:
    heads = _heads(table)
    groups = {at: (label, n[1].replace(",", "")) for at, label in enumerate(heads) if (n := N.search(label))}
    if not groups:
        draft.left.append(
            f"{place} ({table.caption}): no column says n = ..., so that its numbers have no group"
        )
        draft.left += [f"{place}: {' | '.join(row)}" for row in table.rows]
        return
    names = {at: _group(draft, label, n) for at, (label, n) in groups.items()}
    p_at = next((at for at, label in enumerate(heads) if P_HEAD.fullmatch(label)), None)
    block: Claimed | None = None
    for row in table.rows[table.head :]:
        cells = [*row, *[""] * (len(heads) - len(row))]
        values = {names[at]: cells[at] for at in names if cells[at]}
        p = _p(cells[p_at]) if p_at is not None else None
        if p_at is not None and cells[p_at] and p is None:
            draft.left.append(f"{place}, {cells[0]}, {heads[p_at]}: {cells[p_at]}")
        block = _row(draft, block, (place, cells[0], p), values)
        for at in range(1, len(heads)):
            if at not in names and at != p_at and cells[at]:
                draft.left.append(f"{place}, {cells[0]}, {heads[at]}: {cells[at]}")


def _heads(table: Drawn) -> list[str]:
    """The header of each column, the rows of the header one after another, repeats left out."""
    wide = max(map(len, table.rows))
    rows = [[*row, *[""] * (wide - len(row))] for row in table.rows[: table.head]]
    return [" ".join(dict.fromkeys(row[at] for row in rows if row[at])) for at in range(wide)]


def _group(draft: Draft, label: str, n: str) -> str:
    words = " ".join(N.sub("", label).replace("(", " ").replace(")", " ").split()) or "Group"
    for name, (known, size) in draft.groups.items():
        if known == words and size == n:
            return name
    name = f"group_{len(draft.groups) + 1}"
    draft.groups[name] = (words, n)
    return name


def _p(text: str) -> str | None:
    found = P_CELL.fullmatch(text.strip().rstrip("*†‡ "))
    return found[1].replace(" ", "") if found else None


def _row(
    draft: Draft, block: Claimed | None, about: tuple[str, str, str | None], values: dict[str, str]
) -> Claimed | None:
    """Place a row; the block of categories that it heads or goes on with, if any."""
    place, what, p = about
    test = {"p": p} if p is not None else {}
    if not values:
        return Claimed(place, what, "counts", {"levels": {}, "percents": {}, **test})
    means = {name: MEAN.fullmatch(text) for name, text in values.items()}
    if all(means.values()):
        groups = {name: {"mean": found[1], "sd": found[2]} for name, found in means.items() if found}
        draft.claims.append(Claimed(place, what, "means", {"groups": groups, **test}))
        return None
    counts = {name: COUNT.fullmatch(text) for name, text in values.items()}
    if not all(counts.values()):
        draft.left += [f"{place}, {what}, {draft.groups[name][0]}: {text}" for name, text in values.items()]
        if p is not None:
            draft.left.append(f"{place}, {what}, P: {p}")
        return block
    held = {name: found[1] for name, found in counts.items() if found}
    percents = {name: found[2] for name, found in counts.items() if found and found[2]}
    is_first_p = block is not None and "p" not in block.values and not block.values["levels"]
    if block is not None and (p is None or is_first_p):
        if p is not None:
            block.values["p"] = p
            block.remarks.append(f"the P value stands on the row of {what}: whether it is of all categories")
        levels, shares = block.values["levels"], block.values["percents"]
        if isinstance(levels, dict) and isinstance(shares, dict):
            if not levels:
                block.remarks.append('whether each patient is in one category: if not, add "whole": "false"')
                draft.claims.append(block)
            levels[what] = held
            if percents:
                shares[what] = percents
        return block
    draft.claims.append(Claimed(place, what, "rates", {"counts": held, "percents": percents, **test}))
    return None
