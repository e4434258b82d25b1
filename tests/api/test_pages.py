"""Lists come page by page: each entry once, whatever is added meanwhile, and no cursor of another list is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.testclient import TestClient

from answer import flagging
from answer.batching import rows as batches
from api.cli.client import Client
from api.client import Vouch
from api.http.paging import read, written
from api.ownership import Owner
from api.webhooks import repository as webhooks
from api.webhooks.tables import WebhookDeliveryRow
from connectors import repository as sources
from connectors.destinations import repository as destinations
from connectors.destinations.repository import DestinationRecord
from connectors.tables import DeliveryRow
from core import holds, people
from tests.answer.calling.builders import entry
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

ANA, ADA, RUTH = "ana@x.example", "ada@x.example", "ruth@x.example"
START = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def lodge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    installation = Installation(tmp_path_factory.mktemp("pages"))
    installation.person(ANA, "staff")
    installation.person(ADA, "staff", roles=("employee", "admin", "operator"))
    installation.person(RUTH, "staff", roles=("employee", "reviewer"))
    yield House(installation)
    installation.close()


@dataclass(frozen=True)
class Listed:
    """A list: where it is, who reads it, what names an entry, and how the n-th one gets there."""

    path: str
    name: str
    reader: str
    key: Callable[[dict[str, Any]], str]
    add: Callable[[House, int], object]

    def page(self, client: TestClient, **query: Any) -> dict[str, Any]:
        response = client.get(self.path, params=query)
        assert response.status_code == 200, response.text
        return response.json()


def _batch(lodge: House, number: int) -> None:
    with lodge.runtime.database.writing() as session:
        ana = people.by_email(session, ANA).id
        batches.add(session, ana, str(uuid4()), entry(), [("1", "How?")], START + timedelta(hours=number // 2))


def _source(lodge: House, number: int) -> None:
    lodge.installation.records(f"source-{number}", [{"id": "1", "text": "Nine pumps."}], allow=["staff"])


def _document(lodge: House, number: int) -> None:
    _source(lodge, number)


def _person(lodge: House, number: int) -> None:
    lodge.installation.person(f"page-{number}@x.example", "staff")


def _destination(lodge: House, number: int) -> None:
    with lodge.runtime.database.writing() as session:
        record = DestinationRecord(
            str(uuid4()), f"desk-{number}", "webhook", {"url": "https://h.example"}, {"type": "object"}, ("staff",),
            None, START,
        )  # fmt: skip
        destinations.put(session, record, "operator")


def _delivery(lodge: House, number: int) -> None:
    with lodge.runtime.database.writing() as session:
        session.add(
            DeliveryRow(
                id=str(uuid4()), destination="desk", key=str(uuid4()), payload=b"", state="sent",
                created_at=START + timedelta(hours=number // 2),
            )
        )  # fmt: skip


def _webhook(lodge: House, number: int) -> None:
    with lodge.runtime.database.writing() as session:
        made = webhooks.Webhook(str(uuid4()), f"hook-{number}", "https://h.example", ("answer.refused",), None, None,
                                START, b"")  # fmt: skip
        webhooks.add(session, made, "operator")


def _told(lodge: House, number: int) -> None:
    with lodge.runtime.database.writing() as session:
        hook = webhooks.everything(session)[:1] or None
        if hook is None:
            return
        session.add(
            WebhookDeliveryRow(
                id=str(uuid4()), webhook_id=hook[0].id, key=str(uuid4()), event="test", payload={}, state="sent",
                attempts=1, created_at=START + timedelta(hours=number // 2),
            )
        )  # fmt: skip


def _budget(lodge: House, number: int) -> None:
    budget = {"scope": "source", "name": f"source-{number}", "per": "day", "calls": 9}
    assert lodge.operator().put("/v1/budgets", json={"budget": budget, "why": "Fair"}).status_code == 200


def _service(lodge: House, number: int) -> None:
    assert lodge.operator().post("/v1/service-accounts", json={"name": f"bot-{number}"}).status_code == 201


def _hold(lodge: House, number: int) -> None:
    with lodge.runtime.database.writing() as session:
        ruth = people.by_email(session, RUTH).id
        holds.place(session, "answer", str(uuid4()), "Case", ruth, START + timedelta(hours=number // 2))


def _flagged(lodge: House, number: int) -> None:
    flag = {"chunk": str(uuid4()), "version": "v", "document": "d", "source": "s", "signs": ["orders"]}
    with lodge.runtime.database.writing() as session:
        flagging.note(session, flag, "cloud", START + timedelta(hours=number // 2))


LISTS = [
    Listed("/v1/batches", "batches", ANA, lambda each: each["id"], _batch),
    Listed("/v1/sources", "sources", ANA, lambda each: each["name"], _source),
    Listed("/v1/sources", "configured", ADA, lambda each: each["name"], _source),
    Listed("/v1/operator/people", "people", ADA, lambda each: each["email"], _person),
    Listed("/v1/operator/documents", "documents", ADA, lambda each: each["id"], _document),
    Listed("/v1/operator/destinations", "destinations", ADA, lambda each: each["name"], _destination),
    Listed("/v1/operator/deliveries", "deliveries", ADA, lambda each: each["id"], _delivery),
    Listed("/v1/webhooks", "webhooks", ADA, lambda each: each["name"], _webhook),
    Listed("/v1/webhooks/deliveries", "deliveries", ADA, lambda each: each["id"], _told),
    Listed("/v1/budgets", "budgets", ADA, lambda each: each["name"], _budget),
    Listed("/v1/service-accounts", "accounts", ADA, lambda each: each["name"], _service),
    Listed("/v1/flagged", "passages", RUTH, lambda each: each["chunk"], _flagged),
    Listed("/v1/holds", "holds", RUTH, lambda each: each["id"], _hold),
]
each_list = pytest.mark.parametrize("listed", LISTS, ids=lambda listed: f"{listed.path} {listed.name}")


@each_list
def test_each_entry_is_on_one_page_while_others_are_added(lodge: House, listed: Listed) -> None:
    # Numbers are apart, so that some that are added stand before and some behind where the reader is.
    base = 1000 + 100 * LISTS.index(listed)
    for number in range(0, 10, 2):
        listed.add(lodge, base + number)
    client = lodge.browser(listed.reader)
    before = [listed.key(each) for each in listed.page(client)[listed.name]]
    assert len(before) >= 5
    seen: list[str] = []
    cursor, added = "", 1
    while True:
        page = listed.page(client, limit=2, cursor=cursor)
        assert len(page[listed.name]) <= 2
        seen += [listed.key(each) for each in page[listed.name]]
        if page["next"] is None:
            break
        cursor = page["next"]
        if added < 10:
            listed.add(lodge, base + added)
            added += 2
    assert len(seen) == len(set(seen))
    assert [each for each in seen if each in before] == before


@pytest.fixture(scope="module")
def cursors(lodge: House) -> dict[str, str]:
    """Of each list the cursor of its second page."""
    found: dict[str, str] = {}
    for listed in LISTS:
        for number in range(3):
            listed.add(lodge, 9000 + 10 * LISTS.index(listed) + number)
        found[listed.path] = listed.page(lodge.browser(listed.reader), limit=1)["next"]
    return found


@each_list
def test_a_cursor_of_another_list_is_refused(lodge: House, listed: Listed, cursors: dict[str, str]) -> None:
    client = lodge.browser(listed.reader)
    assert client.get(listed.path, params={"cursor": cursors[listed.path]}).status_code == 200
    for path, foreign in cursors.items():
        if path != listed.path:
            assert_problem(client.get(listed.path, params={"cursor": foreign}), 422, "invalid")
    for nonsense in ("nonsense", "W10", "é", "e30", "WzEsMiwzXQ", "bnVsbA", "WyJzb3VyY2VzIiwgMV0"):
        assert_problem(client.get(listed.path, params={"cursor": nonsense}), 422, "invalid")
    for limit in (0, 201, "all"):
        assert client.get(listed.path, params={"limit": limit}).status_code == 422


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00", ""])
def test_a_cursor_with_a_time_that_there_is_not_is_refused(lodge: House, time: str) -> None:
    for path, of in (("/v1/operator/deliveries", "deliveries"), ("/v1/webhooks/deliveries", "webhook deliveries")):
        forged = written((time, "a"), of)
        assert_problem(lodge.browser(ADA).get(path, params={"cursor": forged}), 422, "invalid")


def test_an_entry_that_goes_takes_no_other_with_it(lodge: House) -> None:
    for number in range(7000, 7006):
        _service(lodge, number)
    client = lodge.browser(ADA)
    names = [each["name"] for each in client.get("/v1/service-accounts").json()["accounts"]]
    page = client.get("/v1/service-accounts", params={"limit": 2}).json()
    assert client.delete(f"/v1/service-accounts/{page['accounts'][-1]['name']}").status_code == 204
    rest = client.get("/v1/service-accounts", params={"cursor": page["next"]}).json()["accounts"]
    assert [each["name"] for each in rest] == names[2:]


def test_a_person_stands_in_no_cursor_of_budgets(lodge: House) -> None:
    for email in (ANA, RUTH):
        budget = {"scope": "person", "name": email, "per": "day", "calls": 9}
        assert lodge.operator().put("/v1/budgets", json={"budget": budget, "why": "Fair"}).status_code == 200
    people_first = [
        page
        for limit in range(1, 4)
        if (page := lodge.operator().get("/v1/budgets", params={"limit": limit}).json())["next"] is not None
    ]
    assert any(page["budgets"][-1]["scope"] == "person" for page in people_first)
    for page in people_first:
        assert "@" not in "".join(read(page["next"], str, str, str, str, of="budgets"))


def test_clients_show_every_page(lodge: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more entries than a page takes."""
    with lodge.runtime.database.writing() as session:
        for number in range(230):
            people.put(session, f"many-{number:03}@x.example", groups=["staff"], roles=["employee"], now=START)
    for number in range(3):
        _source(lodge, 5000 + number)
        _batch(lodge, 5000 + number)
    whole = lodge.operator()
    command_line = Client(Owner(0, "http://testserver", ""))
    monkeypatch.setattr(command_line, "_http", whole)
    shown = [each["email"] for each in command_line.pages("/v1/operator/people", "people")["people"]]
    assert len([each for each in shown if each.startswith("many-")]) == 230
    assert len(shown) == len(set(shown))
    some = command_line.pages("/v1/operator/people", "people", most=210)["people"]
    assert [each["email"] for each in some] == shown[:210]
    few = command_line.pages("/v1/operator/documents", "documents", most=3, offset=2)
    every = command_line.pages("/v1/operator/documents", "documents", most=10_000)
    assert few["documents"] == every["documents"][2:5]
    assert "next" not in every
    with lodge.runtime.database.reading() as session:
        names = {each.name for each in sources.everything(session)}
    key = lodge.key(ANA)

    def narrow(request: httpx.Request) -> None:
        if request.method == "GET":
            request.url = request.url.copy_merge_params({"limit": "1"})

    program = lodge.visitor()
    program.event_hooks["request"] = [narrow]
    vouch = Vouch("http://testserver", key, http=program)  # pyright: ignore[reportArgumentType] (it does what httpx does)
    assert {each.name for each in vouch.sources()} == names
    assert len({each.id for each in vouch.batches()}) == len(lodge.browser(ANA).get("/v1/batches").json()["batches"])
