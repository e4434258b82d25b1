"""Opens the adapter that a model's entry names. The SDK of a provider is imported here, when the first model of it is
opened, and nowhere earlier."""

from __future__ import annotations

from collections.abc import Callable

from answer.models.base import ChatModel
from answer.models.batches import BatchModel
from answer.models.entry import ModelEntry
from core.egress import Egress
from core.errors import Invalid
from core.secrets import Secret

Resolve = Callable[[str], Secret]


def open_model(entry: ModelEntry, resolve: Resolve, egress: Egress) -> ChatModel:
    """A model that is ready to be asked. Touches no network.

    Raises Invalid for an entry that lacks a key or has one of the wrong form, and what ``resolve`` raises.
    """
    opened = {
        "openai": _openai,
        "azure": _openai,
        "anthropic": _anthropic,
        "anthropic-bedrock": _bedrock,
        "anthropic-vertex": _anthropic_vertex,
        "gemini": _gemini,
        "gemini-vertex": _gemini,
        "compatible": _compatible,
    }
    return opened[entry.provider](entry, resolve, egress)


def _openai(entry: ModelEntry, resolve: Resolve, egress: Egress) -> ChatModel:
    from answer.models.openai import OpenAIModel
    from answer.models.transport import open_client

    return OpenAIModel(entry, _key(entry, resolve), open_client(egress))


def _compatible(entry: ModelEntry, resolve: Resolve, egress: Egress) -> ChatModel:
    from answer.models.compatible import CompatibleModel
    from answer.models.transport import open_client

    key = None if entry.api_key is None else resolve(entry.api_key)
    return CompatibleModel(entry, key, open_client(egress, inside=entry.place == "on_premise"))


def _anthropic(entry: ModelEntry, resolve: Resolve, egress: Egress) -> ChatModel:
    from answer.models.anthropic import AnthropicModel
    from answer.models.anthropic_clients import direct
    from answer.models.transport import open_client

    http = open_client(egress)
    return AnthropicModel(entry, direct(entry, _key(entry, resolve), http), http)


def _bedrock(entry: ModelEntry, resolve: Resolve, egress: Egress) -> ChatModel:
    from answer.models.anthropic import AnthropicModel
    from answer.models.anthropic_clients import BEDROCK_ERRORS, bedrock
    from answer.models.transport import open_client

    http = open_client(egress)
    return AnthropicModel(entry, bedrock(entry, _key(entry, resolve), http), http, BEDROCK_ERRORS)


def _anthropic_vertex(entry: ModelEntry, resolve: Resolve, egress: Egress) -> ChatModel:
    from answer.models.anthropic import AnthropicModel
    from answer.models.anthropic_clients import vertex
    from answer.models.google_tokens import GOOGLE_ERRORS, credentials
    from answer.models.transport import open_client

    http = open_client(egress)
    client = vertex(entry, credentials(_key_name(entry), resolve, egress), http)
    return AnthropicModel(entry, client, http, GOOGLE_ERRORS)


def _gemini(entry: ModelEntry, resolve: Resolve, egress: Egress) -> ChatModel:
    from answer.models.gemini import GeminiModel, direct, vertex
    from answer.models.google_tokens import credentials
    from answer.models.transport import open_client

    http = open_client(egress)
    if entry.provider == "gemini":
        return GeminiModel(entry, direct(entry, _key(entry, resolve), http), http)
    return GeminiModel(entry, vertex(entry, credentials(_key_name(entry), resolve, egress), http), http)


def _key(entry: ModelEntry, resolve: Resolve) -> Secret:
    return resolve(_key_name(entry))


def _key_name(entry: ModelEntry) -> str:
    # Without one the SDKs look for a key in the environment, in files and at the cloud's metadata service.
    if entry.api_key is None:
        hint = "Write where the key is: env:NAME, file:PATH or vault:MOUNT/PATH#FIELD."
        raise Invalid(f"models.{entry.name}.api_key: the provider {entry.provider} needs it.", hint=hint)
    return entry.api_key


def open_batches(entry: ModelEntry, resolve: Resolve, egress: Egress) -> BatchModel:
    """The same for batches. Raises Invalid for a provider without them."""
    opened = {"openai": _openai_batches, "anthropic": _anthropic_batches}
    if entry.provider not in opened:
        raise Invalid(
            f"The model {entry.name} takes no batches: there are none here for the provider {entry.provider}.",
            hint=f"Batches go to models of the providers {' and '.join(opened)}.",
        )
    return opened[entry.provider](entry, resolve, egress)


def _openai_batches(entry: ModelEntry, resolve: Resolve, egress: Egress) -> BatchModel:
    from answer.models.openai_batches import OpenAIBatches
    from answer.models.transport import open_client

    return OpenAIBatches(entry, _key(entry, resolve), open_client(egress))


def _anthropic_batches(entry: ModelEntry, resolve: Resolve, egress: Egress) -> BatchModel:
    from answer.models.anthropic_batches import AnthropicBatches
    from answer.models.anthropic_clients import direct
    from answer.models.transport import open_client

    http = open_client(egress)
    return AnthropicBatches(entry, direct(entry, _key(entry, resolve), http), http)
