"""Ingestion, killed at random moments: the next start completes, and nothing is lost or doubled.

A child process (``tests.journeys.ingesting``) names each step; it is killed (SIGKILL) in the middle of a random one, or
a random part of a few milliseconds after it. What the directory must hold in the end is kept here as plain
dictionaries.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import func, select

from connectors.tables import RunRow, SourceRow
from core.audit import verify
from core.tables import PersonRow
from ingest import repository
from ingest.tables import ChunkRow, DocumentAccessRow, DocumentRow, OutboxRow, VersionRow
from tests.installation import Installation, ignore
from tests.journeys.ingesting import ingest, open_installation

REPOSITORY = Path(__file__).parents[2]
READERS = {"ana@x.example": {"sales"}, "bo@x.example": {"legal"}, "hana@x.example": {"sales", "hr"}}
AUDIENCES = (["everyone"], ["sales"], ["legal"], ["sales", "legal"])
RECORDS, FILES = 40, 20


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: at the step of this name that is taken for the n-th time, or so many seconds later."""

    step: str
    times: int
    later_seconds: float | None = None


MOMENTS = {
    "start": 1, "open": 1, "commit": 55, "progress listing": 2, "progress ingesting": 15, "index upsert": 15,
    "index remove_older": 8, "index remove_documents": 2, "index set_access": 3, "end": 1,
}  # fmt: skip
"""The steps, and about how often each is taken in one run."""


@dataclass
class World:
    """The sources as they are now. ``records`` are by id, ``files`` by name."""

    directory: Path
    random: random.Random
    records: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    files: dict[str, str] = field(default_factory=dict[str, str])
    files_allow: list[str] = field(default_factory=lambda: ["everyone"])
    pay_for: list[str] = field(default_factory=lambda: ["hr"])
    made: int = 0

    def __post_init__(self) -> None:
        (self.directory / "files").mkdir()
        for _ in range(RECORDS):
            self.add_record()
        for _ in range(FILES):
            self.add_file()
        self.write()

    def words(self) -> str:
        """Text that no other document has; a few are long enough for several chunks."""
        self.made += 1
        sentences = 40 if self.random.random() < 0.1 else 2
        drawn = ["".join(self.random.choices("abcdefghiklmnoprstuvw", k=6)) for _ in range(6 * sentences)]
        return ". ".join(" ".join(drawn[at : at + 6]) for at in range(0, len(drawn), 6)) + f". Edition {self.made}."

    def add_record(self) -> None:
        text = self.words()
        self.records[f"r{self.made}"] = {
            "id": f"r{self.made}", "title": f"Ledger {self.made}", "text": text, "pay": f"Secret {self.made}",
            "allow": self.random.choice(AUDIENCES),
        }  # fmt: skip

    def add_file(self) -> None:
        text = self.words()
        self.files[f"f{self.made}.md"] = f"# Ledger file {self.made}\n\n{text}\n"

    def change(self) -> None:
        """Some of everything that a source may do between two runs."""
        chosen = self.random.sample(sorted(self.records), 12)
        for key in chosen[:4]:
            self.records[key]["text"] = self.words()
        for key in chosen[4:8]:
            self.records[key]["allow"] = self.random.choice(AUDIENCES)
        for key in chosen[8:]:
            del self.records[key]
        for _ in range(4):
            self.add_record()
        for name in self.random.sample(sorted(self.files), 4):
            self.files[name] = f"# Ledger again\n\n{self.words()}\n"
        del self.files[self.random.choice(sorted(self.files))]
        self.add_file()
        match self.random.randrange(3):
            case 0:
                self.files_allow = self.random.choice(AUDIENCES)
            case 1:
                self.pay_for = self.random.choice([["hr"], ["sales"], ["legal"]])
            case _:
                pass
        self.write()

    def write(self) -> None:
        lines = "".join(json.dumps(record) + "\n" for record in self.records.values())
        (self.directory / "records.jsonl").write_text(lines, "utf-8")
        for path in (self.directory / "files").iterdir():
            if path.name not in self.files:
                path.unlink()
        for name, text in self.files.items():
            (self.directory / "files" / name).write_text(text, "utf-8")
        records = {"path": str(self.directory / "records.jsonl"), "source": "records", "allow": ["legal"]}
        files = {"path": str(self.directory / "files"), "source": "files", "allow": self.files_allow}
        declared = [records | {"restrict": {"pay": self.pay_for}}, files]
        (self.directory / "sources.json").write_text(json.dumps(declared), "utf-8")

    def texts(self) -> dict[str, str]:
        return self.files | {key: record["text"] for key, record in self.records.items()}

    def readable(self, groups: set[str]) -> set[str]:
        allow = {key: record["allow"] for key, record in self.records.items()} | dict.fromkeys(
            self.files, self.files_allow
        )
        return {key for key, allowed in allow.items() if {"everyone", *groups} & set(allowed)}


def killed_at(directory: Path, moment: Moment) -> bool:
    """Ingest in a child process and kill it there. Returns whether it lived to be killed."""
    exactly = moment.later_seconds is None
    command = [sys.executable, "-m", "tests.journeys.ingesting", str(directory), moment.step]
    command.append(str(moment.times if exactly else 0))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as child:
        assert child.stdout is not None
        steps = (line for line in child.stdout if line.startswith(moment.step))
        reached = next(islice(steps, moment.times - 1, None), None) is not None
        # Not to wait for anything: moments between two steps are to be hit as well.
        time.sleep(moment.later_seconds or 0)
        parsers = psutil.Process(child.pid).children(recursive=True) if reached and child.poll() is None else []
        child.kill()
        child.stdout.read()
    assert child.returncode == -9 if exactly and reached else child.returncode in (0, -9)
    _, left = psutil.wait_procs(parsers, timeout=30)
    assert not left, "a parsing process outlived the one that it worked for"
    return child.returncode == -9


def any_moment(random: random.Random) -> Moment:
    step, most = random.choice(sorted(MOMENTS.items()))
    return Moment(step, random.randint(1, most), random.choice([None, random.uniform(0, 0.006)]))


def kill_and_check(directory: Path, kills: int, first: Sequence[Moment] = ()) -> None:
    """Kill at the ``first`` moments, then at random ones, ``kills`` times in all."""
    world = World(directory, random.Random(kills))
    planned, killed = deque(first), 0
    while killed < kills:
        if not killed_at(directory, planned.popleft() if planned else any_moment(world.random)):
            world.change()
            continue
        killed += 1
        # Sometimes the next start is killed as well.
        if killed < kills and not planned and world.random.random() < 0.25:
            continue
        complete(world)
        world.change()


def complete(world: World) -> None:
    """Start again, run again, and look at everything."""
    installation = open_installation(world.directory)
    try:
        assert_index_agrees(installation)
        assert_nothing_is_left_behind(world.directory)
        for email, groups in READERS.items():
            installation.person(email, *groups)
        ingest(installation, ignore)
        assert_index_agrees(installation)
        assert_database_holds(installation, world)
        for email, groups in READERS.items():
            assert_found_once(installation, email, world.readable(groups))
        assert_log_is_whole(installation)
    finally:
        installation.close()


def assert_index_agrees(installation: Installation) -> None:
    with installation.runtime.database.reading() as session:
        live = repository.live_chunk_ids(session)
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 0
        assert not session.scalars(select(DocumentRow.key).where(DocumentRow.state == "pending")).all()
    assert installation.runtime.index.point_ids() == live
    assert installation.runtime.index.count() == len(live)


def assert_database_holds(installation: Installation, world: World) -> None:
    texts = world.texts()
    with installation.runtime.database.reading() as session:
        documents = session.scalars(select(DocumentRow)).all()
        assert {row.key for row in documents if row.state == "ready"} == set(texts)
        assert {row.state for row in documents} <= {"ready", "gone"}
        assert max(Counter((row.source_id, row.key) for row in documents).values()) == 1
        versions = session.scalars(select(VersionRow)).all()
        assert max(Counter((row.document_id, row.content_hash) for row in versions).values()) == 1
        chunks = session.execute(select(ChunkRow.version_id, ChunkRow.ordinal)).all()
        assert max(Counter(map(tuple, chunks)).values()) == 1
        text_of = {row.id: row.text for row in versions}
        with_chunks = {version for version, _ in chunks}
        access = select(DocumentAccessRow).where(DocumentAccessRow.valid_to.is_(None))
        in_force = Counter((row.document_id, row.access_key) for row in session.scalars(access))
        ready = [row for row in documents if row.state == "ready"]
        for row in ready:
            assert row.current_version in with_chunks
            assert texts[row.key].splitlines()[-1] in text_of[row.current_version]
        assert in_force == Counter((row.id, row.access_key) for row in ready)
        assert set(session.scalars(select(RunRow.state))) <= {"done", "failed"}
        assert sorted(session.scalars(select(SourceRow.name))) == ["files", "records"]
        assert sorted(session.scalars(select(PersonRow.email))) == sorted(READERS)


def assert_found_once(installation: Installation, email: str, readable: set[str]) -> None:
    passages = installation.search("Ledger", email, limit=200)
    assert {passage.document.uri for passage in passages} == readable
    assert max(Counter((passage.document.id, passage.spans) for passage in passages).values()) == 1


def assert_log_is_whole(installation: Installation) -> None:
    runtime = installation.runtime
    runtime.sequencer.drain()
    found = verify(runtime.database, runtime.keyring.public_key(), runtime.head_file)
    assert found.ok, found.first_broken


def assert_nothing_is_left_behind(directory: Path) -> None:
    names = [path.name for path in (directory / "data" / "index").iterdir()]
    assert len([name for name in names if name.startswith("shard-")]) == 1
    assert not list((directory / "data").rglob("*.draft"))


def test_killed_ingestion_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    first = (Moment("index upsert", 3), Moment("index remove_older", 1), Moment("commit", 9))
    kill_and_check(tmp_path, 4, first)


@pytest.mark.soak
def test_often_killed_ingestion_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    kill_and_check(tmp_path, int(os.environ.get("VOUCH_TEST_KILLS", "30")))
