"""Who a request is about: their account, if they have one, and by what texts name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.tables import AccountRow
from core.errors import Invalid, NotFound
from core.people import EMAIL
from core.tables import PersonRow
from core.text import Span
from ingest.label.directory import Directory, Entry
from ingest.label.gazetteer import Gazetteer, Known, known_of, unlinked_keys
from ingest.label.tables import KnownPersonRow

Side = Literal["asker", "about", "both"]
Treatment = Literal["suppress", "labels-only"]
ERASED = "[erased]"


@dataclass(frozen=True, slots=True)
class Subject:
    """``person_id`` is empty where nobody with this address has an account here."""

    email: str = field(repr=False)
    person_id: str
    created_at: datetime | None
    known: Known = field(repr=False)

    @property
    def words(self) -> tuple[str, ...]:
        """What would show that a text still names them."""
        return (*self.known.names, *self.known.emails)


@dataclass(frozen=True, slots=True)
class Named:
    """Where a text names somebody. ``unclear`` are places whose name fits others here as well."""

    spans: tuple[Span, ...]
    unclear: tuple[Span, ...]


class Naming:
    """Finds a person in texts. A name that fits several known people is nobody's."""

    def __init__(self, known: Known, everybody: Gazetteer) -> None:
        self._known, self._everybody = known, everybody
        self._directory = Directory()
        for number, name in enumerate(known.names or ("",)):
            self._directory.add(Entry("subject", str(number), known.person_key, name, known.emails))

    def find(self, text: str) -> Named:
        hits = self._directory.hits(text) if text else []
        names = [hit.span for hit in hits if not hit.address]
        shared = self._shared(text, names) if names else []
        sure = [hit.span for hit in hits if hit.address or hit.span not in shared]
        return Named(tuple(sure), tuple(shared))

    def names(self, *texts: str | None) -> bool:
        return any(text and self.find(text).spans for text in texts)

    def masked(self, text: str) -> str:
        """``text`` without them."""
        for span in sorted(self.find(text).spans, reverse=True):
            text = text[: span.start] + ERASED + text[span.end :]
        return text

    def _shared(self, text: str, names: Sequence[Span]) -> list[Span]:
        others = [match.finding.span for match in self._everybody.matches(text) if any(map(self._other, match.people))]
        return [span for span in names if any(span.overlaps(other) for other in others)]

    def _other(self, known: Known) -> bool:
        alike = known.person_key == self._known.person_key or set(known.emails) & set(self._known.emails)
        # A name without an address and without an account is taken for theirs.
        return not alike and bool(known.emails)


def checked_side(side: str) -> Side:
    if side not in ("asker", "about", "both"):
        raise Invalid("Say as whom: asker, about or both.", hint="asker: what they asked; about: what is written.")
    return side


def checked_treatment(treatment: str) -> Treatment:
    if treatment not in ("suppress", "labels-only"):
        raise Invalid("Documents are treated as suppress or labels-only.", hint="See docs/retention.md.")
    return treatment


def subject(session: Session, email: str, side: Side, names: Iterable[str] = ()) -> Subject:
    """Whoever has this address, also when they left. ``names`` are further ones that texts call them by. Raises
    ``NotFound`` where nothing is known of them as what they are asked for."""
    email = email.strip().lower()
    if not EMAIL.match(email):
        raise Invalid("This is not an e-mail address.", hint="Write it as name@company.example.")
    row = session.scalar(select(PersonRow).where(PersonRow.email == email, PersonRow.kind == "person"))
    given = tuple(name.strip() for name in names if name.strip())
    if row is not None:
        return Subject(email, row.id, row.created_at, _with(known_of(session, row.id), row, given))
    if side == "asker":
        raise NotFound(f"Nobody here has had the address {email}.", hint="vouch people list shows who is here.")
    told = [each for each in session.scalars(select(KnownPersonRow)) if email in each.emails]
    accounts = session.scalars(select(AccountRow).where(func.lower(AccountRow.email) == email)).all()
    found = {*given, *(each.name for each in told if each.name), *(each.name for each in accounts if each.name)}
    return Subject(email, "", None, Known(unlinked_keys([email])[0], tuple(sorted(found)), (email,)))


def _with(known: Known | None, row: PersonRow, names: tuple[str, ...]) -> Known:
    held = known or Known(row.id, (row.name,), (row.email,))
    return Known(row.id, tuple(sorted({*held.names, *names})), held.emails)
