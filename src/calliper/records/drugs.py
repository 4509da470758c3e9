"""Drugs of the exposure table against those that the study file names: a slip of the hand would leave a row unread."""

from __future__ import annotations

import polars as pl

from calliper.protocol.specs import Exposure, Protocol, Treatments
from calliper.records.column import Column, Verdict
from calliper.records.slips import look_alike
from calliper.records.tables import Problem
from calliper.records.wording import quoted


def check_drugs(protocol: Protocol, drugs: pl.Series, column: Column) -> list[Problem]:
    """A query on each drug that no treatment names, and that differs from one only in capitals, white space or width.

    A drug that looks like none of those named is none of the study's treatments, and no problem.
    """
    asked: list[str] = []
    for spec in protocol.endpoints.values():
        if isinstance(spec, Treatments):
            asked += [drug for item in spec.items.values() for drug in item.drugs]
        elif isinstance(spec, Exposure):
            asked += spec.drugs
    named = pl.Series(asked, dtype=pl.String)
    near = dict(zip(look_alike(named), named))
    is_unread = drugs.is_not_null() & ~drugs.is_in(named.implode()).fill_null(value=False)
    is_slip = is_unread & look_alike(drugs).is_in(list(near)).fill_null(value=False)

    def slip(drug: str, key: str) -> Verdict:
        meant = quoted(near[key])
        message = f"{quoted(drug)} is no drug of a treatment, which names {meant}: the row is not read there"
        return Verdict("drug", message, "correct the cell, or add it to the drugs of the treatment")

    # by the drug as it is read: `codes` may have it from another word of the cell
    slips = drugs.filter(is_slip)
    verdicts = [slip(drug, key) for drug, key in zip(slips, look_alike(slips))]
    return column.report_each(is_slip, verdicts, severity="query")
