"""Access that the owner of a source declares: groups, for the whole of it or by where an item lies. Fails closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from core import access
from core.access import NOBODY, Access
from core.errors import Invalid
from core.people import checked_group


def access_of(allow: Sequence[str], deny: Sequence[str] = ()) -> Access:
    """Access from group names. A name may also be a person's grant (``person:ID``)."""
    return Access.of(map(grant_of, allow), map(grant_of, deny))


def grant_of(name: str) -> str:
    return name if name.startswith("person:") else access.group(checked_group(name))


class PrefixAccess(BaseModel):
    """What begins with ``prefix`` may be read by the ``allow`` groups, minus ``deny``. ``""`` is everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefix: str
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


def _usable(rules: tuple[PrefixAccess, ...]) -> tuple[PrefixAccess, ...]:
    prefixes = [rule.prefix for rule in rules]
    if len(set(prefixes)) != len(prefixes):
        raise ValueError("a prefix is declared twice; join the two")
    for rule in rules:
        try:
            access_of(rule.allow, rule.deny)
        except Invalid as error:
            raise ValueError(error.message) from None
    return rules


Prefixes = Annotated[tuple[PrefixAccess, ...], AfterValidator(_usable)]
PrefixMap = Annotated[Prefixes, Field(min_length=1)]


def access_at(rules: Sequence[PrefixAccess], place: str, otherwise: Access = NOBODY) -> Access:
    """The access that the longest prefix of ``place`` declares; ``otherwise`` where none does."""
    fitting = [rule for rule in rules if place.startswith(rule.prefix)]
    if not fitting:
        return otherwise
    rule = max(fitting, key=lambda each: len(each.prefix))
    return access_of(rule.allow, rule.deny)
