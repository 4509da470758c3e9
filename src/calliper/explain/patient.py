"""One patient of a study: the records, the derived variables, eligibility and the endpoints."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import polars as pl

from calliper import pipeline
from calliper.derivations.baseline import derive_baseline
from calliper.endpoints import Derived
from calliper.errors import DataError
from calliper.pipeline import Progress
from calliper.protocol.load import Loaded
from calliper.protocol.mistakes import one_of
from calliper.protocol.specs import Protocol
from calliper.records.check import stopping_errors
from calliper.records.tables import Records


@dataclass(frozen=True, slots=True)
class Patient:
    """`baseline` is one row: the patient's record with every derived variable; `derived` is of this patient alone."""

    name: str
    protocol: Protocol
    records: Records
    baseline: pl.DataFrame
    derived: Derived

    @property
    def tables(self) -> tuple[str, ...]:
        """The long tables that the study has."""
        data = self.protocol.data
        return tuple(table for table in self.records.tables if table != "patients" and getattr(data, table))

    def rows(self, table: str) -> pl.DataFrame:
        """The patient's rows of a long table, in the order of the files."""
        return self.records.tables[table].filter(patient=self.name)


def find_patient(loaded: Loaded, name: str, progress: Progress) -> Patient:
    """Read the records and derive this patient.

    Raises:
        DataError: as `pipeline.run` for what stops a run; or there is no such patient, and the message names those
            with a similar identifier, or says for which error the patient's record was left out.
    """
    protocol = loaded.protocol
    records = pipeline.read(loaded, progress)
    if stopping := stopping_errors(protocol, records):
        raise DataError(stopping)
    progress(f"Deriving {name}")
    baseline = derive_baseline(protocol, records).filter(patient=name)
    if not baseline.height:
        raise DataError([_unknown(records, name)])
    return Patient(name, protocol, records, baseline, pipeline.derive(protocol, records, baseline))


def _unknown(records: Records, name: str) -> str:
    """What to say of an identifier that no patient has."""
    for record in records.excluded:
        if record.table == "patients" and record.patient == name:
            sheet = f", sheet '{record.sheet}'" if record.sheet else ""
            place = f"{record.file}{sheet}, row {record.row}"
            return f"{place}: the record of patient '{name}' is left out: {record.reason}"
    known = {patient.casefold(): patient for patient in records.patients["patient"].drop_nulls()}
    near = [known[word] for word in difflib.get_close_matches(name.casefold(), list(known), n=3, cutoff=0.5)]
    hint = f" (did you mean {one_of([repr(patient) for patient in near])}?)" if near else ""
    return f"found no patient '{name}' among the {len(known)} of the study{hint}"
