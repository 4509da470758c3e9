"""The R answers that the ready-made studies must reach, and how they are held against results."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache

from calliper.results import Results
from shared import shared_data


@cache
def r_answers() -> dict[str, dict[str, object]]:
    """Every R answer by id."""
    path = shared_data("09_known_answers/r_known_answers.json")
    return {entry["id"]: entry["result"] for entry in json.loads(path.read_text(encoding="utf-8"))["answers"]}


def value(results: Results, key: str) -> float | None:
    row = results.get(key)
    assert row is not None, (
        f"no result {key}; near: {[r.key for r in results if r.key.startswith(key[:24])][:8]}"
    )
    return row.value


def same(found: float | None, expected: object, key: str, relative: float = 1e-9) -> None:
    """Assert that a result is R's number; R's NA is a value that is not reached."""
    if expected is None:
        assert found is None, f"{key}: {found}, R has NA"
        return
    assert isinstance(expected, int | float)
    assert found is not None, f"{key}: not reached, R has {expected}"
    assert math.isclose(found, expected, rel_tol=relative, abs_tol=1e-12), f"{key}: {found}, R has {expected}"


def check_kaplan_meier(results: Results, stem: str, answer: str, groups: Mapping[str, str]) -> None:
    """Hold `stem` (`analysis/included/{group}/endpoint/`) against R's survfit: n, events, quartiles, probabilities."""
    held = r_answers()[answer]
    summaries = held["summary"]
    at_times = held["at_times"]
    assert isinstance(summaries, list)
    assert isinstance(at_times, list)
    assert {entry["group"] for entry in summaries} == set(groups.values())
    names = {label: name for name, label in groups.items()}
    pairs = {
        "n": "n", "events": "events", "q1": "q25", "median": "median", "q3": "q75",
        "median_lower": "median_lcl", "median_upper": "median_ucl",
    }  # fmt: skip
    for entry in summaries:
        for ours, theirs in pairs.items():
            key = stem.format(group=names[entry["group"]]) + f"/{ours}"
            same(value(results, key), entry[theirs], key)
    checked = 0
    for entry in at_times:
        for ours, theirs in {
            "survival": "surv",
            "survival_se": "se",
            "survival_lower": "lcl",
            "survival_upper": "ucl",
        }.items():
            key = stem.format(group=names[entry["group"]]) + f"/{ours}@{entry['time']}"
            same(value(results, key), entry[theirs], key)
            checked += 1
    assert checked


def check_logrank(
    results: Results, analysis: str, endpoint: str, answer: str, groups: Mapping[str, str]
) -> None:
    held = r_answers()[answer]
    stem = f"{analysis}/included/between/{endpoint}/"
    same(value(results, f"{stem}/statistic.logrank"), held["chisq"], stem)
    same(value(results, f"{stem}/df.logrank"), held["df"], stem)
    same(value(results, f"{stem}/p.logrank"), held["p"], stem)
    labels = held["groups"]
    assert isinstance(labels, list)
    names = {label: name for name, label in groups.items()}
    for position, label in enumerate(labels):
        for ours, theirs in {"observed": "obs", "expected": "exp"}.items():
            key = f"{analysis}/included/{names[label]}/{endpoint}//{ours}.logrank"
            series = held[theirs]
            assert isinstance(series, list)
            same(value(results, key), series[position], key)


def check_cox(results: Results, stem: str, answer: str, terms: Mapping[str, str]) -> None:
    """Hold a model (`analysis/included/model`) against R's coxph; `terms` maps R's terms to our `variable/level`."""
    held = r_answers()[answer]
    order = held["terms"]
    assert isinstance(order, list)
    assert list(terms) == order
    pairs = {
        "coefficient": "coef",
        "se": "se",
        "hr": "hr",
        "lower": "hr_lcl",
        "upper": "hr_ucl",
        "statistic": "z",
        "p": "p",
    }
    for position, term in enumerate(order):
        for ours, theirs in pairs.items():
            key = f"{stem}/{terms[term]}/{ours}"
            series = held[theirs]
            assert isinstance(series, list)
            same(value(results, key), series[position], key, 1e-8)
    loglik, lrt, score, concordance = (held[name] for name in ("loglik", "lrt", "score", "concordance"))
    assert isinstance(loglik, list)
    assert isinstance(lrt, dict)
    assert isinstance(score, dict)
    assert isinstance(concordance, dict)
    same(value(results, f"{stem}///n"), held["n"], stem)
    same(value(results, f"{stem}///events"), held["nevent"], stem)
    same(value(results, f"{stem}///loglik_null"), loglik[0], stem, 1e-8)
    same(value(results, f"{stem}///loglik"), loglik[1], stem, 1e-8)
    same(value(results, f"{stem}///statistic.likelihood_ratio"), lrt["test"], stem, 1e-8)
    same(value(results, f"{stem}///p.likelihood_ratio"), lrt["pvalue"], stem, 1e-7)
    same(value(results, f"{stem}///statistic.score"), score["test"], stem, 1e-8)
    same(value(results, f"{stem}///concordance"), concordance["C"], stem, 1e-9)
