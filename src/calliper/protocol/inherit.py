"""Endpoints written as others with changes: `like: NAME` takes every key of the endpoint NAME, before any model.

The values that are merged keep the lines on which they were written, so a mistake in a key that was taken over
points to where it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from calliper.protocol.mistakes import Fault, Path, did_you_mean
from calliper.protocol.written import MAX_VALUES, Written, found_words

LIKE = "like"
_SECTION = "endpoints"


@dataclass(frozen=True, slots=True)
class Inherited:
    """A study file whose endpoints are whole, the faults of `like`, and the paths of the entries these left out.

    `bases` has the endpoint that each entry with `like` names, where that is one; `entries` the entries as written.
    """

    whole: Written
    faults: tuple[Fault, ...]
    left_out: frozenset[Path]
    bases: Mapping[str, str]
    entries: Mapping[str, Written]

    def origin(self, path: Path) -> str | None:
        """The endpoint in which the value at a path was written, where an entry took it over; else None."""
        if len(path) < 3 or path[0] != _SECTION or path[1] not in self.bases:
            return None
        name = str(path[1])
        while self.entries[name].at(path[2:]) is None:
            if name not in self.bases:
                return None
            name = self.bases[name]
        return None if name == path[1] else name

    def is_told(self, fault: Fault, others: Collection[Fault]) -> bool:
        """Whether an endpoint from which an entry took over has the same fault, so that one line tells of both."""
        path = fault.path
        if len(path) < 3 or path[0] != _SECTION or path[1] not in self.bases:
            return False
        name = str(path[1])
        while name in self.bases and self.entries[name].at(path[2:]) is None:
            name = self.bases[name]
            if Fault((_SECTION, name, *path[2:]), fault.text) in others:
                return True
        return False


def inherit(whole: Written) -> Inherited:
    """Put the keys of the endpoint it names under every entry with `like`; never raises for a mistake in it.

    Mappings merge, key by key and to any depth; lists and single values replace; an empty value (null) takes the key
    away. Chains are followed. An entry whose `like` cannot be followed is left out, with its fault.
    """
    section = whole.child(_SECTION)
    entries = section.value if section is not None and isinstance(section.value, dict) else {}
    if section is None or not any(_has_like(entry) for entry in entries.values()):
        return Inherited(whole, (), frozenset(), {}, {})
    reading = _Reading(entries, room=MAX_VALUES - whole.size)
    resolved = {name: reading.resolve(name) for name in entries}
    held = {name: entry for name, entry in resolved.items() if entry is not None}
    left_out = frozenset((_SECTION, name) for name in entries if name not in held)
    values = whole.value if isinstance(whole.value, dict) else {}
    made = replace(whole, value={**values, _SECTION: replace(section, value=held)})
    return Inherited(made, tuple(reading.faults), left_out, reading.bases, entries)


@dataclass(slots=True)
class _Reading:
    """The entries as they are resolved, each once; `room` is how many values more they may come to."""

    entries: Mapping[str, Written]
    room: int
    faults: list[Fault] = field(default_factory=list)
    bases: dict[str, str] = field(default_factory=dict)
    resolved: dict[str, Written | None] = field(default_factory=dict)

    def resolve(self, name: str) -> Written | None:
        """The entry in full, or None where its `like` cannot be followed."""
        chain = [name]
        while chain[-1] not in self.resolved and _has_like(self.entries[chain[-1]]):
            base = self._base(chain[-1], chain)
            if base is None:
                self.resolved[chain[-1]] = None
                break
            self.bases[chain[-1]] = base
            chain.append(base)
        for each in reversed(chain):
            if each not in self.resolved:
                self.resolved[each] = self._whole(each)
        return self.resolved[name]

    def _whole(self, name: str) -> Written | None:
        """The entry with what its base, which is resolved, has."""
        entry = self.entries[name]
        if name not in self.bases:
            return entry
        found = self.resolved[self.bases[name]]
        return None if found is None else self._merged(name, entry, self.bases[name], found)

    def _base(self, name: str, chain: list[str]) -> str | None:
        """The name after `like`, if it is one that can be followed."""
        written, at = self.entries[name].child(LIKE), (_SECTION, name, LIKE)
        base = written.value if written is not None else None
        others = [other for other in self.entries if other != name]
        if not isinstance(base, str) or base not in self.entries:
            near = did_you_mean(base, others) if isinstance(base, str) else ""
            self._fault(at, f"found {found_words(written)}; expected the name of another endpoint{near}")
        elif base in chain:
            circle = " like ".join([*chain[chain.index(base) :], base])
            self._fault(
                at, f"found '{base}', in a circle ({circle}); expected an endpoint written out at its end"
            )
        else:
            return base
        return None

    def _merged(self, name: str, entry: Written, base: str, found: Written) -> Written | None:
        own, theirs = entry.child("kind"), found.child("kind")
        if not isinstance(found.value, dict):
            text = f"found '{base}', which is no mapping; expected the name of an endpoint with keys to take over"
            self._fault((_SECTION, name, LIKE), text)
            return None
        if own is not None and own.value is not None and (theirs is None or own.value != theirs.value):
            text = (
                f"found the kind {found_words(own)}, but '{base}' is of the kind {found_words(theirs)}; expected the "
                f"same, or no kind here"
            )
            self._fault((_SECTION, name, "kind"), text)
            return None
        lines = {key: line for key, line in (entry.key_lines or {}).items() if key != LIKE}
        values = entry.value if isinstance(entry.value, dict) else {}
        mine = replace(
            entry, value={key: item for key, item in values.items() if key != LIKE}, key_lines=lines
        )
        if self.room < 0:
            return None
        made = _merge(found, mine)
        self.room -= made.size - entry.size
        if self.room < 0:
            text = (
                f"found more than {MAX_VALUES:,} values, with those taken over; expected a smaller study file"
            )
            self._fault((_SECTION, name, LIKE), text)
            return None
        return made

    def _fault(self, path: Path, text: str) -> None:
        self.faults.append(Fault(path, text))


def _has_like(entry: Written) -> bool:
    return isinstance(entry.value, dict) and LIKE in entry.value


def _merge(theirs: Written, mine: Written) -> Written:
    """A mapping with the other's keys under its own; both are mappings, and each key keeps its line."""
    values = dict(theirs.value) if isinstance(theirs.value, dict) else {}
    lines = dict(theirs.key_lines or {})
    for key, item in mine.value.items() if isinstance(mine.value, dict) else ():
        held = values.get(key)
        if item.value is None and held is not None and held.value is not None:
            del values[key], lines[key]
            continue
        both = held is not None and isinstance(held.value, dict) and isinstance(item.value, dict)
        values[key] = _merge(held, item) if both and held is not None else item
        lines[key] = (mine.key_lines or {})[key]
    size = 1 + len(values) + sum(item.size for item in values.values())
    return Written(values, mine.line, size=size, key_lines=lines)
