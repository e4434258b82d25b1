"""Odoo as a source, against a fake of its JSON-2 API (tests/fakes/odoo.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.errors import SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.sources.base import Account, AnySource
from core.access import NOBODY
from tests.connectors.declared import Seen, field_of, opened, text
from tests.connectors.opening import Time
from tests.fakes.loopback import Reply
from tests.fakes.odoo import DATABASE, KEY, FakeOdoo

ALL_SALES, OWN_SALES, INVOICING, COSTS = 10, 11, 12, 13
GROUPS = {
    ALL_SALES: ("sales_team", "group_sale_salesman_all_leads"),
    OWN_SALES: ("sales_team", "group_sale_salesman"),
    INVOICING: ("account", "group_account_invoice"),
    COSTS: ("product", "group_product_manager"),
}
MODELS = {1: "sale.order", 2: "account.move", 3: "product.template", 4: "res.partner"}
EUR, COMPANY, OTHER = [1, "EUR"], [1, "Northwind"], [2, "Northwind France"]


def user(fake: FakeOdoo, name: str, companies: list[int], groups: list[int], **more: Any) -> int:
    values: dict[str, Any] = {
        "name": name.title(),
        "login": f"{name}@northwind.example",
        "email": False,
        "share": False,
    }
    return fake.put("res.users", **values | {"company_ids": companies, "all_group_ids": groups} | more)


def order(fake: FakeOdoo, **more: Any) -> int:
    values: dict[str, Any] = {
        "name": f"S{len(fake.models.get('sale.order', {})) + 1:05d}", "partner_id": [1, "Azure Interior"],
        "date_order": "2026-10-30 08:15:00", "company_id": COMPANY, "currency_id": EUR, "amount_untaxed": 100.0,
        "amount_total": 119.0, "user_id": False, "state": "sale",
    }  # fmt: skip
    return fake.put("sale.order", **values | more)


@pytest.fixture
def odoo() -> Iterator[FakeOdoo]:
    fake = FakeOdoo()
    for model in ("sale.order.line", "account.move", "account.move.line", "product.template", "res.partner"):
        fake.models[model] = {}
    fake.put("res.company", name="Northwind")
    fake.put("res.company", name="Northwind France")
    for number, (module, name) in GROUPS.items():
        fake.put("ir.model.data", model="res.groups", module=module, name=name, res_id=number)
    for number, model in MODELS.items():
        fake.put("ir.model", id=number, model=model)
    for group, models in {ALL_SALES: (1, 4), OWN_SALES: (1, 4), INVOICING: (2, 4), COSTS: (3,)}.items():
        for model in models:
            right(fake, model, group)
    right(fake, 3, None)
    ada = user(fake, "ada", [1], [OWN_SALES])
    user(fake, "bob", [1], [OWN_SALES])
    user(fake, "chief", [1, 2], [OWN_SALES, ALL_SALES, COSTS])
    user(fake, "lea", [2], [ALL_SALES])
    user(fake, "ivo", [1], [INVOICING])
    user(fake, "guest", [1], [], share=True)
    first = order(fake, user_id=[ada, "Ada"], note="<p>Deliver <b>early</b>.</p>")
    order(fake, user_id=False)
    order(fake, user_id=[ada, "Ada"], company_id=OTHER)
    fake.put("sale.order.line", order_id=[first, "S00001"], name="Oak desk | 160 cm", product_uom_qty=2.0,
             qty_delivered=0.0, price_unit=50.0, price_subtotal=100.0)  # fmt: skip
    fake.put("account.move", name="INV/2026/0001", move_type="out_invoice", partner_id=[1, "Azure Interior"],
             invoice_date="2026-10-31", invoice_date_due="2026-11-30", state="posted", payment_state="not_paid",
             invoice_user_id=[ada, "Ada"], company_id=COMPANY, currency_id=EUR, amount_untaxed=100.0,
             amount_total=119.0, amount_residual=119.0)  # fmt: skip
    fake.put("account.move.line", move_id=[1, "INV"], display_type="product", name="Oak desk", quantity=2.0,
             price_unit=50.0, price_subtotal=100.0)  # fmt: skip
    fake.put("account.move", name="MISC/1", move_type="entry", company_id=COMPANY, currency_id=EUR, state="posted")
    fake.put("product.template", name="Oak desk", default_code="DESK", type="consu", categ_id=[1, "Furniture"],
             list_price=50.0, standard_price=31.5, uom_id=[1, "Units"], currency_id=EUR, company_id=False)  # fmt: skip
    fake.put("res.partner", name="Azure Interior", is_company=True, city="Fremont", country_id=[1, "United States"],
             company_id=False)  # fmt: skip
    fake.start()
    yield fake
    fake.stop()


def right(fake: FakeOdoo, model: int, group: int | None, **more: Any) -> int:
    values: dict[str, Any] = {"perm_read": True, "active": True, "model_id.model": MODELS[model]} | more
    group_id = False if group is None else [group, "a group"]
    return fake.put("ir.model.access", model_id=[model, "A model"], group_id=group_id, **values)


def source(fake: FakeOdoo, time: Time | None = None, secret: str = KEY, **more: Any) -> AnySource:
    config = {"url": fake.url, "database": DATABASE, "key": "env:KEY", "record_rules_reviewed": True,
              "emails_verified": True, "sees_costs": ["product.group_product_manager"]}  # fmt: skip
    return opened("odoo", config | more, {"env:KEY": secret}, time)


def people(reader: AnySource) -> dict[str, Account]:
    return {account.name.lower(): account for account in reader.principals()}


def orders(seen: Seen, account: Account) -> set[str]:
    return {key for key in seen.readable(account) if key.startswith("sale_order/")}


def test_orders_invoices_products_and_partners_read_as_documents(odoo: FakeOdoo) -> None:
    seen = Seen().poll(source(odoo))
    assert sorted(seen.changes) == [
        "invoice/1", "partner/1", "product/1", "sale_order/1", "sale_order/2", "sale_order/3",
    ]  # fmt: skip
    assert not seen.faults
    sale = text(seen.changes["sale_order/1"])
    assert sale.startswith("Sales order S00001 for Azure Interior\n")
    assert "of 2026-10-30 08:15 UTC for Azure Interior: confirmed, total 119.0 EUR." in sale
    assert "Deliver early." in sale.replace("*", "")
    assert "| Oak desk / 160 cm | 2.0 | 0.0 | 50.0 | 100.0 |" in sale
    assert "Salesperson: Ada" in sale
    assert "False" not in sale
    assert field_of(seen.changes["sale_order/1"], "Customer reference") is None
    assert field_of(seen.changes["sale_order/2"], "Salesperson") is None
    invoice = text(seen.changes["invoice/1"])
    assert invoice.startswith("Invoice INV/2026/0001, Azure Interior\n")
    assert "due 2026-11-30: 119.0 EUR, of which 119.0 is open." in invoice
    assert seen.changes["invoice/1"].url == f"{odoo.url}/odoo/account.move/1"
    assert "Azure Interior is a company in Fremont, United States." in text(seen.changes["partner/1"])


def test_a_second_poll_tells_nothing_new(odoo: FakeOdoo) -> None:
    reader = source(odoo)
    seen = Seen().poll(reader)
    assert seen.poll(reader).told == []
    odoo.pass_time(hours=1)
    order(odoo)
    assert seen.poll(reader).told == ["sale_order/4"]
    asked = len(odoo.asked)
    assert seen.poll(reader).told == []
    assert len(odoo.asked) - asked < 20


def test_a_change_of_an_order_or_of_one_of_its_lines_is_seen(odoo: FakeOdoo) -> None:
    reader = source(odoo)
    seen = Seen().poll(reader)
    odoo.pass_time(hours=2)
    odoo.put("sale.order", id=2, state="cancel")
    odoo.put("sale.order.line", id=1, qty_delivered=2.0)
    assert sorted(seen.poll(reader).told) == ["sale_order/1", "sale_order/2"]
    assert "| 2.0 | 2.0 |" in text(seen.changes["sale_order/1"])


def test_many_rows_of_one_moment_are_read_whole_and_a_kill_leaves_no_gap(odoo: FakeOdoo) -> None:
    for _ in range(450):
        order(odoo)
    reader = source(odoo)
    seen = Seen().poll(reader, pages=1)
    assert len(seen.changes) == 200
    seen.poll(reader)
    assert len([key for key in seen.changes if key.startswith("sale_order/")]) == 453
    assert len(seen.told) == 453 - 200 + 3


def test_a_deleted_order_is_found_by_the_sweep(odoo: FakeOdoo) -> None:
    reader = source(odoo)
    seen = Seen().poll(reader)
    odoo.unlink("sale.order", 2)
    assert seen.poll(reader).told == []
    assert seen.sweep(reader) == ["sale_order/2"]
    [page] = reader.read(["sale_order/2"])
    assert page.deleted == ("sale_order/2",)


def test_an_archived_product_is_gone_and_comes_back(odoo: FakeOdoo) -> None:
    reader = source(odoo)
    seen = Seen().poll(reader)
    odoo.pass_time(hours=1)
    odoo.put("product.template", id=1, active=False)
    seen.poll(reader)
    assert "product/1" not in seen.changes
    assert seen.sweep(reader) == []
    odoo.pass_time(hours=1)
    odoo.put("product.template", id=1, active=True)
    assert seen.poll(reader).told == ["product/1"]


def test_own_orders_all_orders_and_companies_hold_as_in_odoo(odoo: FakeOdoo) -> None:
    reader = source(odoo)
    seen, who = Seen().poll(reader), people(reader)
    assert orders(seen, who["ada"]) == {"sale_order/1", "sale_order/2"}
    assert orders(seen, who["bob"]) == {"sale_order/2"}
    assert orders(seen, who["chief"]) == {"sale_order/1", "sale_order/2", "sale_order/3"}
    assert orders(seen, who["lea"]) == {"sale_order/3"}
    assert orders(seen, who["ivo"]) == set()
    assert "guest" not in who


def test_model_access_decides_before_anything_else(odoo: FakeOdoo) -> None:
    reader = source(odoo)
    seen, who = Seen().poll(reader), people(reader)
    assert seen.readable(who["ivo"]) == {"invoice/1", "partner/1", "product/1"}
    assert "invoice/1" not in seen.readable(who["ada"])
    for number in [key for key, row in odoo.models["ir.model.access"].items() if row["group_id"] is False]:
        odoo.put("ir.model.access", id=number, perm_read=False)
    assert "product/1" not in seen.readable(people(reader)["ivo"])


def test_losing_a_group_a_company_or_the_account_is_a_revoke(odoo: FakeOdoo) -> None:
    reader = source(odoo)
    seen = Seen().poll(reader)
    chief = next(key for key, row in odoo.models["res.users"].items() if row["name"] == "Chief")
    odoo.put("res.users", id=chief, company_ids=[2])
    assert orders(seen, people(reader)["chief"]) == {"sale_order/3"}
    odoo.put("res.users", id=chief, all_group_ids=[])
    assert orders(seen, people(reader)["chief"]) == set()
    odoo.put("res.users", id=chief, all_group_ids=[ALL_SALES], active=False)
    assert orders(seen, people(reader)["chief"]) == set()


def test_handing_an_order_over_moves_who_may_read_it(odoo: FakeOdoo) -> None:
    reader = source(odoo)
    seen = Seen().poll(reader)
    bob = next(key for key, row in odoo.models["res.users"].items() if row["name"] == "Bob")
    odoo.put("sale.order", id=1, user_id=[bob, "Bob"])
    seen.sync_access(reader)
    who = people(reader)
    assert "sale_order/1" in orders(seen, who["bob"])
    assert "sale_order/1" not in orders(seen, who["ada"])


def test_the_cost_of_a_product_is_for_its_group(odoo: FakeOdoo) -> None:
    reader = source(odoo)
    seen, who = Seen().poll(reader), people(reader)
    assert field_of(seen.changes["product/1"], "Cost") == "31.5 EUR"
    assert seen.fields(who["chief"], "product/1") == {"Cost"}
    assert seen.fields(who["ada"], "product/1") == set()
    assert dict(Seen().poll(source(odoo, sees_costs=[])).changes["product/1"].restricted)["Cost"] == NOBODY


def test_nobody_reads_before_the_record_rules_were_reviewed(odoo: FakeOdoo) -> None:
    seen = Seen().poll(source(odoo, record_rules_reviewed=False))
    assert {change.access for change in seen.changes.values()} == {NOBODY}


def test_a_declared_map_narrows_and_never_widens(odoo: FakeOdoo) -> None:
    reader = source(odoo, sales=[{"when": {"state": "sale"}, "allow": ["sales-team"]}])
    seen, who = Seen().poll(reader), people(reader)
    access = seen.changes["sale_order/1"].access
    assert not seen.may(who["ada"], access)
    assert seen.may(who["ada"], access, ["sales-team"])
    assert not seen.may(who["ivo"], access, ["sales-team"])
    odoo.put("sale.order", id=1, state="draft")
    seen.sync_access(reader)
    assert seen.changes["sale_order/1"].access == NOBODY


def test_logins_join_people_only_where_somebody_vouches_for_them(odoo: FakeOdoo) -> None:
    assert people(source(odoo))["ada"].email == "ada@northwind.example"
    assert all(account.verified for account in source(odoo).principals())
    assert not any(account.verified for account in source(odoo, emails_verified=False).principals())


def test_a_domain_that_is_ignored_ends_clearly_and_lets_nothing_else_in(odoo: FakeOdoo) -> None:
    odoo.ignores_domain = True
    for _ in range(250):
        order(odoo)
    with pytest.raises(SourceMisbehaves):
        Seen().poll(source(odoo))


def test_other_journal_entries_stay_out_although_the_domain_is_ignored(odoo: FakeOdoo) -> None:
    odoo.ignores_domain = True
    seen = Seen().poll(source(odoo))
    assert "invoice/2" not in seen.changes
    [page] = source(odoo).read(["invoice/2"])
    assert page.deleted == ("invoice/2",)


def test_throttled_cut_and_half_written_pages_do_not_change_the_result(odoo: FakeOdoo) -> None:
    calm = Seen().poll(source(odoo))
    time = Time()
    odoo.throttle_next("sale.order/", 429, "11")
    odoo.throttle_next("product.template", 503, None)
    odoo.cut_next("account.move/")
    odoo.malform_next("res.partner")
    stormy = Seen().poll(source(odoo, time))
    assert 11.0 in time.slept
    assert {k: c.fingerprint for k, c in stormy.changes.items()} == {k: c.fingerprint for k, c in calm.changes.items()}


def test_a_server_that_stays_broken_is_unavailable(odoo: FakeOdoo) -> None:
    odoo.spoil_next("sale.order/", lambda _asked, _reply: Reply(500, b"{}"), times=20)
    with pytest.raises(SourceUnavailable):
        Seen().poll(source(odoo))


def test_an_ended_key_says_what_to_do_and_shows_no_secret(odoo: FakeOdoo) -> None:
    reader = source(odoo, secret="old-key-4711")
    with pytest.raises(SourceRejected) as refused:
        Seen().poll(reader)
    steps = list(reader.check())
    assert not steps[-1].ok
    assert "three months" in steps[-1].hint
    shown = f"{refused.value!s}{refused.value!r}{reader!r}{steps!r}"
    assert "old-key-4711" not in shown
    assert "Traceback" not in shown


def test_the_check_finds_a_right_that_is_missing(odoo: FakeOdoo) -> None:
    assert all(step.ok for step in source(odoo).check())
    odoo.forbidden.add("ir.model.access")
    failed = [step for step in source(odoo).check() if not step.ok]
    assert [step.name for step in failed] == ["permissions"]
    assert "Access Rights" in failed[0].hint


def test_every_call_names_the_database_and_asks_only(odoo: FakeOdoo) -> None:
    Seen().poll(source(odoo))
    assert {asked.headers["x-odoo-database"] for asked in odoo.asked} == {DATABASE}
    assert {asked.path.rsplit("/", 1)[-1] for asked in odoo.asked} == {"search_read"}
