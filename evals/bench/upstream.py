"""A model server that answers at once, in a process of its own: ``python -m evals.bench.upstream --port N``.

It speaks as much of OpenAI's Chat Completions as a gateway needs, streaming and not, on the standard library alone. Its
reply copies the two numbered sentences of the prompt that share most words with the question, each with its number, so
that whoever checks the citations finds them right. How much was asked, and what lately, is at ``GET /asked``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from evals import wire

KEPT = 400
MODEL = "bench-2026-01-01"
_NUMBERED = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)
_WORD = re.compile(r"[a-z]{4,}|\d+")
_SHORTEST, _LONGEST = 40, 300


def reply(messages: list[dict[str, Any]]) -> str:
    """Two sentences of the last message, with their numbers; without numbered sentences a plain one."""
    last = str(messages[-1]["content"])
    question = set(_WORD.findall(last.rpartition("</passages>")[2].lower()))
    found = [(number, text) for number, text in _NUMBERED.findall(last) if _SHORTEST <= len(text) <= _LONGEST]
    found.sort(key=lambda each: -len(question.intersection(_WORD.findall(each[1].lower()))))
    lines = [f"{text.rstrip(' .')} [{number}]." for number, text in found[:2]]
    return " ".join(lines) or "There is nothing to answer from."


class Upstream:
    """Answers as fast as Python writes to a socket. A connection stays open for the next request."""

    def __init__(self) -> None:
        self.asked: deque[list[dict[str, Any]]] = deque(maxlen=KEPT)
        self.count = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1]
                length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                writer.write(self.answer_to(path, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer_to(self, path: bytes, body: bytes) -> bytes:
        """The whole response."""
        if path.endswith(b"/asked"):
            return _response(json.dumps({"count": self.count, "asked": list(self.asked)}).encode())
        if path.endswith(b"/models"):
            return _response(json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]}).encode())
        if not path.endswith(b"/chat/completions"):
            return _response(b"{}", status=b"404 Not Found")
        asked = json.loads(body)
        self.asked.append(asked["messages"])
        self.count += 1
        text = reply(asked["messages"])
        usage = {"prompt_tokens": len(body) // 4, "completion_tokens": len(text) // 4}
        usage["total_tokens"] = sum(usage.values())
        if asked.get("stream"):
            return _response(b"".join(_events(text, usage)), b"text/event-stream")
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        whole = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [choice]}
        return _response(json.dumps({**whole, "usage": usage}).encode())


def _events(text: str, usage: dict[str, int]) -> Iterator[bytes]:
    """The reply in pieces of a sentence, then the reason, then the usage."""
    for piece in re.findall(r"[^.]*\.?\s*", text):
        if piece:
            yield wire.chunk(MODEL, {"role": "assistant", "content": piece})
    yield wire.chunk(MODEL, {}, "stop")
    yield wire.chunk_of_usage(MODEL, usage)
    yield wire.DONE


def _response(body: bytes, kind: bytes = b"application/json", status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b" % (status, kind, len(body), body)


async def serve(port: int) -> None:
    # Prompts with evidence are longer than the stream's usual buffer.
    server = await asyncio.start_server(Upstream().connected, "127.0.0.1", port, limit=2**22)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))
