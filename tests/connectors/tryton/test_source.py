"""Reading a real Tryton: cursor, resumption, deletions, documents, and what a connector owner is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
import requests
import yaml

from connectors.errors import ItemGone, SourceMisbehaves, SourceRejected
from connectors.kinds import Opening
from connectors.sources.base import Page
from connectors.sources.tryton import KIND, TrytonConfig, TrytonCursor, TrytonSource
from core.clock import utc_now
from core.secrets import Secret
from tests.connectors.opening import MAX_BYTES, SOURCE, opening
from tests.connectors.tryton.follower import Follower, config_of, source_of
from tests.connectors.tryton.world import PASSWORD, World, money


class Tampered(requests.Session):
    """Changes what the server answers."""

    def __init__(self, change: Callable[[str, Any], Any]) -> None:
        super().__init__()
        self._change = change

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        reply = super().send(request, **kwargs)
        asked = orjson.loads(request.body or b"{}")
        changed = self._change(asked["method"], orjson.loads(reply.content) | {"params": asked["params"]})
        if changed is not None:
            reply._content = orjson.dumps(changed)  # pyright: ignore[reportPrivateUsage]
        return reply


def tampered(world: World, change: Callable[[str, Any], Any], **settings: object) -> TrytonSource:
    class Http:
        def session(self, account: str, **_: object) -> requests.Session:
            return Tampered(change)

        def permit(self, host: str, port: int) -> None:
            pass

    config = config_of(world, **settings)
    return TrytonSource(config, Opening(SOURCE, lambda _: Secret(PASSWORD.encode()), Http(), utc_now, MAX_BYTES))


def keys(pages: list[Page]) -> list[str]:
    return [change.key for page in pages for change in page.changes]


def test_a_check_says_what_was_found(world: World) -> None:
    steps = list(source_of(world).check())
    assert [(step.name, step.ok) for step in steps] == [
        ("reach", True), ("authenticate", True), ("read", True), ("permissions", True),
    ]  # fmt: skip
    assert "8.2" in steps[0].detail
    assert "sale.sale" in steps[2].detail


@pytest.mark.parametrize(
    ("settings", "step", "words"),
    [
        ({"url": "http://127.0.0.1:9"}, "reach", "127.0.0.1"),
        ({"database": "other"}, "authenticate", "other"),
        ({"user": "nobody"}, "read", ""),
        ({"user": "root2"}, "permissions", "companies"),
    ],
)
def test_a_check_stops_at_the_first_step_that_fails(
    world: World, settings: dict[str, Any], step: str, words: str
) -> None:
    *fine, failed = list(source_of(world, **settings).check())
    assert all(each.ok for each in fine)
    assert (failed.name, failed.ok) == (step, False)
    assert words in failed.detail
    assert failed.hint


def test_a_wrong_password_is_refused_without_showing_it(world: World) -> None:
    source = TrytonSource(config_of(world), opening({"env:TRYTON": "not-the-password"}))
    with pytest.raises(SourceRejected) as refused:
        list(source.poll(None))
    assert "not-the-password" not in f"{refused.value!r} {refused.value} {source!r} {vars(source)!r}"


def test_a_sale_becomes_a_document_with_its_lines(world: World) -> None:
    (page,) = source_of(world).read([f"sale.sale/{world.sales[0]}"])
    (change,) = page.changes
    assert change.item is not None
    shown = orjson.loads(change.item.body)
    assert shown["title"] == f"Sale #{world.sales[0]}, Customer 0"
    assert "Delivery 0 of the autumn campaign" in shown["text"]
    assert "| [P-0] Bearing | Order position 0 | 3 | u | 12.50 |" in shown["text"]
    assert ["Total", "37.50"] in shown["fields"]
    assert shown["labels"] == {"kind": "sale.sale", "company": "1", "party": str(world.parties[0]), "state": "draft"}
    assert change.url == f"{world.tryton.url}/#tryton/model/sale.sale/{world.sales[0]}"
    assert change.modified_at is not None
    assert change.modified_at.tzinfo is not None


def test_a_party_shows_addresses_and_contacts(world: World) -> None:
    item = source_of(world).fetch(f"party.party/{world.parties[1]}")
    assert b"1 Harbour Street" in item.body
    assert b"desk1@customer.example" in item.body


def test_an_unchanged_poll_announces_nothing_new(world: World) -> None:
    follower = Follower(source_of(world))
    follower.poll()
    before = {key: change.fingerprint for key, change in follower.items.items()}
    again = follower.poll()
    assert {c.key: c.fingerprint for page in again for c in page.changes}.items() <= before.items()
    assert {key: change.fingerprint for key, change in follower.items.items()} == before


def test_a_stop_after_any_page_resumes_without_gap_or_double(world: World) -> None:
    source = source_of(world, page_size=3, models=("sale.sale", "product.product", "timesheet.line"))
    whole = keys(list(source.poll(None)))
    cursor: TrytonCursor | None = None
    seen: list[str] = []
    for _ in range(200):
        # Each round is a worker that dies after one page; the cursor is stored as JSON.
        page = next(iter(source.poll(cursor)))
        seen += [change.key for change in page.changes]
        assert isinstance(page.cursor, TrytonCursor)
        cursor = TrytonCursor.model_validate_json(page.cursor.model_dump_json())
        if cursor.upto is None:
            break
    assert seen == whole
    assert len(set(seen)) == len(seen)


def test_changes_of_what_belongs_to_a_record_are_seen(world: World) -> None:
    follower = Follower(source_of(world))
    follower.poll()
    sale, product = world.sales[1], world.products[1]
    (line,) = world.admin.search("sale.line", [["sale", "=", sale]])
    world.admin.write("sale.line", [line], {"description": "Reworded position"})
    world.admin.write("product.product", [product], {"cost_price": money("8.1000")})
    (contact,) = world.admin.search("party.contact_mechanism", [["party", "=", world.parties[2]]])
    world.admin.write("party.contact_mechanism", [contact], {"value": "moved@customer.example"})
    follower.poll()
    bodies = {key: change.item.body for key, change in follower.items.items() if change.item is not None}
    assert b"Reworded position" in bodies[f"sale.sale/{sale}"]
    assert b"8.10" in bodies[f"product.product/{product}"]
    assert b"moved@customer.example" in bodies[f"party.party/{world.parties[2]}"]


def test_a_deletion_is_announced_by_the_next_poll(world: World) -> None:
    follower = Follower(source_of(world))
    first, last = world.add_sales(2)
    follower.poll()
    world.admin.delete("sale.sale", [first])
    pages = follower.poll()
    assert f"sale.sale/{first}" in {key for page in pages for key in page.deleted}
    # The highest id is told apart from one that was never given.
    world.admin.delete("sale.sale", [last])
    pages = follower.poll()
    assert f"sale.sale/{last}" in {key for page in pages for key in page.deleted}
    with pytest.raises(ItemGone):
        follower.source.fetch(f"sale.sale/{last}")


def test_a_sweep_lists_exactly_what_exists(world: World) -> None:
    source = source_of(world)
    listed = [key for some in source.list_ids() for key in some]
    assert sorted(listed) == sorted(keys(list(source.poll(None))))


@pytest.mark.parametrize("kept", [False, True])
def test_deactivated_records_leave_unless_they_are_kept(world: World, kept: bool) -> None:
    (party,) = world.admin.create("party.party", [{"name": "Closed Ltd"}])
    follower = Follower(source_of(world, include_inactive=kept))
    follower.poll()
    world.admin.write("party.party", [party], {"active": False})
    follower.poll()
    key = f"party.party/{party}"
    assert (key in follower.items) is kept
    assert (key in {each for some in follower.source.list_ids() for each in some}) is kept
    fresh = Follower(source_of(world, include_inactive=kept))
    fresh.poll()
    assert (key in fresh.items) is kept
    assert [item.key for item in follower.source.access([key]).items] == ([key] if kept else [])


def test_what_is_asked_for_and_gone_is_named(world: World) -> None:
    asked = [f"sale.sale/{world.sales[2]}", "sale.sale/99999", "res.user/1", "nonsense"]
    pages = list(source_of(world).read(asked))
    assert keys(pages) == asked[:1]
    assert sorted(key for page in pages for key in page.deleted) == sorted(asked[1:])


def test_an_ended_session_is_opened_again(world: World) -> None:
    source = source_of(world)
    list(source.poll(None))
    client = source._open().client  # pyright: ignore[reportPrivateUsage]
    client.sign_out()
    client._authorization = "Session dm91Y2g6MjpvbGQ="  # pyright: ignore[reportPrivateUsage]
    assert keys(list(source.poll(None)))


def test_one_record_that_cannot_be_computed_is_a_fault_of_its_own(world: World) -> None:
    """Tryton fails a whole call for one such record; here a proxy in front of it does."""
    poisoned = world.sales[3]

    def fail(method: str, content: dict[str, Any]) -> dict[str, Any] | None:
        rows: Any = content.get("result")
        if method == "model.sale.sale.search_read" and any(row["id"] == poisoned for row in rows):
            return {"id": 0, "error": ["UserError", ["secret content", "", None]]}
        return None

    pages = list(tampered(world, fail, models=("sale.sale",)).poll(None))
    faults = [fault for page in pages for fault in page.faults]
    assert [fault.key for fault in faults] == [f"sale.sale/{poisoned}"]
    assert "secret content" not in faults[0].reason
    assert set(keys(pages)) == {f"sale.sale/{each}" for each in world.admin.search("sale.sale")} - {faults[0].key}


def test_pages_that_repeat_end_with_a_clear_error(world: World) -> None:
    repeated: list[Any] = []

    def repeat(method: str, content: dict[str, Any]) -> dict[str, Any] | None:
        if method != "model.sale.sale.search_read":
            return None
        repeated.append(content["result"])
        return {"id": 0, "result": repeated[0]}

    with pytest.raises(SourceMisbehaves, match=r"sale\.sale out of order"):
        list(tampered(world, repeat, models=("sale.sale",), page_size=2).poll(None))


def test_rows_that_were_not_asked_for_are_not_taken(world: World) -> None:
    reader = source_of(world, models=("sale.sale",))._open()  # pyright: ignore[reportPrivateUsage]
    names = [*reader.readings["sale.sale"].spec.names, "create_date", "write_date"]
    everything = reader.client.search_read("sale.sale", [], names)

    def ignore(method: str, _: dict[str, Any]) -> dict[str, Any] | None:
        return {"id": 0, "result": everything} if method == "model.sale.sale.search_read" else None

    asked = f"sale.sale/{world.sales[0]}"
    assert keys(list(tampered(world, ignore, models=("sale.sale",)).read([asked]))) == [asked]


def test_the_example_configuration_is_one(world: World) -> None:
    assert KIND.config.model_validate(yaml.safe_load(KIND.example))
    with pytest.raises(ValueError, match=r"cannot read res\.user"):
        TrytonConfig(url="https://t.example", database="d", user="u", password="env:X", models=("res.user",))
    with pytest.raises(ValueError, match="pattern"):
        TrytonConfig(url="https://t.example", database="d", user="u", password="plain")
