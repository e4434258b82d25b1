"""What stands between a text and whoever is outside: detection, known people, the vault and the data policy, wired.

Detection runs in a process of its own, which starts when it is first asked. Nothing here is slow to open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.erase import sweep
from answer.redact import Redactor
from answer.vault import Vault
from api.parts.detection import configured_identity, open_configured
from api.policies import Policies
from api.policy_trial import Levels, Row, Tally
from api.redacting import Redacted, TextRedactor
from api.settings import RedactionSettings
from core.audit import AuditLog
from core.clock import Clock
from core.database import Database
from core.policy import SENSITIVITIES, Destination, Policy, Sensitivity
from core.policy_document import checked, columns, destination_named, destination_of, policy_of
from core.policy_rows import PolicyVersion
from core.secrets import Keyring
from ingest import withheld
from ingest.label import repository as labels
from ingest.label.findings import Finding
from ingest.label.gazetteer import Gazetteer
from ingest.label.labeller import Labeller
from ingest.label.levels import levels_of
from ingest.label.remote import RemoteDetector
from ingest.label.repository import Label
from ingest.label.settings import LabelSettings
from ingest.repository import documents
from ingest.tables import ChunkRow, DocumentRow

AT_A_TIME = 500
EMBEDDER = Destination("embedder", "on_premise")
"""The embedder of this installation, which runs in it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a policy would do, beside version ``version``: to ``passages`` stored ones, and to texts that were given.
    ``waiting`` documents nobody has looked into yet."""

    version: int
    passages: int
    waiting: int
    rows: tuple[Row, ...]
    texts: tuple[Row, ...]


class Redaction:
    """The parts, and what the edges ask of them together."""

    def __init__(
        self, database: Database, keyring: Keyring, audit: AuditLog, clock: Clock, settings: RedactionSettings,
        policies: Policies, narrowed: Callable[[Policy], Policy],
    ) -> None:  # fmt: skip
        """``narrowed``: a policy with what is said of each model in its register."""
        self._database, self._clock = database, clock
        self.policies = policies
        self.detector = ConfiguredDetector(settings.labels)
        self.gazetteer = Gazetteer(database)
        self.labeller = Labeller(database, self.detector, clock, self.detector.patient)
        self.vault = Vault(keyring, timedelta(days=settings.vault_days))
        self.labels = StoredLabels(database)
        self._narrowed = narrowed
        self.redactor = Redactor(
            database, self.detector, self.labels, self.gazetteer, self.policy, self.vault, audit, clock
        )
        self._texts = TextRedactor(self.detector, self.gazetteer, clock)

    def policy(self) -> Policy:
        """What holds now, for every model too."""
        return self._narrowed(self.policies.policy())

    def admits(self, sensitivity: Sensitivity) -> bool:
        """Whether a text may be embedded. It is asked for every chunk: what was decided elsewhere counts a moment
        later, and a change here is followed by ``withheld.ask_anew``."""
        return not self.policies.recent().blocks_text(sensitivity, EMBEDDER)

    def follow(self, before: Policy, after: Policy) -> int:
        """Have the index follow a change of the policy. Returns how many documents are to be indexed anew."""
        if all(before.blocks_text(each, EMBEDDER) == after.blocks_text(each, EMBEDDER) for each in SENSITIVITIES):
            return 0
        with self._database.writing() as session:
            return withheld.ask_anew(session, lambda level: not after.blocks_text(level, EMBEDDER))

    def destination(self, name: str, wanted: Mapping[str, Any] | None = None) -> Destination:
        """By a name that the policy knows, or the one that is tried. Raises ``Invalid``."""
        return destination_of(name, self.policies.current().document if wanted is None else checked(wanted))

    def redact(
        self, texts: Sequence[str], destination: Destination, run: str, wanted: Mapping[str, Any] | None = None
    ) -> list[Redacted]:
        """Texts that belong to no conversation. Equal values of one ``run`` have equal names. ``wanted``: a policy that
        is tried; raises ``Invalid`` for one that cannot be used."""
        now = self.policies.policy()
        policy = now if wanted is None else policy_of(wanted, now.version + 1)
        return self._texts.redact(texts, policy, destination, self.vault.key_of(f"run:{run}"))

    def try_policy(
        self, now: PolicyVersion, wanted: Mapping[str, Any], texts: Mapping[str, str], *, stored: bool
    ) -> Trial:
        """What the document ``wanted`` would change. Raises ``Invalid``, and ``Unavailable`` where texts are given and
        nobody can look for values."""
        then = policy_of(wanted, now.version + 1)
        names = dict.fromkeys((*columns(now.document), *columns(wanted)))
        destinations = [destination_named(name) for name in names]
        tally, waiting = Tally(), 0
        if stored:
            for document, findings, levels in self._stored(now.policy, then):
                tally.add(document, findings, levels)
            waiting = self.labeller.waiting()
        given = Tally()
        looked = self._texts.look(list(texts.values()), now.policy, then)
        for key, (findings, levels) in zip(texts, looked, strict=True):
            given.add(key, findings, levels)
        return Trial(
            now.version,
            tally.passages,
            waiting,
            tuple(tally.compared(now.policy, then, destinations)) if stored else (),
            tuple(given.compared(now.policy, then, destinations)) if texts else (),
        )

    def _stored(self, now: Policy, then: Policy) -> Iterator[tuple[str, Sequence[Finding], Levels]]:
        """Document, findings and sensitivity under either policy of every passage that can be found and has a label."""
        identity = self.detector.identity
        after = ""
        while True:
            with self._database.reading() as session:
                chunks = _current_chunks(session, after)
                found = labels.labels_of_chunks(session, chunks, identity, now.kinds)
                tried = labels.labels_of_chunks(session, chunks, identity, then.kinds)
            if not chunks:
                return
            after = chunks[-1].id
            matched = self.gazetteer.matches_each([chunk.text for chunk in chunks])
            for chunk, matches in zip(chunks, matched, strict=True):
                if chunk.id in found:
                    label = found[chunk.id]
                    people = [match.finding for match in matches]
                    levels = label.sensitivity, tried[chunk.id].sensitivity
                    yield chunk.document_id, _with_people(label.findings, people), levels

    def sweep(self) -> int:
        """Destroy what the vault has kept for its time. Returns how many values went."""
        with self._database.writing() as session:
            return sweep(session, self.vault, self._clock())

    def close(self) -> None:
        self.detector.close()


class ConfiguredDetector(RemoteDetector):
    """The configured detector, which can be named without being started."""

    def __init__(self, settings: LabelSettings) -> None:
        super().__init__(partial(open_configured, settings))
        self._settings = settings
        self._named: str | None = None

    @property
    def identity(self) -> str:
        if self._named is None:
            # From now on a process that says otherwise is not used.
            self._named = self._identity = configured_identity(self._settings)
        return self._named


class StoredLabels:
    """``answer.redact.Labels`` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, chunk_ids: Sequence[str], identity: str) -> dict[str, Label]:
        with self._database.reading() as session:
            return labels.labels_of(session, chunk_ids, identity)

    def level(self, chunk_id: str, findings: Sequence[Finding]) -> Sensitivity:
        """A passage that is not there any more is as sensitive as anything can be."""
        with self._database.reading() as session:
            chunk = session.get(ChunkRow, chunk_id)
            row = None if chunk is None else documents(session, [chunk.document_id]).get(chunk.document_id)
            if chunk is None or row is None:
                return SENSITIVITIES[-1]
            return levels_of(session, [row])[row.id].of_chunk(chunk.version_id, chunk.part, findings)


def _with_people(found: Sequence[Finding], people: Sequence[Finding]) -> list[Finding]:
    """What was found, and the known people where nothing was."""
    return [*found, *(each for each in people if not any(each.span.overlaps(other.span) for other in found))]


def _current_chunks(session: Session, after: str) -> list[ChunkRow]:
    query = (
        select(ChunkRow)
        .join(DocumentRow, DocumentRow.current_version == ChunkRow.version_id)
        .where(DocumentRow.state == "ready", ChunkRow.id > after)
        .order_by(ChunkRow.id)
        .limit(AT_A_TIME)
    )
    return list(session.scalars(query))
