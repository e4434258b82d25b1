"""Whom an access permitted at a moment that is over: exactly those whom it permitted when that moment was now."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from answer.review.holders import Holders
from api import migrate
from core import access_sets, people
from core.access import EVERYONE, Access, Conjunction, group, permits, person
from core.database import Database, open_engine, sqlite_url

START = datetime(2026, 11, 1, tzinfo=UTC)
GROUPS = ("staff", "sales", "hr", "legal")
NAMES = tuple(f"p{number}@x.example" for number in range(6))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    engine = open_engine(sqlite_url(tmp_path / "people.db"))
    migrate.upgrade(engine)
    made = Database(engine)
    yield made
    made.close()


def some(chance: random.Random, grants: list[str], most: int) -> list[str]:
    return chance.sample(grants, chance.randint(0, min(most, len(grants))))


@pytest.mark.parametrize("seed", range(8))
def test_whoever_could_read_it_then_is_whoever_could_read_it_then(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    derived: list[str] = []
    ids: list[str] = []
    seen: list[tuple[datetime, Access, set[str], dict[str, frozenset[str]]]] = []
    for turn in range(12):
        now = START + timedelta(hours=turn)
        with database.writing() as session:
            for email in some(chance, list(NAMES), 3):
                made = people.put(session, email, groups=some(chance, list(GROUPS), 3), roles=["employee"], now=now)
                ids = sorted({*ids, made.id})
            if ids and chance.random() < 0.5:
                people.set_source_grants(session, "s1", {chance.choice(ids): {"group:crm/all"}}, now)
            held = [EVERYONE, "group:crm/all", *map(group, GROUPS), *map(person, ids), *derived]
            if chance.random() < 0.6:
                rule = Conjunction.of(some(chance, held, 2) or [EVERYONE], some(chance, held, 3) or [EVERYONE])
                derived.append(access_sets.intern_conjunction(session, rule, now))
            access = Access.of(some(chance, [*held, *derived], 4), some(chance, held, 1))
            access_sets.intern(session, access)
        with database.reading() as session:
            there = {each: people.principal(session, each, lambda name: name) for each in ids}
        could = {each for each, principal in there.items() if permits(access, principal)}
        seen.append((now, access, could, {each: principal.grants for each, principal in there.items()}))
    with database.reading() as session:
        assert Holders(session, None).permitted(seen[-1][1]) == seen[-1][2]
        for now, access, could, grants in seen:
            then = Holders(session, now)
            assert then.people(then.permitted(access)) == (could, frozenset())
            assert {each: then.grants(each) for each in grants} == grants


def test_who_was_away_is_told_apart_from_who_may_have_been(database: Database) -> None:
    first, away, back, after = (START + timedelta(days=day) for day in range(4))
    with database.writing() as session:
        found = people.put(session, NAMES[0], groups=["staff"], roles=["employee"], now=first).id
    with database.writing() as session:
        people.disable(session, NAMES[0], away)
    everybody = Access.of([EVERYONE])
    with database.reading() as session:
        for moment, here in ((first - timedelta(days=1), False), (first, True), (away, False), (None, False)):
            holders = Holders(session, moment)
            expected = (frozenset({found}) if here else frozenset[str](), frozenset[str]())
            assert holders.people(holders.permitted(everybody)) == expected
    with database.writing() as session:
        people.put(session, NAMES[0], groups=["staff"], roles=["employee"], now=back)
    with database.reading() as session:
        for moment, expected in ((first, "unsure"), (away, "unsure"), (back, "here"), (after, "here"), (None, "here")):
            holders = Holders(session, moment)
            here, unsure = holders.people(holders.permitted(everybody))
            assert ("here" if here else "unsure" if unsure else "nobody") == expected


def test_a_service_is_nobody_who_reads(database: Database) -> None:
    with database.writing() as session:
        people.put(session, NAMES[0], groups=["staff"], roles=["employee"], now=START, kind="service")
    with database.reading() as session:
        assert Holders(session, None).permitted(Access.of([EVERYONE, group("staff")])) == frozenset()
