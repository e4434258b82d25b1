"""The official client of the Model Context Protocol against a server of Vouch, over HTTP, both generations of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError

from answer.settings import AnswerSettings
from api import tokens
from api.http.app import create_app
from api.identity.settings import IdentitySettings
from core import audit
from core.egress import EgressSettings
from core.errors import Refused
from tests.answer.test_asking_models import AGREED
from tests.api.served import served
from tests.api.visitors import House
from tests.fakes.author import Author
from tests.fakes.model_vendor import KEY, Script, Told
from tests.installation import Installation

ANA, BO = "ana@company.example", "bo@company.example"
LEAVE = "How many weeks does parental leave last?"
TEXTS = [{"id": "leave", "title": "Leave", "text": "Parental leave lasts 16 weeks. Parental leave is fully paid."}]
SECRET = [{"id": "pay", "title": "Pay", "text": "The bonus of the board is 40 percent of the salary."}]
MODES = pytest.mark.parametrize("mode", ["legacy", "auto"])
TIMEOUT = 60


@dataclass(frozen=True)
class Door:
    house: House
    author: Author
    url: str

    def key(self, email: str) -> str:
        return self.house.key(email)

    @asynccontextmanager
    async def client(self, email: str = ANA, mode: Any = "auto") -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {self.key(email)}"}
        async with httpx2.AsyncClient(headers=headers, timeout=TIMEOUT) as http:
            async with Client(streamable_http_client(f"{self.url}/mcp", http_client=http), mode=mode) as client:
                yield client

    def events(self, count: int = 30) -> list[dict[str, Any]]:
        self.house.runtime.sequencer.drain()
        return list(audit.tail(self.house.runtime.database, count))


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    outside = {"place": "external", "handling": AGREED, "sensitivity": "confidential"}
    with pytest.MonkeyPatch.context() as patch, Author() as author:
        patch.setenv("MODEL_KEY", KEY)
        installation = Installation(
            tmp_path_factory.mktemp("door"),
            models=(author.entry(name="cloud", tier="small", model="small-2026-01-01", **outside),),
            egress=EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",)),
            answer=AnswerSettings(cache_hours=0),
            identity=IdentitySettings(public_url="https://vouch.company.example"),
        )
        installation.person(ANA, "staff")
        installation.person(BO, "board")
        installation.records("handbook", TEXTS, allow=["staff"])
        installation.records("board", SECRET, allow=["board"])
        house = House(installation)
        with served(create_app(installation.runtime)) as url:
            yield Door(house, author, url)
        installation.close()


@pytest.fixture(autouse=True)
def _quiet(door: Door) -> None:
    door.author.writes = lambda model, text: Script(("Parental leave lasts 16 weeks [1].",))


def said(result: Any) -> str:
    return "\n".join(block.text for block in result.content)


def body(result: Any) -> dict[str, Any]:
    assert not result.is_error, said(result)
    return result.structured_content


# What there is


@MODES
def test_tools_say_what_they_take_and_give_and_that_they_only_read(door: Door, mode: str) -> None:
    async def look() -> None:
        async with door.client(mode=mode) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(tools) == {"search", "ask", "get_evidence"}
            for tool in tools.values():
                assert tool.description
                assert tool.input_schema["additionalProperties"] is False
                assert tool.output_schema is not None
                assert tool.annotations is not None
                assert (tool.annotations.read_only_hint, tool.annotations.open_world_hint) == (True, False)
            assert client.instructions is not None
            assert client.server_info is not None
            assert client.server_info.name == "vouch"

    anyio.run(look)


@MODES
def test_an_answer_is_that_of_the_web_chat_with_its_record(door: Door, mode: str) -> None:
    steps: list[tuple[float, str]] = []

    async def progressed(progress: float, total: float | None, message: str | None) -> None:
        steps.append((progress, str(message)))

    async def look() -> dict[str, Any]:
        async with door.client(mode=mode) as client:
            await client.list_tools()
            result = await client.call_tool("ask", {"question": LEAVE}, progress_callback=progressed)
            assert said(result).startswith("Parental leave lasts 16 weeks. [1]")
            return body(result)

    answer = anyio.run(look)
    browser = door.house.visitor(Authorization=f"Bearer {door.key(ANA)}")
    again = browser.get(f"/v1/answers/{answer['answer_id']}").json()
    assert {**again, "created_at": ""} == {**answer, "created_at": ""}
    plain = browser.post("/v1/ask", json={"question": LEAVE}).json()
    assert [each["text"] for each in plain["sentences"]] == [each["text"] for each in answer["sentences"]]
    assert [progress for progress, _ in steps] == sorted(progress for progress, _ in steps)
    assert len(steps) >= 4
    assert steps[0][1] == "Searching what you may read"
    assert any("verified" in message for _, message in steps)
    of_answer = [each["kind"] for each in door.events(60) if each["details"].get("answer") == answer["answer_id"]]
    assert {"ask.intent", "model.intent", "model.outcome", "ask.sentence", "ask.outcome"} <= set(of_answer)


@MODES
def test_a_search_shows_permitted_passages_and_is_recorded(door: Door, mode: str) -> None:
    async def look() -> None:
        async with door.client(mode=mode) as client:
            await client.list_tools()
            found = body(await client.call_tool("search", {"query": "parental leave", "limit": 3}))
            assert [each["document"]["uri"] for each in found["passages"]] == ["leave"]
            assert body(await client.call_tool("search", {"query": "bonus", "source": ["board"]}))["passages"] == []

    before = len([each for each in door.events(500) if each["kind"] == "search"])
    anyio.run(look)
    assert len([each for each in door.events(500) if each["kind"] == "search"]) == before + 2


@MODES
def test_evidence_opens_for_who_asked_and_nobody_else(door: Door, mode: str) -> None:
    async def look() -> None:
        async with door.client(mode=mode) as client, door.client(BO, mode) as other:
            await client.list_tools()
            answer = body(await client.call_tool("ask", {"question": LEAVE}))
            (citation, *_) = answer["sentences"][0]["citations"]
            wanted = {"answer_id": answer["answer_id"], "number": citation["evidence"]}
            opened = await client.call_tool("get_evidence", wanted)
            assert body(opened)["quote"] == citation["quote"]
            assert citation["quote"] in said(opened)
            theirs = await other.call_tool("get_evidence", wanted)
            nowhere = await other.call_tool("get_evidence", {"answer_id": "none", "number": 1})
            assert theirs.is_error
            assert said(theirs) == said(nowhere)

    anyio.run(look)


def test_a_follow_up_goes_on_with_its_conversation(door: Door) -> None:
    async def look() -> None:
        async with door.client() as client:
            first = body(await client.call_tool("ask", {"question": LEAVE}))
            named = {"question": "Is it paid?", "conversation_id": first["conversation_id"]}
            assert body(await client.call_tool("ask", named))["conversation_id"] == first["conversation_id"]

    anyio.run(look)


# Rights


@MODES
def test_who_may_read_nothing_finds_nothing(door: Door, mode: str) -> None:
    door.house.installation.person("new@company.example")

    async def look() -> None:
        async with door.client("new@company.example", mode) as client:
            assert body(await client.call_tool("search", {"query": "parental leave"}))["passages"] == []
            answer = body(await client.call_tool("ask", {"question": LEAVE}))
            assert (answer["status"], answer["nearest"]) == ("abstained", [])

    anyio.run(look)


@MODES
def test_a_revoke_holds_at_the_next_call(door: Door, mode: str) -> None:
    email = f"cy-{mode}@company.example"
    person_id = door.house.installation.person(email, "staff")

    async def look() -> None:
        async with door.client(email, mode) as client:
            assert body(await client.call_tool("search", {"query": "parental leave"}))["passages"]
            door.house.installation.person(email, "sales")
            assert body(await client.call_tool("search", {"query": "parental leave"}))["passages"] == []
            end_keys(door, person_id)
            with pytest.raises(MCPError):
                await client.call_tool("search", {"query": "parental leave"}, read_timeout_seconds=5)

    anyio.run(look)


def end_keys(door: Door, person_id: str) -> None:
    with door.house.runtime.database.writing() as session:
        tokens.end_all(session, person_id, door.house.runtime.clock())


def test_a_session_is_not_there_for_another_person(door: Door) -> None:
    def headers(email: str, **more: str) -> dict[str, str]:
        accepts = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
        return {"Authorization": f"Bearer {door.key(email)}", **accepts, **more}

    hello = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }  # fmt: skip
    ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    with httpx.Client(base_url=door.url, trust_env=False) as http:
        opened = http.post("/mcp", json=hello, headers=headers(ANA))
        assert opened.status_code == 200, opened.text
        session = opened.headers["mcp-session-id"]
        for email, status in ((BO, 404), (ANA, 200)):
            reply = http.post("/mcp", json=ping, headers=headers(email, **{"Mcp-Session-Id": session}))
            assert reply.status_code == status, reply.text
        http.delete("/mcp", headers=headers(ANA, **{"Mcp-Session-Id": session}))


def test_without_a_key_one_is_told_where_to_sign_in(door: Door) -> None:
    with httpx.Client(base_url=door.url, trust_env=False) as http:
        for given in ({}, {"Authorization": "Bearer vk_none"}):
            refused = http.post("/mcp", json={}, headers=given)
            assert refused.status_code == 401
            challenge = refused.headers["www-authenticate"]
            where = "https://vouch.company.example/.well-known/oauth-protected-resource/mcp"
            assert f'resource_metadata="{where}"' in challenge
        told = http.get("/.well-known/oauth-protected-resource/mcp").json()
        assert told["resource"] == "https://vouch.company.example/mcp"
        assert told["bearer_methods_supported"] == ["header"]
        assert told["authorization_servers"] == []


def test_a_cookie_is_no_key_here(door: Door) -> None:
    link = {"link": door.house.link(ANA)}
    with httpx.Client(base_url=door.url, trust_env=False, headers={"X-Vouch": "1"}) as http:
        signed_in = http.post("/v1/session", json=link)
        name, _, value = signed_in.headers["set-cookie"].partition(";")[0].partition("=")
        cookie = {"Cookie": f"{name}={value}"}
        assert http.get("/v1/conversations", headers=cookie).status_code == 200
        assert http.post("/mcp", json={}, headers=cookie).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:8000"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Host": "vouch.company.example"}, 200),
        ({"Origin": "https://vouch.company.example"}, 200),
    ],
)
def test_names_that_are_not_ours_are_refused(door: Door, headers: dict[str, str], status: int) -> None:
    accepts = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    hello = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }  # fmt: skip
    with httpx.Client(base_url=door.url, trust_env=False) as http:
        key = {"Authorization": f"Bearer {door.key(ANA)}"}
        assert http.post("/mcp", json=hello, headers={**key, **accepts, **headers}).status_code == status


# Faults


@MODES
def test_errors_are_results_that_say_what_happened(door: Door, mode: str) -> None:
    async def look() -> None:
        async with door.client(mode=mode) as client:
            for name, wanted, words in (
                ("search", {"query": "x", "source": ["none"]}, "none"),
                ("search", {"query": "x", "limit": 99}, "limit"),
                ("search", {}, "query"),
                ("ask", {"question": "   "}, "empty"),
                ("ask", {"question": "x", "as": BO}, "as"),
                ("ask", {"question": "x", "conversation_id": "none"}, "conversation"),
                ("get_evidence", {"answer_id": "none", "number": 1}, "answer"),
            ):
                result = await client.call_tool(name, wanted)
                assert result.is_error, name
                assert words in said(result)
                assert "pydantic" not in said(result)
            with pytest.raises(MCPError):
                await client.call_tool("delete_everything", {})

    anyio.run(look)


def test_a_fault_of_ones_own_and_a_log_that_cannot_be_written_say_nothing_of_the_inside(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def inside(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("secret-inside")

    def unlogged(*args: Any, **kwargs: Any) -> Any:
        raise Refused("The log cannot be written.", hint="Look at the disk.")

    async def look() -> list[str]:
        async with door.client() as client:
            results = [
                await client.call_tool("ask", {"question": LEAVE}),
                await client.call_tool("search", {"query": "leave"}),
            ]
            assert all(result.is_error and result.structured_content is None for result in results)
            return [said(result) for result in results]

    with monkeypatch.context() as patch:
        patch.setattr(door.house.runtime.desk, "search", inside)
        patch.setattr(door.house.runtime.asker, "ask", inside)
        assert all("secret-inside" not in text and "trace id" in text for text in anyio.run(look))
    with monkeypatch.context() as patch:
        patch.setattr(door.house.runtime.audit, "append", unlogged)
        assert all("log cannot be written" in text and "16 weeks" not in text for text in anyio.run(look))


def test_too_many_questions_are_an_error_of_the_tool(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    person_id = door.house.installation.principal(ANA).person_id
    monkeypatch.setattr(door.house.runtime.limiter, "_per_minute", 0)
    monkeypatch.setattr(door.house.runtime.limiter, "_asked", {person_id: [0.0]})
    monkeypatch.setattr(door.house.runtime.limiter, "_clock", lambda: 20.0)

    async def look() -> None:
        async with door.client() as client:
            result = await client.call_tool("ask", {"question": LEAVE})
            assert result.is_error
            assert "Try again in" in said(result)

    anyio.run(look)


# Cancelling


@MODES
def test_a_call_that_is_cancelled_ends_the_call_of_the_model(door: Door, mode: str) -> None:
    held: list[str] = []

    def writes(model: str, text: str) -> Told:
        held.append(model)
        return Script(("Parental leave lasts",), then="hold")

    door.author.writes = writes
    door.author.gone.clear()
    door.author.silent.clear()

    async def look() -> None:
        async with door.client(mode=mode) as client:
            with anyio.CancelScope() as scope:

                async def stop(progress: float, total: float | None, message: str | None) -> None:
                    if "writes" in str(message):
                        await anyio.to_thread.run_sync(door.author.silent.wait, 20)
                        scope.cancel()

                await client.call_tool("ask", {"question": LEAVE}, progress_callback=stop)
            assert scope.cancelled_caught
            assert await anyio.to_thread.run_sync(door.author.gone.wait, 20)
            # The session goes on.
            assert body(await client.call_tool("search", {"query": "leave"}))["passages"]

    anyio.run(look)
    assert held == ["small-2026-01-01"]
    outcome = last_outcome(door)
    assert (outcome["status"], outcome["reason"]) == ("failed", "cancelled")


def last_outcome(door: Door) -> dict[str, Any]:
    """The outcome of the last answer; whoever wrote it may still be at it."""
    for _ in range(200):
        found = [each["details"] for each in door.events(10) if each["kind"] == "ask.outcome"]
        if found and found[-1]["status"] == "failed":
            return found[-1]
        anyio.run(anyio.sleep, 0.05)
    raise AssertionError("the answer did not end")


@MODES
def test_where_there_are_several_processes_any_of_them_answers_without_a_session(
    door: Door, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sessionless(app: Any, **more: Any) -> Any:
        return StreamableHTTPSessionManager(app, **{**more, "stateless": True})

    monkeypatch.setattr("api.mcp.server.StreamableHTTPSessionManager", sessionless)
    steps: list[float] = []

    async def progressed(progress: float, total: float | None, message: str | None) -> None:
        steps.append(progress)

    async def look(other: Door) -> None:
        async with other.client(mode=mode) as client:
            await client.list_tools()
            answer = await client.call_tool("ask", {"question": LEAVE}, progress_callback=progressed)
            assert body(answer)["status"] == "answered"
        async with other.client(BO, mode) as client:
            found = body(await client.call_tool("search", {"query": "parental leave"}))["passages"]
            assert [each["document"]["uri"] for each in found] == ["pay"]

    with served(create_app(door.house.runtime)) as url:
        anyio.run(look, Door(door.house, door.author, url))
    assert steps


# Starting


def test_the_protocol_is_not_imported_before_somebody_calls() -> None:
    script = (
        "import sys\nfrom api.http.app import create_app\ncreate_app(None)\n"
        "print(sorted({'mcp', 'mcp_types', 'sse_starlette', 'joserfc', 'authlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert "mcp" not in done.stdout
