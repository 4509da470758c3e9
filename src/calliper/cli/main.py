"""The command line: parse, call the study, show. Commands are imported only when they are run.

Exit codes: 0 done; 1 the study file, the records or a manuscript have errors, or two runs differ; 2 the command line
was wrong; 3 a report could not be written or read; 130 interrupted; 141 what was printed was not read to its end
(`| head`).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from calliper.errors import CalliperError, OutputError

DESCRIPTION = """\
From the records of several hospitals to a paper-ready report on a comparative oncology cohort.
One study file in, one report out, every number traced to the method that made it.
Nothing leaves this machine."""

EPILOG = """\
exit codes:
  0 done   1 the study file, the records or a manuscript have errors, or two runs differ   2 wrong command line
  3 a report could not be read or written (the earlier one is untouched)   130 interrupted"""


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a console that lacks a letter shows its number
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; errors Calliper raises on purpose are printed, never a traceback."""
    top = parser()
    chosen = vars(top.parse_args(arguments))
    if chosen.get("smallest") is not None and not chosen["share"]:
        top.error("--smallest hides counts of a report to share: give --share with it")
    command = chosen.pop("command")
    from calliper.cli import commands

    try:
        shown = getattr(commands, command)(**chosen)
    except OutputError as error:
        return _print(f"{error}\n", 3, sys.stderr)
    except CalliperError as error:
        return _print(f"{error}\n", 1, sys.stderr)
    except KeyboardInterrupt:
        return _print("interrupted; nothing was replaced\n", 130, sys.stderr)
    return _print(shown.text, shown.code, sys.stdout)


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments; each name is a function of commands.py."""
    top = argparse.ArgumentParser(
        "calliper",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action=_Version, help="print the version and exit")
    kinds = top.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")

    run = kinds.add_parser("run", help="run a study and write its report folder")
    run.add_argument("study", type=Path, metavar="STUDY.yaml", help="the study file")
    run.add_argument(
        "--out", type=Path, required=True, metavar="DIR",
        help="the folder to write; an earlier report there is replaced whole, any other folder is refused",
    )  # fmt: skip
    run.add_argument(
        "--formats", type=_formats, default=("html",), metavar="NAMES",
        help="what the report is written as, names separated by commas, as html,docx (default: html)",
    )  # fmt: skip
    run.add_argument(
        "--figures", type=_figures, default=("svg",), metavar="NAMES",
        help="what each figure is written as beside the report: svg,pdf,png,tiff (default: svg)",
    )  # fmt: skip

    run.add_argument(
        "--share", action="store_true",
        help="write a report that may leave the hospital: no rows of patients, no small counts, none worked out",
    )  # fmt: skip
    run.add_argument(
        "--smallest", type=_smallest, metavar="N",
        help="with --share, hide counts from 1 to N - 1 (default: 5)",
    )  # fmt: skip

    check = kinds.add_parser("check", help="read and check a study's file and records; analyse nothing")
    check.add_argument("study", type=Path, metavar="STUDY.yaml", help="the study file")

    flip = kinds.add_parser(
        "flip", help="run a study under the conventions of R, SAS and SPSS; list what changes"
    )
    flip.add_argument("study", type=Path, metavar="STUDY.yaml", help="the study file")
    flip.add_argument("--out", type=Path, metavar="DIR", help="a folder of its own for the list as flip.csv")

    explain = kinds.add_parser(
        "explain", help="say what was recorded of one patient, what was derived, and which rule decided"
    )
    explain.add_argument("study", type=Path, metavar="STUDY.yaml", help="the study file")
    explain.add_argument("patient", metavar="PATIENT", help="the patient's identifier, as the files write it")

    export = kinds.add_parser(
        "export", help="write the derived data of single patients as datasets, to program the numbers again"
    )
    export.add_argument("study", type=Path, metavar="STUDY.yaml", help="the study file")
    export.add_argument(
        "--out", type=Path, required=True, metavar="DIR",
        help="a folder of its own; it holds single patients and is not for sharing",
    )  # fmt: skip
    export.add_argument(
        "--formats", type=_datasets, default=("parquet",), metavar="NAMES",
        help="what the datasets are written as: parquet,xpt (default: parquet)",
    )  # fmt: skip

    trace = kinds.add_parser(
        "trace", help="say how one number of a report was made, and which patients and cells are behind it"
    )
    trace.add_argument("study", type=Path, metavar="STUDY", help="the study file, or a report folder of it")
    trace.add_argument(
        "key", metavar="KEY", help="the number's key, as in results.csv; its beginning lists keys"
    )

    diff = kinds.add_parser(
        "diff",
        help="list the numbers that differ between two report folders, and why; exit code 1 if any does",
    )
    diff.add_argument("first", type=Path, metavar="RUN_A", help="a report folder")
    diff.add_argument(
        "second", type=Path, metavar="RUN_B", help="another, of the same study or a changed one"
    )
    diff.add_argument("--out", type=Path, metavar="DIR", help="a folder of its own for the list as diff.csv")

    replay = kinds.add_parser(
        "replay",
        help="make a run again from its manifest; exit code 1 if a file is not byte for byte the same",
    )
    replay.add_argument("manifest", type=Path, metavar="MANIFEST", help="manifest.json of a report folder")
    replay.add_argument(
        "--study", type=Path, metavar="STUDY.yaml",
        help="the study file (default: the one that the manifest names, beside the report folder or in it)",
    )  # fmt: skip

    fill = kinds.add_parser(
        "fill", help="put results in the place of a manuscript's {{fields}}; the manuscript is not touched"
    )
    fill.add_argument(
        "manuscript", type=Path, metavar="MANUSCRIPT", help="a manuscript in .md, .txt or .docx"
    )
    fill.add_argument("--results", type=Path, required=True, metavar="DIR", help="a report folder")
    fill.add_argument(
        "--out", type=Path, metavar="FILE",
        help="the filled manuscript (default: NAME.filled.docx beside it); FILE.filled.json lists what was filled",
    )  # fmt: skip

    verify = kinds.add_parser(
        "verify",
        help="hold every number of a manuscript against a report; exit code 1 if no result supports one",
    )
    verify.add_argument(
        "manuscript", type=Path, metavar="MANUSCRIPT", help="a manuscript in .md, .txt or .docx"
    )
    verify.add_argument("--results", type=Path, required=True, metavar="DIR", help="a report folder")
    verify.add_argument(
        "--study", type=Path, metavar="STUDY.yaml",
        help="the study file, whose numbers are no results (default: the one that the report's manifest names)",
    )  # fmt: skip
    verify.add_argument(
        "--out", type=Path, metavar="DIR", help="a folder of its own for the list as verify.csv"
    )

    audit = kinds.add_parser(
        "audit",
        help="ask of the numbers that a paper prints whether they can be true together; needs no patient data",
    )
    audit.add_argument(
        "claims", type=Path, metavar="CLAIMS", help="what the paper prints, in .yaml, .csv or .tsv"
    )
    audit.add_argument(
        "--out", type=Path, metavar="DIR", help="a folder of its own for the report and audit.json"
    )
    audit.add_argument(
        "--formats", type=_formats, default=("html",), metavar="NAMES",
        help="what the report is written as, names separated by commas, as html,docx (default: html)",
    )  # fmt: skip

    draft = kinds.add_parser(
        "claims", help="draft a claims file from the tables of a paper, for a person to complete"
    )
    draft.add_argument("paper", type=Path, metavar="PAPER", help="a paper in .html, .xml (JATS) or .docx")
    draft.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="CLAIMS.yaml",
        help="the draft; a file that is there is not replaced",
    )

    new = kinds.add_parser(
        "new", help="draft a study from the files of one or several centres, for a person to confirm"
    )
    new.add_argument(
        "files", nargs="+", metavar="FILE",
        help="workbooks, text files, files of SPSS, SAS or Stata, REDCap exports with their dictionary, databases",
    )  # fmt: skip
    new.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="the folder of the draft; no file there is replaced",
    )
    new.add_argument(
        "--protocol",
        type=Path,
        metavar="STUDY.yaml",
        help="a study file that is there already, for these files",
    )
    new.add_argument(
        "--synonyms",
        type=Path,
        metavar="FILE.toml",
        help="what your hospitals call things, beside what is known",
    )

    queries = kinds.add_parser(
        "queries",
        help="write a workbook of questions for each centre: what is wrong, in which cell, room for the answer",
    )
    queries.add_argument("study", type=Path, metavar="STUDY.yaml", help="the study file")
    queries.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="a folder of its own for the workbooks"
    )
    queries.add_argument(
        "--language",
        choices=("en", "zh"),
        default="en",
        help="of the questions; the English ones stand beside them",
    )

    answers = kinds.add_parser(
        "answers",
        help="read a workbook of questions that a centre answered; the centre's files are not touched",
    )
    answers.add_argument("workbook", type=Path, metavar="WORKBOOK.xlsx", help="the workbook with its answers")
    answers.add_argument("--study", type=Path, required=True, metavar="STUDY.yaml", help="the study file")

    page = kinds.add_parser(
        "app", help="open the page: from files to the report in a browser, on this machine alone"
    )
    page.add_argument(
        "--folder", type=Path, default=Path("calliper-studies"), metavar="DIR",
        help="where the studies are kept (default: %(default)s)",
    )  # fmt: skip
    page.add_argument("--port", type=int, default=8765, metavar="N", help="the port (default: %(default)s)")

    demo = kinds.add_parser("demo", help="run a published study on an invented cohort and compare the two")
    demo.add_argument(
        "--out", type=Path, default=Path("calliper-demo"), metavar="DIR",
        help="the folder for the study's files; its report goes into DIR/report (default: %(default)s)",
    )  # fmt: skip

    kinds.add_parser("schema", help="print the JSON Schema of the study file, for editors")
    return top


def _formats(text: str) -> tuple[str, ...]:
    """The formats named in `html,docx`; a name that is no format is told before anything is read."""
    from calliper.study import known_formats

    return _known(text, known_formats)


def _figures(text: str) -> tuple[str, ...]:
    """The formats of figure files named in `svg,tiff`."""
    from calliper.study import known_figures

    return _known(text, known_figures)


def _smallest(text: str) -> int:
    """The limit of a small count: a whole number of 2 or more."""
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a whole number of 2 or more")
    return int(text)


def _datasets(text: str) -> tuple[str, ...]:
    """The formats of datasets named in `parquet,xpt`."""
    from calliper.study import known_datasets

    return _known(text, known_datasets)


def _known(text: str, known: Callable[[Sequence[str]], tuple[str, ...]]) -> tuple[str, ...]:
    try:
        return known([name.strip() for name in text.split(",") if name.strip()])
    except OutputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


class _Version(argparse.Action):
    """Print the version; the package metadata is read only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:  # noqa: A002
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from calliper.versions import version

        print(f"calliper {version()}")
        parser.exit()


def _print(text: str, code: int, stream: TextIO | None) -> int:
    """Print, and give the exit code; another where nobody reads on (`| head`) or the text cannot be written."""
    if stream is None:  # a shell can close it
        return code
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        # or Python would try to write the rest when it exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            return _print(
                f"cannot print: {error.strerror}\n", 3, sys.stderr if stream is sys.stdout else None
            )
        return 141
    return code
