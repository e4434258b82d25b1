"""Who shares a key of effective access: only people of whom every document is visible to both or to neither."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from core import access_sets, people
from core.access import Access, Conjunction, Principal, both, group, permits, person
from core.database import Database
from tests.conftest import StandingClock

GROUPS = tuple(f"g{number}" for number in range(6))


class World:
    """People and documents at random; each document with a restricted field or without."""

    def __init__(self, database: Database, clock: StandingClock, seed: int) -> None:
        self.database, self.random = database, random.Random(seed)
        self.accesses: list[Access] = []
        with database.writing() as session:
            self.people = [
                people.put(session, f"p{n}@x.example", groups=self.some(), roles=[], now=clock()).id for n in range(24)
            ]
            for _ in range(self.random.randint(1, 6)):
                self.add(session)

    def some(self, low: int = 0, high: int = 3) -> list[str]:
        return self.random.sample(GROUPS, self.random.randint(low, high))

    def grants(self, session: Session, low: int) -> list[str]:
        """Of groups, of single people, and of conjunctions."""
        held = [group(name) for name in self.some(low, 2)]
        if self.random.random() < 0.2:
            held.append(person(self.random.choice(self.people)))
        if self.random.random() < 0.3:
            rule = Conjunction.of([group(self.random.choice(GROUPS))], [group(name) for name in self.some(1, 2)])
            held.append(access_sets.intern_conjunction(session, rule))
        return held

    def add(self, session: Session) -> None:
        denied = self.grants(session, 0) if self.random.random() < 0.3 else []
        whole = Access.of(self.grants(session, 1), denied)
        access_sets.intern(session, whole)
        self.accesses.append(whole)
        if self.random.random() < 0.4:
            own = Access.of(self.grants(session, 1))
            access_sets.intern(session, own)
            access_sets.intern_both(session, whole, own)
            self.accesses.append(both(whole, own))

    def principal(self, session: Session, person_id: str) -> Principal:
        return people.principal(session, person_id, lambda known: f"s{known}")

    def keys(self) -> dict[str, tuple[str, tuple[bool, ...]]]:
        """Of each person the key, and what of all there is they may read."""
        with self.database.reading() as session:
            found = {each: self.principal(session, each) for each in self.people}
            return {
                each: (access_sets.effective_key(session, known), tuple(permits(a, known) for a in self.accesses))
                for each, known in found.items()
            }


def shared(keys: dict[str, tuple[str, tuple[bool, ...]]]) -> Sequence[tuple[str, str]]:
    return [(one, other) for one, other in combinations(keys, 2) if keys[one][0] == keys[other][0]]


@pytest.mark.parametrize("seed", range(30))
def test_people_share_a_key_only_if_each_document_is_visible_to_both_or_neither(
    database: Database, clock: StandingClock, seed: int
) -> None:
    world = World(database, clock, seed)
    keys = world.keys()
    assert all(keys[one][1] == keys[other][1] for one, other in shared(keys))
    # What grants people got for what is not there any more, or never was, keeps nobody apart.
    assert shared(keys)


@pytest.mark.parametrize("denied", [False, True])
def test_a_grant_for_a_person_separates_them_at_once(database: Database, clock: StandingClock, denied: bool) -> None:
    world = World(database, clock, 1)
    before = shared(world.keys())
    one = before[0][0]
    own = person(one)
    with database.writing() as session:
        access_sets.intern(session, Access(("everyone",), (own,)) if denied else Access((own,)))
    assert shared(world.keys()) == [pair for pair in before if one not in pair]


def test_people_who_satisfy_a_rule_by_different_groups_do_not_differ_by_it(
    database: Database, clock: StandingClock
) -> None:
    rule = Conjunction.of([group("a"), group("b")])
    with database.writing() as session:
        ids = [
            people.put(session, f"{name}@x.example", groups=[name], roles=[], now=clock()).id
            for name in ("a", "b", "c")
        ]
        access_sets.intern(session, Access((access_sets.intern_conjunction(session, rule),)))
        a, b, c = (
            access_sets.effective_key(session, people.principal(session, each, lambda known: known)) for each in ids
        )
    assert a == b != c


def test_those_who_read_along_are_in_the_key(database: Database, clock: StandingClock) -> None:
    with database.writing() as session:
        ana = people.put(session, "ana@x.example", groups=["hr"], roles=[], now=clock())
        for name in ("hr", "it"):
            access_sets.intern(session, Access((group(name),)))
        alone = people.principal(session, ana.id, lambda known: known)
        keys = {
            access_sets.effective_key(session, each)
            for each in (alone, people.together(session, alone, ["it"]), people.together(session, alone, ["hr", "it"]))
        }
    assert len(keys) == 3


def test_it_costs_one_look_up_by_index(database: Database, clock: StandingClock) -> None:
    said: list[str] = []
    with database.writing() as session:
        ana = people.put(session, "ana@x.example", groups=["hr"], roles=[], now=clock())
        for number in range(50):
            access_sets.intern(session, Access((group(f"team {number}"),)))
        principal = people.principal(session, ana.id, lambda known: known)

        def listen(*given: Any) -> None:
            said.append(given[2])

        engine = session.connection().engine
        event.listen(engine, "before_cursor_execute", listen)
        access_sets.effective_key(session, principal)
        event.remove(engine, "before_cursor_execute", listen)
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {said[0]}", ("a", "b", "c"))
        how = " ".join(str(row) for row in plan)
    assert len(said) == 1
    assert "SEARCH" in how
    assert "SCAN mentioned" not in how


def test_more_grants_than_a_statement_takes_are_mentioned(database: Database) -> None:
    with database.writing() as session:
        access_sets.intern(session, Access.of(group(f"g{number}") for number in range(1_200)))
        access_sets.intern(session, Access.of([group("g7"), group("other")]))
        held = frozenset({group("g1199"), group("other"), group("nobody's")})
        one = access_sets.effective_key(session, Principal("p", "s", frozenset(), held))
        two = access_sets.effective_key(session, Principal("q", "t", frozenset(), held - {group("nobody's")}))
        three = access_sets.effective_key(session, Principal("q", "t", frozenset(), held - {group("g1199")}))
    assert one == two != three
