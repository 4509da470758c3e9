"""A run of a study in a process of its own: steps and outcome as lines of JSON on standard output.

python -m calliper.app.worker STUDY.yaml OUT FORMATS FIGURES
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from calliper.errors import CalliperError, DataError, ProtocolError
from calliper.protocol.load import load
from calliper.study import Study


def tell(**said: object) -> None:
    """One line."""
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def main(study: Path, out: Path, formats: str, figures: str) -> int:
    """Run and write the report; 0 where it was written."""
    try:
        loaded = load(study)
        tell(total=len(loaded.protocol.analyses) + 6)
        held = Study(loaded, lambda step: tell(step=step))
        held.report(out, formats=formats.split(","), figures=figures.split(","))
        tell(done=True)
    except (ProtocolError, DataError) as error:
        tell(errors=str(error).splitlines())
        return 1
    except CalliperError as error:
        tell(errors=[str(error)])
        return 3
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
