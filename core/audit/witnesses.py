"""Whoever keeps checkpoints outside, so that not even the holder of the keys can show another history.

A witness is handed the newest checkpoint after the commit, now and then; one that did not answer is caught up by the
next. The log waits for none of them.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.audit import repository
from core.audit.checkpoints import BadCheckpoint, Checkpoint, read
from core.audit.tables import WitnessRow
from core.clock import Clock
from core.database import Database, insert_missing
from core.errors import Unavailable, VouchError
from core.leases import Leases

NAME = "audit-witnesses"
_LONGEST_FAILURE = 300
_logger = logging.getLogger(__name__)


class Witness(Protocol):
    """Keeps what it is handed. ``name`` tells it from the others of an installation."""

    @property
    def name(self) -> str: ...

    def hand(self, checkpoint: Checkpoint) -> None:
        """Raises ``VouchError`` where it was not kept; the message holds no secret."""
        ...


@dataclass(frozen=True, slots=True)
class State:
    """What a witness has: the checkpoint over ``size`` records, ``behind`` the newest one by so many."""

    name: str
    size: int
    behind: int
    at: datetime | None
    failure: str | None
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class FileWitness:
    """Appends to a file that lies elsewhere: another machine's disk, a medium that is written once."""

    path: Path
    name: str = "file"

    def hand(self, checkpoint: Checkpoint) -> None:
        try:
            # One call, so that nothing of others gets between; an empty line ends each note.
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                os.write(descriptor, checkpoint.note + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise Unavailable(
                f"The witness file {self.path} cannot be written ({error.strerror}).", hint="Check audit.file."
            ) from None


class Witnesses:
    """Hands checkpoints on, in a thread of its own; over all processes of an installation one at a time."""

    def __init__(
        self, database: Database, leases: Leases, clock: Clock, witnesses: Sequence[Witness], every_seconds: float
    ) -> None:
        self._database, self._leases, self._clock = database, leases, clock
        self._witnesses, self._every = witnesses, every_seconds
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def run_once(self) -> None:
        """Hand the newest checkpoint to each that has an older one. What goes wrong stands in ``states``."""
        if not self._witnesses:
            return
        with self._leases.hold(NAME) as lease:
            if lease is None:
                return
            with self._database.reading() as session:
                newest = _newest(session)
                had = {row.name: row.seq for row in session.scalars(select(WitnessRow))}
            if newest is None:
                return
            for witness in self._witnesses:
                if had.get(witness.name, -1) < newest.size:
                    self._hand(witness, newest)

    def states(self) -> list[State]:
        with self._database.reading() as session:
            newest = _newest(session)
            rows = {row.name: row for row in session.scalars(select(WitnessRow))}
        size = 0 if newest is None else newest.size
        return [_state(each.name, rows.get(each.name), size) for each in self._witnesses]

    def start(self) -> None:
        if self._witnesses:
            self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Return when the newest checkpoint was handed on, or tried to be."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self._try()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._try()
            self._stopping.wait(self._every)

    def _try(self) -> None:
        try:
            self.run_once()
        except (SQLAlchemyError, VouchError) as error:
            _logger.warning("Checkpoints cannot be handed on now (%s).", type(error).__name__)

    def _hand(self, witness: Witness, checkpoint: Checkpoint) -> None:
        failure: str | None = None
        try:
            witness.hand(checkpoint)
        except VouchError as error:
            failure = f"{error.message} {error.hint}".strip()[:_LONGEST_FAILURE]
            _logger.warning("The witness %s has no newer checkpoint: %s", witness.name, failure)
        now = self._clock()
        with self._database.writing() as session:
            insert_missing(session, WitnessRow, [{"name": witness.name, "seq": 0}])
            row = session.get_one(WitnessRow, witness.name)
            if failure is None:
                row.seq, row.at, row.failure, row.failing_since = checkpoint.size, now, None, None
            else:
                row.failure, row.failing_since = failure, row.failing_since or now


def _newest(session: Session) -> Checkpoint | None:
    row = repository.latest_checkpoint(session)
    try:
        return None if row is None else read(row[0])[0]
    except BadCheckpoint:
        # The sequencer refuses to go on from it, and the verification says so.
        return None


def _state(name: str, row: WitnessRow | None, size: int) -> State:
    if row is None:
        return State(name, 0, size, None, None, None)
    return State(name, row.seq, max(0, size - row.seq), row.at, row.failure, row.failing_since)
