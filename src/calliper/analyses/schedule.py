"""Follow-up against its schedule by arm: visits due, on time, late and missed, and how often visits came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from calliper.analyses.convention import resolve
from calliper.analyses.places import Entry, Place, Refusal, attempt, collect, proportion
from calliper.analyses.schedule_wording import rate_method, ratio_method, summary_method
from calliper.analyses.spread import spread_rows
from calliper.endpoints import Derived
from calliper.protocol.specs import Protocol, Schedule, ScheduleAnalysis
from calliper.results import Listing, Method, Results
from calliper.stats.estimates import Interval
from calliper.stats.proportions import exact_poisson
from calliper.stats.rates import rate_ratio

DAYS_IN_A_YEAR = 365.25
DAYS, PER_YEAR = "days", "per patient-year"
OF_DUE = {"on time": "on_time", "late": "late", "after missed": "after_missed", "missed": "missed"}
"""What became of the visits that were due: level and column."""

CONTENT = {
    "complete": "complete",
    "incomplete": "incomplete",
    "not recorded": "content_not_recorded",
}
PATIENTS = (
    "patient", "arm", "days_followed", "due", "attended", "on_time", "early", "late", "after_missed", "missed",
    "days_since_last", "complete", "incomplete", "content_not_recorded", "reason", "detail", "source",
)  # fmt: skip
"""The columns of the listing `schedule`."""

VISITS = ("patient", "arm", "day", "interval", "timing", "done", "not_done", "not_recorded", "source")
"""The columns of the listing `schedule_visits`."""


def analyse_schedule(spec: ScheduleAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Count the visits of the included patients whose follow-up is known, by arm, and compare how often they came.

    The listing `schedule` has a line a patient, `schedule_visits` one a visit. Raises ValueError when the endpoint is
    no schedule.
    """
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Schedule):
        raise ValueError(f"{spec.endpoint} is not a schedule")
    made = derived.endpoints[spec.endpoint]
    patients = derived.cohort.patients.select("patient", "arm")
    held = patients.join(made.frame, on="patient", how="inner", maintain_order="left")
    visits = pl.DataFrame(schema=dict.fromkeys(VISITS, pl.String)) if made.visits is None else made.visits
    visits = visits.join(patients, on="patient", how="inner", maintain_order="left")
    listings = (
        _listing(spec.id, "schedule", held.select(PATIENTS)),
        _listing(spec.id, "schedule_visits", visits.select(VISITS)),
    )
    return replace(collect(_entries(spec, endpoint, protocol, held, visits)), listings=listings)


def _listing(analysis: str, name: str, frame: pl.DataFrame) -> Listing:
    return Listing(analysis, name, tuple(frame.columns), tuple(frame.iter_rows()))


def _entries(
    spec: ScheduleAnalysis, endpoint: Schedule, protocol: Protocol, held: pl.DataFrame, visits: pl.DataFrame
) -> Iterator[Entry]:
    known = held.filter(pl.col("attended").is_not_null())
    yield summary_method(spec, endpoint, protocol, held)
    yield rate_method(spec, endpoint, protocol)
    arms = tuple(protocol.arms.groups)
    endings = tuple(known["reason"].unique().sort())
    for group in (*arms, *(("overall",) if len(arms) > 1 else ())):
        is_here = pl.lit(value=True) if group == "overall" else pl.col("arm") == group
        own, came = known.filter(is_here), visits.filter(is_here)
        place = Place(spec.id, group=group)
        yield from _group(place, own, came, spec=spec, protocol=protocol)
        yield from _content(place, own, came, endpoint=endpoint)
        yield from _rate(place.on(variable="rate"), own, confidence=protocol.confidence)
        for ending in endings:
            many = int((own["reason"] == ending).sum())
            yield from place.on(variable="ending", level=ending).rows(proportion(many, own.height))
    yield from _contrasts(spec, endpoint, protocol, known)


def _group(
    place: Place, own: pl.DataFrame, visits: pl.DataFrame, *, spec: ScheduleAnalysis, protocol: Protocol
) -> Iterator[Entry]:
    """How long patients were followed, what became of the visits due, how far apart visits were."""
    kind = resolve(protocol).quantile
    yield from place.rows({"n": own.height})
    yield from spread_rows(place.on(variable="followed"), own["days_followed"], kind=kind, unit=DAYS)
    here = place.on(variable="visits")
    due = int(own["due"].sum())
    yield from here.on(level="due").rows({"count": due})
    for level, column in OF_DUE.items():
        yield from here.on(level=level).rows(proportion(int(own[column].sum()), due))
    for level in ("attended", "early"):
        yield from here.on(level=level).rows({"count": int(own[level].sum())})
    asked = own.filter(pl.col("due") > 0)
    here = place.on(variable="patients")
    yield from here.rows({"n": asked.height})
    all_on_time = int((asked["on_time"] == asked["due"]).sum())
    yield from here.on(level="all on time").rows(proportion(all_on_time, asked.height))
    yield from here.on(level="no visit").rows(proportion(int((asked["attended"] == 0).sum()), asked.height))
    percents = asked["share"] * 100
    yield from spread_rows(place.on(variable="completeness"), percents, kind=kind, unit="%")
    yield from spread_rows(place.on(variable="interval"), visits["interval"], kind=kind, unit=DAYS)
    yield from spread_rows(place.on(variable="since_last"), own["days_since_last"], kind=kind, unit=DAYS)


def _content(place: Place, own: pl.DataFrame, visits: pl.DataFrame, *, endpoint: Schedule) -> Iterator[Entry]:
    """Of the visits attended: those at which all, or each item, was done; nothing where none is asked for."""
    if not endpoint.content:
        return
    attended = int(own["attended"].sum())
    here = place.on(variable="content")
    for level, column in CONTENT.items():
        yield from here.on(level=level).rows(proportion(int(own[column].sum()), attended))
    for item in endpoint.content:
        counts = {
            column: int(visits[column].str.split("; ").list.contains(item).sum())
            for column in ("done", "not_recorded")
        }
        at = place.on(variable="item", level=item)
        yield from at.rows({**proportion(counts["done"], attended), "not_recorded": counts["not_recorded"]})


def _rate(place: Place, own: pl.DataFrame, *, confidence: float) -> Iterator[Entry]:
    """Visits per patient-year of follow-up, the early ones too."""
    attended, years = _totals(own)
    yield from place.rows({"person_time": years}, unit="years")
    made = attempt(exact_poisson, attended, years, confidence)
    if isinstance(made, Refusal):
        subject = f"rate {place.group}"
        yield Method(place.analysis, "exact_poisson", "No rate was made.", subject, failure=made.sentence)
        return
    limits = {"lower.exact_poisson": made.lower, "upper.exact_poisson": made.upper}
    yield from place.rows({"rate": made.value, **limits}, unit=PER_YEAR)


def _totals(own: pl.DataFrame) -> tuple[int, float]:
    return int(own["attended"].sum()), float(own["days_followed"].sum()) / DAYS_IN_A_YEAR


def _contrasts(
    spec: ScheduleAnalysis, endpoint: Schedule, protocol: Protocol, known: pl.DataFrame
) -> Iterator[Entry]:
    """The ratio of the rates of each arm and the reference, and whether its interval leaves out 1."""
    totals = {arm: _totals(known.filter(pl.col("arm") == arm)) for arm in protocol.arms.groups}
    reference = protocol.arms.reference
    made: dict[str, Interval] = {}
    for arm, (x, years) in totals.items():
        if arm == reference:
            continue
        place = Place(spec.id, group=f"{arm} vs {reference}", variable="rate")
        ratio = attempt(rate_ratio, x, years, *totals[reference], protocol.confidence)
        if not isinstance(ratio, Refusal) and not totals[reference][0]:
            ratio = Refusal(f"no rate ratio: no {endpoint.visit} in the reference arm")
        if isinstance(ratio, Refusal):
            subject = f"rate {place.group}"
            yield Method(spec.id, "rate_ratio", "No rate ratio was made.", subject, failure=ratio.sentence)
            continue
        made[arm] = ratio
        limits = {"lower.rate_ratio": ratio.lower, "upper.rate_ratio": ratio.upper}
        yield from place.rows({"rate_ratio": ratio.value, **limits, "differs": differs(ratio)})
    if made:
        unlike = {arm: ratio.value > 1 for arm, ratio in made.items() if differs(ratio)}
        yield ratio_method(spec, endpoint, protocol, unlike)


def differs(ratio: Interval) -> bool:
    """Whether the interval of a ratio leaves out 1."""
    return not ratio.lower <= 1 <= ratio.upper
