"""One way to speak with every chat model. An adapter per provider turns a ``Prompt`` into the provider's request and
its reply into ``Piece``s; what is particular to a provider stays in its adapter.

A model takes a ``Prompt``, which only ``answer.prompt`` makes, and only out of a ``Cleared`` text.

    VouchError
    └── ModelError           a call did not give a whole reply; ``status`` and ``request_id`` where there are any
        ├── ModelBusy        it may work at once or later (rate limit, overload, timeout, broken connection)
        ├── ModelFailed      it will not work like this (key, address, model's name, a request that it does not take)
        ├── ModelOverflow    the prompt is longer than its context
        └── ModelDeclined    the provider refused to answer this one (its content rules)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any, Literal, NoReturn, Protocol, runtime_checkable

from core.errors import VouchError
from core.policy import Destination

FinishReason = Literal["stop", "length", "declined", "other"]
Says = Literal["person", "model"]

_SEAL = object()


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the conversation."""

    role: Says
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NumberedText:
    """One citable sentence of the evidence; ``number`` counts from 1 over the whole prompt."""

    number: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Material:
    """One passage of the evidence: where it is from, and its sentences in order."""

    source: str = field(repr=False)
    title: str = field(repr=False)
    sentences: tuple[NumberedText, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent, in the order in which it is sent: ``instructions`` are the same for every request of a kind, so
    that a provider can keep them; then the evidence, then the conversation, whose last message is the question.

    ``cache_key`` groups requests that begin alike; it says nothing about who asks. ``schema`` asks for JSON. Citations
    of a provider's own are used where it has them and there is evidence; else the instructions ask for ``[12]``.
    """

    destination: Destination
    instructions: str = field(repr=False)
    evidence: tuple[Material, ...]
    messages: tuple[Said, ...]
    most_tokens: int
    """Of the reply."""
    cache_key: str = ""
    schema: Mapping[str, Any] | None = field(default=None, repr=False)
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only answer.prompt makes a prompt, out of a cleared text")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a prompt is for one call and is not serialised")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. ``input`` counts all that was read, those from and into the provider's cache too; ``cache_read`` and
    ``cache_write`` are parts of it, and ``reasoning`` of ``output``."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Wrote:
    """Text as it arrives."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pointed:
    """The provider's own citation of the text since the one before: the numbers of the sentences."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a reply. ``model`` is the version that answered, by the provider's word; ``region`` where it did."""

    reason: FinishReason
    usage: Usage
    model: str
    request_id: str = ""
    region: str | None = None


Piece = Wrote | Pointed | Ended


class ModelError(VouchError):
    """``retry_after``: seconds, where the provider said so. ``sent``: whether anything of the prompt may have left;
    where nothing has, the message may name hosts of the organisation, and is for those who run it (``failures.told``).
    """  # fmt: skip

    code = "model_error"

    def __init__(
        self, message: str, *, hint: str = "", status: int | None = None, request_id: str = "",
        retry_after: float | None = None, sent: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(message, hint=hint)
        self.status, self.request_id, self.retry_after = status, request_id, retry_after
        self.sent = sent


class ModelBusy(ModelError):
    code = "model_busy"


class ModelFailed(ModelError):
    code = "model_failed"


class ModelOverflow(ModelError):
    code = "model_overflow"


class ModelDeclined(ModelError):
    code = "model_declined"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: until the first piece, between two pieces, and for the connection."""

    first: float = 30.0
    between: float = 30.0
    connect: float = 10.0


@runtime_checkable
class Leavable(Protocol):
    """A reply that can be left while somebody waits for its next piece."""

    def leave(self) -> None:
        """End the call at once, from any thread and as often as wanted: whoever waits gets ``ModelBusy``, and nothing
        more is sent or read for it."""
        ...


class ChatModel(Protocol):
    """A deployment of one pinned model. Safe to use from several threads. It never retries by itself."""

    @property
    def name(self) -> str:
        """By which the register knows it, and the name of its destination."""
        ...

    @property
    def sdk(self) -> str:
        """The package that speaks with it and its version (``openai 3.54.0``)."""
        ...

    @property
    def api_version(self) -> str:
        """The version of the provider's interface; empty where it has none."""
        ...

    def stream(self, prompt: Prompt, limits: Limits) -> Iterator[Piece]:
        """The reply as it is written, ``Ended`` last. Closing the iterator ends the call; that of a model which waits
        for a provider is ``Leavable``.

        Raises ``ModelError``, at the first piece or between two. Messages of errors hold neither text of the prompt
        nor a secret.
        """
        ...

    def close(self) -> None: ...
