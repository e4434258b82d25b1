"""What every batch interface has to do, whichever provider is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from answer.models.base import Ended, ModelBusy, ModelError, ModelFailed, Pointed, Wrote
from answer.models.batches import PROVIDERS, BatchModel, Result
from answer.models.entry import ModelEntry
from answer.models.open import open_batches, open_model
from core.errors import Invalid
from core.secrets import Secret
from tests.contracts.chat_models.builders import SECRETS, prompt
from tests.contracts.chat_models.conftest import LIMITS, loopback
from tests.fakes.batch_anthropic import FakeAnthropicBatches
from tests.fakes.batch_openai import FakeOpenAIBatches
from tests.fakes.batch_vendor import BatchVendor, Fails, Runs, Says
from tests.fakes.loopback import Asked, Reply
from tests.fakes.model_anthropic import FakeAnthropic
from tests.fakes.model_openai import FakeOpenAI
from tests.fakes.model_vendor import KEY, ModelVendor

VENDORS: tuple[type[BatchVendor], ...] = (FakeOpenAIBatches, FakeAnthropicBatches)
STREAMED: dict[type[BatchVendor], type[ModelVendor]] = {
    FakeOpenAIBatches: FakeOpenAI,
    FakeAnthropicBatches: FakeAnthropic,
}
SINCE = datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.__name__.removeprefix("Fake"))
def vendor(request: pytest.FixtureRequest) -> Iterator[BatchVendor]:
    made = request.param()
    with made:
        yield made


@pytest.fixture
def model(vendor: BatchVendor) -> Iterator[BatchModel]:
    opened = opened_at(vendor.entry())
    yield opened
    opened.close()


def opened_at(entry: ModelEntry, key: str = KEY) -> BatchModel:
    return open_batches(entry, lambda ref: Secret(key.encode()), loopback())


def submitted(model: BatchModel, vendor: BatchVendor, *questions: str, mark: str = "b1") -> str:
    keys = [f"q{n}" for n in range(len(questions))]
    entry = vendor.entry()
    return model.submit(mark, [(key, prompt(entry, question=q)) for key, q in zip(keys, questions, strict=True)])


def results(model: BatchModel, batch: str, **blocks: list[list[int]]) -> dict[str, Result]:
    return {result.key: result for result in model.results(batch, blocks)}


def test_a_request_in_a_batch_is_the_one_that_would_be_streamed(model: BatchModel, vendor: BatchVendor) -> None:
    batch = submitted(model, vendor, "Who starts?")
    with STREAMED[type(vendor)]() as streaming:
        entry = streaming.entry()
        chat = open_model(entry, lambda ref: Secret(KEY.encode()), loopback())
        list(chat.stream(prompt(entry, question="Who starts?"), LIMITS))
        chat.close()
        streamed = streaming.asked[0].json()
    assert streamed.pop("stream") is True
    assert vendor.taken[batch].requests["q0"] == streamed


def test_a_batch_runs_ends_and_gives_its_replies_by_key(model: BatchModel, vendor: BatchVendor) -> None:
    vendor.writes = lambda text: Says("One [1]." if "Who" in text else "Two [2].")
    batch = submitted(model, vendor, "Who?", "When?")
    running = model.progress(batch)
    assert (running.ended, running.total) == (False, 2)
    vendor.done()
    ended = model.progress(batch)
    assert (ended.ended, ended.done, ended.failed) == (True, 2, 0)
    found = results(model, batch)
    assert found["q0"].pieces[0] == Wrote("One [1].")
    assert found["q1"].pieces[0] == Wrote("Two [2].")
    end = found["q0"].pieces[-1]
    assert isinstance(end, Ended)
    assert (end.reason, end.usage, end.model, end.request_id) == ("stop", vendor.usage, vendor.version, "req-77")


@pytest.mark.parametrize("finish", ["length", "declined"])
def test_a_reply_says_how_it_ended(model: BatchModel, vendor: BatchVendor, finish: str) -> None:
    vendor.writes = lambda text: Says("It is", finish=finish)  # type: ignore[arg-type]
    batch = submitted(model, vendor, "Who?")
    vendor.done()
    end = results(model, batch)["q0"].pieces[-1]
    assert isinstance(end, Ended)
    assert end.reason == finish


def test_what_was_not_answered_tells_why_and_nothing_of_the_prompt(model: BatchModel, vendor: BatchVendor) -> None:
    def writes(text: str) -> Says | Fails | Runs:
        if "late" in text:
            return Runs()
        return Fails(overflow="long" in text) if "Who" in text else Says("Fine.")

    vendor.writes = writes
    batch = submitted(model, vendor, "Who?", "Who is long?", "Is it late?", "When?")
    vendor.done()
    found = results(model, batch)
    assert [found[key].outcome for key in ("q0", "q1", "q2", "q3")] == ["failed", "failed", "expired", "replied"]
    assert "did not take the request" in found["q0"].why
    assert "longer than the model" in found["q1"].why
    assert not any(secret in each.why for each in found.values() for secret in (*SECRETS, KEY))


def test_a_batch_that_was_cancelled_keeps_what_was_done(model: BatchModel, vendor: BatchVendor) -> None:
    vendor.writes = lambda text: Runs() if "Who" in text else Says("Fine.")
    batch = submitted(model, vendor, "Who?", "When?")
    model.cancel(batch)
    vendor.done()
    assert [each.outcome for _, each in sorted(results(model, batch).items())] == ["cancelled", "replied"]


def test_a_batch_whose_confirmation_was_lost_is_found(model: BatchModel, vendor: BatchVendor) -> None:
    submitted(model, vendor, "Other?", mark="b0")
    vendor.cut_next("batches")
    with pytest.raises(ModelBusy):
        submitted(model, vendor, "Who?", "When?", mark="b1")
    for mark in ("b2", "b3", "b4"):
        submitted(model, vendor, "Else?", mark=mark)
    vendor.done()
    assert model.find("b1", ["q0", "q1"], SINCE, ["batch_1"]) == "batch_2"


def test_a_batch_that_did_not_arrive_is_not_found(model: BatchModel, vendor: BatchVendor) -> None:
    submitted(model, vendor, "Other?", mark="b0")
    assert model.find("b1", ["k0"], SINCE, ["batch_1"]) is None
    vendor.taken["batch_1"].created_at -= timedelta(hours=2)
    assert model.find("b0", ["q0"], SINCE, []) is None


def test_a_batch_is_deleted_where_it_lies_and_once_is_enough(model: BatchModel, vendor: BatchVendor) -> None:
    batch = submitted(model, vendor, "Who?")
    vendor.done()
    model.drop(batch)
    gone = ["batch_1"] if isinstance(vendor, FakeAnthropicBatches) else ["file-1", "out-batch_1", "err-batch_1"]
    assert vendor.deleted == gone
    model.drop(batch)
    assert vendor.deleted == gone


def test_a_wrong_key_is_told_without_the_prompt(vendor: BatchVendor) -> None:
    model = opened_at(vendor.entry(), "sk-wrong-0123456789")
    with pytest.raises(ModelError) as raised:
        submitted(model, vendor, "Quillfeather?")
    model.close()
    assert isinstance(raised.value, ModelFailed)
    assert "key" in raised.value.message
    assert not any(secret in str(raised.value) for secret in (*SECRETS, "sk-wrong"))
    assert raised.value.__cause__ is None


def test_a_prompt_for_another_model_is_not_sent(model: BatchModel, vendor: BatchVendor) -> None:
    with pytest.raises(ModelFailed):
        model.submit("b1", [("q0", prompt(vendor.entry(name="another")))])
    assert vendor.asked == []


def test_a_server_that_is_too_busy_may_be_asked_again(model: BatchModel, vendor: BatchVendor) -> None:
    vendor.throttle_next(status=503)
    with pytest.raises(ModelBusy):
        submitted(model, vendor, "Who?")
    assert submitted(model, vendor, "Who?") in vendor.taken


@pytest.mark.parametrize("provider", ["azure", "compatible", "gemini"])
def test_a_provider_without_batches_is_refused_by_name(provider: str) -> None:
    with FakeOpenAIBatches() as vendor:
        assert isinstance(vendor, FakeOpenAIBatches)
        entry = vendor.entry(provider=provider)
    with pytest.raises(Invalid) as raised:
        opened_at(entry)
    assert provider in raised.value.message
    assert all(name in raised.value.hint for name in PROVIDERS)


# What only one of them has


def test_openai_says_why_a_batch_as_a_whole_was_not_done() -> None:
    with FakeOpenAIBatches() as vendor:
        assert isinstance(vendor, FakeOpenAIBatches)
        model = opened_at(vendor.entry())
        batch = submitted(model, vendor, "Quillfeather?")
        vendor.failed_whole = True
        progress = model.progress(batch)
        assert (progress.ended, progress.without) == (True, "failed")
        assert "token_limit_exceeded" in progress.why
        assert "Quillfeather" not in progress.why
        assert results(model, batch) == {}
        model.close()


@pytest.fixture
def anthropic() -> Iterator[FakeAnthropicBatches]:
    with FakeAnthropicBatches() as vendor:
        assert isinstance(vendor, FakeAnthropicBatches)
        yield vendor


def test_anthropics_own_citations_point_at_sentences(anthropic: FakeAnthropicBatches) -> None:
    entry = anthropic.entry(native_citations=True)
    model = opened_at(entry)
    anthropic.writes = lambda text: Says("Notice is sixteen weeks.", cites=((1, 0, 1), (7, 0, 1)))
    batch = model.submit("b1", [("q0", prompt(entry))])
    anthropic.done()
    assert results(model, batch, q0=[[1, 2], [3]])["q0"].pieces[1] == Pointed((3,))
    model.close()


def test_anthropics_results_are_read_where_the_register_says(anthropic: FakeAnthropicBatches) -> None:
    with FakeAnthropicBatches() as elsewhere:
        assert isinstance(elsewhere, FakeAnthropicBatches)
        anthropic.results_url = f"{elsewhere.url}/v1/messages/batches/batch_1/results"
        model = opened_at(anthropic.entry())
        batch = submitted(model, anthropic, "Who?")
        anthropic.done()
        assert results(model, batch)["q0"].outcome == "replied"
        assert elsewhere.asked == []
        model.close()


def test_while_a_batch_runs_that_may_be_the_one_it_is_not_decided(anthropic: FakeAnthropicBatches) -> None:
    model = opened_at(anthropic.entry())
    submitted(model, anthropic, "Who?")
    with pytest.raises(ModelBusy):
        model.find("b1", ["q0"], SINCE, [])
    assert model.find("b1", ["q0", "q1"], SINCE, []) is None
    anthropic.done()
    assert model.find("b1", ["q0"], SINCE, []) == "batch_1"
    assert model.find("b1", ["another"], SINCE, []) is None
    model.close()


def test_a_result_that_cannot_be_read_fails_alone(
    model: BatchModel, vendor: BatchVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.writes = lambda text: Says("One [1].")
    batch = submitted(model, vendor, "Who?", "When?")
    vendor.done()
    whole = vendor.answer

    def answer(asked: Asked) -> Reply:
        given = whole(asked)
        lines = given.body.splitlines()
        if not all(b"custom_id" in line for line in lines) or not lines:
            return given
        broken = {"custom_id": "q0", "response": {"status_code": 200, "body": None}, "result": {"type": "succeeded"}}
        rest = [line for line in lines if b'"q0"' not in line]
        return Reply(200, b"\n".join([orjson.dumps(broken), b"no line of JSON", *rest]), given.headers)

    monkeypatch.setattr(vendor, "answer", answer)
    found = results(model, batch)
    assert {key: each.outcome for key, each in found.items()} == {"q0": "failed", "q1": "replied"}


def test_a_file_of_prompts_whose_batch_is_not_taken_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeOpenAIBatches() as vendor:
        assert isinstance(vendor, FakeOpenAIBatches)
        whole = vendor.answer

        def answer(asked: Asked) -> Reply:
            return Reply(400) if (asked.method, asked.path) == ("POST", "/v1/batches") else whole(asked)

        monkeypatch.setattr(vendor, "answer", answer)
        model = opened_at(vendor.entry())
        with pytest.raises(ModelFailed):
            submitted(model, vendor, "Who?")
        assert vendor.deleted == list(vendor.files) != []
        model.close()
