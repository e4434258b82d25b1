"""A whole installation for a test: the real parts, in a directory of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from answer.answers import Answer
from api import sources
from api.http.models import IngestIn
from api.runtime import Runtime, open_runtime
from api.settings import DemoSettings, Settings, WebSettings
from core import people
from core.access import Principal
from ingest.sync import Progress, Report
from retrieval.evidence import Passage


class Installation:
    """Short names for what a person would do."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.directory = directory
        # One address stands for every visitor of a test.
        settings.setdefault("web", WebSettings(hosts=("testserver",), failures_per_minute=100_000))
        settings.setdefault("demo", DemoSettings(load=False))
        self.settings = Settings(data_dir=directory / "data", **settings)
        self.runtime: Runtime = open_runtime(self.settings)

    def reopen(self) -> None:
        self.runtime.close()
        self.runtime = open_runtime(self.settings)

    def close(self) -> None:
        self.runtime.close()

    def person(self, email: str, *groups: str, roles: Iterable[str] = ("employee",)) -> str:
        """Add a person, or give them exactly these groups; returns their id."""
        with self.runtime.database.writing() as session:
            return people.put(session, email, groups=groups, roles=roles, now=self.runtime.clock()).id

    def principal(self, email: str) -> Principal:
        with self.runtime.database.reading() as session:
            person_id = people.by_email(session, email).id
        return self.runtime.principal(person_id)

    def ingest(self, path: Path, source: str, allow: Iterable[str] = ("everyone",), **more: Any) -> Report:
        confirm_empty = more.pop("confirm_empty", False)
        wanted = IngestIn(path=str(path), source=source, allow=list(allow), **more)
        record = sources.configure(self.runtime, wanted)
        return sources.run(self.runtime, record, ignore, confirm_empty=confirm_empty)

    def records(self, source: str, records: Iterable[dict[str, Any]], **more: Any) -> Report:
        path = self.directory / f"{source}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
        return self.ingest(path, source, **more)

    def search(self, query: str, email: str, limit: int = 10, **more: Any) -> tuple[Passage, ...]:
        return self.runtime.desk.search(query, self.principal(email), limit=limit, **more).passages

    def found(self, query: str, email: str, limit: int = 50) -> set[str]:
        """The uris of the documents found."""
        return {passage.document.uri for passage in self.search(query, email, limit)}

    def ask(self, question: str, email: str, conversation: str | None = None) -> Answer:
        person_id = self.principal(email).person_id
        happenings = self.runtime.asker.ask(question, person_id, conversation_id=conversation)
        return next(happening for happening in happenings if isinstance(happening, Answer))


def ignore(progress: Progress) -> None:
    """Nobody follows."""
