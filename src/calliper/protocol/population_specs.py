"""Populations: the key `populations` of the study file."""

from __future__ import annotations

from pydantic import model_validator

from calliper.protocol.spec import Name, Spec, Words


class Population(Spec):
    """Some of the included patients, to whom an analysis is limited by `population: NAME`.

    Those of whom the `rule` (over the patients' variables, `arm` and `centre`) is true; those without a major deviation
    of the deviations endpoint `without_major`; with both, those of whom both hold. A patient of whom the rule is
    unknown is not among them, and counted.
    """

    label: Words
    rule: Words | None = None
    without_major: Name | None = None

    @model_validator(mode="after")
    def _says_who(self) -> Population:
        if self.rule is None and self.without_major is None:
            raise ValueError("found neither; expected rule, without_major or both")
        return self
