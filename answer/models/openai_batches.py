"""OpenAI's Batch interface: a file of requests for Responses, and files of what came of them
(platform.openai.com/docs/guides/batch)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx2
import orjson
from openai.types import Batch
from openai.types.responses import Response

from answer.models.adapter import of, word
from answer.models.base import Ended, Piece, Prompt, Wrote
from answer.models.batch_calls import checked, gone, once
from answer.models.batches import Blocks, Outcome, Progress, Result, told
from answer.models.calls import Call
from answer.models.failures import broken_off
from answer.models.openai import OpenAIModel, reason_of, usage_of

_SECONDS, _LOAD_SECONDS = 60.0, 600.0
_KEPT_SECONDS = 14 * 24 * 3600
"""After which the provider deletes files that nobody fetched."""
_AHEAD = timedelta(minutes=10)
"""By which clocks may differ."""
_OUTCOMES: Mapping[str, Outcome] = {"batch_expired": "expired", "batch_cancelled": "cancelled"}
_WITHOUT: Mapping[str, Outcome] = {"expired": "expired", "cancelled": "cancelled"}


class OpenAIBatches(OpenAIModel):
    """Of the same deployment, with the same requests."""

    def submit(self, mark: str, prompts: Sequence[tuple[str, Prompt]]) -> str:
        checked(self._entry, prompts)
        lines = [
            orjson.dumps({"custom_id": key, "method": "POST", "url": "/v1/responses", "body": self._request(prompt)})
            for key, prompt in prompts
        ]
        kept: Any = {"anchor": "created_at", "seconds": _KEPT_SECONDS}

        def load(call: Call) -> str:
            file = (f"vouch-{mark}.jsonl", b"\n".join(lines), "application/jsonl")
            return self._client.files.create(file=file, purpose="batch", expires_after=kept).id

        file_id = once(self.name, _LOAD_SECONDS, load, self._errors)

        def start(call: Call) -> str:
            return self._client.batches.create(
                input_file_id=file_id, endpoint="/v1/responses", completion_window="24h", metadata={"vouch": mark},
                output_expires_after=kept,
            ).id  # fmt: skip

        return once(self.name, _SECONDS, start, self._errors)

    def find(self, mark: str, keys: Sequence[str], since: datetime, known: Sequence[str]) -> str | None:
        earliest = (since - _AHEAD).timestamp()

        def look(call: Call) -> str | None:
            # The newest come first.
            for batch in self._client.batches.list(limit=100):
                call.resume()
                if (of(batch, "created_at") or 0) < earliest:
                    return None
                if of(batch, "metadata") == {"vouch": mark}:
                    return batch.id
            return None

        return once(self.name, _SECONDS, look, self._errors)

    def progress(self, batch: str) -> Progress:
        found = self._batch(batch)
        counts, status = of(found, "request_counts"), of(found, "status")
        errors = of(of(found, "errors"), "data") or ()
        code = next((word(of(each, "code")) for each in errors if word(of(each, "code"))), "")
        why = told(broken_off(self.name, {"code": code}, "")) if status == "failed" else ""
        return Progress(
            ended=status in ("completed", "failed", "expired", "cancelled"),
            done=of(counts, "completed") or 0,
            failed=of(counts, "failed") or 0,
            total=of(counts, "total") or 0,
            without=_WITHOUT.get(str(status), "failed"),
            why=why,
        )

    def results(self, batch: str, blocks: Mapping[str, Blocks]) -> Iterator[Result]:
        found = self._batch(batch)
        for file_id in (of(found, "output_file_id"), of(found, "error_file_id")):
            if not file_id:
                continue

            def content(call: Call, file_id: str = file_id) -> bytes:
                return self._client.files.content(file_id).content

            for line in once(self.name, _LOAD_SECONDS, content, self._errors).splitlines():
                if line.strip():
                    yield once(self.name, _SECONDS, lambda call, line=line: self._result(line), self._errors)

    def cancel(self, batch: str) -> None:
        once(self.name, _SECONDS, lambda call: self._client.batches.cancel(batch), self._errors)

    def drop(self, batch: str) -> None:
        found = self._batch(batch)
        for name in ("input_file_id", "output_file_id", "error_file_id"):
            if file_id := of(found, name):
                gone(lambda file_id=file_id: self._delete(file_id))

    def _delete(self, file_id: str) -> None:
        once(self.name, _SECONDS, lambda call: self._client.files.delete(file_id), self._errors)

    def _batch(self, batch: str) -> Batch:
        return once(self.name, _SECONDS, lambda call: self._client.batches.retrieve(batch), self._errors)

    def _result(self, line: bytes) -> Result:
        told_of: dict[str, Any] = orjson.loads(line)
        response: dict[str, Any] = told_of.get("response") or {}
        key, body = word(told_of.get("custom_id")), response.get("body")
        error: Any = told_of.get("error") or body
        if not told_of.get("error") and response.get("status_code") == httpx2.codes.OK:
            answer = Response.construct(**response["body"])
            if of(answer, "status") in ("completed", "incomplete"):
                return Result(key, "replied", self._whole(answer, word(response.get("request_id"))))
        code = str(error.get("code")) if isinstance(error, dict) else ""  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        outcome = _OUTCOMES.get(code, "failed")
        why = told(broken_off(self.name, error, "")) if outcome == "failed" else ""  # pyright: ignore[reportUnknownArgumentType]
        return Result(key, outcome, why=why)

    def _whole(self, answer: Response, request: str) -> tuple[Piece, ...]:
        """A reply that was not streamed, as pieces."""
        parts = [part for item in of(answer, "output") or () for part in of(item, "content") or ()]
        wrote = [Wrote(part.text) for part in parts if of(part, "type") == "output_text" and of(part, "text")]
        refused = any(of(part, "type") == "refusal" for part in parts)
        return (
            *wrote,
            Ended(
                reason="declined" if refused else reason_of(answer),
                usage=usage_of(of(answer, "usage")),
                model=word(of(answer, "model")) or self._entry.model,
                request_id=request or word(of(answer, "id")),
            ),
        )
