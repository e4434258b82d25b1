"""How record rules become grants, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sources.tryton.pyson import Unsupported, evaluate
from connectors.sources.tryton.rules import (
    FREE,
    NEVER,
    Clauses,
    Fact,
    Held,
    Node,
    RuleGroup,
    Terms,
    all_of,
    any_of,
    compile_domain,
    governing,
    needs,
    resolve,
)

NAMES = frozenset({"companies", "groups", "is_administrator"})
COMPANIES = {"__class__": "Eval", "v": "companies", "d": [1]}


class Stored:
    """A model of stored relations only."""

    def kind(self, path: tuple[str, ...]) -> str:
        return "many2one"

    def is_stored(self, path: tuple[str, ...]) -> bool:
        return path != ("computed",)


def compiled(domain: Any) -> Node:
    return compile_domain(domain, NAMES, Terms(), Stored())


def needed(node: Node, **values: Any) -> Clauses:
    held = {Held((name,), "companies"): tuple(each) for name, each in values.items()}
    return resolve(node, held, frozenset(), lambda group: group)


def satisfied(clauses: Clauses, grants: frozenset[str]) -> bool:
    return all(clause & grants for clause in clauses)


def test_a_company_rule_needs_the_companies_of_the_record() -> None:
    node = compiled([["company", "in", COMPANIES]])
    assert needed(node, company=[3]) == needs(["companies:3"])
    assert needed(node, company=[]) == NEVER


def test_a_static_rule_is_asked_of_tryton() -> None:
    assert compiled([["state", "=", "draft"]]) == Fact('[["state","=","draft"]]')
    assert compiled([]) == compiled(["AND"])
    assert needed(compiled([])) == FREE


@pytest.mark.parametrize(
    "domain",
    [
        [["company", "not in", COMPANIES]],
        [["company", "=", {"__class__": "Eval", "v": "secret_of_a_module", "d": 1}]],
        [["date", "<", {"__class__": "Date"}]],
        [["company", "=", {"__class__": "SomethingNew", "v": 1}]],
        [["computed", "=", 1]],
        [["computed", "in", COMPANIES]],
        [["party", "where", [["computed", "=", 1]]]],
        [{"__class__": "Eval", "v": "companies", "d": []}],
        [["company", "in", COMPANIES, "a fourth"]],
        COMPANIES,
        "company",
    ],
)
def test_what_is_not_understood_is_refused(domain: Any) -> None:
    with pytest.raises(Unsupported):
        compiled(domain)


def test_the_default_of_an_expression_does_not_count() -> None:
    """Tryton gives every name of the context, so a default of an Eval never counts."""
    assert evaluate(COMPANIES, {"companies": []}) == []


def group(number: int, *tests: Node, every_user: bool = False, reads: bool = True) -> RuleGroup:
    return RuleGroup(number, "sale.sale", every_user, False, reads, tests)


def test_global_rules_all_hold_and_one_of_the_others() -> None:
    first, second = Fact("[1]"), Fact("[2]")
    company = compiled([["company", "in", COMPANIES]])
    groups = (
        group(1, company, every_user=True),
        group(2, first),
        group(3, second),
        group(4, first, reads=False),
    )
    node = governing("sale.sale", [(each, ()) for each in groups])
    held = {Held(("company",), "companies"): (7,)}
    found = resolve(node, held, frozenset({second}), lambda name: name)
    assert found == needs(["companies:7"], ["unbound:sale.sale", "rules:3"])


GRANTS = st.sampled_from("abcde")
CLAUSES = st.frozensets(st.frozensets(GRANTS, max_size=3), max_size=3)


@given(st.lists(CLAUSES, min_size=1, max_size=3), st.frozensets(GRANTS))
def test_combining_conditions_changes_nothing_about_who_satisfies_them(
    parts: list[Clauses], grants: frozenset[str]
) -> None:
    assert satisfied(all_of(parts), grants) == all(satisfied(part, grants) for part in parts)
    try:
        either = any_of(parts)
    except Unsupported:
        return
    assert satisfied(either, grants) == any(satisfied(part, grants) for part in parts)
