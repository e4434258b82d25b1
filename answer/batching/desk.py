"""Batches of questions, as the person sees them who asks: submit, look, fetch, cancel."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from sqlalchemy.orm import Session

from answer.batching import rows
from answer.batching.documents import Documents
from answer.batching.fetching import Fetching
from answer.batching.means import Means
from answer.batching.rows import Batch, EachDocument, Item
from answer.batching.sending import PATIENCE, Sending
from answer.batching.withdrawing import Withdrawing
from answer.models.batches import Progress
from answer.models.entry import ModelEntry, Tier
from core.access import Principal
from core.errors import Conflict, Invalid, TooMany
from retrieval.evidence import DocumentRef
from retrieval.search import checked_question

MOST = 2_000
"""Questions of a batch: what they need, and what comes back, fits into memory."""
LONGEST_KEY = 200
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, and its name in the asker's file."""

    key: str
    question: str = field(repr=False)


class Batches:
    """Every batch belongs to one person; of somebody else's nobody learns that it is there."""

    def __init__(self, by: Means, patience: timedelta = PATIENCE) -> None:
        self._by, self._sending, self._fetching = by, Sending(by, patience), Fetching(by)
        self._documents = Documents(by)
        self._withdrawing = Withdrawing(by, patience)

    def open(self, asks: Sequence[Ask], person_id: str, *, model: str | None, tier: Tier | None) -> Batch:
        """A batch of these questions, of which nothing is sent yet; the one that is there already, where one of the
        same questions for the same model has not come to its end. Raises ``Invalid``, ``NotFound``, ``Refused``."""
        questions = _checked(asks)
        entry = self._chosen(model, tier)
        return self._opened(person_id, entry, questions, orjson.dumps([entry.name, questions]))

    def open_each(self, each: EachDocument, person_id: str, *, model: str | None, tier: Tier | None) -> Batch:
        """The same for a question to each document of a source by itself: to all that this person may read."""
        entry = self._chosen(model, tier)
        questions = self._documents.listed(each, person_id)
        said = orjson.dumps([entry.name, "each document", each.source, questions[0][1], each.schema])
        return self._opened(person_id, entry, questions, said, each)

    def _chosen(self, model: str | None, tier: Tier | None) -> ModelEntry:
        if (model is None) == (tier is None):
            raise Invalid("A batch is for one model or for a tier.", hint="Say --model NAME or --tier TIER.")
        return self._by.chosen(model, tier)

    def _opened(
        self, person_id: str, entry: ModelEntry, questions: Sequence[tuple[str, str]], said: bytes,
        each: EachDocument | None = None,
    ) -> Batch:  # fmt: skip
        fingerprint = hashlib.sha256(said).hexdigest()
        with self._by.database.writing() as session:
            batch_id = rows.unfinished(session, person_id, fingerprint)
            if batch_id is None:
                self._refuse_too_many(session, person_id, len(questions))
                batch_id = rows.add(session, person_id, fingerprint, entry, questions, self._by.clock(), each)
            elif rows.batch(session, batch_id, person_id).state == "preparing":
                # What the register says of the model may have changed since.
                rows.change(session, batch_id, entry=entry.model_dump(mode="json"))
        return self.batch(batch_id, person_id)

    def _refuse_too_many(self, session: Session, person_id: str, more: int) -> None:
        most, now = self._by.settings.batch_questions_per_day, self._by.clock()
        count, first = rows.put_since(session, person_id, now - _DAY)
        if count + more > most:
            wait = _DAY if first is None else first + _DAY - now
            raise TooMany(
                f"Within 24 hours you may put {most:,} questions into batches; {max(0, most - count):,} are left.",
                hint=f"Try again in {wait.total_seconds() / 3600:.1f} hours, or with fewer.",
                retry_after=wait.total_seconds(),
            )

    def send(self, batch_id: str, person_id: str, trace_id: str = "") -> Batch:
        """Hand it over. Of one that was perhaps handed over, find out first; of one that was, nothing."""
        with self._by.alone(batch_id):
            batch = self._settled(batch_id, person_id)
            if batch.state == "preparing":
                self._sending.send(batch, trace_id)
        return self.batch(batch_id, person_id)

    def batch(self, batch_id: str, person_id: str) -> Batch:
        with self._by.database.reading() as session:
            return rows.batch(session, batch_id, person_id)

    def batches(self, person_id: str, limit: int = 200, after: tuple[datetime, str] | None = None) -> list[Batch]:
        """The latest first; those behind the one of this time and id."""
        with self._by.database.reading() as session:
            return rows.batches(session, person_id, limit, after)

    def progress(self, batch: Batch) -> Progress | None:
        """How far the provider is; None for one that it does not have."""
        if batch.state != "running" or batch.provider_id is None:
            return None
        with self._by.model(batch.entry) as model:
            return model.progress(batch.provider_id)

    def fetch(self, batch_id: str, person_id: str, trace_id: str = "") -> tuple[Batch, list[Item]]:
        """Make answers of what came back. Of a batch that ended before, nothing changes."""
        with self._by.alone(batch_id):
            batch = self._settled(batch_id, person_id)
            if batch.state == "preparing":
                raise Conflict("The batch was not sent yet.", hint="Submit its file again, which goes on with it.")
            if batch.state == "running":
                self._fetching.fetch(batch, trace_id)
            self._fetching.clear(self.batch(batch_id, person_id))
        with self._by.database.reading() as session:
            return rows.batch(session, batch_id, person_id), rows.items(session, batch_id)

    def document(self, item: Item, principal: Principal) -> tuple[DocumentRef | None, str]:
        """Of a document that was asked by itself, what its reader may know of it now, and why nothing that was made of
        it may be shown any more; empty where it may."""
        return self._documents.now(item, principal)

    def cancel(self, batch_id: str, person_id: str) -> Batch:
        """What the provider did by then can still be fetched."""
        with self._by.alone(batch_id):
            batch = self._settled(batch_id, person_id)
            if batch.state == "preparing":
                self._sending.drop(batch)
            elif batch.state == "running" and batch.provider_id is not None:
                with self._by.model(batch.entry) as model:
                    model.cancel(batch.provider_id)
        return self.batch(batch_id, person_id)

    def withdraw(self) -> int:
        """Cancel and delete at their providers what people asked who were forgotten since. Returns how many batches
        have to be tried again: see that this is done now and then."""
        return self._withdrawing.withdraw()

    def _settled(self, batch_id: str, person_id: str) -> Batch:
        """The batch, once it is known whether it was handed over."""
        batch = self.batch(batch_id, person_id)
        if batch.state == "sending":
            self._sending.find(batch)
            batch = self.batch(batch_id, person_id)
        return batch


def _checked(asks: Sequence[Ask]) -> list[tuple[str, str]]:
    if not asks:
        raise Invalid("There is no question.", hint="Write one on each line of the file.")
    if len(asks) > MOST:
        raise Invalid(f"A batch takes {MOST} questions; these are {len(asks)}.", hint="Split the file.")
    seen: set[str] = set()
    for each in asks:
        if not each.key or len(each.key) > LONGEST_KEY or each.key in seen:
            raise Invalid(
                "Each question needs an id of its own.",
                hint=f"It has at most {LONGEST_KEY} characters, and is there once.",
            )
        seen.add(each.key)
    return [(each.key, checked_question(each.question)) for each in asks]
