"""Where people read: every search and every opened document is in the log before it is shown."""

from __future__ import annotations

from dataclasses import replace

from core.access import Principal
from core.audit import AuditLog, Event
from core.clock import Clock
from core.database import Database
from ingest.index.base import Conditions
from retrieval import recorded, repository
from retrieval.evidence import Evidence
from retrieval.search import Searcher
from retrieval.visible import Visible, visible


class Desk:
    """Recorded reading."""

    def __init__(self, database: Database, searcher: Searcher, audit: AuditLog, clock: Clock) -> None:
        self._database, self._searcher, self._audit, self._clock = database, searcher, audit, clock

    def search(
        self, query: str, principal: Principal, *, limit: int = 10, by_document: bool = False,
        conditions: Conditions = Conditions(), neighbours: bool = False, trace_id: str = "",
    ) -> Evidence:  # fmt: skip
        found = self._searcher.search(query, principal, limit=limit, by_document=by_document, conditions=conditions)
        evidence = self._expanded(found.evidence, principal) if neighbours else found.evidence
        shown = [each for passage in evidence.passages for each in (passage, *passage.neighbours)]
        commitments = self._audit.commitments()
        self._audit.append(
            Event(
                kind="search",
                subject=principal.subject,
                action="search",
                outcome="done",
                at=self._clock(),
                trace_id=trace_id,
                salt=commitments.salt,
                details={
                    **recorded.decision(principal),
                    "query": commitments.of(query),
                    "limit": limit,
                    "candidates": found.candidates,
                    "denied": found.denied,
                    "stale": len({each.document.source for each in evidence.passages if each.stale is not None}),
                    "left_out": len(evidence.left_out),
                    "passages": recorded.passages(commitments, shown),
                    "sources": recorded.sources(shown),
                    "timings": found.evidence.timings,
                },
            )
        )
        return evidence

    def _expanded(self, evidence: Evidence, principal: Principal) -> Evidence:
        passages = (
            replace(passage, neighbours=self._searcher.neighbours(passage, principal)) for passage in evidence.passages
        )
        return replace(evidence, passages=tuple(passages))

    def document(self, document_id: str, principal: Principal, trace_id: str = "") -> Visible:
        """The current version of a document as the reader may see it. Raises ``NotFound``."""
        with self._database.reading() as session:
            current = repository.current_version_of(session, document_id)
            stored = None if current is None else repository.version(session, current)
        shown = visible(stored, principal)
        commitments = self._audit.commitments()
        self._audit.append(
            Event(
                kind="document.read",
                subject=principal.subject,
                action="document.read",
                outcome="done",
                at=self._clock(),
                trace_id=trace_id,
                salt=commitments.salt,
                details={
                    **recorded.decision(principal),
                    "document": shown.version.document.id,
                    "version": shown.version.id,
                    "content": commitments.of(shown.version.text),
                    "masked": len(shown.hidden),
                },
            )
        )
        return shown
