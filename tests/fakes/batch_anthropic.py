"""A fake of Anthropic's Message Batches (platform.claude.com/docs: api/creating-message-batches and its neighbours),
with the fields that the SDK's types name."""

from __future__ import annotations

from typing import Any

import orjson

from answer.models.entry import ModelEntry
from tests.fakes.batch_vendor import BatchVendor, Fails, Runs, Says, Taken, missing, refused
from tests.fakes.loopback import Asked, Reply
from tests.fakes.model_anthropic import MODEL
from tests.fakes.model_vendor import KEY

_STOPS = {"stop": "end_turn", "length": "max_tokens", "declined": "refusal"}


class FakeAnthropicBatches(BatchVendor):
    results_url: str | None = None
    """What the batch says where its results are."""

    def entry(self, **changes: Any) -> ModelEntry:
        fields = {"name": "reader", "provider": "anthropic", "model": MODEL, "tier": "large"}
        place = {"base_url": self.url, "api_key": "env:MODEL_KEY", "native_citations": False}
        return ModelEntry.model_validate({**fields, **place, **changes})

    def texts_in(self, body: Any) -> list[str]:
        texts = [block["text"] for block in body["system"]]
        for message in body["messages"]:
            for block in message["content"]:
                texts += [each["text"] for each in block.get("content") or [block]]
        return texts

    def answer(self, asked: Asked) -> Reply:
        versioned = asked.headers.get("anthropic-version") == "2026-10-21"
        if asked.headers.get("authorization") != f"Bearer {KEY}" or not versioned:
            return refused(asked.body.decode(errors="replace"))
        parts = asked.path.strip("/").split("/")[2:]
        if self.down and asked.method == "POST":
            return Reply(503)
        match asked.method, parts:
            case "POST", ["batches"]:
                requests = {each["custom_id"]: each["params"] for each in asked.json()["requests"]}
                assert len(requests) == len(asked.json()["requests"])
                assert all("stream" not in each for each in requests.values())
                return Reply.of(self._batch(self.take(requests)))
            case "GET", ["batches"]:
                return self._list(asked)
            case "GET", ["batches", batch] if self._there(batch):
                return Reply.of(self._batch(self.taken[batch]))
            case "GET", ["batches", batch, "results"] if self._there(batch) and self.taken[batch].ended:
                return Reply(200, self._results(self.taken[batch]), {"Content-Type": "application/x-jsonl"})
            case "POST", ["batches", batch, "cancel"] if self._there(batch):
                self.taken[batch].cancelled = True
                return Reply.of(self._batch(self.taken[batch]))
            case "DELETE", ["batches", batch] if self._there(batch):
                self.deleted.append(batch)
                return Reply.of({"id": batch, "type": "message_batch_deleted"})
            case _:
                return missing(asked)

    def _there(self, batch: str) -> bool:
        return batch in self.taken and batch not in self.deleted

    def _list(self, asked: Asked) -> Reply:
        newest = [each for each in reversed(self.taken.values()) if self._there(each.id)]
        after = asked.query.get("after_id")
        at = next((n + 1 for n, each in enumerate(newest) if each.id == after), 0)
        # A page of two, whatever is asked for, so that pages are turned.
        page = [self._batch(each) for each in newest[at : at + 2]]
        ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
        return Reply.of({"data": page, "has_more": at + 2 < len(newest), **ends})

    def _batch(self, batch: Taken) -> dict[str, Any]:
        told = [self.told(body) for body in batch.requests.values()] if batch.ended else []
        lost = sum(isinstance(each, Runs) for each in told)
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": "ended" if batch.ended else "canceling" if batch.cancelled else "in_progress",
            "request_counts": {
                "processing": 0 if batch.ended else len(batch.requests),
                "succeeded": sum(isinstance(each, Says) for each in told),
                "errored": sum(isinstance(each, Fails) for each in told),
                "canceled": lost if batch.cancelled else 0,
                "expired": 0 if batch.cancelled else lost,
            },
            "created_at": batch.created_at.isoformat(),
            "expires_at": batch.created_at.isoformat(),
            "ended_at": batch.created_at.isoformat() if batch.ended else None,
            "cancel_initiated_at": None,
            "archived_at": None,
            "results_url": self.results_url or f"{self.url}/v1/messages/batches/{batch.id}/results",
        }

    def _results(self, batch: Taken) -> bytes:
        lines: list[bytes] = []
        # The last first: results have no order.
        for key, body in reversed(batch.requests.items()):
            match self.told(body):
                case Says() as says:
                    result = {"type": "succeeded", "message": self._reply(says)}
                case Fails(overflow=overflow):
                    said = f"prompt is too long: 210000 tokens > 200000 maximum. {body}" if overflow else str(body)
                    error = {"type": "error", "error": {"type": "invalid_request_error", "message": said}}
                    result = {"type": "errored", "error": error}
                case Runs():
                    result = {"type": "canceled" if batch.cancelled else "expired"}
            lines.append(orjson.dumps({"custom_id": key, "result": result}))
        return b"\n".join([*lines, b""])

    def _reply(self, says: Says) -> dict[str, Any]:
        told = self.usage
        cited = [
            {
                "type": "search_result_location", "cited_text": "...", "source": "s", "title": "t",
                "search_result_index": result, "start_block_index": start, "end_block_index": end,
            }
            for result, start, end in says.cites
        ]  # fmt: skip
        return {
            "id": "req-77",
            "type": "message",
            "role": "assistant",
            "model": self.version,
            "content": [{"type": "text", "text": says.text, "citations": cited or None}],
            "stop_reason": _STOPS[says.finish],
            "stop_sequence": None,
            "usage": {
                "input_tokens": told.input - told.cache_read - told.cache_write,
                "cache_read_input_tokens": told.cache_read,
                "cache_creation_input_tokens": told.cache_write,
                "output_tokens": told.output,
                "output_tokens_details": {"thinking_tokens": told.reasoning},
                "inference_geo": "eu",
            },
        }
