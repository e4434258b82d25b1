"""What one call carries with it while it runs, and what its failures mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from answer.calling.breaker import Breaker
from answer.calling.call import Attempt, Call
from answer.models.base import Ended, ModelBusy, ModelDeclined, ModelError, ModelFailed, Prompt, Usage
from answer.models.entry import ModelEntry
from answer.models.failures import not_reached
from answer.usage import so_far
from core.errors import Unavailable, VouchError

BROKEN = (401, 403, 404)
"""The key, the address or the model's name is wrong: for every call, not for this one."""


class Cancelled(VouchError):
    code = "cancelled"


@dataclass(slots=True)
class Asking:
    """A call on its way. ``used`` is what has to be paid for by now; None while nothing was sent that costs."""

    entry: ModelEntry
    prompt: Prompt
    call: Call
    until: float
    cancelled: Callable[[], bool]
    pieces: int = 0
    characters: int = 0
    waited: float = 0.0
    used: Usage | None = None

    def note(self, error: BaseException, seconds: float) -> None:
        """An attempt failed, or was left."""
        if self.pieces or not _free(error):
            self.call.usage = so_far(self.prompt, self.characters)
            self._add(self.call.usage)
        told = error if isinstance(error, ModelError) else None
        self.call.attempts.append(
            Attempt(
                _reason(error),
                seconds,
                self.pieces,
                self.waited,
                None if told is None else told.status,
                "" if told is None else told.request_id,
            )
        )
        self.waited = 0.0

    def finish(self, ended: Ended, seconds: float) -> None:
        call, usage = self.call, ended.usage
        # Some servers do not say what was used.
        call.usage = usage if usage.input or usage.output else so_far(self.prompt, self.characters)
        self._add(call.usage)
        call.finish, call.returned, call.request_id = ended.reason, ended.model, ended.request_id
        call.region = ended.region
        call.attempts.append(Attempt("answered", seconds, self.pieces, self.waited, request_id=ended.request_id))

    def _add(self, usage: Usage) -> None:
        before = self.used or Usage()
        self.used = replace(
            before,
            input=before.input + usage.input,
            output=before.output + usage.output,
            cache_read=before.cache_read + usage.cache_read,
            cache_write=before.cache_write + usage.cache_write,
            reasoning=before.reasoning + usage.reasoning,
        )


def _reason(error: BaseException) -> str:
    if isinstance(error, GeneratorExit):
        return Cancelled.code
    return error.code if isinstance(error, VouchError) else "fault"


def _free(error: BaseException) -> bool:
    """Whether the provider charges nothing: it turned the request away, or was not reached."""
    if isinstance(error, ModelError):
        return not error.sent or (error.status is not None and not isinstance(error, ModelDeclined))
    return isinstance(error, VouchError) and not isinstance(error, Cancelled)


def judge(error: BaseException, breaker: Breaker, ticket: int) -> None:
    """Tell the breaker what a failure says about the deployment: that it does not work, that it does and only this
    request does not, or, where the caller left, nothing."""
    if isinstance(error, Cancelled) or not isinstance(error, VouchError):
        breaker.left(ticket)
    elif isinstance(error, ModelBusy | Unavailable) or (isinstance(error, ModelFailed) and error.status in BROKEN):
        breaker.failed(ticket)
    else:
        breaker.succeeded(ticket)


def unreached(name: str, error: VouchError) -> ModelError:
    """What else can stand in the way (a secret, the egress rules, a name service), as what it means for a model."""
    why = f"The model {name} cannot be called: "
    return not_reached(name, error, busy=isinstance(error, Unavailable), prefix=why)
