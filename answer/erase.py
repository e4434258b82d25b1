"""Forgetting: the vault keys of a person go, and with them every value that only they could open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from answer import kept_rows, repository
from answer.linking import Known
from answer.tables import AnswerRow
from answer.vault import Vault
from core import holds
from core.holds import Held
from ingest.label.gazetteer import unlinked_keys


def forget(session: Session, vault: Vault, person_id: str, known: Iterable[Known] = ()) -> int:
    """Forget a person in the caller's transaction: what stands in the vault for their conversations, and what belongs
    to them in anybody's. ``known`` are the people whom the organisation knows them as. Returns how many values went.

    Answers stay, with pseudonyms in place of what was forgotten.
    """
    them = list(known)
    found = vault.belonging_to(session, them)
    # A value may have come before they had an account here.
    keys = {person_id, *(key for each in them for key in (each.person_key, *unlinked_keys(each.emails)))}
    theirs = repository.conversation_ids_of(session, person_id)
    kept_rows.drop(session, theirs)
    return vault.forget(session, theirs, keys) + repository.erase_values(session, found)


def forget_conversation(session: Session, vault: Vault, conversation_id: str) -> int:
    """Forget what stands in the vault for one conversation, whose answers are not given again. Returns how many values
    went."""
    kept_rows.drop(session, [conversation_id])
    return vault.forget(session, [conversation_id], (), held_conversations(session, holds.held(session)))


def sweep(session: Session, vault: Vault, now: datetime) -> int:
    """Destroy the values whose time is over, and those of deleted conversations: what was being answered when one was
    deleted came after. With them go the answers that are given again. Returns how many values went."""
    kept_rows.sweep(session, now)
    spared = held_conversations(session, holds.held(session))
    deleted = vault.forget(session, repository.deleted_with_values(session), (), spared)
    return deleted + vault.sweep(session, now, spared)


def held_conversations(session: Session, held: Held) -> set[str]:
    """Those of which an answer is held."""
    if not (held.answers or held.people):
        return set()
    those = or_(AnswerRow.id.in_(held.answers), AnswerRow.person_id.in_(held.people))
    return set(session.scalars(select(AnswerRow.conversation_id).where(those).distinct()))
