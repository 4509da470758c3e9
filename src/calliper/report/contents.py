"""What a report folder holds: the report, its results and methods as data, its figures, its manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from calliper.blocks import Document
from calliper.errors import OutputError
from calliper.records.tables import CONVERSIONS
from calliper.records.wording import suggestion
from calliper.report import FORMATS, USUAL
from calliper.report.checklist_file import checklist_file
from calliper.report.figure_files import KINDS, figure_files
from calliper.report.figure_files import USUAL as USUAL_FIGURES
from calliper.report.folder import MANIFEST
from calliper.report.tabular import Value, rows_to_json, to_csv, to_json
from calliper.results import COLUMNS, NOT_ESTIMATED, STUDY
from calliper.versions import code_hash, installed

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from calliper.protocol.load import Loaded
    from calliper.records.tables import Records
    from calliper.results import Listing, Results

PROBLEM_COLUMNS = (
    "severity", "rule", "centre", "file", "sheet", "row", "column", "patient", "value", "message", "action",
)  # fmt: skip
AUDIT = "audit.json"
CONVERTED = "conversions.csv"
FLIPS = "flip.csv"
DISAGREEMENTS = "disagreements.csv"
ARD = "ard"
SUPPRESSED = "suppressed.csv"
SUPPRESSED_COLUMNS = ("key", "shown")
PROGRAMS = (STUDY, "r", "sas", "spss")
FLIP_COLUMNS = ("flip", "key", *PROGRAMS, *(f"conclusion_{name}" for name in PROGRAMS))
COURSE_COLUMNS = ("analysis", "patient", "arm", "best", "best_change", "last_day", "ending")
STEP_COLUMNS = ("analysis", "patient", "kind", "name", "first_day", "last_day", "change")
METHOD_COLUMNS = (
    "analysis", "name", "subject", "sentence", "parameters", "n_used", "n_excluded", "why_excluded", "warnings",
    "failure",
)  # fmt: skip


Option = list[str] | int
NO_OPTIONS: Mapping[str, Option] = MappingProxyType({})


class Suppressed(NamedTuple):
    """Numbers that a report to share lacks: by key what is printed instead; counts below `smallest` are hidden."""

    smallest: int
    marks: Mapping[str, str]


def known_formats(names: Sequence[str]) -> tuple[str, ...]:
    """The formats asked for, each once, in the order of FORMATS and then `ard`. Raises OutputError for another.

    >>> known_formats(["html", "html"])
    ('html',)
    """
    return _known(names, (*FORMATS, ARD), "report")


def known_figures(names: Sequence[str]) -> tuple[str, ...]:
    """The formats asked for of figure files, as `known_formats`.

    >>> known_figures(["tiff", "svg"])
    ('svg', 'tiff')
    """
    return _known(names, KINDS, "figure")


def _known(names: Sequence[str], formats: Sequence[str], what: str) -> tuple[str, ...]:
    for name in names:
        if name not in formats:
            raise OutputError(
                f"no {what} is written as {name!r}{suggestion(name, formats)}; "
                f"the formats are {', '.join(formats)}"
            )
    if not names:
        raise OutputError(f"no format is named; the formats are {', '.join(formats)}")
    return tuple(name for name in formats if name in names)


def contents(
    document: Document,
    results: Results,
    records: Records,
    loaded: Loaded,
    scans: Mapping[str, pl.DataFrame] | None = None,
    *,
    formats: Sequence[str] = USUAL,
    figures: Sequence[str] = USUAL_FIGURES,
    suppressed: Suppressed | None = None,
) -> dict[str, bytes]:
    """Every file of the report folder, relative path to bytes; the manifest last, naming all the others.

    `scans` is, by response endpoint, the scans it was derived from: scans.csv has them all, and disagreements.csv
    those on which a centre recorded another category. Courses of single patients have courses.csv and course_steps.csv;
    of two readings, scans_apart.csv has the scans on which they differ.

    With `suppressed` the report is one to share: it has no file of single patients or records, and suppressed.csv names
    the numbers that the results lack.
    """
    files: dict[str, bytes] = {}
    for name in known_formats(formats):
        files |= _ard(document, results, loaded) if name == ARD else FORMATS[name](document)
    rows = [attrgetter(*COLUMNS)(row) for row in results]
    files["results.csv"] = to_csv(COLUMNS, rows)
    files["results.json"] = rows_to_json(COLUMNS, rows)
    files["methods.csv"] = _methods(results)
    files[FLIPS] = _flips(results)
    files |= checklist_file(document)
    if suppressed is None:
        files |= _records(results, records, scans)
    else:
        files[SUPPRESSED] = to_csv(SUPPRESSED_COLUMNS, suppressed.marks.items())
    files |= figure_files(document, known_figures(figures))
    options: dict[str, Option] = {
        "formats": list(known_formats(formats)),
        "figures": list(known_figures(figures)),
    }
    if suppressed is not None:
        options["share"] = suppressed.smallest
    files[MANIFEST] = _manifest(files, records, loaded, options)
    return files


def _records(
    results: Results, records: Records, scans: Mapping[str, pl.DataFrame] | None
) -> dict[str, bytes]:
    """The files of single patients and records: never part of a report to share."""
    files = {
        "problems.csv": to_csv(
            PROBLEM_COLUMNS,
            ([getattr(problem, name) for name in PROBLEM_COLUMNS] for problem in records.problems),
        )
    }
    if records.found.conversions.height:
        files[CONVERTED] = to_csv(tuple(CONVERSIONS), records.found.conversions.iter_rows())
    if scans:
        files |= _scans(scans)
    if results.courses:
        files |= _courses(results)
    return files | _listings(results)


def _ard(document: Document, results: Results, loaded: Loaded) -> Mapping[str, bytes]:
    """The results as an analysis results dataset, which is asked for by a format's name."""
    from calliper.report import ard

    analyses = {
        spec.id: ard.Analysed(spec.kind, getattr(spec, "by", None)) for spec in loaded.protocol.analyses
    }
    return ard.render(
        document,
        [ard.Statistic(*attrgetter(*COLUMNS)(row)) for row in results],
        [
            ard.Made(made.analysis, made.name, made.subject, "; ".join(made.warnings), made.failure)
            for made in results.methods
        ],
        analyses,
        tuple(loaded.protocol.arms.groups),
    )


def export_contents(
    files: dict[str, bytes], records: Records, loaded: Loaded, formats: Sequence[str]
) -> dict[str, bytes]:
    """The folder of `calliper export`: these datasets, and a manifest."""
    return {**files, MANIFEST: _manifest(files, records, loaded, {"export": list(formats)})}


def audit_contents(
    document: Document, data: Mapping[str, object], claims: Path, formats: Sequence[str]
) -> dict[str, bytes]:
    """The folder of `calliper audit`: the report in its formats, audit.json, and a manifest."""
    files: dict[str, bytes] = {}
    for name in known_formats(formats):
        if name == ARD:
            raise OutputError(
                "an audit has no results of patients, and so none as ard; leave it out of --formats"
            )
        files |= FORMATS[name](document)
    files[AUDIT] = to_json(data)
    files[MANIFEST] = to_json(
        {
            "software": installed(),
            "code": code_hash(),
            "claims": [{"path": claims.name, **_digest(claims.read_bytes())}],
            "outputs": _outputs(files),
        }
    )
    return files


def flip_contents(results: Results, records: Records, loaded: Loaded) -> dict[str, bytes]:
    """The folder of `calliper flip`: the conclusions that depend on the convention, and a manifest."""
    files = {FLIPS: _flips(results)}
    files[MANIFEST] = _manifest(files, records, loaded)
    return files


def _flips(results: Results) -> bytes:
    """A line a number of each changed conclusion: its value and the conclusion under each convention."""
    rows = []
    for flip in results.flips:
        told = {name: flip.conclusions.get(name, flip.conclusions[STUDY]) for name in PROGRAMS}
        for key in flip.keys:
            held = {
                name: None if conclusion == NOT_ESTIMATED else results.under(name, key)
                for name, conclusion in told.items()
            }
            values = [None if row is None else row.value for row in held.values()]
            rows.append([flip.kind, key, *values, *told.values()])
    return to_csv(FLIP_COLUMNS, rows)


def _scans(scans: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """Every scan of the endpoints derived from lesions, and those on which the recorded category differs."""
    files = {}
    for name, keeps_all in (("scans.csv", True), (DISAGREEMENTS, False)):
        rows: list[list[Value]] = []
        columns: list[str] = []
        for endpoint, frame in scans.items():
            shown = frame.select(column for column in frame.columns if not column.startswith("_"))
            columns = shown.columns
            kept = shown if keeps_all else shown.filter(~shown["agrees"].fill_null(value=True))
            for row in kept.iter_rows():
                rows.append([endpoint, *(str(value) if isinstance(value, date) else value for value in row)])
        files[name] = to_csv(("endpoint", *columns), rows)
    return files


def _courses(results: Results) -> dict[str, bytes]:
    """What the figures of single patients draw: a line a patient, and a line each scan and treatment."""
    steps: list[list[Value]] = []
    for course in results.courses:
        of = [course.analysis, course.patient]
        steps += [[*of, "scan", seen.response, seen.day, seen.day, seen.change] for seen in course.scans]
        steps += [
            [*of, "treatment", held.treatment, held.first_day, held.last_day, None]
            for held in course.treatments
        ]
    lines = ([getattr(course, name) for name in COURSE_COLUMNS] for course in results.courses)
    return {
        "courses.csv": to_csv(COURSE_COLUMNS, lines),
        "course_steps.csv": to_csv(STEP_COLUMNS, steps),
    }


def _listings(results: Results) -> dict[str, bytes]:
    """A file a listing's name, `scans_apart.csv`; that of disagreements is written with the scans themselves."""
    named: dict[str, list[Listing]] = {}
    for listing in results.listings:
        if f"{listing.name}.csv" != DISAGREEMENTS:
            named.setdefault(f"{listing.name}.csv", []).append(listing)
    return {
        name: to_csv(
            ("analysis", *held[0].columns), ([one.analysis, *row] for one in held for row in one.rows)
        )
        for name, held in named.items()
    }


def _methods(results: Results) -> bytes:
    rows = []
    for method in results.methods:
        values = asdict(method)
        values["parameters"] = json.dumps(dict(method.parameters), ensure_ascii=False)
        values["warnings"] = "; ".join(method.warnings)
        rows.append([values[name] for name in METHOD_COLUMNS])
    return to_csv(METHOD_COLUMNS, rows)


def _manifest(
    files: dict[str, bytes], records: Records, loaded: Loaded, options: Mapping[str, Option] = NO_OPTIONS
) -> bytes:
    """Hashes of the study file, every input and every output, the software, and what was asked for (`options`).

    No clock, so re-runs agree.
    """
    inputs = [asdict(file) for file in records.files]
    inputs += [asdict(file) for file in loaded.layers.files]
    if loaded.protocol.published is not None:
        content = (loaded.folder / loaded.protocol.published).read_bytes()
        inputs.append({"path": loaded.protocol.published, **_digest(content)})
    style = loaded.protocol.report.held.model_dump(exclude_defaults=True)
    language = loaded.protocol.report.language
    return to_json(
        {
            "invented": loaded.protocol.study.invented,
            "software": installed(),
            "code": code_hash(),
            "protocol": {"path": loaded.path.name, "sha256": loaded.sha256},
            "options": dict(options),
            **({"journal": style} if style else {}),
            **({"language": language} if language != "en" else {}),
            "inputs": inputs,
            "outputs": _outputs(files),
        }
    )


def _outputs(files: Mapping[str, bytes]) -> list[dict[str, str | int]]:
    """Each file of a folder with its hash and size, by path."""
    return [{"path": path, **_digest(content)} for path, content in sorted(files.items())]


def _digest(content: bytes) -> dict[str, str | int]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
