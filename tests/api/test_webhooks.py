"""Other systems are told what happens: a real receiver on loopback that verifies what it gets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api import forgetting
from api.cli import main
from api.client import BadSignature, verified
from api.configuring import By
from api.runtime import open_runtime
from api.settings import DemoSettings, Settings
from api.webhooks import erase, repository
from api.webhooks.desk import OVERLAP, Wanted
from api.webhooks.tables import WebhookRow
from connectors import owners
from connectors import repository as connectors
from connectors.repository import SourceRecord
from core.egress import EgressSettings
from core.errors import Refused
from tests.api.receiver import ADA, ANA, LEAVE, OLGA, OTTO, SECRET_TEXT, Lodge, Receiver, breach, person
from tests.api.terminal import beside
from tests.api.visitors import House, assert_problem
from tests.conftest import StandingClock
from tests.fakes.loopback import Asked, Reply
from tests.installation import Installation


@pytest.fixture
def lodge(tmp_path: Path) -> Iterator[Lodge]:
    with Receiver() as receiver:
        installation = Installation(
            tmp_path, egress=EgressSettings(hosts=("127.0.0.1", "ops.example"), private=("127.0.0.1/32",))
        )
        clock = StandingClock()
        clock.now = installation.runtime.clock()
        runtime = installation.runtime
        for part in (runtime.webhooks, runtime.webhooks.sender, runtime.webhooks.telling):
            part._clock = clock  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
        installation.person(ADA, roles=["employee", "admin"])
        installation.person(OTTO, roles=["employee", "connector_owner"])
        installation.person(OLGA, roles=["employee", "connector_owner"])
        installation.person(ANA, "staff")
        installation.records("handbook", [{"id": "leave", "title": "Leave", "text": SECRET_TEXT}], allow=["staff"])
        installation.records("other", [{"id": "x", "title": "X", "text": "Nothing."}], allow=["staff"])
        with runtime.database.writing() as session:
            owners.set_owners(session, connectors.by_name(session, "handbook").id, [person(installation, OTTO)])
        yield Lodge(House(installation), receiver, clock)
        installation.close()


# What is told


def test_a_finished_answer_is_told_with_ids_and_states_and_no_text(lodge: Lodge) -> None:
    secret = lodge.made()
    answer = lodge.house.installation.ask(LEAVE, ANA)
    assert lodge.receiver.asked == []
    assert lodge.send() == {"sent": 1}
    (event,) = lodge.receiver.events(secret, at=lodge.now())
    assert event["type"] == "answer.finished"
    assert datetime.fromisoformat(event["timestamp"]) == answer.created_at
    assert event["data"] == {
        "answer_id": answer.id, "conversation_id": answer.conversation_id, "status": "answered", "model": "extractive",
        "tier": "extractive",
    }  # fmt: skip
    (asked,) = lodge.receiver.asked
    for text in ("16 weeks", "parental", ANA, person(lodge.house.installation, ANA)):
        assert text.lower() not in asked.body.decode().lower()
    assert lodge.send() == {}
    (told,) = lodge.log("webhook.delivered")
    assert (told["details"]["result"], told["details"]["event"]) == ("sent", "answer.finished")


def test_nothing_is_put_in_line_for_an_answer_that_could_not_be_kept(
    lodge: Lodge, monkeypatch: pytest.MonkeyPatch
) -> None:
    lodge.made()
    recorder = lodge.house.runtime.asker._recorder  # pyright: ignore[reportPrivateUsage]
    real = recorder.finished

    def then_fails(*args: Any) -> None:
        real(*args)
        raise Refused("The disk is full.")

    monkeypatch.setattr(recorder, "finished", then_fails)
    with pytest.raises(Refused):
        lodge.house.installation.ask(LEAVE, ANA)
    assert lodge.send() == {}


def test_a_source_that_ran_and_one_that_is_late_are_told(lodge: Lodge) -> None:
    secret = lodge.made("ops", "source.run", "source.breach", "source.recovered")
    runtime = lodge.house.runtime
    with runtime.database.reading() as session:
        record = connectors.by_name(session, "handbook")
    runtime.connecting.work._told(record, "poll", None)  # pyright: ignore[reportPrivateUsage]
    breach(lodge)
    breach(lodge, turn="recovered")
    breach(lodge, turn="unknown")
    assert lodge.send() == {"sent": 3}
    events = {each["type"]: each["data"] for each in lodge.receiver.events(secret, at=lodge.now())}
    assert events["source.run"] == {"source": "handbook", "task": "poll", "state": "failed", "counts": {}}
    assert events["source.breach"]["bound"] == "content"
    assert "source.recovered" in events


def test_the_same_event_is_one_delivery(lodge: Lodge) -> None:
    lodge.made("ops", "source.breach")
    breach(lodge)
    breach(lodge)
    assert lodge.send() == {"sent": 1}


def test_only_what_was_subscribed_to_is_told(lodge: Lodge) -> None:
    lodge.made("runs", "source.run")
    lodge.made("other", "source.breach", sources=["other"])
    lodge.house.installation.ask(LEAVE, ANA)
    breach(lodge)
    assert lodge.send() == {}
    breach(lodge, "other")
    assert lodge.send() == {"sent": 1}


# Until it is taken


def test_a_receiver_that_is_down_is_tried_again_with_growing_pauses_and_the_same_id(lodge: Lodge) -> None:
    secret = lodge.made("ops", "source.breach")
    breach(lodge)
    lodge.receiver.status = 500
    assert lodge.send() == {"postponed": 1}
    assert lodge.send() == {}
    lodge.clock.tick(seconds=40)
    assert lodge.send() == {"postponed": 1}
    lodge.clock.tick(seconds=40)
    assert lodge.send() == {}
    lodge.receiver.status = 200
    lodge.clock.tick(seconds=60)
    assert lodge.send() == {"sent": 1}
    assert len({asked.headers["webhook-id"] for asked in lodge.receiver.asked}) == 1
    assert len({asked.body for asked in lodge.receiver.asked}) == 1
    last = lodge.receiver.asked[-1]
    assert verified(secret, last.headers, last.body, now=lodge.now())


def test_what_cannot_be_delivered_is_dead_and_can_be_sent_again(lodge: Lodge) -> None:
    lodge.made("ops", "source.breach")
    breach(lodge)
    lodge.receiver.status = 500
    for _ in range(12):
        lodge.send()
        lodge.clock.tick(hours=5)
    ada = lodge.browser(ADA)
    (dead,) = ada.get("/v1/webhooks/deliveries", params={"state": "dead"}).json()["deliveries"]
    assert (dead["attempts"], dead["webhook"]) == (12, "ops")
    assert "500" in dead["error"]
    assert lodge.send() == {}
    lodge.receiver.status = 200
    assert ada.post("/v1/webhooks/ops/replay", json={"delivery": dead["id"]}).json() == {"replayed": 1}
    assert lodge.send() == {"sent": 1}
    assert_problem(ada.post("/v1/webhooks/ops/replay", json={"delivery": dead["id"]}), 404, "not_found")
    assert [each["details"]["result"] for each in lodge.log("webhook.delivered")] == ["dead", "sent"]


def test_a_receiver_that_wants_no_more_is_not_asked_again(lodge: Lodge) -> None:
    lodge.made("ops", "source.breach")
    breach(lodge)
    lodge.receiver.status = 410
    assert lodge.send() == {"dead": 1}


def test_one_that_is_down_does_not_hold_up_the_others(lodge: Lodge) -> None:
    lodge.made("good", "source.breach")
    lodge.made("bad", "source.breach", url=f"{lodge.receiver.url}/down")
    breach(lodge)
    lodge.clock.tick()
    breach(lodge)
    real = lodge.receiver.answer
    lodge.receiver.answer = lambda asked: Reply(500) if asked.path == "/down" else real(asked)  # type: ignore[method-assign]
    assert lodge.send() == {"sent": 2, "postponed": 1}


def test_a_process_that_died_while_sending_sends_again_under_the_same_id(lodge: Lodge) -> None:
    lodge.made("ops", "source.breach")
    breach(lodge)
    runtime = lodge.house.runtime
    with runtime.database.writing() as session:
        assert repository.claim(session, lodge.clock(), lodge.clock() + timedelta(seconds=900))
    assert lodge.send() == {}
    lodge.clock.tick(seconds=901)
    assert lodge.send() == {"sent": 1}


# Where it goes


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://elsewhere.example/x", "may not be reached"),
        ("https://169.254.169.254/latest/meta-data", "may not be reached"),
        ("http://127.0.0.1/x", "could read along"),
        ("https://user:word@ops.example/x", "password"),
        ("ftp://ops.example/x", "address"),
        ("https://[::1/x", "address"),
        ("nonsense", "address"),
    ],
)
def test_an_address_that_may_not_be_reached_is_refused_at_once(lodge: Lodge, url: str, words: str) -> None:
    refused = lodge.add(url=url, unencrypted=False)
    assert refused.status_code == 422, refused.text
    assert words in refused.text
    assert lodge.browser(ADA).get("/v1/webhooks").json()["webhooks"] == []


def test_a_name_that_leads_inside_is_refused_when_it_is_looked_up(
    lodge: Lodge, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound = lodge.house.runtime.webhooks.sender._http  # pyright: ignore[reportPrivateUsage]
    looked: list[str] = []

    def lookup(host: str, port: int) -> list[str]:
        looked.append(host)
        return ["93.184.216.34"] if len(looked) == 1 else ["10.0.0.5"]

    monkeypatch.setattr(outbound._egress, "_lookup", lookup)  # pyright: ignore[reportAttributeAccessIssue]
    assert lodge.add("ops", "source.breach", url="https://ops.example/hook").status_code == 201
    breach(lodge)
    # By now the name has another address: the connection is made to what was checked, and that is refused.
    assert lodge.send() == {"postponed": 1}
    assert looked == ["ops.example", "ops.example"]
    (waiting,) = lodge.browser(ADA).get("/v1/webhooks/deliveries").json()["deliveries"]
    assert "internal address" in waiting["error"]


def test_a_redirect_is_not_followed(lodge: Lodge) -> None:
    lodge.made("ops", "source.breach")
    breach(lodge)
    lodge.receiver.status, lodge.receiver.headers = 307, {"Location": f"{lodge.receiver.url}/elsewhere"}
    assert lodge.send() == {"postponed": 1}
    assert [asked.path for asked in lodge.receiver.asked] == ["/hook"]


# Secrets


def test_a_secret_is_shown_once_and_kept_encrypted(lodge: Lodge) -> None:
    secret = lodge.made()
    assert secret.startswith("whsec_")
    ada = lodge.browser(ADA)
    for path in ("/v1/webhooks", "/v1/webhooks/ops", "/v1/webhooks/deliveries"):
        assert secret not in ada.get(path).text
    with lodge.house.runtime.database.reading() as session:
        row = session.query(WebhookRow).one()
        assert secret.encode() not in row.secrets
    assert secret not in json.dumps(lodge.log("webhook.configured"))


def test_while_a_secret_is_changed_both_sign(lodge: Lodge) -> None:
    before = lodge.made("ops", "source.breach")
    after = lodge.browser(ADA).post("/v1/webhooks/ops/rotate").json()["secret"]
    breach(lodge)
    lodge.send()
    (asked,) = lodge.receiver.asked
    for secret in (before, after):
        assert verified(secret, asked.headers, asked.body, now=lodge.now())
    lodge.clock.tick(seconds=OVERLAP.total_seconds() + 1)
    breach(lodge)
    lodge.send()
    late = lodge.receiver.asked[-1]
    assert verified(after, late.headers, late.body, now=lodge.now())
    with pytest.raises(BadSignature):
        verified(before, late.headers, late.body, now=lodge.now())


def test_a_secret_beside_another_webhook_does_not_open_and_nothing_is_sent_unsigned(lodge: Lodge) -> None:
    lodge.made("one", "source.breach")
    lodge.made("two", "answer.finished")
    with lodge.house.runtime.database.writing() as session:
        rows = {row.name: row for row in session.query(WebhookRow)}
        rows["one"].secrets = rows["two"].secrets
    breach(lodge)
    assert lodge.send() == {"dead": 1}
    assert lodge.receiver.asked == []


# Who may


def test_connector_owners_subscribe_to_their_own_sources_only(lodge: Lodge) -> None:
    assert_problem(lodge.add("a", "answer.finished", by=OTTO), 403, "forbidden")
    assert_problem(lodge.add("b", "source.breach", by=OTTO, sources=["other"]), 404, "not_found")
    assert_problem(lodge.add("c", "source.breach", by=OTTO, sources=["none"]), 404, "not_found")
    lodge.made("mine", "source.breach", by=OTTO)
    breach(lodge)
    breach(lodge, "other")
    assert lodge.send() == {"sent": 1}
    assert json.loads(lodge.receiver.asked[0].body)["data"]["source"] == "handbook"


def test_who_does_not_look_after_a_source_any_more_is_told_nothing(lodge: Lodge) -> None:
    lodge.made("mine", "source.breach", by=OTTO)
    breach(lodge)
    with lodge.house.runtime.database.writing() as session:
        owners.set_owners(session, connectors.by_name(session, "handbook").id, [])
    assert lodge.send() == {"dead": 1}
    lodge.clock.tick()
    breach(lodge)
    assert lodge.send() == {}
    assert lodge.receiver.asked == []


def test_a_webhook_of_somebody_else_is_not_there(lodge: Lodge) -> None:
    lodge.made("mine", "source.breach", by=OTTO)
    olga = lodge.browser(OLGA)
    assert olga.get("/v1/webhooks").json()["webhooks"] == []
    for method, path in (
        ("GET", "/v1/webhooks/mine"), ("DELETE", "/v1/webhooks/mine"), ("POST", "/v1/webhooks/mine/test"),
        ("POST", "/v1/webhooks/mine/rotate"), ("GET", "/v1/webhooks/deliveries?webhook=mine"),
    ):  # fmt: skip
        theirs, nowhere = olga.request(method, path), olga.request(method, path.replace("mine", "none"))
        assert theirs.status_code == nowhere.status_code == 404
        assert theirs.json()["detail"] == nowhere.json()["detail"]
    assert lodge.browser(ADA).get("/v1/webhooks/mine").json()["own"] is True
    assert_problem(lodge.browser(ANA).get("/v1/webhooks"), 403, "forbidden")


def test_changes_are_in_the_log_without_the_address(lodge: Lodge) -> None:
    lodge.made()
    ada = lodge.browser(ADA)
    assert ada.post("/v1/webhooks/ops/test").json()["ok"] is True
    ada.post("/v1/webhooks/ops/rotate")
    assert ada.delete("/v1/webhooks/ops").status_code == 204
    told = lodge.log("webhook.configured")
    assert [each["details"]["change"] for each in told] == ["created", "tested", "rotated", "removed"]
    assert {each["subject"] for each in told} == {lodge.house.installation.principal(ADA).subject}
    assert "hook" not in json.dumps([each["details"]["url"] for each in told])


def test_a_test_says_what_came_of_it(lodge: Lodge) -> None:
    secret = lodge.made()
    ada = lodge.browser(ADA)
    assert ada.post("/v1/webhooks/ops/test").json() == {"ok": True, "said": "The receiver answered 204."}
    (event,) = lodge.receiver.events(secret, at=lodge.now())
    assert (event["type"], event["data"]) == ("webhook.test", {"webhook": "ops"})
    lodge.receiver.status = 401
    tried = ada.post("/v1/webhooks/ops/test").json()
    assert tried["ok"] is False
    assert "401" in tried["said"]
    assert lodge.send() == {}


def test_names_and_events_are_checked(lodge: Lodge) -> None:
    lodge.made()
    assert_problem(lodge.add(), 409, "conflict")
    assert_problem(lodge.add("No Name"), 422, "invalid")
    refused = assert_problem(lodge.add("x", "answer.deleted"), 422, "invalid")
    assert "answer.finished" in refused["hint"]


def test_the_webhooks_of_a_forgotten_person_end(lodge: Lodge) -> None:
    lodge.made("mine", "source.breach", by=OTTO)
    lodge.made("all", "source.breach")
    breach(lodge)
    runtime = lodge.house.runtime
    with runtime.database.reading() as session:
        exported = erase.export(session, person(lodge.house.installation, OTTO))
    assert [each["name"] for each in exported] == ["mine"]
    assert "whsec_" not in json.dumps(exported)
    forgetting.forget(runtime, OTTO)
    assert [each["name"] for each in lodge.browser(ADA).get("/v1/webhooks").json()["webhooks"]] == ["all"]
    assert lodge.send() == {"sent": 1}


def test_what_is_long_over_is_forgotten(lodge: Lodge) -> None:
    lodge.made("ops", "source.breach")
    breach(lodge)
    lodge.send()
    assert lodge.house.runtime.webhooks.sender.sweep() == 0
    lodge.clock.tick(days=31)
    assert lodge.house.runtime.webhooks.sender.sweep() == 1


def test_whoever_serves_sends_what_is_due_by_itself(tmp_path: Path) -> None:
    arrived = threading.Event()

    class Bell(Receiver):
        def answer(self, asked: Asked) -> Reply:
            arrived.set()
            return super().answer(asked)

    with Bell() as receiver:
        egress = EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",))
        runtime = open_runtime(Settings(data_dir=tmp_path, demo=DemoSettings(load=False), egress=egress), serving=True)
        try:
            wanted = Wanted("ops", f"{receiver.url}/hook", ("source.run",), unencrypted=True)
            _, secret = runtime.webhooks.add(wanted, By())
            assert runtime.jobs is not None
            runtime.jobs.beat(
                runtime.connecting.work, runtime.connecting.destinations.outbox, runtime.sweep,
                webhooks=runtime.webhooks.sender.send_due,
            )  # fmt: skip
            now = runtime.clock()
            record = SourceRecord("s", "handbook", "files", {}, {}, "active", 1, False, None)
            with runtime.database.writing() as session:
                runtime.webhooks.telling.ran(session, record, "poll", "done", {"new": 1})
            assert arrived.wait(30)
        finally:
            runtime.close()
        (event,) = receiver.events(secret, at=now.timestamp())
        assert event["data"] == {"source": "handbook", "task": "poll", "state": "done", "counts": {"new": 1}}


# The command line


@pytest.fixture
def command(lodge: Lodge, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    return beside(lodge.house, monkeypatch, "webhooks")


def test_an_operator_adds_tries_lists_and_removes_one(lodge: Lodge, command: CliRunner) -> None:
    def run(*words: str) -> str:
        ran = command.invoke(main.app, ["webhooks", *words])
        assert ran.exit_code == 0, ran.output
        return ran.output

    said = run("add", "ops", f"{lodge.receiver.url}/hook", "--event", "source.breach", "--unencrypted")
    secret = next(line for line in said.splitlines() if line.startswith("whsec_"))
    assert "204" in run("test", "ops")
    assert lodge.receiver.events(secret, at=lodge.now())
    listed = json.loads(run("list", "--json"))
    assert [each["name"] for each in listed["webhooks"]] == ["ops"]
    assert "source.breach" in run("list")
    lodge.receiver.status = 410
    breach(lodge)
    lodge.send()
    assert json.loads(run("deliveries", "--state", "dead", "--json"))[0]["event"] == "source.breach"
    assert "1 delivery" in run("replay", "ops")
    assert "whsec_" in run("rotate", "ops")
    failed = command.invoke(main.app, ["webhooks", "test", "ops"])
    assert failed.exit_code == 1
    run("remove", "ops")
    assert json.loads(run("list", "--json"))["webhooks"] == []
