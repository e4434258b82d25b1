"""The users of Tryton, and which account groups each of them holds: what of ``access`` is true for them.

Written from ``ir/model.py`` and ``res/user.py`` of Tryton 8.2 (``ModelAccess.get_access``, ``ModelFieldAccess``,
``User.get_groups``, ``User.get_companies``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from connectors.sources.base import Account
from connectors.sources.tryton.access import Reading, Rulebook
from connectors.sources.tryton.client import TrytonClient
from connectors.sources.tryton.graph import Graph
from connectors.sources.tryton.pyson import evaluate
from connectors.sources.tryton.rules import RuleGroup, applies, unbound
from connectors.sources.tryton.values import Row


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
