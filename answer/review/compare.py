"""What an answer cites, beside what its documents say now: as they are indexed, and as their sources have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.evidence.snapshots import Snapshots
from answer.review import differing
from answer.review.differing import Change
from answer.review.evidence import Evidence, Raw, Stands, document_of, documents_of, evidence_of, raw_citations
from answer.review.live import Live, Wanted
from answer.review.logged import Logged
from answer.tables import AnswerRow
from connectors import repository as sources
from core.text import Span, quote
from ingest.repository import batches
from ingest.tables import DocumentRow, VersionRow

State = Literal[
    "same", "changed", "altered", "gone", "suppressed", "unreadable", "pending", "unreachable", "late",
    "source removed", "unknown",
]  # fmt: skip
NO_SOURCE = "The source is not connected any more."
SUPPRESSED = "It was erased or suppressed here, and is not read from its source."
UNKNOWN = "Nothing is stored of where it came from."
ALTERED = "The stored version is not what was kept when it was cited: run vouch audit verify, and look who can write."


@dataclass(frozen=True, slots=True)
class Standing:
    """How a citation stands in the document now. ``altered``: the stored version has another text than when it was
    cited. ``before`` and ``after`` are the lines around it, ``changes`` lead from one to the other. ``stands``: what is
    cited is still there word for word; None where that cannot be told."""

    state: State
    why: str | None = None
    version: str | None = None
    before: str | None = field(default=None, repr=False)
    after: str | None = field(default=None, repr=False)
    stands: bool | None = None
    changes: tuple[Change, ...] = field(default=(), repr=False)

    @property
    def fallen(self) -> bool:
        return self.stands is False or self.state in ("altered", "gone", "suppressed")


@dataclass(frozen=True, slots=True)
class Compared:
    """One citation. ``quote`` is what it said when it was cited, ``live`` None where the source was not read."""

    number: int
    sentence: int
    sentence_text: str | None = field(repr=False)
    document: str | None
    version: str
    source: str | None
    title: str | None = field(repr=False)
    uri: str | None = field(repr=False)
    evidence: Stands
    quote: str | None = field(repr=False)
    now: Standing
    live: Standing | None


@dataclass(frozen=True, slots=True)
class Comparison:
    answer_id: str
    citations: tuple[Compared, ...]

    @property
    def changed(self) -> int:
        """Citations that do not stand any more, here or in their source."""
        return sum(any(each is not None and each.fallen for each in (one.now, one.live)) for one in self.citations)


@dataclass(frozen=True, slots=True)
class Material:
    """What is stored of the citations of an answer, read in one transaction. ``before`` are the texts of cited versions
    by version, ``after`` those of the current ones by document."""

    answer_id: str
    raws: tuple[Raw, ...]
    texts: Mapping[int, str]
    evidence: Mapping[str, Evidence]
    rows: Mapping[str, DocumentRow]
    before: Mapping[str, str] = field(repr=False)
    versions: Mapping[str, VersionRow] = field(repr=False)
    wanted: Mapping[str, Wanted] = field(repr=False)
    """What can be asked of sources, by cited version."""
    unasked: Mapping[str, Standing]
    """Why the others cannot."""


def material_of(
    session: Session, answer_id: str, row: AnswerRow | None, logged: Logged, snapshots: Snapshots
) -> Material:
    raws = raw_citations(row, logged)
    evidence = evidence_of(session, snapshots, [each.version for each in raws])
    documents = {each.version: document_of(each, evidence[each.version]) for each in raws}
    rows = documents_of(session, documents.values())
    current = {each.current_version for each in rows.values() if each.current_version is not None}
    versions = _versions(session, sorted({*documents, *current}))
    before = {version: text for version in documents if (text := _before(version, evidence, versions)) is not None}
    wanted: dict[str, Wanted] = {}
    unasked: dict[str, Standing] = {}
    for version, document in documents.items():
        found = _wanted(session, version, rows.get(document or ""), evidence[version], versions)
        if isinstance(found, Wanted):
            wanted[version] = found
        else:
            unasked[version] = found
    texts = {} if row is None else {index: claim["text"] for index, claim in enumerate(row.claims)}
    return Material(answer_id, raws, texts, evidence, rows, before, versions, wanted, unasked)


def comparison_of(material: Material, live: Mapping[str, Live] | None) -> Comparison:
    """``live``: what sources say of what is ``wanted``; None where they were not asked."""
    return Comparison(material.answer_id, tuple(_compared(material, live)))


def _compared(material: Material, live: Mapping[str, Live] | None) -> Iterator[Compared]:
    for raw in material.raws:
        evidence = material.evidence[raw.version]
        document = document_of(raw, evidence)
        row = None if document is None else material.rows.get(document)
        before, kept = material.before.get(raw.version), evidence.kept
        version = material.versions.get(raw.version)
        yield Compared(
            number=raw.number,
            sentence=raw.sentence,
            sentence_text=material.texts.get(raw.sentence) or None,
            document=document,
            version=raw.version,
            source=None if kept is None else kept.source,
            title=kept.title if kept is not None else None if version is None else version.title,
            uri=kept.uri if kept is not None else None if row is None else row.key,
            evidence=evidence.state,
            quote=quote(before, raw.spans) if before is not None and raw.spans else None,
            now=_now(raw, row, before, material.versions),
            live=None if live is None else _live(raw, before, live, material.unasked),
        )


def _now(raw: Raw, row: DocumentRow | None, before: str | None, versions: Mapping[str, VersionRow]) -> Standing:
    if row is None:
        return Standing("unknown", UNKNOWN)
    if row.state == "failed":
        return Standing("unreadable", row.failure_reason)
    if row.state != "ready" or row.current_version is None:
        state: State = "gone" if row.state == "gone" else "suppressed" if row.state == "suppressed" else "pending"
        return Standing(state)
    current = versions.get(row.current_version)
    if current is None:
        return Standing("unknown", UNKNOWN, row.current_version)
    if row.current_version != raw.version:
        return _beside("changed", raw.spans, before, current.text, current.id)
    if before is not None and current.text != before:
        return _beside("altered", raw.spans, before, current.text, current.id, ALTERED)
    return _beside("same", raw.spans, before, current.text, current.id)


def _live(raw: Raw, before: str | None, live: Mapping[str, Live], unasked: Mapping[str, Standing]) -> Standing:
    if raw.version in unasked:
        return unasked[raw.version]
    found = live[raw.version]
    if found.state == "unchanged":
        return _beside("same", raw.spans, before, before)
    if found.state != "read" or found.text is None:
        states: Mapping[str, State] = {
            "gone": "gone", "unreachable": "unreachable", "unreadable": "unreadable", "late": "late",
        }  # fmt: skip
        return Standing(states[found.state], found.why or None)
    return _beside("same" if found.text == before else "changed", raw.spans, before, found.text)


def _beside(
    state: State, spans: Sequence[Span], before: str | None, after: str | None, version: str | None = None,
    why: str | None = None,
) -> Standing:  # fmt: skip
    if before is None or after is None or not spans:
        return Standing(state, why, version)
    told = differing.beside(before, spans, after)
    return Standing(state, why, version, told.before, told.after, told.stands, told.changes)


def _before(version: str, evidence: Mapping[str, Evidence], versions: Mapping[str, VersionRow]) -> str | None:
    kept, row = evidence[version].kept, versions.get(version)
    return kept.text if kept is not None else None if row is None else row.text


def _wanted(
    session: Session, version: str, row: DocumentRow | None, evidence: Evidence, versions: Mapping[str, VersionRow]
) -> Wanted | Standing:
    if evidence.state == "erased" or (row is not None and row.state == "suppressed"):
        # What was erased is not brought before anybody again, whatever its source still has.
        return Standing("suppressed", SUPPRESSED)
    kept, stored = evidence.kept, versions.get(version)
    source_id = row.source_id if row is not None else evidence.source_id
    key = row.key if row is not None else None if kept is None else kept.uri
    if source_id is None or key is None:
        return Standing("unknown", UNKNOWN)
    record = sources.by_id(session, source_id)
    if record is None or record.state == "removed":
        return Standing("source removed", NO_SOURCE)
    digest = kept.content_hash if kept is not None else "" if stored is None else stored.content_hash
    return Wanted(record, key, digest)


def _versions(session: Session, ids: Sequence[str]) -> dict[str, VersionRow]:
    found: dict[str, VersionRow] = {}
    for some in batches(ids):
        found.update((row.id, row) for row in session.scalars(select(VersionRow).where(VersionRow.id.in_(some))))
    return found
