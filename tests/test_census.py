"""A declared kind without an implementation fails here, before a user finds it."""

from __future__ import annotations

from typing import get_args

from calliper.analyses import ANALYSE
from calliper.derivations import DERIVE
from calliper.displays import DISPLAY
from calliper.protocol import specs


def kinds(union: object) -> set[type]:
    """The classes of an annotated union of the study file's models."""
    return set(get_args(get_args(union)[0]))


def test_every_kind_of_endpoint_is_derived() -> None:
    assert set(DERIVE) == kinds(specs.Endpoint)


def test_every_kind_of_analysis_is_analysed_and_displayed() -> None:
    assert set(ANALYSE) == kinds(specs.Analysis)
    assert set(DISPLAY) == kinds(specs.Analysis)
