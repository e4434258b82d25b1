"""The house of a batch: each test has one of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answer.batching.office import (
    Office,
    opened,
)
from tests.fakes.batch_anthropic import FakeAnthropicBatches
from tests.fakes.batch_openai import FakeOpenAIBatches


@pytest.fixture(params=[FakeOpenAIBatches, FakeAnthropicBatches], ids=["openai", "anthropic"])
def both(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    yield from opened(request.param(), tmp_path, monkeypatch)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    yield from opened(FakeOpenAIBatches(), tmp_path, monkeypatch)
