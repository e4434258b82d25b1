"""A small company whose texts are redacted: documents in a real database, a real vault and log, and a detector that
finds what it is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from answer import repository
from answer.answers import Answer
from answer.archive import Archive
from answer.claims import Citation, Claim
from answer.cleared import Cleared
from answer.redact import Redactor, Turn
from answer.restore import stored
from answer.vault import Vault
from connectors.tables import SourceRow
from core import access_sets, people
from core.access import Access, Principal
from core.audit import AuditLog
from core.database import Base, Database, open_engine, sqlite_url
from core.policy import Destination, Policy, Sensitivity
from core.policy_document import SHIPPED, policy_of
from core.secrets import Keyring
from core.text import Span, quote
from ingest.label.findings import Finding
from ingest.label.gazetteer import Known, Match
from ingest.label.repository import Label
from ingest.tables import DocumentRow, VersionRow
from retrieval.evidence import DocumentRef, Evidence, Passage
from tests.conftest import StandingClock

OUTSIDE = Destination("cloud", "external", "eu")
INSIDE = Destination("basement", "on_premise")


class Spotter:
    """Finds the values that it is told of, wherever they stand as written."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = dict(values or {})
        self.identity = "spotter"
        self.asked: list[str] = []
        self.failure: Exception | None = None

    def find(self, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        if self.failure is not None:
            raise self.failure
        self.asked += texts
        return [tuple(self._in(text)) for text in texts]

    def _in(self, text: str) -> Iterable[Finding]:
        at = 0
        if self.values:
            for match in re.finditer("|".join(map(re.escape, sorted(self.values, key=len, reverse=True))), text):
                if match.start() >= at:
                    yield Finding(self.values[match.group()], Span(*match.span()), 0.99, "spotter")
                    at = match.end()


class Shelf:
    """Labels of chunks."""

    def __init__(self) -> None:
        self.labels: dict[str, Label] = {}
        self.unlabelled: Sensitivity = "internal"

    def of(self, chunk_ids: Sequence[str], identity: str) -> dict[str, Label]:
        return {each: self.labels[each] for each in chunk_ids if each in self.labels}

    def level(self, chunk_id: str, findings: Sequence[Finding]) -> Sensitivity:
        return self.unlabelled


class Crowd:
    """Known people, found by names and addresses as written."""

    def __init__(self) -> None:
        self.known: list[Known] = []

    def matches_each(self, texts: Sequence[str]) -> list[tuple[Match, ...]]:
        return [tuple(self._in(text)) for text in texts]

    def _in(self, text: str) -> Iterable[Match]:
        values = {value: kind for each in self.known for kind, those in (("PERSON", each.names), ("EMAIL_ADDRESS", each.emails)) for value in those}  # noqa: E501  # fmt: skip
        for value, kind in values.items():
            for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text):
                bearers = tuple(each for each in self.known if value in (*each.names, *each.emails))
                yield Match(Finding(kind, Span(*match.span()), 0.95, "gazetteer"), bearers)


@dataclass
class Company:
    directory: Path
    clock: StandingClock = field(default_factory=StandingClock)
    spotter: Spotter = field(default_factory=Spotter)
    shelf: Shelf = field(default_factory=Shelf)
    crowd: Crowd = field(default_factory=Crowd)
    policy: Policy = field(default_factory=lambda: policy_of(SHIPPED, 7))

    def __post_init__(self) -> None:
        engine = open_engine(sqlite_url(self.directory / "company.db"))
        Base.metadata.create_all(engine)
        self.database = Database(engine)
        keyring = Keyring(self.directory / "keys")
        self.audit = AuditLog(self.database, keyring, self.clock)
        self.vault = Vault(keyring)
        self.redactor = Redactor(
            self.database, self.spotter, self.shelf, self.crowd, lambda: self.policy, self.vault, self.audit, self.clock
        )
        self.archive = Archive(self.database, self.audit, self.clock, self.vault)
        self.ana = self.person("ana@company.example", "all", "hr")
        self.ben = self.person("ben@company.example", "all")
        with self.database.writing() as session:
            session.add(
                SourceRow(
                    id="files", name="files", kind="files", config={}, plan={}, state="active", version=1, demo=False,
                    created_at=self.clock(), confirmed_at=self.clock(),
                )
            )  # fmt: skip

    def person(self, email: str, *groups: str) -> str:
        with self.database.writing() as session:
            return people.put(session, email, groups=groups, roles=["employee"], now=self.clock()).id

    def principal(self, person_id: str) -> Principal:
        with self.database.reading() as session:
            return people.principal(session, person_id, self.audit.subject)

    def publish(
        self, text: str, *, allow: Iterable[str] = ("everyone",), title: str = "Handbook", uri: str = "",
        headings: tuple[str, ...] = (), spans: Sequence[Span] | None = None,
        restricted: Mapping[str, tuple[Span, str]] | None = None,
        labelled: Sensitivity | None = None,
    ) -> Passage:  # fmt: skip
        """A document with one version and one passage. ``restricted``: fields with where they stand, and for whom."""
        document, version, chunk = (str(uuid4()) for _ in range(3))
        uri = uri or f"{chunk}.md"
        spans = tuple(spans or (Span(0, len(text)),))
        fields = dict(restricted or {})
        with self.database.writing() as session:
            whole = Access.of(allow)
            key = access_sets.intern(session, whole)
            keys = {name: access_sets.intern(session, Access.of((group,))) for name, (_, group) in fields.items()}
            for name in fields:
                access_sets.intern_both(session, whole, Access.of((fields[name][1],)))
            session.add(
                DocumentRow(
                    id=document, source_id="files", key=uri, title=title, url=None, filename=uri,
                    media_type="text/plain", fingerprint="f", content_hash="h", access_key=key, restricted=keys,
                    modified_at=None,
                    confirmed_at=self.clock(), state="ready", labels={}, generation=1, current_version=version,
                )
            )  # fmt: skip
            session.flush()
            session.add(
                VersionRow(
                    id=version, document_id=document, content_hash="h", title=title, text=text, media_type="text/plain",
                    layout=b"", parts=[[name, span.start, span.end] for name, (span, _) in fields.items()],
                    restricted=sorted(fields), warnings=[], created_at=self.clock(),
                )
            )  # fmt: skip
        passage = Passage(
            chunk, DocumentRef(document, title, uri, "files"), version, None, headings, spans, quote(text, spans),
            0.9, 0.7, 8.0, self.clock(),
        )  # fmt: skip
        if labelled is not None:
            self.shelf.labels[chunk] = Label(self.spotter.find([passage.text])[0], labelled)
        return passage

    def allow(self, passage: Passage, *allow: str) -> None:
        """Give the document of a passage other access."""
        with self.database.writing() as session:
            row = session.get_one(DocumentRow, passage.document.id)
            row.access_key = access_sets.intern(session, Access.of(allow))

    def clear(
        self, question: str, *passages: Passage, history: Sequence[Turn] = (), conversation: str = "talk",
        to: Destination = OUTSIDE, asker: str | None = None,
    ) -> Cleared:  # fmt: skip
        return self.redactor.clear(
            question, history, Evidence(question, passages, {}), to, conversation, asker or self.ana
        )

    def answer(self, cleared: Cleared, *sentences: str, cites: Passage, asker: str | None = None) -> str:
        """Store what a model would have said; returns the answer's id."""
        citation = Citation(
            cites.document, cites.version, cites.chunk_id, None, (), cites.spans, cites.text, 1.0, cites.as_of
        )
        claims = [Claim(sentence, (citation,), cleared.map_id) for sentence in sentences]
        return self.keep(claims, cleared.conversation_id, asker or self.ana)

    def keep(self, claims: Sequence[Claim], conversation: str, asker: str) -> str:
        answer_id = str(uuid4())
        with self.database.writing() as session:
            repository.begin(session, conversation, asker, "?", self.clock())
            repository.add_answer(
                session, id=answer_id, conversation_id=conversation, person_id=asker, question="?", status="answered",
                claims=stored(claims), nearest=[], model="scripted", support=1.0, threshold=0.5, reason=None,
                timings={}, created_at=self.clock(),
            )  # fmt: skip
        return answer_id

    def read(self, answer_id: str, reader: str | None = None) -> Answer:
        return self.archive.answer(answer_id, self.principal(reader or self.ana))

    def shown(self, answer_id: str, reader: str | None = None) -> list[str | None]:
        return [sentence.text for sentence in self.read(answer_id, reader).sentences]

    def events(self, kind: str) -> list[dict[str, object]]:
        import orjson
        from sqlalchemy import select

        from core.audit.tables import PendingRow

        with self.database.reading() as session:
            found = [orjson.loads(raw) for raw in session.scalars(select(PendingRow.event).order_by(PendingRow.id))]
        return [event for event in found if event["kind"] == kind]

    def close(self) -> None:
        self.database.close()
