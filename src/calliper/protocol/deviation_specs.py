"""Deviations from the protocol: endpoints of kind `deviations`, whose rules are read against the records."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from calliper.protocol.spec import Name, Spec, Words, given
from calliper.protocol.time_specs import DateSource

Affects = Literal["response", "ttp", "safety", "none"]
"""What a deviation may change: response, time to progression, safety."""

Severity = Literal["minor", "major"]


class DeviationRule(Spec):
    """One rule of the protocol, judged on each row of a `table`, or of an `endpoint`, of which `where` is true.

    True: met. False: a deviation. Unknown: not recorded, which is no deviation. `order: embolisation` judges in place
    of a rule the steps of each session. With `every` a session, or a patient, without a row to judge is not recorded.
    `dated_by` is the role that dates a row where it is not the usual one. A deviation is `severity` (minor unless
    said), or with `major_unless` major wherever that rule is not true.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=20)]
    text: Words
    table: Name | None = None
    endpoint: Name | None = None
    order: Literal["embolisation"] | None = None
    rule: Words | None = None
    where: Words | None = None
    dated_by: Name | None = None
    every: Literal["session", "patient"] | None = None
    severity: Severity | None = None
    major_unless: Words | None = None
    affects: Affects = "none"

    @model_validator(mode="after")
    def _one_source(self) -> DeviationRule:
        keys = ("table", "endpoint", "order")
        if sum(getattr(self, key) is not None for key in keys) != 1:
            raise ValueError(f"found {given(self, *keys)}; expected exactly one of table, endpoint and order")
        if (self.rule is None) == (self.order is None):
            raise ValueError(
                f"found {given(self, 'rule', 'order')}; expected a rule, or the order of the steps alone"
            )
        if self.order is not None and (self.major_unless or self.dated_by or self.every == "patient"):
            raise ValueError(
                "found major_unless, dated_by or every: patient with order; expected none of them"
            )
        if self.severity == "major" and self.major_unless is not None:
            raise ValueError("found severity: major with major_unless; expected one of the two")
        return self

    @property
    def read_from(self) -> str:
        """The table whose rows are judged, or the name of the endpoint."""
        return self.table or self.endpoint or self.order or ""


class Preceding(Spec):
    """The latest row of a table with these values, dated on or before the row that is judged."""

    table: Literal["responses", "visits", "imaging", "labs", "sessions", "exposure", "adverse_events"]
    where: dict[Name, tuple[str, ...]] = {}


class Deviations(Spec):
    """Where the records show that the protocol was not kept: each rule judged on each row that it is about.

    Rows dated before `start` or after the cut-off are not judged. A rule names the row's own columns, `nth` and
    `days_since_previous` among the patient's rows it judges, `day` from the start, the patient's variables, `arm` and
    `centre`. Each entry of `dates` (a date of the patient) and of `preceding` (of the latest row before the judged one)
    is a date NAME and a number `days_after_NAME`, from it to the row's own date. With `response`, an endpoint that is
    derived from lesions, its scans are the responses they read.
    """

    kind: Literal["deviations"]
    label: Words
    start: Name | None = None
    response: Name | None = None
    dates: dict[Name, DateSource] = {}
    preceding: dict[Name, Preceding] = {}
    rules: tuple[DeviationRule, ...] = Field(min_length=1)
