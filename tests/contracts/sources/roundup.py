"""Roundup: a real tracker behind the proxy."""

from __future__ import annotations

import atexit
import base64
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contracts.sources.declared import in_small_pages, without_params
from tests.contracts.sources.trouble import Proxy, Request, proxy
from tests.contracts.sources.world import World
from tests.servers.environment import INSTALL, ServersMissing
from tests.servers.roundup import ADMIN, PASSWORD, Roundup, roundup


@cache
def served() -> tuple[Proxy, Roundup]:
    """One tracker for all tests. It gives its links at the address of the proxy, as it is configured to."""
    stack = ExitStack()
    atexit.register(stack.close)
    front = stack.enter_context(proxy(""))
    tracker = stack.enter_context(roundup(front.url))
    front.upstream = tracker.url
    return front, Roundup(front.url)


def is_page(request: Request) -> bool:
    parts = urlsplit(request.path)
    return parts.path == "/rest/data/issue" and "id" not in parse_qs(parts.query)


class RoundupWorld(World):
    """The proxy refuses the credentials: a wrong password locks the tracker's user for minutes."""

    kind = in_small_pages("roundup")
    secrets: ClassVar = {"env:ROUNDUP": PASSWORD, "as sent": base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()}
    is_page = staticmethod(is_page)
    without_filter = staticmethod(lambda request: without_params(request, "activity", "id"))

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        try:
            self.proxy, self.tracker = served()
        except ServersMissing as error:
            pytest.skip(f"Roundup is not installed: {INSTALL} ({error})")
        stack.callback(self.proxy.calm)
        self.issues: dict[str, str] = {}
        self.revoked: set[str] = set()
        self.gone: set[str] = set()
        for issue in self.tracker.ids("issue"):
            self.tracker.retire("issue", issue)

    def config(self) -> dict[str, Any]:
        readable = sorted({issue for issue in self.issues.values() if issue not in self.revoked})
        return {
            "url": self.front.url, "user": ADMIN, "password": "env:ROUNDUP",
            "access": [
                {"when": {"id": readable}, "allow": ["staff"]},
                {"when": {"id": sorted(self.revoked)}, "allow": ["others"]},
            ],
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        if self.issues.get(name, "") in {"", *self.gone}:
            self.issues[name] = self.tracker.create("issue", title=text)
        else:
            self.tracker.edit("issue", self.issues[name], title=text)
        self.time.now = max(self.time.now, datetime.now(UTC))

    def remove(self, name: str) -> None:
        self.tracker.retire("issue", self.issues[name])
        self.gone.add(self.issues[name])

    def key(self, name: str) -> str:
        return f"issue/{self.issues[name]}"

    def revoke(self, name: str) -> None:
        self.revoked.add(self.issues[name])


WORLDS = [RoundupWorld]
