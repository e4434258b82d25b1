"""A server of models on loopback that says what a test has it say, knowing what it was sent."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from tests.fakes.loopback import Asked
from tests.fakes.model_openai import FakeCompatible
from tests.fakes.model_vendor import Script, Told

Writes = Callable[[str, str], Told]
"""From the model that is asked and all that it was sent to what it says."""


def _nothing(model: str, text: str) -> Told:
    return Script()


class Author(FakeCompatible):
    """Models at one server, which say what a test has them say."""

    writes: Writes = staticmethod(_nothing)

    def serve(self, http: BaseHTTPRequestHandler, asked: Asked) -> None:
        body = asked.json()
        self.told = self.writes(body["model"], "\n".join(self.texts_in(body)))
        super().serve(http, asked)

    @property
    def sent(self) -> str:
        return "\n".join("\n".join(self.texts_in(asked.json())) for asked in self.asked)


def number(text: str, words: str) -> str:
    """The mark of the sentence that has these words."""
    line = next(line for line in text.splitlines() if words in line and line.startswith("["))
    return line[: line.index("]") + 1]
