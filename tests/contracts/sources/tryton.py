"""Tryton: a real server behind the proxy, with parties and a record rule of the readers."""

from __future__ import annotations

import atexit
import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest

from connectors.sources import tryton
from tests.contracts.sources.trouble import Request, proxy
from tests.contracts.sources.world import READER, World
from tests.servers.environment import INSTALL, ServersMissing
from tests.servers.tryton import DATABASE, Caller, Tryton, running

USER, PASSWORD = "vouch", "tryton-hunter2"
PARTY = "model.party.party"
EVERY = '[["id", ">", 0]]'


@cache
def served() -> tuple[Tryton, Caller, int]:
    """One server for all tests, with its administrator and the record rule."""
    stack = ExitStack()
    atexit.register(stack.close)
    server = stack.enter_context(running())
    admin = server.sign_in()
    readers, everybody = admin.create("res.group", [{"name": "Readers"}, {"name": "Everybody"}])
    account = {"name": "Vouch", "login": USER, "password": PASSWORD, "administrator": True}
    reader = {"name": "Reader", "login": "reader", "email": READER, "password": "reads-what-it-may"}
    admin.create("res.user", [account, {**reader, "groups": [["add", [readers]]]}])
    # Rules of groups hold for administrators too, so another one opens to them what the readers' rule does not.
    _, group = (_rule(admin, each) for each in (everybody, readers))
    (rule,) = admin.search("ir.rule", [["rule_group", "=", group]])
    return server, admin, rule


def _rule(admin: Caller, group: int) -> int:
    values = {"name": "Of the kit", "model": "party.party", "global_p": False, "groups": [["add", [group]]]}
    (made,) = admin.create("ir.rule.group", [{**values, "rules": [["create", [{"domain": EVERY}]]]}])
    return made


def is_page(request: Request) -> bool:
    """A listing of parties: only those go on from an id."""
    if PARTY.encode() not in request.body:
        return False
    call = orjson.loads(request.body)
    return call["method"] in (f"{PARTY}.search_read", f"{PARTY}.search") and _goes_on(call["params"][0])


def _goes_on(domain: list[Any]) -> bool:
    return any(term[:2] == ["id", ">"] for term in domain)


def without_filter(request: Request) -> Request:
    """Only the place to go on counts: pages go by it."""
    if not is_page(request):
        return request
    call = orjson.loads(request.body)
    call["params"][0] = [term for term in call["params"][0] if term[:2] == ["id", ">"]]
    return replace(request, body=orjson.dumps(call))


class TrytonWorld(World):
    kind = tryton.KIND
    secrets: ClassVar = {"env:TRYTON": PASSWORD}
    is_page = staticmethod(is_page)
    without_filter = staticmethod(without_filter)

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        try:
            server, self.admin, self.rule = served()
        except ServersMissing as error:
            pytest.skip(f"Tryton is not installed: {INSTALL} ({error})")
        self.proxy = stack.enter_context(proxy(server.url))
        monkeypatch.setattr("connectors.sources.tryton.source.IDS_PAGE", 3)
        self.parties: dict[str, int] = {}
        self.revoked: list[int] = []
        self._let_read()
        self.admin.delete("party.party", self.admin.search("party.party"))

    def config(self) -> dict[str, Any]:
        return {
            "url": self.front.url, "database": DATABASE, "user": USER, "password": "env:TRYTON",
            "models": ["party.party"], "page_size": 2, "overlap_seconds": 1,
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        if self.parties.get(name) in self.admin.search("party.party"):
            self.admin.write("party.party", [self.parties[name]], {"name": text})
        else:
            (self.parties[name],) = self.admin.create("party.party", [{"name": text}])
        self.time.now = max(self.time.now, datetime.now(UTC))

    def remove(self, name: str) -> None:
        self.admin.delete("party.party", [self.parties[name]])

    def key(self, name: str) -> str:
        return f"party.party/{self.parties[name]}"

    def revoke(self, name: str) -> None:
        self.revoked.append(self.parties[name])
        self._let_read()

    def _let_read(self) -> None:
        """Readers read every party but those whose right was taken."""
        domain = json.dumps([["id", "not in", self.revoked]]) if self.revoked else EVERY
        self.admin.write("ir.rule", [self.rule], {"domain": domain})


WORLDS = [TrytonWorld]
