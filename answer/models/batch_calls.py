"""What the batch interfaces of all providers share: one call at a time, whose errors are ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from answer.models.base import Limits, ModelFailed, Prompt
from answer.models.calls import Call, Listening
from answer.models.entry import ModelEntry

T = TypeVar("T")


def once(name: str, seconds: float, do: Callable[[Call], T], errors: tuple[type[Exception], ...]) -> T:
    """What one call of the provider's interface gives, within ``seconds``."""

    def alone(call: Call) -> Iterator[tuple[T]]:
        yield (do(call),)

    ((value,),) = Listening(Call(name, Limits(seconds, seconds)), alone, errors)
    return value


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
