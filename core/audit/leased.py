"""The sequencer of an installation of several processes: each has one, and whichever holds the lease chains.

The others only write pending events. When the one that chains is killed, its lease runs out within a minute and
another goes on; until then events wait, and none is lost. The lock beside the head file and the number of each record
stand behind the lease: two can never extend the chain at once.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.audit import repository
from core.audit.log import AuditLog
from core.audit.sequencer import GATHER_SECONDS, TICK_SECONDS, Sequencer
from core.clock import Clock
from core.database import Database
from core.errors import Conflict, Refused
from core.leases import LIFE, Lease, Leases
from core.secrets import Keyring

NAME = "audit-sequencer"
STAND_BY_SECONDS = 5.0
LONGEST_WAIT = 3 * LIFE
"""An event that has waited longer for its place in the chain means that nobody chains: then nothing may be shown."""

_logger = logging.getLogger(__name__)


class LeasedSequencer(Sequencer):
    """One per process. ``check`` refuses in every process while the chain is not continued by any."""

    def __init__(self, log: AuditLog, database: Database, keyring: Keyring, head: Path, clock: Clock) -> None:
        super().__init__(log, database, keyring, head, clock)
        self._leases = Leases(database, clock)
        self._lease: Lease | None = None

    def drain(self, *, sealing: bool = False) -> None:
        """Chain what is pending, unless another process does so."""
        if self._lease is not None:
            super().drain(sealing=sealing)
            return
        with self._leases.hold(NAME) as lease:
            if lease is not None:
                super().drain(sealing=sealing)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._leases.hold(NAME) as lease:
                    if lease is not None:
                        self._lead(lease)
                if lease is None:
                    self._look()
            except Conflict as lost:
                _logger.warning("%s", lost)
            except SQLAlchemyError as error:
                _logger.error("The audit log's database does not answer (%s).", type(error).__name__)
            except Refused as error:
                # Given up, so that another process may try; all refuse events until one succeeds.
                _logger.error("%s", error)
            self._stopping.wait(STAND_BY_SECONDS)

    def _lead(self, lease: Lease) -> None:
        self._lease = lease
        try:
            while not self._stopping.is_set():
                super().drain()
                # Other processes cannot wake this one: their events wait for the next tick.
                if self._woken.wait(TICK_SECONDS) and self._stopping.wait(GATHER_SECONDS):
                    return
                self._woken.clear()
        finally:
            self._lease = None

    def _confirm(self, session: Session) -> None:
        if self._lease is not None:
            self._lease.confirm(session)

    def _look(self) -> None:
        with self._database.reading() as session:
            oldest = repository.oldest_pending(session)
        late = oldest is not None and self._clock() - oldest > LONGEST_WAIT
        self._failure = _nobody_chains(LONGEST_WAIT) if late else None


def _nobody_chains(wait: timedelta) -> Refused:
    return Refused(
        f"Events have waited for the audit log for over {wait.total_seconds():.0f} s.",
        hint="See the logs of the other processes, then run: vouch audit verify",
    )
