"""The demonstration: what three centres would keep of an invented cohort, one workbook each, and its study
file.

The workbooks are raw records, not results: nothing in them is an endpoint or a count of the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from calliper.errors import OutputError
from calliper.synth.cells import Row, Sheet
from calliper.synth.patients import CENTRES, read_patients
from calliper.synth.sheets import invent_sheets

if TYPE_CHECKING:
    from xlsxwriter import Workbook

PACKAGED = {"demo_study.yaml": "study.yaml", "demo_published.yaml": "published.yaml"}
CREATED = datetime(2020, 7, 1)
"""Written into the workbooks instead of the clock, so that every run gives the same bytes."""

READ_ME = (
    "ALL DATA ARE INVENTED",
    "No patient in this workbook exists or existed: a computer program made identifiers, dates and values.",
    "The cohort is calibrated to give the figures published by Liu et al. (2021), Tables 1 to 4.",
    "It shows how a study is run from records to report. It is no evidence about any treatment.",
    "Patients: one row a patient. Responses: one row a scan, overall mRECIST category.",
    "Adverse events: one row an episode or change of grade, CTCAE 3.0. Contacts: one row a contact.",
    "Imaging: one row a scan; S0 is before the first session. Lesions: one row a lesion and scan, in mm.",
    "Viable: the part that enhances in the arterial phase; 0 where the lesion is there and no part does.",
    "Treatments: a DEB-TACE session with mg of epirubicin, or a period of sorafenib with mg a day; no end: ongoing.",
    "Reason: why a period of sorafenib began; 0 mg: it was held, or stopped.",
    "Sessions, Bead preparation, Arterial drugs, Embolisation, Angiography: what was done at each DEB-TACE session.",
    "Deviations from the protocol, and what was not written down, are invented too; the paper tells of none.",
    "Visits: one row a visit, what was examined. Laboratory: one row a value, in the unit of this centre.",
    "Data cut-off: 2020-06-30.",
)


def write_demo(folder: Path) -> list[Path]:
    """Write the three workbooks and the study files into `folder`, made if absent; returns what was written.

    The same bytes every time, so a folder that already holds the demonstration is left as it is.

    Raises:
        OutputError: a file of one of these names holds something else (an edited study, say), or a file cannot be
            written.
    """
    patients = read_patients()
    sheets = invent_sheets(patients)
    contents = {
        f"{centre}.xlsx": _workbook({p.patient_id for p in patients if p.centre == centre}, sheets)
        for centre in CENTRES
    }
    contents |= _packaged()
    files_to_write = {folder / name: content for name, content in contents.items()}
    try:
        changed = [
            path.name
            for path, content in files_to_write.items()
            if path.exists() and path.read_bytes() != content
        ]
        if changed:
            raise OutputError(
                f"{folder} holds a changed {' and '.join(changed)}, which would be lost; "
                "choose another folder with --out, or run the changed study with: calliper run"
            )
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files_to_write.items():
            path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"the demonstration cannot be written to {folder}: {error.strerror}") from error
    return list(files_to_write)


def _packaged() -> dict[str, bytes]:
    found = {name: files("calliper.synth").joinpath(packaged) for packaged, name in PACKAGED.items()}
    return {name: resource.read_bytes() for name, resource in found.items() if resource.is_file()}


def _workbook(known: Set[str], sheets: Mapping[str, Sheet]) -> bytes:
    """The workbook of the centre whose patients are `known`."""
    # Imported here: the demonstration alone writes workbooks, and every other command would wait for it.
    from xlsxwriter import Workbook

    buffer = BytesIO()
    with Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as workbook:
        workbook.set_properties({"title": "Invented data", "comments": READ_ME[1], "created": CREATED})
        notes = workbook.add_worksheet("Read me")
        notes.set_column(0, 0, 110)
        notes.write_column(0, 0, READ_ME)
        for name, (columns, rows) in sheets.items():
            _sheet(workbook, name, columns, [row for row in rows if row[0] in known])
    return buffer.getvalue()


def _sheet(workbook: Workbook, name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    sheet = workbook.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(columns) - 1, 14)
    sheet.write_row(0, 0, columns)
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, row)
