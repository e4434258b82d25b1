"""SharePoint: a fake of Microsoft Graph behind the proxy, with a library of files that are shared one by one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors.sources import sharepoint
from tests.contracts.sources.trouble import proxy
from tests.contracts.sources.world import READER, World
from tests.fakes.graph import DRIVE, SECRET, FakeFiles, FakeGraph, user


class Fronted(FakeGraph):
    """Gives its links at the address of the proxy before it."""

    front = ""

    @property
    def url(self) -> str:
        return self.front or super().url


class SharePointWorld(World):
    kind = sharepoint.KIND
    secrets: ClassVar = {"env:SHAREPOINT": SECRET}
    cannot: ClassVar = {"unfiltered": "changes are asked for by the link that Graph gave, which has no filter"}
    is_page = staticmethod(lambda request: "/root/delta" in request.path)

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        files = FakeFiles()
        stack.enter_context(files)
        self.fake = Fronted(files)
        stack.enter_context(self.fake)
        self.proxy = stack.enter_context(proxy(self.fake.url))
        self.fake.front = self.proxy.url
        self.items: dict[str, str] = {}
        for name, email in (("reader", READER), ("other", "other@example.com")):
            account = {"mail": email, "userPrincipalName": email, "accountEnabled": True, "userType": "Member"}
            self.fake.users[name] = {"id": name, "displayName": name, **account}

    def config(self) -> dict[str, Any]:
        return {
            "tenant": "contoso", "client_id": "app", "client_secret": "env:SHAREPOINT", "drives": [DRIVE],
            "graph": self.front.url, "login": self.front.url, "full_control": True,
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        if self.items.get(name) in self.fake.items[DRIVE]:
            self.fake.put(f"{name}.txt", text.encode(), item=self.items[name])
            return
        self.items[name] = self.fake.put(f"{name}.txt", text.encode())
        self.fake.share(self.items[name], user("reader"))

    def remove(self, name: str) -> None:
        self.fake.delete(self.items[name])

    def key(self, name: str) -> str:
        return f"{DRIVE}/{self.items[name]}"

    def revoke(self, name: str) -> None:
        self.fake.share(self.items[name], user("other"))

    def refuse_credentials(self) -> None:
        self.secrets = {"env:SHAREPOINT": "wrong-hunter2", "before": SECRET}


WORLDS = [SharePointWorld]
