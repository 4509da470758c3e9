"""Blocks to files. A writer lays out and escapes; it never rounds, orders or rewords.

`FORMATS` maps a file extension to the function that renders a document in it.
"""

from __future__ import annotations

from collections.abc import Callable

from calliper.blocks import Document
from calliper.report import html

FORMATS: dict[str, Callable[[Document], str]] = {"html": html.render}
