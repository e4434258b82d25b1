"""A real HTTP receiver of webhooks on loopback. It verifies each signature with the code that docs/destinations.md
gives to those who receive webhooks, and takes each Webhook-Id once, as that page asks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from tests.fakes.loopback import Asked, LoopbackServer, Reply

PAGE = Path(__file__).parents[3] / "docs" / "destinations.md"
KEY = "whsec_" + "VGhpcyBpcyBhIGtleSBmb3IgdGVzdHMgb25seSwgMzJi"
NEXT_KEY = "whsec_" + "QW5vdGhlciBrZXksIHdoaWNoIGNvbWVzIGFmdGVyIGl0"


def documented_verify() -> Callable[..., bool]:
    """The example of the page, as it stands there."""
    code = re.search(r"```python\n(import base64\n.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(compile(code[1], str(PAGE), "exec"), names)
    return names["verify"]


class Receiver(LoopbackServer):
    def __init__(self, keys: tuple[str, ...] = (KEY,), now: Callable[[], float] = time.time) -> None:
        super().__init__()
        handler: Any = self._server.RequestHandlerClass
        handler.do_HEAD = handler.do_GET
        self.keys = keys
        self.refuses: int | None = None
        self.received: dict[str, dict[str, Any]] = {}
        self._verify = documented_verify()
        self._now = now

    def answer(self, asked: Asked) -> Reply:
        if asked.method != "POST":
            return Reply(405)
        if not any(self._verify(asked.headers, asked.body, key, now=self._now()) for key in self.keys):
            return Reply(401, b"signature")
        if self.refuses is not None:
            return Reply(self.refuses, b"refused")
        self.received.setdefault(asked.headers["webhook-id"], orjson.loads(asked.body))
        return Reply(200, b"taken")
