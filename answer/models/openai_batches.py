"""OpenAI's Batch interface: a file of requests for Responses, and files of what came of them
(platform.openai.com/docs/guides/batch)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import httpx2
import orjson
from openai.types import Batch
from openai.types.responses import Response

from answer.models.adapter import of, word
from answer.models.base import Ended, ModelBusy, ModelError, Piece, Prompt, Wrote
from answer.models.batch_calls import checked, gone, lines, once
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
        requests = [
            orjson.dumps({"custom_id": key, "method": "POST", "url": "/v1/responses", "body": self._request(prompt)})
            for key, prompt in prompts
        ]
        kept: Any = {"anchor": "created_at", "seconds": _KEPT_SECONDS}

        def load(call: Call) -> str:
            file = (f"vouch-{mark}.jsonl", b"\n".join(requests), "application/jsonl")
            return self._client.files.create(file=file, purpose="batch", expires_after=kept).id

        file_id = once(self.name, _LOAD_SECONDS, load, self._errors)

        def start(call: Call) -> str:
            return self._client.batches.create(
                input_file_id=file_id, endpoint="/v1/responses", completion_window="24h", metadata={"vouch": mark},
                output_expires_after=kept,
            ).id  # fmt: skip

        try:
            return once(self.name, _SECONDS, start, self._errors)
        except ModelError as error:
            # Busy, it may have been taken all the same, and needs its file.
            if not isinstance(error, ModelBusy) or not error.sent or error.status == 429:
                self._delete_quietly(file_id)
            raise

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

        found = once(self.name, _SECONDS, look, self._errors)
        if found is None:
            self._delete_unused(mark, earliest)
        return found

    def _delete_unused(self, mark: str, earliest: float) -> None:
        """The file of a batch that was not taken."""

        def look(call: Call) -> list[str]:
            found: list[str] = []
            for file in self._client.files.list(purpose="batch", order="desc", limit=1_000):
                call.resume()
                if (of(file, "created_at") or 0) < earliest:
                    break
                if of(file, "filename") == f"vouch-{mark}.jsonl":
                    found.append(file.id)
            return found

        with suppress(ModelError):
            for file_id in once(self.name, _SECONDS, look, self._errors):
                self._delete_quietly(file_id)

    def _delete_quietly(self, file_id: str) -> None:
        """Where that fails, the provider deletes it after a fortnight."""
        with suppress(ModelError):
            gone(lambda: self._delete(file_id))

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

            text = once(self.name, _LOAD_SECONDS, content, self._errors)
            yield from lines(self.name, text, self._result, self._errors)

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
