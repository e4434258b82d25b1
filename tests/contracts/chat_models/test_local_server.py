"""The same adapters at software that nobody here wrote: llama.cpp with a small model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from answer.models.base import ChatModel, Limits, ModelOverflow, Prompt
from answer.models.entry import ModelEntry
from answer.models.open import open_model
from core.secrets import Secret
from tests.contracts.chat_models.builders import SCHEMA, prompt
from tests.contracts.chat_models.conftest import end, failure, loopback, pieces, text
from tests.servers import llama

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(llama.missing()), reason=llama.missing())]
PATIENT = Limits(first=240, between=120)
PROVIDERS = ("compatible", "openai", "anthropic")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with llama.serving() as url:
        yield url


@pytest.fixture(params=PROVIDERS)
def entry(request: pytest.FixtureRequest, server: str) -> ModelEntry:
    return at(server, request.param)


def at(server: str, provider: str, **changes: Any) -> ModelEntry:
    base = server if provider == "anthropic" else f"{server}/v1"
    # By the names that the interfaces of these providers expect; the server takes any.
    model = {"openai": "smollm2-135m-2024-11-01", "anthropic": "smollm2-135m-20241101"}.get(provider, "smollm2-135m-q4")
    fields = {"name": "local", "provider": provider, "model": model, "tier": "small"}
    place = {"base_url": base, "api_key": "env:ANY", "native_citations": False}
    return ModelEntry.model_validate({**fields, **place, **changes})


def opened(entry: ModelEntry) -> ChatModel:
    return open_model(entry, lambda ref: Secret(b"any"), loopback())


def short(entry: ModelEntry, **changes: Any) -> Prompt:
    return prompt(entry, **{"most_tokens": 24, **changes})


def test_it_answers_in_pieces_and_counts_them(entry: ModelEntry) -> None:
    model = opened(entry)
    found = pieces(model, short(entry), PATIENT)
    assert len(found) > 3
    assert text(found).strip()
    assert end(found).usage.input > 60
    assert 0 < end(found).usage.output <= 24
    model.close()


def test_the_second_of_two_equal_prompts_comes_from_its_cache(entry: ModelEntry) -> None:
    model = opened(entry)
    pieces(model, short(entry), PATIENT)
    usage = end(pieces(model, short(entry), PATIENT)).usage
    assert usage.cache_read > 30
    assert usage.input >= usage.cache_read
    model.close()


def test_a_short_bound_ends_the_reply(entry: ModelEntry) -> None:
    if entry.provider == "openai":
        pytest.skip("llama.cpp calls every end of a response completed")
    model = opened(entry)
    found = pieces(model, short(entry, question="Count from one to one hundred.", most_tokens=4), PATIENT)
    assert end(found).reason == "length"
    model.close()


def test_a_prompt_beyond_its_context_overflows(entry: ModelEntry) -> None:
    model = opened(entry)
    assert isinstance(failure(model, short(entry, question="week " * 6000), PATIENT), ModelOverflow)
    model.close()


def test_a_schema_holds_what_it_writes(server: str) -> None:
    """Of the three interfaces only Chat Completions listens to one there."""
    entry = at(server, "compatible")
    model = opened(entry)
    found = pieces(model, short(entry, schema=SCHEMA, most_tokens=200), PATIENT)
    if end(found).reason == "stop":
        assert json.loads(text(found)).keys() == {"weeks", "start"}
    else:
        assert text(found).lstrip().startswith("{")
    model.close()


def test_after_an_early_close_it_answers_the_next(entry: ModelEntry) -> None:
    model = opened(entry)
    stream = model.stream(prompt(entry, question="Count from one to one hundred.", most_tokens=300), PATIENT)
    next(stream)
    stream.close()
    assert text(pieces(model, short(entry), PATIENT)).strip()
    model.close()


def test_search_results_are_not_read_there(server: str) -> None:
    """Hence ``native_citations: false`` belongs to such a server."""
    plain = at(server, "anthropic")
    native = at(server, "anthropic", native_citations=True)
    counted = [end(pieces(opened(each), short(each), PATIENT)).usage.input for each in (plain, native)]
    assert counted[1] < counted[0] - 20
