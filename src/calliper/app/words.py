"""The page's own words in English and in Chinese; what comes from a study, a file or a check stays as it is."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files

LANGUAGES = {"en": "English", "zh": "中文"}


@cache
def catalogue(language: str) -> dict[str, str]:
    """English to the language's words; empty for English."""
    if language == "en":
        return {}
    text = files("calliper.app").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return {str(key): str(value) for key, value in tomllib.loads(text).items()}


def speaker(language: str) -> Callable[..., str]:
    """A function that says an English text in a language, filling in what stands in braces."""
    known = catalogue(language if language in LANGUAGES else "en")

    def say(text: str, **values: object) -> str:
        said = known.get(text, text)
        return said.format(**values) if values else said

    return say
