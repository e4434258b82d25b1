"""Web: a site of the standard library's server behind the proxy; with times in its sitemap, and without."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors.sources import web
from tests.connectors.web_server import site
from tests.contracts.sources.trouble import proxy
from tests.contracts.sources.world import World


class WebWorld(World):
    kind = web.KIND
    secrets: ClassVar = {"env:WEB": "Bearer web-hunter2"}
    cannot: ClassVar = {
        "repeat": "a sitemap has no pages; one that refers to itself is in tests/connectors/test_web.py",
        "unfiltered": "a request for a page has no filter; without ETags every page is compared by content",
    }

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(web, "PAGE_ITEMS", 2)
        self.site = stack.enter_context(site())
        self.proxy = stack.enter_context(proxy(self.site.url))
        self.site.url = self.proxy.url
        self.rules: list[dict[str, Any]] = [{"prefix": "/", "allow": ["staff"]}]

    def config(self) -> dict[str, Any]:
        return {
            "url": self.front.url, "access": self.rules, "requests_per_second": 1000, "authorization": "env:WEB",
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        self.time.sleep(1)
        self.site.put(f"/{name}", text, lastmod=self.time.now.isoformat())

    def remove(self, name: str) -> None:
        self.site.remove(f"/{name}")

    def key(self, name: str) -> str:
        return f"{self.front.url}/{name}"

    def revoke(self, name: str) -> None:
        self.rules.append({"prefix": f"/{name}", "allow": ["others"]})


class WebWithoutTimesWorld(WebWorld):
    name = "web-without-lastmod"

    def put(self, name: str, text: str) -> None:
        self.site.put(f"/{name}", text)


WORLDS = [WebWorld, WebWithoutTimesWorld]
