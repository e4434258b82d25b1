"""Anthropic's Message Batches (platform.claude.com/docs: build-with-claude/batch-processing)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx2
import orjson
from anthropic.types import Message
from anthropic.types.messages import MessageBatch

from answer.models.adapter import of, word
from answer.models.anthropic import REASONS, AnthropicModel, numbers_of, region_of, usage_of
from answer.models.base import Ended, ModelBusy, Piece, Pointed, Prompt, Usage, Wrote
from answer.models.batch_calls import checked, gone, lines, once
from answer.models.batches import Blocks, Outcome, Progress, Result, told
from answer.models.calls import Call
from answer.models.failures import broken_off

_SECONDS, _LOAD_SECONDS = 60.0, 600.0
_AHEAD = timedelta(minutes=10)
"""By which clocks may differ."""
_OUTCOMES: Mapping[str, Outcome] = {"expired": "expired", "canceled": "cancelled"}
_COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")


class AnthropicBatches(AnthropicModel):
    """Of the same deployment, with the same requests."""

    def submit(self, mark: str, prompts: Sequence[tuple[str, Prompt]]) -> str:
        checked(self._entry, prompts)
        requests: Any = [{"custom_id": key, "params": self._request(prompt)} for key, prompt in prompts]

        def start(call: Call) -> str:
            return self._client.messages.batches.create(requests=requests).id

        return once(self.name, _LOAD_SECONDS, start, self._errors)

    def find(self, mark: str, keys: Sequence[str], since: datetime, known: Sequence[str]) -> str | None:
        """A batch bears no mark of ours there: what was sent in it shows only in its results."""
        earliest = since - _AHEAD

        def look(call: Call) -> list[MessageBatch]:
            found: list[MessageBatch] = []
            # The newest come first.
            for batch in self._client.messages.batches.list(limit=100):
                call.resume()
                if batch.created_at < earliest:
                    break
                counts = sum(of(batch.request_counts, name) or 0 for name in _COUNTS)
                if batch.id not in known and counts == len(keys):
                    found.append(batch)
            return found

        candidates = once(self.name, _SECONDS, look, self._errors)
        running = False
        for batch in candidates:
            if of(batch, "processing_status") != "ended":
                running = True
            elif any(result.key in keys for result in self.results(batch.id, {})):
                return batch.id
        if running:
            raise ModelBusy(
                f"It cannot be told yet whether {self.name} took the batch: the provider names what is in one when it"
                " has ended.",
                hint="Try again later; nothing is sent twice.",
            )
        return None

    def progress(self, batch: str) -> Progress:
        found = self._batch(batch)
        counts = {name: of(of(found, "request_counts"), name) or 0 for name in _COUNTS}
        return Progress(
            ended=of(found, "processing_status") == "ended",
            done=counts["succeeded"],
            failed=counts["errored"] + counts["canceled"] + counts["expired"],
            total=sum(counts.values()),
        )

    def results(self, batch: str, blocks: Mapping[str, Blocks]) -> Iterator[Result]:
        def content(call: Call) -> bytes:
            # By its path and not by the address in the batch: the key goes where the register says, nowhere else.
            path = f"/v1/messages/batches/{batch}/results"
            return self._client.get(path, cast_to=httpx2.Response).content

        text = once(self.name, _LOAD_SECONDS, content, self._errors)
        yield from lines(self.name, text, lambda line: self._result(line, blocks), self._errors)

    def cancel(self, batch: str) -> None:
        once(self.name, _SECONDS, lambda call: self._client.messages.batches.cancel(batch), self._errors)

    def drop(self, batch: str) -> None:
        gone(lambda: self._delete(batch))

    def _delete(self, batch: str) -> None:
        once(self.name, _SECONDS, lambda call: self._client.messages.batches.delete(batch), self._errors)

    def _batch(self, batch: str) -> MessageBatch:
        return once(self.name, _SECONDS, lambda call: self._client.messages.batches.retrieve(batch), self._errors)

    def _result(self, line: bytes, blocks: Mapping[str, Blocks]) -> Result:
        told_of: dict[str, Any] = orjson.loads(line)
        key, result = word(told_of["custom_id"]), told_of["result"]
        if result["type"] == "succeeded":
            return Result(key, "replied", self._whole(Message.construct(**result["message"]), blocks.get(key, ())))
        outcome = _OUTCOMES.get(result["type"], "failed")
        return Result(
            key, outcome, why=told(broken_off(self.name, result.get("error"), "")) if outcome == "failed" else ""
        )

    def _whole(self, message: Message, blocks: Blocks) -> tuple[Piece, ...]:
        """A reply that was not streamed, as pieces."""
        cited = [list(numbers) for numbers in blocks] if self._entry.native_citations else []
        pieces: list[Piece] = []
        for block in of(message, "content") or ():
            if of(block, "type") != "text" or not of(block, "text"):
                continue
            pieces.append(Wrote(block.text))
            if cited:
                numbers = [n for citation in of(block, "citations") or () for n in numbers_of(citation, cited)]
                pieces.append(Pointed(tuple(dict.fromkeys(numbers))))
        usage = of(message, "usage")
        ended = Ended(
            reason=REASONS.get(str(of(message, "stop_reason")), "other"),
            usage=usage_of(usage, Usage()),
            model=word(of(message, "model")) or self._entry.model,
            request_id=word(of(message, "id")),
            region=region_of(usage),
        )
        return (*pieces, ended)
