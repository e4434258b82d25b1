"""Questions become prompts, and are handed over as one batch: each once, whatever is cut off in between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from answer.ask import MODEL, NEAREST, reason_of
from answer.asking import Written
from answer.batching import material, rows
from answer.batching.documents import Documents, Read, limits, wanted
from answer.batching.means import Means
from answer.batching.reserved import as_row
from answer.batching.rows import Batch, Item
from answer.cleared import Cleared
from answer.models.base import ModelBusy, ModelError, Prompt
from answer.models.batches import told
from answer.prompt import to_fill
from answer.recording import Record
from answer.routing import Attempt
from answer.trail import Tried
from answer.weighing import Records, records
from answer.writing import Sent, sources_of
from core.access import Principal
from core.errors import Conflict, Refused, TooMany, Unavailable
from retrieval.search import Found

PATIENCE = timedelta(seconds=30)
"""After handing over, until the provider is asked whether it took what nobody saw it take."""


@dataclass(frozen=True, slots=True)
class Sending:
    """``patience`` is as ``PATIENCE``."""

    by: Means
    patience: timedelta = PATIENCE

    def send(self, batch: Batch, trace_id: str) -> None:
        """Hand over a batch that is ``preparing``. Raises ``Refused`` where it may not go (any more), ``Conflict``
        where the policy changed meanwhile, and ``ModelError``; busy, it is perhaps handed over: see ``find``."""
        by = self.by
        by.may(batch.entry)
        policy = by.policy().version
        prompts = self._prompts(batch, trace_id)
        with by.database.writing() as session:
            if by.end(session, batch):
                return
        # Preparing takes its time, and what was decided meanwhile holds.
        by.may(batch.entry)
        if by.policy().version != policy:
            raise Conflict("The data policy changed while the batch was prepared.", hint="Submit it again.")
        with by.database.writing() as session:
            if rows.batch(session, batch.id, batch.person_id).state != "preparing":
                raise Conflict("The batch was ended while it was prepared.", hint="Nothing of it was sent.")
            for item in rows.items(session, batch.id, ("waiting",)):
                rows.put(session, batch.id, replace(item, state="sent"))
            rows.change(session, batch.id, state="sending", sending_at=by.clock())
        with by.model(batch.entry) as model:
            try:
                provider_id = model.submit(batch.id, prompts)
            except ModelBusy:
                raise
            except ModelError as error:
                self._refused(batch, told(error))
                raise
        with by.database.writing() as session:
            rows.handed_over(session, batch.id, provider_id)

    def find(self, batch: Batch) -> None:
        """Of a batch that is ``sending``: it is ``running`` where the provider has it, else ``preparing`` again."""
        by = self.by
        assert batch.sending_at is not None
        left = batch.sending_at + self.patience - by.clock()
        if left > timedelta():
            raise Unavailable(
                "The batch was handed over a moment ago, and nobody saw whether it was taken.",
                hint="Try again in half a minute; nothing is sent twice.", retry_after=left.total_seconds(),
            )  # fmt: skip
        with by.database.reading() as session:
            items = rows.items(session, batch.id, ("sent",))
            known = rows.provider_ids(session, batch.entry.name)
        with by.model(batch.entry) as model:
            found = model.find(batch.id, [item.answer_id for item in items], batch.sending_at, known)
        if found is None:
            for item in items:
                by.unreserve(batch, item)
        with by.database.writing() as session:
            if found is not None:
                rows.change(session, batch.id, state="running", provider_id=found)
                return
            for item in items:
                rows.put(session, batch.id, replace(item, state="waiting", sent=None, reserved=None, version=None))
            rows.change(session, batch.id, state="preparing", sending_at=None)

    def drop(self, batch: Batch) -> None:
        """End a batch of which nothing was handed over."""
        by = self.by
        with by.database.reading() as session:
            items = rows.items(session, batch.id, rows.OPEN)
        for item in items:
            by.unreserve(batch, item)
        with by.database.writing() as session:
            for item in items:
                rows.put(session, batch.id, item.became("cancelled", "It was cancelled before it was sent."))
            by.end(session, batch)

    def _refused(self, batch: Batch, why: str) -> None:
        """The provider did not take it, and would not take it again."""
        by = self.by
        with by.database.reading() as session:
            items = rows.items(session, batch.id, ("sent",))
        for item in items:
            by.unreserve(batch, item)
            by.record(batch, item, "").leave(
                Written(batch.entry.name, batch.entry.tier), by.principal_of(batch.person_id), "refused"
            )
        with by.database.writing() as session:
            for item in items:
                rows.put(session, batch.id, item.became("failed", why))
            rows.change(session, batch.id, why=why)
            by.end(session, batch)

    def _prompts(self, batch: Batch, trace_id: str) -> list[tuple[str, Prompt]]:
        with self.by.database.reading() as session:
            items = rows.items(session, batch.id, ("waiting",))
        made: list[tuple[str, Prompt]] = []
        for item in items:
            # What was kept for it by a process that died.
            self.by.unreserve(batch, item)
            prompt = self._prompt(batch, replace(item, sent=None, reserved=None), trace_id)
            if prompt is not None:
                made.append((item.answer_id, prompt))
        return made

    def _prompt(self, batch: Batch, item: Item, trace_id: str) -> Prompt | None:
        """What is asked of the model; None where it is not asked, and the question has come to its end."""
        by = self.by
        principal = by.principal_of(batch.person_id)
        record = by.record(batch, item, trace_id)
        if item.document is not None:
            return self._about(batch, item, principal, record)
        found = by.searcher.search(item.question, principal, limit=by.settings.passages_read)
        record.begin(principal, found)
        reading, draft = by.read(item.question, found.evidence)
        matching = records(
            item.question,
            found.evidence,
            reading,
            draft.support,
            lambda document: by.searcher.whole(document, principal),
        )
        if matching or not draft.claims:
            self._unasked(record, found, matching, draft.support)
            by.put(batch, item.became("answered"))
            return None
        tried = Tried(Attempt(batch.entry, "batch"))
        prepared = by.writer.prepare(tried, found.evidence, record.asking)
        if prepared is None:
            self._left(record, batch, "withheld")
            by.put(batch, item.became("refused", tried.why))
            return None
        return self._kept(batch, item, principal, record, prepared, draft.support)

    def _about(self, batch: Batch, item: Item, principal: Principal, record: Record) -> Prompt | None:
        """The same where one document is asked by itself: what it says is the evidence, and no search."""
        by = self.by
        try:
            read = Documents(by).read(batch, item, principal)
        except Refused as error:
            by.put(batch, item.became("refused", f"{error.message} {error.hint}".strip()))
            return None
        record.begin(principal, read.found)
        item = replace(item, version=read.version)
        tried = Tried(Attempt(batch.entry, "batch"))
        prepared = self._prepared(batch, tried, read, record)
        if prepared is None:
            self._left(record, batch, "withheld")
            why = f"Nothing of it may go to {batch.entry.name}: it is too sensitive." if tried.withheld else tried.why
            by.put(batch, item.became("refused", why))
            return None
        sent, cleared, _ = prepared
        return self._kept(batch, item, principal, record, prepared, 0.0, limits(read, sent, cleared))

    def _prepared(self, batch: Batch, tried: Tried, read: Read, record: Record) -> tuple[Sent, Cleared, Prompt] | None:
        by, evidence = self.by, read.found.evidence
        assert batch.each is not None
        form = wanted(batch.each)
        if form is None:
            return by.writer.prepare(tried, evidence, record.asking, whole=True)
        prepared = by.filler.prepare(tried, form.form, evidence, record.asking, whole=True)
        if prepared is None:
            return None
        sent, cleared, asked = prepared
        return sent, cleared, to_fill(cleared, sent.units, asked.schema, batch.entry.output_tokens)

    def _kept(
        self, batch: Batch, item: Item, principal: Principal, record: Record, prepared: tuple[Sent, Cleared, Prompt],
        support: float, limited: dict[str, Any] | None = None,
    ) -> Prompt | None:  # fmt: skip
        """What is prepared, once budgets cover it and it is kept what it was."""
        by, (sent, cleared, prompt) = self.by, prepared
        spender = by.budgets.spender(principal, sources_of(sent.units), item.answer_id, "batch")
        try:
            reserved = by.budgets.reserve(spender, batch.entry, prompt, batch=True)
        except (TooMany, Refused) as error:
            self._left(record, batch, error.code)
            by.put(batch, item.became("refused", f"{error.message} {error.hint}".strip()))
            return None
        kept = material.kept(sent, cleared, record.commitments, support) | {"limits": limited}
        by.put(batch, replace(item, sent=kept, reserved=as_row(reserved)))
        record.calling(batch.entry, "batch", prompt, cleared, spender.subject)
        return prompt

    def _unasked(self, record: Record, found: Found, matching: Records | None, support: float) -> None:
        """Where the evidence does not answer, or a total is asked for, no model is asked."""
        evidence = found.evidence
        written = Written(
            MODEL, support=support, claims=list(matching.claims) if matching else [], timings=dict(evidence.timings)
        )
        why = "records" if matching else "not_answered"
        written.tried.append({"tier": MODEL, "reason": why, "ended": "answered"})
        principal = self.by.principal_of(record.asking.person_id)
        nearest = () if matching else evidence.passages[:NEAREST]
        reason = matching.reason if matching else reason_of(written, evidence)
        record.finish(written, principal, nearest, reason, len(evidence.left_out))

    def _left(self, record: Record, batch: Batch, reason: str) -> None:
        written = Written(batch.entry.name, batch.entry.tier)
        record.leave(written, self.by.principal_of(batch.person_id), reason)
