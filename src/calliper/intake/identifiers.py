"""Columns by which a person could be known: names, numbers of people, telephones, addresses, free text, dates of birth.

Found before anything is written. No finding shows a value: it says where, and how many cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from calliper.intake.guess import Guess
from calliper.intake.words import Words

SHARE = 0.6
"""The share of a column's cells that must look like an identifier."""
LONG_TEXT = 25
FEW, MANY = 5, 20
"""A date that fewer than FEW of at least MANY rows have singles people out, where no study is known to need it."""

_CHINESE_ID = re.compile(r"[1-9][0-9]{16}[0-9Xx]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PHONE = re.compile(
    r"(?:\+?[0-9]{1,3}[- ]?)?(?:1[3-9][0-9]{9}|0[0-9]{2,3}[- ]?[0-9]{7,8}|\(?[0-9]{3}\)?[- ][0-9]{3}[- ][0-9]{4})"
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SSN = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")
_NHS = re.compile(r"[0-9]{3} ?[0-9]{3} ?[0-9]{4}")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦"
    "付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
_WESTERN = re.compile(r"[A-Z][a-z'’-]+,? (?:[A-Z]\.? ?)?[A-Z][a-z'’-]+|[A-Z][a-z'’-]+, [A-Z][a-z'’-]+")

WORDS = {
    "name": "a person's name",
    "national_id": "a national number of a person",
    "phone": "a telephone number",
    "address": "an address",
    "email": "an e-mail address",
    "hospital_number": "a hospital's number of a patient",
    "birth_date": "a date of birth",
    "rare_date": "dates that few people have",
    "free_text": "free text, in which people may be named",
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """What a column could tell of a person: `kind` is a key of WORDS, `why` says what it was known by."""

    kind: str
    why: str

    @property
    def told(self) -> str:
        """In words."""
        return f"{WORDS[self.kind]} ({self.why})"


def screen(header: str, found: Guess, words: Words) -> Identifier | None:
    """Which identifier a column holds, by its cells or its header; None where it holds none."""
    by_cells = _by_cells(found.values)
    if by_cells is not None:
        return by_cells
    kind = words.identifier(header)
    if kind == "free_text":
        return Identifier(kind, "by its header") if found.kind == "text" else None
    if kind is not None and found.kind != "blank":
        return Identifier(kind, "by its header")
    if found.kind == "date" and 0 < found.filled < FEW and found.n >= MANY and words.concept(header) is None:
        return Identifier("rare_date", f"{found.filled} of {found.n} rows")
    if found.kind == "text" and found.values:
        length = sum(map(len, found.values)) / len(found.values)
        wide = sum(2 if ord(letter) > 0x2E80 else 1 for value in found.values for letter in value) / len(
            found.values
        )
        if wide >= LONG_TEXT:
            return Identifier("free_text", f"{len(found.values)} texts of {length:.0f} letters on average")
    return None


def _by_cells(values: Sequence[str]) -> Identifier | None:
    if len(values) < 3:
        return None
    for kind, what, test in (
        ("national_id", "numbers with the check digit of a Chinese identity card", _is_chinese_id),
        (
            "national_id",
            "numbers written like a social security number",
            lambda text: bool(_SSN.fullmatch(text)),
        ),
        ("email", "e-mail addresses", lambda text: bool(_EMAIL.fullmatch(text))),
        ("national_id", "numbers with the check digit of the NHS", _is_nhs),
        ("phone", "telephone numbers", lambda text: bool(_PHONE.fullmatch(text))),
        ("name", "Chinese names", _is_chinese_name),
        ("name", "names", lambda text: bool(_WESTERN.fullmatch(text))),
    ):
        n = sum(test(value) for value in values)
        if n >= SHARE * len(values):
            return Identifier(kind, f"{n} of {len(values)} different cells are {what}")
    return None


def _is_chinese_id(text: str) -> bool:
    """GB 11643-1999: 17 digits and a check letter, ISO 7064 MOD 11-2."""
    if not _CHINESE_ID.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS))
    return _CHECKS[total % 11] == text[-1].upper()


def _is_nhs(text: str) -> bool:
    """Ten digits whose last is the check of the first nine, modulus 11."""
    if not _NHS.fullmatch(text):
        return False
    digits = [int(letter) for letter in text if letter.isdigit()]
    check = 11 - sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1))) % 11
    return check % 11 == digits[9] and check != 10


def _is_chinese_name(text: str) -> bool:
    return bool(_HAN_NAME.fullmatch(text)) and text[0] in _SURNAMES
