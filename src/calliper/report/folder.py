"""Write a report folder whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from calliper.errors import OutputError

MANIFEST = "manifest.json"

SHOWN = 3
"""Foreign files named before the rest are summed up."""


def write_folder(out: Path, files: Mapping[str, bytes]) -> Path:
    """Write `files` (relative path to content) as the folder `out`, replacing an earlier report there.

    The files are first written to a new folder beside `out`; then the two swap names. A run that fails or is
    interrupted leaves the earlier folder as it was. Raises OutputError when `out` holds anything an earlier report's
    manifest does not list (or lists with another hash: somebody worked on it), or cannot be written.
    """
    out = out.resolve()
    _refuse_foreign(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{out.name}.new-", dir=out.parent))
    except OSError as error:
        raise OutputError(
            f"cannot write beside {out}: {error.strerror}; choose another folder with --out"
        ) from error
    try:
        for relative, content in files.items():
            target = new / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        new.chmod(_mode_of_new_folders())
        _swap(new, out)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}; the earlier report is untouched") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return out


def _mode_of_new_folders() -> int:
    """What this person lets others read (mkdtemp lets nobody); the umask can only be read by setting it."""
    hidden = os.umask(0o077)
    os.umask(hidden)
    return 0o777 & ~hidden


def _swap(new: Path, out: Path) -> None:
    """Give `new` the name `out`; put an earlier `out` back if that fails."""
    if not out.exists():
        new.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old-", dir=out.parent)) / out.name
    out.rename(old)
    try:
        new.rename(out)
    except BaseException:
        old.rename(out)
        raise
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)


def _refuse_foreign(out: Path) -> None:
    """Raise OutputError unless `out` is absent, empty, or holds only what its own manifest lists, as it was written."""
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out} is a file; name a folder with --out")
    try:
        foreign = list(islice(_foreign(out, _listed(out)), SHOWN + 1))
    except OSError as error:
        raise OutputError(f"cannot read {out}: {error.strerror}; choose another folder with --out") from error
    if foreign:
        shown = ", ".join(foreign[:SHOWN]) + (" and more" if len(foreign) > SHOWN else "")
        raise OutputError(
            f"{out} holds files Calliper did not write or that were changed since ({shown}); "
            "choose another folder with --out"
        )


def _foreign(out: Path, listed: Mapping[str, str]) -> Iterator[str]:
    """The files in `out` that its manifest does not list with the hash they have; lazily, for `out` may be a disk."""
    for path in out.rglob("*"):
        name = path.relative_to(out).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        is_ours = name in listed and hashlib.sha256(path.read_bytes()).hexdigest() == listed[name]
        if name != MANIFEST and not is_ours:
            yield name


def _listed(out: Path) -> dict[str, str]:
    """The output files named by the manifest in `out`, with their hashes; empty when there is none that can be read."""
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        return {str(entry["path"]): str(entry["sha256"]) for entry in manifest["outputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
