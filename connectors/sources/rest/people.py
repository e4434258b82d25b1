"""The accounts of a system with their groups, as a declaration finds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.errors import SourceMisbehaves
from connectors.sources.base import Account
from connectors.sources.rest.access import names
from connectors.sources.rest.client import Client
from connectors.sources.rest.declaration import Membership, Principals
from connectors.sources.rest.template import Context, TemplateFailed, expression, strict_expression

Groups = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Directory:
    """Reads accounts. Memberships are read whole first: an account is only told with all of its groups."""

    client: Client
    principals: Principals
    context: Context

    def accounts(self) -> Iterator[Account]:
        made = self.principals
        members = [(membership, self._members(membership)) for membership in made.groups]
        within = self._nesting()
        seen: set[str] = set()
        for page in self.client.pages(made, self.context):
            for record in page.rows:
                context = {**self.context, "record": record, "account": record}
                if made.where is not None and not expression(made.where)(context):
                    continue
                account = self._account(context, members, within)
                if account.key in seen:
                    continue
                seen.add(account.key)
                yield account

    def _account(self, context: Context, members: list[tuple[Membership, Groups]], within: Groups) -> Account:
        made = self.principals
        try:
            key = "".join(names(expression(made.key)(context))[:1])
            if not key:
                raise SourceMisbehaves("An account has no key.", hint="Check what the service account may read.")
            groups: set[str] = set()
            for member, held in members:
                groups |= self._groups(member, held, key, {**context, "groups": sorted(groups)})
            return Account(
                key,
                _email(expression(made.email)(context)),
                " ".join(str(expression(made.name)(context) or "").split()),
                tuple(sorted(_spread(groups, within))),
                active=bool(expression(made.active)(context)),
                verified=bool(expression(made.verified)(context)),
            )
        except TemplateFailed as error:
            raise SourceMisbehaves(f"An account is not as declared: {error}.", hint="Check its declaration.") from None

    def _groups(self, member: Membership, held: Groups, key: str, context: Context) -> set[str]:
        if member.values is not None:
            return set(names(expression(member.values)(context)))
        if member.request is not None:
            return held.get(key, set())
        assert member.group is not None, "checked with the declaration"
        assert member.when is not None, "checked with the declaration"
        found: set[str] = set()
        lookup: Mapping[str, Any] = context["lookups"][member.lookup]
        for row in lookup.values():
            try:
                if strict_expression(member.when)({**context, "row": row}):
                    found.update(names(expression(member.group)({**context, "row": row})))
            except TemplateFailed:
                # A rule that cannot be worked out makes nobody a member.
                continue
        return found

    def _members(self, membership: Membership) -> Groups:
        held: Groups = defaultdict(set)
        if membership.request is None or membership.account is None or membership.group is None:
            return held
        for row, context in self._rows(membership.request):
            if membership.when is not None and not expression(membership.when)(context | {"row": row}):
                continue
            for account in names(expression(membership.account)(context)):
                held[account].update(names(expression(membership.group)(context)))
        return held

    def _nesting(self) -> Groups:
        within: Groups = defaultdict(set)
        for nesting in self.principals.nested:
            for _row, context in self._rows(nesting):
                for group in names(expression(nesting.group)(context)):
                    within[group].update(names(expression(nesting.within)(context)))
        return within

    def _rows(self, rows: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
        for page in self.client.pages(rows, self.context):
            for row in page.rows:
                context = {**self.context, "row": row, "record": row}
                if rows.where is None or expression(rows.where)(context):
                    yield row, context


def _spread(groups: set[str], within: Groups) -> set[str]:
    """The groups, and whatever they are in, however deep; circles do no harm."""
    found, waiting = set(groups), list(groups)
    while waiting:
        for outer in within.get(waiting.pop(), ()):
            if outer not in found:
                found.add(outer)
                waiting.append(outer)
    return found


def _email(value: Any) -> str | None:
    text = str(value or "").strip()
    return text if "@" in text else None
