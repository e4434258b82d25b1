"""Replies as providers stream them, event by event, for servers that stand in for one.

Chat Completions (platform.openai.com/docs/api-reference/chat-streaming) and Messages (platform.claude.com/docs:
build-with-claude/streaming). The standard library is all it needs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]


def sse(data: object, event: str | None = None) -> bytes:
    """One server-sent event (html.spec.whatwg.org, 9.2). Bytes go as they are, all else as JSON."""
    head = f"event: {event}\n".encode() if event else b""
    return head + b"data: " + (data if isinstance(data, bytes) else json.dumps(data).encode()) + b"\n\n"


# Chat Completions

DONE = sse(b"[DONE]")


def chunk(version: str, delta: Mapping[str, str], finish: str | None = None) -> bytes:
    return sse({**_chunk(version), "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def chunk_of_usage(version: str, usage: Mapping[str, Any]) -> bytes:
    """The last before ``DONE``, where the request wants it."""
    return sse({**_chunk(version), "choices": [], "usage": usage})


def _chunk(version: str) -> Event:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": version}


# Messages: each event is named as its type says


def opened(version: str, usage: Mapping[str, Any]) -> tuple[Event, ...]:
    """A message of one block of text begins."""
    message: Event = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": version, "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": usage,
    }  # fmt: skip
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    return {"type": "message_start", "message": message}, block


def block_delta(delta: Mapping[str, Any]) -> Event:
    return {"type": "content_block_delta", "index": 0, "delta": delta}


def text_delta(text: str) -> Event:
    return block_delta({"type": "text_delta", "text": text})


def closed(reason: str, usage: Mapping[str, Any]) -> tuple[Event, ...]:
    """Its block and the message end."""
    delta = {"stop_reason": reason, "stop_sequence": None}
    return (
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": usage},
        {"type": "message_stop"},
    )
