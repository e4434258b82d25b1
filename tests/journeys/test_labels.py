"""Labels, from a document that comes in to one that is looked into: by the real detector, over restarts and kills."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core import people
from core.jobs import MemoryQueue
from ingest.label.labeller import Labeller
from ingest.label.repository import labels_of
from ingest.label.tables import LabelledVersionRow, LabelRow
from ingest.tables import ChunkRow
from tests.ingest.label.detectors import Patterns
from tests.installation import Installation

REPOSITORY = Path(__file__).parents[2]
TEXT = "Payroll note. The card 4111 1111 1111 1111 belongs to the travel account; write to payroll@acme.example."
DOCUMENTS = 12


def work_off(installation: Installation) -> None:
    """Do what is due, as a worker does."""
    work = installation.runtime.connecting.work
    queue = work._queue
    assert isinstance(queue, MemoryQueue)
    work.tick()
    while (job := queue.take()) is not None:
        work.perform(job)


def found(installation: Installation) -> dict[str, set[str]] | None:
    """Values by kind; None where a passage has no label."""
    runtime = installation.runtime
    with runtime.database.reading() as session:
        chunks = {chunk.id: chunk.text for chunk in session.scalars(select(ChunkRow))}
        labels = labels_of(session, chunks, runtime.redaction.labeller.identity)
    if labels.keys() != chunks.keys():
        return None
    values: dict[str, set[str]] = {}
    for chunk_id, label in labels.items():
        for finding in label.findings:
            values.setdefault(finding.kind, set()).add(finding.span.of(chunks[chunk_id]))
    return values


def test_a_document_can_be_found_first_and_is_looked_into_then(installation: Installation) -> None:
    installation.person("ann@x.example")
    installation.records("notes", [{"id": "a", "title": "Payroll", "text": TEXT}])
    assert installation.found("travel account", "ann@x.example") == {"a"}
    assert found(installation) is None
    work_off(installation)
    values = found(installation)
    assert values is not None
    assert values["CREDIT_CARD"] == {"4111 1111 1111 1111"}
    assert values["EMAIL_ADDRESS"] == {"payroll@acme.example"}


def test_labels_outlive_a_restart_and_a_new_colleague_needs_none(installation: Installation) -> None:
    installation.records("notes", [{"id": "a", "title": "Lunch", "text": "Zorvina Quillstrum brings the cake."}])
    work_off(installation)
    installation.reopen()
    runtime = installation.runtime
    assert runtime.redaction.labeller.waiting() == 0
    text = "Zorvina Quillstrum brings the cake."
    assert runtime.redaction.gazetteer.find(text) == ()
    with runtime.database.writing() as session:
        people.put(
            session, "zq@acme.example", name="Zorvina Quillstrum", groups=(), roles=("employee",), now=runtime.clock()
        )
    assert [finding.span.of(text) for finding in runtime.redaction.gazetteer.find(text)] == ["Zorvina Quillstrum"]
    assert runtime.redaction.labeller.waiting() == 0


@pytest.mark.slow
def test_a_kill_while_labelling_loses_and_doubles_nothing(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    records = [{"id": f"n{n}", "title": f"Note {n}", "text": f"Number {n}: 078-05-1{n:03d}."} for n in range(DOCUMENTS)]
    made.records("notes", records)
    made.close()
    command = [sys.executable, "-m", "tests.journeys.labelling", str(tmp_path), "5"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("5 of"):
                break
        process.kill()
    opened = Installation(tmp_path)
    try:
        database = opened.runtime.database
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(LabelledVersionRow)) == 5
        labeller = Labeller(database, Patterns(asked=tmp_path / "asked"), opened.runtime.clock)
        assert labeller.drain().documents == DOCUMENTS - 5
        with database.reading() as session:
            # The text and the title of each.
            assert session.scalar(select(func.count()).select_from(LabelRow)) == 2 * DOCUMENTS
        # Nothing was looked into twice: each was kept before the next began.
        assert len((tmp_path / "asked").read_text("utf-8").splitlines()) == 2 * DOCUMENTS
    finally:
        opened.close()
