"""A model that says what it is told to: in memory, for tests and for trying things out without a provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

from answer.models.base import Ended, Limits, ModelBusy, ModelError, Piece, Prompt, Usage, Wrote


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds before what comes next."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait until ``until`` returns."""

    until: Callable[[], object]


Step = Piece | ModelError | Delay | Hold
Script = Sequence[Step]


def says(text: str, model: str = "scripted-1", *, usage: Usage | None = None) -> tuple[Step, ...]:
    """A reply that comes word by word, and ends well."""
    words = text.split(" ")
    spaced = [word if number == len(words) - 1 else word + " " for number, word in enumerate(words)]
    return (*map(Wrote, spaced), Ended("stop", usage or Usage(100, len(words)), model))


class ScriptedModel:
    """Plays one script a call, in turn; the last one for ever. ``sleep`` passes the time of a ``Delay``. A script keeps
    to ``Limits`` as a real model does, so that a long ``Delay`` ends as ``ModelBusy``. ``sent`` are the prompts it got,
    ``limits`` what came with them, ``closed`` how many replies were ended before their end."""

    sdk = "scripted 1"
    api_version = "2026-11"

    def __init__(self, scripts: Sequence[Script], *, name: str = "scripted", sleep: Callable[[float], None]) -> None:
        if not scripts:
            raise ValueError("a scripted model needs something to say")
        self._scripts, self._name, self._sleep = tuple(scripts), name, sleep
        self._lock = Lock()
        self.sent: list[Prompt] = []
        self.limits: list[Limits] = []
        self.closed = 0
        self.open = True

    @property
    def name(self) -> str:
        return self._name

    def stream(self, prompt: Prompt, limits: Limits) -> Iterator[Piece]:
        with self._lock:
            script = self._scripts[min(len(self.sent), len(self._scripts) - 1)]
            self.sent.append(prompt)
            self.limits.append(limits)
        return self._play(script, limits)

    def close(self) -> None:
        self.open = False

    def _play(self, script: Script, limits: Limits) -> Iterator[Piece]:
        waited, limit = 0.0, limits.first
        ended = False
        try:
            for step in script:
                match step:
                    case Delay(seconds=seconds):
                        self._sleep(min(seconds, limit - waited))
                        waited += seconds
                        if waited > limit:
                            ended = True
                            raise ModelBusy(f"{self._name} took longer than {limit} s.", hint="Ask again.")
                    case Hold(until=until):
                        until()
                    case ModelError():
                        ended = True
                        raise step
                    case piece:
                        waited, limit = 0.0, limits.between
                        ended = isinstance(piece, Ended)
                        yield piece
            ended = True
        finally:
            if not ended:
                with self._lock:
                    self.closed += 1
