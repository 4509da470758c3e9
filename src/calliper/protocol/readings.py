"""Two readings of the same patients: the landmarks they share, and the words that tell them apart."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.protocol.specs import AgreementAnalysis, Protocol, Response


def response_of(protocol: Protocol, name: str) -> Response:
    """The response endpoint of this name; raises ValueError where it is of another kind."""
    endpoint = protocol.endpoints[name]
    if not isinstance(endpoint, Response):
        raise ValueError(f"{name} is not a response endpoint")
    return endpoint


def compared_landmarks(protocol: Protocol, spec: AgreementAnalysis) -> tuple[str, ...]:
    """The landmarks compared: those the analysis names, or all that both endpoints have, in the first's order."""
    first, second = (response_of(protocol, name).landmarks for name in spec.endpoints)
    return spec.landmarks or tuple(name for name in first if name in second)


def told_apart(protocol: Protocol, names: Sequence[str]) -> tuple[str, ...]:
    """What to call each of these response endpoints beside the others, by the first thing in which all differ.

    Their labels; else their criteria (`RECIST 1.1`); else who read (`Reader A`); else `Recorded category` and
    `Derived category`; else their names in the study file.
    """
    held = [response_of(protocol, name) for name in names]
    ways = (
        [spec.label for spec in held],
        [spec.criteria for spec in held],
        [_readers(spec) for spec in held],
        ["Recorded category" if spec.lesions is None else "Derived category" for spec in held],
    )
    for words in ways:
        if len({word.casefold() for word in words}) == len(words) and all(words):
            return tuple(words)
    return tuple(names)


def _readers(spec: Response) -> str:
    if spec.lesions is None or not spec.lesions.readers:
        return ""
    return f"Reader {', else '.join(spec.lesions.readers)}"
