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

    Their labels, without what all of them begin with (`Reader 1` of `Response, reader 1`); else their criteria
    (`RECIST 1.1`); else who read (`Reader A`); else `Recorded category` and `Derived category`; else their names in
    the study file.
    """
    held = [response_of(protocol, name) for name in names]
    ways = (
        _without(shared_words(protocol, names), [spec.label for spec in held]),
        [spec.criteria for spec in held],
        [_readers(spec) for spec in held],
        ["Recorded category" if spec.lesions is None else "Derived category" for spec in held],
    )
    for words in ways:
        if len({word.casefold() for word in words}) == len(words) and all(words):
            return tuple(words)
    return tuple(names)


def shared_words(protocol: Protocol, names: Sequence[str]) -> str:
    """What the labels of these endpoints begin with in common: a whole label, or the words before a comma, or none.

    `Response, reader 1` and `Response, reader 2` share `Response`.
    """
    held = [response_of(protocol, name).label for name in names]
    if len(set(held)) == 1:
        return held[0]
    openings = {label.rpartition(", ")[0] for label in held}
    return openings.pop() if len(openings) == 1 else ""


def _without(shared: str, held: list[str]) -> list[str]:
    """The labels without the words they share; a word that now begins one has a capital, but not `mRECIST`."""
    rest = [label.removeprefix(f"{shared}, ") if shared else label for label in held]
    return [label[:1].upper() + label[1:] if label[1:2].islower() else label for label in rest]


def _readers(spec: Response) -> str:
    if spec.lesions is None or not spec.lesions.readers:
        return ""
    return f"Reader {', else '.join(spec.lesions.readers)}"
