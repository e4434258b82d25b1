"""What every step of a batch works with, and which model may get one."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from answer.asking import Asking
from answer.batching import rows
from answer.batching.material import Confirm
from answer.batching.reserved import reservation
from answer.batching.rows import Batch, Item
from answer.budgets import Budgets
from answer.candidates import Embed, Reading, weigh_up
from answer.claims import Draft
from answer.extract import draft_of
from answer.models.batches import PROVIDERS, BatchModel
from answer.models.entry import ModelEntry, Tier
from answer.models.register import Register
from answer.recording import Record, Recorder
from answer.routing import estimated_price
from answer.settings import AnswerSettings
from answer.sighting import TYPED
from answer.structured.filling import Filler
from answer.support import Support
from answer.writing import Writer
from core.access import Principal
from core.clock import Clock
from core.database import Database
from core.errors import Conflict, NotFound, Refused
from core.leases import Leases
from core.policy import Policy
from retrieval.evidence import Evidence
from retrieval.search import Searcher

_TYPICAL = 12_000
"""Characters of a prompt, to compare prices."""


@dataclass(frozen=True, slots=True)
class Means:
    """``policy`` is the data policy narrowed by the register; ``confirm`` asks sources themselves; ``principal_of``
    builds a person's principal anew; ``open`` speaks with a provider's batch interface."""

    database: Database
    searcher: Searcher
    embed: Embed
    support: Support
    settings: AnswerSettings
    register: Register
    budgets: Budgets
    policy: Callable[[], Policy]
    writer: Writer
    filler: Filler
    recorder: Recorder
    confirm: Confirm
    principal_of: Callable[[str], Principal]
    leases: Leases
    open: Callable[[ModelEntry], BatchModel]
    clock: Clock
    ended: Callable[[Session, Batch], None] = lambda session, batch: None
    """Told of each batch that came to its end, in the transaction of that."""

    def end(self, session: Session, batch: Batch) -> bool:
        """Mark it as ended where each question is; returns whether it is."""
        ended = rows.end(session, batch.id, self.clock())
        if ended:
            self.ended(session, batch)
        return ended

    @property
    def threshold(self) -> float:
        return self.support.threshold if self.settings.threshold is None else self.settings.threshold

    @contextmanager
    def model(self, entry: ModelEntry) -> Generator[BatchModel]:
        opened = self.open(entry)
        try:
            yield opened
        finally:
            opened.close()

    @contextmanager
    def alone(self, batch_id: str) -> Generator[None]:
        """One at a time works at a batch, over all processes. Raises ``Conflict``."""
        with self.leases.hold(f"batch-{batch_id}") as lease:
            if lease is None:
                raise Conflict("Somebody works at this batch just now.", hint="Wait a minute, and try again.")
            yield

    def read(self, question: str, evidence: Evidence) -> tuple[Reading, Draft]:
        """What the evidence says, and the verbatim sentences that answer, as far as it does."""
        reading = weigh_up(question, evidence, self.embed, self.settings)
        return reading, draft_of(reading, self.settings, support=self.support)

    def record(self, batch: Batch, item: Item, trace_id: str) -> Record:
        """Of the answer to one question; of one that was begun already, where a step was cut off."""
        asking = Asking(item.answer_id, item.conversation_id, batch.person_id, item.question, item.question)
        record = self.recorder.open(replace(asking, trace_id=trace_id), self.threshold)
        with self.database.reading() as session:
            record.row_made = rows.answer_kept(session, item.answer_id)
        record.begun = True
        return record

    def unreserve(self, batch: Batch, item: Item) -> None:
        """Give back what is kept of the budgets. A second time changes nothing."""
        if item.reserved is not None:
            self.budgets.release(reservation(item.reserved, batch.entry))

    def put(self, batch: Batch, item: Item) -> None:
        with self.database.writing() as session:
            rows.put(session, batch.id, item)

    def may(self, entry: ModelEntry) -> None:
        """Raises ``Refused`` unless a batch of questions may go there now."""
        self.register.confirm(entry)
        if why := self._against(entry):
            raise Refused(f"No batch may go to {entry.name}: {why}", hint="vouch models list shows the others.")

    def chosen(self, name: str | None, tier: Tier | None) -> ModelEntry:
        """The model of this name, or the cheapest of the tier that a batch may go to. Raises ``NotFound`` and
        ``Refused``, with the reasons."""
        if name is not None:
            entry = self.register.entry(name)
            self.may(entry)
            return entry
        entries = [entry for entry in self.register.current() if tier is None or entry.tier == tier]
        if not entries:
            raise NotFound(f"There is no model of the tier {tier}.", hint="vouch models list shows which there are.")
        against = {entry.name: self._against(entry) for entry in entries}
        able = [entry for entry in entries if not against[entry.name]]
        if not able:
            told = " ".join(f"{name}: {why}" for name, why in against.items())
            raise Refused(f"No model takes the batch. {told}", hint="Ask one by one: vouch ask --queries.")
        return min(able, key=lambda entry: (estimated_price(entry, _TYPICAL) * entry.prices.batch, entry.name))

    def _against(self, entry: ModelEntry) -> str:
        if entry.provider not in PROVIDERS:
            return f"the provider {entry.provider} has no batches here, only {' and '.join(PROVIDERS)} have."
        if entry.zero_retention:
            return "its agreement forbids to keep anything (zero_retention), and a batch is kept until it is done."
        if self.policy().blocks_text(TYPED, entry.destination):
            return "the data policy does not allow what people ask to go there."
        return ""
