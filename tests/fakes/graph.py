"""A fake of Microsoft Graph for drives, permissions, users and groups, written from its documentation
(learn.microsoft.com/graph/api: driveitem-delta, driveitem-list-permissions, driveitem-get-content, user-list,
group-list-transitivemembers; the scan guidance of OneDrive's documentation for the Prefer header).

Not a SharePoint: sites are names of drives, versions and checks of scopes are left out. ``files`` is the other host
from which content is downloaded with a URL that needs no token.
"""

from __future__ import annotations

import itertools
from typing import Any

from tests.fakes.loopback import Asked, LoopbackServer, Reply

DRIVE = "b!library"
SECRET = "secret-of-the-test"


class FakeFiles(LoopbackServer):
    """Hands out content to whoever has its key. Never to be shown our token."""

    def __init__(self) -> None:
        super().__init__()
        self.content: dict[str, bytes] = {}

    def answer(self, asked: Asked) -> Reply:
        body = self.content.get(asked.path.rpartition("/")[2])
        if body is None or asked.query.get("tempauth") != "granted":
            return Reply(404)
        return Reply(200, body, {"Content-Type": "application/octet-stream"})


class FakeGraph(LoopbackServer):
    """A tree of items per drive with a log of changes. ``page`` items a page; tokens are positions in the log."""

    def __init__(self, files: FakeFiles, page: int = 3) -> None:
        super().__init__()
        self.files = files
        self.page = page
        self.items: dict[str, dict[str, dict[str, Any]]] = {}
        self.own: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.log: dict[str, list[tuple[str, bool]]] = {}
        self.sites: dict[str, list[str]] = {}
        self.one_drives: dict[str, str] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, list[str]] = {}
        self.tokens: set[str] = set()
        self._marks: dict[str, tuple[int | None, int]] = {}
        self.denied: set[str] = set()
        self._numbers = itertools.count(1)
        self.add_drive(DRIVE)

    # What happens in SharePoint.

    def add_drive(self, drive: str) -> None:
        self.items[drive] = {}
        self.log[drive] = []
        self._note(drive, {"id": f"root-{drive[-3:]}", "name": "root", "folder": {}, "root": {}})
        self.own[drive, self.root(drive)] = []

    def root(self, drive: str = DRIVE) -> str:
        return f"root-{drive[-3:]}"

    def put(self, name: str, body: bytes = b"text", *, parent: str = "", item: str = "", drive: str = DRIVE) -> str:
        """A new file, or a new version of one."""
        key = item or f"F{next(self._numbers)}"
        self.files.content[key] = body
        number = next(self._numbers)
        facts = {
            "id": key, "name": name, "size": len(body), "webUrl": f"https://contoso.sharepoint.com/{name}",
            "eTag": f"e{number}", "cTag": f"c{number}", "lastModifiedDateTime": "2026-11-20T08:00:00Z",
            "file": {"mimeType": "text/plain"}, "parentReference": {"id": parent or self.root(drive)},
        }  # fmt: skip
        self._note(drive, facts)
        return key

    def folder(self, name: str, *, parent: str = "", drive: str = DRIVE) -> str:
        key = f"D{next(self._numbers)}"
        self._note(
            drive, {"id": key, "name": name, "folder": {}, "parentReference": {"id": parent or self.root(drive)}}
        )
        return key

    def share(self, item: str, *permissions: dict[str, Any], drive: str = DRIVE) -> None:
        """Give an item permissions of its own. Only the item itself appears among the changes."""
        self.own[drive, item] = list(permissions)
        self.log[drive].append((item, True))

    def inherit(self, item: str, drive: str = DRIVE) -> None:
        self.own.pop((drive, item), None)
        self.log[drive].append((item, True))

    def delete(self, item: str, drive: str = DRIVE) -> None:
        """What is in a deleted folder goes without a word."""
        for child in [
            key for key, facts in self.items[drive].items() if facts.get("parentReference", {}).get("id") == item
        ]:
            self._remove(drive, child)
        self._remove(drive, item)
        self.log[drive].append((item, False))

    def _remove(self, drive: str, item: str) -> None:
        for child in [
            key for key, facts in self.items[drive].items() if facts.get("parentReference", {}).get("id") == item
        ]:
            self._remove(drive, child)
        self.items[drive].pop(item, None)

    def forget(self) -> None:
        """No link that was given so far is known any more."""
        self._marks.clear()

    def revoke_tokens(self) -> None:
        self.tokens.clear()

    def _note(self, drive: str, facts: dict[str, Any]) -> None:
        self.items[drive][facts["id"]] = facts
        self.log[drive].append((facts["id"], False))

    # What Graph answers.

    def answer(self, asked: Asked) -> Reply:
        if asked.path.endswith("/oauth2/v2.0/token"):
            return self._sign_in(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _error(401, "InvalidAuthenticationToken")
        path = asked.path.removeprefix("/v1.0")
        if any(part in path for part in self.denied):
            return _error(403, "accessDenied")
        parts = path.strip("/").split("/")
        match parts:
            case ["drives", drive, "root", "delta"] if drive in self.items:
                return self._delta(asked, drive)
            case ["drives", drive, "root", "permissions"] if drive in self.items:
                return self._page(asked, self._permissions(drive, self.root(drive)))
            case ["drives", drive, "items", item, *rest] if item in self.items.get(drive, {}):
                return self._item(asked, drive, item, rest)
            case ["users"]:
                return self._page(asked, list(self.users.values()))
            case ["users", name, "drive"] if name in self.one_drives:
                return Reply.of({"id": self.one_drives[name]})
            case ["groups"]:
                return self._page(asked, [{"id": group} for group in self.groups])
            case ["groups", group, "transitiveMembers"] if group in self.groups:
                return self._page(asked, list(self._members(group)))
            case ["sites", *site, "drives"] if "/".join(site) in self.sites:
                return self._page(asked, [{"id": drive} for drive in self.sites["/".join(site)]])
            case _:
                return _error(404, "itemNotFound")

    def _sign_in(self, asked: Asked) -> Reply:
        form = asked.form()
        if form.get("client_secret") != SECRET or form.get("grant_type") != "client_credentials":
            return Reply.of({"error": "invalid_client", "error_description": f"AADSTS {form}"}, 401)
        token = f"token-{len(self.asked)}"
        self.tokens.add(token)
        return Reply.of({"token_type": "Bearer", "expires_in": 3599, "access_token": token})

    def _item(self, asked: Asked, drive: str, item: str, rest: list[str]) -> Reply:
        match rest:
            case []:
                return Reply.of(self.items[drive][item])
            case ["permissions"]:
                return self._page(asked, self._permissions(drive, item))
            case ["children"]:
                inside = [f for f in self.items[drive].values() if f.get("parentReference", {}).get("id") == item]
                return self._page(asked, inside)
            case ["content"]:
                place = f"{self.files.url}/download/{item}?tempauth=granted"
                return Reply(302, b"", {"Location": place})
            case _:
                return _error(404, "itemNotFound")

    def _delta(self, asked: Asked, drive: str) -> Reply:
        """Without a token: everything that is there, page by page; then, from the link at its end, the log."""
        token, hierarchical = asked.query.get("token"), "hierarchicalsharing" in asked.headers.get("prefer", "")
        if token is not None and token not in self._marks:
            return Reply(410, b"{}", {"Location": f"{self.url}/v1.0/drives/{drive}/root/delta"})
        listed, at = self._marks[token] if token is not None else (0, len(self.log[drive]))
        if listed is None:
            # An item that changed twice is told twice.
            values = [self._told(drive, item, changed, hierarchical) for item, changed in self.log[drive][at:]]
            return Reply.of({"value": values, "@odata.deltaLink": self._link(drive, None, len(self.log[drive]))})
        there = list(self.items[drive])
        values = [self._told(drive, item, False, hierarchical) for item in there[listed : listed + self.page]]
        if listed + self.page < len(there):
            return Reply.of({"value": values, "@odata.nextLink": self._link(drive, listed + self.page, at)})
        return Reply.of({"value": values, "@odata.deltaLink": self._link(drive, None, at)})

    def _told(self, drive: str, item: str, changed: bool, hierarchical: bool) -> dict[str, Any]:
        facts = self.items[drive].get(item)
        if facts is None:
            return {"id": item, "deleted": {"state": "deleted"}}
        told = dict(facts)
        if hierarchical and ((drive, item) in self.own or changed):
            told["shared"] = {"scope": "users"} if self.own.get((drive, item)) else {}
        if changed and hierarchical:
            told["@microsoft.graph.sharedChanged"] = "True"
        return told

    def _permissions(self, drive: str, item: str) -> list[dict[str, Any]]:
        """The effective ones."""
        while (drive, item) not in self.own:
            item = self.items[drive][item]["parentReference"]["id"]
        return self.own[drive, item]

    def _members(self, group: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for member in self.groups[group]:
            if member in self.groups:
                found.append({"@odata.type": "#microsoft.graph.group", "id": member})
                found.extend(self._members(member))
            else:
                found.append({"@odata.type": "#microsoft.graph.user", "id": member})
        return found

    def _page(self, asked: Asked, values: list[Any]) -> Reply:
        first = int(asked.query.get("$skiptoken", "0"))
        page: dict[str, Any] = {"value": values[first : first + self.page]}
        if first + self.page < len(values):
            page["@odata.nextLink"] = f"{self.url}{asked.path}?$skiptoken={first + self.page}"
        return Reply.of(page)

    def _link(self, drive: str, listed: int | None, at: int) -> str:
        token = f"mark{next(self._numbers)}"
        self._marks[token] = listed, at
        return f"{self.url}/v1.0/drives/{drive}/root/delta?token={token}"


def user(person: str, role: str = "read") -> dict[str, Any]:
    return {"id": f"p-{person}", "roles": [role], "grantedToV2": {"user": {"id": person, "displayName": person}}}


def group(name: str, login: str = "") -> dict[str, Any]:
    granted: dict[str, Any] = {"group": {"id": name, "displayName": name}}
    if login:
        granted["siteUser"] = {"id": "9", "loginName": login}
    return {"id": f"p-{name}", "roles": ["write"], "grantedToV2": granted}


def link(scope: str, *people: str, **more: Any) -> dict[str, Any]:
    identities = [{"user": {"id": person}} for person in people]
    return {"id": f"l-{scope}", "roles": ["read"], "link": {"scope": scope, "type": "view"},
            "grantedToIdentitiesV2": identities, **more}  # fmt: skip


def _error(status: int, code: str) -> Reply:
    return Reply.of({"error": {"code": code, "message": "a message that may quote what was sent"}}, status)
