"""Conversations shared with people who may see their sources.

A share never widens access: each answer is made anew for whoever opens it, by their own rights at that moment. What the
owner wrote is kept with tokens in place of values, which become values again only where this reader may read them; and
a question is shown only beside something of its answer, since it may repeat what the reader may not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from answer import repository, share_rows
from answer.answers import Answer, CountedValues, Sentence
from answer.archive import opening, restored
from answer.permitted import values_for
from answer.pseudonyms import replace_tokens
from answer.redact import Redactor, Turn
from answer.restore import Cited, Counting, cited, restore
from answer.share_rows import Found, Place
from answer.tables import AnswerRow, ShareRow
from answer.vault import Vault
from core import access, people
from core.access import Access, Principal, permits
from core.audit import AuditLog, Event, Kind
from core.audit.events import JSON
from core.clock import Clock
from core.database import Database
from core.errors import Invalid, NotFound, Refused
from retrieval import recorded
from retrieval.evidence import Evidence
from retrieval.freshness import StaleSources, stale_sources


@dataclass(frozen=True, slots=True)
class Share:
    """As its owner sees it. ``person`` is an address, ``group`` a name; one of them is there."""

    id: str
    conversation_id: str
    person: str | None = field(repr=False)
    group: str | None
    answers: int
    shared_at: datetime


@dataclass(frozen=True, slots=True)
class SharedTurn:
    """Without a ``question`` where nothing of its answer may be read."""

    question: str | None = field(repr=False)
    answer: Answer


@dataclass(frozen=True, slots=True)
class Received:
    """As a reader sees it, ``by`` whom. Without a ``title`` nothing of it may be read."""

    id: str
    title: str | None = field(repr=False)
    by: str = field(repr=False)
    shared_at: datetime
    turns: tuple[SharedTurn, ...] = ()


class Sharing:
    """Shares, for those who give and for those who read."""

    def __init__(self, database: Database, audit: AuditLog, clock: Clock, vault: Vault, redactor: Redactor) -> None:
        self._database, self._audit, self._clock = database, audit, clock
        self._vault, self._redactor = vault, redactor

    def share(
        self, conversation_id: str, principal: Principal, *, person: str = "", group: str = "", trace_id: str = ""
    ) -> Share:
        """Share what was said so far, with the person of an address or with a group; once more takes in what was said
        since. Raises ``NotFound``, ``Invalid`` where they may read nothing of it, and ``Refused`` where values cannot
        be taken out."""
        if bool(person) == bool(group):
            raise Invalid("A share is with a person or with a group.", hint="Name one of them.")
        with self._database.reading() as session:
            conversation = repository.conversation(session, conversation_id, principal.person_id)
            rows = repository.answers_of(session, conversation_id)
            grant, reader = self._reader(session, principal, person, group)
            fresh = stale_sources(session)
            # Somebody who is not here and somebody who may read none of it are told apart by nothing.
            if reader is None or not any(_reads(session, row, reader, fresh) for row in rows):
                raise Invalid(
                    "Nobody is named who may read something that this conversation cites.",
                    hint="Share it with people who may see its sources.",
                )
        cleared = self._redactor.unrestored(
            conversation.title,
            [Turn("person", row.question, written_at=row.created_at) for row in rows],
            Evidence(conversation.title, (), {}),
            conversation_id,
            principal.person_id,
            trace_id=trace_id,
        )
        if len(cleared.history) != len(rows):
            raise Refused("Not every question can be cleared of values.", hint="An administrator runs: vouch doctor")
        questions = {row.id: turn.body.text for row, turn in zip(rows, cleared.history, strict=True)}
        made = ShareRow(
            id=str(uuid4()), conversation_id=conversation_id, person_id=principal.person_id, grant=grant,
            title=cleared.question.text, questions=questions, redaction=cleared.map_id, shared_at=self._clock(),
        )  # fmt: skip
        with self._database.writing() as session:
            repository.conversation(session, conversation_id, principal.person_id)
            row = share_rows.put(session, made)
            self._audit.enlist(session, self._event(row, "shared", principal, trace_id))
            return _share(session, row)

    def given(self, conversation_id: str, principal: Principal) -> tuple[Share, ...]:
        """With whom a conversation of one's own is shared. Raises ``NotFound``."""
        with self._database.reading() as session:
            repository.conversation(session, conversation_id, principal.person_id)
            return tuple(_share(session, row) for row in share_rows.given(session, conversation_id))

    def end(self, conversation_id: str, share_id: str, principal: Principal, trace_id: str = "") -> None:
        """Raises ``NotFound``."""
        with self._database.writing() as session:
            found = share_rows.get(session, share_id)
            if found is None or (found.row.person_id, found.row.conversation_id) != (
                principal.person_id,
                conversation_id,
            ):
                raise _unknown()
            self._audit.enlist(session, self._event(found.row, "ended", principal, trace_id))
            session.delete(found.row)

    def received(self, principal: Principal, limit: int, after: Place | None = None) -> list[Received]:
        """What is shared with the reader, the latest first. Values in titles stay pseudonyms here."""
        with self._database.reading() as session:
            fresh = stale_sources(session)
            return [
                Received(
                    found.row.id, self._bare_title(session, found.row, principal, fresh), found.by, found.row.shared_at
                )
                for found in share_rows.received(session, principal.grants, principal.person_id, limit, after)
            ]

    def open(self, share_id: str, principal: Principal, trace_id: str = "") -> Received:
        """What is shared, as the reader may read it now. Raises ``NotFound``, also where it is not shared with them."""
        with self._database.reading() as session:
            found = self._held(session, share_id, principal)
            fresh = stale_sources(session)
            answers = [self._answer(session, row, principal, fresh) for row in share_rows.answers(session, found.row)]
            shown = self._shown(session, found, answers, principal)
        for turn in shown.turns:
            self._record(share_id, turn.answer, principal, trace_id)
        return shown

    def evidence(self, share_id: str, answer_id: str, number: int, principal: Principal, trace_id: str = "") -> Cited:
        """One citation of a shared answer. Raises ``NotFound`` when the reader may not read it now."""
        with self._database.reading() as session:
            found = self._held(session, share_id, principal)
            row = next((each for each in share_rows.answers(session, found.row) if each.id == answer_id), None)
            if row is None:
                raise _unknown()
            opened = cited(session, row, number, principal)
        self._tell("evidence.read", opening(answer_id, number, opened), principal, trace_id)
        return opened

    def _reader(self, session: Session, owner: Principal, person: str, group: str) -> tuple[str, Principal | None]:
        """The grant of those whom a share is for, and as whom they read; of a group, as whoever is in it at least."""
        if group:
            return access.group(people.checked_group(group)), people.together(session, owner, [group])
        found = people.find(session, person)
        if found == owner.person_id:
            raise Invalid("This conversation is yours already.", hint="Name somebody else.")
        if found is None:
            return "", None
        return access.person(found), people.principal(session, found, self._audit.subject)

    def _held(self, session: Session, share_id: str, principal: Principal) -> Found:
        found = share_rows.get(session, share_id)
        if found is None or not permits(Access.of((found.row.grant,)), principal):
            raise _unknown()
        return found

    def _answer(self, session: Session, row: AnswerRow, principal: Principal, fresh: StaleSources) -> Answer:
        values = None
        if any(claim.get("redaction") for claim in row.claims):
            values = values_for(session, self._vault, row.conversation_id, principal, row.created_at, self._clock())
        answer = restore(session, row, principal, fresh, values)
        return replace(answer, sentences=_unlabelled(row, answer.sentences))

    def _shown(self, session: Session, found: Found, answers: Sequence[Answer], principal: Principal) -> Received:
        row = found.row
        values = values_for(session, self._vault, row.conversation_id, principal, row.shared_at, self._clock())
        readable = any(_readable(answer) for answer in answers)
        counting = Counting(values)
        title = replace_tokens(row.title, counting.shown) if readable else None
        turns: list[SharedTurn] = []
        for answer in answers:
            question = None
            if _readable(answer) or (readable and not answer.sentences):
                question = replace_tokens(row.questions[answer.id], counting.shown)
            turns.append(SharedTurn(question, _counted(answer, row.redaction, counting)))
            counting = Counting(values)
        return Received(row.id, title, found.by, row.shared_at, tuple(turns))

    def _bare_title(self, session: Session, row: ShareRow, principal: Principal, fresh: StaleSources) -> str | None:
        if not any(_reads(session, each, principal, fresh) for each in share_rows.answers(session, row)):
            return None
        return replace_tokens(row.title, Counting(None).shown)

    def _record(self, share_id: str, answer: Answer, principal: Principal, trace_id: str) -> None:
        details: dict[str, JSON] = {
            "answer": answer.id,
            "conversation": answer.conversation_id,
            "share": share_id,
            "sentences": len(answer.sentences),
            "withheld": sum(sentence.withheld is not None for sentence in answer.sentences),
        }
        self._tell("answer.read", details, principal, trace_id)
        if answer.values:
            self._audit.append(restored(answer, principal, self._clock(), trace_id))

    def _tell(self, kind: Kind, details: Mapping[str, JSON], principal: Principal, trace_id: str) -> None:
        event = Event(
            kind=kind, subject=principal.subject, action="share.read", outcome="done", at=self._clock(),
            trace_id=trace_id, details={**recorded.decision(principal), **details},
        )  # fmt: skip
        self._audit.append(event)

    def _event(self, row: ShareRow, change: str, principal: Principal, trace_id: str) -> Event:
        commitments = self._audit.commitments()
        kind, name = share_rows.named(row.grant)
        details: dict[str, JSON] = {
            "share": row.id,
            "conversation": row.conversation_id,
            "change": change,
            "answers": len(row.questions),
            "target": self._audit.subject(name) if kind == "person" else None,
            "group": commitments.of(name) if kind == "group" else None,
        }
        return Event(
            kind="conversation.shared", subject=principal.subject, action="share", outcome="done", at=self._clock(),
            trace_id=trace_id, salt=commitments.salt, details=details,
        )  # fmt: skip


def _reads(session: Session, row: AnswerRow, reader: Principal, fresh: StaleSources) -> bool:
    return bool(row.claims) and _readable(restore(session, row, reader, fresh))


def _readable(answer: Answer) -> bool:
    return any(sentence.text is not None for sentence in answer.sentences)


def _unlabelled(row: AnswerRow, sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Without the names of a form's fields, which its owner wrote."""
    if row.structured is None:
        return tuple(sentences)
    labels = {each["claim"]: each["label"] for each in row.structured["leaves"]}
    return tuple(
        replace(each, text=None if each.text is None else each.text.removeprefix(f"{labels.get(number, '')}: "))
        for number, each in enumerate(sentences)
    )


def _counted(answer: Answer, redaction: str, counting: Counting) -> Answer:
    """With what was put into its question, for the record of what its reader saw."""
    if not counting.counted:
        return answer
    total = {each.kind: each for each in answer.values}
    for kind, each in counting.counted.items():
        before = total.get(kind, CountedValues(kind, 0, 0))
        total[kind] = CountedValues(kind, before.restored + each.restored, before.kept + each.kept)
    return replace(answer, values=tuple(total.values()), redactions=(*answer.redactions, redaction))


def _share(session: Session, row: ShareRow) -> Share:
    kind, name = share_rows.named(row.grant)
    person = share_rows.address(session, name) if kind == "person" else None
    return Share(
        row.id, row.conversation_id, person, name if kind == "group" else None, len(row.questions), row.shared_at
    )


def _unknown() -> NotFound:
    return NotFound("There is no such share, or it is not with you.", hint="Ask who sent it to you.")
