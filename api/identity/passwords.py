"""Passwords of local accounts: Argon2id (RFC 9106), and what may be one (NIST SP 800-63B, 5.1.1.2)."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import delete
from sqlalchemy.orm import Session

from api.identity.tables import PasswordRow
from core.errors import Invalid

SHORTEST = 12
LONGEST = 256
"""Characters."""
AT_ONCE = 2
"""Hashes that are computed at the same time: each takes 64 MiB."""
SHORTEST_WORD = 4
FEWEST_DIFFERENT = 6
OFTEN = ("password", "passwort", "qwerty", "123456", "abcdef", "letmein", "welcome", "iloveyou", "vouch")
HINT = "Take several words that have nothing to do with you, or let a password manager make one."


class Passwords:
    """``hasher`` holds the parameters; a hash that was made with others is made anew when its password is next used."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = BoundedSemaphore(AT_ONCE)
        self._nobodys: str | None = None

    def matches(self, session: Session, person_id: str | None, password: str) -> bool:
        """Whether it is that person's. Takes as long for somebody who has none, or does not exist."""
        row = None if person_id is None else session.get(PasswordRow, person_id)
        right = self._verified(row.hash if row is not None else self._decoy(), password)
        return right and row is not None

    def renewed(self, hashed: str, password: str) -> str | None:
        """A new hash of a password that was just right, where the parameters changed."""
        return self.hash(password) if self._hasher.check_needs_rehash(hashed) else None

    def put(self, session: Session, person_id: str, hashed: str, now: datetime) -> None:
        """``hashed`` comes from ``hash``, which is not to be computed while others wait for the database."""
        row = session.get(PasswordRow, person_id)
        if row is None:
            session.add(PasswordRow(person_id=person_id, hash=hashed, set_at=now))
        else:
            row.hash, row.set_at = hashed, now
        session.flush()

    def hash(self, password: str) -> str:
        with self._turn:
            return self._hasher.hash(_normal(password))

    def _verified(self, hashed: str, password: str) -> bool:
        with self._turn:
            try:
                return self._hasher.verify(hashed, _normal(password))
            except (Argon2Error, InvalidHashError):
                return False

    def _decoy(self) -> str:
        if self._nobodys is None:
            self._nobodys = self.hash(secrets.token_urlsafe(32))
        return self._nobodys


def hash_of(session: Session, person_id: str) -> str:
    return session.get_one(PasswordRow, person_id).hash


def remove(session: Session, person_id: str) -> None:
    session.execute(delete(PasswordRow).where(PasswordRow.person_id == person_id))


def check(password: str, about: Iterable[str]) -> None:
    """Raises ``Invalid`` for one that is too short, or easy to guess for whoever knows ``about``: the person's address
    and name, the organisation."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise Invalid(f"A password needs at least {SHORTEST} characters.", hint=HINT)
    if len(plain) > LONGEST:
        raise Invalid(f"A password has at most {LONGEST} characters.", hint="Take a shorter one.")
    folded = plain.casefold()
    if len(set(folded)) < FEWEST_DIFFERENT:
        raise Invalid("This password repeats the same few characters.", hint=HINT)
    if any(word in folded for word in (*OFTEN, *_words(about))):
        raise Invalid("This password holds a word that others would try first.", hint=HINT)


def _words(about: Iterable[str]) -> set[str]:
    found = {word for text in about for word in re.split(r"[\W_\d]+", _normal(text).casefold())}
    return {word for word in found if len(word) >= SHORTEST_WORD}


def _normal(text: str) -> str:
    """The same password, however a keyboard composes its characters."""
    return unicodedata.normalize("NFKC", text)
