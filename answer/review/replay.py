"""An answer as of its date: what was retrieved, who could see it then, and whether its sentences still hold on that.

What nobody wrote down is said, and not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from heapq import nsmallest
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.evidence.snapshots import Snapshots
from answer.review.evidence import Evidence, documents_of, evidence_of, raw_citations
from answer.review.holders import AccessThen, Holders, access_now, access_then, any_access
from answer.review.logged import Logged
from answer.review.passages import PassageThen, Split, passages_then
from answer.review.verifying import Again, Grounds, verify_again
from answer.tables import AnswerRow
from answer.vault import Vault
from connectors import repository as sources
from connectors.destinations import repository as destinations
from connectors.plan import stored_plan
from core.access import EVERYONE, Principal, group
from core.audit.finding import Sought, find
from core.errors import VouchError
from core.secrets import Secret
from core.tables import PersonRow
from ingest.tables import DocumentRow

MOST_LISTED = 1000
"""People of one list that are named."""
SameAccess = Literal["same", "differs", "not known"]

ERASED = "Somebody was erased since; people whose account was are not among those who could see it then."
RE_ENABLED = "Some people were disabled at some time between then and now: nobody wrote down whether they were then."
ASKED_ITSELF = "A source that is asked at each question whether the reader may still read may have said no to others."
PARTS = "Which fields had access of their own then was not written down for every document."
NO_PLACE = "Of some passages it is not known any more which field they show: they are told with their whole document."
NO_ACCESS = "Who could read some documents then was not written down."
AUDIENCE = "It was written for a destination: who else read along then is known by the audience it has now."
NO_INTENT = "The log has no record of what was retrieved."


@dataclass(frozen=True, slots=True)
class PeopleTold:
    """``subjects`` are pseudonyms, at most ``MOST_LISTED``. ``unsure``: how many more it may have been."""

    count: int
    subjects: tuple[str, ...]
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """Who could see something. Without an ``access`` nobody could; ``since`` and ``until`` are those of this access.
    ``asker``: whether who asked could; None where that is not known."""

    access: str | None
    since: datetime | None
    until: datetime | None
    people: PeopleTold
    asker: bool | None


@dataclass(frozen=True, slots=True)
class DocumentThen:
    """A document, or one restricted field of it. ``then`` is None where it is not written down. ``no_longer`` could
    see it and cannot now, ``newly`` the other way round."""

    document: str
    part: str | None
    source: str | None
    uri: str | None = field(repr=False)
    title: str | None = field(repr=False)
    state: str
    passages: tuple[int, ...]
    then: Seen | None
    now: Seen
    no_longer: PeopleTold | None
    newly: PeopleTold | None


@dataclass(frozen=True, slots=True)
class AskerThen:
    """``access`` is the key of the grants that the log has, ``recomputed`` that which the memberships of then give."""

    subject: str | None
    access: str | None
    grants: int | None
    recomputed: str | None
    recomputed_grants: int | None
    same: SameAccess
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """``denied`` of the ``candidates`` of the index fell to the second check."""

    answer_id: str
    at: datetime | None
    asker: AskerThen
    candidates: int | None
    denied: int | None
    index: str | None
    embedder: str | None
    timings: Mapping[str, float]
    passages: tuple[PassageThen, ...]
    documents: tuple[DocumentThen, ...]
    sentences: tuple[Again, ...]
    not_known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Means:
    """``split`` as passages are made today, ``grounds`` what sentences are checked on, ``key`` that of the log's
    commitments."""

    snapshots: Snapshots
    vault: Vault
    split: Split
    grounds: Grounds
    subject_of: Callable[[str], str]
    key: Secret = field(repr=False)


def replay_of(
    session: Session, answer_id: str, row: AnswerRow | None, logged: Logged, means: Means, now: datetime
) -> Replay:
    intent: Mapping[str, Any] = {} if logged.intent is None else logged.intent.details
    at = logged.at or (None if row is None else row.created_at)
    raws = raw_citations(row, logged)
    versions = [each["version"] for each in intent.get("passages", ())] + [each.version for each in raws]
    evidence = evidence_of(session, means.snapshots, versions)
    passages = passages_then(session, logged, evidence, means.split, means.key)
    unknown: list[str] = [] if logged.intent is not None else [NO_INTENT]
    telling = _Telling(session, at or now, means.subject_of, unknown)
    person = _asker_id(session, row, logged, means.subject_of)
    return Replay(
        answer_id=answer_id,
        at=at,
        asker=telling.asker(intent, logged.asked_by, person, row),
        candidates=intent.get("candidates"),
        denied=intent.get("denied"),
        index=intent.get("index"),
        embedder=intent.get("embedder"),
        timings=dict(intent.get("timings", {})),
        passages=passages,
        documents=telling.documents(passages, evidence, person),
        sentences=()
        if row is None
        else verify_again(session, row, raws, passages, evidence, means.vault, means.grounds, now),
        not_known=tuple(dict.fromkeys(unknown)),
    )


def _asker_id(session: Session, row: AnswerRow | None, logged: Logged, subject_of: Callable[[str], str]) -> str | None:
    """Who asked; None where they are not here any more."""
    if row is not None:
        return row.person_id
    people = session.scalars(select(PersonRow.id))
    return next((each for each in people if logged.asked_by and subject_of(each) == logged.asked_by), None)


class _Telling:
    def __init__(self, session: Session, at: datetime, subject_of: Callable[[str], str], unknown: list[str]) -> None:
        self._session, self._at, self._unknown = session, at, unknown
        # The same people stand in many lists.
        self._subject_of = cache(subject_of)
        self._then, self._now = Holders(session, at), Holders(session, None)

    def asker(
        self, intent: Mapping[str, Any], subject: str | None, person: str | None, row: AnswerRow | None
    ) -> AskerThen:
        logged = intent.get("access")
        known = AskerThen(
            subject, logged, intent.get("grants"), None, None, "not known", tuple(intent.get("roles", ()))
        )
        if person is None or not logged:
            return known
        grants = self._then.grants(person)
        principal = Principal(person, subject or "", frozenset(), grants, self._beside(row))
        same: SameAccess = "same" if principal.key == logged else "differs"
        if same == "differs" and principal.beside:
            # The audience of now need not be that of then.
            same = "not known"
        return AskerThen(subject, logged, known.grants, principal.key, len(grants), same, known.roles)

    def _beside(self, row: AnswerRow | None) -> tuple[frozenset[str], ...]:
        form = None if row is None else row.structured
        if not form or not form.get("destination"):
            return ()
        self._unknown.append(AUDIENCE)
        try:
            audience = destinations.by_name(self._session, form["destination"]).audience
        except VouchError:
            return ()
        return tuple(self._then.with_derived({EVERYONE, group(name)}) for name in sorted(set(audience)))

    def documents(
        self, passages: Sequence[PassageThen], evidence: Mapping[str, Evidence], person: str | None
    ) -> tuple[DocumentThen, ...]:
        """Each document, and each restricted field of one, that a passage is of."""
        found: dict[tuple[str, str | None], list[PassageThen]] = {}
        for each in passages:
            if each.document is not None:
                found.setdefault((each.document, each.part), []).append(each)
                if not each.placed:
                    self._unknown.append(NO_PLACE)
        rows = documents_of(self._session, [document for document, _ in found])
        if find(self._session, Sought(kinds=("subject.erased",), since=self._at), 1):
            self._unknown.append(ERASED)
        self._ask_of_sources(rows.values())
        return tuple(
            self._document(document, part, of, rows.get(document), evidence, person)
            for (document, part), of in found.items()
        )

    def _document(
        self, document: str, part: str | None, of: Sequence[PassageThen], row: DocumentRow | None,
        evidence: Mapping[str, Evidence], person: str | None,
    ) -> DocumentThen:  # fmt: skip
        kept = next((each.kept for passage in of if (each := evidence.get(passage.version)) and each.kept), None)
        then, now = access_then(self._session, document, self._at), access_now(self._session, row)
        known = then is not None or any_access(self._session, document)
        if not known:
            self._unknown.append(NO_ACCESS)
        if then is not None and then.parts is None and (part is not None or not all(each.placed for each in of)):
            self._unknown.append(PARTS)
            known = False
        saw, sees = self._permitted(self._then, then, part), self._permitted(self._now, now, part)
        return DocumentThen(
            document=document,
            part=part,
            source=_source(self._session, row) or (None if kept is None else kept.source),
            uri=row.key if row is not None else None if kept is None else kept.uri,
            title=of[0].title,
            state="unknown" if row is None else row.state,
            passages=tuple(each.rank for each in of),
            then=self._seen(self._then, then, saw, person) if known else None,
            now=self._seen(self._now, now, sees, person),
            no_longer=self._told(self._then, saw - sees) if known else None,
            newly=self._told(self._now, sees - saw) if known else None,
        )

    @staticmethod
    def _permitted(holders: Holders, access: AccessThen | None, part: str | None) -> frozenset[str]:
        if access is None:
            return frozenset()
        own = None if part is None or access.parts is None else access.parts.get(part)
        return holders.permitted(access.whole, own)

    def _seen(self, holders: Holders, access: AccessThen | None, people: frozenset[str], person: str | None) -> Seen:
        here, unsure = holders.people(frozenset() if person is None else frozenset({person}) & people)
        asker = None if person is None or unsure else bool(here)
        if access is None:
            return Seen(None, None, None, self._told(holders, people), asker)
        return Seen(access.key, access.since, access.until, self._told(holders, people), asker)

    def _told(self, holders: Holders, people: frozenset[str]) -> PeopleTold:
        here, unsure = holders.people(people)
        if unsure:
            self._unknown.append(RE_ENABLED)
        # In the order of the pseudonyms, which says nothing.
        subjects = nsmallest(MOST_LISTED, map(self._subject_of, here))
        return PeopleTold(len(here), tuple(subjects), len(unsure))

    def _ask_of_sources(self, rows: Iterable[DocumentRow]) -> None:
        for source_id in {row.source_id for row in rows}:
            record = sources.by_id(self._session, source_id)
            if record is not None and stored_plan(record.plan).recheck is not None:
                self._unknown.append(ASKED_ITSELF)


def _source(session: Session, row: DocumentRow | None) -> str | None:
    record = None if row is None else sources.by_id(session, row.source_id)
    return None if record is None else record.name
