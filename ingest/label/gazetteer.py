"""The names and addresses of the people whom the company knows, found in texts: people here, accounts of sources, and
whom records of personnel systems tell of.

Held in memory and kept current: before each use the last change is compared, and what changed is read anew. No document
needs to be looked into again because somebody joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import RLock

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from connectors.accounts import ACCOUNTS
from connectors.tables import AccountRow
from core import people_changes
from core.database import Database
from core.ids import stable_id
from core.people_changes import PEOPLE
from core.tables import PersonRow
from ingest.label.directory import Directory, Entry, Hit
from ingest.label.findings import Finding
from ingest.label.personnel import SCOPE as RECORDS
from ingest.label.tables import KnownPersonRow

RULE = "gazetteer"
SCORE = 0.95
_SOME = 20_000
"""Rows read at a time when everything is."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is known to be one person. ``person_key`` is their id where they are somebody here."""

    person_key: str
    names: tuple[str, ...] = field(repr=False)
    emails: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """A finding, and whom it names: one person, or several of whom nobody can tell which."""

    finding: Finding
    people: tuple[Known, ...]

    @property
    def person_key(self) -> str | None:
        """Who it is, where there is no doubt."""
        return self.people[0].person_key if len(self.people) == 1 else None


class Gazetteer:
    """Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = RLock()
        self._directory = Directory()
        self._entries: dict[str, dict[str, Entry]] = {}
        """By scope and key."""
        self._seen = -1

    def find(self, text: str) -> tuple[Finding, ...]:
        """Names and addresses of known people, in order, none overlapping another."""
        return tuple(match.finding for match in self.matches(text))

    def matches(self, text: str) -> tuple[Match, ...]:
        return self.matches_each((text,))[0]

    def matches_each(self, texts: Sequence[str]) -> list[tuple[Match, ...]]:
        """For each text what is found in it; brought up to date once for all of them."""
        with self._lock:
            self.refresh()
            return [tuple(map(self._match, self._directory.hits(text))) for text in texts]

    def who(self, value: str) -> str | None:
        """The key of the person whom a name, a title with a surname, or an address names; None where it is nobody, or
        may be several."""
        for match in self.matches(value):
            return match.person_key
        return None

    def known(self, person_id: str) -> Known | None:
        """Everything that is known of a person here."""
        with self._lock:
            self.refresh()
            entry = self._entries.get(PEOPLE, {}).get(person_id)
            return None if entry is None else self._known(entry)

    def __len__(self) -> int:
        """How many entries there are; somebody who is known from several places has several."""
        with self._lock:
            self.refresh()
            return sum(map(len, self._entries.values()))

    def refresh(self) -> None:
        """Read what changed since the last time; everything the first time."""
        with self._lock, self._database.reading() as session:
            last = people_changes.last(session)
            if last == self._seen:
                return
            if self._seen < 0 or last < self._seen:
                # The first time, or the database is one of before.
                self._read_everything(session)
            else:
                self._read_changes(session)
            self._seen = last

    # What is known of a person

    def _match(self, hit: Hit) -> Match:
        kind = "EMAIL_ADDRESS" if hit.address else "PERSON"
        people = {known.person_key: known for known in map(self._known, _identified(hit.entries))}
        return Match(Finding(kind, hit.span, SCORE, RULE), tuple(people[key] for key in sorted(people)))

    def _known(self, entry: Entry) -> Known:
        """All entries that share a person or an address with this one."""
        alike: dict[int, Entry] = {id(entry): entry}
        waiting = [entry]
        while waiting:
            one = waiting.pop()
            person = one.key if one.scope == PEOPLE else one.person
            near = [each for email in one.emails for each in self._directory.by_address(email)]
            near += self._directory.by_person(person) if person else ()
            for other in near:
                if id(other) not in alike:
                    alike[id(other)] = other
                    waiting.append(other)
        everyone = list(alike.values())
        return Known(
            _key(everyone),
            tuple(sorted({each.name for each in everyone if each.name})),
            tuple(sorted({email for each in everyone for email in each.emails})),
        )

    # Reading

    def _read_everything(self, session: Session) -> None:
        self._directory, self._entries = Directory(), {}
        for entry in _people(session, None):
            self._add(entry)
        for entry in _accounts(session, None, None):
            self._add(entry)
        for entry in _records(session, None):
            self._add(entry)

    def _read_changes(self, session: Session) -> None:
        wanted: dict[str, set[str] | None] = {}
        for change in people_changes.since(session, self._seen):
            keys = wanted.setdefault(change.scope, set())
            if change.key is None:
                wanted[change.scope] = None
            elif keys is not None:
                keys.add(change.key)
        for scope, keys in wanted.items():
            self._replace(scope, keys, {entry.key: entry for entry in _read(session, scope, keys)})

    def _replace(self, scope: str, keys: set[str] | None, now: dict[str, Entry]) -> None:
        held = self._entries.setdefault(scope, {})
        for key in list(held) if keys is None else keys & held.keys():
            self._directory.remove(held.pop(key))
        for entry in now.values():
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        self._entries.setdefault(entry.scope, {})[entry.key] = entry
        self._directory.add(entry)


def known_of(session: Session, person_id: str) -> Known | None:
    """Everything that is known of a person here, read for this once."""
    person = next(iter(_people(session, {person_id})), None)
    if person is None:
        return None
    found = [person, *_accounts_of(session, person_id, person.emails)]
    emails = {email for entry in found for email in entry.emails}
    found += [entry for entry in _records(session, None) if emails & set(entry.emails)]
    return Known(
        person_id,
        tuple(sorted({entry.name for entry in found if entry.name})),
        tuple(sorted({email for entry in found for email in entry.emails})),
    )


def _identified(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Those of which it is known who they are: a bare name is taken for somebody of that name who is known better."""
    named = [entry for entry in entries if entry.scope == PEOPLE or entry.person or entry.emails]
    return named or entries


def _key(entries: Sequence[Entry]) -> str:
    people = [entry.key for entry in entries if entry.scope == PEOPLE]
    people += [entry.person for entry in entries if entry.person]
    if people:
        return min(people)
    emails = [email for entry in entries for email in entry.emails]
    if emails:
        return _unlinked(min(emails))
    return stable_id("known", *min((entry.scope, entry.key) for entry in entries))


def unlinked_keys(emails: Iterable[str]) -> tuple[str, ...]:
    """The keys of somebody with these addresses, as long as nobody here has them."""
    return tuple(_unlinked(email) for email in emails)


def _unlinked(email: str) -> str:
    return stable_id("known", email)


def _read(session: Session, scope: str, keys: set[str] | None) -> Iterable[Entry]:
    if scope == PEOPLE:
        return _people(session, keys)
    if scope == RECORDS:
        return _records(session, keys)
    return _accounts(session, scope.removeprefix(ACCOUNTS), keys)


def _people(session: Session, keys: set[str] | None) -> Iterable[Entry]:
    """Those who left as well: texts go on to speak of them."""
    query = select(PersonRow.id, PersonRow.name, PersonRow.email)
    if keys is not None:
        query = query.where(PersonRow.id.in_(keys))
    for row in session.execute(query.execution_options(yield_per=_SOME)):
        yield Entry(PEOPLE, row.id, None, row.name, (row.email.lower(),))


def _accounts(session: Session, source_id: str | None, keys: set[str] | None) -> Iterable[Entry]:
    query = select(AccountRow.source_id, AccountRow.key, AccountRow.name, AccountRow.email, AccountRow.person_id)
    if source_id is not None:
        query = query.where(AccountRow.source_id == source_id)
    if keys is not None:
        query = query.where(AccountRow.key.in_(keys))
    for row in session.execute(query.execution_options(yield_per=_SOME)):
        yield _account(row.source_id, row.key, row.person_id, row.name, row.email)


def _accounts_of(session: Session, person_id: str, emails: Sequence[str]) -> Iterable[Entry]:
    theirs = or_(AccountRow.person_id == person_id, func.lower(AccountRow.email).in_(emails))
    for row in session.scalars(select(AccountRow).where(theirs)):
        yield _account(row.source_id, row.key, row.person_id, row.name, row.email)


def _account(source_id: str, key: str, person: str | None, name: str, email: str | None) -> Entry:
    emails = (email.strip().lower(),) if email and "@" in email else ()
    return Entry(f"{ACCOUNTS}{source_id}", key, person, name, emails)


def _records(session: Session, keys: set[str] | None) -> Iterable[Entry]:
    query = select(KnownPersonRow.document_id, KnownPersonRow.name, KnownPersonRow.emails)
    if keys is not None:
        query = query.where(KnownPersonRow.document_id.in_(keys))
    for row in session.execute(query.execution_options(yield_per=_SOME)):
        yield Entry(RECORDS, row.document_id, None, row.name, tuple(row.emails))
