"""What every chat model has to do, whichever provider is behind it."""

from __future__ import annotations

import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from answer.models.base import (
    Limits,
    ModelBusy,
    ModelDeclined,
    ModelError,
    ModelFailed,
    ModelOverflow,
    Pointed,
    Said,
    Wrote,
)
from core.egress import Egress, EgressSettings
from tests.contracts.chat_models.builders import INSTRUCTIONS, QUESTION, SCHEMA, SECRETS, SENTENCES, prompt
from tests.contracts.chat_models.conftest import Desk, end, failure, loopback, pieces, text
from tests.fakes.model_vendor import Fault, Garbage, Refusal, Script

QUICK = Limits(first=0.3, between=0.3, connect=5)


def test_a_reply_comes_piece_by_piece_and_ends(desk: Desk) -> None:
    found = pieces(desk.open(), prompt(desk.vendor.entry()))
    assert [piece.text for piece in found if isinstance(piece, Wrote)] == ["Notice is ", "sixteen weeks [1]."]
    ended = end(found)
    assert ended.reason == "stop"
    assert ended.model == desk.vendor.version
    assert ended.request_id == "req-77"
    assert not any(isinstance(piece, Pointed) for piece in found)


def test_a_piece_is_given_before_the_next_one_is_there(desk: Desk) -> None:
    desk.vendor.told = Script(pieces=("Notice is ",), then="hold")
    stream = desk.open().stream(prompt(desk.vendor.entry()), Limits())
    assert next(stream) == Wrote("Notice is ")
    stream.close()


def test_instructions_evidence_and_question_are_sent_in_this_order(desk: Desk) -> None:
    history = (Said("person", "Who starts?"), Said("model", "Nobody said."))
    pieces(desk.open(), prompt(desk.vendor.entry(), history=history))
    (request,) = desk.vendor.asked
    sent = "\n".join(desk.vendor.texts_in(request.json()))
    parts = [INSTRUCTIONS, f"[1] {SENTENCES[0]}", f"[2] {SENTENCES[1]}", "Leave", f"[3] {SENTENCES[2]}", "Who starts?"]
    places = [sent.index(part) for part in (*parts, "Nobody said.", QUESTION)]
    assert places == sorted(places)


def test_the_same_prompt_is_sent_as_the_same_bytes(desk: Desk) -> None:
    model = desk.open()
    for _ in range(2):
        pieces(model, prompt(desk.vendor.entry()))
    first, second = desk.vendor.asked
    assert first.body == second.body


def test_what_a_request_begins_with_does_not_depend_on_the_question(desk: Desk) -> None:
    model = desk.open()
    for question in ("Who?", "When does it begin?"):
        pieces(model, prompt(desk.vendor.entry(), question=question))
    first, second = ("\n".join(desk.vendor.texts_in(each.json())) for each in desk.vendor.asked)
    assert first.removesuffix("Who?") == second.removesuffix("When does it begin?")


def test_without_evidence_nothing_is_numbered(desk: Desk) -> None:
    pieces(desk.open(), prompt(desk.vendor.entry(), evidence=False))
    assert desk.vendor.texts_in(desk.vendor.asked[0].json()) == [INSTRUCTIONS, QUESTION]


def test_a_schema_is_asked_for_and_the_reply_is_json(desk: Desk) -> None:
    desk.vendor.told = Script(pieces=('{"weeks": 16,', ' "start": "Monday"}'))
    found = pieces(desk.open(), prompt(desk.vendor.entry(), schema=SCHEMA))
    assert text(found) == '{"weeks": 16, "start": "Monday"}'
    wanted = desk.vendor.schema_in(desk.vendor.asked[0].json())
    assert wanted["properties"].keys() == SCHEMA["properties"].keys()
    assert wanted["required"] == SCHEMA["required"]
    assert wanted["additionalProperties"] is False


def test_tokens_are_counted_with_those_of_the_cache(desk: Desk) -> None:
    assert end(pieces(desk.open(), prompt(desk.vendor.entry()))).usage == desk.vendor.usage


def test_a_reply_that_was_cut_at_its_bound_says_so(desk: Desk) -> None:
    desk.vendor.told = Script(finish="length")
    found = pieces(desk.open(), prompt(desk.vendor.entry()))
    assert end(found).reason == "length"
    assert end(found).usage == desk.vendor.usage


def test_a_model_that_declines_says_so_and_what_it_cost(desk: Desk) -> None:
    desk.vendor.told = Script(pieces=(), finish="declined")
    found = pieces(desk.open(), prompt(desk.vendor.entry()))
    assert [type(piece) for piece in found] == [type(end(found))]
    assert end(found).reason == "declined"
    assert end(found).usage == desk.vendor.usage


def test_a_provider_that_declines_the_prompt_is_told_from_a_failure(desk: Desk) -> None:
    desk.vendor.told = Refusal(400, "declined")
    assert isinstance(failure(desk.open(), prompt(desk.vendor.entry())), ModelDeclined)


def test_a_busy_provider_says_when_to_come_back(desk: Desk) -> None:
    desk.vendor.told = Refusal(429, "busy", {"Retry-After": "7"})
    raised = failure(desk.open(), prompt(desk.vendor.entry()))
    assert isinstance(raised, ModelBusy)
    assert (raised.status, raised.retry_after, raised.request_id) == (429, 7, "req-77")


@pytest.mark.parametrize("status", [408, 500, 502, 503, 529])
def test_a_failing_provider_is_busy_and_asked_once(desk: Desk, status: int) -> None:
    desk.vendor.told = Refusal(status, "broken")
    raised = failure(desk.open(), prompt(desk.vendor.entry()))
    assert isinstance(raised, ModelBusy)
    assert raised.status == status
    assert len(desk.vendor.asked) == 1, "the SDK tried again by itself"


def test_an_account_without_means_is_no_matter_of_waiting(desk: Desk) -> None:
    desk.vendor.told = Refusal(402, "no_means")
    assert isinstance(failure(desk.open(), prompt(desk.vendor.entry())), ModelFailed)


def test_a_model_that_is_not_there_fails(desk: Desk) -> None:
    desk.vendor.told = Refusal(404, "unknown_model")
    assert isinstance(failure(desk.open(), prompt(desk.vendor.entry())), ModelFailed)


def test_a_prompt_that_is_too_long_is_told_from_a_wrong_one(desk: Desk) -> None:
    desk.vendor.told = Refusal(400, "overflow")
    assert isinstance(failure(desk.open(), prompt(desk.vendor.entry())), ModelOverflow)
    desk.vendor.told = Refusal(400, "broken")
    assert isinstance(failure(desk.open(), prompt(desk.vendor.entry())), ModelFailed)


def test_a_wrong_key_fails(desk: Desk) -> None:
    wrong = desk.vendor.secret.replace("hunter2", "hunter3")
    if "service_account" in wrong:
        pytest.skip("the fake's service of tokens takes every assertion")
    raised = failure(desk.open(secret=wrong), prompt(desk.vendor.entry()))
    assert isinstance(raised, ModelFailed)
    assert raised.status == 401
    assert "hunter3" not in shown(raised)


def test_an_error_in_the_middle_of_a_reply_is_one(desk: Desk) -> None:
    desk.vendor.told = Script(then="fault")
    stream = desk.open().stream(prompt(desk.vendor.entry()), Limits())
    assert next(stream) == Wrote("Notice is ")
    with pytest.raises(ModelBusy):
        list(stream)


@pytest.mark.parametrize("then", ["cut", "silence"])
def test_a_reply_that_breaks_off_is_no_reply(desk: Desk, then: Any) -> None:
    desk.vendor.told = Script(then=then)
    stream = desk.open().stream(prompt(desk.vendor.entry()), Limits())
    assert next(stream) == Wrote("Notice is ")
    with pytest.raises(ModelBusy):
        list(stream)


@pytest.mark.parametrize("then", ["hold", "signs"])
@pytest.mark.parametrize("begun", [False, True], ids=["at-first", "in-between"])
def test_a_model_that_stops_writing_is_left(desk: Desk, then: Any, begun: bool) -> None:
    """Signs of life are no pieces of a reply."""
    desk.vendor.told = Script(pieces=("Notice is ",) if begun else (), then=then)
    model = desk.open()
    raised = failure(model, prompt(desk.vendor.entry()), replace(QUICK, first=20 if begun else 0.3))
    assert isinstance(raised, ModelBusy)
    assert ("stopped writing" if begun else "did not begin") in raised.message
    assert desk.vendor.gone.wait(20), "the request goes on"


def test_closing_the_iterator_ends_the_request(desk: Desk) -> None:
    desk.vendor.told = Script(then="hold")
    stream = desk.open().stream(prompt(desk.vendor.entry()), Limits())
    next(stream)
    stream.close()
    assert desk.vendor.gone.wait(20), "the request goes on"


def test_a_stream_that_nobody_reads_asks_nothing(desk: Desk) -> None:
    desk.open().stream(prompt(desk.vendor.entry()), Limits()).close()
    assert desk.vendor.asked == []


def test_a_page_of_a_login_is_no_reply(desk: Desk) -> None:
    desk.vendor.told = Garbage()
    assert isinstance(failure(desk.open(), prompt(desk.vendor.entry())), ModelError)
    desk.vendor.told = Garbage(b'data: {"id": 5, "type": [], "choices": "x", "candidates": 3}\n\n', "text/event-stream")
    assert isinstance(failure(desk.open(), prompt(desk.vendor.entry())), ModelError)


def test_a_host_that_is_not_listed_is_not_reached(desk: Desk) -> None:
    before = desk.vendor.connections
    raised = failure(desk.open(egress=loopback("models.example.com")), prompt(desk.vendor.entry()))
    assert isinstance(raised, ModelFailed)
    assert "127.0.0.1" in raised.message
    assert "egress.hosts" in raised.hint
    assert desk.vendor.connections == before


def test_a_listed_host_at_an_inner_address_is_not_reached(desk: Desk) -> None:
    before = desk.vendor.connections
    listed = Egress(EgressSettings(hosts=("127.0.0.1",)))
    assert isinstance(failure(desk.open(egress=listed), prompt(desk.vendor.entry())), ModelFailed)
    assert desk.vendor.connections == before


def test_a_redirect_is_not_followed(desk: Desk) -> None:
    desk.vendor.told = Refusal(307, "broken", {"Location": f"{desk.vendor.url}/elsewhere"})
    raised = failure(desk.open(), prompt(desk.vendor.entry()))
    assert isinstance(raised, ModelFailed)
    assert "redirects" in raised.message
    assert len(desk.vendor.asked) == 1


def test_a_server_that_is_down_is_busy(desk: Desk) -> None:
    entry = desk.vendor.entry(base_url="http://127.0.0.1:9/v1")
    if "vertex" in entry.provider:
        pytest.skip("the token is asked for first")
    assert isinstance(failure(desk.open(entry), prompt(entry)), ModelBusy)


FAULTS: tuple[Fault, ...] = ("busy", "broken", "overflow", "declined", "unknown_model", "no_means")


@pytest.mark.parametrize(
    "told", [*(Refusal(400, fault) for fault in FAULTS), Refusal(500), Script(then="fault")], ids=str
)
def test_no_error_holds_the_prompt_or_the_key(desk: Desk, told: Any) -> None:
    """The fakes repeat the whole request in the words of their errors."""
    desk.vendor.told = told
    raised = failure(desk.open(), prompt(desk.vendor.entry()))
    for hidden in (*SECRETS, *desk.vendor.hidden, SCHEMA["required"][0]):
        assert hidden not in shown(raised)


def shown(error: BaseException) -> str:
    """Whatever a log, a trace or a curious reader gets out of it."""
    texts = ["".join(traceback.format_exception(error, chain=True))]
    seen: BaseException | None = error
    while seen is not None:
        texts += [repr(seen), str(seen), repr(vars(seen)), repr(seen.args)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(texts)


def test_the_environment_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL",
                 "ANTHROPIC_BEDROCK_BASE_URL", "ANTHROPIC_VERTEX_BASE_URL"):  # fmt: skip
        monkeypatch.setenv(name, "http://127.0.0.1:9/v1")
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "GOOGLE_API_KEY", "OPENAI_ORG_ID"):
        monkeypatch.setenv(name, "of-the-environment")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Department: of-the-environment")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Department: of-the-environment")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    assert end(pieces(desk.open(), prompt(desk.vendor.entry()))).reason == "stop"
    (request,) = desk.vendor.asked
    if desk.vendor.entry().provider != "anthropic-bedrock":
        # What AWS's signature covers cannot be taken out any more.
        assert "of-the-environment" not in str(request.headers)
    assert b"of-the-environment" not in request.body


def test_nothing_about_the_machine_is_sent(desk: Desk) -> None:
    pieces(desk.open(), prompt(desk.vendor.entry()))
    (request,) = desk.vendor.asked
    assert [
        name for name in request.headers if name.startswith(("x-stainless", "traceparent", "x-goog-api-client"))
    ] == []


def test_a_prompt_for_another_destination_is_not_sent(desk: Desk) -> None:
    with pytest.raises(ModelFailed):
        desk.open().stream(prompt(desk.vendor.entry(name="another")), Limits())
    assert desk.vendor.asked == []


def test_several_threads_may_ask_at_once(desk: Desk) -> None:
    model = desk.open()
    barrier = threading.Barrier(4)

    def one(_: int) -> str:
        barrier.wait(20)
        return text(pieces(model, prompt(desk.vendor.entry())))

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(one, range(4))) == {"Notice is sixteen weeks [1]."}


def test_it_says_what_speaks_with_the_provider(desk: Desk) -> None:
    model = desk.open()
    assert model.name == desk.vendor.entry().name
    assert model.sdk.split(" ")[0] in ("openai", "anthropic", "google-genai")
    assert model.sdk.split(" ")[1][0].isdigit()
