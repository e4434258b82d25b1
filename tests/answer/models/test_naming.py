"""Which names of models are those of one version."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from answer.models import naming
from tests.answer.calling.builders import entry

PINNED = [
    "openai gpt-5-2025-08-07",
    "openai gpt-4-0613",
    "openai ft:gpt-4o-mini-2024-07-18:acme::abc",
    "azure our-gpt-5-2025-08-07",
    "azure sales-assistant",
    "anthropic claude-sonnet-4-5-20250929",
    "anthropic claude-sonnet-4-6",
    "anthropic claude-opus-5",
    "anthropic-bedrock anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic-bedrock eu.anthropic.claude-opus-4-6-v1",
    "anthropic-vertex claude-haiku-4-5@20251001",
    "gemini gemini-2.0-flash-001",
    "gemini gemini-2.5-flash-preview-09-2025",
    "compatible qwen3-8b-instruct-2507-q5",
    "compatible Qwen/Qwen3-8B-Instruct",
    "compatible gpt-oss-20b",
    "compatible llama3:8b",
]
FLOATING = [
    "openai gpt-4o",
    "openai gpt-5-mini",
    "openai gpt-4o-latest ",
    "openai latest",
    "openai chatgpt-4o-latest-eu",
    "azure gpt-4o",
    "anthropic claude-sonnet-4-5",
    "anthropic claude-3-5-sonnet-latest",
    "anthropic claude-opus-4-0",
    "gemini gemini-2.5-flash",
    "gemini gemini-flash-latest",
    "compatible llama3",
    "compatible llama3:latest",
    "compatible latest-8b",
    "compatible mistral:7b@main",
    "compatible main",
    "compatible openai/gpt-4o",
    "compatible my model-8b",
]


@pytest.mark.parametrize("said", PINNED)
def test_the_name_of_one_version_is_taken(said: str) -> None:
    assert naming.against(*said.split(" ", 1)) == ""


@pytest.mark.parametrize("said", FLOATING)
def test_a_name_that_its_provider_moves_is_refused(said: str) -> None:
    assert naming.against(*said.split(" ", 1))


def test_the_refusal_says_what_to_write() -> None:
    with pytest.raises(ValidationError, match="such as gpt-5-2025-08-07"):
        entry(provider="openai", model="gpt-5", api_key="env:KEY")
