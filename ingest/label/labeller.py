"""Looking into what can be searched already: every chunk of a current version gets a label, and its title, newest
documents first.

What was found in a text is kept by its hash, so that the same words are never looked into twice. Whatever cannot be
looked into stays without a label: it is found all the same, and looked into when it is about to leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import structlog

from core.clock import Clock
from core.database import Database
from core.errors import Unavailable
from core.leases import Leases
from ingest.label import personnel, repository
from ingest.label.findings import Detector, Finding
from ingest.label.repository import Label, Unlabelled, text_hash
from ingest.repository import chunks_of_versions

log = structlog.get_logger()
FETCH = 500
"""Versions read from the database at a time."""
GROUP_CHARACTERS = 32_000
"""Documents of so many characters together are looked into, and their labels written, in one go."""
TRY_AGAIN = timedelta(hours=1)
"""How long a document is left alone that could not be looked into."""
_PROBE = "The detection process answers."
Tell = Callable[[int, int], None]


@dataclass(slots=True)
class Labelled:
    """What ``drain`` did: documents labelled, texts looked into, documents that could not be. ``left`` wait still;
    ``interrupted`` when it was told to end before they were done."""

    documents: int = 0
    texts: int = 0
    failed: int = 0
    left: int = 0
    interrupted: bool = False


class Labeller:
    """One at a time over all processes. ``detector`` answers whoever waits, ``patient`` what is done beside it."""

    def __init__(self, database: Database, detector: Detector, clock: Clock, patient: Detector | None = None) -> None:
        self._database, self._detector, self._clock = database, detector, clock
        self._patient = patient or detector
        self._leases = Leases(database, clock)
        self._alone = Lock()
        self._failed: dict[str, datetime] = {}
        """Version -> until when it is left alone."""

    @property
    def identity(self) -> str:
        return self._detector.identity

    def waiting(self) -> int:
        """How many documents have no labels yet."""
        with self._database.reading() as session:
            return repository.unlabelled_count(session, self.identity)

    def drain(self, progress: Tell | None = None, over: Callable[[], bool] = lambda: False) -> Labelled:
        """Label until nothing waits, until ``over``, or until the detector cannot look: that stands in the log, and the
        rest waits for the next time. ``progress`` gets documents done, of how many."""
        done = Labelled()
        with self._alone, self._leases.hold("label") as lease:
            try:
                done.left = self.waiting()
                if lease is not None and done.left:
                    done.interrupted = not self._work(done, progress or _silent, over)
            except Unavailable as error:
                log.warning("label.stopped", reason=error.message, waiting=done.left)
        return done

    def ensure(self, chunk_ids: Iterable[str]) -> dict[str, Label]:
        """The labels of these chunks; what has none is looked into now, before anything else. Raises ``Unavailable``
        when that cannot be: then nothing of it may leave."""
        wanted = tuple(dict.fromkeys(chunk_ids))
        with self._database.reading() as session:
            labels = repository.labels_of(session, wanted, self.identity)
            missing = repository.texts_of(session, [each for each in wanted if each not in labels])
        if missing:
            self._label(list(missing.values()), self._detector)
            with self._database.reading() as session:
                labels |= repository.labels_of(session, missing, self.identity)
        return labels

    def _work(self, done: Labelled, tell: Tell, over: Callable[[], bool]) -> bool:
        """Whether it got to the end."""
        total = done.left
        tell(0, total)
        while versions := self._next():
            for group in self._groups(versions):
                if over():
                    return False
                self._label_group(group, done)
                done.left = max(0, total - done.documents)
                tell(done.documents, total)
        if not self._failed:
            with self._database.writing() as session:
                repository.forget_other_detectors(session, self.identity)
        return True

    def _next(self) -> list[Unlabelled]:
        now = self._clock()
        self._failed = {version: until for version, until in self._failed.items() if until > now}
        with self._database.reading() as session:
            found = repository.unlabelled(session, self.identity, FETCH + len(self._failed))
        return [each for each in found if each.version_id not in self._failed]

    def _groups(self, versions: Sequence[Unlabelled]) -> Iterator[dict[str, list[str]]]:
        """Titles and texts by version, in order, of about ``GROUP_CHARACTERS`` together."""
        group: dict[str, list[str]] = {}
        size = 0
        for start in range(0, len(versions), 50):
            some = [each.version_id for each in versions[start : start + 50]]
            self._learn(some)
            with self._database.reading() as session:
                titles = repository.titles_of(session, some)
                texts = {version: [titles[version]] for version in some if version in titles}
                for chunk in chunks_of_versions(session, some):
                    texts[chunk.version_id].append(chunk.text)
            for version, own in texts.items():
                group[version] = own
                size += sum(map(len, own))
                if size >= GROUP_CHARACTERS:
                    yield group
                    group, size = {}, 0
        if group:
            yield group

    def _learn(self, versions: Sequence[str]) -> None:
        """Records of people that were settled by a release which did not know what they are."""
        with self._database.reading() as session:
            told = personnel.learn(session, versions)
        if told:
            with self._database.writing() as session:
                personnel.remember(session, told)

    def _label_group(self, group: dict[str, list[str]], done: Labelled) -> None:
        try:
            done.texts += self._label([text for texts in group.values() for text in texts], self._patient, list(group))
            done.documents += len(group)
        except Unavailable:
            self._label_alone(group, done)

    def _label_alone(self, group: dict[str, list[str]], done: Labelled) -> None:
        """One of them may be to blame. Raises ``Unavailable`` when the detector is: it cannot even look into a text of
        our own."""
        for version, texts in group.items():
            try:
                done.texts += self._label(texts, self._patient, [version])
                done.documents += 1
            except Unavailable as error:
                self._patient.find([_PROBE])
                self._failed[version] = self._clock() + TRY_AGAIN
                done.failed += 1
                log.warning("label.failed", version=version, reason=error.message)

    def _label(self, texts: Sequence[str], detector: Detector, versions: Sequence[str] = ()) -> int:
        """Look into those of the texts that nobody has, and keep what is found. Returns how many those were."""
        by_hash = {text_hash(text): text for text in texts}
        with self._database.reading() as session:
            known = repository.findings_of(session, by_hash, self.identity)
        missing = {key: text for key, text in by_hash.items() if key not in known}
        found: dict[str, tuple[Finding, ...]] = {}
        if missing:
            found = dict(zip(missing, detector.find(list(missing.values())), strict=True))
        with self._database.writing() as session:
            repository.add_labels(session, found, self.identity)
            repository.mark_labelled(session, versions, self.identity)
        return len(missing)


def _silent(done: int, total: int) -> None:
    """Nobody follows."""
