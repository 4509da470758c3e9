"""Write a report folder whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..errors import OutputError

MANIFEST = "manifest.json"


def write_folder(out: Path, files: Mapping[str, bytes]) -> Path:
    """Write `files` (relative path to content) as the folder `out`, replacing an earlier report there.

    The files are first written to a new folder beside `out`; then the two swap names. A run that fails or is
    interrupted leaves the earlier folder as it was. Raises OutputError when `out` holds anything an earlier report's
    manifest does not list, or cannot be written.
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
        new.chmod(0o755)
        _swap(new, out)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}; the earlier report is untouched") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return out


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
    """Raise OutputError unless `out` is absent, empty, or holds only what its own manifest lists."""
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out} is a file; name a folder with --out")
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir()}
    foreign = sorted(found - _listed(out) - {MANIFEST})
    if foreign:
        shown = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        raise OutputError(
            f"{out} holds files Calliper did not write ({shown}); choose another folder with --out"
        )


def _listed(out: Path) -> set[str]:
    """The output files named by the manifest in `out`; empty when there is none that can be read."""
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        return {str(entry["path"]) for entry in manifest["outputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
