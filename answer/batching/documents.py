"""Documents that are asked one by one: which there are, what of each a model gets, and whether its row still holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from answer.batching.means import Means
from answer.batching.rows import Batch, EachDocument, Item
from answer.cleared import Cleared
from answer.numbered import units_of
from answer.routing import room
from answer.structured.filling import Wanted, wanted_of
from answer.writing import Sent
from core.access import Principal
from core.errors import Invalid, NotFound, Refused
from retrieval.evidence import DocumentRef, Evidence, LeftOut, Passage
from retrieval.freshness import stale_sources, told
from retrieval.search import Found, checked_question
from retrieval.whole import current, readable, whole

MOST = 2_000
"""Documents of a batch: as many as questions."""
MOST_CHARACTERS = 60_000_000
"""Of all documents of a batch together: what is handed over fits into memory, and into what providers take at once.
They share it equally."""
_BESIDE = 4_000
_GONE = "You may not read this document any more, or it is not there any more."
_CHANGED = "The document changed since it was sent. Submit it again."


@dataclass(frozen=True, slots=True)
class Read:
    """What of a document a model may get. ``passages`` it has that the reader may see, ``withheld`` others that are
    kept out of everything."""

    found: Found
    version: str
    passages: tuple[Passage, ...]
    withheld: int


@dataclass(frozen=True, slots=True)
class Documents:
    by: Means

    def listed(self, each: EachDocument, person_id: str) -> list[tuple[str, str]]:
        """Of every document of the source that a person may read, its id with the question. Raises ``NotFound``, of a
        source that they may read nothing of as of one that is not there, and ``Invalid``."""
        question = checked_question(each.question)
        wanted(each)
        with self.by.database.reading() as session:
            ids = readable(session, each.source, self.by.principal_of(person_id))
        if not ids:
            raise NotFound(
                f"There is no source {each.source} with documents that you may read.",
                hint="vouch sources shows which there are; a new one may still be read in.",
            )
        if len(ids) > MOST:
            raise Invalid(
                f"A batch takes {MOST} documents; of {each.source} you may read {len(ids)}.",
                hint="Ask about a smaller source, or put questions that search to all of it: vouch batch submit FILE.",
            )
        return [(document, question) for document in ids]

    def read(self, batch: Batch, item: Item, principal: Principal) -> Read:
        """The document as it is now. Raises ``Refused`` where nothing of it can be sent, with the reason."""
        by = self.by
        assert item.document is not None
        with by.database.reading() as session:
            fresh = stale_sources(session)
            try:
                stored = whole(session, item.document, principal, fresh)
            except NotFound:
                raise Refused(_GONE) from None
        source = stored.document.source
        if (stale := fresh.of(source)) is not None and fresh.refuses(source):
            raise Refused(told([LeftOut(source, stale)]))
        if not stored.passages:
            raise Refused(
                "All of it is too sensitive to be read for answers."
                if stored.withheld
                else "It holds no text that you may read."
            )
        some = self._fitting(batch, stored.passages, len(item.question))
        confirmed = tuple(by.confirm(some, principal))
        if not confirmed:
            raise Refused(_GONE)
        evidence = Evidence(item.question, confirmed, {})
        found = Found(evidence, candidates=len(some), denied=len(some) - len(confirmed))
        return Read(found, stored.version, stored.passages, stored.withheld)

    def now(self, item: Item, principal: Principal) -> tuple[DocumentRef | None, str]:
        """The document as its reader may know it now, and why its row holds no more; empty where it does."""
        assert item.document is not None
        with self.by.database.reading() as session:
            try:
                shown = current(session, item.document, principal)
            except NotFound:
                return None, _GONE
        changed = item.version is not None and shown.version.id != item.version
        return shown.version.document, _CHANGED if changed else ""

    def _fitting(self, batch: Batch, passages: tuple[Passage, ...], question: int) -> tuple[Passage, ...]:
        """From the beginning, about as much as fits: what is sent is cut exactly when it is numbered."""
        left = min(room(batch.entry, _BESIDE + question), MOST_CHARACTERS // max(1, sum(batch.counts.values())))
        fitting: list[Passage] = []
        for passage in passages:
            left -= len(passage.text)
            if fitting and left < 0:
                break
            fitting.append(passage)
        return tuple(fitting)


def wanted(each: EachDocument) -> Wanted | None:
    """The form that is to be filled in: with what can be verified, and null for the rest. Raises ``Invalid``."""
    return None if each.schema is None else wanted_of(each.schema, "nulls")


def limits(read: Read, sent: Sent, cleared: Cleared) -> dict[str, Any]:
    """How much of a document went, as it is kept until the reply comes."""
    used = {unit.passage.chunk_id for unit in sent.units}
    kept_back = len(cleared.withheld) + read.withheld
    empty = sum(
        not units_of(read.found.evidence.passages[part.number], part)
        for part in cleared.passages
        if part.chunk_id not in used
    )
    cut = len(read.passages) - read.found.denied - len(cleared.withheld) - empty - len(used)
    return {"used": len(used), "cut": cut, "kept_back": kept_back}


def told_limits(row: dict[str, Any], model: str) -> str:
    """The same in words; empty where all of it went."""
    said: list[str] = []
    if row["cut"]:
        said.append(
            f"{model} got only the beginning of it, {row['used']} passages: the {row['cut']} after them did not fit."
        )
    if row["kept_back"]:
        said.append(f"Passages that {model} did not get, since they are too sensitive: {row['kept_back']}.")
    return " ".join(said)
