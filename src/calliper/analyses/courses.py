"""The courses of single patients, and by arm the best change of the sum of diameters; described, never tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from calliper.analyses.convention import resolve
from calliper.analyses.course_reading import Read, best_landmark, read_courses
from calliper.analyses.follow_up import follow_up
from calliper.analyses.groups import Groups, arm_groups
from calliper.analyses.places import Entry, Place, collect, proportion
from calliper.endpoints import Derived
from calliper.protocol.specs import CoursesAnalysis, Protocol, Response
from calliper.results import Method, Results
from calliper.stats.conventions import Convention
from calliper.summaries.moments import value_counts

BEST_CHANGE = "best_change"
FALL = "fall"


def analyse_courses(spec: CoursesAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """The course of every included patient, and how far the sums of their target lesions fell.

    The best change of a patient is the smallest percent change from baseline on a scan that counts: up to and
    including the first progression, not after new anticancer therapy, not after the cut-off, and with every target
    lesion assessed. Population `measured` are the patients who have one.
    """
    read = read_courses(spec, protocol, derived)
    arms = arm_groups(protocol, derived.cohort.patients)
    entries = (*_entries(spec, protocol, read, arms), *_followed(spec, protocol, read, derived, arms))
    return replace(collect(entries), courses=read.courses)


def _entries(spec: CoursesAnalysis, protocol: Protocol, read: Read, arms: Groups) -> Iterator[Entry]:
    response = protocol.endpoints[spec.response]
    if not isinstance(response, Response):
        raise ValueError(f"{spec.response} is not a response endpoint")
    least = float(response.rules.pr_decrease_percent)
    for group in (*arms.names, "overall"):
        own = [course for course in read.courses if group in (course.arm, "overall")]
        place = Place(spec.id, group=group)
        yield from place.rows({"n": len(own)})
        changes = [course.best_change for course in own if course.best_change is not None]
        yield from _changes(place, changes, least, resolve(protocol))
    yield _best_change(spec, response, read, least)
    yield _best_response(spec, response)


def _followed(
    spec: CoursesAnalysis, protocol: Protocol, read: Read, derived: Derived, arms: Groups
) -> Iterator[Entry]:
    """How many patients have a known follow-up, and why the others have none; nothing where none was asked for."""
    if spec.follow_up is None:
        return
    for group in (*arms.names, "overall"):
        own = [course for course in read.courses if group in (course.arm, "overall")]
        known = sum(course.last_day is not None for course in own)
        yield from Place(spec.id, "followed", group).rows({"n": known})
    times = follow_up(derived.cohort.patients, derived.endpoints[spec.follow_up])
    yield Method(
        spec.id,
        "follow_up",
        f"The follow-up of a patient is the time of {protocol.endpoints[spec.follow_up].label}.",
        n_used=sum(course.last_day is not None for course in read.courses),
        n_excluded=sum(course.last_day is None for course in read.courses),
        why_excluded=times.why_without(),
    )


def _changes(place: Place, changes: Sequence[float], least: float, convention: Convention) -> Iterator[Entry]:
    """How many were measured, how many fell by at least `least` percent, and the spread of the best changes."""
    measured = place.on(population="measured")
    yield from measured.rows({"n": len(changes)})
    here = measured.on(variable=BEST_CHANGE)
    fell = sum(change <= -least for change in changes)
    yield from here.on(level=FALL).rows(proportion(fell, len(changes)))
    if changes:
        counts = value_counts(np.array(changes))
        quartiles = {
            stat: counts.quantile(p, kind=convention.quantile)
            for stat, p in (("median", 0.5), ("q1", 0.25), ("q3", 0.75))
        }
        yield from here.rows({**quartiles, "min": counts.minimum, "max": counts.maximum}, unit="%")


def _best_change(spec: CoursesAnalysis, response: Response, read: Read, least: float) -> Method:
    without = Counter(why for why in read.why_without if why)
    commonest = sorted(without.items(), key=lambda held: (-held[1], held[0]))
    measured = len(read.courses) - without.total()
    failure = ""
    if response.lesions is None:
        failure = "no change of the tumour is known: the responses were recorded, without sums of diameters"
    elif not measured:
        failure = "no change of the tumour is known: no patient has a sum of diameters at baseline and later"
    return Method(
        analysis=spec.id,
        name=BEST_CHANGE,
        sentence="The best change of a patient is the largest fall, or else the smallest rise, of the sum of the "
        "diameters of the target lesions from baseline, over the scans up to and including the first progression, and "
        "not after new anticancer therapy or the cut-off; a scan on which a target lesion was not assessed has no sum. "
        "Best changes are described and not tested.",
        parameters={"pr_decrease_percent": least},
        n_used=measured,
        n_excluded=without.total(),
        why_excluded=", ".join(f"{why} ({n})" for why, n in commonest),
        failure=failure,
    )


def _best_response(spec: CoursesAnalysis, response: Response) -> Method:
    """Which response colours a patient."""
    landmark = best_landmark(response)
    confirmed = landmark is not None and response.landmarks[landmark].best == "confirmed"
    how = "confirmed by a later scan" if confirmed else "whether or not a later scan confirmed it"
    sentence = (
        f"In figures of patients the colour is that of the best response, {how}; stable disease counts from day "
        f"{response.rules.sd_min_days} on."
    )
    return Method(spec.id, "best", sentence, parameters={"landmark": landmark})
