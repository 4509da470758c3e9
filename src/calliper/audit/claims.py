"""A file of published numbers: one claim a printed number, and the result it speaks of.

docs/published_file.md shows the file. Every value is read as text, so the zeros of `80.00` count as decimals.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator
from pydantic_core import ErrorDetails

from calliper.audit.printed import NOT_REACHED, Printed, read_printed
from calliper.protocol.mistakes import Mistake, did_you_mean, one_of
from calliper.protocol.specs import Name, Spec, Words
from calliper.protocol.typed import content, validated, where
from calliper.protocol.written import Written, parse_yaml, read_text

Kind = Literal["count", "number", "percent", "p"]
KEY_PARTS = 6
"""analysis/population/group/variable/level/stat; a level may hold a slash of its own."""


class Claim(Spec):
    """One printed number.

    `kind` says how it is compared: a `count` exactly; a `number`, `percent` or `p` at its printed decimals. A
    `percent` is compared with 100 times the result, which is a proportion. `key` is the result it speaks of;
    `not_checkable` says why there is none. `note` is the reason printed when the two differ. `headline` puts
    the number on the short table of the terminal.
    """

    id: Name
    where: Words
    what: Words
    kind: Kind
    printed: Words
    key: Words | None = None
    not_checkable: Words | None = None
    note: Words | None = None
    headline: bool = False

    @property
    def number(self) -> Printed:
        """The printed text as a number."""
        return read_printed(self.printed)

    @model_validator(mode="after")
    def _is_one_number_of_its_kind(self) -> Claim:
        found = self.number
        is_whole = found.number is not None and found.number >= 0 and not found.decimals and not found.bound
        if self.kind == "count" and not is_whole:
            raise ValueError(f"found {self.printed!r}; expected a whole number for a count")
        if self.kind == "p" and not (found.number is not None and 0 <= found.number <= 1):
            raise ValueError(f"found {self.printed!r}; expected 0 to 1 for a P value")
        if self.kind == "percent" and found.number is None:
            raise ValueError(f"found {self.printed!r}; expected a number for a percent")
        return self

    @model_validator(mode="after")
    def _has_a_key_or_a_reason(self) -> Claim:
        if (self.key is None) == (self.not_checkable is None):
            raise ValueError("expected exactly one of key and not_checkable")
        if self.key is not None:
            parts = self.key.split("/")
            if len(parts) < KEY_PARTS or not all((parts[0], parts[1], parts[2], parts[-1])):
                raise ValueError(
                    f"found key {self.key!r}; expected analysis/population/group/variable/level/stat, "
                    "as in results.csv"
                )
        return self


class Published(Spec):
    """A whole file of published numbers: where they stand, and the claims in print order.

    `remarks` are printed above the lists of numbers: what no single number shows.
    """

    calliper: Literal["1"]
    citation: Words
    remarks: tuple[Words, ...] = ()
    claims: Annotated[tuple[Claim, ...], Field(min_length=1)]


def load_claims(path: Path) -> Published:
    """Read a file of published numbers.

    Raises ProtocolError with every mistake in the order of the file, as
    `published.yaml:34: claims.t1_age_p.kind: found 'counts'; expected ...`.
    """
    whole, repeated_keys = parse_yaml(
        read_text(content(path, "the file of published numbers"), file=path.name), file=path.name
    )
    mistakes = [*repeated_keys, *_repeated_ids(whole)]
    return validated(
        Published, whole, mistakes, file=path.name, placed=lambda place: place, explained=_explained
    )


def _repeated_ids(whole: Written) -> list[Mistake]:
    """A mistake for each id that stands twice; from the raw text, so as to be listed with all the others."""
    claims = whole.child("claims")
    first: dict[str, int] = {}
    mistakes = []
    for index in range(len(claims.value) if claims and isinstance(claims.value, list) else 0):
        place = ("claims", index, "id")
        written = whole.at(place)
        if written is None or not written.text:
            continue
        name, line = written.text, whole.line_of(place)
        if name in first:
            again = f"found '{name}' again (first at line {first[name]}); expected an id of its own"
            mistakes.append(Mistake(line, f"{where(place, whole)}: {again}"))
        first.setdefault(name, line)
    return mistakes


def _explained(detail: ErrorDetails, found: str) -> str:
    place = detail["loc"]
    field = str(place[-1]) if place else ""
    model: type[Spec] = Claim if place[:1] == ("claims",) and len(place) > 1 else Published
    match detail["type"]:
        case "missing":
            return f"missing; expected {_expected(field)}"
        case "extra_forbidden":
            known = list(model.model_fields)
            return f"no such key; expected {one_of(known)}{did_you_mean(field, known)}"
        case "value_error":
            return str(detail["ctx"]["error"])
        case "model_type":
            return f"found {found}; expected a mapping of {', '.join(model.model_fields)}"
        case "tuple_type":
            return f"found {found}; expected a list"
        case "too_short":
            return "found an empty list; expected at least one claim"
    return f"found {found}; expected {_expected(field)}"


def _expected(field: str) -> str:
    """What a field holds, in a few words."""
    words = {
        "calliper": "1 (the version of the file's layout)",
        "claims": "the list of printed numbers",
        "headline": "true or false",
        "id": "up to 40 lower case letters, digits and underscores, a letter first",
        "kind": one_of(get_args(Kind)),
        "printed": f"the number as printed, or {NOT_REACHED}",
    }
    return words.get(field, "1 to 2000 characters of text")
