"""The claims file: what a paper prints, each number as it stands in print. docs/claims_file.md shows it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from calliper.audit.printed import read_printed
from calliper.protocol.specs import Name, Spec, Words

Test = Literal[
    "pearson", "yates", "likelihood_ratio", "fisher", "pooled", "welch", "anova", "mcnemar", "mcnemar_corrected",
    "mcnemar_exact",
]  # fmt: skip


def _number(text: str) -> str:
    read_printed(text)
    return text


def _count(text: str) -> str:
    held = read_printed(text)
    if held.number is None or held.number < 0 or held.decimals or held.bound:
        raise ValueError(f"found {text!r}; expected a whole number of 0 or more")
    return text


def _chance(text: str) -> str:
    held = read_printed(text)
    if held.number is None or not 0 <= held.number <= 1:
        raise ValueError(f"found {text!r}; expected 0 to 1, or <0.001")
    return text


Number = Annotated[str, AfterValidator(_number)]
"""A number digit for digit as printed: 60.30, <0.001, 1,250, .04."""
Count = Annotated[str, AfterValidator(_count)]
Chance = Annotated[str, AfterValidator(_chance)]
"""A printed P value."""


class Group(Spec):
    """A group of patients, as an arm: its name in print, and how many they are."""

    label: Words
    n: Count


class Claim(Spec):
    """What all claims have: a name of their own, where they stand, and what they are about in words."""

    id: Name
    place: Words
    what: Words


class Tested(Claim):
    """A claim with a test of the groups; `test` is the one that the paper names, if it does."""

    test: Test | None = None
    statistic: Number | None = None
    df: Count | None = None
    p: Chance | None = None


class Mean(Spec):
    """Mean and standard deviation of a group; `n` where it is not the group's own."""

    mean: Number
    sd: Number | None = None
    n: Count | None = None


class Means(Tested):
    """Means of a quantity by group. `integers`: each patient's value is a whole number, or 0 or 1 (`binary`).

    `least`, `most`: its range.
    """

    kind: Literal["means"]
    groups: Annotated[dict[Name, Mean], Field(min_length=1)]
    integers: Literal["true", "false", "binary"] = "false"
    least: Number | None = None
    most: Number | None = None


class Counts(Tested):
    """Patients by category and group. `whole`: each patient is in one category; `of`: their number, where not n.

    `percents` are printed beside the counts, in the same places.
    """

    kind: Literal["counts"]
    levels: Annotated[dict[Words, dict[Name, Count]], Field(min_length=1)]
    percents: dict[Words, dict[Name, Number]] = Field(default_factory=dict)
    of: dict[Name, Count] = Field(default_factory=dict)
    whole: Literal["true", "false"] = "true"


class Rates(Tested):
    """Patients of each group with something - a response, an adverse event; and how many they are of, where not n."""

    kind: Literal["rates"]
    counts: Annotated[dict[Name, Count], Field(min_length=1)]
    of: dict[Name, Count] = Field(default_factory=dict)
    percents: dict[Name, Number] = Field(default_factory=dict)


class Paired(Tested):
    """Patients asked twice - two readers, two times - who said yes once: the first time only, the second only."""

    kind: Literal["paired"]
    first_only: Count
    second_only: Count


class Response(Claim):
    """Best responses, or those at a landmark, by group, with ORR and DCR in percent and their tests."""

    kind: Literal["response"]
    categories: Annotated[dict[Literal["CR", "PR", "SD", "PD", "NE"], dict[Name, Count]], Field(min_length=2)]
    of: dict[Name, Count] = Field(default_factory=dict)
    orr: dict[Name, Number] = Field(default_factory=dict)
    dcr: dict[Name, Number] = Field(default_factory=dict)
    orr_test: Compared | None = None
    dcr_test: Compared | None = None


class Compared(Spec):
    """A test within a claim."""

    test: Test | None = None
    statistic: Number | None = None
    df: Count | None = None
    p: Chance | None = None


class Median(Claim):
    """A median with its limits; `interval`: `symmetric` where the software adds and takes off the same."""

    kind: Literal["median"]
    median: Number
    lower: Number | None = None
    upper: Number | None = None
    interval: Literal["symmetric", "any"] = "any"


class Statistic(Claim):
    """A statistic with its degrees of freedom and P value, as of a log-rank test; `normal` has no df."""

    kind: Literal["statistic"]
    distribution: Literal["chi_square", "normal", "t"] = "chi_square"
    statistic: Number
    df: Count | None = None
    p: Chance


class Ratio(Claim):
    """A hazard or odds ratio with limits, P value and coefficient. `interval: wald`: limits by the standard error.

    `test: wald`: the P value is of the ratio over its error, as SPSS prints; else it may be of a likelihood ratio, of a
    score or of a log-rank test, which are near.
    """

    kind: Literal["ratio"]
    ratio: Number
    lower: Number | None = None
    upper: Number | None = None
    p: Chance | None = None
    coefficient: Number | None = None
    interval: Literal["wald", "any"] = "wald"
    test: Literal["wald", "any"] = "any"
    confidence: Number = "95"


class Toxicity(Claim):
    """Patients of a group with an event, by grade; `total` with any grade."""

    kind: Literal["toxicity"]
    group: Name
    grades: Annotated[dict[Literal["1", "2", "3", "4", "5"], Count], Field(min_length=1)]
    total: Count | None = None
    of: Count | None = None


class Highest(Claim):
    """Words that say no event was above a grade, over claims of toxicity named in `events`."""

    kind: Literal["highest_grade"]
    grade: Literal["0", "1", "2", "3", "4"]
    events: Annotated[tuple[Name, ...], Field(min_length=1)]


class FollowUp(Claim):
    """Follow-up: mean, shortest and longest; `medians` of survival bound the mean: at most half outlive theirs."""

    kind: Literal["follow_up"]
    mean: Number | None = None
    median: Number | None = None
    shortest: Number | None = None
    longest: Number | None = None
    medians: dict[Name, Number] = Field(default_factory=dict)


class Statement(Spec):
    """A quantity as one place of the paper has it."""

    place: Words
    printed: Number


class Same(Claim):
    """One quantity that stands in several places."""

    kind: Literal["same"]
    statements: Annotated[tuple[Statement, ...], Field(min_length=2)]


class Sum(Claim):
    """Parts that make up a whole, each patient in one: 37 men and 41 men are 78."""

    kind: Literal["sum"]
    whole: Count
    parts: Annotated[tuple[Count, ...], Field(min_length=1)]


class Union(Claim):
    """Patients with any of several features: a stage C that is ECOG 1 to 2, vascular invasion or metastasis."""

    kind: Literal["union"]
    whole: Count
    parts: Annotated[tuple[Count, ...], Field(min_length=1)]


class Percent(Claim):
    """A count out of a number, in percent."""

    kind: Literal["percent"]
    count: Count
    of: Count
    percent: Number


Point = Annotated[tuple[Number, Number], Field()]


class Curve(Spec):
    """One group's Kaplan-Meier curve as read off a figure: time and survival (0 to 1) after each step; and the printed
    times and numbers at risk. `events` and `median` where they are printed.
    """

    steps: Annotated[tuple[Point, ...], Field(min_length=1)]
    at_risk: Annotated[tuple[Point, ...], Field(min_length=1)]
    events: Count | None = None
    median: Number | None = None


class Curves(Claim):
    """Curves of the groups, and what is printed beside them; `ratio` is of the second group over the first.

    `error` is how far off a survival may be read from the figure.
    """

    kind: Literal["curves"]
    groups: Annotated[dict[Name, Curve], Field(min_length=1, max_length=2)]
    statistic: Number | None = None
    p: Chance | None = None
    ratio: Number | None = None
    error: Number = "0.01"


AnyClaim = Annotated[
    Means | Counts | Rates | Response | Median | Statistic | Ratio | Toxicity | Highest | FollowUp | Same | Sum | Union
    | Percent | Curves | Paired,
    Field(discriminator="kind"),
]  # fmt: skip


class Paper(Spec):
    """A whole claims file."""

    calliper: Literal["1"]
    citation: Words
    groups: Annotated[dict[Name, Group], Field(min_length=1)]
    claims: Annotated[tuple[AnyClaim, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_known(self) -> Paper:
        """Groups and claims that others name are there."""
        ids = [claim.id for claim in self.claims]
        wrong = []
        twice = sorted({name for name in ids if ids.count(name) > 1})
        wrong += [f"the id '{name}' stands more than once; expected an id of its own" for name in twice]
        toxic = {claim.id for claim in self.claims if isinstance(claim, Toxicity)}
        for claim in self.claims:
            strange = sorted(named_groups(claim) - set(self.groups))
            wrong += [
                f"{claim.id}: no group '{name}'; the groups are {', '.join(self.groups)}" for name in strange
            ]
            if isinstance(claim, Highest):
                wrong += [
                    f"{claim.id}: no claim of toxicity '{name}'" for name in claim.events if name not in toxic
                ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def named_groups(claim: Claim) -> set[str]:
    """The groups that a claim names anywhere."""
    match claim:
        case Means() | Curves():
            return set(claim.groups)
        case Counts():
            tables = [*claim.levels.values(), *claim.percents.values(), claim.of]
        case Rates():
            tables = [claim.counts, claim.of, claim.percents]
        case Response():
            tables = [*claim.categories.values(), claim.of, claim.orr, claim.dcr]
        case FollowUp():
            tables = [claim.medians]
        case Toxicity():
            return {claim.group}
        case _:
            return set()
    return {name for table in tables for name in table}


Response.model_rebuild()
