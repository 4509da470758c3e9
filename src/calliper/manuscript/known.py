"""Numbers of a manuscript that are no results: references, tables, dates, levels, and what the study file says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from calliper.manuscript.held import Held
from calliper.manuscript.measures import is_quotable
from calliper.manuscript.paper import Paragraph
from calliper.manuscript.printed import Number, plain_letters
from calliper.protocol.specs import Protocol

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_NAMED = (
    r"(?:supplementary |suppl\. )?(?:tables?|figures?|figs?\.?|sections?|appendix|chapters?|equations?|refs?\.?"
    r"|references?|pages?|步骤|表|图|第)"
)
_SOFTWARE = (
    r"(?:versions?|v\.?|CTCAE|RECIST|mRECIST|RECICL|SPSS|SAS|R|Python|Stata|Calliper|LI-RADS)(?: version| v)?"
)
_PEOPLE = r"(?:patients|cases|scans|visits|days|mg|例|U/L)"

_SPANS: tuple[tuple[str, str], ...] = (
    ("address", r"(?:https?://|www\.|doi:\s*)\S+|[^\s@]{1,64}@[^\s@]{1,200}\.\w+|\b10\.\d{4,}/\S+"),
    ("date", r"(?<!\d)\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?|月)?"),
    ("date", rf"\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}(?:,? \d{{4}})?\b|\b{_MONTH} \d{{1,2}}(?:,? \d{{4}})?\b"),
    ("reference", r"(?<!\d)(?<!\d )(?<!\d% )\[\d{1,3}(?:\s*[,;–—-]\s*\d{1,3})*\](?!\s*(?:%|to))"),
    ("label", rf"(?:\b|(?<=[^A-Za-z])|^){_NAMED}\s*S?\d+(?:\.\d+)*(?:\s*(?:,|and|to|-|–)\s*S?\d+(?![.\d]))*"),
    ("version", rf"\b{_SOFTWARE} ?\(?\d+(?:\.\d+)*\)?|版本? ?\d+(?:\.\d+)*"),
    ("level", r"\b\d{2}(?:\.\d)?\s*%?-?\s*(?:CI|CIs|CrI|confidence|可信|置信)"),
    (
        "level",
        r"(?:significance|level|alpha|α|显著性水平)(?: level)?(?: of| at| was| set at|[=:])*\s*\.?0?\.\d+",
    ),
    ("level", r"P\s*[<>≤]\s*0?\.(?:05|01|10?|025)(?!\d)|below 0\.05(?!\d)"),
    (
        "grade",
        r"\bgrades?\s*[≥>]?\s*[0-5](?:\s*(?:-|–|to|or|and|/)\s*[0-5])*(?!\.?\d)|[0-5](?:-|–)[0-5]级|[0-5]级",
    ),
    ("year", rf"(?<![\d.,/])(?:19|20)\d{{2}}(?![\d.,]\d)(?!\s*{_PEOPLE})(?=年|[\s).,;:\]–-]|$)"),
)
_COMPILED = tuple((what, re.compile(pattern, re.IGNORECASE)) for what, pattern in _SPANS)

_UNIT = re.compile(
    r"\s*-?\s*(?:%|years?|months?|weeks?|days?|hours?|h\b|min\b|minutes?|cm|mm|mg|ml|µm|μm|ng/m[lL]|U/L|nodules?|岁|个月|月|周|天|年|厘米)"
)
_LEAD = re.compile(
    r"(?:[≥>≤<]|\b(?:at|over|under|least|most|than|months?|days?|weeks?|years?|aged|between|within))\s*$"
    r"|\b(?:months?|days?|weeks?|years?)\s+\d+\s*(?:to|and|or|,|-|–)\s*$",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\s*(?:,|to|and|or|-|–)\s*\d+(?:\.\d+)?\s*(?:,|to|and|or|-|–)?\s*\d*"
    r"\s*-?(?:%|years?|months?|weeks?|days?|cm|mm|mg|ml|个月|岁)"
)
_DIGITS = re.compile(r"(?<![A-Za-z0-9_.-])\d+(?:\.\d+)?(?![A-Za-z0-9_]*[A-Za-z_])")


def told_spans(paragraph: Paragraph) -> tuple[tuple[int, int, str], ...]:
    """Stretches of a paragraph whose numbers are no results, and what they are."""
    text = plain_letters(paragraph.text)
    spans: list[tuple[int, int, str]] = []
    if paragraph.role == "heading":
        spans += [(*found.span(), "label") for found in re.finditer(r"^[#\s]*\d+(?:\.\d+)*\.?(?=\s)", text)]
    else:
        spans += [(*found.span(), "label") for found in re.finditer(r"^\s*\d+[.)](?=\s)", text, re.MULTILINE)]
    spans += [(*found.span(), what) for what, pattern in _COMPILED for found in pattern.finditer(text)]
    return tuple(spans)


Own = Mapping[Decimal, Sequence[tuple[str, str]]]
"""What the study says a number of its own is of: paths of the study file with their text, or times of results."""

_UNREAD = ("calliper", "centres", "data", "reading", "published")
"""Parts of a study file whose numbers are of the files, not of the study."""

_LIMITS = re.compile(r"^variables\..*\.(?:range|plausible|codes|column)\b|\.(?:column|sheet|path)$")


def declared(held: Held, protocol: Protocol | None) -> Own:
    """The study's own numbers: of its criteria, windows, doses and definitions, and the times its results are at."""
    found: dict[Decimal, list[tuple[str, str]]] = {}
    if protocol is not None:
        whole = protocol.model_dump(mode="json", exclude=set(_UNREAD))
        for path, text in _leaves(whole, ""):
            for number in [] if _LIMITS.search(path) else _DIGITS.findall(text):
                found.setdefault(Decimal(number).normalize(), []).append((path, text))
    for row in held.rows:
        if row.at is not None and is_quotable(row):
            found.setdefault(Decimal(repr(row.at)).normalize(), []).append((f"the time of {row.key}", ""))
    return found


def said_by(own: Own, number: Number) -> str:
    """Where the study says a number, by preference with the unit that follows it here; empty where nowhere.

    Only a number in the words of a threshold, a window or a dose is taken for one.
    """
    value = number.printed.number
    if value is None or value.normalize() not in own or not is_placed(number):
        return ""
    unit = re.match(r"\s*-?\s*([A-Za-z%]+?)s?\b", number.after)
    stem = unit[1].lower() if unit else ""
    written = re.compile(rf"(?<![\d.]){value.normalize():f}\s*-?{re.escape(stem)}", re.IGNORECASE)

    def distance(entry: tuple[str, str]) -> tuple[bool, bool, bool]:
        path, text = entry
        return not (stem and written.search(text)), stem not in path.lower(), path.startswith("variables")

    return min(own[value.normalize()], key=distance)[0]


def is_placed(number: Number) -> bool:
    """True where the words around a number are those of a threshold, a window or a dose: a unit, `at least`, `≥`."""
    return bool(_UNIT.match(number.after) or _LEAD.search(number.before) or _LISTED.match(number.after))


def _leaves(held: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every value of a study file as text, with its path."""
    if isinstance(held, Mapping):
        for key, value in held.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(held, list):
        for place, value in enumerate(held):
            name = value.get("id", place) if isinstance(value, Mapping) else place
            yield from _leaves(value, f"{path}[{name}]")
    elif held is not None and not isinstance(held, bool):
        yield path, str(held)
