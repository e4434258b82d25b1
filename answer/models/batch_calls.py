"""What the batch interfaces of all providers share: one call at a time, whose errors are ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, cast

import orjson

from answer.models.adapter import word
from answer.models.base import Limits, ModelError, ModelFailed, Prompt
from answer.models.batches import Result, told
from answer.models.calls import Call, Listening
from answer.models.entry import ModelEntry

T = TypeVar("T")
_LINE_SECONDS = 60.0


def once(name: str, seconds: float, do: Callable[[Call], T], errors: tuple[type[Exception], ...]) -> T:
    """What one call of the provider's interface gives, within ``seconds``."""

    def alone(call: Call) -> Iterator[tuple[T]]:
        yield (do(call),)

    ((value,),) = Listening(Call(name, Limits(seconds, seconds)), alone, errors)
    return value


def lines(
    name: str, text: bytes, read: Callable[[bytes], Result], errors: tuple[type[Exception], ...]
) -> Iterator[Result]:
    """The results that stand in a text, one a line. A line that is none says so of its prompt, and the others count;
    without the key of a prompt, it is one that has no result."""
    for line in filter(bytes.strip, text.splitlines()):
        try:
            yield once(name, _LINE_SECONDS, lambda call, line=line: read(line), errors)
        except ModelError as error:
            if key := _key(line):
                yield Result(key, "failed", why=told(error))


def _key(line: bytes) -> str:
    try:
        found: Any = orjson.loads(line)
    except ValueError:
        return ""
    return word(cast("dict[str, Any]", found).get("custom_id")) if isinstance(found, dict) else ""


def gone(do: Callable[[], None]) -> None:
    """Delete something; that it is not there is what was wanted."""
    try:
        do()
    except ModelFailed as error:
        if error.status != 404:
            raise


def checked(entry: ModelEntry, prompts: Sequence[tuple[str, Prompt]]) -> None:
    """Raises ``ModelFailed`` for a prompt that was cleared for another destination."""
    if any(prompt.destination != entry.destination for _, prompt in prompts):
        raise ModelFailed(
            f"A prompt was cleared for another destination than the model {entry.name}.",
            hint="Clear it for the model that it goes to.",
        )
