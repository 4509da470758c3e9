"""The page's own words in English and in Chinese, and the checks' sentences; a study's own words stay as they are.

A language's file has the words of the templates at its head, told as they stand, and under `[messages]` sentences with
fields, which are told beside those of messages/.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from calliper.messages import told

LANGUAGES = {"en": "English", "zh": "中文"}


@cache
def catalogue(language: str) -> dict[str, str]:
    """English to the language's words; empty for English."""
    if language == "en":
        return {}
    return {key: value for key, value in tomllib.loads(_text(language)).items() if isinstance(value, str)}


def _text(language: str) -> str:
    return files("calliper.app").joinpath(f"{language}.toml").read_text(encoding="utf-8")


@cache
def teller(language: str) -> Callable[[str], str]:
    """A function that tells a sentence of the page, of intake or of the checks in a language."""
    is_told = language in LANGUAGES and language != "en"
    return told.teller(language, _text(language)) if is_told else told.teller("en")


def speaker(language: str) -> Callable[..., str]:
    """A function that says an English text in a language, filling in what stands in braces."""
    known = catalogue(language if language in LANGUAGES else "en")

    def say(text: str, **values: object) -> str:
        said = known.get(text, text)
        return said.format(**values) if values else said

    return say
