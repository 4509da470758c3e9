"""A study in a user's hands: load it, check it, run it, write its report.

study = calliper.load("study.yaml")
results = study.run()
results.to_polars()
study.report("out/")
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from calliper import pipeline
from calliper.displays.language.told import in_language
from calliper.protocol.load import Loaded
from calliper.protocol.load import load as load_protocol

if TYPE_CHECKING:
    from calliper.audit.claims import Published
    from calliper.audit.compare import Comparison
    from calliper.blocks import Document
    from calliper.protocol.specs import Protocol
    from calliper.records.tables import Records
    from calliper.results import Results


def load(path: str | Path) -> Study:
    """Read a study file. Raises ProtocolError listing every mistake, each with its line; reads no data."""
    return Study(load_protocol(Path(path)))


def known_formats(names: Sequence[str]) -> tuple[str, ...]:
    """The formats of a report by their names: `html`, `docx` and so on. Raises OutputError for one that is unknown."""
    from calliper.report import contents

    return contents.known_formats(names)


def known_datasets(names: Sequence[str]) -> tuple[str, ...]:
    """The formats of datasets: `parquet`, `xpt`. Raises OutputError for one that is unknown."""
    from calliper.exports import files

    return files.known_formats(names)


def known_figures(names: Sequence[str]) -> tuple[str, ...]:
    """The formats of figure files: `svg`, `pdf`, `png`, `tiff`. Raises OutputError for one that is unknown."""
    from calliper.report import contents

    return contents.known_figures(names)


@dataclass(frozen=True)
class Study:
    """A study file that has no mistakes, and what running it makes (at most once)."""

    loaded: Loaded
    progress: pipeline.Progress = pipeline.silent

    @property
    def protocol(self) -> Protocol:
        """The study file as a frozen value."""
        return self.loaded.protocol

    def check(self) -> Records:
        """Read and check every record; `problems` lists what was found. Raises nothing for bad data."""
        return pipeline.read(self.loaded, self.progress)

    @cached_property
    def outcome(self) -> pipeline.Run:
        """Everything the run made, stage by stage. Raises DataError when the records have errors."""
        return pipeline.run(self.loaded, self.progress)

    def run(self) -> Results:
        """Run the study and give its results. Raises DataError when the records have errors."""
        return self.outcome.results

    @cached_property
    def published(self) -> Published | None:
        """The published numbers the study names under `published:`, or None. Raises ProtocolError for its mistakes."""
        if self.protocol.published is None:
            return None
        from calliper.audit.claims import load_claims

        return load_claims(self.loaded.folder / self.protocol.published)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The published numbers held against this run; empty when the study names none."""
        if self.published is None:
            return ()
        from calliper.audit.compare import compare

        return compare(self.published, self.run())

    def document(self) -> Document:
        """The report as blocks, the comparison with the published numbers (if any) last, in the study's language."""
        made = self.outcome.document
        if self.published is not None:
            from calliper.audit.page import page

            section = page(self.comparisons, self.published, invented=self.protocol.study.invented)
            made = dataclasses.replace(made, sections=(*made.sections, section))
        return in_language(made, self.protocol)

    def report(
        self,
        out: str | Path,
        *,
        formats: Sequence[str] = ("html",),
        figures: Sequence[str] = ("svg",),
        share: int | None = None,
    ) -> Path:
        """Write the report folder and give its path; formats are those of `known_formats` and `known_figures`.

        With `share` it is one that may leave the hospital: no rows of patients, and counts from 1 to one less than
        `share` hidden, with what would give them back. Raises DataError where an arm is smaller than that.

        The folder is written beside `out` and swapped in whole. Raises OutputError (with the earlier folder
        untouched) when it cannot be written, a format is unknown or `out` holds files Calliper did not write,
        ProtocolError for mistakes in the file of published numbers.
        """
        from calliper.report.folder import write_folder

        return write_folder(Path(out), self.files(formats=formats, figures=figures, share=share))

    def files(
        self,
        *,
        formats: Sequence[str] = ("html",),
        figures: Sequence[str] = ("svg",),
        share: int | None = None,
    ) -> dict[str, bytes]:
        """The files of the report folder, relative path to bytes, the manifest last; raises as `report`."""
        from calliper.report.contents import contents

        chosen, drawn = known_formats(formats), known_figures(figures)
        _ = self.published  # its mistakes are told before the run, not after it
        outcome = self.outcome
        self.progress("Writing the report")
        endpoints = outcome.derived.endpoints
        scans = {name: held.scans for name, held in endpoints.items() if held.scans is not None}
        if share is not None:
            from calliper.report.contents import Suppressed
            from calliper.sharing import share as shared

            document, results, marks = shared(outcome.document, self.protocol, outcome.results, share)
            document = in_language(
                document, self.protocol
            )  # what must be hidden is read off the English words
            hidden = Suppressed(share, marks)
            records = outcome.records
            return contents(
                document, results, records, self.loaded, formats=chosen, figures=drawn, suppressed=hidden
            )
        made = self.document()
        if "html" in chosen:
            from calliper.explain.origins import origins

            made = dataclasses.replace(made, origins=origins(self.protocol, outcome, made.keys))
        return contents(
            made,
            outcome.results,
            outcome.records,
            self.loaded,
            scans,
            formats=chosen,
            figures=drawn,
        )

    def export(self, out: str | Path, *, formats: Sequence[str] = ("parquet",)) -> Path:
        """Write the derived data of single patients as datasets (ADSL, ADRS, ADTTE, ADAE, ADTOX), and give the folder.

        Formats are `parquet` and `xpt` (SAS transport, version 5). Raises OutputError as `report`, for text that a
        transport file cannot hold, and where `out` is a report: single patients never take the place of one.
        """
        from calliper.errors import OutputError
        from calliper.report.folder import write_folder

        if (Path(out) / "results.csv").exists():
            raise OutputError(
                f"{out} is a report, and datasets hold single patients; name a folder of their own with --out"
            )
        return write_folder(Path(out), self.export_files(formats=formats))

    def export_files(self, *, formats: Sequence[str] = ("parquet",)) -> dict[str, bytes]:
        """The files of the folder of `export`, the manifest last."""
        from calliper.exports.files import dataset_files, datasets, known_formats
        from calliper.report.contents import export_contents

        chosen = known_formats(formats)
        records, derived = pipeline.prepare(self.loaded, self.progress)
        self.progress("Writing the datasets")
        files = dataset_files(datasets(self.protocol, records, derived), chosen)
        return export_contents(files, records, self.loaded, chosen)

    def explain(self, patient: str) -> str:
        """What was recorded of a patient, what was derived, and which rule decided, in plain text.

        Analyses nothing. Raises DataError when the records have errors, or no patient has this identifier.
        """
        from calliper.explain import explain
        from calliper.report.text import render_section

        return "\n".join(render_section(section) for section in explain(self.loaded, patient, self.progress))

    def trace(self, key: str) -> str:
        """A result by its key: its value, how it was made, and the patients and records behind it, in plain text.

        Raises DataError when the records have errors, or no result has this key.
        """
        from calliper.explain.trace import trace
        from calliper.report.text import render_section

        return "\n".join(render_section(section) for section in trace(self.loaded, key, self.progress))

    def flip_text(self) -> str:
        """What the conventions of R, SAS and SPSS change, as the report tells it, in plain text."""
        from calliper.report.text import render_section

        sections = self.outcome.document.sections
        return render_section(next(section for section in sections if section.id == "conventions"))

    def flip(self, out: str | Path) -> Path:
        """Write the changed conclusions as a folder of flip.csv and a manifest, and give its path.

        Raises OutputError as `report`.
        """
        from calliper.report.folder import write_folder

        return write_folder(Path(out), self.flip_files())

    def flip_files(self) -> dict[str, bytes]:
        """The files of the folder of `flip`."""
        from calliper.report.contents import flip_contents

        outcome = self.outcome
        return flip_contents(outcome.results, outcome.records, self.loaded)
