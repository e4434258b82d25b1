"""ServiceNow: a fake of its Table API behind the proxy; incidents by OAuth, knowledge by name and password."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contracts.sources.declared import in_small_pages, without_params
from tests.contracts.sources.trouble import Request, proxy
from tests.contracts.sources.world import READER, World
from tests.fakes.servicenow import CLIENT, CLIENT_SECRET, PASSWORD, USER, FakeServiceNow

LISTED = re.compile(r"^/api/now/table/(incident|kb_knowledge)$")


class Fronted(FakeServiceNow):
    """Gives its links at the address of the proxy before it."""

    front = ""

    @property
    def url(self) -> str:
        return self.front or super().url


def is_page(request: Request) -> bool:
    parts = urlsplit(request.path)
    asked = parse_qs(parts.query).get("sysparm_query", [""])[0]
    return LISTED.match(parts.path) is not None and not asked.startswith("sys_idIN")


class IncidentWorld(World):
    kind = in_small_pages("servicenow")
    name = "servicenow-incidents"
    secrets: ClassVar = {"env:SERVICENOW": CLIENT_SECRET}
    is_page = staticmethod(is_page)
    without_filter = staticmethod(lambda request: without_params(request, "sysparm_query"))
    pages_by_filter: ClassVar = True
    table = "incident"
    resource = "incident"

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fake = Fronted()
        stack.enter_context(self.fake)
        self.proxy = stack.enter_context(proxy(self.fake.url))
        self.fake.front = self.proxy.url
        self.ids: dict[str, str] = {}
        user = {"active": "true", "locked_out": "false"}
        self.fake.put("sys_user", "u-reader", email=READER, name="Reader", **user)
        self.fake.put("sys_user", "u-other", email="other@example.com", name="Other", **user)

    def config(self) -> dict[str, Any]:
        return {
            "url": self.front.url, "client_id": CLIENT, "client_secret": "env:SERVICENOW", "resources": [self.resource],
            "participants": True, "emails_verified": True,
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        if name not in self.ids or self.ids[name] not in self.fake.tables[self.table]:
            self.ids[name] = f"{name}{len(self.fake.asked)}x{len(self.ids)}"
        self._write(name, **self.fields(name, text))

    def fields(self, name: str, text: str) -> dict[str, str]:
        return {"number": f"INC-{name}", "short_description": name, "description": text, "watch_list": "u-reader"}

    def remove(self, name: str) -> None:
        self._pass_time()
        self.fake.delete(self.table, self.ids[name])

    def key(self, name: str) -> str:
        return f"{self.resource}/{self.ids[name]}"

    def revoke(self, name: str) -> None:
        self._write(name, watch_list="u-other")

    def refuse_credentials(self) -> None:
        self.secrets = {"env:SERVICENOW": "wrong-hunter2", "before": CLIENT_SECRET}

    def _write(self, name: str, **fields: str) -> None:
        self._pass_time()
        self.fake.put(self.table, self.ids[name], **fields)

    def _pass_time(self) -> None:
        # Longer than the overlap, so that the cursor counts.
        self.time.now += timedelta(minutes=10)
        self.fake.now = self.time.now


class KnowledgeWorld(IncidentWorld):
    name = "servicenow-knowledge"
    secrets: ClassVar = {"env:SERVICENOW": PASSWORD}
    table = "kb_knowledge"
    resource = "article"

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().start(stack, directory, monkeypatch)
        for name in ("reader", "other"):
            criterion = {"active": "true", "advanced": "false", "match_all": "false", "user": f"u-{name}"}
            self.fake.put("user_criteria", f"c-{name}", **criterion)

    def config(self) -> dict[str, Any]:
        return {
            "url": self.front.url, "user": USER, "password": "env:SERVICENOW", "resources": [self.resource],
            "bases_without_criteria": True, "emails_verified": True,
        }  # fmt: skip

    def fields(self, name: str, text: str) -> dict[str, str]:
        return {
            "number": f"KB-{name}", "short_description": name, "text": f"<p>{text}</p>", "kb_knowledge_base": "base",
            "workflow_state": "published", "active": "true", "roles": "", "can_read_user_criteria": "c-reader",
            "cannot_read_user_criteria": "",
        }  # fmt: skip

    def remove(self, name: str) -> None:
        """As the table cleaner does it: no audit tells of it."""
        self.fake.delete(self.table, self.ids[name], audited=False)

    def revoke(self, name: str) -> None:
        self._write(name, can_read_user_criteria="c-other")

    def refuse_credentials(self) -> None:
        self.secrets = {"env:SERVICENOW": "wrong-hunter2", "before": PASSWORD}


WORLDS = [IncidentWorld, KnowledgeWorld]
