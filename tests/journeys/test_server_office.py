"""Two processes of one installation in server mode: what is done at one of them holds at the other.

On a real PostgreSQL and Redis, and the stand-in for Qdrant (or ``VOUCH_TEST_QDRANT_URL``). What one process does alone
is tested beside each feature.
"""

from __future__ import annotations

import io
import json
import shutil
import threading
import zipfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, func, select, text
from typer.testing import CliRunner

from answer.tables import AnswerRow, ConversationRow
from api import retention
from api.cli.main import app
from api.runtime import open_runtime
from api.settings import DemoSettings, RetentionSettings
from api.subjects import erasing
from connectors.repository import SourceRecord
from core import holds
from core.audit.keys import Generations
from core.audit.stored import verify as verify_log
from core.tables import PersonRow
from ingest.index.server import discard
from tests.api.receiver import Receiver
from tests.api.subjects.house import ANA, ANNA, ASKS_LEAVE, ASKS_PARKING, BO, RULES, answered, document, fill
from tests.api.visitors import House, ask, assert_problem
from tests.core.audit import postgres
from tests.installation import Installation
from tests.journeys.test_server_mode import qdrant_server
from tests.servers import redis_server

RUTH, ADA = "ruth@x.example", "ada@x.example"


@dataclass(frozen=True)
class Services:
    database: str
    queue: str
    index: str

    def run(self, statement: str) -> None:
        engine = create_engine(self.database, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with ExitStack() as undo:
        database = undo.enter_context(postgres.server())
        queue = undo.enter_context(redis_server.server(tmp_path_factory.mktemp("redis")))
        yield Services(database, queue.url, undo.enter_context(qdrant_server()))


@dataclass
class Office:
    """``near`` and ``far``: processes on the same services and the same volume."""

    services: Services
    name: str
    near: Installation
    far: Installation

    def close(self) -> None:
        self.near.close()
        self.far.close()

    def reopen(self) -> None:
        self.near.runtime, self.far.runtime = open_runtime(self.near.settings), open_runtime(self.near.settings)

    def texts_with(self, phrase: str) -> list[str]:
        """Tables in which it stands in clear."""
        found: list[str] = []
        with self.near.runtime.database.reading() as session:
            listed = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            for table in session.scalars(text(listed)).all():
                wanted = text(f'SELECT count(*) FROM "{table}" AS entry WHERE entry::text LIKE :phrase')
                if session.scalar(wanted, {"phrase": f"%{phrase}%"}):
                    found.append(table)
        return found


@pytest.fixture
def office(services: Services, tmp_path: Path) -> Generator[Office]:
    name = f"office_{uuid4().hex}"
    services.run(f"CREATE DATABASE {name}")
    (tmp_path / "url").write_text(services.database.rsplit("/", 1)[0] + f"/{name}")
    near = Installation(
        tmp_path,
        mode="server",
        demo=DemoSettings(load=False, sign_in="off"),
        database={"url": f"file:{tmp_path / 'url'}"},
        index={"url": services.index, "collection": name},
        queue={"url": services.queue},
        retention=RetentionSettings(answers_days=100),
        egress={"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]},
    )
    far = object.__new__(Installation)
    far.directory, far.settings, far.runtime = near.directory, near.settings, open_runtime(near.settings)
    made = Office(services, name, near, far)
    fill(near)
    near.person(RUTH, roles=["employee", "reviewer"])
    near.person(ADA, roles=["employee", "admin"])
    yield made
    made.close()
    discard(services.index, collection=name)
    services.run(f"DROP DATABASE {name} WITH (FORCE)")


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What they return, begun at the same moment."""
    ready = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        ready.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def count(office: Office, table: type) -> int:
    with office.far.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_person_who_is_erased_at_one_process_is_gone_at_all(office: Office, tmp_path: Path) -> None:
    near, far = House(office.near), House(office.far)
    anna, bo = far.browser(ANNA), far.browser(BO)
    assert ask(anna, ASKS_PARKING)["status"] == "answered"
    told = ask(bo, ASKS_LEAVE)
    assert "27 days" in told["sentences"][0]["text"]
    assert {"chunks", "versions"} <= set(office.texts_with("Lauwerdam"))
    ada = near.browser(ADA)
    exported = ada.post("/v1/subjects/export", json={"email": ANNA, "side": "both"})
    with zipfile.ZipFile(io.BytesIO(exported.content)) as file:
        assert [each["question"] for each in json.loads(file.read("asker/answers.json"))] == [ASKS_PARKING]
        assert [each["uri"] for each in json.loads(file.read("about/documents.json"))] == ["r1"]

    erased = ada.post("/v1/subjects/erase", json={"email": ANNA, "side": "both"})
    assert erased.status_code == 200, erased.text
    places = {name: each["removed"] for name, each in erased.json()["report"]["places"].items()}
    assert places["profile"] == places["answers"] == places["documents"] == places["snapshots"] == 1
    assert_problem(anna.get("/v1/conversations"), 401, "unauthenticated")
    assert office.far.found("Anna Meyer annual leave", BO) == {"r2"}
    assert [each["text"] for each in bo.get(f"/v1/answers/{told['answer_id']}").json()["sentences"]] == [None]
    again = ask(bo, ASKS_LEAVE)
    assert "27 days" not in json.dumps(again)
    assert office.far.runtime.index.count() == 1
    assert office.texts_with("Lauwerdam") == []
    assert office.far.records("rules", RULES).counts["suppressed"] == 1

    report = tmp_path / "report.json"
    report.write_text(json.dumps(erased.json()))
    public = str(Generations(office.near.runtime.keyring).keys[0])
    checked = CliRunner().invoke(app, ["subject", "verify-report", str(report), "--key", public])
    assert checked.exit_code == 0, checked.output
    report.write_text(report.read_text().replace('"removed": 1', '"removed": 2', 1))
    assert CliRunner().invoke(app, ["subject", "verify-report", str(report), "--key", public]).exit_code == 1
    office.near.runtime.sequencer.drain(sealing=True)
    runtime = office.far.runtime
    assert verify_log(runtime.database, runtime.keyring.public_key(), runtime.head_file).ok


def test_a_restored_database_is_erased_again_before_anything_is_served(office: Office, tmp_path: Path) -> None:
    answered(office.near, ASKS_LEAVE, BO)
    answered(office.far, ASKS_PARKING, ANNA)
    office.close()
    data = office.near.settings.data_dir
    office.services.run(f"CREATE DATABASE {office.name}_backup TEMPLATE {office.name}")
    shutil.copytree(data, tmp_path / "backup")
    office.reopen()
    erasing.erase(office.near.runtime, ANNA, "both", "suppress")
    ledger = (data / "erasures.ledger").read_bytes()
    office.close()
    office.services.run(f"DROP DATABASE {office.name} WITH (FORCE)")
    office.services.run(f"ALTER DATABASE {office.name}_backup RENAME TO {office.name}")
    shutil.rmtree(data)
    shutil.copytree(tmp_path / "backup", data)
    (data / "erasures.ledger").write_bytes(ledger)
    office.near.runtime = open_runtime(office.near.settings)
    assert office.texts_with("Lauwerdam") == []
    office.far.runtime = open_runtime(office.near.settings)
    assert document(office.far, "r1").state == "suppressed"
    assert office.far.found("Anna Meyer annual leave", BO) == {"r2"}
    with office.far.runtime.database.reading() as session:
        assert session.scalars(select(PersonRow.email).where(PersonRow.email == ANNA)).all() == []
    assert count(office, AnswerRow) == 1
    assert len(erasing.reports(data)) == 1


def test_a_key_is_used_once_by_all_processes(office: Office) -> None:
    near, far = House(office.near).browser(BO), House(office.far).browser(BO)
    key = {"Idempotency-Key": "one-question"}
    body = {"question": ASKS_PARKING}
    both = together(*(lambda each=each: each.post("/v1/ask", json=body, headers=key) for each in (near, far)))
    assert {each.status_code for each in both} <= {200, 409}
    done = [each.json() for each in both if each.status_code == 200]
    assert len({each["answer_id"] for each in done}) == 1
    assert count(office, AnswerRow) == 1
    for each in (near, far):
        again = each.post("/v1/ask", json=body, headers=key)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json()["answer_id"] == done[0]["answer_id"]
        assert_problem(each.post("/v1/ask", json={"question": "Another?"}, headers=key), 409, "conflict")
    assert count(office, AnswerRow) == 1


def test_conversations_and_shares_are_the_same_everywhere(office: Office) -> None:
    near, far = House(office.near).browser(BO), House(office.far).browser(BO)
    made = [ask(each, ASKS_PARKING)["conversation_id"] for each in (near, far, near)]
    assert far.patch(f"/v1/conversations/{made[0]}", json={"title": "ÖFFNUNG", "pinned": True}).status_code == 200
    seen: list[str] = []
    cursor = ""
    for reader in (near, far, near):
        page = reader.get("/v1/conversations", params={"limit": 1, "cursor": cursor}).json()
        seen += [each["id"] for each in page["conversations"]]
        cursor = page["next"]
    assert seen == [made[0], made[2], made[1]]
    assert cursor is None
    found = near.get("/v1/conversations", params={"text": "öffnung"}).json()["conversations"]
    assert [each["id"] for each in found] == [made[0]]

    shares = f"/v1/conversations/{made[0]}/shares"
    share = near.post(shares, json={"person": ANA}).json()["id"]
    ana = House(office.far).browser(ANA)
    assert "6 in the morning" in ana.get(f"/v1/shared/{share}").json()["turns"][0]["sentences"][0]["text"]
    # A revoke at one process holds at the next request at the other.
    office.near.records("rules", RULES, allow=["nobody"])
    assert "6 in the morning" not in ana.get(f"/v1/shared/{share}").text
    assert far.delete(f"{shares}/{share}").status_code == 204
    assert_problem(ana.get(f"/v1/shared/{share}"), 404, "not_found")
    assert near.delete(f"/v1/conversations/{made[0]}").status_code == 204
    assert_problem(far.get(f"/v1/conversations/{made[0]}"), 404, "not_found")


def test_a_webhook_is_sent_once_whoever_sends(office: Office) -> None:
    receiver = Receiver()
    with receiver:
        hook = {"name": "ops", "url": f"{receiver.url}/hook", "events": ["source.run"], "unencrypted": True}
        secret = House(office.near).browser(ADA).post("/v1/webhooks", json=hook).json()["secret"]
        record = SourceRecord("s", "rules", "files", {}, {}, "active", 1, False, None)
        for number in range(8):
            process = (office.near, office.far)[number % 2].runtime
            with process.database.writing() as session:
                process.webhooks.telling.ran(session, record, "poll", f"run-{number}", {"new": number})
        senders = [each.runtime.webhooks.sender.send_due for each in (office.near, office.far)]
        together(*senders)
        together(*senders)
        events = receiver.events(secret, at=office.near.runtime.clock().timestamp())
        assert sorted(each["data"]["counts"]["new"] for each in events) == list(range(8))
        page = House(office.far).browser(ADA).get("/v1/webhooks/deliveries", params={"state": "sent", "limit": 5})
        assert len(page.json()["deliveries"]) == 5
        assert page.json()["next"]


def test_what_is_old_goes_once_and_what_is_held_stays(office: Office) -> None:
    ruth = House(office.far).browser(RUTH)
    kept = answered(office.near, ASKS_PARKING, BO)
    answered(office.far, ASKS_PARKING, ANA)
    answered(office.near, ASKS_LEAVE, ANA)
    hold = ruth.post("/v1/holds", json={"kind": "answer", "target": kept.id, "why": "Case 14"})
    assert hold.status_code == 201, hold.text
    later = office.near.runtime.clock() + timedelta(days=101)
    for each in (office.near, office.far):
        each.runtime.clock = lambda: later
    done = together(*(lambda each=each: retention.run(each.runtime) for each in (office.near, office.far)))
    assert sum(each.removed.get("answers", 0) for each in done) == 2
    assert count(office, AnswerRow) == count(office, ConversationRow) == 1
    with office.near.runtime.database.writing() as session:
        (active,) = holds.active(session)
        holds.lift(session, active.id, "Closed", "somebody", later)
    assert retention.run(office.far.runtime).removed["answers"] == 1
    assert count(office, AnswerRow) == 0
    runtime = office.near.runtime
    runtime.sequencer.drain(sealing=True)
    assert verify_log(runtime.database, runtime.keyring.public_key(), runtime.head_file).ok
