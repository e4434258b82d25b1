"""A fake of OpenAI's files and batches (platform.openai.com/docs/guides/batch, api-reference/files, /batch), with the
fields that the SDK's types name."""

from __future__ import annotations

from typing import Any

import orjson

from answer.models.entry import ModelEntry
from tests.fakes.batch_vendor import BatchVendor, Fails, Runs, Says, Taken, missing, refused
from tests.fakes.loopback import Asked, Reply
from tests.fakes.model_openai import MODEL
from tests.fakes.model_vendor import KEY


class FakeOpenAIBatches(BatchVendor):
    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.failed_whole = False

    def entry(self, **changes: Any) -> ModelEntry:
        fields = {"name": "writer", "provider": "openai", "model": MODEL, "tier": "small"}
        place = {"base_url": f"{self.url}/v1", "api_key": "env:MODEL_KEY"}
        return ModelEntry.model_validate({**fields, **place, **changes})

    def texts_in(self, body: Any) -> list[str]:
        return [body["instructions"], *(message["content"] for message in body["input"])]

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return refused(asked.body.decode(errors="replace"))
        parts = asked.path.strip("/").split("/")[1:]
        if self.down and asked.method == "POST":
            return Reply(503)
        match asked.method, parts:
            case "POST", ["files"]:
                return self._load(asked)
            case "POST", ["batches"]:
                return self._start(asked)
            case "GET", ["batches"]:
                return self._list(asked)
            case "GET", ["batches", batch] if batch in self.taken:
                return Reply.of(self._batch(self.taken[batch]))
            case "POST", ["batches", batch, "cancel"] if batch in self.taken:
                self.taken[batch].cancelled = True
                return Reply.of(self._batch(self.taken[batch]))
            case "GET", ["files", name, "content"] if name in self._contents():
                return Reply(200, self._contents()[name], {"Content-Type": "application/octet-stream"})
            case "DELETE", ["files", name]:
                if name in self.deleted or name not in {*self.files, *self._contents()}:
                    return missing(asked)
                self.deleted.append(name)
                return Reply.of({"id": name, "object": "file", "deleted": True})
            case _:
                return missing(asked)

    def _load(self, asked: Asked) -> Reply:
        boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
        parts = [part for part in asked.body.split(b"--" + boundary) if b"\r\n\r\n" in part]
        content = next(part for part in parts if b"filename=" in part).partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
        assert any(b'name="purpose"' in part and b"batch" in part for part in parts)
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content
        told = {"id": name, "object": "file", "bytes": len(content), "created_at": 1, "filename": "f.jsonl"}
        return Reply.of({**told, "purpose": "batch", "status": "processed"})

    def _start(self, asked: Asked) -> Reply:
        body = asked.json()
        assert (body["endpoint"], body["completion_window"]) == ("/v1/responses", "24h")
        lines = [orjson.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        assert all((line["method"], line["url"]) == ("POST", "/v1/responses") for line in lines)
        requests = {line["custom_id"]: line["body"] for line in lines}
        assert len(requests) == len(lines)
        assert all("stream" not in each and each["store"] is False for each in requests.values())
        return Reply.of(self._batch(self.take(requests, body["metadata"]["vouch"], body["input_file_id"])))

    def _list(self, asked: Asked) -> Reply:
        newest = list(reversed(self.taken.values()))
        after = asked.query.get("after")
        at = next((n + 1 for n, each in enumerate(newest) if each.id == after), 0)
        # A page of two, whatever is asked for, so that pages are turned.
        page = [self._batch(each) for each in newest[at : at + 2]]
        return Reply.of({"object": "list", "data": page, "has_more": at + 2 < len(newest)})

    def _batch(self, batch: Taken) -> dict[str, Any]:
        told = [self.told(body) for body in batch.requests.values()] if batch.ended else []
        status = "in_progress"
        if batch.ended:
            status = (
                "cancelled" if batch.cancelled else "expired" if any(isinstance(t, Runs) for t in told) else "completed"
            )
        if self.failed_whole:
            status = "failed"
        errors = {"object": "list", "data": [{"code": "token_limit_exceeded", "message": str(batch.requests)}]}
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/responses",
            "input_file_id": batch.input_file,
            "completion_window": "24h",
            "created_at": int(batch.created_at.timestamp()),
            "metadata": {"vouch": batch.mark},
            "status": status,
            "errors": errors if self.failed_whole else None,
            "output_file_id": f"out-{batch.id}" if batch.ended and not self.failed_whole else None,
            "error_file_id": f"err-{batch.id}" if batch.ended and not self.failed_whole else None,
            "request_counts": {
                "total": len(batch.requests),
                "completed": sum(isinstance(each, Says) for each in told),
                "failed": sum(isinstance(each, Fails) for each in told),
            },
        }

    def _contents(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for batch in self.taken.values():
            lines: dict[str, list[bytes]] = {"out": [], "err": []}
            # The last first: results have no order.
            for key, body in reversed(batch.requests.items() if batch.ended else ()):
                match self.told(body):
                    case Says() as says:
                        lines["out"].append(self._line(key, 200, self._reply(says)))
                    case Fails(overflow=overflow):
                        code = "context_length_exceeded" if overflow else "invalid_value"
                        error = {"message": str(body), "type": "invalid_request_error", "code": code}
                        lines["err"].append(self._line(key, 400, {"error": error}))
                    case Runs():
                        code = "batch_cancelled" if batch.cancelled else "batch_expired"
                        lost = {"id": "r", "custom_id": key, "response": None, "error": {"code": code, "message": "m"}}
                        lines["err"].append(orjson.dumps(lost))
            for kind, those in lines.items():
                found[f"{kind}-{batch.id}"] = b"\n".join([*those, b""])
        return found

    def _line(self, key: str, status: int, body: Any) -> bytes:
        response = {"status_code": status, "request_id": "req-77", "body": body}
        return orjson.dumps({"id": "batch_req_1", "custom_id": key, "response": response, "error": None})

    def _reply(self, says: Says) -> dict[str, Any]:
        told = self.usage
        content = {"type": "output_text", "text": says.text, "annotations": [], "logprobs": []}
        if says.finish == "declined":
            content = {"type": "refusal", "refusal": says.text}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [content]}
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": self.version,
            "status": "incomplete" if says.finish == "length" else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if says.finish == "length" else None,
            "error": None,
            "output": [{"id": "rs_1", "type": "reasoning", "summary": []}, message],
            "usage": {
                "input_tokens": told.input,
                "input_tokens_details": {"cached_tokens": told.cache_read, "cache_write_tokens": told.cache_write},
                "output_tokens": told.output,
                "output_tokens_details": {"reasoning_tokens": told.reasoning},
                "total_tokens": told.input + told.output,
            },
        }
