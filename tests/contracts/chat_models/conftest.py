"""A provider on loopback and a model opened at it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from answer.models.base import ChatModel, Ended, Limits, ModelError, Piece, Prompt, Wrote
from answer.models.entry import ModelEntry
from answer.models.open import open_model
from core.egress import Egress, EgressSettings
from core.secrets import Secret
from tests.contracts.chat_models.builders import SECRETS
from tests.fakes.model_anthropic import FakeAnthropic, FakeAnthropicVertex, FakeBedrock
from tests.fakes.model_gemini import FakeGemini, FakeGeminiVertex
from tests.fakes.model_openai import FakeAzure, FakeCompatible, FakeOpenAI
from tests.fakes.model_vendor import ModelVendor

VENDORS: tuple[type[ModelVendor], ...] = (
    FakeCompatible, FakeOpenAI, FakeAzure, FakeAnthropic, FakeBedrock, FakeAnthropicVertex, FakeGemini, FakeGeminiVertex
)  # fmt: skip
SDKS = (
    "openai",
    "anthropic",
    "google_genai",
    "google.auth",
    "httpx2",
    "httpcore2",
    "botocore.auth",
    "botocore.parsers",
)
LOUD = ("", *SDKS, "botocore", "urllib3")
LIMITS = Limits(first=20, between=20, connect=5)


def loopback(*hosts: str) -> Egress:
    return Egress(EgressSettings.model_validate({"hosts": hosts or ("127.0.0.1",), "private": ("127.0.0.0/8",)}))


@dataclass
class Desk:
    """Where a test asks. Every model that is opened is closed with it."""

    vendor: ModelVendor
    opened: list[ChatModel] = field(default_factory=list[ChatModel])

    def open(
        self, entry: ModelEntry | None = None, egress: Egress | None = None, secret: str | None = None
    ) -> ChatModel:
        value = self.vendor.secret if secret is None else secret
        model = open_model(entry or self.vendor.entry(), lambda ref: Secret(value.encode()), egress or loopback())
        self.opened.append(model)
        return model


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.__name__.removeprefix("Fake"))
def desk(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[Desk]:
    yield from desk_of(request.param, caplog)


@pytest.fixture
def desk_at(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[type[ModelVendor]], Desk]]:
    """Of one provider, for what only one has."""
    begun: list[Iterator[Desk]] = []

    def begin(vendor: type[ModelVendor]) -> Desk:
        begun.append(desk_of(vendor, caplog))
        return next(begun[-1])

    yield begin
    for each in begun:
        next(each, None)


def desk_of(vendor: type[ModelVendor], caplog: pytest.LogCaptureFixture) -> Iterator[Desk]:
    """Whatever a test does there, nothing of the prompt and of the key may come into a log."""
    levels = {name: logging.getLogger(name).level for name in LOUD}
    with vendor() as running:
        made = Desk(running)
        made.open().close()
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.DEBUG)
        try:
            yield made
            records = caplog.get_records("call")
            assert [record.name for record in records if record.name.startswith(SDKS)] == []
            logged = "\n".join(record.getMessage() for record in records)
            for hidden in (*SECRETS, *running.hidden):
                assert hidden not in logged
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
            for model in made.opened:
                model.close()


def pieces(model: ChatModel, prompt: Prompt, limits: Limits = LIMITS) -> list[Piece]:
    return list(model.stream(prompt, limits))


def text(found: list[Piece]) -> str:
    return "".join(piece.text for piece in found if isinstance(piece, Wrote))


def end(found: list[Piece]) -> Ended:
    assert isinstance(found[-1], Ended)
    return found[-1]


def failure(model: ChatModel, prompt: Prompt, limits: Limits = LIMITS) -> ModelError:
    with pytest.raises(ModelError) as raised:
        pieces(model, prompt, limits)
    return raised.value
