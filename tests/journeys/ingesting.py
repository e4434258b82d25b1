"""A process that ingests what lies in a directory, names every step it takes, and waits to be killed.

A step is a line on standard output: a commit that is about to happen, a write to the index, or a progress event.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from api import logs, sources
from api.http.models import IngestIn
from ingest.index.edge import EdgeIndex
from ingest.settings import IngestSettings
from ingest.sync import Progress
from retrieval.settings import RetrievalSettings
from tests.installation import Installation


def say(step: str) -> None:
    try:
        # One write call a line: what the reader has, has happened.
        os.write(1, step.encode() + b"\n")
    except OSError:
        # Without a reader the test is gone, and nothing else would end this process.
        os._exit(1)


def told(progress: Progress) -> None:
    say(f"progress {progress.phase} {progress.done}")


def announce_index_writes() -> None:
    """Say each write to the index when it has returned: what follows it in the database may then be missing."""

    def announced(name: str) -> None:
        write = getattr(EdgeIndex, name)

        def call(self: EdgeIndex, *args: Any) -> Any:
            result = write(self, *args)
            say(f"index {name}")
            return result

        setattr(EdgeIndex, name, call)

    for name in ("upsert", "remove_older", "remove_documents", "set_access"):
        announced(name)


def open_installation(directory: Path) -> Installation:
    """Small batches, so that there are many moments between two commits; a pool that holds every chunk."""
    ingesting = IngestSettings(batch_chunks=4, parser_processes=1)
    return Installation(directory, ingest=ingesting, retrieval=RetrievalSettings(pool=1000))


def wanted(directory: Path) -> list[IngestIn]:
    return [IngestIn.model_validate(each) for each in json.loads((directory / "sources.json").read_text("utf-8"))]


def ingest(installation: Installation, progress: Callable[[Progress], None]) -> None:
    """One run of each source that the directory declares."""
    for each in wanted(installation.directory):
        record = sources.configure(installation.runtime, each)
        sources.run(installation.runtime, record, progress, confirm_empty=False)


if __name__ == "__main__":

    @event.listens_for(Engine, "commit")
    def committing(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        say("commit")

    logs.configure()
    announce_index_writes()
    say("start")
    opened = open_installation(Path(sys.argv[1]))
    say("open")
    ingest(opened, told)
    say("end")
    opened.close()
