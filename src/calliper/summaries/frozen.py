"""Summaries made of arrays: frozen values that compare by what they hold."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)


class FrozenArrays:
    """A frozen dataclass (`eq=False`) whose arrays cannot be written to; equal where every field is.

    `_freeze` runs in `__post_init__`, before anything is checked.
    """

    def _freeze(self, **kinds: type[np.generic]) -> None:
        """Hold each field named as a read-only array of its kind; whole numbers are refused if they are not.

        Raises:
            ValueError: a value that the kind cannot hold unchanged.
        """
        for name, kind in kinds.items():
            object.__setattr__(self, name, read_only(getattr(self, name), kind, name=name))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        pairs = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))  # type: ignore[arg-type]
        return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in pairs)

    def __hash__(self) -> int:
        held = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        # Adding zero turns minus zero, which equals zero, into zero.
        return hash(
            tuple((value + 0).tobytes() if isinstance(value, np.ndarray) else value for value in held)
        )


def read_only(values: npt.ArrayLike, kind: type[Scalar], *, name: str) -> npt.NDArray[Scalar]:
    """Return the values as an array of this kind that cannot be written to.

    An array that somebody else can still write to is copied.

    Raises:
        ValueError: a value that the kind cannot hold unchanged.
    """
    given: npt.NDArray[Any] = np.asarray(values)
    held = given.astype(kind, copy=given.flags.writeable).view()
    if given.dtype != held.dtype and not np.array_equal(given, held):
        raise ValueError(f"{name} holds {given.tolist()}; expected numbers of kind {np.dtype(kind).name}")
    held.setflags(write=False)
    return held
