"""A sync of 2,000 entries under every kind of trouble ends where an undisturbed one does.

The worker (``tests.journeys.syncing``) and the register that it reads (``tests.sources.register``) are processes of
their own. The worker is killed (SIGKILL) at random commits, or some milliseconds after one; the register answers some
requests with 429, 500, too late, with half of a JSON text, or with the page before; its clock and the worker's jump;
entries change, move, go and break meanwhile.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import func, select

from connectors.tables import FailureRow
from core import access_sets
from core.access import filter_for
from core.tables import MembershipRow, PersonRow
from ingest import repository
from ingest.tables import DocumentAccessRow, DocumentRow, OutboxRow, VersionRow
from tests.installation import Installation
from tests.journeys.syncing import PEOPLE, AheadClock, ask_for_everything, open_installation, work_until_done
from tests.sources.register import Register, serving

REPOSITORY = Path(__file__).parents[2]
ENTRIES = 2000
COMMITS = 260
"""About how many one whole sync of them makes."""
TEXTS = [f"Pumps of type {number} for Noordveen." for number in range(20)]
AUDIENCES = (["staff"], ["legal"], ["staff", "legal"], [])
TROUBLES = ("429", "500", "slow", "truncated", "repeated")


@dataclass
class World:
    """A register, and the random changes that are made to it."""

    directory: Path
    random: random.Random
    register: Register = field(init=False)
    made: int = 0
    passed: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        self.register = Register(self.directory / "register.sqlite")
        self.add(ENTRIES)
        self.register.account("a1", PEOPLE[0], "staff")
        self.register.account("b1", PEOPLE[1], "legal")
        self.register.account("h1", PEOPLE[2], "staff", "hr")

    def add(self, many: int) -> None:
        numbers = range(self.made, self.made + many)
        self.register.fill(numbers, TEXTS, AUDIENCES)
        self.made += many

    def some(self, many: int) -> list[str]:
        return self.random.sample(self.register.keys(), many)

    def change(self) -> None:
        register = self.register
        # Its clock goes on by more than what a poll reads again, and is put back now and then.
        self.passed += timedelta(minutes=10)
        register.skew = self.passed + timedelta(seconds=self.random.uniform(-120, 120))
        edited = self.some(15)
        register.edit(edited, self.random.choice(TEXTS))
        register.allow(self.some(25), *self.random.choice(AUDIENCES))
        register.delete(self.some(8))
        # Some cannot be read just when they change: no later poll will come by them.
        register.damage([*edited[:4], *self.some(4)])
        self.add(5)
        # Found by nobody's clock: they are stamped long ago, and only a sweep sees that they are missing.
        register.account("a1", PEOPLE[0], *self.random.choice(AUDIENCES), active=self.random.random() < 0.8)

    def trouble(self) -> None:
        kinds = self.random.sample(TROUBLES, self.random.randint(0, len(TROUBLES)))
        self.register.trouble(self.random.randint(4, 12), *kinds)

    def calm(self) -> None:
        """Everything can be read now; nothing says that it changed."""
        self.register.trouble(1)
        self.register.damage(self.register.keys(), False)


def killed_at(world: World, url: str, ahead: float, commit: int, later_seconds: float) -> bool:
    """Let a worker run and kill it after so many commits. Returns whether it lived to be killed."""
    command = [sys.executable, "-m", "tests.journeys.syncing", str(world.directory), url, str(ahead)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        lines = (line for line in child.stdout if line.startswith("commit"))
        reached = next(islice(lines, commit // 2, None), None) is not None
        if reached:
            world.change()
        reached = next(islice(lines, commit - commit // 2, None), None) is not None
        # Not to wait for anything: moments between two commits are to be hit as well.
        time.sleep(later_seconds)
        parsers = psutil.Process(child.pid).children(recursive=True) if reached and child.poll() is None else []
        child.kill()
        child.stdout.read()
        said = child.stderr.read()
    assert child.returncode in (0, -9), said
    psutil.wait_procs(parsers, timeout=30)
    return child.returncode == -9


def disturb(world: World, url: str, kills: int) -> float:
    """Kill ``kills`` workers. Returns how far the clock of the next one is to be ahead."""
    ahead, killed = 0.0, 0
    while killed < kills:
        world.trouble()
        killed += killed_at(world, url, ahead, world.random.randint(2, COMMITS), world.random.uniform(0, 0.01))
        world.change()
        # Mostly some time passes until the next start; now and then its clock has been put back.
        ahead += world.random.uniform(-90, 900)
    return ahead


def finish(directory: Path, url: str, ahead: float) -> dict[str, Any]:
    """Sync to the end, and look at everything."""
    clock = AheadClock(timedelta(seconds=ahead))
    installation = open_installation(directory, url, clock)
    try:
        began = clock()
        ask_for_everything(installation)
        work_until_done(installation, clock, began)
        assert_whole(installation)
        return snapshot(installation)
    finally:
        installation.close()


def assert_whole(installation: Installation) -> None:
    with installation.runtime.database.reading() as session:
        live = repository.live_chunk_ids(session)
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 0
        assert session.scalar(select(func.count()).select_from(FailureRow)) == 0
        assert set(session.scalars(select(DocumentRow.state))) <= {"ready", "gone"}
        in_force = select(DocumentAccessRow.document_id, DocumentAccessRow.access_key)
        held = sorted(map(tuple, session.execute(in_force.where(DocumentAccessRow.valid_to.is_(None)))))
        ready = session.execute(select(DocumentRow.id, DocumentRow.access_key).where(DocumentRow.state == "ready"))
        assert held == sorted(map(tuple, ready))
    assert installation.runtime.index.point_ids() == live
    assert installation.runtime.index.count() == len(live)


def snapshot(installation: Installation) -> dict[str, Any]:
    """Documents, access, chunks, memberships, and what each person may find by the index alone."""
    runtime = installation.runtime
    with runtime.database.reading() as session:
        rows = session.scalars(select(DocumentRow).where(DocumentRow.state == "ready")).all()
        sets = access_sets.by_keys(session, {key for row in rows for key in (row.access_key, *row.restricted.values())})
        documents = {
            row.key: (
                row.content_hash, row.title, row.modified_at, row.current_version, sets[row.access_key],
                {name: sets[key] for name, key in row.restricted.items()},
            )
            for row in rows
        }  # fmt: skip
        current = [row.current_version for row in rows]
        texts = {row.id: (row.text, row.parts, row.restricted) for row in session.scalars(select(VersionRow))}
        chunks = sorted(
            (row.id, row.version_id, row.ordinal, row.part, row.embedded_text)
            for row in repository.chunks_of_versions(session, [version for version in current if version])
        )
        memberships = select(PersonRow.email, MembershipRow.grant).join(
            MembershipRow, MembershipRow.person_id == PersonRow.id
        )
        held = sorted(map(tuple, session.execute(memberships.where(MembershipRow.valid_to.is_(None)))))
    vector = runtime.embedder.embed(["pumps"])[0]
    found = {
        email: {
            candidate.id
            for candidate in runtime.index.search(vector, "", filter_for(installation.principal(email)), pool=10_000)
        }
        for email in PEOPLE
    }
    return {
        "documents": documents,
        "texts": {version: texts[version] for version in current},
        "chunks": chunks,
        "memberships": held,
        "found": found,
        "points": runtime.index.point_ids(),
    }


def assert_ends_alike(tmp_path: Path, kills: int) -> None:
    world = World(tmp_path, random.Random(kills))
    with serving(world.register.file) as url:
        ahead = disturb(world, url, kills)
        world.calm()
        disturbed = finish(tmp_path, url, ahead)
        undisturbed = finish(tmp_path / "undisturbed", url, 0.0)
    assert len(undisturbed["documents"]) == len(world.register.keys()) > ENTRIES / 2
    assert undisturbed["found"][PEOPLE[1]], "nobody finds anything, so that nothing is compared"
    for name, expected in undisturbed.items():
        assert disturbed[name] == expected, name


def test_a_killed_and_disturbed_sync_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    assert_ends_alike(tmp_path, 3)


@pytest.mark.soak
def test_an_often_killed_sync_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    assert_ends_alike(tmp_path, int(os.environ.get("VOUCH_TEST_KILLS", "50")))
