"""Is every number of a manuscript a number of the report?

    supported     it prints a result, or stands together with others that are one place's results
    conflict      the numbers beside it are a result's, and it is not what that result prints
    ambiguous     it prints a result, but with so few digits, or so far from its analysis, that this shows little
    unsupported   no result prints so
    not a result  a year, a reference, a level, or what the study file says

A number is never called wrong because of its words: only what is printed is compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from calliper.audit.printed import rounded
from calliper.errors import OutputError
from calliper.manuscript.candidates import Candidates, Statement
from calliper.manuscript.held import Held
from calliper.manuscript.known import Own, declared, said_by, told_spans
from calliper.manuscript.measures import is_percent
from calliper.manuscript.paper import Paper, Paragraph
from calliper.manuscript.printed import Number, Together, numbers_of, together_in
from calliper.protocol.load import load
from calliper.protocol.specs import Protocol
from calliper.results import Row
from calliper.runs.replay import find_study

Status = Literal["supported", "conflict", "ambiguous", "unsupported", "not a result"]
STATUSES: tuple[Status, ...] = ("conflict", "unsupported", "ambiguous", "supported", "not a result")

FEW_DIGITS = 3
"""A number by itself with fewer digits, or a whole number, that prints several results is ambiguous."""

TELLING_DIGITS = 4
"""Digits of the numbers beside one, from which on they say which result it should be."""

EXPECTED = 3
"""Results that a number in conflict may be of, before it counts as unsupported instead."""

ELSEWHERE = "none of an analysis that this paragraph quotes"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one printed number; `keys` are the results it may be."""

    place: str
    number: str
    context: str
    status: Status
    why: str = ""
    keys: tuple[str, ...] = ()


def verify(paper: Paper, held: Held, protocol: Protocol | None) -> tuple[Verdict, ...]:
    """The verdict on every printed number of a manuscript, in order."""
    judge = Judge(Candidates(held), declared(held, protocol))
    return tuple(
        verdict
        for paragraph in paper.paragraphs
        if paragraph.role != "copy"
        for verdict in judge.of_paragraph(paragraph)
    )


def study_of(held: Held, study: Path | None) -> tuple[Protocol | None, str]:
    """The study file of a report, or why it is not read: it is not there, or is not the one that was run.

    Raises ProtocolError when it has mistakes, OutputError when the one named is not that of the report.
    """
    try:
        path = find_study(held.manifest, study)
    except OutputError as error:
        return None, f"The study's own numbers are not known: {error}."
    loaded = load(path)
    if loaded.sha256 == held.manifest.protocol[1]:
        return loaded.protocol, ""
    said = f"{path} was changed since the report was made"
    if study is not None:
        raise OutputError(f"{said}; run the study again, or name the study file of this report")
    return None, f"The study's own numbers are not known: {said}."


Said = tuple[Status, str, tuple[Row, ...]]


@dataclass(frozen=True, slots=True)
class Judge:
    """Holds paragraphs against the results; `own` are the study's own numbers and what says so."""

    candidates: Candidates
    own: Own

    def of_paragraph(self, paragraph: Paragraph) -> Iterator[Verdict]:
        """The verdict on every number of a paragraph, in order."""
        text = paragraph.unraised
        spans, printed = told_spans(paragraph), numbers_of(text)
        told = {number: what for number in printed for what in _told(number, spans)[:1]}
        said: dict[Number, Said] = {number: ("not a result", what, ()) for number, what in told.items()}
        results = tuple(number for number in printed if number not in told)
        statements = sorted(together_in(text, results), key=lambda one: one.shape == "pair")
        for together in statements:
            found = self._of_statement(together)
            if together.shape == "pair":
                home = _home(said.values())
                found = {number: _at_home(one, home) for number, one in found.items()}
            said |= found
        home = _home(said.values())
        for number in results:
            if number not in said:
                said[number] = self._alone(number, home, in_table=paragraph.role == "table")
        for number in printed:
            status, why, rows = said[number]
            keys = tuple(dict.fromkeys(row.key for row in rows))
            context = f"{number.before[-25:]}{paragraph.text[number.start : number.end]}{number.after[:15]}"
            place = paragraph.where(number.start)
            yield Verdict(place, number.text, " ".join(context.split()), status, why, keys)

    def _of_statement(self, together: Together) -> dict[Number, Said]:
        """Numbers that stand together: all of one place, one in conflict, or none; empty to be left alone."""
        parts = dict(together.parts)
        known = [one for one in self.candidates.statements(together.shape) if set(one) == set(parts)]
        right = [{name for name in parts if self._is(parts[name], one[name])} for one in known]
        whole = [one for one, names in zip(known, right, strict=True) if len(names) == len(parts)]
        if whole:
            return {
                number: ("supported", "", tuple(one[name] for one in whole)) for name, number in parts.items()
            }
        if "p" in parts:
            without = Together(together.shape, tuple(part for part in together.parts if part[0] != "p"))
            said = self._of_statement(without)
            others = [one["p"] for one, names in zip(known, right, strict=True) if names == {*parts} - {"p"}]
            if others:
                expected = dict.fromkeys(self._print(parts["p"], row) for row in others)
                said[parts["p"]] = ("conflict", f"the result is {' or '.join(expected)}", tuple(others))
            return said
        wrong_sum = _wrong_sum(parts)
        near = [one for one, names in zip(known, right, strict=True) if _tells(parts, names)]
        conflict = self._conflict(parts, near)
        if conflict:
            return conflict
        if wrong_sum:
            return {parts["share"]: ("conflict", wrong_sum, ())}
        if together.shape == "pair" or all(said_by(self.own, number) for number in parts.values()):
            return {}
        told = "no result has these numbers together"
        names = ("share",) if "share" in parts and "low" not in parts else tuple(parts)
        return {parts[name]: ("unsupported", told, ()) for name in names if name not in ("k", "n")}

    def _conflict(self, parts: Mapping[str, Number], near: Sequence[Statement]) -> dict[Number, Said]:
        """One number that is not what the results of the others say, where they say so plainly."""
        wrong = {(next(name for name in parts if not self._is(parts[name], one[name]))): one for one in near}
        if len(wrong) != 1:
            return {}
        name = next(iter(wrong))
        expected = {self._print(parts[name], one[name]): one[name] for one in near}
        if len(expected) > EXPECTED:
            return {}
        why = f"the result is {' or '.join(expected)}"
        said: dict[Number, Said] = {parts[name]: ("conflict", why, tuple(one[name] for one in near))}
        for other in parts:
            if other != name:
                said[parts[other]] = ("supported", "", tuple(one[other] for one in near))
        return said

    def _alone(self, number: Number, home: frozenset[str], *, in_table: bool) -> Said:
        """A number by itself."""
        rows = self.candidates.alone(number, in_table=in_table)
        near = [row for row in rows if row.analysis in home]
        path = said_by(self.own, number)
        if path and (number.printed.decimals == 0 or not near):
            return "not a result", f"study: {path}", ()
        if not rows:
            return "unsupported", "no result prints so", ()
        if home and not near and not number.is_bare_integer:
            return "ambiguous", f"{_results(rows)}, {ELSEWHERE}", tuple(rows)
        held = near or rows
        digits = sum(letter.isdigit() for letter in number.text)
        if len(held) > 1 and not number.is_p and (number.printed.decimals == 0 or digits < FEW_DIGITS):
            return "ambiguous", _results(held), tuple(held)
        return "supported", "", tuple(held)

    def _is(self, number: Number, row: Row) -> bool:
        return self.candidates.equals(number.printed, row)

    def _print(self, number: Number, row: Row) -> str:
        """The result with as many decimals as the number has."""
        forms = self.candidates.held.forms
        form = forms.percent if is_percent(self.candidates.held, row) else forms.fixed
        return form(row.value, number.printed.decimals)


def _home(said: Iterable[Said]) -> frozenset[str]:
    """The fewest analyses, about, that the supported numbers of a paragraph are all of: what it is about."""
    left = [{row.analysis for row in rows} for status, _, rows in said if status == "supported"]
    home: set[str] = set()
    while left:
        counts = Counter(analysis for analyses in left for analysis in analyses)
        best = {analysis for analysis, n in counts.items() if n == max(counts.values())}
        home |= best
        left = [analyses for analyses in left if not analyses & best]
    return frozenset(home)


def _at_home(said: Said, home: frozenset[str]) -> Said:
    """Two counts that stand together support little where they are another analysis' than the paragraph's."""
    status, _, rows = said
    if status != "supported" or not home or any(row.analysis in home for row in rows):
        return said
    return "ambiguous", f"{_results(rows)}, {ELSEWHERE}", rows


def _told(number: Number, spans: Sequence[tuple[int, int, str]]) -> list[str]:
    """What a number is that stands in a stretch without results."""
    return [what for start, end, what in spans if start <= number.start and number.end <= end]


def _tells(parts: Mapping[str, Number], names: set[str]) -> bool:
    """True where all parts but one are right and have the digits to say whose they are."""
    digits = sum(letter.isdigit() for name in names for letter in parts[name].text)
    return len(names) == len(parts) - 1 and len(names) > 1 and digits >= TELLING_DIGITS


def _wrong_sum(parts: Mapping[str, Number]) -> str:
    """What a fraction comes to, where that is not the percentage printed; else empty."""
    held = [parts[name].printed.number for name in ("k", "n", "share") if name in parts]
    if len(held) != 3 or None in held or not held[1]:
        return ""
    k, n = parts["k"].printed.number or Decimal(0), parts["n"].printed.number or Decimal(1)
    share = parts["share"].printed
    come = rounded(100 * k / n, share.decimals)
    return "" if come == share.number else f"{k:f} of {n:f} is {come:f}%"


def _results(rows: Sequence[Row]) -> str:
    return f"{len(rows)} results" if len(rows) > 1 else "1 result"
