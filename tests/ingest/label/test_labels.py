"""Labels: everything that can be searched gets one, once, and what cannot be looked into does not hold up the rest."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import people
from core.database import Database
from core.errors import Unavailable
from core.jobs import MemoryQueue
from ingest.label import repository
from ingest.label.erase import erase_labels
from ingest.label.gazetteer import Known, known_of
from ingest.label.labeller import Labeller
from ingest.label.tables import LabelRow
from ingest.tables import ChunkRow, DocumentRow, VersionRow
from tests.conftest import StandingClock
from tests.ingest.label.detectors import Patterns
from tests.installation import Installation

SSN = "078-05-1120"


class Watched(Patterns):
    """Remembers what it was asked."""

    def __init__(self, identity: str = "patterns 1") -> None:
        super().__init__(identity)
        self.texts: list[str] = []
        self.down = False

    def find(self, texts):  # type: ignore[no-untyped-def]
        if self.down or any("[[poison]]" in text for text in texts):
            raise Unavailable("It cannot look.")
        self.texts.extend(texts)
        return super().find(texts)


@pytest.fixture
def detector() -> Watched:
    return Watched()


@pytest.fixture
def labeller(installation: Installation, detector: Watched, clock: StandingClock) -> Labeller:
    return Labeller(installation.runtime.database, detector, clock)


def notes(installation: Installation, **texts: str) -> None:
    installation.records("notes", [{"id": key, "title": key, "text": text} for key, text in texts.items()])


def chunks(installation: Installation, key: str) -> list[ChunkRow]:
    """Of the current version of a document."""
    with installation.runtime.database.reading() as session:
        query = select(ChunkRow).join(DocumentRow, DocumentRow.current_version == ChunkRow.version_id)
        return list(session.scalars(query.where(DocumentRow.key == key).order_by(ChunkRow.ordinal)))


def found(installation: Installation, key: str, identity: str = "patterns 1") -> set[str] | None:
    """The values found in a document; None where it has no labels."""
    rows = chunks(installation, key)
    with installation.runtime.database.reading() as session:
        labels = repository.labels_of(session, [row.id for row in rows], identity)
    if not labels:
        return None
    return {finding.span.of(row.text) for row in rows for finding in labels[row.id].findings}


def test_everything_that_can_be_searched_gets_a_label(installation: Installation, labeller: Labeller) -> None:
    notes(installation, a=f"Her number is {SSN}.", b="Nothing of the sort.")
    assert found(installation, "a") is None
    told: list[tuple[int, int]] = []
    done = labeller.drain(lambda documents, total: told.append((documents, total)))
    assert (done.documents, done.left) == (2, 0)
    assert (found(installation, "a"), found(installation, "b")) == ({SSN}, set())
    assert told[0] == (0, 2)
    assert told[-1] == (2, 2)


def test_no_value_is_stored_with_a_label(installation: Installation, labeller: Labeller) -> None:
    notes(installation, a=f"Her number is {SSN}.")
    labeller.drain()
    with installation.runtime.database.reading() as session:
        rows = session.scalars(select(LabelRow)).all()
    assert len(rows) == 2
    assert SSN not in str([row.findings for row in rows])


def test_the_same_words_are_looked_into_once(installation: Installation, labeller: Labeller, detector: Watched) -> None:
    notes(installation, a=f"Her number is {SSN}.")
    labeller.drain()
    first = list(detector.texts)
    notes(installation, a=f"Her number is {SSN}.", copy=f"Her number is {SSN}.")
    labeller.drain()
    assert detector.texts == [*first, "copy"]
    assert found(installation, "copy") == {SSN}


def test_a_new_content_is_looked_into(installation: Installation, labeller: Labeller) -> None:
    notes(installation, a="Nothing yet.")
    labeller.drain()
    notes(installation, a=f"Her number is {SSN}.")
    assert found(installation, "a") is None
    assert labeller.drain().documents == 1
    assert found(installation, "a") == {SSN}


def test_the_newest_documents_come_first(installation: Installation, labeller: Labeller, detector: Watched) -> None:
    notes(installation, old="The old one.")
    notes(installation, old="The old one.", new="The new one.")
    with installation.runtime.database.writing() as session:
        old = session.scalars(select(DocumentRow.current_version).where(DocumentRow.key == "old")).one()
        session.get_one(VersionRow, old).created_at -= timedelta(days=1)
    labeller.drain()
    assert detector.texts == ["new", "The new one.", "old", "The old one."]


def test_another_detector_looks_anew_and_its_labels_replace_the_others(
    installation: Installation, labeller: Labeller, clock: StandingClock
) -> None:
    notes(installation, a=f"Her number is {SSN}.")
    labeller.drain()
    assert found(installation, "a", "patterns 2") is None
    Labeller(installation.runtime.database, Watched("patterns 2"), clock).drain()
    assert found(installation, "a", "patterns 2") == {SSN}
    assert found(installation, "a", "patterns 1") is None


def test_what_was_labelled_before_an_interruption_is_kept(
    installation: Installation, labeller: Labeller, detector: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.label.labeller.GROUP_CHARACTERS", 1)
    notes(installation, **{f"n{number}": f"Note {number}: {SSN}." for number in range(5)})
    done = labeller.drain(over=lambda: len(detector.texts) >= 4)
    assert (done.documents, done.left, done.interrupted) == (2, 3, True)
    done = labeller.drain()
    assert (done.documents, done.left, done.interrupted) == (3, 0, False)
    assert len(detector.texts) == 10


def test_one_document_that_cannot_be_looked_into_does_not_hold_up_the_others(
    installation: Installation, labeller: Labeller, clock: StandingClock
) -> None:
    notes(installation, a=f"Her number is {SSN}.", bad="[[poison]]", c=f"His is {SSN}.")
    done = labeller.drain()
    assert (done.documents, done.failed, done.left) == (2, 1, 1)
    assert (found(installation, "a"), found(installation, "bad")) == ({SSN}, None)
    assert labeller.drain().failed == 0
    clock.tick(hours=2)
    assert labeller.drain().failed == 1


def test_a_detector_that_is_down_leaves_everything_searchable_and_unlabelled(
    installation: Installation, labeller: Labeller, detector: Watched
) -> None:
    installation.person("ann@x.example")
    notes(installation, a=f"Her number is {SSN}.", b="Nothing of the sort.")
    detector.down = True
    done = labeller.drain()
    assert (done.documents, done.failed, done.left, done.interrupted) == (0, 0, 2, False)
    assert installation.found("number", "ann@x.example")
    detector.down = False
    assert labeller.drain().documents == 2


def test_what_has_no_label_is_looked_into_when_it_is_needed(installation: Installation, labeller: Labeller) -> None:
    notes(installation, a=f"Her number is {SSN}.")
    ids = [row.id for row in chunks(installation, "a")]
    labels = labeller.ensure(ids)
    assert [finding.kind for finding in labels[ids[0]].findings] == ["US_SSN"]
    assert found(installation, "a") == {SSN}


def test_what_is_needed_and_cannot_be_looked_into_is_refused(
    installation: Installation, labeller: Labeller, detector: Watched
) -> None:
    notes(installation, a=f"Her number is {SSN}.")
    detector.down = True
    with pytest.raises(Unavailable):
        labeller.ensure([row.id for row in chunks(installation, "a")])


def test_forgetting_a_person_drops_what_was_found_where_they_are_named(
    installation: Installation, labeller: Labeller, detector: Watched
) -> None:
    runtime = installation.runtime
    with runtime.database.writing() as session:
        ann = people.put(
            session, "ann.lee@x.example", name="Ann Lee", groups=(), roles=("employee",), now=runtime.clock()
        )
    notes(installation, hers=f"Ann Lee has {SSN}.", written="Write to ann.lee@x.example.", other=f"He has {SSN}.")
    labeller.drain()
    before = len(detector.texts)
    with runtime.database.reading() as session:
        known = known_of(session, ann.id)
    assert known is not None
    assert erase_labels(runtime.database, known) == 2
    assert (found(installation, "hers"), found(installation, "written")) == (None, None)
    assert found(installation, "other") == {SSN}
    labeller.drain()
    assert len(detector.texts) == before + 2


def test_forgetting_reaches_titles_and_goes_on_after_an_interruption(
    installation: Installation, labeller: Labeller, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = installation.runtime
    monkeypatch.setattr("ingest.label.erase._SOME", 1)
    installation.records(
        "notes",
        [{"id": str(number), "title": "About Ann Lee", "text": f"Note {number}: {SSN}."} for number in range(4)],
    )
    labeller.drain()
    ann = Known("ann", ("Ann Lee",), ())
    calls = iter(range(4))

    def fails_once(*arguments: Any) -> int:
        if next(calls) == 2:
            raise Unavailable("The disk is full.")
        return repository.forget_texts(*arguments)

    monkeypatch.setattr("ingest.label.erase.forget_texts", fails_once)
    with pytest.raises(Unavailable):
        erase_labels(runtime.database, ann)
    assert labeller.waiting() == 2
    monkeypatch.undo()
    erase_labels(runtime.database, ann)
    assert labeller.waiting() == 4


def test_others_write_while_texts_are_searched_for_a_person(installation: Installation, labeller: Labeller) -> None:
    notes(installation, a="Ann Lee is here.", b="Nobody is here.")
    labeller.drain()
    database = installation.runtime.database

    class Busy(Database):
        """Somebody else writes whenever texts have been read, and between."""

        @contextmanager
        def reading(self) -> Generator[Session]:
            with super().reading() as session:
                yield session
                with database.writing() as other:
                    repository.add_labels(other, {f"{len(written)}": ()}, "patterns 1")
                written.append(1)

    written: list[int] = []
    assert erase_labels(Busy(database.engine), Known("ann", ("Ann Lee",), ())) == 1
    assert written
    assert found(installation, "b") == set()


def test_jobs_label_what_they_have_indexed(installation: Installation, labeller: Labeller, tmp_path: Path) -> None:
    notes(installation, a=f"Her number is {SSN}.")
    work = installation.runtime.connecting.work
    queue = work._queue
    assert isinstance(queue, MemoryQueue)
    work._labeller = labeller
    work.tick()
    while (job := queue.take()) is not None:
        work.perform(job)
    assert found(installation, "a") == {SSN}
