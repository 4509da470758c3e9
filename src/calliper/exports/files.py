"""The datasets of a run as files: Parquet, SAS transport files, and what each variable is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from calliper.errors import OutputError
from calliper.exports.adverse_events import adae, adtox
from calliper.exports.define import COLUMNS, define_lines, define_tree
from calliper.exports.responses import adrs
from calliper.exports.subjects import adsl
from calliper.exports.times import adtte
from calliper.exports.transport import to_transport
from calliper.records.wording import suggestion
from calliper.report.tabular import to_csv, to_json

if TYPE_CHECKING:
    from calliper.endpoints import Derived
    from calliper.exports.dataset import Dataset
    from calliper.protocol.specs import Protocol
    from calliper.records.tables import Records

FORMATS = ("parquet", "xpt")
SPELLINGS = "xpt_text.csv"


def known_formats(names: Sequence[str]) -> tuple[str, ...]:
    """The formats asked for, each once. Raises OutputError for one that is not there.

    >>> known_formats(["xpt", "parquet", "xpt"])
    ('parquet', 'xpt')
    """
    for name in names:
        if name not in FORMATS:
            raise OutputError(
                f"no dataset is written as {name!r}{suggestion(name, FORMATS)}; the formats are {', '.join(FORMATS)}"
            )
    if not names:
        raise OutputError(f"no format is named; the formats are {', '.join(FORMATS)}")
    return tuple(name for name in FORMATS if name in names)


def datasets(protocol: Protocol, records: Records, derived: Derived) -> list[Dataset]:
    """Every dataset that the study's endpoints give, ADSL first."""
    made = (
        adsl(protocol, records, derived),
        adrs(protocol, records, derived),
        adtte(protocol, derived),
        adae(protocol, derived),
        adtox(protocol, derived),
    )
    return [dataset for dataset in made if dataset is not None]


def dataset_files(made: Sequence[Dataset], formats: Sequence[str]) -> dict[str, bytes]:
    """The files of these datasets, name to bytes.

    Text that a transport file spells otherwise is listed in xpt_text.csv, which is not there where none is. Raises
    OutputError for a format that is unknown, and as `to_transport`.
    """
    chosen = known_formats(formats)
    files: dict[str, bytes] = {}
    written = list(made)
    if "parquet" in chosen:
        files |= {f"{held.name.lower()}.parquet": _parquet(held) for held in made}
    if "xpt" in chosen:
        transports = [to_transport(held) for held in made]
        written = [held.dataset for held in transports]
        files |= {f"{held.dataset.name.lower()}.xpt": held.content for held in transports}
        spelt = [[held.dataset.name, name, *spelling] for held in transports for name, spelling in held.spelt]
        if spelt:
            files[SPELLINGS] = to_csv(("dataset", "variable", "text", "written"), spelt)
    files["define.csv"] = to_csv(COLUMNS, define_lines(written))
    files["define.json"] = to_json(define_tree(written))
    return files


def _parquet(dataset: Dataset) -> bytes:
    stream = io.BytesIO()
    dataset.frame.write_parquet(stream)
    return stream.getvalue()
