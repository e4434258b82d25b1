"""Local accounts: an e-mail address and a password. For the embedded mode, where nobody else says who somebody is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from api import tokens
from api.identity import lockout, passwords
from api.identity.passwords import Passwords
from api.identity.recording import Recording
from api.identity.sessions import SIGNS_IN
from core import people
from core.clock import Clock
from core.database import Database
from core.errors import Forbidden, TooMany, Unauthenticated
from core.people import Person

METHOD = "password"


@dataclass(frozen=True, slots=True)
class Accounts:
    """``open``: whether anybody signs in with a password here. ``organisation``: its name, for what is no password."""

    database: Database
    passwords: Passwords
    clock: Clock
    open: bool
    organisation: str

    def verified(self, email: str, password: str, recording: Recording) -> str:
        """The id of the person with that address and password. Raises ``Unauthenticated``, the same for a wrong
        password and for somebody who does not exist, and ``TooMany``."""
        self.check_open()
        with self.database.reading() as session:
            person_id = people.find(session, email)
        account = lockout.account_of(METHOD, email)
        count = self._attempt(account, person_id, recording)
        with self.database.reading() as session:
            right = self.passwords.matches(session, person_id, password)
        if person_id is None or not right:
            reason = "locked_out" if count >= lockout.FREE else "wrong"
            recording.audit.append(recording.not_signed_in(person_id, METHOD, reason))
            raise Unauthenticated(
                "The e-mail address or the password is wrong.",
                hint="Try again; an operator can give you a link to set a new password.",
            )
        renewed = self.passwords.renewed(self._hash_of(person_id), password)
        with self.database.writing() as session:
            lockout.succeed(session, account)
            if renewed is not None:
                self.passwords.put(session, person_id, renewed, self.clock())
                recording.audit.enlist(session, recording.credential(person_id, "renewed", "password"))
        return person_id

    def set_by_link(self, link: str, password: str, recording: Recording) -> str:
        """Set a password with a one-time link, which stays good while the password is refused; everything that signed
        the person in ends. Returns whose it is. Raises ``Unauthenticated`` and ``Invalid``."""
        self.check_open()
        with self.database.reading() as session:
            person = people.by_id(session, tokens.holder(session, link, "reset", self.clock()).person_id)
        self._check(password, person)
        hashed = self.passwords.hash(password)
        with self.database.writing() as session:
            now = self.clock()
            person_id = tokens.redeem(session, link, now, "reset")
            self._put(session, person_id, hashed, recording, now, None)
            lockout.succeed(session, lockout.account_of(METHOD, person.email))
        return person_id

    def change(self, person_id: str, current: str, password: str, keep: str, recording: Recording) -> int:
        """Change one's own password; all other sessions end. ``keep`` is the token of this one. Returns how many ended.
        Raises ``Unauthenticated``, ``Invalid`` and ``TooMany``."""
        with self.database.reading() as session:
            person = people.by_id(session, person_id)
        self.verified(person.email, current, recording)
        self._check(password, person)
        hashed = self.passwords.hash(password)
        with self.database.writing() as session:
            return self._put(session, person_id, hashed, recording, self.clock(), keep)

    def check_open(self) -> None:
        """Raises ``Forbidden``."""
        if not self.open:
            raise Forbidden(
                "Nobody signs in with a password here.", hint="Use your organisation's sign-in, or a sign-in link."
            )

    def _attempt(self, account: str, person_id: str | None, recording: Recording) -> int:
        try:
            with self.database.writing() as session:
                return lockout.attempt(session, account, self.clock())
        except TooMany:
            recording.audit.append(recording.not_signed_in(person_id, METHOD, "locked", denied=True))
            raise

    def _hash_of(self, person_id: str) -> str:
        with self.database.reading() as session:
            return passwords.hash_of(session, person_id)

    def _check(self, password: str, person: Person) -> None:
        passwords.check(password, (person.email, person.name, self.organisation))

    def _put(
        self, session: Session, person_id: str, hashed: str, recording: Recording, now: datetime, keep: str | None
    ) -> int:
        self.passwords.put(session, person_id, hashed, now)
        ended = tokens.end_all(session, person_id, now, kinds=SIGNS_IN, but=keep)
        recording.audit.enlist(session, recording.credential(person_id, "set", "password", sessions=ended))
        return ended
