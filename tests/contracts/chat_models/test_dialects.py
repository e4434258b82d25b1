"""What only one provider has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from answer.models.anthropic import AnthropicModel
from answer.models.base import Ended, Limits, ModelBusy, ModelFailed, Pointed, Wrote
from answer.models.open import open_model
from core.errors import Invalid, Unavailable
from core.secrets import Secret
from evals.wire import sse
from tests.contracts.chat_models.builders import SCHEMA, SENTENCES, prompt
from tests.contracts.chat_models.conftest import Desk, end, failure, loopback, pieces, text
from tests.fakes.model_anthropic import FakeAnthropic, FakeAnthropicVertex, FakeBedrock
from tests.fakes.model_gemini import FakeGemini, FakeGeminiVertex
from tests.fakes.model_openai import FakeAzure, FakeCompatible, FakeOpenAI
from tests.fakes.model_vendor import KEY, Garbage, ModelVendor, Refusal, Script

At = Callable[[type[ModelVendor]], Desk]


def test_anthropics_own_citations_point_at_our_sentences(desk_at: At) -> None:
    desk = desk_at(FakeAnthropic)
    entry = desk.vendor.entry(native_citations=True)
    desk.vendor.told = Script(cites=((0, 0, 2), (1, 0, 1), (1, 0, 1)))
    found = pieces(desk.open(entry), prompt(entry))
    assert found[-2] == Pointed((1, 2, 3))
    content = desk.vendor.asked[0].json()["messages"][0]["content"]
    assert [block["type"] for block in content] == ["search_result", "search_result", "text"]
    assert [block["text"] for block in content[0]["content"]] == [f"[1] {SENTENCES[0]}", f"[2] {SENTENCES[1]}"]
    assert all(block["citations"] == {"enabled": True} for block in content[:2])
    assert content[0]["source"] == "https://intranet.example.com/handbook"


def test_citations_of_what_was_not_sent_point_nowhere(desk_at: At) -> None:
    desk = desk_at(FakeAnthropic)
    entry = desk.vendor.entry(native_citations=True)
    desk.vendor.told = Script(cites=((7, 0, 1), (0, 5, 9)))
    assert pieces(desk.open(entry), prompt(entry))[-2] == Pointed(())


def test_a_schema_and_anthropics_citations_do_not_go_together(desk_at: At) -> None:
    desk = desk_at(FakeAnthropic)
    entry = desk.vendor.entry(native_citations=True)
    found = pieces(desk.open(entry), prompt(entry, schema=SCHEMA))
    assert not any(isinstance(piece, Pointed) for piece in found)
    assert "search_result" not in desk.vendor.asked[0].body.decode()


@pytest.mark.parametrize("native", [False, True])
def test_anthropic_may_keep_the_instructions_and_the_evidence(desk_at: At, native: bool) -> None:
    desk = desk_at(FakeAnthropic)
    entry = desk.vendor.entry(native_citations=native)
    pieces(desk.open(entry), prompt(entry))
    body = desk.vendor.asked[0].json()
    assert body["system"][-1]["cache_control"] == {"type": "ephemeral"}
    marked = ["cache_control" in block for block in body["messages"][0]["content"]]
    assert marked == ([False, True, False] if native else [True, False])
    assert "temperature" not in body


def test_anthropic_says_where_it_worked(desk_at: At) -> None:
    desk = desk_at(FakeAnthropic)
    assert end(pieces(desk.open(), prompt(desk.vendor.entry()))).region == "eu"


@pytest.mark.parametrize("vendor", [FakeAnthropic, FakeBedrock, FakeAnthropicVertex])
def test_the_version_of_anthropics_interface_is_the_one_that_is_recorded(
    desk_at: At, vendor: type[ModelVendor]
) -> None:
    desk = desk_at(vendor)
    model = desk.open()
    pieces(model, prompt(desk.vendor.entry()))
    request = desk.vendor.asked[-1]
    assert request.json().get("anthropic_version", request.headers.get("anthropic-version")) == model.api_version


def test_a_full_context_ends_a_reply_like_its_bound(desk_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_at(FakeAnthropic)
    monkeypatch.setitem(
        __import__("tests.fakes.model_anthropic", fromlist=["_STOPS"])._STOPS, "length", "model_context_window_exceeded"
    )
    desk.vendor.told = Script(finish="length")
    assert end(pieces(desk.open(), prompt(desk.vendor.entry()))).reason == "length"


def test_openai_keeps_nothing_and_groups_what_begins_alike(desk_at: At) -> None:
    desk = desk_at(FakeOpenAI)
    pieces(desk.open(), prompt(desk.vendor.entry(), most_tokens=5))
    body = desk.vendor.asked[0].json()
    assert body["store"] is False
    assert body["prompt_cache_key"] == "vouch-answer-1"
    assert body["max_output_tokens"] == 16
    assert "user" not in body


def test_what_openai_writes_in_refusing_is_no_answer(desk_at: At) -> None:
    desk = desk_at(FakeOpenAI)
    vendor = desk.vendor
    assert isinstance(vendor, FakeOpenAI)
    events = [*vendor.opening(Script()), vendor.refusal("I cannot"), *vendor.closing(Script())]
    desk.vendor.told = Garbage(b"".join(events), "text/event-stream")
    found = pieces(desk.open(), prompt(desk.vendor.entry()))
    assert text(found) == ""
    assert end(found).reason == "declined"


def test_azure_is_asked_at_its_common_path(desk_at: At) -> None:
    desk = desk_at(FakeAzure)
    for base in (desk.vendor.url, f"{desk.vendor.url}/", f"{desk.vendor.url}/openai/v1/"):
        entry = desk.vendor.entry(base_url=base)
        assert end(pieces(desk.open(entry), prompt(entry))).reason == "stop"
    entry = desk.vendor.entry(api_version="preview")
    pieces(desk.open(entry), prompt(entry))
    assert desk.vendor.asked[-1].query == {"api-version": "preview"}


def test_a_compatible_server_needs_no_key_and_is_given_none_of_others(
    desk_at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    desk = desk_at(FakeCompatible)
    entry = desk.vendor.entry(api_key=None)
    raised = failure(desk.open(entry), prompt(entry))
    assert isinstance(raised, ModelFailed)
    assert desk.vendor.asked[0].headers["authorization"] == "Bearer none"


def test_a_compatible_server_is_asked_for_its_count_of_tokens(desk_at: At) -> None:
    desk = desk_at(FakeCompatible)
    pieces(desk.open(), prompt(desk.vendor.entry()))
    body = desk.vendor.asked[0].json()
    assert body["stream_options"] == {"include_usage": True}
    assert body["temperature"] == 0


def test_a_server_that_counts_nothing_is_taken_at_its_word(desk_at: At) -> None:
    desk = desk_at(FakeCompatible)
    vendor = desk.vendor
    events = [*vendor.opening(Script()), vendor.piece("Yes."), vendor.closing(Script())[0]]
    desk.vendor.told = Garbage(b"".join(events), "text/event-stream")
    found = pieces(desk.open(), prompt(desk.vendor.entry()))
    assert (text(found), end(found).usage.input) == ("Yes.", 0)


def test_a_schema_that_leaves_fields_open_is_asked_for_as_it_is(desk_at: At) -> None:
    desk = desk_at(FakeCompatible)
    loose = {"type": "object", "properties": {"weeks": {"type": "integer"}}}
    pieces(desk.open(), prompt(desk.vendor.entry(), schema=loose))
    asked = desk.vendor.asked[0].json()["response_format"]["json_schema"]
    assert asked == {"name": "reply", "schema": loose, "strict": False}


def test_a_prompt_that_gemini_blocks_is_declined(desk_at: At) -> None:
    desk = desk_at(FakeGemini)
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 50}}
    desk.vendor.told = Garbage(sse(blocked), "text/event-stream")
    found = pieces(desk.open(), prompt(desk.vendor.entry()))
    assert isinstance(found[0], Ended)
    assert (found[0].reason, found[0].usage.input) == ("declined", 50)


def test_google_says_in_the_body_when_to_come_back(desk_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_at(FakeGemini)
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}
    error = {"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED", "details": [detail]}}
    monkeypatch.setattr(desk.vendor, "fault_body", lambda fault, words: error)
    desk.vendor.told = Refusal(429, "busy")
    assert failure(desk.open(), prompt(desk.vendor.entry())).retry_after == 37


@pytest.mark.parametrize("vendor", [FakeAnthropicVertex, FakeGeminiVertex])
def test_a_token_is_fetched_once_and_only_where_egress_allows(desk_at: At, vendor: type[ModelVendor]) -> None:
    desk = desk_at(vendor)
    model = desk.open()
    for _ in range(2):
        pieces(model, prompt(desk.vendor.entry()))
    assert desk.vendor.tokens == 1
    elsewhere = desk.vendor.secret.replace("127.0.0.1", "tokens.example.com")
    raised = failure(desk.open(secret=elsewhere), prompt(desk.vendor.entry()))
    assert isinstance(raised, ModelFailed)
    assert "tokens.example.com" in raised.message


@pytest.mark.parametrize("vendor", [FakeAnthropicVertex, FakeGeminiVertex])
def test_a_refused_account_and_a_silent_token_service_are_told_apart(
    desk_at: At, vendor: type[ModelVendor], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_at(vendor)
    dead = desk.vendor.secret.replace(desk.vendor.url, "http://127.0.0.1:9")
    assert isinstance(failure(desk.open(secret=dead), prompt(desk.vendor.entry())), ModelBusy)
    wrong = desk.vendor.secret.replace("/token", "/v1/nothing")
    assert isinstance(failure(desk.open(secret=wrong), prompt(desk.vendor.entry())), ModelFailed)


@pytest.mark.parametrize("vendor", [FakeAnthropicVertex, FakeGeminiVertex])
def test_a_token_that_another_process_renews_is_used(desk_at: At, vendor: type[ModelVendor]) -> None:
    desk = desk_at(vendor)
    model = desk.open(secret=desk.vendor.hidden[0])
    assert end(pieces(model, prompt(desk.vendor.entry()))).reason == "stop"
    assert desk.vendor.tokens == 0


def test_bedrock_takes_a_key_of_its_own(desk_at: At) -> None:
    desk = desk_at(FakeBedrock)
    failure(desk.open(secret="bedrock-api-key"), prompt(desk.vendor.entry()))
    assert desk.vendor.asked[0].headers["authorization"] == "Bearer bedrock-api-key"


@pytest.mark.parametrize("vendor", [FakeBedrock, FakeAnthropicVertex, FakeGeminiVertex])
@pytest.mark.parametrize("wrong", ["{", '{"type": "authorized_user"}', '{"access_key_id": 3}', "{}"])
def test_a_key_of_another_form_is_refused_without_being_shown(
    desk_at: At, vendor: type[ModelVendor], wrong: str
) -> None:
    with pytest.raises(Invalid) as raised:
        desk_at(vendor).open(secret=wrong)
    assert raised.value.__context__ is None or raised.value.__suppress_context__


@pytest.mark.parametrize("vendor", [FakeOpenAI, FakeAnthropic, FakeBedrock, FakeAnthropicVertex, FakeGemini])
def test_without_a_key_nobody_elses_is_looked_for(desk_at: At, vendor: type[ModelVendor]) -> None:
    desk = desk_at(vendor)
    with pytest.raises(Invalid):
        desk.open(desk.vendor.entry(api_key=None))


def test_a_key_that_cannot_be_had_is_told_when_the_model_is_opened(desk_at: At) -> None:
    def resolve(ref: str) -> Secret:
        raise Unavailable(f"{ref} is not set.")

    with pytest.raises(Unavailable):
        open_model(desk_at(FakeOpenAI).vendor.entry(), resolve, loopback())


def test_a_region_of_openai_is_one_of_its_residences(desk_at: At) -> None:
    desk = desk_at(FakeOpenAI)
    entry = desk.vendor.entry(base_url=None, region="eu")
    raised = failure(desk.open(entry), prompt(entry), Limits())
    assert "eu.api.openai.com" in raised.message, "egress names the host that was meant"
    with pytest.raises(Invalid):
        desk.open(desk.vendor.entry(base_url=None, region="atlantis"))


def test_a_region_of_anthropic_is_asked_for(desk_at: At) -> None:
    desk = desk_at(FakeAnthropic)
    entry = desk.vendor.entry(base_url=None, region="us")
    model = desk.open(entry)
    assert isinstance(model, AnthropicModel)
    assert model._request(prompt(entry))["inference_geo"] == "us"
    assert "api.anthropic.com" in failure(model, prompt(entry)).message


def test_a_closed_stream_gives_what_was_read_before(desk_at: At) -> None:
    desk = desk_at(FakeCompatible)
    desk.vendor.told = Script(then="hold")
    stream = desk.open().stream(prompt(desk.vendor.entry()), Limits())
    assert [next(stream), next(stream)] == [Wrote("Notice is "), Wrote("sixteen weeks [1].")]
    stream.close()
    assert list(stream) == []
