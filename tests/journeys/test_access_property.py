"""Nobody receives a character that they may not read: random grants, groups, conjunctions, denials, moves, deletions
and memberships that change between the question and the reading, through the real index and every way of reading.

The oracle below decides from scratch who may read what; it shares no code with the product.
"""

from __future__ import annotations

import os
import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from answer.answers import Answer
from api.http import shapes
from connectors import repository as connectors
from connectors.sources.open import open_source
from core.errors import NotFound, VouchError
from tests.installation import Installation

GROUPS = ("amber", "birch", "cedar", "delta", "ember")
PEOPLE = tuple(f"p{number}@x.example" for number in range(5))
TOPICS = ("pumps", "travel", "leave", "invoices", "safety")
SECRET = re.compile(r"secret([a-z]+\d+)(body|pay)")


@dataclass
class Oracle:
    """Who may read what, as plain sets."""

    members: dict[str, set[str]] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    restricted_to: set[str] = field(default_factory=set)

    def may_read(self, email: str, document: str, part: str) -> bool:
        held = self.members[email] | {"everyone"}
        record = self.documents.get(document)
        if record is None or not held & set(record["allow"]) or held & set(record["deny"]):
            return False
        return part == "body" or bool(held & self.restricted_to)


class World:
    """An installation and the oracle, changed together at random."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.installation = Installation(directory)
        self.random = random.Random(seed)
        self.oracle = Oracle(restricted_to={"amber", "cedar"})
        self.answers: list[tuple[str, Answer]] = []
        self.checked = 0
        self.made = 0
        self.path = directory / "world.jsonl"
        for email in PEOPLE:
            self.join(email)
        for _ in range(24):
            self.add()
        self.ingest()

    # Changes

    def some_groups(self, low: int = 0) -> set[str]:
        return set(self.random.sample(GROUPS, self.random.randint(low, 3)))

    def join(self, email: str) -> None:
        self.oracle.members[email] = self.some_groups()
        self.installation.person(email, *self.oracle.members[email])

    def add(self) -> None:
        self.made += 1
        topic = self.random.choice(TOPICS)
        name = f"{self.random.choice('xyz')}{self.made}"
        allow = self.random.choice([sorted(self.some_groups(1)), ["everyone"], []])
        deny = sorted(self.some_groups()) if self.random.random() < 0.3 else []
        text = f"The {topic} rule of {name} says secret{name}body. It holds for all {topic} from Monday to Friday."
        record = {"id": name, "title": f"About {topic}", "text": text, "pay": f"secret{name}pay"}
        self.oracle.documents[name] = record | {"allow": allow, "deny": deny}

    def change(self) -> None:
        match self.random.randrange(7):
            case 0:
                self.join(self.random.choice(PEOPLE))
            case 1:
                self.add()
                self.ingest()
            case 2 if self.oracle.documents:
                del self.oracle.documents[self.random.choice(sorted(self.oracle.documents))]
                self.ingest()
            case 3:
                self.change_access()
                self.ingest()
            case 4:
                # The index still holds the old access: only the second check stands in the way.
                self.change_access()
                self.keep_without_indexing()
            case 5:
                self.oracle.restricted_to = self.some_groups(1)
                self.ingest()
            case _:
                self.join(self.random.choice(PEOPLE))

    def change_access(self) -> None:
        for name in self.random.sample(sorted(self.oracle.documents), min(4, len(self.oracle.documents))):
            self.oracle.documents[name]["allow"] = sorted(self.some_groups())
            self.oracle.documents[name]["deny"] = sorted(self.some_groups()) if self.random.random() < 0.3 else []

    def write(self) -> None:
        self.path.write_bytes(b"\n".join(orjson.dumps(record) for record in self.oracle.documents.values()))

    def ingest(self) -> None:
        self.write()
        restrict = {"pay": sorted(self.oracle.restricted_to)}
        self.installation.ingest(self.path, "world", ["everyone"], restrict=restrict, confirm_empty=True)

    def keep_without_indexing(self) -> None:
        self.write()
        runtime = self.installation.runtime
        with runtime.database.reading() as session:
            record = connectors.by_name(session, "world")
        source = open_source(record.kind, record.config, 2**20)
        runtime.sync.turn(record, source, "poll", None, lambda done, total: None, confirm_empty=True)

    # Readings

    def read(self, email: str) -> None:
        principal = self.installation.principal(email)
        runtime = self.installation.runtime
        query = f"What does the {self.random.choice(TOPICS)} rule say, and what is the pay?"
        match self.random.randrange(5):
            case 0 | 1:
                evidence = runtime.desk.search(query, principal, limit=20, by_document=self.random.random() < 0.3)
                self.check(email, shapes.search(evidence).model_dump_json())
                for passage in evidence.passages[:2]:
                    self.document(email, passage.document.id)
            case 2:
                answer = self.installation.ask(query, email)
                self.answers.append((email, answer))
                self.check(email, shapes.answer(answer).model_dump_json())
            case 3:
                found = runtime.asker._searcher.search(query, principal)  # pyright: ignore[reportPrivateUsage]
                for passage in found.evidence.passages[:3]:
                    for neighbour in runtime.asker._searcher.neighbours(passage, principal):  # pyright: ignore[reportPrivateUsage]
                        self.check(email, neighbour.text)
            case _:
                self.reread(email)

    def document(self, email: str, document_id: str) -> None:
        try:
            shown = self.installation.runtime.desk.document(document_id, self.installation.principal(email))
        except NotFound:
            return
        self.check(email, shapes.document_text(shown).model_dump_json())

    def reread(self, email: str) -> None:
        """Open what was asked before: by the person who asked, as of now, and by somebody else."""
        if not self.answers:
            return
        asker, answer = self.random.choice(self.answers)
        principal = self.installation.principal(asker)
        archive = self.installation.runtime.archive
        self.check(asker, shapes.answer(archive.answer(answer.id, principal)).model_dump_json())
        citations = sum(len(sentence.citations) for sentence in answer.sentences)
        for number in range(1, citations + 1):
            try:
                opened = archive.evidence(answer.id, number, principal)
            except NotFound:
                continue
            self.check(asker, shapes.evidence(opened, "image").model_dump_json())
        if email != asker:
            with pytest.raises(VouchError):
                archive.answer(answer.id, self.installation.principal(email))

    def check(self, email: str, text: str) -> None:
        self.checked += 1
        for document, part in SECRET.findall(text):
            assert self.oracle.may_read(email, document, part), f"{email} received the {part} of {document}"


def roam(world: World, steps: int) -> None:
    for _ in range(steps):
        world.change()
        for email in world.random.sample(PEOPLE, 3):
            world.read(email)


@pytest.mark.parametrize("seed", range(3))
def test_nobody_receives_a_character_they_may_not_read(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, seed)
    roam(world, 25)
    assert world.checked > 50
    world.installation.close()


def test_what_a_reader_may_read_is_found(tmp_path: Path) -> None:
    """The other half: a filter that refuses everything would pass the test above."""
    world = World(tmp_path, 7)
    roam(world, 5)
    world.ingest()
    for email in PEOPLE:
        for topic in TOPICS:
            found = world.installation.found(f"{topic} rule", email, limit=100)
            readable = {name for name in world.oracle.documents if world.oracle.may_read(email, name, "body")}
            assert found == readable
    world.installation.close()


@pytest.mark.soak
def test_nobody_receives_a_character_in_many_cases(tmp_path: Path) -> None:
    wanted = int(os.environ.get("VOUCH_TEST_ACCESS_CASES", "100000"))
    checked = seed = 0
    while checked < wanted:
        directory = tmp_path / str(seed)
        directory.mkdir()
        world = World(directory, 1000 + seed)
        while world.checked < 2000 and checked + world.checked < wanted:
            roam(world, 10)
        checked, seed = checked + world.checked, seed + 1
        world.installation.close()
