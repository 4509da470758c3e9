"""What two readings of the same patients are called in print: beside each other, in a caption, in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from calliper.displays import labels
from calliper.displays.cells import Shelf
from calliper.protocol.readings import compared_landmarks, response_of, shared_words, told_apart
from calliper.protocol.specs import AgreementAnalysis, Protocol
from calliper.results import Results


@dataclass(frozen=True, slots=True)
class Readings:
    """The names of both, what they read, the landmarks compared in words, and the results of each population."""

    first: str
    second: str
    what: str
    landmarks: dict[str, str]
    evaluable: Shelf
    everyone: Shelf
    scans: Shelf


def readings(spec: AgreementAnalysis, protocol: Protocol, results: Results) -> Readings:
    """The two readings of an analysis of agreement."""
    first, second = told_apart(protocol, spec.endpoints)
    endpoint = response_of(protocol, spec.endpoints[0])
    landmarks = {name: endpoint.landmarks[name].label for name in compared_landmarks(protocol, spec)}
    shelves = (Shelf(results, spec.id, population) for population in ("evaluable", "all", "scans"))
    return Readings(first, second, shared_words(protocol, spec.endpoints), landmarks, *shelves)


def heading(protocol: Protocol, spec: AgreementAnalysis) -> str:
    """The title of the analysis, or what agrees with what: `Tumour response, mRECIST (2010) and RECIST 1.1`."""
    first, second = told_apart(protocol, spec.endpoints)
    what = shared_words(protocol, spec.endpoints)
    pair = f"{labels.in_sentence(first) if what else first} and {labels.in_sentence(second)}"
    return spec.title or (f"{what}, {pair}" if what else pair)
