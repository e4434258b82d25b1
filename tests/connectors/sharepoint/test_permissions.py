"""Who may read what, as a fake of Microsoft Graph tells it (tests/fakes/graph.py)."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import SourceRejected
from connectors.sources.base import Page, account_grant, source_grant
from connectors.sources.sharepoint import SharePointSource
from core.access import Access
from tests.connectors.opening import SOURCE
from tests.connectors.sharepoint.conftest import Open
from tests.connectors.sharepoint.test_reading import run
from tests.fakes.graph import DRIVE, FakeGraph, group, link, user

ADA, BEN = account_grant(SOURCE, "ada"), account_grant(SOURCE, "ben")
SALES = source_grant(SOURCE, "sales")
MEMBERS = source_grant(SOURCE, "members")
TENANT = "aaaaaaaa-0000-0000-0000-000000000000"


def seen(pages: list[Page]) -> dict[str, tuple[str, ...]]:
    """Item -> grants, as they are after the last page."""
    return {c.key.partition("/")[2]: c.access.allow for page in pages for c in page.changes}


def now(source: SharePointSource, *items: str) -> list[Access]:
    return [item.access for item in source.access([f"{DRIVE}/{item}" for item in items]).items]


@pytest.mark.parametrize("full_control", [True, False])
def test_items_inherit_until_they_have_permissions_of_their_own(
    graph: FakeGraph, open_source: Open, full_control: bool
) -> None:
    graph.share(graph.root(), group("sales"))
    folder = graph.folder("board")
    graph.share(folder, user("ada"))
    public, inside, own = graph.put("p"), graph.put("i", parent=folder), graph.put("o", parent=folder)
    graph.share(own, user("ben", "owner"), user("ada", "write"))
    pages, _ = run(open_source(full_control=full_control))
    assert seen(pages) == {public: (SALES,), inside: (ADA,), own: tuple(sorted((ADA, BEN)))}


def test_with_full_control_a_folder_is_asked_once_for_what_inherits(graph: FakeGraph, open_source: Open) -> None:
    for number in range(9):
        graph.put(str(number))
    graph.page = 20
    run(open_source())
    assert sum(asked.path.endswith("/permissions") for asked in graph.asked) == 1
    graph.asked.clear()
    run(open_source(full_control=False))
    assert sum(asked.path.endswith("/permissions") for asked in graph.asked) == 9


def test_a_folder_that_is_shared_anew_changes_all_that_is_below(graph: FakeGraph, open_source: Open) -> None:
    folder = graph.folder("a")
    below = graph.folder("b", parent=folder)
    deep, shallow, own, aside = (
        graph.put("1", parent=below), graph.put("2", parent=folder), graph.put("3", parent=below), graph.put("4")
    )  # fmt: skip
    graph.share(own, user("ada"))
    source = open_source()
    pages, cursor = run(source)
    before = {change.key: change.fingerprint for page in pages for change in page.changes}
    graph.share(folder, group("sales"))
    pages, cursor = run(source, cursor)
    assert seen(pages) == {deep: (SALES,), shallow: (SALES,), own: (ADA,)}
    assert all(before[change.key] == change.fingerprint for page in pages for change in page.changes)
    assert aside not in seen(pages)
    graph.inherit(folder)
    pages, cursor = run(source, cursor)
    assert seen(pages)[deep] == ()
    pages, _ = run(source, cursor)
    assert seen(pages) == {}


def test_a_parent_that_is_told_because_of_its_child_is_not_read_through(graph: FakeGraph, open_source: Open) -> None:
    folder = graph.folder("a")
    graph.share(folder, group("sales"))
    files = [graph.put(str(number), parent=folder) for number in range(5)]
    source = open_source()
    _, cursor = run(source)
    graph.log[DRIVE].append((folder, False))
    graph.put("0", b"new", parent=folder, item=files[0])
    pages, _ = run(source, cursor)
    assert seen(pages) == {files[0]: (SALES,)}


def test_a_revoke_is_seen_by_the_access_sync_as_well(graph: FakeGraph, open_source: Open) -> None:
    item = graph.put("x")
    graph.share(item, user("ada"), user("ben"))
    source = open_source(full_control=False)
    assert now(source, item) == [Access.of([ADA, BEN])]
    graph.share(item, user("ben"))
    assert now(source, item, "gone") == [Access.of([BEN])]


def site_user(login: str, **more: Any) -> dict[str, Any]:
    return {"roles": ["read"], "grantedToV2": {"siteUser": {"id": "3", "loginName": login}, **more}}


@pytest.mark.parametrize(
    ("permission", "allow"),
    [
        (user("ada", "read"), [ADA]),
        (user("ada", "sp.limited access"), []),
        ({"roles": [], "grantedToV2": {"user": {"id": "ada"}}}, []),
        (group("sales"), [SALES]),
        (group("sales", "c:0o.c|federateddirectoryclaimprovider|sales"), [SALES]),
        (group("sales", "c:0o.c|federateddirectoryclaimprovider|sales_o"), []),
        (site_user(f"c:0-.f|rolemanager|spo-grid-all-users/{TENANT}"), [MEMBERS]),
        (site_user("c:0(.s|true"), [source_grant(SOURCE, "all")]),
        (site_user("i:0#.f|membership|Ada@Contoso.com"), [source_grant(SOURCE, "login:ada@contoso.com")]),
        (site_user("c:0t.c|tenant|sales"), [SALES]),
        (site_user("c:0o.c|federateddirectoryclaimprovider|sales_o"), []),
        (site_user("c:0u.c|something|new"), []),
        (site_user("x", application={"id": "app"}), []),
        ({"roles": ["read"], "grantedToV2": {"siteGroup": {"id": "5", "displayName": "Visitors"}}}, [SALES]),
        ({"roles": ["read"], "grantedToV2": {"siteGroup": {"id": "6", "displayName": "Owners"}}}, []),
        ({"roles": ["read"], "grantedToV2": {"robot": {"id": "7"}}}, []),
        ({"roles": ["read"], "invitation": {"email": "eve@example.com"}}, []),
        ({"roles": "read", "grantedToV2": {"user": {"id": "ada"}}}, []),
        (link("users", "ada", "ben"), [ADA, BEN]),
        (link("anonymous", "ada"), []),
        (link("organization"), []),
        (link("organization", "ben"), [BEN]),
        (link("existingAccess", "ben"), []),
        (link("users", "ada", hasPassword=True), []),
        (link("users", "ada", expirationDateTime="2026-11-22T08:59:59Z"), []),
        (link("users", "ada", expirationDateTime="2026-11-23T00:00:00Z"), [ADA]),
        (link("users", "ada", expirationDateTime="0001-01-01T00:00:00Z"), [ADA]),
    ],
)
def test_each_kind_of_grant_and_what_is_not_understood_grants_nothing(
    graph: FakeGraph, open_source: Open, permission: dict[str, Any], allow: list[str]
) -> None:
    item = graph.put("x")
    graph.share(item, permission)
    assert now(open_source(site_groups={"Visitors": ["sales"]}), item) == [Access.of(allow)]


def test_a_link_for_the_organisation_counts_where_it_was_declared_to(graph: FakeGraph, open_source: Open) -> None:
    item = graph.put("x")
    graph.share(item, link("organization"))
    assert now(open_source(organization_links="members"), item) == [Access.of([MEMBERS])]


def people(graph: FakeGraph) -> None:
    for name, kind, enabled in (("ada", "Member", True), ("ben", "Member", False), ("eve", "Guest", True)):
        graph.users[name] = {
            "id": name, "displayName": name.title(), "mail": f"{name.title()}@contoso.com",
            "userPrincipalName": f"{name}@contoso.com", "accountEnabled": enabled, "userType": kind,
        }  # fmt: skip
    graph.groups = {"sales": ["ada", "nested"], "nested": ["eve"], "empty": [], "other": ["ben"]}


def test_accounts_hold_the_groups_they_are_in_directly_or_not(graph: FakeGraph, open_source: Open) -> None:
    people(graph)
    ada, ben, eve = open_source().principals()
    assert (ada.email, ada.verified, ada.active) == ("ada@contoso.com", True, True)
    assert ada.groups == ("all", "login:ada@contoso.com", "members", "sales")
    assert (ben.active, ben.groups) == (False, ("all", "login:ben@contoso.com", "members", "other"))
    assert (eve.verified, eve.groups) == (False, ("all", "login:eve@contoso.com", "nested", "sales"))


def test_only_the_groups_that_matter_are_read(graph: FakeGraph, open_source: Open) -> None:
    people(graph)
    source = open_source(site_groups={"Visitors": ["nested"]})
    found = {
        account.key: account.groups for account in source.principals(["sales", "members", "@ada", "gone", "login:x"])
    }
    assert "other" not in found["ben"]
    assert {"sales", "nested"} <= set(found["eve"])
    read = {asked.path.split("/")[3] for asked in graph.asked if asked.path.endswith("transitiveMembers")}
    assert read == {"sales", "nested", "gone"}


def test_a_missing_permission_names_it(graph: FakeGraph, open_source: Open) -> None:
    people(graph)
    graph.denied = {"transitiveMembers"}
    with pytest.raises(SourceRejected, match=r"GroupMember\.Read\.All"):
        list(open_source().principals())
    graph.denied = {"/users"}
    with pytest.raises(SourceRejected, match=r"User\.Read\.All"):
        list(open_source().principals([]))
