"""Grants, conjunctions and the check behind every read."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.access import EVERYONE, NOBODY, Access, Conjunction, Principal, both, filter_for, group, permits

GRANTS = st.sets(st.sampled_from([group(name) for name in "abcdef"] + [EVERYONE]))


def principal(*grants: str) -> Principal:
    return Principal("p", "s", frozenset(), frozenset(grants))


def test_unknown_access_means_nobody() -> None:
    assert not permits(NOBODY, principal(EVERYONE, group("a")))


def test_a_denial_wins_over_any_grant() -> None:
    access = Access.of([group("a"), EVERYONE], deny=[group("b")])
    assert permits(access, principal(EVERYONE))
    assert not permits(access, principal(EVERYONE, group("a"), group("b")))


def test_equal_access_has_an_equal_key_in_any_order() -> None:
    assert Access.of(["b", "a", "a"]).key == Access.of(["a", "b"]).key
    assert Access.of(["a"], ["b"]).key != Access.of(["a", "b"]).key


@given(st.lists(GRANTS.filter(bool), min_size=1, max_size=3), GRANTS)
def test_a_conjunction_is_satisfied_only_by_all_of_it(clauses: list[set[str]], held: set[str]) -> None:
    conjunction = Conjunction.of(*clauses)
    assert conjunction.satisfied_by(frozenset(held)) == all(clause & held for clause in clauses)


@given(GRANTS, GRANTS, GRANTS, GRANTS)
def test_needing_two_accesses_never_widens_either(
    allow_one: set[str], allow_other: set[str], deny: set[str], held: set[str]
) -> None:
    one, other = Access.of(allow_one, deny), Access.of(allow_other)
    conjunction = Conjunction.of(one.allow, other.allow)
    grants = set(held) | ({conjunction.grant} if conjunction.satisfied_by(frozenset(held)) else set())
    reader = principal(*grants)
    assert permits(both(one, other), reader) == (permits(one, principal(*held)) and permits(other, principal(*held)))


def test_the_filter_holds_exactly_the_grants_of_the_principal() -> None:
    assert set(filter_for(principal(EVERYONE, group("a"))).grants) == {EVERYONE, group("a")}


def test_a_principal_does_not_show_who_it_is() -> None:
    shown = repr(Principal("person-7", "pseudonym", frozenset(), frozenset({"group:secret-project"})))
    assert "person-7" not in shown
    assert "secret-project" not in shown


@given(GRANTS, GRANTS, GRANTS, GRANTS)
def test_who_reads_together_reads_what_each_of_them_may(
    allow: set[str], deny: set[str], held: set[str], others: set[str]
) -> None:
    access = Access.of(allow, deny)
    together = replace(principal(*held), beside=(frozenset(others),))
    each = permits(access, principal(*held)) and permits(access, principal(*others))
    assert not permits(access, together) or each
    if not deny:
        assert permits(access, together) == each
    assert filter_for(together).beside == (tuple(sorted(others)),)
    assert together.key != principal(*held).key


def test_what_somebody_is_denied_is_not_read_together_with_a_group() -> None:
    """Nobody knows which of its members are denied by another group of theirs."""
    access = Access.of([EVERYONE], deny=[group("contractors")])
    reader = principal(EVERYONE, group("a"))
    assert permits(access, reader)
    assert not permits(access, replace(reader, beside=(frozenset({EVERYONE, group("b")}),)))
