"""A run made again from its manifest: inputs, study file and software checked, every output held against its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calliper.errors import OutputError
from calliper.runs.changes import Cause
from calliper.runs.told import cause_text
from calliper.runs.written import Manifest
from calliper.versions import code_hash, installed

KNOWN_OPTIONS = {"formats", "figures", "share"}
"""Options of a run that a manifest may hold: arguments of `Study.files`."""

EXPORT = "export"
"""The option of a folder of datasets: their formats, an argument of `Study.export_files`."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What is not as the manifest has it: `before` the run, and outputs `unlike`, `missing` and `new` after it."""

    before: tuple[Cause, ...]
    same: int
    unlike: tuple[str, ...]
    missing: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether everything that went in and came out has its recorded hash, and the software its version."""
        return not (self.before or self.unlike or self.missing or self.new)


def options_of(manifest: Manifest) -> dict[str, Any] | None:
    """What the run was asked for, as `Study.files` takes it; None for the folders of `calliper flip` and `export`.

    Raises OutputError when the manifest has an option that this version does not know.
    """
    if "results.csv" not in manifest.outputs:
        return None
    unknown = sorted(set(manifest.options) - KNOWN_OPTIONS)
    if unknown:
        raise OutputError(
            f"{manifest.path}: this version has no option {', '.join(unknown)}; "
            f"replay it with calliper {manifest.software.get('calliper', '')}"
        )
    return dict(manifest.options)


def find_study(manifest: Manifest, study: Path | None) -> Path:
    """The study file of a run: the one named, else the one of that name beside the report folder or in it.

    Raises OutputError when there is none.
    """
    if study is not None:
        return study
    name = Path(manifest.protocol[0]).name
    folder = manifest.path.resolve().parent
    for place in (folder.parent, folder, Path.cwd()):
        if _hash(place / name) == manifest.protocol[1]:
            return place / name
    for place in (folder.parent, folder, Path.cwd()):
        if (place / name).is_file():
            return place / name
    raise OutputError(
        f"found no {name} in {folder.parent}, {folder} or the working folder; name the study file with --study"
    )


def unlike_before(manifest: Manifest, study: Path) -> tuple[Cause, ...]:
    """What is not as recorded before the run: the study file, inputs beside it, versions of the software."""
    found = []
    here = _hash(study)
    if here != manifest.protocol[1]:
        found.append(Cause("study file", study.name, manifest.protocol[1], here))
    for name, recorded in manifest.inputs.items():
        here = _hash(study.parent / name)
        if here != recorded:
            found.append(Cause("input", name, recorded, here))
    if manifest.code != code_hash():
        found.append(Cause("source", "calliper", manifest.code, code_hash()))
    versions = installed()
    for name in dict.fromkeys((*manifest.software, *versions)):
        if manifest.software.get(name) != versions.get(name):
            found.append(Cause("software", name, manifest.software.get(name), versions.get(name)))
    return tuple(found)


def replay(manifest: Manifest, study: Path, make: Callable[[], Mapping[str, bytes]]) -> Replayed:
    """Check, make the files of the run again, and hold each against its recorded hash."""
    before = unlike_before(manifest, study)
    made = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in make().items()
        if name != "manifest.json"
    }
    both = [name for name in manifest.outputs if name in made]
    unlike = tuple(name for name in both if made[name] != manifest.outputs[name])
    return Replayed(
        before=before,
        same=len(both) - len(unlike),
        unlike=unlike,
        missing=tuple(name for name in manifest.outputs if name not in made),
        new=tuple(name for name in made if name not in manifest.outputs),
    )


def replay_text(done: Replayed, manifest: Manifest) -> str:
    """What was checked and what came of it."""
    lines = [f"Manifest: {manifest.path}"]
    if done.before:
        lines += ["Not as recorded:", *(f"  {cause_text(cause)}" for cause in done.before)]
    else:
        lines.append(f"Study file, {len(manifest.inputs)} inputs and software are as recorded.")
    lines.append(f"Outputs: {done.same} of {len(manifest.outputs)} have their recorded hash.")
    told = (("other bytes", done.unlike), ("not made again", done.missing), ("not recorded", done.new))
    lines += [f"  {words}: {name}" for words, names in told for name in names]
    return "\n".join(lines) + "\n"


def _hash(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
