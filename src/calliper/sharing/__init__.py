"""A report that may leave the hospital: no patient's row, no small count, and none that arithmetic gives back.

stats.py        which numbers are counts, which follow from counts, which are of single patients
relations.py    the sums that hold between counts: arms, levels, stats, margins
secrecy.py      what must be hidden beside the small counts, so that no sum gives one back
numbers.py      the two together: for each number, whether it is shared
blocks.py       the document without what is hidden
results.py      results and methods without it

Nothing here is random: the same run hides the same cells. docs/sharing.md says what is promised and what is not.
"""

from __future__ import annotations

from calliper.blocks import Document
from calliper.protocol.specs import Protocol
from calliper.results import Results
from calliper.sharing.blocks import shared_document
from calliper.sharing.numbers import share_numbers
from calliper.sharing.results import shared_results


def share(
    document: Document, protocol: Protocol, results: Results, smallest: int
) -> tuple[Document, Results, dict[str, str]]:
    """The document and results that may be shared, and by key what stands in place of each number hidden.

    Raises DataError where an arm has fewer than `smallest` patients: no table by arm can be shared then.
    """
    shared = share_numbers(protocol, results, smallest)
    return (
        shared_document(document, protocol, shared),
        shared_results(results, shared),
        {key: shared.mark(key) for key in shared.hidden if key in shared.listed},
    )
