"""How one centre writes what the study reads: its headers, codes, units, dates, limits. One file a centre.

A mapping is read beside the study file that names it under `mappings`. `docs/mapping_file.md` shows one. Nothing in it
alters a file: every cell that it turns into another text is listed with what stood there (conversions.csv).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from calliper.disease.units import FACTORS
from calliper.protocol.mistakes import did_you_mean, one_of
from calliper.protocol.spec import Spec, Words

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]

LEFT_OUT = "left_out"
"""What a column is that the study does not read."""


class Conversion(Spec):
    """A measurement in another unit: `of` is what is measured, as one unit may be of several (mg/dL)."""

    of: str
    unit: str = Field(alias="from")
    to: str

    @model_validator(mode="after")
    def _known_units(self) -> Conversion:
        if self.of not in FACTORS:
            raise ValueError(
                f"found '{self.of}'; expected {one_of(list(FACTORS))}{did_you_mean(self.of, list(FACTORS))}"
            )
        for unit in (self.unit, self.to):
            if unit not in FACTORS[self.of]:
                raise ValueError(
                    f"found the unit '{unit}' of {self.of}; expected {one_of(list(FACTORS[self.of]))}"
                )
        return self


class MappedColumn(Spec):
    """One column of a centre's file.

    `as` is the header under which the study file names it, or `left_out`. `codes` says what a cell's text is in the
    study's words, `missing` which texts say that there is no value. `dates` is the order in which dates are written,
    `short_years` the first of the hundred years that a year of two digits may mean: 1930 reads 29 as 2029 and 30 as
    1930. `limits` says what ">1210" is: the limit itself (`at_limit`), or half of it where it is a lower one
    (`half`). `pseudonym` puts a keyed pseudonym in the place of the text. What a draft guessed has its `evidence`, and
    `confirm: false` until a person has looked: the study does not run before.
    """

    header: Words
    meant: Words = Field(alias="as")
    missing: tuple[str, ...] = ()
    codes: dict[str, Text] = {}
    dates: Literal["iso", "day_first", "month_first", "excel_serial"] | None = None
    short_years: int | None = Field(default=None, ge=1850, le=2050)
    unit: Conversion | None = None
    limits: Literal["at_limit", "half"] | None = None
    pseudonym: bool = False
    seen: str = ""
    evidence: str = ""
    confirm: bool = True

    @model_validator(mode="after")
    def _says_one_thing(self) -> MappedColumn:
        changed = [name for name in ("codes", "unit", "limits", "pseudonym") if getattr(self, name)]
        if self.meant == LEFT_OUT and changed:
            raise ValueError(f"found {one_of(changed)} of a column that is left out; expected one of the two")
        if self.pseudonym and (self.codes or self.unit):
            raise ValueError("found pseudonym with codes or unit; expected the identifier as it stands")
        return self


class MappedSheet(Spec):
    """The columns of one file, or of one sheet of a workbook; `file` is written as in the study file.

    `decimal` and `missing` are of the whole sheet, where they differ from the key `reading` of the study file.
    """

    file: Words
    sheet: str | None = None
    decimal: Literal["point", "comma"] | None = None
    missing: tuple[str, ...] = ()
    columns: tuple[MappedColumn, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> MappedSheet:
        for what, names in (
            ("header", [column.header for column in self.columns]),
            ("as", [column.meant for column in self.columns if column.meant != LEFT_OUT]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"found {what} '{twice}' in two columns; expected it in one")
        return self

    def column(self, meant: str) -> MappedColumn | None:
        """The column that the study names so, or None where the file has it under the same header."""
        return next((column for column in self.columns if column.meant == meant), None)


class Mapping(Spec):
    """A mapping file. `centre` says whose it is, for its readers."""

    calliper_mapping: Literal["1"]
    centre: str | None = None
    sheets: tuple[MappedSheet, ...] = Field(min_length=1)
