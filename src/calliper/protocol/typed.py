"""A YAML file of printed numbers as text, exactly as typed: `80.00` tells how many decimals were printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from calliper.errors import ProtocolError
from calliper.protocol.mistakes import Mistake, listed_mistakes
from calliper.protocol.mistakes import Path as Place
from calliper.protocol.written import Written, found_words

Held = TypeVar("Held", bound=BaseModel)


def content(path: Path, what: str) -> bytes:
    """The bytes of a file; raises ProtocolError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        why = (error.strerror or "cannot be read").lower()
        raise ProtocolError([f"{path.name}: {why}; expected {what} at {path}"]) from None


def as_typed(written: Written) -> Any:
    """The file as dict, list and text as typed."""
    if isinstance(written.value, dict):
        return {key: as_typed(item) for key, item in written.value.items()}
    if isinstance(written.value, list):
        return [as_typed(item) for item in written.value]
    return "" if written.value is None else written.text


def validated(
    model: type[Held],
    whole: Written,
    mistakes: Iterable[Mistake],
    *,
    file: str,
    placed: Callable[[Place], Place],
    explained: Callable[[ErrorDetails, str], str],
) -> Held:
    """A file's values as a model. Raises ProtocolError with the mistakes there were before and all that it makes.

    `placed` is the place in the file of one in the model; `explained` puts a mistake in words, given what was found.
    """
    found = [*mistakes]
    held = None
    try:
        held = model.model_validate(as_typed(whole))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            place = placed(detail["loc"])
            at, text = where(place, whole), explained(detail, found_words(whole.at(place)))
            found.append(Mistake(whole.line_of(place), f"{at}: {text}" if at else text))
    if held is None or found:
        raise ProtocolError(listed_mistakes(found, file=file))
    return held


def where(place: Place, whole: Written) -> str:
    """`claims.t1_age_p.kind`: a claim goes by its id; one without, and a remark, counts from 1."""
    said = ""
    for end, step in enumerate(place):
        if isinstance(step, str):
            said += f".{step}" if said else step
            continue
        named = whole.at((*place[: end + 1], "id"))
        said += f".{named.text}" if named is not None and named.text else f"[{step + 1}]"
    return said
