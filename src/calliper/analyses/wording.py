"""The words that method sentences share, built from the values that drive the code."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.stats.conventions import Convention

TESTS = {
    "welch": "Welch's t test",
    "pooled": "Student's t test with a pooled variance",
    "mann_whitney": "the Mann-Whitney test",
    "anova": "one-way analysis of variance",
    "kruskal_wallis": "the Kruskal-Wallis test",
    "levene": "Levene's test of equal variances",
    "pearson": "Pearson's chi-square test without continuity correction",
    "yates": "the chi-square test with Yates's continuity correction",
    "fisher": "Fisher's exact test",
}

INTERVALS = {
    "clopper_pearson": "exact Clopper-Pearson",
    "wilson": "Wilson score",
    "newcombe": "Newcombe hybrid score (method 10)",
}

TIES = {
    "efron": "Efron's method for ties",
    "breslow": "Breslow's method for ties",
    "discrete": "the discrete (conditional logistic) likelihood for ties",
    "marginal": "the exact marginal likelihood for ties",
}


def firth_in_words(ties: str, level: str) -> str:
    """The penalised fit of a Cox model: how it is made, its intervals at this level and its tests."""
    return (
        f"Firth's penalised likelihood (Firth 1993; Heinze and Schemper 2001), with {TIES[ties]}, profile "
        f"penalised likelihood {level} confidence intervals and penalised likelihood ratio tests"
    )


def rank_p_in_words(convention: Convention) -> str:
    """How the P value of the Mann-Whitney test is had: a sentence."""
    continuity = "with" if convention.rank_continuity == "corrected" else "without"
    normal = f"by normal approximation {continuity} continuity correction"
    if convention.rank_p == "exact":
        normal = f"exact where both groups have fewer than 50 values and none is tied, else {normal}"
    return f"The P value of the Mann-Whitney test is {normal}."


def categories_in_words(convention: Convention) -> str:
    """The chi-square test of categories."""
    if convention.chi_square == "pearson":
        return TESTS["pearson"]
    return f"{TESTS['yates']} in two by two tables and {TESTS['pearson']} in larger ones"


def percent(confidence: float) -> str:
    """The confidence level in print.

    >>> percent(1 - 0.05), percent(0.999)
    ('95%', '99.9%')
    """
    return f"{100 * confidence:g}%"


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def capital(sentence: str) -> str:
    """The sentence with its first letter raised; the rest stays as written.

    >>> capital("the Mann-Whitney test")
    'The Mann-Whitney test'
    """
    return sentence[:1].upper() + sentence[1:]


def inside(label: str) -> str:
    """A label as it stands inside a sentence; an abbreviation keeps its capitals.

    >>> inside("Overall survival"), inside("TTP")
    ('overall survival', 'TTP')
    """
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def counted(n: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "patient"), counted(0, "patient")
    ('1 patient', '0 patients')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
