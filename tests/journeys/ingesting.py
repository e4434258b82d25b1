"""A process that ingests what lies in a directory, names every step it takes, and waits to be killed.

A step is a line on standard output: a commit that is about to happen, a write to the index that has returned, or a
progress event. With the name of a step and a number it stands still when it takes that step for that time.
"""

from __future__ import annotations

import json
import os
import sys
import threading
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


class Steps:
    """Says each step, and holds the thread that takes the step to hold at."""

    def __init__(self, hold: str, times: int) -> None:
        self._hold, self._left = hold, times
        self._lock = threading.Lock()

    def say(self, step: str) -> None:
        with self._lock:
            self._left -= step.startswith(self._hold)
            held = self._left == 0 and step.startswith(self._hold)
        try:
            # One write call a line: what the reader has, has happened.
            os.write(1, step.encode() + b"\n")
        except OSError:
            # Without a reader the test is gone, and nothing else would end this process.
            os._exit(1)
        if held:
            threading.Event().wait()

    def told(self, progress: Progress) -> None:
        self.say(f"progress {progress.phase} {progress.done}")


def announce_index_writes(steps: Steps) -> None:
    """Say each write to the index when it has returned: what follows it in the database may then be missing."""

    def announced(name: str) -> None:
        write = getattr(EdgeIndex, name)

        def call(self: EdgeIndex, *args: Any) -> Any:
            result = write(self, *args)
            steps.say(f"index {name}")
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
    logs.configure()
    following = Steps(sys.argv[2], int(sys.argv[3]))

    @event.listens_for(Engine, "commit")
    def committing(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        following.say("commit")

    announce_index_writes(following)
    following.say("start")
    opened = open_installation(Path(sys.argv[1]))
    following.say("open")
    ingest(opened, following.told)
    following.say("end")
    opened.close()
