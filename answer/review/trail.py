"""Everything about anybody's answer, for a reviewer: as it is stored, and as the log has it.

Texts are told as they are stored: what a model wrote has tokens in place of values, and nothing restores them here. Of
an answer whose row is gone the log alone tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.evidence.snapshots import Snapshots
from answer.review.evidence import Evidence, Raw, document_of, documents_of, evidence_of, quoted, raw_citations
from answer.review.logged import ACTED, Logged, moment
from answer.review.queue_rows import of_answer
from answer.review.told import (
    AsLogged,
    CallTold,
    CitationTold,
    ConflictTold,
    FeedbackTold,
    FlaggedTold,
    FormTold,
    HoldTold,
    RecordTold,
    RedactionTold,
    ReviewTold,
    SentenceTold,
    TransformedTold,
    Whole,
)
from answer.tables import AnswerRow, FeedbackRow
from core import holds
from core.audit import Commitments
from core.audit.finding import Found
from core.secrets import Secret
from ingest.tables import DocumentRow


def trail_of(
    session: Session, answer_id: str, row: AnswerRow | None, logged: Logged, snapshots: Snapshots,
    subject_of: Callable[[str], str], key: Secret,
) -> Whole:  # fmt: skip
    """``key`` is that of the log's commitments."""
    outcome = logged.last("ask.outcome")
    said: Mapping[str, Any] = {} if outcome is None else outcome.details
    intent: Mapping[str, Any] = {} if logged.intent is None else logged.intent.details
    raws = raw_citations(row, logged)
    evidence = evidence_of(session, snapshots, [each.version for each in raws])
    rows = documents_of(session, [document_of(each, evidence[each.version]) for each in raws])
    return Whole(
        answer_id=answer_id,
        conversation_id=intent.get("conversation") or said.get("conversation") if row is None else row.conversation_id,
        kept=row is not None,
        subject=logged.asked_by or (None if row is None else subject_of(row.person_id)),
        acted_by=tuple(recorded(each) for each in logged.records if each.event["kind"] in ACTED),
        at=logged.at or (None if row is None else row.created_at),
        question=None if row is None else row.question,
        question_as_logged=_question_as_logged(row, logged, key),
        searched=None if row is None else row.searched,
        alone_by=intent.get("alone_by"),
        status=said.get("status") if row is None else row.status,
        reason=said.get("reason") if row is None else row.reason,
        model=said.get("model") if row is None else row.model,
        tier=said.get("tier") if row is None else row.tier,
        support=said.get("support") if row is None else row.support,
        threshold=said.get("threshold") if row is None else row.threshold,
        timings=dict(said.get("timings", {}) if row is None else row.timings),
        form=_form(row),
        answer_as_logged=_answer_as_logged(row, outcome, key),
        sentences=tuple(_sentences(row, raws, evidence, rows)),
        attempts=() if row is None else tuple(row.tried),
        calls=tuple(_calls(logged)),
        redactions=tuple(_redaction(each) for each in logged.of("redaction.done")),
        flagged=tuple(_flagged(each) for each in logged.of("passage.flagged")),
        conflicts=() if row is None else tuple(_conflict(each) for each in row.conflicts),
        feedback=tuple(_feedback(session, answer_id, subject_of)),
        holds=tuple(_holds(session, answer_id, row, rows, evidence, subject_of)),
        review=_review(session, answer_id),
        records=tuple(map(recorded, logged.records)),
        more_records=logged.more,
    )  # fmt: skip


def recorded(found: Found) -> RecordTold:
    event = found.event
    return RecordTold(
        found.seq, moment(event), event["kind"], event["subject"], event["action"], event["outcome"],
        event["trace_id"], event.get("salt", ""), event["details"], found.hash.hex(),
    )  # fmt: skip


def compared(commitments: Commitments, text: str | None, logged: str | None) -> AsLogged:
    """Whether a text is the one that the log commits to."""
    if text is None or logged is None:
        return "not kept"
    return "matches" if commitments.of(text) == logged else "differs"


def _question_as_logged(row: AnswerRow | None, logged: Logged, key: Secret) -> AsLogged:
    if row is None or logged.intent is None:
        return "not kept"
    return compared(Commitments(key, logged.intent.event["salt"]), row.question, logged.intent.details.get("question"))


def _answer_as_logged(row: AnswerRow | None, outcome: Found | None, key: Secret) -> AsLogged:
    if row is None or outcome is None or "salt" not in outcome.event:
        return "not kept"
    text = "\n".join(claim["text"] for claim in row.claims)
    return compared(Commitments(key, outcome.event["salt"]), text, outcome.details.get("response"))


def _sentences(
    row: AnswerRow | None, raws: Iterable[Raw], evidence: Mapping[str, Evidence], rows: Mapping[str, DocumentRow]
) -> Iterator[SentenceTold]:
    by_sentence: dict[int, list[Raw]] = {}
    for raw in raws:
        by_sentence.setdefault(raw.sentence, []).append(raw)
    claims = {} if row is None else dict(enumerate(row.claims))
    for index in sorted({*by_sentence, *claims}):
        claim = claims.get(index)
        yield SentenceTold(
            index,
            None if claim is None else claim["text"] or None,
            claim is not None and not claim["text"],
            None if claim is None else claim.get("redaction"),
            tuple(_citation(raw, evidence[raw.version], rows) for raw in by_sentence.get(index, ())),
        )


def _citation(raw: Raw, evidence: Evidence, rows: Mapping[str, DocumentRow]) -> CitationTold:
    kept, document = evidence.kept, document_of(raw, evidence)
    row = None if document is None else rows.get(document)
    return CitationTold(
        raw.number, raw.version, document, raw.chunk, raw.page, raw.headings, raw.spans, raw.support,
        None if kept is None else kept.source, None if kept is None else kept.title,
        None if kept is None else kept.uri, quoted(evidence, raw.spans), evidence.state, evidence.gone_at,
        "unknown" if row is None else row.state,
        row is not None and row.state == "ready" and row.current_version == raw.version,
    )  # fmt: skip


def _form(row: AnswerRow | None) -> FormTold | None:
    if row is None or row.structured is None:
        return None
    form = row.structured
    return FormTold(form["outcome"], form.get("destination"), form.get("delivery"), form.get("problem"))


def _calls(logged: Logged) -> Iterator[CallTold]:
    """Each intent with the outcome that follows it. One model is asked after the other."""
    outcomes = list(logged.of("model.outcome"))
    for intent in logged.of("model.intent"):
        asked = intent.details
        outcome = next(
            (each for each in outcomes if each.seq > intent.seq and each.details["model"] == asked["model"]), None
        )
        if outcome is not None:
            outcomes.remove(outcome)
        said: Mapping[str, Any] = {} if outcome is None else outcome.details
        yield CallTold(
            model=asked["model"], provider=asked["provider"], tier=asked["tier"], asked_version=asked["version"],
            policy=asked["policy"], redaction=asked["redaction"], region=said.get("region") or asked.get("region"),
            passages=asked.get("passages"), reason=asked.get("reason"), at=moment(intent.event),
            outcome=None if outcome is None else outcome.event["outcome"], requests=said.get("attempts"),
            why=said.get("reason"),
            **{
                name: said.get(name)
                for name in (
                    "returned", "sdk", "api_version", "request", "finish", "tokens_in", "tokens_out", "tokens_cached",
                    "micros", "currency", "first_seconds", "seconds",
                )
            },
        )  # fmt: skip


def _redaction(found: Found) -> RedactionTold:
    said = found.details
    counted: Counter[tuple[str, str, str]] = Counter()
    for each in said.get("transformations", ()):
        counted[each["kind"], each["treatment"], each["rule"]] += each["count"]
    return RedactionTold(
        said["map"], said["destination"], said["policy"], said["detector"], found.event["outcome"], said["passages"],
        said["tokens"], len(said.get("withheld", ())), said.get("seconds"), said.get("reason"),
        tuple(TransformedTold(*what, count) for what, count in sorted(counted.items())),
    )  # fmt: skip


def _flagged(found: Found) -> FlaggedTold:
    said = found.details
    return FlaggedTold(
        said["document"], said["version"], tuple(said["chunks"]), tuple(said["signs"]), said["destination"]
    )


def _conflict(raw: Mapping[str, Any]) -> ConflictTold:
    first, second = raw["sides"]
    return ConflictTold((first, second), raw["later"])


def _feedback(session: Session, answer_id: str, subject_of: Callable[[str], str]) -> Iterator[FeedbackTold]:
    query = select(FeedbackRow).where(FeedbackRow.answer_id == answer_id).order_by(FeedbackRow.created_at)
    for each in session.scalars(query):
        yield FeedbackTold(
            subject_of(each.person_id), each.rating, tuple(each.reasons), each.comment, each.created_at,
            each.updated_at,
        )  # fmt: skip


def _review(session: Session, answer_id: str) -> ReviewTold | None:
    row = of_answer(session, answer_id)
    return None if row is None else ReviewTold(row.id, row.state, row.label, row.severity, row.second)


def _holds(
    session: Session, answer_id: str, row: AnswerRow | None, rows: Mapping[str, DocumentRow],
    evidence: Mapping[str, Evidence], subject_of: Callable[[str], str],
) -> Iterator[HoldTold]:  # fmt: skip
    """Those that last and hold the answer, the person who asked, or something that it cites."""
    targets = {("answer", answer_id), *(("document", each) for each in rows)}
    targets |= {("source", each.source_id) for each in rows.values()}
    targets |= {("source", each.source_id) for each in evidence.values() if each.source_id is not None}
    if row is not None:
        targets.add(("person", row.person_id))
    for each in holds.active(session):
        if (each.kind, each.target) in targets:
            target = subject_of(each.target) if each.kind == "person" else each.target
            yield HoldTold(each.id, each.kind, target, each.why, subject_of(each.placed_by), each.placed_at)
