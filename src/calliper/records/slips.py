"""Slips of the hand that messages name and nothing corrects: words for missing, unusual signs, look-alike names."""

from __future__ import annotations

import unicodedata

import polars as pl

from calliper.records.wording import quoted

MISSING_WORDS = frozenset({
    "na", "n/a", "n.a.", "nan", "nd", "n.d.", "nk", "uk", "unk", "unknown", "missing", "none", "null",
    "-", "--", ".", "?", "k.a.", "unbekannt", "fehlt", "inconnu", "desconocido",
    "不详", "不明", "未知", "未查", "未测", "未做", "缺失", "无",
})  # fmt: skip
"""Texts by which people say that a value is missing; none means so unless the study file declares it."""

TOTAL_WORDS = frozenset({
    "total", "totals", "sum", "subtotal", "mean", "average", "median", "sd", "gesamt", "summe", "mittelwert",
    "合计", "总计", "小计", "平均", "平均值",
})  # fmt: skip
"""What stands under the patients' identifiers where a table ends in totals."""

_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))


def declare_missing(text: str, action: str) -> str:
    """What to do about a text: declare it as missing where it is a word for that, else `action`.

    >>> declare_missing("NA", "correct the cell")
    'declare the text under reading.missing if it means that the value is missing'
    """
    hint = "declare the text under reading.missing if it means that the value is missing"
    return hint if text.casefold() in MISSING_WORDS else action


def plain(text: str) -> str:
    """The text in the signs of a plain keyboard: digits and letters of full width narrow, every dash a hyphen.

    >>> plain("６１"), plain("\u22125")
    ('61', '-5')
    """
    return unicodedata.normalize("NFKC", text).translate(_DASHES)


def write_plainly(text: str, action: str) -> str:
    """What to do about a text: write it with plain signs where it has others, else `action`."""
    return f"write it with plain signs, as {quoted(plain(text))}" if plain(text) != text else action


def look_alike(names: pl.Series) -> pl.Series:
    """A key that names share which differ only in capitals, width of letters, white space or zeros in front.

    >>> look_alike(pl.Series(["P 01", "p1", "Ｐ1", "P10", None])).to_list()
    ['p1', 'p1', 'p1', 'p10', None]
    """
    bare = names.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", "")
    return bare.str.replace_all(r"(^|[^0-9.])0+([0-9])", "${1}${2}")
