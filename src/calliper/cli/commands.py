"""The commands of the command line, each a thin call of the study that gives what to print and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from calliper.cli.progress import showing

if TYPE_CHECKING:
    from calliper.pipeline import Progress
    from calliper.records.tables import Records
    from calliper.study import Study


SMALLEST = 5
"""Counts below this are hidden in a report to share, where the user names no other limit."""


class Shown(NamedTuple):
    """What a command prints on standard output, and the exit code."""

    text: str
    code: int


def run(
    study: Path,
    out: Path,
    formats: Sequence[str] = ("html",),
    figures: Sequence[str] = ("svg",),
    smallest: int | None = None,
    *,
    share: bool = False,
) -> Shown:
    """Run a study and write its report folder, with `share` one that may leave the hospital."""
    limit = (smallest or SMALLEST) if share else None
    with showing() as progress:
        held = _held(study, progress)
        folder = held.report(out, formats=formats, figures=figures, share=limit)
    reports = "\n".join(_written(folder, name) for name in formats)
    said = "" if limit is None else f"To share: no rows of patients; counts below {limit} are hidden.\n"
    return Shown(f"{_included(held)}\n{said}{reports}\n", 0)


def _written(folder: Path, name: str) -> str:
    """Where a format was written."""
    others = {"csv": "Tables: tables", "xlsx": "Tables: tables.xlsx", "ard": "Results: ard.json"}
    what, _, file = others.get(name, f"Report: report.{name}").partition(": ")
    return f"{what}: {folder / file}"


def check(study: Path) -> Shown:
    """Read and check a study's file and records, listing every problem; 0 when nothing stops a run, else 1."""
    from calliper.records.check import stopping_errors

    with showing() as progress:
        held = _held(study, progress)
        records = held.check()
        published = held.published
    lines = [f"{problem.severity}: {problem.line}" for problem in records.problems]
    lines.append(_counted(records))
    if published is not None:
        lines.append(f"{len(published.claims)} published numbers to compare with.")
    return Shown("\n".join(lines) + "\n", 1 if stopping_errors(held.protocol, records) else 0)


def flip(study: Path, out: Path | None) -> Shown:
    """Analyse a study under the conventions of R, SAS and SPSS, listing every conclusion that changes."""
    with showing() as progress:
        held = _held(study, progress)
        text = held.flip_text()
        folder = None if out is None else held.flip(out)
    return Shown(text if folder is None else f"{text}\nTable: {folder / 'flip.csv'}\n", 0)


def explain(study: Path, patient: str) -> Shown:
    """Say what was recorded of a patient, what was derived, and which rule decided."""
    with showing() as progress:
        text = _held(study, progress).explain(patient)
    return Shown(text, 0)


def export(study: Path, out: Path, formats: Sequence[str] = ("parquet",)) -> Shown:
    """Write the derived data of single patients as datasets, and say what text a transport file spells otherwise."""
    from calliper.exports.files import SPELLINGS

    with showing() as progress:
        folder = _held(study, progress).export(out, formats=formats)
    lines = [f"Datasets: {folder} (single patients: not for sharing)", f"Variables: {folder / 'define.csv'}"]
    if (folder / SPELLINGS).is_file():
        lines.append(f"Text spelt otherwise in the transport files: {folder / SPELLINGS}")
    return Shown("\n".join(lines) + "\n", 0)


def trace(study: Path, key: str) -> Shown:
    """Say how a result was made and which patients and records are behind it; of a report folder, find its study."""
    if study.is_dir():
        from calliper.runs.replay import find_study
        from calliper.runs.written import MANIFEST, read_manifest

        study = find_study(read_manifest(study / MANIFEST), None)
    with showing() as progress:
        text = _held(study, progress).trace(key)
    return Shown(text, 0)


def diff(first: Path, second: Path, out: Path | None) -> Shown:
    """Hold two report folders against each other; 0 where nothing differs, else 1."""
    from calliper.runs import told
    from calliper.runs.changes import difference
    from calliper.runs.written import read_run

    one, other = read_run(first), read_run(second)
    found = difference(one, other)
    text = told.difference_text(found, one, other)
    if out is not None:
        from calliper.report.folder import write_folder

        folder = write_folder(out, told.difference_files(found, one, other))
        text += f"Table: {folder / told.DIFF}\n"
    return Shown(text, 0 if found.is_same else 1)


def replay(manifest: Path, study: Path | None) -> Shown:
    """Make a run again from its manifest and hold every output against its hash; 0 where all is as recorded, else 1."""
    from calliper.runs.replay import EXPORT, find_study, options_of, replay_text
    from calliper.runs.replay import replay as again
    from calliper.runs.written import read_manifest

    held = read_manifest(manifest / "manifest.json" if manifest.is_dir() else manifest)
    options = options_of(held)
    path = find_study(held, study)

    def files(found: Study) -> dict[str, bytes]:
        if EXPORT in held.options:
            return found.export_files(formats=held.options[EXPORT])
        return found.flip_files() if options is None else found.files(**options)

    with showing() as progress:
        found = _held(path, progress)
        done = again(held, path, lambda: files(found))
    return Shown(replay_text(done, held), 0 if done.is_same else 1)


def fill(manuscript: Path, results: Path, out: Path | None) -> Shown:
    """Fill a manuscript's fields from a report folder."""
    from calliper.manuscript.fill import fill_file
    from calliper.manuscript.held import TABLE, read_held

    held = read_held(results)
    target, sidecar, made = fill_file(manuscript, held, out)
    said = f"Filled {len(made.fields)} fields from {results / TABLE} (SHA-256 {held.sha256})."
    return Shown(f"{said}\nManuscript: {target}\nFields: {sidecar}\n", 0)


def verify(manuscript: Path, results: Path, study: Path | None, out: Path | None) -> Shown:
    """Hold a manuscript's numbers against a report folder; 1 where a number is in conflict or has no result, else 0."""
    from calliper.manuscript.held import read_held
    from calliper.manuscript.paper import read_paper
    from calliper.manuscript.told import hidden, needs_work, verdicts_files, verdicts_text
    from calliper.manuscript.verify import study_of
    from calliper.manuscript.verify import verify as verdicts_of

    held = read_held(results)
    protocol, unread = study_of(held, study)
    verdicts = verdicts_of(read_paper(manuscript), held, protocol)
    text = verdicts_text(verdicts, notes=(unread, hidden(held)))
    if out is not None:
        from calliper.report.folder import write_folder

        folder = write_folder(out, verdicts_files(verdicts, manuscript, held))
        text += f"Table: {folder / 'verify.csv'}\n"
    return Shown(text, 1 if needs_work(verdicts) else 0)


def audit(claims: Path, out: Path | None, formats: Sequence[str] = ("html",)) -> Shown:
    """Hold the numbers that a paper prints against one another; 1 where some cannot be true together, else 0."""
    from calliper.audit.paper import told
    from calliper.audit.paper.checks import check_paper
    from calliper.audit.paper.findings import ACCUSING
    from calliper.audit.paper.load import load_paper

    paper = load_paper(claims)
    findings = check_paper(paper)
    text = told.text(findings)
    if out is not None:
        from calliper.report.contents import audit_contents
        from calliper.report.folder import write_folder

        document, data = told.document(paper, findings), told.as_data(paper, findings)
        folder = write_folder(out, audit_contents(document, data, claims, formats))
        text += f"Report: {folder}\n"
    return Shown(text, 1 if any(each.verdict in ACCUSING for each in findings) else 0)


def claims(paper: Path, out: Path) -> Shown:
    """Draft a claims file from a paper's tables."""
    from calliper.audit.paper.draft.placed import as_yaml, placed
    from calliper.audit.paper.draft.tables import tables_of
    from calliper.errors import OutputError

    tables = tables_of(paper)
    made = placed(tables)
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(as_yaml(made, paper.name))
    except FileExistsError:
        raise OutputError(f"{out} is there already; name another file with --out") from None
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}; choose another file with --out") from None
    said = f"{len(tables)} tables: {len(made.claims)} claims placed, {len(made.left)} cells or rows not."
    return Shown(
        f"{said}\nDraft: {out}\nComplete it, take out the line `draft: true`, then: calliper audit {out}\n", 0
    )


def new(files: Sequence[str], out: Path, protocol: Path | None = None, synonyms: Path | None = None) -> Shown:
    """Draft a study from files, for a person to confirm."""
    from calliper.intake.new import STUDY, draft_study, write_study

    with showing() as progress:
        progress("Looking at the files")
        made = draft_study(files, out, protocol=protocol, synonyms=synonyms)
        write_study(made, out)
    lines = [f"{out / path}" for path in made.files]
    head = [*made.notes, ""] if made.notes else []
    ask = f"{made.waiting} guesses wait for you: look at each `confirm: false`, correct it, and say confirm: true."
    then = f"Then: calliper check {out / STUDY}"
    return Shown("\n".join([*head, *lines, "", ask, then]) + "\n", 0)


def queries(study: Path, out: Path, language: str = "en") -> Shown:
    """Write a workbook of questions for each centre."""
    from calliper.intake.queries import query_workbooks, questions_of
    from calliper.report.folder import write_folder

    with showing() as progress:
        held = _held(study, progress)
        made = query_workbooks(questions_of(held.loaded, held.check()), language)
        folder = write_folder(out, made.files)
    said = [f"{folder / name}: {n} questions" for name, n in made.counts.items()] or ["Nothing to ask."]
    return Shown("\n".join(said) + "\n", 0)


def answers(workbook: Path, study: Path) -> Shown:
    """Read the answers of a centre into the study's file of answers."""
    from calliper.intake.answers import take_answers

    with showing() as progress:
        taken = take_answers(workbook, _held(study, progress).loaded)
    said = f"{taken.n} answers taken, {taken.open} questions not answered."
    return Shown(f"{said}\nAnswers: {taken.path}\nThen: calliper check {study}\n", 0)


def app(folder: Path, port: int) -> Shown:
    """Serve the page until interrupted."""
    from calliper.app.server import serve
    from calliper.errors import OutputError

    try:
        serve(folder, port)
    except (OSError, SystemExit) as error:
        raise OutputError(f"cannot listen on port {port}; name another with --port") from error
    return Shown("", 0)


def demo(out: Path) -> Shown:
    """Build an invented cohort after a published study, run the study on it, and compare the two."""
    from calliper.audit.page import short_table
    from calliper.synth.demo import write_demo

    with showing() as progress:
        progress("Writing the invented cohort")
        write_demo(out)
        held = _held(out / "study.yaml", progress)
        folder = held.report(out / "report")
    lines = [
        "INVENTED DATA: no patient is described.",
        "",
        short_table(held.comparisons),
        "",
        f"Study:  {(out / 'study.yaml').resolve()}",
        f"Report: {folder / 'report.html'}",
    ]
    return Shown("\n".join(lines) + "\n", 0)


def schema() -> Shown:
    """Give the JSON Schema of the study file."""
    from calliper.protocol.schema import schema_text

    return Shown(schema_text(), 0)


def _held(study: Path, progress: Progress) -> Study:
    """The study of this file, showing its steps."""
    from calliper.study import Study, load

    return Study(load(study).loaded, progress)


def _included(study: Study) -> str:
    """What became of the patients: a study in which nobody is included still has a report, which says so."""
    decisions = study.outcome.derived.cohort.screened["decision"].to_list()
    counts = ", ".join(f"{decisions.count(kind)} {kind}" for kind in ("included", "excluded", "pending"))
    return f"Patients: {len(decisions)} screened, {counts}."


def _counted(records: Records) -> str:
    errors = sum(problem.severity == "error" for problem in records.problems)
    rows = ", ".join(f"{name} {n}" for name, n in records.n_read.items())
    return f"Rows read: {rows}. Errors: {errors}. Queries: {len(records.problems) - errors}."
