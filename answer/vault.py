"""What the tokens of a conversation stand for: encrypted, kept for a time, and gone when its key is.

Every subject of a conversation has a key of its own (AES-256-GCM), wrapped under the installation's keyring; the empty
subject has the values of nobody in particular. A value is bound to its token: put beside another one, it does not open.
Destroying a conversation's or a person's keys destroys the values wherever copies of the rows are.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Session

from answer import repository
from answer.linking import Known, Name, name_of
from answer.pseudonyms import Token, conversation_key
from answer.tables import VaultRow
from core.errors import Refused
from core.secrets import KEY_BYTES, Keyring, Secret
from core.text import Span

KEPT_FOR = timedelta(days=90)
"""How long a value stays after it was last used, where nothing else is said."""
MOST_PLACES = 500
"""Places kept of one value; those beyond say nothing that these do not."""

_WRAPPING, _PSEUDONYMS, _SUBJECTS = "vault-wrapping", "vault-pseudonyms", "vault-subjects"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was seen: spans of a version, a ``field`` of it (title, uri, headings), or typed by a person."""

    version: str | None = None
    spans: tuple[Span, ...] = ()
    field: str | None = None
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One spelling of a value. ``canonical`` is what makes spellings the same; ``name`` is set for those of people."""

    token: Token
    value: str = field(repr=False)
    canonical: str = field(repr=False)
    name: Name | None = field(repr=False)
    places: tuple[Place, ...]
    created_at: datetime
    person_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Damaged:
    """An entry that does not open: its row was tampered with, or its key is gone."""

    token: str


class Vault:
    """The values of all conversations. It never commits: what it writes belongs to the caller's unit of work."""

    def __init__(self, keyring: Keyring, kept_for: timedelta = KEPT_FOR) -> None:
        self._wrapping = keyring.key(_WRAPPING)
        self._pseudonyms = keyring.key(_PSEUDONYMS)
        self._subjects = keyring.key(_SUBJECTS)
        self._kept_for = kept_for

    def key_of(self, conversation_id: str) -> Secret:
        """The key of a conversation's pseudonyms. It is derived and not stored."""
        return conversation_key(self._pseudonyms, conversation_id)

    def subject(self, person_key: str | None) -> str:
        """How the vault names the person whom a value belongs to."""
        if person_key is None:
            return ""
        return hmac.new(self._subjects.raw(), person_key.encode(), hashlib.sha256).hexdigest()[:32]

    def read(self, session: Session, conversation_id: str, now: datetime) -> tuple[list[Entry], list[Damaged]]:
        """What a conversation's tokens stand for now."""
        keys = self._keys(session, conversation_id)
        entries: list[Entry] = []
        damaged: list[Damaged] = []
        for row in repository.vault_rows(session, conversation_id, now):
            entry = _opened(row, keys.get(row.subject))
            if entry is None:
                damaged.append(Damaged(row.token))
            else:
                entries.append(entry)
        return entries, damaged

    def put(self, session: Session, conversation_id: str, entries: Iterable[Entry], now: datetime) -> None:
        """Keep new entries, and add the places of known ones. Both live on from now.

        Raises ``Refused`` when a key cannot be opened: nothing could be restored then.
        """
        wanted = list(entries)
        if not wanted:
            return
        rows = {row.token: row for row in repository.vault_rows(session, conversation_id, now)}
        keys = self._keys(session, conversation_id)
        new: list[dict[str, Any]] = []
        for entry in wanted:
            subject = self.subject(entry.person_key)
            if subject not in keys:
                keys[subject] = self._new_key(session, conversation_id, subject)
            key = keys[subject]
            if key is None:
                raise Refused("A key of the vault does not open.", hint="Restore the key directory from a backup.")
            row = rows.get(str(entry.token))
            if row is not None:
                row.places = _merged(row.places, entry.places)
                row.expires_at = now + self._kept_for
                if row.subject != subject:
                    # Whose value it is became known: it goes with that person's key from now on.
                    row.subject, row.value = subject, _sealed(entry, key, conversation_id)
                continue
            new.append(
                {
                    "conversation_id": conversation_id,
                    "token": str(entry.token),
                    "identity": entry.token.identity,
                    "kind": entry.token.kind,
                    "form": entry.token.form,
                    "subject": subject,
                    "value": _sealed(entry, key, conversation_id),
                    "places": _merged([], entry.places),
                    "created_at": now,
                    "expires_at": now + self._kept_for,
                }
            )
        session.flush()
        repository.add_vault_rows(session, new)

    def taken(self, session: Session, conversation_id: str) -> dict[str, int]:
        """The highest form given out for each identity of a conversation."""
        highest: dict[str, int] = {}
        for identity, form in repository.vault_tokens(session, conversation_id):
            highest[identity] = max(form, highest.get(identity, 0))
        return highest

    def forget(
        self, session: Session, conversation_ids: Collection[str], person_keys: Collection[str],
        spared: Collection[str] = (),
    ) -> int:  # fmt: skip
        """Destroy the keys and values of these conversations, and those that belong to these people in any; nothing in
        conversations that are ``spared``. Returns how many values went."""
        return repository.erase_vault(session, conversation_ids, [self.subject(key) for key in person_keys], spared)

    def belonging_to(self, session: Session, people: Sequence[Known]) -> list[tuple[str, str]]:
        """(conversation, token) of values of nobody in particular that are the full name or an address of these people:
        they came before anybody knew whose they were."""
        names = {name_of(name).words for each in people for name in each.names}
        emails = {email.casefold() for each in people for email in each.emails}
        found: set[tuple[str, str]] = set()
        held: dict[tuple[str, str], list[str]] = {}
        keys: dict[str, Secret | None] = {}
        for row in repository.vault_rows_of(session, self.subject(None)) if names or emails else ():
            if row.conversation_id not in keys:
                keys[row.conversation_id] = self._keys(session, row.conversation_id).get(row.subject)
            entry = _opened(row, keys[row.conversation_id])
            held.setdefault((row.conversation_id, row.identity), []).append(row.token)
            if entry is None:
                continue
            full = entry.name is not None and len(entry.name.words) > 1 and entry.name.words in names
            if full or (entry.name is None and entry.canonical in emails):
                found.add((row.conversation_id, row.identity))
        # With it go the short names that were taken for theirs.
        return [(each[0], token) for each in sorted(found) for token in held[each]]

    def sweep(self, session: Session, now: datetime, spared: Collection[str] = ()) -> int:
        """Destroy what has expired, but in conversations that are ``spared``. Returns how many values went."""
        return repository.sweep_vault(session, now, spared)

    def _keys(self, session: Session, conversation_id: str) -> dict[str, Secret | None]:
        return {
            subject: self._unwrapped(wrapped, conversation_id, subject)
            for subject, wrapped in repository.vault_keys(session, conversation_id).items()
        }

    def _new_key(self, session: Session, conversation_id: str, subject: str) -> Secret:
        key = Secret(os.urandom(KEY_BYTES))
        nonce = os.urandom(_NONCE)
        bound = _bound("key", conversation_id, subject)
        wrapped = nonce + AESGCM(self._wrapping.raw()).encrypt(nonce, key.raw(), bound)
        repository.add_vault_key(session, conversation_id, subject, wrapped)
        return key

    def _unwrapped(self, wrapped: bytes, conversation_id: str, subject: str) -> Secret | None:
        plain = _decrypted(self._wrapping, wrapped, _bound("key", conversation_id, subject))
        return None if plain is None else Secret(plain)


def _sealed(entry: Entry, key: Secret, conversation_id: str) -> bytes:
    content = {
        "value": entry.value.encode("utf-8", "surrogatepass").hex(),
        "canonical": entry.canonical.encode("utf-8", "surrogatepass").hex(),
        "name": None if entry.name is None else [list(entry.name.words), entry.name.titled],
        "person": entry.person_key,
    }
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key.raw()).encrypt(
        nonce, orjson.dumps(content), _bound("value", conversation_id, str(entry.token))
    )


def _opened(row: VaultRow, key: Secret | None) -> Entry | None:
    token = Token(row.kind, row.identity, row.form)
    if key is None or str(token) != row.token:
        return None
    plain = _decrypted(key, row.value, _bound("value", row.conversation_id, row.token))
    if plain is None:
        return None
    content = orjson.loads(plain)
    name = content["name"]
    return Entry(
        token=token,
        value=bytes.fromhex(content["value"]).decode("utf-8", "surrogatepass"),
        canonical=bytes.fromhex(content["canonical"]).decode("utf-8", "surrogatepass"),
        name=None if name is None else Name(tuple(name[0]), name[1]),
        places=tuple(map(_place, row.places)),
        created_at=row.created_at,
        person_key=content["person"],
    )


def _decrypted(key: Secret, sealed: bytes, bound: bytes) -> bytes | None:
    try:
        return AESGCM(key.raw()).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except (InvalidTag, ValueError):
        return None


def _bound(*parts: str) -> bytes:
    """What a ciphertext belongs to, authenticated with it."""
    return orjson.dumps(("vouch", *parts))


def _merged(stored: list[dict[str, Any]], places: Iterable[Place]) -> list[dict[str, Any]]:
    held = dict.fromkeys(map(_place, stored))
    new = [place for place in dict.fromkeys(places) if place not in held]
    return [*stored, *map(_packed, new[: max(0, MOST_PLACES - len(stored))])]


def _packed(place: Place) -> dict[str, Any]:
    if place.typed is not None:
        return {"typed": place.typed}
    if place.field is not None:
        return {"version": place.version, "field": place.field}
    return {"version": place.version, "spans": [[span.start, span.end] for span in place.spans]}


def _place(packed: Mapping[str, Any]) -> Place:
    spans = tuple(Span(start, end) for start, end in packed.get("spans", ()))
    return Place(packed.get("version"), spans, packed.get("field"), packed.get("typed"))
