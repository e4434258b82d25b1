"""Odoo: a fake of its JSON-2 API behind the proxy, with sales orders."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest

from tests.contracts.sources.declared import ITEMS_A_PAGE, in_small_pages
from tests.contracts.sources.trouble import Request, proxy
from tests.contracts.sources.world import READER, World
from tests.fakes.odoo import DATABASE, KEY, FakeOdoo

SALES = 10


def is_page(request: Request) -> bool:
    listed = request.path == "/json/2/sale.order/search_read"
    return listed and orjson.loads(request.body).get("limit") == ITEMS_A_PAGE


def without_filter(request: Request) -> Request:
    """Only the place to go on counts: pages go by it."""
    call = orjson.loads(request.body)
    call["domain"] = [term for term in call.get("domain", []) if term[:2] == ["id", ">"]]
    return replace(request, body=orjson.dumps(call))


class OdooWorld(World):
    kind = in_small_pages("odoo")
    secrets: ClassVar = {"env:ODOO": KEY}
    is_page = staticmethod(is_page)
    without_filter = staticmethod(without_filter)

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fake = FakeOdoo()
        stack.enter_context(self.fake)
        self.proxy = stack.enter_context(proxy(self.fake.url))
        self.orders: dict[str, int] = {}
        self.closed: set[int] = set()
        self.made = 0
        self.fake.models |= {"sale.order": {}, "sale.order.line": {}}
        self.fake.put("res.company", name="Northwind")
        self.fake.put("ir.model", id=1, model="sale.order")
        group = {"module": "sales_team", "name": "group_sale_salesman_all_leads", "res_id": SALES}
        self.fake.put("ir.model.data", model="res.groups", **group)
        right = {"perm_read": True, "active": True, "model_id": [1, "Order"], "model_id.model": "sale.order"}
        self.fake.put("ir.model.access", group_id=[SALES, "Sales"], **right)
        user = {"share": False, "company_ids": [1], "all_group_ids": [SALES], "email": False}
        self.fake.put("res.users", name="Reader", login=READER, **user)

    def config(self) -> dict[str, Any]:
        # A record rule of the company's own can only be declared; groups and companies are read.
        return {
            "url": self.front.url, "database": DATABASE, "key": "env:ODOO", "resources": ["sale_order"],
            "record_rules_reviewed": True, "emails_verified": True,
            "sales": [
                {"when": {"id": sorted(set(self.orders.values()) - self.closed)}, "allow": ["staff"]},
                {"when": {"id": sorted(self.closed)}, "allow": ["others"]},
            ],
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        self._pass_time()
        if self.orders.get(name) not in self.fake.models["sale.order"]:
            self.made += 1
            self.orders[name] = self.made
        self.fake.put(
            "sale.order", id=self.orders[name], name=f"S-{name}", partner_id=[1, "Azure Interior"],
            company_id=[1, "Northwind"], currency_id=[1, "EUR"], date_order="2026-10-30 08:15:00", state="sale",
            user_id=False, amount_untaxed=100.0, amount_total=119.0, note=f"<p>{text}</p>",
        )  # fmt: skip

    def remove(self, name: str) -> None:
        self.fake.unlink("sale.order", self.orders[name])

    def key(self, name: str) -> str:
        return f"sale_order/{self.orders[name]}"

    def revoke(self, name: str) -> None:
        self.closed.add(self.orders[name])

    def refuse_credentials(self) -> None:
        self.secrets = {"env:ODOO": "wrong-hunter2", "before": KEY}

    def _pass_time(self) -> None:
        # Longer than the overlap, so that the cursor counts.
        self.time.now += timedelta(minutes=10, microseconds=250_000)
        self.fake.now = self.time.now


WORLDS = [OdooWorld]
