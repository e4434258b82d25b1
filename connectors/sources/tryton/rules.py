"""Record rules as grants: which of them a record needs, each of them held by the users that satisfy it.

A rule's domain falls into parts that depend on the record and the user (``company in companies``: the record needs
``companies:3``, which users of company 3 hold), parts that depend on the record alone (Tryton itself is asked which
records satisfy them), and parts that depend on the user alone (a grant for those for whom they hold). What a record
needs is a conjunction of any-of lists of grants.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import orjson

from connectors.sources.tryton.pyson import Unsupported, checked, is_expression, mentions_user

MOST_CLAUSES = 24
"""A rule whose conjunction grows beyond this is not supported."""

Clauses = frozenset[frozenset[str]]
"""All of several any-of lists. Empty: no condition. Holding an empty list: nobody."""

FREE: Clauses = frozenset()
NEVER: Clauses = frozenset({frozenset[str]()})


def needs(*any_ofs: Iterable[str]) -> Clauses:
    return frozenset(frozenset(any_of) for any_of in any_ofs)


def all_of(parts: Iterable[Clauses]) -> Clauses:
    return _shortest(frozenset[frozenset[str]]().union(*parts))


def any_of(parts: Iterable[Clauses]) -> Clauses:
    """Either of several conjunctions, as one conjunction. Raises ``Unsupported`` when it grows too large."""
    found = NEVER
    for part in parts:
        found = _shortest(frozenset(mine | other for mine in found for other in part))
        if len(found) > MOST_CLAUSES:
            raise Unsupported("its conditions are too many to combine")
    return found


def _shortest(clauses: Clauses) -> Clauses:
    """Without the lists that contain another one."""
    return frozenset(each for each in clauses if not any(other < each for other in clauses))


@dataclass(frozen=True, slots=True)
class Held:
    """The record's values at ``path`` must meet what the user holds under ``term``."""

    path: tuple[str, ...]
    term: str


@dataclass(frozen=True, slots=True)
class Fact:
    """The record must satisfy a domain that is the same for all users; ``text`` is its JSON."""

    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """The user must hold a grant, whatever the record."""

    group: str


@dataclass(frozen=True, slots=True)
class Joined:
    """All of ``parts``, or any of them."""

    every: bool
    parts: tuple[Node, ...]


Node = Held | Fact | Told | Joined

ALWAYS = Joined(True, ())
NOWHERE = Joined(False, ())


@dataclass(frozen=True, slots=True)
class Terms:
    """What users are asked for: name -> expression. ``lists`` give one grant a value, ``conditions`` one if true."""

    lists: dict[str, Any] = field(default_factory=dict[str, Any])
    conditions: dict[str, Any] = field(default_factory=dict[str, Any])

    def listed(self, expression: Any, *, single: bool) -> str:
        """The name of the values that a user holds: those of a list, or a single one."""
        # The default of an Eval counts only where the name is missing, and every name is checked to be there.
        name = str(expression["v"]) if expression.get("__class__") == "Eval" else f"value-{_hash(expression)}"
        name = f"the-{name}" if single else name
        self.lists[name] = [expression] if single else expression
        return name

    def conditional(self, expression: Any) -> str:
        name = f"when-{_hash(expression)}"
        self.conditions[name] = expression
        return name


def _hash(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


class Fields(Protocol):
    """What the fields of a model are, by their path from a record of it."""

    def kind(self, path: tuple[str, ...]) -> str:
        """Such as ``many2one``; empty when there is no such field."""
        ...

    def is_stored(self, path: tuple[str, ...]) -> bool:
        """Whether everybody reads the same value: nothing on the path is computed, or depends on the company or the
        language of who asks."""
        ...


LISTED = frozenset({"many2one", "many2many", "one2many", "integer"})
"""Kinds of field whose values can be compared with a list of ids that users hold."""


def compile_domain(domain: Any, names: frozenset[str], terms: Terms, fields: Fields) -> Node:
    """A rule's decoded JSON as a node; ``names`` are those of its context. Raises ``Unsupported``."""
    if is_expression(domain):
        return _conditional(domain, names, terms, fields)
    if not isinstance(domain, list):
        raise Unsupported("a part of its domain is no list")
    parts = cast(list[Any], domain)
    if not mentions_user(parts):
        _check_facts(parts, fields)
        return ALWAYS if _empty(parts) else Fact(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode())
    if _is_leaf(parts):
        return _leaf(parts, names, terms, fields)
    every = parts[0] != "OR"
    rest = parts[1:] if parts[0] in ("AND", "OR") else parts
    return Joined(every, tuple(compile_domain(part, names, terms, fields) for part in rest))


def _check_facts(domain: list[Any], fields: Fields) -> None:
    """Raises ``Unsupported`` where the answer could be another one for another user."""
    if _is_leaf(domain):
        if domain[1] == "where" or not fields.is_stored(tuple(domain[0].split("."))):
            raise Unsupported(f"{domain[0]!r} is computed or translated, or compared by {domain[1]!r}")
        return
    for part in domain:
        if isinstance(part, list):
            _check_facts(cast(list[Any], part), fields)


def _conditional(expression: Any, names: frozenset[str], terms: Terms, fields: Fields) -> Node:
    """One of two domains, by what the user is."""
    if expression["__class__"] != "If":
        raise Unsupported(f"a part of its domain is {expression['__class__']}")
    condition = checked(expression["c"], names)
    then = compile_domain(expression["t"], names, terms, fields)
    otherwise = compile_domain(expression["e"], names, terms, fields)
    if not mentions_user(condition):
        return then if condition else otherwise
    holds = terms.conditional({"__class__": "Bool", "v": condition})
    fails = terms.conditional({"__class__": "Not", "v": condition})
    return Joined(False, (Joined(True, (Told(holds), then)), Joined(True, (Told(fails), otherwise))))


def _leaf(leaf: list[Any], names: frozenset[str], terms: Terms, fields: Fields) -> Node:
    if len(leaf) != 3 or leaf[1] not in ("=", "in") or not is_expression(leaf[2]):
        raise Unsupported(f"it compares {leaf[0]!r} with what users hold by {leaf[1]!r}")
    path = tuple(str(leaf[0]).split("."))
    expression = checked(leaf[2], names)
    if fields.kind(path) not in LISTED or not fields.is_stored(path):
        raise Unsupported(f"{leaf[0]!r} is {fields.kind(path) or 'not a field'}; only stored relations can be compared")
    return Held(path, terms.listed(expression, single=leaf[1] == "="))


def _is_leaf(parts: list[Any]) -> bool:
    return len(parts) > 2 and isinstance(parts[0], str) and parts[0] not in ("AND", "OR") and isinstance(parts[1], str)


def _empty(domain: Any) -> bool:
    return domain in ([], ["AND"], ["OR"])


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules of Tryton that belong together: a record must satisfy any of ``tests``. ``flaws``: why some of them are
    not supported; such a test is satisfied by no record."""

    id: int
    model: str
    every_user: bool
    """Global: holds for all users, beside all others. Otherwise it opens records, beside others like it."""
    by_default: bool
    reads: bool
    tests: tuple[Node, ...]
    flaws: tuple[str, ...] = ()

    def node(self) -> Node:
        return Joined(False, self.tests)


def governing(model: str, groups: Iterable[tuple[RuleGroup, tuple[str, ...]]]) -> Node:
    """What the rules ask of a record of ``model``, as Tryton combines them: all global ones, and any of the others that
    apply to the user, unless none does. Each group comes with the path from the record to the one that it is about."""
    reading = [(group, path) for group, path in groups if group.reads and group.tests]
    required = tuple(_moved(group.node(), path) for group, path in reading if group.every_user)
    opening = tuple(
        Joined(True, (Told(applies(group)), _moved(group.node(), path)))
        for group, path in reading
        if not group.every_user
    )
    if not opening:
        return Joined(True, required)
    return Joined(True, (*required, Joined(False, (Told(unbound(model)), *opening))))


def applies(group: RuleGroup) -> str:
    """The account group of the users for whom a rule group counts."""
    return f"rules:{group.id}"


def unbound(model: str) -> str:
    """The account group of the users for whom no rule group of a model counts that is not global."""
    return f"unbound:{model}"


def _moved(node: Node, path: tuple[str, ...]) -> Node:
    match node:
        case Held():
            return Held((*path, *node.path), node.term)
        case Fact() if path:
            domain = [[".".join(path), "where", orjson.loads(node.text)]]
            return Fact(orjson.dumps(domain).decode())
        case Joined():
            return Joined(node.every, tuple(_moved(part, path) for part in node.parts))
        case _:
            return node


def leaves(node: Node) -> dict[Held | Fact | Told, None]:
    """What must be known of a record and a user to resolve the node, each once."""
    if isinstance(node, Joined):
        return {leaf: None for part in node.parts for leaf in leaves(part)}
    return {node: None}


def resolve(
    node: Node, values: Mapping[Held, tuple[Any, ...]], facts: frozenset[Fact], grant: Callable[[str], str]
) -> Clauses:
    """What one record needs. ``facts`` are those that it satisfies; ``grant`` names the grant of an account group."""
    match node:
        case Told():
            return needs((grant(node.group),))
        case Fact():
            return FREE if node in facts else NEVER
        case Held():
            return needs({grant(f"{node.term}:{value}") for value in values[node]})
        case Joined():
            resolved = [resolve(part, values, facts, grant) for part in node.parts]
            return all_of(resolved) if node.every else any_of(resolved)
