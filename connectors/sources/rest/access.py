"""Who may read a record, worked out from its fields by a declaration. Fails closed: what is not known means nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, field_validator

from connectors.sources.base import account_grant, source_grant
from connectors.sources.rest.declaration import AccessRule, Clause
from connectors.sources.rest.template import Context, TemplateFailed, expression, strict_expression
from connectors.sources.settings import grant_of
from core.access import NOBODY, Access, Conjunction


class MapEntry(BaseModel):
    """One line of a declared access map: ``when`` names fields (``department.name`` reaches into them) and the values
    that they must have; without it every record matches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: dict[str, str | int | float | bool | tuple[str | int | float | bool, ...]] = {}
    allow: tuple[str, ...] = ()
    """Groups of Vouch, or ``everyone``."""
    deny: tuple[str, ...] = ()

    @field_validator("allow", "deny")
    @classmethod
    def _are_groups(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            grant_of(name)
        return names

    def matches(self, record: Any) -> bool:
        return all(_text(_reach(record, name)) in _texts(wanted) for name, wanted in self.when.items())


AccessMap = tuple[MapEntry, ...]


class Unsatisfiable(Exception):
    """Nobody can satisfy the rule."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Works out rules for a source by its name. ``maps`` are its declared access maps."""

    source: str
    maps: Mapping[str, AccessMap]

    def access(self, rule: AccessRule, context: Context) -> tuple[Access, tuple[Conjunction, ...]]:
        """The access, and the conjunction behind it where several clauses apply."""
        try:
            allow = [self._clause(clause, context) for clause in rule.allow if self._applies(clause, context)]
            denied = [self._denied(clause, context) for clause in rule.deny if self._applies(clause, context)]
        except (Unsatisfiable, TemplateFailed):
            return NOBODY, ()
        deny = {*(grant for grants in denied for grant in grants)}
        deny |= {grant for clause in rule.allow for grant in self._declared(clause, context, "deny")}
        if not allow:
            return NOBODY, ()
        if len(set(map(frozenset, allow))) == 1:
            return Access.of(allow[0], deny), ()
        conjunction = Conjunction.of(*allow)
        return Access.of((conjunction.grant,), deny), (conjunction,)

    def _applies(self, clause: Clause, context: Context) -> bool:
        return clause.when is None or bool(strict_expression(clause.when)(context))

    def _clause(self, clause: Clause, context: Context) -> set[str]:
        grants = set(self._declared(clause, context, "allow"))
        if clause.groups is not None:
            grants |= {source_grant(self.source, name) for name in names(expression(clause.groups)(context))}
        if clause.accounts is not None:
            grants |= {account_grant(self.source, name) for name in names(expression(clause.accounts)(context))}
        if not grants:
            raise Unsatisfiable
        return grants

    def _denied(self, clause: Clause, context: Context) -> set[str]:
        # A field that is missing here may be one that the account may not see: then nobody may read.
        grants = set(self._declared(clause, context, "allow"))
        if clause.groups is not None:
            grants |= {source_grant(self.source, name) for name in names(strict_expression(clause.groups)(context))}
        if clause.accounts is not None:
            grants |= {account_grant(self.source, name) for name in names(strict_expression(clause.accounts)(context))}
        return grants

    def _declared(self, clause: Clause, context: Context, side: str) -> Iterable[str]:
        if clause.declared is None:
            return ()
        entries = (entry for entry in self.maps.get(clause.declared, ()) if entry.matches(context["record"]))
        return (grant_of(name) for entry in entries for name in getattr(entry, side))


def names(value: Any) -> list[str]:
    """Names from a name, a list of them, or none; empty ones count for nothing."""
    if value is None or isinstance(value, bool):
        return []
    if isinstance(value, list | tuple | set):
        return [name for each in cast("Sequence[Any]", value) for name in names(each)]
    if isinstance(value, Mapping):
        raise TemplateFailed("an expression of access gives an object instead of names")
    text = str(value).strip()
    return [text] if text else []


def _reach(record: Any, name: str) -> Any:
    held = cast("Mapping[str, Any]", record) if isinstance(record, Mapping) else dict[str, Any]()
    if name in held:
        return held[name]
    value: Any = held
    for part in name.split("."):
        value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _texts(wanted: Any) -> list[str | None]:
    return [_text(each) for each in cast("Sequence[Any]", wanted)] if isinstance(wanted, tuple) else [_text(wanted)]
