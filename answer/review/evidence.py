"""What is still stored of what an answer cites: its snapshots, and what became of its documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy.orm import Session

from answer.evidence.snapshots import Kept, Snapshots, rows_of
from answer.evidence.tables import SnapshotRow
from answer.review.logged import Logged
from answer.tables import AnswerRow
from core.errors import NotFound, Refused
from core.text import Span, quote
from ingest.repository import documents
from ingest.tables import DocumentRow

Stands = Literal["kept", "erased", "retired", "never kept", "does not open"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is kept of a cited version. ``gone_at``: since when nothing is."""

    state: Stands
    kept: Kept | None = field(default=None, repr=False)
    gone_at: datetime | None = None
    commitment: str | None = None
    source_id: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """A citation as it is stored, or as the log has it: then without its place in the version. ``number`` counts over
    the whole answer from 1, ``sentence`` the sentences from 0."""

    number: int
    sentence: int
    version: str
    document: str | None
    chunk: str
    page: int | None
    headings: tuple[str, ...]
    spans: tuple[Span, ...]
    support: float | None


def raw_citations(row: AnswerRow | None, logged: Logged) -> tuple[Raw, ...]:
    """All citations of an answer in their order."""
    if row is None:
        return tuple(_from_log(logged))
    found: list[Raw] = []
    known = {each["version"]: each.get("document") for each in _logged_passages(logged)}
    for index, claim in enumerate(row.claims):
        for each in claim["citations"]:
            spans = tuple(Span(start, end) for start, end in each["spans"])
            found.append(
                Raw(
                    len(found) + 1, index, each["version"], known.get(each["version"]), each["chunk"],
                    each["page"], tuple(each["headings"]), spans, each["support"],
                )
            )  # fmt: skip
    return tuple(found)


def _from_log(logged: Logged) -> Iterator[Raw]:
    """Sentence by sentence where they are in the log one by one, else all of them as of the first."""
    sentences: dict[int, list[dict[str, Any]]] = {
        each.details["index"]: each.details["cited"] for each in logged.of("ask.sentence")
    }
    outcome = logged.last("ask.outcome")
    whole: list[dict[str, Any]] = [] if outcome is None else outcome.details.get("cited", [])
    if not sentences or sum(map(len, sentences.values())) < len(whole):
        sentences = {0: whole} if whole else {}
    number = 0
    for index, cited in sorted(sentences.items()):
        for each in cited:
            number += 1
            yield Raw(number, index, each["version"], each.get("document"), each["chunk"], None, (), (), None)


def _logged_passages(logged: Logged) -> Iterator[Mapping[str, Any]]:
    """Every passage that a record names, retrieved or cited."""
    for each in logged.records:
        for name in ("passages", "cited"):
            found = each.details.get(name)
            yield from cast(list[Mapping[str, Any]], found) if isinstance(found, list) else ()


def evidence_of(session: Session, snapshots: Snapshots, versions: Sequence[str]) -> dict[str, Evidence]:
    """By version: each of them has an entry."""
    rows = rows_of(session, list(dict.fromkeys(versions)))
    return {version: _evidence(snapshots, rows.get(version)) for version in versions}


def document_of(raw: Raw, evidence: Evidence) -> str | None:
    """The document that a citation is of, as far as anything stored tells."""
    return raw.document if evidence.kept is None else evidence.kept.document


def documents_of(session: Session, ids: Iterable[str | None]) -> dict[str, DocumentRow]:
    return documents(session, [each for each in ids if each is not None])


def quoted(evidence: Evidence, spans: Sequence[Span]) -> str | None:
    """The verbatim text of a citation; None where it is not kept."""
    return quote(evidence.kept.text, spans) if evidence.kept is not None and spans else None


def _evidence(snapshots: Snapshots, row: SnapshotRow | None) -> Evidence:
    if row is None:
        return Evidence("never kept")
    if row.sealed is None:
        state: Stands = "erased" if row.gone_why == "erased" else "retired"
        return Evidence(state, None, row.gone_at, row.commitment, row.source_id)
    try:
        kept = snapshots.content(row)
    except (NotFound, Refused):
        return Evidence("does not open", None, None, row.commitment, row.source_id)
    return Evidence("kept", kept, None, row.commitment, row.source_id)
