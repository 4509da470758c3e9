"""A study's folder in a workspace: its uploaded files, its study file and mappings, its report, and how far it is."""

from __future__ import annotations

import io
import json
import re
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from calliper.errors import CalliperError, ProtocolError
from calliper.intake.new import ANSWERS, FOUND, KEY, MAPPINGS, STUDY
from calliper.protocol.load import Loaded, load

FILES, REPORT, PROTOCOL, TITLE = "files", "report", "protocol.yaml", "title.json"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
MOST_STUDIES = 200
_LOCKS: dict[Path, threading.Lock] = {}
_OF_LOCKS = threading.Lock()


@dataclass(frozen=True, slots=True)
class Place:
    """A study's folder."""

    folder: Path

    @property
    def id(self) -> str:
        """Its name in addresses."""
        return self.folder.name

    @property
    def title(self) -> str:
        """What the user called it."""
        try:
            return str(json.loads((self.folder / TITLE).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return self.id

    @property
    def study(self) -> Path:
        """The study file."""
        return self.folder / STUDY

    @property
    def report(self) -> Path:
        """The report's folder."""
        return self.folder / REPORT

    @property
    def files(self) -> list[Path]:
        """The uploaded files, by name."""
        held = self.folder / FILES
        return sorted(path for path in held.iterdir() if path.is_file()) if held.is_dir() else []

    @property
    def mappings(self) -> list[Path]:
        """The centres' mappings, by name."""
        held = self.folder / MAPPINGS
        return sorted(held.glob("*.yaml")) if held.is_dir() else []

    @property
    def is_drafted(self) -> bool:
        """Whether there is a study file."""
        return self.study.is_file()

    @property
    def is_reported(self) -> bool:
        """Whether there is a report."""
        return (self.report / "manifest.json").is_file()

    @property
    def is_current(self) -> bool:
        """Whether the report is of the study as it is now."""
        if not self.is_reported:
            return False
        made = (self.report / "manifest.json").stat().st_mtime
        inputs = [self.study, *self.mappings, self.folder / ANSWERS]
        return all(path.stat().st_mtime <= made for path in inputs if path.exists())

    def loaded(self, *, is_draft: bool = True) -> Loaded:
        """The study file and its layers, guesses that wait among them. Raises ProtocolError with every mistake."""
        return load(self.study, is_draft=is_draft)

    def mistakes(self, *, is_draft: bool = True) -> tuple[str, ...]:
        """Every mistake of the study file and its layers; with `is_draft` false also every guess that waits."""
        try:
            self.loaded(is_draft=is_draft)
        except ProtocolError as error:
            return error.mistakes
        except CalliperError as error:
            return (str(error),)
        return ()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One change of a study's files at a time."""
        with _OF_LOCKS:
            lock = _LOCKS.setdefault(self.folder, threading.Lock())
        with lock:
            yield

    def archive(self) -> bytes:
        """The study's folder as a zip: study file, layers, files and report; the key of pseudonyms stays here."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(self.folder.rglob("*")):
                relative = path.relative_to(self.folder).as_posix()
                if path.is_file() and path.name not in (KEY, TITLE) and not relative.startswith("."):
                    archive.writestr(
                        zipfile.ZipInfo(f"{self.id}/{relative}", (2020, 1, 1, 0, 0, 0)),
                        path.read_bytes(),
                        zipfile.ZIP_DEFLATED,
                    )
        return made.getvalue()

    def without_draft(self) -> None:
        """Take the draft away, so that another can be made; the uploaded files stay."""
        for name in (STUDY, ANSWERS, KEY, FOUND):
            (self.folder / name).unlink(missing_ok=True)
        shutil.rmtree(self.folder / MAPPINGS, ignore_errors=True)


def studies_of(workspace: Path) -> list[Place]:
    """The studies of a workspace, by name."""
    return sorted(
        (Place(path) for path in workspace.iterdir() if path.is_dir() and _ID.fullmatch(path.name)),
        key=lambda held: held.id,
    )


def find(workspace: Path, name: str) -> Place | None:
    """A study by its name; None where there is none, and for what is no name."""
    if not _ID.fullmatch(name) or not (workspace / name).is_dir():
        return None
    return Place(workspace / name)


def create(workspace: Path, title: str) -> Place:
    """A new, empty study. Raises ValueError where there are too many."""
    held = studies_of(workspace)
    if len(held) >= MOST_STUDIES:
        raise ValueError(f"there are {len(held)} studies here; take some away first")
    base = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:40] or "study"
    for number in range(1, MOST_STUDIES + 2):
        folder = workspace / (base if number == 1 else f"{base}-{number}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        (folder / TITLE).write_text(json.dumps(title[:200]), encoding="utf-8")
        return Place(folder)
    raise ValueError("no name is free for this study")
