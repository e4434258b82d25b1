"""What people asked and were told: erased with the person who asked, and without the person it speaks of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from answer import erase as answers
from answer import kept_rows, repository, usage_rows
from answer.batching import rows as batches
from answer.batching.tables import BatchItemRow, BatchRow
from answer.evidence.snapshots import cited_versions
from answer.models.tables import UsageRow
from answer.review import erase as reviews
from answer.tables import AnswerRow, ConversationRow, FeedbackRow, KeptAnswerRow, ShareRow
from answer.vault import Vault
from api.identity import erase as identity
from api.subjects.finding import Found
from api.subjects.rows import remove
from api.subjects.who import ERASED, Naming, Subject
from api.tables import OnceRow, TokenRow
from api.webhooks.tables import WebhookRow
from connectors.accounts import changes_of
from connectors.tables import AccountRow, DeliveryRow
from core import people_changes
from core.holds import Held
from core.tables import PersonRow
from ingest.label.gazetteer import unlinked_keys
from ingest.repository import batches as some_of

Mask = Callable[[str], str]


def erase_asked(
    session: Session, vault: Vault, subject: Subject, pseudonym: str, found: Found, now: datetime
) -> Counter[str]:
    """What somebody asked, what came of it, and who they are here. Batches of theirs stay without a text until their
    provider has nothing of them (``answer.batching.withdrawing``), and until then their row among the people does."""
    gone: Counter[str] = Counter()
    person = subject.person_id
    if found.profile:
        gone["vault"] += batches.forget(session, vault, person)
        gone["usage"] += usage_rows.erase(session, pseudonym)
        gone["answered again"] += kept_rows.drop(session, sorted(found.conversations))
    gone["vault"] += vault.forget(session, sorted(found.conversations), ())
    gone["deliveries"] += _delete(session, DeliveryRow.id, found.deliveries)
    for some in some_of(sorted(found.answers)):
        session.execute(delete(OnceRow).where(OnceRow.answer_id.in_(some)))
        session.execute(update(UsageRow).where(UsageRow.answer_id.in_(some)).values(answer_id=None))
    gone["reviews"] += reviews.withdraw(session, found.answers, now)
    _count(gone, remove(session, AnswerRow, sorted(found.answers)))
    _count(gone, remove(session, ConversationRow, sorted(found.conversations)))
    if found.profile:
        gone["reviewed by them"] += reviews.forget_reviewer(session, person, now)
        _count(gone, _erase_profile(session, person))
    return gone


def _erase_profile(session: Session, person: str) -> Counter[str]:
    identity.forget(session, person)
    session.execute(delete(OnceRow).where(OnceRow.person_id == person))
    # Without an owner it would be everybody's.
    hooks = session.scalars(select(WebhookRow.id).where(WebhookRow.owner_id == person)).all()
    gone = remove(session, WebhookRow, hooks)
    gone += remove(
        session, TokenRow, session.scalars(select(TokenRow.hash).where(TokenRow.person_id == person)), "hash"
    )
    session.execute(update(AccountRow).where(AccountRow.person_id == person).values(person_id=None, joined_by=""))
    gone += remove_person(session, person)
    return gone


def remove_person(session: Session, person: str) -> Counter[str]:
    """Their row, or, while a batch of theirs is not withdrawn, all that it says."""
    people_changes.note(session, people_changes.PEOPLE, (person,))
    if session.scalar(select(BatchRow.id).where(BatchRow.person_id == person).limit(1)) is None:
        return remove(session, PersonRow, [person])
    row = session.get_one(PersonRow, person)
    row.email, row.name, row.title, row.roles = f"{ERASED}{row.id}", "", "", []
    row.disabled_at = row.disabled_at or row.created_at
    session.flush()
    return Counter({"people": 1})


def left_over(session: Session) -> list[str]:
    """People who are erased, and of whom only a row was left for their batches, which are withdrawn by now."""
    query = select(PersonRow.id).where(PersonRow.email.startswith(ERASED, autoescape=True))
    busy = set(session.scalars(select(BatchRow.person_id)))
    return [person for person in session.scalars(query) if person not in busy]


def erase_told(
    session: Session, vault: Vault, subject: Subject | None, found: Found, held: Held, naming: Naming | None
) -> Counter[str]:
    """Somebody in the answers of others: the sentences that rest on what goes, and every place that names them.
    Without ``naming`` the whole text of those answers goes."""
    gone: Counter[str] = Counter()
    mask = naming.masked if naming is not None else _nothing
    for some in some_of(sorted(found.retold)):
        for row in session.scalars(select(AnswerRow).where(AnswerRow.id.in_(some))):
            _mask_answer(row, found.versions, mask)
            gone["retold"] += 1
        gone["answered again"] += _delete(session, KeptAnswerRow.answer_id, set(some))
        reviews.unwrite(session, some)
        conversations = select(AnswerRow.conversation_id).where(AnswerRow.id.in_(some))
        for row in session.scalars(select(ConversationRow).where(ConversationRow.id.in_(conversations))):
            row.title = mask(row.title)
        for share in session.scalars(select(ShareRow).where(ShareRow.conversation_id.in_(conversations))):
            share.title = mask(share.title)
            share.questions = {key: mask(text) for key, text in share.questions.items()}
    gone["deliveries"] += _delete(session, DeliveryRow.id, found.deliveries)
    if naming is not None:
        for feedback in session.scalars(select(FeedbackRow)):
            if not held.answer(feedback.answer_id, feedback.person_id):
                feedback.comment = naming.masked(feedback.comment)
        reviews.mask(session, naming.masked, held)
        for item in session.scalars(select(BatchItemRow)):
            if naming.names(item.question):
                item.question = naming.masked(item.question)
    if subject is not None:
        gone["vault"] += erase_values(session, vault, subject, held)
    session.flush()
    return gone


def erase_values(session: Session, vault: Vault, subject: Subject, held: Held) -> int:
    """What belongs to somebody in the vault, in anybody's conversation but those that are held."""
    spared = answers.held_conversations(session, held)
    known = subject.known
    keys = {known.person_key, *unlinked_keys(known.emails)}
    theirs = [each for each in vault.belonging_to(session, [known]) if each[0] not in spared]
    return vault.forget(session, (), keys, spared) + repository.erase_values(session, theirs)


def erase_accounts(session: Session, subject: Subject) -> int:
    """Their name and address in accounts of sources, which keep their key, and do not get them back."""
    emails = set(subject.known.emails)
    those = or_(func.lower(AccountRow.email).in_(emails), AccountRow.person_id == (subject.person_id or None))
    rows = session.scalars(select(AccountRow).where(those)).all()
    for row in rows:
        row.email, row.name, row.erased = None, "", True
        people_changes.note(session, changes_of(row.source_id), (row.key,))
    return len(rows)


def _mask_answer(row: AnswerRow, versions: set[str], mask: Mask) -> None:
    row.question = mask(row.question)
    row.searched = None if row.searched is None else mask(row.searched)
    row.reason = None if row.reason is None else mask(row.reason)
    row.claims = [{**claim, "text": "" if _rests(claim, versions) else mask(claim["text"])} for claim in row.claims]
    row.tried = [
        {**told, "dropped": [{**each, "text": mask(each.get("text") or "")} for each in told.get("dropped", ())]}
        if versions.isdisjoint(str(place.get("version")) for place in told.get("sent", ()))
        else {**told, "dropped": [{**each, "text": ""} for each in told.get("dropped", ())]}
        for told in row.tried
    ]


def _rests(claim: dict[str, Any], versions: set[str]) -> bool:
    return not versions.isdisjoint(cited_versions([claim]))


def _nothing(text: str) -> str:
    return ERASED if text else ""


def _delete(session: Session, column: Any, values: Iterable[str]) -> int:
    gone = 0
    for some in some_of(sorted(values)):
        done = session.execute(
            delete(column.class_).where(column.in_(some)).execution_options(synchronize_session=False)
        )
        gone += int(getattr(done, "rowcount", 0))
    return gone


_PLACES = {
    "answers": "answers",
    "conversations": "conversations",
    "kept_answers": "answered again",
    "tokens": "sign-ins",
    "people": "profile",
    "memberships": "groups",
    "answer_feedback": "feedback",
    "conversation_shares": "shares",
}


def _count(gone: Counter[str], rows: Counter[str]) -> None:
    for table, count in rows.items():
        gone[_PLACES.get(table, table)] += count
