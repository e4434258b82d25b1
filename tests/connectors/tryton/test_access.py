"""For every user, what Vouch lets them find is what Tryton lets them read: compared with a real Tryton after each kind
of change, signed in as each of them."""

from __future__ import annotations

import json
import random
from collections.abc import Generator, Sequence
from typing import Any

import pytest

from tests.connectors.tryton.follower import Follower, Oracle, source_of
from tests.connectors.tryton.world import World

LOGINS = ("sally", "sven", "both", "current", "pam", "oscar", "tess", "ana", "nobody", "root2")
SOME = ("sally", "both", "current", "pam", "ana", "root2")
COMPANIES: dict[str, Any] = {"__class__": "Eval", "v": "companies", "d": []}
GROUPS: dict[str, Any] = {"__class__": "Eval", "v": "groups", "d": []}
EMPLOYEES: dict[str, Any] = {"__class__": "Eval", "v": "employees", "d": []}
ADMINISTRATOR = {"__class__": "Eval", "v": "is_administrator", "d": False}


@pytest.fixture(scope="module")
def follower(world: World) -> Follower:
    return Follower(source_of(world))


@pytest.fixture(scope="module")
def oracle(world: World, follower: Follower) -> Oracle:
    return Oracle(world, follower.source)


@pytest.fixture
def rules(world: World) -> Generator[Rules]:
    made = Rules(world)
    yield made
    made.undo()


class Rules:
    """Adds to the rules of Tryton, and takes it back."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._made: list[tuple[str, int]] = []
        self._was: list[tuple[str, int, dict[str, Any]]] = []

    def add(self, model: str, *domains: Any, groups: tuple[int, ...] = (), **settings: Any) -> int:
        values = {
            "name": "Test", "model": model, "global_p": not groups and not settings.get("default_p"),
            "groups": [["add", list(groups)]], **settings,
            "rules": [["create", [{"domain": json.dumps(domain)} for domain in domains]]] if domains else [],
        }  # fmt: skip
        return self.create("ir.rule.group", values)

    def create(self, model: str, values: dict[str, Any]) -> int:
        (made,) = self.world.admin.create(model, [values])
        self._made.append((model, made))
        return made

    def write(self, model: str, number: int, values: dict[str, Any]) -> None:
        (was,) = self.world.admin.read(model, [number], list(values))
        self._was.append((model, number, {name: was[name] for name in values}))
        self.world.admin.write(model, [number], values)

    def undo(self) -> None:
        for model, number, values in reversed(self._was):
            self.world.admin.write(model, [number], values)
        for model, number in reversed(self._made):
            self.world.admin.delete(model, [number])


def agree(
    world: World, follower: Follower, oracle: Oracle, logins: Sequence[str] = LOGINS, models: set[str] | None = None
) -> dict[str, set[str]]:
    """Both sides by login; of all models, or of some."""
    reads = oracle.reads(logins, models)
    finds = {
        login: {key for key in keys if models is None or key.rpartition("/")[0] in models}
        for login, keys in follower.finds(world, logins).items()
    }
    for login in logins:
        assert finds[login] - reads[login] == set(), f"{login} finds what Tryton hides"
        assert reads[login] - finds[login] == set(), f"{login} misses what Tryton shows"
    return finds


def test_everyone_finds_exactly_what_tryton_lets_them_read(world: World, follower: Follower, oracle: Oracle) -> None:
    follower.follow()
    finds = agree(world, follower, oracle)
    sales = {login: {key for key in keys if key.startswith("sale.sale/")} for login, keys in finds.items()}
    # Guards against two sides that agree because both are empty.
    assert len(sales["sally"]) == 8
    assert len(sales["sven"]) == 5
    assert sales["both"] == sales["sally"] | sales["sven"]
    assert sales["current"] == sales["sven"]
    assert not sales["pam"]
    assert not sales["nobody"]


def test_creates_edits_deletes_and_deactivation_are_followed(world: World, follower: Follower, oracle: Oracle) -> None:
    follower.follow()
    sale = world.add_sales(1, 1)[0]
    world.admin.write("sale.sale", [sale], {"description": "Now for the spring"})
    (gone,) = world.add_sales(1, 0)
    (party,) = world.admin.create("party.party", [{"name": "Shortlived"}])
    follower.follow()
    agree(world, follower, oracle, LOGINS, {"sale.sale", "party.party"})
    world.admin.delete("sale.sale", [gone])
    world.admin.write("party.party", [party], {"active": False})
    follower.poll()
    assert f"sale.sale/{gone}" not in follower.items
    assert f"party.party/{party}" not in follower.items
    agree(world, follower, oracle, LOGINS, {"sale.sale", "party.party"})


def test_a_user_who_leaves_a_group_loses_what_it_opened(world: World, follower: Follower, oracle: Oracle) -> None:
    follower.follow()
    sale = world.group("sale", "group_sale")
    world.admin.write("res.user", [world.users["sally"]], {"groups": [["remove", [sale]]]})
    try:
        follower.sync_principals()
        finds = agree(world, follower, oracle, LOGINS, {"sale.sale", "sale.opportunity"})
        assert not any(key.startswith("sale.sale/") for key in finds["sally"])
    finally:
        world.admin.write("res.user", [world.users["sally"]], {"groups": [["add", [sale]]]})


def test_a_change_of_companies_counts_at_the_next_sync_of_people(
    world: World, follower: Follower, oracle: Oracle
) -> None:
    follower.follow()
    south = world.companies[1]
    both = world.users["both"]
    world.admin.write("res.user", [both], {"companies": [["remove", [south]]]})
    try:
        follower.sync_principals()
        agree(world, follower, oracle, LOGINS, {"sale.sale", "timesheet.line"})
    finally:
        world.admin.write("res.user", [both], {"companies": [["add", [south]]]})
    world.admin.write("res.user", [both], {"company_filter": "one"})
    try:
        follower.sync_principals()
        agree(world, follower, oracle, LOGINS, {"sale.sale", "timesheet.line"})
    finally:
        world.admin.write("res.user", [both], {"company_filter": "all"})


def test_groups_inherit_and_inactive_ones_give_nothing(
    world: World, follower: Follower, oracle: Oracle, rules: Rules
) -> None:
    follower.follow()
    child = rules.create("res.group", {"name": "Below sales", "parent": world.group("sale", "group_sale")})
    off = rules.create("res.group", {"name": "Off", "parent": world.group("purchase", "group_purchase")})
    world.admin.write("res.user", [world.users["nobody"]], {"groups": [["add", [child]]]})
    world.admin.write("res.user", [world.users["oscar"]], {"groups": [["add", [off]]]})
    rules.write("res.group", off, {"active": False})
    try:
        follower.sync_principals()
        agree(world, follower, oracle, LOGINS, {"sale.sale", "purchase.purchase"})
    finally:
        world.admin.write("res.user", [world.users["nobody"]], {"groups": [["remove", [child]]]})
        world.admin.write("res.user", [world.users["oscar"]], {"groups": [["remove", [off]]]})


RULES: dict[str, list[tuple[str, tuple[Any, ...], dict[str, Any]]]] = {
    "static domain for all": [("sale.sale", ([["description", "like", "%1%"]],), {})],
    "two tests of one rule": [("sale.sale", ([["party", "=", 3]], [["description", "like", "% 2 %"]]), {})],
    "two global rules": [
        ("sale.sale", ([["id", "!=", 3]],), {}),
        ("sale.sale", ([["party", "!=", 4]],), {}),
    ],
    "for a group only": [("sale.sale", ([["id", ">", 9]],), {"groups": ("sale.group_sale",)})],
    "default beside a group's": [
        ("sale.sale", ([["id", "in", [1, 9]]],), {"default_p": True}),
        ("sale.sale", ([["id", "in", [2, 10]]],), {"groups": ("purchase.group_purchase",)}),
    ],
    "a group's rule without tests opens": [
        ("sale.sale", ([["id", "in", [1, 9]]],), {"default_p": True}),
        ("sale.sale", (), {"groups": ("purchase.group_purchase",)}),
    ],
    "the user's groups": [("sale.sale", ([["id", "in", GROUPS]],), {})],
    "what the user holds, or a fact": [
        ("sale.opportunity", (["OR", ["id", "in", GROUPS], ["description", "like", "%1"]],), {})
    ],
    "administrators only": [
        ("sale.sale", ([{"__class__": "If", "c": ADMINISTRATOR, "t": [], "e": ["id", "=", 2]}],), {})
    ],
    "a rule on what is shown": [("party.party", ([["name", "not like", "Customer 1"]],), {})],
    "people by company": [("company.employee", ([["company", "in", COMPANIES]],), {})],
    "people by company, shown in timesheets": [("company.employee", ([["supervisor", "!=", None]],), {})],
    "rules for writing do not count": [("sale.sale", ([["id", "=", 1]],), {"perm_read": False})],
    "behind a relation": [("timesheet.line", ([["employee.supervisor", "in", EMPLOYEES]],), {"default_p": True})],
}


@pytest.mark.parametrize("name", RULES)
def test_rules_of_the_supported_kinds_count_exactly(
    name: str, world: World, follower: Follower, oracle: Oracle, rules: Rules
) -> None:
    follower.follow()
    before = follower.finds(world, SOME)
    models: set[str] = set()
    for model, domains, settings in RULES[name]:
        groups = tuple(world.group(*each.split(".")) for each in settings.get("groups", ()))
        rules.add(model, *domains, **{**settings, "groups": groups})
        models |= oracle.showing(model)
    follower.sync_access()
    follower.sync_principals()
    agree(world, follower, oracle, SOME, models)
    assert (follower.finds(world, SOME) == before) == (name == "rules for writing do not count")
    assert follower.source._open().rules.now().flaws(models) == ()  # pyright: ignore[reportPrivateUsage]


def test_a_new_reading_gives_what_a_sync_of_permissions_gives(world: World, follower: Follower, rules: Rules) -> None:
    follower.follow()
    rules.add("sale.sale", [["id", "in", [1, 9]]], [["party", "=", 4]])
    rules.add("party.party", [["name", "not like", "Customer 1"]])
    follower.sync_access()
    fresh = Follower(follower.source)
    fresh.poll()
    assert fresh.access == follower.access


def test_own_timesheets_only_when_the_rule_says_so(
    world: World, follower: Follower, oracle: Oracle, rules: Rules
) -> None:
    rules.add("timesheet.line", [["employee", "in", EMPLOYEES]], default_p=True)
    follower.follow()
    finds = agree(world, follower, oracle, LOGINS, {"timesheet.line"})
    assert {key for key in finds["ana"] if key.startswith("timesheet.")} == {f"timesheet.line/{world.timesheets[0]}"}
    assert len([key for key in finds["tess"] if key.startswith("timesheet.")]) == 2


def test_model_access_taken_away_hides_what_shows_the_model(
    world: World, follower: Follower, oracle: Oracle, rules: Rules
) -> None:
    follower.follow()
    for group in (None, world.group("sale", "group_sale")):
        rules.create("ir.model.access", {"model": "party.category", "group": group, "perm_read": False})
    (everyone,) = world.admin.search("ir.model.access", [["model", "=", "party.category"], ["group", "=", None],
                                                        ["perm_read", "=", True]])  # fmt: skip
    rules.write("ir.model.access", everyone, {"active": False})
    follower.sync_principals()
    finds = agree(world, follower, oracle, LOGINS, {"sale.sale", "party.party"})
    assert not any(key.startswith("party.party/") for key in finds["sally"])
    assert any(key.startswith("sale.sale/") for key in finds["sally"])


def test_a_field_that_is_kept_apart_hides_alone(world: World, rules: Rules) -> None:
    apart = Follower(source_of(world, restrict={"sale.opportunity": ["amount"]}))
    for group, reads in ((None, False), (world.group("sale_opportunity", "group_opportunity"), True)):
        values = {"model": "sale.opportunity", "field": "amount", "group": group, "perm_read": reads}
        rules.create("ir.model.field.access", values)
    apart.follow()
    plain = Follower(source_of(world))
    plain.follow()
    key = f"sale.opportunity/{world.opportunities[0]}"
    assert apart.finds_field(world, "oscar", key, "Amount")
    assert key in apart.finds(world, ["sally"])["sally"]
    assert not apart.finds_field(world, "sally", key, "Amount")
    assert key not in plain.finds(world, ["sally"])["sally"]


def test_prices_are_found_by_the_users_of_their_company(world: World) -> None:
    follower = Follower(source_of(world))
    follower.follow()
    key = f"product.product/{world.products[0]}"
    assert follower.finds_field(world, "sally", key, "Cost price (North Works)")
    assert key in follower.finds(world, ["sven"])["sven"]
    assert not follower.finds_field(world, "sven", key, "Cost price (North Works)")


def test_a_document_with_a_line_that_is_hidden_from_some_is_hidden_from_them(
    world: World, follower: Follower, oracle: Oracle, rules: Rules
) -> None:
    rules.add("sale.line", [["product", "=", world.products[1]]], groups=(world.group("sale", "group_sale"),))
    rules.add("sale.line", groups=(world.group("purchase", "group_purchase"),))
    follower.follow()
    finds, reads = follower.finds(world, SOME), oracle.reads(SOME, {"sale.sale"})
    sales = {login: {key for key in keys if key.startswith("sale.sale/")} for login, keys in finds.items()}
    assert all(sales[login] <= reads[login] for login in SOME)
    assert sales["both"] == reads["both"]
    # Tryton leaves the line out of what it shows; a document is found whole or not at all.
    assert 0 < len(sales["sally"]) < len(reads["sally"])


UNSUPPORTED: dict[str, Any] = {
    "a time": [["sale_date", "<=", {"__class__": "Date", "y": None, "M": None, "d": None, "dy": 0, "dM": 0, "dd": 0}]],
    "a negation": [["company", "not in", COMPANIES]],
    "an unknown name": [["create_uid", "=", {"__class__": "Eval", "v": "user_id", "d": -1}]],
    "a translated text": [["lines.product.template.name", "like", "B%"]],
    "a computed value": [["rec_name", "like", "%1%"]],
    "a tree": [["party", "child_of", GROUPS, "replaced_by"]],
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_only_an_unsupported_rule_opens_is_found_by_nobody_and_named(
    name: str, world: World, follower: Follower, rules: Rules
) -> None:
    follower.follow()
    number = rules.add("sale.sale", UNSUPPORTED[name])
    follower.sync_access()
    follower.sync_principals()
    finds = follower.finds(world, LOGINS)
    assert not any(key.startswith("sale.sale/") for keys in finds.values() for key in keys)
    (step,) = [each for each in follower.source.check() if each.name == "permissions"]
    assert f"sale.sale, rule group {number}" in step.detail


def test_a_deactivated_user_finds_nothing(world: World, follower: Follower) -> None:
    follower.follow()
    assert follower.finds(world, ["leaver"])["leaver"]
    world.admin.write("res.user", [world.users["leaver"]], {"active": False})
    follower.sync_principals()
    assert follower.finds(world, ["leaver"])["leaver"] == set()


@pytest.mark.parametrize("seed", range(4))
def test_rules_in_any_combination_never_show_more(
    seed: int, world: World, follower: Follower, oracle: Oracle, rules: Rules
) -> None:
    chance = random.Random(seed)
    follower.follow()
    parts: list[Any] = [
        ["company", "in", COMPANIES], ["id", "in", GROUPS], ["party", "in", [3, 4, 5]], ["id", ">", 4],
        ["sale_date", "!=", None], {"__class__": "If", "c": ADMINISTRATOR, "t": ["id", ">", 0], "e": ["id", "<", 11]},
        ["party.name", "like", "%2"], ["OR", ["id", "<", 3], ["company", "in", COMPANIES]],
    ]  # fmt: skip
    places = [world.group(*each) for each in (("sale", "group_sale"), ("purchase", "group_purchase"))]
    for _ in range(3):
        domains = [
            [chance.choice(("AND", "OR")), *chance.sample(parts, chance.randint(1, 2))]
            for _ in range(chance.randint(0, 2))
        ]
        kind = chance.choice(("global", "default", "groups"))
        groups = tuple(chance.sample(places, 1)) if kind == "groups" else ()
        rules.add("sale.sale", *domains, groups=groups, **({"default_p": True} if kind == "default" else {}))
    follower.sync_access()
    follower.sync_principals()
    agree(world, follower, oracle, SOME, {"sale.sale"})
