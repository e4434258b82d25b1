"""The client for applications, against a server of Vouch and against one that answers as it is told."""

from __future__ import annotations

import ast
import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import client as clients
from api.client import (
    Answer,
    AsyncVouch,
    BadSignature,
    NotAllowed,
    NotNow,
    NotSignedIn,
    NotThere,
    NotUsable,
    Sentence,
    Stage,
    TooMany,
    Unreachable,
    Vouch,
    verified,
)
from api.http.app import create_app
from connectors.destinations.webhook import sign
from tests.api.served import served
from tests.api.visitors import House
from tests.installation import Installation

ANA, BO = "ana@company.example", "bo@company.example"
LEAVE = "How many weeks does parental leave last?"
TEXTS = [{"id": "leave", "title": "Leave", "text": "Parental leave lasts 16 weeks."}]


@dataclass(frozen=True)
class Door:
    house: House
    url: str

    def client(self, email: str = ANA) -> Vouch:
        return Vouch(self.url, self.house.key(email), attempts=1)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    installation = Installation(tmp_path_factory.mktemp("door"))
    installation.person(ANA, "staff")
    installation.person(BO, "board")
    installation.records("handbook", TEXTS, allow=["staff"])
    house = House(installation)
    with served(create_app(installation.runtime)) as url:
        yield Door(house, url)
    installation.close()


def test_an_answer_with_its_evidence_trail_and_sources(door: Door) -> None:
    with door.client() as vouch:
        answer = vouch.answer(LEAVE)
        assert (answer.status, answer.text) == ("answered", "Parental leave lasts 16 weeks. [1]")
        (citation,) = answer.sentences[0].citations
        opened = vouch.evidence(answer.answer_id, citation.evidence)
        assert opened.quote == citation.quote == "Parental leave lasts 16 weeks."
        assert opened.quote in opened.around
        assert opened.as_of == citation.as_of
        assert vouch.trail(answer.answer_id).model == answer.model == "extractive"
        assert vouch.read_answer(answer.answer_id) == answer
        (source,) = vouch.sources()
        assert (source.name, source.documents) == ("handbook", 1)
        assert source.last_confirmed_at is not None
        assert [each.document.uri for each in vouch.search("parental leave").passages] == ["leave"]


def test_an_answer_as_it_comes(door: Door) -> None:
    with door.client() as vouch:
        happenings = list(vouch.ask(LEAVE))
    kinds = [type(each) for each in happenings]
    assert kinds == sorted(kinds, key=(Stage, Sentence, Answer).index)
    assert kinds.count(Answer) == 1
    final = happenings[-1]
    assert isinstance(final, Answer)
    assert [each.text for each in happenings if isinstance(each, Sentence)] == [each.text for each in final.sentences]


def test_who_looks_after_sources_sees_how_they_stand(door: Door) -> None:
    door.house.installation.person("ada@company.example", roles=["employee", "admin"])
    with door.client("ada@company.example") as vouch:
        (handbook,) = vouch.freshness()
    assert handbook.source == "handbook"
    assert {each.kind for each in handbook.kinds} == {"content", "deletions", "permissions"}
    with door.client() as vouch, pytest.raises(NotAllowed):
        vouch.freshness()


def test_what_one_may_not_read_is_abstained_on(door: Door) -> None:
    with door.client(BO) as vouch:
        answer = vouch.answer(LEAVE)
        assert (answer.status, answer.sentences, answer.nearest) == ("abstained", (), ())
        assert answer.text == answer.reason
        assert vouch.sources() == ()


def test_problems_are_raised_by_their_kind(door: Door) -> None:
    with door.client() as vouch, Vouch(door.url, "vk_none", attempts=1) as nobody:
        for kind, call in (
            (NotThere, lambda: vouch.read_answer("none")),
            (NotThere, lambda: vouch.batch("none")),
            (NotUsable, lambda: vouch.answer("  ")),
            (NotUsable, lambda: list(vouch.ask("  "))),
            (NotSignedIn, lambda: nobody.answer(LEAVE)),
            (NotAllowed, lambda: vouch.acting_for(BO).answer(LEAVE)),
        ):
            with pytest.raises(kind) as raised:
                call()
            assert raised.value.detail
            assert raised.value.trace_id or kind is NotUsable
    with Vouch("http://127.0.0.1:1", "vk_none", attempts=1) as nowhere, pytest.raises(Unreachable):
        nowhere.sources()


def test_an_asynchronous_application(door: Door) -> None:
    async def use() -> None:
        async with AsyncVouch(door.url, door.house.key(ANA), attempts=1) as vouch:
            first, second = await asyncio.gather(vouch.answer(LEAVE), vouch.search("parental leave"))
            assert first.text.startswith("Parental leave")
            assert second.passages
            kinds = {type(each) async for each in vouch.ask(LEAVE)}
            assert kinds == {Stage, Sentence, Answer}
            with pytest.raises(NotThere):
                await vouch.evidence(first.answer_id, 99)

    asyncio.run(use())


def test_both_clients_have_the_same_calls() -> None:
    names = [{name for name in vars(kind) if not name.startswith("_")} for kind in (Vouch, AsyncVouch)]
    assert names[0] == names[1]


def test_the_file_can_be_taken_along() -> None:
    tree = ast.parse(Path(clients.__file__).read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} - set(sys.stdlib_module_names) == {"httpx"}


def test_the_example_of_the_documentation_runs(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    """The sidecar: an application's own service account acts for the person who uses it."""
    page = (Path(clients.__file__).parents[1] / "docs" / "interfaces.md").read_text("utf-8")
    example = page.partition("<!-- tests/api/test_client.py runs this -->\n```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(example, names)
    accounts, operator = "/v1/service-accounts", door.house.operator()
    for path, body in (
        ("", {"name": "portal"}),
        ("/portal/acts-for", {"email": ANA, "days": 30, "why": "The portal of the company"}),
        ("/portal/keys", {"name": "portal", "scopes": ["ask"], "days": 30}),
    ):
        made = operator.post(accounts + path, json=body)
        assert made.status_code == 201, made.text
    with Vouch(door.url, made.json()["token"], attempts=1) as vouch:
        shown = names["reply"](vouch, ANA, LEAVE)
        assert shown.startswith("Parental leave lasts 16 weeks. [1]\n[1] Leave, as of 20")
        names["watch"](vouch, ANA, LEAVE)
        with pytest.raises(NotAllowed):
            names["reply"](vouch, BO, LEAVE)
    printed = capsys.readouterr().out
    assert "... Searching what you may read" in printed
    assert "Parental leave lasts 16 weeks." in printed
    assert printed.endswith("answered\n")


# Trying again


class Script:
    """A server in memory that answers one thing after the other, and notes what it was sent."""

    def __init__(self, *replies: httpx.Response | httpx.TransportError) -> None:
        self.replies, self.sent, self.slept = list(replies), list[httpx.Request](), list[float]()

    def client(self, **more: Any) -> Vouch:
        transport = httpx.MockTransport(self._reply)
        vouch = Vouch(
            "https://v.example", "k", http=httpx.Client(transport=transport, base_url="https://v.example"), **more
        )
        vouch._sleep = self.slept.append  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
        return vouch

    def _reply(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, httpx.TransportError):
            raise reply
        return reply


def busy(status: int, **headers: str) -> httpx.Response:
    problem = {"detail": "Not now.", "hint": "Later.", "code": "x", "trace_id": "t"}
    return httpx.Response(status, json=problem, headers=headers)


FOUND = {"query": "x", "passages": [], "timings": {}, "left_out": []}
LINES = (
    'event: stage\ndata: {"stage": "searching", "detail": "d", "count": null}\n\n'
    'event: error\ndata: {"detail": "No.", "hint": "h", "code": "unavailable", "status": 503, "trace_id": "t"}\n\n'
)


def test_too_much_and_not_now_are_waited_for_as_was_asked() -> None:
    script = Script(
        busy(429, **{"Retry-After": "7"}), busy(503, **{"Retry-After": "2"}), httpx.Response(200, json=FOUND)
    )
    with script.client() as vouch:
        assert vouch.search("x").passages == ()
    assert script.slept == [7.0, 2.0]


def test_a_call_that_is_sent_again_keeps_its_key() -> None:
    answer = {
        "answer_id": "a", "conversation_id": "c", "question": "q", "status": "abstained", "sentences": [],
        "sources": [], "nearest": [], "as_of": None, "model": "m", "tier": "t", "reason": None,
        "created_at": "2026-11-23T00:00:00Z", "new_in_a_later_version": 1,
    }  # fmt: skip
    script = Script(
        httpx.ReadError("gone"), busy(503), httpx.Response(200, json=answer), httpx.Response(200, json=answer)
    )
    with script.client() as vouch:
        vouch.answer("q")
        vouch.answer("q", key="mine")
    keys = [request.headers["idempotency-key"] for request in script.sent]
    assert keys[0] == keys[1] == keys[2]
    assert keys[3] == "mine" != keys[0]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (busy(429, **{"Retry-After": "3600"}), TooMany),
        (busy(500), NotNow),
        (busy(404), NotThere),
        (httpx.Response(200, text="<html>"), Unreachable),
    ],
)
def test_what_will_not_get_better_is_raised_at_once(reply: httpx.Response, kind: type[Exception]) -> None:
    script = Script(reply)
    with script.client() as vouch, pytest.raises(kind):
        vouch.search("x")
    assert len(script.sent) == 1


def test_a_post_without_a_key_is_not_repeated_after_a_broken_connection() -> None:
    script = Script(httpx.ReadError("gone"))
    with script.client() as vouch, pytest.raises(Unreachable):
        vouch.search("x")


def test_it_gives_up_after_so_many_attempts() -> None:
    script = Script(*[busy(503) for _ in range(3)])
    with script.client(attempts=3) as vouch, pytest.raises(NotNow):
        vouch.sources()
    assert len(script.slept) == 2


def test_a_stream_that_has_begun_is_not_asked_for_again() -> None:
    script = Script(busy(503), httpx.Response(200, text=LINES, headers={"Content-Type": "text/event-stream"}))
    with script.client() as vouch:
        happenings = vouch.ask("q")
        assert isinstance(next(happenings), Stage)
        with pytest.raises(NotNow) as raised:
            next(happenings)
    assert raised.value.detail == "No."
    assert len(script.sent) == 2


@pytest.mark.parametrize("text", ["<html>", 'event: stage\ndata: {"sta\n\n', LINES.partition("event: error")[0]])
def test_a_stream_that_ends_without_the_whole_answer_is_no_answer(text: str) -> None:
    script = Script(httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream"}))
    with script.client() as vouch, pytest.raises(Unreachable):
        list(vouch.ask("q"))


def test_acting_for_a_person_is_said_in_the_header_and_only_there() -> None:
    script = Script(*[httpx.Response(200, json=FOUND) for _ in range(2)])
    with script.client() as vouch:
        vouch.acting_for(ANA).search("x")
        vouch.search("x")
    assert [request.headers.get("x-vouch-for") for request in script.sent] == [ANA, None]
    assert all(ANA not in request.content.decode() for request in script.sent)


def test_neither_the_key_nor_texts_show_in_a_repr(door: Door) -> None:
    with door.client() as vouch:
        shown = repr(vouch.answer(LEAVE)) + repr(vouch.search("parental leave"))
    assert "16 weeks" not in shown


# Webhooks

SECRET = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
OTHER = "whsec_" + "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
EVENT = json.dumps({"type": "batch.done"}).encode()
NOW = 1_795_000_000


def headers_of(secret: str = SECRET, at: int = NOW, body: bytes = EVENT) -> dict[str, str]:
    from connectors.destinations.webhook import signing_key
    from core.secrets import Secret

    signature = sign(signing_key(Secret(secret.encode())), "msg_1", at, body)
    return {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(at), "Webhook-Signature": signature}


def test_a_webhook_of_ours_is_verified_also_while_secrets_are_changed() -> None:
    assert verified(SECRET, headers_of(), EVENT, now=NOW + 20) == {"type": "batch.done"}
    assert verified([OTHER, SECRET], headers_of(), EVENT, now=NOW)
    both = headers_of()
    both["Webhook-Signature"] = f"{headers_of(OTHER)['Webhook-Signature']} v1a,xyz {both['Webhook-Signature']}"
    assert verified(SECRET, both, EVENT, now=NOW)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers: (headers, EVENT + b" ", NOW),
        lambda headers: ({**headers, "Webhook-Id": "msg_2"}, EVENT, NOW),
        lambda headers: ({**headers, "Webhook-Timestamp": str(NOW + 1)}, EVENT, NOW),
        lambda headers: (headers, EVENT, NOW + 301),
        lambda headers: (headers, EVENT, NOW - 301),
        lambda headers: (headers_of(OTHER), EVENT, NOW),
        lambda headers: ({}, EVENT, NOW),
        lambda headers: ({**headers, "Webhook-Timestamp": "soon"}, EVENT, NOW),
        lambda headers: ({**headers, "Webhook-Signature": ""}, EVENT, NOW),
    ],
)
def test_a_webhook_that_is_not_ours_is_refused(spoil: Callable[[Any], Any]) -> None:
    headers, body, now = spoil(headers_of())
    with pytest.raises(BadSignature):
        verified(SECRET, headers, body, now=now)
