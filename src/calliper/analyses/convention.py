"""Which of the choices on which good software differs a study makes."""

from __future__ import annotations

from dataclasses import replace

from calliper.protocol.specs import Protocol
from calliper.stats.conventions import CONVENTIONS, Convention


def resolve(protocol: Protocol) -> Convention:
    """The named convention of the study, with the choices that `conventions` sets alone put over it."""
    return replace(CONVENTIONS[protocol.convention], **protocol.conventions.model_dump(exclude_none=True))
