"""Papers that are true: records are drawn, analysed, and printed in one of many styles; and slips planted in them.

What is printed comes from the records alone, so that every number of a paper is right; a style decides decimals, how
ties round, which test is used, and whether P values have a bound.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from pydantic import ValidationError
from scipy import special, stats

from calliper.audit.paper.specs import Paper

TIES = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN)
Draw = np.random.Generator
Doc = dict[str, Any]


class Style:
    """How one journal prints: decimals, ties, a leading zero, a minus sign, P values below a bound."""

    def __init__(self, draw: Draw) -> None:
        self.ties = TIES[draw.integers(3)]
        self.decimals = int(draw.integers(0, 4))
        self.p_decimals = int(draw.integers(2, 5))
        self.percents = int(draw.integers(0, 3))
        self.bare_point = bool(draw.random() < 0.2)
        self.minus = "−" if draw.random() < 0.5 else "-"

    def number(self, value: float, decimals: int | None = None) -> str:
        places = self.decimals if decimals is None else decimals
        text = str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), rounding=self.ties))
        text = text.replace("-", self.minus)
        return text.replace("0.", ".", 1) if self.bare_point and text.startswith("0.") else text

    def p(self, value: float) -> str:
        bound = 10.0**-self.p_decimals
        return f"<{bound:.{self.p_decimals}f}" if value < bound else self.number(value, self.p_decimals)


def paper(draw: Draw) -> Doc:
    """A true paper of two groups (or three, for some claims)."""
    style = Style(draw)
    sizes = {name: int(draw.integers(8, 120)) for name in ("a", "b")}
    groups = {name: {"label": f"Group {name.upper()}", "n": str(n)} for name, n in sizes.items()}
    claims = [
        means(draw, style, sizes),
        whole_means(draw, style, sizes),
        counts(draw, style, sizes),
        rates(draw, style, sizes),
        response(draw, style, sizes),
        *ratios(draw, style),
        statistic(draw, style),
        toxicity(draw, sizes),
        follow_up(draw, style, sizes),
        median(draw, style),
        union(draw, sizes),
    ]
    return {"calliper": "1", "citation": "A true paper", "groups": groups, "claims": claims}


def means(draw: Draw, style: Style, sizes: dict[str, int]) -> Doc:
    values = {name: draw.normal(60 + draw.normal(0, 2), 10, n) for name, n in sizes.items()}
    a, b = values.values()
    is_welch = draw.random() < 0.5
    t, p = stats.ttest_ind(a, b, equal_var=not is_welch)
    claim: Doc = {
        "id": "age", "place": "Table 1", "what": "Age", "kind": "means", "p": style.p(p),
        "groups": {
            name: {"mean": style.number(v.mean()), "sd": style.number(v.std(ddof=1))} for name, v in values.items()
        },
        "least": style.number(min(v.min() for v in values.values())),
        "most": style.number(max(v.max() for v in values.values())),
    }  # fmt: skip
    if draw.random() < 0.5:
        claim["test"] = "welch" if is_welch else "pooled"
    if draw.random() < 0.5:
        claim["statistic"] = style.number(t, 2)
    return claim


def whole_means(draw: Draw, style: Style, sizes: dict[str, int]) -> Doc:
    values = {name: draw.poisson(3.0, n) for name, n in sizes.items()}
    held = {
        name: {"mean": style.number(v.mean(), 2), "sd": style.number(v.std(ddof=1), 2)}
        for name, v in values.items()
    }
    return {
        "id": "nodules",
        "place": "Table 1",
        "what": "Nodules",
        "kind": "means",
        "integers": "true",
        "groups": held,
    }


def counts(draw: Draw, style: Style, sizes: dict[str, int]) -> Doc:
    chances = draw.dirichlet(np.full(int(draw.integers(2, 5)), 4.0))
    columns = {name: draw.multinomial(n, chances) for name, n in sizes.items()}
    table = np.array(list(columns.values())).T
    levels = {
        f"level {at}": {name: str(column[at]) for name, column in columns.items()} for at in range(len(table))
    }
    percents = {
        f"level {at}": {
            name: style.number(100 * column[at] / sizes[name], style.percents)
            for name, column in columns.items()
        }
        for at in range(len(table))
    }
    claim = {
        "id": "stage",
        "place": "Table 1",
        "what": "Stage",
        "kind": "counts",
        "levels": levels,
        "percents": percents,
    }
    return claim | tested(draw, style, table[table.sum(axis=1) > 0])


def tested(draw: Draw, style: Style, table: Any) -> Doc:
    """A test of a table by one of those that fit it; none where it is degenerate."""
    if len(table) < 2 or not table.sum(axis=0).all():
        return {}
    name = ("pearson", "likelihood_ratio", "fisher", "yates")[
        draw.integers(4 if table.shape == (2, 2) else 3)
    ]
    if name == "fisher":
        if table.shape != (2, 2):
            name = "pearson"
        else:
            made: Doc = {"p": style.p(stats.fisher_exact(table).pvalue)}
            return made | ({"test": name} if draw.random() < 0.5 else {})
    kind = {"lambda_": "log-likelihood"} if name == "likelihood_ratio" else {}
    chi2, p, df, _ = stats.chi2_contingency(table, correction=name == "yates", **kind)
    made = {"p": style.p(p)}
    if draw.random() < 0.5:
        made |= {"statistic": style.number(chi2, 3), "df": str(df)}
    return made | ({"test": name} if draw.random() < 0.5 else {})


def rates(draw: Draw, style: Style, sizes: dict[str, int]) -> Doc:
    held = {name: int(draw.binomial(n, 0.35)) for name, n in sizes.items()}
    percents = {name: style.number(100 * held[name] / n, style.percents) for name, n in sizes.items()}
    claim = {"id": "fever", "place": "Table 3", "what": "Fever", "kind": "rates", "percents": percents}
    claim["counts"] = {name: str(count) for name, count in held.items()}
    table = np.array([list(held.values()), [sizes[name] - held[name] for name in sizes]])
    return claim | (tested(draw, style, table) if table.sum(axis=1).all() else {})


def response(draw: Draw, style: Style, sizes: dict[str, int]) -> Doc:
    evaluable = {name: n - int(draw.integers(0, 4)) for name, n in sizes.items()}
    columns = {name: draw.multinomial(n, (0.15, 0.4, 0.3, 0.15)) for name, n in evaluable.items()}
    claim: Doc = {
        "id": "month_1", "place": "Table 2", "what": "Response", "kind": "response",
        "of": {name: str(n) for name, n in evaluable.items()},
        "categories": {
            category: {name: str(column[at]) for name, column in columns.items()}
            for at, category in enumerate(("CR", "PR", "SD", "PD"))
        },
    }  # fmt: skip
    for rate, size in (("orr", 2), ("dcr", 3)):
        held = {name: int(column[:size].sum()) for name, column in columns.items()}
        claim[rate] = {
            name: style.number(100 * held[name] / n, style.percents) for name, n in evaluable.items()
        }
        table = np.array([list(held.values()), [evaluable[name] - held[name] for name in held]])
        if table.sum(axis=1).all():
            claim[f"{rate}_test"] = tested(draw, style, table)
    return claim


def ratios(draw: Draw, style: Style) -> list[Doc]:
    made = []
    for number in range(3):
        b, error = draw.normal(0, 0.7), draw.uniform(0.1, 0.6)
        places = max(style.decimals, 2)
        made.append({
            "id": f"factor_{number}", "place": "Table 5", "what": f"Factor {number}", "kind": "ratio",
            "coefficient": style.number(b, 3), "ratio": style.number(math.exp(b), places),
            "lower": style.number(math.exp(b - 1.959964 * error), places),
            "upper": style.number(math.exp(b + 1.959964 * error), places),
            "p": style.p(float(2 * special.ndtr(-abs(b / error)))), "test": "wald",
        })  # fmt: skip
    return made


def statistic(draw: Draw, style: Style) -> Doc:
    chi2, df = draw.chisquare(3), int(draw.integers(1, 4))
    return {
        "id": "logrank", "place": "Results", "what": "Log-rank test", "kind": "statistic", "df": str(df),
        "statistic": style.number(chi2, max(style.decimals, 1)), "p": style.p(float(special.chdtrc(df, chi2))),
    }  # fmt: skip


def toxicity(draw: Draw, sizes: dict[str, int]) -> Doc:
    grades = draw.multinomial(int(draw.integers(0, sizes["a"])), (0.5, 0.3, 0.15, 0.05))
    return {
        "id": "rash", "place": "Table 4", "what": "Rash", "kind": "toxicity", "group": "a", "total": str(grades.sum()),
        "grades": {str(at): str(count) for at, count in enumerate(grades, start=1)},
    }  # fmt: skip


def follow_up(draw: Draw, style: Style, sizes: dict[str, int]) -> Doc:
    """Patients who die or are censored; the median survival of each group by Kaplan and Meier, worked here."""
    medians, everyone = {}, []
    for name, n in sizes.items():
        death, end = draw.exponential(15, n), draw.uniform(10, 40, n)
        time = np.minimum(death, end)
        order = np.argsort(time)
        survival = np.cumprod(1 - (death <= end)[order] / (n - np.arange(n)))
        reached = np.flatnonzero(survival <= 0.5)
        medians[name] = style.number(time[order][reached[0]], 1) if len(reached) else "NR"
        everyone.append(time)
    times = np.concatenate(everyone)
    held = {"mean": times.mean(), "median": np.median(times), "shortest": times.min(), "longest": times.max()}
    return {
        "id": "follow_up", "place": "Results", "what": "Follow-up", "kind": "follow_up", "medians": medians,
        **{name: style.number(value, 1) for name, value in held.items()},
    }  # fmt: skip


def median(draw: Draw, style: Style) -> Doc:
    value, reach = draw.uniform(5, 30), draw.uniform(0.5, 4)
    return {
        "id": "os", "place": "Results", "what": "Median survival", "kind": "median", "interval": "symmetric",
        "median": style.number(value, 1), "lower": style.number(value - reach, 3),
        "upper": style.number(value + reach, 3),
    }  # fmt: skip


def union(draw: Draw, sizes: dict[str, int]) -> Doc:
    features = draw.random((sizes["a"], 3)) < (0.5, 0.3, 0.1)
    parts = [str(count) for count in features.sum(axis=0)]
    whole = str(int(features.any(axis=1).sum()))
    return {
        "id": "stage_c",
        "place": "Table 1",
        "what": "Stage C",
        "kind": "union",
        "whole": whole,
        "parts": parts,
    }


# --- slips --------------------------------------------------------------------------------------------------------


def _claim(doc: Doc, name: str) -> Doc:
    return next(claim for claim in doc["claims"] if claim["id"] == name)


def _shift(text: str, by: float) -> str:
    """A printed number moved by so many units of its last digit."""
    held = Decimal(text.replace("−", "-").lstrip("<>"))
    unit = Decimal(1).scaleb(held.as_tuple().exponent)  # type: ignore[arg-type]
    return str((held + unit * Decimal(by)).quantize(unit, rounding=ROUND_DOWN))


def _halved(text: str) -> str:
    places = len(text.partition(".")[2])
    return f"{float(text.lstrip('<')) / 2:.{places}f}"


def _transposed(text: str) -> str:
    """Two neighbouring digits exchanged, the first that differ."""
    for at in range(len(text) - 1):
        if text[at].isdigit() and text[at + 1].isdigit() and text[at] != text[at + 1]:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return _shift(text, 9)


def _swap(held: Doc, one: str, other: str) -> None:
    held[one], held[other] = held[other], held[one]


def _set(name: str, key: str, change: Callable[[str], str]) -> Callable[[Doc], None]:
    def plant(doc: Doc) -> None:
        claim = _claim(doc, name)
        claim[key] = change(claim[key])

    return plant


def _within(name: str, keys: tuple[str, ...], change: Callable[[str], str]) -> Callable[[Doc], None]:
    def plant(doc: Doc) -> None:
        held = _claim(doc, name)
        for key in keys[:-1]:
            held = held[key]
        held[keys[-1]] = change(held[keys[-1]])

    return plant


def _exchange(name: str, keys: tuple[str, ...], pair: tuple[str, str]) -> Callable[[Doc], None]:
    def plant(doc: Doc) -> None:
        held = _claim(doc, name)
        for key in keys:
            held = held[key]
        _swap(held, *pair)

    return plant


def _another_header(doc: Doc) -> None:
    doc["groups"]["b"]["n"] = doc["groups"]["a"]["n"]


def _one_more(text: str) -> str:
    return str(int(text) + 1)


PLANTED: dict[str, Callable[[Doc], None]] = {
    "one-sided P of a t test": _set("age", "p", _halved),
    "one-sided P of a table": _set("fever", "p", _halved),
    "digits of a P value exchanged": _set("logrank", "p", _transposed),
    "P value of a ratio halved": _set("factor_0", "p", _halved),
    "standard error for deviation": lambda doc: _claim(doc, "age")["groups"]["a"].update(
        sd=_shift(
            str(float(_claim(doc, "age")["groups"]["a"]["sd"]) / math.sqrt(int(doc["groups"]["a"]["n"]))), 0
        )
    ),
    "a mean of whole numbers that is none": _within(
        "nodules", ("groups", "a", "mean"), lambda text: _shift(text, 1)
    ),
    "a count one too many": _within("stage", ("levels", "level 0", "a"), _one_more),
    "counts of two groups exchanged": _exchange("stage", ("levels", "level 0"), ("a", "b")),
    "a percentage three units off": _within("fever", ("percents", "a"), lambda text: _shift(text, 3)),
    "percentages of two groups exchanged": _exchange("fever", ("percents",), ("a", "b")),
    "the header of another group": _another_header,
    "ORR with a category too few": lambda doc: _claim(doc, "month_1")["orr"].update(
        a=str(
            int(
                100
                * int(_claim(doc, "month_1")["categories"]["PR"]["a"])
                / int(_claim(doc, "month_1")["of"]["a"])
            )
        )
    ),
    "ORR and DCR exchanged": lambda doc: _swap(_claim(doc, "month_1"), "orr", "dcr"),
    "a coefficient of another row": lambda doc: _claim(doc, "factor_0").update(
        coefficient=_claim(doc, "factor_1")["coefficient"]
    ),
    "the sign of a coefficient": _set(
        "factor_0", "coefficient", lambda text: text[1:] if text[0] in "-−" else f"-{text}"
    ),
    "limits of another row": lambda doc: _claim(doc, "factor_0").update(
        lower=_claim(doc, "factor_1")["lower"], upper=_claim(doc, "factor_1")["upper"]
    ),
    "a lower limit with digits exchanged": _set("factor_2", "lower", _transposed),
    "a median with digits exchanged": _set("os", "median", _transposed),
    "grades that do not add up": _within("rash", ("grades", "1"), _one_more),
    "a mean follow-up near the longest": lambda doc: _claim(doc, "follow_up").update(
        mean=_shift(_claim(doc, "follow_up")["longest"], -5)
    ),
    "a stage that needs too many features": _set("stage_c", "whole", lambda text: str(int(text) * 3 + 1)),
}
"""By its name, a slip to plant into a true paper."""


def planted(doc: Doc, name: str) -> Doc | None:
    """The paper with one slip; None where it has nothing to plant it in, or the slip leaves the print as it was."""
    changed = copy.deepcopy(doc)
    try:
        PLANTED[name](changed)
    except (KeyError, ValueError, ArithmeticError):
        return None
    try:
        Paper.model_validate(changed)
    except ValidationError:
        return None  # a P value above 1: whoever reads the file refuses it
    return None if changed == doc else changed
