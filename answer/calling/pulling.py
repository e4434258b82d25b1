"""Pieces of a reply are taken from the model in a thread of their own, so that whoever waits for one can stop waiting:
because time is over, or because the reader left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread

from answer.models.base import Piece

Found = Piece | BaseException | None
"""None after the last piece."""


class Pulling:
    """``opened`` begins the call; ``ended`` is called once, when nothing of it runs any more. What comes is stamped by
    ``clock``: a reader who takes long with one piece does not make the next one late."""

    def __init__(
        self, opened: Callable[[], Iterator[Piece]], ended: Callable[[], None], clock: Callable[[], float]
    ) -> None:
        # As many as the reply has; its length is bounded by the model's limit.
        self._found: SimpleQueue[tuple[Found, float]] = SimpleQueue()
        self._left = Event()
        self._opened, self._ended, self._clock = opened, ended, clock
        try:
            Thread(target=self._pull, name="model call", daemon=True).start()
        except RuntimeError:
            ended()
            raise

    def get(self, seconds: float) -> tuple[Piece | None, float]:
        """The next piece, and when it came; None after the last. Raises what the model raised, and ``TimeoutError``
        when there is none within so many seconds."""
        try:
            found, at = self._found.get(timeout=seconds) if seconds > 0 else self._found.get_nowait()
        except Empty:
            raise TimeoutError from None
        if isinstance(found, BaseException):
            raise found
        return found, at

    def leave(self) -> None:
        """Nobody waits any more: the call is closed as soon as the model lets go of it."""
        self._left.set()

    def _pull(self) -> None:
        try:
            pieces = self._opened()
            try:
                for piece in pieces:
                    self._put(piece)
                    if self._left.is_set():
                        return
            finally:
                with suppress(AttributeError):
                    pieces.close()  # type: ignore[attr-defined]
            self._put(None)
        # Whatever it is, it belongs to whoever waits, in whose thread it is raised.
        except BaseException as error:
            self._put(error)
        finally:
            self._ended()

    def _put(self, found: Found) -> None:
        self._found.put((found, self._clock()))
