"""Who may read what in Tryton, as grants: what a record needs, and what each user holds.

Item access is ``model:NAME`` (may read the model, and everything of other models that its documents show) and what
the record rules ask. Accounts hold what of it is true for them. Written from ``trytond/ir/rule.py``,
``ir/model.py`` and ``res/user.py`` of Tryton 8.2 (``Rule.get``, ``ModelAccess.get_access``, ``User.get_groups``,
``User.get_companies``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from connectors.sources.base import Account
from connectors.sources.tryton.client import Domain, TrytonClient
from connectors.sources.tryton.graph import Graph, Path
from connectors.sources.tryton.models import Spec
from connectors.sources.tryton.pyson import Unsupported, evaluate
from connectors.sources.tryton.rules import (
    ALWAYS,
    NEVER,
    Clauses,
    Fact,
    Held,
    Node,
    RuleGroup,
    Terms,
    Told,
    all_of,
    applies,
    compile_domain,
    governing,
    leaves,
    resolve,
    unbound,
)
from connectors.sources.tryton.values import Row, elements, value_at

KNOWN = frozenset({"is_administrator", "groups", "companies"})
"""What Tryton gives to the rules of every model."""
TIMESHEETS = frozenset({
    "timesheet.line", "timesheet.hours_employee", "timesheet.hours_employee_weekly", "timesheet.hours_employee_monthly",
})  # fmt: skip
"""The models to whose rules the timesheet module also gives ``employees``."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The record rules of the models that are read, compiled."""

    groups: tuple[RuleGroup, ...]
    members: Mapping[int, frozenset[int]]
    """Rule group -> the user groups it is for."""
    terms: Terms
    graph: Graph = field(repr=False)

    def about(self, model: str) -> tuple[tuple[RuleGroup, Path], ...]:
        """The rule groups that count for records of a model, each with the path to what it is about."""
        holders = self.graph.holders(model)
        return tuple((group, holders[group.model]) for group in self.groups if group.model in holders)

    def requirements(self, reading: Reading) -> tuple[Requirement, ...]:
        """What the rules ask of the places of a document."""
        return tuple(_requirements(reading, self))

    def flaws(self, models: Iterable[str]) -> tuple[str, ...]:
        wanted = {holder for model in models for holder in self.graph.holders(model)}
        return tuple(
            f"{group.model}, rule group {group.id}: {flaw}"
            for group in self.groups
            if group.model in wanted and group.reads
            for flaw in group.flaws
        )


class Rules:
    """Reads the rule groups in one call and compiles them again only when they have changed."""

    def __init__(self, client: TrytonClient, graph: Graph, added: Mapping[str, tuple[str, ...]]) -> None:
        self._client, self._graph, self._added = client, graph, added
        self._seen: bytes | None = None
        self._book = Rulebook((), {}, Terms(), graph)

    def now(self) -> Rulebook:
        names = ("model", "global_p", "default_p", "perm_read", "groups", "rules.domain")
        rows = list(self._client.everything("ir.rule.group", [], names))
        seen = orjson.dumps(rows)
        if seen != self._seen:
            self._book, self._seen = self._compiled(rows), seen
        return self._book

    def _compiled(self, rows: list[Row]) -> Rulebook:
        terms = Terms()
        groups = tuple(self._group(row, terms) for row in rows if row["model"] in self._graph)
        members = {int(row["id"]): frozenset(map(int, row["groups"])) for row in rows}
        return Rulebook(groups, members, terms, self._graph)

    def _group(self, row: Row, terms: Terms) -> RuleGroup:
        model = str(row["model"])
        names = KNOWN | {"employees"} if model in TIMESHEETS else KNOWN
        names |= frozenset(self._added.get(model, ()))
        tests: list[Node] = []
        flaws: list[str] = []
        for rule in cast(list[Row], row["rules."]):
            try:
                domain = orjson.loads(rule["domain"])
                tests.append(compile_domain(domain, names, terms, lambda path: self._graph.kind_of(model, path)))
            except Unsupported as unsupported:
                flaws.append(unsupported.reason)
                tests.append(NEVER_NODE)
        return RuleGroup(
            int(row["id"]), model, bool(row["global_p"]), bool(row["default_p"]), bool(row["perm_read"]),
            tuple(tests), tuple(flaws),
        )  # fmt: skip


NEVER_NODE = Fact('[["id", "=", -1]]')
"""What no record satisfies."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document of a model shows of which models, and what its fields that are kept apart show."""

    spec: Spec
    places: Mapping[Path, str]
    plain: Mapping[str, set[str]]
    apart: Mapping[str, Mapping[str, set[str]]]
    """Field -> the models and fields that showing it reads."""

    @classmethod
    def of(cls, spec: Spec, graph: Graph, restricted: Iterable[str]) -> Reading:
        names = set(spec.names)
        apart: dict[str, list[str]] = {each: [] for each in restricted}
        for each in spec.fields:
            if each.apart or each.field in apart:
                apart.setdefault(each.field, []).append(each.name)
        for prices in spec.prices:
            own = [name for name in names if name.startswith(f"{prices.relation}.")]
            apart.setdefault(prices.field, []).extend([prices.field, *own])
        kept = {name for group in apart.values() for name in group}
        # What the title or the filters show is shown to whoever finds the document.
        bare = {spec.name, spec.subtitle, *spec.labels.values()} & names
        plain = graph.fields_read(spec.model, (names - kept) | bare)
        return cls(
            spec,
            graph.places(spec.model, names),
            plain,
            {name: graph.fields_read(spec.model, group) for name, group in apart.items()},
        )


@dataclass(frozen=True, slots=True)
class Requirement:
    """What the rules ask of one place of a document."""

    path: Path
    model: str
    node: Node
    held: tuple[Held, ...]
    facts: tuple[Fact, ...]
    told: tuple[str, ...]
    """The account groups it asks for whatever the record."""


class Judge:
    """What each record of a reading needs, by the rules as they are now."""

    def __init__(self, reading: Reading, book: Rulebook, grant: Callable[[str], str]) -> None:
        self._reading, self._grant = reading, grant
        self._requirements = book.requirements(reading)
        self._resolved: dict[tuple[int, tuple[tuple[Any, ...], ...], frozenset[Fact]], Clauses] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """What must be read of each record to judge it."""
        found = {".".join((*each.path, *held.path)) for each in self._requirements for held in each.held}
        found |= {".".join((*each.path, "id")) for each in self._requirements if each.facts}
        return tuple(sorted(found))

    def judged(self, client: TrytonClient, rows: list[Row]) -> dict[int, Clauses]:
        """Record -> what it needs."""
        facts = [self._facts(client, each, rows) for each in self._requirements]
        base = frozenset({frozenset({self._grant(f"model:{self._reading.spec.model}")})})
        return {
            int(row["id"]): all_of([base, *(
                self._needs(number, element, facts[number])
                for number, each in enumerate(self._requirements)
                for element in elements(row, each.path)
            )])
            for row in rows
        }  # fmt: skip

    def _needs(self, number: int, element: Row, satisfied: Mapping[Fact, set[int]]) -> Clauses:
        requirement = self._requirements[number]
        values = {held: tuple(value_at(element, held.path)) for held in requirement.held}
        facts = frozenset(fact for fact, ids in satisfied.items() if element["id"] in ids)
        key = (number, tuple(values.values()), facts)
        if key not in self._resolved:
            try:
                self._resolved[key] = resolve(requirement.node, values, facts, self._grant)
            except Unsupported:
                self._resolved[key] = NEVER
        return self._resolved[key]

    @staticmethod
    def _facts(client: TrytonClient, requirement: Requirement, rows: list[Row]) -> dict[Fact, set[int]]:
        """Which records satisfy each fact: Tryton itself is asked."""
        if not requirement.facts:
            return {}
        ids = sorted({int(element["id"]) for row in rows for element in elements(row, requirement.path)})
        return {
            fact: {
                each
                for start in range(0, len(ids), 1000)
                for each in client.search(
                    requirement.model,
                    [["id", "in", ids[start : start + 1000]], cast(Domain, orjson.loads(fact.text))],
                    inactive=True,
                )
            }
            for fact in requirement.facts
        }


def _requirements(reading: Reading, book: Rulebook) -> Iterator[Requirement]:
    for path, model in reading.places.items():
        about = book.about(model)
        # The rules of an order hold for its lines too, and are asked of the order itself already.
        owned = len(path) == 1 and book.graph.kind_of(reading.spec.model, path) == "one2many"
        if owned and {group.model for group, _ in about} <= {reading.spec.model}:
            continue
        node = governing(model, about)
        if node == ALWAYS:
            continue
        found = tuple(leaves(node))
        yield Requirement(
            path, model, node, tuple(each for each in found if isinstance(each, Held)),
            tuple(each for each in found if isinstance(each, Fact)),
            tuple(each.group for each in found if isinstance(each, Told)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class User:
    """``groups``: with those that they inherit from."""

    id: int
    name: str
    email: str | None
    active: bool
    administrator: bool
    groups: frozenset[int]
    companies: tuple[int, ...]
    employees: tuple[int, ...]

    @property
    def context(self) -> dict[str, Any]:
        """What Tryton gives to the rules when this user reads."""
        return {
            "is_administrator": self.administrator,
            "groups": sorted(self.groups),
            "companies": list(self.companies),
            "employees": list(self.employees),
            "user_id": self.id,
        }


@dataclass(frozen=True, slots=True)
class Permission:
    """A row of model or field access: for a group, or for everyone without one."""

    about: str
    group: int | None
    reads: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """The users and what models and fields they may read."""

    users: tuple[User, ...]
    models: Mapping[str, tuple[Permission, ...]]
    fields: Mapping[str, tuple[Permission, ...]]
    """By ``model/field``."""
    graph: Graph = field(repr=False)

    def may_read(self, user: User, read: Mapping[str, set[str]]) -> bool:
        """Whether the user may read all these fields of these models."""
        return all(
            self._model(user, model)
            and all(_allowed(user, self.fields.get(f"{model}/{name}", ())) is not False for name in names)
            for model, names in read.items()
        )

    def _model(self, user: User, model: str) -> bool:
        """The most generous of what is said of the model and of those that its access follows; silence is consent."""
        said = (_allowed(user, self.models.get(holder, ())) for holder in self.graph.holders(model))
        heard = [each for each in said if each is not None]
        return any(heard) if heard else True


def _allowed(user: User, permissions: tuple[Permission, ...]) -> bool | None:
    """None when nothing is said to this user."""
    if user.administrator:
        return None
    said = [each.reads for each in permissions if each.group is None or each.group in user.groups]
    return any(said) if said else None


def read_directory(client: TrytonClient, graph: Graph) -> Directory:
    """Users, groups and permissions, in four calls."""
    # An inactive group gives nothing itself, but the active ones above it count.
    both = [["active", "in", [True, False]]]
    groups = {row["id"]: row for row in client.everything("res.group", both, ("parent", "active"))}
    chosen = ("company", "companies", "company_filter", "employee", "employees")
    names = ["login", "name", "email", "active", "administrator", "groups"]
    names += [each for each in chosen if graph.has("res.user", each)]
    users = tuple(_user(row, _effective(row["groups"], groups)) for row in client.everything("res.user", both, names))
    models, fields = _permissions(client, "ir.model.access"), _permissions(client, "ir.model.field.access")
    return Directory(users, models, fields, graph)


def _effective(own: Iterable[int], groups: Mapping[int, Row]) -> frozenset[int]:
    inherited = {each for group in own for each in _inherited(group, groups)}
    return frozenset(each for each in inherited if groups.get(each, {}).get("active"))


def _inherited(group: int | None, groups: Mapping[int, Row]) -> set[int]:
    """A group and all above it."""
    found: set[int] = set()
    while group is not None and group not in found:
        found.add(group)
        group = groups.get(group, {}).get("parent")
    return found


def _user(row: Row, groups: frozenset[int]) -> User:
    def chosen(one: str, several: str) -> tuple[int, ...]:
        if row.get("company_filter") == "one":
            return (int(row[one]),) if row.get(one) else ()
        return tuple(map(int, row.get(several) or ())) if row.get("company_filter") == "all" else ()

    return User(
        row["id"], row["name"] or row["login"], row["email"] or None, bool(row["active"]), bool(row["administrator"]),
        groups, chosen("company", "companies"), chosen("employee", "employees"),
    )  # fmt: skip


def _permissions(client: TrytonClient, model: str) -> dict[str, tuple[Permission, ...]]:
    by_field = model == "ir.model.field.access"
    names = ("model", "group", "perm_read", *(("field",) if by_field else ()))
    found: dict[str, list[Permission]] = defaultdict(list)
    for row in client.everything(model, [["active", "=", True]], names):
        about = f"{row['model']}/{row['field']}" if by_field else str(row["model"])
        found[about].append(Permission(about, row["group"], bool(row["perm_read"])))
    return {about: tuple(each) for about, each in found.items()}


def accounts(directory: Directory, book: Rulebook, readings: Iterable[Reading], *, verified: bool) -> Iterator[Account]:
    """Every user with the account groups that are true for them."""
    readings = tuple(readings)
    for user in directory.users:
        groups = sorted(_held(user, directory, book, readings))
        yield Account(str(user.id), user.email, user.name, tuple(groups), user.active, verified and bool(user.email))


def _held(user: User, directory: Directory, book: Rulebook, readings: tuple[Reading, ...]) -> set[str]:
    held: set[str] = {f"companies:{each}" for each in user.companies}
    for reading in readings:
        model = reading.spec.model
        if directory.may_read(user, reading.plain):
            held.add(f"model:{model}")
        held |= {f"field:{model}/{name}" for name, read in reading.apart.items() if directory.may_read(user, read)}
        asked = book.requirements(reading)
        told = {group for requirement in asked for group in requirement.told}
        held |= told & {unbound(each.model) for each in asked if _is_unbound(user, each.model, book)}
        held |= told & {applies(group) for group in book.groups if _counts(user, group, book)}
    for name, expression in book.terms.lists.items():
        values = evaluate(expression, user.context)
        if isinstance(values, list):
            found = cast(list[Any], values)
            held |= {f"{name}:{each}" for each in found if isinstance(each, int) and not isinstance(each, bool)}
    return held | {
        name for name, condition in book.terms.conditions.items() if evaluate(condition, user.context) is True
    }


def _counts(user: User, group: RuleGroup, book: Rulebook) -> bool:
    return group.by_default or _is_for(user, group, book)


def _is_for(user: User, group: RuleGroup, book: Rulebook) -> bool:
    return user.administrator or not user.groups.isdisjoint(book.members[group.id])


def _is_unbound(user: User, model: str, book: Rulebook) -> bool:
    """Whether no rule group that is not global narrows what the user reads of the model."""
    about = [group for group, _ in book.about(model)]
    # A rule group without tests opens everything to its groups, whatever its other settings are.
    if any(
        not group.tests and (user.administrator or not user.groups.isdisjoint(book.members[group.id]))
        for group in about
    ):
        return True
    return not any(_counts(user, each, book) for each in about if each.reads and each.tests and not each.every_user)
