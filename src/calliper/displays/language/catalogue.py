"""The catalogues of this folder: the report's words, by language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from calliper.messages.catalogue import Catalogue, read_catalogue

FOLDER = Path(__file__).parent


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language. Raises FileNotFoundError where there is none."""
    return read_catalogue((FOLDER / f"{language}.toml").read_text("utf-8"))
