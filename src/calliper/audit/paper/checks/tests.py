"""A printed test - statistic, degrees of freedom, P value - against what the other numbers give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import chdtrc, ndtr, stdtr

from calliper.audit.paper.findings import (
    NONE_GIVES_IT,
    VERDICT_OF,
    VERDICTS,
    Finding,
    Verdict,
    Way,
    explained,
)
from calliper.audit.paper.limits import Limits, exactly, fit, of_printed, told
from calliper.audit.paper.specs import Claim
from calliper.errors import CannotEstimate
from calliper.stats.contingency import fisher, likelihood_ratio, pearson, yates
from calliper.stats.paired_tables import mcnemar, mcnemar_exact

NAMES = {
    "pearson": "Pearson's chi-square test",
    "yates": "the chi-square test with Yates's correction",
    "likelihood_ratio": "the likelihood-ratio test",
    "fisher": "Fisher's exact test",
    "pooled": "the t test of equal variances",
    "welch": "Welch's t test",
    "anova": "analysis of variance",
    "mcnemar": "McNemar's test",
    "mcnemar_corrected": "McNemar's test with correction",
    "mcnemar_exact": "McNemar's exact test",
}


CHI_SQUARE = ("pearson", "yates", "likelihood_ratio", "mcnemar", "mcnemar_corrected")


@dataclass(frozen=True, slots=True)
class Test:
    """A test as the printed numbers give it; `statistic` is None where it has none (an exact test)."""

    name: str
    p: Limits
    statistic: Limits | None = None
    df: Limits | None = None

    @property
    def title(self) -> str:
        """The test in words that begin a sentence."""
        words = NAMES[self.name]
        return words[:1].upper() + words[1:]


class Printed(Protocol):
    """What is printed of a test."""

    @property
    def test(self) -> str | None:
        """The test that the paper names."""

    @property
    def statistic(self) -> str | None:
        """Chi-square, t or F."""

    @property
    def df(self) -> str | None:
        """Degrees of freedom."""

    @property
    def p(self) -> str | None:
        """The P value."""


def tests_of(table: Sequence[Sequence[int]]) -> tuple[Test, ...]:
    """The tests of association of a table of counts, categories by groups, that its size allows."""
    held = np.array(table)
    made = []
    for name, test in (("pearson", pearson), ("likelihood_ratio", likelihood_ratio), ("yates", yates)):
        if name == "yates" and held.shape != (2, 2):
            continue
        try:
            done = test(held)
        except CannotEstimate:
            continue
        made.append(Test(name, exactly(done.p), exactly(done.chi2), exactly(done.df)))
    with suppress(CannotEstimate):
        made.append(Test("fisher", exactly(fisher(held))))
    return tuple(made)


def paired_tests(first_only: int, second_only: int) -> tuple[Test, ...]:
    """The tests of patients asked twice; none where nobody changed."""
    held = np.array([[0, first_only], [second_only, 0]])
    with suppress(CannotEstimate):
        plain, corrected = mcnemar(held), mcnemar(held, corrected=True)
        return (
            Test("mcnemar", exactly(plain.p), exactly(plain.chi2), exactly(plain.df)),
            Test("mcnemar_corrected", exactly(corrected.p), exactly(corrected.chi2), exactly(corrected.df)),
            Test("mcnemar_exact", exactly(mcnemar_exact(held))),
        )
    return ()


def check_test(
    claim: Claim, about: str, printed: Printed, tests: Sequence[Test], *, slips: Sequence[Way] = ()
) -> Iterator[Finding]:
    """The printed statistic and P value of a test, each against the tests that it may be.

    Without a name, any usual two-sided test of such numbers will do. `slips` are other ways to a P value, beside
    halving it.
    """
    may = tuple(test for test in tests if printed.test in (None, test.name))
    if printed.p is not None:
        yield _p(claim, about, printed.p, (may, tests), slips)
    if printed.statistic is not None:
        yield _statistic(claim, about, printed.statistic, tuple(test for test in may if test.statistic))
    if printed.df is not None and may and may[0].df is not None:
        df = may[0].df
        verdict: Verdict = "match" if fit(df, printed.df) == "match" else "inconsistent"
        how = "The degrees of freedom follow from how many categories and groups there are."
        yield _made(claim, f"{about}, degrees of freedom", printed.df, verdict, (told(df, printed.df), how))
    if (
        printed.statistic is not None
        and printed.p is not None
        and may
        and may[0].name not in ("pooled", "welch", "anova")
    ):
        df_printed = printed.df or (f"{may[0].df.low:.0f}" if may[0].df is not None else None)
        if df_printed is not None:
            yield statistic_and_p(
                claim, f"{about}, P from its statistic", (printed.statistic, df_printed), printed.p
            )


def statistic_and_p(
    claim: Claim, about: str, statistic: tuple[str, str | None], p: str, distribution: str = "chi_square"
) -> Finding:
    """Whether a printed P value is that of a printed statistic."""
    size, df = of_printed(statistic[0]).size(), statistic[1]
    degrees = None if df is None else float(df)
    found = Limits(_tail(size.high, degrees, distribution), _tail(size.low, degrees, distribution))
    said = {"chi_square": f"chi-square on {df} df", "t": f"t on {df} df", "normal": "z"}[distribution]
    how = f"The upper tail of {said} beyond {statistic[0]}" + (
        ", both sides." if distribution != "chi_square" else "."
    )
    ways = [
        Way(1, "A one-sided P value (half of it)", found.scaled(0.5)),
        Way(2, "Twice it", found.scaled(2.0)),
    ]
    if degrees is not None and distribution == "chi_square":
        ways += [
            Way(2, f"Another number of degrees of freedom, {other:.0f},", Limits(*(
                _tail(end, other, distribution) for end in (size.high, size.low)
            )))
            for other in (degrees - 1, degrees + 1) if other > 0
        ]  # fmt: skip
    return judged(claim, about, p, found, how, ways=ways, is_p=True)


def _tail(size: float, df: float | None, distribution: str) -> float:
    """The P value of a statistic's size: its upper tail, twice where it has two."""
    if distribution == "chi_square":
        return float(chdtrc(df, size))
    return float(2 * (ndtr(-size) if distribution == "normal" else stdtr(df, -size)))


def _p(
    claim: Claim, about: str, p: str, tests: tuple[Sequence[Test], Sequence[Test]], slips: Sequence[Way]
) -> Finding:
    may, every = tests
    if not may:
        why = "The numbers allow no such test: a group or a category is empty."
        return _made(claim, f"{about}, P", p, "not checkable", ("", why))
    verdict, at = _best([test.p for test in may], p, is_p=True)
    chosen = may[at]
    how = f"By {NAMES[chosen.name]}, two-sided."
    explanation = ""
    if verdict == "inconsistent":
        others = [Way(1, test.title, test.p) for test in every if test not in may]
        halves = [
            Way(
                1 if test in may else 2,
                f"A one-sided P value (half that of {NAMES[test.name]})",
                test.p.scaled(0.5),
            )
            for test in every
        ]
        explanation = explained([*others, *halves, *slips], p, is_p=True)
    return _made(claim, f"{about}, P", p, verdict, (told(chosen.p, p, is_p=True), how), explanation)


def _statistic(claim: Claim, about: str, statistic: str, tests: Sequence[Test]) -> Finding:
    about = f"{about}, statistic"
    sizes = of_printed(statistic).size()
    text = f"{sizes.low:.12g}" if sizes.low == sizes.high else statistic.lstrip("-−")
    if not tests:
        return _made(claim, about, statistic, "not checkable", ("", "The numbers allow no such test."))
    held = [(test, test.statistic.size()) for test in tests if test.statistic is not None]
    verdict, at = _best([size for _, size in held], text)
    test, size = held[at]
    explanation = NONE_GIVES_IT if verdict == "inconsistent" else ""
    return _made(claim, about, statistic, verdict, (told(size, text), f"By {NAMES[test.name]}."), explanation)


def _best(found: Sequence[Limits], text: str, *, is_p: bool = False) -> tuple[Verdict, int]:
    """The best verdict that any of several limits gives a printed number, and the place of the first that gives it."""
    verdicts = [VERDICT_OF[fit(limits, text, is_p=is_p)] for limits in found]
    at = min(range(len(found)), key=lambda at: VERDICTS.index(verdicts[at]))
    return verdicts[at], at


def judged(
    claim: Claim,
    about: str,
    text: str,
    found: Limits,
    how: str,
    *,
    ways: Sequence[Way] | None = None,
    is_p: bool = False,
) -> Finding:
    """A printed number against the limits within which the others put it; no ways are tried where None is given."""
    verdict = VERDICT_OF[fit(found, text, is_p=is_p)]
    is_asked = verdict == "inconsistent" and ways is not None
    explanation = explained(list(ways or ()), text, is_p=is_p) if is_asked else ""
    return _made(claim, about, text, verdict, (told(found, text, is_p=is_p), how), explanation)


def said(
    claim: Claim, about: str, text: str, verdict: Verdict, how: str, *, found: str = "", explanation: str = ""
) -> Finding:
    """A finding whose verdict the check has reached by itself."""
    return _made(claim, about, text, verdict, (found, how), explanation)


def _made(  # noqa: PLR0917 (the fields of a finding in their order)
    claim: Claim, about: str, text: str, verdict: Verdict, /, found: tuple[str, str], explanation: str = ""
) -> Finding:
    return Finding(claim.id, claim.place, claim.what, about, text, verdict, found[0], found[1], explanation)
