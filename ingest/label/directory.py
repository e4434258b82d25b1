"""Known people in memory, found by the ways to write their names and addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from core.text import Span
from ingest.label import names
from ingest.label.names import LONGEST, TITLES, Name, Word

_SURNAME_WORDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A person as one place has them: people here, accounts of a source, records. ``person`` is the id of the person
    here whom it is known to be."""

    scope: str
    key: str
    person: str | None
    name: str = field(repr=False)
    emails: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """Where somebody is named, and who it may be."""

    span: Span
    address: bool
    entries: tuple[Entry, ...] = field(repr=False)


Found = dict[str, list[Entry]]
Change = Callable[[Found, str, Entry], None]


class Directory:
    """Dictionaries of names, surnames and addresses. Not safe to share between threads."""

    def __init__(self) -> None:
        self._names: Found = {}
        self._surnames: Found = {}
        self._addresses: Found = {}
        self._persons: Found = {}
        self._beginnings: dict[str, int] = {}
        """First words of names and surnames, counted."""
        self._domains: dict[str, int] = {}

    def add(self, entry: Entry) -> None:
        self._each(entry, _put, 1)

    def remove(self, entry: Entry) -> None:
        self._each(entry, _take, -1)

    def by_address(self, address: str) -> Sequence[Entry]:
        return self._addresses.get(address.lower(), ())

    def by_person(self, person: str) -> Sequence[Entry]:
        return self._persons.get(person, ())

    def hits(self, text: str) -> list[Hit]:
        """In order, none overlapping another."""
        found = list(self._address_hits(text))
        taken = [hit.span for hit in found]
        words = names.words_of(text)
        if taken:
            words = [word for word in words if not _inside(word, taken)]
        at = 0
        while at < len(words):
            hit, used = self._hit_at(text, words, at)
            if hit is not None:
                found.append(hit)
            at += used
        return sorted(found, key=lambda hit: hit.span)

    def _each(self, entry: Entry, change: Change, step: int) -> None:
        name = names.name_of(entry.name)
        for way in name.full if name else ():
            change(self._names, way, entry)
        for surname in name.surnames if name else ():
            change(self._surnames, surname, entry)
        for beginning in _beginnings(name):
            _count(self._beginnings, beginning, step)
        for email in entry.emails:
            change(self._addresses, email, entry)
            _count(self._domains, email.partition("@")[2], step)
        if entry.person is not None:
            change(self._persons, entry.person, entry)

    # Addresses

    def _address_hits(self, text: str) -> Iterator[Hit]:
        for span in names.addresses_in(text) if "@" in text else ():
            entries = self._whose(span.of(text).lower())
            if entries:
                yield Hit(span, address=True, entries=tuple(entries))

    def _whose(self, address: str) -> Sequence[Entry]:
        """Whoever has it; or, at a domain of the company, whoever's name it is made of."""
        local, _, domain = address.partition("@")
        local = local.partition("+")[0]
        known = self._addresses.get(address) or self._addresses.get(f"{local}@{domain}")
        if known or domain not in self._domains:
            return known or ()
        parts = [names.fold(part) for part in local.replace("_", ".").replace("-", ".").split(".") if part]
        if len(parts) > 1:
            turned = [*parts[1:], parts[0]]
            full = self._names.get(" ".join(parts)) or self._names.get(" ".join(turned))
            return full or (self._by_initial(parts[0], parts[-1]) if len(parts[0]) == 1 else ())
        whole = names.fold(local)
        return self._by_initial(whole[:1], whole[1:]) or self._by_initial(whole[-1:], whole[:-1])

    def _by_initial(self, initial: str, surname: str) -> list[Entry]:
        return [entry for entry in self._surnames.get(surname, ()) if _begins(entry, initial)]

    # Names

    def _hit_at(self, text: str, words: list[Word], at: int) -> tuple[Hit | None, int]:
        """What begins at this word, and how many words are done with."""
        word = words[at]
        if names.is_initial(text, word):
            return self._after_initials(text, words, at)
        if word.folded in TITLES and at + 1 < len(words) and names.joined(text, word, words[at + 1]):
            hit, used = self._after_title(text, words, at + 1)
            return hit, used + 1
        if word.folded not in self._beginnings:
            return None, 1
        return self._whole(text, words, at)

    def _whole(self, text: str, words: list[Word], at: int) -> tuple[Hit | None, int]:
        """The longest whole name, in either order, that begins here."""
        best: tuple[Hit | None, int] = (None, 1)
        run = [words[at]]
        comma = 0
        for word in words[at + 1 : at + LONGEST]:
            if not comma and names.turned(text, run[-1], word):
                comma = len(run)
            elif not names.joined(text, run[-1], word):
                break
            run.append(word)
            order = [*run[comma:], *run[:comma]] if comma else run
            entries = self._named(order)
            if entries and names.counts(run):
                best = (Hit(Span(run[0].start, run[-1].end), address=False, entries=tuple(entries)), len(run))
        return best

    def _named(self, run: list[Word]) -> Sequence[Entry]:
        """Those with this name; a middle initial that the directory does not have is passed over."""
        known = self._names.get(" ".join(word.folded for word in run))
        if known or len(run) < 3:
            return known or ()
        inner = [word.folded for word in run[1:-1] if word.end - word.start > 1]
        return self._names.get(" ".join((run[0].folded, *inner, run[-1].folded)), ())

    def _after_title(self, text: str, words: list[Word], at: int) -> tuple[Hit | None, int]:
        hit, used = self._hit_at(text, words, at)
        if hit is not None:
            return hit, used
        found, length = self._surname(text, words, at)
        return (Hit(_span(words, at, length), address=False, entries=tuple(found)), length) if found else (None, used)

    def _after_initials(self, text: str, words: list[Word], at: int) -> tuple[Hit | None, int]:
        first = at
        while (
            at + 1 < len(words) and names.is_initial(text, words[at]) and names.joined(text, words[at], words[at + 1])
        ):
            at += 1
        if at == first or names.is_initial(text, words[at]):
            return None, 1
        found, length = self._surname(text, words, at)
        entries = [entry for entry in found if _begins(entry, words[first].folded)]
        if not entries:
            return None, at - first
        length += at - first
        return Hit(_span(words, first, length), address=False, entries=tuple(entries)), length

    def _surname(self, text: str, words: list[Word], at: int) -> tuple[Sequence[Entry], int]:
        """Those with the longest surname that begins here, and its words."""
        best: tuple[Sequence[Entry], int] = ((), 0)
        run: list[Word] = []
        for word in words[at : at + _SURNAME_WORDS]:
            if run and not names.joined(text, run[-1], word):
                break
            run.append(word)
            found = self._surnames.get(" ".join(each.folded for each in run))
            if found and not word.lower:
                best = (found, len(run))
        return best


def _put(found: Found, key: str, entry: Entry) -> None:
    found.setdefault(key, []).append(entry)


def _take(found: Found, key: str, entry: Entry) -> None:
    left = [each for each in found.get(key, ()) if each is not entry]
    if left:
        found[key] = left
    else:
        found.pop(key, None)


def _count(counted: dict[str, int], key: str, step: int) -> None:
    count = counted.get(key, 0) + step
    if count > 0:
        counted[key] = count
    else:
        counted.pop(key, None)


def _beginnings(name: Name | None) -> tuple[str, ...]:
    if name is None:
        return ()
    return (name.words[0], *(surname.partition(" ")[0] for surname in name.surnames))


def _begins(entry: Entry, initial: str) -> bool:
    name = names.name_of(entry.name)
    return name is not None and initial != "" and name.words[0].startswith(initial)


def _inside(word: Word, spans: Sequence[Span]) -> bool:
    return any(span.start <= word.start < span.end for span in spans)


def _span(words: Sequence[Word], at: int, length: int) -> Span:
    return Span(words[at].start, words[at + length - 1].end)
