"""A derived stage or score against what the disease's score asks for: its items, units, words and version."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.disease.scheme import Item, Scheme
from calliper.disease.schemes import SCHEMES
from calliper.protocol.mistakes import Fault, Path, did_you_mean, one_of
from calliper.protocol.scope import CATEGORIES, NUMBERS, Scope
from calliper.protocol.specs import FreeText, Number, Score, Stage


def made_faults(scope: Scope, path: Path, spec: Stage | Score) -> Iterator[Fault]:
    """Faults of one derived stage or score; `scope` holds the variables it may use."""
    key, name = ("stage", spec.stage) if isinstance(spec, Stage) else ("score", spec.score)
    known = [held for held, scheme in SCHEMES.items() if key == "stage" or scheme.has_score]
    if name not in known:
        near = did_you_mean(name, known)
        yield Fault((*path, key), f"found '{name}'; expected the {key} {one_of(known)}{near}")
        return
    scheme = SCHEMES[name]
    yield from _version(scope, path, name, spec, scheme)
    for item in spec.items:
        yield from scope.known((*path, "items", item), item, scheme.items, f"an item of '{name}'")
    absent = [item for item in scheme.items if item not in spec.items]
    if absent:
        named = ", ".join(f"'{item}'" for item in absent)
        yield Fault((*path, "items"), f"found no variable for {named}; expected every item of '{name}'")
    for item, variable in spec.items.items():
        if item in scheme.items:
            yield from _item(scope, (*path, "items", item), variable, item, scheme.items[item])
    yield from _recorded(scope, path, spec, scheme)


def _version(scope: Scope, path: Path, name: str, spec: Stage | Score, scheme: Scheme) -> Iterator[Fault]:
    if spec.version is None:
        if scheme.versions and scheme.default is None:
            yield Fault(path, f"found no version; expected one of '{name}': {one_of(scheme.versions)}")
    elif not scheme.versions:
        yield Fault((*path, "version"), f"found '{spec.version}'; expected none, '{name}' has one version")
    else:
        yield from scope.known((*path, "version"), spec.version, scheme.versions, f"a version of '{name}'")


def _item(scope: Scope, path: Path, variable: str, name: str, item: Item) -> Iterator[Fault]:
    """The variable of an item: its kind, and then its unit or its levels."""
    if variable not in scope.types and variable in scope.protocol.derived:
        yield Fault(path, f"found '{variable}', which is derived here or below; expected one from above")
        return
    takes: list[tuple[str, tuple[type, ...]]] = [
        *[("a number", NUMBERS)] * item.is_number,
        *[("a category", CATEGORIES)] * (item.words is not None),
        *[("a text", (FreeText,))] * item.is_text,
    ]
    kinds = tuple(kind for _, held in takes for kind in held)
    faults = list(scope.variable(path, variable, kinds, f"{one_of([word for word, _ in takes])} variable"))
    yield from faults
    if faults or variable not in scope.types:
        return
    held = scope.types[variable]
    if held.kind == "category" and item.words is not None:
        for level in held.levels:
            if level.casefold() not in item.words:
                text = f"found the level '{level}' of '{variable}'; expected of '{name}' {one_of(list(item.words))}"
                yield Fault(path, f"{text} (regroup: puts levels together)")
    elif item.units:
        spec = scope.protocol.variable(variable)
        unit = spec.unit if isinstance(spec, Number) else None
        if unit not in item.units:
            found = f"the unit '{unit}'" if unit else "no unit"
            yield Fault(path, f"found {found} of '{variable}'; expected of '{name}' {one_of(item.units)}")


def _recorded(scope: Scope, path: Path, spec: Stage | Score, scheme: Scheme) -> Iterator[Fault]:
    """The recorded stage or number to compare with."""
    name = spec.compare_with
    if name is None:
        return
    at: Path = (*path, "compare_with")
    if isinstance(spec, Score):
        yield from scope.variable(at, name, NUMBERS, "a number variable")
        return
    faults = list(scope.variable(at, name, CATEGORIES, "a category variable"))
    yield from faults
    if faults or name not in scope.types:
        return
    for level in scope.types[name].levels:
        if level not in scheme.levels:
            yield Fault(at, f"found the level '{level}' of '{name}'; expected {one_of(scheme.levels)}")
