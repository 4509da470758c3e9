"""A declared kind without an implementation fails here, before a user finds it."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import get_args

from calliper.analyses import ANALYSE
from calliper.analyses.convention import READS
from calliper.derivations import DERIVE
from calliper.disease.schemes import SCHEMES
from calliper.displays import DISPLAY
from calliper.displays.narrative.statistics import CONVENTION_FIELDS
from calliper.displays.tables.conventions import CHOICES
from calliper.protocol import specs
from calliper.stats.conventions import Convention


def kinds(union: object) -> set[type]:
    """The classes of an annotated union of the study file's models."""
    return set(get_args(get_args(union)[0]))


def test_every_kind_of_endpoint_is_derived() -> None:
    assert set(DERIVE) == kinds(specs.Endpoint)


def test_every_kind_of_analysis_is_analysed_and_displayed() -> None:
    assert set(ANALYSE) == kinds(specs.Analysis)
    assert set(DISPLAY) == kinds(specs.Analysis)


def test_every_kind_of_analysis_says_which_conventions_it_reads() -> None:
    assert set(READS) == kinds(specs.Analysis)
    read = {choice for choices in READS.values() for choice in choices}
    assert read == set(specs.Conventions.model_fields) == {field.name for field in fields(Convention)}


def test_every_score_is_a_function_of_its_items() -> None:
    for name, scheme in SCHEMES.items():
        taken = set(inspect.signature(scheme.function).parameters)
        units = {f"{item}_unit" for item, held in scheme.items.items() if held.units}
        assert taken == {*scheme.items, *units, *(["version"] if scheme.versions else [])}, name
        assert scheme.default is None or scheme.default in scheme.versions, name


def test_every_choice_of_a_convention_has_its_words() -> None:
    assert list(CHOICES) == list(CONVENTION_FIELDS) == list(specs.Conventions.model_fields)
