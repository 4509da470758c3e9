"""A score as a study file names it: its items, units, words, levels and versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from calliper.disease.staged import Staged


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a score: a number where `is_number`, a category where there are `words`, or either; or free text.

    `units` are those the score converts; empty for a number without a unit. `words` map a level in small letters
    to what the score takes. `is_whole` is of a number that counts.
    """

    units: tuple[str, ...] = ()
    words: Mapping[str, object] | None = None
    is_number: bool = True
    is_whole: bool = False
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Scheme:
    """A score: its items, the levels of its stage, whether it has a number, its versions, and the function.

    `function` takes each item by its name (None where not recorded), its unit as `NAME_unit`, and, where there are
    versions, `version`. Without a `default`, the study file must name the version.
    """

    items: Mapping[str, Item]
    levels: tuple[str, ...]
    function: Callable[..., Staged]
    has_score: bool = True
    versions: tuple[str, ...] = ()
    default: str | None = None
