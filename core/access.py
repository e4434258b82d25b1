"""Who may read what: grants, access, principals, and the one filter that every read goes through.

A *grant* is a token: ``person:<id>``, ``group:<name>`` (a group of a source: ``group:<source>/<name>``),
``everyone``, or ``derived:<hash>``. An item's access is any-of ``allow``, minus ``deny``. Where a system asks for
several at once, the conjunction is a *derived group* whose grant a person holds while they satisfy all of it.
Unknown access means nobody: an empty ``allow`` matches no one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

EVERYONE = "everyone"


def group(name: str) -> str:
    """The grant of a group. ``everyone`` is the group of all signed-in people."""
    return EVERYONE if name == EVERYONE else f"group:{name}"


def person(person_id: str) -> str:
    return f"person:{person_id}"


@dataclass(frozen=True, slots=True)
class Access:
    """Any-of ``allow``, minus ``deny``. Sorted and unique, so that equal access has an equal ``key``."""

    allow: tuple[str, ...]
    deny: tuple[str, ...] = ()

    @classmethod
    def of(cls, allow: Iterable[str], deny: Iterable[str] = ()) -> Access:
        return cls(tuple(sorted(set(allow))), tuple(sorted(set(deny))))

    @property
    def key(self) -> str:
        raw = "\x1f".join(self.allow) + "\x1e" + "\x1f".join(self.deny)
        return hashlib.sha256(raw.encode()).hexdigest()[:32]


NOBODY = Access(())


@dataclass(frozen=True, slots=True)
class Conjunction:
    """All of several any-of lists must be satisfied: may read the space AND the page."""

    all_of: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, *any_ofs: Iterable[str]) -> Conjunction:
        return cls(tuple(sorted({tuple(sorted(set(any_of))) for any_of in any_ofs})))

    @property
    def grant(self) -> str:
        raw = "\x1e".join("\x1f".join(any_of) for any_of in self.all_of)
        return f"derived:{hashlib.sha256(raw.encode()).hexdigest()[:32]}"

    def satisfied_by(self, grants: frozenset[str]) -> bool:
        return bool(self.all_of) and all(grants.intersection(any_of) for any_of in self.all_of)


def both(first: Access, second: Access) -> Access:
    """The access of something that needs ``first`` and ``second`` together."""
    return Access.of((Conjunction.of(first.allow, second.allow).grant,), (*first.deny, *second.deny))


@dataclass(frozen=True, slots=True)
class Principal:
    """The asker as of now: built by ``core.people.principal`` from the database, never from a request.

    ``subject`` is the pseudonym under which the audit log knows this person. ``beside``: of each group that reads
    along, what all of its members hold. Then only that may be read which this person and each of those groups may read.
    """

    person_id: str = field(repr=False)
    subject: str
    roles: frozenset[str]
    grants: frozenset[str] = field(repr=False)
    beside: tuple[frozenset[str], ...] = field(default=(), repr=False)

    @property
    def key(self) -> str:
        """Hash of the grants held. One of them is the person's own: see ``core.access_sets.effective_key``."""
        return self.key_of(self.grants.union(*self.beside))

    def key_of(self, those: frozenset[str]) -> str:
        """The same of those of the grants alone."""
        held = ["\x1f".join(sorted(grants & those)) for grants in (self.grants, *self.beside)]
        return hashlib.sha256("\x1e".join(held).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class AccessFilter:
    """What an index query must apply: holds one of ``grants`` in allow, and none of them in deny; and of each of
    ``beside`` one in allow as well."""

    grants: tuple[str, ...] = field(repr=False)
    beside: tuple[tuple[str, ...], ...] = field(default=(), repr=False)


def filter_for(principal: Principal) -> AccessFilter:
    """The access filter. This is the only place that builds one."""
    return AccessFilter(tuple(sorted(principal.grants)), tuple(tuple(sorted(grants)) for grants in principal.beside))


def permits(access: Access, principal: Principal) -> bool:
    """The same rule, for the second check against the database."""
    # Deny first: an empty allow list must match nobody. Of a group it is not known who in it is denied by another one.
    if not principal.grants.isdisjoint(access.deny) or (principal.beside and access.deny):
        return False
    return not any(grants.isdisjoint(access.allow) for grants in (principal.grants, *principal.beside))
