"""Pieces of a reply are taken from the model in a thread of their own, so that whoever waits for one can stop waiting:
because time is over, or because the reader left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from answer.models.base import Leavable, Piece

Found = Piece | BaseException | None
"""None after the last piece."""


class Pulling:
    """``opened`` begins the call; ``ended`` is called once, when nothing of it is sent or read any more. What comes is
    stamped by ``clock``: a reader who takes long with one piece does not make the next one late."""

    def __init__(
        self, opened: Callable[[], Iterator[Piece]], ended: Callable[[], None], clock: Callable[[], float]
    ) -> None:
        # As many as the reply has; its length is bounded by the model's limit.
        self._found: SimpleQueue[tuple[Found, float]] = SimpleQueue()
        self._lock = Lock()
        self._left = self._over = False
        self._pieces: Iterator[Piece] | None = None
        self._opened, self._ended, self._clock = opened, ended, clock
        try:
            Thread(target=self._pull, name="model call", daemon=True).start()
        except RuntimeError:
            self._end()
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
        """Nobody waits any more: the call ends at once, also in the middle of waiting for a provider. A model that
        cannot be left is closed as soon as it lets go."""
        with self._lock:
            self._left = True
            pieces = self._pieces
        if isinstance(pieces, Leavable):
            pieces.leave()
        if pieces is None or isinstance(pieces, Leavable):
            self._end()

    def _pull(self) -> None:
        try:
            pieces = self._opened()
            with self._lock:
                self._pieces = pieces
            try:
                self._read(pieces)
            finally:
                with suppress(AttributeError):
                    pieces.close()  # type: ignore[attr-defined]
        # Whatever it is, it belongs to whoever waits, in whose thread it is raised.
        except BaseException as error:
            self._put(error)
        finally:
            self._end()

    def _read(self, pieces: Iterator[Piece]) -> None:
        while not self._left:
            piece = next(pieces, None)
            self._put(piece)
            if piece is None:
                return

    def _end(self) -> None:
        with self._lock:
            over, self._over = self._over, True
        if not over:
            self._ended()

    def _put(self, found: Found) -> None:
        self._found.put((found, self._clock()))
