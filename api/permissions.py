"""What each role may do: the one table. Every route names its permission; ``docs/permissions.md`` is made from it.

No role reads what belongs to other people but ``reviewer``, and a reviewer changes nothing but reviews.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from fastapi.routing import APIRoute

Permission = Literal[
    "session.own",
    "ask",
    "document.sensitivity",
    "source.list",
    "source.manage",
    "destination.manage",
    "webhook.manage",
    "policy.read",
    "policy.change",
    "model.read",
    "model.change",
    "budget.read",
    "budget.change",
    "people.read",
    "people.change",
    "people.forget",
    "service.manage",
    "audit.read",
    "audit.verify",
    "audit.export",
    "audit.identify",
    "review",
    "review.hold",
    "subject.export",
    "subject.erase",
    "report.read",
    "operate",
    "operate.machine",
]
MACHINE = "machine"
"""The account that owns the data directory, by the token that only it can read."""
SEEN_BY_ALL = ("employee", "connector_owner", "reviewer", "admin", "operator")


@dataclass(frozen=True, slots=True)
class Rule:
    """``roles`` may do ``what``. ``apart``: never for somebody who acts for another person."""

    what: str
    roles: frozenset[str]
    apart: bool = False


def _rule(what: str, *roles: str, apart: bool = False) -> Rule:
    return Rule(what, frozenset(roles), apart)


PERMISSIONS: Mapping[Permission, Rule] = {
    "session.own": _rule("see and end one's own sessions and keys", *SEEN_BY_ALL, apart=True),
    "ask": _rule("ask, search, and read what they may read in the sources", "employee"),
    "document.sensitivity": _rule("say how sensitive a document is", "connector_owner", "admin", MACHINE),
    "source.list": _rule("see what is indexed and how fresh it is", *SEEN_BY_ALL, MACHINE),
    "source.manage": _rule(
        "configure, run and watch sources; connector owners their own ones", "connector_owner", "admin", MACHINE
    ),
    "destination.manage": _rule("configure destinations, and see what was delivered", "admin", "operator", MACHINE),
    "webhook.manage": _rule("subscribe other systems to what happens", "connector_owner", "admin", MACHINE),
    "policy.read": _rule("read the data policy and try texts on it", "admin", "reviewer", MACHINE),
    "policy.change": _rule("change the data policy", "admin", MACHINE),
    "model.read": _rule("see the register of models", "admin", "reviewer", MACHINE),
    "model.change": _rule("register, change, check and retire models", "admin", MACHINE),
    "budget.read": _rule("see budgets and what was used by whom", "admin", "reviewer", MACHINE),
    "budget.change": _rule("set budgets", "admin", MACHINE),
    "people.read": _rule("see who is here, with groups and roles", "admin", "operator", MACHINE),
    "people.change": _rule("add, change and remove people; ask for and approve reviewers", "admin", MACHINE),
    "people.forget": _rule("forget a person", "admin", MACHINE),
    "service.manage": _rule("make service accounts, their keys, and for whom they act", "admin", MACHINE),
    "audit.read": _rule("read and verify records of the log", "reviewer", MACHINE, apart=True),
    "audit.verify": _rule("get what the log is verified with: checkpoints, keys, consistency", *SEEN_BY_ALL, MACHINE),
    "audit.export": _rule("export the log", "reviewer", MACHINE, apart=True),
    "audit.identify": _rule("look up which person a pseudonym in the log stands for", "reviewer", apart=True),
    "review": _rule("search, open, replay, label and sign off answers of anybody", "reviewer", apart=True),
    "review.hold": _rule("place and lift legal holds", "reviewer", apart=True),
    "subject.export": _rule("export what is kept of a person, at that person's request", "admin", MACHINE),
    "subject.erase": _rule("erase what is kept of a person, at that person's request", "admin", MACHINE),
    "report.read": _rule("read reports: the weekly one, the data map", "admin", "reviewer", MACHINE),
    "operate": _rule("run the installation: documents as stored, their suppression", "operator", MACHINE),
    "operate.machine": _rule("read files of this machine, and make links and keys for people", MACHINE),
}  # fmt: skip
APART = frozenset({"admin", "reviewer"})
"""Nobody holds both: who sets the rules does not review, and who reviews does not set them."""


def allows(permission: Permission, roles: Collection[str], *, acting: bool = False) -> bool:
    """Whether somebody with these roles may. ``acting``: they act for another person, with that person's roles."""
    rule = PERMISSIONS[permission]
    return not rule.roles.isdisjoint(roles) and not (acting and rule.apart)


def who(permission: Permission) -> str:
    """The roles that may, in words."""
    names = sorted(role.replace("_", " ") + "s" for role in PERMISSIONS[permission].roles - {MACHINE})
    if MACHINE in PERMISSIONS[permission].roles:
        names.append("the operator of this machine")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def of_route(route: APIRoute) -> Permission | None:
    """The permission that the route asks for."""
    found = [named for call in _calls(route.dependant) if (named := getattr(call, "permission", None)) is not None]
    return found[0] if found else None


def routes(app: Any) -> Iterator[APIRoute]:
    """Every route of the application, with those of its routers."""
    for route in getattr(app, "routes", ()):
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from routes(router)


def rendered() -> str:
    """The table as Markdown."""
    roles = (*SEEN_BY_ALL, MACHINE)
    lines = [
        "| permission | may | " + " | ".join(role.replace("_", " ") for role in roles) + " |",
        "| --- | --- |" + " :-: |" * len(roles),
    ]
    for name, rule in PERMISSIONS.items():
        marks = " | ".join("yes" if role in rule.roles else "" for role in roles)
        lines.append(f"| `{name}` | {rule.what} | {marks} |")
    return "\n".join(lines) + "\n"


def _calls(dependant: Any) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)


NAMES = cast(tuple[Permission, ...], get_args(Permission))
