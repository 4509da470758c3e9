"""The study again under the conventions of R, SAS and SPSS: what differs, and which conclusions change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace

from calliper.analyses import analyse
from calliper.analyses.convention import READS, resolve, under
from calliper.analyses.flips import find_flips
from calliper.analyses.places import Place
from calliper.endpoints import Derived
from calliper.protocol.specs import Protocol
from calliper.results import CONVENTIONS as ID
from calliper.results import STUDY, Method, Results, Row, join
from calliper.stats.conventions import CONVENTIONS, Convention

CURVES = ("curve", "curve_lower", "curve_upper")
"""What a figure draws: no number of it is read by itself."""


def analyse_conventions(protocol: Protocol, derived: Derived, made: Results) -> Results:
    """Run the analyses again under each named convention that is not the study's own, and compare.

    `made` are the study's own results. A number that differs anywhere has a row under each convention that can
    estimate it: `conventions/NAME/` and then its own key, the study's own as `conventions/study/`. One method a
    convention has its choices as parameters, the study's own under the subject `study`. An analysis that reads
    no choice that differs is not run again.
    """
    own = resolve(protocol)
    others = {name: convention for name, convention in CONVENTIONS.items() if convention != own}
    results = dict(_under_each(protocol, derived, made, {STUDY: own, **others}))
    keys = dict.fromkeys(
        key for found in results.values() for key, row in found.by_key.items() if row.stat not in CURVES
    )
    differing = [key for key in keys if _differs(key, results)]
    flips = find_flips(results, alpha=protocol.alpha)
    counts = {"compared": len(keys), "differ": len(differing), "flips": len(flips)}
    again = [
        _row_under(name, row)
        for key in differing
        for name, found in results.items()
        if (row := found.get(key)) is not None
    ]
    choices = [_choices(name, convention) for name, convention in {STUDY: own, **others}.items()]
    return Results((*Place(ID, STUDY).rows(counts), *again), (_summary(own), *choices), flips)


def _under_each(
    protocol: Protocol, derived: Derived, made: Results, conventions: Mapping[str, Convention]
) -> Iterator[tuple[str, Results]]:
    """The results of the study's analyses by convention, the study's own first."""
    done: dict[tuple[object, ...], Results] = {}
    for name, convention in conventions.items():
        parts = []
        for spec in protocol.analyses:
            reads = (spec.id, *(getattr(convention, choice) for choice in READS[type(spec)]))
            if name == STUDY:
                done[reads] = Results(made.of(spec.id), made.methods_of(spec.id))
            elif reads not in done:
                done[reads] = analyse(spec, under(protocol, name), derived)
            parts.append(done[reads])
        yield name, join(parts)


def _differs(key: str, results: Mapping[str, Results]) -> bool:
    """Whether the number is not the same under all conventions, but for the last digits of its arithmetic."""
    rows = [found.get(key) for found in results.values()]
    held = [row.value for row in rows if row is not None]
    known = [value for value in held if value is not None]
    if len(known) == len(rows):
        return not all(math.isclose(known[0], value, rel_tol=1e-9, abs_tol=1e-12) for value in known)
    return bool(known) or len(held) < len(rows)


def _row_under(name: str, row: Row) -> Row:
    """The row with `conventions/NAME/` before its key."""
    return replace(row, analysis=ID, population=name, group=f"{row.analysis}/{row.population}/{row.group}")


def _summary(own: Convention) -> Method:
    mine = [name for name, convention in CONVENTIONS.items() if convention == own]
    return Method(
        analysis=ID,
        name="summary",
        sentence="The analyses were repeated with the choices of R, SAS and SPSS where these differ.",
        parameters={"own": mine[0] if mine else None},
    )


def _choices(name: str, convention: Convention) -> Method:
    return Method(
        analysis=ID,
        name="choices",
        sentence="The choices of a convention, in full.",
        subject=name,
        parameters=asdict(convention),
    )
