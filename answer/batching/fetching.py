"""Results of a batch become answers: drafted, checked and recorded as streamed ones are, for who reads them now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from answer.ask import MODEL, NEAREST, PARTIAL, reason_of
from answer.asking import Written
from answer.batching import material, rows
from answer.batching.documents import told_limits, wanted
from answer.batching.material import Again
from answer.batching.means import Means
from answer.batching.reserved import reservation
from answer.batching.rows import Batch, EachDocument, Item
from answer.calling.call import Attempt as Called
from answer.calling.call import Call
from answer.drafting import Drafting
from answer.models.base import Ended, ModelError, Wrote
from answer.models.batches import BatchModel, Progress, Result
from answer.recording import Record
from answer.routing import Attempt
from answer.structured.checking import Checking
from answer.structured.filling import Wanted, lacking, settle
from answer.structured.wording import schema_for, worded
from answer.trail import Tried
from answer.trail import told as told_of
from answer.weighing import disagreeing, told
from core.access import Principal
from core.errors import Conflict, Refused
from retrieval.freshness import stale_sources
from retrieval.freshness import told as told_stale

_WORDS = {
    "failed": "The provider gave no answer to it.",
    "expired": "The provider did not come to it in time. Ask it again.",
    "cancelled": "It was cancelled before the provider came to it.",
}


@dataclass(frozen=True, slots=True)
class Fetching:
    by: Means

    def fetch(self, batch: Batch, trace_id: str) -> None:
        """Take over what the provider has of a batch that is ``running``. Raises ``Conflict`` while it has not ended.
        What was cut off goes on where it stood."""
        by = self.by
        assert batch.provider_id is not None
        with by.model(batch.entry) as model:
            progress = model.progress(batch.provider_id)
            if not progress.ended:
                raise Conflict(
                    f"The batch is not done yet: {progress.done + progress.failed} of {progress.total or 'all'}.",
                    hint="Try again later; most take some hours, none over a day.",
                )
            with by.database.reading() as session:
                items = {item.answer_id: item for item in rows.items(session, batch.id, ("sent",))}
            blocks = {key: material.blocks(item.sent) for key, item in items.items() if item.sent is not None}
            for result in model.results(batch.provider_id, blocks):
                item = items.pop(result.key, None)
                if item is not None:
                    self._take(batch, item, result, model, trace_id)
            for item in items.values():
                self._without(batch, item, progress, trace_id)
            with by.database.writing() as session:
                rows.change(session, batch.id, why=progress.why)
                by.end(session, batch)

    def clear(self, batch: Batch) -> None:
        """Have the provider delete what it has of a batch that ended. Where that fails, a later fetch tries again."""
        by = self.by
        if batch.state != "ended" or batch.provider_id is None or batch.cleared_at is not None:
            return
        try:
            with by.model(batch.entry) as model:
                model.drop(batch.provider_id)
        except ModelError:
            return
        with by.database.writing() as session:
            rows.change(session, batch.id, cleared_at=by.clock())

    def _without(self, batch: Batch, item: Item, progress: Progress, trace_id: str) -> None:
        outcome = "failed" if progress.without == "replied" else progress.without
        self._failed(batch, item, Result(item.answer_id, outcome, why=progress.why), trace_id)

    def _failed(self, batch: Batch, item: Item, result: Result, trace_id: str) -> None:
        by = self.by
        outcome = "failed" if result.outcome == "replied" else result.outcome
        by.unreserve(batch, item)
        principal = by.principal_of(batch.person_id)
        record = by.record(batch, item, trace_id)
        record.called(Call.of(batch.entry), "", outcome, principal.subject)
        record.leave(Written(batch.entry.name, batch.entry.tier), principal, outcome)
        by.put(batch, item.became(outcome, result.why or _WORDS[outcome]))

    def _take(self, batch: Batch, item: Item, result: Result, model: BatchModel, trace_id: str) -> None:
        ended = result.pieces[-1] if result.pieces else None
        if result.outcome != "replied" or not isinstance(ended, Ended):
            self._failed(batch, item, result, trace_id)
            return
        assert item.sent is not None
        record = self.by.record(batch, item, trace_id)
        call = self._paid(batch, item, ended, model)
        _Taking(self.by, batch, item, item.sent, result, record, call).take()
        self.by.put(batch, item.became("answered"))

    def _paid(self, batch: Batch, item: Item, ended: Ended, model: BatchModel) -> Call:
        """The call as it is recorded, settled with the budgets at the prices of a batch."""
        call = Call.of(batch.entry)
        call.sdk, call.api_version, call.usage = model.sdk, model.api_version, ended.usage
        call.finish, call.returned, call.request_id, call.region = (
            ended.reason, ended.model, ended.request_id, ended.region,
        )  # fmt: skip
        call.attempts.append(Called("answered", 0.0, request_id=ended.request_id))
        if call.strayed:
            self.by.register.stop(batch.entry, call.why_strayed)
        if item.reserved is not None:
            made = reservation(item.reserved, batch.entry)
            if not (call.usage.input or call.usage.output):
                call.usage = made.estimate
            call.cost = self.by.budgets.settle(made, call.usage, batch=True)
        return call


@dataclass(slots=True)
class _Taking:
    """One reply on its way to an answer."""

    by: Means
    batch: Batch
    item: Item
    row: dict[str, Any] = field(repr=False)
    result: Result
    record: Record
    call: Call

    def take(self) -> None:
        entry = self.batch.entry
        again = self._again()
        evidence = again.sent.evidence
        tried = Tried(Attempt(entry, "batch"), withheld=self.row["withheld"])
        written = Written(entry.name, entry.tier, self.row["support"])
        subject = self.by.principal_of(self.batch.person_id).subject
        text = "".join(piece.text for piece in self.result.pieces if isinstance(piece, Wrote))
        self.record.called(self.call, text, "", subject)
        tried.call = told_of(self.call)
        if self.batch.each is not None:
            self._about(self.batch.each, text, tried, written, again)
            return
        if again.sent.units:
            self._check(tried, written, again)
        else:
            tried.ended, tried.why = "withheld", "Nothing of what was sent may be read any more."
        written.add(tried)
        reading, draft = self.by.read(self.item.question, evidence)
        if not written.claims and draft.claims:
            # As after every model of which nothing holds, the documents speak themselves.
            written.claims, written.tier, written.model = list(draft.claims), MODEL, MODEL
            written.tried.append({"tier": MODEL, "reason": "fallback", "ended": "answered"})
        written.conflicts = told(written.claims, disagreeing(written.claims, reading.candidates))
        reason = " ".join(part for part in (reason_of(written, evidence), _changes(again)) if part)
        nearest = () if written.claims else evidence.passages[:NEAREST]
        self.record.finish(written, self._reader(), nearest, reason or None, len(again.left_out))

    def _check(self, tried: Tried, written: Written, again: Again) -> None:
        drafting, asking, writer = Drafting(), self.record.asking, self.by.writer
        try:
            for claim in writer.kept(tried, again.sent, drafting, self.result.pieces, asking):
                written.claims.append(claim)
                written.support = max(written.support, tried.support)
                self.record.show(written, len(written.claims) - 1, self._reader())
            writer.end(tried, again.sent, drafting, asking)
        except Refused as error:
            tried.ended, tried.why = "cut_off" if tried.held else "failed", error.message

    def _about(self, each: EachDocument, text: str, tried: Tried, written: Written, again: Again) -> None:
        """Where one document was asked by itself, only that very version of it counts, and nothing stands in."""
        form = wanted(each)
        if again.changed or not again.sent.units:
            tried.ended = "withheld"
            tried.why = "The document changed since it was sent, or may not be read any more."
            written.reason = tried.why
        elif form is None:
            self._check(tried, written, again)
            told_early = PARTIAL if tried.ended == "cut_off" else None
            written.reason = told_early if written.claims else "Nothing that the model wrote is what the document says."
        else:
            self._fill(form, text, tried, written, again)
        written.add(tried)
        limited = told_limits(self.row["limits"], self.batch.entry.name)
        gone = _changes(again) if again.sent.units and not again.changed else ""
        unused = told_stale(again.left_out)
        reason = " ".join(part for part in (written.reason, limited, gone, unused) if part)
        self.record.finish(written, self._reader(), (), reason or None, len(again.left_out))

    def _fill(self, form: Wanted, text: str, tried: Tried, written: Written, again: Again) -> None:
        filler, writer = self.by.filler, self.by.writer
        said = worded(form.form, self.item.question)
        asked = schema_for(form.form, said, material.question_of(self.row, said.text))
        # It was asked for by these very words.
        assert asked is not None
        checking = Checking(*writer.checks(tried, again.sent))
        filled = filler.checked(tried, form.form, asked, text, again.sent, checking, self.record, self._reader())
        filler.end(tried, filled, again.sent, self.record)
        written.support = tried.support
        settle(form, filled, lacking(filled), written)

    def _asked(self) -> str:
        """The question with the words of its form, as they were cleared together."""
        form = None if self.batch.each is None else wanted(self.batch.each)
        return self.item.question if form is None else worded(form.form, self.item.question).text

    def _again(self) -> Again:
        commitments = replace(self.record.commitments, salt=self.row["salt"])
        with self.by.database.reading() as session:
            return material.again(
                session, self.row, self._asked(), self._reader(), commitments, stale_sources(session),
                self.by.confirm,
            )  # fmt: skip

    def _reader(self) -> Principal:
        return self.by.principal_of(self.batch.person_id)


def _changes(again: Again) -> str:
    said: list[str] = []
    if again.gone:
        said.append(
            f"Of the passages that were sent, {again.gone} may not be read any more, or not as they were sent: nothing "
            "rests on them."
        )
    if again.changed:
        said.append(f"Of the documents that were sent, {again.changed} changed since the question was sent.")
    return " ".join(said)
