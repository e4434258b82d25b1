"""Batches of people who were forgotten: cancelled and deleted at their provider, then here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from answer.batching import rows
from answer.batching.means import Means
from answer.batching.rows import Batch
from answer.batching.sending import PATIENCE
from answer.models.base import ModelFailed
from answer.models.batches import BatchModel
from core.errors import Conflict, Unavailable, VouchError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """``patience`` is as ``PATIENCE``."""

    by: Means
    patience: timedelta = PATIENCE

    def withdraw(self) -> int:
        """See to each of them, and return for how many it has to be tried again: their provider did not answer, or has
        not ended them yet. The row of a batch goes when nothing of it is left at its provider."""
        with self.by.database.reading() as session:
            waiting = rows.forgotten(session)
        left = 0
        silent: set[str] = set()
        for batch in waiting:
            try:
                gone = batch.entry.name not in silent and self._withdrawn(batch)
            except VouchError as error:
                gone = False
                if not isinstance(error, Conflict):
                    # The others wait, so that a provider that is down is asked once.
                    silent.add(batch.entry.name)
                log.warning("batch.not_withdrawn", batch=batch.id, model=batch.entry.name, code=error.code)
            left += not gone
        return left

    def _withdrawn(self, batch: Batch) -> bool:
        by = self.by
        with by.alone(batch.id):
            with by.database.reading() as session:
                # Whoever handed it over may have learnt its name there meanwhile.
                batch = rows.batch(session, batch.id, batch.person_id)
            if batch.sending_at is not None and batch.cleared_at is None and not self._dropped(batch):
                return False
            with by.database.writing() as session:
                rows.remove(session, batch.id)
        return True

    def _dropped(self, batch: Batch) -> bool:
        """Whether nothing of it is at the provider any more; where it still runs, it is cancelled first."""
        with self.by.model(batch.entry) as model:
            name = batch.provider_id or self._found(batch, model)
            if name is None:
                return True
            try:
                ended = model.progress(name).ended
            except ModelFailed as error:
                if error.status == 404:
                    return True
                raise
            if not ended:
                model.cancel(name)
                ended = model.progress(name).ended
            if ended:
                model.drop(name)
            return ended

    def _found(self, batch: Batch, model: BatchModel) -> str | None:
        """One of which nobody saw whether it was taken."""
        assert batch.sending_at is not None
        left = batch.sending_at + self.patience - self.by.clock()
        if left > timedelta():
            raise Unavailable(
                "The batch was handed over a moment ago.", hint="Try again.", retry_after=left.total_seconds()
            )
        with self.by.database.reading() as session:
            keys = [item.answer_id for item in rows.items(session, batch.id, ("cancelled",))]
            known = rows.provider_ids(session, batch.entry.name)
        return model.find(batch.id, keys, batch.sending_at, known)
