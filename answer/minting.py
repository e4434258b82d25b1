"""Tokens for the values of one request, in the words that the conversation already has for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from answer.linking import EMAIL_KINDS, NAME_KINDS, Entity, Kept, Known, Links, Name, name_of
from answer.pseudonyms import LONGEST_FORM, PERSON, Token, canonical, identity
from answer.vault import Entry, Place
from core.errors import Refused
from core.secrets import Secret

MOST_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Mention:
    """A value as it stands somewhere. ``name`` says who is meant where the spelling does not (``ameyer`` in a path)."""

    kind: str
    value: str = field(repr=False)
    place: tuple[Place, ...]
    canonical: str = field(repr=False)
    name: Name | None = field(default=None, repr=False)


def mention(
    kind: str, value: str, place: Sequence[Place], *, name: Name | None = None, as_value: str | None = None
) -> Mention:
    """``as_value``: another spelling that it was recognised by."""
    if kind in NAME_KINDS:
        found = name or name_of(value)
        if found.words:
            return Mention(kind, value, tuple(place), " ".join(found.words), found)
    return Mention(kind, value, tuple(place), canonical(kind, as_value or value))


class Mint:
    """Makes tokens for the mentions of one request, and the entries of the vault behind them.

    ``entries`` is what the conversation has; ``taken`` the highest form given out by identity.
    """

    def __init__(
        self, key: Secret, entries: Sequence[Entry], taken: Mapping[str, int], mentions: Iterable[Mention],
        known: Sequence[Known], now: datetime,
    ) -> None:  # fmt: skip
        self._key, self._now, self._taken = key, now, dict(taken)
        self._forms = {(e.token.identity, e.token.kind, e.value): e.token for e in entries}
        self._values = {(e.token.kind, e.canonical): e.token.identity for e in entries if not _is_person(e.token.kind)}
        self._owners: dict[str, object] = {
            e.token.identity: (e.token.kind, e.canonical) for e in entries if not _is_person(e.token.kind)
        }
        self._identities: dict[int, str] = {}
        self._entities: dict[str, Entity] = {}
        wanted = list(mentions)
        self._links = Links(
            [each.name for each in wanted if each.name is not None],
            [each.canonical for each in wanted if each.kind in EMAIL_KINDS],
            list(_kept(entries)),
            known,
        )
        self._reserved = {one for each in self._links.entities for one in each.identities}
        self._entries = {str(e.token): e for e in entries}
        self._changed: dict[str, Entry] = {}
        self._places: dict[str, dict[Place, None]] = {}

    def token(self, mentioned: Mention) -> Token:
        entity = self._entity(mentioned)
        found = self._of_entity(entity) if entity is not None else self._of_value(mentioned)
        token = self._forms.get((found, mentioned.kind, mentioned.value))
        if token is None:
            form = self._taken.get(found, 0) + 1
            if form >= 10**LONGEST_FORM:
                raise Refused("This conversation spells one value in too many ways.", hint="Begin a new conversation.")
            self._taken[found] = form
            token = Token(mentioned.kind, found, form)
            self._forms[found, mentioned.kind, mentioned.value] = token
        self._note(token, mentioned, entity)
        return token

    def entries(self) -> list[Entry]:
        """What the vault has to keep now: new values, new places, and values of whom the organisation now knows."""
        for token, entry in self._entries.items():
            entity = self._entities.get(entry.token.identity)
            if entity is not None and entity.person_key != entry.person_key and entity.person_key is not None:
                changed = self._changed.get(token, replace(entry, places=()))
                self._changed[token] = replace(changed, person_key=entity.person_key)
        return [replace(each, places=tuple(self._places.get(token, ()))) for token, each in self._changed.items()]

    def _entity(self, mentioned: Mention) -> Entity | None:
        if mentioned.name is not None:
            return self._links.of_name(mentioned.name)
        if mentioned.kind in EMAIL_KINDS:
            return self._links.of_email(mentioned.canonical)
        return None

    def _of_entity(self, entity: Entity) -> str:
        found = self._identities.get(id(entity))
        if found is None:
            free = (one for one in entity.identities if self._owners.get(one, entity) is entity)
            found = next(free, None) or self._new(PERSON, entity.canonical, entity)
            self._identities[id(entity)] = found
            self._owners[found] = self._entities[found] = entity
        return found

    def _of_value(self, mentioned: Mention) -> str:
        owner = (mentioned.kind, mentioned.canonical)
        found = self._values.get(owner) or self._new(mentioned.kind, mentioned.canonical, owner)
        self._values[owner] = found
        self._owners[found] = owner
        return found

    def _new(self, kind: str, value: str, owner: object) -> str:
        """An identity that stands for nothing else in this conversation."""
        for attempt in range(MOST_ATTEMPTS):
            found = identity(self._key, kind, value, attempt)
            if self._owners.get(found, owner) == owner and found not in self._reserved:
                return found
        raise Refused("No pseudonym is left for a value.", hint="Begin a new conversation.")

    def _note(self, token: Token, mentioned: Mention, entity: Entity | None) -> None:
        name = str(token)
        self._places.setdefault(name, {}).update(dict.fromkeys(mentioned.place))
        created = self._entries[name].created_at if name in self._entries else self._now
        person_key = entity.person_key if entity is not None else None
        if person_key is None and name in self._entries:
            person_key = self._entries[name].person_key
        self._changed[name] = Entry(
            token, mentioned.value, mentioned.canonical, mentioned.name, (), created, person_key
        )


def _is_person(kind: str) -> bool:
    return kind in NAME_KINDS or kind in EMAIL_KINDS


def _kept(entries: Sequence[Entry]) -> Iterable[Kept]:
    by_identity: dict[str, list[Entry]] = {}
    for entry in entries:
        if _is_person(entry.token.kind):
            by_identity.setdefault(entry.token.identity, []).append(entry)
    for found, those in by_identity.items():
        names = tuple(dict.fromkeys(entry.name for entry in those if entry.name is not None))
        emails = tuple(dict.fromkeys(entry.canonical for entry in those if entry.token.kind in EMAIL_KINDS))
        yield Kept(found, names, emails)
