"""What the tokens of a conversation stand for, for one reader at one reading.

A value is shown only if it stands where this reader may read it now, looked up through ``retrieval.visible`` and
compared with what is there, or if the reader typed it. What cannot be shown has no value here, and no reason either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from answer.linking import EMAIL_KINDS, NAME_KINDS
from answer.pseudonyms import Token
from answer.vault import Entry, Place, Vault
from core.access import Principal
from core.errors import NotFound
from retrieval import repository as reading
from retrieval.visible import Visible, visible

_BLANKS = re.compile(r"\s+")


@dataclass(slots=True)
class Values:
    """Read once from the vault, decided token by token. ``written_at``: a token without its form means a spelling that
    was known when the text was written, since whom a short name is joined with may be learnt later."""

    session: Session = field(repr=False)
    principal: Principal
    written_at: datetime
    entries: dict[str, Entry] = field(repr=False)
    opened: dict[str, Visible | None] = field(default_factory=dict[str, Visible | None], repr=False)
    decided: dict[Token, str | None] = field(default_factory=dict[Token, str | None], repr=False)

    def of(self, token: Token) -> str | None:
        """The value that the reader may see in place of a token; None where it stays a pseudonym."""
        if token not in self.decided:
            self.decided[token] = self._decide(token)
        return self.decided[token]

    def _decide(self, token: Token) -> str | None:
        if token.form is not None:
            entry = self.entries.get(str(token))
            if entry is None or entry.created_at > self.written_at:
                # The token was given out anew since, perhaps for another value.
                return None
            return entry.value if self._may_see(entry) else None
        return _fullest([entry for entry in self._spellings(token) if self._may_see(entry)])

    def _spellings(self, token: Token) -> list[Entry]:
        return [
            entry
            for entry in self.entries.values()
            if (entry.token.kind, entry.token.identity) == (token.kind, token.identity)
            and entry.created_at <= self.written_at
        ]

    def _may_see(self, entry: Entry) -> bool:
        return any(self._stands_at(entry.value, place) for place in entry.places)

    def _stands_at(self, value: str, place: Place) -> bool:
        if place.typed is not None:
            return place.typed == self.principal.person_id
        shown = self._open(place.version)
        if shown is None:
            return False
        document = shown.version.document
        if place.field == "title":
            return value in document.title
        if place.field == "uri":
            return value in document.uri
        if place.field == "headings":
            # A heading stands in the text above what it heads; the reader may not see all of that.
            return any(_has(segment.text, value) for segment in shown.segments() if not segment.hidden)
        return bool(place.spans) and shown.shows(place.spans) and _has(shown.quote(place.spans), value)

    def _open(self, version: str | None) -> Visible | None:
        if version is None:
            return None
        if version not in self.opened:
            try:
                self.opened[version] = visible(reading.version(self.session, version), self.principal)
            except NotFound:
                self.opened[version] = None
        return self.opened[version]


def values_for(
    session: Session, vault: Vault, conversation_id: str, principal: Principal, written_at: datetime, now: datetime
) -> Values:
    """The values of a conversation for ``principal``, without what has expired, was erased or does not open."""
    entries, _ = vault.read(session, conversation_id, now)
    return Values(session, principal, written_at, {str(entry.token): entry for entry in entries})


def _fullest(entries: Sequence[Entry]) -> str | None:
    """The spelling that says most; of an address or number only where there is no doubt which is meant."""
    if not entries:
        return None
    kind = entries[0].token.kind
    if kind in EMAIL_KINDS and len({entry.canonical for entry in entries}) > 1:
        return None
    if kind in NAME_KINDS:
        return max(entries, key=_said).value
    return min(entries, key=lambda entry: entry.token.form or 0).value


def _said(entry: Entry) -> tuple[int, int, int, int]:
    words, letters = entry.name.fullness if entry.name is not None else (0, 0)
    # Among spellings of the same name that in which a name is usually written, then the first that was seen.
    return words, letters, int(entry.value[:1].isupper() and not entry.value.isupper()), -(entry.token.form or 0)


def _has(text: str, value: str) -> bool:
    return value in text or _BLANKS.sub(" ", value) in _BLANKS.sub(" ", text)
