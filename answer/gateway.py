"""The way to every chat model: one deployment at a time, within its budget, deadline and limits.

Which model is asked, and which after it, is decided elsewhere: each is another destination and needs a text cleared for
it. A call that fails says why, and leaves the choice to its caller:

    ModelBusy       not now: overloaded, too slow, broken off; ``Resting`` while it is left alone
    ModelFailed, ModelOverflow, ModelDeclined   not this one
    TooMany         ``Full``: as many calls as it takes; ``OverBudget``: a budget is used up
    Refused         it is not the destination of the prompt, or may not be called (any more)
    Cancelled       the caller left
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Protocol

from answer.calling.asking import Asking, Cancelled, judge, unreached
from answer.calling.breaker import Breaking, State
from answer.calling.call import Call
from answer.calling.deployment import Deployment, Open
from answer.calling.pulling import Pulling
from answer.calling.retrying import Retrying, pause
from answer.calling.slots import LOOK, Queueing
from answer.models.base import (
    Ended,
    Limits,
    ModelBusy,
    ModelError,
    Piece,
    Prompt,
    Usage,
    Wrote,
)
from answer.models.entry import ModelEntry
from answer.usage import Cost, Reservation, Spender
from core.errors import Refused, VouchError

BETWEEN = 30.0
"""Seconds between two pieces."""
CONNECT = 10.0
PATIENCE = 5.0
"""Seconds of a pause that a provider asked for in another call and that are waited for before this one."""


class Resting(ModelBusy):
    """It failed too often, or asked for a pause; ``retry_after`` seconds until it is tried again."""

    code = "model_resting"


class TooSlow(ModelBusy):
    code = "model_too_slow"


class Ledger(Protocol):
    """Reserves what a call may use, and settles it with what it used (``answer.budgets``)."""

    def reserve(self, spender: Spender, entry: ModelEntry, prompt: Prompt) -> Reservation: ...

    def settle(self, reservation: Reservation, usage: Usage) -> Cost: ...

    def release(self, reservation: Reservation) -> None: ...


@dataclass(frozen=True, slots=True)
class Conduct:
    """How the gateway behaves, the same for each deployment."""

    breaking: Breaking = field(default_factory=Breaking)
    retrying: Retrying = field(default_factory=Retrying)
    queueing: Queueing = field(default_factory=Queueing)


class Reply(Iterator[Piece]):
    """Pieces as they come, ``Ended`` last. Closing it ends the call. ``call`` tells what became of it."""

    def __init__(self, call: Call, pieces: Generator[Piece]) -> None:
        self.call, self._pieces = call, pieces

    def __next__(self) -> Piece:
        return next(self._pieces)

    def close(self) -> None:
        self._pieces.close()

    def __enter__(self) -> Reply:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Gateway:
    """Safe to use from several threads. ``confirm`` raises for an entry that may not be called now; ``strayed`` sees to
    it that one is no more whose provider answered elsewhere than it should (``Call.strayed``). ``clock`` counts seconds
    and never goes back."""

    def __init__(
        self, opened: Open, ledger: Ledger, confirm: Callable[[ModelEntry], None],
        strayed: Callable[[ModelEntry, Call], None] = lambda entry, call: None, *, conduct: Conduct = Conduct(),
        clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self._opened, self._ledger, self._confirm, self._strayed = opened, ledger, confirm, strayed
        self._conduct = conduct
        self._clock, self._sleep, self._random = clock, sleep, random
        self._deployments: dict[str, Deployment] = {}
        self._lock = Lock()

    def stream(
        self, entry: ModelEntry, prompt: Prompt, spender: Spender, *, seconds: float | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Reply:  # fmt: skip
        """Ask one model. ``seconds``: until all of it has to be there, where that is less than the entry's deadline.
        ``cancelled`` is asked while waiting. Raises at the first piece or between two, as the module says; ``Refused``
        at once for a prompt that was not made for this model.
        """
        if prompt.destination != entry.destination:
            raise Refused(
                f"A text that was cleared for {prompt.destination.name} may not go to {entry.name}.",
                hint="Clear it anew for each model that is asked.",
            )
        call = Call.of(entry)
        limit = entry.deadline_seconds if seconds is None else min(seconds, entry.deadline_seconds)
        asking = Asking(entry, prompt, call, self._clock() + limit, cancelled)
        return Reply(call, self._ask(asking, spender))

    def state(self, name: str) -> tuple[State, int]:
        """Of the breaker, and how many calls run."""
        with self._lock:
            found = self._deployments.get(name)
        return ("closed", 0) if found is None else (found.breaker.state, found.slots.held)

    def close(self) -> None:
        with self._lock:
            gone, self._deployments = list(self._deployments.values()), {}
        for deployment in gone:
            deployment.replace()

    def _deployment(self, entry: ModelEntry) -> Deployment:
        with self._lock:
            found = self._deployments.get(entry.name)
            if found is not None and found.entry == entry:
                return found
            conduct = self._conduct
            made = self._deployments[entry.name] = Deployment(
                entry, self._opened, self._clock, conduct.breaking, conduct.retrying, conduct.queueing
            )
        if found is not None:
            found.replace()
        return made

    def _ask(self, asking: Asking, spender: Spender) -> Generator[Piece]:
        started = self._clock()
        call = asking.call
        self._confirm(asking.entry)
        deployment = self._deployment(asking.entry)
        reservation = self._ledger.reserve(spender, asking.entry, asking.prompt)
        try:
            ended = yield from self._attempts(asking, deployment)
        finally:
            call.seconds = self._clock() - started
            if asking.used is None:
                self._ledger.release(reservation)
            else:
                call.cost = self._ledger.settle(reservation, asking.used)
        yield ended

    def _attempts(self, asking: Asking, deployment: Deployment) -> Generator[Piece, None, Ended]:
        retrying = self._conduct.retrying
        deployment.retries.earn()
        while True:
            # What was narrowed or retired meanwhile holds for a retry as well.
            if asking.call.attempts:
                self._confirm(asking.entry)
            try:
                return (yield from self._attempt(asking, deployment))
            except (Resting, TooSlow):
                raise
            except ModelBusy as error:
                deployment.put_off(error.retry_after)
                tried = len(asking.call.attempts)
                # After a silence of the whole limit another model is the better bet.
                silent = asking.call.attempts[-1].seconds >= 0.9 * asking.entry.first_seconds
                if asking.pieces or silent or tried >= retrying.attempts:
                    raise
                wait = pause(retrying, tried, error.retry_after, self._random)
                if self._clock() + wait >= asking.until or not deployment.retries.spend():
                    raise
                asking.waited = wait
                self._rest(wait, asking)

    def _attempt(self, asking: Asking, deployment: Deployment) -> Generator[Piece, None, Ended]:
        """One request, in a slot, under the breaker's eye."""
        self._refuse_or_wait(asking, deployment)
        taken = deployment.slots.take(asking.until, asking.cancelled)
        try:
            model = deployment.model()
        except BaseException as error:
            deployment.give(taken)
            if not isinstance(error, VouchError):
                raise
            asking.note(error, 0.0)
            raise unreached(asking.entry.name, error) from error
        asking.call.sdk, asking.call.api_version = model.sdk, model.api_version
        ticket = deployment.breaker.admit()
        if ticket is None:
            deployment.give(taken)
            raise _resting(asking.entry, deployment.breaker.seconds_left())
        began = self._clock()
        request = partial(model.stream, asking.prompt, self._limits(asking))
        try:
            pulling = Pulling(request, partial(deployment.give, taken), self._clock)
        except BaseException:
            # Nothing was asked of it: a trial that did not begin leaves the next one free.
            deployment.breaker.left(ticket)
            raise
        try:
            ended = yield from self._pieces(asking, pulling, began)
        except BaseException as error:
            asking.note(error, self._clock() - began)
            judge(error, deployment.breaker, ticket)
            if isinstance(error, VouchError) and not isinstance(error, ModelError | Cancelled):
                raise unreached(asking.entry.name, error) from error
            raise
        finally:
            pulling.leave()
        deployment.breaker.succeeded(ticket)
        asking.finish(ended, self._clock() - began)
        if asking.call.strayed:
            self._strayed(asking.entry, asking.call)
        return ended

    def _refuse_or_wait(self, asking: Asking, deployment: Deployment) -> None:
        """Nobody calls while it rests, or is to be left in peace by its own word; a short peace is waited for."""
        left = deployment.breaker.seconds_left()
        if left > 0:
            raise _resting(asking.entry, left)
        left = deployment.put_off_for()
        if left > PATIENCE or self._clock() + left >= asking.until:
            raise _resting(asking.entry, left)
        if left > 0:
            self._rest(left * (1 + 0.1 * self._random()), asking)

    def _pieces(self, asking: Asking, pulling: Pulling, began: float) -> Generator[Piece, None, Ended]:
        """What the model gives, up to the end that it returns."""
        limit = began + asking.entry.first_seconds
        while True:
            piece, at = self._next(asking, pulling, limit)
            if asking.pieces == 0:
                asking.call.first_seconds = at - began
            if isinstance(piece, Ended):
                return piece
            asking.pieces += 1
            if isinstance(piece, Wrote):
                asking.characters += len(piece.text)
            yield piece
            limit = self._clock() + BETWEEN

    def _next(self, asking: Asking, pulling: Pulling, limit: float) -> tuple[Piece, float]:
        name = asking.entry.name
        while True:
            until = min(limit, asking.until)
            try:
                piece, at = pulling.get(min(LOOK, until - self._clock()))
            except TimeoutError:
                if asking.cancelled():
                    raise _cancelled(name) from None
                if self._clock() >= until:
                    raise _too_slow(name) from None
                continue
            if piece is None:
                raise ModelBusy(f"The reply of {name} broke off.", hint="Ask again.")
            if asking.cancelled():
                raise _cancelled(name)
            if at > asking.until:
                raise _too_slow(name)
            return piece, at

    def _limits(self, asking: Asking) -> Limits:
        left = max(0.001, asking.until - self._clock())
        return Limits(min(asking.entry.first_seconds, left), min(BETWEEN, left), min(CONNECT, left))

    def _rest(self, seconds: float, asking: Asking) -> None:
        """Sleep, looking whether the caller is still there."""
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            if asking.cancelled():
                raise _cancelled(asking.entry.name)
            self._sleep(min(LOOK, left))


def _resting(entry: ModelEntry, seconds: float) -> Resting:
    return Resting(
        f"The model {entry.name} is left alone for a while: it failed too often, or asked for it.",
        hint=f"It is tried again in {int(seconds) + 1} s.",
        retry_after=seconds,
    )


def _too_slow(name: str) -> TooSlow:
    return TooSlow(f"The model {name} took too long.", hint="Ask again, or raise first_seconds or deadline_seconds.")


def _cancelled(name: str) -> Cancelled:
    return Cancelled(f"The call of {name} was left.", hint="Ask again.")
