"""Accounts of the organisation with the groups that permissions name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from pydantic import ValidationError

from connectors.errors import ItemGone
from connectors.sources.base import Account
from connectors.sources.sharepoint.graph import Graph, segment
from connectors.sources.sharepoint.items import User
from connectors.sources.sharepoint.permissions import ALL, MEMBERS, login_group

USER_FIELDS = "id,displayName,mail,userPrincipalName,accountEnabled,userType"
USERS = "User.Read.All"
GROUPS = "GroupMember.Read.All (and Member.Read.Hidden for groups that hide theirs)"


def accounts(graph: Graph, groups: Collection[str] | None) -> Iterator[Account]:
    """Every account. ``groups`` are those whose members matter; None reads all groups that there are."""
    wanted = _all_groups(graph) if groups is None else [name for name in groups if _is_id(name)]
    members: defaultdict[str, set[str]] = defaultdict(set)
    for group in wanted:
        for person in _members(graph, group):
            members[person].add(group)
    for raw in graph.every("/users", needs=USERS, **{"$select": USER_FIELDS, "$top": "999"}):
        try:
            user = User.model_validate(raw)
        except ValidationError:
            continue
        yield _account(user, members.get(user.id, set()))


def _account(user: User, groups: set[str]) -> Account:
    general = {ALL, MEMBERS} if user.is_member else {ALL}
    if user.principal_name:
        general.add(login_group(user.principal_name))
    return Account(
        key=user.id,
        email=(user.mail or user.principal_name or "").lower() or None,
        name=user.display_name or "",
        groups=tuple(sorted(groups | general)),
        active=user.enabled,
        # A guest's address is vouched for by another organisation.
        verified=user.is_member,
    )


def _all_groups(graph: Graph) -> list[str]:
    found = graph.every("/groups", needs=GROUPS, **{"$select": "id", "$top": "999"})
    return [group["id"] for group in found if isinstance(group.get("id"), str)]


def _members(graph: Graph, group: str) -> Iterator[str]:
    """The people in a group and in the groups in it. A group that is gone has none."""
    path = f"/groups/{segment(group)}/transitiveMembers"
    try:
        for member in graph.every(path, needs=GROUPS, **{"$select": "id", "$top": "999"}):
            # Groups, devices and applications are listed as well.
            if member.get("@odata.type") == "#microsoft.graph.user" and isinstance(member.get("id"), str):
                yield member["id"]
    except ItemGone:
        return


def _is_id(name: str) -> bool:
    """Whether a group of ours is one of Entra's: accounts' own groups and the general ones are not."""
    return name not in (ALL, MEMBERS) and not name.startswith(("@", "login:"))
