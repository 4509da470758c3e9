"""A small study with results typed by hand: every printed text below is worked out from these numbers on
paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calliper.protocol.specs import Protocol
from calliper.results import Method, Results, Row

ARMS = ("new", "old")


def protocol(*, new: str = "New drug", old: str = "Old drug", invented: bool = True) -> Protocol:
    """Two arms, one of each kind of endpoint and analysis."""
    return Protocol.model_validate(
        {
            "calliper": 1,
            "study": {
                "title": "A study by hand",
                "design": "retrospective cohort",
                "invented": invented,
                "cutoff": "2021-12-31",
            },
            "centres": {"east": {"label": "East"}},
            "data": {"patients": {"files": [{"path": "p.csv"}], "columns": {"patient": "id"}}},
            "variables": {
                "age": {"type": "integer", "column": "Age", "label": "Age", "unit": "years"},
                "sex": {
                    "type": "category",
                    "column": "Sex",
                    "label": "Sex",
                    "codes": {"m": "Male", "f": "Female"},
                },
                "fit": {
                    "type": "category",
                    "column": "Fit",
                    "label": "Fit",
                    "codes": {"y": "Yes", "n": "No"},
                },
                "stage": {
                    "type": "category",
                    "column": "S",
                    "label": "Stage",
                    "codes": {k: k for k in "ABC"},
                },
                "start": {"type": "date", "column": "Start", "label": "First dose"},
                "death": {"type": "date", "column": "Death", "label": "Death"},
                "scan": {"type": "category", "column": "R", "label": "Scan", "codes": {"CR": "CR"}},
                "rash": {"type": "integer", "column": "Rash", "label": "Rash"},
            },
            "arms": {
                "column": "Arm",
                "groups": {"new": {"label": new, "values": ["n"]}, "old": {"label": old, "values": ["o"]}},
                "reference": "old",
            },
            "eligibility": [
                {"id": "I1", "kind": "inclusion", "text": "Adults", "rule": "age >= 18"},
                {
                    "id": "E1",
                    "kind": "exclusion",
                    "text": "Unfit",
                    "rule": 'fit = "No"',
                    "unknown": "exclude",
                },
            ],
            "endpoints": {
                "os": {
                    "kind": "time_to_event",
                    "label": "Overall survival",
                    "short": "OS",
                    "unit": "months",
                    "event_label": "deaths",
                    "start": "start",
                    "events": [{"date": "death", "reason": "death"}],
                    "censor": [{"date": "start", "reason": "first dose"}],
                },
                "response": {
                    "kind": "response",
                    "label": "Tumour response",
                    "criteria": "RECIST 1.1",
                    "landmarks": {"best": {"label": "best response", "variable": "scan"}},
                },
                "toxicity": {
                    "kind": "toxicity",
                    "label": "Adverse events",
                    "dictionary": "CTCAE",
                    "version": "5.0",
                    "terms": {"rash": {"label": "Rash", "variable": "rash"}},
                },
            },
            "analyses": [
                {"id": "baseline", "kind": "baseline", "variables": ["age", "sex", "fit"]},
                {"id": "response", "kind": "response", "endpoint": "response"},
                {"id": "os", "kind": "survival", "endpoint": "os", "at": [12, 24]},
                {"id": "safety", "kind": "safety", "endpoint": "toxicity"},
                {
                    "id": "cox",
                    "kind": "cox",
                    "endpoint": "os",
                    "factors": ["age", "stage", "arm"],
                    "models": [{"id": "main", "label": "Main model", "factors": ["stage", "arm"]}],
                },
            ],
        }
    )


def _at(place: str, stats: Mapping[str, float | None], at: float | None = None) -> list[Row]:
    analysis, population, group, variable, level = place.split("/")
    return [
        Row(analysis, population, group, variable, level, stat, value, at) for stat, value in stats.items()
    ]


def _flow() -> list[Row]:
    sizes = {"screened": 12.0, "excluded": 1.0, "pending": 1.0, "included": 10.0}
    made = _at("flow/screened/overall//", sizes)
    for arm, n in (("new", 4.0), ("old", 6.0)):
        made += _at(f"flow/screened/{arm}//", {"included": n})
    made += _at(
        "flow/screened/overall/I1/", {"pass": 11.0, "fail": 1.0, "unknown": 0.0, "left": 1.0, "pending": 0.0}
    )
    return made + _at(
        "flow/screened/overall/E1/", {"pass": 11.0, "fail": 0.0, "unknown": 1.0, "left": 0.0, "pending": 1.0}
    )


def _baseline() -> list[Row]:
    made: list[Row] = []
    # Four and six patients, ten together; in the old arm one of six has no recorded fitness.
    for group, n, mean, males, fit, fit_n in (
        ("new", 4, 60.25, 1, 1, 4),
        ("old", 6, 59.95, 4, 3, 5),
        ("overall", 10, 60.07, 5, 4, 9),
    ):
        made += _at(f"baseline/included/{group}/age/", {"n": n, "missing": 0, "mean": mean, "sd": 13.96})
        made += _at(f"baseline/included/{group}/sex/", {"n": n, "missing": 0})
        made += _at(f"baseline/included/{group}/sex/Male", {"count": males, "proportion": males / n})
        made += _at(
            f"baseline/included/{group}/sex/Female", {"count": n - males, "proportion": 1 - males / n}
        )
        made += _at(f"baseline/included/{group}/fit/", {"n": fit_n, "missing": n - fit_n})
        made += _at(f"baseline/included/{group}/fit/Yes", {"count": fit, "proportion": fit / fit_n})
        made += _at(
            f"baseline/included/{group}/fit/No", {"count": fit_n - fit, "proportion": 1 - fit / fit_n}
        )
    for variable, smd, p in (("age", 0.0215, 0.9757), ("sex", 0.9, 0.0004)):
        made += _at(f"baseline/included/new vs old/{variable}/", {"smd": smd})
        made += _at(f"baseline/included/between/{variable}/", {"p": p})
    return made


def _response() -> list[Row]:
    made: list[Row] = []
    for arm, evaluable, everyone, complete in (("new", 4, 4, 3), ("old", 5, 6, 1)):
        for population, n in (("evaluable", evaluable), ("all", everyone)):
            place = f"response/{population}/{arm}/best"
            made += _at(f"{place}/", {"n": n})
            shown = {
                "CR": complete,
                "PR": 0,
                "SD": 0,
                "PD": evaluable - complete,
                "ORR": complete,
                "DCR": complete,
            }
            if population == "all":
                shown["NE"] = everyone - evaluable
            for level, count in shown.items():
                made += _at(f"{place}/{level}", {"count": count, "proportion": count / n})
            for level in ("ORR", "DCR"):
                made += _at(
                    f"{place}/{level}", {"lower.clopper_pearson": 0.1941, "upper.clopper_pearson": 0.9937}
                )
    for population in ("evaluable", "all"):
        place = f"response/{population}/new vs old/best/ORR"
        made += _at(place, {"difference": 0.55, "lower.newcombe": -0.0849, "upper.newcombe": 0.8295})
        made += _at(f"response/{population}/between/best/ORR", {"p": 0.0281})
    return made


def _survival() -> list[Row]:
    made: list[Row] = []
    sizes = {"new": (4.0, 0.0, None), "old": (6.0, 4.0, 12.65), "overall": (10.0, 4.0, 18.64)}
    for group, (n, events, median) in sizes.items():
        place = f"os/included/{group}/os/"
        made += _at(place, {"n": n, "events": events, "censored": n - events, "person_time": 101.25})
        made += _at(place, {"min_time": 1.0, "max_time": 30.04})
        made += _at(place, {"median": median, "median_lower": 9.61 if events else None, "median_upper": None})
    for arm, heights in (("new", (1.0, 1.0)), ("old", (1.0, 0.3333))):
        place = f"os/included/{arm}/os/"
        for time, height in zip((0.0, 12.65), heights, strict=True):
            limits = {"curve_lower": height * 0.9, "curve_upper": 1.0}
            made += _at(place, {"curve": height, **limits}, time)
        made += _at(place, {"censored_here": 1.0}, 12.65)
        for tick, at_risk in ((0.0, 4.0), (12.0, 3.0), (24.0, 1.0)):
            made += _at(place, {"at_risk": at_risk}, tick)
        made += _at(place, {"survival": heights[1], "survival_lower": 0.118, "survival_upper": 0.9411}, 12.0)
    made += _at(
        "os/included/between/os/", {"statistic.logrank": 6.4701, "df.logrank": 1.0, "p.logrank": 0.01097}
    )
    return made


def _safety() -> list[Row]:
    made: list[Row] = []
    for arm, n, any_grade in (("new", 4, 3), ("old", 6, 0)):
        place = f"safety/included/{arm}/rash"
        made += _at(f"{place}/", {"n": n, "unknown": 0})
        grades = (("grade 1", any_grade), *((f"grade {grade}", 0) for grade in range(2, 6)))
        for level, count in (("any grade", any_grade), *grades, ("grade >=3", 0)):
            made += _at(f"{place}/{level}", {"count": count, "proportion": count / n})
        for level, upper in (("any grade", 0.9), ("grade >=3", 0.0402)):
            limits = {"lower.clopper_pearson": 0.0, "upper.clopper_pearson": upper}
            made += _at(f"{place}/{level}", limits)
    return made + _at("safety/included/between/rash/any grade", {"p.fisher": 0.03333, "p": 0.03333})


def _cox() -> list[Row]:
    made: list[Row] = []
    effect = {"coefficient": -0.57803, "se": 0.2, "hr": 0.561, "lower": 0.327, "upper": 0.965, "p": 0.0367}
    made += _at("cox/included/univariable/age/", {"n": 10, "events": 4, **effect, "p.factor": 0.0367})
    for group in ("univariable", "main"):
        for variable, reference, levels in (("stage", "A", "BC"), ("arm", "old", ("new",))):
            place = f"cox/included/{group}/{variable}"
            made += _at(f"{place}/{reference}", {"reference": 1.0})
            for level in levels:
                made += _at(f"{place}/{level}", effect)
            made += _at(f"{place}/", {"p.factor": 0.0004})
            if group == "univariable":
                made += _at(f"{place}/", {"n": 10, "events": 4})
    sizes = {"n": 10, "events": 4, "parameters": 3, "events_per_parameter": 4 / 3, "concordance": 0.71249}
    return made + _at("cox/included/main//", sizes)


def _methods() -> list[Method]:
    return [
        Method("baseline", "headline", "Welch's t test.", subject="age", parameters={"test": "welch"}),
        Method("baseline", "headline", "Pearson's test.", subject="sex", parameters={"test": "pearson"}),
        Method("baseline", "headline", "", subject="fit", failure="no test: nobody knows"),
        Method("response", "headline", "Pearson.", subject="best ORR", parameters={"test": "pearson"}),
        Method("os", "summary", "Survival was estimated by the Kaplan-Meier method."),
        Method(
            "os", "summary", "", subject="os new at 24", failure="no survival at 24: follow-up ends at 20"
        ),
        Method("os", "cox", "", failure="no finite hazard ratio: no event in one arm"),
        Method(
            "cox", "summary", "Cox regression.", parameters={"ties": "efron"}, warnings=("Only 1.3 events",)
        ),
    ]


def results() -> Results:
    """Everything above."""
    rows = [*_flow(), *_baseline(), *_response(), *_survival(), *_safety(), *_cox()]
    return Results(tuple(rows), tuple(_methods()))


def analysis(study: Protocol, name: str) -> Any:
    """One analysis of the study file by id."""
    return next(spec for spec in study.analyses if spec.id == name)
