"""A study file to a Protocol, or every mistake in it at once, each as `file:line: path: found ...; expected
...`.

bytes -> text -> values with lines (written.py) -> endpoints like others made whole (inherit.py) -> models (shape.py)
-> names that fit (check_*.py)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from calliper.errors import ProtocolError
from calliper.protocol import mistakes
from calliper.protocol.check_analyses import check_analyses
from calliper.protocol.check_data import check_data
from calliper.protocol.check_deviations import check_populations
from calliper.protocol.check_endpoints import check_endpoints
from calliper.protocol.check_multiplicity import check_multiplicity
from calliper.protocol.check_variables import check_variables
from calliper.protocol.inherit import Inherited, inherit
from calliper.protocol.layers import Layers, read_layers
from calliper.protocol.mistakes import Fault, Mistake, did_you_mean, listed_mistakes, one_of
from calliper.protocol.scope import scope_of
from calliper.protocol.shape import Shaped, shape
from calliper.protocol.specs import Protocol
from calliper.protocol.written import MAX_BYTES, Written, parse_yaml, read_text

MOST_NEIGHBOURS = 1000
"""Names of a folder looked through for the file that was meant."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A study file without mistakes: its protocol, path, folder (data paths start there), SHA-256, and its layers."""

    protocol: Protocol
    path: Path
    folder: Path
    sha256: str
    layers: Layers = field(default_factory=Layers)


def load(path: Path, *, is_draft: bool = False) -> Loaded:
    """Read a study file and its layers; reads no data. Raises ProtocolError with every mistake, sorted by line.

    So it does for guesses of a draft that nobody has confirmed, unless `is_draft`: to look at one, not to run it.
    """
    raw = _bytes(path)
    protocol, lines = _study(raw, path.name, is_draft=is_draft)
    try:
        layers = read_layers(protocol, path.parent, is_draft=is_draft) if protocol is not None else Layers()
    except ProtocolError as error:
        raise ProtocolError([*listed_mistakes(lines, file=path.name), *error.mistakes]) from None
    if lines or protocol is None:
        raise ProtocolError(listed_mistakes(lines, file=path.name))
    return Loaded(protocol, path, path.parent, hashlib.sha256(raw).hexdigest(), layers)


def _study(raw: bytes, name: str, *, is_draft: bool) -> tuple[Protocol | None, set[Mistake]]:
    """The study file's protocol (of what is right in it), and its mistakes."""
    whole, found = parse_yaml(read_text(raw, file=name), file=name)
    inherited = inherit(whole)
    shaped = shape(inherited.whole, left_out=inherited.left_out)
    faults = tuple(chain(shaped.faults, _references(shaped)))
    lines = {
        *found,
        *(_mistake(fault, whole) for fault in inherited.faults),
        *(_taken_over(fault, inherited) for fault in faults if not inherited.is_told(fault, faults)),
    }
    if shaped.protocol is not None and not is_draft:
        lines |= {_mistake(fault, whole) for fault in _unconfirmed(shaped.protocol)}
    return shaped.protocol, lines


def _unconfirmed(protocol: Protocol) -> Iterator[Fault]:
    """A fault for every guess of a draft that nobody has confirmed."""
    for name, guess in protocol.guesses.items():
        if not guess.confirm:
            text = f"found a guess that nobody has confirmed ({guess.evidence}); look at {name}, then say confirm: true"
            yield Fault(("guesses", name, "confirm"), text)


def _bytes(path: Path) -> bytes:
    """The file's bytes, one more than a study file may have at most, so that a huge file is not held."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ProtocolError([f"{path}: found a device or a pipe; expected a study file"])
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        hint = " (did you mean the study.yaml in it?)" if (path / "study.yaml").is_file() else ""
        raise ProtocolError([f"{path}: found a folder; expected a study file{hint}"]) from None
    except FileNotFoundError:
        raise ProtocolError([f"{path}: found no such file; expected a study file{_nearby(path)}"]) from None
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise ProtocolError(
            [f"{path}: found a file that cannot be read ({why}); expected a study file"]
        ) from None
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ProtocolError([f"{path}: found a workbook or a zip; expected a study file, text that names it"])
    return raw


def _nearby(path: Path) -> str:
    """The study file that may have been meant, or what to do where its folder is not there either."""
    if not path.parent.is_dir():
        return f" (there is no folder {path.parent})"
    try:
        near = sorted(entry.name for entry in islice(path.parent.iterdir(), MOST_NEIGHBOURS))
    except OSError:
        return ""
    if close := did_you_mean(path.name, near):
        return close
    studies = [name for name in near if name.endswith((".yaml", ".yml"))]
    return f" (its folder holds {one_of(studies[:10])})" if studies else ""


def _references(shaped: Shaped) -> Iterator[Fault]:
    """Every name that does not fit, in the part of the file whose shape is right."""
    if shaped.protocol is None:
        return
    scope = scope_of(shaped, shaped.protocol)
    yield from check_data(scope)
    yield from check_variables(scope)
    yield from check_endpoints(scope)
    yield from check_populations(scope)
    yield from check_analyses(scope)
    yield from check_multiplicity(scope)


def _mistake(fault: Fault, whole: Written) -> Mistake:
    return Mistake(whole.line_of(fault.path), f"{_words(fault.path, whole)}: {fault.text}")


def _taken_over(fault: Fault, inherited: Inherited) -> Mistake:
    """A mistake of the file as `like` made it whole: where it was written, and through which entry it is met."""
    made, origin = _mistake(fault, inherited.whole), inherited.origin(fault.path)
    if origin is None:
        return made
    words = _words(fault.path, inherited.whole)
    return Mistake(made.line, f"{words} (taken over from {origin}): {fault.text}")


def _words(path: mistakes.Path, whole: Written) -> str:
    """`analyses.prognosis.factors[2]`: an entry with an id goes by it, others count from 1."""
    words = ""
    for end, step in enumerate(path):
        if isinstance(step, str):
            words += f".{step}" if words else step
            continue
        held = whole.at((*path[: end + 1], "id"))
        is_named = held is not None and isinstance(held.value, str) and held.value
        words += f".{held.value}" if held is not None and is_named else f"[{step + 1}]"
    return words
