"""SDTM's tumour domains as the tables of a study: TU and TR become scans and lesions, RS responses.

    sdtm_words.py        what the texts mean          sdtm_rows.py      the rows, and what is found in them
    sdtm_identified.py   TU: the lesions              sdtm_measured.py  TR: what was measured, scan by scan
    sdtm_result.py       TR: what one row says        sdtm_sums.py      TR's own sums, compared
    sdtm_recorded.py     RS: the recorded responses

Only words and shapes change here. A diameter is the text of its cell (in mm where the study says cm), a date that of
its own, and each row of a table keeps the place of the row of TR or RS it is made from, so that the checks of every
other study run on it and lead to a cell. Source: CDISC, SDTM Implementation Guide 3.3, domains TU, TR and RS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import polars as pl

from calliper.ingest.sdtm_identified import identify
from calliper.ingest.sdtm_measured import Measured, ScanKey, add_new, measure
from calliper.ingest.sdtm_recorded import overall_responses
from calliper.ingest.sdtm_rows import Findings, Place, rows_of
from calliper.ingest.sdtm_sums import check_sums
from calliper.ingest.sdtm_words import words_of
from calliper.protocol.specs import Protocol, TableSource, Tumours
from calliper.records.tables import PROVENANCE, Problem

Cells = Mapping[str, str]


class Tables(NamedTuple):
    """The tables that the domains become (every cell text, provenance beside), and what was found."""

    frames: Mapping[str, pl.DataFrame]
    problems: tuple[Problem, ...]


def reshape(protocol: Protocol, tumours: Tumours, domains: Mapping[str, pl.DataFrame]) -> Tables:
    """Make the tables `imaging`, `lesions` and, with RS, `responses`.

    Args:
        protocol: the study.
        tumours: its key `data.tumours`.
        domains: by name (`tu`, `tr`, `rs`), the columns of sdtm_rows.COLUMNS (String) and of PROVENANCE.

    Returns:
        The tables under the headers of `protocol.data`; every oddity of a row as a problem; of rows that are not read
        their number and why, as a query.
    """
    missing = protocol.reading.missing
    rows = {name: list(rows_of(frame, name, missing)) for name, frame in domains.items()}
    findings = {name: Findings(name) for name in domains}
    words = words_of(tumours)
    keys = (row.key for row in rows["tr"])
    identified = identify(rows["tu"], keys, words, findings["tu"])
    found = measure(rows["tr"], identified, words, tumours.unit, findings["tr"])
    add_new(found, identified, findings["tu"])
    check_sums(found, findings["tr"])
    names = dict(zip(found.scans, _scan_names(found.scans)))
    frames = {
        "imaging": _frame(protocol.data.imaging, _scans(found, names, tumours)),
        "lesions": _frame(protocol.data.lesions, _lesions(found, names, protocol.reading.decimal)),
    }
    if tumours.rs is not None:
        recorded = overall_responses(rows["rs"], tumours.rs.reader, protocol, findings["rs"])
        frames["responses"] = _frame(
            protocol.data.responses,
            (
                (
                    {
                        "patient": row["USUBJID"],
                        "date": row["RSDTC"],
                        "visit": row.visit,
                        "response": row["RSSTRESC"],
                    },
                    row.place,
                )
                for row in recorded
            ),
        )
    return Tables(frames, tuple(problem for held in findings.values() for problem in held.all()))


def _scans(found: Measured, names: Mapping[ScanKey, str], tumours: Tumours) -> Iterator[tuple[Cells, Place]]:
    for scan, row in found.scans.items():
        patient, evaluator, visit, date, modality = scan
        cells = {"patient": patient, "scan": names[scan], "date": date, "visit": visit, "modality": modality}
        yield {**cells, "reader": evaluator, "arterial_phase": tumours.arterial_phase or ""}, row.place


def _lesions(found: Measured, names: Mapping[ScanKey, str], decimal: str) -> Iterator[tuple[Cells, Place]]:
    for (scan, link), seen in found.seen.items():
        cells = {
            "patient": scan[0],
            "scan": names[scan],
            "lesion": link,
            "organ": seen.lesion.organ,
            "role": seen.lesion.role,
            "status": seen.status.text if seen.status is not None else "",
        }
        for slot in ("whole", "viable", "short_axis"):
            text = seen.said[slot].text if slot in seen.said else ""
            # SDTM writes a point whatever the study's other files do
            cells[f"{slot}_mm"] = text.replace(".", ",") if decimal == "comma" else text
        yield cells, seen.row.place


def _frame(source: TableSource | None, rows: Iterable[tuple[Cells, Place]]) -> pl.DataFrame:
    """The cells under their headers, blank ones null, and where each row stands."""
    headers = source.columns if source is not None else {}
    held = [(*(cells[role] or None for role in headers), *place) for cells, place in rows]
    schema = {**dict.fromkeys(headers.values(), pl.String), **PROVENANCE}
    return pl.DataFrame(held, schema=schema, orient="row")


def _scan_names(scans: Iterable[ScanKey]) -> Iterator[str]:
    """A name for each scan of a patient: its visit and evaluator, with date and method where the visit has several."""
    held = list(scans)
    dates: dict[tuple[str, str, str], set[tuple[str, str]]] = {}
    for patient, evaluator, visit, date, modality in held:
        dates.setdefault((patient, evaluator, visit), set()).add((date, modality))
    for patient, evaluator, visit, date, modality in held:
        several = dates[patient, evaluator, visit]
        parts = [visit or date, evaluator]
        parts += [date] if visit and len({when for when, _ in several}) > 1 else []
        parts += [modality or "no method"] if len([when for when, _ in several if when == date]) > 1 else []
        yield " / ".join(part for part in parts if part)
