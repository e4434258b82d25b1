"""S3: moto's server behind the proxy."""

from __future__ import annotations

import atexit
import re
from contextlib import ExitStack
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors.sources import s3, s3_bucket
from tests.connectors.s3_server import SECRETS, server, store
from tests.contracts.sources.trouble import Request, proxy
from tests.contracts.sources.world import World

NUMBER = count(1)


@cache
def endpoint() -> str:
    """One server for all tests; each has a bucket of its own."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(server())


def without_prefix(request: Request) -> Request:
    return Request(request.method, re.sub(r"prefix=[^&]*", "prefix=", request.path), request.body)


class S3World(World):
    kind = s3.KIND
    secrets: ClassVar = {**SECRETS, "env:S3_SESSION": "session-hunter2"}
    is_page = staticmethod(lambda request: "list-type=2" in request.path)
    without_filter = staticmethod(without_prefix)

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(s3_bucket, "LIST_KEYS", 2)
        self.store = store(endpoint(), f"kit-{next(NUMBER)}")
        self.store.put("elsewhere/secret.md", "what nobody declared")
        self.proxy = stack.enter_context(proxy(endpoint()))
        self.rules: list[dict[str, Any]] = [{"prefix": "in/", "allow": ["staff"]}]

    def config(self) -> dict[str, Any]:
        return self.store.config(
            endpoint=self.front.url, prefix="in/", access=self.rules, session_token="env:S3_SESSION"
        )

    def put(self, name: str, text: str) -> None:
        self.store.put(self.key(name), text)

    def remove(self, name: str) -> None:
        self.store.delete(self.key(name))

    def key(self, name: str) -> str:
        return f"in/{name}.md"

    def revoke(self, name: str) -> None:
        self.rules.append({"prefix": self.key(name), "allow": ["others"]})


WORLDS = [S3World]
