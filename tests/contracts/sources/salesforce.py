"""Salesforce: a fake of its REST API behind the proxy, with cases that are shared one by one."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from connectors.sources import salesforce
from tests.contracts.sources.declared import ITEMS_A_PAGE
from tests.contracts.sources.trouble import Request, proxy
from tests.contracts.sources.world import READER, World
from tests.fakes.loopback import Reply
from tests.fakes.salesforce import CLIENT, SECRET, FakeSalesforce, Row
from tests.fakes.soql import Query


class CasesInSmallPages(FakeSalesforce):
    """Only cases take several batches, so that the address of a further batch tells what it holds."""

    def _batch(self, query: Query, rows: list[Row], limits: dict[str, str]) -> Reply:
        self.batch = ITEMS_A_PAGE if query.entity == "Case" else 2000
        return super()._batch(query, rows, limits)


def _query(request: Request) -> str:
    return parse_qs(urlsplit(request.path).query).get("q", [""])[0]


def is_page(request: Request) -> bool:
    return "/query/" in request.path or re.search(r" FROM Case( WHERE SystemModstamp|$)", _query(request)) is not None


def without_filter(request: Request) -> Request:
    query = _query(request)
    if " WHERE " not in query:
        return request
    start, _, rest = query.partition(" WHERE ")
    order = rest.partition(" ORDER BY ")[2]
    asked = f"{start} ORDER BY {order}" if order else start
    return replace(request, path=f"{urlsplit(request.path).path}?{urlencode({'q': asked})}")


class SalesforceWorld(World):
    kind = salesforce.KIND
    secrets: ClassVar = {"env:SALESFORCE": SECRET}
    is_page = staticmethod(is_page)
    without_filter = staticmethod(without_filter)

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fake = fake = CasesInSmallPages()
        stack.enter_context(fake)
        self.proxy = stack.enter_context(proxy(fake.url))
        self.cases: dict[str, str] = {}
        self.shares: dict[str, str] = {}
        may_read = fake.put("PermissionSet", PermissionsViewAllData=False, HasActivationRequired=False)
        rights = {"PermissionsRead": True, "PermissionsViewAllRecords": False}
        fake.put("ObjectPermissions", ParentId=may_read, SobjectType="Case", **rights)
        self.reader, self.owner = (self._user(email, may_read) for email in (READER, "owner@example.com"))

    def _user(self, email: str, may_read: str) -> str:
        facts = {"Name": email, "Email": email, "IsActive": True, "UserRoleId": None, "UserType": "Standard"}
        user = self.fake.put("User", **facts)
        self.fake.put("PermissionSetAssignment", AssigneeId=user, PermissionSetId=may_read, IsActive=True)
        return user

    def config(self) -> dict[str, Any]:
        return {
            "url": self.front.url, "client_id": CLIENT, "client_secret": "env:SALESFORCE", "emails_verified": True,
            "resources": ["case"],
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        self._pass_time()
        held = self.fake.rows["Case"].get(self.cases.get(name, ""))
        if held is not None and not held["IsDeleted"]:
            self.fake.put("Case", Id=self.cases[name], Subject=text)
            return
        self.cases[name] = self.fake.put(
            "Case", CaseNumber=name, Subject=text, Status="New", AccountId=None, ContactId=None, OwnerId=self.owner
        )
        self.shares[name] = self.fake.share("Case", self.cases[name], self.reader)

    def remove(self, name: str) -> None:
        self._pass_time()
        self.fake.delete("Case", self.cases[name])

    def key(self, name: str) -> str:
        return f"case/{self.cases[name]}"

    def revoke(self, name: str) -> None:
        self.fake.unshare("Case", self.shares[name])

    def refuse_credentials(self) -> None:
        self.secrets = {"env:SALESFORCE": "wrong-hunter2", "before": SECRET}

    def _pass_time(self) -> None:
        # Longer than the overlap, so that the cursor counts.
        self.time.now += timedelta(minutes=10)
        self.fake.now = self.time.now


WORLDS = [SalesforceWorld]
