"""Names as texts write them, and the words that they are made of.

A name counts in full, turned round (``Rossi, Giulia``), with initials (``G. Rossi``, ``Giulia M. Rossi``), and as a
surname behind a title (``Dr. Rossi``). A given name or a surname alone does not: too many are ordinary words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from core.text import Span

LONGEST = 6
"""Words of a name that are compared."""
_WORD = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+(?:['’](?:[^\W\d_][\u0300-\u036f]*){2,})*")
_ADDRESS = re.compile(r"[\w.+'’-]+@[\w-]+(?:\.[\w-]+)+")
_BETWEEN = re.compile(r"(?:[ \t\u00a0]{1,3}|[ \t]?\n[ \t]?|[.\-‐‑])\Z")
_SHORT = re.compile(r"\.[ \t\u00a0]{0,3}\n?\Z")
_COMMA = re.compile(r",[ \t\u00a0\n]{0,3}\Z")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TITLES = _set(
    """mr mrs ms miss mx dr prof professor doctor sir madam dame rev herr frau fr dott dottore dottoressa sig signor
    signora mme mlle monsieur madame senor senora sr sra don dona ing mag dipl captain capt"""
)
_ENDINGS = _set("jr sr ii iii iv phd md msc bsc mba esq cpa")
_PARTICLES = _set("van von de der den del della di da dos das du la le el al bin ibn ben ter ten zu zur af av")
# Accounts that no person stands behind.
_IMPERSONAL = _set(
    """admin administrator system support team service services user account bot api integration test guest root
    helpdesk desk info office noreply reply department resources sales marketing finance accounting billing operations
    company shared mailbox automation monitoring default public anonymous everyone it hr"""
)
# Names that are ordinary words as well: made of those alone, a name counts only where it is written with capitals.
_ORDINARY = _set(
    """will may mark price bill rose grace hope faith young long brown white green black king rich art dean list chase
    grant frank drew sue pat rob jack june april august summer autumn dawn joy ivy lily olive ruby pearl amber jade page
    carter cook baker miller smith mason hunter fisher farmer taylor walker butler bishop pope knight lord day week bush
    wood woods stone rivers lake hill field fields banks bond cash money penny sterling case major general miles gray
    grey gold silver small little short best good new old north south east west bell ball book christian church cross
    gay guy hardy heath holly iris max merry nick norm ray reed rusty sandy sky storm star sunny tally victor violet
    wade warren wren power powers love lane street park parks house rush sharp strong swift sweet wise bright noble
    moody savage fox wolf lamb bird crane drake finch hawk martin robin jay can do go see read close"""
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, and how it is compared. ``lower``: it is written without a capital."""

    folded: str
    start: int
    end: int
    lower: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name: its words in the order given name, surname."""

    words: tuple[str, ...]

    @property
    def full(self) -> tuple[str, ...]:
        """All the ways to write it that count as the whole name."""
        ways = {" ".join(self.words)}
        if len(self.words) > 2:
            ways |= {f"{self.words[0]} {surname}" for surname in self.surnames}
        return tuple(sorted(ways))

    @property
    def surnames(self) -> tuple[str, ...]:
        """The last word; and with the particles before it."""
        at = len(self.words) - 1
        while at > 1 and self.words[at - 1] in _PARTICLES:
            at -= 1
        return tuple(dict.fromkeys((self.words[-1], " ".join(self.words[at:]))))


def name_of(written: str) -> Name | None:
    """A name as a directory has it: ``Giulia Rossi``, ``Rossi, Giulia``, ``Dr. Giulia Rossi (on leave)``. None for what
    is not the name of a person, or has only one word."""
    plain = _ASIDE.sub(" ", written)
    if any(letter.isdigit() or letter in "@_/" for letter in plain):
        return None
    parts = [[word.folded for word in words_of(part)] for part in plain.split(",")]
    parts = [part for part in parts if part and not _ENDINGS.issuperset(part)]
    if len(parts) == 2:
        parts.reverse()
    words = [word for part in parts for word in part]
    while words and words[0] in TITLES:
        words = words[1:]
    while words and words[-1] in _ENDINGS:
        words = words[:-1]
    if not 2 <= len(words) <= LONGEST or len(words[-1]) < 2 or not _IMPERSONAL.isdisjoint(words):
        return None
    return Name(tuple(words))


def words_of(text: str) -> list[Word]:
    return [
        Word(fold(found.group()), found.start(), found.end(), text[found.start()].islower())
        for found in _WORD.finditer(text)
    ]


def addresses_in(text: str) -> list[Span]:
    return [Span(found.start(), found.end()) for found in _ADDRESS.finditer(text) if not found.group().startswith(".")]


def fold(word: str) -> str:
    """Without case and accents."""
    if word.isascii():
        return word.lower()
    spread = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def joined(text: str, before: Word, after: Word) -> bool:
    """Whether two words may belong to one name. A full stop ends a sentence, but behind an initial or a title."""
    if after.start - before.end > 4:
        return False
    if _BETWEEN.match(text, before.end, after.start):
        return True
    short = before.end - before.start == 1 or before.folded in TITLES
    return short and _SHORT.match(text, before.end, after.start) is not None


def turned(text: str, before: Word, after: Word) -> bool:
    """Whether a comma stands between them, as between surname and given name."""
    return after.start - before.end <= 4 and _COMMA.match(text, before.end, after.start) is not None


def is_initial(text: str, word: Word) -> bool:
    """A single capital with a full stop behind it."""
    return word.end - word.start == 1 and not word.lower and text[word.end : word.end + 1] == "."


def counts(words: list[Word]) -> bool:
    """Whether a name written like this counts: with capitals, or where one of its words is nothing but a name."""
    if not any(word.lower for word in words if word.folded not in _PARTICLES):
        return True
    return any(word.folded not in _ORDINARY for word in words) and all(len(word.folded) > 1 for word in words)
