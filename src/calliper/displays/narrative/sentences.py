"""A paragraph in the making, which keeps the keys of the results it quotes."""

from __future__ import annotations

from collections.abc import Callable

from calliper.blocks import Text
from calliper.displays.numbers import Forms
from calliper.results import Row


class Sentences:
    """Sentences in the making, and the keys of the results they quote. `forms` are those of their numbers."""

    def __init__(self, forms: Forms) -> None:
        self.forms = forms
        self.sentences: list[str] = []
        self.keys: list[str] = []

    def quote(self, form: Callable[..., str], *rows: Row | None) -> str:
        """The printed results, their keys kept; empty if any is absent."""
        present = [row for row in rows if row is not None]
        if len(present) < len(rows):
            return ""
        self.keys += [row.key for row in present]
        return form(*(row.value for row in present))

    def add(self, sentence: str) -> None:
        """One more sentence, if it says something."""
        if sentence:
            self.sentences.append(sentence)

    def text(self) -> tuple[Text, ...]:
        """The paragraph, or none."""
        if not self.sentences:
            return ()
        return (Text(" ".join(self.sentences), keys=tuple(dict.fromkeys(self.keys))),)
