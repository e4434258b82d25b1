"""One call of a model: how long it waits, what went wrong with it, and that its connection ends with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

import httpx2

from answer.models.base import Limits, ModelBusy, ModelError, ModelFailed
from answer.models.failures import broken_off, not_reached
from core.errors import Unavailable, VouchError

_LOCAL = threading.local()
T = TypeVar("T")


class _Closes(Protocol):
    def close(self) -> None: ...


class Left(Exception):
    """Nobody waits for the call any more."""


class Call:
    """What the transport knows of a call. It is the present one of a thread while the SDK works for it there; another
    thread may ``leave`` it."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.failure: ModelError | None = None
        """What really happened, whatever the SDK makes of it."""
        self.request_id = ""
        self.response: _Closes | None = None
        self._waits = limits.first
        self._until = time.monotonic() + limits.first
        self._began = False
        self._lock = threading.Lock()
        self._left = False
        self._stop: Callable[[], None] | None = None

    @contextmanager
    def waiting(self, stop: Callable[[], None]) -> Generator[None]:
        """While this lasts, ``leave`` calls ``stop``, which has to end it without waiting itself. Afterwards never: a
        connection may be another call's by then. Raises ``Left``."""
        with self._lock:
            if self._left:
                raise Left
            self._stop = stop
        try:
            yield
        finally:
            with self._lock:
                self._stop = None

    def leave(self) -> None:
        """End it at once, whatever it waits for."""
        with self._lock:
            self._left = True
            self.fail(ModelBusy(f"The call of the model {self.name} was left.", hint="Ask again."))
            if self._stop is not None:
                self._stop()

    def left(self) -> float:
        """Seconds until the next piece is too late; at least a millisecond, since none at all means no limit."""
        return max(0.001, self._until - time.monotonic())

    @property
    def late(self) -> bool:
        return time.monotonic() >= self._until

    def resume(self) -> None:
        """The piece before was taken; from now on the next one is waited for."""
        self._began = True
        self._waits = self.limits.between
        self._until = time.monotonic() + self.limits.between

    def fail(self, failure: ModelError) -> None:
        """The first failure is the reason of those that follow."""
        if self.failure is None:
            self.failure = failure

    def stalled(self) -> None:
        what = "stopped writing" if self._began else "did not begin to answer"
        self.fail(
            ModelBusy(
                f"The model {self.name} {what} for {self._waits:g} seconds.", hint="Try again later.",
                request_id=self.request_id,
            )
        )  # fmt: skip

    def broke(self) -> None:
        hint = "Try again later."
        message = f"The connection to the model {self.name} broke."
        self.fail(ModelBusy(message, hint=hint, request_id=self.request_id))

    def close(self) -> None:
        if self.response is not None:
            self.response.close()

    @contextmanager
    def present(self) -> Generator[None]:
        before = getattr(_LOCAL, "call", None)
        _LOCAL.call = self
        try:
            yield
        finally:
            _LOCAL.call = before


def present() -> Call:
    """The call that this thread works for."""
    call = getattr(_LOCAL, "call", None)
    if call is None:
        raise RuntimeError("a request outside of a call of a model")
    return call


class Listening(Iterator[T], Generic[T]):
    """The pieces of one call. ``errors`` are those of the SDK; they hold requests and replies, so that none of them
    gets out, not even as the cause of another."""

    def __init__(self, call: Call, pieces: Callable[[Call], Iterator[T]], errors: tuple[type[Exception], ...]) -> None:
        self._call = call
        self._heard = _heard(call, pieces, errors)

    def __next__(self) -> T:
        return next(self._heard)

    def close(self) -> None:
        """For the thread that reads."""
        self._heard.close()

    def leave(self) -> None:
        self._call.leave()


def _heard(call: Call, pieces: Callable[[Call], Iterator[T]], errors: tuple[type[Exception], ...]) -> Generator[T]:
    source = pieces(call)
    failure: ModelError | None = None
    try:
        while True:
            with call.present():
                piece = next(source, None)
            if piece is None:
                break
            yield piece
            call.resume()
    except ModelError as error:
        failure = error
    except VouchError as error:
        # A secret or a token that could not be had.
        failure = call.failure or not_reached(call.name, error, busy=isinstance(error, Unavailable))
    except (*errors, httpx2.HTTPError, httpx2.StreamError) as error:
        failure = call.failure or _told(call, error)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        failure = call.failure or _unreadable(call, error)
    finally:
        # The request ends before the generator: it may hold what reads from it.
        call.close()
        close = getattr(source, "close", None)
        if close is not None:
            close()
    if failure is not None:
        raise failure


def _told(call: Call, error: Exception) -> ModelError:
    """An error that came within a reply: the SDKs of OpenAI and Anthropic keep it as ``body``, Google's as
    ``details``."""
    told = getattr(error, "body", None) or getattr(error, "details", None)
    if told is None or callable(told):
        return _unreadable(call, error)
    return broken_off(call.name, told, call.request_id)


def _unreadable(call: Call, error: Exception) -> ModelError:
    message = f"The model {call.name} sent what is no reply ({type(error).__name__})."
    return ModelFailed(message, hint="Check its base_url and its provider.", request_id=call.request_id)
