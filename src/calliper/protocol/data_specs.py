"""Where the data are and how cells are written: the keys `data` and `reading` of the study file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from calliper.protocol.spec import Name, Spec, Words
from calliper.protocol.variable_specs import Impute


class SourceFile(Spec):
    """One file (or one sheet of a workbook). `path` is relative to the study file, or absolute.

    It may be the address of a database (`sqlite:cohort.db`, `postgresql://host/name`), of which `sheet` names a table
    or view, or `query` asks for rows.

    `header_row` is the header's row as a spreadsheet numbers it; the rows above it are not read. Unless said, the
    header is the first row that holds a value.
    `keep` lists, per column, the raw values of the rows that belong to the table; other rows are counted and
    left.
    """

    path: Words
    sheet: str | None = None
    query: Words | None = None
    centre: Name | None = None
    header_row: int | None = Field(default=None, ge=1, le=1000)
    keep: dict[str, tuple[str, ...]] = {}


class FurtherColumn(Spec):
    """A column of the study's own in a long table: `codes` maps each value found in the files to its level."""

    column: str
    codes: dict[str, str] = Field(min_length=1)


class TableSource(Spec):
    """One table, stacked from one or many files.

    `columns` maps a role to the column's header in the files. `impute` says of roles that hold dates how partial
    ones are completed. `further` adds columns to a long table, which `where` can ask for by their names. `codes` says
    of roles that hold text what the files' own words mean: `{access: {RFA: right_femoral}}`. `not_before` and
    `not_after` name, for roles that hold dates, date variables of the patient that limit them, `allowed` the values
    that a role of numbers may have. `arms` says of drugs whose they are: one of another arm's patient is a query.
    """

    files: tuple[SourceFile, ...] = Field(min_length=1)
    columns: dict[Name, str]
    impute: dict[Name, Impute] = {}
    further: dict[Name, FurtherColumn] = {}
    codes: dict[Name, dict[str, str]] = {}
    not_before: dict[Name, tuple[Name, ...]] = {}
    not_after: dict[Name, tuple[Name, ...]] = {}
    allowed: dict[Name, tuple[float, ...]] = {}
    arms: dict[str, tuple[Name, ...]] = {}


Organ = Literal["LIVER", "LN", "LUNG", "ADRENAL", "BONE", "PERITONEUM", "VESSEL", "OTHER"]
Modality = Literal["CT", "MRI", "PET", "US", "CEUS", "XRAY", "OTHER"]
Role = Literal["target", "non_target", "new", "ignored"]
Measure = Literal["longest", "short_axis", "diameter", "viable", "state", "sum", "ignored"]
"""What a test of TR holds: the longest diameter, the short axis, the one of these two that counts, the longest viable
diameter, the state of the lesion in words, or the sum of the targets."""
State = Literal[
    "measured", "present", "absent", "too_small", "fragment", "merged", "not_assessed", "removed", "progressed",
    "equivocal", "unequivocal",
]  # fmt: skip


class Domain(Spec):
    """One SDTM domain, stacked from one or many files; its columns have the names of the standard."""

    files: tuple[SourceFile, ...] = Field(min_length=1)


class DatedDomain(Domain):
    """A domain whose role `date` may be partial, where `impute` says how it is completed."""

    impute: dict[Name, Impute] = {}


class ResponseDomain(DatedDomain):
    """The domain RS. Of several evaluators, `reader` is the one whose responses are the recorded ones."""

    reader: str | None = None


class Tumours(Spec):
    """Scans and lesions from the SDTM domains TU and TR, and with RS recorded responses.

    `unit` is that of every diameter of TR. `arterial_phase` says of all scans whether they have one, for which SDTM has
    no place. The other keys say what texts mean, beside the standard's own: `locations` (TULOC), `methods` (TUMETHOD,
    TRMETHOD), `roles` (TUSTRESC), `tests` (TRTESTCD) and `states` (TRSTRESC).
    """

    standard: Literal["sdtm"]
    tu: Domain
    tr: DatedDomain
    rs: ResponseDomain | None = None
    unit: Literal["mm", "cm"] = "mm"
    arterial_phase: Literal["yes", "no"] | None = None
    locations: dict[str, Organ] = {}
    methods: dict[str, Modality] = {}
    roles: dict[str, Role] = {}
    tests: dict[str, Measure] = {}
    states: dict[str, State] = {}

    @property
    def domains(self) -> dict[str, Domain]:
        """The domains that the study has, by name."""
        held = {"tu": self.tu, "tr": self.tr, "rs": self.rs}
        return {name: domain for name, domain in held.items() if domain is not None}


class Reshaped(TableSource):
    """A table made from SDTM domains: its headers are those that problems name, its files those of the domain."""


def reshaped(tumours: Tumours) -> dict[str, Reshaped]:
    """The tables that the domains become, by name."""
    scan = {"patient": "USUBJID", "scan": "scan"}
    imaging = {**scan, "date": "TRDTC", "visit": "VISIT", "modality": "TRMETHOD", "reader": "TREVALID"}
    if tumours.arterial_phase is not None:
        imaging["arterial_phase"] = "arterial_phase"
    lesions = {
        **scan,
        "lesion": "TRLNKID",
        "organ": "TULOC",
        "role": "TUSTRESC",
        "status": "TRSTRESC",
        "whole_mm": "TRSTRESN",
        "viable_mm": "TRSTRESN, viable",
        "short_axis_mm": "TRSTRESN, short axis",
    }
    files = tumours.tr.files
    made = {
        "imaging": Reshaped(files=files, columns=imaging, impute=tumours.tr.impute),
        "lesions": Reshaped(files=files, columns=lesions),
    }
    if tumours.rs is not None:
        roles = {"patient": "USUBJID", "date": "RSDTC", "visit": "VISIT", "response": "RSSTRESC"}
        made["responses"] = Reshaped(files=tumours.rs.files, columns=roles, impute=tumours.rs.impute)
    return made


class Tables(Spec):
    """The tables of a study; only `patients` is required. `tumours` stands for imaging, lesions and responses.

    The roles of their columns are those of `ROLES_OF` (roles.py).
    """

    patients: TableSource
    responses: TableSource | None = None
    adverse_events: TableSource | None = None
    times: TableSource | None = None
    contacts: TableSource | None = None
    exposure: TableSource | None = None
    imaging: TableSource | None = None
    lesions: TableSource | None = None
    visits: TableSource | None = None
    sessions: TableSource | None = None
    bead_preparation: TableSource | None = None
    arterial_drugs: TableSource | None = None
    embolisation: TableSource | None = None
    angiography: TableSource | None = None
    other_therapy: TableSource | None = None
    labs: TableSource | None = None
    tumours: Tumours | None = None

    @property
    def recorded_reader(self) -> str | None:
        """The one evaluator whose responses are the recorded ones, where the study file names one."""
        rs = self.tumours.rs if self.tumours is not None else None
        return rs.reader if rs is not None else None

    @model_validator(mode="after")
    def _from_tumours(self) -> Tables:
        """With `tumours`, the tables that its domains become."""
        if self.tumours is None:
            return self
        made = reshaped(self.tumours)
        # a table that was made is not one that was declared beside: a copy is validated again
        twice = [name for name in made if not isinstance(getattr(self, name), Reshaped | None)]
        if twice:
            raise ValueError(
                f"found tumours and {' and '.join(twice)}; expected one of the two, as tumours makes it"
            )
        return self.model_copy(update=made)


class Reading(Spec):
    """How cells are written. Nothing is guessed: text that does not fit is a problem, not a missing value."""

    dates: Literal["iso", "day_first", "month_first", "excel_serial"] = "iso"
    decimal: Literal["point", "comma"] = "point"
    missing: tuple[str, ...] = ()
    event_codes: dict[str, Literal[0, 1]] = {"0": 0, "1": 1}
    on_error: Literal["stop", "exclude_record"] = "stop"
