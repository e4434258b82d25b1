"""Who is meant: joins a full name, a title with the surname, an unambiguous part of the name and the e-mail address
made of them within one conversation. Two people with the same surname are never joined; a name that could mean either
of them stands for itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote_to_bytes

from answer.pseudonyms import PERSON, unaccented

NAME_KINDS = frozenset({PERSON, "GIVEN_NAME", "SURNAME"})
EMAIL_KINDS = frozenset({"EMAIL_ADDRESS", "EMAIL"})

_TITLE_WORDS = """mr mrs ms miss mx dr prof professor sir madam dame lord lady rev fr herr frau fraulein ing mag dipl
    phd md monsieur madame mme mlle senor senora sig signor signora don dona hon judge capt captain sgt lt col gen"""
TITLES = frozenset(_TITLE_WORDS.split())
_SUFFIXES = frozenset(("jr", "sr", "phd", "md", "esq", "mba", "ii", "iii", "iv"))
# A soft hyphen, a joiner or a combining mark does not end a word, and is none of its letters.
_INVISIBLE = "\u00ad\u200b-\u200d\u2060\ufeff\ufffe"
_LETTERS = rf"[^\W_]+[\u0300-\u036f{_INVISIBLE}]*"
_RUN = re.compile(rf"(?:{_LETTERS}|%[0-9A-Fa-f]{{2}})+(?:['’](?:{_LETTERS})+)*")
_UNSEEN = re.compile(f"[{_INVISIBLE}]+")
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
GENITIVE = re.compile(r"['’]s$", re.IGNORECASE)


class Known(Protocol):
    """Somebody whom the organisation knows."""

    @property
    def person_key(self) -> str: ...

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def emails(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands in a text, and folded: without case and accents, and decoded where it is part of a URL."""

    start: int
    end: int
    folded: str = field(repr=False)


def words(text: str) -> Iterator[Word]:
    """The words of a text. Underscores, hyphens, dots and blanks, also encoded ones, are between words; an apostrophe
    is not, and an English genitive is no part of a name."""
    for run in _RUN.finditer(text):
        start, end = run.span()
        if mark := GENITIVE.search(text, start, end):
            end = mark.start()
        if "%" not in run.group():
            yield Word(start, end, fold(text[start:end]))
            continue
        at, parts = start, list[str]()
        for encoded in _ENCODED.finditer(text, start, end):
            plain = unquote_to_bytes(encoded.group()).decode("utf-8", "replace")
            parts.append(text[max(at, start) : encoded.start()])
            if plain.isalnum():
                parts.append(plain)
            else:
                if joined := "".join(parts):
                    yield Word(start, encoded.start(), fold(joined))
                start, parts = encoded.end(), []
            at = encoded.end()
        parts.append(text[at:end])
        if joined := "".join(parts):
            yield Word(start, end, fold(joined))


def fold(word: str) -> str:
    folded = unaccented(word.casefold())
    if not folded.islower():
        folded = folded.casefold()  # letters of mathematics have a case only when they are decomposed
    if not folded.isascii():
        folded = _UNSEEN.sub("", folded)
    return folded.replace("'", "").replace("’", "") if not folded.isalnum() else folded


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A name in folded words, given names first. After a title, a single word is the surname."""

    words: tuple[str, ...] = field(repr=False)
    titled: bool = False

    @property
    def fullness(self) -> tuple[int, int]:
        return len(self.words), sum(len(word) for word in self.words)


def name_of(value: str) -> Name:
    """The name in a value: ``Dr. Anna Meyer``, ``Meyer, Anna``, ``meyer``."""
    surname, comma, given = value.partition(",")
    found = [word.folded for word in words(value)]
    if comma and given.strip() and fold(given.strip(" .")) not in _SUFFIXES:
        found = [word.folded for word in words(given)] + [word.folded for word in words(surname)]
    titled = False
    while len(found) > 1 and found[0] in TITLES:
        found, titled = found[1:], True
    while len(found) > 1 and found[-1] in _SUFFIXES:
        found = found[:-1]
    return Name(tuple(found), titled)


def is_part(part: Name, whole: Name) -> bool:
    """Whether ``part`` may be short for ``whole``: its given names, its surname, an initial and the surname."""
    few, many = part.words, whole.words
    if not few or few == many or len(few) > len(many) or len("".join(few)) < 2:
        return False
    if len(few) == 1:
        return len(many) > 1 and (few[0] == many[-1] or (few[0] == many[0] and not part.titled))
    if len(few) == len(many):
        # "A. Meyer" for "Anna Meyer".
        return _stands_for(few, many) and any(len(word) == 1 for word in few)
    ends = _stands_for(few[:1], many[:1]) and few[-1] == many[-1] and _in_order(few, many)
    return ends or many[-len(few) :] == few or (many[: len(few)] == few and not part.titled)


def locals_of(name: Name) -> frozenset[str]:
    """The local parts of e-mail addresses that are made of a name, without the marks between its parts."""
    if len(name.words) < 2:
        return frozenset()
    given, surname = name.words[0], "".join(name.words[1:])
    last = name.words[-1]
    made: set[str] = set()
    for family in {surname, last}:
        made |= {given + family, family + given, given[0] + family, family + given[0], given + family[0]}
    return frozenset(made)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a conversation already calls ``identity``: its names and addresses."""

    identity: str
    names: tuple[Name, ...] = field(repr=False)
    emails: tuple[str, ...] = field(repr=False)


@dataclass(slots=True, eq=False)
class Entity:
    """One person, or one name that cannot be told. ``identities`` are those that it already has, the fullest first."""

    names: set[Name] = field(default_factory=set[Name], repr=False)
    emails: set[str] = field(default_factory=set[str], repr=False)
    identities: list[str] = field(default_factory=list[str])
    person_key: str | None = field(default=None, repr=False)

    @property
    def canonical(self) -> str:
        """What its identity is made of."""
        if self.person_key is not None:
            return f"known\x1f{self.person_key}"
        if self.names:
            return " ".join(max(self.names, key=lambda name: (name.fullness, name.words)).words)
        return min(self.emails)


class Links:
    """The people of one conversation: ``of_name`` and ``of_email`` say who is meant."""

    def __init__(
        self, names: Iterable[Name], emails: Iterable[str], kept: Sequence[Kept], known: Sequence[Known]
    ) -> None:
        self._entities: list[Entity] = []
        self._by_name: dict[Name, Entity] = {}
        self._by_email: dict[str, Entity] = {}
        self._bearers: defaultdict[tuple[str, ...], dict[Entity, None]] = defaultdict(dict)
        self._by_ends: defaultdict[tuple[str, str, str], dict[Entity, None]] = defaultdict(dict)
        self._by_local: defaultdict[str, dict[Entity, None]] = defaultdict(dict)
        wanted_names, wanted_emails = set(names), {email.casefold() for email in emails}
        anchors = {keep.identity: _anchors(keep.names) for keep in kept}
        mentioned = wanted_names.union(*anchors.values())
        addressed = wanted_emails.union(*(keep.emails for keep in kept))
        self._know(known, mentioned, addressed)
        self._place(mentioned, {name: identity for identity, those in anchors.items() for name in those})
        self._remember(kept, anchors)
        self._address(wanted_emails)

    @property
    def entities(self) -> Sequence[Entity]:
        return self._entities

    def of_name(self, name: Name) -> Entity:
        return self._by_name[name]

    def of_email(self, email: str) -> Entity:
        return self._by_email[email.casefold()]

    def _know(self, known: Sequence[Known], mentioned: set[Name], addressed: set[str]) -> None:
        """Those whom the organisation knows, as far as they are mentioned by a full name or an address."""
        spelled = {name.words for name in mentioned if len(name.words) > 1}
        bearers: dict[tuple[str, ...], set[str]] = {}
        for each in known:
            for name in map(name_of, each.names):
                bearers.setdefault(name.words, set()).add(each.person_key)
        for each in sorted(known, key=lambda each: each.person_key):
            # A name that two people bear does not tell which of them is meant.
            own = {Name(name_of(name).words) for name in each.names}
            own = {name for name in own if len(name.words) > 1 and len(bearers[name.words]) == 1}
            emails = {email.casefold() for email in each.emails}
            if not emails & addressed and not any(name.words in spelled for name in own):
                continue
            entity = self._new(person_key=each.person_key)
            entity.emails |= emails & addressed
            self._by_email |= dict.fromkeys(emails, entity)
            for name in own:
                self._name(entity, name)

    def _place(self, mentioned: set[Name], identities: Mapping[Name, str]) -> None:
        """Every name with the one person whom it may mean; the fullest names first."""
        having: dict[str, Entity] = {}
        for name in sorted(mentioned, key=lambda name: (name.fullness, name.words, not name.titled), reverse=True):
            identity = identities.get(name)
            entity = self._meant(name) or having.get(identity or "") or self._new()
            if identity is not None:
                having.setdefault(identity, entity)
            self._name(entity, name)

    def _meant(self, name: Name) -> Entity | None:
        if (same := self._same(name)) is not None:
            return same
        fuller: Entity | None = None
        for key in _ends_of_part(name.words):
            for entity in self._by_ends[key]:
                if entity is not fuller and any(is_part(name, whole) for whole in entity.names):
                    if fuller is not None:
                        return None
                    fuller = entity
        return fuller

    def _same(self, name: Name) -> Entity | None:
        """Who bears exactly this name; of a single word that is so only for one that already stands for itself."""
        for entity in self._bearers[name.words]:
            if len(name.words) > 1 or all(each.words == name.words for each in entity.names):
                return entity
        return None

    def _remember(self, kept: Sequence[Kept], anchors: Mapping[str, set[Name]]) -> None:
        """The identities that the conversation already uses, with the people who have them now."""
        claims: list[tuple[tuple[int, int], str, Entity]] = []
        for keep in kept:
            owner = next((self._by_name[name] for name in sorted(anchors[keep.identity], reverse=True)), None)
            for email in keep.emails:
                found = self._by_email.get(email) or owner or self._by_address(email) or self._new()
                owner = owner or found
                self._by_email[email] = found
                found.emails.add(email)
            if owner is not None:
                fullness = max((name.fullness for name in anchors[keep.identity]), default=(0, 0))
                claims.append((fullness, keep.identity, owner))
        for _, identity, owner in sorted(claims, key=lambda claim: (-claim[0][0], -claim[0][1], claim[1])):
            owner.identities.append(identity)

    def _address(self, wanted: set[str]) -> None:
        for email in sorted(wanted):
            if email in self._by_email:
                self._by_email[email].emails.add(email)
                continue
            entity = self._by_address(email) or self._new()
            entity.emails.add(email)
            self._by_email[email] = entity

    def _by_address(self, email: str) -> Entity | None:
        """Whose name an address is made of, where that is one person."""
        local = "".join(word.folded for word in words(email.partition("@")[0]))
        found = self._by_local[local]
        return next(iter(found)) if len(found) == 1 else None

    def _new(self, person_key: str | None = None) -> Entity:
        entity = Entity(person_key=person_key)
        self._entities.append(entity)
        return entity

    def _name(self, entity: Entity, name: Name) -> None:
        entity.names.add(name)
        self._by_name[name] = entity
        self._bearers[name.words][entity] = None
        for key in _ends_of_whole(name.words):
            self._by_ends[key][entity] = None
        for local in locals_of(name):
            self._by_local[local][entity] = None


def _anchors(names: Sequence[Name]) -> set[Name]:
    """The names of one identity that are short for none of its other names."""
    return {name for name in names if not any(is_part(name, other) for other in names)}


def _ends_of_whole(many: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Under which ends a name is looked up by its parts: every part has one of them."""
    if len(many) < 2:
        return
    first, last = many[0], many[-1]
    yield "first", first, ""
    yield "last", last, ""
    yield "head", first, many[1]
    yield "tail", many[-2], last
    for given in {first, first[:1]}:
        for family in {last, last[:1]}:
            yield "ends", given, family


def _ends_of_part(few: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """The ends that a name has of which ``few`` is a part, as ``is_part`` reads it."""
    if len(few) == 1:
        yield "first", few[0], ""
        yield "last", few[0], ""
    elif few:
        yield "ends", few[0], few[-1]
        yield "head", few[0], few[1]
        yield "tail", few[-2], few[-1]


def _stands_for(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    return all(
        short == long or (len(short) == 1 and long.startswith(short)) for short, long in zip(few, many, strict=False)
    )


def _in_order(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    rest = iter(many)
    return all(any(_stands_for((short,), (long,)) for long in rest) for short in few)
