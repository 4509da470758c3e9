"""SDTM tumour domains: their files, their dates, and what no domain can say and an endpoint needs."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.check_files import check_files
from calliper.protocol.check_variables import impute_faults
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import Scope
from calliper.protocol.specs import DatedDomain, Response, Tumours


def check_tumours(scope: Scope, tumours: Tumours) -> Iterator[Fault]:
    """Faults of the key `data.tumours`."""
    for name, domain in tumours.domains.items():
        path: Path = ("data", "tumours", name)
        yield from check_files(scope, path, domain.files, needs_centre=False)
        for role, impute in domain.impute.items() if isinstance(domain, DatedDomain) else ():
            at: Path = (*path, "impute", role)
            yield from scope.known(at, role, ["date"], "a role of this domain that holds dates")
            yield from impute_faults(scope, at, impute)
    yield from _for_viable(scope, tumours)


def _for_viable(scope: Scope, tumours: Tumours) -> Iterator[Fault]:
    """Criteria that measure viable tumour need what the standard has no word for."""
    for name, spec in scope.protocol.endpoints.items():
        if not isinstance(spec, Response) or spec.lesions is None or spec.rules.measures != "viable":
            continue
        reads = f"endpoint '{name}' ({spec.rules.name})"
        if "viable" not in tumours.tests.values():
            yield Fault(
                ("data", "tumours"),
                f"found no test that is viable; expected tests: {{CODE: viable}}, as {reads} measures "
                "viable tumour, for which SDTM has no test of its own",
            )
        if spec.rules.needs_arterial_phase and tumours.arterial_phase is None:
            yield Fault(
                ("data", "tumours"),
                f"found no arterial_phase; expected yes or no, as {reads} reads it and SDTM does not record it",
            )
