"""What the fakes of batch interfaces have in common: batches that run until a test says they are done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from answer.models.base import Usage
from answer.models.entry import ModelEntry
from tests.fakes.loopback import Asked, LoopbackServer, Reply


@dataclass(frozen=True, slots=True)
class Says:
    """A reply. ``cites``, of Anthropic: search result, first block, block behind the last."""

    text: str
    cites: tuple[tuple[int, int, int], ...] = ()
    finish: Literal["stop", "length", "declined"] = "stop"


@dataclass(frozen=True, slots=True)
class Fails:
    """Its words repeat the request, as providers' words sometimes do."""

    overflow: bool = False


@dataclass(frozen=True, slots=True)
class Runs:
    """Not done when the batch ended by its time, or was cancelled."""

    outcome: Literal["expired", "cancelled"] = "expired"


Told = Says | Fails | Runs
Writes = Callable[[str], Told]
"""From all that a request says to what comes of it."""


@dataclass(slots=True)
class Taken:
    """A batch as it was handed over: request bodies by key."""

    id: str
    requests: dict[str, Any]
    mark: str = ""
    input_file: str = ""
    ended: bool = False
    cancelled: bool = False
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class BatchVendor(LoopbackServer):
    """``taken`` is what was handed over, by id; ``writes`` makes the replies when ``done`` is called."""

    usage = Usage(input=120, output=9, cache_read=64, cache_write=32, reasoning=3)
    version = "model-2026-10-01"
    writes: Writes

    def __init__(self) -> None:
        super().__init__()
        self.writes = lambda text: Says("Notice is sixteen weeks [1].")
        self.taken: dict[str, Taken] = {}
        self.deleted: list[str] = []
        self.down = False
        """Nothing is taken."""
        self.came: list[Callable[[], object]] = []
        """Called when a batch comes in, before it is answered."""

    def entry(self, **changes: Any) -> ModelEntry:
        raise NotImplementedError

    def texts_in(self, body: Any) -> list[str]:
        raise NotImplementedError

    def told(self, body: Any) -> Told:
        return self.writes("\n".join(self.texts_in(body)))

    def take(self, requests: dict[str, Any], mark: str = "", input_file: str = "") -> Taken:
        made = Taken(f"batch_{len(self.taken) + 1}", requests, mark, input_file)
        self.taken[made.id] = made
        for each in self.came:
            each()
        return made

    def done(self) -> None:
        for each in self.taken.values():
            each.ended = True

    @property
    def sent(self) -> str:
        """Everything that came in."""
        return "\n".join(f"{each.path} {each.headers} {each.body.decode(errors='replace')}" for each in self.asked)


def refused(words: str) -> Reply:
    return Reply.of({"error": {"message": words, "type": "invalid_request_error", "code": "invalid_api_key"}}, 401)


def missing(asked: Asked) -> Reply:
    return Reply.of({"error": {"message": asked.path, "type": "not_found_error", "code": "not_found"}}, 404)
